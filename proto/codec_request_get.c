/* Requests from ClientFrame of relay.proto: everything a stranger can say. */
#include "proto/codec.h"
#include "proto/codec_part.h"
#include "proto/codec_pb.h"
#include "proto/relay.pb-c.h"

static enum status
get_hello(const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	(void)a;
	if (f->hello->version_min > f->hello->version_max)
		return STATUS_BAD_INPUT;
	r->u.hello.version_min = f->hello->version_min;
	r->u.hello.version_max = f->hello->version_max;
	r->u.hello.features = f->hello->features;
	return STATUS_OK;
}

static enum status
get_register(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__Register *m = f->register_;
	enum status st;

	(void)a;
	if (m->device == 0)
		return STATUS_BAD_INPUT;
	r->u.registration.device = m->device;
	st = pb_get_list(
	    m->list_body, m->list_signature, &r->u.registration.list);
	if (st == STATUS_OK)
		st = pb_get_view(m->account_proof, SIGN_SIGNATURE_BYTES,
		    SIGN_SIGNATURE_BYTES, &r->u.registration.account_proof);
	if (st == STATUS_OK)
		st = pb_get_view(m->device_proof, SIGN_SIGNATURE_BYTES,
		    SIGN_SIGNATURE_BYTES, &r->u.registration.device_proof);
	if (st == STATUS_OK)
		st = pb_get_text(m->join_code, LIMIT_JOIN_CODE_BYTES,
		    &r->u.registration.join_code);
	return st;
}

static enum status
get_authenticate(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__Authenticate *m = f->authenticate;
	enum status st;

	(void)a;
	st = pb_get_address(m->account, m->device, &r->u.authenticate.who);
	if (st == STATUS_OK)
		st = pb_get_view(m->proof, SIGN_SIGNATURE_BYTES,
		    SIGN_SIGNATURE_BYTES, &r->u.authenticate.proof);
	return st;
}

static enum status
get_publish(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__PublishPrekeys *m = f->publish_prekeys;

	if (m->n_prekeys == 0)
		return STATUS_BAD_INPUT;
	return pb_get_prekeys(m->prekeys, m->n_prekeys, a, &r->u.publish);
}

static enum status
get_prekey_status(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	(void)f;
	(void)a;
	(void)r;
	return STATUS_OK;
}

static enum status
get_get_account(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	(void)a;
	return pb_get_name(f->get_account->account, &r->u.account);
}

static enum status
get_take_bundles(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__TakeBundles *m = f->take_bundles;
	struct account_name *names;
	enum status st = STATUS_OK;

	if (m->n_accounts == 0 || m->n_accounts > LIMIT_BUNDLE_ACCOUNTS)
		return STATUS_BAD_INPUT;
	names = arena_take_array(a, m->n_accounts, sizeof(*names));
	if (names == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < m->n_accounts; i++)
		st = pb_get_name(m->accounts[i], &names[i]);
	r->u.bundles.names = names;
	r->u.bundles.count = m->n_accounts;
	return st;
}

static enum status
get_recipient(
    const Tacit__Wire__Recipient *m, bool shared, struct recipient *to)
{
	enum status st = pb_get_address(m->account, m->device, &to->to);

	if (st != STATUS_OK)
		return st;
	to->registration_id = m->registration_id;
	to->type = m->type;
	to->suite = m->suite;
	/* Without a payload of its own, it needs one to share. */
	return pb_get_view(
	    m->payload, shared ? 0 : 1, LIMIT_ITEM_BYTES, &to->payload);
}

static enum status
get_submit(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__Submit *m = f->submit;
	struct submit *s = &r->u.submit;
	struct recipient *to;
	enum status st;

	if (m->counter == 0 || m->n_recipients == 0 ||
	    m->n_recipients > LIMIT_RECIPIENTS)
		return STATUS_BAD_INPUT;
	to = arena_take_array(a, m->n_recipients, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	s->counter = m->counter;
	s->recipients = to;
	s->recipients_count = m->n_recipients;
	st = pb_get_fixed(m->stream, s->stream, STREAM_BYTES);
	if (st == STATUS_OK)
		st = pb_get_view(m->shared, 0, LIMIT_ITEM_BYTES, &s->shared);
	if (st == STATUS_OK)
		st = pb_get_view(m->return_handle, 0, LIMIT_RETURN_HANDLE_BYTES,
		    &s->return_handle);
	for (size_t i = 0; st == STATUS_OK && i < m->n_recipients; i++)
		st = get_recipient(m->recipients[i], s->shared.len > 0, &to[i]);
	return st;
}

static enum status
get_receive(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	(void)a;
	r->u.receive.window_items = f->receive->window_items;
	return STATUS_OK;
}

static enum status
get_acknowledge(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	(void)a;
	r->u.acknowledge_seq = f->acknowledge->seq;
	return STATUS_OK;
}

static enum status
get_chain_append(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__ChainAppend *m = f->chain_append;
	struct chain_append *c = &r->u.append;
	enum status st;

	(void)a;
	c->index = m->index;
	st = pb_get_fixed(m->chain, c->chain.raw, CHAIN_ID_BYTES);
	if (st == STATUS_OK)
		st = pb_get_view(
		    m->entry, 1, LIMIT_CHAIN_ENTRY_BYTES, &c->entry);
	if (st == STATUS_OK)
		st = pb_get_fixed(m->token, c->token.raw, CHAIN_TOKEN_BYTES);
	if (st == STATUS_OK)
		st = pb_get_optional(m->new_token, c->new_token.raw,
		    CHAIN_TOKEN_BYTES, &c->has_new_token);
	return st;
}

static enum status
get_chain_read(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__ChainRead *m = f->chain_read;
	struct chain_position *to;
	enum status st = STATUS_OK;

	if (m->n_positions == 0 || m->n_positions > LIMIT_CHAIN_READS)
		return STATUS_BAD_INPUT;
	to = arena_take_array(a, m->n_positions, sizeof(*to));
	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < m->n_positions; i++) {
		to[i].from = m->positions[i]->from;
		st = pb_get_fixed(
		    m->positions[i]->chain, to[i].chain.raw, CHAIN_ID_BYTES);
	}
	r->u.chain_read.positions = to;
	r->u.chain_read.count = m->n_positions;
	r->u.chain_read.follow = m->follow;
	return st;
}

static enum status
get_remove_account(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	(void)a;
	return pb_get_view(f->remove_account->proof, SIGN_SIGNATURE_BYTES,
	    SIGN_SIGNATURE_BYTES, &r->u.remove_proof);
}

static enum status
get_replace_devices(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__ReplaceDevices *m = f->replace_devices;
	enum status st;

	(void)a;
	if (m->device == 0)
		return STATUS_BAD_INPUT;
	r->u.replace.device = m->device;
	st = pb_get_list(m->list_body, m->list_signature, &r->u.replace.list);
	if (st == STATUS_OK)
		st = pb_get_view(m->account_proof, SIGN_SIGNATURE_BYTES,
		    SIGN_SIGNATURE_BYTES, &r->u.replace.account_proof);
	if (st == STATUS_OK)
		st = pb_get_view(m->device_proof, SIGN_SIGNATURE_BYTES,
		    SIGN_SIGNATURE_BYTES, &r->u.replace.device_proof);
	return st;
}

static enum status
get_recover_account(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r)
{
	const Tacit__Wire__RecoverAccount *m = f->recover_account;
	enum status st = pb_get_name(m->account, &r->u.recover.account);

	(void)a;
	if (st == STATUS_OK)
		st = pb_get_view(m->proof, SIGN_SIGNATURE_BYTES,
		    SIGN_SIGNATURE_BYTES, &r->u.recover.proof);
	return st;
}

static enum status (*const getters[])(
    const Tacit__Wire__ClientFrame *f, struct arena *a, struct request *r) = {
	[REQUEST_HELLO] = get_hello,
	[REQUEST_REGISTER] = get_register,
	[REQUEST_AUTHENTICATE] = get_authenticate,
	[REQUEST_PUBLISH_PREKEYS] = get_publish,
	[REQUEST_PREKEY_STATUS] = get_prekey_status,
	[REQUEST_GET_ACCOUNT] = get_get_account,
	[REQUEST_TAKE_BUNDLES] = get_take_bundles,
	[REQUEST_SUBMIT] = get_submit,
	[REQUEST_RECEIVE] = get_receive,
	[REQUEST_ACKNOWLEDGE] = get_acknowledge,
	[REQUEST_CHAIN_APPEND] = get_chain_append,
	[REQUEST_CHAIN_READ] = get_chain_read,
	[REQUEST_REMOVE_ACCOUNT] = get_remove_account,
	[REQUEST_REPLACE_DEVICES] = get_replace_devices,
	[REQUEST_RECOVER_ACCOUNT] = get_recover_account,
};

enum status
codec_get_request(
    struct bytes body, struct arena *a, struct request *r, uint64_t *id)
{
	struct request got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__ClientFrame *f;
	enum status st;

	st = pb_unpack(&tacit__wire__client_frame__descriptor, body, a, &base);
	if (st != STATUS_OK) {
		*id = part_peek_id(body);
		return st;
	}
	f = (const void *)base;
	*id = f->id;
	if (f->body_case == TACIT__WIRE__CLIENT_FRAME__BODY__NOT_SET)
		return STATUS_NOT_FOUND;
	if (f->body_case == TACIT__WIRE__CLIENT_FRAME__BODY_PART)
		return STATUS_BAD_INPUT; /* a part inside joined parts */
	got.id = f->id;
	got.kind = (enum request_kind)f->body_case;
	st = getters[got.kind](f, a, &got);
	if (st == STATUS_OK)
		*r = got;
	return st;
}
