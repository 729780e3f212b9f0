/*
 * api_group_log.c - tacit_group_log(): a membership log, explained.
 *
 * One entry at a time, each in a step of its own: a log may be longer than any
 * arena, and whoever is shown it may be slow.
 */
#include <string.h>

#include "base/number.h"
#include "client/core/api/api_log_entry.h"
#include "client/core/group/group_internal.h"
#include "client/core/handle.h"

static const char not_known[] = "unknown, since an entry before it is damaged";

struct walk {
	struct core *core;
	const struct tacit_log *how;
	struct group_record g;   /* as it was when the walk began */
	struct roster *r;        /* NULL: an entry before was damaged */
	struct hash last;        /* of the entry before */
	struct group_key_id due; /* which it says seals the next */
	struct tacit_log_summary sum;
};

static void
give_up_fold(struct walk *w)
{
	roster_free(w->r);
	w->r = NULL;
}

/* A signature that was wrong is tried again, so that one learns why. */
static enum roster_proof
proof_to_use(const struct walk *w, enum roster_proof kept)
{
	return w->how->verify || kept != PROOF_GOOD ? PROOF_UNCHECKED : kept;
}

/* What it says and did.  CRYPTO with *damage: it is not what was taken in. */
static enum status
judge(struct walk *w, struct step *s, struct bytes entry,
    enum roster_proof kept, struct roster_effect *effect, const char **damage)
{
	enum roster_proof proof = proof_to_use(w, kept);
	enum status st;

	if (w->r == NULL) {
		st = roster_read(entry, proof, s->arena, effect);
		if (st == STATUS_OK && effect->why_not == NULL)
			effect->why_not = not_known;
	} else {
		st = roster_apply(w->r, entry, proof, s->arena, effect);
	}
	if (st == STATUS_CONFLICT)
		*damage = "it does not continue the entry before it";
	else if (st == STATUS_NOT_FOUND || st == STATUS_FULL)
		*damage = "no log has such an entry here";
	else if (st == STATUS_OK && effect->proof != kept)
		*damage = kept == PROOF_GOOD
			      ? "its signature was right and is wrong now"
			      : "its signature was wrong and is right now";
	return *damage == NULL ? st : STATUS_CRYPTO;
}

/* The head must be the hash of what stands last. */
static void
check_head(
    const struct walk *w, uint64_t i, enum status *st, const char **damage)
{
	if (*st != STATUS_OK || i + 1 != w->g.length ||
	    memcmp(&w->last, &w->g.head, sizeof(w->last)) == 0)
		return;
	*damage = "it is not the head that was noted";
	*st = STATUS_CRYPTO;
}

static void
count(struct walk *w, const struct tacit_log_entry *out)
{
	w->sum.entries++;
	w->sum.damaged += out->damage != NULL;
	if (out->damage != NULL)
		return;
	w->sum.without_effect += !out->effective;
	w->sum.unproven += out->unproven != NULL;
}

/*
 * Somebody took up another log since the walk began (`group adopt`): what is
 * read now does not fit what was read before, and nothing is wrong with it.
 */
static enum status
look_again(struct walk *w, struct step *s)
{
	struct group_record now;
	struct hash head;
	enum status st = group_get(s->txn, &w->g.id, &now);

	if (st != STATUS_OK)
		return st;
	memcpy(&head, &now.head, sizeof(head));
	return memcmp(&head, &w->g.head, sizeof(head)) == 0 ? STATUS_OK
							    : STATUS_AGAIN;
}

static enum status
show_entry(struct walk *w, struct step *s, uint64_t i, bool *go_on)
{
	struct tacit_log_entry out = log_entry_empty(i);
	struct roster_effect effect = { 0 };
	struct kept_entry kept = { .row = NULL };
	const char *damage = NULL;
	enum status st = group_entry_load(s, &w->g, i, &kept);

	if (st == STATUS_NOT_FOUND)
		damage = "it is not there any more";
	else if (st == STATUS_CRYPTO)
		damage = "it cannot be opened";
	else if (st == STATUS_OK)
		st = judge(w, s, kept.entry, kept.proof, &effect, &damage);
	if (st == STATUS_OK) {
		w->last = effect.hash;
		check_head(w, i, &st, &damage);
	}
	if (damage != NULL) {
		give_up_fold(w);
		out.damage = damage;
		st = look_again(w, s);
	} else if (st == STATUS_OK) {
		st = log_entry_fill(s->arena, &effect,
		    kept.is_sealed ? &kept.sealed_by : NULL, &out);
		out.new_seal =
		    i > 0 && kept.is_sealed &&
		    memcmp(&kept.sealed_by, &w->due, sizeof(w->due)) != 0;
		w->due = kept.next_key;
		out.verified = w->how->verify && out.unproven == NULL;
	}
	if (st == STATUS_OK) {
		count(w, &out);
		*go_on = w->how->show(&out, w->how->arg);
	}
	group_entry_clear(&kept);
	return st;
}

static enum status
walk_all(struct walk *w)
{
	bool go_on = true;
	enum status st = roster_new(&w->r);

	for (uint64_t i = 0; st == STATUS_OK && go_on && i < w->g.length; i++) {
		struct step s = { 0 };

		st = step_begin(w->core, DB_READ, &s);
		if (st == STATUS_OK)
			st = show_entry(w, &s, i, &go_on);
		step_abort(&s);
	}
	give_up_fold(w);
	if (st == STATUS_OK && go_on && w->how->sum_up != NULL)
		w->how->sum_up(&w->sum, w->how->arg);
	return st;
}

static enum status
find(struct walk *w)
{
	struct step s = { 0 };
	enum status st = step_begin(w->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_find(&s, w->how->group, &w->g);
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_group_log(
    struct tacit *t, const struct tacit_log *how, struct tacit_error *e)
{
	struct walk w = { .core = &t->core, .how = how };
	char head[HASH_BYTES * 2 + 1];
	enum status st = find(&w);

	if (st == STATUS_NOT_FOUND || st == STATUS_CONFLICT)
		return error_set(e, TACIT_NOT_FOUND,
		    "no group named %s; `tacit group list` shows yours",
		    how->group);
	hex_encode(hash_view(&w.g.head), head);
	w.sum.head = head;
	w.sum.verified = how->verify;
	if (st == STATUS_OK)
		st = walk_all(&w);
	if (st == STATUS_AGAIN)
		return error_set(e, TACIT_FAILED,
		    "this group took up another log just now; try again");
	if (st == STATUS_OK && w.sum.damaged > 0)
		return error_set(e, TACIT_DAMAGED,
		    "this group's log does not check: the profile is damaged");
	return error_status(e, st);
}
