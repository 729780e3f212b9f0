#include "client/cli/window.h"

enum { LIMIT_ITEMS = 50 }; /* unless --limit says */

enum tacit_code
window_check(struct cli *cli)
{
	const struct arguments *a = &cli->args;

	if (a->since_ms == 0 || a->until_ms == 0 || a->since_ms <= a->until_ms)
		return TACIT_DONE;
	return cli_fail(cli, TACIT_USAGE, "--since is later than --until");
}

enum tacit_code
window_take(struct cli *cli, struct tacit_history *how)
{
	const struct arguments *a = &cli->args;

	how->limit = a->limit != 0 ? (size_t)a->limit : LIMIT_ITEMS;
	how->since_ms = a->since_ms;
	how->until_ms = a->until_ms;
	return window_check(cli);
}
