/* ratchet_inner.c - see ratchet_inner.h. */
#include "client/core/ratchet/ratchet_inner.h"

#include <session_state.h>
#include <string.h>

#include "base/wipe.h"
#include "client/core/ratchet/ratchet_point.h"

struct ratchet_step *
ratchet_step_begin(struct ratchet *r, struct vault_txn *t, const struct self *s,
    const struct address *peer)
{
	r->step = (struct ratchet_step){ .txn = t, .self = s, .peer = peer };
	return &r->step;
}

void
ratchet_step_end(struct ratchet *r)
{
	buf_free(r->step.record);
	wipe(&r->step, sizeof(r->step));
	ratchet_crypto_forget(r->crypto);
}

enum status
ratchet_session_open(struct ratchet *r, session_record **record)
{
	enum status st = ratchet_step_load_session(&r->step);
	struct bytes stored;
	int code;

	if (st != STATUS_OK || !r->step.record)
		return st;
	stored = buf_view(r->step.record);
	code = session_record_deserialize(
	    record, stored.data, stored.len, r->context);
	if (code == SG_ERR_NOMEM)
		return STATUS_NOMEM;
	return code < 0 ? STATUS_CRYPTO : STATUS_OK;
}

enum status
ratchet_session_identity(
    session_record *record, uint8_t identity_key[IDENTITY_KEY_BYTES])
{
	session_state *state = session_record_get_state(record);
	enum status st;

	if (!state)
		return STATUS_CRYPTO;
	st = ratchet_point_check(
	    session_state_get_remote_identity_key(state), identity_key);
	return st == STATUS_BAD_INPUT ? STATUS_CRYPTO : st;
}

/* Newest first, as the library keeps them. */
static bool
drop_oldest_states(session_record *record)
{
	session_record_state_node *node =
	    session_record_get_previous_states_head(record);
	size_t kept = 0;
	bool dropped = false;

	while (node) {
		if (kept < RATCHET_ARCHIVED_STATES_MAX) {
			kept++;
			node = session_record_get_previous_states_next(node);
			continue;
		}
		node = session_record_get_previous_states_remove(record, node);
		dropped = true;
	}
	return dropped;
}

enum status
ratchet_session_trim(struct ratchet *r, session_record *record)
{
	signal_buffer *serialized = NULL;
	enum status st;
	int code;

	if (!drop_oldest_states(record))
		return STATUS_OK;
	code = session_record_serialize(&serialized, record);
	if (code < 0)
		return ratchet_status(NULL, code);
	st = ratchet_step_store_session(
	    &r->step, bytes_view(signal_buffer_data(serialized),
			  signal_buffer_len(serialized)));
	signal_buffer_bzero_free(serialized);
	return st;
}

enum status
ratchet_take_buffer(signal_buffer **from, struct buf **to)
{
	enum status st = buf_copy(
	    bytes_view(signal_buffer_data(*from), signal_buffer_len(*from)),
	    to);

	signal_buffer_bzero_free(*from);
	*from = NULL;
	return st;
}
