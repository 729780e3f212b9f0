#include "client/cli/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PROFILE_NAME_BYTES = 64 };

static enum tacit_code
refuse(enum tacit_code code, const char *message, struct tacit_error *e)
{
	e->code = code;
	e->retry_after_ms = 0;
	snprintf(e->message, sizeof(e->message), "%s", message);
	return code;
}

/* An empty variable counts as unset. */
static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* A name becomes a directory: it must stay one, and a visible one. */
static bool
name_is_safe(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > PROFILE_NAME_BYTES || name[0] == '.' ||
	    name[0] == '-')
		return false;
	for (; *name != '\0'; name++)
		if (*name == '/' || (unsigned char)*name < 0x20 ||
		    *name == 0x7f)
			return false;
	return true;
}

static enum tacit_code
take(int printed, struct tacit_error *e)
{
	return printed < 0 ? refuse(TACIT_FAILED, "Out of memory", e)
			   : TACIT_DONE;
}

/* XDG Base Directory Specification: a relative path is to be ignored. */
static enum tacit_code
under_data_home(const char *name, char **dir, struct tacit_error *e)
{
	const char *data = environment("XDG_DATA_HOME");
	const char *user = environment("HOME");

	if (data != NULL && data[0] == '/')
		return take(asprintf(dir, "%s/tacit/%s", data, name), e);
	if (user != NULL)
		return take(
		    asprintf(dir, "%s/.local/share/tacit/%s", user, name), e);
	return refuse(TACIT_USAGE,
	    "HOME is not set: say where the profile is with --home DIR", e);
}

enum tacit_code
profile_find(
    const char *name, const char *home, char **dir, struct tacit_error *e)
{
	if (name == NULL)
		name = environment("TACIT_PROFILE");
	if (home == NULL)
		home = environment("TACIT_HOME");
	if (name != NULL && home != NULL)
		return refuse(TACIT_USAGE,
		    "A profile is named by --profile (TACIT_PROFILE) or by "
		    "--home (TACIT_HOME), not by both",
		    e);
	if (home != NULL && home[0] == '\0')
		return refuse(TACIT_USAGE, "--home wants a directory", e);
	if (home != NULL)
		return take(asprintf(dir, "%s", home), e);
	if (name == NULL)
		name = "default";
	if (!name_is_safe(name))
		return refuse(TACIT_USAGE,
		    "A profile name has 1 to 64 bytes, no slash or control "
		    "character, and does not begin with a dot or a dash",
		    e);
	return under_data_home(name, dir, e);
}

enum tacit_code
profile_proxy(const char *option, const char **proxy, struct tacit_error *e)
{
	const char *value = environment("TACIT_PROXY");

	if (option == NULL && value != NULL && strchr(value, '@') != NULL)
		return refuse(TACIT_USAGE,
		    "TACIT_PROXY may not hold a user and a password; give them "
		    "with --proxy",
		    e);
	*proxy = option != NULL ? option : value;
	return TACIT_DONE;
}

enum tacit_code
profile_make_parents(const char *dir, struct tacit_error *e)
{
	char *path = strdup(dir);
	enum tacit_code code = TACIT_DONE;

	if (path == NULL)
		return refuse(TACIT_FAILED, "Out of memory", e);
	for (char *slash = strchr(path + 1, '/');
	     slash != NULL && code == TACIT_DONE;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST) {
			code = errno == ENOSPC ? TACIT_DISK_FULL : TACIT_FAILED;
			e->code = code;
			e->retry_after_ms = 0;
			snprintf(e->message, sizeof(e->message),
			    "Cannot make the directory %s: %s", path,
			    strerror(errno));
		}
		*slash = '/';
	}
	free(path);
	return code;
}
