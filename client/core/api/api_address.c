#include "client/core/api/api_address.h"

#include <string.h>

#include "base/number.h"
#include "base/random.h"
#include "client/core/group/group.h"
#include "client/core/messenger/peers.h"

static enum tacit_code
check_timer(const struct tacit_send *m, struct tacit_error *e)
{
	if (m->expire_s > TACIT_TIMER_MAX_S)
		return error_set(e, TACIT_USAGE,
		    "A message disappears after %d days at the latest.",
		    TACIT_TIMER_MAX_S / (24 * 3600));
	return error_clear(e);
}

static enum tacit_code
check_text(const struct tacit_send *m, struct tacit_error *e)
{
	if (m->text_len == 0)
		return error_set(
		    e, TACIT_USAGE, "The message is empty; nothing was sent.");
	if (m->text_len > LIMIT_TEXT_BYTES)
		return error_set(e, TACIT_USAGE,
		    "The message is longer than 32 KiB; send it in parts.");
	if (!messenger_is_text(bytes_view(m->text, m->text_len)))
		return error_set(e, TACIT_USAGE,
		    "The message is not valid UTF-8 text; nothing was sent.");
	return error_clear(e);
}

static enum tacit_code
take_id(
    const struct tacit_send *m, struct message_id *id, struct tacit_error *e)
{
	if (m->id == NULL)
		random_bytes(id, sizeof(*id));
	else if (hex_decode(m->id, id->raw, sizeof(id->raw)) != STATUS_OK)
		return error_set(e, TACIT_USAGE,
		    "A message id has 32 lower-case hex digits.");
	return error_clear(e);
}

/* May anything be written to d->to? */
static enum tacit_code
check_peer(struct step *s, struct draft *d, struct tacit_error *e)
{
	struct contact contact;
	enum status st;

	if (account_name_equal(&d->to, &s->core->self.address.account))
		return error_set(
		    e, TACIT_USAGE, "That is you; write to somebody else.");
	st = peers_ready(s, &d->to, &contact);
	if (st == STATUS_UNTRUSTED)
		return error_set(e, TACIT_KEY_CHANGED,
		    "The account key of %s changed; compare numbers with "
		    "`tacit verify %s`, then `tacit trust %s`. Nothing was "
		    "queued.",
		    d->to.text, d->to.text, d->to.text);
	if (st == STATUS_OK && contact.blocked)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "You blocked %s; to write, run `tacit contacts unblock %s` "
		    "first.",
		    d->to.text, d->to.text);
	return error_status(e, st == STATUS_NOT_FOUND ? STATUS_OK : st);
}

static enum tacit_code
find_peer(
    struct step *s, const char *to, struct draft *d, struct tacit_error *e)
{
	enum status st = handle_find_account(s, to, &d->to);

	if (st == STATUS_BAD_INPUT)
		return error_set(e, TACIT_USAGE,
		    "That is neither an account name nor an alias you gave.");
	return st == STATUS_OK ? check_peer(s, d, e) : error_status(e, st);
}

/* The group that group_find() or group_get() has found, or not. */
static enum tacit_code
check_group(enum status st, const struct group_record *g, struct draft *d,
    struct tacit_error *e)
{
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "There is no group of that name; see `tacit group list`.");
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_NOT_FOUND,
		    "More than one group fits; give more digits of its id.");
	if (st != STATUS_OK)
		return error_status(e, st);
	if (g->standing != GROUP_MEMBER)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "You are not a member of this group; see `tacit group "
		    "show`.");
	if (g->leaving)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "You are leaving this group; nothing is sent to it any "
		    "more.");
	d->group = g->id;
	return error_clear(e);
}

static enum tacit_code
find_group(
    struct step *s, const char *to, struct draft *d, struct tacit_error *e)
{
	struct group_record *g = arena_take(s->arena, sizeof(*g));
	enum status st = g == NULL ? STATUS_NOMEM : group_find(s, to, g);

	return check_group(st, g, d, e);
}

enum tacit_code
address_find_message(struct step *s, const char *id,
    struct history_entry *found, struct tacit_error *e)
{
	uint64_t n;
	enum status st = history_find_prefix(s->txn, id, &n);

	if (st == STATUS_OK)
		st = history_get(s->txn, n, s->arena, found);
	if (st == STATUS_BAD_INPUT)
		return error_set(e, TACIT_NOT_FOUND,
		    "An id begins with at least 8 lower-case hex digits; "
		    "`tacit history --long` shows them.");
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "No message here has that id; `tacit history --long` "
		    "shows them.");
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_NOT_FOUND,
		    "More than one message begins with that; give more digits "
		    "of its id.");
	return error_status(e, st);
}

/* A conversation by its id alone: a name may be anybody's choice. */
static enum tacit_code
find_conversation(struct step *s, const struct history_entry *about,
    struct draft *d, struct tacit_error *e)
{
	struct group_record *g;
	enum status st = STATUS_NOMEM;

	d->kind = about->conversation_kind;
	if (d->kind == CONVERSATION_DIRECT) {
		d->to = about->peer;
		return check_peer(s, d, e);
	}
	g = arena_take(s->arena, sizeof(*g));
	if (g != NULL)
		st = group_get(s->txn, &about->conversation, g);
	return check_group(st, g, d, e);
}

static enum tacit_code
check_answer(const struct history_entry *about, const struct draft *d,
    struct tacit_error *e)
{
	struct hash key = d->group;

	if (d->kind == CONVERSATION_DIRECT)
		peers_history_key(&d->to, &key);
	if (memcmp(&about->conversation, &key, sizeof(key)) != 0)
		return error_set(e, TACIT_NOT_FOUND,
		    "That message is in another conversation; a reply goes "
		    "where it was said.");
	return error_clear(e);
}

static enum tacit_code
check_whose(struct step *s, const struct history_entry *about,
    const struct tacit_act *act, struct tacit_error *e)
{
	const struct self *self = &s->core->self;

	if (act == NULL || act->word == TACIT_REACTION)
		return error_clear(e);
	/* Another device of ours may have said it. */
	if (!account_name_equal(&about->from, &self->address.account) ||
	    memcmp(&about->from_key, &self->account_key,
		sizeof(self->account_key)) != 0)
		return error_set(e, TACIT_NOT_ALLOWED,
		    act->word == TACIT_EDIT
			? "Only who wrote a message can change it."
			: "Only who wrote a message can delete it for "
			  "everyone; `tacit delete --local` deletes it here.");
	return error_clear(e);
}

/* A message can be spoken about as long as it says something. */
static enum tacit_code
check_about(struct step *s, const struct history_entry *about,
    const struct tacit_act *act, struct tacit_error *e)
{
	if (about->kind != HISTORY_MESSAGE || about->type != MESSAGE_TEXT)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "That is no text; reactions, edits and deletions cannot "
		    "be answered or changed themselves.");
	if (about->signature != SIGNATURE_VALID)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "The signature of that message is wrong; nobody could "
		    "tell what this is about.");
	if (act != NULL && act->word == TACIT_DELETION)
		return error_clear(e);
	if (about->deleted_ms != 0)
		return error_set(
		    e, TACIT_NOT_FOUND, "That message has been deleted.");
	if (history_is_gone(about, s->now_ms))
		return error_set(
		    e, TACIT_NOT_FOUND, "That message has disappeared.");
	return error_clear(e);
}

static enum tacit_code
fill_about(
    struct step *s, struct sending *item, const char *id, struct tacit_error *e)
{
	struct draft *d = &item->draft;
	struct history_entry about;
	enum tacit_code code = address_find_message(s, id, &about, e);

	if (code == TACIT_DONE)
		code = item->act != NULL ? find_conversation(s, &about, d, e)
					 : check_answer(&about, d, e);
	if (code == TACIT_DONE)
		code = check_about(s, &about, item->act, e);
	if (code == TACIT_DONE)
		code = check_whose(s, &about, item->act, e);
	if (code != TACIT_DONE)
		return code;
	d->has_target = true;
	d->target =
	    (struct message_target){ .id = about.id, .author = about.from };
	if (about.body.len > 0)
		hash_bytes(about.body, &d->target.hash);
	return TACIT_DONE;
}

static enum tacit_code
check_act(const struct tacit_act *act, const struct tacit_send *m,
    struct draft *d, struct tacit_error *e)
{
	switch (act->word) {
	case TACIT_REACTION:
		d->type = MESSAGE_REACTION;
		if (m->text_len > 0 && !tacit_is_reaction(m->text, m->text_len))
			return error_set(e, TACIT_USAGE,
			    "A reaction is at most %d bytes without spaces and "
			    "controls, such as an emoji.",
			    TACIT_REACTION_BYTES);
		return error_clear(e);
	case TACIT_EDIT:
		d->type = MESSAGE_EDIT;
		return check_text(m, e);
	case TACIT_DELETION:
		d->type = MESSAGE_DELETION;
		return error_clear(e);
	case TACIT_TEXT:
	case TACIT_LATER_WORD:
		break;
	}
	return error_set(e, TACIT_USAGE,
	    "That is nothing one can do to a "
	    "message.");
}

/* Many go to one: what was found out about it still holds. */
static bool
is_for_same(const struct sending *before, const struct sending *item)
{
	return before != NULL && before->act == NULL &&
	       before->message->kind == item->message->kind &&
	       strcmp(before->message->to, item->message->to) == 0;
}

static enum tacit_code
find_receiver(struct step *s, const struct sending *before,
    struct sending *item, struct tacit_error *e)
{
	const struct tacit_send *m = item->message;
	struct draft *d = &item->draft;

	d->kind =
	    m->kind == TACIT_DIRECT ? CONVERSATION_DIRECT : CONVERSATION_GROUP;
	if (!is_for_same(before, item))
		return m->kind == TACIT_DIRECT ? find_peer(s, m->to, d, e)
					       : find_group(s, m->to, d, e);
	d->to = before->draft.to;
	d->group = before->draft.group;
	return error_clear(e);
}

enum tacit_code
address_message(struct step *s, const struct sending *before,
    struct sending *item, struct tacit_error *e)
{
	const struct tacit_send *m = item->message;
	struct draft *d = &item->draft;
	enum tacit_code code = check_timer(m, e);

	if (code == TACIT_DONE && item->sets_timer)
		d->type = MESSAGE_TIMER;
	else if (code == TACIT_DONE)
		code = item->act == NULL ? check_text(m, e)
					 : check_act(item->act, m, d, e);
	if (code == TACIT_DONE)
		code = take_id(m, &d->id, e);
	if (code != TACIT_DONE)
		return code;
	d->text = bytes_view(m->text, m->text_len);
	d->timer_s = m->expire_s;
	if (item->act != NULL)
		return fill_about(s, item, item->act->about, e);
	code = find_receiver(s, before, item, e);
	if (code == TACIT_DONE && m->reply_to != NULL)
		code = fill_about(s, item, m->reply_to, e);
	return code;
}
