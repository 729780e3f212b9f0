/* admin_relay.c - about the relay as a whole: is it there, how does it do, new
 * settings, a new key. */
#include <jansson.h>

#include "base/clock.h"
#include "relay/admin_private.h"
#include "relay/identity.h"

void
admin_ping(struct admin_call *c)
{
	admin_say(c, json_pack("{s:s,s:b}", "type", "relay", "serving",
			 c->host->server != NULL));
	admin_finish(c);
}

struct figure {
	const char *name;
	enum metric first; /* the sum of these */
	enum metric last;
};

static const struct figure figures[] = {
	{ "connections", METRIC_CONNECTIONS_OPEN, METRIC_CONNECTIONS_OPEN },
	{ "sessions", METRIC_SESSIONS_OPEN, METRIC_SESSIONS_OPEN },
	{ "accepted", METRIC_CONNECTIONS_ACCEPTED,
	    METRIC_CONNECTIONS_ACCEPTED },
	{ "turned_away", METRIC_REFUSED_DOORS, METRIC_REFUSED_BANNED },
	{ "handshakes_failed", METRIC_HANDSHAKES_FAILED,
	    METRIC_HANDSHAKES_FAILED },
	{ "timeouts", METRIC_TIMEOUTS, METRIC_TIMEOUTS },
	{ "logins", METRIC_LOGINS, METRIC_LOGINS },
	{ "registrations", METRIC_REGISTRATIONS, METRIC_REGISTRATIONS },
	{ "requests", METRIC_REQUESTS_HELLO, METRIC_REQUESTS_OTHER },
	{ "refused", METRIC_ERROR_BAD_REQUEST, METRIC_ERROR_OTHER },
	{ "submits", METRIC_SUBMITS, METRIC_SUBMITS },
	{ "messages", METRIC_MESSAGES, METRIC_MESSAGES },
	{ "delivered", METRIC_PUSHED, METRIC_PUSHED },
	{ "expired", METRIC_EXPIRED, METRIC_EXPIRED },
	{ "bundles", METRIC_BUNDLES, METRIC_BUNDLES },
	{ "bundles_exhausted", METRIC_BUNDLES_EXHAUSTED,
	    METRIC_BUNDLES_EXHAUSTED },
	{ "commits", METRIC_COMMITS, METRIC_COMMITS },
	{ "received_bytes", METRIC_RECEIVED_BYTES, METRIC_RECEIVED_BYTES },
	{ "sent_bytes", METRIC_SENT_BYTES, METRIC_SENT_BYTES },
	{ "mailboxes", METRIC_MAILBOXES, METRIC_MAILBOXES },
	{ "queued", METRIC_MAILBOX_ITEMS, METRIC_MAILBOX_ITEMS },
	{ "queued_bytes", METRIC_MAILBOX_BYTES, METRIC_MAILBOX_BYTES },
	{ "deepest", METRIC_MAILBOX_DEEPEST, METRIC_MAILBOX_DEEPEST },
	{ "log_files", METRIC_LOG_FILES, METRIC_LOG_FILES },
	{ "log_bytes", METRIC_LOG_BYTES, METRIC_LOG_BYTES },
};

static int64_t
sum(const struct metrics *m, const struct figure *f)
{
	int64_t total = 0;

	for (int id = (int)f->first; m != NULL && id <= (int)f->last; id++)
		total += metrics_get(m, (enum metric)id);
	return total;
}

static void
set(json_t *o, const char *name, int64_t value)
{
	/* A member that is missing is a lack of memory, and shows as that. */
	(void)json_object_set_new(o, name, json_integer(value));
}

static void
set_directory(json_t *o, const struct storage_stats *s)
{
	set(o, "accounts", (int64_t)s->accounts);
	set(o, "removed", (int64_t)s->gone);
	set(o, "invites", (int64_t)s->invites);
	set(o, "prekeys", (int64_t)s->prekeys);
	set(o, "chains", (int64_t)s->chains);
	set(o, "chain_entries", (int64_t)s->chain_entries);
}

static void
counted(struct admin_call *c)
{
	const struct admin_host *h = c->host;
	json_t *o = json_pack("{s:s,s:b,s:b,s:b,s:I}", "type", "stats",
	    "serving", h->server != NULL, "frozen", h->frozen, "broken",
	    storage_is_broken(h->storage), "at_ms", clock_mono_ms());
	struct storage_room room = { 0 };

	/* A broken store still has figures worth seeing. */
	if (c->op.status == STATUS_OK && o != NULL)
		set_directory(o, &c->op.u.stats);
	if (storage_room(h->storage, &room) == STATUS_OK && o != NULL) {
		set(o, "database_bytes", (int64_t)room.map_used_bytes);
		set(o, "database_room_bytes",
		    (int64_t)(room.map_bytes - room.map_used_bytes));
		set(o, "disk_bytes", (int64_t)room.disk_bytes);
		set(o, "disk_free_bytes", (int64_t)room.disk_free_bytes);
	}
	for (size_t i = 0;
	     o != NULL && i < sizeof(figures) / sizeof(figures[0]); i++)
		set(o, figures[i].name, sum(h->metrics, &figures[i]));
	admin_say(c, o);
	admin_finish(c);
}

void
admin_stats(struct admin_call *c)
{
	admin_storage(c, STORAGE_STATS, counted);
}

static bool
reload(struct admin_call *c)
{
	char why[CONFIG_WHY_BYTES] = "";

	if (server_reload(c->host->server, why) == STATUS_OK)
		return true;
	admin_refuse(c, ADMIN_FAILED, "everything stays as it was: %s", why);
	return false;
}

void
admin_reload(struct admin_call *c)
{
	if (c->host->server == NULL) {
		admin_refuse(c, ADMIN_FAILED,
		    "no relay serves; settings are read when one starts");
		return;
	}
	if (!reload(c))
		return;
	admin_say(c, json_pack("{s:s}", "type", "reloaded"));
	admin_finish(c);
}

void
admin_rotate_key(struct admin_call *c)
{
	const struct admin_host *h = c->host;
	enum status st = identity_renew(h->dir);

	if (st != STATUS_OK) {
		admin_refuse_status(c, st, "making the key");
		return;
	}
	if (h->server != NULL && !reload(c))
		return;
	admin_say(c, json_pack("{s:s,s:b}", "type", "key-rotated", "in_use",
			 h->server != NULL));
	admin_finish(c);
}
