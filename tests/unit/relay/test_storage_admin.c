/* What an operator asks: who is here, who may not come, who has to go. */
#include "tests/unit/relay/storage_fixture.h"

#include <stdio.h>

static struct storage_op *
name_op(struct fixture *f, enum storage_kind kind, const char *name)
{
	struct storage_op *op = op_new(f, kind);

	/* The name comes first in each of these. */
	if (kind == STORAGE_REMOVE)
		op->u.remove.name = name_of(name);
	else if (kind == STORAGE_FREE_NAME)
		op->u.free_name.name = name_of(name);
	else
		op->u.suspend.name = name_of(name);
	return op;
}

static enum status
remove_user(struct fixture *f, const char *name)
{
	return op_run(f, name_op(f, STORAGE_REMOVE, name));
}

static enum status
suspend(struct fixture *f, const char *name, enum suspension how)
{
	struct storage_op *op = name_op(f, STORAGE_SUSPEND, name);

	op->u.suspend.suspended = how;
	return op_run(f, op);
}

static enum status
identify(struct fixture *f, const char *name, enum suspension *how)
{
	struct storage_op *op = op_new(f, STORAGE_IDENTIFY);
	enum status st;

	op->u.identify.who = address_of(name);
	st = op_run(f, op);
	if (st == STATUS_OK && how != NULL)
		*how = op->u.identify.suspended;
	return st;
}

static const struct storage_users_op *
users_after(struct fixture *f, const char *after)
{
	struct storage_op *op = op_new(f, STORAGE_USERS);

	if (after != NULL)
		op->u.users.after = name_of(after);
	assert_status(STATUS_OK, op_run(f, op));
	return &op->u.users;
}

static const struct storage_user *
user(struct fixture *f, const char *name)
{
	const struct storage_users_op *page = users_after(f, NULL);
	struct account_name wanted = name_of(name);

	for (size_t i = 0; i < page->count; i++)
		if (account_name_equal(&page->items[i].name, &wanted))
			return &page->items[i];
	return NULL;
}

static const struct storage_gone_op *
gone(struct fixture *f)
{
	struct storage_op *op = op_new(f, STORAGE_GONE);

	assert_status(STATUS_OK, op_run(f, op));
	return &op->u.gone;
}

static struct storage_stats
stats(struct fixture *f)
{
	struct storage_op *op = op_new(f, STORAGE_STATS);

	assert_status(STATUS_OK, op_run(f, op));
	return op->u.stats;
}

static void
publish(struct fixture *f, const char *who)
{
	static const struct prekey items[] = {
		{ PREKEY_SIGNED, 1, { (const uint8_t *)"s", 1 },
		    { (const uint8_t *)"g", 1 } },
		{ PREKEY_ONE_TIME, 1, { (const uint8_t *)"a", 1 },
		    { NULL, 0 } },
		{ PREKEY_ONE_TIME, 2, { (const uint8_t *)"b", 1 },
		    { NULL, 0 } },
	};
	struct storage_op *op = op_new(f, STORAGE_PUBLISH);

	op->u.publish.who = address_of(who);
	op->u.publish.prekeys = (struct prekeys){ items, 3 };
	assert_status(STATUS_OK, op_run(f, op));
}

static void
accounts_are_listed_in_pages_in_the_order_of_their_names(void **state)
{
	struct fixture *f = *state;
	const struct storage_users_op *page;
	size_t total = 0;
	char name[8];

	for (unsigned i = 0; i < STORAGE_PAGE_ITEMS; i++) {
		struct device_list list;

		snprintf(name, sizeof(name), "u%03u", i);
		list = list_of(name, 1);
		assert_status(STATUS_OK, register_list(f, &list));
	}
	page = users_after(f, NULL);
	assert_int_equal(page->count, STORAGE_PAGE_ITEMS);
	assert_true(page->more);
	assert_string_equal(page->items[0].name.text, "alice");
	total = page->count;
	page = users_after(f, page->items[page->count - 1].name.text);
	assert_false(page->more);
	assert_int_equal(total + page->count, STORAGE_PAGE_ITEMS + 2);
	assert_string_equal(page->items[page->count - 1].name.text, "u127");
	page = users_after(f, "zz");
	assert_int_equal(page->count, 0);
	assert_false(page->more);
}

static void
what_is_known_of_an_account_survives_a_restart(void **state)
{
	const int64_t day_ms = 24 * 60 * 60 * 1000;
	struct fixture *f = *state;
	struct storage_op *seen = op_new(f, STORAGE_IDENTIFY);
	struct device_list carol = list_of("carol", 1);

	assert_status(STATUS_OK, send_text(f, BYTES("four")));
	assert_status(STATUS_OK, send_text(f, BYTES("three")));
	assert_int_equal(user(f, "bob")->created_ms, NOW_MS);
	assert_int_equal(user(f, "bob")->queued_items, 2);
	assert_int_equal(user(f, "bob")->queued_bytes, 9);
	assert_int_equal(user(f, "bob")->devices, 1);
	assert_int_equal(user(f, "bob")->invite, 0);
	assert_int_equal(user(f, "bob")->suspended, SUSPENDED_NOT);
	seen->u.identify.who = address_of("bob");
	seen->now_ms = 20000 * day_ms + 5;
	assert_status(STATUS_OK, op_run(f, seen));
	assert_int_equal(user(f, "bob")->seen_day, 0); /* nothing proved yet */
	seen->u.identify.with_prekeys = true;
	assert_status(STATUS_OK, op_run(f, seen));
	assert_int_equal(user(f, "bob")->seen_day, 20000);
	assert_status(STATUS_OK, send_text(f, BYTES("x")));
	assert_status(STATUS_OK, register_list(f, &carol)); /* and a commit */
	store_crash(f);
	assert_int_equal(user(f, "bob")->seen_day, 20000);
	assert_int_equal(user(f, "bob")->created_ms, NOW_MS);
	assert_int_equal(user(f, "bob")->queued_items, 3);
}

static void
a_suspended_account_keeps_everything_and_is_told_apart(void **state)
{
	struct fixture *f = *state;
	enum suspension how = SUSPENDED_NOT;
	struct storage_op *read;

	assert_status(STATUS_NOT_FOUND, suspend(f, "nobody", SUSPENDED_NOT));
	assert_status(STATUS_EXISTS, suspend(f, "bob", SUSPENDED_NOT));
	assert_status(STATUS_OK, suspend(f, "bob", SUSPENDED_BY_OPERATOR));
	assert_status(STATUS_EXISTS, suspend(f, "bob", SUSPENDED_BY_OPERATOR));
	assert_status(STATUS_OK, identify(f, "bob", &how));
	assert_int_equal(how, SUSPENDED_BY_OPERATOR);
	assert_status(STATUS_OK, send_text(f, BYTES("meanwhile")));
	store_crash(f);
	assert_status(STATUS_OK, identify(f, "bob", &how));
	assert_int_equal(how, SUSPENDED_BY_OPERATOR);
	assert_int_equal(user(f, "bob")->suspended, SUSPENDED_BY_OPERATOR);
	assert_status(STATUS_OK, suspend(f, "bob", SUSPENDED_NOT));
	assert_status(STATUS_OK, identify(f, "bob", &how));
	assert_int_equal(how, SUSPENDED_NOT);
	read = read_all(f, "bob", 0);
	assert_int_equal(read->u.read.count, 1);
	release(read);
}

static void
a_removed_account_leaves_nothing_but_its_name(void **state)
{
	struct fixture *f = *state;
	struct device_list thief = list_of("bob", 1);
	struct storage_op *text;

	publish(f, "bob");
	assert_int_equal(stats(f).prekeys, 4);
	assert_status(STATUS_OK, send_text(f, BYTES("to be lost")));
	assert_status(STATUS_NOT_FOUND, remove_user(f, "nobody"));
	assert_status(STATUS_OK, remove_user(f, "bob"));
	for (int i = 0; i < 2; i++) {
		assert_null(user(f, "bob"));
		assert_status(STATUS_NOT_FOUND, identify(f, "bob", NULL));
		assert_int_equal(stats(f).prekeys, 0);
		assert_int_equal(stats(f).accounts, 1);
		assert_int_equal(gone(f)->count, 1);
		assert_string_equal(gone(f)->items[0].name.text, "bob");
		assert_int_equal(gone(f)->items[0].removed_ms, NOW_MS);
		assert_false(gone(f)->items[0].by_owner);
		/* Not even to the same keys: nothing of them is kept. */
		assert_status(STATUS_CONFLICT, register_list(f, &f->bob));
		assert_status(STATUS_CONFLICT, register_list(f, &thief));
		text = text_op(f, BYTES("too late"));
		assert_status(STATUS_CONFLICT, op_run(f, text));
		assert_int_equal(text->u.submit.changed.extra.count, 1);
		assert_status(STATUS_NOT_FOUND, remove_user(f, "bob"));
		store_crash(f);
	}
}

static void
a_freed_name_goes_to_somebody_who_gets_none_of_what_was_there(void **state)
{
	struct fixture *f = *state;
	struct device_list second = list_of("bob", 1);
	struct storage_op *read;

	second.account_key.raw[0] ^= 1;
	assert_status(STATUS_OK, send_text(f, BYTES("for the first bob")));
	assert_status(
	    STATUS_NOT_FOUND, op_run(f, name_op(f, STORAGE_FREE_NAME, "bob")));
	assert_status(STATUS_OK, remove_user(f, "bob"));
	assert_status(
	    STATUS_OK, op_run(f, name_op(f, STORAGE_FREE_NAME, "bob")));
	assert_status(
	    STATUS_NOT_FOUND, op_run(f, name_op(f, STORAGE_FREE_NAME, "bob")));
	assert_int_equal(gone(f)->count, 0);
	assert_status(STATUS_OK, register_list(f, &second));
	for (int i = 0; i < 2; i++) {
		read = read_all(f, "bob", 0);
		assert_int_equal(read->u.read.count, 0);
		assert_int_equal(read->u.read.head, 0);
		release(read);
		store_crash(f);
	}
	assert_status(STATUS_OK, remove_user(f, "bob"));
	assert_int_equal(gone(f)->count, 1);
}

static void
what_a_removed_account_has_sent_still_says_who_sent_it(void **state)
{
	struct fixture *f = *state;
	struct storage_op *read;

	assert_status(STATUS_OK, send_text(f, BYTES("farewell")));
	assert_status(STATUS_OK, remove_user(f, "alice"));
	for (int i = 0; i < 2; i++) {
		read = read_all(f, "bob", 0);
		assert_int_equal(read->u.read.count, 1);
		assert_true(read->u.read.items[0].item.has_sender);
		assert_string_equal(
		    read->u.read.items[0].item.sender.account.text, "alice");
		assert_int_equal(read->u.read.items[0].item.sender.device, 1);
		release(read);
		store_crash(f);
	}
}

static void
what_comes_after_a_removal_in_its_batch_meets_nobody(void **state)
{
	struct fixture *f = *state;
	struct storage_op *before = text_op(f, BYTES("before"));
	struct storage_op *remove = name_op(f, STORAGE_REMOVE, "bob");
	struct storage_op *after = text_op(f, BYTES("after"));
	struct storage_op *free_name = name_op(f, STORAGE_FREE_NAME, "bob");
	struct storage_op *again = op_new(f, STORAGE_REGISTER);
	struct storage_op *twice = name_op(f, STORAGE_REMOVE, "bob");

	again->u.registration.list = f->bob;
	again->u.registration.device = 1;
	op_submit(f, before);
	op_submit(f, remove);
	op_submit(f, after);
	op_submit(f, twice);
	op_submit(f, free_name);
	op_submit(f, again);
	op_settle(f);
	assert_int_equal(before->status, STATUS_OK);
	assert_int_equal(remove->status, STATUS_OK);
	assert_int_equal(after->status, STATUS_OK); /* submits go first */
	assert_int_equal(twice->status, STATUS_NOT_FOUND);
	assert_int_equal(free_name->status, STATUS_FULL);
	assert_int_equal(again->status, STATUS_CONFLICT);
	store_crash(f);
	assert_null(user(f, "bob"));
}

static void
an_owner_removes_only_what_is_under_its_own_key(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = name_op(f, STORAGE_REMOVE, "bob");

	op->u.remove.by_owner = true;
	op->u.remove.account_key = f->alice.account_key;
	assert_status(STATUS_DENIED, op_run(f, op));
	assert_non_null(user(f, "bob"));
	op->u.remove.account_key = f->bob.account_key;
	assert_status(STATUS_OK, op_run(f, op));
	assert_true(gone(f)->items[0].by_owner);
}

struct evicted {
	char names[4][LIMIT_ACCOUNT_NAME_BYTES + 1];
	bool removed[4];
	size_t count;
};

static void
on_evicted(void *owner, const struct storage_eviction *e)
{
	struct evicted *evicted = owner;

	assert_non_null(e);
	assert_true(evicted->count < 4);
	snprintf(evicted->names[evicted->count],
	    sizeof(evicted->names[evicted->count]), "%s", e->name.text);
	evicted->removed[evicted->count++] = e->removed;
}

static void
sessions_are_ended_before_a_name_can_be_freed(void **state)
{
	struct fixture *f = *state;
	struct storage_op *remove = name_op(f, STORAGE_REMOVE, "bob");
	struct storage_op *free_name = name_op(f, STORAGE_FREE_NAME, "bob");
	struct evicted evicted = { .count = 0 };

	storage_port_on_evicted(f->port, on_evicted, &evicted);
	assert_status(STATUS_OK, suspend(f, "alice", SUSPENDED_BY_OPERATOR));
	assert_int_equal(evicted.count, 1);
	assert_string_equal(evicted.names[0], "alice");
	assert_false(evicted.removed[0]);
	assert_status(STATUS_OK, suspend(f, "alice", SUSPENDED_NOT));
	assert_int_equal(evicted.count, 1);

	/* The port's loop has not turned since the removal. */
	op_submit(f, remove);
	storage_step(f->storage);
	op_submit(f, free_name);
	storage_step(f->storage);
	assert_int_equal(evicted.count, 1);
	op_settle(f);
	assert_int_equal(free_name->status, STATUS_FULL);
	assert_int_equal(evicted.count, 2);
	assert_string_equal(evicted.names[1], "bob");
	assert_true(evicted.removed[1]);
	assert_status(STATUS_OK, op_run(f, free_name));
}

static struct storage_op *
invites(struct fixture *f, struct hash after)
{
	struct storage_op *op = op_new(f, STORAGE_INVITES);

	op->u.invites.after = after;
	assert_status(STATUS_OK, op_run(f, op));
	return op;
}

static enum status
put_invite(struct fixture *f, uint8_t first, uint8_t fourth, uint64_t uses)
{
	struct storage_op *op = op_new(f, STORAGE_INVITE_PUT);
	struct storage_invite *invite = &op->u.invite_put.invite;

	memset(invite->code_hash.raw, 0xab, sizeof(invite->code_hash.raw));
	invite->code_hash.raw[0] = first;
	invite->code_hash.raw[3] = fourth;
	invite->uses = uses;
	snprintf(invite->label, sizeof(invite->label), "for %u", first);
	assert_status(STATUS_OK, op_run(f, op));
	return op->u.invite_put.replaced ? STATUS_EXISTS : STATUS_OK;
}

static enum status
revoke_invite(struct fixture *f, const char *prefix)
{
	struct storage_op *op = op_new(f, STORAGE_INVITE_REVOKE);

	snprintf(op->u.invite_revoke.prefix, sizeof(op->u.invite_revoke.prefix),
	    "%s", prefix);
	return op_run(f, op);
}

static void
invitations_are_listed_and_revoked_by_what_they_are_called(void **state)
{
	struct fixture *f = *state;
	struct hash first = { { 0 } };
	const struct storage_invites_op *page;

	assert_status(STATUS_OK, put_invite(f, 0x10, 1, 3));
	assert_status(STATUS_OK, put_invite(f, 0x10, 2, 0));
	assert_status(STATUS_OK, put_invite(f, 0x20, 3, 1));
	assert_status(STATUS_EXISTS, put_invite(f, 0x20, 3, 7));
	page = &invites(f, first)->u.invites;
	assert_int_equal(page->count, 3);
	assert_false(page->more);
	assert_string_equal(page->items[0].id, "10abab01");
	assert_string_equal(page->items[0].label, "for 16");
	assert_int_equal(page->items[0].uses_left, 3);
	assert_int_equal(page->items[0].created_ms, NOW_MS);
	assert_true(page->items[1].endless);
	assert_int_equal(page->items[2].uses_left, 7);
	assert_int_equal(invites(f, page->last)->u.invites.count, 0);

	assert_status(STATUS_BAD_INPUT, revoke_invite(f, ""));
	assert_status(STATUS_BAD_INPUT, revoke_invite(f, "10a"));
	assert_status(STATUS_BAD_INPUT, revoke_invite(f, "10abxx"));
	assert_status(STATUS_CONFLICT, revoke_invite(f, "10ab"));
	assert_status(STATUS_CONFLICT, revoke_invite(f, "10abab0"));
	assert_status(STATUS_NOT_FOUND, revoke_invite(f, "10abab03"));
	assert_status(STATUS_OK, revoke_invite(f, "10ABAB01"));
	assert_status(STATUS_OK, revoke_invite(f, "10ab"));
	assert_status(STATUS_NOT_FOUND, revoke_invite(f, "10ab"));
	store_crash(f);
	assert_int_equal(invites(f, first)->u.invites.count, 1);
}

static void
more_invitations_than_a_page_holds_are_all_listed_once(void **state)
{
	struct fixture *f = *state;
	struct hash after = { { 0 } };
	const struct storage_invites_op *page;

	for (unsigned i = 0; i <= STORAGE_PAGE_ITEMS; i++)
		assert_status(
		    STATUS_OK, put_invite(f, (uint8_t)i, (uint8_t)i, 1));
	page = &invites(f, after)->u.invites;
	assert_int_equal(page->count, STORAGE_PAGE_ITEMS);
	assert_true(page->more);
	page = &invites(f, page->last)->u.invites;
	assert_int_equal(page->count, 1);
	assert_false(page->more);
	assert_string_equal(page->items[0].id, "80abab80");
}

static void
an_account_tells_by_which_invitation_it_came(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = op_new(f, STORAGE_REGISTER);
	struct hash first = { { 0 } };
	const struct storage_invites_op *page;

	assert_status(STATUS_OK, put_invite(f, 0x10, 1, 0));
	op->u.registration.list = list_of("carol", 1);
	op->u.registration.device = 1;
	op->u.registration.code_needed = true;
	op->u.registration.has_code = true;
	memset(op->u.registration.code_hash.raw, 0xab, HASH_BYTES);
	op->u.registration.code_hash.raw[0] = 0x10;
	op->u.registration.code_hash.raw[3] = 1;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(user(f, "carol")->invite, 0x10abab01);
	page = &invites(f, first)->u.invites;
	assert_int_equal(page->items[0].used, 1);
	assert_status(STATUS_EXISTS, put_invite(f, 0x10, 1, 5));
	page = &invites(f, first)->u.invites;
	assert_int_equal(page->items[0].used, 1);
	assert_int_equal(page->items[0].uses_left, 5);
}

#define STORED(name)                                                           \
	cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORED(
		    accounts_are_listed_in_pages_in_the_order_of_their_names),
		STORED(what_is_known_of_an_account_survives_a_restart),
		STORED(a_suspended_account_keeps_everything_and_is_told_apart),
		STORED(a_removed_account_leaves_nothing_but_its_name),
		STORED(
		    a_freed_name_goes_to_somebody_who_gets_none_of_what_was_there),
		STORED(what_a_removed_account_has_sent_still_says_who_sent_it),
		STORED(what_comes_after_a_removal_in_its_batch_meets_nobody),
		STORED(an_owner_removes_only_what_is_under_its_own_key),
		STORED(sessions_are_ended_before_a_name_can_be_freed),
		STORED(
		    invitations_are_listed_and_revoked_by_what_they_are_called),
		STORED(more_invitations_than_a_page_holds_are_all_listed_once),
		STORED(an_account_tells_by_which_invitation_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
