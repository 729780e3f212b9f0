/* Sessions of accounts that go: removed by their owner, evicted, suspended. */
#include "tests/unit/relay/session_fixture.h"

#include "relay/storage.h"

static void
ask_removal(
    struct fixture *f, enum sign_purpose purpose, const struct sign_secret *key)
{
	struct request r = { .id = 7, .kind = REQUEST_REMOVE_ACCOUNT };
	struct proof_context context = { .who = f->alice.who };
	struct signature proof;

	context.relay_key = f->common->pin;
	memcpy(context.nonce, f->peer.nonce, sizeof(context.nonce));
	memset(context.exporter, 3, sizeof(context.exporter));
	assert_status(
	    STATUS_OK, proof_make(&context, purpose, BYTES_NONE, key, &proof));
	r.u.remove_proof = BYTES_OF(proof.raw);
	feed(f->session, &r);
}

static void
answer_list(struct fixture *f)
{
	struct storage_op *op = oldest(STORAGE_ACCOUNT);

	assert_true(
	    account_name_equal(&op->u.account.name, &f->alice.who.account));
	op->u.account.list.body = buf_view(f->alice.list_body);
	op->u.account.list.signature = BYTES_OF(f->alice.list_signature.raw);
	answer(STATUS_OK);
}

static void
removal_needs_the_account_key_over_this_connection(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	ask_removal(f, SIGN_REMOVE_ACCOUNT, &f->alice.device_secret);
	answer_list(f);
	assert_error(f, ERROR_DENIED);
	assert_int_equal(0, fake.count);
	ask_removal(f, SIGN_AUTHENTICATE, &f->alice.account_secret);
	answer_list(f);
	assert_error(f, ERROR_DENIED);
	f->peer.nonce[0] ^= 1;
	ask_removal(f, SIGN_REMOVE_ACCOUNT, &f->alice.account_secret);
	answer_list(f);
	assert_error(f, ERROR_DENIED);
	assert_int_equal(0, fake.count);
	assert_true(session_is_authenticated(f->session));
}

static void
removal_is_refused_before_authentication(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	ask_removal(f, SIGN_REMOVE_ACCOUNT, &f->alice.account_secret);
	assert_error(f, ERROR_NOT_AUTHENTICATED);
	assert_int_equal(0, fake.count);
}

static void
an_owner_is_told_before_the_session_ends(void **state)
{
	struct fixture *f = *state;
	struct storage_eviction e = { .removed = true };
	struct storage_op *op;

	open_session(f);
	e.name = f->alice.who.account;
	ask_removal(f, SIGN_REMOVE_ACCOUNT, &f->alice.account_secret);
	answer_list(f);
	op = oldest(STORAGE_REMOVE);
	assert_true(op->u.remove.by_owner);
	assert_memory_equal(&op->u.remove.account_key, &f->alice.account_key,
	    sizeof(f->alice.account_key));
	answer(STATUS_OK);
	assert_int_equal(REPLY_ACCOUNT_REMOVED, last(f)->kind);
	assert_int_equal(7, last(f)->id);
	assert_false(f->peer.finished);
	session_evict(f->session, &e);
	assert_true(f->peer.finished);
}

static void
a_name_that_changed_hands_meanwhile_is_left_alone(void **state)
{
	static const enum status answers[] = { STATUS_DENIED,
		STATUS_NOT_FOUND };
	struct fixture *f = *state;

	open_session(f);
	for (size_t i = 0; i < 2; i++) {
		ask_removal(f, SIGN_REMOVE_ACCOUNT, &f->alice.account_secret);
		answer_list(f);
		oldest(STORAGE_REMOVE);
		answer(answers[i]);
		assert_error(f, ERROR_NOT_FOUND);
	}
	ask_removal(f, SIGN_REMOVE_ACCOUNT, &f->alice.account_secret);
	oldest(STORAGE_ACCOUNT);
	answer(STATUS_IO);
	assert_error(f, ERROR_UNAVAILABLE);
}

static void
eviction_ends_the_sessions_of_that_account_alone(void **state)
{
	struct fixture *f = *state;
	struct storage_eviction e = { .removed = false };

	session_evict(f->session, NULL); /* nobody yet */
	assert_false(f->peer.finished);
	open_session(f);
	assert_status(STATUS_OK, account_name_parse(BYTES("alicia"), &e.name));
	session_evict(f->session, &e);
	assert_false(f->peer.finished);
	session_evict(f->session, NULL);
	assert_true(f->peer.finished);
}

static void
a_suspension_is_told_to_the_holder_of_the_key_alone(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op;

	hello(f->session);
	authenticate_with(f, f->session, &f->peer, &f->alice.account_secret);
	op = oldest(STORAGE_IDENTIFY);
	op->u.identify.device_key = f->alice.device_key;
	op->u.identify.suspended = SUSPENDED_BY_OPERATOR;
	answer(STATUS_OK);
	assert_error(f, ERROR_DENIED);

	authenticate_with(f, f->session, &f->peer, &f->alice.device_secret);
	op = oldest(STORAGE_IDENTIFY);
	op->u.identify.device_key = f->alice.device_key;
	answer(STATUS_OK);
	op = oldest(STORAGE_IDENTIFY);
	op->u.identify.suspended = SUSPENDED_INACTIVE;
	answer(STATUS_OK);
	assert_error(f, ERROR_SUSPENDED);
	assert_false(session_is_authenticated(f->session));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(removal_needs_the_account_key_over_this_connection),
		CASE(removal_is_refused_before_authentication),
		CASE(an_owner_is_told_before_the_session_ends),
		CASE(a_name_that_changed_hands_meanwhile_is_left_alone),
		CASE(eviction_ends_the_sessions_of_that_account_alone),
		CASE(a_suspension_is_told_to_the_holder_of_the_key_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
