/* Who is blocked reaches nobody, is told nothing, and breaks nothing. */
#include "client/core/handle.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/receipts.h"
#include "store/client/receipts.h"
#include "tests/unit/core/group_world.h"

static struct tacit
handle(struct party *p)
{
	return (struct tacit){ .core = p->core, .dir = p->dir };
}

static bool
block(struct party *p, const char *name, bool wanted)
{
	struct tacit t = handle(p);
	struct tacit_error e;
	bool changed = false;

	assert_int_equal(
	    tacit_contact_block(&t, name, wanted, &changed, &e), TACIT_DONE);
	return changed;
}

/* Whether p owes a device word of what it wrote. */
static bool
owes(struct party *p, struct party *to)
{
	struct receipt_due d;
	struct step s = begin(p);
	enum status st = receipt_due_get(s.txn, &to->core.self.address, &d);

	step_abort(&s);
	assert_true(st == STATUS_OK || st == STATUS_NOT_FOUND);
	return st == STATUS_OK;
}

static size_t
all_entries(struct party *p)
{
	uint64_t numbers[ITEMS_MAX];

	return entries(p, numbers);
}

static enum status
count_offer(const struct group_record *g, void *arg)
{
	(void)g;
	++*(size_t *)arg;
	return STATUS_OK;
}

static size_t
group_offers_count(struct party *p)
{
	size_t count = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_offers_each(s.txn, count_offer, &count));
	step_abort(&s);
	return count;
}

static void
what_a_blocked_account_writes_is_dropped_without_a_word(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	size_t before;

	say(&c->alice, &c->bob, "hello");
	assert_true(block(&c->alice, "bob", true));
	assert_false(block(&c->alice, "bob", true));
	before = all_entries(&c->alice);
	say(&c->bob, &c->alice, "one");
	say(&c->bob, &c->alice, "two");
	assert_int_equal(all_entries(&c->alice), before);
	assert_false(owes(&c->alice, &c->bob));
	assert_int_equal(quarantined(&c->alice, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
after_unblocking_nothing_is_missing_and_talk_goes_on(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	unsigned count;

	say(&c->bob, &c->alice, "before");
	assert_true(block(&c->alice, "bob", true));
	say(&c->bob, &c->alice, "dropped");
	say(&c->bob, &c->alice, "dropped");
	assert_true(block(&c->alice, "bob", false));
	say(&c->bob, &c->alice, "after");
	assert_int_equal(heard(&c->alice, "dropped"), 0);
	assert_int_equal(heard(&c->alice, "after"), 1);
	assert_int_equal(notices(&c->alice, NOTICE_GAP, &count), 0);
	assert_true(owes(&c->alice, &c->bob));
	say(&c->alice, &c->bob, "and back");
	assert_int_equal(heard(&c->bob, "and back"), 1);
}

static void
what_was_read_before_is_not_told_any_more(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	struct address bob = c->bob.core.self.address;
	struct receipt_shown shown = { .kind = CONVERSATION_DIRECT,
		.from = bob,
		.account_key = c->bob.core.self.account_key,
		.seq = 1 };
	struct step s;

	say(&c->bob, &c->alice, "before");
	s = begin(&c->alice);
	assert_status(STATUS_OK, receipt_due_del(s.txn, &bob));
	commit(&s);
	block(&c->alice, "bob", true);
	s = begin(&c->alice);
	assert_status(STATUS_OK, receipts_note_shown(&s, &shown, 1));
	commit(&s);
	assert_false(owes(&c->alice, &c->bob));
}

static void
damage_from_a_blocked_account_is_not_told(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	struct parcel parcel;
	unsigned count;

	say(&c->bob, &c->alice, "before");
	block(&c->alice, "bob", true);
	parcel = write_to(&c->bob, &c->alice, "damaged");
	((uint8_t *)(uintptr_t)parcel.item.payload.data)[20] ^= 1;
	assert_status(STATUS_OK, take(&c->alice, &parcel));
	parcel_clear(&parcel);
	assert_int_equal(notices(&c->alice, NOTICE_UNDECRYPTABLE, &count), 0);
}

static void
another_key_of_a_blocked_account_is_not_told_either(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	unsigned count;

	say(&c->bob, &c->alice, "before");
	block(&c->alice, "bob", true);
	party_register(&c->eve, "bob");
	assert_int_equal(meet(&c->alice, &c->eve), STATUS_UNTRUSTED);
	assert_int_equal(
	    notices(&c->alice, NOTICE_IDENTITY_CHANGED, &count), 0);
}

static void
nothing_is_sent_to_a_blocked_account(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	struct tacit t = handle(&c->alice);
	struct tacit_send m = { .kind = TACIT_DIRECT,
		.to = "bob",
		.text = "hi",
		.text_len = 2,
		.queue_only = true };
	struct tacit_error e;

	say(&c->bob, &c->alice, "before");
	block(&c->alice, "bob", true);
	assert_int_equal(
	    tacit_send(&t, &m, 1, NULL, NULL, &e), TACIT_NOT_ALLOWED);
	assert_non_null(strstr(e.message, "contacts unblock bob"));
}

static void
the_invitation_of_a_blocked_account_is_dropped(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	say(alice, bob, "hello");
	block(bob, "alice", true);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(standing(w, bob), 0);
	assert_int_equal(group_offers_count(bob), 0);
}

static bool
note_text(const struct tacit_event *event, void *arg)
{
	char *text = arg;

	if (event->notice == NULL)
		strcat(strcat(text, event->text), ",");
	return true;
}

/* What bob is shown of the group. */
static const char *
shown(struct world *w, struct party *p, size_t limit)
{
	static char text[512];
	struct tacit t = handle(p);
	struct tacit_history how = {
		.kind = TACIT_GROUP,
		.with = "friends",
		.limit = limit,
	};
	struct tacit_error e;

	(void)w;
	text[0] = '\0';
	assert_int_equal(
	    tacit_history(&t, &how, note_text, text, &e), TACIT_DONE);
	return text;
}

static void
in_a_group_it_is_kept_and_hidden(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	tell(w, alice, "one");
	block(bob, "alice", true);
	tell(w, alice, "two");
	tell(w, bob, "mine");
	assert_string_equal(shown(w, bob, 0), "mine,");
	tell(w, alice, "after mine");
	assert_string_equal(shown(w, bob, 1), "mine,");
	assert_int_equal(heard(bob, "two"), 1); /* and kept */
	/* The group's machinery goes on: a new key is taken from alice. */
	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_int_equal(wish(w, alice, ENTRY_REMOVE, "carol", 0), TACIT_DONE);
	tell(w, alice, "three");
	assert_status(STATUS_OK, sync_log(w, bob));
	block(bob, "alice", false);
	assert_string_equal(shown(w, bob, 0), "one,two,mine,after mine,three,");
	assert_int_equal(quarantined(bob, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
whoever_is_blocked_is_listed(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	struct contact bob;
	struct account_name name = name_of("bob");
	struct tacit t = handle(&c->alice);
	struct tacit_error e;
	struct step s;

	say(&c->bob, &c->alice, "hello");
	block(&c->alice, "bob", true);
	assert_int_equal(tacit_contact_remove(&t, "bob", &e), TACIT_DONE);
	say(&c->bob, &c->alice, "hello again");
	s = begin(&c->alice);
	assert_status(STATUS_OK, contact_get(s.txn, &name, &bob));
	step_abort(&s);
	assert_true(bob.blocked); /* nothing lifts it but unblock */
	assert_true(bob.removed);
	assert_false(bob.known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(
		    what_a_blocked_account_writes_is_dropped_without_a_word),
		world_test(
		    after_unblocking_nothing_is_missing_and_talk_goes_on),
		world_test(what_was_read_before_is_not_told_any_more),
		world_test(damage_from_a_blocked_account_is_not_told),
		world_test(another_key_of_a_blocked_account_is_not_told_either),
		world_test(nothing_is_sent_to_a_blocked_account),
		world_test(the_invitation_of_a_blocked_account_is_dropped),
		world_test(in_a_group_it_is_kept_and_hidden),
		world_test(whoever_is_blocked_is_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
