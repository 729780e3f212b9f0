/* Requests as ClientFrame of relay.proto: the client's way out. */
#include <assert.h>

#include "proto/codec.h"
#include "proto/codec_part.h"
#include "proto/codec_pb.h"
#include "proto/relay.pb-c.h"

static_assert((int)REQUEST_HELLO == (int)TACIT__WIRE__CLIENT_FRAME__BODY_HELLO);
static_assert((int)REQUEST_REMOVE_ACCOUNT ==
	      (int)TACIT__WIRE__CLIENT_FRAME__BODY_REMOVE_ACCOUNT);
static_assert((int)REQUEST_RECOVER_ACCOUNT ==
	      (int)TACIT__WIRE__CLIENT_FRAME__BODY_RECOVER_ACCOUNT);

static enum status
put_hello(const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	f->hello = pb_new(a, &tacit__wire__hello__descriptor);
	if (f->hello == NULL)
		return STATUS_NOMEM;
	f->hello->version_min = r->u.hello.version_min;
	f->hello->version_max = r->u.hello.version_max;
	f->hello->features = r->u.hello.features;
	return STATUS_OK;
}

static enum status
put_register(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	Tacit__Wire__Register *m =
	    pb_new(a, &tacit__wire__register__descriptor);

	if (m == NULL)
		return STATUS_NOMEM;
	m->list_body = pb_data(r->u.registration.list.body);
	m->list_signature = pb_data(r->u.registration.list.signature);
	m->device = r->u.registration.device;
	m->account_proof = pb_data(r->u.registration.account_proof);
	m->device_proof = pb_data(r->u.registration.device_proof);
	f->register_ = m;
	return pb_copy_text(r->u.registration.join_code, a, &m->join_code);
}

static enum status
put_authenticate(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	f->authenticate = pb_new(a, &tacit__wire__authenticate__descriptor);
	if (f->authenticate == NULL)
		return STATUS_NOMEM;
	f->authenticate->account = pb_text(r->u.authenticate.who.account.text);
	f->authenticate->device = r->u.authenticate.who.device;
	f->authenticate->proof = pb_data(r->u.authenticate.proof);
	return STATUS_OK;
}

static enum status
put_publish(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	f->publish_prekeys =
	    pb_new(a, &tacit__wire__publish_prekeys__descriptor);
	if (f->publish_prekeys == NULL)
		return STATUS_NOMEM;
	return pb_put_prekeys(&r->u.publish, a, &f->publish_prekeys->prekeys,
	    &f->publish_prekeys->n_prekeys);
}

static enum status
put_prekey_status(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	(void)r;
	f->prekey_status = pb_new(a, &tacit__wire__prekey_status__descriptor);
	return f->prekey_status == NULL ? STATUS_NOMEM : STATUS_OK;
}

static enum status
put_get_account(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	f->get_account = pb_new(a, &tacit__wire__get_account__descriptor);
	if (f->get_account == NULL)
		return STATUS_NOMEM;
	f->get_account->account = pb_text(r->u.account.text);
	return STATUS_OK;
}

static enum status
put_take_bundles(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	Tacit__Wire__TakeBundles *m =
	    pb_new(a, &tacit__wire__take_bundles__descriptor);
	size_t count = r->u.bundles.count;
	char **names = arena_take_array(a, count, sizeof(*names));

	if (m == NULL || names == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++)
		names[i] = pb_text(r->u.bundles.names[i].text);
	m->accounts = names;
	m->n_accounts = count;
	f->take_bundles = m;
	return STATUS_OK;
}

static enum status
put_submit(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	const struct submit *s = &r->u.submit;
	Tacit__Wire__Submit *m = pb_new(a, &tacit__wire__submit__descriptor);
	Tacit__Wire__Recipient **to = pb_new_array(
	    a, &tacit__wire__recipient__descriptor, s->recipients_count);

	if (m == NULL || to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < s->recipients_count; i++) {
		const struct recipient *from = &s->recipients[i];

		to[i]->account = pb_text(from->to.account.text);
		to[i]->device = from->to.device;
		to[i]->registration_id = from->registration_id;
		to[i]->type = from->type;
		to[i]->suite = from->suite;
		to[i]->payload = pb_data(from->payload);
	}
	m->stream = pb_data(BYTES_OF(s->stream));
	m->counter = s->counter;
	m->shared = pb_data(s->shared);
	m->recipients = to;
	m->n_recipients = s->recipients_count;
	m->return_handle = pb_data(s->return_handle);
	f->submit = m;
	return STATUS_OK;
}

static enum status
put_receive(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	f->receive = pb_new(a, &tacit__wire__receive__descriptor);
	if (f->receive == NULL)
		return STATUS_NOMEM;
	f->receive->window_items = r->u.receive.window_items;
	return STATUS_OK;
}

static enum status
put_acknowledge(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	f->acknowledge = pb_new(a, &tacit__wire__acknowledge__descriptor);
	if (f->acknowledge == NULL)
		return STATUS_NOMEM;
	f->acknowledge->seq = r->u.acknowledge_seq;
	return STATUS_OK;
}

static enum status
put_chain_append(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	const struct chain_append *c = &r->u.append;
	Tacit__Wire__ChainAppend *m =
	    pb_new(a, &tacit__wire__chain_append__descriptor);

	if (m == NULL)
		return STATUS_NOMEM;
	m->chain = pb_data(BYTES_OF(c->chain.raw));
	m->index = c->index;
	m->entry = pb_data(c->entry);
	m->token = pb_data(BYTES_OF(c->token.raw));
	if (c->has_new_token)
		m->new_token = pb_data(BYTES_OF(c->new_token.raw));
	f->chain_append = m;
	return STATUS_OK;
}

static enum status
put_chain_read(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	size_t count = r->u.chain_read.count;
	Tacit__Wire__ChainRead *m =
	    pb_new(a, &tacit__wire__chain_read__descriptor);
	Tacit__Wire__ChainPosition **to =
	    pb_new_array(a, &tacit__wire__chain_position__descriptor, count);

	if (m == NULL || to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct chain_position *p = &r->u.chain_read.positions[i];

		to[i]->chain = pb_data(BYTES_OF(p->chain.raw));
		to[i]->from = p->from;
	}
	m->positions = to;
	m->n_positions = count;
	m->follow = r->u.chain_read.follow;
	f->chain_read = m;
	return STATUS_OK;
}

static enum status
put_remove_account(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	f->remove_account = pb_new(a, &tacit__wire__remove_account__descriptor);
	if (f->remove_account == NULL)
		return STATUS_NOMEM;
	f->remove_account->proof = pb_data(r->u.remove_proof);
	return STATUS_OK;
}

static enum status
put_replace_devices(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	Tacit__Wire__ReplaceDevices *m =
	    pb_new(a, &tacit__wire__replace_devices__descriptor);

	if (m == NULL)
		return STATUS_NOMEM;
	m->list_body = pb_data(r->u.replace.list.body);
	m->list_signature = pb_data(r->u.replace.list.signature);
	m->device = r->u.replace.device;
	m->account_proof = pb_data(r->u.replace.account_proof);
	m->device_proof = pb_data(r->u.replace.device_proof);
	f->replace_devices = m;
	return STATUS_OK;
}

static enum status
put_recover_account(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f)
{
	f->recover_account =
	    pb_new(a, &tacit__wire__recover_account__descriptor);
	if (f->recover_account == NULL)
		return STATUS_NOMEM;
	f->recover_account->account = pb_text(r->u.recover.account.text);
	f->recover_account->proof = pb_data(r->u.recover.proof);
	return STATUS_OK;
}

static enum status (*const putters[])(
    const struct request *r, struct arena *a, Tacit__Wire__ClientFrame *f) = {
	[REQUEST_HELLO] = put_hello,
	[REQUEST_REGISTER] = put_register,
	[REQUEST_AUTHENTICATE] = put_authenticate,
	[REQUEST_PUBLISH_PREKEYS] = put_publish,
	[REQUEST_PREKEY_STATUS] = put_prekey_status,
	[REQUEST_GET_ACCOUNT] = put_get_account,
	[REQUEST_TAKE_BUNDLES] = put_take_bundles,
	[REQUEST_SUBMIT] = put_submit,
	[REQUEST_RECEIVE] = put_receive,
	[REQUEST_ACKNOWLEDGE] = put_acknowledge,
	[REQUEST_CHAIN_APPEND] = put_chain_append,
	[REQUEST_CHAIN_READ] = put_chain_read,
	[REQUEST_REMOVE_ACCOUNT] = put_remove_account,
	[REQUEST_REPLACE_DEVICES] = put_replace_devices,
	[REQUEST_RECOVER_ACCOUNT] = put_recover_account,
};

enum status
codec_put_request(const struct request *r, struct buf *out)
{
	Tacit__Wire__ClientFrame f = TACIT__WIRE__CLIENT_FRAME__INIT;
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	if (st != STATUS_OK)
		return st;
	f.id = r->id;
	f.body_case = (Tacit__Wire__ClientFrame__BodyCase)r->kind;
	st = putters[r->kind](r, a, &f);
	if (st == STATUS_OK)
		st = part_put_message(&f.base, r->id, out);
	arena_free(a);
	return st;
}
