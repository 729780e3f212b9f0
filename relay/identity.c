#include "relay/identity.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/log.h"
#include "base/wipe.h"
#include "relay/file.h"

/*
 * ECDSA on P-256 (FIPS 186-5): every TLS 1.3 implementation takes it (RFC 8446
 * 9.1).  The certificates never expire (RFC 5280 4.1.2.5): what ends their
 * life is a new link, and a wrong clock must not lock anybody out.
 */
enum { PEM_MAX_BYTES = 64 * 1024, SERIAL_BITS = 127 };

static const char IDENTITY_KEY[] = "identity.key";
static const char IDENTITY_CERT[] = "identity.crt";
static const char TLS_KEY[] = "tls.key";
static const char TLS_CERT[] = "tls.crt";
static const char NOT_BEFORE[] = "20200101000000Z";
static const char NOT_AFTER[] = "99991231235959Z";

static enum status
crypto_failed(const char *what)
{
	char reason[128];

	ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
	ERR_clear_error();
	log_event(
	    LOG_LEVEL_ERROR, "identity", "step=%s reason=\"%s\"", what, reason);
	return STATUS_IO;
}

/* Writes what is in a memory BIO; it may hold a key, so it is wiped after. */
static enum status
save_bio(const char *dir, const char *name, BIO *bio, bool replace)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);
	enum status st;

	if (len <= 0)
		return crypto_failed(name);
	st = file_write(dir, name, bytes_view(data, (size_t)len), replace);
	wipe(data, (size_t)len);
	return st;
}

static enum status
load_key(const char *dir, const char *name, EVP_PKEY **key)
{
	struct buf *pem = NULL;
	enum status st = file_read(dir, name, PEM_MAX_BYTES, &pem);
	BIO *bio;

	if (st != STATUS_OK)
		return st;
	bio = BIO_new_mem_buf(buf_view(pem).data, (int)buf_len(pem));
	*key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	buf_free(pem);
	return *key != NULL ? STATUS_OK : crypto_failed(name);
}

static enum status
load_cert(const char *dir, const char *name, X509 **cert)
{
	struct buf *pem = NULL;
	enum status st = file_read(dir, name, PEM_MAX_BYTES, &pem);
	BIO *bio;

	if (st != STATUS_OK)
		return st;
	bio = BIO_new_mem_buf(buf_view(pem).data, (int)buf_len(pem));
	*cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	buf_free(pem);
	return *cert != NULL ? STATUS_OK : crypto_failed(name);
}

static enum status
make_key(const char *dir, const char *name, bool replace, EVP_PKEY **key)
{
	EVP_PKEY *fresh = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	enum status st;

	if (fresh == NULL || bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		bio, fresh, NULL, NULL, 0, NULL, NULL) != 1) {
		st = crypto_failed(name);
		goto out;
	}
	st = save_bio(dir, name, bio, replace);
	if (st != STATUS_OK)
		goto out;
	*key = fresh;
	fresh = NULL;
out:
	BIO_free(bio);
	EVP_PKEY_free(fresh);
	return st;
}

static enum status
ensure_key(const char *dir, const char *name, EVP_PKEY **key)
{
	enum status st = load_key(dir, name, key);

	if (st == STATUS_NOT_FOUND)
		st = make_key(dir, name, false, key);
	return st;
}

static bool
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	int added;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (extension == NULL)
		return false;
	added = X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	return added == 1;
}

static bool
set_serial(X509 *cert)
{
	BIGNUM *serial = BN_new();
	bool done =
	    serial != NULL &&
	    BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
	    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)) != NULL;

	BN_free(serial);
	return done;
}

/* Everything of a certificate but its extensions and its signature. */
static X509 *
certificate_new(EVP_PKEY *key, const char *subject, X509 *issuer)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();
	bool done =
	    cert != NULL && name != NULL &&
	    X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		(const unsigned char *)subject, -1, -1, 0) &&
	    X509_set_subject_name(cert, name) &&
	    X509_set_issuer_name(
		cert, issuer ? X509_get_subject_name(issuer) : name) &&
	    ASN1_TIME_set_string(X509_getm_notBefore(cert), NOT_BEFORE) &&
	    ASN1_TIME_set_string(X509_getm_notAfter(cert), NOT_AFTER) &&
	    X509_set_pubkey(cert, key);

	X509_NAME_free(name);
	if (done)
		return cert;
	X509_free(cert);
	return NULL;
}

static enum status
ensure_ca(const char *dir, EVP_PKEY *key, X509 **ca)
{
	enum status st = load_cert(dir, IDENTITY_CERT, ca);
	X509 *cert = NULL;
	BIO *bio = NULL;

	if (st != STATUS_NOT_FOUND)
		return st;
	cert = certificate_new(key, "Tacit relay identity", NULL);
	bio = BIO_new(BIO_s_mem());
	if (cert == NULL || bio == NULL ||
	    !add_extension(cert, cert, NID_basic_constraints,
		"critical,CA:TRUE,pathlen:0") ||
	    !add_extension(
		cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
	    !add_extension(cert, cert, NID_subject_key_identifier, "hash") ||
	    !X509_sign(cert, key, EVP_sha256()) ||
	    !PEM_write_bio_X509(bio, cert)) {
		st = crypto_failed(IDENTITY_CERT);
		goto out;
	}
	st = save_bio(dir, IDENTITY_CERT, bio, false);
	if (st != STATUS_OK)
		goto out;
	*ca = cert;
	cert = NULL;
out:
	BIO_free(bio);
	X509_free(cert);
	return st;
}

/* The TLS certificate with its issuer behind it. */
static enum status
make_chain(const char *dir, EVP_PKEY *tls_key, EVP_PKEY *ca_key, X509 *ca)
{
	X509 *cert = certificate_new(tls_key, "tacit-relay", ca);
	BIO *bio = BIO_new(BIO_s_mem());
	enum status st;

	if (cert == NULL || bio == NULL ||
	    !add_extension(
		cert, ca, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(
		cert, ca, NID_key_usage, "critical,digitalSignature") ||
	    !add_extension(cert, ca, NID_ext_key_usage, "serverAuth") ||
	    !add_extension(cert, ca, NID_subject_alt_name, "DNS:tacit-relay") ||
	    !add_extension(cert, ca, NID_authority_key_identifier, "keyid") ||
	    !X509_sign(cert, ca_key, EVP_sha256()) ||
	    !PEM_write_bio_X509(bio, cert) || !PEM_write_bio_X509(bio, ca)) {
		st = crypto_failed(TLS_CERT);
		goto out;
	}
	st = save_bio(dir, TLS_CERT, bio, true);
out:
	BIO_free(bio);
	X509_free(cert);
	return st;
}

/* One that is not of this key is what a crash while renewing it left. */
static enum status
ensure_chain(const char *dir, EVP_PKEY *tls_key, EVP_PKEY *ca_key, X509 *ca)
{
	X509 *cert = NULL;
	enum status st = load_cert(dir, TLS_CERT, &cert);
	bool fits = st == STATUS_OK && X509_check_private_key(cert, tls_key);

	ERR_clear_error();
	X509_free(cert);
	if (fits || (st != STATUS_OK && st != STATUS_NOT_FOUND))
		return st;
	return make_chain(dir, tls_key, ca_key, ca);
}

static enum status
take_pin(EVP_PKEY *key, struct hash *pin)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	if (len <= 0)
		return crypto_failed("pin");
	hash_bytes(bytes_view(der, (size_t)len), pin);
	OPENSSL_free(der);
	return STATUS_OK;
}

enum status
identity_ensure(const char *dir, struct identity *id)
{
	EVP_PKEY *ca_key = NULL, *tls_key = NULL;
	struct identity made;
	X509 *ca = NULL;
	enum status st;

	st = ensure_key(dir, IDENTITY_KEY, &ca_key);
	if (st == STATUS_OK)
		st = ensure_ca(dir, ca_key, &ca);
	if (st == STATUS_OK && X509_check_private_key(ca, ca_key) != 1)
		st = crypto_failed("identity.crt does not fit identity.key");
	if (st == STATUS_OK)
		st = ensure_key(dir, TLS_KEY, &tls_key);
	if (st == STATUS_OK)
		st = ensure_chain(dir, tls_key, ca_key, ca);
	if (st == STATUS_OK)
		st = take_pin(ca_key, &made.pin);
	if (st == STATUS_OK)
		st = file_path(dir, TLS_CERT, made.cert_file);
	if (st == STATUS_OK)
		st = file_path(dir, TLS_KEY, made.key_file);
	if (st == STATUS_OK)
		*id = made;
	X509_free(ca);
	EVP_PKEY_free(tls_key);
	EVP_PKEY_free(ca_key);
	return st;
}

enum status
identity_load(const char *dir, struct identity *id)
{
	if (!file_exists(dir, IDENTITY_KEY))
		return STATUS_NOT_FOUND;
	return identity_ensure(dir, id);
}

enum status
identity_renew(const char *dir)
{
	EVP_PKEY *ca_key = NULL, *tls_key = NULL;
	X509 *ca = NULL;
	enum status st = load_key(dir, IDENTITY_KEY, &ca_key);

	if (st == STATUS_OK)
		st = load_cert(dir, IDENTITY_CERT, &ca);
	if (st == STATUS_OK)
		st = make_key(dir, TLS_KEY, true, &tls_key);
	if (st == STATUS_OK)
		st = make_chain(dir, tls_key, ca_key, ca);
	X509_free(ca);
	EVP_PKEY_free(tls_key);
	EVP_PKEY_free(ca_key);
	return st;
}
