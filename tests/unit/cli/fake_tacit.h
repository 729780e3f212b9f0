/*
 * fake_tacit.h - a libtacit made of answers, and a command line to run on it.
 *
 * It defines every function of tacit.h that the command line calls, so that
 * the linker takes nothing from the real library.  Data are those of the
 * examples in docs/json.md.
 */
#ifndef TACIT_TESTS_FAKE_TACIT_H
#define TACIT_TESTS_FAKE_TACIT_H

#include "client/cli/cli.h"
#include "client/core/tacit.h"
#include "tests/support/test.h"

enum { FAKE_EVENTS = 8, FAKE_SENT = 1200, FAKE_TEXT = 64 };

struct fake {
	/* Answers. */
	enum tacit_code answer; /* of the call that does the work */
	const char *sentence;
	uint64_t retry_after_ms;
	bool needs_passphrase;
	const char *passphrase; /* the right one */
	struct tacit_event events[FAKE_EVENTS];
	size_t events_count;
	const struct tacit_state_change *change; /* NULL: none */
	enum tacit_state sent_state;
	const char *refused[2];
	size_t refused_count;
	bool trust_changed;
	size_t group_changed;
	bool contact_changed;
	bool setting_changed;
	uint64_t timer_s;
	const struct tacit_log_entry *log; /* NULL: one entry */
	size_t log_count;
	struct tacit_log_summary log_sum;
	bool proof_of_group;
	bool keyring;       /* there is a slot for it */
	bool keyring_opens; /* and it answers */

	/* What was asked. */
	char passphrase_set[64];
	size_t ways_changed; /* calls */
	char dir[512];
	char passphrase_got[64];
	char name[64];
	char link[128];
	struct tacit_send send; /* the last; pointers are not kept */
	char sent_texts[FAKE_SENT][FAKE_TEXT];
	size_t sent_count;
	size_t sends;           /* calls */
	struct tacit_act acted; /* pointers are not kept */
	char reply_to[64];
	char to[64];
	char id[64];
	struct tacit_receive receive;
	size_t flushed;
	struct tacit_history history;
	struct tacit_export exported; /* pointers are not kept */
	char signature[64];           /* of a proof */
	char with[64];
	char search[64];
	enum tacit_group_act act;
	int64_t history_ms;
	struct tacit_group_settings settings;
	struct tacit_link_wish link_wish;
	char label[64];
	const char *standing;   /* NULL: member */
	struct tacit_join join; /* pointers are not kept */
	char group[64];
	char names[4][64];
	size_t names_count;
	size_t deletions;
	bool mark;
	bool blocked;
	uint64_t dropped;
	const char *moved_to; /* NULL: it is where it was */
	char compare[128];
	bool verify;
	int64_t timeout_ms;
	char proxy[64]; /* empty: none */
	char recovery_key[128];
	enum tacit_code may_begin; /* of register, recover, restore */
	struct tacit_recovery recovery;
};

extern const char fake_recovery_key[];

extern struct fake fake;

/* What a run printed; freed by the next. */
struct run {
	int code;
	const char *out;
	const char *err;
};

/* cmocka setup and teardown: a clean fake, environment and time zone. */
int fake_setup(void **state);
int fake_teardown(void **state);

/* Run `tacit ARGS...`, the list ended by NULL, with this standard input. */
struct run run_with(const char *input, const char *first, ...);
#define run(...)              run_with("", __VA_ARGS__, (const char *)NULL)
#define run_input(input, ...) run_with((input), __VA_ARGS__, (const char *)NULL)

/* A message and a notice to start from. */
struct tacit_event fake_message(const char *from, const char *text);
struct tacit_event fake_group_message(const char *from, const char *text);
struct tacit_event fake_notice(const char *kind);
void fake_event(struct tacit_event event);

#endif
