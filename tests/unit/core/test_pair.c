#include "client/core/messenger/padding.h"
#include "client/core/messenger/pair.h"
#include "tests/unit/core/cores.h"

/* Alice means harm, with keys of her own. */
struct evil {
	struct hash conversation; /* what is signed */
	const struct self *signer;
	struct message_body body;
	uint8_t salt[SALT_BYTES];
	struct bytes content;
	uint32_t auth;
	bool wrong_hash;
};

static struct evil
honest(struct cores *c)
{
	struct evil e = {
		.signer = &c->alice.core.self,
		.body = { .suite = SUITE_SIGNAL_V3,
		    .seq = 1,
		    .type = MESSAGE_TEXT,
		    .sent_ms = 1 },
		.content = BYTES("evil"),
		.auth = AUTH_ED25519,
	};

	memset(&e.body.id, 0x66, sizeof(e.body.id));
	peers_conversation(&c->alice.core.self.account_key,
	    &c->bob.core.self.account_key, &e.conversation);
	return e;
}

static void
hash_content(struct evil *e)
{
	struct buf *joined = NULL;

	assert_status(STATUS_OK, buf_new(SALT_BYTES + e->content.len, &joined));
	assert_status(STATUS_OK, buf_put(joined, BYTES_OF(e->salt)));
	assert_status(STATUS_OK, buf_put(joined, e->content));
	hash_bytes(buf_view(joined), &e->body.content_hash);
	e->body.content_hash.raw[0] ^= e->wrong_hash;
	buf_free(joined);
}

static void
sign_evil(const struct evil *e, struct bytes body, struct signature *signature)
{
	uint8_t device[4];
	struct bytes context[] = {
		account_name_bytes(&e->signer->address.account),
		BYTES_OF(e->signer->account_key),
		BYTES_OF(device),
		hash_view(&e->conversation),
	};

	store_u32(device, e->signer->address.device);
	assert_status(
	    STATUS_OK, sign_body(&e->signer->device_secret, SIGN_MESSAGE,
			   context, 4, body, signature));
}

static struct parcel
parcel_new(struct party *from, uint32_t type, struct buf *ciphertext)
{
	return (struct parcel){
		.item = { .has_sender = true,
		    .sender = from->core.self.address,
		    .type = type,
		    .suite = SUITE_SIGNAL_V3,
		    .payload = buf_view(ciphertext) },
		.payload = ciphertext,
	};
}

/* One plaintext from alice to bob, through the honest pair. */
static struct parcel
encrypt(struct party *from, struct party *to, const struct plaintext *p)
{
	struct buf *ciphertext = NULL;
	struct contact contact;
	uint32_t type = 0;
	struct step s;

	assert_status(STATUS_OK, meet(from, to));
	s = begin(from);
	assert_status(
	    STATUS_OK, peers_get(&s, &to->core.self.address.account, &contact));
	assert_status(
	    STATUS_OK, pair_encrypt(&s, &contact, &contact.list.devices[0], p,
			   &type, &ciphertext));
	commit(&s);
	return parcel_new(from, type, ciphertext);
}

static void
send_evil(struct cores *c, struct evil *e)
{
	struct plaintext p = { .kind = CONTENT_MESSAGE };
	struct buf *body = NULL;
	struct signature signature;
	struct parcel parcel;

	hash_content(e);
	assert_status(STATUS_OK, buf_new(4096, &body));
	assert_status(STATUS_OK, envelope_put_message_body(&e->body, body));
	sign_evil(e, buf_view(body), &signature);
	p.u.message = (struct signed_message){
		.body = buf_view(body),
		.signature = BYTES_OF(signature),
		.auth = e->auth,
		.salt = BYTES_OF(e->salt),
		.content = e->content,
	};
	parcel = encrypt(&c->alice, &c->bob, &p);
	assert_status(STATUS_OK, take(&c->bob, &parcel));
	parcel_clear(&parcel);
	buf_free(body);
}

static void
bob_files_it_as(struct cores *c, enum signature_verdict verdict)
{
	struct step s;
	struct history_entry e = last_entry(&c->bob, &s);

	assert_int_equal(e.kind, HISTORY_MESSAGE);
	assert_bytes(BYTES("evil"), e.text);
	assert_int_equal(e.signature, verdict);
	step_abort(&s);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
the_honest_form_of_these_attacks_is_valid(void **state)
{
	struct cores *c = *state;
	struct evil e = honest(c);

	send_evil(c, &e);
	bob_files_it_as(c, SIGNATURE_VALID);
}

static void
a_message_signed_by_somebody_else_is_shown_as_invalid(void **state)
{
	struct cores *c = *state;
	struct evil e = honest(c);

	e.signer = &c->carol.core.self;
	send_evil(c, &e);
	bob_files_it_as(c, SIGNATURE_INVALID);
}

static void
a_message_signed_for_another_conversation_is_shown_as_invalid(void **state)
{
	struct cores *c = *state;
	struct evil e = honest(c);

	peers_conversation(&c->alice.core.self.account_key,
	    &c->carol.core.self.account_key, &e.conversation);
	send_evil(c, &e);
	bob_files_it_as(c, SIGNATURE_INVALID);
}

static void
content_that_was_not_signed_is_shown_as_invalid(void **state)
{
	struct cores *c = *state;
	struct evil e = honest(c);

	e.wrong_hash = true;
	send_evil(c, &e);
	bob_files_it_as(c, SIGNATURE_INVALID);
}

static void
an_invalid_message_does_not_move_the_chain(void **state)
{
	struct cores *c = *state;
	struct evil e = honest(c);
	unsigned detail;

	e.body.seq = 1000;
	e.body.previous.raw[0] = 1;
	e.wrong_hash = true;
	send_evil(c, &e);
	e = honest(c);
	e.body.id.raw[0] = 1;
	send_evil(c, &e);
	bob_files_it_as(c, SIGNATURE_VALID);
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 0);
}

static void
a_signed_chain_that_jumps_is_a_gap(void **state)
{
	struct cores *c = *state;
	struct evil e = honest(c);
	unsigned detail;

	e.body.seq = 6;
	e.body.previous.raw[0] = 1;
	send_evil(c, &e);
	bob_files_it_as(c, SIGNATURE_VALID);
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 1);
	assert_int_equal(detail, 5);
	/* It follows by number, but not on what bob has. */
	e.body.seq = 7;
	e.body.id.raw[0] = 1;
	send_evil(c, &e);
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 2);
	assert_int_equal(detail, 1);
}

static void
the_same_signed_message_in_another_ciphertext_is_filed_once(void **state)
{
	struct cores *c = *state;
	struct evil e = honest(c);

	for (int i = 0; i < 3; i++)
		send_evil(c, &e);
	assert_int_equal(heard(&c->bob, "evil"), 1);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
what_is_no_text_is_kept_and_not_shown(void **state)
{
	struct cores *c = *state;
	const struct bytes bad[] = { BYTES("a\0b"), BYTES("\xff\xfe"),
		BYTES("\xed\xa0\x80") };
	struct evil e;
	unsigned detail;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = honest(c);
		e.content = bad[i];
		send_evil(c, &e);
	}
	e = honest(c);
	e.body.type = MESSAGE_EDIT; /* of what? */
	send_evil(c, &e);
	e = honest(c);
	e.body.suite = 9;
	send_evil(c, &e);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 5);
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(detail, 5);
}

/* What alice's ratchet makes of any bytes at all. */
static struct parcel
encrypt_raw(struct cores *c, struct bytes raw)
{
	struct party *from = &c->alice;
	const struct self *bob = &c->bob.core.self;
	struct buf *ciphertext = NULL;
	uint32_t type = 0;
	struct step s;

	assert_status(STATUS_OK, meet(from, &c->bob));
	s = begin(from);
	assert_status(STATUS_OK,
	    ratchet_encrypt(from->core.ratchet, s.txn, &from->core.self,
		&bob->address, &bob->list.devices[0], raw, &type, &ciphertext));
	commit(&s);
	return parcel_new(from, type, ciphertext);
}

/* A whole plaintext of alice, with whatever list and counter. */
static struct parcel
encrypt_plain(struct cores *c, const struct plaintext *p)
{
	struct buf *b = NULL;
	struct parcel parcel;

	assert_status(STATUS_OK, buf_new(64 * 1024, &b));
	assert_status(STATUS_OK, envelope_put_plaintext(p, b));
	assert_status(STATUS_OK, padding_add(b));
	parcel = encrypt_raw(c, buf_view(b));
	buf_free(b);
	return parcel;
}

static void
bob_believes_nothing_of(struct cores *c, struct parcel parcel)
{
	struct account_name alice = name_of("alice");
	struct contact contact;
	struct step s;

	assert_status(STATUS_OK, take(&c->bob, &parcel));
	s = begin(&c->bob);
	assert_status(STATUS_NOT_FOUND, contact_get(s.txn, &alice, &contact));
	step_abort(&s);
	assert_int_not_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 0);
	parcel_clear(&parcel);
}

static void
bad_padding_and_garbage_inside_the_ratchet_are_refused(void **state)
{
	struct cores *c = *state;
	uint8_t zeros[160] = { 0 };
	uint8_t garbage[160];

	bob_believes_nothing_of(c, encrypt_raw(c, BYTES("x")));
	bob_believes_nothing_of(c, encrypt_raw(c, BYTES_OF(zeros)));
	memset(garbage, 0x81, sizeof(garbage));
	garbage[100] = 0x80;
	memset(garbage + 101, 0, sizeof(garbage) - 101);
	bob_believes_nothing_of(c, encrypt_raw(c, BYTES_OF(garbage)));
}

static void
a_first_message_must_carry_the_senders_own_list(void **state)
{
	struct cores *c = *state;
	struct plaintext p = { .counter = 1, .list_version = 1 };
	struct self forged = c->alice.core.self;
	uint8_t signature[SIGN_SIGNATURE_BYTES] = { 0 };
	struct signature signed_by;
	struct buf *body = NULL;

	bob_believes_nothing_of(c, encrypt_plain(c, &p)); /* none */
	p.has_list = true;
	p.list = self_signed_list(&c->carol.core.self); /* another's */
	bob_believes_nothing_of(c, encrypt_plain(c, &p));
	p.list = self_signed_list(&c->alice.core.self);
	p.list.signature = BYTES_OF(signature); /* nobody's */
	bob_believes_nothing_of(c, encrypt_plain(c, &p));
	/* Well signed, but the device is not on it, or has another key. */
	forged.list.devices[0].id = 2;
	assert_status(
	    STATUS_OK, device_list_sign(&forged.list, &forged.account_secret,
			   &body, &signed_by));
	p.list = (struct signed_list){ buf_view(body), BYTES_OF(signed_by) };
	bob_believes_nothing_of(c, encrypt_plain(c, &p));
	buf_free(body);
	body = NULL;
	forged.list.devices[0] = c->carol.core.self.list.devices[0];
	assert_status(
	    STATUS_OK, device_list_sign(&forged.list, &forged.account_secret,
			   &body, &signed_by));
	p.list = (struct signed_list){ buf_view(body), BYTES_OF(signed_by) };
	bob_believes_nothing_of(c, encrypt_plain(c, &p));
	buf_free(body);
}

static void
another_list_of_the_pinned_version_is_refused(void **state)
{
	struct cores *c = *state;
	struct self fork = c->alice.core.self;
	struct plaintext p = { .counter = 2, .list_version = 1 };
	struct signature signed_by;
	struct parcel parcel;
	struct buf *body = NULL;

	say(&c->alice, &c->bob, "hello");
	memset(&p.list_hash, 0x11, sizeof(p.list_hash));
	parcel = encrypt_plain(c, &p);
	assert_status(STATUS_OK, take(&c->bob, &parcel));
	parcel_clear(&parcel);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 1);
	fork.list.issued_ms++;
	assert_status(STATUS_OK, device_list_sign(&fork.list,
				     &fork.account_secret, &body, &signed_by));
	p.has_list = true;
	p.list = (struct signed_list){ buf_view(body), BYTES_OF(signed_by) };
	parcel = encrypt_plain(c, &p);
	assert_status(STATUS_OK, take(&c->bob, &parcel));
	parcel_clear(&parcel);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 2);
	buf_free(body);
	say(&c->alice, &c->bob, "still here");
	assert_int_equal(heard(&c->bob, "still here"), 1);
}

static void
a_control_message_of_no_known_kind_is_counted(void **state)
{
	struct cores *c = *state;
	struct plaintext nothing = { .kind = CONTENT_NONE };
	struct parcel held = encrypt(&c->alice, &c->bob, &nothing);
	struct parcel next = encrypt(&c->alice, &c->bob, &nothing);
	unsigned detail;

	assert_status(STATUS_OK, take(&c->bob, &next));
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 1);
	assert_int_equal(detail, 1);
	assert_status(STATUS_OK, take(&c->bob, &held));
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 1);
	parcel_clear(&held);
	parcel_clear(&next);
}

static void
a_flood_is_one_line_and_the_true_message_still_arrives(void **state)
{
	struct cores *c = *state;
	struct parcel p;
	unsigned detail;

	say(&c->carol, &c->bob, "hello");
	p = write_to(&c->alice, &c->bob, "flood");
	for (unsigned i = 0; i < 200; i++) {
		((uint8_t *)
			p.item.payload.data)[p.item.payload.len - 1 - i % 8]++;
		assert_status(STATUS_OK, take(&c->bob, &p));
	}
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(detail, 200);
	assert_int_equal(heard(&c->bob, "flood"), 0);
	say(&c->carol, &c->bob, "still here");
	assert_int_equal(heard(&c->bob, "still here"), 1);
	parcel_clear(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(
		    a_message_signed_by_somebody_else_is_shown_as_invalid),
		cores_test(
		    a_message_signed_for_another_conversation_is_shown_as_invalid),
		cores_test(content_that_was_not_signed_is_shown_as_invalid),
		cores_test(an_invalid_message_does_not_move_the_chain),
		cores_test(what_is_no_text_is_kept_and_not_shown),
		cores_test(
		    bad_padding_and_garbage_inside_the_ratchet_are_refused),
		cores_test(a_first_message_must_carry_the_senders_own_list),
		cores_test(another_list_of_the_pinned_version_is_refused),
		cores_test(
		    a_flood_is_one_line_and_the_true_message_still_arrives),
		cores_test(a_signed_chain_that_jumps_is_a_gap),
		cores_test(
		    the_same_signed_message_in_another_ciphertext_is_filed_once),
		cores_test(a_control_message_of_no_known_kind_is_counted),
		cores_test(the_honest_form_of_these_attacks_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
