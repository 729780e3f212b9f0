/* record_receipt.c - what others have of ours, and what we owe them. */
#include <string.h>

#include "store/client/record_common.h"

static bool
take_spans(Tacit__Record__ReceiptSpan *const *from, size_t count,
    struct receipt_spans *to)
{
	if (count > RECEIPT_SPANS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (from[i]->first > from[i]->last ||
		    (i > 0 && from[i]->first <= from[i - 1]->last))
			return false;
		to->items[i] = (struct receipt_span){ from[i]->first,
			from[i]->last, from[i]->at_ms };
	}
	to->count = count;
	return true;
}

enum status
record_open_receipt_state(
    struct bytes from, struct arena *a, struct receipt_state *s)
{
	const Tacit__Record__ReceiptState *r;
	struct receipt_state read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st = record_unpack(
	    &tacit__record__receipt_state__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__ReceiptState *)m;
	if (!take_spans(r->delivered, r->n_delivered, &read.delivered) ||
	    !take_spans(r->read, r->n_read, &read.read))
		return record_damaged("ReceiptState");
	*s = read;
	return STATUS_OK;
}

/* A list on the caller's stack for packing. */
struct span_messages {
	Tacit__Record__ReceiptSpan items[RECEIPT_SPANS_MAX];
	Tacit__Record__ReceiptSpan *pointers[RECEIPT_SPANS_MAX];
};

static Tacit__Record__ReceiptSpan **
fill_spans(const struct receipt_spans *from, struct span_messages *to)
{
	for (size_t i = 0; i < from->count; i++) {
		tacit__record__receipt_span__init(&to->items[i]);
		to->items[i].first = from->items[i].first;
		to->items[i].last = from->items[i].last;
		to->items[i].at_ms = from->items[i].at_ms;
		to->pointers[i] = &to->items[i];
	}
	return to->pointers;
}

enum status
record_pack_receipt_state(const struct receipt_state *s, struct buf *out)
{
	Tacit__Record__ReceiptState m = TACIT__RECORD__RECEIPT_STATE__INIT;
	struct span_messages delivered, read;

	m.delivered = fill_spans(&s->delivered, &delivered);
	m.n_delivered = s->delivered.count;
	m.read = fill_spans(&s->read, &read);
	m.n_read = s->read.count;
	return record_pack(&m.base, out);
}

static bool
take_due(const Tacit__Record__ReceiptDue *r, struct receipt_due *d)
{
	d->to.device = r->device;
	d->direct = r->direct;
	d->row = r->row;
	d->again = r->again;
	d->not_before_ms = r->not_before_ms;
	if (r->n_groups > LIMIT_RECEIPT_TALKS - 1)
		return false;
	for (size_t i = 0; i < r->n_groups; i++)
		if (!RECORD_TAKE(r->groups[i], d->groups[i]))
			return false;
	d->groups_count = r->n_groups;
	return record_take_name(r->account, &d->to.account) &&
	       RECORD_TAKE(r->account_key, d->account_key);
}

enum status
record_open_receipt_due(
    struct bytes from, struct arena *a, struct receipt_due *d)
{
	struct receipt_due read = { .row = 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__receipt_due__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	if (!take_due((const Tacit__Record__ReceiptDue *)m, &read))
		return record_damaged("ReceiptDue");
	*d = read;
	return STATUS_OK;
}

enum status
record_pack_receipt_due(const struct receipt_due *d, struct buf *out)
{
	Tacit__Record__ReceiptDue m = TACIT__RECORD__RECEIPT_DUE__INIT;
	ProtobufCBinaryData groups[LIMIT_RECEIPT_TALKS - 1];

	for (size_t i = 0; i < d->groups_count; i++)
		groups[i] = RECORD_BIN(d->groups[i]);
	m.account = record_text(d->to.account.text);
	m.device = d->to.device;
	m.account_key = RECORD_BIN(d->account_key);
	m.direct = d->direct;
	m.groups = groups;
	m.n_groups = d->groups_count;
	m.row = d->row;
	m.again = d->again;
	m.not_before_ms = d->not_before_ms;
	return record_pack(&m.base, out);
}
