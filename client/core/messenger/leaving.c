#include "client/core/messenger/leaving.h"

#include <string.h>

#include "client/core/ratchet/ratchet.h"
#include "client/core/repair/repair.h"
#include "store/client/departures.h"
#include "store/client/ratchets.h"
#include "store/client/self.h"

/* In one step; whoever changes devices without end holds nobody up. */
enum { FORGET_MAX = 512 };

enum status
leaving_begin(
    struct step *s, const struct contact *c, const struct device_entry *device)
{
	struct address who = { c->name, device->id };
	struct departure_row row = {
		.account = c->name,
		.account_key = c->account_key,
		.device = *device,
		.left_ms = s->now_ms,
	};
	struct pair_state state;
	struct counters counters;
	enum status st = counters_get(s->txn, &counters);

	if (st == STATUS_OK)
		st = pair_get(s->txn, &who, &state);
	if (st != STATUS_OK)
		return st;
	if (state.peer_registration_id != device->registration_id)
		state = (struct pair_state){ 0 };
	state.peer_registration_id = device->registration_id;
	state.departure = row.n = ++counters.departures;
	st = departure_put(s->txn, &row);
	if (st == STATUS_OK)
		st = pair_put(s->txn, &who, &state);
	return st == STATUS_OK ? counters_put(s->txn, &counters) : st;
}

/* A relay that never says that the mailbox is empty gains no more than that. */
static bool
is_read(const struct step *s, const struct contact *c,
    const struct counters *counters, const struct departure_row *row)
{
	return row->n > counters->departures_past &&
	       s->now_ms - row->left_ms <= repair_kept_ms &&
	       account_name_equal(&row->account, &c->name) &&
	       memcmp(&row->account_key, &c->account_key,
		   sizeof(row->account_key)) == 0;
}

enum status
leaving_find(struct step *s, const struct contact *c, uint32_t device,
    struct device_entry *entry)
{
	struct address who = { c->name, device };
	struct departure_row row;
	struct pair_state state;
	struct counters counters;
	enum status st = pair_get(s->txn, &who, &state);

	if (st == STATUS_OK && state.departure == 0)
		return STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = departure_get(s->txn, state.departure, &row);
	if (st == STATUS_OK)
		st = counters_get(s->txn, &counters);
	/* A damaged record is our trouble, not the message's. */
	if (st != STATUS_OK)
		return st == STATUS_CRYPTO ? STATUS_IO : st;
	if (row.device.id != device || !is_read(s, c, &counters, &row))
		return STATUS_NOT_FOUND;
	*entry = row.device;
	return STATUS_OK;
}

enum status
leaving_device(struct step *s, const struct contact *c, uint32_t id,
    struct device_entry *former, const struct device_entry **device)
{
	enum status st = STATUS_OK;

	*device = device_list_find(&c->list, id);
	if (*device != NULL)
		return STATUS_OK;
	st = leaving_find(s, c, id, former);
	if (st == STATUS_OK)
		*device = former;
	return st;
}

/* NOT_FOUND: it has been lost, and with it no more than a session's record. */
static enum status
forget(struct step *s, uint64_t n)
{
	struct pair_state none = { 0 };
	struct departure_row row;
	struct pair_state state;
	struct address who;
	enum status st = departure_get(s->txn, n, &row);

	if (st != STATUS_OK)
		return st;
	who = (struct address){ row.account, row.device.id };
	st = pair_get(s->txn, &who, &state);
	/* The name may be another key's by now, with a device of that number.
	 */
	if (st == STATUS_OK && state.departure == n) {
		st = ratchet_reset(s->core->ratchet, s->txn, &who);
		if (st == STATUS_OK)
			st = pair_put(s->txn, &who, &none);
	}
	return st == STATUS_OK ? departure_del(s->txn, n) : st;
}

enum status
leaving_end(struct step *s, uint64_t count)
{
	struct counters counters;
	enum status st = counters_get(s->txn, &counters);

	if (st != STATUS_OK || counters.departures_past >= count)
		return st;
	if (count - counters.departures_past > FORGET_MAX)
		count = counters.departures_past + FORGET_MAX;
	for (uint64_t n = counters.departures_past + 1;
	     st == STATUS_OK && n <= count; n++) {
		st = forget(s, n);
		if (st == STATUS_NOT_FOUND)
			st = STATUS_OK;
	}
	counters.departures_past = count;
	return st == STATUS_OK ? counters_put(s->txn, &counters) : st;
}
