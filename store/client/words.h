/*
 * words.h - what was said about a message: reactions, edits, deletions
 * (protocol.md 7.7).
 *
 * A table of places in the history, by the message they are about, which need
 * not be here yet.  Whether they count is decided where they are joined
 * (client/core/words).  One row for each author of a message, of bounded size,
 * so that nobody's thousands make a message slow to show.
 */
#ifndef TACIT_STORE_CLIENT_WORDS_H
#define TACIT_STORE_CLIENT_WORDS_H

#include "store/client/history.h"

/* The newest so many edits by one author are kept; older ones are erased. */
enum { WORDS_EDITS_MAX = 16 };

struct word_place {
	uint64_t n; /* in the history; 0: none */
	uint32_t device;
	uint64_t seq; /* 0: of ours, and not sealed yet */
};

/* What one account, under one account key, has said about one message. */
struct words {
	struct account_name author;
	struct sign_public author_key;
	struct word_place edits[WORDS_EDITS_MAX]; /* oldest first */
	size_t edits_count;
	struct word_place reaction;
	struct word_place deletion;
};

/* The message: in which conversation of the history, and which one. */
struct words_about {
	const struct hash *conversation;
	const struct message_target *target; /* with its hash */
};

/*
 * w->author and w->author_key say whose; the rest is zeros when there is
 * nothing.  CRYPTO, NOMEM, IO.
 */
enum status words_get(
    struct vault_txn *t, const struct words_about *about, struct words *w);
enum status words_put(struct vault_txn *t, const struct words_about *about,
    const struct words *w);

/* Show all authors' words, in no order; ends early with what is not OK. */
typedef enum status words_fn(const struct words *w, void *arg);
enum status words_each(struct vault_txn *t, const struct words_about *about,
    words_fn *show, void *arg);

#endif
