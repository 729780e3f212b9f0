/* sandbox_user.c - who the relay is, when root starts it. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "relay/sandbox.h"

static enum status
find_named(
    const char *named, struct sandbox_user *user, char why[CONFIG_WHY_BYTES])
{
	const struct passwd *found = getpwnam(named);

	if (found == NULL) {
		snprintf(why, CONFIG_WHY_BYTES,
		    "there is no user \"%.64s\" on this system", named);
		return STATUS_NOT_FOUND;
	}
	user->uid = found->pw_uid;
	user->gid = found->pw_gid;
	snprintf(user->name, sizeof(user->name), "%s", named);
	return STATUS_OK;
}

static enum status
find_owner(const char *dir, struct sandbox_user *user)
{
	const struct passwd *found;
	struct stat s;

	if (stat(dir, &s) != 0)
		return STATUS_IO;
	found = getpwuid(s.st_uid);
	user->uid = s.st_uid;
	user->gid = found != NULL ? found->pw_gid : s.st_gid;
	snprintf(user->name, sizeof(user->name), "%s",
	    found != NULL ? found->pw_name : "");
	return STATUS_OK;
}

enum status
sandbox_find_user(const char *named, const char *data_dir,
    struct sandbox_user *user, bool *change, char why[CONFIG_WHY_BYTES])
{
	struct sandbox_user found = { .uid = geteuid(), .gid = getegid() };
	enum status st = STATUS_OK;

	if (*named != '\0')
		st = find_named(named, &found, why);
	else if (geteuid() == 0)
		st = find_owner(data_dir, &found);
	if (st != STATUS_OK)
		return st;
	if (found.uid != geteuid() && geteuid() != 0) {
		snprintf(why, CONFIG_WHY_BYTES,
		    "only root can start the relay as \"%.64s\"", named);
		return STATUS_DENIED;
	}
	*user = found;
	*change = found.uid != geteuid();
	return STATUS_OK;
}

static enum status
complain(const char *name)
{
	log_event(LOG_LEVEL_ERROR, "sandbox", "user=%s reason=\"%s\"", name,
	    strerror(errno));
	return STATUS_IO;
}

enum status
sandbox_act_as_owner(const char *data_dir)
{
	struct sandbox_user owner;

	if (geteuid() != 0)
		return STATUS_OK;
	if (find_owner(data_dir, &owner) == STATUS_OK &&
	    setgroups(0, NULL) == 0 && setegid(owner.gid) == 0 &&
	    seteuid(owner.uid) == 0)
		return STATUS_OK;
	return complain(data_dir);
}

enum status
sandbox_act_as_self(void)
{
	if (seteuid(getuid()) == 0 && setegid(getgid()) == 0)
		return STATUS_OK;
	return complain("self");
}

/* Nothing of root is left, and nothing of it can come back. */
static bool
is_only(const struct sandbox_user *user)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && getresgid(&rg, &eg, &sg) == 0 &&
	       r == user->uid && e == user->uid && s == user->uid &&
	       rg == user->gid && eg == user->gid && sg == user->gid &&
	       setuid(0) != 0 && seteuid(0) != 0;
}

enum status
sandbox_become(const struct sandbox_user *user)
{
	int groups = user->name[0] != '\0' ? initgroups(user->name, user->gid)
					   : setgroups(1, &user->gid);

	if (groups == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
	    setresuid(user->uid, user->uid, user->uid) == 0 && is_only(user))
		return STATUS_OK;
	return complain(user->name);
}
