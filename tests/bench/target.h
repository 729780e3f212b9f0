/* target.h - NAME://USER:PASSWORD@ADDRESS:PORT, where a peer listens. */
#ifndef TACIT_TESTS_BENCH_TARGET_H
#define TACIT_TESTS_BENCH_TARGET_H

#include <netinet/in.h>

#include "base/status.h"

enum { TARGET_TEXT = 128 };

struct target {
	char user[TARGET_TEXT]; /* may be empty */
	char password[TARGET_TEXT];
	struct sockaddr_in address;
};

/* BAD_INPUT: another scheme, or a part is missing or too long. */
enum status target_parse(
    const char *text, const char *scheme, struct target *t);

#endif
