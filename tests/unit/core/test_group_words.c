/* Words and keys in a group that are not what they seem. */
#include "tests/unit/core/group_hostile.h"

static void
a_number_used_twice_is_refused_and_shown(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	struct sender_state before;
	struct group_record g;

	begin_three(w);
	g = record_of(w, bob);
	before = chain_of(w, bob);
	tell(w, bob, "yes");
	rewind_chain(w, bob, &before);
	say_under(w, bob, alice, "no", g.length, &g.head);
	assert_int_equal(heard(alice, "yes"), 1);
	assert_int_equal(heard(alice, "no"), 0);
	assert_int_equal(refused(alice), 1);
	tell(w, bob, "and on");
	assert_int_equal(heard(&w->c->carol, "and on"), 1);
}

static void
a_new_key_of_a_name_counts_its_messages_anew(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *fresh = &w->c->eve;
	struct account_name bob = name_of("bob");
	struct step s;

	begin_three(w);
	party_register(&w->c->bob, "robert");
	party_register(fresh, "bob");
	assert_status(STATUS_UNTRUSTED, meet(alice, fresh));
	s = begin(alice);
	assert_status(STATUS_OK, peers_trust(&s, &bob));
	commit(&s);
	add(w, "bob");
	tell(w, fresh, "the first of mine");
	assert_int_equal(heard(alice, "bob is here"), 1);
	assert_int_equal(heard(alice, "the first of mine"), 1);
}

static void
a_head_that_moves_back_is_refused_and_shown(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	struct group_record old;

	begin_three(w);
	old = record_of(w, bob);
	drop(w, "carol");
	read_log(w, bob);
	tell(w, bob, "carol is gone");
	/* As if carol were still to read it. */
	say_under(w, bob, alice, "an older log", old.length, &old.head);
	assert_int_equal(heard(alice, "carol is gone"), 1);
	assert_int_equal(heard(alice, "an older log"), 0);
	assert_int_equal(refused(alice), 1);
}

/* What p shows as of `from`, with a valid signature. */
static size_t
signed_by(struct party *p, const char *from, const char *text)
{
	struct account_name name = name_of(from);
	size_t found = 0;
	struct step s = begin(p);

	for (uint64_t n = 1;; n++) {
		struct history_entry e;

		if (history_get(s.txn, n, s.arena, &e) != STATUS_OK)
			break;
		found += e.kind == HISTORY_MESSAGE &&
			 account_name_equal(&e.from, &name) &&
			 e.signature == SIGNATURE_VALID &&
			 bytes_equal(e.text, bytes_text(text));
	}
	step_abort(&s);
	return found;
}

static void
the_ciphertext_of_another_is_not_taken_for_ones_own(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	struct item stolen;

	begin_three(w);
	w->deaf = carol;
	tell(w, &w->c->alice, "I give the house to carol");
	w->deaf = NULL;
	stolen = w->spied[w->spied_count - 1];
	stolen.sender = w->c->bob.core.self.address;
	take_item(carol, &stolen);
	assert_int_equal(heard(carol, "I give the house to carol"), 0);
	/* Nor, with the relay's help, bob's words for alice's. */
	tell(w, &w->c->bob, "I am alice");
	stolen = w->spied[w->spied_count - 1];
	stolen.sender = w->c->alice.core.self.address;
	take_item(carol, &stolen);
	assert_int_equal(signed_by(carol, "alice", "I am alice"), 0);
}

/* p's key as it stands, signed by `signer`. */
static void
distribution_of(struct world *w, struct step *s, const struct self *signer,
    struct plaintext *p)
{
	struct sender_key_body body = { .group = w->group };
	struct signature signature;
	struct buf *raw = NULL;
	struct buf *distribution = NULL;

	assert_status(STATUS_OK,
	    ratchet_group_distribution(s->core->ratchet, s->txn, &s->core->self,
		&w->group, &body.key_id, &body.iteration, &distribution));
	body.distribution = buf_view(distribution);
	assert_status(STATUS_OK, buf_new(LIMIT_PREKEY_BYTES, &raw));
	assert_status(STATUS_OK, envelope_put_sender_key_body(&body, raw));
	assert_status(STATUS_OK,
	    group_sign_sender_key(signer, buf_view(raw), &signature));
	*p = (struct plaintext){ .kind = CONTENT_SENDER_KEY };
	assert_status(STATUS_OK, arena_copy(s->arena, BYTES_OF(signature.raw),
				     &p->u.sender_key.signature));
	assert_status(STATUS_OK,
	    arena_copy(s->arena, buf_view(raw), &p->u.sender_key.body));
	buf_free(raw);
	buf_free(distribution);
}

static void
send_control(struct world *w, struct party *from, const char *to,
    const struct plaintext *p)
{
	struct account_name name = name_of(to);
	struct step s = begin(from);

	assert_status(STATUS_OK, messenger_control(&s, &name, p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, from));
}

static void
the_key_of_another_cannot_be_handed_on(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	struct party *carol = &w->c->carol;
	const char *secret = "carol has not got this key";
	const struct self *signers[] = { &alice->core.self, &bob->core.self };

	begin_three(w);
	w->deaf = carol;
	tell(w, alice, secret);
	w->deaf = NULL;
	/* As it came, and signed anew by bob: in his name it opens nothing
	 * that alice said, under her name it is no key. */
	for (size_t i = 0; i < 2; i++) {
		struct plaintext p;
		struct item stolen;
		struct step s = begin(alice);

		distribution_of(w, &s, signers[i], &p);
		send_control(w, bob, "carol", &p);
		step_abort(&s);
		stolen = w->spied[w->spied_count - 1];
		take_item(carol, &stolen);
		stolen.sender = bob->core.self.address;
		take_item(carol, &stolen);
		/* Signed by her, it is no key of his. */
		if (i == 0)
			assert_int_equal(
			    quarantined(carol, QUARANTINE_NO_SENDER_KEY), 2);
	}
	assert_int_equal(signed_by(carol, "alice", secret), 0);
	assert_int_equal(signed_by(carol, "bob", secret), 0);
	/* alice's own word still arrives when her key does. */
	take_item(carol, &w->missed);
	assert_int_equal(signed_by(carol, "alice", secret), 1);
}

static void
an_old_key_handed_out_again_rewinds_nothing(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *carol = &w->c->carol;
	struct plaintext old;
	struct step s;
	uint8_t kept[2048];
	size_t len;

	begin_three(w);
	s = begin(bob);
	distribution_of(w, &s, &bob->core.self, &old);
	len = old.u.sender_key.body.len;
	assert_true(len + SIGN_SIGNATURE_BYTES < sizeof(kept));
	memcpy(kept, old.u.sender_key.body.data, len);
	memcpy(
	    kept + len, old.u.sender_key.signature.data, SIGN_SIGNATURE_BYTES);
	step_abort(&s);
	old.u.sender_key.body = bytes_view(kept, len);
	old.u.sender_key.signature =
	    bytes_view(kept + len, SIGN_SIGNATURE_BYTES);
	tell(w, bob, "once");
	send_control(w, bob, "carol", &old);
	take_item(carol, &w->spied[w->spied_count - 1]);
	assert_int_equal(heard(carol, "once"), 1);
	tell(w, bob, "and on");
	assert_int_equal(heard(carol, "and on"), 1);
}

/* ---- A name taken over ------------------------------------------------ */

static void
who_takes_over_a_name_is_no_member_though_trusted(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *fresh = &w->c->eve;
	struct account_name carol = name_of("carol");
	struct group_record g;
	struct buf *unused = NULL;
	struct plaintext p;
	uint32_t key_id;
	struct step s;

	begin_three(w);
	g = record_of(w, &w->c->carol); /* with all that carol had */
	party_register(&w->c->carol, "caroline");
	party_register(fresh, "carol");
	assert_status(STATUS_UNTRUSTED, meet(bob, fresh));
	s = begin(bob);
	assert_status(STATUS_OK, peers_trust(&s, &carol));
	commit(&s);
	s = begin(fresh);
	assert_status(STATUS_OK, group_put(s.txn, &g));
	assert_status(
	    STATUS_OK, ratchet_group_make_key(fresh->core.ratchet, s.txn,
			   &fresh->core.self, &w->group, &key_id, &unused));
	buf_free(unused);
	distribution_of(w, &s, &fresh->core.self, &p);
	assert_status(STATUS_OK,
	    messenger_control(&s, &bob->core.self.address.account, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, fresh));
	say_under(w, fresh, bob, "it is me, carol", g.length, &g.head);
	assert_int_equal(heard(bob, "it is me, carol"), 0);
	assert_int_equal(refused(bob), 1);
	assert_int_equal(standing(w, bob), GROUP_MEMBER);
	for (size_t i = 0; i < w->spied_count; i++)
		take_item(fresh, &w->spied[i]);
	assert_int_equal(heard(fresh, "bob is here"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_number_used_twice_is_refused_and_shown),
		world_test(a_new_key_of_a_name_counts_its_messages_anew),
		world_test(a_head_that_moves_back_is_refused_and_shown),
		world_test(the_ciphertext_of_another_is_not_taken_for_ones_own),
		world_test(the_key_of_another_cannot_be_handed_on),
		world_test(an_old_key_handed_out_again_rewinds_nothing),
		world_test(who_takes_over_a_name_is_no_member_though_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
