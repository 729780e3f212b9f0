/* print_log.c - a group's log told to a person, and what to make of it. */
#include <inttypes.h>
#include <string.h>

#include "base/when.h"
#include "client/cli/paint.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

static const char indent[] = "      ";

static void
put(struct cli *cli, const char *text)
{
	text_put_z(cli->io.out, TEXT_SENTENCE, text);
}

static void
put_name(struct cli *cli, const char *name)
{
	paint(cli, PAINT_NAME);
	text_put_z(cli->io.out, TEXT_NAME, name);
	paint(cli, PAINT_OFF);
}

/* How an act reads: alice VERB bob and carol JOINER detail. */
struct act {
	const char *act;
	const char *verb;
	const char *joiner; /* NULL: no detail */
};

static const struct act acts[] = {
	{ "create", "created the group", " " },
	{ "add", "added", NULL },
	{ "remove", "removed", NULL },
	{ "leave", "left", NULL },
	{ "role", "made", " " },
	{ "rename", "renamed the group to", " " },
	{ "settings", "changed the settings", NULL },
	{ "rekey", "replaced the log key", NULL },
	{ "link", "made the link", " " },
	{ "unlink", "revoked the link", NULL },
	{ "adopt", "put the log into a new chain", NULL },
	{ "malformed", "bytes that are no entry", NULL },
	{ "unknown", "did what this release does not know", " " },
};

static struct act
act_of(const char *act)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].act, act) == 0)
			return acts[i];
	return (struct act){ act, act, " " };
}

static bool
same_roles(const struct tacit_log_entry *entry)
{
	for (size_t i = 1; i < entry->subjects_count; i++)
		if (strcmp(entry->roles[i], entry->roles[0]) != 0)
			return false;
	return entry->subjects_count > 0;
}

static void
put_role(struct cli *cli, const char *role, bool many)
{
	fprintf(cli->io.out, " (%s%s)", role, many ? "s" : "");
}

/* bob, carol and dave (members) */
static void
put_subjects(struct cli *cli, const struct tacit_log_entry *entry)
{
	/* The role of a change of roles is its detail. */
	bool roles = entry->roles != NULL && entry->detail == NULL;
	bool same = roles && same_roles(entry);
	size_t count = entry->subjects_count;

	for (size_t i = 0; i < count; i++) {
		const char *gap = i + 1 == count ? " and " : ", ";

		fputs(i == 0 ? " " : gap, cli->io.out);
		put_name(cli, entry->subjects[i]);
		if (roles && !same)
			put_role(cli, entry->roles[i], false);
	}
	if (same)
		put_role(cli, entry->roles[0], count > 1);
}

static void
put_settings(struct cli *cli, const struct tacit_log_entry *entry)
{
	char timer[WHEN_TEXT_BYTES];
	FILE *out = cli->io.out;

	if (entry->who_may_add == NULL)
		return;
	fprintf(out, ": %s may add; messages ",
	    strcmp(entry->who_may_add, "members") == 0 ? "members" : "admins");
	if (entry->timer_s == 0) {
		fputs("stay", out);
		return;
	}
	when_format_duration(entry->timer_s, timer);
	fprintf(out, "disappear after %s", timer);
}

/* Eight digits are what `group link revoke` needs. */
static void
put_link(struct cli *cli, const struct tacit_log_entry *entry)
{
	if (entry->link == NULL)
		return;
	fprintf(cli->io.out, "%s%.8s",
	    strcmp(entry->act, "add") == 0 ? " by the link " : " ",
	    entry->link);
}

/* What an entry says that proves no author is not said of its author. */
static void
put_act(struct cli *cli, const struct tacit_log_entry *entry)
{
	struct act act = act_of(entry->act);
	char when[WHEN_TEXT_BYTES];
	FILE *out = cli->io.out;

	if (entry->at_ms != 0) {
		when_format_local(entry->at_ms, when);
		fprintf(out, "[%s] ", when);
	}
	if (entry->unproven != NULL && entry->author[0] != '\0')
		fputs("in the name of ", out);
	if (entry->author[0] != '\0') {
		put_name(cli, entry->author);
		fputs(entry->unproven != NULL ? ": " : " ", out);
	}
	put(cli, act.verb);
	put_subjects(cli, entry);
	put_settings(cli, entry);
	put_link(cli, entry);
	if (entry->detail != NULL && act.joiner != NULL) {
		fputs(act.joiner, out);
		put(cli, entry->detail);
	}
	fputc('\n', out);
}

static void
put_remark(struct cli *cli, const char *what, const char *why)
{
	fputs(indent, cli->io.out);
	paint(cli, PAINT_WARN);
	fputs(what, cli->io.out);
	put(cli, why);
	paint(cli, PAINT_OFF);
	fputc('\n', cli->io.out);
}

void
print_log_entry(struct cli *cli, const struct tacit_log_entry *entry)
{
	FILE *out = cli->io.out;

	fprintf(out, "%4" PRIu64 "  ", entry->index);
	if (entry->damage != NULL) {
		paint(cli, PAINT_WARN);
		fputs("DAMAGED: ", out);
		put(cli, entry->damage);
		paint(cli, PAINT_OFF);
		fputc('\n', out);
		return;
	}
	put_act(cli, entry);
	if (entry->unproven != NULL)
		put_remark(
		    cli, "nobody knows who wrote this: ", entry->unproven);
	else if (!entry->effective)
		put_remark(cli, "this has no effect: ", entry->why_not);
	if (entry->new_seal && entry->effective)
		fprintf(out, "%sit is sealed by a new log key, %s\n", indent,
		    entry->sealed_by);
	if (entry->next_key != NULL && entry->effective)
		fprintf(out, "%sa new log key, %s, seals what follows\n",
		    indent, entry->next_key);
}

static void
put_count(struct cli *cli, uint64_t n, const char *one, const char *many)
{
	fprintf(cli->io.out, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

static void
put_verdict(struct cli *cli, const struct tacit_log_summary *sum)
{
	FILE *out = cli->io.out;

	fputs("verdict  ", out);
	if (sum->damaged > 0) {
		paint(cli, PAINT_WARN);
		fputs("DAMAGED: ", out);
		put_count(cli, sum->damaged, "entry is", "entries are");
		fputs(" not what was once taken in", out);
		paint(cli, PAINT_OFF);
	} else if (!sum->verified) {
		fputs("not checked again; --verify does", out);
	} else {
		fputs("sound: the chain is unbroken, and whatever has effect "
		      "is signed by its author",
		    out);
	}
	fputc('\n', out);
}

void
print_log_summary(struct cli *cli, const struct tacit_log_summary *sum)
{
	FILE *out = cli->io.out;

	fputs("\nentries  ", out);
	put_count(cli, sum->entries, "entry", "entries");
	fprintf(out, ", %" PRIu64 " without effect", sum->without_effect);
	if (sum->unproven > 0)
		fprintf(out, ", %" PRIu64 " of them by nobody knows whom",
		    sum->unproven);
	fprintf(out, "\nhead     %s\n", sum->head);
	put_verdict(cli, sum);
}

/* Who was last heard of with a shorter log: the newest is not known there. */
static void
print_log_behind(struct cli *cli, const struct tacit_group *group)
{
	FILE *out = cli->io.out;
	const char *gap = "behind   ";

	for (size_t i = 0; i < group->members_count; i++) {
		const struct tacit_member *m = &group->members[i];

		if (m->self || m->known_length >= group->length)
			continue;
		fputs(gap, out);
		put_name(cli, m->account);
		if (m->known_length == 0)
			fputs(" (not heard of yet)", out);
		else
			fprintf(out, " (%" PRIu64 " of %" PRIu64 " entries)",
			    m->known_length, group->length);
		gap = ", ";
	}
	if (gap[0] == ',')
		fputc('\n', out);
}

void
print_log_members(struct cli *cli, const struct tacit_group *group)
{
	FILE *out = cli->io.out;

	fputs("members  ", out);
	for (size_t i = 0; i < group->members_count; i++) {
		const struct tacit_member *m = &group->members[i];

		fputs(i == 0 ? "" : ", ", out);
		put_name(cli, m->account);
		if (strcmp(m->role, "admin") == 0)
			fputs(m->self ? " (admin, you)" : " (admin)", out);
		else if (m->self)
			fputs(" (you)", out);
	}
	fputs(group->members_count == 0 ? "nobody\n" : "\n", out);
	print_log_behind(cli, group);
	if (strcmp(group->standing, "frozen") != 0)
		return;
	fputs("FROZEN   ", out);
	put(cli, group->reason != NULL ? group->reason : "?");
	fputc('\n', out);
}
