#include "client/core/api/api_event.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "client/core/api/api_words.h"
#include "client/core/handle.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/receipts.h"
#include "store/client/contacts.h"

enum {
	MINUTE_MS = 60 * 1000,
	FUTURE_MS = 10 * MINUTE_MS, /* clocks are set by hand, too */
};

/* A message lives 30 days at the relay and 14 in an outbox before. */
static const int64_t past_ms = 45LL * 24 * 60 * MINUTE_MS;

enum tacit_state
event_state(enum message_state state)
{
	switch (state) {
	case STATE_NONE:
		return TACIT_STATE_NONE;
	case STATE_QUEUED:
		return TACIT_QUEUED;
	case STATE_STORED:
		return TACIT_STORED;
	case STATE_DELIVERED:
		return TACIT_DELIVERED;
	case STATE_READ:
		return TACIT_READ;
	case STATE_EXPIRED:
		return TACIT_EXPIRED;
	case STATE_REFUSED:
		return TACIT_STATE_REFUSED;
	case STATE_FAILED:
		return TACIT_STATE_FAILED;
	case STATE_DEVICE_GONE:
		return TACIT_DEVICE_GONE;
	}
	return TACIT_STATE_NONE;
}

const char *
tacit_state_name(enum tacit_state state)
{
	switch (state) {
	case TACIT_STATE_NONE:
		return "none";
	case TACIT_QUEUED:
		return "queued";
	case TACIT_STORED:
		return "stored";
	case TACIT_DELIVERED:
		return "delivered";
	case TACIT_READ:
		return "read";
	case TACIT_EXPIRED:
		return "expired";
	case TACIT_STATE_REFUSED:
		return "refused";
	case TACIT_STATE_FAILED:
		return "failed";
	case TACIT_DEVICE_GONE:
		return "device-gone";
	}
	return "none";
}

static const char *
notice_name(enum notice_kind kind)
{
	switch (kind) {
	case NOTICE_MEMBER_ADDED:
		return "member-added";
	case NOTICE_MEMBER_REMOVED:
		return "member-removed";
	case NOTICE_MEMBER_LEFT:
		return "member-left";
	case NOTICE_GROUP_RENAMED:
		return "group-renamed";
	case NOTICE_ROLE_CHANGED:
		return "role-changed";
	case NOTICE_IDENTITY_CHANGED:
		return "identity-changed";
	case NOTICE_UNDECRYPTABLE:
		return "undecryptable";
	case NOTICE_GAP:
		return "gap";
	case NOTICE_REFUSED:
		return "refused";
	case NOTICE_ROLLED_BACK:
		return "rolled-back";
	case NOTICE_EXPIRED:
		return "expired";
	case NOTICE_ACCOUNT_REMOVED:
		return "account-removed";
	case NOTICE_STILL_MEMBER:
		return "still-member";
	case NOTICE_LINK_MADE:
		return "link-made";
	case NOTICE_LINK_REVOKED:
		return "link-revoked";
	case NOTICE_JOIN_REFUSED:
		return "join-refused";
	case NOTICE_SETTINGS_CHANGED:
		return "settings-changed";
	case NOTICE_GROUP_ADOPTED:
		return "group-adopted";
	case NOTICE_RENEWED:
		return "renewed";
	case NOTICE_REQUEST:
		return "request";
	case NOTICE_DEVICE_CHANGED:
		return "device-changed";
	}
	return "notice";
}

static const char *
signature_name(enum signature_verdict verdict)
{
	switch (verdict) {
	case SIGNATURE_VALID:
		return "valid";
	case SIGNATURE_INVALID:
		return "invalid";
	case SIGNATURE_UNKNOWN_DEVICE:
		return "unknown-device";
	}
	return "invalid";
}

static const char *
trust_name(enum trust_verdict verdict)
{
	switch (verdict) {
	case TRUST_UNVERIFIED:
		return "unverified";
	case TRUST_VERIFIED:
		return "verified";
	case TRUST_CHANGED:
		return "changed";
	}
	return "unverified";
}

enum status
event_conversation(struct step *s, enum conversation_kind kind,
    const struct hash *id, const struct account_name *peer,
    struct event_conversation *c)
{
	struct group_record *g = NULL;
	enum status st;

	hex_encode(hash_view(id), c->id);
	c->view.kind = kind == CONVERSATION_DIRECT ? TACIT_DIRECT : TACIT_GROUP;
	c->view.id = c->id;
	c->view.name = c->name;
	c->name[0] = '\0';
	if (kind == CONVERSATION_DIRECT) {
		memcpy(c->name, peer->text, sizeof(peer->text));
		return STATUS_OK;
	}
	g = arena_take(s->arena, sizeof(*g));
	if (g == NULL)
		return STATUS_NOMEM;
	st = group_get(s->txn, id, g);
	if (st == STATUS_OK)
		memcpy(c->name, g->name, sizeof(g->name));
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* What an event borrows besides the entry. */
struct texts {
	struct event_conversation conversation;
	char alias[CONTACT_ALIAS_BYTES + 1];
	char from_key[2 * SIGN_PUBLIC_BYTES + 1];
	char id[2 * MESSAGE_ID_BYTES + 1];
};

static enum status
find_alias(struct step *s, const struct account_name *name, struct texts *t)
{
	struct contact *c = arena_take(s->arena, sizeof(*c));
	enum status st;

	t->alias[0] = '\0';
	if (c == NULL)
		return STATUS_NOMEM;
	st = contact_get(s->txn, name, c);
	if (st == STATUS_OK)
		memcpy(t->alias, c->alias, sizeof(c->alias));
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* A copy with a NUL in the step's arena; NULL when empty or no memory. */
static const char *
text_of(struct step *s, struct bytes b)
{
	char *text;

	if (b.len == 0)
		return NULL;
	text = arena_take(s->arena, b.len + 1);
	if (text != NULL)
		memcpy(text, b.data, b.len);
	return text;
}

static bool
is_absurd(const struct history_entry *entry)
{
	return !entry->own &&
	       (entry->sent_ms > entry->received_ms + FUTURE_MS ||
		   entry->sent_ms < entry->received_ms - past_ms);
}

static void
fill_message(
    struct tacit_event *event, const struct history_entry *entry, char *id)
{
	hex_encode(BYTES_OF(entry->id), id);
	event->id = id;
	event->own = entry->own;
	event->sent_ms = entry->sent_ms;
	event->sent_absurd = is_absurd(entry);
	if (entry->resent_by.text[0] != '\0')
		event->resent_by = entry->resent_by.text;
	event->device = entry->device;
	event->seq = entry->seq;
	event->signature = signature_name(entry->signature);
	event->trust = trust_name(entry->trust);
	event->state = event_state(entry->state);
}

/* A message that says what holds from now on, and nothing else. */
static bool
is_setting(const struct history_entry *entry)
{
	return entry->kind == HISTORY_MESSAGE && entry->type == MESSAGE_TIMER &&
	       entry->signature == SIGNATURE_VALID;
}

static void
fill(struct step *s, const struct history_entry *entry, struct texts *t,
    struct tacit_event *event)
{
	bool gone = history_is_gone(entry, s->now_ms);
	const char *text = gone ? NULL : text_of(s, entry->text);

	*event = (struct tacit_event){
		.n = entry->n,
		.conversation = t->conversation.view,
		.received_ms = entry->received_ms,
		.sent_ms = entry->received_ms,
		.text = text == NULL ? "" : text,
		.text_len = text == NULL ? 0 : entry->text.len,
		.reason = text_of(s, entry->reason),
		.detail = text_of(s, entry->detail),
		.repaired = entry->repaired,
	};
	event->expires_ms = entry->expires_ms;
	event->disappeared = gone;
	if (entry->from.text[0] != '\0') {
		hex_encode(BYTES_OF(entry->from_key), t->from_key);
		event->from = entry->from.text;
		/* Most notices hold no key: the group's log does. */
		if (!sodium_is_zero(entry->from_key.raw, SIGN_PUBLIC_BYTES))
			event->from_key = t->from_key;
	}
	if (t->alias[0] != '\0')
		event->from_alias = t->alias;
	if (entry->subject.text[0] != '\0')
		event->subject = entry->subject.text;
	if (entry->kind == HISTORY_NOTICE)
		event->notice = notice_name(entry->notice);
	else if (is_setting(entry))
		event->notice = notice_name(NOTICE_SETTINGS_CHANGED);
	else
		fill_message(event, entry, t->id);
}

static enum status
show_in(struct step *s, const struct history_entry *entry, tacit_event_fn *show,
    void *arg, bool *go_on)
{
	struct tacit_event event;
	struct receipt_fate fate;
	struct texts *t = arena_take(s->arena, sizeof(*t));
	enum message_state state;
	bool hidden = false;
	enum status st;

	if (t == NULL)
		return STATUS_NOMEM;
	st = consent_hides(s, entry, &hidden);
	if (st != STATUS_OK || hidden)
		return st;
	st = event_conversation(s, entry->conversation_kind,
	    &entry->conversation, &entry->peer, &t->conversation);
	if (st == STATUS_OK && !entry->own)
		st = find_alias(s, &entry->from, t);
	if (st == STATUS_OK)
		st = receipts_state(s, entry, &state);
	if (st == STATUS_OK)
		st = receipts_times(s, entry, &fate);
	if (st != STATUS_OK)
		return st;
	fill(s, entry, t, &event);
	event.state = event_state(state);
	event.delivered_ms = fate.delivered_ms;
	event.read_ms = fate.read_ms;
	if (event.notice == NULL)
		st = words_show(s, entry, &event);
	if (st == STATUS_OK)
		*go_on = show(&event, arg);
	return st;
}

/* In memory of its own: what a peer joined to each of many may be large. */
enum status
event_show(struct step *s, const struct history_entry *entry,
    tacit_event_fn *show, void *arg, bool *go_on)
{
	struct step one = *s;
	enum status st = arena_new(STEP_ARENA_BYTES, &one.arena);

	if (st == STATUS_OK)
		st = show_in(&one, entry, show, arg, go_on);
	arena_free(one.arena);
	return st;
}
