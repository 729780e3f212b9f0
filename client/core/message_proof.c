#include "client/core/message_proof.h"

#include <string.h>

#include "client/core/messenger/peers.h"
#include "client/core/messenger/signing.h"
#include "store/client/repairs.h"

enum { LISTS_TRIED = 4096 }; /* of its author, for one message */

static enum status
fail(const char **wrong, const char *why)
{
	*wrong = why;
	return STATUS_CRYPTO;
}

static enum status
open_list(
    struct signed_list list, struct device_list *opened, const char **wrong)
{
	enum status st = device_list_open(list, opened);

	if (st == STATUS_CRYPTO)
		*wrong = "A device list is not signed by its account key";
	if (st == STATUS_BAD_INPUT)
		*wrong = "A device list is malformed";
	return st;
}

/* Whom it was said to: an account that signs for the key, if it is told. */
static enum status
check_other(
    const struct message_proof *p, struct proven *proven, const char **wrong)
{
	struct device_list opened;
	enum status st;

	if (p->kind == CONVERSATION_GROUP || !p->has_to_list)
		return STATUS_OK;
	st = open_list(p->to_list, &opened, wrong);
	if (st != STATUS_OK)
		return st;
	if (memcmp(&opened.account_key, &p->to_key, sizeof(p->to_key)) != 0)
		return fail(wrong,
		    "The other device list is not of the account key that the "
		    "proof names");
	proven->has_to = true;
	proven->to = opened.account;
	return STATUS_OK;
}

static enum status
check_content(const struct message_proof *p, const struct message_body *body,
    const char **wrong)
{
	struct hash digest;
	enum status st = signing_digest(p->salt, p->content, &digest);

	if (st != STATUS_OK)
		return st;
	if (memcmp(&digest, &body->content_hash, sizeof(digest)) != 0)
		return fail(wrong, "The content is not what was signed");
	return STATUS_OK;
}

static enum status
check_signature(const struct message_proof *p, const struct device_list *list,
    const char **wrong)
{
	const struct device_entry *device = device_list_find(list, p->device);
	struct hash conversation = p->group;
	const struct signer by = { &list->account, &list->account_key,
		p->device, &conversation };
	enum status st;

	if (device == NULL)
		return fail(wrong, "The author's list has no such device");
	if (p->kind == CONVERSATION_DIRECT)
		peers_conversation(
		    &list->account_key, &p->to_key, &conversation);
	st = signing_verify(&by, &device->device_key, p->body, p->signature);
	if (st == STATUS_CRYPTO)
		*wrong = "The signature is not the author's for this "
			 "conversation";
	return st;
}

enum status
message_proof_check(const struct message_proof *p, struct arena *a,
    struct proven *proven, const char **wrong)
{
	struct proven found = { .has_to = false };
	struct device_list list;
	enum status st = envelope_get_message_body(p->body, a, &found.body);

	if (st == STATUS_BAD_INPUT)
		*wrong = "The signed body is malformed";
	if (st == STATUS_OK)
		st = open_list(p->list, &list, wrong);
	if (st == STATUS_OK)
		st = check_other(p, &found, wrong);
	if (st == STATUS_OK)
		st = check_content(p, &found.body, wrong);
	if (st == STATUS_OK)
		st = check_signature(p, &list, wrong);
	if (st != STATUS_OK)
		return st;
	found.from = list.account;
	found.from_key = list.account_key;
	*proven = found;
	return STATUS_OK;
}

/* Of which account, under which key, a direct conversation with us is. */
struct other {
	const struct account_name *name;
	const struct sign_public *author_key;
	struct hash wanted; /* the signed conversation */
	struct message_proof *p;
	bool found;
};

static bool
is_between(const struct other *o, const struct sign_public *key)
{
	struct hash conversation;

	peers_conversation(o->author_key, key, &conversation);
	return memcmp(&conversation, &o->wanted, sizeof(conversation)) == 0;
}

/* Any list of that account, since its key may have changed. */
static enum status
try_list(const struct signed_list *list, void *arg)
{
	struct other *o = arg;
	struct device_list opened;
	enum status st = device_list_open(*list, &opened);

	if (st != STATUS_OK || o->found ||
	    !account_name_equal(&opened.account, o->name) ||
	    !is_between(o, &opened.account_key))
		return st;
	o->found = true;
	o->p->to_key = opened.account_key;
	o->p->has_to_list = true;
	o->p->to_list = *list;
	return STATUS_OK;
}

static enum status
find_other(
    struct step *s, const struct history_entry *e, struct message_proof *p)
{
	const struct self *self = &s->core->self;
	struct other o = {
		.name = &e->peer, .author_key = &e->from_key, .p = p
	};
	enum status st;

	if (!e->own) {
		p->to_key = self->account_key;
		p->to_list = self_signed_list(self);
		p->has_to_list = true;
		return STATUS_OK;
	}
	if (e->talk.len != sizeof(o.wanted.raw))
		return STATUS_NOT_FOUND;
	memcpy(o.wanted.raw, e->talk.data, sizeof(o.wanted.raw));
	st = lists_each(s->txn, s->arena, try_list, &o);
	return st == STATUS_OK && !o.found ? STATUS_NOT_FOUND : st;
}

/* The newest list of the author with which it holds. */
static enum status
find_author(
    struct step *s, const struct history_entry *e, struct message_proof *p)
{
	const struct address by = { e->from, e->device };
	struct known_list known = { .opened.version = UINT64_MAX };
	size_t looks = LISTS_TRIED;
	struct proven proven;
	const char *wrong;
	enum status st;

	do {
		st = list_find(s->txn, &by, &e->from_key, known.opened.version,
		    &looks, s->arena, &known);
		if (st != STATUS_OK)
			return st;
		p->list = known.list;
		st = message_proof_check(p, s->arena, &proven, &wrong);
	} while (st == STATUS_CRYPTO);
	return st == STATUS_BAD_INPUT || st == STATUS_FULL ? STATUS_NOT_FOUND
							   : st;
}

enum status
message_proof_make(
    struct step *s, const struct history_entry *e, struct message_proof *p)
{
	struct message_proof made = {
		.kind = e->conversation_kind,
		.device = e->device,
		.body = e->body,
		.signature = e->body_signature,
		.salt = e->salt,
		.content = e->text,
		.group = e->conversation,
	};
	enum status st = STATUS_OK;

	if (e->kind != HISTORY_MESSAGE || history_is_gone(e, s->now_ms) ||
	    e->signature != SIGNATURE_VALID || e->body.len == 0)
		return STATUS_NOT_FOUND;
	if (e->conversation_kind == CONVERSATION_DIRECT)
		st = find_other(s, e, &made);
	if (st == STATUS_OK)
		st = find_author(s, e, &made);
	if (st == STATUS_OK)
		*p = made;
	return st;
}
