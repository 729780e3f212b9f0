/* api_check.c - every step of reaching a relay, with a verdict each. */
#include <sodium.h>

#include "base/clock.h"
#include "client/core/api/api_check.h"
#include "client/core/error.h"
#include "client/core/uplink/uplink.h"

enum {
	TIMEOUT_MS = 30 * 1000,
	SKEW_MS = 5 * 60 * 1000,
};

enum check_step {
	STEP_LINK,
	STEP_PROXY, /* only shown when there is one */
	STEP_DNS,
	STEP_TCP,
	STEP_TLS,
	STEP_PIN,
	STEP_PROTOCOL,
	STEP_CLOCK,
	STEPS_COUNT,
};

static const char *const step_names[STEPS_COUNT] = {
	[STEP_LINK] = "link",
	[STEP_PROXY] = "proxy",
	[STEP_DNS] = "dns",
	[STEP_TCP] = "tcp",
	[STEP_TLS] = "tls",
	[STEP_PIN] = "pin",
	[STEP_PROTOCOL] = "protocol",
	[STEP_CLOCK] = "clock",
};

static const char *const fine[STEPS_COUNT] = {
	[STEP_LINK] = "The link can be read.",
	[STEP_PROXY] = "The proxy lets us in.",
	[STEP_DNS] = "The host name has an address.",
	[STEP_TCP] = "The port answers.",
	[STEP_TLS] = "TLS 1.3 is spoken.",
	[STEP_PIN] = "The relay is the one the link names.",
	[STEP_PROTOCOL] = "The relay speaks this protocol.",
	[STEP_CLOCK] = "The relay's clock agrees with this machine's.",
};

/* What a proxy does for us is said of the proxy. */
static const char *const fine_via[STEPS_COUNT] = {
	[STEP_DNS] = "The proxy looks the host name up; nobody here does.",
	[STEP_TCP] = "The port answers, through the proxy.",
};

static const char *const wrong_via[STEPS_COUNT] = {
	[STEP_TCP] = "The proxy cannot connect to that host and port; check "
		     "the link, and whether the relay runs.",
};

static const char *const wrong[STEPS_COUNT] = {
	[STEP_LINK] = "The link cannot be read; copy all of it.",
	[STEP_DNS] = "The host name cannot be resolved; check it, and your "
		     "connection.",
	[STEP_TCP] = "Nothing answers at that port; check address, firewall, "
		     "and whether the relay runs.",
	[STEP_TLS] = "TLS 1.3 cannot be agreed on; something else may be "
		     "listening there.",
	[STEP_PIN] = "The relay is not the one the link names; ask its "
		     "operator for the right link.",
	[STEP_PROTOCOL] = "What answers does not speak this protocol; one of "
			  "the two may need an update.",
	[STEP_CLOCK] = "The clocks differ by more than five minutes; set this "
		       "machine's.",
};

struct checking {
	const struct proxy *via; /* NULL: none */
	tacit_check_fn *show;
	void *arg;
};

static const char *
verdict_of(const struct checking *c, int step)
{
	return c->via != NULL && fine_via[step] != NULL ? fine_via[step]
							: fine[step];
}

/* All steps up to `failed` are fine; those behind it were not tried. */
static void
show_all(const struct checking *c, enum check_step failed, const char *why)
{
	for (int i = 0; i < STEPS_COUNT; i++) {
		struct tacit_check check = {
			.step = step_names[i],
			.ok = i<(int)failed, .skipped = i>(int) failed,
			.verdict = verdict_of(c, i),
		};

		if (i == STEP_PROXY && c->via == NULL)
			continue;
		if (i == (int)failed)
			check.verdict = why;
		else if (check.skipped)
			check.verdict = "Not tried.";
		c->show(&check, c->arg);
	}
}

static enum check_step
failed_step(enum uplink_stage stage, enum status st)
{
	if (st == STATUS_WRONG_RELAY)
		return STEP_PIN;
	switch (stage) {
	case UPLINK_PROXY:
		return STEP_PROXY;
	case UPLINK_DNS:
		return STEP_DNS;
	case UPLINK_TCP:
		return STEP_TCP;
	case UPLINK_TLS:
		return STEP_TLS;
	case UPLINK_PROTOCOL:
	case UPLINK_OPEN:
		break;
	}
	return STEP_PROTOCOL;
}

static enum tacit_code
check_relay(const struct link *to, int64_t timeout_ms,
    const struct checking *checking, struct tacit_error *e)
{
	enum check_step failed = STEPS_COUNT;
	enum tacit_code code = TACIT_UNREACHABLE;
	enum uplink_stage stage;
	struct uplink *u = NULL;
	const char *why;
	int64_t skew_ms = 0;
	enum status st;

	st = uplink_open(to, checking->via,
	    clock_mono_ms() + (timeout_ms > 0 ? timeout_ms : TIMEOUT_MS), &u,
	    &stage);
	if (st == STATUS_OK)
		skew_ms = uplink_hello(u)->u.hello.time_ms - clock_wall_ms();
	uplink_close(u);
	if (st == STATUS_NOMEM)
		return error_status(e, st);
	if (st != STATUS_OK)
		failed = failed_step(stage, st);
	else if (skew_ms > SKEW_MS || skew_ms < -SKEW_MS)
		failed = STEP_CLOCK;
	if (failed == STEPS_COUNT) {
		show_all(checking, failed, NULL);
		return error_clear(e);
	}
	why = wrong[failed];
	if (failed == STEP_PROXY)
		why = error_proxy(st);
	else if (checking->via != NULL && wrong_via[failed] != NULL)
		why = wrong_via[failed];
	show_all(checking, failed, why);
	if (failed == STEP_PIN)
		code = TACIT_WRONG_RELAY;
	else if (failed == STEP_CLOCK)
		code = TACIT_FAILED;
	return error_set(e, code, "%s", why);
}

enum tacit_code
check_link(const struct link *to, const struct proxy *via, int64_t timeout_ms,
    tacit_check_fn *show, void *arg, struct tacit_error *e)
{
	struct checking checking = { via, show, arg };

	return check_relay(to, timeout_ms, &checking, e);
}

enum tacit_code
tacit_check(const char *link, const char *proxy, int64_t timeout_ms,
    tacit_check_fn *show, void *arg, struct tacit_error *e)
{
	struct checking checking = { NULL, show, arg };
	struct proxy via = { .port = 0 };
	struct link to = { 0 };
	const char *why = wrong[STEP_LINK];
	enum tacit_code code;

	if (sodium_init() < 0)
		return error_set(
		    e, TACIT_FAILED, "The crypto library cannot start.");
	if (proxy != NULL && proxy[0] != '\0') {
		if (proxy_parse(proxy, &via, &why) != STATUS_OK)
			return error_set(e, TACIT_USAGE, "%s", why);
		checking.via = &via;
	}
	if (link_parse(bytes_text(link), &to, &why) != STATUS_OK) {
		show_all(&checking, STEP_LINK, why);
		code = error_set(e, TACIT_USAGE, "%s", why);
	} else {
		code = check_relay(&to, timeout_ms, &checking, e);
	}
	link_clear(&to);
	proxy_clear(&via);
	return code;
}
