/* What receipts for a group may change, and the heads they carry. */
#include "client/core/messenger/receipts.h"
#include "client/core/messenger/states.h"
#include "tests/unit/core/group_world.h"

/* A receipt as a hostile client of `from` would make it. */
static void
say_receipt(struct party *from, struct party *to, const struct receipt *told)
{
	struct plaintext p = { .kind = CONTENT_RECEIPTS };
	struct contact c;
	struct buf *sealed = NULL;
	struct item item;
	uint32_t type;
	struct step s = begin(from);

	p.u.receipts = (struct receipt_list){ told, 1 };
	assert_status(
	    STATUS_OK, peers_get(&s, &to->core.self.address.account, &c));
	assert_status(STATUS_OK,
	    pair_encrypt(&s, &c, &c.list.devices[0], &p, &type, &sealed));
	commit(&s);
	item = (struct item){
		.seq = 1,
		.stored_ms = 1,
		.has_sender = true,
		.sender = from->core.self.address,
		.type =
		    type == ITEM_PREKEY ? ITEM_RECEIPT_PREKEY : ITEM_RECEIPT,
		.suite = SUITE_SIGNAL_V3,
		.payload = buf_view(sealed),
	};
	take_item(to, &item);
	buf_free(sealed);
}

static struct receipt
head_of(struct world *w, struct party *p)
{
	struct group_record g = record_of(w, p);

	return (struct receipt){
		.has_group = true,
		.group = g.id,
		.head_index = g.length,
		.head_hash = g.head,
	};
}

static uint64_t
known(struct world *w, struct party *p, const char *who)
{
	struct account_name name = name_of(who);
	struct group_record g = record_of(w, p);
	uint64_t length;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_known_length(&s, &g.id, &name, &length));
	step_abort(&s);
	return length;
}

static void
judge_heads(struct world *w, struct party *p)
{
	struct group_record g = record_of(w, p);
	struct step s = begin(p);

	assert_status(STATUS_OK, group_judge_heads(&s, &g.id));
	commit(&s);
}

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

static void
a_member_with_another_log_freezes_the_group(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct receipt told;
	unsigned detail;

	add(w, "bob");
	tell(w, bob, "hello");
	told = head_of(w, alice);
	say_receipt(bob, alice, &told);
	assert_int_equal(standing(w, alice), GROUP_MEMBER);
	assert_int_equal(known(w, alice, "bob"), told.head_index);
	told.head_hash.raw[0] ^= 1;
	say_receipt(bob, alice, &told);
	assert_int_equal(standing(w, alice), GROUP_FROZEN);
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 1);
}

/* Of our devices there is no such, or it wrote less than that. */
static void
devices_of_ours_that_never_wrote_have_nothing_delivered(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct address about = { name_of("bob"), 0 };
	struct receipt_state known;
	struct receipt told;
	struct step s;

	add(w, "bob");
	tell(w, bob, "hello");
	tell(w, alice, "one");
	told = head_of(w, alice);
	ranges_add(&told.delivered, 1, 100);
	ranges_add(&told.read, 1, 100);
	for (uint32_t device = 2; device != 0; device <<= 6) {
		told.device = about.device = device;
		say_receipt(bob, alice, &told);
		s = begin(alice);
		assert_status(STATUS_OK,
		    receipt_state_get(s.txn, &w->group, &about, &known));
		step_abort(&s);
		assert_int_equal(known.delivered.count, 0);
	}
	told.device = about.device = 1;
	say_receipt(bob, alice, &told);
	s = begin(alice);
	assert_status(
	    STATUS_OK, receipt_state_get(s.txn, &w->group, &about, &known));
	step_abort(&s);
	assert_int_equal(known.delivered.count, 1);
	assert_int_equal(known.delivered.items[0].last, 1);
}

static void
who_is_no_member_freezes_nothing(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct receipt told;

	add(w, "bob");
	tell(w, bob, "hello");
	told = head_of(w, alice);
	assert_int_equal(wish(w, alice, ENTRY_REMOVE, "bob", 0), TACIT_DONE);
	told.head_hash.raw[0] ^= 1;
	say_receipt(bob, alice, &told);
	told.head_index += 5;
	say_receipt(bob, alice, &told);
	assert_int_equal(standing(w, alice), GROUP_MEMBER);
	assert_int_equal(record_of(w, alice).claimed, 0);
}

/* Ahead of our log it waits, and is judged when the log has come. */
static void
a_head_beyond_our_log_is_judged_later(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct receipt told;

	add(w, "bob");
	tell(w, bob, "hello");
	tell(w, alice, "hello");
	add(w, "carol"); /* bob has not read of it */
	told = head_of(w, alice);
	assert_true(record_of(w, bob).length < told.head_index);
	say_receipt(alice, bob, &told);
	assert_int_equal(record_of(w, bob).claimed, told.head_index);
	assert_int_equal(standing(w, bob), GROUP_MEMBER);
	judge_heads(w, bob);
	assert_int_equal(record_of(w, bob).claimed, told.head_index);
	read_log(w, bob);
	judge_heads(w, bob);
	assert_int_equal(standing(w, bob), GROUP_MEMBER);
	assert_int_equal(record_of(w, bob).claimed, 0);
	assert_int_equal(known(w, bob, "alice"), told.head_index);
}

static void
a_lie_about_what_is_beyond_is_found_out(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct receipt told;

	add(w, "bob");
	tell(w, bob, "hello");
	tell(w, alice, "hello");
	add(w, "carol");
	told = head_of(w, alice);
	told.head_hash.raw[0] ^= 1;
	say_receipt(alice, bob, &told);
	assert_int_equal(standing(w, bob), GROUP_MEMBER);
	read_log(w, bob);
	judge_heads(w, bob);
	assert_int_equal(standing(w, bob), GROUP_FROZEN);
}

static void
an_outsider_has_nothing_of_a_group(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *carol = &w->c->carol;
	struct account_name name = name_of("carol");
	const struct own_place place = { 1, 1 };
	struct receipt told;
	struct receipt_fate fate;
	struct step s;

	add(w, "bob");
	tell(w, alice, "hello");
	say(carol, alice, "let me in"); /* they know each other */
	told = head_of(w, alice);
	told.delivered = (struct ranges){ { { 1, 1 } }, 1 };
	say_receipt(carol, alice, &told);
	s = begin(alice);
	assert_status(
	    STATUS_OK, receipts_fate(&s, &told.group, &place, &name, &fate));
	step_abort(&s);
	assert_false(fate.delivered);
	assert_int_equal(known(w, alice, "carol"), 0);
}

/* The state that is new in alice's group, and told now; NONE: nothing is. */
static enum message_state
news(struct world *w)
{
	struct party *alice = &w->c->alice;
	enum message_state state = STATE_NONE;
	struct state_change change;
	struct told_news list[8];
	size_t count = 0;
	uint64_t after = 0;
	struct step s = begin(alice);

	assert_status(STATUS_OK, told_list_news(s.txn, list, 8, &count));
	if (states_next(&s, list, count, &after, &change) == STATUS_OK) {
		state = change.state;
		assert_status(STATUS_OK, states_told(&s, change.e.n, state));
	}
	for (size_t i = 0; i < count; i++)
		assert_status(STATUS_OK, told_end_news(s.txn, &list[i]));
	commit(&s);
	return state;
}

static void
who_is_removed_is_waited_for_no_more(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct receipt told;

	add(w, "bob");
	add(w, "carol");
	tell(w, alice, "hello");
	assert_int_equal(news(w), STATE_STORED);
	told = head_of(w, alice);
	told.delivered = (struct ranges){ { { 1, 1 } }, 1 };
	say(bob, alice, "so that they can talk");
	say_receipt(bob, alice, &told);
	assert_int_equal(news(w), STATE_NONE); /* carol lacks it */
	assert_int_equal(wish(w, alice, ENTRY_REMOVE, "carol", 0), TACIT_DONE);
	assert_int_equal(news(w), STATE_DELIVERED);
	assert_int_equal(news(w), STATE_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_member_with_another_log_freezes_the_group),
		world_test(
		    devices_of_ours_that_never_wrote_have_nothing_delivered),
		world_test(who_is_no_member_freezes_nothing),
		world_test(a_head_beyond_our_log_is_judged_later),
		world_test(a_lie_about_what_is_beyond_is_found_out),
		world_test(an_outsider_has_nothing_of_a_group),
		world_test(who_is_removed_is_waited_for_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
