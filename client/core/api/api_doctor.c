/* api_doctor.c - a profile looked at, also one that does not open. */
#include "client/core/api/api_check.h"
#include "client/core/doctor/doctor.h"
#include "client/core/handle.h"
#include "store/client/inspect.h"

/* The steps of reaching the relay, as findings. */
static void
tell_check(const struct tacit_check *check, void *arg)
{
	enum doctor_verdict verdict = check->ok ? DOCTOR_WELL : DOCTOR_SICK;

	doctor_say(arg, check->step, check->skipped ? DOCTOR_SKIPPED : verdict,
	    "%s", check->verdict);
}

/* Of a profile with which nothing is wrong here: why the relay is not reached.
 */
static enum tacit_code
look_at_connection(struct doctor *d, struct tacit *t, struct tacit_error *e)
{
	const bool sick_here = d->sick;
	enum tacit_code code;

	d->deadline_ms = handle_deadline(t);
	code = check_link(&t->core.self.relay, t->core.proxy, t->timeout_ms,
	    tell_check, d, e);
	if (code == TACIT_DONE)
		doctor_look_at_relay(d);
	else
		doctor_say(d, "login", DOCTOR_SKIPPED, "Not tried.");
	if (!sick_here &&
	    (code == TACIT_UNREACHABLE || code == TACIT_WRONG_RELAY))
		return code;
	return error_clear(e);
}

static enum tacit_code
look_at_all(struct doctor *d, const struct tacit_options *options,
    struct tacit *t, struct tacit_error *e)
{
	enum tacit_code code;

	/* Before it is opened: reading what is damaged may end a process. */
	if (inspect_file(t->core.dir) == STATUS_CRYPTO)
		code = error_set(e, TACIT_DAMAGED,
		    "The database's file is cut short or overwritten; it is "
		    "left as it is. `tacit export` may still read some of its "
		    "history; restore a backup.");
	else
		code = handle_open(options, t, e);
	if (code != TACIT_DONE && code != TACIT_DAMAGED)
		return code;
	doctor_look_at_files(d, t->core.dir);
	if (code == TACIT_DAMAGED)
		doctor_say(d, "profile", DOCTOR_SICK, "%s", e->message);
	else
		doctor_say(
		    d, "profile", DOCTOR_WELL, "Its keys open its database.");
	if (t->core.vault != NULL)
		doctor_look_at_tables(d);
	if (code == TACIT_DONE) {
		doctor_look_at_account(d);
		doctor_look_at_outbox(d);
		doctor_look_at_waiting(d);
		doctor_look_at_groups(d);
		code = look_at_connection(d, t, e);
		if (code != TACIT_DONE)
			return code;
	}
	if (d->sick)
		return error_set(e, TACIT_DAMAGED,
		    "Something is wrong with this profile that was not "
		    "mended.");
	return error_clear(e);
}

enum tacit_code
tacit_doctor(const struct tacit_options *options,
    const struct tacit_doctor *how, tacit_finding_fn *show, void *arg,
    struct tacit_error *e)
{
	struct doctor d = { .how = how, .show = show, .arg = arg };
	struct tacit *t = NULL;
	bool needed;
	enum tacit_code code = tacit_needs_passphrase(options->dir, &needed, e);

	if (code == TACIT_DONE)
		code = handle_make(options, &t, e);
	if (code != TACIT_DONE)
		return code;
	d.core = &t->core;
	code = look_at_all(&d, options, t, e);
	tacit_close(t);
	return code;
}
