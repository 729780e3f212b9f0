/* Members and strangers who want a group, or a whole client, to stand still. */
#include "base/random.h"
#include "tests/unit/core/group_world.h"

enum { BIG_ITEM_BYTES = 200 * 1024, BIG_ITEMS = 30, JUNK_BYTES = 50 * 1024 };

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

static void
forget_rosters(struct party *p)
{
	group_cache_free(p->core.groups);
	p->core.groups = NULL;
}

/* A message of p with any content, under any head. */
static void
say_raw(struct world *w, struct party *p, struct party *to, struct bytes text,
    uint64_t head_index, const struct hash *head)
{
	struct forged f = honest(p, text, head_index, head);

	say_forged(w, p, to, &f);
}

static void
a_held_message_that_cannot_be_shown_does_not_block_the_log(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct group_record g;
	struct step s;

	add(w, "bob");
	assert_int_equal(
	    wish(w, alice, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_DONE);
	tell(w, &w->c->bob, "hello");
	assert_int_equal(
	    wish(w, &w->c->bob, ENTRY_ADD, "carol", 0), TACIT_DONE);
	s = begin(&w->c->bob);
	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	step_abort(&s);
	say_raw(w, &w->c->bob, alice, BYTES("\xff\xfe"), g.length, &g.head);
	assert_int_equal(quarantined(alice, QUARANTINE_LOG_BEHIND), 1);
	read_log(w, alice);
	assert_int_equal(quarantined(alice, QUARANTINE_LOG_BEHIND), 0);
	assert_int_equal(standing(w, alice), GROUP_MEMBER);
}

static void
a_head_that_no_log_can_have_is_refused_at_once(void **state)
{
	struct world *w = *state;
	unsigned detail;

	add(w, "bob");
	tell(w, &w->c->bob, "hello");
	say_raw(
	    w, &w->c->bob, &w->c->alice, BYTES("hi"), UINT64_MAX, &w->group);
	assert_int_equal(quarantined(&w->c->alice, QUARANTINE_LOG_BEHIND), 0);
	assert_int_equal(notices(&w->c->alice, NOTICE_REFUSED, &detail), 1);
	assert_int_equal(standing(w, &w->c->alice), GROUP_MEMBER);
}

static void
a_quarantine_of_megabytes_does_not_stop_a_sender_key(void **state)
{
	struct world *w = *state;
	struct step s;
	uint8_t *big = calloc(1, BIG_ITEM_BYTES);
	uint64_t order;

	assert_non_null(big);
	add(w, "bob");
	s = begin(&w->c->alice);
	for (size_t i = 0; i < BIG_ITEMS; i++) {
		struct quarantine_entry q = {
			.reason = QUARANTINE_NO_SENDER_KEY,
			.sender = w->c->eve.core.self.address,
			.type = ITEM_SENDER_KEY,
			.suite = SUITE_SIGNAL_V3,
			.payload = bytes_view(big, BIG_ITEM_BYTES),
		};

		big[0] = (uint8_t)i;
		assert_status(STATUS_OK, quarantine_add(s.txn, &q, &order));
	}
	commit(&s);
	free(big);
	tell(w, &w->c->bob, "hello");
	assert_int_equal(heard(&w->c->alice, "hello"), 1);
}

static void
a_log_full_of_junk_is_still_folded(void **state)
{
	struct world *w = *state;
	struct buf *junk = unknown_fields(JUNK_BYTES);

	add(w, "bob");
	read_log(w, &w->c->bob);
	for (int i = 0; i < 8; i++)
		append_sealed(w, &w->c->bob, buf_view(junk));
	buf_free(junk);
	read_log(w, &w->c->alice);
	read_log(w, &w->c->bob);
	forget_rosters(&w->c->alice);
	tell(w, &w->c->bob, "hello");
	assert_int_equal(heard(&w->c->alice, "hello"), 1);
}

static void
an_unsealed_entry_takes_effect_and_harms_nobody(void **state)
{
	struct world *w = *state;
	struct group_entry_body body;
	struct buf *entry = NULL;
	struct hash hash;
	struct roster *r;
	struct step s;

	add(w, "bob");
	add(w, "carol");
	read_log(w, &w->c->bob);
	s = begin(&w->c->bob);
	assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
	group_body_start(&s, &body);
	body.has_group = true;
	body.group = w->group;
	body.index = roster_length(r);
	body.previous = *roster_head(r);
	body.type = ENTRY_LEAVE;
	assert_status(STATUS_OK, group_entry_make(&s, &body, &entry, &hash));
	step_abort(&s);
	append(w, buf_view(entry));
	buf_free(entry);
	assert_status(STATUS_OK, sync_log(w, &w->c->alice));
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_status(STATUS_OK, sync_log(w, &w->c->carol));
	assert_int_equal(standing(w, &w->c->bob), GROUP_LEFT);
	add(w, "eve");
	assert_status(STATUS_OK, sync_log(w, &w->c->carol));
	tell(w, &w->c->carol, "hello");
	assert_int_equal(heard(&w->c->eve, "hello"), 1);
}

static void
an_entry_under_a_made_up_key_does_not_stop_the_log(void **state)
{
	struct world *w = *state;
	struct group_secret secret;
	struct group_record g;
	struct buf *sealed = NULL;
	struct step s;

	add(w, "bob");
	s = begin(&w->c->bob);
	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	step_abort(&s);
	assert_status(STATUS_OK, group_secret_make(&secret));
	assert_status(STATUS_OK, group_entry_seal(&secret, &g.chain, w->length,
				     BYTES("junk"), &sealed));
	append(w, buf_view(sealed));
	buf_free(sealed);
	assert_status(STATUS_OK, sync_log(w, &w->c->alice));
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	add(w, "carol");
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_int_equal(standing(w, &w->c->carol), GROUP_MEMBER);
	tell(w, &w->c->bob, "hello");
	assert_int_equal(heard(&w->c->carol, "hello"), 1);
	assert_int_equal(heard(&w->c->alice, "hello"), 1);
}

static void
a_log_key_may_come_before_its_sender_is_known_to_be_a_member(void **state)
{
	struct world *w = *state;

	add(w, "carol");
	add(w, "eve");
	add(w, "bob");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_DONE);
	/* carol has read nothing of bob when he hands out a key; he has met
	 * her, as an act does with all members before. */
	assert_status(STATUS_OK, meet(&w->c->bob, &w->c->carol));
	assert_int_equal(
	    wish(w, &w->c->bob, ENTRY_REMOVE, "eve", 0), TACIT_DONE);
	add(w, "eve");
	assert_status(STATUS_OK, sync_log(w, &w->c->carol));
	assert_int_equal(standing(w, &w->c->carol), GROUP_MEMBER);
	tell(w, &w->c->carol, "hello");
	assert_int_equal(heard(&w->c->eve, "hello"), 1);
}

static void
who_has_the_name_of_a_member_but_another_key_freezes_nothing(void **state)
{
	struct world *w = *state;
	struct contact c;
	struct step s;

	add(w, "bob");
	tell(w, &w->c->bob, "hello");
	s = begin(&w->c->alice);
	assert_status(STATUS_OK,
	    contact_get(s.txn, &w->c->bob.core.self.address.account, &c));
	c.account_key.raw[0] ^= 1;
	assert_status(STATUS_OK, contact_put(s.txn, &c));
	commit(&s);
	say_raw(w, &w->c->bob, &w->c->alice, BYTES("x"), 2, &w->group);
	assert_int_equal(standing(w, &w->c->alice), GROUP_MEMBER);
}

/* eve, once a member, invites carol to what is not the group's log. */
static void
invite_falsely(struct world *w, const struct chain_id *chain, uint64_t length)
{
	struct plaintext p = { .kind = CONTENT_GROUP_INVITE };
	struct log_key_list *keys = &p.u.group_invite.keys;
	struct account_name carol = name_of("carol");
	struct group_record g = record_of(w, &w->c->eve);
	struct step s = begin(&w->c->eve);

	p.u.group_invite.group = g.id;
	p.u.group_invite.chain = *chain;
	p.u.group_invite.length = length;
	p.u.group_invite.head = g.head;
	assert_status(
	    STATUS_OK, group_keys_list(&s, &g, NULL, UINT64_MAX, keys));
	assert_status(STATUS_OK, messenger_control(&s, &carol, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->eve));
}

static void
false_invitations_before_the_true_one_spoil_nothing(void **state)
{
	struct world *w = *state;
	struct chain_id nowhere = { { 9 } };
	struct chain_id chain;
	unsigned detail;

	add(w, "eve");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "eve", 0), TACIT_DONE);
	read_log(w, &w->c->eve);
	chain = record_of(w, &w->c->eve).chain;
	/* The true chain, where carol is not in; one that is not there. */
	invite_falsely(w, &chain, w->length);
	assert_int_equal(notices(&w->c->carol, NOTICE_REFUSED, &detail), 1);
	invite_falsely(w, &nowhere, w->length);
	invite_falsely(w, &chain, LIMIT_CHAIN_ENTRIES);
	assert_int_equal(standing(w, &w->c->carol), 0);
	add(w, "carol");
	assert_int_equal(standing(w, &w->c->carol), GROUP_MEMBER);
	tell(w, &w->c->alice, "hello");
	assert_int_equal(heard(&w->c->carol, "hello"), 1);
	invite_falsely(w, &chain, LIMIT_CHAIN_ENTRIES);
	tell(w, &w->c->alice, "still here");
	assert_int_equal(heard(&w->c->carol, "still here"), 1);
}

static void
an_invitation_that_names_another_log_freezes_the_group(void **state)
{
	struct world *w = *state;
	struct account_name alice = name_of("alice");
	struct plaintext p = { .kind = CONTENT_GROUP_INVITE };
	struct group_record g;
	struct step s;

	add(w, "bob");
	read_log(w, &w->c->bob);
	g = record_of(w, &w->c->bob);
	s = begin(&w->c->bob);
	p.u.group_invite.group = g.id;
	p.u.group_invite.chain = g.chain;
	p.u.group_invite.length = g.length;
	p.u.group_invite.head = g.id;
	assert_status(STATUS_OK,
	    group_keys_list(&s, &g, NULL, UINT64_MAX, &p.u.group_invite.keys));
	assert_status(STATUS_OK, messenger_control(&s, &alice, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->bob));
	assert_int_equal(standing(w, &w->c->alice), GROUP_FROZEN);
}

static size_t
rows(struct party *p, enum vault_table table)
{
	size_t count = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK, vault_count(s.txn, table, &count));
	step_abort(&s);
	return count;
}

static void
invitations_to_groups_that_never_come_are_few(void **state)
{
	struct world *w = *state;

	add(w, "eve");
	for (uint8_t i = 0; i < 40; i++) {
		struct chain_id chain = { { 100, i } };

		invite_falsely(w, &chain, 3);
	}
	assert_int_equal(rows(&w->c->carol, VAULT_GROUP_OFFERS), 8);
	assert_true(rows(&w->c->carol, VAULT_GROUP_KEYS) <= 8);
	assert_int_equal(standing(w, &w->c->carol), 0);
}

/* Somebody has invited p, so long ago, to a group that never comes. */
static void
put_offer(struct party *p, const char *inviter, uint8_t number)
{
	struct group_record g = { .standing = GROUP_INVITED,
		.chain = { { 200, number } },
		.place = { { 200, number } },
		.id = { { 200, number } },
		.expected_length = 3,
		.inviter = name_of(inviter) };
	struct step s = begin(p);

	g.invited_ms = s.now_ms - 1000 + number;
	assert_status(STATUS_OK, group_put(s.txn, &g));
	commit(&s);
}

static bool
has_offer(struct party *p, const char *inviter, uint8_t number)
{
	const struct hash id = { { 200, number } };
	const struct chain_id chain = { { 200, number } };
	const struct account_name name = name_of(inviter);
	struct group_record g;
	struct step s = begin(p);
	enum status st = group_offer_get(s.txn, &id, &chain, &name, &g);

	step_abort(&s);
	return st == STATUS_OK;
}

/* The oldest are bob's, whom carol talks with, and one of somebody else. */
static void
a_crowd_of_invitations_pushes_out_its_own(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	struct chain_id nowhere = { { 9 } };

	add(w, "eve");
	say(carol, &w->c->bob, "hello");
	for (uint8_t i = 0; i < 8; i++)
		put_offer(carol, "bob", i);
	put_offer(carol, "dora", 8);
	for (uint8_t i = 9; i < 32; i++)
		put_offer(carol,
		    i < 16   ? "mallory"
		    : i < 24 ? "mal"
			     : "mel",
		    i);
	assert_int_equal(rows(carol, VAULT_GROUP_OFFERS), 32);
	invite_falsely(w, &nowhere, 3);
	assert_int_equal(rows(carol, VAULT_GROUP_OFFERS), 32);
	assert_true(has_offer(carol, "bob", 0));
	assert_true(has_offer(carol, "dora", 8));
	assert_true(has_offer(carol, "mallory", 9));
	assert_false(has_offer(carol, "mal", 16)); /* has one more of them */
}

static void
keys_that_no_entry_names_are_few(void **state)
{
	struct world *w = *state;
	struct account_name alice = name_of("alice");
	size_t before;

	add(w, "bob");
	before = rows(&w->c->alice, VAULT_GROUP_KEYS);
	for (int i = 0; i < 3; i++) {
		struct plaintext p = { .kind = CONTENT_GROUP_KEYS };
		struct log_key_item keys[GROUP_LOOSE_KEYS];
		struct step s = begin(&w->c->bob);

		memset(keys, 0, sizeof(keys));
		for (size_t k = 0; k < GROUP_LOOSE_KEYS; k++)
			random_bytes(keys[k].key.raw, LOG_KEY_BYTES);
		p.u.group_keys.group = w->group;
		p.u.group_keys.keys =
		    (struct log_key_list){ keys, GROUP_LOOSE_KEYS };
		assert_status(STATUS_OK, messenger_control(&s, &alice, &p));
		commit(&s);
		assert_status(STATUS_OK, flush(w, &w->c->bob));
	}
	assert_int_equal(
	    rows(&w->c->alice, VAULT_GROUP_KEYS), before + GROUP_LOOSE_KEYS);
}

/* p's message is encrypted and stays in the outbox; its row. */
static uint64_t
seal_words(struct world *w, struct party *p, const char *text)
{
	struct draft d = {
		.kind = CONVERSATION_GROUP,
		.group = w->group,
		.text = bytes_text(text),
	};
	uint64_t n;
	uint64_t order;
	struct step s = begin(p);

	random_bytes(&d.id, sizeof(d.id));
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	assert_status(STATUS_OK, seal_meeting(w, p, order));
	return order;
}

static void
a_sender_key_that_the_relay_refused_is_replaced(void **state)
{
	struct world *w = *state;
	struct refusal refused = { 0, ERROR_DENIED };
	struct reply reply = { .kind = REPLY_SUBMITTED };
	uint64_t order;

	add(w, "bob");
	order = seal_words(w, &w->c->alice, "lost");
	reply.u.submitted.refused = &refused;
	reply.u.submitted.count = 1;
	assert_int_equal(answered(&w->c->alice, order, &reply), STATE_STORED);
	tell(w, &w->c->alice, "hello");
	assert_int_equal(heard(&w->c->bob, "hello"), 1);
}

static void
a_sender_key_whose_message_is_cancelled_is_replaced(void **state)
{
	struct world *w = *state;
	uint64_t order;
	struct step s;

	add(w, "bob");
	order = seal_words(w, &w->c->alice, "lost");
	s = begin(&w->c->alice);
	assert_status(STATUS_OK, messenger_fail(&s, order, "cancelled"));
	commit(&s);
	tell(w, &w->c->alice, "hello");
	assert_int_equal(heard(&w->c->bob, "hello"), 1);
}

static void
a_lost_device_makes_a_new_sender_key(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct device_list list;
	struct signed_list old;
	struct contact c;
	struct group_record g;
	struct buf *body = NULL;
	struct signature signature;
	struct hash previous;
	struct step s;

	add(w, "bob");
	tell(w, &w->c->alice, "hello");
	old = self_signed_list(&bob->core.self);
	assert_status(STATUS_OK, device_list_open(old, &list));
	hash_bytes(old.body, &previous);
	list.version++;
	list.previous = previous;
	list.devices[0].registration_id ^= 1;
	assert_status(
	    STATUS_OK, device_list_sign(&list, &bob->core.self.account_secret,
			   &body, &signature));
	s = begin(&w->c->alice);
	assert_status(STATUS_OK,
	    peers_take_list(&s, &bob->core.self.address.account,
		(struct signed_list){ buf_view(body), BYTES_OF(signature.raw) },
		&c));
	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	assert_true(g.sender_key_stale);
	step_abort(&s);
	buf_free(body);
}

/* The local name that a group of this name gets at alice's. */
static void
name_becomes(struct world *w, struct bytes wanted, const char *name)
{
	struct group_record g;
	struct step s = begin(&w->c->alice);

	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	assert_status(STATUS_OK, group_name_locally(&s, &g, wanted));
	assert_string_equal(g.name, name);
	step_abort(&s);
}

static void
hostile_names_of_groups_become_harmless_here(void **state)
{
	struct world *w = *state;

	name_becomes(w, BYTES("a/b~c\n"), "a_b_c_");
	name_becomes(w, BYTES("-rf"), "_rf");
	name_becomes(w,
	    BYTES("a\xc2\x9b"
		  "31m"),
	    "a_31m"); /* C1: CSI */
	name_becomes(w,
	    BYTES("a\xe2\x80\xae"
		  "b"),
	    "a_b"); /* bidi override */
	name_becomes(w,
	    BYTES("a\xe2\x81\xa6"
		  "b"),
	    "a_b"); /* bidi isolate */
	name_becomes(w,
	    BYTES("a\xe2\x80\xa8"
		  "b"),
	    "a_b"); /* line separator */
	name_becomes(w,
	    BYTES("a\xff"
		  "b"),
	    "a_b");                                            /* not UTF-8 */
	name_becomes(w, BYTES("cafe\xcc\x81"), "caf\xc3\xa9"); /* NFC */
	/* What could be taken for the start of another group's id. */
	name_becomes(w, BYTES("deadbeef"), "deadbeef~2");
	name_becomes(w, BYTES("deadbee"), "deadbee");
}

static void
long_names_and_many_of_one_name_still_find_a_place(void **state)
{
	struct world *w = *state;
	char longest[LIMIT_GROUP_NAME_BYTES];
	struct group_record g;
	struct step s = begin(&w->c->alice);

	memset(longest, 'x', sizeof(longest));
	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	for (uint32_t i = 0; i < 1100; i++) {
		struct group_record other = g;

		memset(other.name, 0, sizeof(other.name));
		random_bytes(other.id.raw, sizeof(other.id.raw));
		assert_status(
		    STATUS_OK, group_name_locally(&s, &other,
				   bytes_view(longest, sizeof(longest))));
		assert_string_not_equal(other.name, "");
	}
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(
		    a_held_message_that_cannot_be_shown_does_not_block_the_log),
		world_test(a_head_that_no_log_can_have_is_refused_at_once),
		world_test(
		    a_quarantine_of_megabytes_does_not_stop_a_sender_key),
		world_test(a_log_full_of_junk_is_still_folded),
		world_test(an_unsealed_entry_takes_effect_and_harms_nobody),
		world_test(an_entry_under_a_made_up_key_does_not_stop_the_log),
		world_test(
		    a_log_key_may_come_before_its_sender_is_known_to_be_a_member),
		world_test(
		    who_has_the_name_of_a_member_but_another_key_freezes_nothing),
		world_test(false_invitations_before_the_true_one_spoil_nothing),
		world_test(invitations_to_groups_that_never_come_are_few),
		world_test(a_crowd_of_invitations_pushes_out_its_own),
		world_test(
		    an_invitation_that_names_another_log_freezes_the_group),
		world_test(keys_that_no_entry_names_are_few),
		world_test(a_sender_key_that_the_relay_refused_is_replaced),
		world_test(a_sender_key_whose_message_is_cancelled_is_replaced),
		world_test(a_lost_device_makes_a_new_sender_key),
		world_test(hostile_names_of_groups_become_harmless_here),
		world_test(long_names_and_many_of_one_name_still_find_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
