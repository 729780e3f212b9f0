#include "store/client/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hook.h"
#include "store/client/backup_private.h"
#include "store/client/backup_stream.h"
#include "store/client/record.h"
#include "store/client/self.h"
#include "store/client/vault_private.h"
#include "tests/unit/store_client/fixture.h"

static const char *exit_at; /* the place where this process dies */
static void (*reached)(void);

/* Takes the place of base/hook.c. */
void
hook_reach(const char *place)
{
	if (exit_at != NULL && strcmp(exit_at, place) == 0)
		_exit(7);
	if (reached != NULL && strcmp(place, "backup-wrote") == 0)
		reached();
}

static char path_buffer[8][512];

static const char *
path_of(const struct fixture *f, const char *name)
{
	static size_t next;
	char *path = path_buffer[next++ % 8];

	snprintf(path, sizeof(path_buffer[0]), "%s/%s", f->dir, name);
	return path;
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
put_number(struct vault_txn *t, uint64_t number)
{
	assert_status(STATUS_OK, cursor_put(t, "a place", number));
}

static void
put_much(struct fixture *f)
{
	uint8_t text[4000];

	memset(text, 'x', sizeof(text));
	for (uint64_t i = 1; i <= 400; i++) {
		struct vault_key key = vault_key_number(i);

		assert_status(STATUS_OK,
		    vault_put(f->t, VAULT_HISTORY, &key, BYTES_OF(text)));
	}
	put_number(f->t, 41);
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
}

static void
again(struct fixture *f)
{
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
}

static void
make_backup(struct fixture *f, const char *file)
{
	struct backup_sizes sizes = { 0 };
	struct stat made;

	assert_status(
	    STATUS_OK, backup_to_file(f->v, file, false, NOW_MS, &sizes));
	assert_int_equal(stat(file, &made), 0);
	assert_int_equal(made.st_mode & 07777, 0600);
	assert_int_equal((uint64_t)made.st_size, sizes.file_bytes);
	assert_true(sizes.database_bytes > 400 * 4000);
	assert_true(sizes.file_bytes > sizes.database_bytes);
}

static enum status
restore_with(const char *file, struct bytes passphrase, const char *dir)
{
	struct backup_source *source = NULL;
	struct backup_head head = { 0 };
	int fd = open(file, O_RDONLY);
	enum status st;

	assert_true(fd >= 0);
	st = backup_source_new(fd, &source);
	if (st == STATUS_OK)
		st = backup_restore(source, passphrase, dir, NOW_MS + 5, &head);
	if (st == STATUS_OK)
		assert_int_equal(head.made_ms, NOW_MS);
	backup_source_free(source);
	close(fd);
	return st;
}

static enum status
restore(const char *file, const char *dir)
{
	return restore_with(file, BYTES_NONE, dir);
}

static void
expect_restored(const char *dir, uint64_t number)
{
	struct vault *v = fixture_vault(dir);
	struct vault_txn *t = NULL;
	struct counters c;
	struct stat made;
	uint64_t n = 0;
	size_t count = 0;

	assert_int_equal(stat(dir, &made), 0);
	assert_int_equal(made.st_mode & 07777, 0700);
	assert_status(STATUS_OK, vault_txn_begin(v, DB_READ, &t));
	assert_status(STATUS_OK, cursor_get(t, "a place", &n));
	assert_int_equal(n, number);
	assert_status(STATUS_OK, vault_count(t, VAULT_HISTORY, &count));
	assert_int_equal(count, 400);
	assert_status(STATUS_OK, counters_get(t, &c));
	assert_int_equal(c.restored_ms, NOW_MS + 5);
	assert_int_equal(c.restored_outbox, 1);
	vault_txn_abort(t);
	vault_close(v);
}

static void
remove_profile(const char *dir)
{
	static const char *const names[] = { "keys", "data.mdb", "lock.mdb",
		"turnstile" };
	char path[512];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static void
a_backup_is_restored_as_it_was(void **state)
{
	struct fixture *f = *state;
	const char *file = path_of(f, "file");
	const char *dir = path_of(f, "new");

	put_much(f);
	make_backup(f, file);
	assert_status(STATUS_OK, restore(file, dir));
	expect_restored(dir, 41);
	assert_status(STATUS_EXISTS, restore(file, dir));
	remove_profile(dir);
	/* An empty directory will do. */
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_status(STATUS_OK, restore(file, dir));
	expect_restored(dir, 41);
	remove_profile(dir);
	again(f);
}

static struct fixture *writing;
static uint64_t written;

/* Somebody else commits while the copy is under way. */
static void
write_more(void)
{
	struct vault_txn *t = NULL;

	assert_status(STATUS_OK, vault_txn_begin(writing->v, DB_WRITE, &t));
	put_number(t, 1000 + ++written);
	for (uint64_t i = 1; i <= 40; i++) {
		struct vault_key key = vault_key_number(i * written);

		(void)vault_del(t, VAULT_HISTORY, &key);
	}
	assert_status(STATUS_OK, vault_txn_commit(&t));
}

static void
it_is_of_one_moment_while_others_write(void **state)
{
	struct fixture *f = *state;
	const char *file = path_of(f, "file");
	const char *dir = path_of(f, "new");

	put_much(f);
	writing = f;
	written = 0;
	reached = write_more;
	make_backup(f, file);
	reached = NULL;
	assert_true(written > 10);
	assert_status(STATUS_OK, restore(file, dir));
	expect_restored(dir, 41);
	remove_profile(dir);
	again(f);
}

static void
no_file_is_overwritten_unless_one_asks_for_it(void **state)
{
	struct fixture *f = *state;
	const char *file = path_of(f, "file");
	const char *link = path_of(f, "link");
	struct backup_sizes sizes = { 0 };

	put_much(f);
	make_backup(f, file);
	assert_status(
	    STATUS_EXISTS, backup_to_file(f->v, file, false, NOW_MS, &sizes));
	assert_int_equal(sizes.file_bytes, 0);
	assert_status(
	    STATUS_OK, backup_to_file(f->v, file, true, NOW_MS, &sizes));
	assert_int_equal(symlink(file, link), 0);
	assert_status(
	    STATUS_DENIED, backup_to_file(f->v, link, true, NOW_MS, &sizes));
	assert_status(STATUS_DENIED,
	    backup_to_file(f->v, "/dev/null", true, NOW_MS, &sizes));
	assert_status(
	    STATUS_DENIED, backup_to_file(f->v, path_of(f, "not/there"), false,
			       NOW_MS, &sizes));
	again(f);
}

static uint8_t *
slurp(const char *file, size_t *len)
{
	FILE *from = fopen(file, "rb");
	struct stat there;
	uint8_t *all;

	assert_non_null(from);
	assert_int_equal(fstat(fileno(from), &there), 0);
	*len = (size_t)there.st_size;
	all = calloc(1, *len + 1);
	assert_non_null(all);
	assert_int_equal(fread(all, 1, *len, from), *len);
	fclose(from);
	return all;
}

static void
spill(const char *file, const uint8_t *all, size_t len)
{
	FILE *to = fopen(file, "wb");

	assert_non_null(to);
	assert_int_equal(fwrite(all, 1, len, to), len);
	assert_int_equal(fclose(to), 0);
}

static void
expect_refused(const char *file, const char *dir)
{
	char beside[600];
	enum status st = restore(file, dir);

	assert_true(st == STATUS_CRYPTO || st == STATUS_BAD_INPUT);
	assert_false(is_there(dir));
	snprintf(beside, sizeof(beside), "%s.restoring", dir);
	assert_false(is_there(beside));
}

static void
a_damaged_or_cut_file_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	const char *file = path_of(f, "file");
	const char *bad = path_of(f, "bad");
	const char *dir = path_of(f, "new");
	uint8_t *all;
	size_t len;

	put_much(f);
	make_backup(f, file);
	all = slurp(file, &len);
	for (size_t at = 0; at < len;
	     at += at < 200 ? 1 : (at < 400 ? 13 : 70001)) {
		all[at] ^= 1;
		spill(bad, all, len);
		expect_refused(bad, dir);
		all[at] ^= 1;
	}
	for (size_t keep = 0; keep < len;
	     keep += keep < 200 ? 1 : (keep < 400 ? 13 : 70001)) {
		spill(bad, all, keep);
		expect_refused(bad, dir);
	}
	all[len] = 0;
	spill(bad, all, len + 1);
	expect_refused(bad, dir);
	spill(bad, all, len);
	assert_status(STATUS_OK, restore(bad, dir));
	remove_profile(dir);
	free(all);
	again(f);
}

static enum status
put_piece(void *arg, struct bytes piece)
{
	assert_int_equal(fwrite(piece.data, 1, piece.len, arg), piece.len);
	return STATUS_OK;
}

/* As one who has the keys of the vault would make it, in good order. */
static void
forge(struct fixture *f, const char *from, const char *file, struct bytes head,
    struct bytes database)
{
	struct backup_seal *s = NULL;
	struct backup_key key;
	struct hash above;
	size_t len;
	uint8_t *all = slurp(from, &len);
	struct bytes clear = bytes_view(
	    all, BACKUP_PREFIX_BYTES + load_u32(all + BACKUP_PREFIX_BYTES - 4));
	FILE *to = fopen(file, "wb");

	assert_non_null(to);
	hash_bytes(clear, &above);
	master_key_subkey(f->v->master, MASTER_SUBKEY_BACKUP, key.raw);
	assert_status(STATUS_OK, put_piece(to, clear));
	assert_status(
	    STATUS_OK, backup_seal_new(&key, &above, put_piece, to, &s));
	assert_status(STATUS_OK, backup_seal_put(s, head));
	assert_status(STATUS_OK, backup_seal_put(s, database));
	assert_status(STATUS_OK, backup_seal_end(s));
	backup_seal_free(s);
	assert_int_equal(fclose(to), 0);
	free(all);
}

static void
who_made_it_cannot_harm_who_restores_it(void **state)
{
	static const uint8_t none[4];
	struct fixture *f = *state;
	const char *file = path_of(f, "file");
	const char *bad = path_of(f, "bad");
	const char *dir = path_of(f, "new");
	struct buf *head = NULL, *field = NULL;
	uint8_t *database;
	char path[600];
	size_t len;

	put_much(f);
	make_backup(f, file);
	forge(f, file, bad, BYTES_OF(none), BYTES("and more"));
	expect_refused(bad, dir);

	/* A database that ends whoever reads it to the end. */
	assert_status(STATUS_OK, buf_new(BACKUP_HEAD_BYTES, &head));
	assert_status(STATUS_OK, buf_new(BACKUP_HEAD_BYTES, &field));
	assert_status(STATUS_OK, record_pack_backup(NOW_MS, head));
	assert_status(STATUS_OK, buf_put_field(field, buf_view(head)));
	snprintf(path, sizeof(path), "%s/data.mdb", f->dir);
	database = slurp(path, &len);
	forge(f, file, bad, buf_view(field), bytes_view(database, len / 3));
	expect_refused(bad, dir);
	forge(f, file, bad, buf_view(field), bytes_view(database, len));
	assert_status(STATUS_OK, restore(bad, dir));
	remove_profile(dir);
	buf_free(head);
	buf_free(field);
	free(database);
	again(f);
}

static const char *const crashes[] = { "restore-begun", "restore-poured",
	"restore-marked", "restore-named" };

static void
a_crash_leaves_nothing_or_a_whole_profile(void **state)
{
	struct fixture *f = *state;
	const char *file = path_of(f, "file");
	const char *dir = path_of(f, "new");

	put_much(f);
	make_backup(f, file);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
		pid_t child = fork();
		int how = 0;

		if (child == 0) {
			exit_at = crashes[i];
			(void)restore(file, dir);
			_exit(1);
		}
		assert_int_equal(waitpid(child, &how, 0), child);
		assert_int_equal(WEXITSTATUS(how), 7);
		assert_int_equal(
		    is_there(dir), strcmp(crashes[i], "restore-named") == 0);
		if (!is_there(dir)) /* the rest of it does not disturb */
			assert_status(STATUS_OK, restore(file, dir));
		expect_restored(dir, 41);
		remove_profile(dir);
	}
	again(f);
}

static void
the_passphrase_is_the_one_of_that_day(void **state)
{
	struct fixture *f = *state;
	char *locked = scratch_dir_new();
	const char *file = path_of(f, "file");
	const char *dir = path_of(f, "new");
	struct backup_sizes sizes;
	struct master_key *key = NULL;
	struct vault *v = NULL;

	assert_non_null(locked);
	assert_status(
	    STATUS_OK, keyslots_create(locked, BYTES("correct horse"), &key));
	assert_status(STATUS_OK, vault_open(locked, key, &v));
	assert_status(
	    STATUS_OK, backup_to_file(v, file, false, NOW_MS, &sizes));
	vault_close(v);
	assert_status(
	    STATUS_LOCKED, restore_with(file, BYTES("wrong horse"), dir));
	assert_status(STATUS_LOCKED, restore(file, dir));
	assert_false(is_there(dir));
	assert_status(
	    STATUS_OK, restore_with(file, BYTES("correct horse"), dir));
	remove_profile(dir);
	scratch_dir_remove(locked);
}

static void
memory_that_runs_out_costs_the_attempt_alone(void **state)
{
	struct fixture *f = *state;
	const char *file = path_of(f, "file");
	const char *dir = path_of(f, "new");
	enum status st = STATUS_NOMEM;

	put_much(f);
	make_backup(f, file);
	for (size_t n = 1; st != STATUS_OK; n++) {
		assert_true(n < 500);
		alloc_fail_nth(n);
		st = restore(file, dir);
		alloc_fail_nth(0);
		if (st != STATUS_OK) {
			assert_true(st == STATUS_NOMEM || st == STATUS_IO);
			assert_false(is_there(dir));
		}
	}
	expect_restored(dir, 41);
	remove_profile(dir);
	again(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_backup_is_restored_as_it_was),
		fixture_test(it_is_of_one_moment_while_others_write),
		fixture_test(no_file_is_overwritten_unless_one_asks_for_it),
		fixture_test(a_damaged_or_cut_file_leaves_nothing_behind),
		fixture_test(who_made_it_cannot_harm_who_restores_it),
		fixture_test(a_crash_leaves_nothing_or_a_whole_profile),
		fixture_test(the_passphrase_is_the_one_of_that_day),
		fixture_test(memory_that_runs_out_costs_the_attempt_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
