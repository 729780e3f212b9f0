#include "proto/devices.h"

#include <sodium.h>
#include <stdbool.h>

#include "proto/arena.h"
#include "proto/codec_devices.h"

enum {
	CURVE25519_TYPE = 0x05, /* first byte of a libsignal public key */
	REGISTRATION_ID_MAX = 16380,
	DECODED_BYTES = 64 * 1024, /* of LIMIT_DEVICE_LIST_BYTES */
};

static bool
is_sound_device(const struct device_list *list, size_t at)
{
	const struct device_entry *d = &list->devices[at];

	if (d->id == 0 || d->registration_id == 0 ||
	    d->registration_id > REGISTRATION_ID_MAX ||
	    d->identity_key[0] != CURVE25519_TYPE)
		return false;
	return device_list_find(list, d->id) == d; /* no twin before it */
}

static bool
is_sound(const struct device_list *list)
{
	struct account_name name;

	if (account_name_parse(account_name_bytes(&list->account), &name) !=
		STATUS_OK ||
	    list->version == 0 || list->devices_count == 0 ||
	    list->devices_count > LIMIT_DEVICES_PER_ACCOUNT)
		return false;
	/* Spec 3.3: the first list has no previous one, told by zeros. */
	if (list->version == 1 &&
	    !sodium_is_zero(list->previous.raw, HASH_BYTES))
		return false;
	for (size_t i = 0; i < list->devices_count; i++)
		if (!is_sound_device(list, i))
			return false;
	return true;
}

enum status
device_list_sign(const struct device_list *list,
    const struct sign_secret *account_secret, struct buf **body,
    struct signature *signature)
{
	struct arena *a = NULL;
	struct buf *b = NULL;
	enum status st;

	if (!is_sound(list))
		return STATUS_BAD_INPUT;
	st = arena_new(DECODED_BYTES, &a);
	if (st != STATUS_OK)
		goto out;
	st = buf_new(LIMIT_DEVICE_LIST_BYTES, &b);
	if (st != STATUS_OK)
		goto out;
	st = codec_put_device_list(list, a, b);
	if (st != STATUS_OK)
		goto out;
	st = sign_body(
	    account_secret, SIGN_DEVICE_LIST, NULL, 0, buf_view(b), signature);
	if (st != STATUS_OK)
		goto out;
	*body = b;
	b = NULL;
out:
	buf_free(b);
	arena_free(a);
	return st;
}

enum status
device_list_open(struct signed_list from, struct device_list *list)
{
	struct device_list got;
	struct arena *a = NULL;
	enum status st;

	if (from.body.len > LIMIT_DEVICE_LIST_BYTES)
		return STATUS_BAD_INPUT;
	st = arena_new(DECODED_BYTES, &a);
	if (st != STATUS_OK)
		return st;
	st = codec_get_device_list(from.body, a, &got);
	arena_free(a);
	if (st != STATUS_OK)
		return st;
	if (!is_sound(&got))
		return STATUS_BAD_INPUT;
	st = sign_verify(&got.account_key, SIGN_DEVICE_LIST, NULL, 0, from.body,
	    from.signature);
	if (st == STATUS_OK)
		*list = got;
	return st;
}

bool
device_list_has_bad_name(struct signed_list from)
{
	struct arena *a = NULL;
	bool bad = false;

	if (from.body.len <= LIMIT_DEVICE_LIST_BYTES &&
	    arena_new(DECODED_BYTES, &a) == STATUS_OK)
		bad = codec_device_list_has_bad_name(from.body, a);
	arena_free(a);
	return bad;
}

const struct device_entry *
device_list_find(const struct device_list *list, uint32_t device)
{
	for (size_t i = 0; i < list->devices_count; i++)
		if (list->devices[i].id == device)
			return &list->devices[i];
	return NULL;
}
