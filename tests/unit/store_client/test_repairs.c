#include "store/client/repairs.h"
#include "tests/unit/store_client/fixture.h"

static struct gap
numbers(const struct fixture *f, uint64_t first, uint64_t last)
{
	return (struct gap){
		.kind = GAP_NUMBERS,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = fixture_hash("g"),
		.author = f->bob,
		.author_key = { { 3 } },
		.first = first,
		.last = last,
		.has_before = true,
		.before = fixture_hash("before"),
		.after = fixture_hash("after"),
		.head_first = 4,
		.head_last = 5,
		.told = 6,
		.noticed_ms = NOW_MS,
		.asked = 2,
		.next_ask_ms = NOW_MS + 7,
	};
}

static enum status
find(struct fixture *f, uint64_t number, struct gap *g)
{
	struct hash group = fixture_hash("g");

	return gap_find_number(f->t, &group, &f->bob, number, g);
}

static void
a_gap_is_found_by_any_number_in_it(void **state)
{
	struct fixture *f = *state;
	struct gap was = numbers(f, 5, 7);
	struct gap other = numbers(f, 10, UINT64_MAX);
	struct gap is;

	assert_status(STATUS_NOT_FOUND, find(f, 5, &is));
	assert_status(STATUS_OK, gap_put(f->t, &was));
	assert_status(STATUS_OK, gap_put(f->t, &other));
	fixture_turn(f);
	assert_status(STATUS_NOT_FOUND, find(f, 4, &is));
	assert_status(STATUS_NOT_FOUND, find(f, 8, &is));
	assert_status(STATUS_OK, find(f, UINT64_MAX, &is));
	assert_int_equal(is.first, 10);
	assert_status(STATUS_OK, find(f, 5, &is));
	assert_status(STATUS_OK, find(f, 7, &is));
	assert_memory_equal(&is, &was, sizeof(is));
	assert_status(STATUS_OK, gap_del(f->t, &is));
	assert_status(STATUS_NOT_FOUND, gap_del(f->t, &is));
	assert_status(STATUS_NOT_FOUND, find(f, 7, &is));
}

static void
a_gap_is_of_one_device_in_one_conversation(void **state)
{
	struct fixture *f = *state;
	struct gap was = numbers(f, 5, 7);
	struct hash other = fixture_hash("another");
	struct gap is;
	size_t count = 0;

	assert_status(STATUS_OK, gap_put(f->t, &was));
	assert_status(
	    STATUS_NOT_FOUND, gap_find_number(f->t, &other, &f->bob, 5, &is));
	assert_status(STATUS_NOT_FOUND,
	    gap_find_number(f->t, &was.conversation, &f->alice, 5, &is));
	was = numbers(f, 8, 9);
	assert_status(STATUS_OK, gap_put(f->t, &was));
	assert_status(STATUS_OK, gap_count_of(f->t, GAP_NUMBERS,
				     &was.conversation, &f->bob, 9, &count));
	assert_int_equal(count, 2);
	assert_status(STATUS_OK, gap_count_of(f->t, GAP_NUMBERS,
				     &was.conversation, &f->bob, 1, &count));
	assert_int_equal(count, 1);
	assert_status(STATUS_OK, gap_count_of(f->t, GAP_ITEM, &was.conversation,
				     &f->bob, 9, &count));
	assert_int_equal(count, 0);
}

static void
a_ciphertext_is_found_by_its_whole_hash(void **state)
{
	struct fixture *f = *state;
	struct gap was = numbers(f, 0, 0);
	struct gap is;
	struct hash near;
	size_t count = 0;

	was.kind = GAP_ITEM;
	was.ciphertext = fixture_hash("ciphertext");
	was.quarantined = 8;
	was.no_key = true;
	was.has_before = false;
	memset(&was.before, 0, sizeof(was.before));
	assert_status(STATUS_OK, gap_put(f->t, &was));
	assert_status(
	    STATUS_OK, gap_find_item(f->t, &f->bob, &was.ciphertext, &is));
	assert_memory_equal(&is, &was, sizeof(is));
	near = was.ciphertext;
	near.raw[31] ^= 1;
	assert_status(
	    STATUS_NOT_FOUND, gap_find_item(f->t, &f->bob, &near, &is));
	assert_status(STATUS_NOT_FOUND,
	    gap_find_item(f->t, &f->alice, &was.ciphertext, &is));
	assert_status(
	    STATUS_OK, gap_count_of(f->t, GAP_ITEM, NULL, &f->bob, 9, &count));
	assert_int_equal(count, 1);
}

static void
what_was_sent_is_forgotten_in_time(void **state)
{
	struct fixture *f = *state;
	struct hash ciphertext = fixture_hash("ciphertext");
	uint64_t n = 0;

	assert_status(STATUS_NOT_FOUND, sent_get(f->t, &ciphertext, &n));
	assert_status(STATUS_OK, sent_put(f->t, &ciphertext, 7, NOW_MS));
	assert_status(STATUS_OK, sent_prune(f->t, NOW_MS, 2));
	assert_status(STATUS_OK, sent_get(f->t, &ciphertext, &n));
	assert_int_equal(n, 7);
	assert_status(STATUS_OK, sent_prune(f->t, NOW_MS + 1, 2));
	assert_status(STATUS_NOT_FOUND, sent_get(f->t, &ciphertext, &n));
}

static void
a_tally_begins_anew_after_its_time(void **state)
{
	struct fixture *f = *state;
	struct bytes parts[] = { BYTES("a"), BYTES("b") };
	struct bytes others[] = { BYTES("ab"), BYTES("") };
	struct tally tally = { parts, 2, 3, 1000 };
	struct tally other = { others, 2, 3, 1000 };

	assert_status(STATUS_OK, tally_add(f->t, &tally, 2, NOW_MS));
	assert_status(STATUS_FULL, tally_add(f->t, &tally, 2, NOW_MS + 1));
	assert_status(STATUS_OK, tally_add(f->t, &tally, 1, NOW_MS + 1));
	assert_status(STATUS_FULL, tally_add(f->t, &tally, 1, NOW_MS + 999));
	assert_status(STATUS_OK, tally_add(f->t, &other, 3, NOW_MS + 2));
	assert_status(STATUS_OK, tally_add(f->t, &tally, 3, NOW_MS + 1000));
	assert_status(
	    STATUS_FULL, tally_add(f->t, &tally, UINT64_MAX, NOW_MS + 1001));
	assert_status(STATUS_OK, tally_add(f->t, &tally, 3, NOW_MS - 9));
	assert_status(STATUS_OK, tally_prune(f->t, NOW_MS + 3, 2));
	assert_status(STATUS_OK, tally_add(f->t, &other, 3, NOW_MS + 3));
}

/* An account whose device is replaced with each version of its list. */
struct account {
	struct device_list list;
	struct sign_secret secret;
	struct signed_list is; /* the version signed last */
	struct buf *body;
	struct signature signature;
};

static struct account
account_new(const struct account_name *name)
{
	struct account a = { .list.account = *name, .list.suites = 1 };

	sign_generate(&a.list.account_key, &a.secret);
	return a;
}

static void
account_put(struct fixture *f, struct account *a)
{
	struct device_entry device = { .registration_id = 1,
		.identity_key = { 5 } };

	device.id = (uint32_t)++a->list.version;
	if (a->body != NULL)
		hash_bytes(buf_view(a->body), &a->list.previous);
	buf_free(a->body);
	a->list.issued_ms = NOW_MS;
	a->list.devices[0] = device;
	a->list.devices_count = 1;
	assert_status(STATUS_OK,
	    device_list_sign(&a->list, &a->secret, &a->body, &a->signature));
	a->is =
	    (struct signed_list){ buf_view(a->body), BYTES_OF(a->signature) };
	assert_status(STATUS_OK, list_put(f->t, &a->list, &a->is));
}

/* Each version names another device. */
static enum status
newest(struct fixture *f, const struct account_name *account,
    const struct sign_public *key, struct signed_list *is)
{
	struct address device = { *account, 9 };
	enum status st = STATUS_NOT_FOUND;

	for (; st == STATUS_NOT_FOUND && device.device > 0; device.device--) {
		struct known_list known;
		size_t looks = 100;

		st = list_find(
		    f->t, &device, key, UINT64_MAX, &looks, f->a, &known);
		if (st == STATUS_OK)
			*is = known.list;
	}
	return st;
}

static void
a_list_is_of_one_key(void **state)
{
	struct fixture *f = *state;
	struct account a = account_new(&f->bob.account);
	struct sign_public other = { { 2 } };
	struct signed_list is;

	account_put(f, &a);
	assert_status(
	    STATUS_OK, newest(f, &f->bob.account, &a.list.account_key, &is));
	assert_bytes(a.is.body, is.body);
	assert_bytes(a.is.signature, is.signature);
	assert_status(
	    STATUS_NOT_FOUND, newest(f, &f->bob.account, &other, &is));
	assert_status(STATUS_NOT_FOUND,
	    newest(f, &f->alice.account, &a.list.account_key, &is));
	buf_free(a.body);
}

static void
what_a_device_that_is_gone_has_signed_can_be_checked(void **state)
{
	struct fixture *f = *state;
	struct account a = account_new(&f->bob.account);
	struct address device = { f->bob.account, 1 };
	struct known_list known;
	struct signed_list is;
	size_t looks = 100;

	account_put(f, &a);
	account_put(f, &a);
	account_put(f, &a);
	assert_status(
	    STATUS_OK, newest(f, &f->bob.account, &a.list.account_key, &is));
	assert_bytes(a.is.body, is.body);
	for (; device.device <= 3; device.device++) {
		assert_status(
		    STATUS_OK, list_find(f->t, &device, &a.list.account_key,
				   UINT64_MAX, &looks, f->a, &known));
		assert_int_equal(known.opened.version, device.device);
		assert_status(STATUS_NOT_FOUND,
		    list_find(f->t, &device, &a.list.account_key,
			known.opened.version, &looks, f->a, &known));
	}
	assert_status(
	    STATUS_NOT_FOUND, list_find(f->t, &device, &a.list.account_key,
				  UINT64_MAX, &looks, f->a, &known));
	assert_status(
	    STATUS_NOT_FOUND, list_find(f->t, &device, &a.list.account_key, 0,
				  &looks, f->a, &known));
	/* The first is behind two others. */
	device.device = 1;
	looks = 2;
	assert_status(STATUS_FULL, list_find(f->t, &device, &a.list.account_key,
				       UINT64_MAX, &looks, f->a, &known));
	buf_free(a.body);
}

static void
a_message_is_found_by_its_number(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = fixture_hash("g"),
		.from = f->bob.account,
		.device = f->bob.device,
		.seq = 9,
		.id = { { 4 } },
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
		.resent_by = f->alice.account,
		.repaired = 3,
	};
	struct history_entry is;
	uint64_t n = 0, seq;

	assert_status(STATUS_NOT_FOUND, history_has(f->t, &f->bob, &e.id));
	assert_status(STATUS_OK, history_append(f->t, &e, &e.n));
	assert_status(STATUS_OK, history_has(f->t, &f->bob, &e.id));
	assert_status(STATUS_NOT_FOUND, history_has(f->t, &f->alice, &e.id));
	assert_status(STATUS_NOT_FOUND,
	    history_find_number(f->t, &e.conversation, &f->bob, 9, &n));
	assert_status(STATUS_OK, history_note_number(f->t, &e));
	assert_status(STATUS_OK,
	    history_find_number(f->t, &e.conversation, &f->bob, 9, &n));
	assert_int_equal(n, e.n);
	for (seq = 0; seq <= 9; seq++) {
		uint64_t at = seq;

		assert_status(
		    STATUS_OK, history_next_number(
				   f->t, &e.conversation, &f->bob, &at, &n));
		assert_int_equal(at, 9);
		assert_int_equal(n, e.n);
	}
	assert_status(STATUS_NOT_FOUND,
	    history_next_number(f->t, &e.conversation, &f->bob, &seq, &n));
	assert_status(STATUS_NOT_FOUND,
	    history_find_number(f->t, &e.conversation, &f->bob, 8, &n));
	assert_status(STATUS_OK, history_get(f->t, n, f->a, &is));
	assert_int_equal(is.repaired, 3);
	assert_string_equal(is.resent_by.text, "alice");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_gap_is_found_by_any_number_in_it),
		fixture_test(a_gap_is_of_one_device_in_one_conversation),
		fixture_test(a_ciphertext_is_found_by_its_whole_hash),
		fixture_test(what_was_sent_is_forgotten_in_time),
		fixture_test(a_tally_begins_anew_after_its_time),
		fixture_test(a_list_is_of_one_key),
		fixture_test(
		    what_a_device_that_is_gone_has_signed_can_be_checked),
		fixture_test(a_message_is_found_by_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
