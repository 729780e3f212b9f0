/* cmd_backup.c - all of a profile into one encrypted file, and back. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/passphrase.h"
#include "client/cli/profile.h"
#include "client/cli/show.h"
#include "client/core/tacit_backup.h"

static bool
is_stream(const char *file)
{
	return strcmp(file, "-") == 0;
}

static enum tacit_code
tell_backup(
    struct cli *cli, const char *file, const struct tacit_backup_sizes *sizes)
{
	struct tacit_ways ways = { 0 };
	struct object o;

	if (is_stream(file) || !cli->args.json) {
		enum tacit_code code = tacit_ways(cli->t, &ways, &cli->error);

		if (code != TACIT_DONE)
			return code;
		cli_note(cli, "Backup of %" PRIu64 " bytes. %s",
		    sizes->file_bytes,
		    ways.passphrase
			? "It opens with the passphrase of this day"
			: "This profile has no passphrase, so whoever has the "
			  "file can read it");
		return TACIT_DONE;
	}
	o = object_new("backup");
	object_text(&o, "file", file);
	object_number(&o, "bytes", sizes->file_bytes);
	object_number(&o, "database_bytes", sizes->database_bytes);
	object_time(&o, "made_at", sizes->made_ms);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
run_backup(struct cli *cli)
{
	const char *file = cli->args.words[0];
	struct tacit_backup how = { .replace = cli->args.force };
	struct tacit_backup_sizes sizes = { 0 };
	enum tacit_code code;

	if (!is_stream(file))
		how.file = file;
	else if (isatty(fileno(cli->io.out)))
		return cli_fail(cli, TACIT_USAGE,
		    "Standard output is a terminal; give a file, or send it "
		    "into a pipe");
	else
		how.fd = fileno(cli->io.out);
	code = cli_open(cli);
	if (code == TACIT_DONE)
		code = tacit_backup(cli->t, &how, &sizes, &cli->error);
	return code == TACIT_DONE ? tell_backup(cli, file, &sizes) : code;
}

static enum tacit_code
tell_restored(struct cli *cli, const struct tacit_backup_sizes *sizes)
{
	struct object o;

	if (!cli->args.json) {
		cli_note(cli,
		    "Restored to %s. When it first reaches the relay, by "
		    "`tacit receive` say, it takes the place of the copy that "
		    "was in use, which cannot be used from then on",
		    cli->dir);
		return TACIT_DONE;
	}
	o = object_new("restored");
	object_text(&o, "profile", cli->dir);
	object_number(&o, "database_bytes", sizes->database_bytes);
	object_time(&o, "made_at", sizes->made_ms);
	return show_object(cli, &o) ? TACIT_DONE : TACIT_FAILED;
}

static enum tacit_code
run_restored(struct cli *cli, struct tacit_restore *r,
    const struct tacit_options *options)
{
	struct tacit_backup_sizes sizes = { 0 };
	enum tacit_code code =
	    tacit_restore_run(r, options, &sizes, &cli->error);

	if (code == TACIT_PASSPHRASE)
		return cli_fail(cli, code,
		    "The passphrase is wrong: a backup opens with the one "
		    "that the profile had on that day");
	return code == TACIT_DONE ? tell_restored(cli, &sizes) : code;
}

static enum tacit_code
restore_from(struct cli *cli, struct tacit_restore *r)
{
	struct tacit_options options = { .dir = cli->dir };
	struct passphrase *p = NULL;
	enum tacit_code code = profile_make_parents(cli->dir, &cli->error);

	if (code == TACIT_DONE && tacit_restore_needs_passphrase(r)) {
		p = passphrase_new();
		code = p == NULL ? cli_fail(cli, TACIT_FAILED, "Out of memory")
				 : passphrase_read(cli, false, p);
		if (code == TACIT_DONE && p != NULL) {
			options.passphrase = p->text;
			options.passphrase_len = p->len;
		}
	} else if (code == TACIT_DONE) {
		cli_note(cli,
		    "This backup has no passphrase: whoever made it could "
		    "have put anything in it");
	}
	if (code == TACIT_DONE)
		code = run_restored(cli, r, &options);
	passphrase_free(p);
	return code;
}

static enum tacit_code
run_restore(struct cli *cli)
{
	const char *file = cli->args.words[0];
	struct tacit_restore *r = NULL;
	enum tacit_code code;
	int fd = cli->io.in;

	code = tacit_may_restore(cli->dir, &cli->error);
	if (code != TACIT_DONE)
		return code;
	if (!is_stream(file)) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return cli_fail(cli,
			    errno == ENOENT ? TACIT_NOT_FOUND : TACIT_FAILED,
			    "%s cannot be read: %s", file, strerror(errno));
	}
	code = tacit_restore_open(fd, &r, &cli->error);
	if (code == TACIT_DONE)
		code = restore_from(cli, r);
	tacit_restore_close(r);
	if (fd != cli->io.in)
		close(fd);
	return code;
}

static const struct option_row rows[] = {
	{ "force", 0, OPTION_FLAG, OPTION_FIELD(force), NULL,
	    "replace a file that is there" },
};

const struct command command_backup = {
	.name = "backup",
	.arguments = "FILE",
	.help = "copy the profile into one encrypted file; - is standard "
		"output",
	.options = OPTION_TABLE(rows),
	.words_min = 1,
	.words_max = 1,
	.run = run_backup,
};

const struct command command_restore = {
	.name = "restore",
	.arguments = "FILE",
	.help = "make a profile of a backup, in a new or empty directory",
	.words_min = 1,
	.words_max = 1,
	.run = run_restore,
};
