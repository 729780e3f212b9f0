/* api_status.c - who this profile is and how it stands. */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "client/core/clock_trust.h"
#include "client/core/courier/courier.h"
#include "client/core/handle.h"
#include "store/client/outbox.h"
#include "store/client/requests.h"

const char *
tacit_version(void)
{
	return TACIT_VERSION;
}

void
handle_describe_relay(struct tacit *t)
{
	const struct link *relay = &t->core.self.relay;
	bool v6 = strchr(relay->host, ':') != NULL;

	snprintf(t->relay, sizeof(t->relay), v6 ? "[%s]:%u" : "%s:%u",
	    relay->host, (unsigned)relay->port);
	t->relay_pin[0] = '\0';
	if (relay->has_pin)
		base64url_encode(
		    hash_view(&relay->pin), t->relay_pin, sizeof(t->relay_pin));
}

static enum status
read_status(struct core *core, struct tacit_status *status)
{
	struct requests_state strangers;
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st == STATUS_OK)
		st = requests_state_get(s.txn, &strangers);
	if (st == STATUS_OK)
		st = requests_count(s.txn, &status->requests);
	if (st == STATUS_OK)
		st = outbox_count(s.txn, &status->outbox);
	if (st == STATUS_OK) {
		status->prekeys_at_relay = counters.relay_prekeys;
		status->last_contact_ms = counters.last_contact_ms;
		status->unreadable = strangers.unreadable;
		status->rolled_back = counters.rolled_back_ms != 0;
	}
	step_abort(&s);
	return st;
}

/* What was learned is kept for the next time nobody can be asked. */
static enum status
remember_contact(struct core *core, uint32_t prekeys)
{
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = counters_get(s.txn, &counters);
	if (st == STATUS_OK) {
		clock_trust_contact(&s, &counters);
		counters.relay_prekeys = prekeys;
		st = counters_put(s.txn, &counters);
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum tacit_code
ask_relay(struct tacit *t, struct tacit_status *status, struct tacit_error *e)
{
	struct courier *c = NULL;
	enum tacit_code code =
	    courier_open(&t->core, handle_deadline(t), &c, e);
	enum status st;

	if (code != TACIT_DONE)
		return code;
	status->reached = true;
	status->mailbox_waiting = courier_waiting(c);
	st = remember_contact(&t->core, courier_prekeys(c));
	courier_close(c);
	return error_status(e, st);
}

/* What the profile knows is filled in whatever the relay says. */
enum tacit_code
tacit_status(struct tacit *t, bool ask, struct tacit_status *status,
    struct tacit_error *e)
{
	enum tacit_code code;
	struct tacit_error asked;

	*status = (struct tacit_status){
		.account = t->core.self.address.account.text,
		.relay = t->relay,
		.relay_pin = t->relay_pin,
	};
	handle_describe_relay(t);
	error_clear(&asked);
	if (ask)
		(void)ask_relay(t, status, &asked);
	/* A copy that was restored is another device once it was there. */
	status->device = t->core.self.address.device;
	status->moved_to = tacit_moved_to(t);
	status->refused = asked.code == TACIT_REFUSED;
	code = error_status(e, read_status(&t->core, status));
	if (code != TACIT_DONE)
		return code;
	*e = asked;
	return e->code;
}
