/* link: tacit_store_client */
/*
 * Stored records of a client: the first byte says which.  What decodes must
 * encode and decode again; what was not sealed must not open.
 */
#include <sodium.h>
#include <stdlib.h>

#include "store/client/record.h"
#include "store/client/vault_private.h"
#include "tests/fuzz/fuzz.h"

struct input {
	struct bytes from;
	struct arena *a;
	struct buf *out;
};

/* Decode, encode, decode: each kind has its own types and so its own code. */
#define ROUND_TRIP(name, type)                                                 \
	static bool name##_again(struct input *in)                             \
	{                                                                      \
		static type first, second;                                     \
                                                                               \
		if (record_open_##name(in->from, in->a, &first) != STATUS_OK)  \
			return false;                                          \
		if (record_pack_##name(&first, in->out) != STATUS_OK ||        \
		    record_open_##name(buf_view(in->out), in->a, &second) !=   \
			STATUS_OK)                                             \
			abort();                                               \
		return true;                                                   \
	}

ROUND_TRIP(self, struct self)
ROUND_TRIP(counters, struct counters)
ROUND_TRIP(contact, struct contact)
ROUND_TRIP(pair, struct pair_state)
ROUND_TRIP(history, struct history_entry)
ROUND_TRIP(sender, struct sender_state)
ROUND_TRIP(join, struct join_row)
ROUND_TRIP(departure, struct departure_row)
ROUND_TRIP(request, struct request_row)
ROUND_TRIP(requests_state, struct requests_state)
ROUND_TRIP(prekey_life, struct prekey_life)
ROUND_TRIP(gap, struct gap)
ROUND_TRIP(stamped, struct stamped)
ROUND_TRIP(signed_list, struct signed_list)
ROUND_TRIP(quarantine, struct quarantine_entry)
ROUND_TRIP(group, struct group_record)
ROUND_TRIP(group_secret, struct group_secret)
ROUND_TRIP(group_ref, struct hash)
ROUND_TRIP(keyslots, struct keyslots)
ROUND_TRIP(receipt_state, struct receipt_state)
ROUND_TRIP(receipt_due, struct receipt_due)
ROUND_TRIP(settings, struct settings)
ROUND_TRIP(told, struct told)
ROUND_TRIP(told_news, struct told_news)

/* A head comes out of a stream that opened, from whoever made the backup. */
static bool
backup_never(struct input *in)
{
	int64_t made_ms;

	return record_open_backup(in->from, in->a, &made_ms) == STATUS_OK;
}

static bool
number_again(struct input *in)
{
	uint64_t first, second;

	if (record_open_number(in->from, in->a, &first) != STATUS_OK)
		return false;
	if (record_pack_number(first, in->out) != STATUS_OK ||
	    record_open_number(buf_view(in->out), in->a, &second) != STATUS_OK)
		abort();
	return first == second || (abort(), false);
}

static bool
outbox_again(struct input *in)
{
	struct outbox_row first, second;

	if (record_open_outbox(in->from, in->a, &first) != STATUS_OK)
		return false;
	if (record_pack_outbox(&first, in->a, in->out) != STATUS_OK ||
	    record_open_outbox(buf_view(in->out), in->a, &second) != STATUS_OK)
		abort();
	return first.recipients_count == second.recipients_count ||
	       (abort(), false);
}

static bool
audience_again(struct input *in)
{
	struct audience first, second;
	uint64_t then, now;

	if (record_open_audience(in->from, in->a, &first, &then) != STATUS_OK)
		return false;
	if (record_pack_audience(&first, then, in->a, in->out) != STATUS_OK ||
	    record_open_audience(buf_view(in->out), in->a, &second, &now) !=
		STATUS_OK)
		abort();
	return (then == now && first.count == second.count) || (abort(), false);
}

static bool
prekey_again(struct input *in)
{
	struct stored_prekey first, second;
	struct bytes record;

	if (record_open_prekey(in->from, in->a, &first, &record) != STATUS_OK)
		return false;
	if (record_pack_prekey(&first, record, in->out) != STATUS_OK ||
	    record_open_prekey(buf_view(in->out), in->a, &second, &record) !=
		STATUS_OK)
		abort();
	return first.id == second.id || (abort(), false);
}

static bool
check_again(struct input *in)
{
	uint32_t format;

	return record_open_check(in->from, in->a, &format) == STATUS_OK;
}

/* Nobody holds this key, so nothing opens. */
static bool
unseal_never(struct input *in)
{
	static const struct keyring ring = { .epochs_count = 1,
		.epochs = { { .serial = 1 } } };

	if (vault_unseal(&ring, VAULT_META, BYTES("key"), in->from, in->out) ==
	    STATUS_OK)
		abort();
	return false;
}

/* A ring that can be read can be settled, or is refused; both generations. */
static bool
ring_again(struct input *in)
{
	struct keyring *ring = NULL;

	if (sodium_init() < 0)
		abort();
	if (keyring_parse(in->from, &ring) != STATUS_OK)
		return false;
	for (int i = 0; i < 2; i++) {
		struct keyring *settled = NULL;
		enum status st = keyring_settle(
		    ring, i == 0 ? ring->before : ring->after, &settled);

		if (st == STATUS_OK &&
		    !keyring_is_tidy(settled, settled->after))
			abort();
		if (st != STATUS_OK && st != STATUS_CRYPTO)
			abort();
		keyring_let_go(settled);
	}
	keyring_let_go(ring);
	return true;
}

static bool
words_again(struct input *in)
{
	struct words first, second;

	if (record_open_words(in->from, in->a, &first) != STATUS_OK)
		return false;
	if (record_pack_words(&first, in->out) != STATUS_OK ||
	    record_open_words(buf_view(in->out), in->a, &second) != STATUS_OK)
		abort();
	return first.edits_count == second.edits_count || (abort(), false);
}

static bool (*const kinds[])(struct input *in) = {
	self_again,
	counters_again,
	contact_again,
	pair_again,
	history_again,
	sender_again,
	quarantine_again,
	group_again,
	group_secret_again,
	group_ref_again,
	keyslots_again,
	number_again,
	outbox_again,
	prekey_again,
	check_again,
	unseal_never,
	gap_again,
	stamped_again,
	signed_list_again,
	receipt_state_again,
	receipt_due_again,
	join_again,
	audience_again,
	ring_again,
	words_again,
	request_again,
	requests_state_again,
	departure_again,
	prekey_life_again,
	settings_again,
	told_again,
	told_news_again,
	backup_never,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .from = bytes_view(data, size) };

	if (size == 0)
		return 0;
	in.from = bytes_tail(in.from, 1);
	if (arena_new(VAULT_VALUE_MAX_BYTES, &in.a) != STATUS_OK ||
	    buf_new(VAULT_VALUE_MAX_BYTES, &in.out) != STATUS_OK)
		abort();
	(void)kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))](&in);
	buf_free(in.out);
	arena_free(in.a);
	return 0;
}
