/* ratchet_decrypt.c - the receiving half of ratchet.h. */
#include <protocol.h>
#include <session_cipher.h>
#include <session_state.h>
#include <string.h>

#include "base/clock.h"
#include "client/core/ratchet/ratchet.h"
#include "client/core/ratchet/ratchet_inner.h"
#include "client/core/ratchet/ratchet_point.h"

enum { BASE_KEY_LOOKS = 4 }; /* more than one message adds */

/* A message that does not parse: whatever the library calls it. */
static enum status
parse_status(int code)
{
	if (code >= 0)
		return STATUS_OK;
	return code == SG_ERR_NOMEM ? STATUS_NOMEM : STATUS_BAD_INPUT;
}

/* What the library's decryption says; failures that cost time are counted. */
static enum status
tried(struct ratchet *r, int code)
{
	enum status st = ratchet_status(&r->step, code);

	if (st == STATUS_CRYPTO && code > SG_ERR_MINIMUM)
		ratchet_failures_count(
		    &r->failures, r->step.peer, clock_mono_ms());
	return st;
}

static enum status
decrypt_signal(struct ratchet *r, session_cipher *cipher,
    struct bytes ciphertext, signal_buffer **plaintext)
{
	uint8_t checked[IDENTITY_KEY_BYTES];
	signal_message *message = NULL;
	enum status st;

	st = parse_status(signal_message_deserialize(
	    &message, ciphertext.data, ciphertext.len, r->context));
	if (st == STATUS_OK)
		st = ratchet_point_check(
		    signal_message_get_sender_ratchet_key(message), checked);
	if (st == STATUS_OK)
		st = tried(r, session_cipher_decrypt_signal_message(
				  cipher, message, NULL, plaintext));
	SIGNAL_UNREF(message);
	return st;
}

/*
 * Whether a prekey message may be shown to the library.  Until it hears from
 * us, the initiator repeats one base key in every message of the session;
 * without that session the same base key is a replay, and would rebuild it.
 */
static enum status
check_replay(struct ratchet *r, pre_key_signal_message *message,
    const uint8_t base_key[IDENTITY_KEY_BYTES], bool *is_new)
{
	session_record *record = NULL;
	enum status st;

	st = base_key_has(r->step.txn, r->step.peer,
	    bytes_view(base_key, IDENTITY_KEY_BYTES));
	*is_new = st == STATUS_NOT_FOUND;
	if (st != STATUS_OK)
		return *is_new ? STATUS_OK : st;

	st = ratchet_session_open(r, &record);
	if (st == STATUS_OK &&
	    (!record || session_record_has_session_state(record,
			    pre_key_signal_message_get_message_version(message),
			    pre_key_signal_message_get_base_key(message)) != 1))
		st = STATUS_CRYPTO;
	SIGNAL_UNREF(record);
	return st;
}

/* Every point that an agreement will be made with, and the base key's bytes. */
static enum status
check_points(pre_key_signal_message *message,
    uint8_t base_key[IDENTITY_KEY_BYTES], uint8_t identity[IDENTITY_KEY_BYTES])
{
	const signal_message *inner =
	    pre_key_signal_message_get_signal_message(message);
	uint8_t checked[IDENTITY_KEY_BYTES];
	enum status st;

	if (!inner)
		return STATUS_BAD_INPUT;
	st = ratchet_point_check(
	    signal_message_get_sender_ratchet_key(inner), checked);
	if (st == STATUS_OK)
		st = ratchet_point_check(
		    pre_key_signal_message_get_identity_key(message), identity);
	if (st == STATUS_OK)
		st = ratchet_point_check(
		    pre_key_signal_message_get_base_key(message), base_key);
	return st;
}

/* Known as long as it could begin a session a second time. */
static enum status
note_base_key(struct ratchet *r, const pre_key_signal_message *message,
    struct bytes base_key)
{
	enum status st = base_key_put(r->step.txn, r->step.peer, base_key,
	    pre_key_signal_message_get_signed_pre_key_id(message),
	    clock_wall_ms());

	return st == STATUS_OK ? base_key_prune(r->step.txn, BASE_KEY_LOOKS)
			       : st;
}

static enum status
decrypt_prekey(struct ratchet *r, session_cipher *cipher,
    struct bytes ciphertext, signal_buffer **plaintext)
{
	uint8_t base_key[IDENTITY_KEY_BYTES];
	uint8_t identity[IDENTITY_KEY_BYTES];
	pre_key_signal_message *message = NULL;
	bool is_new = false;
	enum status st;

	st = parse_status(pre_key_signal_message_deserialize(
	    &message, ciphertext.data, ciphertext.len, r->context));
	if (st != STATUS_OK)
		goto out;
	st = check_points(message, base_key, identity);
	if (st != STATUS_OK)
		goto out;
	st = check_replay(r, message, base_key, &is_new);
	if (st != STATUS_OK)
		goto out;
	st = tried(r, session_cipher_decrypt_pre_key_signal_message(
			  cipher, message, NULL, plaintext));
	if (st == STATUS_OK && is_new)
		st = note_base_key(r, message, BYTES_OF(base_key));
out:
	SIGNAL_UNREF(message);
	return st;
}

/*
 * Whose session it was, by the state that decrypted: the message's own claim
 * is not bound to an older session it fell through to.
 */
static enum status
settle(struct ratchet *r, uint8_t identity[IDENTITY_KEY_BYTES])
{
	session_record *record = NULL;
	enum status st;

	st = ratchet_session_open(r, &record);
	if (st == STATUS_OK && !record)
		st = STATUS_CRYPTO;
	if (st == STATUS_OK)
		st = ratchet_session_identity(record, identity);
	if (st == STATUS_OK && r->step.expected &&
	    memcmp(identity, r->step.expected, IDENTITY_KEY_BYTES) != 0)
		st = STATUS_UNTRUSTED;
	if (st == STATUS_OK)
		st = ratchet_session_trim(r, record);
	SIGNAL_UNREF(record);
	return st;
}

static enum status
decrypt(struct ratchet *r, uint32_t type, struct bytes ciphertext,
    signal_buffer **plaintext)
{
	signal_protocol_address address = ratchet_step_address(&r->step);
	session_cipher *cipher = NULL;
	enum status st;

	st = ratchet_status(&r->step,
	    session_cipher_create(&cipher, r->store, &address, r->context));
	if (st != STATUS_OK)
		return st;
	if (type == ITEM_PREKEY)
		st = decrypt_prekey(r, cipher, ciphertext, plaintext);
	else
		st = decrypt_signal(r, cipher, ciphertext, plaintext);
	session_cipher_free(cipher);
	return st;
}

enum status
ratchet_decrypt(struct ratchet *r, struct vault_txn *t, const struct self *s,
    const struct address *from, const uint8_t *expected, uint32_t type,
    struct bytes ciphertext, uint8_t identity_key[IDENTITY_KEY_BYTES],
    struct buf **plaintext)
{
	uint8_t identity[IDENTITY_KEY_BYTES];
	signal_buffer *opened = NULL;
	enum status st;

	if (type != ITEM_RATCHET && type != ITEM_PREKEY)
		return STATUS_BAD_INPUT;
	if (ciphertext.len == 0 || ciphertext.len > LIMIT_ITEM_BYTES)
		return STATUS_BAD_INPUT;
	if (ratchet_failures_are_many(&r->failures, from, clock_mono_ms()))
		return STATUS_FULL;

	ratchet_step_begin(r, t, s, from)->expected = expected;
	st = decrypt(r, type, ciphertext, &opened);
	if (st == STATUS_OK)
		st = settle(r, identity);
	if (st == STATUS_OK)
		st = ratchet_take_buffer(&opened, plaintext);
	if (st == STATUS_OK)
		memcpy(identity_key, identity, IDENTITY_KEY_BYTES);
	signal_buffer_bzero_free(opened);
	ratchet_step_end(r);
	return st;
}
