/* api_device.c - which devices an account has. */
#include <string.h>

#include "base/number.h"
#include "client/core/api/api_contacts.h"
#include "client/core/error.h"
#include "client/core/handle.h"
#include "store/client/repairs.h"

enum {
	FINGERPRINT_BYTES = 8, /* of the SHA-256 of a device key */
	FINGERPRINT_GROUP = 4, /* digits */
};

struct listing {
	struct device_list now;
	int64_t listed_ms[LIMIT_DEVICES_PER_ACCOUNT];
};

/* "3f2a 90c1 ..." of 16 digits. */
static void
print_fingerprint(const struct sign_public *key, char *text)
{
	char digits[2 * FINGERPRINT_BYTES + 1];
	struct hash hash;
	size_t at = 0;

	hash_bytes(BYTES_OF(key->raw), &hash);
	hex_encode(bytes_view(hash.raw, FINGERPRINT_BYTES), digits);
	for (size_t i = 0; digits[i] != '\0'; i++) {
		if (i > 0 && i % FINGERPRINT_GROUP == 0)
			text[at++] = ' ';
		text[at++] = digits[i];
	}
	text[at] = '\0';
}

/* Lists of the same account key tell since when a device stands on one. */
static enum status
look_back(const struct signed_list *list, void *arg)
{
	struct listing *l = arg;
	struct device_list older;

	if (device_list_open(*list, &older) != STATUS_OK ||
	    memcmp(&older.account_key, &l->now.account_key,
		sizeof(older.account_key)) != 0)
		return STATUS_OK;
	for (size_t i = 0; i < l->now.devices_count; i++) {
		const struct device_entry *d =
		    device_list_find(&older, l->now.devices[i].id);

		if (d != NULL && older.issued_ms < l->listed_ms[i] &&
		    memcmp(&d->device_key, &l->now.devices[i].device_key,
			sizeof(d->device_key)) == 0)
			l->listed_ms[i] = older.issued_ms;
	}
	return STATUS_OK;
}

static enum status
find_list(struct step *s, const char *name, struct device_list *list)
{
	struct contact c;
	enum status st;

	if (name == NULL ||
	    strcmp(name, s->core->self.address.account.text) == 0) {
		*list = s->core->self.list;
		return STATUS_OK;
	}
	st = contact_find(s, name, &c);
	if (st == STATUS_OK)
		*list = c.list;
	return st;
}

static void
tell(const struct listing *l, const struct self *self,
    void (*each)(const struct tacit_device *d, void *arg), void *arg)
{
	char fingerprint[2 * FINGERPRINT_BYTES + FINGERPRINT_GROUP];

	for (size_t i = 0; i < l->now.devices_count; i++) {
		const struct device_entry *d = &l->now.devices[i];
		struct tacit_device told = {
			.account = l->now.account.text,
			.device = d->id,
			.fingerprint = fingerprint,
			.listed_ms = l->listed_ms[i],
			.is_this = memcmp(&d->device_key, &self->device_key,
				       sizeof(d->device_key)) == 0,
		};

		print_fingerprint(&d->device_key, fingerprint);
		each(&told, arg);
	}
}

enum tacit_code
tacit_devices(struct tacit *t, const char *name,
    void (*each)(const struct tacit_device *d, void *arg), void *arg,
    struct tacit_error *e)
{
	struct listing l = { .listed_ms = { 0 } };
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = find_list(&s, name, &l.now);
	for (size_t i = 0; st == STATUS_OK && i < l.now.devices_count; i++)
		l.listed_ms[i] = l.now.issued_ms;
	if (st == STATUS_OK)
		st = lists_each(s.txn, s.arena, look_back, &l);
	step_abort(&s);
	if (st != STATUS_OK)
		return name != NULL ? contact_explain(e, name, st)
				    : error_status(e, st);
	tell(&l, &t->core.self, each, arg);
	return error_clear(e);
}
