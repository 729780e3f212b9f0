/* Items that are as large as may be, or larger: none stops the queue. */
#include "client/core/padding.h"
#include "client/core/pair.h"
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(garbage_of_any_size_is_dealt_with),
		cores_test(plaintexts_that_unfold_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
