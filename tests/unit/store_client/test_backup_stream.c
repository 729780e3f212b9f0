#include "store/client/backup_stream.h"

#include <sodium.h>

#include "base/random.h"
#include "tests/support/test.h"

enum { ROOM = 4 * (BACKUP_PIECE_BYTES + 64) };

struct sink {
	uint8_t *data;
	size_t len;
	enum status answer;
};

static enum status
take(void *arg, struct bytes piece)
{
	struct sink *sink = arg;

	if (sink->answer != STATUS_OK)
		return sink->answer;
	assert_true(sink->len + piece.len <= ROOM);
	memcpy(sink->data + sink->len, piece.data, piece.len);
	sink->len += piece.len;
	return STATUS_OK;
}

struct fixture {
	struct backup_key key;
	struct hash above;
	uint8_t *plain;
	struct sink sealed;
	struct sink opened;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	memset(f->key.raw, 7, sizeof(f->key.raw));
	hash_bytes(BYTES("what stands above"), &f->above);
	f->plain = calloc(1, ROOM);
	f->sealed.data = calloc(1, ROOM);
	f->opened.data = calloc(1, ROOM);
	assert_non_null(f->plain);
	assert_non_null(f->sealed.data);
	assert_non_null(f->opened.data);
	random_bytes(f->plain, ROOM);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	alloc_fail_nth(0);
	free(f->plain);
	free(f->sealed.data);
	free(f->opened.data);
	free(f);
	return 0;
}

static void
seal(struct fixture *f, size_t len)
{
	struct backup_seal *s = NULL;
	struct bytes left = bytes_view(f->plain, len);

	f->sealed.len = 0;
	assert_status(STATUS_OK,
	    backup_seal_new(&f->key, &f->above, take, &f->sealed, &s));
	/* Pieces of odd lengths, as a database gives them. */
	for (size_t step = 1; left.len > 0; step = step * 3 + 1) {
		assert_status(
		    STATUS_OK, backup_seal_put(s, bytes_head(left, step)));
		left = bytes_tail(left, step);
	}
	assert_status(STATUS_OK, backup_seal_end(s));
	backup_seal_free(s);
}

static enum status
open_by(struct fixture *f, struct bytes sealed, size_t step)
{
	struct backup_open *o = NULL;
	enum status st = STATUS_OK;

	f->opened.len = 0;
	assert_status(STATUS_OK,
	    backup_open_new(&f->key, &f->above, take, &f->opened, &o));
	while (st == STATUS_OK && sealed.len > 0) {
		st = backup_open_put(o, bytes_head(sealed, step));
		sealed = bytes_tail(sealed, step);
	}
	if (st == STATUS_OK)
		st = backup_open_end(o);
	backup_open_free(o);
	return st;
}

static enum status
open_all(struct fixture *f)
{
	return open_by(f, bytes_view(f->sealed.data, f->sealed.len), 5000);
}

static const size_t lengths[] = { 0, 1, BACKUP_PIECE_BYTES - 1,
	BACKUP_PIECE_BYTES, BACKUP_PIECE_BYTES + 1, 2 * BACKUP_PIECE_BYTES,
	3 * BACKUP_PIECE_BYTES + 17 };

#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static void
what_was_sealed_opens_whatever_its_length(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < LENGTHS; i++) {
		static const size_t steps[] = { 7, 4096, ROOM };

		seal(f, lengths[i]);
		for (size_t j = 0; j < 3; j++) {
			assert_status(STATUS_OK,
			    open_by(f,
				bytes_view(f->sealed.data, f->sealed.len),
				steps[j]));
			assert_bytes(bytes_view(f->plain, lengths[i]),
			    bytes_view(f->opened.data, f->opened.len));
		}
	}
}

static void
no_byte_can_be_changed(void **state)
{
	struct fixture *f = *state;

	seal(f, 2 * BACKUP_PIECE_BYTES + 100);
	/* Every byte near an edge, and some of the others. */
	for (size_t at = 0; at < f->sealed.len; at++) {
		size_t within =
		    at < BACKUP_BEGIN_BYTES
			? 0
			: (at - BACKUP_BEGIN_BYTES) %
			      (BACKUP_PIECE_BYTES + BACKUP_SEAL_BYTES);

		if (within > 40 && at + 130 < f->sealed.len && at % 997 != 0)
			continue;
		f->sealed.data[at] ^= 0x10;
		assert_status(STATUS_CRYPTO, open_all(f));
		f->sealed.data[at] ^= 0x10;
	}
	assert_status(STATUS_OK, open_all(f));
}

static void
a_stream_that_was_cut_anywhere_does_not_open(void **state)
{
	struct fixture *f = *state;
	size_t piece = BACKUP_PIECE_BYTES + BACKUP_SEAL_BYTES;

	for (size_t i = 0; i < LENGTHS; i++) {
		seal(f, lengths[i]);
		for (size_t keep = 0; keep < f->sealed.len; keep++) {
			size_t within =
			    keep < BACKUP_BEGIN_BYTES
				? 0
				: (keep - BACKUP_BEGIN_BYTES) % piece;

			if (within > 20 && within + 20 < piece &&
			    keep + 20 < f->sealed.len && keep % 4999 != 0)
				continue;
			assert_status(STATUS_CRYPTO,
			    open_by(
				f, bytes_view(f->sealed.data, keep), 100000));
		}
	}
}

static void
nothing_may_stand_behind_the_end(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < LENGTHS; i++) {
		seal(f, lengths[i]);
		f->sealed.data[f->sealed.len++] = 0;
		assert_status(STATUS_CRYPTO, open_all(f));
		f->sealed.len--;
		/* Another stream of the same key is something, too. */
		memcpy(f->sealed.data + f->sealed.len, f->sealed.data,
		    BACKUP_BEGIN_BYTES + BACKUP_SEAL_BYTES);
		f->sealed.len += BACKUP_BEGIN_BYTES + BACKUP_SEAL_BYTES;
		assert_status(STATUS_CRYPTO, open_all(f));
	}
}

static void
pieces_have_their_order(void **state)
{
	struct fixture *f = *state;
	size_t piece = BACKUP_PIECE_BYTES + BACKUP_SEAL_BYTES;
	uint8_t *first = f->sealed.data + BACKUP_BEGIN_BYTES;
	uint8_t *spare = calloc(1, piece);

	assert_non_null(spare);
	/* Two exchanged. */
	seal(f, 3 * BACKUP_PIECE_BYTES);
	memcpy(spare, first, piece);
	memmove(first, first + piece, piece);
	memcpy(first + piece, spare, piece);
	assert_status(STATUS_CRYPTO, open_all(f));
	/* One left out. */
	seal(f, 3 * BACKUP_PIECE_BYTES);
	memmove(first, first + piece, 2 * piece);
	f->sealed.len -= piece;
	assert_status(STATUS_CRYPTO, open_all(f));
	/* One twice. */
	seal(f, 2 * BACKUP_PIECE_BYTES);
	memmove(first + piece, first, 2 * piece);
	f->sealed.len += piece;
	assert_status(STATUS_CRYPTO, open_all(f));
	free(spare);
}

static void
another_key_or_another_beginning_does_not_open_it(void **state)
{
	struct fixture *f = *state;

	seal(f, 100);
	f->key.raw[31] ^= 1;
	assert_status(STATUS_CRYPTO, open_all(f));
	f->key.raw[31] ^= 1;
	f->above.raw[0] ^= 1;
	assert_status(STATUS_CRYPTO, open_all(f));
	f->above.raw[0] ^= 1;
	assert_status(STATUS_OK, open_all(f));
}

static void
who_takes_the_pieces_may_end_it(void **state)
{
	struct fixture *f = *state;
	struct backup_seal *s = NULL;

	seal(f, 100);
	f->opened.answer = STATUS_NO_SPACE;
	assert_status(STATUS_NO_SPACE, open_all(f));
	f->sealed.answer = STATUS_NO_SPACE;
	assert_status(STATUS_NO_SPACE,
	    backup_seal_new(&f->key, &f->above, take, &f->sealed, &s));
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_was_sealed_opens_whatever_its_length, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    no_byte_can_be_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_stream_that_was_cut_anywhere_does_not_open, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    nothing_may_stand_behind_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    pieces_have_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    another_key_or_another_beginning_does_not_open_it, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    who_takes_the_pieces_may_end_it, setup, teardown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
