/* command_serve.c - serve, init, link. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/link.h"
#include "relay/command.h"
#include "relay/sandbox.h"
#include "relay/server.h"
#include "relay/storage.h"

/* A relay that is made or about to be served; what is open is closed by
 * place_leave(). */
struct place {
	const struct command_line *line;
	struct home home;
	struct settings asked;    /* before ports were taken */
	struct settings settings; /* as it is served */
	struct identity identity;
	struct listeners listeners;
	struct storage *storage;
	struct metrics *metrics; /* outlives storage */
	struct notify notify;
	struct sandbox_user user;
	bool change_user; /* to that one */
	int lock;         /* -1: not held */
	bool serves;      /* strangers, and not only makes what is missing */
	char link[LIMIT_LINK_BYTES + 1];
};

static void
place_leave(struct place *p)
{
	storage_close(p->storage);
	metrics_free(p->metrics);
	listeners_close(&p->listeners);
	if (p->lock >= 0)
		close(p->lock);
}

/*
 * Whom to be; a directory that was just made becomes theirs.  Root asks also
 * when it stays root: relay.conf may be written by whoever has the directory.
 */
static int
find_user(struct place *p)
{
	char why[CONFIG_WHY_BYTES] = "the data directory cannot be looked at";
	enum status st = sandbox_find_user(
	    p->settings.user, p->home.dir, &p->user, &p->change_user, why);

	if (st == STATUS_OK && (p->change_user || geteuid() == 0))
		st = home_give(&p->home, p->user.uid, p->user.gid, why);
	if (st != STATUS_OK)
		return command_fail(p->line,
		    st == STATUS_IO ? EXIT_FAILED : EXIT_USAGE, "%s", why);
	return EXIT_DONE;
}

static int
become_user(struct place *p)
{
	if (!p->change_user)
		return EXIT_DONE;
	if (fchown(p->lock, p->user.uid, p->user.gid) == 0 &&
	    sandbox_become(&p->user) == STATUS_OK)
		return EXIT_DONE;
	return command_fail(
	    p->line, EXIT_FAILED, "the relay cannot run as that user");
}

/* The last thing before strangers are served; threads come after it. */
static int
confine(struct place *p)
{
	struct sandbox_options options = { .data_dir = p->home.dir };
	const char *const readable[] = { p->line->config, p->settings.tls_cert,
		p->settings.tls_key };

	if (p->settings.sandbox == 0)
		return EXIT_DONE;
	for (size_t i = 0; i < 3; i++)
		if (readable[i] != NULL && *readable[i] != '\0')
			options.readable[options.readable_count++] =
			    readable[i];
	if (sandbox_enter(&options) == STATUS_OK)
		return EXIT_DONE;
	return command_fail(p->line, EXIT_FAILED,
	    "the relay cannot be confined; the log says why, and `sandbox = "
	    "no` does without");
}

static int
take_lock(struct place *p)
{
	enum status st = home_make(&p->home);

	if (st == STATUS_OK) {
		int failed = find_user(p);

		if (failed != EXIT_DONE)
			return failed;
		st = home_lock(&p->home, &p->lock);
	}
	if (st == STATUS_FULL)
		return command_fail(p->line, EXIT_FAILED,
		    "another tacit-relay is serving from %s", p->home.dir);
	if (st == STATUS_DENIED)
		return command_fail(p->line, EXIT_FAILED,
		    "a restore into %s was not finished; remove what is in "
		    "it, and restore again",
		    p->home.dir);
	if (st != STATUS_OK)
		return command_fail_status(
		    p->line, st, "making the data directory");
	return EXIT_DONE;
}

/* From here on the settings name the ports that were really taken. */
static int
listen_everywhere(struct place *p)
{
	char why[CONFIG_WHY_BYTES] = "";
	enum status st;

	p->asked = p->settings;
	st = listeners_inherit(&p->settings, &p->listeners, why);
	if (st == STATUS_OK)
		return EXIT_DONE;
	if (st == STATUS_NOT_FOUND)
		st = listeners_open(&p->settings, &p->listeners, why);
	if (st != STATUS_OK)
		return command_fail(p->line, EXIT_FAILED, "%s", why);
	for (size_t i = 0; i < p->listeners.count; i++) {
		char *item = p->settings.listen.items[i];
		struct listen_address a;

		if (listen_parse(item, &a) != STATUS_OK)
			return command_fail(
			    p->line, EXIT_USAGE, "bad address %s", item);
		snprintf(item, CONFIG_TEXT_BYTES,
		    strchr(a.host, ':') != NULL ? "[%.200s]:%u" : "%.200s:%u",
		    a.host, p->listeners.ports[i]);
	}
	return EXIT_DONE;
}

static int
open_storage(struct place *p)
{
	enum status st = metrics_new(&p->metrics);
	const struct storage_options options = {
		.dir = p->home.store,
		.map_bytes = (size_t)p->settings.map_mib * 1024 * 1024,
		.limits = server_storage_limits(&p->settings),
		.threaded = true,
		.metrics = p->metrics,
	};
	if (st == STATUS_OK)
		st = storage_open(&options, &p->storage);
	if (st != STATUS_OK)
		return command_fail_status(p->line, st, "opening the database");
	return EXIT_DONE;
}

/* Keys, database, sockets and link; the link is remembered for later. */
static int
place_enter(struct place *p)
{
	enum status st;
	int failed = listen_everywhere(p);

	if (failed == EXIT_DONE)
		failed = become_user(p);
	if (failed != EXIT_DONE)
		return failed;
	st = identity_ensure(p->home.dir, &p->identity);
	if (st != STATUS_OK)
		return command_fail_status(p->line, st, "making the keys");
	failed = command_make_link(
	    p->line, &p->settings, &p->identity, NULL, p->link);
	if (failed == EXIT_DONE && p->serves)
		failed = confine(p);
	if (failed == EXIT_DONE)
		failed = open_storage(p);
	if (failed != EXIT_DONE)
		return failed;
	st = home_remember(&p->home, &p->settings);
	if (st != STATUS_OK)
		return command_fail_status(p->line, st, "remembering the link");
	return EXIT_DONE;
}

static void
print_link(const struct place *p)
{
	if (p->line->json)
		printf("{\"type\":\"link\",\"link\":\"%s\"}\n", p->link);
	else
		printf("link %s\n", p->link);
}

static void
ready(void *owner)
{
	const struct place *p = owner;

	print_link(p);
	puts(p->line->json ? "{\"type\":\"ready\"}" : "ready");
	fflush(stdout);
}

static enum status
reread(void *owner, struct settings *fresh, char why[CONFIG_WHY_BYTES])
{
	const struct place *p = owner;

	return command_gather(p->line, &p->home, fresh, why);
}

int
command_serve(const struct command_line *line)
{
	struct place p = { .line = line, .lock = -1 };
	struct server_options options;
	enum status st;
	int failed;

	p.serves = true;
	notify_open(&p.notify);
	failed = command_settings(line, &p.home, &p.settings);
	if (failed == EXIT_DONE)
		failed = take_lock(&p);
	if (failed == EXIT_DONE)
		failed = place_enter(&p);
	if (failed != EXIT_DONE)
		goto out;
	options = (struct server_options){
		.settings = &p.settings,
		.storage = p.storage,
		.identity = &p.identity,
		.listeners = &p.listeners,
		.metrics = p.metrics,
		.dir = p.home.dir,
		.frozen = line->frozen,
		.ready = ready,
		.reread = reread,
		.asked = &p.asked,
		.notify = &p.notify,
		.owner = &p,
	};
	st = server_run(&options);
	if (st != STATUS_OK)
		failed = command_fail_status(line, st, "serving");
out:
	place_leave(&p);
	notify_close(&p.notify);
	return failed;
}

static void
print_next_steps(const struct place *p)
{
	print_link(p);
	if (p->line->json)
		return;
	printf("\nKeys and database are in %s; whoever has them is this "
	       "relay.\nNext:\n"
	       "  tacit-relay serve --data %s\n",
	    p->home.dir, p->home.dir);
	if (settings_needs_code(&p->settings))
		printf("  tacit-relay invite --data %s   (a link that lets "
		       "one person register)\n",
		    p->home.dir);
	else
		printf("  tacit register NAME --relay %s\n", p->link);
}

int
command_init(const struct command_line *line)
{
	struct place p = { .line = line, .lock = -1 };
	struct identity identity;
	int failed = command_settings(line, &p.home, &p.settings);

	if (failed != EXIT_DONE)
		return failed;
	if (identity_load(p.home.dir, &identity) == STATUS_OK)
		return command_fail(line, EXIT_EXISTS,
		    "there is a relay in %s already; `tacit-relay link` "
		    "prints its link",
		    p.home.dir);
	failed = take_lock(&p);
	if (failed == EXIT_DONE)
		failed = place_enter(&p);
	if (failed == EXIT_DONE)
		print_next_steps(&p);
	place_leave(&p);
	return failed;
}

int
command_link(const struct command_line *line)
{
	struct place p = { .line = line, .lock = -1 };
	int failed = command_recall(line, &p.home, &p.settings, &p.identity);

	if (failed == EXIT_DONE)
		failed = command_make_link(
		    line, &p.settings, &p.identity, NULL, p.link);
	if (failed != EXIT_DONE)
		return failed;
	if (line->json)
		print_link(&p);
	else
		puts(p.link);
	return EXIT_DONE;
}
