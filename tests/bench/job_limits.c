/*
 * job_limits.c - what this machine can do at best, right now: without a server,
 * so that a figure of one can be told from a figure of the disk or of OpenSSL.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/limits.h"

static void
add_disk(struct result *r, const char *dir, double budget_s)
{
	result_add(r, "lmdb_puts_1_per_s", "puts/s, 1 in a commit", 0,
	    limit_lmdb(dir, 1, budget_s));
	result_add(r, "lmdb_puts_64_per_s", "puts/s, 64 in a commit", 0,
	    limit_lmdb(dir, 64, budget_s));
	result_add(r, "lmdb_puts_1024_per_s", "puts/s, 1,024 in a commit", 0,
	    limit_lmdb(dir, 1024, budget_s));
	result_add(r, "append_syncs_per_s", "fdatasync/s after 350 bytes", 0,
	    limit_append(dir, budget_s));
	result_add(r, "overwrite_syncs_per_s",
	    "fdatasync/s after 4 KiB in written blocks", 0,
	    limit_overwrite(dir, budget_s));
}

static void
add_tls(struct result *r, double budget_s)
{
	struct limit_tls one = limit_records(1, budget_s);
	struct limit_tls many = limit_records(16, budget_s);
	struct limit_handshakes shaken = limit_handshakes(budget_s);

	result_add(r, "tls_sealed_per_s", "messages/s, a record each", 0,
	    one.written_per_s);
	result_add(r, "tls_opened_per_s", "messages/s, a record each", 0,
	    one.read_per_s);
	result_add(r, "tls_sealed_16_per_s", "messages/s, 16 in a record", 0,
	    many.written_per_s);
	result_add(r, "tls_opened_16_per_s", "messages/s, 16 in a record", 0,
	    many.read_per_s);
	result_add(r, "handshakes_server_per_s", "handshakes/s, server alone",
	    0, shaken.server_per_s);
	result_add(r, "handshakes_both_per_s", "handshakes/s, with the client",
	    0, shaken.both_per_s);
}

bool
job_limits(struct bench *b)
{
	double budget_s = (double)b->options->limit_ms / 1000;
	const char *tmp = getenv("TMPDIR");
	struct result r;
	char dir[256];

	snprintf(dir, sizeof(dir), "%.200s/tacit-limits.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL) {
		fprintf(stderr, "tacit-bench: cannot make %s\n", dir);
		return false;
	}
	result_begin(&r, "machine", "limits");
	r.note = "disk: one thread, under TMPDIR; TLS: one core, no sockets";
	add_disk(&r, dir, budget_s);
	add_tls(&r, budget_s);
	rmdir(dir);
	result_print(&r, b->options->json != 0);
	return true;
}
