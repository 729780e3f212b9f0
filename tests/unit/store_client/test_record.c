/* Records that authenticate and yet are not what they should be. */
#include "store/client/record.h"

#include "fixture.h"

static void
put_raw(struct fixture *f, enum vault_table table, struct bytes value)
{
	struct vault_key key = vault_key_number(1);

	assert_status(STATUS_OK, vault_put(f->t, table, &key, value));
}

static void
a_malformed_record_is_damage_and_writes_no_output(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = { .n = 77 };
	struct outbox_row row = { .order = 77 };
	struct counters c = { .submit_high = 77 };
	struct self s;

	put_raw(f, VAULT_HISTORY, BYTES("\xff\xff\xff"));
	assert_status(STATUS_CRYPTO, history_get(f->t, 1, f->a, &e));
	assert_int_equal(e.n, 77);
	put_raw(f, VAULT_HISTORY, BYTES_NONE); /* no kind, no hash, no id */
	assert_status(STATUS_CRYPTO, history_get(f->t, 1, f->a, &e));
	assert_int_equal(e.n, 77);
	put_raw(f, VAULT_OUTBOX, BYTES_NONE);
	assert_status(STATUS_CRYPTO, outbox_get(f->t, 1, f->a, &row));
	assert_int_equal(row.order, 77);
	put_raw(f, VAULT_META, BYTES_NONE); /* 1: self */
	assert_status(STATUS_CRYPTO, self_get(f->t, &s));
	assert_status(
	    STATUS_CRYPTO, record_open_counters(BYTES("\x0a\x01x"), f->a, &c));
	assert_int_equal(c.submit_high, 77);
}

static void
numbers_outside_their_enum_are_damage(void **state)
{
	struct fixture *f = *state;
	struct history_entry good = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_GROUP,
	};
	struct history_entry bad[6];
	struct history_entry read;
	struct buf *packed = NULL;

	for (size_t i = 0; i < 6; i++)
		bad[i] = good;
	bad[0].kind = HISTORY_NOTICE + 1;
	bad[1].conversation_kind = 0;
	bad[2].signature = SIGNATURE_UNKNOWN_DEVICE + 1;
	bad[3].trust = TRUST_CHANGED + 1;
	bad[4].state = STATE_DEVICE_GONE + 1;
	bad[5].notice = NOTICE_KIND_MAX + 1;
	assert_status(STATUS_OK, buf_new(1024, &packed));
	assert_status(STATUS_OK, record_pack_history(&good, packed));
	assert_status(
	    STATUS_OK, record_open_history(buf_view(packed), f->a, &read));
	for (size_t i = 0; i < 6; i++) {
		buf_clear(packed);
		assert_status(STATUS_OK, record_pack_history(&bad[i], packed));
		assert_status(STATUS_CRYPTO,
		    record_open_history(buf_view(packed), f->a, &read));
	}
	buf_free(packed);
}

static void
a_full_buffer_takes_no_part_of_a_record(void **state)
{
	struct history_entry e = { .kind = HISTORY_MESSAGE };
	struct buf *small = NULL;

	(void)state;
	assert_status(STATUS_OK, buf_new(16, &small));
	assert_status(STATUS_FULL, record_pack_history(&e, small));
	assert_int_equal(buf_len(small), 0);
	buf_free(small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_malformed_record_is_damage_and_writes_no_output),
		fixture_test(numbers_outside_their_enum_are_damage),
		fixture_test(a_full_buffer_takes_no_part_of_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
