#include "store/client/keyslots.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hook.h"
#include "store/client/keyslots_private.h"
#include "tests/support/test.h"

#define PASSPHRASE BYTES("correct horse")

static const char *exit_at; /* the place where this process dies */

/* Takes the place of base/hook.c. */
void
hook_reach(const char *place)
{
	if (exit_at != NULL && strcmp(exit_at, place) == 0)
		_exit(7);
}

static int
setup(void **state)
{
	*state = scratch_dir_new();
	return *state == NULL;
}

static int
teardown(void **state)
{
	alloc_fail_nth(0);
	scratch_dir_remove(*state);
	return 0;
}

static void
path_of(const char *dir, char path[512])
{
	snprintf(path, 512, "%s/keys", dir);
}

static size_t
file_read(const char *dir, uint8_t *content, size_t size)
{
	char path[512];
	size_t len;
	FILE *f;

	path_of(dir, path);
	f = fopen(path, "rb");
	assert_non_null(f);
	len = fread(content, 1, size, f);
	fclose(f);
	return len;
}

static void
file_write(const char *dir, const uint8_t *content, size_t len)
{
	char path[512];
	FILE *f;

	path_of(dir, path);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, len, f), len);
	fclose(f);
}

static void
file_of_slots(const char *dir, const struct keyslots *k)
{
	struct buf *file = NULL;

	assert_status(STATUS_OK, buf_new(1024 * 1024, &file));
	assert_status(STATUS_OK, record_pack_keyslots(k, file));
	file_write(dir, buf_view(file).data, buf_len(file));
	buf_free(file);
}

static void
make(const char *dir, struct bytes passphrase, uint8_t raw[MASTER_KEY_BYTES])
{
	struct master_key *key = NULL;

	assert_status(STATUS_OK, keyslots_create(dir, passphrase, &key));
	memcpy(raw, key->raw, MASTER_KEY_BYTES);
	master_key_free(key);
}

static void
assert_opens(const char *dir, struct bytes passphrase,
    const uint8_t raw[MASTER_KEY_BYTES])
{
	struct master_key *key = NULL;

	assert_status(STATUS_OK, keyslots_open(dir, passphrase, &key));
	assert_memory_equal(key->raw, raw, MASTER_KEY_BYTES);
	master_key_free(key);
}

static void
a_hostile_file_cannot_ask_for_much_work_or_memory(void **state)
{
	static const struct {
		uint64_t ops;
		uint64_t mem_bytes;
	} asks[] = {
		{ 3, UINT64_C(4) << 30 },
		{ 3, UINT64_MAX },
		{ UINT64_MAX, 64 << 20 },
		{ 17, 64 << 20 },
		{ 0, 64 << 20 },
		{ 3, 0 },
	};
	struct master_key *key = NULL;
	uint8_t bytes[64] = { 0 };

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct keyslots k = { .count = 1 };

		k.slots[0] = (struct keyslot){
			.kind = SLOT_PASSPHRASE,
			.ops = asks[i].ops,
			.mem_bytes = asks[i].mem_bytes,
			.salt = bytes_view(bytes, 16),
			.nonce = bytes_view(bytes, 24),
			.wrapped = bytes_view(bytes, 52),
		};
		file_of_slots(*state, &k);
		assert_status(
		    STATUS_CRYPTO, keyslots_open(*state, PASSPHRASE, &key));
	}
	assert_null(key);
}

static void
slots_of_wrong_shape_are_damage(void **state)
{
	static const enum slot_kind kinds[] = {
		SLOT_PLAIN,
		SLOT_PASSPHRASE,
		SLOT_RECOVERY,
		SLOT_DESKTOP,
	};
	struct master_key *key = NULL;
	uint8_t bytes[80] = { 0 };
	uint8_t secret[SLOT_SECRET_BYTES] = { 0 };
	struct keyslots k = { .count = 1 };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t len = 0; len <= sizeof(bytes); len++) {
			enum slot_kind kind = kinds[i];
			enum status st;

			if (len == MASTER_KEY_BYTES + 16 ||
			    (kind == SLOT_PLAIN && len == MASTER_KEY_BYTES))
				continue;
			k.slots[0] = (struct keyslot){
				.kind = kind,
				.nonce = bytes_view(bytes, 24),
				.wrapped = bytes_view(bytes, len),
			};
			file_of_slots(*state, &k);
			st = kind == SLOT_PLAIN || kind == SLOT_PASSPHRASE
				 ? keyslots_open(*state, PASSPHRASE, &key)
				 : keyslots_open_by(*state, kind, secret, &key);
			assert_status(STATUS_CRYPTO, st);
		}
	assert_null(key);
}

static void
another_release_s_file_is_refused(void **state)
{
	static const uint8_t versions[] = { 1, 3, 127 };
	struct master_key *key = NULL;
	uint8_t raw[MASTER_KEY_BYTES];
	uint8_t content[1024];
	size_t len;

	make(*state, BYTES_NONE, raw);
	len = file_read(*state, content, sizeof(content));
	assert_int_equal(content[0], 0x08); /* field 1, a number */
	for (size_t i = 0; i < sizeof(versions); i++) {
		content[1] = versions[i];
		file_write(*state, content, len);
		assert_status(
		    STATUS_BAD_INPUT, keyslots_open(*state, BYTES_NONE, &key));
	}
	assert_null(key);
}

static void
more_slots_than_there_can_be_are_damage(void **state)
{
	struct master_key *key = NULL;
	uint8_t raw[MASTER_KEY_BYTES];
	uint8_t list[64];
	uint8_t file[256] = { 0x08, KEYSLOTS_VERSION, 0x12 };
	struct hash digest;
	size_t at = 0;

	make(*state, BYTES_NONE, raw);
	for (size_t i = 0; i < KEYSLOTS_MAX + 1; i++) {
		memcpy(list + at, "\x0a\x02\x08\x02", 4); /* a plain slot */
		at += 4;
	}
	file[3] = (uint8_t)at;
	memcpy(file + 4, list, at);
	hash_bytes(bytes_view(list, at), &digest);
	file[4 + at] = 0x1a;
	file[5 + at] = sizeof(digest.raw);
	memcpy(file + 6 + at, digest.raw, sizeof(digest.raw));
	file_write(*state, file, 6 + at + sizeof(digest.raw));
	assert_status(STATUS_CRYPTO, keyslots_open(*state, BYTES_NONE, &key));
	assert_null(key);
}

static void
a_file_without_slots_opens_for_nobody(void **state)
{
	struct keyslots k = { .count = 0 };
	struct master_key *key = NULL;

	file_of_slots(*state, &k);
	assert_status(STATUS_LOCKED, keyslots_open(*state, PASSPHRASE, &key));
	assert_status(STATUS_LOCKED, keyslots_open(*state, BYTES_NONE, &key));
}

static void
every_truncation_and_every_flipped_bit_is_noticed(void **state)
{
	struct master_key *key = NULL;
	uint8_t raw[MASTER_KEY_BYTES];
	uint8_t content[1024];
	bool needed;
	size_t len;

	make(*state, BYTES_NONE, raw);
	len = file_read(*state, content, sizeof(content));
	for (size_t cut = 0; cut < len; cut++) {
		file_write(*state, content, cut);
		assert_status(
		    STATUS_CRYPTO, keyslots_open(*state, BYTES_NONE, &key));
		assert_status(
		    STATUS_CRYPTO, keyslots_need_passphrase(*state, &needed));
	}
	for (size_t bit = 0; bit < len * 8; bit++) {
		enum status st;

		content[bit / 8] ^= (uint8_t)(1 << bit % 8);
		file_write(*state, content, len);
		st = keyslots_open(*state, BYTES_NONE, &key);
		/* The version may have become a later one. */
		assert_true(st == STATUS_CRYPTO || st == STATUS_BAD_INPUT);
		content[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void
a_huge_file_is_not_read(void **state)
{
	struct master_key *key = NULL;
	char path[512];

	path_of(*state, path);
	file_write(*state, (const uint8_t *)"x", 1);
	assert_int_equal(truncate(path, (off_t)1 << 40), 0);
	assert_status(STATUS_CRYPTO, keyslots_open(*state, BYTES_NONE, &key));
}

static void
a_pipe_in_its_place_is_not_waited_for(void **state)
{
	const char *dir = *state;
	struct master_key *key = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/keys", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_status(STATUS_CRYPTO, keyslots_open(dir, PASSPHRASE, &key));
}

static void
a_wrong_or_missing_passphrase_is_locked(void **state)
{
	struct master_key *key = NULL;
	uint8_t raw[MASTER_KEY_BYTES];
	bool needed = false;

	make(*state, PASSPHRASE, raw);
	assert_status(
	    STATUS_LOCKED, keyslots_open(*state, BYTES("correct hors"), &key));
	assert_status(STATUS_LOCKED, keyslots_open(*state, BYTES_NONE, &key));
	assert_null(key);
	assert_status(STATUS_OK, keyslots_need_passphrase(*state, &needed));
	assert_true(needed);
	assert_opens(*state, PASSPHRASE, raw);
}

static void
the_key_is_not_in_a_file_with_a_passphrase(void **state)
{
	uint8_t raw[MASTER_KEY_BYTES];
	uint8_t content[1024];
	struct stat st;
	char path[512];
	size_t len;

	make(*state, PASSPHRASE, raw);
	len = file_read(*state, content, sizeof(content));
	assert_null(memmem(content, len, raw, 8));
	assert_null(memmem(content, len, "correct", 7));
	path_of(*state, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
without_a_passphrase_any_opens_it(void **state)
{
	uint8_t raw[MASTER_KEY_BYTES];
	bool needed = true;

	make(*state, BYTES_NONE, raw);
	assert_status(STATUS_OK, keyslots_need_passphrase(*state, &needed));
	assert_false(needed);
	assert_opens(*state, BYTES_NONE, raw);
	assert_opens(*state, PASSPHRASE, raw);
}

static void
a_second_create_changes_nothing(void **state)
{
	struct master_key *key = NULL;
	uint8_t raw[MASTER_KEY_BYTES];

	make(*state, BYTES_NONE, raw);
	assert_status(STATUS_EXISTS, keyslots_create(*state, PASSPHRASE, &key));
	assert_null(key);
	assert_opens(*state, BYTES_NONE, raw);
}

static void
no_file_and_no_directory_are_not_found(void **state)
{
	struct master_key *key = NULL;
	char missing[512];
	bool needed;

	snprintf(missing, sizeof(missing), "%s/none", (char *)*state);
	assert_status(
	    STATUS_NOT_FOUND, keyslots_open(*state, BYTES_NONE, &key));
	assert_status(
	    STATUS_NOT_FOUND, keyslots_need_passphrase(*state, &needed));
	assert_status(
	    STATUS_NOT_FOUND, keyslots_open(missing, BYTES_NONE, &key));
	assert_status(
	    STATUS_NOT_FOUND, keyslots_create(missing, BYTES_NONE, &key));
}

static void
die_creating(const char *dir, const char *place)
{
	int result;
	pid_t pid = fork();

	if (pid == 0) {
		struct master_key *key = NULL;
		enum status st;

		exit_at = place;
		st = keyslots_create(dir, BYTES_NONE, &key);
		_exit(st == STATUS_OK ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 7);
}

static void
a_crash_leaves_no_file_or_a_whole_one(void **state)
{
	struct master_key *key = NULL;
	uint8_t raw[MASTER_KEY_BYTES];

	die_creating(*state, "keyslots-rename-before");
	assert_status(
	    STATUS_NOT_FOUND, keyslots_open(*state, BYTES_NONE, &key));
	die_creating(*state, "keyslots-rename-after");
	assert_status(STATUS_OK, keyslots_open(*state, BYTES_NONE, &key));
	memcpy(raw, key->raw, sizeof(raw));
	master_key_free(key);
	assert_opens(*state, BYTES_NONE, raw);
}

static void
run_out_of_memory(const char *dir, struct bytes passphrase)
{
	uint8_t raw[MASTER_KEY_BYTES] = { 0 };
	enum status st = STATUS_NOMEM;

	for (size_t n = 1; st != STATUS_OK; n++) {
		struct master_key *key = NULL;

		alloc_fail_nth(n);
		st = keyslots_create(dir, passphrase, &key);
		alloc_fail_nth(0);
		if (st == STATUS_OK)
			memcpy(raw, key->raw, sizeof(raw));
		else
			assert_int_equal(st, STATUS_NOMEM);
		master_key_free(key);
	}
	st = STATUS_NOMEM;
	for (size_t n = 1; st != STATUS_OK; n++) {
		struct master_key *key = NULL;

		alloc_fail_nth(n);
		st = keyslots_open(dir, passphrase, &key);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		master_key_free(key);
	}
	assert_opens(dir, passphrase, raw);
}

static void
running_out_of_memory_leaves_nothing_half_made(void **state)
{
	char *other = scratch_dir_new();

	run_out_of_memory(*state, BYTES_NONE);
	run_out_of_memory(other, PASSPHRASE);
	scratch_dir_remove(other);
}

#define keyslots_test(function)                                                \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		keyslots_test(
		    a_hostile_file_cannot_ask_for_much_work_or_memory),
		keyslots_test(slots_of_wrong_shape_are_damage),
		keyslots_test(another_release_s_file_is_refused),
		keyslots_test(more_slots_than_there_can_be_are_damage),
		keyslots_test(a_file_without_slots_opens_for_nobody),
		keyslots_test(
		    every_truncation_and_every_flipped_bit_is_noticed),
		keyslots_test(a_huge_file_is_not_read),
		keyslots_test(a_pipe_in_its_place_is_not_waited_for),
		keyslots_test(a_wrong_or_missing_passphrase_is_locked),
		keyslots_test(the_key_is_not_in_a_file_with_a_passphrase),
		keyslots_test(without_a_passphrase_any_opens_it),
		keyslots_test(a_second_create_changes_nothing),
		keyslots_test(no_file_and_no_directory_are_not_found),
		keyslots_test(a_crash_leaves_no_file_or_a_whole_one),
		keyslots_test(running_out_of_memory_leaves_nothing_half_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
