/* api_proof.c - what was said, shown to somebody who was not there. */
#include <string.h>

#include "base/number.h"
#include "client/core/expiry.h"
#include "client/core/handle.h"
#include "client/core/message_proof.h"

static struct tacit_bytes
lend(struct bytes b)
{
	return (struct tacit_bytes){ b.data, b.len };
}

static struct bytes
take(struct tacit_bytes b)
{
	return bytes_view(b.data, b.len);
}

static void
show_proof(const struct message_proof *p, tacit_proof_fn *show, void *arg)
{
	struct tacit_proof out = {
		.kind = TACIT_DIRECT,
		.device = p->device,
		.body = lend(p->body),
		.signature = lend(p->signature),
		.salt = lend(p->salt),
		.content = lend(p->content),
		.list_body = lend(p->list.body),
		.list_signature = lend(p->list.signature),
	};

	if (p->kind == CONVERSATION_GROUP) {
		out.kind = TACIT_GROUP;
		out.group = lend(hash_view(&p->group));
	} else {
		out.to_key = lend(BYTES_OF(p->to_key.raw));
	}
	if (p->kind == CONVERSATION_DIRECT && p->has_to_list) {
		out.to_list_body = lend(p->to_list.body);
		out.to_list_signature = lend(p->to_list.signature);
	}
	show(&out, arg);
}

static enum status
prove(struct tacit *t, const char *id, tacit_proof_fn *show, void *arg)
{
	struct history_entry entry;
	struct message_proof p;
	struct step s = { 0 };
	uint64_t n;
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = history_find_prefix(s.txn, id, &n);
	if (st == STATUS_OK)
		st = history_get(s.txn, n, s.arena, &entry);
	if (st == STATUS_OK)
		st = message_proof_make(&s, &entry, &p);
	if (st == STATUS_OK)
		show_proof(&p, show, arg);
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_proof(struct tacit *t, const char *id, tacit_proof_fn *show, void *arg,
    struct tacit_error *e)
{
	enum status st;

	error_clear(e);
	st = expiry_run(&t->core);
	if (st == STATUS_OK)
		st = prove(t, id, show, arg);
	if (st == STATUS_BAD_INPUT)
		return error_set(e, TACIT_USAGE,
		    "This is no id of a message, nor its first 8 digits or "
		    "more; see `tacit history --long`.");
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_NOT_FOUND,
		    "More than one message has an id that begins so; give "
		    "more of it.");
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "There is no such message, or nothing that proves it: its "
		    "text is gone, it was not sent, or its signature is not "
		    "valid.");
	return error_status(e, st);
}

/* BAD_INPUT: a length that is none. */
static enum status
take_where(const struct tacit_proof *from, struct message_proof *p)
{
	bool group = from->kind == TACIT_GROUP;
	struct tacit_bytes where = group ? from->group : from->to_key;

	p->kind = group ? CONVERSATION_GROUP : CONVERSATION_DIRECT;
	if (where.len != HASH_BYTES)
		return STATUS_BAD_INPUT;
	memcpy(group ? p->group.raw : p->to_key.raw, where.data, HASH_BYTES);
	p->has_to_list = !group && from->to_list_body.len > 0;
	p->to_list.body = take(from->to_list_body);
	p->to_list.signature = take(from->to_list_signature);
	return STATUS_OK;
}

static const char *
message_name(uint32_t type)
{
	static const char *const names[] = {
		[MESSAGE_TEXT] = "text",
		[MESSAGE_REACTION] = "reaction",
		[MESSAGE_EDIT] = "edit",
		[MESSAGE_DELETION] = "deletion",
	};

	return type >= MESSAGE_TEXT && type <= MESSAGE_DELETION ? names[type]
								: "?";
}

/* What a verdict borrows. */
struct texts {
	char from_key[2 * SIGN_PUBLIC_BYTES + 1];
	char where[2 * HASH_BYTES + 1];
	char id[2 * MESSAGE_ID_BYTES + 1];
	char about[2 * MESSAGE_ID_BYTES + 1];
};

static void
show_proven(const struct message_proof *p, const struct proven *found,
    tacit_proven_fn *show, void *arg)
{
	const struct message_body *body = &found->body;
	bool group = p->kind == CONVERSATION_GROUP;
	struct texts t;
	struct tacit_proven out = {
		.from = found->from.text,
		.from_key = t.from_key,
		.device = p->device,
		.kind = group ? TACIT_GROUP : TACIT_DIRECT,
		.group = group ? t.where : NULL,
		.to_key = group ? NULL : t.where,
		.to = found->has_to ? found->to.text : NULL,
		.id = t.id,
		.sent_ms = body->sent_ms,
		.seq = body->seq,
		.message = message_name(body->type),
		.about = body->has_target ? t.about : NULL,
		.content = (const char *)p->content.data,
		.content_len = p->content.len,
	};

	hex_encode(BYTES_OF(found->from_key.raw), t.from_key);
	hex_encode(
	    group ? hash_view(&p->group) : BYTES_OF(p->to_key.raw), t.where);
	hex_encode(BYTES_OF(body->id.raw), t.id);
	if (body->has_target)
		hex_encode(BYTES_OF(body->target.id.raw), t.about);
	show(&out, arg);
}

enum tacit_code
tacit_proof_check(const struct tacit_proof *proof, tacit_proven_fn *show,
    void *arg, struct tacit_error *e)
{
	struct message_proof p = {
		.device = proof->device,
		.body = take(proof->body),
		.signature = take(proof->signature),
		.salt = take(proof->salt),
		.content = take(proof->content),
		.list = { take(proof->list_body), take(proof->list_signature) },
	};
	const char *wrong = "It does not say in which conversation";
	struct proven found;
	struct arena *a = NULL;
	enum status st;

	error_clear(e);
	st = arena_new(LIMIT_ARENA_BYTES, &a);
	if (st == STATUS_OK)
		st = take_where(proof, &p);
	if (st == STATUS_OK)
		st = message_proof_check(&p, a, &found, &wrong);
	if (st == STATUS_OK)
		show_proven(&p, &found, show, arg);
	arena_free(a);
	if (st == STATUS_CRYPTO || st == STATUS_BAD_INPUT)
		return error_set(
		    e, TACIT_FAILED, "This proves nothing: %s.", wrong);
	return error_status(e, st);
}
