/* Replies as RelayFrame of relay.proto: the relay's way out. */
#include <assert.h>

#include "proto/codec.h"
#include "proto/codec_moved.h"
#include "proto/codec_part.h"
#include "proto/codec_pb.h"
#include "proto/relay.pb-c.h"

static_assert((int)REPLY_ERROR == (int)TACIT__WIRE__RELAY_FRAME__BODY_ERROR);
static_assert((int)REPLY_CHAIN_CHANGED ==
	      (int)TACIT__WIRE__RELAY_FRAME__BODY_CHAIN_CHANGED);
static_assert(
    (int)ERROR_LIST_TAKEN == (int)TACIT__WIRE__ERROR_CODE__ERROR_LIST_TAKEN);

static enum status
put_refs(const struct device_refs *refs, struct arena *a,
    Tacit__Wire__DeviceRef ***to, size_t *count)
{
	Tacit__Wire__DeviceRef **array =
	    pb_new_array(a, &tacit__wire__device_ref__descriptor, refs->count);

	if (array == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < refs->count; i++) {
		array[i]->account = pb_text(refs->items[i].account.text);
		array[i]->device = refs->items[i].device;
	}
	*to = array;
	*count = refs->count;
	return STATUS_OK;
}

static enum status
put_changed(const struct devices_changed *c, struct arena *a,
    Tacit__Wire__DevicesChanged **to)
{
	Tacit__Wire__DevicesChanged *m;
	enum status st;

	if (c->missing.count + c->extra.count + c->stale.count == 0)
		return STATUS_OK;
	m = pb_new(a, &tacit__wire__devices_changed__descriptor);
	if (m == NULL)
		return STATUS_NOMEM;
	st = put_refs(&c->missing, a, &m->missing, &m->n_missing);
	if (st == STATUS_OK)
		st = put_refs(&c->extra, a, &m->extra, &m->n_extra);
	if (st == STATUS_OK)
		st = put_refs(&c->stale, a, &m->stale, &m->n_stale);
	*to = m;
	return st;
}

static enum status
put_list(
    struct signed_list list, struct arena *a, Tacit__Wire__AccountReply **to)
{
	Tacit__Wire__AccountReply *m =
	    pb_new(a, &tacit__wire__account_reply__descriptor);

	if (m == NULL)
		return STATUS_NOMEM;
	m->list_body = pb_data(list.body);
	m->list_signature = pb_data(list.signature);
	*to = m;
	return STATUS_OK;
}

static enum status
put_error(const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	Tacit__Wire__Error *m = pb_new(a, &tacit__wire__error__descriptor);
	enum status st;

	if (m == NULL)
		return STATUS_NOMEM;
	st = pb_copy_text(r->u.error.message, a, &m->message);
	if (st != STATUS_OK)
		return st;
	m->code = r->u.error.code;
	m->retry_after_ms = r->u.error.retry_after_ms;
	f->error = m;
	if (r->u.error.current.body.len > 0)
		st = put_list(r->u.error.current, a, &m->current);
	if (st != STATUS_OK)
		return st;
	return put_changed(&r->u.error.changed, a, &m->devices_changed);
}

static enum status
put_hello(const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	Tacit__Wire__HelloReply *m =
	    pb_new(a, &tacit__wire__hello_reply__descriptor);

	if (m == NULL)
		return STATUS_NOMEM;
	m->version = r->u.hello.version;
	m->features = r->u.hello.features;
	m->epoch = pb_data(BYTES_OF(r->u.hello.epoch));
	m->nonce = pb_data(BYTES_OF(r->u.hello.nonce));
	m->relay_key = pb_data(hash_view(&r->u.hello.relay_key));
	m->time_ms = r->u.hello.time_ms;
	f->hello = m;
	return codec_put_moved(r->u.hello.moved, a, &m->moved);
}

static Tacit__Wire__MailboxState *
new_mailbox(const struct mailbox_state *from, struct arena *a)
{
	Tacit__Wire__MailboxState *m =
	    pb_new(a, &tacit__wire__mailbox_state__descriptor);

	if (m == NULL)
		return NULL;
	m->acknowledged = from->acknowledged;
	m->head = from->head;
	if (from->has_stream)
		m->submit_stream = pb_data(BYTES_OF(from->submit_stream));
	m->submit_high = from->submit_high;
	return m;
}

static Tacit__Wire__PrekeyState *
new_prekey_state(const struct prekey_state *from, struct arena *a)
{
	Tacit__Wire__PrekeyState *m =
	    pb_new(a, &tacit__wire__prekey_state__descriptor);

	if (m == NULL)
		return NULL;
	m->one_time_count = from->one_time_count;
	m->digest = pb_data(hash_view(&from->digest));
	return m;
}

static enum status
put_registered(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	f->registered = pb_new(a, &tacit__wire__registered__descriptor);
	if (f->registered == NULL)
		return STATUS_NOMEM;
	f->registered->mailbox = new_mailbox(&r->u.registered, a);
	return f->registered->mailbox == NULL ? STATUS_NOMEM : STATUS_OK;
}

static enum status
put_authenticated(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	Tacit__Wire__Authenticated *m =
	    pb_new(a, &tacit__wire__authenticated__descriptor);

	if (m == NULL)
		return STATUS_NOMEM;
	m->mailbox = new_mailbox(&r->u.authenticated.mailbox, a);
	m->prekeys = new_prekey_state(&r->u.authenticated.prekeys, a);
	if (m->mailbox == NULL || m->prekeys == NULL)
		return STATUS_NOMEM;
	f->authenticated = m;
	return STATUS_OK;
}

static enum status
put_prekey_state(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	f->prekey_state = new_prekey_state(&r->u.prekey_state, a);
	return f->prekey_state == NULL ? STATUS_NOMEM : STATUS_OK;
}

static enum status
put_account(const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	return put_list(r->u.account, a, &f->account);
}

static enum status
fill_bundles(const struct account_bundles *from, struct arena *a,
    Tacit__Wire__AccountBundles *m)
{
	enum status st = STATUS_OK;

	m->account = pb_text(from->account.text);
	m->error = from->error;
	m->retry_after_ms = from->retry_after_ms;
	if (from->error != ERROR_NONE)
		return STATUS_OK;
	m->list_body = pb_data(from->list.body);
	m->list_signature = pb_data(from->list.signature);
	m->devices = pb_new_array(
	    a, &tacit__wire__device_bundle__descriptor, from->devices_count);
	if (m->devices == NULL)
		return STATUS_NOMEM;
	m->n_devices = from->devices_count;
	for (size_t i = 0; st == STATUS_OK && i < m->n_devices; i++) {
		m->devices[i]->device = from->devices[i].device;
		st = pb_put_prekeys(&from->devices[i].prekeys, a,
		    &m->devices[i]->prekeys, &m->devices[i]->n_prekeys);
	}
	return st;
}

static enum status
put_bundles(const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	size_t count = r->u.bundles.count;
	Tacit__Wire__Bundles *m = pb_new(a, &tacit__wire__bundles__descriptor);
	enum status st = STATUS_OK;

	if (m == NULL)
		return STATUS_NOMEM;
	m->accounts =
	    pb_new_array(a, &tacit__wire__account_bundles__descriptor, count);
	if (m->accounts == NULL)
		return STATUS_NOMEM;
	m->n_accounts = count;
	for (size_t i = 0; st == STATUS_OK && i < count; i++)
		st = fill_bundles(&r->u.bundles.accounts[i], a, m->accounts[i]);
	f->bundles = m;
	return st;
}

static enum status
put_submitted(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	size_t count = r->u.submitted.count;
	Tacit__Wire__Submitted *m =
	    pb_new(a, &tacit__wire__submitted__descriptor);
	Tacit__Wire__RecipientRefusal **to =
	    pb_new_array(a, &tacit__wire__recipient_refusal__descriptor, count);

	if (m == NULL || to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++) {
		to[i]->index = r->u.submitted.refused[i].index;
		to[i]->code = r->u.submitted.refused[i].code;
	}
	m->refused = to;
	m->n_refused = count;
	f->submitted = m;
	return STATUS_OK;
}

static void
fill_item(const struct item *from, Tacit__Wire__Item *m)
{
	m->seq = from->seq;
	m->stored_ms = from->stored_ms;
	if (from->has_sender) {
		m->sender = pb_text(from->sender.account.text);
		m->sender_device = from->sender.device;
	}
	m->type = from->type;
	m->suite = from->suite;
	m->payload = pb_data(from->payload);
}

static enum status
put_push(const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	size_t count = r->u.push.count;
	Tacit__Wire__Push *m = pb_new(a, &tacit__wire__push__descriptor);
	Tacit__Wire__Item **to =
	    pb_new_array(a, &tacit__wire__item__descriptor, count);

	if (m == NULL || to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++)
		fill_item(&r->u.push.items[i], to[i]);
	m->items = to;
	m->n_items = count;
	f->push = m;
	return STATUS_OK;
}

static enum status
put_drained(const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	f->drained = pb_new(a, &tacit__wire__drained__descriptor);
	if (f->drained == NULL)
		return STATUS_NOMEM;
	f->drained->head = r->u.drained_head;
	return STATUS_OK;
}

static enum status
put_chain_appended(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	f->chain_appended = pb_new(a, &tacit__wire__chain_appended__descriptor);
	if (f->chain_appended == NULL)
		return STATUS_NOMEM;
	f->chain_appended->length = r->u.chain_length;
	return STATUS_OK;
}

static enum status
fill_tail(
    const struct chain_tail *from, struct arena *a, Tacit__Wire__ChainTail *m)
{
	m->chain = pb_data(BYTES_OF(from->chain.raw));
	m->from = from->from;
	m->length = from->length;
	m->entries =
	    arena_take_array(a, from->entries_count, sizeof(*m->entries));
	if (m->entries == NULL)
		return STATUS_NOMEM;
	m->n_entries = from->entries_count;
	for (size_t i = 0; i < m->n_entries; i++)
		m->entries[i] = pb_data(from->entries[i]);
	return STATUS_OK;
}

static enum status
put_chain_tails(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	size_t count = r->u.tails.count;
	Tacit__Wire__ChainTails *m =
	    pb_new(a, &tacit__wire__chain_tails__descriptor);
	Tacit__Wire__ChainTail **to =
	    pb_new_array(a, &tacit__wire__chain_tail__descriptor, count);
	enum status st = STATUS_OK;

	if (m == NULL || to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < count; i++)
		st = fill_tail(&r->u.tails.tails[i], a, to[i]);
	m->tails = to;
	m->n_tails = count;
	f->chain_tails = m;
	return st;
}

static enum status
put_chain_changed(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	f->chain_changed = pb_new(a, &tacit__wire__chain_changed__descriptor);
	if (f->chain_changed == NULL)
		return STATUS_NOMEM;
	f->chain_changed->chain = pb_data(BYTES_OF(r->u.chain_changed.chain));
	f->chain_changed->length = r->u.chain_changed.length;
	return STATUS_OK;
}

static enum status
put_account_removed(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f)
{
	(void)r;
	f->account_removed =
	    pb_new(a, &tacit__wire__account_removed__descriptor);
	return f->account_removed == NULL ? STATUS_NOMEM : STATUS_OK;
}

static enum status (*const putters[])(
    const struct reply *r, struct arena *a, Tacit__Wire__RelayFrame *f) = {
	[REPLY_ERROR] = put_error,
	[REPLY_HELLO] = put_hello,
	[REPLY_REGISTERED] = put_registered,
	[REPLY_AUTHENTICATED] = put_authenticated,
	[REPLY_PREKEY_STATE] = put_prekey_state,
	[REPLY_ACCOUNT] = put_account,
	[REPLY_BUNDLES] = put_bundles,
	[REPLY_SUBMITTED] = put_submitted,
	[REPLY_PUSH] = put_push,
	[REPLY_DRAINED] = put_drained,
	[REPLY_CHAIN_APPENDED] = put_chain_appended,
	[REPLY_CHAIN_TAILS] = put_chain_tails,
	[REPLY_CHAIN_CHANGED] = put_chain_changed,
	[REPLY_ACCOUNT_REMOVED] = put_account_removed,
};

enum status
codec_put_reply(const struct reply *r, struct buf *out)
{
	Tacit__Wire__RelayFrame f = TACIT__WIRE__RELAY_FRAME__INIT;
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	if (st != STATUS_OK)
		return st;
	f.id = r->id;
	f.body_case = (Tacit__Wire__RelayFrame__BodyCase)r->kind;
	st = putters[r->kind](r, a, &f);
	if (st == STATUS_OK)
		st = part_put_message(&f.base, r->id, out);
	arena_free(a);
	return st;
}
