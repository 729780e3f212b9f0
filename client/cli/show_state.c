/* show_state.c - what became of a message of ours. */
#include "base/when.h"
#include "client/cli/print.h"
#include "client/cli/show.h"

enum { ID_SHOWN = 8 }; /* digits; as many as a command takes */

static bool
json_state(struct cli *cli, const struct tacit_state_change *change)
{
	struct object o = object_new("state");

	object_text(&o, "id", change->id);
	object_text(&o, "state", tacit_state_name(change->state));
	object_conversation(&o, "to", &change->to);
	object_time(&o, "time", change->time_ms);
	return show_object(cli, &o);
}

bool
show_state(const struct tacit_state_change *change, void *arg)
{
	struct cli *cli = arg;
	FILE *out = cli->io.out;
	char time[WHEN_TEXT_BYTES];

	if (cli->args.json)
		return json_state(cli, change);
	when_format_local(change->time_ms, time);
	fprintf(out, "-- [%s] ", time);
	print_name(cli, change->to.name);
	fprintf(out, ": your message %.*s is %s\n", ID_SHOWN, change->id,
	    tacit_state_name(change->state));
	return !ferror(out);
}
