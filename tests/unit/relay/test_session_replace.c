/* Sessions that begin with other devices, or with a recovery key. */
#include "tests/unit/relay/session_fixture.h"

#include "relay/storage.h"
#include "tests/support/wire_devices.h"

static void
context_for(
    struct fixture *f, const struct address *who, struct proof_context *context)
{
	*context = (struct proof_context){ .who = *who };
	context->relay_key = f->common->pin;
	memcpy(context->nonce, f->peer.nonce, sizeof(context->nonce));
	memset(context->exporter, 3, sizeof(context->exporter));
}

/* By which keys, and for which purpose, is the test's choice. */
static void
ask_replace(struct fixture *f, const struct wire_person *p,
    enum sign_purpose purpose, const struct sign_secret *account,
    const struct sign_secret *device)
{
	struct request r = { .id = 9, .kind = REQUEST_REPLACE_DEVICES };
	struct signature by_account, by_device;
	struct proof_context context;
	struct hash hash;

	context_for(f, &p->who, &context);
	hash_bytes(buf_view(p->list_body), &hash);
	assert_status(STATUS_OK, proof_make(&context, purpose, hash_view(&hash),
				     account, &by_account));
	assert_status(STATUS_OK, proof_make(&context, purpose, hash_view(&hash),
				     device, &by_device));
	r.u.replace.list.body = buf_view(p->list_body);
	r.u.replace.list.signature = BYTES_OF(p->list_signature.raw);
	r.u.replace.device = p->who.device;
	r.u.replace.account_proof = BYTES_OF(by_account.raw);
	r.u.replace.device_proof = BYTES_OF(by_device.raw);
	feed(f->session, &r);
}

static void
ask_well(struct fixture *f, const struct wire_person *p)
{
	ask_replace(
	    f, p, SIGN_REPLACE_DEVICES, &p->account_secret, &p->device_secret);
}

static void
make_next(struct fixture *f, struct wire_person *next)
{
	assert_status(STATUS_OK, wire_person_next(&f->alice, NULL, next));
}

static void
the_session_is_that_of_the_new_device_from_then_on(void **state)
{
	struct fixture *f = *state;
	struct storage_eviction old = { .device = 1, .removed = true };
	struct wire_person next;
	struct storage_op *op;

	make_next(f, &next);
	hello(f->session);
	ask_well(f, &next);
	op = oldest(STORAGE_REPLACE);
	assert_int_equal(op->u.replace.device, 2);
	assert_int_equal(op->u.replace.list.version, 2);
	answer(STATUS_OK);
	assert_int_equal(REPLY_REGISTERED, last(f)->kind);
	assert_true(session_is_authenticated(f->session));
	old.name = f->alice.who.account;
	session_evict(f->session, &old);
	assert_false(f->peer.finished);
	old.device = 2;
	session_evict(f->session, &old);
	assert_true(f->peer.finished);
	wire_person_clear(&next);
}

static void
the_same_list_again_is_a_success(void **state)
{
	struct fixture *f = *state;
	struct wire_person next;

	make_next(f, &next);
	hello(f->session);
	ask_well(f, &next);
	answer(STATUS_EXISTS);
	assert_int_equal(REPLY_REGISTERED, last(f)->kind);
	assert_true(session_is_authenticated(f->session));
	wire_person_clear(&next);
}

static void
both_keys_sign_for_this_connection_and_this_purpose(void **state)
{
	struct fixture *f = *state;
	struct wire_person next;

	make_next(f, &next);
	hello(f->session);
	ask_replace(f, &next, SIGN_REPLACE_DEVICES, &next.device_secret,
	    &next.device_secret);
	assert_error(f, ERROR_DENIED);
	ask_replace(f, &next, SIGN_REPLACE_DEVICES, &next.account_secret,
	    &next.account_secret);
	assert_error(f, ERROR_DENIED);
	ask_replace(
	    f, &next, SIGN_REGISTER, &next.account_secret, &next.device_secret);
	assert_error(f, ERROR_DENIED);
	f->peer.nonce[0] ^= 1;
	ask_well(f, &next);
	assert_error(f, ERROR_DENIED);
	assert_int_equal(0, fake.count);
	wire_person_clear(&next);
}

static void
what_storage_refuses_is_told_and_may_be_tried_again(void **state)
{
	static const struct {
		enum status st;
		enum error_code code;
	} answers[] = { { STATUS_CONFLICT, ERROR_LIST_TAKEN },
		{ STATUS_NOT_FOUND, ERROR_DENIED },
		{ STATUS_DENIED, ERROR_SUSPENDED },
		{ STATUS_FULL, ERROR_UNAVAILABLE } };
	struct fixture *f = *state;
	struct wire_person next;

	make_next(f, &next);
	hello(f->session);
	for (size_t i = 0; i < 4; i++) {
		struct storage_op *op;

		ask_well(f, &next);
		op = oldest(STORAGE_REPLACE);
		op->u.replace.current.body = buf_view(f->alice.list_body);
		op->u.replace.current.signature =
		    BYTES_OF(f->alice.list_signature.raw);
		op->u.replace.suspended = SUSPENDED_BY_OPERATOR;
		answer(answers[i].st);
		assert_error(f, answers[i].code);
		assert_false(session_is_authenticated(f->session));
	}
	ask_well(f, &next);
	answer(STATUS_BAD_INPUT);
	assert_error(f, ERROR_BAD_REQUEST);
	assert_true(f->peer.finished);
	wire_person_clear(&next);
}

static void
an_open_session_replaces_nothing(void **state)
{
	struct fixture *f = *state;
	struct wire_person next;

	make_next(f, &next);
	open_session(f);
	ask_well(f, &next);
	assert_error(f, ERROR_BAD_REQUEST);
	assert_int_equal(0, fake.count);
	wire_person_clear(&next);
}

static void
ask_recover(
    struct fixture *f, enum sign_purpose purpose, const struct sign_secret *key)
{
	struct request r = { .id = 10, .kind = REQUEST_RECOVER_ACCOUNT };
	struct address who = { .account = f->alice.who.account };
	struct proof_context context;
	struct signature proof;

	context_for(f, &who, &context);
	assert_status(
	    STATUS_OK, proof_make(&context, purpose, BYTES_NONE, key, &proof));
	r.u.recover.account = who.account;
	r.u.recover.proof = BYTES_OF(proof.raw);
	feed(f->session, &r);
}

static void
answer_list(const struct wire_person *p)
{
	struct storage_op *op = oldest(STORAGE_ACCOUNT);

	op->u.account.list.body = buf_view(p->list_body);
	op->u.account.list.signature = BYTES_OF(p->list_signature.raw);
	answer(STATUS_OK);
}

static void
the_recovery_key_reads_the_list_and_nothing_else_does(void **state)
{
	struct fixture *f = *state;
	struct wire_person next, after;
	struct sign_public recovery;
	struct sign_secret secret;

	sign_generate(&recovery, &secret);
	assert_status(STATUS_OK, wire_person_next(&f->alice, &recovery, &next));
	hello(f->session);
	ask_recover(f, SIGN_RECOVER, &next.account_secret);
	answer_list(&next);
	assert_error(f, ERROR_DENIED);
	ask_recover(f, SIGN_AUTHENTICATE, &secret);
	answer_list(&next);
	assert_error(f, ERROR_DENIED);
	ask_recover(f, SIGN_RECOVER, &secret);
	answer_list(&next);
	assert_int_equal(REPLY_ACCOUNT, last(f)->kind);
	assert_false(session_is_authenticated(f->session));
	/* On the same connection it goes on. */
	assert_status(STATUS_OK, wire_person_next(&next, &recovery, &after));
	ask_well(f, &after);
	answer(STATUS_OK);
	assert_int_equal(REPLY_REGISTERED, last(f)->kind);
	wire_person_clear(&next);
	wire_person_clear(&after);
}

static void
nobody_learns_which_accounts_there_are_or_can_be_recovered(void **state)
{
	struct fixture *f = *state;
	struct sign_public recovery;
	struct sign_secret secret;

	sign_generate(&recovery, &secret);
	hello(f->session);
	ask_recover(f, SIGN_RECOVER, &secret);
	answer_list(&f->alice); /* without a recovery key */
	assert_error(f, ERROR_DENIED);
	ask_recover(f, SIGN_RECOVER, &secret);
	oldest(STORAGE_ACCOUNT);
	answer(STATUS_NOT_FOUND);
	assert_error(f, ERROR_DENIED);
	ask_recover(f, SIGN_RECOVER, &secret);
	oldest(STORAGE_ACCOUNT);
	answer(STATUS_IO);
	assert_error(f, ERROR_UNAVAILABLE);
}

static void
a_suspended_account_is_told_so_with_its_key_alone(void **state)
{
	struct fixture *f = *state;
	struct sign_public recovery;
	struct sign_secret secret;
	struct wire_person next;

	sign_generate(&recovery, &secret);
	assert_status(STATUS_OK, wire_person_next(&f->alice, &recovery, &next));
	hello(f->session);
	for (int i = 0; i < 2; i++) {
		ask_recover(
		    f, SIGN_RECOVER, i == 0 ? &next.device_secret : &secret);
		oldest(STORAGE_ACCOUNT)->u.account.suspended =
		    SUSPENDED_BY_OPERATOR;
		answer_list(&next);
		assert_error(f, i == 0 ? ERROR_DENIED : ERROR_SUSPENDED);
	}
	wire_person_clear(&next);
}

static void
guessing_ends_the_connection(void **state)
{
	struct fixture *f = *state;
	struct sign_public recovery;
	struct sign_secret secret;

	sign_generate(&recovery, &secret);
	hello(f->session);
	for (int i = 0; i < 5; i++) {
		assert_false(f->peer.finished);
		ask_recover(f, SIGN_RECOVER, &secret);
		answer_list(&f->alice);
	}
	assert_true(f->peer.finished);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_session_is_that_of_the_new_device_from_then_on),
		CASE(the_same_list_again_is_a_success),
		CASE(both_keys_sign_for_this_connection_and_this_purpose),
		CASE(what_storage_refuses_is_told_and_may_be_tried_again),
		CASE(an_open_session_replaces_nothing),
		CASE(the_recovery_key_reads_the_list_and_nothing_else_does),
		CASE(
		    nobody_learns_which_accounts_there_are_or_can_be_recovered),
		CASE(a_suspended_account_is_told_so_with_its_key_alone),
		CASE(guessing_ends_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
