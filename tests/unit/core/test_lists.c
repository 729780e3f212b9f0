/* Two lists of an account: who is told, who heals, and who does not. */
#include "client/core/messenger/lists.h"

#include "client/core/account_device.h"
#include "client/core/courier/courier_renew.h"
#include "tests/unit/core/courier_fixture.h"

static struct self *
self_of(struct fixture *f)
{
	return &f->cores->alice.core.self;
}

static void
make_registered(struct fixture *f)
{
	struct step s = begin(&f->cores->alice);

	self_of(f)->state = SELF_REGISTERED;
	assert_status(STATUS_OK, self_put(s.txn, self_of(f)));
	commit(&s);
}

/* Another list of hers, signed `later_ms` after the one she has. */
static struct self
elsewhere(struct fixture *f, uint64_t version, int64_t later_ms)
{
	struct self other = *self_of(f);

	other.list.version = version;
	other.list.issued_ms += later_ms;
	other.list.devices[0].id = (uint32_t)version + 1;
	assert_status(STATUS_OK, account_sign_list(&other));
	return other;
}

static struct item
item_of(const struct self *other, uint8_t *room)
{
	const struct signed_list list = self_signed_list(other);

	memcpy(room, list.signature.data, list.signature.len);
	memcpy(room + list.signature.len, list.body.data, list.body.len);
	return (struct item){
		.seq = 1,
		.has_sender = true,
		.sender = { name_of("bob"), 1 },
		.type = ITEM_DEVICE_LIST,
		.payload = bytes_view(room, list.signature.len + list.body.len),
	};
}

/* Taken in without a word, whatever it is. */
static void
show(struct fixture *f, const struct item *item)
{
	struct step s = begin(&f->cores->alice);
	struct counters before, after;

	assert_status(STATUS_OK, counters_get(s.txn, &before));
	assert_status(STATUS_OK, messenger_take(&s, item));
	assert_status(STATUS_OK, counters_get(s.txn, &after));
	assert_int_equal(after.next_history, before.next_history);
	assert_int_equal(after.next_quarantine, before.next_quarantine);
	commit(&s);
}

static void
show_list(struct fixture *f, const struct self *other)
{
	uint8_t room[SIGN_SIGNATURE_BYTES + LIMIT_DEVICE_LIST_BYTES];
	struct item item = item_of(other, room);

	show(f, &item);
}

static bool
are_two(struct fixture *f, bool *newer)
{
	bool due = false;

	assert_status(
	    STATUS_OK, lists_are_two(&f->cores->alice.core, &due, newer));
	return due;
}

static void
what_is_no_list_of_ours_says_nothing(void **state)
{
	uint8_t room[SIGN_SIGNATURE_BYTES + LIMIT_DEVICE_LIST_BYTES];
	struct fixture *f = *state;
	struct self other;
	struct item item;
	bool newer;

	make_registered(f);
	show_list(f, self_of(f)); /* the one that we have */
	show_list(f, &f->cores->bob.core.self);
	other = elsewhere(f, 5, -1);
	for (size_t cut = 0; cut < 400; cut += 7) {
		item = item_of(&other, room);
		item.payload.len = cut < item.payload.len ? cut : 0;
		show(f, &item);
	}
	item = item_of(&other, room);
	room[3] ^= 1; /* the signature */
	show(f, &item);
	other.account_secret = f->cores->bob.core.self.account_secret;
	assert_status(STATUS_OK, account_sign_list(&other));
	show_list(f, &other); /* by another key, in her name */
	other = f->cores->bob.core.self;
	other.address.account = name_of("alice");
	other.list.account = name_of("alice");
	other.list.version = 9;
	assert_status(STATUS_OK, account_sign_list(&other));
	show_list(f, &other); /* hers by name alone */
	assert_false(are_two(f, &newer));
	assert_false(newer);
}

static enum tacit_code
replace(struct fixture *f)
{
	struct uplink *u = script_greet(f->relay);
	enum tacit_code code = account_replace_device(
	    &f->cores->alice.core, u, NULL, NULL, 0, &f->error);

	uplink_close(u);
	return code;
}

static void
the_next_list_is_above_both(void **state)
{
	struct fixture *f = *state;
	struct self other;
	struct hash hash;
	bool newer = true;

	make_registered(f);
	other = elsewhere(f, 1, -1); /* a fork of this very version */
	show_list(f, &other);
	assert_true(are_two(f, &newer));
	assert_false(newer);
	assert_int_equal(replace(f), TACIT_DONE);
	assert_false(are_two(f, &newer));
	assert_int_equal(self_of(f)->list.version, 3);
	assert_int_equal(self_of(f)->address.device, 3);
	show_list(f, &other); /* again: it is past */
	assert_false(are_two(f, &newer));

	other = elsewhere(f, 8, -1);
	show_list(f, &other);
	other = elsewhere(f, 7, -1);
	show_list(f, &other); /* the higher one stays */
	assert_int_equal(replace(f), TACIT_DONE);
	assert_int_equal(self_of(f)->list.version, 9);
	assert_int_equal(self_of(f)->address.device, 10);
	other = elsewhere(f, 8, -1);
	show_list(f, &other);
	assert_false(are_two(f, &newer));
	hash = f->relay->lists[0];
	assert_memory_not_equal(&hash, &f->relay->lists[1], sizeof(hash));
}

/* Who was replaced takes nobody's place by itself. */
static void
a_later_list_is_for_the_user_to_judge(void **state)
{
	struct fixture *f = *state;
	struct self other;
	bool newer = false, due = true;

	make_registered(f);
	other = elsewhere(f, 2, 1);
	show_list(f, &other);
	assert_false(are_two(f, &newer));
	assert_true(newer);
	assert_status(
	    STATUS_OK, courier_renew_is_due(&f->cores->alice.core, &due));
	assert_false(due);
}

static size_t
shown(struct fixture *f)
{
	f->relay->submits_count = 0;
	assert_int_equal(flush(f), TACIT_DONE);
	return f->relay->submits_count;
}

/* bob's list at the relay is older than the one that is pinned. */
static void
who_is_shown_an_older_list_shows_the_newer_one(void **state)
{
	struct account_name bob = name_of("bob");
	struct fixture *f = *state;
	struct self *theirs = &f->cores->bob.core.self;
	struct self before = *theirs;

	theirs->list.version = 4;
	theirs->list.devices[0].id = 1;
	assert_status(STATUS_OK, account_sign_list(theirs));
	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->bob));
	*theirs = before;
	connect_alice(f);
	assert_int_equal(rows_of(f), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    courier_meet(f->courier, &bob, 1, 0, &f->error),
		    TACIT_FAILED);
	assert_int_equal(rows_of(f), 1); /* and not for each time */
	assert_int_equal(shown(f), 1);
	assert_int_equal(rows_of(f), 0);
	/* Another one that contradicts it is another matter. */
	theirs->list.version = 3;
	assert_status(STATUS_OK, account_sign_list(theirs));
	assert_int_equal(
	    courier_meet(f->courier, &bob, 1, 0, &f->error), TACIT_FAILED);
	assert_int_equal(shown(f), 1);
	/* A list by another key is none to answer. */
	sign_generate(&theirs->account_key, &theirs->account_secret);
	theirs->list.account_key = theirs->account_key;
	theirs->list.version = 1;
	assert_status(STATUS_OK, account_sign_list(theirs));
	assert_int_equal(
	    courier_meet(f->courier, &bob, 1, 0, &f->error), TACIT_KEY_CHANGED);
	assert_int_equal(rows_of(f), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(what_is_no_list_of_ours_says_nothing),
		courier_test(the_next_list_is_above_both),
		courier_test(a_later_list_is_for_the_user_to_judge),
		courier_test(who_is_shown_an_older_list_shows_the_newer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
