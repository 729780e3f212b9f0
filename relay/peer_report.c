/* peer_report.c - what one worker tells the metrics, once a second. */
#include "relay/call.h"
#include "relay/peer_private.h"

enum { TICK_US = 1000 * 1000, HRTIME_PER_US = 1000 };

/* How much later than a second after the last one this tick comes. */
static void
report_lag(struct peer_host *host)
{
	struct peers_reported *r = &host->reported;
	const uint64_t now_us = uv_hrtime() / HRTIME_PER_US;

	if (r->tick_us != 0)
		metrics_observe(host->env->common->metrics, HISTOGRAM_LAG_US,
		    now_us > r->tick_us + TICK_US
			? now_us - r->tick_us - TICK_US
			: 0);
	r->tick_us = now_us;
}

static size_t
count_waiting(const struct session_env *env)
{
	size_t count = 0;

	for (const struct call *c = env->waiting; c != NULL; c = c->next)
		count++;
	return count;
}

/* Each worker has its part in a gauge. */
static void
report_change(
    struct peer_host *host, enum metric id, size_t *reported, size_t now)
{
	metrics_add(
	    host->env->common->metrics, id, (int64_t)now - (int64_t)*reported);
	*reported = now;
}

void
peers_report(struct peer_host *host)
{
	const struct session_env *env = host->env;
	struct peers_reported *r = &host->reported;

	report_lag(host);
	report_change(host, METRIC_HELD_BYTES, &r->held_bytes, env->held_bytes);
	report_change(host, METRIC_OPERATIONS, &r->calls, env->calls);
	report_change(host, METRIC_WAITING, &r->waiting, count_waiting(env));
}
