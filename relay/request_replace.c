/*
 * request_replace.c - other devices for an account (protocol.md 4.9).
 *
 * In place of registering: the account is there, and whoever has its key says
 * which devices are its own from now on.  The same list may come again, since
 * the answer to it was lost.
 */
#include "relay/call.h"

static void
replaced(struct call *c)
{
	struct session *s = c->session;
	const struct storage_op *op = &c->op;
	struct reply r = { .kind = REPLY_REGISTERED };

	if (op->status != STATUS_OK && op->status != STATUS_EXISTS) {
		call_turn_away_failed(c, op->status);
		return;
	}
	s->who.account = op->u.replace.list.account;
	s->who.device = op->u.replace.device;
	s->head = op->u.replace.mailbox.head;
	session_fire(s, EVENT_ADMITTED, NULL);
	r.u.registered = op->u.replace.mailbox;
	call_reply(c, &r);
}

static void
refuse_malformed(struct call *c)
{
	/* Said before the end, after which nothing is said. */
	session_say_error(c->session, c->request.id, ERROR_BAD_REQUEST,
	    "The device list is malformed.", 0);
	session_end(c->session);
	call_end(c);
}

/* With the list that is in force, so that the next try can follow it. */
static void
refuse_list(struct call *c)
{
	struct reply r = { .kind = REPLY_ERROR };

	session_fire(c->session, EVENT_TURNED_AWAY, NULL);
	r.u.error.code = ERROR_LIST_TAKEN;
	r.u.error.message =
	    BYTES("The device list does not follow the one in force.");
	r.u.error.current = c->op.u.replace.current;
	call_reply(c, &r);
}

static void
answered(struct call *c)
{
	switch ((int)c->op.status) {
	case STATUS_CONFLICT:
		refuse_list(c);
		return;
	case STATUS_NOT_FOUND:
		/* As Authenticate: who has what name is not told. */
		call_turn_away(c, ERROR_DENIED,
		    "There is no such account here, or this is not its key.",
		    0);
		return;
	case STATUS_DENIED:
		call_turn_away_suspended(c, c->op.u.replace.suspended);
		return;
	case STATUS_BAD_INPUT:
		refuse_malformed(c);
		return;
	default:
		replaced(c);
	}
}

/* Both keys sign for this connection and for this very list. */
static enum status
check_proofs(const struct call *c, const struct device_list *list)
{
	const struct device_entry *device =
	    device_list_find(list, c->request.u.replace.device);
	struct proof_context context;
	struct address who = { .account = list->account };
	struct hash hash;
	enum status st;

	if (device == NULL)
		return STATUS_BAD_INPUT;
	who.device = device->id;
	session_proof_context(c->session, &who, &context);
	hash_bytes(c->request.u.replace.list.body, &hash);
	st = proof_check(&context, SIGN_REPLACE_DEVICES, hash_view(&hash),
	    &list->account_key, c->request.u.replace.account_proof);
	if (st != STATUS_OK)
		return st;
	return proof_check(&context, SIGN_REPLACE_DEVICES, hash_view(&hash),
	    &device->device_key, c->request.u.replace.device_proof);
}

void
request_replace_devices(struct call *c)
{
	const char *why = session_stores_nothing(c->session);
	struct device_list *list = &c->op.u.replace.list;
	enum status st;

	if (why != NULL) {
		call_turn_away(c, ERROR_UNAVAILABLE, why, PRESSURE_RETRY_MS);
		return;
	}
	if (!call_take_entry(c))
		return;
	st = device_list_open(c->request.u.replace.list, list);
	if (st == STATUS_OK)
		st = check_proofs(c, list);
	switch ((int)st) {
	case STATUS_OK:
		break;
	case STATUS_BAD_INPUT:
		refuse_malformed(c);
		return;
	case STATUS_CRYPTO:
		call_turn_away(
		    c, ERROR_DENIED, "This is not signed by its keys.", 0);
		return;
	default:
		call_turn_away_failed(c, st);
		return;
	}
	c->op.u.replace.signed_list = c->request.u.replace.list;
	c->op.u.replace.device = c->request.u.replace.device;
	call_submit(c, STORAGE_REPLACE, answered);
}
