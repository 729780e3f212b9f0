/* The history, checked again: what is damaged is found, and nothing else. */
#include "client/core/account.h"
#include "client/core/handle.h"
#include "client/core/history_check.h"
#include "store/client/vault_private.h"
#include "tests/unit/core/cores.h"

struct found {
	size_t count;
	enum history_break why;
	uint64_t n;
};

static enum status
note(struct step *s, enum history_break why, const struct history_entry *e,
    void *arg)
{
	struct found *found = arg;

	(void)s;
	found->count++;
	found->why = why;
	found->n = e->n;
	return STATUS_OK;
}

static struct history_check_sum
check(struct party *p, struct found *found)
{
	const struct history_check how = { .show = note, .arg = found };
	struct history_check_sum sum;

	*found = (struct found){ 0 };
	assert_status(STATUS_OK, history_check_run(&p->core, &how, &sum));
	assert_int_equal(sum.broken, found->count);
	return sum;
}

static void
expect_break(struct party *p, enum history_break why, uint64_t n)
{
	struct found found;

	check(p, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.why, why);
	assert_int_equal(found.n, n);
}

/* bob and alice have said three things each; both have all of it. */
static void
talk(struct cores *c)
{
	static const char *const texts[] = { "one", "two", "three" };

	for (size_t i = 0; i < 3; i++) {
		say(&c->bob, &c->alice, texts[i]);
		say(&c->alice, &c->bob, texts[i]);
	}
}

static struct history_entry
open_entry(struct party *p, struct step *s, uint64_t n)
{
	struct history_entry e;

	*s = begin(p);
	assert_status(STATUS_OK, history_get(s->txn, n, s->arena, &e));
	return e;
}

static void
close_entry(struct step *s, const struct history_entry *e)
{
	assert_status(STATUS_OK, history_replace(s->txn, e));
	commit(s);
}

static void
what_was_taken_in_is_sound(void **state)
{
	struct cores *c = *state;
	struct history_check_sum sum;
	struct found found;

	talk(c);
	say(&c->carol, &c->alice, "hello");
	compose(&c->alice, "carol", "a draft");
	sum = check(&c->alice, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(sum.messages, 8);
	assert_int_equal(sum.intact, 7);
	assert_int_equal(sum.unsent, 1);
	assert_int_equal(sum.gaps, 0);
	sum = check(&c->bob, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(sum.intact, 6);
}

static void
every_kind_of_damage_is_named(void **state)
{
	struct cores *c = *state;
	struct vault_key third = vault_key_number(3);
	uint8_t forged[4096];
	struct history_entry e;
	struct step s;

	talk(c);
	e = open_entry(&c->alice, &s, 3);
	e.text = BYTES("tow");
	close_entry(&s, &e);
	expect_break(&c->alice, BREAK_CONTENT, 3);

	e = open_entry(&c->alice, &s, 3);
	e.text = BYTES("two");
	e.sent_ms++;
	close_entry(&s, &e);
	expect_break(&c->alice, BREAK_ENTRY, 3);

	e = open_entry(&c->alice, &s, 3);
	e.sent_ms--;
	memcpy(forged, e.body_signature.data, e.body_signature.len);
	forged[0] ^= 1;
	e.body_signature.data = forged;
	close_entry(&s, &e);
	expect_break(&c->alice, BREAK_SIGNATURE, 3);

	/* Our own are checked no less: n 2 is ours. */
	e = open_entry(&c->alice, &s, 3);
	memcpy(forged, e.body_signature.data, e.body_signature.len);
	forged[0] ^= 1;
	e.body_signature.data = forged;
	close_entry(&s, &e);
	e = open_entry(&c->alice, &s, 2);
	e.text = BYTES("never said");
	close_entry(&s, &e);
	expect_break(&c->alice, BREAK_CONTENT, 2);
	e = open_entry(&c->alice, &s, 2);
	e.text = BYTES("one");
	close_entry(&s, &e);

	s = begin(&c->alice);
	assert_status(STATUS_OK, vault_del(s.txn, VAULT_HISTORY, &third));
	commit(&s);
	expect_break(&c->alice, BREAK_GONE, 3);
}

static void
a_record_that_does_not_open_is_named(void **state)
{
	struct cores *c = *state;
	struct vault_key key = vault_key_number(6);
	struct step s;

	talk(c);
	s = begin(&c->alice);
	assert_status(STATUS_OK,
	    db_put(s.txn->txn, VAULT_HISTORY, bytes_view(key.raw, key.len),
		BYTES("a bad sector"), DB_PUT));
	commit(&s);
	expect_break(&c->alice, BREAK_RECORD, 6);
}

/* The same message twice, by somebody who wrote into the database. */
static void
a_number_stands_once(void **state)
{
	struct cores *c = *state;
	struct history_entry e;
	struct step s;

	talk(c);
	e = open_entry(&c->alice, &s, 3);
	e.n = 5;
	close_entry(&s, &e);
	expect_break(&c->alice, BREAK_NUMBER, 5);
}

static void
what_never_came_and_what_was_erased_is_no_damage(void **state)
{
	struct cores *c = *state;
	struct history_check_sum sum;
	struct parcel lost;
	struct found found;
	struct step s;

	talk(c);
	lost = write_to(&c->bob, &c->alice, "lost");
	say(&c->bob, &c->alice, "four");
	s = begin(&c->alice);
	assert_status(STATUS_OK, history_erase(s.txn, 1));
	commit(&s);
	sum = check(&c->alice, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(sum.gaps, 1);
	assert_int_equal(sum.missing, 1);
	assert_int_equal(sum.erased, 1);
	assert_int_equal(sum.intact, 7);
	parcel_clear(&lost);
}

/* What is chained to another message than the one before it. */
static void
a_chain_that_was_spliced_is_found(void **state)
{
	struct cores *c = *state;
	struct parcel second;
	struct history_entry e;
	struct step s;
	struct sender_state chain;
	struct hash talk_of;

	say(&c->bob, &c->alice, "one");
	/* bob's device signs a second message number one. */
	peers_conversation(&c->bob.core.self.account_key,
	    &c->alice.core.self.account_key, &talk_of);
	s = begin(&c->bob);
	assert_status(STATUS_OK,
	    sender_get(s.txn, &talk_of, &c->bob.core.self.address, &chain));
	chain.body_hash.raw[0] ^= 1;
	assert_status(STATUS_OK,
	    sender_put(s.txn, &talk_of, &c->bob.core.self.address, &chain));
	commit(&s);
	second = write_to(&c->bob, &c->alice, "two");
	assert_status(STATUS_OK, take(&c->alice, &second));
	e = last_entry(&c->alice, &s);
	step_abort(&s);
	expect_break(&c->alice, BREAK_CHAIN, e.n);
	parcel_clear(&second);
}

/* bob, every time with another key of his device. */
static void
say_with_another_key(struct cores *c)
{
	struct self *self = &c->bob.core.self;

	hash_bytes(self_signed_list(self).body, &self->list.previous);
	self->list.version++;
	sign_generate(&self->device_key, &self->device_secret);
	self->list.devices[0].device_key = self->device_key;
	assert_status(STATUS_OK, account_sign_list(self));
	say(&c->bob, &c->alice, "here I am");
}

/* Looking through all of them for each message would take for ever. */
static void
who_signs_lists_without_end_is_not_followed_for_ever(void **state)
{
	enum { LISTS = 200 };
	struct cores *c = *state;
	struct history_check_sum sum;
	struct found found;

	for (int i = 0; i < LISTS; i++)
		say_with_another_key(c);
	sum = check(&c->alice, &found);
	assert_int_equal(found.count, 0);
	assert_int_equal(sum.messages, LISTS);
	assert_in_range(sum.intact, 100, LISTS - 50);
	assert_int_equal(sum.intact + sum.unproven, LISTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(
		    who_signs_lists_without_end_is_not_followed_for_ever),
		cores_test(what_was_taken_in_is_sound),
		cores_test(every_kind_of_damage_is_named),
		cores_test(a_record_that_does_not_open_is_named),
		cores_test(a_number_stands_once),
		cores_test(what_never_came_and_what_was_erased_is_no_damage),
		cores_test(a_chain_that_was_spliced_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
