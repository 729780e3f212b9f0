#include "tests/bench/options.h"

#include <stddef.h>
#include <string.h>

#include "tests/bench/option_reader.h"

#define AT(field) offsetof(struct options, field)

static const char *const no_yes[] = { "no", "yes", NULL };

static const struct config_setting settings[] = {
	{ "driver", CONFIG_TEXT, AT(driver), 0, 0, NULL, "tacit",
	    "which kind of server: tacit, or a peer this was built with",
	    CONFIG_AT_START },
	{ "target", CONFIG_TEXT, AT(target), 0, 0, NULL, "",
	    "where it is: tacit://..., redis://:PASSWORD@ADDR:PORT, ...",
	    CONFIG_AT_START },
	{ "pid", CONFIG_NUMBER, AT(pid), 0, INT32_MAX, NULL, "0",
	    "its process, for CPU, memory and bytes written", CONFIG_AT_START },
	{ "metrics", CONFIG_TEXT, AT(metrics), 0, 0, NULL, "",
	    "ADDR:PORT of the relay's metrics, for commits", CONFIG_AT_START },
	{ "data", CONFIG_TEXT, AT(data), 0, 0, NULL, "",
	    "its directory; with --relay it is kept, else a temporary one",
	    CONFIG_AT_START },
	{ "relay", CONFIG_TEXT, AT(relay), 0, 0, NULL, "",
	    "tacit-relay program to start, instead of --target",
	    CONFIG_AT_START },
	{ "listen", CONFIG_TEXT, AT(listen), 0, 0, NULL, "127.0.0.1:0",
	    "ADDR:PORT where --relay listens; port 0 is a free one",
	    CONFIG_AT_START },
	{ "relay_option", CONFIG_LIST, AT(relay_option), 0, 0, NULL, NULL,
	    "NAME=VALUE, a setting for --relay; may repeat", CONFIG_AT_START },
	{ "senders", CONFIG_NUMBER, AT(senders), 1, 10000, NULL, "64",
	    "submit, drain: connected senders", CONFIG_AT_START },
	{ "window", CONFIG_NUMBER, AT(window), 1, 1000, NULL, "16",
	    "submit, drain: submits under way for each", CONFIG_AT_START },
	{ "recipients", CONFIG_NUMBER, AT(recipients), 1, 10000, NULL, "200",
	    "submit, drain: mailboxes that are filled", CONFIG_AT_START },
	{ "messages", CONFIG_NUMBER, AT(messages), 0, 100000000, NULL, "0",
	    "how many (0: 400,000; fanout 20; deep 100,000)", CONFIG_AT_START },
	{ "size_bytes", CONFIG_NUMBER, AT(size_bytes), 36, 65536, NULL, "300",
	    "payload of a message", CONFIG_AT_START },
	{ "parallel", CONFIG_NUMBER, AT(parallel), 1, 10000, NULL, "64",
	    "connections that are being made, or drained, at once",
	    CONFIG_AT_START },
	{ "pairs", CONFIG_NUMBER, AT(pairs), 1, 10000, NULL, "50",
	    "online: pairs of devices", CONFIG_AT_START },
	{ "rate", CONFIG_NUMBER, AT(rate), 1, 1000000, NULL, "1000",
	    "online: messages a second in all", CONFIG_AT_START },
	{ "seconds", CONFIG_NUMBER, AT(seconds), 1, 100000, NULL, "10",
	    "online: for how long; the first second is not counted",
	    CONFIG_AT_START },
	{ "members", CONFIG_NUMBER, AT(members), 1, 4096, NULL, "1000",
	    "fanout: members of the group", CONFIG_AT_START },
	{ "devices", CONFIG_NUMBER, AT(devices), 2, 1000000, NULL, "10000",
	    "idle: connected devices", CONFIG_AT_START },
	{ "processes", CONFIG_NUMBER, AT(processes), 0, 100, NULL, "0",
	    "idle: of this program (0: one for 15,000 devices)",
	    CONFIG_AT_START },
	{ "limit_ms", CONFIG_NUMBER, AT(limit_ms), 1, 600000, NULL, "1000",
	    "limits: for how long each is tried", CONFIG_AT_START },
	{ "hold_s", CONFIG_NUMBER, AT(hold_s), 0, 86400, NULL, "0",
	    "idle: seconds to hold them before they talk", CONFIG_AT_START },
	{ "seed", CONFIG_NUMBER, AT(seed), 0, UINT32_MAX, NULL, "1",
	    "what names and keys follow from", CONFIG_AT_START },
	{ "prepared", CONFIG_CHOICE, AT(prepared), 0, 0, no_yes, "no",
	    "the devices of this seed are known to the server",
	    CONFIG_AT_START },
	{ "receive", CONFIG_CHOICE, AT(receive), 0, 0, no_yes, "yes",
	    "idle: devices have asked for what comes to them",
	    CONFIG_AT_START },
	{ "serve", CONFIG_CHOICE, AT(serve), 0, 0, no_yes, "yes",
	    "idle: some of them exchange messages meanwhile", CONFIG_AT_START },
	{ "json", CONFIG_CHOICE, AT(json), 0, 0, no_yes, "no",
	    "print one JSON object for each result", CONFIG_AT_START },
};

static const struct option_reader reader = {
	.program = "tacit-bench",
	.usage = "usage: tacit-bench [OPTION...] JOB...\n\n"
		 "jobs: submit drain online fanout deep idle limits\n"
		 "      register (only makes the devices of all of them)\n",
	.table = { settings, sizeof(settings) / sizeof(settings[0]) },
};

enum status
options_read(struct options *o, int argc, char *const *argv, int *used)
{
	memset(o, 0, sizeof(*o));
	return option_reader_read(&reader, o, argc, argv, used);
}
