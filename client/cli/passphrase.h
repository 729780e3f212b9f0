/*
 * passphrase.h - a passphrase on its way from the user to libtacit.
 *
 * It lives in locked memory that no dump contains and is wiped when freed.  It
 * comes from a file, a descriptor or the terminal, never from an argument or
 * an environment variable.
 */
#ifndef TACIT_CLI_PASSPHRASE_H
#define TACIT_CLI_PASSPHRASE_H

#include "client/cli/command.h"

enum { PASSPHRASE_BYTES = 1024 };

struct passphrase {
	size_t len;
	unsigned char text[PASSPHRASE_BYTES];
};

/* Locked memory; NULL: there is none.  free wipes; NULL is fine. */
struct passphrase *passphrase_new(void);
void passphrase_free(struct passphrase *p);

/* Whether an option or TACIT_PASSPHRASE_FILE says where to read it. */
bool passphrase_is_given(const struct cli *cli);

/*
 * Read it from where the options say, or else ask on the terminal; `twice`:
 * ask again and compare.  PASSPHRASE: nothing said and no terminal, or it
 * cannot be read.  USAGE: both options, not a number, too long.
 */
enum tacit_code passphrase_read(
    struct cli *cli, bool twice, struct passphrase *p);

/*
 * For register and recover: a new profile gets a passphrase or an explicit no.
 * One that has a passphrase already was begun and not finished: its own is
 * asked for.  EXISTS: it is finished, or something else was begun; that is said
 * as early as it can be known, before the user is asked for what would be in
 * vain.
 */
enum tacit_code passphrase_choose(struct cli *cli, struct passphrase *p);

/* Asked once on the terminal, echo off; for other secrets, too. */
enum tacit_code passphrase_ask(
    struct cli *cli, const char *prompt, struct passphrase *p);

/*
 * A new one: the first line of this file, or asked for twice on the terminal
 * when that is NULL.  A weak one is warned of.
 */
enum tacit_code passphrase_read_new(
    struct cli *cli, const char *path, struct passphrase *p);

#endif
