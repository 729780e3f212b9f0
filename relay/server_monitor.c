/* server_monitor.c - what monitoring is told of a server. */
#include "base/log.h"
#include "relay/listeners.h"
#include "relay/server_private.h"

enum status
server_start_monitor(struct server *s)
{
	const char *address = s->options->settings->metrics;
	struct monitor_options options = {
		.fd = -1,
		.metrics = s->options->metrics,
		.storage = s->options->storage,
	};
	char why[CONFIG_WHY_BYTES] = "";
	uint16_t port = 0;

	if (address[0] == '\0')
		return STATUS_OK;
	if (listeners_open_at(address, &options.fd, &port, why) != STATUS_OK) {
		log_event(LOG_LEVEL_ERROR, "monitor", "failed=\"%s\"", why);
		return STATUS_IO;
	}
	if (monitor_start(&options, &s->monitor) != STATUS_OK)
		return STATUS_IO;
	log_event(LOG_LEVEL_INFO, "monitor", "port=%u", port);
	return STATUS_OK;
}

static enum monitor_state
how_it_is(const struct server *s)
{
	if (s->stopping)
		return s->result == STATUS_OK ? MONITOR_STOPPING
					      : MONITOR_BROKEN;
	if (s->paused || common_pressure(s->common) == PRESSURE_OUT)
		return MONITOR_FULL;
	if (s->common->frozen)
		return MONITOR_FROZEN;
	return MONITOR_READY;
}

void
server_tell_monitor(struct server *s)
{
	const struct settings *settings = snapshot_settings(s->snapshot);

	metrics_set(s->options->metrics, METRIC_BUDGET_BYTES,
	    (int64_t)(settings->memory_mib * 1024 * 1024));
	metrics_set(s->options->metrics, METRIC_PRESSURE,
	    (int64_t)common_pressure(s->common));
	monitor_tell(s->monitor, how_it_is(s));
}
