#include "client/core/messenger/pair.h"

#include <string.h>

#include "client/core/messenger/leaving.h"
#include "client/core/messenger/padding.h"
#include "client/core/messenger/peers.h"
#include "store/client/ratchets.h"

/* A plaintext, padded to its bucket. */
enum { PAIR_PADDED_BYTES = LIMIT_PLAINTEXT_BYTES + 8192 };

/*
 * Both chains with one device.  A device that was set up anew counts from one
 * again, and so do we towards it.
 */
static enum status
pair_load(struct step *s, const struct address *with, uint32_t registration_id,
    struct pair_state *state)
{
	enum status st = pair_get(s->txn, with, state);

	if (st == STATUS_CRYPTO)
		return STATUS_IO;
	if (st != STATUS_OK)
		return st;
	if (state->peer_registration_id != registration_id)
		*state = (struct pair_state){ 0 };
	state->peer_registration_id = registration_id;
	return STATUS_OK;
}

/*
 * Spec 7.1: our whole list goes along until the device has answered inside the
 * session, since until then we cannot know that it has read it; and so does
 * another version of it.
 */
static void
fill_in(const struct self *self, struct pair_state *state, struct plaintext *p)
{
	struct signed_list list = self_signed_list(self);

	if (state->list_version != self->list.version)
		state->has_sent_list = false;
	state->list_version = self->list.version;

	/* Spec 7.5: receipts "have no counter and no previous hash". */
	if (p->kind != CONTENT_RECEIPTS) {
		p->counter = state->sent + 1;
		p->previous = state->sent_hash;
	}
	p->has_list = !state->has_sent_list;
	p->list = (struct signed_list){ BYTES_NONE, BYTES_NONE };
	p->list_version = 0;
	memset(&p->list_hash, 0, sizeof(p->list_hash));
	if (p->has_list) {
		p->list = list;
		return;
	}
	p->list_version = self->list.version;
	hash_bytes(list.body, &p->list_hash);
}

enum status
pair_encrypt(struct step *s, const struct contact *to,
    const struct device_entry *device, const struct plaintext *p,
    uint32_t *type, struct buf **ciphertext)
{
	struct address with = { .account = to->name, .device = device->id };
	struct plaintext whole = *p;
	struct pair_state state;
	struct buf *encoded = NULL;
	enum status st;

	st = pair_load(s, &with, device->registration_id, &state);
	if (st == STATUS_OK && state.fresh == PAIR_FRESH_NEEDED)
		st = STATUS_NOT_FOUND;
	if (st != STATUS_OK)
		goto out;
	fill_in(&s->core->self, &state, &whole);
	st = buf_new(PAIR_PADDED_BYTES, &encoded);
	if (st != STATUS_OK)
		goto out;
	st = envelope_put_plaintext(&whole, encoded);
	if (st != STATUS_OK)
		goto out;
	if (buf_len(encoded) > LIMIT_PLAINTEXT_BYTES) {
		st = STATUS_FULL;
		goto out;
	}
	if (p->kind != CONTENT_RECEIPTS) {
		state.sent = whole.counter;
		hash_bytes(buf_view(encoded), &state.sent_hash);
	}
	st = padding_add(encoded);
	if (st != STATUS_OK)
		goto out;
	st = pair_put(s->txn, &with, &state);
	if (st != STATUS_OK)
		goto out;
	st = ratchet_encrypt(s->core->ratchet, s->txn, &s->core->self, &with,
	    device, buf_view(encoded), type, ciphertext);
out:
	buf_free(encoded);
	return st;
}

/* Decrypt, unpad, decode; `a` keeps what was decrypted. */
static enum status
open_item(struct step *s, const struct item *item, const uint8_t *expected,
    uint8_t identity_key[IDENTITY_KEY_BYTES], struct pair_arrival *a,
    struct bytes *inner)
{
	enum status st = ratchet_decrypt(s->core->ratchet, s->txn,
	    &s->core->self, &item->sender, expected, item->type, item->payload,
	    identity_key, &a->storage);

	if (st == STATUS_OK)
		st = padding_strip(buf_view(a->storage), inner);
	if (st == STATUS_OK)
		st = envelope_get_plaintext(*inner, s->arena, &a->p);
	return st;
}

/*
 * A list inside a message is taken when it says more than what is pinned.  An
 * older one is refused, and the message is judged by the pinned list.
 */
static enum status
take_list(
    struct step *s, const struct item *item, bool known, struct pair_arrival *a)
{
	struct device_list opened;
	struct hash hash;
	enum status st;

	if (!known)
		return peers_take_list(
		    s, &item->sender.account, a->p.list, &a->sender);
	st = device_list_open(a->p.list, &opened);
	if (st != STATUS_OK)
		return st;
	if (!account_name_equal(&opened.account, &item->sender.account))
		return STATUS_BAD_INPUT;
	if (memcmp(&opened.account_key, &a->sender.account_key,
		sizeof(opened.account_key)) != 0)
		return STATUS_UNTRUSTED;
	hash_bytes(a->p.list.body, &hash);
	if (opened.version < a->sender.list.version)
		return STATUS_OK;
	if (opened.version == a->sender.list.version)
		return memcmp(&hash, &a->sender.list_hash, sizeof(hash)) == 0
			   ? STATUS_OK
			   : STATUS_CRYPTO;
	return peers_take_list(s, &item->sender.account, a->p.list, &a->sender);
}

/* NULL: no accepted list vouches for it, nor did one until just now. */
static enum status
find_device(struct step *s, const struct item *item, struct pair_arrival *a,
    const struct device_entry **device)
{
	enum status st = leaving_device(
	    s, &a->sender, item->sender.device, &a->former, device);

	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* The session's key must be the sender's device's, on a list we accept. */
static enum status
check_sender(struct step *s, const struct item *item, bool known,
    const uint8_t identity_key[IDENTITY_KEY_BYTES], struct pair_arrival *a)
{
	enum status st = STATUS_OK;

	if (a->p.has_list)
		st = take_list(s, item, known, a);
	else if (!known)
		st = STATUS_CRYPTO;
	else if (a->p.list_version == a->sender.list.version &&
		 memcmp(&a->p.list_hash, &a->sender.list_hash,
		     sizeof(struct hash)) != 0)
		st = STATUS_CRYPTO; /* two lists of one version */
	if (st == STATUS_OK)
		st = find_device(s, item, a, &a->device);
	if (st != STATUS_OK)
		return st;
	if (a->device == NULL)
		return STATUS_CRYPTO;
	return memcmp(a->device->identity_key, identity_key,
		   IDENTITY_KEY_BYTES) == 0
		   ? STATUS_OK
		   : STATUS_CRYPTO;
}

/*
 * Spec 7.1: what was withheld between two plaintexts of a pair is counted.
 * One that comes late is accepted, but moves the chain nowhere.
 */
static enum status
step_chain(struct step *s, const struct item *item, struct bytes inner,
    struct pair_arrival *a)
{
	struct pair_state state;
	uint64_t counter = a->p.counter;
	enum status st =
	    pair_load(s, &item->sender, a->device->registration_id, &state);

	if (st != STATUS_OK)
		return st;
	if (item->type == ITEM_RATCHET)
		state.has_sent_list = true; /* it answers in the session */
	/* It can be written to in the session it writes in, if it is there. */
	if (state.fresh != PAIR_FRESH_NEEDED)
		state.fresh = PAIR_FRESH_NONE;
	state.begun_ms = 0;
	if (counter > state.received) {
		a->missing = counter - state.received - 1;
		if (a->missing == 0 &&
		    memcmp(&a->p.previous, &state.received_hash,
			sizeof(struct hash)) != 0)
			a->missing = 1; /* ours is not what it sent before */
		state.gaps += a->missing;
		state.received = counter;
		hash_bytes(inner, &state.received_hash);
	}
	return pair_put(s->txn, &item->sender, &state);
}

/* The key that this device must use, if we know; BAD_INPUT: no sender. */
static enum status
find_sender(struct step *s, const struct item *item, struct pair_arrival *a,
    bool *known, const uint8_t **expected)
{
	const struct device_entry *device = NULL;
	enum status st;

	if (!item->has_sender)
		return STATUS_BAD_INPUT;
	st = peers_get(s, &item->sender.account, &a->sender);
	*known = st == STATUS_OK;
	*expected = NULL;
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	st = find_device(s, item, a, &device);
	if (device != NULL)
		*expected = device->identity_key;
	return st;
}

enum status
pair_decrypt(
    struct step *s, const struct item *item, struct pair_arrival *arrival)
{
	uint8_t identity_key[IDENTITY_KEY_BYTES];
	const uint8_t *expected;
	struct bytes inner;
	bool known;
	enum status st;

	memset(arrival, 0, sizeof(*arrival));
	st = find_sender(s, item, arrival, &known, &expected);
	if (st == STATUS_OK)
		st =
		    open_item(s, item, expected, identity_key, arrival, &inner);
	arrival->inner = st == STATUS_OK ? inner : BYTES_NONE;
	if (st == STATUS_OK)
		st = check_sender(s, item, known, identity_key, arrival);
	if (st == STATUS_OK)
		st = step_chain(s, item, inner, arrival);
	return st;
}

enum status
pair_peek(struct step *s, const struct item *item, struct pair_arrival *arrival)
{
	uint8_t identity_key[IDENTITY_KEY_BYTES];
	const struct device_entry *device;
	struct device_list list;
	struct bytes inner;
	enum status st;

	memset(arrival, 0, sizeof(*arrival));
	if (!item->has_sender)
		return STATUS_BAD_INPUT;
	st = open_item(s, item, NULL, identity_key, arrival, &inner);
	if (st != STATUS_OK)
		return st;
	if (!arrival->p.has_list)
		return STATUS_NOT_FOUND;
	st = device_list_open(arrival->p.list, &list);
	if (st != STATUS_OK)
		return st;
	device = device_list_find(&list, item->sender.device);
	if (!account_name_equal(&list.account, &item->sender.account) ||
	    device == NULL ||
	    memcmp(device->identity_key, identity_key, IDENTITY_KEY_BYTES) != 0)
		return STATUS_CRYPTO;
	return STATUS_OK;
}
