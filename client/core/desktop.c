#include "client/core/desktop.h"

#include "base/log.h"

#ifdef TACIT_LIBSECRET

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libsecret/secret.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/wipe.h"

enum { ID_HEX = 2 * SLOT_ID_BYTES + 1, SECRET_HEX = 2 * SLOT_SECRET_BYTES + 1 };

enum desktop_act { DESKTOP_STORE, DESKTOP_LOOKUP, DESKTOP_FORGET };

struct desktop_wish {
	enum desktop_act act;
	char id[ID_HEX];
	const char *label;
	char secret[SECRET_HEX]; /* to be stored; wiped by whoever made it */
};

/* What the child tells; a pipe takes it in one write. */
struct desktop_answer {
	uint32_t status; /* enum status */
	char secret[SECRET_HEX];
};

/* Only what is used, under the names it has there. */
struct desktop_library {
	__typeof__(&secret_password_store_sync) store;
	__typeof__(&secret_password_lookup_sync) lookup;
	__typeof__(&secret_password_clear_sync) clear;
};

/* Their one attribute; the name tells it from other programs' secrets. */
static const SecretSchema desktop_schema = {
	.name = "tacit.profile",
	.flags = SECRET_SCHEMA_NONE,
	.attributes = { { "id", SECRET_SCHEMA_ATTRIBUTE_STRING }, { 0 } },
};

static bool
desktop_load(struct desktop_library *library)
{
	void *loaded = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL);

	if (loaded == NULL)
		return false;
	/* POSIX says that a pointer to a function fits (dlsym). */
	*(void **)&library->store = dlsym(loaded, "secret_password_store_sync");
	*(void **)&library->lookup =
	    dlsym(loaded, "secret_password_lookup_sync");
	*(void **)&library->clear = dlsym(loaded, "secret_password_clear_sync");
	return library->store != NULL && library->lookup != NULL &&
	       library->clear != NULL;
}

static enum status
desktop_take(const gchar *found, struct desktop_answer *answer)
{
	if (found == NULL)
		return STATUS_NOT_FOUND;
	if (strlen(found) != SECRET_HEX - 1)
		return STATUS_NOT_FOUND; /* not one of ours */
	memcpy(answer->secret, found, SECRET_HEX);
	return STATUS_OK;
}

/* In the child, whose memory goes with it. */
static enum status
desktop_act(const struct desktop_wish *wish, struct desktop_answer *answer)
{
	struct desktop_library library = { 0 };
	enum status st = STATUS_OK;
	GError *error = NULL;
	gchar *found;

	if (!desktop_load(&library))
		return STATUS_UNREACHABLE;
	switch (wish->act) {
	case DESKTOP_STORE:
		library.store(&desktop_schema, SECRET_COLLECTION_DEFAULT,
		    wish->label, wish->secret, NULL, &error, "id", wish->id,
		    NULL);
		break;
	case DESKTOP_LOOKUP:
		found = library.lookup(
		    &desktop_schema, NULL, &error, "id", wish->id, NULL);
		st = desktop_take(found, answer);
		break;
	case DESKTOP_FORGET:
		library.clear(
		    &desktop_schema, NULL, &error, "id", wish->id, NULL);
		break;
	}
	return error != NULL ? STATUS_UNREACHABLE : st;
}

[[gnu::noreturn]] static void
desktop_child(const struct desktop_wish *wish, int to)
{
	struct desktop_answer answer = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t told;

	/* What the library has to say is for its own developers. */
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(1);
	answer.status = (uint32_t)desktop_act(wish, &answer);
	told = write(to, &answer, sizeof(answer));
	_exit(told == (ssize_t)sizeof(answer) ? 0 : 1);
}

static enum status
desktop_wait(int from, int64_t deadline_ms, struct desktop_answer *answer)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	ssize_t got;

	for (;;) {
		int64_t left_ms = deadline_ms - clock_mono_ms();
		int ready = poll(&p, 1, left_ms > 0 ? (int)left_ms : 0);

		if (ready > 0)
			break;
		if (ready < 0 && errno != EINTR)
			return STATUS_IO;
		if (ready == 0)
			return STATUS_AGAIN;
	}
	got = read(from, answer, sizeof(*answer));
	if (got != (ssize_t)sizeof(*answer) || answer->status > STATUS_IO)
		return STATUS_UNREACHABLE; /* it died */
	answer->secret[SECRET_HEX - 1] = '\0';
	return (enum status)answer->status;
}

/*
 * Without one libsecret would try to start a bus.  Where the address says
 * nothing, systemd's place for it is looked at, as D-Bus does.
 */
static bool
desktop_has_bus(void)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[4096];

	if (address != NULL && address[0] != '\0')
		return true;
	if (runtime == NULL || runtime[0] == '\0' ||
	    (size_t)snprintf(path, sizeof(path), "%s/bus", runtime) >=
		sizeof(path))
		return false;
	return access(path, F_OK) == 0;
}

static enum status
desktop_ask(const struct desktop_wish *wish, int64_t deadline_ms,
    struct desktop_answer *answer)
{
	enum status st;
	int ends[2];
	pid_t child;

	if (!desktop_has_bus())
		return STATUS_UNREACHABLE;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return STATUS_IO;
	child = fork();
	if (child == 0)
		desktop_child(wish, ends[1]);
	close(ends[1]);
	st = child < 0 ? STATUS_NOMEM
		       : desktop_wait(ends[0], deadline_ms, answer);
	close(ends[0]);
	if (child > 0) {
		(void)kill(child, SIGKILL); /* it has answered, or never will */
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	log_event(LOG_LEVEL_INFO, "desktop-keyring", "act=%d result=%s",
	    (int)wish->act, status_name(st));
	return st;
}

enum status
desktop_store(const uint8_t id[SLOT_ID_BYTES], const char *label,
    const uint8_t secret[SLOT_SECRET_BYTES], int64_t deadline_ms)
{
	struct desktop_wish wish = { .act = DESKTOP_STORE, .label = label };
	struct desktop_answer answer = { 0 };
	enum status st;

	hex_encode(bytes_view(id, SLOT_ID_BYTES), wish.id);
	hex_encode(bytes_view(secret, SLOT_SECRET_BYTES), wish.secret);
	st = desktop_ask(&wish, deadline_ms, &answer);
	wipe(&wish, sizeof(wish));
	return st;
}

enum status
desktop_lookup(const uint8_t id[SLOT_ID_BYTES], int64_t deadline_ms,
    uint8_t secret[SLOT_SECRET_BYTES])
{
	struct desktop_wish wish = { .act = DESKTOP_LOOKUP };
	struct desktop_answer answer = { 0 };
	enum status st;

	hex_encode(bytes_view(id, SLOT_ID_BYTES), wish.id);
	st = desktop_ask(&wish, deadline_ms, &answer);
	if (st == STATUS_OK &&
	    hex_decode(answer.secret, secret, SLOT_SECRET_BYTES) != STATUS_OK)
		st = STATUS_NOT_FOUND;
	wipe(&answer, sizeof(answer));
	return st;
}

enum status
desktop_forget(const uint8_t id[SLOT_ID_BYTES], int64_t deadline_ms)
{
	struct desktop_wish wish = { .act = DESKTOP_FORGET };
	struct desktop_answer answer = { 0 };

	hex_encode(bytes_view(id, SLOT_ID_BYTES), wish.id);
	return desktop_ask(&wish, deadline_ms, &answer);
}

#else

enum status
desktop_store(const uint8_t id[SLOT_ID_BYTES], const char *label,
    const uint8_t secret[SLOT_SECRET_BYTES], int64_t deadline_ms)
{
	(void)id;
	(void)label;
	(void)secret;
	(void)deadline_ms;
	log_event(LOG_LEVEL_INFO, "desktop-keyring", "%s", "built=without");
	return STATUS_UNREACHABLE;
}

enum status
desktop_lookup(const uint8_t id[SLOT_ID_BYTES], int64_t deadline_ms,
    uint8_t secret[SLOT_SECRET_BYTES])
{
	(void)id;
	(void)deadline_ms;
	(void)secret;
	return STATUS_UNREACHABLE;
}

enum status
desktop_forget(const uint8_t id[SLOT_ID_BYTES], int64_t deadline_ms)
{
	(void)id;
	(void)deadline_ms;
	return STATUS_UNREACHABLE;
}

#endif
