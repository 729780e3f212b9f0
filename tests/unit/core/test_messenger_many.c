/* One control message for many accounts, in one row. */
#include "client/core/messenger/pair.h"
#include "tests/unit/core/cores.h"

/* A group's log key: what is handed to many. */
static struct plaintext
some_key(uint8_t mark)
{
	static struct log_key_item key;
	struct plaintext p = { .kind = CONTENT_GROUP_KEYS };

	memset(&p.u.group_keys.group, mark, sizeof(p.u.group_keys.group));
	memset(&key.key, mark, sizeof(key.key));
	p.u.group_keys.keys = (struct log_key_list){ &key, 1 };
	return p;
}

static void
queue(struct party *from, const char *const *to, size_t count)
{
	struct account_name names[NAMES_MAX];
	struct plaintext p = some_key(7);
	struct step s = begin(from);

	for (size_t i = 0; i < count; i++)
		names[i] = name_of(to[i]);
	assert_status(STATUS_OK, messenger_control_many(&s, names, count, &p));
	commit(&s);
}

/* The only row there is; borrowed from *s, which has to be ended. */
static struct outbox_row
only_row(struct party *p, struct step *s)
{
	struct outbox_row row;
	size_t count = 0;

	*s = begin(p);
	assert_status(STATUS_OK, outbox_count(s->txn, &count));
	assert_int_equal(count, 1);
	assert_status(STATUS_OK, outbox_next(s->txn, 0, s->arena, &row));
	assert_int_equal(row.kind, OUTBOX_MANY);
	return row;
}

static uint64_t
order_of_row(struct party *p)
{
	struct step s;
	struct outbox_row row = only_row(p, &s);

	step_abort(&s);
	return row.order;
}

static size_t
rows_of(struct party *p)
{
	struct step s = begin(p);
	size_t count = 0;

	assert_status(STATUS_OK, outbox_count(s.txn, &count));
	step_abort(&s);
	return count;
}

static enum status
seal_asking(struct party *p, struct account_name *needed, size_t *count)
{
	uint64_t order = order_of_row(p);
	struct step s = begin(p);
	enum status st;

	*count = NAMES_MAX;
	st = messenger_seal(&s, order, needed, count);
	commit(&s);
	return st;
}

static void
assert_sealed(struct party *p)
{
	struct account_name needed[NAMES_MAX];
	size_t count = 0;

	assert_status(STATUS_OK, seal_asking(p, needed, &count));
}

static enum status
seal_some(struct party *p, const char *gone)
{
	struct account_name name = name_of(gone == NULL ? "nobody" : gone);
	uint64_t order = order_of_row(p);
	struct step s = begin(p);
	enum status st = messenger_seal_some(&s, order, &name, gone != NULL);

	commit(&s);
	return st;
}

/* Who gets something by the next attempt, in the row's order. */
static void
assert_open(struct party *p, const char *names)
{
	char text[128] = "";
	struct step s;
	struct outbox_row row = only_row(p, &s);

	for (size_t i = 0; i < row.recipients_count; i++) {
		if (row.recipients[i].done)
			continue;
		assert_int_not_equal(row.recipients[i].payload.len, 0);
		strcat(strcat(text, row.recipients[i].to.account.text), " ");
	}
	assert_string_equal(text, names);
	step_abort(&s);
}

static void
assert_waiting(struct party *p, const char *names)
{
	char text[128] = "";
	struct step s;
	struct outbox_row row = only_row(p, &s);

	for (size_t i = 0; i < row.waiting_count; i++)
		strcat(strcat(text, row.waiting[i].account.text), " ");
	assert_string_equal(text, names);
	step_abort(&s);
}

/* What the row has for `to` is taken in, and is the key that was queued. */
static void
deliver(struct party *from, struct party *to)
{
	struct step s;
	struct outbox_row row = only_row(from, &s);
	size_t delivered = 0;

	for (size_t i = 0; i < row.recipients_count; i++) {
		const struct outbox_recipient *r = &row.recipients[i];
		struct pair_arrival arrival = { .storage = NULL };
		struct item item = { .seq = 1,
			.has_sender = true,
			.sender = from->core.self.address,
			.type = r->type,
			.suite = r->suite,
			.payload = r->payload };
		struct step theirs;

		if (!account_name_equal(
			&r->to.account, &to->core.self.address.account))
			continue;
		theirs = begin(to);
		assert_status(
		    STATUS_OK, pair_decrypt(&theirs, &item, &arrival));
		assert_int_equal(arrival.p.kind, CONTENT_GROUP_KEYS);
		assert_int_equal(
		    arrival.p.u.group_keys.keys.items[0].key.raw[0], 7);
		commit(&theirs);
		buf_free(arrival.storage);
		delivered++;
	}
	step_abort(&s);
	assert_int_equal(delivered, 1);
}

/* Other keys under the same name; the old profile is gone. */
static void
register_again(struct party *p, const char *name)
{
	party_end(p);
	memset(p, 0, sizeof(*p));
	party_make(p, name);
}

static void
each_device_gets_a_ciphertext_of_its_own_in_one_row(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "carol" };

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, meet(&c->alice, &c->carol));
	queue(&c->alice, to, 2);
	assert_sealed(&c->alice);
	assert_open(&c->alice, "bob carol ");
	assert_waiting(&c->alice, "");
	deliver(&c->alice, &c->bob);
	deliver(&c->alice, &c->carol);
	assert_int_equal(
	    stored(&c->alice, order_of_row(&c->alice)), STATE_STORED);
	assert_int_equal(rows_of(&c->alice), 0);
}

static void
nobody_is_nothing_to_send(void **state)
{
	struct cores *c = *state;

	queue(&c->alice, NULL, 0);
	assert_int_equal(rows_of(&c->alice), 0);
}

static void
who_was_never_met_is_asked_for_before_it_is_sealed(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "carol", "eve" };
	struct account_name needed[NAMES_MAX];
	size_t count = 0;

	assert_status(STATUS_OK, meet(&c->alice, &c->carol));
	queue(&c->alice, to, 3);
	assert_status(STATUS_AGAIN, seal_asking(&c->alice, needed, &count));
	assert_int_equal(count, 2);
	assert_string_equal(needed[0].text, "bob");
	assert_string_equal(needed[1].text, "eve");
	assert_open(&c->alice, "");
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, meet(&c->alice, &c->eve));
	assert_sealed(&c->alice);
	assert_open(&c->alice, "bob carol eve ");
}

static void
who_cannot_be_reached_keeps_nobody_waiting_and_is_not_forgotten(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "carol", "eve" };
	uint64_t order;

	assert_status(STATUS_OK, meet(&c->alice, &c->carol));
	queue(&c->alice, to, 3);
	order = order_of_row(&c->alice);
	assert_status(STATUS_OK, seal_some(&c->alice, "eve"));
	assert_open(&c->alice, "carol ");
	assert_waiting(&c->alice, "bob ");
	assert_int_equal(stored(&c->alice, order), STATE_STORED);
	assert_int_equal(order_of_row(&c->alice), order);
	assert_open(&c->alice, "");
	assert_waiting(&c->alice, "bob ");
	assert_status(STATUS_AGAIN, seal_some(&c->alice, NULL));
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_sealed(&c->alice);
	deliver(&c->alice, &c->bob);
	assert_int_equal(stored(&c->alice, order), STATE_STORED);
	assert_int_equal(rows_of(&c->alice), 0);
}

static void
a_row_for_accounts_that_are_all_gone_ends(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "eve" };

	queue(&c->alice, to, 1);
	assert_status(STATUS_OK, seal_some(&c->alice, "eve"));
	assert_int_equal(
	    stored(&c->alice, order_of_row(&c->alice)), STATE_STORED);
	assert_int_equal(rows_of(&c->alice), 0);
}

/* Accepted for the name, but not what the row was queued for. */
static void
another_key_under_the_name_gets_nothing(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "carol" };
	struct account_name bob = name_of("bob");
	bool changed = false;
	struct step s;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, meet(&c->alice, &c->carol));
	queue(&c->alice, to, 2);
	register_again(&c->bob, "bob");
	assert_status(STATUS_UNTRUSTED, meet(&c->alice, &c->bob));
	assert_sealed(&c->alice);
	assert_open(&c->alice, "carol ");
	assert_waiting(&c->alice, "bob ");
	s = begin(&c->alice);
	assert_status(STATUS_OK, messenger_trust(&s, &bob, &changed));
	assert_true(changed);
	commit(&s);
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_sealed(&c->alice);
	assert_open(&c->alice, "carol ");
	assert_waiting(&c->alice, "");
}

/* The roster says whose it is, before anybody was met. */
static void
a_member_gets_it_under_the_key_of_the_roster_or_not_at_all(void **state)
{
	struct cores *c = *state;
	struct group_member members[2] = { 0 };
	struct plaintext p = some_key(7);
	struct step s = begin(&c->alice);

	members[0].account = name_of("bob");
	members[0].account_key = c->bob.core.self.account_key;
	members[1].account = name_of("carol");
	members[1].account_key = c->bob.core.self.account_key;
	assert_status(STATUS_OK, messenger_control_members(&s, members, 2, &p));
	commit(&s);
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, meet(&c->alice, &c->carol));
	assert_sealed(&c->alice);
	assert_open(&c->alice, "bob ");
	assert_waiting(&c->alice, "");
	deliver(&c->alice, &c->bob);
}

static void
a_key_accepted_after_sealing_takes_nothing_from_those_who_wait(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "eve" };
	struct account_name bob = name_of("bob");
	bool changed = false;
	struct step s;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	queue(&c->alice, to, 2);
	assert_status(STATUS_OK, seal_some(&c->alice, NULL));
	assert_open(&c->alice, "bob ");
	register_again(&c->bob, "bob");
	assert_status(STATUS_UNTRUSTED, meet(&c->alice, &c->bob));
	s = begin(&c->alice);
	assert_status(STATUS_OK, messenger_trust(&s, &bob, &changed));
	commit(&s);
	assert_open(&c->alice, "");
	assert_waiting(&c->alice, "eve ");
}

static void
an_exchanged_device_gets_it_anew_and_the_others_what_they_had(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "carol" };
	struct device_ref stale = { name_of("bob"), 1 };
	struct reply changed = { .kind = REPLY_ERROR };
	struct hash before, after;
	struct step s;
	struct outbox_row row;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, meet(&c->alice, &c->carol));
	queue(&c->alice, to, 2);
	assert_sealed(&c->alice);
	row = only_row(&c->alice, &s);
	hash_bytes(row.recipients[1].payload, &before);
	step_abort(&s);
	changed.u.error.code = ERROR_DEVICES_CHANGED;
	changed.u.error.changed.stale = (struct device_refs){ &stale, 1 };
	assert_int_equal(answered(&c->alice, order_of_row(&c->alice), &changed),
	    STATE_QUEUED);
	assert_open(&c->alice, "carol ");
	assert_waiting(&c->alice, "bob ");
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_sealed(&c->alice);
	assert_open(&c->alice, "carol bob ");
	row = only_row(&c->alice, &s);
	hash_bytes(row.recipients[0].payload, &after);
	step_abort(&s);
	assert_memory_equal(&before, &after, sizeof(before));
	deliver(&c->alice, &c->bob);
}

static void
a_full_mailbox_keeps_its_ciphertext_and_nobody_waits_for_it(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "carol", "eve" };
	struct refusal refused = { 1, ERROR_FULL };
	struct reply reply = { .kind = REPLY_SUBMITTED };
	uint64_t order;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, meet(&c->alice, &c->carol));
	queue(&c->alice, to, 3);
	order = order_of_row(&c->alice);
	assert_status(STATUS_OK, seal_some(&c->alice, NULL));
	reply.u.submitted.refused = &refused;
	reply.u.submitted.count = 1;
	answered(&c->alice, order, &reply);
	assert_open(&c->alice, "carol ");
	assert_waiting(&c->alice, "eve ");
	assert_status(STATUS_OK, meet(&c->alice, &c->eve));
	assert_sealed(&c->alice);
	assert_open(&c->alice, "carol eve ");
	deliver(&c->alice, &c->carol);
	assert_int_equal(stored(&c->alice, order), STATE_STORED);
	assert_int_equal(rows_of(&c->alice), 0);
}

/* An attempt whose outcome is unknown must name whom it named. */
static void
nothing_is_added_to_an_attempt_that_is_under_way(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "eve" };
	struct outbox_row row;
	struct step s;
	uint64_t order;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	queue(&c->alice, to, 2);
	assert_status(STATUS_OK, seal_some(&c->alice, NULL));
	row = only_row(&c->alice, &s);
	row.submit_counter = 5;
	assert_status(STATUS_OK, outbox_put(s.txn, &row, &order));
	commit(&s);
	assert_status(STATUS_OK, meet(&c->alice, &c->eve));
	assert_sealed(&c->alice);
	assert_open(&c->alice, "bob ");
	assert_waiting(&c->alice, "eve ");
}

static void
a_row_whose_time_is_over_ends_for_all(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "eve" };
	enum message_state end;
	struct step s;
	uint64_t order;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	queue(&c->alice, to, 2);
	order = order_of_row(&c->alice);
	s = begin(&c->alice);
	assert_status(STATUS_OK, messenger_expire(&s, order, &end));
	commit(&s);
	assert_int_equal(end, STATE_EXPIRED);
	assert_int_equal(rows_of(&c->alice), 0);
}

/* A draft to one of them is sealed though this one waits, and the reverse. */
static void
it_stands_in_no_order_with_what_is_said(void **state)
{
	struct cores *c = *state;
	const char *const to[] = { "bob", "eve" };
	struct account_name needed[NAMES_MAX];
	size_t count;
	uint64_t order;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	queue(&c->alice, to, 2);
	assert_status(STATUS_AGAIN, seal_asking(&c->alice, needed, &count));
	order = compose(&c->alice, "bob", "hello");
	assert_status(STATUS_OK, seal(&c->alice, order));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(each_device_gets_a_ciphertext_of_its_own_in_one_row),
		cores_test(nobody_is_nothing_to_send),
		cores_test(who_was_never_met_is_asked_for_before_it_is_sealed),
		cores_test(
		    who_cannot_be_reached_keeps_nobody_waiting_and_is_not_forgotten),
		cores_test(a_row_for_accounts_that_are_all_gone_ends),
		cores_test(another_key_under_the_name_gets_nothing),
		cores_test(
		    a_member_gets_it_under_the_key_of_the_roster_or_not_at_all),
		cores_test(
		    a_key_accepted_after_sealing_takes_nothing_from_those_who_wait),
		cores_test(
		    an_exchanged_device_gets_it_anew_and_the_others_what_they_had),
		cores_test(
		    a_full_mailbox_keeps_its_ciphertext_and_nobody_waits_for_it),
		cores_test(nothing_is_added_to_an_attempt_that_is_under_way),
		cores_test(a_row_whose_time_is_over_ends_for_all),
		cores_test(it_stands_in_no_order_with_what_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
