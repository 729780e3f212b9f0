/* record_repair.c - what is missing, and what was sent and given. */
#include "store/client/record_common.h"

static bool
record_take_gap(const Tacit__Record__Gap *r, struct gap *g)
{
	g->kind = (enum gap_kind)r->kind;
	g->conversation_kind = (enum conversation_kind)r->conversation_kind;
	g->author.device = r->device;
	g->first = r->first;
	g->last = r->last;
	g->has_before = r->before.len > 0;
	g->head_first = r->head_first;
	g->head_last = r->head_last;
	g->quarantined = r->quarantined;
	g->no_key = r->no_key;
	g->told = r->told;
	g->noticed_ms = r->noticed_ms;
	g->asked = r->asked;
	g->next_ask_ms = r->next_ask_ms;
	return r->kind >= GAP_NUMBERS && r->kind <= GAP_ITEM &&
	       r->conversation_kind >= CONVERSATION_DIRECT &&
	       r->conversation_kind <= CONVERSATION_GROUP &&
	       RECORD_TAKE(r->conversation, g->conversation) &&
	       record_take_name(r->account, &g->author.account) &&
	       RECORD_TAKE(r->account_key, g->author_key) &&
	       (!g->has_before || RECORD_TAKE(r->before, g->before)) &&
	       RECORD_TAKE(r->after, g->after) &&
	       RECORD_TAKE(r->ciphertext, g->ciphertext);
}

enum status
record_open_gap(struct bytes from, struct arena *a, struct gap *g)
{
	struct gap read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__gap__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	if (!record_take_gap((const Tacit__Record__Gap *)m, &read))
		return record_damaged("Gap");
	*g = read;
	return STATUS_OK;
}

enum status
record_pack_gap(const struct gap *g, struct buf *out)
{
	Tacit__Record__Gap m = TACIT__RECORD__GAP__INIT;

	m.kind = g->kind;
	m.conversation_kind = g->conversation_kind;
	m.conversation = RECORD_BIN(g->conversation);
	m.account = record_text(g->author.account.text);
	m.account_key = RECORD_BIN(g->author_key);
	m.device = g->author.device;
	m.first = g->first;
	m.last = g->last;
	if (g->has_before)
		m.before = RECORD_BIN(g->before);
	m.after = RECORD_BIN(g->after);
	m.head_first = g->head_first;
	m.head_last = g->head_last;
	m.ciphertext = RECORD_BIN(g->ciphertext);
	m.quarantined = g->quarantined;
	m.no_key = g->no_key;
	m.told = g->told;
	m.noticed_ms = g->noticed_ms;
	m.asked = g->asked;
	m.next_ask_ms = g->next_ask_ms;
	return record_pack(&m.base, out);
}

enum status
record_open_stamped(struct bytes from, struct arena *a, struct stamped *s)
{
	const Tacit__Record__Stamped *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__stamped__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Stamped *)m;
	*s = (struct stamped){ r->at_ms, r->value };
	return STATUS_OK;
}

enum status
record_pack_stamped(const struct stamped *s, struct buf *out)
{
	Tacit__Record__Stamped m = TACIT__RECORD__STAMPED__INIT;

	m.at_ms = s->at_ms;
	m.value = s->value;
	return record_pack(&m.base, out);
}

enum status
record_open_signed_list(
    struct bytes from, struct arena *a, struct signed_list *l)
{
	const Tacit__Record__SignedList *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__signed_list__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__SignedList *)m;
	*l = (struct signed_list){ record_view(r->body),
		record_view(r->signature) };
	return STATUS_OK;
}

enum status
record_pack_signed_list(const struct signed_list *l, struct buf *out)
{
	Tacit__Record__SignedList m = TACIT__RECORD__SIGNED_LIST__INIT;

	m.body = record_bin(l->body);
	m.signature = record_bin(l->signature);
	return record_pack(&m.base, out);
}
