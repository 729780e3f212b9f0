#include "proto/link_group.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/wipe.h"
#include "proto/link_private.h"

enum {
	SECRET_TEXT_BYTES = 43,   /* base64url of 32 bytes, unpadded */
	KEY_HASH_TEXT_BYTES = 22, /* of 16 */
};

/* Which parts came; each but `admin` comes once. */
struct parts {
	bool group;
	bool id;
	bool secret;
};

static bool
parse_hex(struct bytes value, uint8_t *out, size_t len, bool *there)
{
	char digits[2 * HASH_BYTES + 1] = { 0 };

	if (*there || value.len != 2 * len)
		return false;
	memcpy(digits, value.data, value.len);
	*there = true;
	return hex_decode(digits, out, len) == STATUS_OK;
}

static bool
parse_secret(struct bytes value, struct link_group *l, struct parts *there)
{
	if (there->secret || value.len != SECRET_TEXT_BYTES)
		return false;
	there->secret = true;
	return base64url_decode(value, l->secret.raw, JOIN_SECRET_BYTES) ==
	       STATUS_OK;
}

/* NAME~HASH; a name has no tilde. */
static bool
parse_admin(struct bytes value, struct link_group *l)
{
	const uint8_t *tilde =
	    value.len > 0 ? memchr(value.data, '~', value.len) : NULL;
	struct link_admin admin;
	size_t name_len;

	if (tilde == NULL || l->admins_count == LIMIT_LINK_ADMINS)
		return false;
	name_len = (size_t)(tilde - value.data);
	if (value.len != name_len + 1 + KEY_HASH_TEXT_BYTES ||
	    account_name_parse(bytes_head(value, name_len), &admin.name) !=
		STATUS_OK ||
	    base64url_decode(bytes_tail(value, name_len + 1), admin.key_hash,
		LINK_KEY_HASH_BYTES) != STATUS_OK)
		return false;
	for (size_t i = 0; i < l->admins_count; i++)
		if (account_name_equal(&l->admins[i].name, &admin.name))
			return false;
	l->admins[l->admins_count++] = admin;
	return true;
}

/* Unknown parts are ignored. */
static bool
parse_part(struct bytes name, struct bytes value, struct link_group *l,
    struct parts *there)
{
	if (bytes_equal(name, BYTES("pin")))
		return link_parse_pin(value, &l->relay);
	if (bytes_equal(name, BYTES("group")))
		return parse_hex(
		    value, l->group.raw, HASH_BYTES, &there->group);
	if (bytes_equal(name, BYTES("link")))
		return parse_hex(value, l->id.raw, JOIN_ID_BYTES, &there->id);
	if (bytes_equal(name, BYTES("secret")))
		return parse_secret(value, l, there);
	if (bytes_equal(name, BYTES("admin")))
		return parse_admin(value, l);
	return true;
}

static const char *
parse(struct bytes left, struct link_group *l)
{
	const char *wrong = link_parse_server(&left, &l->relay);
	struct parts there = { .group = false };
	struct bytes name, value;

	if (wrong != NULL)
		return wrong;
	if (!bytes_equal(bytes_head(left, 2), BYTES("g#")))
		return "this is no link into a group: one has /g# in it";
	left = bytes_tail(left, 2);
	while (link_next_part(&left, &name, &value))
		if (!parse_part(name, value, l, &there))
			return "a part of this link is damaged; copy the whole "
			       "link again";
	if (!there.group || !there.id || !there.secret || l->admins_count == 0)
		return "a part of this link is missing; copy the whole link "
		       "again";
	return NULL;
}

enum status
link_group_parse(struct bytes text, struct link_group *l, const char **why)
{
	struct link_group got = { .admins_count = 0 };
	const char *wrong = parse(link_trim(text), &got);

	if (wrong == NULL)
		*l = got;
	else
		*why = wrong;
	link_group_clear(&got);
	return wrong == NULL ? STATUS_OK : STATUS_BAD_INPUT;
}

static enum status
put_hex(struct buf *b, struct bytes name, struct bytes raw)
{
	char text[2 * HASH_BYTES + 1];
	enum status st = buf_put(b, name);

	hex_encode(raw, text);
	return st == STATUS_OK ? buf_put(b, bytes_text(text)) : st;
}

static enum status
put_base64(struct buf *b, struct bytes name, struct bytes raw)
{
	char text[SECRET_TEXT_BYTES + 4];
	enum status st = buf_put(b, name);

	base64url_encode(raw, text, sizeof(text));
	if (st == STATUS_OK)
		st = buf_put(b, bytes_text(text));
	wipe(text, sizeof(text));
	return st;
}

static enum status
put_parts(const struct link_group *l, struct buf *b)
{
	enum status st = buf_put(b, BYTES("g#"));

	if (st == STATUS_OK && l->relay.has_pin)
		st = put_base64(b, BYTES("pin="), hash_view(&l->relay.pin));
	if (st == STATUS_OK && l->relay.has_pin)
		st = buf_put(b, BYTES(","));
	if (st == STATUS_OK)
		st = put_hex(b, BYTES("group="), hash_view(&l->group));
	if (st == STATUS_OK)
		st = put_hex(b, BYTES(",link="), BYTES_OF(l->id.raw));
	if (st == STATUS_OK)
		st = put_base64(b, BYTES(",secret="), BYTES_OF(l->secret.raw));
	for (size_t i = 0; st == STATUS_OK && i < l->admins_count; i++) {
		const struct link_admin *admin = &l->admins[i];

		st = buf_put(b, BYTES(",admin="));
		if (st == STATUS_OK)
			st = buf_put(b, account_name_bytes(&admin->name));
		if (st == STATUS_OK)
			st = put_base64(
			    b, BYTES("~"), BYTES_OF(admin->key_hash));
	}
	return st;
}

enum status
link_group_format(const struct link_group *l, char text[LIMIT_LINK_BYTES + 1])
{
	struct buf *b = NULL;
	enum status st = buf_new(LIMIT_LINK_BYTES, &b);

	if (st == STATUS_OK)
		st = link_put_server(&l->relay, b);
	if (st == STATUS_OK)
		st = put_parts(l, b);
	if (st == STATUS_OK) {
		memcpy(text, buf_view(b).data, buf_len(b));
		text[buf_len(b)] = '\0';
	}
	buf_free(b);
	return st;
}

void
link_key_hash(
    const struct sign_public *account_key, uint8_t hash[LINK_KEY_HASH_BYTES])
{
	struct hash whole;

	hash_bytes(BYTES_OF(account_key->raw), &whole);
	memcpy(hash, whole.raw, LINK_KEY_HASH_BYTES);
}

void
link_group_clear(struct link_group *l)
{
	wipe(l, sizeof(*l));
}
