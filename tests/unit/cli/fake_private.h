/* fake_private.h - what the parts of the fake share: data and how it answers.
 */
#ifndef TACIT_TESTS_FAKE_PRIVATE_H
#define TACIT_TESTS_FAKE_PRIVATE_H

#include "tests/unit/cli/fake_tacit.h"

#define FAKE_KEY                                                               \
	"1f2e3d4c5b6a79880123456789abcdef1f2e3d4c5b6a79880123456789abcdef"
#define FAKE_HEAD                                                              \
	"9a0b1c2d3e4f50617283940516273849a0b1c2d3e4f506172839405162738495"
#define FAKE_MESSAGE_ID "00112233445566778899aabbccddeeff"
#define FAKE_ALICE_ID                                                          \
	"a11ce00000000000000000000000000000000000000000000000000000000000"
#define FAKE_GROUP_ID                                                          \
	"f12e4d50000000000000000000000000000000000000000000000000000000aa"

/* 2026-11-21T14:03:22.123Z */
#define FAKE_NOON_MS INT64_C(1795269802123)

/* Remember what the command line gave; cut to `size`.  NULL is empty. */
void fake_keep(char *into, size_t size, const char *text);

/* What the test said the call that does the work answers. */
enum tacit_code fake_answer(struct tacit_error *e);

#endif
