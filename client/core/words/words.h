/*
 * words.h - messages about messages: replies, reactions, edits, deletions
 * (protocol.md 7.7).
 *
 *   words_find.c   which message one is about, and whether it counts
 *   words_file.c   what follows when one of the two is filed
 *   words_say.c    what our own user says about a message
 *   words_join.c   all that counts for a message, to be shown with it
 *
 * They are messages like others: numbered, owed receipts, repaired.  Nothing
 * here changes who may say what; the group's log and the sender's signature did
 * that before it was filed.
 */
#ifndef TACIT_CLIENT_CORE_WORDS_H
#define TACIT_CLIENT_CORE_WORDS_H

#include "client/core/core.h"
#include "client/core/messenger/messenger.h"
#include "store/client/history.h"
#include "store/client/words.h"

/* Types 2 to 4: shown with what they are about. */
static inline bool
words_is_about_another(const struct history_entry *e)
{
	return e->kind == HISTORY_MESSAGE &&
	       (e->type == MESSAGE_REACTION || e->type == MESSAGE_EDIT ||
		   e->type == MESSAGE_DELETION);
}

/*
 * The message in `conversation` that a target names, borrowing from `a`.
 * With no hash it is one of ours that has not been sealed.  NOT_FOUND: it is
 * not here.  NOMEM, IO.
 */
enum status words_find(struct step *s, struct arena *a,
    const struct hash *conversation, const struct message_target *target,
    struct history_entry *found);

/*
 * May e, filed and of types 2 to 4, change `about`, which it names?  NULL: it
 * may; else why not, for people.
 */
const char *words_refuse(
    const struct history_entry *e, const struct history_entry *about);

/*
 * e has been filed, or one of ours sealed: what it is about and what is about
 * it are brought together, in whichever order they came.  Erases what a
 * deletion or an edit of something gone erases.  NO_SPACE, NOMEM, IO.
 */
enum status words_filed(struct step *s, const struct history_entry *e);

/*
 * Take back the text of the message at n, of its edits, and what waits of it in
 * the outbox as a draft: at the request of its author, or of our user for this
 * profile alone (`here`).
 */
enum status words_erase(
    struct step *s, const struct history_entry *e, bool here);

/*
 * Before a draft of ours is composed: fix what it is about by its hash, if that
 * is known by now.  An edit or deletion of a message that has never left is no
 * message: OK, and *done says that it was carried out, *n and *order as for
 * messenger_compose().  DENIED: it is about one that never left, and never
 * will.
 */
enum status words_prepare(
    struct step *s, struct draft *d, bool *done, uint64_t *n, uint64_t *order);

/*
 * Before a draft is sealed: complete `what` by the hash of a message of ours
 * that was sealed meanwhile, and by the timer it inherits.  DENIED: what it is
 * about was never sent.
 */
enum status words_complete(
    struct step *s, const struct hash *conversation, struct saying *what);

/*
 * Does e stand for itself in what is shown of a conversation?  Not if it is
 * shown with the message that it changes.
 */
enum status words_stand_alone(
    struct step *s, const struct history_entry *e, bool *alone);

/*
 * The text that stands: e's own, or that of the newest edit that counts.  Empty
 * when it is gone.  Borrowed from `a`, or from e.
 */
enum status words_text(struct step *s, struct arena *a,
    const struct history_entry *e, struct bytes *text);

/* All that counts for one message. */
struct words_joined {
	/* Edits that count and were kept, oldest first: the last is the text.
	 */
	uint64_t edits[WORDS_EDITS_MAX];
	size_t edits_count;
	/* Reactions, one of each author, by their places, rising. */
	uint64_t *reactions;
	size_t reactions_count;
	uint64_t deletion; /* its place; 0: none */
};

/*
 * What is joined to a text; empty for anything else.  Borrowed from the step's
 * arena.
 */
enum status words_join(
    struct step *s, const struct history_entry *e, struct words_joined *joined);

#endif
