/* settings.h - what an operator may choose (tacit-relay.conf(5)). */
#ifndef TACIT_RELAY_SETTINGS_H
#define TACIT_RELAY_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

enum join_policy { JOIN_AUTO, JOIN_OPEN, JOIN_CODE };

struct settings {
	struct config_list listen;    /* ADDR:PORT, at least one */
	char host[CONFIG_TEXT_BYTES]; /* NAME[:PORT] for the link, or empty */
	uint64_t join;                /* enum join_policy */
	uint64_t workers;             /* 0: cores - 1, at least 1 */
	uint64_t log_level;           /* enum log_level */
	char metrics[CONFIG_TEXT_BYTES]; /* ADDR:PORT on loopback, or empty */
	uint64_t map_mib;
	uint64_t mailbox_items;
	uint64_t mailbox_mib;
	uint64_t sender_share;
	int64_t message_ttl_ms;
	int64_t inactive_ms; /* 0: never */
	uint64_t connections;
	uint64_t connections_per_source;
	uint64_t memory_mib;
	uint64_t registrations_burst;
	uint64_t join_guesses_burst;
	struct config_list ban; /* ADDR or ADDR/LEN */
	uint64_t connects_per_minute;
	uint64_t requests_per_minute;
	uint64_t device_submits_per_minute;
	uint64_t device_mib_per_minute;
	uint64_t account_submits_per_minute;
	uint64_t account_mib_per_minute;
	uint64_t account_recipients_per_minute;
	uint64_t lookups_per_minute;
	uint64_t prekeys_per_hour;
	uint64_t chain_mib_per_hour;
	uint64_t disk_reserve_mib;
	int64_t handshake_ms;
	int64_t login_ms;
	int64_t message_ms;
	int64_t write_ms;
	char tls_cert[CONFIG_TEXT_BYTES]; /* PEM files, both or neither */
	char tls_key[CONFIG_TEXT_BYTES];
	int64_t tls_check_ms;
	uint64_t link_pin;                /* 1: in links even with a tls_cert */
	char user[CONFIG_TEXT_BYTES];     /* whom to be, started by root */
	uint64_t sandbox;                 /* 1: confined while it serves */
	char moved_to[CONFIG_TEXT_BYTES]; /* a link, or empty */
};

const struct config_table *settings_table(void);

/* One address of `listen`: an IPv6 address stands in brackets. */
struct listen_address {
	char host[CONFIG_TEXT_BYTES]; /* numeric, without brackets */
	uint16_t port;                /* 0: any free one */
	bool is_loopback;
	bool is_wildcard;
};

/* BAD_INPUT: not ADDR:PORT with a numeric address. */
enum status listen_parse(const char *text, struct listen_address *a);

/* NAME[:PORT]; port 0 when none is given.  BAD_INPUT. */
enum status host_parse(
    const char *text, char host[CONFIG_TEXT_BYTES], uint16_t *port);

/*
 * Do the parts fit together?  BAD_INPUT: `why` says what does not, such as a
 * wildcard address without a host for the link.
 */
enum status settings_check(
    const struct settings *s, char why[CONFIG_WHY_BYTES]);

/* Do links of this relay pin its identity? */
bool settings_links_have_pin(const struct settings *s);

/* Of memory_mib, for one worker: enough for the largest message at least. */
size_t settings_memory_share(const struct settings *s, size_t workers);

/* JOIN_AUTO: open when every address is a loopback one, else by code. */
bool settings_needs_code(const struct settings *s);

#endif
