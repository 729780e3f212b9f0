#include "client/cli/recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"

enum { LINE_GROUPS = 7, GROUP_LETTERS = 5 /* with its dash */ };

static bool
is_terminal(const struct cli *cli)
{
	return isatty(cli->io.in) && isatty(fileno(cli->io.err));
}

/* The first letter of a line; '\0': it is empty. */
static char
read_answer(const struct cli *cli)
{
	char first = '\0';
	char c = '\0';
	bool any = false;
	ssize_t got;

	while ((got = read(cli->io.in, &c, 1)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || c == '\n')
			break;
		if (!any)
			first = c;
		any = true;
	}
	return first;
}

enum tacit_code
recovery_choose(struct cli *cli, bool *wanted)
{
	char answer;

	*wanted = cli->args.recovery_key_file != NULL;
	if (*wanted && cli->args.no_recovery_key)
		return cli_fail(cli, TACIT_USAGE,
		    "--recovery-key-file and --no-recovery-key exclude each "
		    "other");
	if (*wanted || cli->args.no_recovery_key || !is_terminal(cli))
		return TACIT_DONE;
	fputs("A recovery key on paper is the way back into this account "
	      "when the profile and\nits backups are lost. Make one? [Y/n] ",
	    cli->io.err);
	fflush(cli->io.err);
	answer = read_answer(cli);
	*wanted = answer != 'n' && answer != 'N';
	return TACIT_DONE;
}

/* A registration that is taken up again shows the key that it showed before. */
static bool
is_in_file(const char *path, const char *key)
{
	char there[PASSPHRASE_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got = fd < 0 ? -1 : read(fd, there, sizeof(there));
	size_t len = strlen(key);
	bool same =
	    got >= 0 && (size_t)got == len + 1 && memcmp(there, key, len) == 0;

	if (fd >= 0)
		close(fd);
	wipe(there, sizeof(there));
	return same;
}

static bool
write_whole(int fd, const char *key)
{
	return write(fd, key, strlen(key)) == (ssize_t)strlen(key) &&
	       write(fd, "\n", 1) == 1 && fsync(fd) == 0;
}

static bool
show_in_file(struct cli *cli, const char *path, const char *key)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool written;

	if (fd < 0 && errno == EEXIST && is_in_file(path, key))
		return true;
	if (fd < 0) {
		cli_note(cli,
		    "The file %s for the recovery key cannot be "
		    "made: %s",
		    path, strerror(errno));
		return false;
	}
	written = write_whole(fd, key);
	if (close(fd) != 0 || !written) {
		cli_note(cli, "The recovery key cannot be written to %s", path);
		(void)unlink(path);
		return false;
	}
	return true;
}

bool
recovery_show(const char *key, void *arg)
{
	struct cli *cli = arg;
	FILE *to = cli->io.err;

	if (cli->args.recovery_key_file != NULL)
		return show_in_file(cli, cli->args.recovery_key_file, key);
	fputs("\nThe recovery key of this account:\n\n", to);
	fprintf(to, "    %.*s\n    %s\n\n", LINE_GROUPS * GROUP_LETTERS - 1,
	    key, key + LINE_GROUPS * GROUP_LETTERS);
	fputs("Write it down and keep it where nobody else finds it. Whoever "
	      "has it has this\naccount: it makes a new device of it, and puts "
	      "this one out. It is not shown again.\nIf you lose it, this "
	      "profile and its backups, the account is lost.\n\nPress Enter "
	      "when you have it on paper. ",
	    to);
	fflush(to);
	(void)read_answer(cli);
	return true;
}

static enum tacit_code
read_file(struct cli *cli, const char *path, struct passphrase *key)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got;

	if (fd < 0)
		return cli_fail(cli, TACIT_USAGE,
		    "The recovery key file %s cannot be opened: %s", path,
		    strerror(errno));
	got = read(fd, key->text, sizeof(key->text) - 1);
	close(fd);
	if (got <= 0)
		return cli_fail(
		    cli, TACIT_USAGE, "There is no recovery key in %s", path);
	key->len = (size_t)got;
	return TACIT_DONE;
}

enum tacit_code
recovery_read(struct cli *cli, struct passphrase *key)
{
	enum tacit_code code;

	if (cli->args.recovery_key_file != NULL)
		code = read_file(cli, cli->args.recovery_key_file, key);
	else if (!isatty(cli->io.in))
		return cli_fail(cli, TACIT_USAGE,
		    "Standard input is not a terminal to ask for the recovery "
		    "key: use --recovery-key-file FILE");
	else
		code = passphrase_ask(cli, "Recovery key", key);
	if (code == TACIT_DONE && key->len == sizeof(key->text))
		return cli_fail(
		    cli, TACIT_USAGE, "This is no recovery key: too long");
	if (code == TACIT_DONE)
		key->text[key->len] = '\0';
	return code;
}
