/* cmd_receive.c - fetch, commit and print what was not printed yet. */
#include <signal.h>
#include <string.h>

#include "client/cli/show.h"

/*
 * Set by the handler, read by libtacit's loop: the one thing of this program
 * that a function argument cannot reach.
 */
static volatile bool stop;
static volatile sig_atomic_t caught;

static void
on_signal(int number)
{
	caught = number;
	stop = true;
}

/* A second Ctrl-C acts at once: the handler is gone by then. */
static void
catch_signals(struct sigaction before[2])
{
	struct sigaction action = { .sa_handler = on_signal,
		.sa_flags = (int)SA_RESETHAND };

	stop = false;
	caught = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, &before[0]);
	sigaction(SIGTERM, &action, &before[1]);
}

static void
release_signals(const struct sigaction before[2])
{
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGTERM, &before[1], NULL);
}

static bool
flush(void *arg)
{
	return cli_flush(arg);
}

static void
note(const char *sentence, void *arg)
{
	cli_note(arg, "%s", sentence);
}

/* People who did not ask have been told, as far as they want to be. */
static bool
pass_over_state(const struct tacit_state_change *change, void *arg)
{
	(void)change;
	(void)arg;
	return true;
}

/*
 * A program that stays is told always; one that comes again only when it asks,
 * and what it did not ask for is kept for the one that stays.
 */
static tacit_state_fn *
how_states(const struct arguments *a)
{
	if (a->states || (a->json && a->follow))
		return show_state;
	return a->json ? NULL : pass_over_state;
}

static enum tacit_code
receive(struct cli *cli)
{
	const struct tacit_receive how = {
		.follow = cli->args.follow,
		.wait_ms = cli->args.wait_ms,
		.limit = (size_t)cli->args.limit,
		.stop = cli->args.follow ? &stop : NULL,
		.flush = flush,
		.state = how_states(&cli->args),
		.note = note,
	};

	return tacit_receive(cli->t, &how, show_event, cli, &cli->error);
}

static enum tacit_code
run_receive(struct cli *cli)
{
	struct sigaction before[2];
	enum tacit_code code;

	if (cli->args.follow && cli->args.wait_ms != 0)
		return cli_fail(cli, TACIT_USAGE,
		    "--follow waits for ever; --wait does not");
	code = cli_open(cli);
	if (code != TACIT_DONE || !cli->args.follow)
		return code != TACIT_DONE ? code : receive(cli);
	catch_signals(before);
	code = receive(cli);
	release_signals(before);
	cli->interrupted = caught == SIGINT;
	/* Being told to end is how --follow ends, connected or not. */
	if (caught != 0 && code == TACIT_UNREACHABLE)
		code = TACIT_DONE;
	return code;
}

static const struct option_row rows[] = {
	{ "follow", 'f', OPTION_FLAG, OPTION_FIELD(follow), NULL,
	    "stay, and reconnect for ever" },
	{ "wait", 0, OPTION_DURATION, OPTION_FIELD(wait_ms), "T",
	    "wait so long for a first message; exit 12 if none came" },
	{ "limit", 0, OPTION_COUNT, OPTION_FIELD(limit), "N",
	    "print at most N and leave the rest for next time" },
	{ "states", 0, OPTION_FLAG, OPTION_FIELD(states), NULL,
	    "print what becomes of your own messages" },
	{ "cursor", 0, OPTION_LATER, 0, "NAME", NULL },
	{ "ack", 0, OPTION_LATER, 0, "ID", NULL },
	{ "exec", 0, OPTION_LATER, 0, "CMD", NULL },
};

const struct command command_receive = {
	.name = "receive",
	.arguments = "",
	.help = "fetch and print what has arrived and was not printed yet",
	.options = OPTION_TABLE(rows),
	.run = run_receive,
};
