/* print_notice.c - what happened, as a sentence behind `-- `. */
#include <inttypes.h>
#include <string.h>

#include "client/cli/print.h"
#include "client/cli/text.h"

/*
 * %f who did it; %s whom it happened to; %d the detail; %m so many messages;
 * %w from whom, if anyone; %r the reason in brackets, if any; %c how many came
 * since; %t a setting in words.
 */
static const struct {
	const char *kind;
	const char *sentence;
} sentences[] = {
	{ "member-added", "%f added %s%r" },
	{ "member-removed", "%f removed %s" },
	{ "member-left", "%s left" },
	{ "group-renamed", "%f renamed the group to %d" },
	{ "group-adopted", "%f gave this group a new log" },
	{ "request", "%f wants to write to you or to invite you; see `tacit "
		     "requests`" },
	{ "role-changed", "%f made %s %d" },
	{ "still-member", "you are still a member%r" },
	{ "link-made", "%f made a link into the group: %d" },
	{ "link-revoked", "%f revoked the link %d" },
	{ "join-refused", "%f did not take you in%r" },
	{ "settings-changed", "%f changed the settings: %t" },
	{ "identity-changed",
	    "the key of %s changed: compare the safety number (tacit verify), "
	    "then accept it (tacit trust)%r" },
	{ "device-changed", "%s has another device now, under the same key; "
			    "what the old one said last may be missing%r" },
	{ "undecryptable", "%m%w cannot be decrypted%c%r" },
	{ "gap", "missing: %m%w%c%r" },
	{ "refused", "refused: a message%w%r" },
	{ "expired",
	    "not fetched in time: %m to %s, which the relay has given up%r" },
	{ "account-removed",
	    "not delivered: %m to %s, whose account or device is gone%r" },
	{ "renewed",
	    "an older copy of this profile was taken into use; what came "
	    "since is asked for%r" },
	{ "rolled-back",
	    "this profile is an older copy of itself; nothing is sent%r" },
};

static const char *
sentence_of(const struct tacit_event *event)
{
	const char *kind = event->notice;

	/* Our own client took somebody in. */
	if (strcmp(kind, "member-added") == 0 && event->from == NULL)
		return "%s was taken in%r";
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(sentences[i].kind, kind) == 0)
			return sentences[i].sentence;
	return NULL;
}

/* Gaps and undecryptable messages carry a number as their detail. */
static bool
is_count(const char *detail)
{
	return detail != NULL && detail[0] != '\0' &&
	       detail[strspn(detail, "0123456789")] == '\0';
}

static const char *
subject_of(const struct tacit_event *event)
{
	return event->subject != NULL ? event->subject : print_speaker(event);
}

static void
put(struct cli *cli, const char *before, const char *text, const char *after)
{
	fputs(before, cli->io.out);
	text_put_z(cli->io.out, TEXT_SENTENCE, text);
	fputs(after, cli->io.out);
}

static void
put_messages(struct cli *cli, const char *detail)
{
	if (!is_count(detail) || strcmp(detail, "1") == 0)
		put(cli, "", "a message", "");
	else
		put(cli, "", detail, " messages");
}

/* In the words of `group log`, which tells of the same. */
static void
put_setting(struct cli *cli, const char *detail)
{
	const char *value = detail != NULL ? strchr(detail, ' ') : NULL;

	if (value == NULL)
		put(cli, "", detail != NULL ? detail : "?", "");
	else if (strcmp(detail, "timer off") == 0)
		put(cli, "", "messages stay", "");
	else if (strncmp(detail, "timer ", 6) == 0)
		put(cli, "messages disappear after ", value + 1, "");
	else if (strncmp(detail, "who-may-add ", 12) == 0)
		put(cli, "", value + 1, " may add");
	else
		put(cli, "", detail, "");
}

static void
put_reason(struct cli *cli, const struct tacit_event *event)
{
	if (event->reason != NULL) {
		fputs(" (", cli->io.out);
		print_reason(cli, event->reason);
		fputc(')', cli->io.out);
	} else if (event->detail != NULL && !is_count(event->detail)) {
		put(cli, " (", event->detail, ")");
	}
}

static void
put_part(struct cli *cli, const struct tacit_event *event, char part)
{
	if (part == 'f')
		print_name(cli, print_speaker(event));
	else if (part == 's')
		print_name(cli, subject_of(event));
	else if (part == 'd')
		put(cli, "", event->detail != NULL ? event->detail : "?", "");
	else if (part == 't')
		put_setting(cli, event->detail);
	else if (part == 'm')
		put_messages(cli, event->detail);
	else if (part == 'w' && subject_of(event) != NULL)
		put(cli, " from ", subject_of(event), "");
	else if (part == 'r')
		put_reason(cli, event);
	else if (part == 'c' && event->repaired > 0)
		fprintf(
		    cli->io.out, " (repaired: %" PRIu64 ")", event->repaired);
}

/* A kind that a newer libtacit knows and this page does not. */
static void
put_unknown(struct cli *cli, const struct tacit_event *event)
{
	const char *const parts[] = { event->from, event->subject,
		event->detail, event->reason };

	put(cli, "", event->notice, "");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i] != NULL)
			put(cli, " ", parts[i], "");
}

void
print_notice(struct cli *cli, const struct tacit_event *event)
{
	const char *sentence = sentence_of(event);

	fputs("-- ", cli->io.out);
	print_time(cli, event);
	if (event->conversation.name != NULL &&
	    event->conversation.name[0] != '\0') {
		print_name(cli, event->conversation.name);
		fputs(": ", cli->io.out);
	}
	for (const char *c = sentence; c != NULL && *c != '\0'; c++) {
		if (*c == '%')
			put_part(cli, event, *++c);
		else
			fputc(*c, cli->io.out);
	}
	if (sentence == NULL)
		put_unknown(cli, event);
	fputc('\n', cli->io.out);
}
