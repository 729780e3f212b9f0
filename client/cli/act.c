#include "client/cli/act.h"

#include "client/cli/show.h"

enum tacit_code
act_run(struct cli *cli, struct tacit_act *act)
{
	const struct arguments *a = &cli->args;
	enum tacit_code code = TACIT_DONE;

	if (a->queue && a->wait_ms != 0)
		return cli_fail(
		    cli, TACIT_USAGE, "--queue does not wait; --wait does");
	act->about = a->words[0];
	act->id = a->id;
	act->queue_only = a->queue;
	act->wait_ms = a->wait_ms;
	act->now = a->now;
	if (cli->t == NULL)
		code = cli_open(cli);
	if (code == TACIT_DONE)
		code = tacit_act(cli->t, act, show_sent, cli, &cli->error);
	return code;
}
