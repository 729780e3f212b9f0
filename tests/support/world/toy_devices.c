/* toy_devices.c - the toy relay puts another device in the place of one. */
#include "proto/codec.h"
#include "proto/limits.h"
#include "tests/support/test.h"
#include "tests/support/world/toy.h"

static struct signed_list
list_of(const struct toy_account *a)
{
	return (struct signed_list){ buf_view(a->list),
		BYTES_OF(a->list_signature.raw) };
}

/* Whoever had sent it is told (protocol.md 5.4). */
static void
tell_sender(
    struct toy *t, const struct toy_account *a, const struct toy_item *x)
{
	struct relay_note note = {
		.code = ERROR_NOT_FOUND,
		.return_handle = bytes_view(x->handle, x->handle_len),
		.to = { a->name, a->device },
		.counter = x->counter,
	};
	struct item item = { .stored_ms = x->item.stored_ms,
		.type = ITEM_RELAY_NOTE };
	struct toy_account *from;
	struct buf *payload = NULL;

	if (!x->item.has_sender || x->handle_len == 0)
		return;
	from = toy_find(t, x->item.sender.account.text);
	if (from->device != x->item.sender.device)
		return;
	memcpy(note.stream, x->stream, STREAM_BYTES);
	assert_status(STATUS_OK, buf_new(LIMIT_ITEM_BYTES, &payload));
	assert_status(STATUS_OK, codec_put_note(&note, payload));
	item.payload = buf_view(payload);
	toy_mailbox_put(&from->mailbox, &item);
	buf_free(payload);
	toy_push(t, from);
}

static void
empty_mailbox(struct toy *t, struct toy_account *a)
{
	struct toy_mailbox *m = &a->mailbox;

	for (size_t i = 0; i < m->count; i++)
		tell_sender(t, a, &m->items[i]);
	while (m->count > 0)
		toy_mailbox_drop(m, m->count - 1);
	memset(m->seen, 0, TOY_SEEN);
	m->head = m->acknowledged = m->high = 0;
	m->has_stream = false;
	memset(m->stream, 0, STREAM_BYTES);
}

static void
hang_up_others(
    struct toy *t, const struct toy_line *l, const struct toy_account *a)
{
	for (size_t i = 0; i < TOY_LINES; i++)
		if (&t->lines[i] != l && t->lines[i].who == a)
			toy_cut(t, &t->lines[i], true);
}

static void
refuse_list(
    struct toy_line *l, const struct request *q, const struct toy_account *a)
{
	struct reply r = { .id = q->id, .kind = REPLY_ERROR };

	r.u.error.code = ERROR_LIST_TAKEN;
	r.u.error.message = BYTES("taken");
	r.u.error.current = list_of(a);
	toy_say(l, &r);
}

void
toy_replace(struct toy *t, struct toy_line *l, const struct request *q)
{
	const struct signed_list *given = &q->u.replace.list;
	struct reply r = { .id = q->id, .kind = REPLY_REGISTERED };
	struct device_list now, list;
	struct toy_account *a;

	assert_status(STATUS_OK, device_list_open(*given, &list));
	a = toy_find(t, list.account.text);
	assert_non_null(a);
	if (!bytes_equal(given->body, buf_view(a->list))) {
		assert_status(STATUS_OK, device_list_open(list_of(a), &now));
		if (list.version <= now.version) {
			refuse_list(l, q, a);
			return;
		}
		hang_up_others(t, l, a);
		empty_mailbox(t, a);
		buf_free(a->list);
		assert_status(STATUS_OK, buf_copy(given->body, &a->list));
		memcpy(a->list_signature.raw, given->signature.data,
		    sizeof(a->list_signature.raw));
		a->device = list.devices[0].id;
		a->registration_id = list.devices[0].registration_id;
		a->has_signed = false;
		a->one_time_count = a->one_time_highest = 0;
	}
	l->who = a;
	r.u.registered = toy_mailbox_state(a);
	toy_say(l, &r);
}
