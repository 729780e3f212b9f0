#include "tests/support/wire_devices.h"

#include <string.h>

#include "base/random.h"

enum status
wire_person_next(const struct wire_person *old,
    const struct sign_public *recovery, struct wire_person *next)
{
	const struct signed_list from = { buf_view(old->list_body),
		BYTES_OF(old->list_signature.raw) };
	struct device_list list;
	struct device_entry *d = &list.devices[0];
	enum status st = device_list_open(from, &list);

	if (st != STATUS_OK)
		return st;
	*next = *old;
	next->list_body = NULL;
	next->who.device = list.devices[list.devices_count - 1].id + 1;
	next->registration_id = 1 + random_below(16380);
	sign_generate(&next->device_key, &next->device_secret);
	hash_bytes(from.body, &list.previous);
	list.version++;
	list.devices_count = 1;
	d->id = next->who.device;
	d->registration_id = next->registration_id;
	random_bytes(d->identity_key, sizeof(d->identity_key));
	d->identity_key[0] = 5;
	d->device_key = next->device_key;
	list.has_recovery = recovery != NULL;
	if (recovery != NULL)
		list.recovery_key = *recovery;
	return device_list_sign(&list, &next->account_secret, &next->list_body,
	    &next->list_signature);
}

enum status
wire_replace(struct wire *w, const struct wire_person *p, struct reply *r)
{
	struct request ask = { .kind = REQUEST_REPLACE_DEVICES };
	struct signature by_account, by_device;
	struct proof_context context;
	struct hash hash;
	enum status st;

	wire_proof_context(w, &p->who, &context);
	hash_bytes(buf_view(p->list_body), &hash);
	st = proof_make(&context, SIGN_REPLACE_DEVICES, hash_view(&hash),
	    &p->account_secret, &by_account);
	if (st == STATUS_OK)
		st = proof_make(&context, SIGN_REPLACE_DEVICES,
		    hash_view(&hash), &p->device_secret, &by_device);
	if (st != STATUS_OK)
		return st;
	ask.u.replace.list.body = buf_view(p->list_body);
	ask.u.replace.list.signature = BYTES_OF(p->list_signature.raw);
	ask.u.replace.device = p->who.device;
	ask.u.replace.account_proof = BYTES_OF(by_account.raw);
	ask.u.replace.device_proof = BYTES_OF(by_device.raw);
	return wire_ask(w, &ask, r);
}

enum status
wire_recover(struct wire *w, const struct account_name *name,
    const struct sign_secret *recovery, struct reply *r)
{
	struct request ask = { .kind = REQUEST_RECOVER_ACCOUNT };
	const struct address who = { .account = *name };
	struct proof_context context;
	struct signature proof;
	enum status st;

	wire_proof_context(w, &who, &context);
	st = proof_make(&context, SIGN_RECOVER, BYTES_NONE, recovery, &proof);
	if (st != STATUS_OK)
		return st;
	ask.u.recover.account = *name;
	ask.u.recover.proof = BYTES_OF(proof.raw);
	return wire_ask(w, &ask, r);
}
