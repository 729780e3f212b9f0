/* api_group_link.c - tacit_group_link*(): links into a group. */
#include <string.h>
#include <utf8proc.h>

#include "base/number.h"
#include "base/random.h"
#include "base/wipe.h"
#include "client/core/courier/courier.h"
#include "client/core/group/group_act.h"
#include "client/core/group/group_internal.h"
#include "client/core/handle.h"
#include "proto/link_group.h"

static const char *
state_name(enum link_state state)
{
	switch (state) {
	case LINK_GOOD:
		return "good";
	case LINK_REVOKED:
		return "revoked";
	case LINK_USED_UP:
		return "used-up";
	case LINK_EXPIRED:
		return "expired";
	case LINK_UNKNOWN:
		break;
	}
	return "unknown";
}

static bool
show_link(const struct step *s, const struct roster *r,
    const struct roster_link *link, const char *secret, tacit_link_fn *show,
    void *arg)
{
	char id[2 * JOIN_ID_BYTES + 1];
	const struct tacit_link out = {
		.id = id,
		.label = link->label,
		.author = link->author.text,
		.state = state_name(roster_link_state(r, &link->id, s->now_ms)),
		.uses = link->uses,
		.used = link->used,
		.expires_ms = link->expires_ms,
		.link = secret,
	};

	hex_encode(BYTES_OF(link->id.raw), id);
	return show(&out, arg);
}

/* Ourselves first: who made it is the likeliest to be there. */
static void
name_admins(const struct step *s, const struct roster *r, struct link_group *l)
{
	for (int others = 0; others < 2; others++)
		for (size_t i = 0;
		     i < roster_count(r) && l->admins_count < LIMIT_LINK_ADMINS;
		     i++) {
			const struct group_member *m = roster_at(r, i);
			struct link_admin *to = &l->admins[l->admins_count];

			if (m->role != ROLE_ADMIN ||
			    group_is_self(s, m) == (others == 1))
				continue;
			to->name = m->account;
			link_key_hash(&m->account_key, to->key_hash);
			l->admins_count++;
		}
}

static enum status
show_made(struct tacit *t, struct link_group *l, tacit_link_fn *show, void *arg)
{
	char text[LIMIT_LINK_BYTES + 1];
	const struct roster_link *link;
	struct roster *r;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_roster(&s, &l->group, &r);
	if (st != STATUS_OK)
		goto out;
	link = roster_link_find(r, &l->id);
	if (link == NULL) {
		st = STATUS_NOT_FOUND;
		goto out;
	}
	l->relay = t->core.self.relay;
	wipe(l->relay.join_code, sizeof(l->relay.join_code));
	name_admins(&s, r, l);
	st = link_group_format(l, text);
	if (st == STATUS_OK)
		show_link(&s, r, link, text, show, arg);
	wipe(text, sizeof(text));
out:
	step_abort(&s);
	return st;
}

static bool
label_is_good(const char *label)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)label;
	size_t left = strlen(label);

	if (left > LIMIT_LINK_LABEL_BYTES)
		return false;
	while (left > 0) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
		    utf8proc_iterate(at, (utf8proc_ssize_t)left, &c);

		if (n <= 0 || utf8proc_category(c) == UTF8PROC_CATEGORY_CC ||
		    utf8proc_category(c) == UTF8PROC_CATEGORY_CF)
			return false;
		at += n;
		left -= (size_t)n;
	}
	return true;
}

enum tacit_code
tacit_group_link(struct tacit *t, const char *group,
    const struct tacit_link_wish *wanted, tacit_link_fn *show, void *arg,
    struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct link_group l = { .admins_count = 0 };
	struct group_link_wish wish = {
		.uses = wanted->uses,
		.expires_ms = wanted->expires_ms,
		.label = bytes_text(wanted->label != NULL ? wanted->label : ""),
	};
	struct courier *c = NULL;
	enum tacit_code code;

	if (wanted->label != NULL && !label_is_good(wanted->label))
		return error_set(e, TACIT_USAGE,
		    "A label has at most %d bytes of text and no control "
		    "characters.",
		    LIMIT_LINK_LABEL_BYTES);
	random_bytes(l.id.raw, sizeof(l.id.raw));
	random_bytes(l.secret.raw, sizeof(l.secret.raw));
	wish.id = l.id;
	hash_bytes(BYTES_OF(l.secret.raw), &wish.secret);
	code = handle_find_group(t, group, &l.group, e);
	if (code == TACIT_DONE)
		code = handle_connect_and_drain(t, deadline_ms, &c, e);
	if (code == TACIT_DONE)
		code = group_act_link(c, &l.group, &wish, deadline_ms, e);
	if (code == TACIT_DONE)
		code = error_status(e, show_made(t, &l, show, arg));
	courier_close(c);
	link_group_clear(&l);
	return code;
}

enum tacit_code
tacit_group_links(struct tacit *t, const char *group, tacit_link_fn *show,
    void *arg, struct tacit_error *e)
{
	struct group_record g;
	struct roster *r;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_find(&s, group, &g);
	if (st != STATUS_OK) {
		step_abort(&s);
		return handle_explain_group(st, group, e);
	}
	st = group_roster(&s, &g.id, &r);
	for (size_t i = 0; st == STATUS_OK && i < roster_links(r); i++)
		if (!show_link(&s, r, roster_link_at(r, i), NULL, show, arg))
			break;
	step_abort(&s);
	return error_status(e, st);
}

/* NOT_FOUND, CONFLICT: no link, or more than one, begins so. */
static enum status
find_link(struct tacit *t, const struct hash *group, const char *digits,
    struct join_id *id)
{
	char hex[2 * JOIN_ID_BYTES + 1];
	size_t len = strlen(digits);
	size_t found = 0;
	struct roster *r;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_roster(&s, group, &r);
	for (size_t i = 0; st == STATUS_OK && i < roster_links(r); i++) {
		hex_encode(BYTES_OF(roster_link_at(r, i)->id.raw), hex);
		if (len < LIMIT_ID_PREFIX_DIGITS ||
		    strncmp(hex, digits, len) != 0)
			continue;
		*id = roster_link_at(r, i)->id;
		found++;
	}
	step_abort(&s);
	if (st == STATUS_OK && found != 1)
		st = found == 0 ? STATUS_NOT_FOUND : STATUS_CONFLICT;
	return st;
}

enum tacit_code
tacit_group_unlink(struct tacit *t, const char *group, const char *id,
    bool *changed, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct courier *c = NULL;
	struct join_id link;
	struct hash which;
	size_t made = 0;
	enum tacit_code code;
	enum status st;

	*changed = false;
	code = handle_find_group(t, group, &which, e);
	if (code == TACIT_DONE)
		code = handle_connect_and_drain(t, deadline_ms, &c, e);
	if (code != TACIT_DONE)
		goto out;
	st = find_link(t, &which, id, &link);
	if (st == STATUS_NOT_FOUND)
		code = error_set(e, TACIT_NOT_FOUND,
		    "This group has no link %s; `tacit group link list` shows "
		    "what it has.",
		    id);
	else if (st == STATUS_CONFLICT)
		code = error_set(e, TACIT_NOT_FOUND,
		    "More than one link fits; give more digits of its id.");
	else
		code = error_status(e, st);
	if (code == TACIT_DONE)
		code =
		    group_act_unlink(c, &which, &link, deadline_ms, &made, e);
	*changed = made > 0;
out:
	courier_close(c);
	return code;
}

enum tacit_code
tacit_group_link_relay(
    const char *link, char relay[TACIT_RELAY_LINK_BYTES], struct tacit_error *e)
{
	char text[LIMIT_LINK_BYTES + 1];
	struct link_group l;
	const char *why = "";

	if (link_group_parse(bytes_text(link), &l, &why) != STATUS_OK)
		return error_set(e, TACIT_USAGE, "%s.", why);
	if (link_format(&l.relay, text) != STATUS_OK ||
	    strlen(text) >= TACIT_RELAY_LINK_BYTES) {
		link_group_clear(&l);
		return error_status(e, STATUS_NOMEM);
	}
	memcpy(relay, text, strlen(text) + 1);
	link_group_clear(&l);
	return error_clear(e);
}
