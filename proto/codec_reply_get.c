/* Replies from RelayFrame of relay.proto: a client trusts none of it. */
#include "proto/codec.h"
#include "proto/codec_moved.h"
#include "proto/codec_part.h"
#include "proto/codec_pb.h"
#include "proto/relay.pb-c.h"

enum {
	REFS_MAX_ITEMS = LIMIT_RECIPIENTS * LIMIT_DEVICES_PER_ACCOUNT,
};

/* Where an error has to be one, 0 means as little as an unknown number. */
static enum error_code
get_failure(uint32_t code)
{
	return code == ERROR_NONE ? ERROR_UNAVAILABLE : pb_get_error(code);
}

static enum status
get_refs(Tacit__Wire__DeviceRef *const *from, size_t count, struct arena *a,
    struct device_refs *refs)
{
	struct device_ref *items;
	enum status st = STATUS_OK;

	if (count > REFS_MAX_ITEMS)
		return STATUS_BAD_INPUT;
	items = arena_take_array(a, count, sizeof(*items));
	if (items == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		if (from[i]->device == 0)
			return STATUS_BAD_INPUT;
		items[i].device = from[i]->device;
		st = pb_get_name(from[i]->account, &items[i].account);
	}
	*refs = (struct device_refs){ items, count };
	return st;
}

static enum status
get_error(const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	const Tacit__Wire__Error *m = f->error;
	const Tacit__Wire__DevicesChanged *c = m->devices_changed;
	struct devices_changed *to = &r->u.error.changed;
	enum status st;

	r->u.error.code = get_failure(m->code);
	r->u.error.retry_after_ms = pb_get_wait(m->retry_after_ms);
	st = pb_get_text(
	    m->message, LIMIT_ERROR_TEXT_BYTES, &r->u.error.message);
	if (st == STATUS_OK && m->current != NULL)
		st = pb_get_list(m->current->list_body,
		    m->current->list_signature, &r->u.error.current);
	if (st != STATUS_OK || c == NULL)
		return st;
	st = get_refs(c->missing, c->n_missing, a, &to->missing);
	if (st == STATUS_OK)
		st = get_refs(c->extra, c->n_extra, a, &to->extra);
	if (st == STATUS_OK)
		st = get_refs(c->stale, c->n_stale, a, &to->stale);
	return st;
}

static enum status
get_hello(const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	const Tacit__Wire__HelloReply *m = f->hello;
	enum status st;

	r->u.hello.version = m->version;
	r->u.hello.features = m->features;
	st = pb_get_time(m->time_ms, &r->u.hello.time_ms);
	if (st == STATUS_OK)
		st = pb_get_fixed(m->epoch, r->u.hello.epoch, EPOCH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(m->nonce, r->u.hello.nonce, NONCE_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    m->relay_key, r->u.hello.relay_key.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = codec_get_moved(m->moved, a, &r->u.hello.moved);
	return st;
}

static enum status
get_mailbox(const Tacit__Wire__MailboxState *m, struct mailbox_state *to)
{
	if (m == NULL || m->acknowledged > m->head || m->head > INT64_MAX ||
	    m->submit_high > INT64_MAX)
		return STATUS_BAD_INPUT;
	to->acknowledged = m->acknowledged;
	to->head = m->head;
	to->submit_high = m->submit_high;
	return pb_get_optional(
	    m->submit_stream, to->submit_stream, STREAM_BYTES, &to->has_stream);
}

static enum status
get_prekeys(const Tacit__Wire__PrekeyState *m, struct prekey_state *to)
{
	if (m == NULL || m->one_time_count > LIMIT_PREKEYS_STORED)
		return STATUS_BAD_INPUT;
	to->one_time_count = m->one_time_count;
	return pb_get_fixed(m->digest, to->digest.raw, HASH_BYTES);
}

static enum status
get_registered(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	(void)a;
	return get_mailbox(f->registered->mailbox, &r->u.registered);
}

static enum status
get_authenticated(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	enum status st =
	    get_mailbox(f->authenticated->mailbox, &r->u.authenticated.mailbox);

	(void)a;
	if (st == STATUS_OK)
		st = get_prekeys(
		    f->authenticated->prekeys, &r->u.authenticated.prekeys);
	return st;
}

static enum status
get_prekey_state(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	(void)a;
	return get_prekeys(f->prekey_state, &r->u.prekey_state);
}

static enum status
get_account(const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	(void)a;
	return pb_get_list(
	    f->account->list_body, f->account->list_signature, &r->u.account);
}

static enum status
get_device_bundles(const Tacit__Wire__AccountBundles *m, struct arena *a,
    struct account_bundles *to)
{
	struct device_bundle *devices;
	enum status st = STATUS_OK;

	if (m->n_devices > LIMIT_DEVICES_PER_ACCOUNT)
		return STATUS_BAD_INPUT;
	devices = arena_take_array(a, m->n_devices, sizeof(*devices));
	if (devices == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < m->n_devices; i++) {
		const Tacit__Wire__DeviceBundle *d = m->devices[i];

		if (d->device == 0)
			return STATUS_BAD_INPUT;
		devices[i].device = d->device;
		st = pb_get_prekeys(
		    d->prekeys, d->n_prekeys, a, &devices[i].prekeys);
	}
	to->devices = devices;
	to->devices_count = m->n_devices;
	return st;
}

static enum status
get_account_bundles(const Tacit__Wire__AccountBundles *m, struct arena *a,
    struct account_bundles *to)
{
	enum status st = pb_get_name(m->account, &to->account);

	to->error = pb_get_error(m->error);
	to->retry_after_ms = pb_get_wait(m->retry_after_ms);
	if (st != STATUS_OK || to->error != ERROR_NONE)
		return st;
	st = pb_get_list(m->list_body, m->list_signature, &to->list);
	if (st == STATUS_OK)
		st = get_device_bundles(m, a, to);
	return st;
}

static enum status
get_bundles(const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	const Tacit__Wire__Bundles *m = f->bundles;
	struct account_bundles *to;
	enum status st = STATUS_OK;

	if (m->n_accounts > LIMIT_BUNDLE_ACCOUNTS)
		return STATUS_BAD_INPUT;
	to = arena_take_array(a, m->n_accounts, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < m->n_accounts; i++)
		st = get_account_bundles(m->accounts[i], a, &to[i]);
	r->u.bundles.accounts = to;
	r->u.bundles.count = m->n_accounts;
	return st;
}

static enum status
get_submitted(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	const Tacit__Wire__Submitted *m = f->submitted;
	struct refusal *to;

	if (m->n_refused > LIMIT_RECIPIENTS)
		return STATUS_BAD_INPUT;
	to = arena_take_array(a, m->n_refused, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < m->n_refused; i++) {
		if (m->refused[i]->index >= LIMIT_RECIPIENTS)
			return STATUS_BAD_INPUT;
		to[i].index = m->refused[i]->index;
		to[i].code = get_failure(m->refused[i]->code);
	}
	r->u.submitted.refused = to;
	r->u.submitted.count = m->n_refused;
	return STATUS_OK;
}

static enum status
get_item(const Tacit__Wire__Item *m, struct item *to)
{
	if (m->seq == 0)
		return STATUS_BAD_INPUT;
	to->seq = m->seq;
	if (pb_get_time(m->stored_ms, &to->stored_ms) != STATUS_OK)
		return STATUS_BAD_INPUT;
	to->type = m->type;
	to->suite = m->suite;
	to->has_sender = m->sender[0] != '\0';
	if (to->has_sender) {
		enum status st =
		    pb_get_address(m->sender, m->sender_device, &to->sender);

		if (st != STATUS_OK)
			return st;
	}
	return pb_get_view(m->payload, 0, LIMIT_ITEM_BYTES, &to->payload);
}

static enum status
get_push(const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	const Tacit__Wire__Push *m = f->push;
	struct item *to;
	enum status st = STATUS_OK;

	if (m->n_items > LIMIT_PUSH_WINDOW_ITEMS)
		return STATUS_BAD_INPUT;
	to = arena_take_array(a, m->n_items, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < m->n_items; i++)
		st = get_item(m->items[i], &to[i]);
	r->u.push.items = to;
	r->u.push.count = m->n_items;
	return st;
}

static enum status
get_drained(const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	(void)a;
	r->u.drained_head = f->drained->head;
	return STATUS_OK;
}

static enum status
get_chain_appended(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	(void)a;
	r->u.chain_length = f->chain_appended->length;
	return STATUS_OK;
}

static enum status
get_tail(
    const Tacit__Wire__ChainTail *m, struct arena *a, struct chain_tail *to)
{
	struct bytes *entries;
	enum status st;

	if (m->n_entries > LIMIT_CHAIN_ENTRIES)
		return STATUS_BAD_INPUT;
	entries = arena_take_array(a, m->n_entries, sizeof(*entries));
	if (entries == NULL)
		return STATUS_NOMEM;
	to->from = m->from;
	to->length = m->length;
	to->entries = entries;
	to->entries_count = m->n_entries;
	st = pb_get_fixed(m->chain, to->chain.raw, CHAIN_ID_BYTES);
	for (size_t i = 0; st == STATUS_OK && i < m->n_entries; i++)
		st = pb_get_view(
		    m->entries[i], 1, LIMIT_CHAIN_ENTRY_BYTES, &entries[i]);
	return st;
}

static enum status
get_chain_tails(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	const Tacit__Wire__ChainTails *m = f->chain_tails;
	struct chain_tail *to;
	enum status st = STATUS_OK;

	if (m->n_tails > LIMIT_CHAIN_READS)
		return STATUS_BAD_INPUT;
	to = arena_take_array(a, m->n_tails, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < m->n_tails; i++)
		st = get_tail(m->tails[i], a, &to[i]);
	r->u.tails.tails = to;
	r->u.tails.count = m->n_tails;
	return st;
}

static enum status
get_chain_changed(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	(void)a;
	r->u.chain_changed.length = f->chain_changed->length;
	return pb_get_fixed(f->chain_changed->chain,
	    r->u.chain_changed.chain.raw, CHAIN_ID_BYTES);
}

static enum status
get_account_removed(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r)
{
	(void)f;
	(void)a;
	(void)r;
	return STATUS_OK;
}

static enum status (*const getters[])(
    const Tacit__Wire__RelayFrame *f, struct arena *a, struct reply *r) = {
	[REPLY_ERROR] = get_error,
	[REPLY_HELLO] = get_hello,
	[REPLY_REGISTERED] = get_registered,
	[REPLY_AUTHENTICATED] = get_authenticated,
	[REPLY_PREKEY_STATE] = get_prekey_state,
	[REPLY_ACCOUNT] = get_account,
	[REPLY_BUNDLES] = get_bundles,
	[REPLY_SUBMITTED] = get_submitted,
	[REPLY_PUSH] = get_push,
	[REPLY_DRAINED] = get_drained,
	[REPLY_CHAIN_APPENDED] = get_chain_appended,
	[REPLY_CHAIN_TAILS] = get_chain_tails,
	[REPLY_CHAIN_CHANGED] = get_chain_changed,
	[REPLY_ACCOUNT_REMOVED] = get_account_removed,
};

enum status
codec_get_reply(
    struct bytes body, struct arena *a, struct reply *r, uint64_t *id)
{
	struct reply got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__RelayFrame *f;
	enum status st;

	st = pb_unpack(&tacit__wire__relay_frame__descriptor, body, a, &base);
	if (st != STATUS_OK) {
		*id = part_peek_id(body);
		return st;
	}
	f = (const void *)base;
	*id = f->id;
	if (f->body_case == TACIT__WIRE__RELAY_FRAME__BODY__NOT_SET)
		return STATUS_NOT_FOUND;
	if (f->body_case == TACIT__WIRE__RELAY_FRAME__BODY_PART)
		return STATUS_BAD_INPUT; /* a part inside joined parts */
	got.id = f->id;
	got.kind = (enum reply_kind)f->body_case;
	st = getters[got.kind](f, a, &got);
	if (st == STATUS_OK)
		*r = got;
	return st;
}
