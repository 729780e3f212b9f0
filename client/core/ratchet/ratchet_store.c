/* ratchet_store.c - see ratchet_store.h. */
#include "client/core/ratchet/ratchet_store.h"

#include <string.h>

enum { FOUND = 1, MISSING = 0 };

/* Our codes stay below the library's, which then passes them through. */
static int
fail(struct ratchet_step *step, enum status st)
{
	step->failure = st;
	return SG_ERR_MINIMUM - 1 - (int)st;
}

static int
answer(struct ratchet_step *step, enum status st)
{
	return st == STATUS_OK ? SG_SUCCESS : fail(step, st);
}

signal_protocol_address
ratchet_step_address(const struct ratchet_step *step)
{
	return (signal_protocol_address){
		.name = step->peer->account.text,
		.name_len = strlen(step->peer->account.text),
		.device_id = (int32_t)step->peer->device,
	};
}

signal_protocol_sender_key_name
ratchet_step_key_name(const struct ratchet_step *step)
{
	return (signal_protocol_sender_key_name){
		.group_id = (const char *)step->group->raw,
		.group_id_len = sizeof(step->group->raw),
		.sender = ratchet_step_address(step),
	};
}

static enum status
note_loaded(struct ratchet_step *step, enum status st)
{
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	step->loaded = true;
	return STATUS_OK;
}

enum status
ratchet_step_load_session(struct ratchet_step *step)
{
	if (step->loaded)
		return STATUS_OK;
	return note_loaded(
	    step, session_get(step->txn, step->peer, &step->record));
}

enum status
ratchet_step_load_sender_key(struct ratchet_step *step)
{
	if (step->loaded)
		return STATUS_OK;
	return note_loaded(step,
	    sender_key_get(step->txn, step->group, step->peer, &step->record));
}

enum status
ratchet_step_store_session(struct ratchet_step *step, struct bytes record)
{
	struct buf *copy = NULL;
	enum status st;

	st = session_put(step->txn, step->peer, record);
	if (st != STATUS_OK)
		return st;
	st = buf_copy(record, &copy);
	if (st != STATUS_OK)
		return st;
	buf_free(step->record);
	step->record = copy;
	step->loaded = true;
	return STATUS_OK;
}

/* A copy in the library's own kind of buffer; the library frees it. */
static int
hand_over(struct ratchet_step *step, struct bytes from, signal_buffer **to)
{
	*to = signal_buffer_create(from.data, from.len);
	return *to ? SG_SUCCESS : fail(step, STATUS_NOMEM);
}

static int
hand_over_record(struct ratchet_step *step, enum status st, signal_buffer **to)
{
	int code;

	if (st != STATUS_OK)
		return fail(step, st);
	if (!step->record)
		return MISSING;
	code = hand_over(step, buf_view(step->record), to);
	return code < 0 ? code : FOUND;
}

static int
load_session(signal_buffer **record, signal_buffer **user_record,
    const signal_protocol_address *address, void *user_data)
{
	struct ratchet_step *step = user_data;

	(void)user_record;
	(void)address; /* always the step's */
	return hand_over_record(step, ratchet_step_load_session(step), record);
}

static int
store_session(const signal_protocol_address *address, uint8_t *record,
    size_t record_len, uint8_t *user_record, size_t user_record_len,
    void *user_data)
{
	struct ratchet_step *step = user_data;

	(void)address;
	(void)user_record;
	(void)user_record_len;
	return answer(step,
	    ratchet_step_store_session(step, bytes_view(record, record_len)));
}

static int
contains_session(const signal_protocol_address *address, void *user_data)
{
	struct ratchet_step *step = user_data;
	enum status st = ratchet_step_load_session(step);

	(void)address;
	if (st != STATUS_OK)
		return fail(step, st);
	return step->record ? FOUND : MISSING;
}

static int
hand_over_prekey(struct ratchet_step *step, enum status st, struct buf *stored,
    signal_buffer **to)
{
	int code;

	if (st == STATUS_NOT_FOUND)
		return SG_ERR_INVALID_KEY_ID;
	if (st != STATUS_OK)
		return fail(step, st);
	code = hand_over(step, buf_view(stored), to);
	buf_free(stored);
	return code;
}

static int
load_pre_key(signal_buffer **record, uint32_t id, void *user_data)
{
	struct ratchet_step *step = user_data;
	struct buf *stored = NULL;
	enum status st = prekey_get(step->txn, id, &stored);

	return hand_over_prekey(step, st, stored, record);
}

/* The library calls this only after a message decrypted. */
static int
remove_pre_key(uint32_t id, void *user_data)
{
	struct ratchet_step *step = user_data;
	enum status st = prekey_del(step->txn, id);

	return answer(step, st == STATUS_NOT_FOUND ? STATUS_OK : st);
}

static int
load_signed_pre_key(signal_buffer **record, uint32_t id, void *user_data)
{
	struct ratchet_step *step = user_data;
	struct buf *stored = NULL;
	enum status st = signed_prekey_get(step->txn, id, &stored);

	return hand_over_prekey(step, st, stored, record);
}

static int
get_identity_key_pair(
    signal_buffer **public_data, signal_buffer **private_data, void *user_data)
{
	struct ratchet_step *step = user_data;
	const struct self *s = step->self;
	int code;

	code = hand_over(step, BYTES_OF(s->identity_public), public_data);
	if (code < 0)
		return code;
	return hand_over(step, BYTES_OF(s->identity_secret), private_data);
}

static int
get_local_registration_id(void *user_data, uint32_t *registration_id)
{
	const struct ratchet_step *step = user_data;

	*registration_id = step->self->registration_id;
	return SG_SUCCESS;
}

/*
 * Nothing: trust lives on the pinned device lists.  The library calls this
 * before it has checked a MAC, so what it says here must not be believed.
 */
static int
save_identity(const signal_protocol_address *address, uint8_t *key_data,
    size_t key_len, void *user_data)
{
	(void)address;
	(void)key_data;
	(void)key_len;
	(void)user_data;
	return SG_SUCCESS;
}

static int
is_trusted_identity(const signal_protocol_address *address, uint8_t *key_data,
    size_t key_len, void *user_data)
{
	const struct ratchet_step *step = user_data;

	(void)address;
	if (!step->expected)
		return 1;
	return bytes_equal(bytes_view(step->expected, IDENTITY_KEY_BYTES),
	    bytes_view(key_data, key_len));
}

static int
load_sender_key(signal_buffer **record, signal_buffer **user_record,
    const signal_protocol_sender_key_name *name, void *user_data)
{
	struct ratchet_step *step = user_data;

	(void)user_record;
	(void)name;
	return hand_over_record(
	    step, ratchet_step_load_sender_key(step), record);
}

static int
store_sender_key(const signal_protocol_sender_key_name *name, uint8_t *record,
    size_t record_len, uint8_t *user_record, size_t user_record_len,
    void *user_data)
{
	struct ratchet_step *step = user_data;

	(void)name;
	(void)user_record;
	(void)user_record_len;
	return answer(step, sender_key_put(step->txn, step->group, step->peer,
				bytes_view(record, record_len)));
}

enum status
ratchet_status(const struct ratchet_step *step, int code)
{
	if (code >= 0)
		return STATUS_OK;
	if (code < SG_ERR_MINIMUM && step && step->failure != STATUS_OK)
		return step->failure;
	switch (code) {
	case SG_ERR_NOMEM:
		return STATUS_NOMEM;
	case SG_ERR_DUPLICATE_MESSAGE:
		return STATUS_EXISTS;
	case SG_ERR_NO_SESSION:
	case SG_ERR_INVALID_KEY_ID: /* a prekey used up, or never ours */
		return STATUS_NOT_FOUND;
	case SG_ERR_UNTRUSTED_IDENTITY:
		return STATUS_UNTRUSTED;
	case SG_ERR_INVAL:
	case SG_ERR_INVALID_VERSION:
	case SG_ERR_LEGACY_MESSAGE:
	case SG_ERR_INVALID_PROTO_BUF:
		return STATUS_BAD_INPUT;
	default:
		/*
		 * Wrong MAC or signature, and what the library cannot name.
		 * The message is to blame, so that none can block the queue.
		 */
		return STATUS_CRYPTO;
	}
}

enum status
ratchet_store_new(signal_context *context, struct ratchet_step *step,
    signal_protocol_store_context **store)
{
	/* The library calls these and no others of each store. */
	const signal_protocol_session_store sessions = {
		.load_session_func = load_session,
		.store_session_func = store_session,
		.contains_session_func = contains_session,
		.user_data = step,
	};
	const signal_protocol_pre_key_store prekeys = {
		.load_pre_key = load_pre_key,
		.remove_pre_key = remove_pre_key,
		.user_data = step,
	};
	const signal_protocol_signed_pre_key_store signed_prekeys = {
		.load_signed_pre_key = load_signed_pre_key,
		.user_data = step,
	};
	const signal_protocol_identity_key_store identities = {
		.get_identity_key_pair = get_identity_key_pair,
		.get_local_registration_id = get_local_registration_id,
		.save_identity = save_identity,
		.is_trusted_identity = is_trusted_identity,
		.user_data = step,
	};
	const signal_protocol_sender_key_store sender_keys = {
		.load_sender_key = load_sender_key,
		.store_sender_key = store_sender_key,
		.user_data = step,
	};
	signal_protocol_store_context *made = NULL;

	if (signal_protocol_store_context_create(&made, context) < 0)
		return STATUS_NOMEM;
	signal_protocol_store_context_set_session_store(made, &sessions);
	signal_protocol_store_context_set_pre_key_store(made, &prekeys);
	signal_protocol_store_context_set_signed_pre_key_store(
	    made, &signed_prekeys);
	signal_protocol_store_context_set_identity_key_store(made, &identities);
	signal_protocol_store_context_set_sender_key_store(made, &sender_keys);
	*store = made;
	return STATUS_OK;
}
