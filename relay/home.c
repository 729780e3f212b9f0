#include "relay/home.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "relay/file.h"

static const char CONF[] = "relay.conf";
static const char STATE[] = "relay.state";
static const char LOCK[] = "lock";
static const char UNFINISHED[] = "restore.unfinished";

static enum status
set_dir(struct home *h, const char *first, const char *rest)
{
	int len = snprintf(h->dir, sizeof(h->dir), "%s%s", first, rest);

	if (*first == '\0' || len < 0 || (size_t)len >= sizeof(h->dir))
		return STATUS_BAD_INPUT;
	return file_path(h->dir, "store", h->store);
}

enum status
home_find(const char *given, struct home *h)
{
	const char *named = getenv("TACIT_RELAY_DATA");
	const char *xdg = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (given != NULL)
		return set_dir(h, given, "");
	if (named != NULL && *named != '\0')
		return set_dir(h, named, "");
	if (geteuid() == 0)
		return set_dir(h, "/var/lib/tacit-relay", "");
	if (xdg != NULL && *xdg == '/')
		return set_dir(h, xdg, "/tacit-relay");
	if (home != NULL)
		return set_dir(h, home, "/.local/share/tacit-relay");
	return STATUS_BAD_INPUT;
}

enum status
home_make(const struct home *h)
{
	return file_make_dir(h->store);
}

/* A directory of root's becomes theirs; no link is followed to it. */
static bool
give_dir(const char *path, uid_t uid, gid_t gid)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct stat s;
	bool given;

	/* A link is the operator's, and what it leads to is arranged. */
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR;
	given = fstat(fd, &s) == 0 &&
		(s.st_uid != 0 || uid == 0 || fchown(fd, uid, gid) == 0);
	close(fd);
	return given;
}

enum status
home_give(
    const struct home *h, uid_t uid, gid_t gid, char why[CONFIG_WHY_BYTES])
{
	struct stat s;

	if (stat(h->dir, &s) != 0)
		return STATUS_IO;
	if (s.st_uid != uid &&
	    (s.st_uid != 0 || file_exists(h->dir, "identity.key"))) {
		snprintf(why, CONFIG_WHY_BYTES,
		    "%.256s belongs to somebody else; give it to the user that "
		    "is to serve with `chown -R`",
		    h->dir);
		return STATUS_DENIED;
	}
	if ((s.st_uid == uid || lchown(h->dir, uid, gid) == 0) &&
	    give_dir(h->store, uid, gid))
		return STATUS_OK;
	snprintf(why, CONFIG_WHY_BYTES, "%.256s: %s", h->dir, strerror(errno));
	return STATUS_IO;
}

/*
 * Root locks in a directory of the relay's, and then gives the file away: so it
 * must be this file, and not what a link makes of it.
 */
static bool
is_own_file(int fd)
{
	struct stat s;

	return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_nlink == 1;
}

/* Or a command of root's would leave one that the relay cannot open. */
static bool
give_lock(const struct home *h, int fd)
{
	struct stat s;

	return geteuid() != 0 ||
	       (stat(h->dir, &s) == 0 && fchown(fd, s.st_uid, s.st_gid) == 0);
}

enum status
home_lock(const struct home *h, int *fd)
{
	char path[PATH_MAX];
	enum status st = file_path(h->dir, LOCK, path);
	int opened;

	if (st != STATUS_OK)
		return st;
	opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (opened < 0) {
		log_event(LOG_LEVEL_ERROR, "lock", "path=%s reason=\"%s\"",
		    path, strerror(errno));
		return file_errno();
	}
	if (!is_own_file(opened) || !give_lock(h, opened)) {
		log_event(LOG_LEVEL_ERROR, "lock",
		    "path=%s what=\"it is a file of something else\"", path);
		close(opened);
		return STATUS_IO;
	}
	if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
		st = errno == EWOULDBLOCK ? STATUS_FULL : STATUS_IO;
		close(opened);
		return st;
	}
	if (home_is_unfinished(h)) {
		close(opened);
		return STATUS_DENIED;
	}
	*fd = opened;
	return STATUS_OK;
}

bool
home_is_unfinished(const struct home *h)
{
	return file_exists(h->dir, UNFINISHED);
}

enum status
home_begin_restore(const struct home *h)
{
	return file_write(h->dir, UNFINISHED,
	    BYTES("A backup is being restored here.\n"), false);
}

enum status
home_end_restore(const struct home *h)
{
	char path[PATH_MAX];
	enum status st = file_sync_dir(h->store);

	if (st == STATUS_OK)
		st = file_sync_dir(h->dir);
	if (st == STATUS_OK)
		st = file_path(h->dir, UNFINISHED, path);
	if (st == STATUS_OK && unlink(path) != 0)
		st = STATUS_IO;
	return st == STATUS_OK ? file_sync_dir(h->dir) : st;
}

static enum status
put_setting(struct buf *text, const char *name, const char *value)
{
	char line[CONFIG_TEXT_BYTES + 32];

	snprintf(line, sizeof(line), "%s = %s\n", name, value);
	return buf_put(text, bytes_text(line));
}

/* With a certificate links may have no pin. */
static enum status
put_certificate(struct buf *text, const struct settings *s)
{
	enum status st;

	if (s->tls_cert[0] == '\0')
		return STATUS_OK;
	st = put_setting(text, "tls_cert", s->tls_cert);
	if (st == STATUS_OK)
		st = put_setting(text, "tls_key", s->tls_key);
	if (st == STATUS_OK)
		st = put_setting(text, "link_pin", s->link_pin ? "yes" : "no");
	return st;
}

enum status
home_remember(const struct home *h, const struct settings *s)
{
	static const char *const policies[] = { "auto", "open", "code" };
	struct buf *text = NULL;
	char map_mib[24];
	enum status st = buf_new(16 * 1024, &text);

	if (st == STATUS_OK)
		st = buf_put(text, BYTES("# What tacit-relay last served.\n"));
	for (size_t i = 0; st == STATUS_OK && i < s->listen.count; i++)
		st = put_setting(text, "listen", s->listen.items[i]);
	if (st == STATUS_OK && s->host[0] != '\0')
		st = put_setting(text, "host", s->host);
	if (st == STATUS_OK)
		st = put_setting(text, "join", policies[s->join]);
	/*
	 * Who writes beside a serving relay must not think the database larger
	 * than it does: what lies beyond its map, it cannot read.
	 */
	snprintf(map_mib, sizeof(map_mib), "%" PRIu64, s->map_mib);
	if (st == STATUS_OK)
		st = put_setting(text, "map_mib", map_mib);
	if (st == STATUS_OK)
		st = put_certificate(text, s);
	if (st == STATUS_OK)
		st = file_write(h->dir, STATE, buf_view(text), true);
	buf_free(text);
	return st;
}

static enum status
read_settings(const struct home *h, const char *name, struct settings *s,
    char why[CONFIG_WHY_BYTES])
{
	char path[PATH_MAX];
	enum status st = file_path(h->dir, name, path);

	if (st != STATUS_OK)
		return st;
	return config_read(settings_table(), s, path, why);
}

enum status
home_read_conf(
    const struct home *h, struct settings *s, char why[CONFIG_WHY_BYTES])
{
	return read_settings(h, CONF, s, why);
}

enum status
home_recall(
    const struct home *h, struct settings *s, char why[CONFIG_WHY_BYTES])
{
	return read_settings(h, STATE, s, why);
}
