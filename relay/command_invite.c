/*
 * command_invite.c - a link with a join code.
 *
 * The code is random, or an operator's own text from a file, since argv can be
 * read by everybody.  Only its Argon2id hash is stored.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/random.h"
#include "base/when.h"
#include "base/wipe.h"
#include "proto/link.h"
#include "relay/command.h"
#include "relay/storage.h"

enum {
	CODE_LETTERS = 20, /* 31 letters: 99 bits */
	CODE_GROUP = 5,
	USES_MAX = 1000000000,
	LABEL_BYTES = 64,
};

/* Without letters and digits that look alike. */
static const char ALPHABET[] = "abcdefghjkmnpqrstuvwxyz23456789";

struct code {
	char text[LIMIT_JOIN_CODE_BYTES + 1];
};

static void
make_code(struct code *code)
{
	char *to = code->text;

	for (size_t i = 0; i < CODE_LETTERS; i++) {
		if (i > 0 && i % CODE_GROUP == 0)
			*to++ = '-';
		*to++ = ALPHABET[random_below(sizeof(ALPHABET) - 1)];
	}
	*to = '\0';
}

static int
read_code(const struct command_line *line, struct code *code)
{
	int fd = open(line->code_file, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, code->text, sizeof(code->text));
	int reason = errno;

	if (fd >= 0)
		close(fd);
	if (len < 0)
		return command_fail(line, EXIT_FAILED, "%.256s: %s",
		    line->code_file, strerror(reason));
	/* Its first line counts; a longer one than fits is no code either. */
	for (ssize_t i = 0; i < len; i++) {
		if (code->text[i] != '\n' && code->text[i] != '\r')
			continue;
		len = i;
	}
	if ((size_t)len < sizeof(code->text)) {
		code->text[len] = '\0';
		if (link_is_join_code(bytes_text(code->text)))
			return EXIT_DONE;
	}
	return command_fail(line, EXIT_USAGE,
	    "a join code is 4 to %d printable characters without spaces or "
	    "commas",
	    LIMIT_JOIN_CODE_BYTES);
}

static int
fill_invite(const struct command_line *line, struct storage_invite *invite)
{
	int64_t life_ms;

	/* One person for a random code; a room password is for all. */
	invite->uses = line->code_file == NULL ? 1 : 0;
	if (line->uses != NULL &&
	    number_parse(line->uses, 1, USES_MAX, &invite->uses) != STATUS_OK)
		return command_fail(line, EXIT_USAGE,
		    "--uses is a number from 1 to %d", USES_MAX);
	if (line->expires != NULL) {
		if (when_parse_duration(line->expires, &life_ms) != STATUS_OK ||
		    life_ms == 0)
			return command_fail(line, EXIT_USAGE,
			    "--expires is a duration such as 12h or 7d");
		invite->expires_ms = clock_wall_ms() + life_ms;
	}
	if (line->label != NULL && strlen(line->label) > LABEL_BYTES)
		return command_fail(line, EXIT_USAGE,
		    "--label is at most %d bytes", LABEL_BYTES);
	snprintf(invite->label, sizeof(invite->label), "%s",
	    line->label != NULL ? line->label : "");
	return EXIT_DONE;
}

static int
store_invite(const struct command_line *line, const struct home *home,
    const struct settings *settings, const struct code *code,
    struct storage_invite *invite)
{
	const struct storage_options options = {
		.dir = home->store,
		.map_bytes = (size_t)settings->map_mib * 1024 * 1024,
		.admin = true,
	};
	uint8_t salt[JOIN_SALT_BYTES];
	struct storage *storage = NULL;
	enum status st = command_become_owner(home);

	if (st == STATUS_OK)
		st = storage_open(&options, &storage);
	if (st == STATUS_OK) {
		storage_join_salt(storage, salt);
		st = storage_join_hash(
		    salt, bytes_text(code->text), &invite->code_hash);
	}
	if (st == STATUS_OK)
		st = storage_invite_add(storage, invite);
	storage_close(storage);
	/* The same code again: its uses and expiry are the new ones now. */
	if (st != STATUS_OK && st != STATUS_EXISTS)
		return command_fail_status(line, st, "storing the invitation");
	return EXIT_DONE;
}

static void
print_invite(const struct command_line *line, const char *link,
    const struct storage_invite *invite)
{
	char expires[WHEN_TEXT_BYTES];
	json_t *o;

	if (!line->json) {
		puts(link);
		return;
	}
	when_format_utc(invite->expires_ms, expires);
	o = json_pack("{s:s,s:s,s:I,s:s?,s:s}", "type", "invite", "link", link,
	    "uses", (json_int_t)invite->uses, "expires_at",
	    invite->expires_ms != 0 ? expires : NULL, "label", invite->label);
	if (o != NULL)
		json_dumpf(o, stdout, JSON_COMPACT);
	puts("");
	json_decref(o);
}

int
command_invite(const struct command_line *line)
{
	struct storage_invite invite = { 0 };
	char link[LIMIT_LINK_BYTES + 1];
	struct code code = { "" };
	struct settings settings;
	struct identity identity;
	struct home home;
	int failed = command_recall(line, &home, &settings, &identity);

	if (failed == EXIT_DONE)
		failed = fill_invite(line, &invite);
	if (failed == EXIT_DONE && line->code_file != NULL)
		failed = read_code(line, &code);
	else if (failed == EXIT_DONE)
		make_code(&code);
	if (failed == EXIT_DONE)
		failed = command_make_link(
		    line, &settings, &identity, code.text, link);
	if (failed == EXIT_DONE)
		failed = store_invite(line, &home, &settings, &code, &invite);
	if (failed == EXIT_DONE)
		print_invite(line, link, &invite);
	wipe(&code, sizeof(code));
	wipe(link, sizeof(link));
	return failed;
}
