#include "relay/settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/number.h"
#include "proto/limits.h"
#include "proto/link.h"
#include "relay/bans.h"

static const char *const join_names[] = { "auto", "open", "code", NULL };
static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const level_names[] = { "error", "warn", "info", "debug",
	NULL };

#define AT(field) offsetof(struct settings, field)

static const struct config_setting settings[] = {
	{ "listen", CONFIG_LIST, AT(listen), 0, 0, NULL, "127.0.0.1:4433",
	    "ADDR:PORT to listen on; may repeat, port 0 picks a free one",
	    CONFIG_AT_START },
	{ "host", CONFIG_TEXT, AT(host), 0, 0, NULL, "",
	    "NAME[:PORT] that links name, when it is not the address",
	    CONFIG_AT_START },
	{ "join", CONFIG_CHOICE, AT(join), 0, 0, join_names, "auto",
	    "who may register: open, or code (auto: open on loopback)",
	    CONFIG_LIVE },
	{ "workers", CONFIG_NUMBER, AT(workers), 0, 256, NULL, "0",
	    "threads that serve connections; 0 means one less than cores",
	    CONFIG_AT_START },
	{ "log_level", CONFIG_CHOICE, AT(log_level), 0, 0, level_names, "info",
	    "error, warn, info or debug", CONFIG_LIVE },
	{ "metrics", CONFIG_TEXT, AT(metrics), 0, 0, NULL, "",
	    "ADDR:PORT on loopback for /metrics, /healthz and /readyz",
	    CONFIG_AT_START },
	{ "map_mib", CONFIG_NUMBER, AT(map_mib), 16, 16 * 1024 * 1024, NULL,
	    "262144", "address space reserved for the database, in MiB",
	    CONFIG_AT_START },
	{ "mailbox_items", CONFIG_NUMBER, AT(mailbox_items), 1, 1000000, NULL,
	    "10000", "messages a mailbox holds", CONFIG_LIVE },
	{ "mailbox_mib", CONFIG_NUMBER, AT(mailbox_mib), 1, 4096, NULL, "64",
	    "MiB a mailbox holds", CONFIG_LIVE },
	{ "sender_share", CONFIG_NUMBER, AT(sender_share), 1, 100, NULL, "25",
	    "percent of a mailbox that one account fills when it is half full",
	    CONFIG_LIVE },
	{ "message_ttl", CONFIG_DURATION, AT(message_ttl_ms), 3600000,
	    31536000000, NULL, "30d",
	    "time after which mail that nobody fetched is given up",
	    CONFIG_LIVE },
	{ "inactive_after", CONFIG_DURATION, AT(inactive_ms), 0, 315360000000,
	    NULL, "0s",
	    "time after which an account not seen is suspended; 0s: never",
	    CONFIG_LIVE },
	{ "connections", CONFIG_NUMBER, AT(connections), 1, 1000000, NULL,
	    "16000", "connections in all", CONFIG_LIVE },
	{ "connections_per_source", CONFIG_NUMBER, AT(connections_per_source),
	    1, 1000000, NULL, "2000", "connections from one address",
	    CONFIG_LIVE },
	{ "memory_mib", CONFIG_NUMBER, AT(memory_mib), 64, 1024 * 1024, NULL,
	    "512", "MiB that connections hold with messages and answers",
	    CONFIG_LIVE },
	{ "registrations_burst", CONFIG_NUMBER, AT(registrations_burst), 1,
	    1000000, NULL, "500",
	    "registrations from one address before one a second", CONFIG_LIVE },
	{ "join_guesses_burst", CONFIG_NUMBER, AT(join_guesses_burst), 1, 1000,
	    NULL, "10", "wrong join codes from one address before a wait",
	    CONFIG_LIVE },
	{ "ban", CONFIG_LIST, AT(ban), 0, 0, NULL, "",
	    "ADDR or ADDR/LEN that may not connect; may repeat", CONFIG_LIVE },
	{ "connects_per_minute", CONFIG_NUMBER, AT(connects_per_minute), 1,
	    10000000, NULL, "6000", "new connections from one address",
	    CONFIG_LIVE },
	{ "requests_per_minute", CONFIG_NUMBER, AT(requests_per_minute), 60,
	    100000000, NULL, "120000",
	    "requests of a connection before it is read more slowly",
	    CONFIG_LIVE },
	{ "device_submits_per_minute", CONFIG_NUMBER,
	    AT(device_submits_per_minute), 1, 100000000, NULL, "30000",
	    "submits by one device", CONFIG_LIVE },
	{ "device_mib_per_minute", CONFIG_NUMBER, AT(device_mib_per_minute), 8,
	    1048576, NULL, "256", "MiB submitted by one device", CONFIG_LIVE },
	{ "account_submits_per_minute", CONFIG_NUMBER,
	    AT(account_submits_per_minute), 1, 100000000, NULL, "60000",
	    "submits by one account", CONFIG_LIVE },
	{ "account_mib_per_minute", CONFIG_NUMBER, AT(account_mib_per_minute),
	    8, 1048576, NULL, "512", "MiB submitted by one account",
	    CONFIG_LIVE },
	{ "account_recipients_per_minute", CONFIG_NUMBER,
	    AT(account_recipients_per_minute), 1, 100000000, NULL, "600000",
	    "recipients of what one account submits", CONFIG_LIVE },
	{ "lookups_per_minute", CONFIG_NUMBER, AT(lookups_per_minute), 64,
	    10000000, NULL, "6000",
	    "accounts one account looks up; unknown ones cost 50",
	    CONFIG_LIVE },
	{ "prekeys_per_hour", CONFIG_NUMBER, AT(prekeys_per_hour), 1, 1000000,
	    NULL, "60", "one-time prekeys of one account that are given out",
	    CONFIG_LIVE },
	{ "chain_mib_per_hour", CONFIG_NUMBER, AT(chain_mib_per_hour), 1, 65536,
	    NULL, "8", "MiB that one account adds to chains", CONFIG_LIVE },
	{ "disk_reserve_mib", CONFIG_NUMBER, AT(disk_reserve_mib), 0, 1048576,
	    NULL, "256", "MiB of disk kept free; below, no new accounts",
	    CONFIG_LIVE },
	{ "handshake_timeout", CONFIG_DURATION, AT(handshake_ms), 1000, 600000,
	    NULL, "10s", "time for the TLS handshake", CONFIG_LIVE },
	{ "login_timeout", CONFIG_DURATION, AT(login_ms), 1000, 600000, NULL,
	    "15s", "time to authenticate or register after it", CONFIG_LIVE },
	{ "message_timeout", CONFIG_DURATION, AT(message_ms), 1000, 3600000,
	    NULL, "120s", "time for one message to arrive whole", CONFIG_LIVE },
	{ "write_timeout", CONFIG_DURATION, AT(write_ms), 1000, 3600000, NULL,
	    "60s", "time a peer may read nothing of what waits for it",
	    CONFIG_LIVE },
	{ "tls_cert", CONFIG_TEXT, AT(tls_cert), 0, 0, NULL, "",
	    "PEM file of a certificate for the host, and what signed it",
	    CONFIG_AT_START },
	{ "tls_key", CONFIG_TEXT, AT(tls_key), 0, 0, NULL, "",
	    "PEM file of its private key", CONFIG_AT_START },
	{ "tls_check", CONFIG_DURATION, AT(tls_check_ms), 1000, 86400000, NULL,
	    "60s", "how often to look whether these files are new ones",
	    CONFIG_LIVE },
	{ "link_pin", CONFIG_CHOICE, AT(link_pin), 0, 0, no_yes, "no",
	    "pin the relay's identity in links in spite of a tls_cert",
	    CONFIG_AT_START },
	{ "user", CONFIG_TEXT, AT(user), 0, 0, NULL, "",
	    "whom to become when root starts it; else who owns the data",
	    CONFIG_AT_START },
	{ "sandbox", CONFIG_CHOICE, AT(sandbox), 0, 0, no_yes, "yes",
	    "give up all files and system calls but those it needs",
	    CONFIG_AT_START },
	{ "moved_to", CONFIG_TEXT, AT(moved_to), 0, 0, NULL, "",
	    "LINK of the relay that takes over; clients tell their users",
	    CONFIG_LIVE },
};

static const struct config_table table = {
	settings,
	sizeof(settings) / sizeof(settings[0]),
};

const struct config_table *
settings_table(void)
{
	return &table;
}

static const char NAME_CHARACTERS[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";

/* Splits "host:port" or "[v6]:port"; the port may be left out. */
static enum status
split(const char *text, char host[CONFIG_TEXT_BYTES], const char **port)
{
	const char *end;
	size_t len;

	if (*text == '[') {
		end = strchr(++text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return STATUS_BAD_INPUT;
		*port = end[1] == ':' ? end + 2 : NULL;
	} else {
		end = strchr(text, ':');
		*port = end != NULL ? end + 1 : NULL;
		end = end != NULL ? end : text + strlen(text);
	}
	len = (size_t)(end - text);
	if (len == 0 || len >= CONFIG_TEXT_BYTES ||
	    strspn(text, NAME_CHARACTERS) < len)
		return STATUS_BAD_INPUT;
	memcpy(host, text, len);
	host[len] = '\0';
	return STATUS_OK;
}

static enum status
parse_port(const char *text, uint64_t min, uint16_t *port)
{
	uint64_t v;

	if (number_parse(text, min, UINT16_MAX, &v) != STATUS_OK)
		return STATUS_BAD_INPUT;
	*port = (uint16_t)v;
	return STATUS_OK;
}

enum status
listen_parse(const char *text, struct listen_address *a)
{
	struct listen_address parsed = { 0 };
	struct in6_addr v6;
	struct in_addr v4;
	const char *port;

	if (split(text, parsed.host, &port) != STATUS_OK || port == NULL ||
	    parse_port(port, 0, &parsed.port) != STATUS_OK)
		return STATUS_BAD_INPUT;
	if (inet_pton(AF_INET, parsed.host, &v4) == 1) {
		parsed.is_loopback = (ntohl(v4.s_addr) >> 24) == 127;
		parsed.is_wildcard = v4.s_addr == htonl(INADDR_ANY);
	} else if (inet_pton(AF_INET6, parsed.host, &v6) == 1) {
		parsed.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6);
		parsed.is_wildcard = IN6_IS_ADDR_UNSPECIFIED(&v6);
	} else {
		return STATUS_BAD_INPUT;
	}
	*a = parsed;
	return STATUS_OK;
}

enum status
host_parse(const char *text, char host[CONFIG_TEXT_BYTES], uint16_t *port)
{
	const char *port_text;
	uint16_t parsed = 0;

	if (split(text, host, &port_text) != STATUS_OK)
		return STATUS_BAD_INPUT;
	if (port_text != NULL && parse_port(port_text, 1, &parsed) != STATUS_OK)
		return STATUS_BAD_INPUT;
	*port = parsed;
	return STATUS_OK;
}

bool
settings_links_have_pin(const struct settings *s)
{
	return s->tls_cert[0] == '\0' || s->link_pin == 1;
}

/* It also stands in relay.state, and means the same wherever that is read. */
static bool
is_path(const char *text)
{
	if (*text != '/' || strpbrk(text, ";#\"") != NULL)
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* There is neither TLS nor a password on that port. */
static enum status
check_metrics(const struct settings *s, char why[CONFIG_WHY_BYTES])
{
	struct listen_address a;

	if (s->metrics[0] == '\0' ||
	    (listen_parse(s->metrics, &a) == STATUS_OK && a.is_loopback))
		return STATUS_OK;
	snprintf(why, CONFIG_WHY_BYTES,
	    "\"%.128s\" is not ADDR:PORT with a loopback address, such as "
	    "127.0.0.1:9433",
	    s->metrics);
	return STATUS_BAD_INPUT;
}

/* Such a certificate is chosen by the name a client asks for. */
static enum status
check_certificate(const struct settings *s, char why[CONFIG_WHY_BYTES])
{
	const char *wrong = NULL;
	char host[CONFIG_TEXT_BYTES];
	struct in6_addr raw;
	uint16_t port;

	if (s->tls_cert[0] == '\0' && s->tls_key[0] == '\0')
		return STATUS_OK;
	if (s->tls_cert[0] == '\0' || s->tls_key[0] == '\0')
		wrong = "tls_cert and tls_key belong together";
	else if (!is_path(s->tls_cert) || !is_path(s->tls_key))
		wrong = "tls_cert and tls_key are paths that begin with /";
	else if (host_parse(s->host, host, &port) != STATUS_OK ||
		 inet_pton(AF_INET, host, &raw) == 1 ||
		 inet_pton(AF_INET6, host, &raw) == 1)
		wrong = "tls_cert needs --host NAME, the name it is for";
	if (wrong == NULL)
		return STATUS_OK;
	snprintf(why, CONFIG_WHY_BYTES, "%s", wrong);
	return STATUS_BAD_INPUT;
}

/* An empty one bans nobody, so that a list given elsewhere can be emptied. */
static enum status
check_bans(const struct config_list *list, char why[CONFIG_WHY_BYTES])
{
	struct ban ban;

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i][0] == '\0' ||
		    ban_parse(list->items[i], &ban) == STATUS_OK)
			continue;
		snprintf(why, CONFIG_WHY_BYTES,
		    "\"%.128s\" is not ADDR or ADDR/LEN with a numeric "
		    "address, such as 192.0.2.7 or 2001:db8::/32",
		    list->items[i]);
		return STATUS_BAD_INPUT;
	}
	return STATUS_OK;
}

/* Days are what is kept of when an account was seen. */
static enum status
check_inactive(const struct settings *s, char why[CONFIG_WHY_BYTES])
{
	enum { DAY_MS = 24 * 60 * 60 * 1000 };

	if (s->inactive_ms == 0 || s->inactive_ms >= DAY_MS)
		return STATUS_OK;
	snprintf(why, CONFIG_WHY_BYTES,
	    "inactive_after is 0s, which means never, or at least 1d");
	return STATUS_BAD_INPUT;
}

static enum status
check_moved(const struct settings *s, char why[CONFIG_WHY_BYTES])
{
	struct link to;
	const char *reason = "";

	if (s->moved_to[0] == '\0' ||
	    link_parse(bytes_text(s->moved_to), &to, &reason) == STATUS_OK)
		return STATUS_OK;
	snprintf(why, CONFIG_WHY_BYTES, "moved_to: %s", reason);
	return STATUS_BAD_INPUT;
}

enum status
settings_check(const struct settings *s, char why[CONFIG_WHY_BYTES])
{
	char host[CONFIG_TEXT_BYTES];
	uint16_t port;

	if (check_bans(&s->ban, why) != STATUS_OK)
		return STATUS_BAD_INPUT;
	for (size_t i = 0; i < s->listen.count; i++) {
		struct listen_address a;

		if (listen_parse(s->listen.items[i], &a) != STATUS_OK) {
			snprintf(why, CONFIG_WHY_BYTES,
			    "\"%.128s\" is not ADDR:PORT with a numeric "
			    "address, such as 127.0.0.1:4433 or [::1]:4433",
			    s->listen.items[i]);
			return STATUS_BAD_INPUT;
		}
		if (a.is_wildcard && s->host[0] == '\0') {
			snprintf(why, CONFIG_WHY_BYTES,
			    "listening on every address needs --host NAME, "
			    "since a link must name something");
			return STATUS_BAD_INPUT;
		}
	}
	if (s->host[0] != '\0' &&
	    host_parse(s->host, host, &port) != STATUS_OK) {
		snprintf(why, CONFIG_WHY_BYTES,
		    "\"%.128s\" is not NAME or NAME:PORT", s->host);
		return STATUS_BAD_INPUT;
	}
	if (check_moved(s, why) != STATUS_OK ||
	    check_metrics(s, why) != STATUS_OK ||
	    check_inactive(s, why) != STATUS_OK)
		return STATUS_BAD_INPUT;
	return check_certificate(s, why);
}

size_t
settings_memory_share(const struct settings *s, size_t workers)
{
	size_t share = (size_t)s->memory_mib * 1024 * 1024 / workers;
	size_t least = 4 * (size_t)LIMIT_MESSAGE_BYTES;

	return share > least ? share : least;
}

bool
settings_needs_code(const struct settings *s)
{
	struct listen_address a;

	if (s->join != JOIN_AUTO)
		return s->join == JOIN_CODE;
	for (size_t i = 0; i < s->listen.count; i++)
		if (listen_parse(s->listen.items[i], &a) != STATUS_OK ||
		    !a.is_loopback)
			return true;
	return false;
}
