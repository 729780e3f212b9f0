/*
 * inspect.h - the tables of a profile, looked through one after the other.
 *
 * A record is damaged when it does not open or is not what belongs into its
 * table; the walk goes on behind it.  What is derived from other records can be
 * made anew, what others can give again can be dropped; nothing else is ever
 * changed here.
 */
#ifndef TACIT_STORE_CLIENT_INSPECT_H
#define TACIT_STORE_CLIENT_INSPECT_H

#include "proto/arena.h"
#include "store/client/vault.h"

/*
 * Whether the database in dir can be read from end to end, before it is opened
 * (db_probe()).  CRYPTO: it cannot, and whoever tries may be ended by it.
 */
enum status inspect_file(const char *dir);

/* For people: "contacts". */
const char *inspect_name(enum vault_table table);

/*
 * Open every record of the table; `a` is emptied for each.  NOMEM, IO.
 */
enum status inspect_table(struct vault_txn *t, enum vault_table table,
    struct arena *a, size_t *records, size_t *damaged);

/* Whether what is lost in it comes again by itself, or is found elsewhere. */
bool inspect_may_drop(enum vault_table table);
/* Drop its damaged records.  NO_SPACE, NOMEM, IO. */
enum status inspect_drop(struct vault_txn *t, enum vault_table table,
    struct arena *a, size_t *dropped);

/* How the ways into a table agree with its rows. */
struct inspect_index {
	size_t missing; /* rows that they do not lead to */
	size_t loose;   /* entries that lead nowhere */
};

/* The history's, and those of the outbox and of groups' names. */
enum status inspect_history(
    struct vault_txn *t, struct arena *a, struct inspect_index *found);
enum status inspect_outbox(
    struct vault_txn *t, struct arena *a, struct inspect_index *found);
enum status inspect_group_names(
    struct vault_txn *t, struct arena *a, struct inspect_index *found);
/* Made anew from the rows.  NO_SPACE, NOMEM, IO. */
enum status inspect_mend_history(struct vault_txn *t, struct arena *a);
enum status inspect_mend_outbox(struct vault_txn *t, struct arena *a);
enum status inspect_mend_group_names(struct vault_txn *t, struct arena *a);

/* The keys that records are sealed under. */
struct inspect_keys {
	size_t keys;
	int64_t daily_ms; /* when the one that is changed daily was made */
	bool is_tidy;     /* none lies in the file that was destroyed */
};
/* CRYPTO: the file is not readable any more.  NOMEM, IO. */
enum status inspect_keys(struct vault_txn *t, struct inspect_keys *found);

/*
 * Whether a number would be given out twice, or the sum of what is quarantined
 * is wrong; with `mend`, put right.  NO_SPACE, CRYPTO, NOMEM, IO.
 */
enum status inspect_counters(
    struct vault_txn *t, struct arena *a, bool mend, bool *wrong);

#endif
