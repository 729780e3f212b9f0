#include "relay/admin_local.h"

#include <stdlib.h>
#include <uv.h>

struct admin_local {
	struct admin_host host;
	struct metrics *metrics;
	uv_loop_t loop;
	bool has_loop;
};

static void
changed(void *owner)
{
	(void)owner; /* admin_local_ask() looks after every turn */
}

enum status
admin_local_open(const struct home *home, const struct settings *settings,
    struct admin_local **l)
{
	struct admin_local *fresh = calloc(1, sizeof(*fresh));
	struct storage_options options = {
		.dir = home->store,
		.map_bytes = (size_t)settings->map_mib * 1024 * 1024,
		.threaded = true,
	};
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	st = metrics_new(&fresh->metrics);
	if (st == STATUS_OK) {
		options.metrics = fresh->metrics;
		fresh->host.metrics = fresh->metrics;
		fresh->host.dir = home->dir;
		fresh->has_loop = uv_loop_init(&fresh->loop) == 0;
		st = fresh->has_loop ? STATUS_OK : STATUS_IO;
	}
	if (st == STATUS_OK)
		st = storage_open(&options, &fresh->host.storage);
	if (st == STATUS_OK)
		st = storage_port_open(
		    fresh->host.storage, &fresh->loop, &fresh->host.port);
	if (st != STATUS_OK) {
		admin_local_close(fresh);
		return st;
	}
	*l = fresh;
	return STATUS_OK;
}

void
admin_local_close(struct admin_local *l)
{
	if (l == NULL)
		return;
	storage_port_close(l->host.port);
	if (l->has_loop) {
		uv_run(&l->loop, UV_RUN_DEFAULT);
		uv_loop_close(&l->loop);
	}
	storage_close(l->host.storage);
	metrics_free(l->metrics);
	free(l);
}

enum status
admin_local_ask(struct admin_local *l, struct bytes request,
    void (*say)(void *owner, const struct json_t *object), void *owner)
{
	const struct admin_sink sink = { say, changed };
	struct admin_call *c = NULL;
	enum status st = admin_begin(&l->host, &sink, owner, request, &c);

	while (st == STATUS_OK && !admin_is_over(c)) {
		if (admin_has_more(c))
			admin_go_on(c);
		else if (uv_run(&l->loop, UV_RUN_ONCE) == 0)
			break;
	}
	admin_end_call(c);
	return st;
}
