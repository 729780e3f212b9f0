/* record_outbox.c - rows of the outbox and their recipients. */
#include "store/client/record_common.h"

static bool
record_take_recipient(
    const Tacit__Record__OutboxRecipient *from, struct outbox_recipient *to)
{
	to->to.device = from->device;
	to->registration_id = from->registration_id;
	to->type = from->type;
	to->suite = from->suite;
	to->payload = record_view(from->payload);
	to->done = from->done;
	return record_take_name(from->account, &to->to.account) &&
	       RECORD_TAKE(from->account_key, to->account_key);
}

static enum status
record_take_recipients(Tacit__Record__OutboxRecipient *const *from,
    size_t count, struct arena *a, const struct outbox_recipient **to)
{
	struct outbox_recipient *all;

	*to = NULL;
	if (count == 0)
		return STATUS_OK;
	all = arena_take_array(a, count, sizeof(*all));
	if (all == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++)
		if (!record_take_recipient(from[i], &all[i]))
			return record_damaged("OutboxRecipient");
	*to = all;
	return STATUS_OK;
}

static enum status
record_take_waiting(const Tacit__Record__OutboxRow *from, struct arena *a,
    struct outbox_row *row)
{
	struct outbox_waiting *all;

	if (from->n_waiting == 0)
		return STATUS_OK;
	all = arena_take_array(a, from->n_waiting, sizeof(*all));
	if (all == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < from->n_waiting; i++) {
		const Tacit__Record__OutboxWaiting *w = from->waiting[i];

		all[i].has_key = w->account_key.len > 0;
		if (!record_take_name(w->account, &all[i].account) ||
		    (all[i].has_key &&
			!RECORD_TAKE(w->account_key, all[i].account_key)))
			return record_damaged("OutboxWaiting");
	}
	row->waiting = all;
	row->waiting_count = from->n_waiting;
	return STATUS_OK;
}

static bool
record_outbox_in_range(const Tacit__Record__OutboxRow *r)
{
	return r->kind >= OUTBOX_MESSAGE && r->kind <= OUTBOX_RECEIPT &&
	       r->state >= OUTBOX_DRAFT && r->state <= OUTBOX_READY &&
	       r->conversation_kind >= CONVERSATION_DIRECT &&
	       r->conversation_kind <= CONVERSATION_GROUP;
}

static bool
record_take_outbox(const Tacit__Record__OutboxRow *r, struct outbox_row *row)
{
	row->order = r->order;
	row->kind = (enum outbox_kind)r->kind;
	row->state = (enum outbox_state)r->state;
	row->conversation_kind = (enum conversation_kind)r->conversation_kind;
	row->history_n = r->history_n;
	row->content = record_view(r->content);
	row->created_ms = r->created_ms;
	row->submit_counter = r->submit_counter;
	row->attempts = r->attempts;
	row->next_attempt_ms = r->next_attempt_ms;
	row->shared = record_view(r->shared);
	row->last_error = record_view(r->last_error);
	row->signed_before = r->signed_before;
	row->again = r->again;
	return record_outbox_in_range(r) &&
	       RECORD_TAKE(r->conversation, row->conversation) &&
	       record_take_name(r->to, &row->to) &&
	       RECORD_TAKE(r->id, row->id) &&
	       RECORD_TAKE(r->submit_stream, row->submit_stream);
}

enum status
record_open_outbox(struct bytes from, struct arena *a, struct outbox_row *row)
{
	const Tacit__Record__OutboxRow *r;
	struct outbox_row read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__outbox_row__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__OutboxRow *)m;
	if (!record_take_outbox(r, &read))
		return record_damaged("OutboxRow");
	read.recipients_count = r->n_recipients;
	st = record_take_recipients(
	    r->recipients, r->n_recipients, a, &read.recipients);
	if (st == STATUS_OK)
		st = record_take_waiting(r, a, &read);
	if (st == STATUS_OK)
		*row = read;
	return st;
}

static enum status
record_fill_recipients(const struct outbox_recipient *from, size_t count,
    struct arena *a, Tacit__Record__OutboxRecipient ***to)
{
	Tacit__Record__OutboxRecipient **pointers;
	Tacit__Record__OutboxRecipient *all;

	*to = NULL;
	if (count == 0)
		return STATUS_OK;
	all = arena_take_array(a, count, sizeof(*all));
	pointers = arena_take_array(a, count, sizeof(*pointers));
	if (all == NULL || pointers == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++) {
		Tacit__Record__OutboxRecipient *m = &all[i];

		tacit__record__outbox_recipient__init(m);
		m->account = record_text(from[i].to.account.text);
		m->device = from[i].to.device;
		m->registration_id = from[i].registration_id;
		m->account_key = RECORD_BIN(from[i].account_key);
		m->type = from[i].type;
		m->suite = from[i].suite;
		m->payload = record_bin(from[i].payload);
		m->done = from[i].done;
		pointers[i] = m;
	}
	*to = pointers;
	return STATUS_OK;
}

static enum status
record_fill_waiting(
    const struct outbox_row *row, struct arena *a, Tacit__Record__OutboxRow *m)
{
	Tacit__Record__OutboxWaiting **pointers;
	Tacit__Record__OutboxWaiting *all;

	if (row->waiting_count == 0)
		return STATUS_OK;
	all = arena_take_array(a, row->waiting_count, sizeof(*all));
	pointers = arena_take_array(a, row->waiting_count, sizeof(*pointers));
	if (all == NULL || pointers == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < row->waiting_count; i++) {
		const struct outbox_waiting *from = &row->waiting[i];

		tacit__record__outbox_waiting__init(&all[i]);
		all[i].account = record_text(from->account.text);
		if (from->has_key)
			all[i].account_key = RECORD_BIN(from->account_key);
		pointers[i] = &all[i];
	}
	m->waiting = pointers;
	m->n_waiting = row->waiting_count;
	return STATUS_OK;
}

enum status
record_pack_outbox(
    const struct outbox_row *row, struct arena *a, struct buf *out)
{
	Tacit__Record__OutboxRow m = TACIT__RECORD__OUTBOX_ROW__INIT;
	enum status st = record_fill_recipients(
	    row->recipients, row->recipients_count, a, &m.recipients);

	m.n_recipients = row->recipients_count;
	if (st == STATUS_OK)
		st = record_fill_waiting(row, a, &m);
	if (st != STATUS_OK)
		return st;
	m.order = row->order;
	m.kind = row->kind;
	m.state = row->state;
	m.conversation_kind = row->conversation_kind;
	m.conversation = RECORD_BIN(row->conversation);
	m.to = record_text(row->to.text);
	m.id = RECORD_BIN(row->id);
	m.history_n = row->history_n;
	m.content = record_bin(row->content);
	m.created_ms = row->created_ms;
	m.submit_counter = row->submit_counter;
	m.submit_stream = RECORD_BIN(row->submit_stream);
	m.attempts = row->attempts;
	m.next_attempt_ms = row->next_attempt_ms;
	m.shared = record_bin(row->shared);
	m.last_error = record_bin(row->last_error);
	m.signed_before = row->signed_before;
	m.again = row->again;
	return record_pack(&m.base, out);
}

enum status
record_open_audience(struct bytes from, struct arena *a, struct audience *to,
    uint64_t *generation)
{
	const Tacit__Record__Audience *r;
	struct audience read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__audience__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Audience *)m;
	read.length = r->length;
	read.key_id = r->key_id;
	read.count = r->n_recipients;
	if (!RECORD_TAKE(r->head, read.head))
		return record_damaged("Audience");
	st = record_take_recipients(
	    r->recipients, r->n_recipients, a, &read.recipients);
	if (st != STATUS_OK)
		return st;
	*to = read;
	*generation = r->generation;
	return STATUS_OK;
}

enum status
record_pack_audience(const struct audience *from, uint64_t generation,
    struct arena *a, struct buf *out)
{
	Tacit__Record__Audience m = TACIT__RECORD__AUDIENCE__INIT;
	enum status st = record_fill_recipients(
	    from->recipients, from->count, a, &m.recipients);

	if (st != STATUS_OK)
		return st;
	m.n_recipients = from->count;
	m.generation = generation;
	m.length = from->length;
	m.head = RECORD_BIN(from->head);
	m.key_id = from->key_id;
	return record_pack(&m.base, out);
}
