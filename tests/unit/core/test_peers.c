#include "tests/unit/core/cores.h"

/* A list of bob's account, or of another key under his name. */
struct list {
	struct device_list plain;
	struct buf *body;
	struct signature signature;
};

static struct signed_list
sign_list(struct list *l, const struct sign_secret *secret)
{
	buf_free(l->body);
	l->body = NULL;
	assert_status(STATUS_OK,
	    device_list_sign(&l->plain, secret, &l->body, &l->signature));
	return (
	    struct signed_list){ buf_view(l->body), BYTES_OF(l->signature) };
}

static void
successor(struct list *l, const struct self *bob)
{
	l->plain = bob->list;
	l->plain.version = bob->list.version + 1;
	hash_bytes(self_signed_list(bob).body, &l->plain.previous);
	l->plain.devices[1] = l->plain.devices[0];
	l->plain.devices[1].id = 2;
	l->plain.devices_count = 2;
}

static enum status
take_list(struct party *p, const char *as, struct signed_list list)
{
	struct account_name name = name_of(as);
	struct contact c;
	struct step s = begin(p);
	enum status st = peers_take_list(&s, &name, list, &c);

	commit(&s);
	return st;
}

static struct contact
contact_of(struct party *p, const char *text)
{
	struct account_name name = name_of(text);
	struct contact c;
	struct step s = begin(p);

	assert_status(STATUS_OK, contact_get(s.txn, &name, &c));
	step_abort(&s);
	return c;
}

static void
a_list_of_another_name_or_with_a_bad_signature_is_refused(void **state)
{
	struct cores *c = *state;
	struct signed_list list = self_signed_list(&c->bob.core.self);
	uint8_t wrong[SIGN_SIGNATURE_BYTES];
	struct account_name bob = name_of("bob");
	struct contact contact;
	struct step s;

	assert_status(STATUS_BAD_INPUT, take_list(&c->alice, "carol", list));
	memcpy(wrong, list.signature.data, sizeof(wrong));
	wrong[5] ^= 1;
	list.signature = BYTES_OF(wrong);
	assert_status(STATUS_CRYPTO, take_list(&c->alice, "bob", list));
	list.body.len /= 2;
	assert_status(STATUS_BAD_INPUT, take_list(&c->alice, "bob", list));
	s = begin(&c->alice);
	assert_status(STATUS_NOT_FOUND, peers_ready(&s, &bob, &contact));
	step_abort(&s);
}

static void
a_lower_or_other_list_of_a_version_is_refused(void **state)
{
	struct cores *c = *state;
	const struct self *bob = &c->bob.core.self;
	struct list l = { .body = NULL };
	struct signed_list list;

	assert_status(
	    STATUS_OK, take_list(&c->alice, "bob", self_signed_list(bob)));
	successor(&l, bob);
	list = sign_list(&l, &bob->account_secret);
	assert_status(STATUS_OK, take_list(&c->alice, "bob", list));
	assert_status(STATUS_OK, take_list(&c->alice, "bob", list));
	assert_int_equal(contact_of(&c->alice, "bob").list.devices_count, 2);
	assert_status(
	    STATUS_CRYPTO, take_list(&c->alice, "bob", self_signed_list(bob)));
	l.plain.issued_ms++;
	list = sign_list(&l, &bob->account_secret);
	assert_status(STATUS_CRYPTO, take_list(&c->alice, "bob", list));
	/* The next one must follow on the one we have. */
	l.plain.version++;
	list = sign_list(&l, &bob->account_secret);
	assert_status(STATUS_CRYPTO, take_list(&c->alice, "bob", list));
	assert_int_equal(contact_of(&c->alice, "bob").list.version, 2);
	buf_free(l.body);
}

static void
another_account_key_waits_and_is_told_once(void **state)
{
	struct cores *c = *state;
	struct account_name bob = name_of("bob");
	struct contact contact;
	struct step s;
	unsigned detail;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	party_register(&c->eve, "bob");
	for (int i = 0; i < 3; i++)
		assert_status(
		    STATUS_UNTRUSTED, take_list(&c->alice, "bob",
					  self_signed_list(&c->eve.core.self)));
	assert_int_equal(
	    notices(&c->alice, NOTICE_IDENTITY_CHANGED, &detail), 1);
	s = begin(&c->alice);
	assert_status(STATUS_UNTRUSTED, peers_ready(&s, &bob, &contact));
	assert_memory_equal(&contact.account_key, &c->bob.core.self.account_key,
	    SIGN_PUBLIC_BYTES);
	step_abort(&s);
}

static void
trust_moves_the_pin_and_ends_the_sessions(void **state)
{
	struct cores *c = *state;
	struct account_name bob = name_of("bob");
	struct contact contact;
	struct step s;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	s = begin(&c->alice);
	assert_status(STATUS_NOT_FOUND, peers_trust(&s, &bob));
	assert_status(STATUS_OK, contact_get(s.txn, &bob, &contact));
	contact.verified = true;
	assert_status(STATUS_OK, contact_put(s.txn, &contact));
	commit(&s);
	party_register(&c->eve, "bob");
	assert_status(STATUS_UNTRUSTED, meet(&c->alice, &c->eve));

	s = begin(&c->alice);
	assert_status(STATUS_OK, peers_trust(&s, &bob));
	commit(&s);
	contact = contact_of(&c->alice, "bob");
	assert_false(contact.verified);
	assert_false(contact.has_pending);
	assert_memory_equal(&contact.account_key, &c->eve.core.self.account_key,
	    SIGN_PUBLIC_BYTES);
	s = begin(&c->alice);
	assert_status(
	    STATUS_NOT_FOUND, ratchet_has_session(c->alice.core.ratchet, s.txn,
				  &c->bob.core.self.address));
	step_abort(&s);
}

static void
nobody_else_is_pinned_under_our_own_name(void **state)
{
	struct cores *c = *state;

	party_register(&c->eve, "alice");
	assert_status(STATUS_CRYPTO,
	    take_list(&c->alice, "alice", self_signed_list(&c->eve.core.self)));
	assert_status(STATUS_OK, take_list(&c->alice, "alice",
				     self_signed_list(&c->alice.core.self)));
}

static void
both_ends_name_a_conversation_alike(void **state)
{
	struct cores *c = *state;
	const struct sign_public *a = &c->alice.core.self.account_key;
	const struct sign_public *b = &c->bob.core.self.account_key;
	struct account_name names[2] = { name_of("bob"), name_of("bob2") };
	struct hash one;
	struct hash two;

	peers_conversation(a, b, &one);
	peers_conversation(b, a, &two);
	assert_memory_equal(&one, &two, sizeof(one));
	peers_conversation(a, &c->carol.core.self.account_key, &two);
	assert_memory_not_equal(&one, &two, sizeof(one));
	peers_history_key(&names[0], &one);
	peers_history_key(&names[1], &two);
	assert_memory_not_equal(&one, &two, sizeof(one));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(
		    a_list_of_another_name_or_with_a_bad_signature_is_refused),
		cores_test(a_lower_or_other_list_of_a_version_is_refused),
		cores_test(another_account_key_waits_and_is_told_once),
		cores_test(trust_moves_the_pin_and_ends_the_sessions),
		cores_test(nobody_else_is_pinned_under_our_own_name),
		cores_test(both_ends_name_a_conversation_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
