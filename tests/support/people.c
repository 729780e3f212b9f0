#include "tests/support/people.h"

#include "tests/support/test.h"

void
person_make(struct person *p, const char *name)
{
	struct device_list list = { .version = 1, .suites = 1 };

	memset(p, 0, sizeof(*p));
	assert_status(STATUS_OK,
	    account_name_parse(bytes_text(name), &p->address.account));
	p->address.device = 1;
	sign_generate(&p->account_key, &p->account_secret);
	sign_generate(&p->device_key, &p->device_secret);
	list.account = p->address.account;
	list.account_key = p->account_key;
	list.issued_ms = 1;
	list.devices_count = 1;
	list.devices[0].id = 1;
	list.devices[0].registration_id = 7;
	list.devices[0].identity_key[0] = 5;
	list.devices[0].identity_key[1] = 9;
	list.devices[0].device_key = p->device_key;
	assert_status(STATUS_OK, device_list_sign(&list, &p->account_secret,
				     &p->list_body, &p->list_signature));
}

void
person_clear(struct person *p)
{
	buf_free(p->list_body);
	sign_secret_clear(&p->account_secret);
	sign_secret_clear(&p->device_secret);
}

struct signed_list
person_list(const struct person *p)
{
	return (struct signed_list){ buf_view(p->list_body),
		BYTES_OF(p->list_signature.raw) };
}

struct buf *
person_entry(
    const struct person *p, struct group_entry_body body, struct hash *hash)
{
	struct group_entry e = { .list = person_list(p) };
	struct signature signature;
	struct buf *raw = NULL;
	struct buf *entry = NULL;

	body.author = p->address;
	body.author_key = p->account_key;
	hash_bytes(e.list.body, &body.list_hash);
	assert_status(STATUS_OK, buf_new(LIMIT_CHAIN_ENTRY_BYTES, &raw));
	assert_status(STATUS_OK, buf_new(LIMIT_CHAIN_ENTRY_BYTES, &entry));
	assert_status(STATUS_OK, group_put_body(&body, raw));
	assert_status(STATUS_OK, sign_body(&p->device_secret, SIGN_GROUP_ENTRY,
				     NULL, 0, buf_view(raw), &signature));
	hash_bytes(buf_view(raw), hash);
	e.body = buf_view(raw);
	e.signature = BYTES_OF(signature.raw);
	assert_status(STATUS_OK, group_put_entry(&e, entry));
	buf_free(raw);
	return entry;
}
