/* What the contract promises is in --help and in the manual page. */
#include "tests/unit/cli/fake_tacit.h"

#include <stdio.h>

#include "client/cli/command.h"
#include "client/cli/options.h"

/* Every row of the contract that belongs to this release. */
static const char *const promised[] = {
	"tacit register NAME --relay LINK",
	"tacit recover NAME --relay LINK",
	"tacit status",
	"tacit send NAME [TEXT] | -g GROUP [TEXT]",
	"tacit react ID EMOJI | ID --remove",
	"tacit edit ID [TEXT]",
	"tacit delete ID",
	"tacit receive",
	"tacit history NAME | -g GROUP",
	"tacit search TEXT [NAME | -g GROUP]",
	"tacit export [NAME | -g GROUP | --proof ID | --check FILE]",
	"tacit contacts list",
	"tacit contacts show NAME",
	"tacit contacts rename NAME ALIAS",
	"tacit contacts remove NAME",
	"tacit contacts set NAME",
	"tacit contacts block NAME",
	"tacit contacts unblock NAME",
	"tacit requests list",
	"tacit requests accept NAME",
	"tacit requests refuse NAME",
	"tacit verify NAME",
	"tacit trust NAME",
	"tacit group create GROUP NAME...",
	"tacit group add GROUP NAME...",
	"tacit group remove GROUP NAME...",
	"tacit group promote GROUP NAME...",
	"tacit group demote GROUP NAME...",
	"tacit group leave GROUP",
	"tacit group rename GROUP NEW",
	"tacit group set GROUP",
	"tacit group adopt GROUP",
	"tacit group link GROUP | list GROUP | revoke GROUP ID",
	"tacit group join LINK",
	"tacit group list",
	"tacit group show GROUP",
	"tacit group log GROUP",
	"tacit outbox list",
	"tacit outbox retry",
	"tacit outbox cancel ID",
	"tacit check LINK",
	"tacit relay show",
	"tacit relay set LINK",
	"tacit account delete",
	"tacit devices [NAME]",
	"tacit config list",
	"tacit config get KEY",
	"tacit config set KEY VALUE",
	"tacit passphrase",
	"tacit recovery-key show",
	"tacit recovery-key new",
	"tacit recovery-key remove",
	"tacit backup FILE",
	"tacit restore FILE",
	"tacit doctor",
};

static void
help_lists_every_promised_command(void **state)
{
	struct run r = run("--help");
	size_t count = 0;

	(void)state;
	assert_int_equal(r.code, 0);
	for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++) {
		char line[128];

		snprintf(line, sizeof(line), "  %s\n", promised[i]);
		if (strstr(r.out, line) == NULL)
			fail_msg("--help does not list %s", promised[i]);
	}
	while (commands[count] != NULL)
		count++;
	assert_int_equal(count, sizeof(promised) / sizeof(promised[0]));
}

static void
help_of_a_command_lists_its_options_but_not_later_ones(void **state)
{
	struct run r = run("send", "--help");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.out, "-g, --group GROUP"));
	assert_non_null(strstr(r.out, "--lines"));
	assert_non_null(strstr(r.out, "--passphrase-file FILE"));
	assert_non_null(strstr(r.out, "--reply"));
	assert_null(strstr(r.out, "--file "));
	r = run("group", "--help");
	assert_non_null(strstr(r.out, "tacit group promote GROUP NAME..."));
	assert_null(strstr(r.out, "tacit send"));
	r = run("--help", "group", "log");
	assert_non_null(strstr(r.out, "--verify"));
	assert_null(strstr(r.out, "promote"));
	r = run("contacts", "--help");
	assert_non_null(strstr(r.out, "tacit contacts rename NAME ALIAS"));
	assert_int_equal(run("frobnicate", "--help").code, 2);
}

static void
version_is_one_line(void **state)
{
	(void)state;
	assert_string_equal(run("--version").out, "tacit 0.1.0\n");
}

static char *
read_manual(void)
{
	char *text = calloc(1, 128 * 1024);
	FILE *from = fopen(TACIT_SOURCE_DIR "/docs/man/tacit.1", "r");

	assert_non_null(text);
	assert_non_null(from);
	assert_true(fread(text, 1, 128 * 1024 - 1, from) > 0);
	fclose(from);
	return text;
}

/* Not as the beginning of a longer one: --expire in --expires. */
static bool
has_word(const char *text, const char *word)
{
	for (; (text = strstr(text, word)) != NULL; text++)
		if (strchr(" \n", text[strlen(word)]) != NULL)
			return true;
	return false;
}

static void
expect_options(const char *manual, const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		char macro[64];
		bool found;

		snprintf(macro, sizeof(macro), "Fl -%s", row->name);
		found = has_word(manual, macro);
		/* `--verify` is later for one command and here for another. */
		if (row->kind != OPTION_LATER && !found)
			fail_msg("the manual lacks --%s", row->name);
		if (row->kind == OPTION_LATER && found &&
		    strcmp(row->name, "verify") != 0)
			fail_msg("the manual promises --%s", row->name);
	}
}

static void
the_manual_has_every_command_and_option(void **state)
{
	char *manual = read_manual();

	(void)state;
	expect_options(manual, &options_global);
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *c = commands[i];
		char macro[64];

		snprintf(macro, sizeof(macro), ".It Cm %s%s%s", c->name,
		    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "");
		if (strstr(manual, macro) == NULL)
			fail_msg("the manual lacks %s", macro);
		expect_options(manual, &c->options);
	}
	free(manual);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(help_lists_every_promised_command),
		TEST(help_of_a_command_lists_its_options_but_not_later_ones),
		TEST(version_is_one_line),
		TEST(the_manual_has_every_command_and_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
