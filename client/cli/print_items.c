/* print_items.c - contacts, groups, the outbox and the like, for people. */
#include <inttypes.h>
#include <string.h>

#include "base/when.h"
#include "client/cli/paint.h"
#include "client/cli/print.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

enum { KEY_BLOCK = 8 }; /* hex digits that stand together */

static void
put(struct cli *cli, const char *text)
{
	text_put_z(cli->io.out, TEXT_SENTENCE, text != NULL ? text : "?");
}

static void
put_warning(struct cli *cli, const char *text)
{
	paint(cli, PAINT_WARN);
	put(cli, text);
	paint(cli, PAINT_OFF);
}

static void
put_time(struct cli *cli, int64_t ms)
{
	char text[WHEN_TEXT_BYTES];

	if (ms == 0) {
		fputs("never", cli->io.out);
		return;
	}
	when_format_local(ms, text);
	fputs(text, cli->io.out);
}

static void
put_key(struct cli *cli, const char *hex)
{
	for (size_t i = 0; hex[i] != '\0'; i++) {
		if (i > 0 && i % KEY_BLOCK == 0)
			fputc(' ', cli->io.out);
		text_put(cli->io.out, TEXT_NAME, hex + i, 1);
	}
}

static void
put_plural(struct cli *cli, uint64_t count, const char *one, const char *many)
{
	fprintf(cli->io.out, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

/* A script has the exit code, a person who wants to know says --verbose. */
void
print_sent(struct cli *cli, const struct tacit_sent *sent)
{
	for (size_t i = 0; i < sent->refused_count; i++)
		cli_note(cli,
		    "%s did not get the message: the mailbox is full, and it "
		    "is tried again, or the key has changed (tacit contacts)",
		    sent->refused[i]);
	if (sent->state == TACIT_QUEUED && sent->refused_count == 0 &&
	    !cli->args.queue && !cli->args.lines &&
	    cli->command != &command_outbox_retry)
		cli_note(cli,
		    "The message is kept and goes out with the next command "
		    "that reaches the relay");
	if (cli->args.verbose)
		cli_note(cli, "Message %s to %s is %s", sent->id, sent->to.name,
		    tacit_state_name(sent->state));
}

static void
put_relay_side(struct cli *cli, const struct tacit_status *status)
{
	FILE *out = cli->io.out;

	if (!status->reached) {
		fputs(
		    status->refused ? " (refused)\n" : " (not reached)\n", out);
		return;
	}
	fputs(" (reached)\n", out);
	fprintf(
	    out, "prekeys       %u at the relay\n", status->prekeys_at_relay);
	fputs("mailbox       ", out);
	put_plural(cli, status->mailbox_waiting, "item", "items");
	fputs(" not yet fetched\n", out);
}

void
print_status(struct cli *cli, const struct tacit_status *status)
{
	FILE *out = cli->io.out;

	fputs("account       ", out);
	put(cli, status->account);
	fprintf(out, "\ndevice        %u\nprofile       ", status->device);
	put(cli, cli->dir);
	fputs("\nrelay         ", out);
	put(cli, status->relay);
	put_relay_side(cli, status);
	if (status->moved_to != NULL)
		fprintf(out, "moved to      %s\n", status->moved_to);
	fputs("outbox        ", out);
	put_plural(cli, status->outbox, "item", "items");
	if (status->requests > 0) {
		fputs("\nrequests      ", out);
		put_plural(cli, status->requests, "item", "items");
		fputs(" of strangers; `tacit requests` lists them", out);
	}
	if (status->unreadable > 0) {
		fputs("\nunreadable    ", out);
		put_plural(cli, status->unreadable, "item", "items");
		fputs(" in the name of strangers, not told otherwise", out);
	}
	fputs("\nlast contact  ", out);
	put_time(cli, status->last_contact_ms);
	fputc('\n', out);
	if (status->rolled_back) {
		put_warning(cli,
		    "this profile is an older copy of itself; nothing is sent");
		fputc('\n', out);
	}
}

static void
put_timer(struct cli *cli, uint64_t timer_s)
{
	char time[WHEN_TEXT_BYTES];

	if (timer_s == 0) {
		fputs("stay\n", cli->io.out);
		return;
	}
	when_format_duration(timer_s, time);
	fprintf(cli->io.out, "disappear after %s\n", time);
}

/* The alias is what this user calls them, so it comes first. */
static void
print_contact_line(struct cli *cli, const struct tacit_contact *contact)
{
	FILE *out = cli->io.out;

	if (contact->alias != NULL) {
		text_put_z(out, TEXT_NAME, contact->alias);
		fputs(" = ", out);
	}
	text_put_z(out, TEXT_NAME, contact->name);
	fputs("  ", out);
	if (contact->changed)
		put_warning(cli, "KEY CHANGED");
	else
		put(cli, contact->verified ? "verified" : "unverified");
	fputs("  ", out);
	put_plural(cli, contact->devices, "device", "devices");
	if (contact->blocked)
		fputs("  blocked", out);
	fputc('\n', out);
}

void
print_contact(struct cli *cli, const struct tacit_contact *contact)
{
	FILE *out = cli->io.out;

	print_contact_line(cli, contact);
	if (cli->command != &command_contacts_show)
		return;
	fputs("    key         ", out);
	put_key(cli, contact->key);
	if (contact->changed && contact->pending_key != NULL) {
		fputs("\n    new key     ", out);
		put_key(cli, contact->pending_key);
	}
	fputs("\n    first seen  ", out);
	put_time(cli, contact->first_seen_ms);
	fputs("\n    messages    ", out);
	put_timer(cli, contact->timer_s);
}

static void
put_member(struct cli *cli, const struct tacit_group *group,
    const struct tacit_member *member)
{
	FILE *out = cli->io.out;

	fputs("    ", out);
	text_put_z(out, TEXT_NAME, member->account);
	fprintf(out, "  %s%s",
	    strcmp(member->role, "admin") == 0 ? "admin" : "member",
	    member->self ? "  (you)" : "");
	if (!member->self && member->known_length == 0)
		fputs("  not heard of yet", out);
	else if (!member->self && member->known_length < group->length)
		fprintf(out,
		    "  behind: knew %" PRIu64 " of %" PRIu64 " entries",
		    member->known_length, group->length);
	else if (member->known_length > group->length)
		fprintf(out,
		    "  ahead: knew %" PRIu64 " entries, here are %" PRIu64,
		    member->known_length, group->length);
	fputc('\n', out);
}

static void
put_settings(struct cli *cli, const struct tacit_group *group)
{
	fprintf(cli->io.out, "    %s add people; messages ",
	    strcmp(group->who_may_add, "members") == 0 ? "all members"
						       : "admins");
	put_timer(cli, group->timer_s);
}

void
print_group(struct cli *cli, const struct tacit_group *group)
{
	FILE *out = cli->io.out;
	bool is_member = strcmp(group->standing, "member") == 0;

	text_put_z(out, TEXT_NAME, group->name);
	fprintf(out, "  %.16s  ", group->id);
	/* Of a group that one only asked to be taken into, nothing is known. */
	if (group->length == 0)
		put(cli, "members unknown");
	else
		put_plural(cli, group->members_count, "member", "members");
	if (!is_member) {
		fputs("  ", out);
		put_warning(cli, group->standing);
	}
	if (group->reason != NULL) {
		fputs(": ", out);
		put(cli, group->reason);
	}
	fputc('\n', out);
	if (cli->command == &command_group_list)
		return;
	for (size_t i = 0; i < group->members_count; i++)
		put_member(cli, group, &group->members[i]);
	if (group->length > 0)
		put_settings(cli, group);
}

void
print_holder(struct cli *cli, const struct tacit_holder *holder)
{
	FILE *out = cli->io.out;

	fputs("    ", out);
	text_put_z(out, TEXT_NAME, holder->account);
	fprintf(out, "  %s", holder->state);
	if (holder->delivered_ms != 0) {
		fputs("  delivered ", out);
		put_time(cli, holder->delivered_ms);
	}
	if (holder->read_ms != 0) {
		fputs("  read ", out);
		put_time(cli, holder->read_ms);
	}
	fputc('\n', out);
}

void
print_outbox(struct cli *cli, const struct tacit_outbox_item *item)
{
	FILE *out = cli->io.out;

	fputc('[', out);
	put_time(cli, item->created_ms);
	fputs("] to ", out);
	text_put_z(out, TEXT_NAME, item->to.name != NULL ? item->to.name : "?");
	fputs(" (", out);
	if (item->id != NULL)
		fprintf(out, "%s, ", item->id);
	if (item->word != NULL && strcmp(item->word, "text") != 0)
		fprintf(out, "%s, ", item->word);
	put(cli, item->state);
	fputs(", tried ", out);
	put_plural(cli, item->attempts, "time", "times");
	if (item->reason != NULL) {
		fputs(", ", out);
		print_reason(cli, item->reason);
	}
	fputc(')', out);
	if (item->text == NULL)
		fputs(": (keys and membership)", out);
	else if (item->text_len > 0)
		fputs(": ", out);
	if (item->text != NULL)
		text_put(out, TEXT_BODY, item->text, item->text_len);
	fputc('\n', out);
}

void
print_finding(struct cli *cli, const struct tacit_finding *finding)
{
	const char *verdict = finding->verdict;

	if (strcmp(verdict, "failed") == 0)
		verdict = "FAILED";
	else if (strcmp(verdict, "skipped") == 0)
		verdict = "-";
	fprintf(cli->io.out, "%-24s%-9s", finding->step, verdict);
	put(cli, finding->message);
	fputc('\n', cli->io.out);
}

void
print_check(struct cli *cli, const struct tacit_check *check)
{
	const char *verdict = check->ok ? "ok" : "FAILED";

	if (check->skipped)
		verdict = "-";
	fprintf(cli->io.out, "%-10s%-8s", check->step, verdict);
	put(cli, check->verdict);
	fputc('\n', cli->io.out);
}
