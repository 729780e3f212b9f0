#include "tests/bench/probe.h"

#include <arpa/inet.h>
#include <fts.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	PAGE_BYTES = 512 * 1024, /* a page of metrics */
	METRICS_WAIT_S = 5,
	BLOCK_BYTES = 512, /* stat(2), st_blocks */
};

int64_t
probe_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

double
probe_now_s(void)
{
	return (double)probe_now_ns() / 1e9;
}

/* To the nanosecond, which /proc/PID/stat is not.  0: this process. */
static double
cpu_s(pid_t pid)
{
	struct timespec t;
	clockid_t id;

	if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &t) != 0)
		return NAN;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The number behind `key` at the beginning of a line of /proc/PID/file. */
static double
from_proc(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	double value = NAN;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "re");
	if (f == NULL)
		return NAN;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtod(line + strlen(key), NULL);
	fclose(f);
	return value;
}

static int
dial(const char *address)
{
	struct timeval wait = { .tv_sec = METRICS_WAIT_S };
	struct sockaddr_in to = { .sin_family = AF_INET };
	const char *colon = strrchr(address, ':');
	char host[64];
	int fd;

	if (colon == NULL || (size_t)(colon - address) >= sizeof(host))
		return -1;
	memcpy(host, address, (size_t)(colon - address));
	host[colon - address] = '\0';
	to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &to.sin_addr) != 1)
		return -1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A page of metrics as text, which the caller frees; NULL: none came. */
static char *
fetch(const char *address)
{
	static const char ask[] = "GET /metrics HTTP/1.0\r\n\r\n";
	char *page = calloc(1, PAGE_BYTES);
	int fd = page == NULL ? -1 : dial(address);
	size_t len = 0;
	ssize_t n = 0;

	if (fd >= 0 && send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) ==
			   (ssize_t)sizeof(ask) - 1)
		while (len + 1 < PAGE_BYTES &&
		       (n = recv(fd, page + len, PAGE_BYTES - 1 - len, 0)) > 0)
			len += (size_t)n;
	if (fd >= 0)
		close(fd);
	if (len > 0 && n == 0)
		return page;
	free(page);
	return NULL;
}

/* A metric without labels. */
static double
from_page(const char *page, const char *name)
{
	const char *at = page;
	size_t len = strlen(name);

	while (at != NULL && (at = strstr(at, name)) != NULL) {
		if (at > page && at[-1] == '\n' && at[len] == ' ')
			return strtod(at + len, NULL);
		at += len;
	}
	return NAN;
}

static double
disk_bytes(const char *dir)
{
	char *path = strdup(dir);
	char *roots[] = { path, NULL };
	FTS *tree = path == NULL ? NULL : fts_open(roots, FTS_PHYSICAL, NULL);
	double bytes = 0;
	FTSENT *at;

	if (tree == NULL) {
		free(path);
		return NAN;
	}
	while ((at = fts_read(tree)) != NULL)
		if (at->fts_info == FTS_F)
			bytes += (double)at->fts_statp->st_blocks * BLOCK_BYTES;
	fts_close(tree);
	free(path);
	return bytes;
}

double
probe_descriptors(const struct probe *p)
{
	return p->pid > 0 ? from_proc(p->pid, "limits", "Max open files") : NAN;
}

void
probe_take(const struct probe *p, struct probe_sample *s)
{
	char *page;

	*s = (struct probe_sample){ NAN, NAN, NAN, NAN, NAN, NAN, NAN };
	s->load_cpu_s = cpu_s(0);
	if (p->pid > 0) {
		s->written_bytes = from_proc(p->pid, "io", "write_bytes:");
		s->rss_bytes = from_proc(p->pid, "status", "VmRSS:") * 1024.0;
		s->cpu_s = cpu_s(p->pid);
	}
	page = p->metrics != NULL ? fetch(p->metrics) : NULL;
	if (page != NULL) {
		s->commits = from_page(page, "tacit_relay_commits_total");
		s->log_bytes = from_page(page, "tacit_relay_log_bytes");
	}
	free(page);
	if (p->data != NULL)
		s->disk_bytes = disk_bytes(p->data);
}

void
probe_report(struct result *r, const struct probe_sample *before,
    const struct probe_sample *after, double messages)
{
	double commits = after->commits - before->commits;

	result_add(r, "cpu_s_per_million", "s of the server's CPU", 2,
	    ratio((after->cpu_s - before->cpu_s) * 1e6, messages));
	result_add(r, "load_cpu_s_per_million", "s of this program's CPU", 2,
	    ratio((after->load_cpu_s - before->load_cpu_s) * 1e6, messages));
	result_add(r, "commits", "commits", 0, commits);
	result_add(
	    r, "messages_per_commit", "messages", 1, ratio(messages, commits));
	result_add(r, "written_bytes_per_message", "bytes", 0,
	    ratio(after->written_bytes - before->written_bytes, messages));
}
