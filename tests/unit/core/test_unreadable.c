/* What nobody can read, by how near the one is that it is said to be of. */
#include <stdio.h>

#include "client/core/messenger/consent.h"
#include "store/client/requests.h"
#include "store/client/settings.h"
#include "tests/unit/core/group_world.h"

enum { LINES_A_DAY = 100, DAY_MS = 24 * 60 * 60 * 1000 };

static void
let_contacts_alone_come_near(struct party *p)
{
	struct settings settings;
	struct step s = begin(p);

	assert_status(STATUS_OK, settings_get(s.txn, &settings));
	settings.policy = POLICY_CONTACTS;
	assert_status(STATUS_OK, settings_put(s.txn, &settings));
	commit(&s);
}

/* Every one is another: the number is in it. */
static void
garbage(struct party *to, const char *from, uint32_t type, uint32_t number)
{
	uint8_t bytes[64] = { 0x33, 0x0a };
	struct parcel parcel = { 0 };

	store_u32(bytes + 8, number);
	parcel.item = (struct item){
		.has_sender = true,
		.sender = { name_of(from), 1 },
		.stored_ms = clock_wall_ms(),
		.type = type,
		.suite = SUITE_SIGNAL_V3,
		.payload = BYTES_OF(bytes),
	};
	assert_status(STATUS_OK, take(to, &parcel));
}

static size_t
told(struct party *p)
{
	unsigned detail;

	return notices(p, NOTICE_UNDECRYPTABLE, &detail);
}

static uint64_t
counted(struct party *p)
{
	struct requests_state state;
	struct step s = begin(p);

	assert_status(STATUS_OK, requests_state_get(s.txn, &state));
	step_abort(&s);
	return state.unreadable;
}

static void
garbage_of_a_stranger_is_counted_and_no_line(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	uint64_t numbers[ITEMS_MAX];

	let_contacts_alone_come_near(&c->alice);
	garbage(&c->alice, "mallory", ITEM_RATCHET, 1);
	garbage(&c->alice, "mallory", ITEM_PREKEY, 2);
	garbage(&c->alice, "mallory", ITEM_SENDER_KEY, 3);
	/* Also of one who was met: what it wants waits for the user. */
	say(&c->bob, &c->alice, "hello");
	garbage(&c->alice, "bob", ITEM_RATCHET, 4);
	assert_int_equal(told(&c->alice), 0);
	assert_int_equal(counted(&c->alice), 4);
	assert_int_equal(entries(&c->alice, numbers), 1); /* bob's request */
	assert_int_equal(quarantined(&c->alice, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
garbage_in_the_name_of_a_contact_is_told(void **state)
{
	struct cores *c = ((struct world *)*state)->c;

	say(&c->alice, &c->bob, "hello");
	let_contacts_alone_come_near(&c->alice);
	garbage(&c->alice, "bob", ITEM_RATCHET, 1);
	assert_int_equal(told(&c->alice), 1);
	assert_int_equal(counted(&c->alice), 0);
	assert_int_equal(quarantined(&c->alice, QUARANTINE_UNDECRYPTABLE), 1);
}

static void
garbage_of_a_member_of_our_group_is_told(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	say(alice, bob, "hello");
	let_contacts_alone_come_near(bob);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_status(STATUS_OK, sync_log(w, bob));
	tell(w, &w->c->carol, "hello all");
	assert_int_equal(told(bob), 0);
	garbage(bob, "carol", ITEM_SENDER_KEY, 1);
	assert_int_equal(told(bob), 1);
	assert_int_equal(counted(bob), 0);
}

static void
while_all_may_write_a_crowd_of_names_makes_so_many_lines(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	char name[16];

	for (uint32_t i = 0; i < LINES_A_DAY + 20; i++) {
		snprintf(name, sizeof(name), "crowd%u", (unsigned)i);
		garbage(&c->alice, name, ITEM_RATCHET, i);
	}
	assert_int_equal(counted(&c->alice), 20);
	/* Those who are contacts do not notice. */
	say(&c->alice, &c->bob, "hello");
	garbage(&c->alice, "bob", ITEM_RATCHET, 1);
	assert_int_equal(counted(&c->alice), 20);
	clock_fake(clock_wall_ms() + DAY_MS, clock_mono_ms());
	garbage(&c->alice, "crowd", ITEM_RATCHET, 1);
	clock_unfake();
	assert_int_equal(counted(&c->alice), 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(garbage_of_a_stranger_is_counted_and_no_line),
		world_test(garbage_in_the_name_of_a_contact_is_told),
		world_test(garbage_of_a_member_of_our_group_is_told),
		world_test(
		    while_all_may_write_a_crowd_of_names_makes_so_many_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
