/*
 * db_probe.c - whether the file of an environment can be read from end to end.
 *
 * LMDB trusts its file: where that is cut short or overwritten, reading it ends
 * the process (SIGBUS, SIGSEGV, an assertion).  So a child reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "store/db_private.h"

enum {
	PROBE_SOUND = 0, /* exit codes of the child; others are not its own */
	PROBE_DAMAGED = 1,
	PROBE_UNKNOWN = 2,
	PROBE_TABLES = 256,
	PROBE_NAME_BYTES = 64,
	PROBE_PAGE_BYTES = 4096,
	PROBE_FREE_DBI = 0, /* LMDB's own list of free pages */
};

struct probe {
	MDB_env *env;
	MDB_txn *txn;
	MDB_envinfo info;
	volatile uint8_t seen; /* so that what is read is read */
};

static void
probe_touch(struct probe *p, const MDB_val *v)
{
	const uint8_t *bytes = v->mv_data;

	for (size_t i = 0; i < v->mv_size; i += PROBE_PAGE_BYTES)
		p->seen ^= bytes[i];
	if (v->mv_size > 0)
		p->seen ^= bytes[v->mv_size - 1];
}

/*
 * {count, pages, highest first}.  A page in it that is in use would be written
 * over by the next change.
 */
static int
probe_free_pages(const struct probe *p, const MDB_val *v)
{
	size_t before = p->info.me_last_pgno + 1;
	size_t count, page;

	if (v->mv_size < sizeof(count))
		return MDB_CORRUPTED;
	memcpy(&count, v->mv_data, sizeof(count));
	if (count > v->mv_size / sizeof(page) - 1)
		return MDB_CORRUPTED;
	for (size_t i = 1; i <= count; i++) {
		memcpy(&page, (const uint8_t *)v->mv_data + i * sizeof(page),
		    sizeof(page));
		if (page < 2 || page >= before) /* 0 and 1 are LMDB's heads */
			return MDB_CORRUPTED;
		before = page;
	}
	return 0;
}

/* Keys rise, and have bytes: who reads on after an empty one begins anew. */
static bool
probe_key(const struct probe *p, MDB_dbi table, const MDB_val *before,
    const MDB_val *k)
{
	if (k->mv_size == 0 || k->mv_size > DB_KEY_BYTES)
		return false;
	return before->mv_size == 0 || mdb_cmp(p->txn, table, before, k) < 0;
}

static int
probe_table(struct probe *p, MDB_dbi table)
{
	MDB_val before = { 0, NULL };
	MDB_cursor *c = NULL;
	MDB_stat stat;
	MDB_val k, v;
	size_t count = 0;
	int rc = mdb_stat(p->txn, table, &stat);

	if (rc == 0)
		rc = mdb_cursor_open(p->txn, table, &c);
	while (rc == 0) {
		rc = mdb_cursor_get(c, &k, &v, MDB_NEXT);
		/* Pages in a circle: more is found than there is. */
		if (rc != 0 || ++count > stat.ms_entries)
			break;
		if (!probe_key(p, table, &before, &k))
			rc = MDB_CORRUPTED;
		if (rc != 0)
			break;
		before = k;
		probe_touch(p, &v);
		if (table == PROBE_FREE_DBI)
			rc = probe_free_pages(p, &v);
	}
	if (c != NULL)
		mdb_cursor_close(c);
	if (rc == MDB_NOTFOUND && count == stat.ms_entries)
		return 0;
	return rc == 0 || rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
}

static int
probe_named(struct probe *p, const MDB_val *name)
{
	char text[PROBE_NAME_BYTES + 1] = "";
	MDB_dbi table;
	int rc;

	if (name->mv_size > PROBE_NAME_BYTES)
		return MDB_CORRUPTED;
	memcpy(text, name->mv_data, name->mv_size);
	rc = mdb_dbi_open(p->txn, text, 0, &table);
	return rc == 0 ? probe_table(p, table) : rc;
}

static int
probe_tables(struct probe *p)
{
	MDB_cursor *c = NULL;
	MDB_val k, v;
	MDB_dbi names;
	int rc = probe_table(p, PROBE_FREE_DBI);

	if (rc == 0)
		rc = mdb_dbi_open(p->txn, NULL, 0, &names);
	if (rc == 0)
		rc = probe_table(p, names);
	if (rc == 0)
		rc = mdb_cursor_open(p->txn, names, &c);
	while (rc == 0 && (rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0)
		rc = probe_named(p, &k);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* The process ends after this, and with it all that is open. */
static int
probe_read(const char *dir)
{
	struct probe p = { .seen = 0 };
	int rc = mdb_env_create(&p.env);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(p.env, PROBE_TABLES);
	if (rc == 0)
		rc = mdb_env_open(p.env, dir, MDB_RDONLY | MDB_NOTLS, 0600);
	if (rc == 0)
		rc = mdb_txn_begin(p.env, NULL, MDB_RDONLY, &p.txn);
	if (rc == 0)
		rc = mdb_env_info(p.env, &p.info);
	if (rc == 0)
		rc = probe_tables(&p);
	if (rc == 0)
		return PROBE_SOUND;
	/* A condition of the system is nothing against the file. */
	return rc <= MDB_LAST_ERRCODE && rc >= MDB_KEYEXIST &&
		       rc != MDB_READERS_FULL && rc != MDB_MAP_RESIZED
		   ? PROBE_DAMAGED
		   : PROBE_UNKNOWN;
}

static _Noreturn void
probe_child(const char *dir)
{
	static const int ends[] = { SIGBUS, SIGSEGV, SIGABRT, SIGILL, SIGFPE };
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)signal(ends[i], SIG_DFL);
	/* LMDB says there which assertion failed. */
	if (nowhere >= 0)
		(void)dup2(nowhere, STDERR_FILENO);
	_exit(probe_read(dir));
}

static bool
probe_is_damage(int how)
{
	if (WIFEXITED(how))
		return WEXITSTATUS(how) == PROBE_DAMAGED;
	switch (WTERMSIG(how)) {
	case SIGBUS:
	case SIGSEGV:
	case SIGABRT:
	case SIGILL:
	case SIGFPE:
		return true;
	}
	return false; /* somebody ended it */
}

/* Without room for locks it cannot be read, and it is not its fault. */
static bool
probe_can_begin(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool can = fd >= 0 && db_lock_room(fd) == 0;

	if (fd >= 0)
		close(fd);
	return can;
}

enum status
db_probe(const char *dir)
{
	int how = 0;
	pid_t child;

	if (!probe_can_begin(dir))
		return STATUS_OK;
	child = fork();
	if (child == 0)
		probe_child(dir);
	if (child < 0)
		return STATUS_NOMEM;
	while (waitpid(child, &how, 0) < 0)
		if (errno != EINTR)
			return STATUS_OK; /* nobody knows how it went */
	if (!probe_is_damage(how))
		return STATUS_OK;
	log_event(LOG_LEVEL_ERROR, "db-damaged", "dir=%s", dir);
	return STATUS_CRYPTO;
}
