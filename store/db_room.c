/* db_room.c - how much the map and the disk still hold. */
#include <lmdb.h>
#include <string.h>
#include <sys/statvfs.h>

#include "store/db_private.h"

enum { FREE_LIST = 0 }; /* LMDB's own table of pages that may be used again */

/* Each entry begins with how many pages it names. */
static int
count_free_pages(MDB_txn *txn, uint64_t *pages)
{
	MDB_cursor *c = NULL;
	MDB_val key, row;
	int rc = mdb_cursor_open(txn, FREE_LIST, &c);

	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &key, &row, MDB_NEXT)) == 0) {
		size_t count = 0;

		if (row.mv_size < sizeof(count))
			continue;
		memcpy(&count, row.mv_data, sizeof(count));
		*pages += count;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

enum status
db_room(struct db *db, struct db_room *room)
{
	struct db_txn *txn = NULL;
	struct statvfs disk;
	MDB_envinfo info;
	MDB_stat stat;
	uint64_t unused = 0, used;
	enum status st;

	if (fstatvfs(db->dir_fd, &disk) != 0)
		return STATUS_IO;
	st = db_txn_begin(db, DB_READ, &txn);
	if (st != STATUS_OK)
		return st;
	st = db_status(db, count_free_pages(txn->txn, &unused), "free pages");
	db_txn_abort(txn);
	if (st != STATUS_OK)
		return st;
	(void)mdb_env_info(db->env, &info);
	(void)mdb_env_stat(db->env, &stat);
	used =
	    info.me_last_pgno + 1 > unused ? info.me_last_pgno + 1 - unused : 0;
	room->map_bytes = info.me_mapsize;
	room->map_used_bytes = used * stat.ms_psize < info.me_mapsize
				   ? used * stat.ms_psize
				   : info.me_mapsize;
	room->disk_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
	room->disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	return STATUS_OK;
}
