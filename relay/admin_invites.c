/*
 * admin_invites.c - join codes: which there are, a new one, one less.
 *
 * Codes do not come here: whoever makes one asks for the salt and sends the
 * hash, which takes time to compute.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "relay/admin_private.h"

/* Labels of an earlier release may be any bytes. */
static json_t *
label_of(const char *label)
{
	char plain[STORAGE_LABEL_BYTES + 1];
	json_t *text = json_string(label);

	if (text != NULL)
		return text;
	snprintf(plain, sizeof(plain), "%s", label);
	for (char *c = plain; *c != '\0'; c++)
		*c = (unsigned char)*c < 0x80 ? *c : '?';
	return json_string(plain);
}

static json_t *
invite_object(const struct storage_invite_info *i)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:I,s:o,s:o}", "type", "invite-item",
	    "id", i->id, "label", label_of(i->label), "uses_left",
	    i->endless ? json_null() : json_integer((json_int_t)i->uses_left),
	    "used", (json_int_t)i->used, "created_at",
	    admin_time(i->created_ms), "expires_at", admin_time(i->expires_ms));
}

static void listed(struct admin_call *c);

static void
page(struct admin_call *c)
{
	if (admin_arena(c))
		admin_storage(c, STORAGE_INVITES, listed);
}

static void
listed(struct admin_call *c)
{
	struct storage_invites_op *op = &c->op.u.invites;

	if (c->op.status != STATUS_OK) {
		admin_refuse_status(c, c->op.status, "listing the invitations");
		return;
	}
	for (size_t i = 0; i < op->count; i++)
		admin_say(c, invite_object(&op->items[i]));
	if (op->more) {
		op->after = op->last;
		admin_pause(c, page);
	} else {
		admin_finish(c);
	}
}

void
admin_invite_list(struct admin_call *c)
{
	page(c);
}

static void
revoked(struct admin_call *c)
{
	const char *id = admin_text(c, "id");

	switch ((int)c->op.status) {
	case STATUS_OK:
		admin_say(c, invite_object(&c->op.u.invite_revoke.revoked));
		admin_finish(c);
		return;
	case STATUS_NOT_FOUND:
		admin_refuse(c, ADMIN_NOT_FOUND,
		    "no invitation's id begins with %s", id);
		return;
	case STATUS_CONFLICT:
		admin_refuse(c, ADMIN_USAGE,
		    "several invitations' ids begin with %s; say more of it",
		    id);
		return;
	case STATUS_BAD_INPUT:
		admin_refuse(c, ADMIN_USAGE,
		    "an invitation's id is %d to %d hexadecimal digits",
		    STORAGE_INVITE_ID_LEAST, STORAGE_INVITE_ID_DIGITS);
		return;
	default:
		admin_refuse_status(c, c->op.status, "revoking the invitation");
	}
}

void
admin_invite_revoke(struct admin_call *c)
{
	struct storage_invite_revoke_op *op = &c->op.u.invite_revoke;
	const char *id = admin_text(c, "id");

	/* What is cut off makes it too long to be one. */
	if (id == NULL || strlen(id) >= sizeof(op->prefix))
		id = "";
	memcpy(op->prefix, id, strlen(id) + 1);
	admin_storage(c, STORAGE_INVITE_REVOKE, revoked);
}

void
admin_invite_salt(struct admin_call *c)
{
	char text[2 * JOIN_SALT_BYTES + 1];
	uint8_t salt[JOIN_SALT_BYTES];

	storage_join_salt(c->host->storage, salt);
	hex_encode(BYTES_OF(salt), text);
	admin_say(c, json_pack("{s:s,s:s}", "type", "salt", "salt", text));
	admin_finish(c);
}

static void
put(struct admin_call *c)
{
	char id[STORAGE_INVITE_ID_DIGITS + 1] = "";
	const struct storage_invite_put_op *op = &c->op.u.invite_put;

	if (c->op.status != STATUS_OK && c->op.status != STATUS_EXISTS) {
		admin_refuse_status(c, c->op.status, "storing the invitation");
		return;
	}
	hex_encode(bytes_head(hash_view(&op->invite.code_hash),
		       STORAGE_INVITE_ID_DIGITS / 2),
	    id);
	admin_say(c, json_pack("{s:s,s:s,s:b}", "type", "stored", "id", id,
			 "replaced", op->replaced));
	admin_finish(c);
}

void
admin_invite_put(struct admin_call *c)
{
	struct storage_invite *invite = &c->op.u.invite_put.invite;
	const char *hash = admin_text(c, "code_hash");
	const char *label = admin_text(c, "label");
	int64_t uses = 0;

	if (hash == NULL || label == NULL ||
	    strlen(label) > STORAGE_LABEL_BYTES ||
	    !admin_number(c, "uses", &uses) || uses < 0 ||
	    !admin_number(c, "expires_ms", &invite->expires_ms) ||
	    invite->expires_ms < 0 ||
	    hex_decode(hash, invite->code_hash.raw,
		sizeof(invite->code_hash.raw)) != STATUS_OK) {
		admin_refuse(c, ADMIN_USAGE, "that is no invitation");
		return;
	}
	invite->uses = (uint64_t)uses;
	memcpy(invite->label, label, strlen(label) + 1);
	admin_storage(c, STORAGE_INVITE_PUT, put);
}
