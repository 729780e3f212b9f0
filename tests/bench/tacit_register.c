#include "tests/bench/tacit_register.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/tacit_devices.h"

enum { REGISTER_ID = 2 };

/* One connection; it registers a device and makes room for the next. */
struct seat {
	struct work *work;
	struct tacit_line *line; /* NULL: empty */
	uint32_t device;
};

struct work {
	struct tacit_register what;
	struct seat *seats;
	uint32_t begun; /* devices */
	uint32_t ended;
	bool over;
};

static void
finish(struct work *w, enum status st)
{
	struct driver_range range = w->what.range;

	if (w->over)
		return;
	w->over = true;
	for (uint32_t i = 0; i < range.parallel; i++)
		tacit_line_close(w->seats[i].line);
	free(w->seats);
	free(w);
	range.done(range.owner, st);
}

static void opened(void *owner);
static void came(void *owner, const struct reply *r);
static void failed(void *owner, enum status why);

static void
paused(void *owner)
{
	(void)owner;
}

static const struct tacit_line_events events = {
	.opened = opened,
	.came = came,
	.paused = paused,
	.failed = failed,
};

static enum status
begin_next(struct seat *seat)
{
	struct work *w = seat->work;
	const struct tacit_line_setup setup = { .events = &events,
		.owner = seat };

	seat->line = NULL;
	if (w->begun == w->what.range.count)
		return STATUS_OK;
	seat->device = w->what.range.first + w->begun++;
	return tacit_line_open(w->what.lines, &setup, &seat->line);
}

static void
failed(void *owner, enum status why)
{
	struct seat *seat = owner;

	fprintf(stderr, "tacit-bench: registering device %u: %s\n",
	    seat->device, status_name(why));
	finish(seat->work, why);
}

static enum status
ask(struct seat *seat)
{
	const struct tacit_register *what = &seat->work->what;
	struct request r = { .id = REGISTER_ID, .kind = REQUEST_REGISTER };
	struct signature by_account, by_device;
	struct proof_context context;
	struct tacit_account account;
	struct hash hash;
	enum status st;

	st = tacit_account_make(what->seed, seat->device, &account);
	if (st == STATUS_OK)
		st = tacit_line_context(seat->line, &account.who, &context);
	if (st == STATUS_OK) {
		hash_bytes(buf_view(account.list_body), &hash);
		st = proof_make(&context, SIGN_REGISTER, hash_view(&hash),
		    &account.account_secret, &by_account);
	}
	if (st == STATUS_OK)
		st = proof_make(&context, SIGN_REGISTER, hash_view(&hash),
		    &account.device_secret, &by_device);
	if (st == STATUS_OK) {
		r.u.registration.list.body = buf_view(account.list_body);
		r.u.registration.list.signature =
		    BYTES_OF(account.list_signature.raw);
		r.u.registration.device = account.who.device;
		r.u.registration.account_proof = BYTES_OF(by_account.raw);
		r.u.registration.device_proof = BYTES_OF(by_device.raw);
		r.u.registration.join_code = bytes_text(what->join_code);
		st = tacit_line_ask(seat->line, &r);
	}
	tacit_account_clear(&account);
	return st;
}

static void
opened(void *owner)
{
	enum status st = ask(owner);

	if (st != STATUS_OK)
		failed(owner, st);
}

static void
came(void *owner, const struct reply *r)
{
	struct seat *seat = owner;
	struct work *w = seat->work;
	enum status st;

	if (r->kind != REPLY_REGISTERED) {
		if (r->kind == REPLY_ERROR)
			fprintf(stderr, "tacit-bench: device %u: %.*s\n",
			    seat->device, (int)r->u.error.message.len,
			    (const char *)r->u.error.message.data);
		failed(seat, STATUS_CONFLICT);
		return;
	}
	tacit_line_close(seat->line);
	w->ended++;
	st = begin_next(seat);
	if (st != STATUS_OK)
		failed(seat, st);
	else if (w->ended == w->what.range.count)
		finish(w, STATUS_OK);
}

enum status
tacit_register_begin(const struct tacit_register *what)
{
	struct work *w = calloc(1, sizeof(*w));
	enum status st = STATUS_OK;

	if (w == NULL)
		return STATUS_NOMEM;
	w->what = *what;
	if (w->what.range.parallel > what->range.count)
		w->what.range.parallel = what->range.count;
	w->seats = calloc(w->what.range.parallel, sizeof(*w->seats));
	if (w->seats == NULL) {
		free(w);
		return STATUS_NOMEM;
	}
	for (uint32_t i = 0; i < w->what.range.parallel; i++)
		w->seats[i].work = w;
	for (uint32_t i = 0; st == STATUS_OK && i < w->what.range.parallel; i++)
		st = begin_next(&w->seats[i]);
	if (st == STATUS_OK)
		return STATUS_OK;
	for (uint32_t i = 0; i < w->what.range.parallel; i++)
		tacit_line_close(w->seats[i].line);
	free(w->seats);
	free(w);
	return st;
}
