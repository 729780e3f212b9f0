/* ratchet_group.c - the sender keys of ratchet.h. */
#include <group_cipher.h>
#include <group_session_builder.h>
#include <protocol.h>

#include "client/core/ratchet/ratchet.h"
#include "client/core/ratchet/ratchet_inner.h"
#include "client/core/ratchet/ratchet_point.h"

/* Ids are 31 random bits: two in a row that are taken mean broken randomness.
 */
enum { KEY_ID_ATTEMPTS = 8 };

static void
begin_group(struct ratchet *r, struct vault_txn *t, const struct self *s,
    const struct hash *group, const struct address *of)
{
	ratchet_step_begin(r, t, s, of)->group = group;
}

/* A borrowed buffer of the library, copied. */
static enum status
copy_message(const void *message, struct buf **to)
{
	const signal_buffer *from = ciphertext_message_get_serialized(message);

	return buf_copy(
	    bytes_view(signal_buffer_const_data(from), signal_buffer_len(from)),
	    to);
}

/* The current own key's distribution message; makes a key when none is there.
 */
static enum status
distribute(struct ratchet *r, sender_key_distribution_message **message)
{
	signal_protocol_sender_key_name name = ratchet_step_key_name(&r->step);
	group_session_builder *builder = NULL;
	enum status st;

	st = ratchet_status(&r->step,
	    group_session_builder_create(&builder, r->store, r->context));
	if (st == STATUS_OK)
		st = ratchet_status(
		    &r->step, group_session_builder_create_session(
				  builder, message, &name));
	group_session_builder_free(builder);
	return st;
}

/* EXISTS: the random id was used before; try again. */
static enum status
make_key(struct ratchet *r, struct vault_txn *t, const struct self *s,
    const struct hash *group, uint32_t *key_id, struct buf **distribution)
{
	sender_key_distribution_message *message = NULL;
	uint32_t id = 0;
	enum status st;

	st = sender_key_del(t, group, &s->address);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	begin_group(r, t, s, group, &s->address);
	st = distribute(r, &message);
	if (st == STATUS_OK) {
		id = sender_key_distribution_message_get_id(message);
		st = sender_key_id_put(t, &s->address, id, group);
	}
	if (st == STATUS_OK)
		st = copy_message(message, distribution);
	if (st == STATUS_OK)
		*key_id = id;
	SIGNAL_UNREF(message);
	ratchet_step_end(r);
	return st;
}

enum status
ratchet_group_make_key(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct hash *group, uint32_t *key_id,
    struct buf **distribution)
{
	enum status st = STATUS_EXISTS;

	for (int i = 0; st == STATUS_EXISTS && i < KEY_ID_ATTEMPTS; i++)
		st = make_key(r, t, s, group, key_id, distribution);
	return st;
}

enum status
ratchet_group_distribution(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct hash *group, uint32_t *key_id,
    uint32_t *iteration, struct buf **distribution)
{
	sender_key_distribution_message *message = NULL;
	enum status st;

	begin_group(r, t, s, group, &s->address);
	st = ratchet_step_load_sender_key(&r->step);
	if (st == STATUS_OK && !r->step.record)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = distribute(r, &message);
	if (st == STATUS_OK)
		st = copy_message(message, distribution);
	if (st == STATUS_OK) {
		*key_id = sender_key_distribution_message_get_id(message);
		*iteration =
		    sender_key_distribution_message_get_iteration(message);
	}
	SIGNAL_UNREF(message);
	ratchet_step_end(r);
	return st;
}

/* A foreign distribution message, decoded and checked. */
static enum status
open_distribution(struct ratchet *r, uint32_t key_id, struct bytes from,
    sender_key_distribution_message **message)
{
	uint8_t checked[IDENTITY_KEY_BYTES];
	int code;

	if (from.len == 0 || from.len > LIMIT_ITEM_BYTES)
		return STATUS_BAD_INPUT;
	code = sender_key_distribution_message_deserialize(
	    message, from.data, from.len, r->context);
	if (code < 0)
		return code == SG_ERR_NOMEM ? STATUS_NOMEM : STATUS_BAD_INPUT;
	if (sender_key_distribution_message_get_id(*message) != key_id)
		return STATUS_BAD_INPUT;
	return ratchet_point_check(
	    sender_key_distribution_message_get_signature_key(*message),
	    checked);
}

static enum status
process(struct ratchet *r, sender_key_distribution_message *message)
{
	signal_protocol_sender_key_name name = ratchet_step_key_name(&r->step);
	group_session_builder *builder = NULL;
	enum status st;

	st = ratchet_status(&r->step,
	    group_session_builder_create(&builder, r->store, r->context));
	if (st == STATUS_OK)
		st = ratchet_status(
		    &r->step, group_session_builder_process_session(
				  builder, &name, message));
	group_session_builder_free(builder);
	return st;
}

enum status
ratchet_group_take_key(struct ratchet *r, struct vault_txn *t,
    const struct hash *group, const struct address *of, uint32_t key_id,
    struct bytes distribution)
{
	sender_key_distribution_message *message = NULL;
	enum status st;

	/* First the id: what is known must not even be looked at. */
	st = sender_key_id_put(t, of, key_id, group);
	if (st != STATUS_OK)
		return st;
	begin_group(r, t, NULL, group, of);
	st = open_distribution(r, key_id, distribution, &message);
	if (st == STATUS_OK)
		st = process(r, message);
	SIGNAL_UNREF(message);
	ratchet_step_end(r);
	return st;
}

static enum status
encrypt(struct ratchet *r, struct bytes plaintext, struct buf **ciphertext)
{
	signal_protocol_sender_key_name name = ratchet_step_key_name(&r->step);
	group_cipher *cipher = NULL;
	ciphertext_message *message = NULL;
	enum status st;

	st = ratchet_status(&r->step,
	    group_cipher_create(&cipher, r->store, &name, r->context));
	if (st == STATUS_OK)
		st = ratchet_status(
		    &r->step, group_cipher_encrypt(cipher, plaintext.data,
				  plaintext.len, &message));
	if (st == STATUS_OK)
		st = copy_message(message, ciphertext);
	SIGNAL_UNREF(message);
	group_cipher_free(cipher);
	return st;
}

enum status
ratchet_group_encrypt(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct hash *group, struct bytes plaintext,
    struct buf **ciphertext)
{
	enum status st;

	if (plaintext.len > RATCHET_PLAINTEXT_MAX_BYTES)
		return STATUS_BAD_INPUT;
	begin_group(r, t, s, group, &s->address);
	st = ratchet_step_load_sender_key(&r->step);
	if (st == STATUS_OK && !r->step.record)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = encrypt(r, plaintext, ciphertext);
	ratchet_step_end(r);
	return st;
}

static enum status
decrypt(struct ratchet *r, sender_key_message *message, struct buf **plaintext)
{
	signal_protocol_sender_key_name name = ratchet_step_key_name(&r->step);
	group_cipher *cipher = NULL;
	signal_buffer *opened = NULL;
	enum status st;

	st = ratchet_status(&r->step,
	    group_cipher_create(&cipher, r->store, &name, r->context));
	if (st == STATUS_OK)
		st = ratchet_status(&r->step,
		    group_cipher_decrypt(cipher, message, NULL, &opened));
	if (st == STATUS_OK)
		st = ratchet_take_buffer(&opened, plaintext);
	group_cipher_free(cipher);
	return st;
}

enum status
ratchet_group_decrypt(struct ratchet *r, struct vault_txn *t,
    const struct address *from, struct bytes ciphertext, uint32_t *key_id,
    struct hash *group, struct buf **plaintext)
{
	sender_key_message *message = NULL;
	enum status st;
	int code;

	if (ciphertext.len == 0 || ciphertext.len > LIMIT_ITEM_BYTES)
		return STATUS_BAD_INPUT;
	code = sender_key_message_deserialize(
	    &message, ciphertext.data, ciphertext.len, r->context);
	if (code < 0)
		return code == SG_ERR_NOMEM ? STATUS_NOMEM : STATUS_BAD_INPUT;

	*key_id = sender_key_message_get_key_id(message);
	st = sender_key_id_get(t, from, *key_id, group);
	if (st == STATUS_OK) {
		begin_group(r, t, NULL, group, from);
		st = decrypt(r, message, plaintext);
		ratchet_step_end(r);
	}
	SIGNAL_UNREF(message);
	return st;
}
