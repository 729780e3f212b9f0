/*
 * tacit_words.h - messages about messages: replies, reactions, edits and
 * deletions.  A part of tacit.h, which includes it.
 */
#ifndef TACIT_WORDS_H
#define TACIT_WORDS_H

#include "tacit.h"

enum { TACIT_REACTION_BYTES = 64 };

enum tacit_word {
	TACIT_TEXT = 1,
	TACIT_REACTION,
	TACIT_EDIT,
	TACIT_DELETION,
	TACIT_LATER_WORD, /* of a release later than this one: no text */
};
const char *tacit_word_name(enum tacit_word word); /* "text", ... */

/* The message that another is about. */
struct tacit_quote {
	const char *id; /* hex */
	const char *from;
	const char *from_alias; /* NULL: none */
	bool here;              /* else nothing of what follows is known */
	int64_t sent_ms;
	bool deleted;     /* its text was taken back, */
	bool disappeared; /* or its time is over */
	const char *text; /* as it stands now; never NULL */
	size_t text_len;
};

/* What somebody answers with a sign. */
struct tacit_reaction {
	const char *from;
	const char *from_alias; /* NULL: none */
	const char *from_key;   /* account key, hex */
	bool own;
	int64_t sent_ms;
	const char
	    *text; /* at most TACIT_REACTION_BYTES, and anything at all */
	size_t text_len;
	enum tacit_state state; /* own ones */
};

/* A text that an edit has taken the place of. */
struct tacit_earlier {
	int64_t sent_ms;
	const char *text;
	size_t text_len;
};

/* What a message is besides its text, and what was said about it. */
struct tacit_words {
	enum tacit_word word;
	uint32_t type; /* as it was signed */
	/* Reactions, edits, deletions: what they are about; replies, too. */
	const struct tacit_quote *about; /* NULL: nothing */
	/* Reactions, edits, deletions: why it changes nothing; NULL: it does,
	 * or will when what it is about comes. */
	const char *ignored;
	/* Texts alone: */
	int64_t edited_ms; /* 0: never */
	enum tacit_state edit_state;
	const struct tacit_earlier *earlier; /* oldest first */
	size_t earlier_count;
	const struct tacit_reaction *reactions; /* one of each, oldest first */
	size_t reactions_count;
	int64_t deleted_ms; /* 0: never */
	bool deleted_here;  /* by our user, for this profile alone */
	enum tacit_state deletion_state;
};

/*
 * TACIT_REACTION, TACIT_EDIT or TACIT_DELETION of the message `about`, which is
 * the start of an id.  Which conversation that is in follows from it.  What has
 * not left yet is changed where it waits, and is then what `sent` tells of.
 *
 *   text  an edit's; a reaction's, as tacit_is_reaction() has it, or empty to
 *         take the last one back; of a deletion none
 *
 * NOT_FOUND: no message here begins so, or more than one, or its text is gone.
 * NOT_ALLOWED: it is somebody else's, or no text, or we are out of the group.
 * Otherwise as tacit_send(), whose fields these are.
 */
struct tacit_act {
	enum tacit_word word;
	const char *about;
	const void *text;
	size_t text_len;
	const char *id;
	bool queue_only;
	bool now;
	int64_t wait_ms;
};
enum tacit_code tacit_act(struct tacit *t, const struct tacit_act *act,
    tacit_sent_fn *sent, void *arg, struct tacit_error *e);

/*
 * Erase the text of any message, and what was edited of it, in this profile
 * alone; nobody is told.  NOT_FOUND.
 */
enum tacit_code tacit_delete_here(
    struct tacit *t, const char *about, struct tacit_error *e);

/*
 * 1..TACIT_REACTION_BYTES of UTF-8 in which everything is visible: no spaces,
 * no controls, no line ends.
 */
bool tacit_is_reaction(const char *text, size_t len);

#endif
