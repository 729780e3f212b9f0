/* ratchet.c - see ratchet.h: life, sessions and encryption. */
#include "client/core/ratchet/ratchet.h"

#include <assert.h>
#include <key_helper.h>
#include <protobuf-c/protobuf-c.h>
#include <protocol.h>
#include <session_builder.h>
#include <session_cipher.h>
#include <session_pre_key.h>
#include <session_state.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "client/core/ratchet/ratchet_curve.h"
#include "client/core/ratchet/ratchet_inner.h"
#include "client/core/ratchet/ratchet_point.h"

enum {
	/*
	 * libsignal brings protobuf-c 1.1.1 along and exports it; were it
	 * found first, every proto3 message of ours would crash
	 * (docs/decisions/0002-link-order.md).
	 */
	PROTOBUF_C_OLDEST = 1004000,

	/* libsignal's ids of prekeys; 0xffffff means "never removed". */
	PREKEY_ID_MAX = 0xfffffe,
};

enum status
ratchet_new(struct ratchet **r)
{
	struct ratchet *made;
	enum status st;

	assert(protobuf_c_version_number() >= PROTOBUF_C_OLDEST);
	made = calloc(1, sizeof(*made));
	if (!made)
		return STATUS_NOMEM;
	st = ratchet_crypto_new(&made->crypto);
	if (st != STATUS_OK)
		goto out;
	st = ratchet_crypto_context(made->crypto, &made->context);
	if (st != STATUS_OK)
		goto out;
	/* Slower without, and otherwise the same. */
	(void)ratchet_curve_start(made->context);
	st = ratchet_store_new(made->context, &made->step, &made->store);
	if (st != STATUS_OK)
		goto out;
	*r = made;
	made = NULL;
out:
	ratchet_free(made);
	return st;
}

void
ratchet_free(struct ratchet *r)
{
	if (!r)
		return;
	if (r->store)
		signal_protocol_store_context_destroy(r->store);
	if (r->context)
		signal_context_destroy(r->context);
	ratchet_crypto_free(r->crypto);
	free(r);
}

static enum status
copy_identity(const ratchet_identity_key_pair *pair, struct self *s)
{
	signal_buffer *secret = NULL;
	enum status st;

	st = ratchet_point_check(
	    ratchet_identity_key_pair_get_public(pair), s->identity_public);
	if (st != STATUS_OK)
		return st;
	if (ec_private_key_serialize(
		&secret, ratchet_identity_key_pair_get_private(pair)) < 0)
		return STATUS_NOMEM;
	assert(signal_buffer_len(secret) == sizeof(s->identity_secret));
	memcpy(s->identity_secret, signal_buffer_data(secret),
	    sizeof(s->identity_secret));
	signal_buffer_bzero_free(secret);
	return STATUS_OK;
}

enum status
ratchet_make_identity(struct ratchet *r, struct self *s)
{
	ratchet_identity_key_pair *pair = NULL;
	uint32_t registration_id = 0;
	enum status st;
	int code;

	code = signal_protocol_key_helper_generate_registration_id(
	    &registration_id, 0, r->context);
	if (code < 0)
		return ratchet_status(NULL, code);
	code = signal_protocol_key_helper_generate_identity_key_pair(
	    &pair, r->context);
	if (code < 0)
		return ratchet_status(NULL, code);
	st = copy_identity(pair, s);
	if (st == STATUS_OK)
		s->registration_id = registration_id;
	SIGNAL_UNREF(pair);
	return st;
}

/* A session that has a sender chain; NOT_FOUND otherwise. */
static enum status
open_for_sending(struct ratchet *r, session_record **record)
{
	enum status st = ratchet_session_open(r, record);
	session_state *state;

	if (st != STATUS_OK)
		return st;
	state = *record ? session_record_get_state(*record) : NULL;
	if (!state || !session_state_has_sender_chain(state))
		return STATUS_NOT_FOUND;
	return STATUS_OK;
}

enum status
ratchet_has_session(
    struct ratchet *r, struct vault_txn *t, const struct address *with)
{
	session_record *record = NULL;
	enum status st;

	ratchet_step_begin(r, t, NULL, with);
	st = open_for_sending(r, &record);
	SIGNAL_UNREF(record);
	ratchet_step_end(r);
	return st;
}

enum status
ratchet_sending_steps(struct ratchet *r, struct vault_txn *t,
    const struct address *with, uint32_t *steps)
{
	session_record *record = NULL;
	ratchet_chain_key *chain;
	enum status st;

	ratchet_step_begin(r, t, NULL, with);
	st = open_for_sending(r, &record);
	if (st == STATUS_OK) {
		chain = session_state_get_sender_chain_key(
		    session_record_get_state(record));
		*steps = ratchet_chain_key_get_index(chain);
	}
	SIGNAL_UNREF(record);
	ratchet_step_end(r);
	return st;
}

enum status
ratchet_reset(
    struct ratchet *r, struct vault_txn *t, const struct address *with)
{
	enum status st;

	(void)r;
	/*
	 * The whole record: a state that is merely archived is promoted again
	 * by the next message that was on its way.
	 */
	st = session_del(t, with);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* The one key of a type.  BAD_INPUT: two of them, or a bad id. */
static enum status
pick(struct prekeys bundle, enum prekey_type type, const struct prekey **found)
{
	*found = NULL;
	for (size_t i = 0; i < bundle.count; i++) {
		const struct prekey *item = &bundle.items[i];

		if (item->type != (uint32_t)type)
			continue;
		if (*found || item->id == 0 || item->id > PREKEY_ID_MAX)
			return STATUS_BAD_INPUT;
		*found = item;
	}
	return STATUS_OK;
}

/* A foreign public key, decoded and not of small order. */
static enum status
decode_key(struct ratchet *r, struct bytes raw, ec_public_key **key)
{
	uint8_t checked[IDENTITY_KEY_BYTES];
	int code;

	if (raw.len != IDENTITY_KEY_BYTES)
		return STATUS_BAD_INPUT;
	code = curve_decode_point(key, raw.data, raw.len, r->context);
	if (code == SG_ERR_NOMEM)
		return STATUS_NOMEM;
	return code < 0 ? STATUS_BAD_INPUT : ratchet_point_check(*key, checked);
}

/* Our form of a bundle in libsignal's. */
static enum status
make_bundle(struct ratchet *r, const struct device_entry *device,
    struct prekeys from, session_pre_key_bundle **bundle)
{
	const struct prekey *signed_one = NULL;
	const struct prekey *one_time = NULL;
	ec_public_key *identity = NULL;
	ec_public_key *signed_key = NULL;
	ec_public_key *one_time_key = NULL;
	enum status st;

	st = pick(from, PREKEY_SIGNED, &signed_one);
	if (st == STATUS_OK)
		st = pick(from, PREKEY_ONE_TIME, &one_time);
	/* An empty signature would make the library follow a NULL. */
	if (st == STATUS_OK &&
	    (!signed_one || signed_one->signature.len != CURVE_SIGNATURE_LEN))
		st = STATUS_BAD_INPUT;
	if (st != STATUS_OK)
		return st;

	st = decode_key(r, BYTES_OF(device->identity_key), &identity);
	if (st == STATUS_OK)
		st = decode_key(r, signed_one->public_key, &signed_key);
	if (st == STATUS_OK && one_time)
		st = decode_key(r, one_time->public_key, &one_time_key);
	if (st != STATUS_OK)
		goto out;
	st = ratchet_status(NULL,
	    session_pre_key_bundle_create(bundle, device->registration_id,
		(int)device->id, one_time ? one_time->id : 0, one_time_key,
		signed_one->id, signed_key, signed_one->signature.data,
		signed_one->signature.len, identity));
out:
	SIGNAL_UNREF(identity);
	SIGNAL_UNREF(signed_key);
	SIGNAL_UNREF(one_time_key);
	return st;
}

static enum status
process_bundle(struct ratchet *r, session_pre_key_bundle *bundle)
{
	signal_protocol_address address = ratchet_step_address(&r->step);
	session_builder *builder = NULL;
	session_record *record = NULL;
	enum status st;

	st = ratchet_status(&r->step,
	    session_builder_create(&builder, r->store, &address, r->context));
	if (st == STATUS_OK)
		st = ratchet_status(&r->step,
		    session_builder_process_pre_key_bundle(builder, bundle));
	session_builder_free(builder);
	if (st == STATUS_OK)
		st = ratchet_session_open(r, &record);
	if (st == STATUS_OK)
		st = ratchet_session_trim(r, record);
	SIGNAL_UNREF(record);
	return st;
}

enum status
ratchet_start(struct ratchet *r, struct vault_txn *t, const struct self *s,
    const struct address *with, const struct device_entry *device,
    struct prekeys bundle)
{
	session_pre_key_bundle *made = NULL;
	enum status st;

	ratchet_step_begin(r, t, s, with)->expected = device->identity_key;
	st = make_bundle(r, device, bundle, &made);
	if (st == STATUS_OK)
		st = process_bundle(r, made);
	SIGNAL_UNREF(made);
	ratchet_step_end(r);
	return st;
}

/* The library encrypts to whatever key a session has (0003, hole 2). */
static enum status
check_trust(struct ratchet *r, const struct device_entry *device)
{
	uint8_t identity[IDENTITY_KEY_BYTES];
	session_record *record = NULL;
	enum status st;

	st = open_for_sending(r, &record);
	if (st == STATUS_OK)
		st = ratchet_session_identity(record, identity);
	if (st == STATUS_OK &&
	    !bytes_equal(BYTES_OF(identity), BYTES_OF(device->identity_key)))
		st = STATUS_UNTRUSTED;
	SIGNAL_UNREF(record);
	return st;
}

static enum status
encrypt(struct ratchet *r, struct bytes plaintext, uint32_t *type,
    struct buf **ciphertext)
{
	signal_protocol_address address = ratchet_step_address(&r->step);
	session_cipher *cipher = NULL;
	ciphertext_message *message = NULL;
	signal_buffer *bytes;
	enum status st;

	st = ratchet_status(&r->step,
	    session_cipher_create(&cipher, r->store, &address, r->context));
	if (st == STATUS_OK)
		st = ratchet_status(
		    &r->step, session_cipher_encrypt(cipher, plaintext.data,
				  plaintext.len, &message));
	if (st != STATUS_OK)
		goto out;
	bytes = ciphertext_message_get_serialized(message); /* borrowed */
	st = buf_copy(
	    bytes_view(signal_buffer_data(bytes), signal_buffer_len(bytes)),
	    ciphertext);
	if (st != STATUS_OK)
		goto out;
	*type = ciphertext_message_get_type(message) == CIPHERTEXT_PREKEY_TYPE
		    ? ITEM_PREKEY
		    : ITEM_RATCHET;
out:
	SIGNAL_UNREF(message);
	session_cipher_free(cipher);
	return st;
}

enum status
ratchet_encrypt(struct ratchet *r, struct vault_txn *t, const struct self *s,
    const struct address *to, const struct device_entry *device,
    struct bytes plaintext, uint32_t *type, struct buf **ciphertext)
{
	enum status st;

	if (plaintext.len > RATCHET_PLAINTEXT_MAX_BYTES)
		return STATUS_BAD_INPUT;
	ratchet_step_begin(r, t, s, to)->expected = device->identity_key;
	st = check_trust(r, device);
	if (st == STATUS_OK)
		st = encrypt(r, plaintext, type, ciphertext);
	ratchet_step_end(r);
	return st;
}
