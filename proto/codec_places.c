/* Who has come how far in a conversation, both ways (protocol.md 11). */
#include "proto/codec_control.h"
#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

static enum status
get_place(const Tacit__Wire__Place *from, bool asks, struct talk_place *to)
{
	enum status st = pb_get_optional(
	    from->group, to->group.raw, HASH_BYTES, &to->has_group);

	to->seq = from->seq;
	to->head_index = from->head_index;
	to->device = from->device;
	/* Who asks has no place yet, but the one before it may have had. */
	if (st == STATUS_OK && (from->device != 0) != (asks && from->seq != 0))
		st = STATUS_BAD_INPUT;
	if (st == STATUS_OK && from->seq != 0)
		st = pb_get_fixed(
		    from->body_hash, to->body_hash.raw, HASH_BYTES);
	return st;
}

enum status
control_get_places(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__Places *from = m->places;
	struct talk_place *items;
	enum status st = STATUS_OK;

	if (from->n_talks == 0 || from->n_talks > LIMIT_PLACES)
		return STATUS_BAD_INPUT;
	items = arena_take_array(a, from->n_talks, sizeof(*items));
	if (items == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < from->n_talks; i++)
		st = get_place(from->talks[i], from->asks, &items[i]);
	p->u.places = (struct place_list){ items, from->n_talks, from->asks };
	return st;
}

static enum status
put_place(
    const struct talk_place *from, struct arena *a, Tacit__Wire__Place **to)
{
	Tacit__Wire__Place *m = pb_new(a, &tacit__wire__place__descriptor);

	if (m == NULL)
		return STATUS_NOMEM;
	if (from->has_group)
		m->group = pb_data(hash_view(&from->group));
	m->seq = from->seq;
	if (from->seq != 0)
		m->body_hash = pb_data(hash_view(&from->body_hash));
	m->head_index = from->head_index;
	m->device = from->device;
	*to = m;
	return STATUS_OK;
}

enum status
control_put_places(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	const struct place_list *list = &p->u.places;
	Tacit__Wire__Places *r = pb_new(a, &tacit__wire__places__descriptor);
	enum status st = STATUS_OK;

	if (r == NULL)
		return STATUS_NOMEM;
	r->talks = arena_take_array(a, list->count, sizeof(r->talks[0]));
	if (r->talks == NULL)
		return STATUS_NOMEM;
	r->n_talks = list->count;
	r->asks = list->asks;
	for (size_t i = 0; st == STATUS_OK && i < list->count; i++)
		st = put_place(&list->items[i], a, &r->talks[i]);
	m->places = r;
	return st;
}
