/* uplink_prove.c - showing the relay who we are (protocol.md 4.2, 4.3). */
#include <string.h>

#include "client/core/uplink/uplink_private.h"
#include "proto/proof.h"

static enum status
context_of(
    struct uplink *u, const struct address *who, struct proof_context *context)
{
	const struct reply *hello = uplink_hello(u);

	context->who = *who;
	context->relay_key = hello->u.hello.relay_key;
	memcpy(context->nonce, hello->u.hello.nonce, sizeof(context->nonce));
	return uplink_exporter(u, context->exporter);
}

enum status
uplink_authenticate(struct uplink *u, const struct self *self,
    int64_t deadline_ms, struct mailbox_state *mailbox,
    struct prekey_state *prekeys)
{
	struct request r = { .kind = REQUEST_AUTHENTICATE };
	struct proof_context context;
	struct signature proof;
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum status st;

	st = context_of(u, &self->address, &context);
	if (st == STATUS_OK)
		st = proof_make(&context, SIGN_AUTHENTICATE, BYTES_NONE,
		    &self->device_secret, &proof);
	if (st == STATUS_OK)
		st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);
	if (st != STATUS_OK)
		goto out;
	r.u.authenticate.who = self->address;
	r.u.authenticate.proof = BYTES_OF(proof);
	st = uplink_call(u, &r, deadline_ms, a, &reply);
	if (st != STATUS_OK)
		goto out;
	if (reply.kind == REPLY_AUTHENTICATED) {
		*mailbox = reply.u.authenticated.mailbox;
		*prekeys = reply.u.authenticated.prekeys;
	} else if (reply.kind != REPLY_ERROR) {
		st = STATUS_BAD_INPUT;
	} else if (reply.u.error.code == ERROR_DENIED) {
		st = STATUS_DENIED;
	} else if (reply.u.error.code == ERROR_SUSPENDED) {
		st = STATUS_FULL;
	} else {
		st = STATUS_UNREACHABLE;
	}
out:
	arena_free(a);
	return st;
}

/* By the account's key and by the device's, over this very list. */
static enum status
sign_list_proofs(struct uplink *u, const struct self *self,
    enum sign_purpose purpose, struct signature *by_account,
    struct signature *by_device)
{
	struct proof_context context;
	struct hash hash;
	enum status st = context_of(u, &self->address, &context);

	hash_bytes(self_signed_list(self).body, &hash);
	if (st == STATUS_OK)
		st = proof_make(&context, purpose, hash_view(&hash),
		    &self->account_secret, by_account);
	if (st == STATUS_OK)
		st = proof_make(&context, purpose, hash_view(&hash),
		    &self->device_secret, by_device);
	return st;
}

enum status
uplink_register(struct uplink *u, const struct self *self,
    struct bytes join_code, int64_t deadline_ms, struct arena *a,
    struct reply *reply)
{
	struct request r = { .kind = REQUEST_REGISTER };
	struct signature by_account, by_device;
	enum status st;

	r.u.registration.list = self_signed_list(self);
	st = sign_list_proofs(u, self, SIGN_REGISTER, &by_account, &by_device);
	if (st != STATUS_OK)
		return st;
	r.u.registration.device = self->address.device;
	r.u.registration.account_proof = BYTES_OF(by_account);
	r.u.registration.device_proof = BYTES_OF(by_device);
	r.u.registration.join_code = join_code;
	st = uplink_call(u, &r, deadline_ms, a, reply);
	if (st == STATUS_OK && reply->kind != REPLY_REGISTERED &&
	    reply->kind != REPLY_ERROR)
		st = STATUS_BAD_INPUT;
	return st;
}

enum status
uplink_replace_devices(struct uplink *u, const struct self *self,
    int64_t deadline_ms, struct arena *a, struct reply *reply)
{
	struct request r = { .kind = REQUEST_REPLACE_DEVICES };
	struct signature by_account, by_device;
	enum status st = sign_list_proofs(
	    u, self, SIGN_REPLACE_DEVICES, &by_account, &by_device);

	if (st != STATUS_OK)
		return st;
	r.u.replace.list = self_signed_list(self);
	r.u.replace.device = self->address.device;
	r.u.replace.account_proof = BYTES_OF(by_account);
	r.u.replace.device_proof = BYTES_OF(by_device);
	st = uplink_call(u, &r, deadline_ms, a, reply);
	if (st == STATUS_OK && reply->kind != REPLY_REGISTERED &&
	    reply->kind != REPLY_ERROR)
		st = STATUS_BAD_INPUT;
	return st;
}

enum status
uplink_recover_account(struct uplink *u, const struct account_name *name,
    const struct sign_secret *recovery, int64_t deadline_ms, struct arena *a,
    struct reply *reply)
{
	struct request r = { .kind = REQUEST_RECOVER_ACCOUNT };
	const struct address who = { .account = *name };
	struct proof_context context;
	struct signature proof;
	enum status st = context_of(u, &who, &context);

	if (st == STATUS_OK)
		st = proof_make(
		    &context, SIGN_RECOVER, BYTES_NONE, recovery, &proof);
	if (st != STATUS_OK)
		return st;
	r.u.recover.account = *name;
	r.u.recover.proof = BYTES_OF(proof);
	st = uplink_call(u, &r, deadline_ms, a, reply);
	if (st == STATUS_OK && reply->kind != REPLY_ACCOUNT &&
	    reply->kind != REPLY_ERROR)
		st = STATUS_BAD_INPUT;
	return st;
}

enum status
uplink_remove_account(struct uplink *u, const struct self *self,
    int64_t deadline_ms, struct arena *a, struct reply *reply)
{
	struct request r = { .kind = REQUEST_REMOVE_ACCOUNT };
	struct proof_context context;
	struct signature proof;
	enum status st = context_of(u, &self->address, &context);

	if (st == STATUS_OK)
		st = proof_make(&context, SIGN_REMOVE_ACCOUNT, BYTES_NONE,
		    &self->account_secret, &proof);
	if (st != STATUS_OK)
		return st;
	r.u.remove_proof = BYTES_OF(proof);
	st = uplink_call(u, &r, deadline_ms, a, reply);
	if (st == STATUS_OK && reply->kind != REPLY_ACCOUNT_REMOVED &&
	    reply->kind != REPLY_ERROR)
		st = STATUS_BAD_INPUT;
	return st;
}
