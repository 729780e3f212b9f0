#include "client/core/repair/repair_parcel.h"

#include <assert.h>
#include <string.h>

#include "client/core/messenger/messenger_internal.h"

enum {
	PARCEL_BYTES = 128 * 1024, /* below LIMIT_PLAINTEXT_BYTES, with one */
	MESSAGE_OVERHEAD_BYTES = 512,
	LISTS_TRIED = 16, /* an account may have signed them without end */
};

static_assert(
    PARCEL_BYTES + LIMIT_TEXT_BYTES + 4 * 4096 + MESSAGE_OVERHEAD_BYTES <
	LIMIT_PLAINTEXT_BYTES,
    "the message that fills an item still fits");

static enum status
start_item(struct parcel_out *p)
{
	arena_reset(p->a);
	p->count = 0;
	p->bytes = 0;
	p->messages =
	    arena_take_array(p->a, LIMIT_RESENT_MESSAGES, sizeof(*p->messages));
	return p->messages == NULL ? STATUS_NOMEM : STATUS_OK;
}

enum status
parcel_begin(struct parcel_out *p)
{
	enum status st = arena_new(LIMIT_ARENA_BYTES, &p->a);

	if (st == STATUS_OK)
		st = arena_new(LIMIT_ARENA_BYTES, &p->scratch);
	return st == STATUS_OK ? start_item(p) : st;
}

void
parcel_end(struct parcel_out *p)
{
	arena_free(p->a);
	arena_free(p->scratch);
	p->a = NULL;
	p->scratch = NULL;
}

enum status
parcel_read(struct parcel_out *p, uint64_t n, struct history_entry *e,
    struct message_body *body)
{
	enum status st;

	arena_reset(p->scratch);
	st = history_get(p->s->txn, n, p->scratch, e);
	if (st != STATUS_OK)
		return messenger_own(st);
	if (e->kind != HISTORY_MESSAGE || e->signature != SIGNATURE_VALID ||
	    e->body.len == 0 || e->salt.len != SALT_BYTES ||
	    history_is_gone(e, p->s->now_ms))
		return STATUS_NOT_FOUND;
	st = envelope_get_message_body(e->body, p->scratch, body);
	return st == STATUS_BAD_INPUT ? STATUS_NOT_FOUND : st;
}

/*
 * The author's list proves its device to whoever has not met it: the newest
 * that names it, as it may have been replaced since.
 */
static enum status
find_list(struct parcel_out *p, struct resent_message *m, bool own)
{
	const struct self *self = &p->s->core->self;
	size_t looks = LISTS_TRIED;
	struct known_list known;
	enum status st;

	if (own && m->author.device == self->address.device) {
		m->has_list = true;
		m->list = self_signed_list(self);
		return STATUS_OK;
	}
	st = list_find(p->s->txn, &m->author, &m->author_key, UINT64_MAX,
	    &looks, p->a, &known);
	m->has_list = st == STATUS_OK;
	if (st == STATUS_OK)
		m->list = known.list;
	return st == STATUS_NOT_FOUND || st == STATUS_FULL ? STATUS_OK
							   : messenger_own(st);
}

static enum status
copy_message(struct parcel_out *p, const struct history_entry *e,
    struct signed_message *m)
{
	enum status st = arena_copy(p->a, e->body, &m->body);

	m->auth = AUTH_ED25519;
	if (st == STATUS_OK)
		st = arena_copy(p->a, e->body_signature, &m->signature);
	if (st == STATUS_OK)
		st = arena_copy(p->a, e->salt, &m->salt);
	if (st == STATUS_OK)
		st = arena_copy(p->a, e->text, &m->content);
	return st;
}

enum status
parcel_add(struct parcel_out *p, const struct history_entry *e,
    const struct hash *hash)
{
	struct resent_message *m = &p->messages[p->count];
	size_t bytes = e->text.len + e->body.len + MESSAGE_OVERHEAD_BYTES;
	enum status st;

	*m = (struct resent_message){
		.author = { e->from, e->device },
		.author_key = e->from_key,
		.has_hash = hash != NULL,
	};
	if (hash != NULL)
		m->hash = *hash;
	st = find_list(p, m, e->own);
	if (st == STATUS_OK)
		st = copy_message(p, e, &m->message);
	if (st != STATUS_OK)
		return st;
	bytes += m->has_list ? m->list.body.len + m->list.signature.len : 0;
	if (bytes > p->left)
		return STATUS_FULL;
	p->left -= bytes;
	p->bytes += bytes;
	p->count++;
	if (p->count == LIMIT_RESENT_MESSAGES || p->bytes > PARCEL_BYTES)
		return parcel_flush(p);
	return STATUS_OK;
}

enum status
parcel_flush(struct parcel_out *p)
{
	struct plaintext content = { .kind = CONTENT_RESENT };
	enum status st;

	if (p->count == 0)
		return STATUS_OK;
	content.u.resent.group = p->group;
	content.u.resent.history = p->history;
	content.u.resent.messages = p->messages;
	content.u.resent.count = p->count;
	st = p->again != NULL
		 ? messenger_control_again(p->s, &p->to, &content, p->again)
		 : messenger_control_members(p->s, &p->to, 1, &content);
	return st == STATUS_OK ? start_item(p) : st;
}

enum status
repair_strip(struct step *s, const struct plaintext *p, struct plaintext *bare)
{
	static const uint8_t no_salt[SALT_BYTES];
	const struct resent *from = &p->u.resent;
	struct resent_message *messages =
	    arena_take_array(s->arena, from->count + 1, sizeof(*messages));

	if (messages == NULL)
		return STATUS_NOMEM;
	*bare = *p;
	for (size_t i = 0; i < from->count; i++) {
		messages[i] = from->messages[i];
		messages[i].message.salt = BYTES_OF(no_salt);
		messages[i].message.content = BYTES_NONE;
	}
	bare->u.resent.messages = messages;
	return STATUS_OK;
}

/* NOT_FOUND: its text is gone. */
static enum status
fill_in_one(struct step *s, const struct hash *talk, struct resent_message *m)
{
	struct message_body body;
	struct history_entry e;
	uint64_t n;
	enum status st =
	    envelope_get_message_body(m->message.body, s->arena, &body);

	if (st == STATUS_OK)
		st =
		    history_find_number(s->txn, talk, &m->author, body.seq, &n);
	if (st == STATUS_OK)
		st = history_get(s->txn, n, s->arena, &e);
	if (st != STATUS_OK)
		return st == STATUS_BAD_INPUT ? STATUS_NOT_FOUND
					      : messenger_own(st);
	if (!bytes_equal(e.body, m->message.body) || e.salt.len != SALT_BYTES ||
	    history_is_gone(&e, s->now_ms))
		return STATUS_NOT_FOUND;
	m->message.salt = e.salt;
	m->message.content = e.text;
	return STATUS_OK;
}

enum status
repair_fill_in(struct step *s, const struct hash *talk, struct plaintext *p)
{
	struct resent *resent = &p->u.resent;
	struct resent_message *messages =
	    arena_take_array(s->arena, resent->count + 1, sizeof(*messages));
	size_t count = 0;

	if (messages == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < resent->count; i++) {
		enum status st;

		messages[count] = resent->messages[i];
		st = fill_in_one(s, talk, &messages[count]);
		if (st != STATUS_OK && st != STATUS_NOT_FOUND)
			return st;
		count += st == STATUS_OK;
	}
	resent->messages = messages;
	resent->count = count;
	return STATUS_OK;
}
