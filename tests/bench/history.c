/*
 * history.c - a profile with a long history, to measure looking back on.
 *
 *   tacit-history DIR ROWS
 *
 * Makes a profile in DIR, which is empty, writes ROWS messages of others and of
 * our own straight into its store, and prints what an append cost.  The command
 * that looks back is then measured as people run it (bench/history.sh).
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "client/core/account.h"
#include "client/core/messenger/peers.h"
#include "store/client/history.h"

enum { STEP_ROWS = 10000, PEERS = 20, WORDS = 10, BODY_BYTES = 180 };

#define NOW_MS INT64_C(1795269802123)

static void
must(enum status st, const char *what)
{
	if (st == STATUS_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, status_name(st));
	exit(1);
}

static double
cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct account_name
name_of(const char *text)
{
	struct account_name name;

	must(account_name_parse(bytes_text(text), &name), text);
	return name;
}

/* Registered as far as the store knows; nothing here asks a relay. */
static void
make_profile(const char *dir, struct core *core)
{
	struct account_name me = name_of("bench");
	struct link relay = { .host = "relay.test", .port = 1 };
	struct master_key *key = NULL;
	struct step s = { 0 };

	core->dir = dir;
	must(keyslots_create(dir, BYTES_NONE, &key), dir);
	must(vault_open(dir, key, &core->vault), "vault");
	must(ratchet_new(&core->ratchet), "ratchet");
	must(step_begin(core, DB_WRITE, &s), "step");
	must(account_make(&s, &me, &relay, false, &core->self), "account");
	core->self.state = SELF_REGISTERED;
	must(self_put(s.txn, &core->self), "self");
	must(step_commit(&s), "commit");
}

/* Words of pseudo-random letters, 3 to 9 of them: about 70 bytes. */
static size_t
make_text(uint64_t *seed, char *text)
{
	size_t len = 0;

	for (int word = 0; word < WORDS; word++) {
		*seed = *seed * UINT64_C(6364136223846793005) +
			1442695040888963407u;
		for (uint64_t i = 0; i < 3 + (*seed >> 61); i++)
			text[len++] = (char)('a' + (*seed >> (8 + 5 * i)) % 26);
		text[len++] = ' ';
	}
	text[len - 1] = '.';
	text[0] = (char)(text[0] - 'a' + 'A');
	return len;
}

static void
append(struct step *s, uint64_t i, uint64_t *seed)
{
	static uint8_t signed_parts[BODY_BYTES + 64 + 32];
	char text[WORDS * 12];
	char peer[16];
	uint64_t n;
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_DIRECT,
		.device = 1,
		.sent_ms = NOW_MS + (int64_t)i,
		.received_ms = NOW_MS + (int64_t)i,
		.seq = i / PEERS + 1,
		.type = MESSAGE_TEXT,
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
		.body = bytes_view(signed_parts, BODY_BYTES),
		.body_signature = bytes_view(signed_parts + BODY_BYTES, 64),
		.salt = bytes_view(signed_parts + BODY_BYTES + 64, 32),
	};

	snprintf(peer, sizeof(peer), "peer%02d", (int)(i % PEERS));
	e.peer = name_of(peer);
	e.from = e.peer;
	peers_history_key(&e.peer, &e.conversation);
	store_u64(e.id.raw, i * UINT64_C(0x9e3779b97f4a7c15));
	e.text = bytes_view((uint8_t *)text, make_text(seed, text));
	must(history_append(s->txn, &e, &n), "append");
}

int
main(int argc, char **argv)
{
	struct core core = { 0 };
	uint64_t rows = 0;
	uint64_t seed = 1;
	double cpu = 0;

	if (argc != 3 || sodium_init() < 0 ||
	    number_parse(argv[2], 1, 100000000, &rows) != STATUS_OK) {
		fprintf(stderr, "usage: %s DIR ROWS\n", argv[0]);
		return 2;
	}
	make_profile(argv[1], &core);
	for (uint64_t i = 0; i < rows;) {
		struct step s = { 0 };
		double began;

		must(step_begin(&core, DB_WRITE, &s), "step");
		began = cpu_us();
		for (uint64_t j = 0; j < STEP_ROWS && i < rows; j++, i++)
			append(&s, i, &seed);
		cpu += cpu_us() - began;
		must(step_commit(&s), "commit");
	}
	printf("%" PRIu64 " rows, %.2f us of CPU an append\n", rows,
	    cpu / (double)rows);
	ratchet_free(core.ratchet);
	vault_close(core.vault);
	self_clear(&core.self);
	return 0;
}
