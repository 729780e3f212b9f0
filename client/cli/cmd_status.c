/* cmd_status.c - account, relay, device, prekeys, outbox, last contact. */
#include "client/cli/show.h"

/*
 * What the profile knows is shown even when the relay does not answer, or does
 * not let us in; the exit code still says so.
 */
static enum tacit_code
run_status(struct cli *cli)
{
	struct tacit_status status = { 0 };
	struct tacit_error ignored;
	enum tacit_code asked;
	enum tacit_code code;
	bool refused;

	code = cli_open(cli);
	if (code != TACIT_DONE)
		return code;
	asked = tacit_status(cli->t, true, &status, &cli->error);
	if (asked != TACIT_DONE) {
		refused = status.refused;
		status = (struct tacit_status){ 0 };
		code = tacit_status(cli->t, false, &status, &ignored);
		status.refused = refused;
	}
	if (code == TACIT_DONE)
		show_status(cli, &status);
	return asked;
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.help = "show the account, its relay and what waits",
	.run = run_status,
};
