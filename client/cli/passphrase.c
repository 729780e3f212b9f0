#include "client/cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/wipe.h"
#include "client/cli/quality.h"
#include "client/cli/terminal.h"

struct passphrase *
passphrase_new(void)
{
	struct passphrase *p = sodium_malloc(sizeof(*p));

	if (p != NULL)
		memset(p, 0, sizeof(*p));
	return p;
}

void
passphrase_free(struct passphrase *p)
{
	sodium_free(p); /* wipes */
}

static const char *
file_of(const struct cli *cli)
{
	const char *file = cli->args.passphrase_file;

	if (file != NULL || cli->args.passphrase_fd != NULL)
		return file;
	file = getenv("TACIT_PASSPHRASE_FILE");
	return file != NULL && file[0] != '\0' ? file : NULL;
}

bool
passphrase_is_given(const struct cli *cli)
{
	return file_of(cli) != NULL || cli->args.passphrase_fd != NULL;
}

/*
 * One byte at a time: what follows the line, such as a text to send, stays in
 * the descriptor.
 */
static enum tacit_code
read_line(struct cli *cli, int fd, struct passphrase *p)
{
	unsigned char byte = 0;
	ssize_t got;

	p->len = 0;
	while ((got = read(fd, &byte, 1)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cli_fail(cli, TACIT_PASSPHRASE,
			    "The passphrase cannot be read: %s",
			    strerror(errno));
		if (byte == '\n')
			break;
		if (p->len == sizeof(p->text)) {
			wipe(&byte, sizeof(byte));
			return cli_fail(cli, TACIT_USAGE,
			    "A passphrase has at most %d bytes",
			    (int)PASSPHRASE_BYTES);
		}
		p->text[p->len++] = byte;
	}
	wipe(&byte, sizeof(byte));
	if (p->len == 0)
		return cli_fail(
		    cli, TACIT_PASSPHRASE, "The passphrase is empty");
	return TACIT_DONE;
}

static enum tacit_code
read_file(struct cli *cli, const char *path, struct passphrase *p)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum tacit_code code;

	if (fd < 0)
		return cli_fail(cli, TACIT_PASSPHRASE,
		    "The passphrase file %s cannot be opened: %s", path,
		    strerror(errno));
	code = read_line(cli, fd, p);
	close(fd);
	return code;
}

static enum tacit_code
read_descriptor(struct cli *cli, struct passphrase *p)
{
	uint64_t fd;

	if (cli->args.passphrase_file != NULL)
		return cli_fail(cli, TACIT_USAGE,
		    "--passphrase-file and --passphrase-fd exclude each other");
	if (number_parse(cli->args.passphrase_fd, 0, INT32_MAX, &fd) !=
	    STATUS_OK)
		return cli_fail(cli, TACIT_USAGE,
		    "--passphrase-fd wants the number of a descriptor");
	return read_line(cli, (int)fd, p);
}

enum tacit_code
passphrase_ask(struct cli *cli, const char *prompt, struct passphrase *p)
{
	struct terminal terminal;
	enum tacit_code code;

	if (!terminal_hush(&terminal, cli->io.in))
		return cli_fail(cli, TACIT_PASSPHRASE,
		    "The terminal cannot be kept from showing the passphrase; "
		    "use --passphrase-file FILE");
	fprintf(cli->io.err, "%s: ", prompt);
	fflush(cli->io.err);
	code = terminal_wait(&terminal)
		   ? read_line(cli, cli->io.in, p)
		   : cli_fail(cli, TACIT_PASSPHRASE, "Interrupted");
	fputc('\n', cli->io.err);
	terminal_restore(&terminal); /* a Ctrl-C of meanwhile acts here */
	return code;
}

static enum tacit_code
ask_again(struct cli *cli, const struct passphrase *first)
{
	struct passphrase *second = passphrase_new();
	enum tacit_code code;

	if (second == NULL)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	code = passphrase_ask(cli, "The same again", second);
	if (code == TACIT_DONE && !equal_ct(bytes_view(first->text, first->len),
				      bytes_view(second->text, second->len)))
		code = cli_fail(cli, TACIT_PASSPHRASE,
		    "The two passphrases differ; nothing was done");
	passphrase_free(second);
	return code;
}

enum tacit_code
passphrase_read(struct cli *cli, bool twice, struct passphrase *p)
{
	enum tacit_code code;

	if (cli->args.passphrase_fd != NULL)
		return read_descriptor(cli, p);
	if (file_of(cli) != NULL)
		return read_file(cli, file_of(cli), p);
	if (!isatty(cli->io.in))
		return cli_fail(cli, TACIT_PASSPHRASE,
		    "This profile has a passphrase and standard input is not a "
		    "terminal: use --passphrase-file FILE or "
		    "--passphrase-fd N");
	code = passphrase_ask(cli, twice ? "New passphrase" : "Passphrase", p);
	if (code == TACIT_DONE && twice)
		code = ask_again(cli, p);
	return code;
}

static enum tacit_code
may_begin(struct cli *cli, const struct passphrase *p)
{
	const struct tacit_options options = {
		.dir = cli->dir,
		.passphrase = p->len > 0 ? p->text : NULL,
		.passphrase_len = p->len,
	};
	enum tacit_code code = tacit_may_begin(
	    &options, cli->command == &command_recover, &cli->error);

	if (code == TACIT_PASSPHRASE)
		return cli_fail(cli, code,
		    "There is a profile in %s already, and it does not open "
		    "with that; for another account say another --profile",
		    cli->dir);
	return code;
}

static enum tacit_code
read_new(struct cli *cli, struct passphrase *p)
{
	enum tacit_code code;

	if (cli->args.no_passphrase)
		return TACIT_DONE;
	if (!passphrase_is_given(cli) && !isatty(cli->io.in))
		return cli_fail(cli, TACIT_USAGE,
		    "Standard input is not a terminal to ask for a passphrase: "
		    "use --passphrase-file FILE, --passphrase-fd N or "
		    "--no-passphrase");
	code = passphrase_read(cli, true, p);
	if (code == TACIT_DONE)
		quality_warn(cli, p);
	return code;
}

enum tacit_code
passphrase_choose(struct cli *cli, struct passphrase *p)
{
	bool existing = false;
	enum tacit_code code;

	if (cli->args.no_passphrase && (cli->args.passphrase_file != NULL ||
					   cli->args.passphrase_fd != NULL))
		return cli_fail(cli, TACIT_USAGE,
		    "--no-passphrase and a passphrase exclude each other");
	code = tacit_needs_passphrase(cli->dir, &existing, &cli->error);
	if (code == TACIT_DONE && existing && !cli->args.no_passphrase)
		code = passphrase_read(cli, false, p);
	if (code == TACIT_DONE)
		code = may_begin(cli, p);
	if (code == TACIT_DONE && !existing)
		code = read_new(cli, p);
	return code;
}

enum tacit_code
passphrase_read_new(struct cli *cli, const char *path, struct passphrase *p)
{
	enum tacit_code code;

	if (path != NULL) {
		code = read_file(cli, path, p);
	} else {
		code = passphrase_ask(cli, "New passphrase", p);
		if (code == TACIT_DONE)
			code = ask_again(cli, p);
	}
	if (code == TACIT_DONE)
		quality_warn(cli, p);
	return code;
}
