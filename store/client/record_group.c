#include "store/client/record_common.h"

static bool
record_take_loose(ProtobufCBinaryData from, struct group_record *g)
{
	g->loose_count = from.len / sizeof(g->loose[0]);
	return from.len % sizeof(g->loose[0]) == 0 &&
	       g->loose_count <= GROUP_LOOSE_KEYS &&
	       record_take(from, g->loose, from.len);
}

/* Where its log stands, and what is known of it. */
static bool
record_take_log(const Tacit__Record__Group *r, struct group_record *g)
{
	g->length = r->length;
	g->heard = r->heard;
	g->expected_length = r->expected_length;
	g->log_key_stale = r->log_key_stale;
	g->invited_ms = r->invited_ms;
	g->told = r->told;
	g->is_waiting = r->wanted.len > 0;
	g->asks = r->asks;
	g->next_ask_ms = r->next_ask_ms;
	g->frost = (enum group_frost)r->frost;
	g->locked = r->locked;
	return r->frost <= FROST_NEWER && RECORD_TAKE(r->place, g->place) &&
	       RECORD_TAKE(r->head, g->head) &&
	       RECORD_TAKE(r->log_key, g->log_key) &&
	       RECORD_TAKE(r->expected_head, g->expected_head) &&
	       (!g->is_waiting || RECORD_TAKE(r->wanted, g->wanted)) &&
	       record_take_loose(r->loose, g);
}

static bool
record_take_asked(const Tacit__Record__GroupAsked *r, struct group_record *g)
{
	bool good = true;

	if (r == NULL)
		return true;
	if (r->n_names > LIMIT_LINK_ADMINS || r->n_keys != r->n_names)
		return false;
	for (size_t i = 0; i < r->n_names; i++)
		good = good &&
		       record_take_name(r->names[i], &g->asked[i].name) &&
		       RECORD_TAKE(r->keys[i], g->asked[i].account_key);
	g->asked_count = r->n_names;
	return good && RECORD_TAKE(r->link, g->asked_link);
}

static bool
record_take_group(const Tacit__Record__Group *r, struct group_record *g)
{
	g->standing = (enum group_standing)r->standing;
	g->claimed = r->claimed;
	g->has_sender_key = r->has_sender_key;
	g->sender_key_id = r->sender_key_id;
	g->sender_key_made_ms = r->sender_key_made_ms;
	g->sender_key_uses = r->sender_key_uses;
	g->sender_key_stale = r->sender_key_stale;
	g->leaving = r->leaving;
	return r->standing >= GROUP_INVITED && r->standing <= GROUP_REFUSED &&
	       RECORD_TAKE(r->id, g->id) &&
	       record_take_text(r->name, g->name, sizeof(g->name)) &&
	       RECORD_TAKE(r->chain, g->chain) && record_take_log(r, g) &&
	       record_take_name(r->inviter, &g->inviter) &&
	       record_take_asked(r->asked, g) &&
	       record_take_text(r->reason, g->reason, sizeof(g->reason));
}

static bool
record_take_lost(const Tacit__Record__Group *r, struct group_record *g)
{
	bool good = r->n_lost <= GROUP_LOST_MAX;

	for (size_t i = 0; good && i < r->n_lost; i++) {
		const Tacit__Record__GroupLost *from = r->lost[i];
		struct group_lost *l = &g->lost[g->lost_count++];

		l->due_ms = from->due_ms;
		good = record_take_name(from->account, &l->name) &&
		       RECORD_TAKE(from->account_key, l->account_key) &&
		       RECORD_TAKE(from->log_key, l->log_key);
	}
	return good;
}

enum status
record_open_group(struct bytes from, struct arena *a, struct group_record *g)
{
	struct group_record read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__group__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	if (!record_take_group((const Tacit__Record__Group *)m, &read) ||
	    !record_take_lost((const Tacit__Record__Group *)m, &read))
		return record_damaged("Group");
	*g = read;
	return STATUS_OK;
}

static void
record_fill_log(const struct group_record *g, Tacit__Record__Group *m)
{
	m->place = RECORD_BIN(g->place);
	m->length = g->length;
	m->head = RECORD_BIN(g->head);
	m->heard = g->heard;
	m->expected_length = g->expected_length;
	m->expected_head = RECORD_BIN(g->expected_head);
	m->invited_ms = g->invited_ms;
	m->told = g->told;
	m->log_key = RECORD_BIN(g->log_key);
	m->log_key_stale = g->log_key_stale;
	if (g->is_waiting)
		m->wanted = RECORD_BIN(g->wanted);
	m->asks = g->asks;
	m->next_ask_ms = g->next_ask_ms;
	m->loose = record_bin(
	    bytes_view(g->loose, g->loose_count * sizeof(g->loose[0])));
	m->frost = g->frost;
	m->locked = g->locked;
}

/* The message and its parts, on the caller's stack. */
struct packed_asked {
	Tacit__Record__GroupAsked message;
	char *names[LIMIT_LINK_ADMINS];
	ProtobufCBinaryData keys[LIMIT_LINK_ADMINS];
};

struct packed_lost {
	Tacit__Record__GroupLost messages[GROUP_LOST_MAX];
	Tacit__Record__GroupLost *list[GROUP_LOST_MAX];
};

static void
fill_lost(struct packed_lost *p, const struct group_record *g)
{
	for (size_t i = 0; i < g->lost_count; i++) {
		Tacit__Record__GroupLost *m = &p->messages[i];

		tacit__record__group_lost__init(m);
		m->account = record_text(g->lost[i].name.text);
		m->account_key = RECORD_BIN(g->lost[i].account_key);
		m->log_key = RECORD_BIN(g->lost[i].log_key);
		m->due_ms = g->lost[i].due_ms;
		p->list[i] = m;
	}
}

static void
fill_asked(struct packed_asked *p, const struct group_record *g)
{
	tacit__record__group_asked__init(&p->message);
	for (size_t i = 0; i < g->asked_count; i++) {
		p->names[i] = record_text(g->asked[i].name.text);
		p->keys[i] = RECORD_BIN(g->asked[i].account_key);
	}
	p->message.link = RECORD_BIN(g->asked_link);
	p->message.names = p->names;
	p->message.n_names = g->asked_count;
	p->message.keys = p->keys;
	p->message.n_keys = g->asked_count;
}

enum status
record_pack_group(const struct group_record *g, struct buf *out)
{
	Tacit__Record__Group m = TACIT__RECORD__GROUP__INIT;
	struct packed_asked asked;
	struct packed_lost lost;

	m.id = RECORD_BIN(g->id);
	m.name = record_text(g->name);
	m.standing = g->standing;
	m.chain = RECORD_BIN(g->chain);
	record_fill_log(g, &m);
	m.claimed = g->claimed;
	m.inviter = record_text(g->inviter.text);
	m.reason = record_text(g->reason);
	m.has_sender_key = g->has_sender_key;
	m.sender_key_id = g->sender_key_id;
	m.sender_key_made_ms = g->sender_key_made_ms;
	m.sender_key_uses = g->sender_key_uses;
	m.sender_key_stale = g->sender_key_stale;
	m.leaving = g->leaving;
	fill_asked(&asked, g);
	fill_lost(&lost, g);
	m.lost = lost.list;
	m.n_lost = g->lost_count;
	if (g->asked_count > 0)
		m.asked = &asked.message;
	return record_pack(&m.base, out);
}

enum status
record_open_group_secret(
    struct bytes from, struct arena *a, struct group_secret *s)
{
	const Tacit__Record__GroupSecret *r;
	ProtobufCMessage *m = NULL;
	enum status st = record_unpack(
	    &tacit__record__group_secret__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__GroupSecret *)m;
	if (r->id.len != sizeof(s->id) || r->key.len != sizeof(s->key) ||
	    r->token.len != sizeof(s->token))
		return record_damaged("GroupSecret");
	(void)RECORD_TAKE(r->id, s->id);
	(void)RECORD_TAKE(r->key, s->key);
	(void)RECORD_TAKE(r->token, s->token);
	return STATUS_OK;
}

enum status
record_pack_group_secret(const struct group_secret *s, struct buf *out)
{
	Tacit__Record__GroupSecret m = TACIT__RECORD__GROUP_SECRET__INIT;

	m.id = RECORD_BIN(s->id);
	m.key = RECORD_BIN(s->key);
	m.token = RECORD_BIN(s->token);
	return record_pack(&m.base, out);
}
