#include "store/client/backup_stream.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum {
	TAG_MORE = 0, /* crypto_secretstream_xchacha20poly1305_TAG_MESSAGE */
	TAG_LAST = 3, /* crypto_secretstream_xchacha20poly1305_TAG_FINAL */
	SEALED_BYTES = BACKUP_PIECE_BYTES + BACKUP_SEAL_BYTES,
};

static_assert(
    BACKUP_KEY_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES,
    "the key is a stream's");
static_assert(
    BACKUP_BEGIN_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES,
    "a stream begins with its header");
static_assert(BACKUP_SEAL_BYTES == crypto_secretstream_xchacha20poly1305_ABYTES,
    "a tag with each piece");

/*
 * Both ends: what has gathered of the piece under way.  Allocated by
 * sodium_malloc(), which keeps it out of dumps and wipes it when it is freed.
 */
struct backup_stream {
	crypto_secretstream_xchacha20poly1305_state state;
	struct hash above;
	backup_take *take;
	void *arg;
	size_t held;
	uint8_t gathered[SEALED_BYTES];
	uint8_t turned[SEALED_BYTES];
};

struct backup_seal {
	struct backup_stream s;
};

struct backup_open {
	struct backup_stream s;
	struct backup_key key;
	bool begun;
	bool ended;
};

static void
stream_init(struct backup_stream *s, const struct hash *above,
    backup_take *take, void *arg)
{
	s->above = *above;
	s->take = take;
	s->arg = arg;
	s->held = 0;
}

/* As much as makes `full` bytes; what is left of `more` stays there. */
static void
stream_gather(struct backup_stream *s, size_t full, struct bytes *more)
{
	struct bytes part = bytes_head(*more, full - s->held);

	memcpy(s->gathered + s->held, part.data, part.len);
	s->held += part.len;
	*more = bytes_tail(*more, part.len);
}

static enum status
stream_give(struct backup_stream *s, size_t len)
{
	return s->take(s->arg, bytes_view(s->turned, len));
}

enum status
backup_seal_new(const struct backup_key *key, const struct hash *above,
    backup_take *take, void *arg, struct backup_seal **s)
{
	struct backup_seal *fresh = sodium_malloc(sizeof(*fresh));
	uint8_t begin[BACKUP_BEGIN_BYTES];
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	stream_init(&fresh->s, above, take, arg);
	crypto_secretstream_xchacha20poly1305_init_push(
	    &fresh->s.state, begin, key->raw);
	st = take(arg, BYTES_OF(begin));
	if (st == STATUS_OK)
		*s = fresh;
	else
		sodium_free(fresh);
	return st;
}

static enum status
seal_piece(struct backup_stream *s, uint8_t tag)
{
	size_t len = s->held;

	s->held = 0;
	crypto_secretstream_xchacha20poly1305_push(&s->state, s->turned, NULL,
	    s->gathered, len, hash_view(&s->above).data,
	    hash_view(&s->above).len, tag);
	return stream_give(s, len + BACKUP_SEAL_BYTES);
}

enum status
backup_seal_put(struct backup_seal *s, struct bytes more)
{
	enum status st = STATUS_OK;

	while (st == STATUS_OK && more.len > 0) {
		if (s->s.held == BACKUP_PIECE_BYTES)
			st = seal_piece(&s->s, TAG_MORE);
		if (st == STATUS_OK)
			stream_gather(&s->s, BACKUP_PIECE_BYTES, &more);
	}
	return st;
}

enum status
backup_seal_end(struct backup_seal *s)
{
	return seal_piece(&s->s, TAG_LAST);
}

void
backup_seal_free(struct backup_seal *s)
{
	sodium_free(s);
}

enum status
backup_open_new(const struct backup_key *key, const struct hash *above,
    backup_take *take, void *arg, struct backup_open **o)
{
	struct backup_open *fresh = sodium_malloc(sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	stream_init(&fresh->s, above, take, arg);
	fresh->key = *key;
	fresh->begun = false;
	fresh->ended = false;
	*o = fresh;
	return STATUS_OK;
}

static enum status
open_begin(struct backup_open *o)
{
	o->s.held = 0;
	o->begun = true;
	if (crypto_secretstream_xchacha20poly1305_init_pull(
		&o->s.state, o->s.gathered, o->key.raw) != 0)
		return STATUS_CRYPTO;
	return STATUS_OK;
}

static enum status
open_piece(struct backup_open *o)
{
	struct backup_stream *s = &o->s;
	unsigned long long len = 0;
	uint8_t tag = TAG_MORE;

	if (crypto_secretstream_xchacha20poly1305_pull(&s->state, s->turned,
		&len, &tag, s->gathered, s->held, hash_view(&s->above).data,
		hash_view(&s->above).len) != 0)
		return STATUS_CRYPTO;
	/* Whoever sealed it made whole pieces, and the last one shorter. */
	if (tag != TAG_LAST &&
	    (tag != TAG_MORE || s->held != (size_t)SEALED_BYTES))
		return STATUS_CRYPTO;
	s->held = 0;
	o->ended = tag == TAG_LAST;
	return stream_give(s, (size_t)len);
}

enum status
backup_open_put(struct backup_open *o, struct bytes more)
{
	enum status st = STATUS_OK;

	while (st == STATUS_OK && more.len > 0) {
		if (o->ended)
			return STATUS_CRYPTO;
		stream_gather(&o->s,
		    o->begun ? (size_t)SEALED_BYTES : BACKUP_BEGIN_BYTES,
		    &more);
		if (!o->begun && o->s.held == BACKUP_BEGIN_BYTES)
			st = open_begin(o);
		else if (o->begun && o->s.held == (size_t)SEALED_BYTES)
			st = open_piece(o);
	}
	return st;
}

enum status
backup_open_end(struct backup_open *o)
{
	enum status st;

	if (o->ended)
		return STATUS_OK;
	if (!o->begun || o->s.held == 0)
		return STATUS_CRYPTO;
	st = open_piece(o);
	return st == STATUS_OK && !o->ended ? STATUS_CRYPTO : st;
}

void
backup_open_free(struct backup_open *o)
{
	sodium_free(o);
}
