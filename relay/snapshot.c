#include "relay/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

struct snapshot {
	atomic_size_t holders;
	struct settings settings;
	struct moved_notice moved;
	struct channel_server *tls;
};

enum status
snapshot_new(const struct settings *settings, const struct moved_notice *moved,
    struct channel_server *tls, struct snapshot **s)
{
	struct snapshot *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL) {
		channel_server_free(tls);
		return STATUS_NOMEM;
	}
	atomic_init(&fresh->holders, 1);
	fresh->settings = *settings;
	fresh->moved = *moved;
	fresh->tls = tls;
	*s = fresh;
	return STATUS_OK;
}

struct snapshot *
snapshot_hold(struct snapshot *s)
{
	atomic_fetch_add_explicit(&s->holders, 1, memory_order_relaxed);
	return s;
}

void
snapshot_drop(struct snapshot *s)
{
	if (s == NULL ||
	    atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) > 1)
		return;
	/* Connections made with it hold OpenSSL's part of it themselves. */
	channel_server_free(s->tls);
	free(s);
}

const struct settings *
snapshot_settings(const struct snapshot *s)
{
	return &s->settings;
}

struct channel_server *
snapshot_tls(const struct snapshot *s)
{
	return s->tls;
}

const struct moved_notice *
snapshot_moved(const struct snapshot *s)
{
	return &s->moved;
}
