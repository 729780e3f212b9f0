/* server_reload.c - new limits and certificates under open connections. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/identity_moved.h"
#include "relay/server_private.h"

/* Database, logs, listeners, loops: what is open besides connections. */
enum { DESCRIPTORS_BESIDES = 64 };

void
server_check_descriptors(const struct settings *settings)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
	    files.rlim_cur == RLIM_INFINITY ||
	    files.rlim_cur >= settings->connections + DESCRIPTORS_BESIDES)
		return;
	log_event(LOG_LEVEL_WARN, "descriptors",
	    "connections=%" PRIu64 " descriptors=%" PRIu64
	    " what=\"connections cannot all be held: raise the limit of open "
	    "files, or lower the setting\"",
	    settings->connections, (uint64_t)files.rlim_cur);
}

struct storage_limits
server_storage_limits(const struct settings *settings)
{
	return (struct storage_limits){
		.mailbox_items = settings->mailbox_items,
		.mailbox_bytes = settings->mailbox_mib * 1024 * 1024,
		.sender_share = settings->sender_share < 100
				    ? (unsigned)settings->sender_share
				    : 0,
		.message_ttl_ms = settings->message_ttl_ms,
		.inactive_ms = settings->inactive_ms,
	};
}

/* Only a change: what senders used of their shares is forgotten with it. */
static void
change_storage_limits(struct server *s, const struct settings *fresh)
{
	const struct settings *now = snapshot_settings(s->snapshot);
	const struct storage_limits limits = server_storage_limits(fresh);

	if (fresh->mailbox_items != now->mailbox_items ||
	    fresh->mailbox_mib != now->mailbox_mib ||
	    fresh->sender_share != now->sender_share ||
	    fresh->message_ttl_ms != now->message_ttl_ms ||
	    fresh->inactive_ms != now->inactive_ms)
		storage_set_limits(s->options->storage, &limits);
}

/* What counts only at a start is named, and stays what it was. */
static void
keep_what_is_fixed(struct server *s, struct settings *fresh)
{
	const struct config_table *table = settings_table();
	const struct settings *now = snapshot_settings(s->snapshot);

	for (size_t i = 0; i < table->count; i++) {
		const struct config_setting *setting = &table->settings[i];

		if (setting->when != CONFIG_AT_START)
			continue;
		if (!config_is_same(setting, fresh, s->options->asked))
			log_event(LOG_LEVEL_WARN, "reload",
			    "setting=%s what=\"needs a restart\"",
			    setting->name);
		config_copy(setting, fresh, now);
	}
}

enum status
server_sign_moved(const struct server *s, const struct settings *settings,
    struct moved_notice *moved)
{
	const struct server_options *o = s->options;

	*moved = (struct moved_notice){ .key_len = 0 };
	if (settings->moved_to[0] == '\0')
		return STATUS_OK;
	return identity_sign_moved(
	    o->dir, o->identity, settings->moved_to, moved);
}

/* From here on it holds; `tls` is handed over. */
static enum status
put_in_force(struct server *s, const struct settings *settings,
    struct channel_server *tls)
{
	struct snapshot *fresh = NULL;
	struct moved_notice moved;
	enum status st = server_sign_moved(s, settings, &moved);

	if (st != STATUS_OK) {
		channel_server_free(tls);
		return st;
	}
	st = snapshot_new(settings, &moved, tls, &fresh);
	if (st != STATUS_OK)
		return st;
	change_storage_limits(s, settings);
	/* `settings` may have been the old one's. */
	settings = snapshot_settings(fresh);
	snapshot_drop(s->snapshot);
	s->snapshot = fresh;
	common_set_limits(s->common, settings);
	doors_set_limits(s->doors, settings);
	for (size_t i = 0; i < s->workers_count; i++)
		worker_reconfigure(s->workers[i], fresh);
	return STATUS_OK;
}

static enum status
reload(struct server *s, char why[CONFIG_WHY_BYTES])
{
	struct channel_server *tls = NULL;
	struct settings fresh;
	enum status st = s->options->reread(s->options->owner, &fresh, why);

	if (st != STATUS_OK)
		return st;
	st = certificates_load(&s->certificates, &tls);
	if (st != STATUS_OK) {
		snprintf(why, CONFIG_WHY_BYTES,
		    "a certificate or its key is unusable; the log says more");
		return STATUS_BAD_INPUT;
	}
	keep_what_is_fixed(s, &fresh);
	st = put_in_force(s, &fresh, tls);
	if (st != STATUS_OK) {
		snprintf(why, CONFIG_WHY_BYTES,
		    st == STATUS_NOMEM ? "out of memory"
				       : "moved_to cannot be signed");
		return st;
	}
	log_set_level((enum log_level)fresh.log_level);
	server_check_descriptors(&fresh);
	return STATUS_OK;
}

enum status
server_reload(struct server *s, char why[CONFIG_WHY_BYTES])
{
	char reloading[64];
	enum status st;

	snprintf(reloading, sizeof(reloading),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_ms() * 1000);
	notify_say(s->options->notify, reloading);
	st = reload(s, why);
	notify_say(s->options->notify, "READY=1\nSTATUS=serving");
	if (st == STATUS_OK)
		log_event(LOG_LEVEL_INFO, "reloaded", "connections=kept");
	else
		log_event(LOG_LEVEL_ERROR, "reload",
		    "refused=\"%s\" what=\"everything is as it was\"", why);
	return st;
}

void
server_renew(struct server *s)
{
	const struct settings *settings = snapshot_settings(s->snapshot);
	int64_t now_ms = clock_mono_ms();
	struct channel_server *tls = NULL;

	if (now_ms - s->looked_ms < settings->tls_check_ms)
		return;
	s->looked_ms = now_ms;
	if (!certificates_changed(&s->certificates))
		return;
	/* A pair that does not fit: its other half may be on the way. */
	if (certificates_load(&s->certificates, &tls) != STATUS_OK ||
	    put_in_force(s, settings, tls) != STATUS_OK)
		log_event(LOG_LEVEL_ERROR, "certificate",
		    "refused=1 what=\"the one before stays in use\"");
	else
		log_event(LOG_LEVEL_INFO, "certificate", "renewed=1");
}
