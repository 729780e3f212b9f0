/*
 * repairs.h - what is missing here, what others may ask us for, and how much
 * each of them was given (protocol.md 9).
 */
#ifndef TACIT_STORE_CLIENT_REPAIRS_H
#define TACIT_STORE_CLIENT_REPAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/devices.h"
#include "store/client/history.h"
#include "store/client/vault.h"

enum gap_kind {
	GAP_NUMBERS = 1, /* first..last of one device were skipped */
	GAP_ITEM = 2,    /* a ciphertext that does not decrypt */
};

/* Something that is missing, and can be asked for. */
struct gap {
	enum gap_kind kind;
	enum conversation_kind conversation_kind;
	struct hash conversation; /* GAP_ITEM: zeros, when it is not known */
	struct address author;
	struct sign_public author_key;
	/* GAP_NUMBERS */
	uint64_t first;
	uint64_t last;
	bool has_before;
	struct hash before;  /* of the body that has number first - 1 */
	struct hash after;   /* what the body with last + 1 says came before */
	uint64_t head_first; /* groups: the heads of those two */
	uint64_t head_last;
	/* GAP_ITEM */
	struct hash ciphertext; /* SHA-256 */
	uint64_t quarantined;   /* its place there; 0: not kept */
	bool no_key;

	uint64_t told; /* the line that tells of it, in the history; 0: none */
	int64_t noticed_ms;
	uint32_t asked; /* times */
	int64_t next_ask_ms;
};

/*
 * Insert or replace: numbers are known by their last, ciphertexts by their
 * hash.  The others: NOT_FOUND, CRYPTO, NOMEM, IO.
 */
enum status gap_put(struct vault_txn *t, const struct gap *g);
enum status gap_del(struct vault_txn *t, const struct gap *g);
/* The gap in which the number lies. */
enum status gap_find_number(struct vault_txn *t,
    const struct hash *conversation, const struct address *author,
    uint64_t number, struct gap *g);
enum status gap_find_item(struct vault_txn *t, const struct address *author,
    const struct hash *ciphertext, struct gap *g);
/* How many of this kind there are of one device; it stops counting at max. */
enum status gap_count_of(struct vault_txn *t, enum gap_kind kind,
    const struct hash *conversation, const struct address *author, size_t max,
    size_t *count);
/* Calls back for each, in no order; stops at the first status but OK. */
enum status gaps_each(struct vault_txn *t,
    enum status (*each)(const struct gap *g, void *arg), void *arg);

/* Our own ciphertexts, and the message in each: its place in the history. */
enum status sent_put(struct vault_txn *t, const struct hash *ciphertext,
    uint64_t n, int64_t now_ms);
enum status sent_get(
    struct vault_txn *t, const struct hash *ciphertext, uint64_t *n);
enum status sent_prune(struct vault_txn *t, int64_t before_ms, size_t looks);

/*
 * Counts what somebody may have only so much of in a time: adds `amount` to the
 * tally of `parts`, which begins anew `window_ms` after it began.  FULL: it
 * would be more than `most`, and nothing was added.
 */
struct tally {
	const struct bytes *parts;
	size_t parts_count;
	uint64_t most;
	int64_t window_ms;
};
enum status tally_add(struct vault_txn *t, const struct tally *what,
    uint64_t amount, int64_t now_ms);
enum status tally_prune(struct vault_txn *t, int64_t before_ms, size_t looks);

/*
 * Signed device lists as they came: of each account key every version that was
 * seen, since what a device signed is to be checked when it is long gone.
 * `opened` is what `list` says.
 */
enum status list_put(struct vault_txn *t, const struct device_list *opened,
    const struct signed_list *list);
/*
 * One that came along with a message, as its proof.  CONFLICT: another one of
 * that version is here, and an honest account has none.
 */
enum status list_keep(struct vault_txn *t, const struct device_list *opened,
    const struct signed_list *list);
/* One that names a device; borrows from the arena it was read into. */
struct known_list {
	struct signed_list list;
	struct device_list opened;
};
/*
 * The newest that names this device, of a version below `below`; UINT64_MAX:
 * of all.  Whoever owns an account may have given a device other keys later, so
 * what a list does not explain an older one may.  It may also have signed lists
 * without end, each of which costs a signature to open: *looks is how many may
 * be yet.  NOT_FOUND.  FULL: it takes more of them.
 */
enum status list_find(struct vault_txn *t, const struct address *device,
    const struct sign_public *key, uint64_t below, size_t *looks,
    struct arena *a, struct known_list *known);

/*
 * Calls back with each of all of them, until the first status but OK; what is
 * given lives in the arena.
 */
enum status lists_each(struct vault_txn *t, struct arena *a,
    enum status (*each)(const struct signed_list *list, void *arg), void *arg);

#endif
