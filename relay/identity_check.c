#include "relay/identity_check.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

#include "relay/file.h"

static enum status
say(char why[IDENTITY_WHY_BYTES], const char *file, const char *what)
{
	ERR_clear_error();
	snprintf(why, IDENTITY_WHY_BYTES, "%.64s %s", file, what);
	return STATUS_BAD_INPUT;
}

static X509 *
read_cert(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *cert = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (f != NULL)
		fclose(f);
	return cert;
}

static EVP_PKEY *
read_key(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key =
	    f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f != NULL)
		fclose(f);
	return key;
}

static enum status
check_dates(const X509 *cert, const char *name, int64_t now_ms,
    char why[IDENTITY_WHY_BYTES])
{
	time_t now = (time_t)(now_ms / 1000);

	if (X509_cmp_time(X509_get0_notBefore(cert), &now) > 0)
		return say(why, name, "is not valid yet: is the clock right?");
	if (X509_cmp_time(X509_get0_notAfter(cert), &now) < 0)
		return say(why, name, "is not valid any more");
	return STATUS_OK;
}

/* A certificate and its key, both the caller's, also when they do not fit. */
static enum status
read_pair(const char *dir, const char *const names[2], X509 **cert,
    EVP_PKEY **key, char why[IDENTITY_WHY_BYTES])
{
	char path[PATH_MAX];

	if (file_path(dir, names[0], path) != STATUS_OK ||
	    (*cert = read_cert(path)) == NULL)
		return say(why, names[0], "cannot be read");
	if (file_path(dir, names[1], path) != STATUS_OK ||
	    (*key = read_key(path)) == NULL)
		return say(why, names[1], "cannot be read");
	if (X509_check_private_key(*cert, *key) != 1)
		return say(why, names[0], "is of another key");
	return STATUS_OK;
}

enum status
identity_check(const char *dir, int64_t now_ms, char why[IDENTITY_WHY_BYTES])
{
	static const char *const identity[] = { "identity.crt",
		"identity.key" };
	static const char *const tls[] = { "tls.crt", "tls.key" };
	X509 *ca = NULL, *leaf = NULL;
	EVP_PKEY *ca_key = NULL, *leaf_key = NULL;
	enum status st = read_pair(dir, identity, &ca, &ca_key, why);

	if (st == STATUS_OK)
		st = check_dates(ca, identity[0], now_ms, why);
	if (st == STATUS_OK)
		st = read_pair(dir, tls, &leaf, &leaf_key, why);
	if (st == STATUS_OK)
		st = check_dates(leaf, tls[0], now_ms, why);
	if (st == STATUS_OK && X509_verify(leaf, ca_key) != 1)
		st = say(why, tls[0], "is not signed by the identity");
	EVP_PKEY_free(leaf_key);
	EVP_PKEY_free(ca_key);
	X509_free(leaf);
	X509_free(ca);
	return st;
}

enum status
identity_check_file(const char *path, int64_t now_ms, int64_t *ends_ms,
    char why[IDENTITY_WHY_BYTES])
{
	X509 *cert = read_cert(path);
	struct tm ends = { 0 };
	enum status st;

	if (cert == NULL)
		return say(why, path, "cannot be read");
	st = check_dates(cert, path, now_ms, why);
	if (st == STATUS_OK &&
	    ASN1_TIME_to_tm(X509_get0_notAfter(cert), &ends) != 1)
		st = say(why, path, "has no end that makes sense");
	if (st == STATUS_OK)
		*ends_ms = (int64_t)timegm(&ends) * 1000;
	X509_free(cert);
	return st;
}
