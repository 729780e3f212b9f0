#include "tests/support/disk.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	DISK_FILES = 512,
	DISK_NAME = 64,
	DISK_PATH = 512,
	SECTOR = 512,
	ALL_OF_IT = 8
};

struct unflushed {
	size_t at;
	size_t len;
	uint8_t *data;
};

struct disk_file {
	char name[DISK_NAME]; /* below the directory */
	ino_t ino;
	bool there;     /* its name is, for whoever looks */
	bool there_cut; /* and after a power cut */
	uint8_t *flushed;
	size_t flushed_len;
	struct unflushed *writes;
	size_t count;
	size_t cap;
};

static struct {
	char dir[DISK_PATH];
	struct disk_file files[DISK_FILES];
	size_t count;
	uint32_t calls; /* until the crash; 0: none */
	void (*crash)(void *arg);
	void *arg;
	uint64_t random;
} disk;

static uint32_t
disk_pick(uint32_t below)
{
	disk.random = disk.random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(disk.random >> 33) % below;
}

static void
step(void)
{
	if (disk.calls > 0 && --disk.calls == 0)
		disk.crash(disk.arg);
}

static void
flushed_grow(struct disk_file *f, size_t len)
{
	if (len <= f->flushed_len)
		return;
	f->flushed = realloc(f->flushed, len);
	assert(f->flushed != NULL);
	memset(f->flushed + f->flushed_len, 0, len - f->flushed_len);
	f->flushed_len = len;
}

/* Each sector with a chance of `chance` in ALL_OF_IT. */
static void
apply(struct disk_file *f, const struct unflushed *w, uint32_t chance)
{
	for (size_t at = w->at; at < w->at + w->len;) {
		size_t end = (at / SECTOR + 1) * SECTOR;

		if (end > w->at + w->len)
			end = w->at + w->len;
		if (disk_pick(ALL_OF_IT) < chance) {
			flushed_grow(f, end);
			memcpy(
			    f->flushed + at, w->data + (at - w->at), end - at);
		}
		at = end;
	}
}

static void
flush(struct disk_file *f, uint32_t chance)
{
	for (size_t i = 0; i < f->count; i++) {
		apply(f, &f->writes[i], chance);
		free(f->writes[i].data);
	}
	f->count = 0;
}

/* NULL: not one of ours. */
static struct disk_file *
find(int fd)
{
	char link[DISK_NAME];
	char path[DISK_PATH + DISK_NAME];
	size_t dir = strlen(disk.dir);
	struct disk_file *f;
	struct stat st;
	ssize_t len;

	if (dir == 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return NULL;
	for (size_t i = 0; i < disk.count; i++)
		if (disk.files[i].ino == st.st_ino)
			return &disk.files[i];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return NULL;
	path[len] = '\0';
	if (strncmp(path, disk.dir, dir) != 0 || path[dir] != '/' ||
	    strncmp(path + dir + 1, "log/", 4) != 0)
		return NULL;
	assert(disk.count < DISK_FILES);
	f = &disk.files[disk.count++];
	*f = (struct disk_file){ .ino = st.st_ino, .there = true };
	snprintf(f->name, sizeof(f->name), "%.40s", path + dir + 1);
	return f;
}

static void
note_write(struct disk_file *f, const void *from, size_t len, size_t at)
{
	if (f->count == f->cap) {
		f->cap = f->cap * 2 + 16;
		f->writes = realloc(f->writes, f->cap * sizeof(*f->writes));
		assert(f->writes != NULL);
	}
	f->writes[f->count] = (struct unflushed){
		.at = at,
		.len = len,
		.data = malloc(len),
	};
	assert(f->writes[f->count].data != NULL);
	memcpy(f->writes[f->count].data, from, len);
	f->count++;
}

/* What is written goes through the disk's hands, at every step of it. */
static void
written(struct disk_file *f, int fd, const void *from, size_t len, off_t at)
{
	note_write(f, from, len, (size_t)at);
	step();
	if ((fcntl(fd, F_GETFL) & O_DSYNC) == 0)
		return;
	flush(f, ALL_OF_IT);
	step();
}

/* What the program and its libraries call: these come before libc's. */
ssize_t
pwrite(int fd, const void *from, size_t len, off_t at)
{
	struct disk_file *f = find(fd);
	ssize_t n;

	if (f != NULL)
		step();
	n = syscall(SYS_pwrite64, fd, from, len, at);
	if (f != NULL && n > 0)
		written(f, fd, from, (size_t)n, at);
	return n;
}

ssize_t
writev(int fd, const struct iovec *v, int count)
{
	struct disk_file *f = find(fd);
	off_t at = f != NULL ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t n;

	if (f != NULL)
		step();
	n = syscall(SYS_writev, fd, v, count);
	for (int i = 0; f != NULL && i < count; i++) {
		written(f, fd, v[i].iov_base, v[i].iov_len, at);
		at += (off_t)v[i].iov_len;
	}
	return n;
}

static int
flush_file(struct disk_file *f)
{
	step();
	flush(f, ALL_OF_IT);
	step();
	return 0;
}

static int
flush_names(int fd)
{
	char log[DISK_PATH + DISK_NAME];
	struct stat one, two;

	snprintf(log, sizeof(log), "%s/log", disk.dir);
	if (fstat(fd, &one) != 0 || stat(log, &two) != 0 ||
	    one.st_ino != two.st_ino)
		return 0;
	step();
	for (size_t i = 0; i < disk.count; i++)
		disk.files[i].there_cut = disk.files[i].there;
	step();
	return 0;
}

int
fdatasync(int fd)
{
	struct disk_file *f = find(fd);

	return f != NULL ? flush_file(f) : 0;
}

int
fsync(int fd)
{
	struct disk_file *f = find(fd);

	return f != NULL ? flush_file(f) : flush_names(fd);
}

/* An inode that goes may come again as another file. */
int
unlinkat(int dir, const char *name, int flags)
{
	int fd = disk.dir[0] != '\0'
		     ? openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
		     : -1;
	struct disk_file *f = fd >= 0 ? find(fd) : NULL;

	if (fd >= 0)
		close(fd);
	if (f != NULL) {
		step();
		f->there = false;
		f->ino = 0;
	}
	fd = (int)syscall(SYS_unlinkat, dir, name, flags);
	if (f != NULL)
		step();
	return fd;
}

static uint8_t *
read_whole(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data;
	struct stat st;

	assert(fd >= 0 && fstat(fd, &st) == 0);
	*len = (size_t)st.st_size;
	data = calloc(1, *len + 1);
	assert(data != NULL);
	assert(pread(fd, data, *len, 0) == (ssize_t)*len);
	close(fd);
	return data;
}

static void
watch(const char *name)
{
	struct disk_file *f = &disk.files[disk.count++];
	char path[DISK_PATH + DISK_NAME];
	struct stat st;

	assert(disk.count < DISK_FILES);
	snprintf(path, sizeof(path), "%s/%s", disk.dir, name);
	assert(stat(path, &st) == 0);
	*f = (struct disk_file){
		.ino = st.st_ino,
		.there = true,
		.there_cut = true,
	};
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->flushed = read_whole(path, &f->flushed_len);
}

void
disk_watch(const char *dir)
{
	char path[DISK_PATH + DISK_NAME];
	struct dirent *entry;
	DIR *log;

	snprintf(disk.dir, sizeof(disk.dir), "%s", dir);
	watch("data.mdb");
	snprintf(path, sizeof(path), "%s/log", dir);
	log = opendir(path);
	assert(log != NULL);
	while ((entry = readdir(log)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "log/%.40s", entry->d_name);
		watch(path);
	}
	closedir(log);
}

void
disk_crash_in(uint32_t calls, void (*crash)(void *arg), void *arg)
{
	disk.calls = calls;
	disk.crash = crash;
	disk.arg = arg;
}

/* As the kernel has it, or as the disk has. */
static void
make_file(struct disk_file *f, bool killed, const char *fresh)
{
	char path[DISK_PATH + DISK_NAME];
	uint8_t *data = f->flushed;
	size_t len = f->flushed_len;
	struct stat st;
	int fd;

	if (killed) {
		snprintf(path, sizeof(path), "%s/%s", disk.dir, f->name);
		data = read_whole(path, &len);
	}
	snprintf(path, sizeof(path), "%s/%s", fresh, f->name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert(fd >= 0 && fstat(fd, &st) == 0);
	assert(syscall(SYS_pwrite64, fd, data, len, 0L) == (ssize_t)len);
	close(fd);
	f->ino = st.st_ino;
	if (killed)
		free(data);
}

/*
 * A name that was not flushed may be there or not, one that was removed as
 * well; but of two that had one name the later one is.
 */
static void
end_names(void)
{
	for (size_t i = 0; i < disk.count; i++) {
		struct disk_file *f = &disk.files[i];

		if (f->there == f->there_cut)
			continue;
		f->there = disk_pick(2) == 0;
		for (size_t k = i + 1; k < disk.count; k++)
			if (strcmp(disk.files[k].name, f->name) == 0)
				f->there = false;
	}
}

void
disk_end(enum disk_end how, const char *fresh, uint64_t seed)
{
	const bool killed = how == DISK_KILLED;
	char path[DISK_PATH];
	size_t kept = 0;
	uint32_t chance;

	disk.random = seed;
	disk.calls = 0;
	chance = disk_pick(ALL_OF_IT + 1);
	snprintf(path, sizeof(path), "%s/log", fresh);
	assert(mkdir(path, 0700) == 0);
	if (!killed)
		end_names();
	for (size_t i = 0; i < disk.count; i++) {
		struct disk_file *f = &disk.files[i];

		if (!killed)
			flush(f, chance);
		if (!f->there && !killed)
			continue;
		if (f->there)
			make_file(f, killed, fresh);
		if (!killed)
			f->there_cut = true;
		disk.files[kept++] = *f;
	}
	disk.count = kept;
	snprintf(disk.dir, sizeof(disk.dir), "%s", fresh);
}
