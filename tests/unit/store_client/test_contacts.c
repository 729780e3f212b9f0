#include "store/client/contacts.h"

#include <stdio.h>

#include "fixture.h"

static struct contact
contact_of(const char *name)
{
	struct contact c = { .first_seen_ms = NOW_MS };

	c.name = fixture_address(name, 1).account;
	memset(c.account_key.raw, 1, sizeof(c.account_key.raw));
	c.list.account = c.name;
	c.list.account_key = c.account_key;
	c.list.version = 3;
	c.list.devices_count = 1;
	c.list.devices[0].id = 1;
	c.list_hash = fixture_hash(name);
	return c;
}

static void
a_stranger_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct contact c;

	assert_status(STATUS_NOT_FOUND, contact_get(f->t, &f->bob.account, &c));
}

static void
a_contact_keeps_its_pin_and_what_the_user_decided(void **state)
{
	struct fixture *f = *state;
	struct contact was = contact_of("bob");
	struct contact is;

	was.verified = true;
	was.removed = true;
	snprintf(was.alias, sizeof(was.alias), "%0*d", CONTACT_ALIAS_BYTES, 7);
	assert_status(STATUS_OK, contact_put(f->t, &was));
	fixture_restart(f);
	assert_status(STATUS_OK, contact_get(f->t, &f->bob.account, &is));
	assert_true(account_name_equal(&was.name, &is.name));
	assert_bytes(BYTES_OF(was.account_key), BYTES_OF(is.account_key));
	assert_true(is.verified);
	assert_true(is.removed);
	assert_string_equal(is.alias, was.alias);
	assert_int_equal(is.list.version, 3);
	assert_int_equal(is.list.devices_count, 1);
	assert_bytes(hash_view(&was.list_hash), hash_view(&is.list_hash));
	assert_int_equal(is.first_seen_ms, NOW_MS);
	assert_false(is.has_pending);
}

static void
a_changed_key_waits_beside_the_pinned_one(void **state)
{
	struct fixture *f = *state;
	struct contact was = contact_of("bob");
	struct contact is;

	was.has_pending = true;
	memset(was.pending_key.raw, 2, sizeof(was.pending_key.raw));
	was.pending_list = was.list;
	was.pending_list.account_key = was.pending_key;
	was.pending_list.version = 1;
	was.pending_list_hash = fixture_hash("pending");
	assert_status(STATUS_OK, contact_put(f->t, &was));
	assert_status(STATUS_OK, contact_get(f->t, &f->bob.account, &is));
	assert_true(is.has_pending);
	assert_bytes(BYTES_OF(was.account_key), BYTES_OF(is.account_key));
	assert_bytes(BYTES_OF(was.pending_key), BYTES_OF(is.pending_key));
	assert_int_equal(is.pending_list.version, 1);
	assert_bytes(hash_view(&was.pending_list_hash),
	    hash_view(&is.pending_list_hash));
}

struct walk {
	struct fixture *f;
	size_t count;
	size_t stop_at;
	size_t name_lengths;
};

static enum status
note_contact(const struct contact *c, void *arg)
{
	struct walk *w = arg;
	struct contact changed = *c;

	changed.verified = true;
	assert_status(STATUS_OK, contact_put(w->f->t, &changed));
	w->name_lengths += strlen(c->name.text);
	w->count++;
	return w->count == w->stop_at ? STATUS_CLOSED : STATUS_OK;
}

static void
every_contact_is_met_once_and_may_be_rewritten(void **state)
{
	const char *const names[] = { "bob", "carol", "dave-2", "eve" };
	struct fixture *f = *state;
	struct walk all = { .f = f };
	struct walk some = { .f = f, .stop_at = 2 };
	struct contact c;

	assert_status(STATUS_OK, contacts_each(f->t, note_contact, &all));
	assert_int_equal(all.count, 0);
	for (size_t i = 0; i < 4; i++) {
		c = contact_of(names[i]);
		assert_status(STATUS_OK, contact_put(f->t, &c));
	}
	assert_status(STATUS_CLOSED, contacts_each(f->t, note_contact, &some));
	assert_int_equal(some.count, 2);
	assert_status(STATUS_OK, contacts_each(f->t, note_contact, &all));
	assert_int_equal(all.count, 4);
	assert_int_equal(all.name_lengths, 3 + 5 + 6 + 3);
	assert_status(STATUS_OK, contact_get(f->t, &f->bob.account, &c));
	assert_true(c.verified);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_stranger_is_not_found),
		fixture_test(a_contact_keeps_its_pin_and_what_the_user_decided),
		fixture_test(a_changed_key_waits_beside_the_pinned_one),
		fixture_test(every_contact_is_met_once_and_may_be_rewritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
