#include "tests/bench/clients/waits.h"

#include <string.h>

#include "base/clock.h"
#include "store/db.h"

/* One thread writes: that which calls libtacit. */
static struct waits total;
static const struct db_txn *writing;
static int64_t began_us;

/* The linker's names for what it put us around. */
enum status __real_db_txn_begin(
    struct db *db, enum db_mode mode, struct db_txn **txn);
enum status __wrap_db_txn_begin(
    struct db *db, enum db_mode mode, struct db_txn **txn);
enum status __real_db_txn_commit(struct db_txn **txn);
enum status __wrap_db_txn_commit(struct db_txn **txn);
void __real_db_txn_abort(struct db_txn *txn);
void __wrap_db_txn_abort(struct db_txn *txn);

enum status
__wrap_db_txn_begin(struct db *db, enum db_mode mode, struct db_txn **txn)
{
	int64_t asked_us = clock_mono_us(), waited_us;
	enum status st = __real_db_txn_begin(db, mode, txn);

	if (st != STATUS_OK || mode != DB_WRITE)
		return st;
	began_us = clock_mono_us();
	waited_us = began_us - asked_us;
	writing = *txn;
	total.turns++;
	total.waited_us += waited_us;
	if (waited_us > total.longest_wait_us)
		total.longest_wait_us = waited_us;
	return st;
}

static void
note_end(const struct db_txn *txn)
{
	int64_t kept_us = clock_mono_us() - began_us;

	if (txn == NULL || txn != writing)
		return;
	writing = NULL;
	total.kept_us += kept_us;
	if (kept_us > total.longest_kept_us)
		total.longest_kept_us = kept_us;
}

enum status
__wrap_db_txn_commit(struct db_txn **txn)
{
	const struct db_txn *ending = *txn;
	enum status st = __real_db_txn_commit(txn);

	note_end(ending);
	return st;
}

void
__wrap_db_txn_abort(struct db_txn *txn)
{
	__real_db_txn_abort(txn);
	note_end(txn);
}

void
waits_reset(void)
{
	memset(&total, 0, sizeof(total));
}

const struct waits *
waits_read(void)
{
	return &total;
}
