#include "relay/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct process {
	int statm_fd; /* -1: none */
	DIR *fds;     /* NULL: none */
	int64_t page_bytes;
	int64_t fds_max;
};

enum status
process_open(struct process **p)
{
	struct process *fresh = calloc(1, sizeof(*fresh));
	struct rlimit limit;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	fresh->fds = opendir("/proc/self/fd");
	fresh->page_bytes = sysconf(_SC_PAGESIZE);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		fresh->fds_max = (int64_t)limit.rlim_cur;
	*p = fresh;
	return STATUS_OK;
}

void
process_close(struct process *p)
{
	if (p == NULL)
		return;
	if (p->statm_fd >= 0)
		close(p->statm_fd);
	if (p->fds != NULL)
		closedir(p->fds);
	free(p);
}

/* The second number of the file: pages that are resident. */
static int64_t
resident_pages(const struct process *p)
{
	char text[128] = "";
	long long pages = 0;

	if (p->statm_fd < 0 ||
	    pread(p->statm_fd, text, sizeof(text) - 1, 0) <= 0 ||
	    sscanf(text, "%*d %lld", &pages) != 1)
		return 0;
	return pages;
}

static int64_t
count_fds(struct process *p)
{
	const struct dirent *entry;
	int64_t count = 0;

	if (p->fds == NULL)
		return 0;
	rewinddir(p->fds);
	while ((entry = readdir(p->fds)) != NULL)
		if (entry->d_name[0] != '.')
			count++;
	return count;
}

static int64_t
cpu_ms(void)
{
	struct timespec used;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
		return 0;
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

void
process_measure(struct process *p, struct metrics *m)
{
	metrics_set(
	    m, METRIC_RESIDENT_BYTES, resident_pages(p) * p->page_bytes);
	metrics_set(m, METRIC_DESCRIPTORS, count_fds(p));
	metrics_set(m, METRIC_DESCRIPTORS_MAX, p->fds_max);
	metrics_set(m, METRIC_CPU_MS, cpu_ms());
}
