/* Items that are as large as may be, or larger: none stops the queue. */
#include "base/clock.h"
#include "client/core/messenger/padding.h"
#include "client/core/messenger/pair.h"
#include "tests/unit/core/cores.h"

static void
takes_garbage_of(struct party *p, const struct address *from, size_t len)
{
	uint8_t *garbage = calloc(1, len + 1);
	struct parcel parcel = { 0 };

	assert_non_null(garbage);
	for (uint32_t type = ITEM_RATCHET; type <= ITEM_RELAY_NOTE + 1;
	     type++) {
		parcel.item = (struct item){
			.seq = 1,
			.has_sender = true,
			.sender = *from,
			.type = type,
			.payload = bytes_view(garbage, len),
		};
		assert_status(STATUS_OK, take(p, &parcel));
		parcel.item.has_sender = false;
		garbage[0]++;
		assert_status(STATUS_OK, take(p, &parcel));
		garbage[0]++;
	}
	free(garbage);
}

static void
garbage_of_any_size_is_dealt_with(void **state)
{
	struct cores *c = *state;
	const struct address *eve = &c->eve.core.self.address;

	takes_garbage_of(&c->alice, eve, 0);
	takes_garbage_of(&c->alice, eve, 1);
	takes_garbage_of(&c->alice, eve, LIMIT_ITEM_BYTES - 1);
	takes_garbage_of(&c->alice, eve, LIMIT_ITEM_BYTES);
	takes_garbage_of(&c->alice, eve, LIMIT_ITEM_BYTES * 4);
}

/* What eve sends to alice in a session, with any plaintext at all. */
static void
takes_plaintext(struct cores *c, struct bytes plain)
{
	const struct address *to = &c->alice.core.self.address;
	struct buf *padded = NULL;
	struct buf *sealed = NULL;
	struct parcel parcel = { 0 };
	struct contact alice;
	struct step s = begin(&c->eve);
	uint32_t type;

	assert_status(STATUS_OK, peers_get(&s, &to->account, &alice));
	assert_status(STATUS_OK, buf_new(plain.len + 8192, &padded));
	assert_status(STATUS_OK, buf_put(padded, plain));
	assert_status(STATUS_OK, padding_add(padded));
	assert_status(STATUS_OK,
	    ratchet_encrypt(c->eve.core.ratchet, s.txn, &c->eve.core.self, to,
		&alice.list.devices[0], buf_view(padded), &type, &sealed));
	commit(&s);
	parcel.item = (struct item){
		.seq = 1,
		.has_sender = true,
		.sender = c->eve.core.self.address,
		.type = type,
		.suite = SUITE_SIGNAL_V3,
		.payload = buf_view(sealed),
	};
	assert_status(STATUS_OK, take(&c->alice, &parcel));
	buf_free(padded);
	buf_free(sealed);
}

static void
plaintexts_that_unfold_without_end_are_refused(void **state)
{
	static const char *const pieces[] = {
		"\x78\x01",         /* a field nobody knows */
		"\x42\x00",         /* an empty message, again and again */
		"\x52\x02\x0a\x00", /* keys of no group */
		"\x6a\x02\x0a\x00", /* a receipt for nothing */
	};
	struct cores *c = *state;
	struct buf *plain = NULL;

	say(&c->eve, &c->alice, "hello");
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		size_t len = pieces[i][1] == 2 ? 4 : 2;

		assert_status(
		    STATUS_OK, buf_new(LIMIT_PLAINTEXT_BYTES, &plain));
		while (buf_room(plain) >= len)
			assert_status(STATUS_OK,
			    buf_put(plain, bytes_view(pieces[i], len)));
		takes_plaintext(c, buf_view(plain));
		buf_free(plain);
	}
	say(&c->eve, &c->alice, "and on it goes");
	assert_int_equal(heard(&c->alice, "and on it goes"), 1);
}

/* Real ciphertexts with one wrong bit: each costs an attempt. */
static void
fail_often(struct cores *c, struct parcel *parcel)
{
	size_t len = parcel->item.payload.len;
	uint8_t *bytes = calloc(1, len);
	struct parcel wrong = *parcel;

	assert_non_null(bytes);
	memcpy(bytes, parcel->item.payload.data, len);
	wrong.item.payload = bytes_view(bytes, len);
	for (size_t i = 1; i <= RATCHET_FAILURES_MAX; i++) {
		bytes[len - 1] =
		    (uint8_t)(parcel->item.payload.data[len - 1] ^ i);
		assert_status(STATUS_OK, take(&c->alice, &wrong));
	}
	free(bytes);
}

static void
a_message_after_many_that_failed_is_read_later(void **state)
{
	struct cores *c = *state;
	struct parcel parcel;
	struct step s;

	say(&c->alice, &c->eve, "hello");
	say(&c->eve, &c->alice, "hello");
	parcel = write_to(&c->eve, &c->alice, "the true one");
	fail_often(c, &parcel);
	assert_status(STATUS_OK, take(&c->alice, &parcel));
	assert_int_equal(heard(&c->alice, "the true one"), 0);
	clock_fake(clock_wall_ms(), clock_mono_ms() + 61 * 1000);
	s = begin(&c->alice);
	assert_status(STATUS_OK,
	    messenger_retry_quarantine(&s, QUARANTINE_UNTRIED, NULL));
	commit(&s);
	clock_unfake();
	assert_int_equal(heard(&c->alice, "the true one"), 1);
	assert_int_equal(quarantined(&c->alice, QUARANTINE_UNTRIED), 0);
	parcel_clear(&parcel);
}

static void
a_flood_is_told_and_kept_only_so_far(void **state)
{
	struct cores *c = *state;
	struct parcel parcel = { .item = {
				     .seq = 1,
				     .has_sender = true,
				     .sender = c->eve.core.self.address,
				     .type = ITEM_PREKEY,
				 } };
	uint8_t *garbage = calloc(1, LIMIT_ITEM_BYTES);
	unsigned told = 0;
	size_t kept = 0;
	struct step s;

	assert_non_null(garbage);
	parcel.item.payload = bytes_view(garbage, LIMIT_ITEM_BYTES);
	for (uint32_t i = 0; i < 300; i++) {
		store_u32(garbage, i);
		assert_status(STATUS_OK, take(&c->alice, &parcel));
	}
	free(garbage);
	assert_int_equal(notices(&c->alice, NOTICE_UNDECRYPTABLE, &told), 1);
	assert_int_equal(told, 300);
	s = begin(&c->alice);
	assert_status(STATUS_OK, vault_count(s.txn, VAULT_QUARANTINE, &kept));
	step_abort(&s);
	assert_int_equal(kept, 256); /* 64 MiB */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(garbage_of_any_size_is_dealt_with),
		cores_test(a_message_after_many_that_failed_is_read_later),
		cores_test(a_flood_is_told_and_kept_only_so_far),
		cores_test(plaintexts_that_unfold_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
