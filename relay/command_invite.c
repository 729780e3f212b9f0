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
};

/* Without letters and digits that look alike. */
static const char ALPHABET[] = "abcdefghjkmnpqrstuvwxyz23456789";

struct code {
	char text[LIMIT_JOIN_CODE_BYTES + 1];
};

/* One member of an answer. */
struct answer {
	const char *name;
	char text[80];
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

static bool
is_utf8(const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	return string != NULL;
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
	if (line->label != NULL && (strlen(line->label) > STORAGE_LABEL_BYTES ||
				       !is_utf8(line->label)))
		return command_fail(line, EXIT_USAGE,
		    "--label is text in UTF-8, at most %d bytes",
		    STORAGE_LABEL_BYTES);
	snprintf(invite->label, sizeof(invite->label), "%s",
	    line->label != NULL ? line->label : "");
	return EXIT_DONE;
}

static void
take_text(void *arg, const json_t *object)
{
	struct answer *a = arg;
	const char *value = json_string_value(json_object_get(object, a->name));

	snprintf(a->text, sizeof(a->text), "%s", value != NULL ? value : "");
}

/* Only the hash goes to the relay, and it is made here, since it takes time. */
static int
store_invite(const struct command_line *line, struct admin_client *c,
    const struct code *code, struct storage_invite *invite, struct answer *id)
{
	struct answer salt_text = { .name = "salt" };
	char hash[2 * sizeof(invite->code_hash.raw) + 1];
	uint8_t salt[JOIN_SALT_BYTES];
	enum status st;
	int failed = command_ask(line, c,
	    json_pack("{s:s,s:s}", "command", "invite", "action", "salt"),
	    take_text, &salt_text);

	if (failed != EXIT_DONE)
		return failed;
	st = hex_decode(salt_text.text, salt, sizeof(salt));
	if (st == STATUS_OK)
		st = storage_join_hash(
		    salt, bytes_text(code->text), &invite->code_hash);
	if (st != STATUS_OK)
		return command_fail_status(line, st, "making the invitation");
	hex_encode(BYTES_OF(invite->code_hash.raw), hash);
	id->name = "id";
	return command_ask(line, c,
	    json_pack("{s:s,s:s,s:s,s:I,s:I,s:s}", "command", "invite",
		"action", "put", "code_hash", hash, "uses",
		(json_int_t)invite->uses, "expires_ms",
		(json_int_t)invite->expires_ms, "label", invite->label),
	    take_text, id);
}

static void
print_invite(const struct command_line *line, const char *link,
    const struct storage_invite *invite, const char *id)
{
	char expires[WHEN_TEXT_BYTES];
	json_t *o;

	if (!line->json) {
		puts(link);
		return;
	}
	when_format_utc(invite->expires_ms, expires);
	o = json_pack("{s:s,s:s,s:s,s:I,s:s?,s:s}", "type", "invite", "link",
	    link, "id", id, "uses", (json_int_t)invite->uses, "expires_at",
	    invite->expires_ms != 0 ? expires : NULL, "label", invite->label);
	if (o != NULL)
		json_dumpf(o, stdout, JSON_COMPACT);
	puts("");
	json_decref(o);
}

static int
make_invite(const struct command_line *line)
{
	struct storage_invite invite = { 0 };
	struct admin_client *c = NULL;
	char link[LIMIT_LINK_BYTES + 1];
	struct code code = { "" };
	struct answer id = { 0 };
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
		failed = command_desk(line, &home, &settings, ADMIN_STORE, &c);
	if (failed == EXIT_DONE)
		failed = store_invite(line, c, &code, &invite, &id);
	if (failed == EXIT_DONE)
		print_invite(line, link, &invite, id.text);
	admin_client_close(c);
	wipe(&code, sizeof(code));
	wipe(link, sizeof(link));
	return failed == EXIT_DONE ? command_flush() : failed;
}

int
command_invite(const struct command_line *line)
{
	const char *verb = line->words_count > 1 ? line->words[1] : NULL;
	size_t words = line->words_count;

	if (verb == NULL)
		return make_invite(line);
	if (line->uses != NULL || line->expires != NULL ||
	    line->code_file != NULL || line->label != NULL)
		return command_fail(line, EXIT_USAGE,
		    "options belong to a new invitation, not to \"%.64s\"",
		    verb);
	if (strcmp(verb, "list") == 0 && words == 2)
		return command_invite_list(line);
	if (strcmp(verb, "revoke") == 0 && words == 3)
		return command_invite_revoke(line, line->words[2]);
	return command_fail(
	    line, EXIT_USAGE, "invite takes nothing, or list, or revoke ID");
}
