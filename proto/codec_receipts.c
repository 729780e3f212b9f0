/* Receipts between devices, both ways (protocol.md 7.5). */
#include "proto/codec_control.h"
#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

static enum status
get_receipt(const Tacit__Wire__Receipt *from, struct receipt *to)
{
	enum status st = pb_get_optional(
	    from->group, to->group.raw, HASH_BYTES, &to->has_group);

	if (st == STATUS_OK &&
	    (!ranges_take(&to->delivered, from->delivered, from->n_delivered) ||
		!ranges_take(&to->read, from->read, from->n_read)))
		st = STATUS_BAD_INPUT;
	to->device = from->device;
	to->head_index = from->head_index;
	if (st == STATUS_OK && to->has_group)
		st = pb_get_fixed(
		    from->head_hash, to->head_hash.raw, HASH_BYTES);
	return st;
}

enum status
control_get_receipts(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__Receipts *from = m->receipts;
	struct receipt *items;
	enum status st = STATUS_OK;

	if (from->n_talks == 0 || from->n_talks > LIMIT_RECEIPT_TALKS)
		return STATUS_BAD_INPUT;
	items = arena_take_array(a, from->n_talks, sizeof(*items));
	if (items == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < from->n_talks; i++)
		st = get_receipt(from->talks[i], &items[i]);
	p->u.receipts = (struct receipt_list){ items, from->n_talks };
	return st;
}

/* Copied: the arena lives until it is packed. */
static enum status
put_ranges(
    const struct ranges *from, struct arena *a, uint64_t **to, size_t *count)
{
	*to = arena_take_array(a, 2 * LIMIT_RECEIPT_RANGES, sizeof(**to));
	if (*to == NULL)
		return STATUS_NOMEM;
	*count = ranges_put(from, *to);
	return STATUS_OK;
}

static enum status
put_receipt(
    const struct receipt *from, struct arena *a, Tacit__Wire__Receipt *to)
{
	enum status st;

	st = put_ranges(&from->delivered, a, &to->delivered, &to->n_delivered);
	if (st == STATUS_OK)
		st = put_ranges(&from->read, a, &to->read, &to->n_read);
	to->device = from->device;
	if (st != STATUS_OK || !from->has_group)
		return st;
	to->group = pb_data(hash_view(&from->group));
	to->head_index = from->head_index;
	to->head_hash = pb_data(hash_view(&from->head_hash));
	return STATUS_OK;
}

enum status
control_put_receipts(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	const struct receipt_list *list = &p->u.receipts;
	Tacit__Wire__Receipts *r =
	    pb_new(a, &tacit__wire__receipts__descriptor);
	enum status st = STATUS_OK;

	if (r == NULL)
		return STATUS_NOMEM;
	r->talks = arena_take_array(a, list->count, sizeof(r->talks[0]));
	if (r->talks == NULL)
		return STATUS_NOMEM;
	r->n_talks = list->count;
	for (size_t i = 0; st == STATUS_OK && i < list->count; i++) {
		r->talks[i] = pb_new(a, &tacit__wire__receipt__descriptor);
		st = r->talks[i] == NULL
			 ? STATUS_NOMEM
			 : put_receipt(&list->items[i], a, r->talks[i]);
	}
	m->receipts = r;
	return st;
}
