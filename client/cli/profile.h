/* profile.h - which directory is the profile (tacit(1)). */
#ifndef TACIT_CLI_PROFILE_H
#define TACIT_CLI_PROFILE_H

#include "client/core/tacit.h"

/*
 * The directory that --home, --profile and their environment variables name;
 * NULL: not given.  A name and a directory at once, wherever they come from,
 * are USAGE: neither may silently win over the other.  *dir: owned.
 */
enum tacit_code profile_find(
    const char *name, const char *home, char **dir, struct tacit_error *e);

/*
 * The proxy that --proxy (NULL: not given) or TACIT_PROXY names; *proxy is
 * borrowed, NULL for none.  An empty --proxy overrules the variable.  USAGE: a
 * password in the environment.
 */
enum tacit_code profile_proxy(
    const char *option, const char **proxy, struct tacit_error *e);

/* Make the directories above dir, for nobody else to read.  FAILED. */
enum tacit_code profile_make_parents(const char *dir, struct tacit_error *e);

#endif
