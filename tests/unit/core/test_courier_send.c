/* Messages that are composed while those before them are under way. */
#include "courier_fixture.h"
#include "store/client/outbox.h"

enum { TEXTS_MAX = LIMIT_SUBMIT_WINDOW + 100 };

/* A source that writes down what it is asked. */
struct texts {
	struct draft drafts[TEXTS_MAX];
	uint64_t orders[TEXTS_MAX];
	size_t count;
	size_t done;    /* in this transaction or before */
	size_t durable; /* as `settle` said */
	size_t said;    /* sealed at once, undone ones too */
	size_t drafted;
	size_t odd; /* whoever says this one is told that it cannot be; 0: none
		     */
	size_t twice;       /* whose id an earlier one had; 0: none */
	enum status broken; /* of the next draft */
};

static bool
texts_more(void *arg)
{
	const struct texts *t = arg;

	return t->done < t->count;
}

static enum status
texts_say(struct step *s, const struct submit_id *id, struct outbox_row *row,
    void *arg)
{
	struct texts *t = arg;
	uint64_t n;
	enum status st;

	if (t->odd != 0 && t->done == t->odd)
		return STATUS_AGAIN;
	st = messenger_say(s, &t->drafts[t->done], id, &n, row);
	if (st != STATUS_OK)
		return st;
	t->said++;
	t->orders[t->done++] = row->order;
	return STATUS_OK;
}

static enum status
texts_draft(struct step *s, void *arg)
{
	struct texts *t = arg;
	uint64_t n;
	enum status st = t->broken;

	if (st == STATUS_OK)
		st = messenger_compose(
		    s, &t->drafts[t->done], &n, &t->orders[t->done]);
	if (st == STATUS_EXISTS && t->twice == t->done && t->twice != 0)
		st = STATUS_OK;
	if (st != STATUS_OK)
		return st;
	t->drafted++;
	t->done++;
	return STATUS_OK;
}

static void
texts_settle(bool durable, void *arg)
{
	struct texts *t = arg;

	if (durable)
		t->durable = t->done;
	else
		t->done = t->durable;
}

static struct texts *
texts_to(const char *name, size_t count)
{
	struct texts *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	assert_true(count <= TEXTS_MAX);
	for (size_t i = 0; i < count; i++) {
		t->drafts[i].kind = CONVERSATION_DIRECT;
		t->drafts[i].to = name_of(name);
		t->drafts[i].text = BYTES("something worth saying");
		random_bytes(&t->drafts[i].id, sizeof(t->drafts[i].id));
	}
	t->count = count;
	return t;
}

static enum tacit_code
send_all(struct fixture *f, struct texts *t)
{
	const struct courier_source source = { texts_more, texts_say,
		texts_draft, texts_settle, t };

	f->told = 0;
	return courier_send(f->courier, &source, 0, note_fate, f, &f->error);
}

/* Bob is met, and a contact. */
static void
greet_bob(struct fixture *f)
{
	connect_alice(f);
	queue_to(f, "bob", 1);
	assert_int_equal(TACIT_DONE, flush(f));
	f->relay->submits_count = 0;
}

static void
assert_counters_rise(const struct script *relay)
{
	for (size_t i = 1; i < relay->submits_count; i++)
		assert_true(
		    relay->submits[i - 1].counter < relay->submits[i].counter);
}

/* The numbers that a receiver looks at: one after the other, in this order. */
static void
assert_numbered(struct fixture *f, const struct texts *t, uint64_t first)
{
	struct step s = begin(&f->cores->alice);
	struct history_entry e;
	uint64_t n;

	for (size_t i = 0; i < t->count; i++) {
		assert_status(
		    STATUS_OK, history_find(s.txn, &t->drafts[i].id, &n));
		assert_status(STATUS_OK, history_get(s.txn, n, s.arena, &e));
		assert_int_equal(e.seq, first + i);
		assert_int_equal(e.state, STATE_STORED);
		assert_true(e.body.len > 0 && e.salt.len == SALT_BYTES);
	}
	step_abort(&s);
}

static void
what_nothing_stands_in_the_way_of_is_never_a_draft(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 600);

	greet_bob(f);
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_int_equal(t->durable, 600);
	assert_int_equal(t->said, 600);
	assert_int_equal(t->drafted, 0);
	assert_int_equal(f->told, 600);
	assert_int_equal(f->relay->submits_count, 600);
	assert_counters_rise(f->relay);
	assert_numbered(f, t, 2);
	assert_int_equal(rows_of(f), 0);
	free(t);
}

static void
first_words_are_drafts_until_the_receiver_is_met(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 300);

	connect_alice(f);
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_true(t->drafted > 0);
	assert_int_equal(t->durable, 300);
	assert_int_equal(f->relay->submits_count, 300);
	assert_counters_rise(f->relay);
	assert_numbered(f, t, 1);
	free(t);
}

static void
one_that_cannot_be_sealed_at_once_undoes_none_and_doubles_none(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 40);

	greet_bob(f);
	t->odd = 7;
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_int_equal(t->said, 7); /* which were undone */
	assert_int_equal(t->drafted, 40);
	assert_int_equal(f->relay->submits_count, 40);
	assert_counters_rise(f->relay);
	assert_numbered(f, t, 2);
	assert_int_equal(rows_of(f), 0);
	free(t);
}

/* It would get there first, and the receiver be told of a gap. */
static void
nothing_is_sealed_past_a_draft_that_waits(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 5);

	greet_bob(f);
	f->relay->known = NULL;
	f->relay->bundles_error = ERROR_UNAVAILABLE;
	queue_to(f, "carol", 1);
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_int_equal(t->said, 0);
	assert_int_equal(t->drafted, 5);
	assert_int_equal(f->relay->submits_count, 5); /* it was for another */
	assert_int_equal(rows_of(f), 1);
	free(t);
}

static void
unknown_accounts_fail_and_the_rest_goes(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 9);

	greet_bob(f);
	f->relay->known = NULL;
	t->drafts[4].to = name_of("carol");
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_int_equal(t->durable, 9);
	assert_int_equal(f->told, 9);
	assert_int_equal(f->relay->submits_count, 8);
	assert_int_equal(rows_of(f), 0);
	free(t);
}

static void
a_full_window_leaves_the_rest_unsaid(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", TEXTS_MAX);

	greet_bob(f);
	f->relay->silent = true;
	assert_int_equal(TACIT_UNREACHABLE, send_all(f, t));
	script_finish(f->relay);
	assert_int_equal(f->relay->submits_count, SUBMIT_SPAN);
	assert_int_equal(t->durable, SUBMIT_SPAN);
	assert_int_equal(rows_of(f), SUBMIT_SPAN);

	/* What has a number goes again under it; the rest after that. */
	f->relay->silent = false;
	f->relay->submits_count = 0;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_int_equal(f->relay->submits_count, TEXTS_MAX);
	assert_counters_rise(f->relay);
	assert_numbered(f, t, 2);
	assert_int_equal(rows_of(f), 0);
	free(t);
}

static void
what_was_not_committed_was_not_said(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 20);

	greet_bob(f);
	t->odd = 3;
	t->broken = STATUS_IO;
	assert_int_equal(TACIT_FAILED, send_all(f, t));
	assert_int_equal(t->done, 0);
	assert_int_equal(t->durable, 0);
	assert_int_equal(f->relay->submits_count, 0);
	assert_int_equal(rows_of(f), 0);
	t->odd = 0;
	t->broken = STATUS_OK;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_numbered(f, t, 2);
	free(t);
}

static void
a_full_mailbox_keeps_what_was_sealed_at_once(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 3);
	struct hash first;

	greet_bob(f);
	f->relay->full = true;
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_int_equal(t->said, 3);
	assert_int_equal(rows_of(f), 3);
	first = f->relay->submits[0].payload;
	f->relay->full = false;
	f->relay->submits_count = 0;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->submits_count, 3);
	assert_memory_equal(
	    &first, &f->relay->submits[0].payload, sizeof(first));
	assert_numbered(f, t, 2);
	free(t);
}

/* What is sent behind it would get there first. */
static void
nothing_is_sent_behind_what_the_relay_had_no_time_for(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 5);

	greet_bob(f);
	f->relay->known = &f->cores->carol;
	f->relay->submit_error = ERROR_RATE_LIMITED;
	f->relay->retry_after_ms = 1000;
	queue_to(f, "carol", 1); /* she is met meanwhile */
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_int_equal(f->relay->submits_count, 5);
	assert_int_equal(rows_of(f), 6);
	f->relay->submit_error = ERROR_NONE;
	f->relay->submits_count = 0;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->submits_count, 6);
	assert_counters_rise(f->relay);
	assert_numbered(f, t, 2);
	assert_int_equal(rows_of(f), 0);
	free(t);
}

/* Some of it may find room that the first did not find. */
static void
nothing_more_is_sent_to_a_mailbox_that_was_full(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", TEXTS_MAX);

	greet_bob(f);
	f->relay->full = true;
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_in_range(f->relay->submits_count, 1, SUBMIT_SPAN);
	assert_int_equal(f->fate.state, STATE_REFUSED);
	assert_int_equal(f->why.code, TACIT_REFUSED);
	assert_int_equal(t->durable, TEXTS_MAX);
	assert_int_equal(rows_of(f), TEXTS_MAX);
	f->relay->full = false;
	f->relay->submits_count = 0;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->submits_count, TEXTS_MAX);
	assert_counters_rise(f->relay);
	assert_numbered(f, t, 2);
	assert_int_equal(rows_of(f), 0);
	free(t);
}

static void
an_id_given_twice_is_one_message(void **state)
{
	struct fixture *f = *state;
	struct texts *t = texts_to("bob", 10);

	greet_bob(f);
	t->drafts[6].id = t->drafts[2].id;
	t->twice = 6;
	assert_int_equal(TACIT_DONE, send_all(f, t));
	assert_int_equal(t->durable, 10);
	assert_int_equal(t->orders[6], t->orders[2]);
	assert_int_equal(f->relay->submits_count, 9);
	assert_counters_rise(f->relay);
	assert_int_equal(rows_of(f), 0);
	free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(
		    what_nothing_stands_in_the_way_of_is_never_a_draft),
		courier_test(first_words_are_drafts_until_the_receiver_is_met),
		courier_test(
		    one_that_cannot_be_sealed_at_once_undoes_none_and_doubles_none),
		courier_test(nothing_is_sealed_past_a_draft_that_waits),
		courier_test(unknown_accounts_fail_and_the_rest_goes),
		courier_test(a_full_window_leaves_the_rest_unsaid),
		courier_test(what_was_not_committed_was_not_said),
		courier_test(a_full_mailbox_keeps_what_was_sealed_at_once),
		courier_test(
		    nothing_is_sent_behind_what_the_relay_had_no_time_for),
		courier_test(nothing_more_is_sent_to_a_mailbox_that_was_full),
		courier_test(an_id_given_twice_is_one_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
