/*
 * request_register.c - taking a name (protocol.md 4.3).
 *
 * Signed by the account key and by the device key.  The same keys may register
 * again: the first answer was lost, and the join code is used up by now.
 */
#include <string.h>

#include "relay/call.h"

enum { TAKEN_NAME_COST = 10 };

static struct bytes
source_of(const struct session *s)
{
	return bytes_view(s->source, s->source_len);
}

/* A right code costs nothing; a wrong one is worth a token of each bucket. */
static void
give_guess_back(struct session *s)
{
	rate_give_back(s->env->common->guesses, source_of(s), 1);
	rate_give_back(s->env->common->all_guesses, BYTES("all"), 1);
}

static void
registered(struct call *c)
{
	struct session *s = c->session;
	struct reply r = { .kind = REPLY_REGISTERED };
	const struct storage_op *op = &c->op;

	switch ((int)op->status) {
	case STATUS_OK:
	case STATUS_EXISTS:
		break;
	case STATUS_CONFLICT:
		/* Whoever tries many learns who is here. */
		rate_charge(s->env->common->registrations, source_of(s),
		    TAKEN_NAME_COST - 1, s->env->mono_ms);
		call_turn_away(c, ERROR_NAME_TAKEN, "This name is taken.", 0);
		return;
	case STATUS_DENIED:
		call_turn_away(c, ERROR_JOIN_REFUSED,
		    op->u.registration.has_code
			? "The join code is wrong, used up or expired."
			: "This relay takes new accounts by join code only.",
		    0);
		return;
	default:
		call_turn_away_failed(c, op->status);
		return;
	}
	if (op->u.registration.has_code)
		give_guess_back(s);
	s->who.account = op->u.registration.list.account;
	s->who.device = op->u.registration.device;
	s->head = op->u.registration.mailbox.head;
	session_fire(s, EVENT_ADMITTED, NULL);
	r.u.registered = op->u.registration.mailbox;
	call_reply(c, &r);
}

static void
code_hashed(struct join_job *job)
{
	struct call *c = job->call;

	if (job->status != STATUS_OK) {
		call_turn_away_failed(c, job->status);
		return;
	}
	c->op.u.registration.has_code = true;
	c->op.u.registration.code_hash = job->out;
	call_submit(c, STORAGE_REGISTER, registered);
}

static bool
take_guess(struct call *c, struct rate *rate, struct bytes key)
{
	uint64_t retry_after_ms = 1000;

	if (rate_take(rate, key, 1, c->session->env->mono_ms,
		&retry_after_ms) == STATUS_OK)
		return true;
	call_turn_away(c, ERROR_RATE_LIMITED,
	    "Too many attempts; wait a little.", retry_after_ms);
	return false;
}

/* The code is hashed away from the loop: Argon2id is slow on purpose. */
static void
check_code(struct call *c)
{
	struct session *s = c->session;
	const struct common *common = s->env->common;
	enum status st;

	if (!take_guess(c, common->guesses, source_of(s)))
		return;
	if (!take_guess(c, common->all_guesses, BYTES("all"))) {
		rate_give_back(common->guesses, source_of(s), 1);
		return;
	}
	c->job.code = c->request.u.registration.join_code;
	c->job.done = code_hashed;
	c->job.call = c;
	st = s->env->hash_join(s->env, &c->job);
	if (st == STATUS_OK)
		return;
	call_turn_away_failed(c, st);
}

/* Both keys sign for this connection and for this very list. */
static enum status
check_proofs(const struct call *c, const struct device_list *list)
{
	const struct device_entry *device =
	    device_list_find(list, c->request.u.registration.device);
	struct bytes body = c->request.u.registration.list.body;
	struct proof_context context;
	struct address who = { .account = list->account };
	struct hash hash;
	enum status st;

	if (device == NULL)
		return STATUS_BAD_INPUT;
	who.device = device->id;
	session_proof_context(c->session, &who, &context);
	hash_bytes(body, &hash);
	st = proof_check(&context, SIGN_REGISTER, hash_view(&hash),
	    &list->account_key, c->request.u.registration.account_proof);
	if (st != STATUS_OK)
		return st;
	return proof_check(&context, SIGN_REGISTER, hash_view(&hash),
	    &device->device_key, c->request.u.registration.device_proof);
}

static void
refuse_list(struct call *c)
{
	struct session *s = c->session;

	if (device_list_has_bad_name(c->request.u.registration.list)) {
		call_turn_away(
		    c, ERROR_BAD_NAME, "This is not an account name.", 0);
		return;
	}
	/* Said before the end, after which nothing is said. */
	session_say_error(s, c->request.id, ERROR_BAD_REQUEST,
	    "The device list is malformed.", 0);
	session_end(s);
	call_end(c);
}

void
request_register(struct call *c)
{
	struct session *s = c->session;
	const bool code_needed = settings_needs_code(s->env->settings);
	struct device_list *list = &c->op.u.registration.list;
	enum status st;

	const char *why = session_takes_no_newcomer(s);

	if (why != NULL) {
		call_turn_away(c, ERROR_UNAVAILABLE, why, PRESSURE_RETRY_MS);
		return;
	}
	if (!call_take_entry(c))
		return;
	st = device_list_open(c->request.u.registration.list, list);
	if (st == STATUS_OK)
		st = check_proofs(c, list);
	switch ((int)st) {
	case STATUS_OK:
		break;
	case STATUS_BAD_INPUT:
		refuse_list(c);
		return;
	case STATUS_CRYPTO:
		call_turn_away(c, ERROR_DENIED,
		    "The registration is not signed by its keys.", 0);
		return;
	default:
		call_turn_away_failed(c, st);
		return;
	}
	c->op.u.registration.signed_list = c->request.u.registration.list;
	c->op.u.registration.device = c->request.u.registration.device;
	c->op.u.registration.code_needed = code_needed;
	if (code_needed && c->request.u.registration.join_code.len > 0)
		check_code(c);
	else
		call_submit(c, STORAGE_REGISTER, registered);
}
