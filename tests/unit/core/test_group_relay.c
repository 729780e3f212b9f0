/*
 * What the relay is given of a group: every payload that is submitted and every
 * entry that is appended, in which nothing of it can be found.
 */
#include <stdio.h>

#include "base/number.h"
#include "tests/unit/core/group_world.h"

enum { TAP_BYTES = 8 * 1024 * 1024 };

static bool
contains(struct bytes all, struct bytes what)
{
	for (size_t i = 0; i + what.len <= all.len; i++)
		if (memcmp(all.data + i, what.data, what.len) == 0)
			return true;
	return false;
}

static void
nowhere(struct world *w, struct bytes what, const char *name)
{
	if (contains(buf_view(w->tap), what))
		fail_msg("the relay is given %s", name);
}

/* A life with all kinds of entries and all kinds of items. */
static void
live(struct world *w)
{
	const struct group_wish timed = {
		.type = ENTRY_SETTINGS, .has_timer = true, .timer_s = 3600
	};
	struct party *alice = &w->c->alice;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_int_equal(
	    wish(w, alice, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_DONE);
	assert_int_equal(wish_for(w, alice, &timed), TACIT_DONE);
	read_log(w, &w->c->bob);
	read_log(w, &w->c->carol);
	tell(w, alice, "marzipan of alice");
	tell(w, &w->c->bob, "marzipan of bob");
	assert_int_equal(wish(w, alice, ENTRY_REMOVE, "carol", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	tell(w, alice, "marzipan without carol");
	assert_int_equal(wish(w, &w->c->bob, ENTRY_LEAVE, NULL, 0), TACIT_DONE);
}

static void
the_relay_is_given_no_id_name_text_or_member_of_a_group(void **state)
{
	struct world *w = *state;
	const struct party *all[] = { &w->c->alice, &w->c->bob, &w->c->carol };
	char hex[HASH_BYTES * 2 + 1];
	struct group_record g;

	assert_status(STATUS_OK, buf_new(TAP_BYTES, &w->tap));
	live(w);
	assert_true(buf_len(w->tap) > 8 * 1024);
	g = record_of(w, &w->c->alice);
	hex_encode(hash_view(&w->group), hex);
	nowhere(w, hash_view(&w->group), "the group's id");
	nowhere(w, bytes_text(hex), "the group's id in hex");
	nowhere(w, hash_view(&g.head), "the head of its log");
	nowhere(w, BYTES("friends"), "its name");
	nowhere(w, BYTES("marzipan"), "what is said");
	for (size_t i = 0; i < 3; i++) {
		const struct self *self = &all[i]->core.self;

		nowhere(w, account_name_bytes(&self->address.account),
		    "a member's name in a payload");
		nowhere(w, BYTES_OF(self->account_key.raw),
		    "a member's account key");
		nowhere(w, self_signed_list(self).body, "a device list");
	}
}

static void
the_search_finds_what_is_there(void **state)
{
	struct world *w = *state;
	struct group_key_id key;

	assert_status(STATUS_OK, buf_new(TAP_BYTES, &w->tap));
	key = record_of(w, &w->c->alice).log_key;
	live(w);
	/* The id of a log key stands before each entry, and says nothing. */
	assert_true(contains(buf_view(w->tap), BYTES_OF(key.raw)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(
		    the_relay_is_given_no_id_name_text_or_member_of_a_group),
		world_test(the_search_finds_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
