/* api_group_log.c - tacit_group_log(): a membership log, explained. */
#include <string.h>

#include "base/number.h"
#include "client/core/group/group_internal.h"
#include "client/core/handle.h"

static const char *
act_name(uint32_t type)
{
	switch ((enum group_entry_type)type) {
	case ENTRY_CREATE:
		return "create";
	case ENTRY_ADD:
		return "add";
	case ENTRY_REMOVE:
		return "remove";
	case ENTRY_LEAVE:
		return "leave";
	case ENTRY_ROLE:
		return "role";
	case ENTRY_RENAME:
		return "rename";
	case ENTRY_SETTINGS:
		return "settings";
	case ENTRY_REKEY:
		return "rekey";
	}
	return "unknown";
}

/* Strings of an entry, in the step's arena. */
static enum status
fill_entry(struct step *s, const struct roster_effect *effect,
    struct tacit_log_entry *out)
{
	const struct group_entry_body *b = &effect->body;
	const char **subjects =
	    arena_take_array(s->arena, b->members_count + 1, sizeof(*subjects));
	char *hash = arena_take(s->arena, HASH_BYTES * 2 + 1);
	char *name;

	if (subjects == NULL || hash == NULL)
		return STATUS_NOMEM;
	hex_encode(hash_view(&effect->hash), hash);
	for (size_t i = 0; i < b->members_count; i++)
		subjects[i] = b->members[i].account.text;
	out->hash = hash;
	out->author = effect->malformed ? "" : b->author.account.text;
	out->at_ms = b->at_ms;
	out->act = effect->malformed ? "malformed" : act_name(b->type);
	out->subjects = subjects;
	out->subjects_count = b->members_count;
	out->effective = effect->effective;
	out->why_not = effect->why_not;
	if (b->type == ENTRY_ROLE && b->members_count > 0)
		out->detail =
		    b->members[0].role == ROLE_ADMIN ? "admin" : "member";
	if (b->name.len == 0)
		return STATUS_OK;
	name = arena_take(s->arena, b->name.len + 1);
	if (name == NULL)
		return STATUS_NOMEM;
	memcpy(name, b->name.data, b->name.len);
	out->detail = name;
	return STATUS_OK;
}

struct log_walk {
	bool verify;
	tacit_log_fn *show;
	void *arg;
};

static enum status
walk_log(
    struct step *s, const struct group_record *g, const struct log_walk *walk)
{
	struct roster *r = NULL;
	bool go_on = true;
	enum status st = roster_new(&r);

	for (uint64_t i = 0; st == STATUS_OK && go_on && i < g->length; i++) {
		struct tacit_log_entry out = { .index = i };
		struct roster_effect effect = { 0 };
		struct buf *entry = NULL;
		enum roster_proof proof;

		st = group_entry_load(s, &g->id, i, &entry, &proof);
		if (st == STATUS_OK)
			st = roster_apply(r, buf_view(entry),
			    walk->verify ? PROOF_UNCHECKED : proof, s->arena,
			    &effect);
		/* Checked now as then, or the profile is damaged. */
		if (st == STATUS_OK && walk->verify && effect.proof != proof)
			st = STATUS_CRYPTO;
		if (st == STATUS_OK)
			st = fill_entry(s, &effect, &out);
		out.verified = walk->verify && effect.proof == PROOF_GOOD;
		if (st == STATUS_OK)
			go_on = walk->show(&out, walk->arg);
		buf_free(entry);
	}
	if (st == STATUS_OK && go_on &&
	    memcmp(roster_head(r), &g->head, sizeof(g->head)) != 0)
		st = STATUS_CRYPTO;
	roster_free(r);
	return st;
}

enum tacit_code
tacit_group_log(struct tacit *t, const char *group, bool verify,
    tacit_log_fn *show, void *arg, struct tacit_error *e)
{
	struct log_walk walk = { verify, show, arg };
	struct group_record g;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_find(&s, group, &g);
	if (st == STATUS_NOT_FOUND || st == STATUS_CONFLICT) {
		step_abort(&s);
		return error_set(e, TACIT_NOT_FOUND,
		    "no group named %s; `tacit group list` shows yours", group);
	}
	if (st == STATUS_OK)
		st = walk_log(&s, &g, &walk);
	step_abort(&s);
	if (st == STATUS_CRYPTO || st == STATUS_CONFLICT ||
	    st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_DAMAGED,
		    "this group's log does not check: the profile is damaged");
	return error_status(e, st);
}
