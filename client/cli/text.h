/*
 * text.h - foreign text on a terminal, in a form that cannot lie.
 *
 * Whatever a peer wrote is shown so that it can neither steer the terminal nor
 * look like a line of ours: control and formatting characters and bytes that
 * are no UTF-8 come out as \x1b, \u202e or \U000e0041.
 */
#ifndef TACIT_CLI_TEXT_H
#define TACIT_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum text_kind {
	/* One line; tabs and line ends are escaped, and so is every invisible
	 * character and the colon that would end a name. */
	TEXT_NAME,
	/* Between quotation marks: as NAME, and none of those in it. */
	TEXT_QUOTED,
	/* One line of ours that may quote others: as NAME, colons kept. */
	TEXT_SENTENCE,
	/* A message: a line end begins a line indented by four spaces, a tab
	 * becomes four spaces; joiners that shape letters are kept. */
	TEXT_BODY,
};

void text_put(FILE *to, enum text_kind kind, const char *text, size_t len);
void text_put_z(FILE *to, enum text_kind kind, const char *text);

/* Valid UTF-8 without NUL. */
bool text_is_plain(const char *text, size_t len);

/*
 * Nothing but signs, emoji among them: no letters, punctuation or blanks, with
 * which a list of names could be made.
 */
bool text_is_sign(const char *text, size_t len);

/* A copy with every bad byte as U+FFFD; NULL: no memory.  free() it. */
char *text_repair(const char *text, size_t len, size_t *repaired_len);

/* Unicode normal form C, for names typed by people; NULL: not UTF-8 or no
 * memory.  free() it. */
char *text_nfc(const char *text);

/*
 * Whether a code point steers a terminal or the direction of text, or ends a
 * line somewhere: C0, DEL, C1, bidirectional controls, U+2028, U+2029.
 */
bool text_is_steering(int32_t c);

/* The code point at text, at most len bytes; -1: not UTF-8.  *used: bytes. */
int32_t text_next(const char *text, size_t len, size_t *used);

#endif
