/* Proofs: they hold, and nothing in them can be changed. */
#include <stdio.h>

#include "base/number.h"
#include "client/core/handle.h"
#include "client/core/message_proof.h"
#include "tests/unit/core/cores.h"

/* Owned copies of what a proof borrows. */
struct kept {
	struct tacit_proof proof;
	uint8_t bytes[16 * 1024];
	size_t used;
};

struct verdict {
	size_t count;
	char from[64];
	char to[64];
	char content[64];
	char to_key[65];
	uint64_t seq;
};

static void
keep(struct kept *k, struct tacit_bytes *b)
{
	assert_true(k->used + b->len <= sizeof(k->bytes));
	if (b->len > 0)
		memcpy(k->bytes + k->used, b->data, b->len);
	b->data = k->bytes + k->used;
	k->used += b->len;
}

static void
on_proof(const struct tacit_proof *proof, void *arg)
{
	struct kept *k = arg;

	k->proof = *proof;
	keep(k, &k->proof.body);
	keep(k, &k->proof.signature);
	keep(k, &k->proof.salt);
	keep(k, &k->proof.content);
	keep(k, &k->proof.list_body);
	keep(k, &k->proof.list_signature);
	keep(k, &k->proof.to_key);
	keep(k, &k->proof.to_list_body);
	keep(k, &k->proof.to_list_signature);
}

static void
on_proven(const struct tacit_proven *p, void *arg)
{
	struct verdict *v = arg;

	v->count++;
	v->seq = p->seq;
	snprintf(v->from, sizeof(v->from), "%s", p->from);
	snprintf(v->to, sizeof(v->to), "%s", p->to != NULL ? p->to : "?");
	snprintf(v->to_key, sizeof(v->to_key), "%s", p->to_key);
	snprintf(v->content, sizeof(v->content), "%.*s", (int)p->content_len,
	    p->content);
}

static enum tacit_code
check(const struct kept *k, struct verdict *v)
{
	struct tacit_error e;

	memset(v, 0, sizeof(*v));
	return tacit_proof_check(&k->proof, on_proven, v, &e);
}

static void
id_of_last(struct party *p, char id[2 * MESSAGE_ID_BYTES + 1])
{
	struct step s;
	struct history_entry e = last_entry(p, &s);

	hex_encode(BYTES_OF(e.id.raw), id);
	step_abort(&s);
}

static enum tacit_code
prove(struct party *p, struct kept *k)
{
	struct tacit t = { .core = p->core, .dir = p->dir };
	char id[2 * MESSAGE_ID_BYTES + 1];
	struct tacit_error e;

	memset(k, 0, sizeof(*k));
	id_of_last(p, id);
	id[8] = '\0';
	return tacit_proof(&t, id, on_proof, k, &e);
}

/* By whoever got it and by whoever said it: the same claim. */
static void
a_proof_says_who_said_it_to_whom(void **state)
{
	struct cores *c = *state;
	struct kept k;
	struct verdict v;

	say(&c->bob, &c->alice, "I owe you 5");
	assert_int_equal(prove(&c->alice, &k), TACIT_DONE);
	assert_int_equal(check(&k, &v), TACIT_DONE);
	assert_string_equal(v.from, "bob");
	assert_string_equal(v.to, "alice");
	assert_string_equal(v.content, "I owe you 5");
	assert_int_equal(v.seq, 1);
	assert_int_equal(prove(&c->bob, &k), TACIT_DONE);
	assert_int_equal(check(&k, &v), TACIT_DONE);
	assert_string_equal(v.from, "bob");
	assert_string_equal(v.to, "alice");
	/* Without the list of the other one, the key alone is told. */
	k.proof.to_list_body.len = 0;
	assert_int_equal(check(&k, &v), TACIT_DONE);
	assert_string_equal(v.to, "?");
}

/* Whichever bit is turned over. */
static void
nothing_in_it_can_be_changed(void **state)
{
	struct cores *c = *state;
	struct kept k;
	struct verdict v;

	say(&c->bob, &c->alice, "I owe you 5");
	assert_int_equal(prove(&c->alice, &k), TACIT_DONE);
	for (size_t i = 0; i < k.used; i++) {
		uint8_t bit = (uint8_t)(1u << (i % 8));

		k.bytes[i] ^= bit;
		assert_int_equal(check(&k, &v), TACIT_FAILED);
		assert_int_equal(v.count, 0);
		k.bytes[i] ^= bit;
	}
	assert_int_equal(check(&k, &v), TACIT_DONE);
	k.proof.device = 2;
	assert_int_equal(check(&k, &v), TACIT_FAILED);
	k.proof.device = 1;
	k.proof.kind = TACIT_GROUP;
	assert_int_equal(check(&k, &v), TACIT_FAILED);
	k.proof.group = k.proof.to_key;
	assert_int_equal(check(&k, &v), TACIT_FAILED);
}

/* What alice said to bob is not what she said to carol. */
static void
parts_of_two_proofs_make_none(void **state)
{
	struct cores *c = *state;
	struct kept one;
	struct kept two;
	struct verdict v;

	say(&c->alice, &c->bob, "yes");
	assert_int_equal(prove(&c->alice, &one), TACIT_DONE);
	say(&c->alice, &c->carol, "no");
	assert_int_equal(prove(&c->alice, &two), TACIT_DONE);
	one.proof.to_key = two.proof.to_key;
	one.proof.to_list_body = two.proof.to_list_body;
	one.proof.to_list_signature = two.proof.to_list_signature;
	assert_int_equal(check(&one, &v), TACIT_FAILED);
	assert_int_equal(check(&two, &v), TACIT_DONE);
	assert_string_equal(v.to, "carol");
	two.proof.body = one.proof.body;
	two.proof.signature = one.proof.signature;
	assert_int_equal(check(&two, &v), TACIT_FAILED);
}

static void
what_is_erased_or_was_not_sent_is_not_proved(void **state)
{
	struct cores *c = *state;
	struct kept k;
	struct step s;
	struct history_entry e;

	say(&c->bob, &c->alice, "burn this");
	e = last_entry(&c->alice, &s);
	assert_status(STATUS_OK, history_erase(s.txn, e.n));
	commit(&s);
	assert_int_equal(prove(&c->alice, &k), TACIT_NOT_FOUND);
	/* Bob has it still, and can. */
	assert_int_equal(prove(&c->bob, &k), TACIT_DONE);
	compose(&c->alice, "carol", "a draft");
	assert_int_equal(prove(&c->alice, &k), TACIT_NOT_FOUND);
}

static void
strange_ids_are_refused(void **state)
{
	struct cores *c = *state;
	struct tacit t = { .core = c->alice.core, .dir = c->alice.dir };
	struct tacit_error e;
	struct kept k = { .used = 0 };

	assert_int_equal(
	    tacit_proof(&t, "nonsense", on_proof, &k, &e), TACIT_USAGE);
	assert_int_equal(
	    tacit_proof(&t, "0011", on_proof, &k, &e), TACIT_USAGE);
	assert_int_equal(
	    tacit_proof(&t, "00112233", on_proof, &k, &e), TACIT_NOT_FOUND);
}

/* A proof of nothing at all, and one of absurd lengths. */
static void
an_empty_proof_proves_nothing(void **state)
{
	static uint8_t zeros[300 * 1024];
	struct tacit_bytes many = { zeros, sizeof(zeros) };
	struct kept k = { .used = 0 };
	struct verdict v;

	(void)state;
	k.proof.kind = TACIT_DIRECT;
	assert_int_equal(check(&k, &v), TACIT_FAILED);
	k.proof = (struct tacit_proof){ TACIT_DIRECT, 1, many, many, many, many,
		many, many, many, many, many, many };
	assert_int_equal(check(&k, &v), TACIT_FAILED);
	k.proof.to_key.len = 32;
	assert_int_equal(check(&k, &v), TACIT_FAILED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(a_proof_says_who_said_it_to_whom),
		cores_test(nothing_in_it_can_be_changed),
		cores_test(parts_of_two_proofs_make_none),
		cores_test(what_is_erased_or_was_not_sent_is_not_proved),
		cores_test(strange_ids_are_refused),
		cores_test(an_empty_proof_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
