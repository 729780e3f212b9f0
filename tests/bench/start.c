#include "tests/bench/start.h"

#include <arpa/inet.h>
#include <fts.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIXED = 14, METRICS_TEXT = 32, SPARE_CONNECTIONS = 2000 };

static const char *const limits[FIXED] = {
	"--log-level=warn",
	"--connections-per-source=1000000",
	"--connects-per-minute=10000000",
	"--registrations-burst=1000000",
	"--requests-per-minute=100000000",
	"--device-submits-per-minute=100000000",
	"--device-mib-per-minute=1048576",
	"--account-submits-per-minute=100000000",
	"--account-mib-per-minute=1048576",
	"--account-recipients-per-minute=100000000",
	"--sender-share=100",
	"--memory-mib=4096",
	"--disk-reserve-mib=0",
	"--login-timeout=600s",
};

/* The relay does not choose a port for its metrics, so one is found here. */
static bool
find_port(char *text)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ok = fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
	     getsockname(fd, (struct sockaddr *)&at, &len) == 0;
	if (fd >= 0)
		close(fd);
	if (ok)
		snprintf(
		    text, METRICS_TEXT, "127.0.0.1:%u", ntohs(at.sin_port));
	return ok;
}

/* The soft limit is what a relay gets; a superuser may raise the hard one. */
static void
raise_descriptors(uint64_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max < wanted) {
		const struct rlimit more = { wanted, wanted };

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return;
	}
	limit.rlim_cur = limit.rlim_max;
	(void)!setrlimit(RLIMIT_NOFILE, &limit);
}

static bool
choose_data(struct start *s, const struct options *o)
{
	const char *tmp = getenv("TMPDIR");

	if (o->data[0] != '\0') {
		memcpy(s->data, o->data, sizeof(s->data));
		return true;
	}
	s->temporary = true;
	snprintf(s->data, sizeof(s->data), "%.200s/tacit-bench.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	return mkdtemp(s->data) != NULL;
}

void
start_remove_tree(const char *dir)
{
	char *path = strdup(dir);
	char *roots[] = { path, NULL };
	FTS *tree = path == NULL ? NULL : fts_open(roots, FTS_PHYSICAL, NULL);
	FTSENT *at;

	while (tree != NULL && (at = fts_read(tree)) != NULL) {
		if (at->fts_info == FTS_D)
			continue; /* it comes again once it is empty */
		(void)!(at->fts_info == FTS_DP ? rmdir(at->fts_accpath)
					       : unlink(at->fts_accpath));
	}
	if (tree != NULL)
		fts_close(tree);
	free(path);
}

bool
start_relay(struct start *s, struct options *o)
{
	const char *argv[FIXED + CONFIG_LIST_ITEMS + 6] = { 0 };
	char option[CONFIG_LIST_ITEMS][CONFIG_TEXT_BYTES + 4];
	char metrics[METRICS_TEXT], connections[METRICS_TEXT];
	size_t count = 0;

	memset(s, 0, sizeof(*s));
	if (o->relay[0] == '\0')
		return true;
	raise_descriptors(o->devices + 2 * SPARE_CONNECTIONS);
	if (!choose_data(s, o) || !find_port(metrics)) {
		fprintf(stderr, "tacit-bench: no directory or port\n");
		return false;
	}
	argv[count++] = "--listen";
	argv[count++] = o->listen;
	argv[count++] = "--metrics";
	argv[count++] = metrics;
	snprintf(connections, sizeof(connections), "--connections=%llu",
	    (unsigned long long)o->devices + SPARE_CONNECTIONS);
	argv[count++] = connections;
	for (size_t i = 0; i < FIXED; i++)
		argv[count++] = limits[i];
	for (size_t i = 0; i < o->relay_option.count; i++) {
		snprintf(option[i], sizeof(option[i]), "--%s",
		    o->relay_option.items[i]);
		for (char *c = option[i]; *c != '\0' && *c != '='; c++)
			if (*c == '_')
				*c = '-';
		argv[count++] = option[i];
	}
	if (!relay_process_start(&s->relay, o->relay, s->data, argv)) {
		fprintf(stderr, "tacit-bench: %s did not start\n", o->relay);
		if (s->temporary)
			start_remove_tree(s->data);
		return false;
	}
	snprintf(o->target, sizeof(o->target), "%.255s", s->relay.link);
	snprintf(o->metrics, sizeof(o->metrics), "%s", metrics);
	memcpy(o->data, s->data, sizeof(o->data));
	o->pid = (uint64_t)s->relay.pid;
	return true;
}

bool
stop_relay(struct start *s)
{
	bool ok = s->relay.pid == 0 || relay_process_stop(&s->relay) == 0;

	if (!ok)
		fprintf(stderr, "tacit-bench: the relay did not end well\n");
	if (s->temporary)
		start_remove_tree(s->data);
	return ok;
}
