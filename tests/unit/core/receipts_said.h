/* receipts_said.h - receipts from one profile to another, by hand. */
#ifndef TACIT_TESTS_UNIT_CORE_RECEIPTS_SAID_H
#define TACIT_TESTS_UNIT_CORE_RECEIPTS_SAID_H

#include "client/core/messenger/receipts.h"
#include "tests/unit/core/cores.h"

/* The receipt that `from` owes one device; empty payload: none. */
static inline struct parcel
receipt_of(struct party *from, uint64_t *order)
{
	struct parcel parcel = { 0 };
	struct counters counters;
	size_t count = 0;
	struct step s = begin(from);

	assert_status(STATUS_OK, counters_get(s.txn, &counters));
	*order = counters.next_outbox == 0 ? 1 : counters.next_outbox;
	assert_status(STATUS_OK, receipts_gather(&s, 10, &count));
	if (outbox_has(s.txn, *order) != STATUS_OK) {
		commit(&s);
		return parcel;
	}
	commit(&s);
	return parcel_of(from, *order);
}

/* Brings what is owed to `to`; false: nothing was. */
static inline bool
bring_receipt(struct party *from, struct party *to)
{
	uint64_t order;
	struct parcel parcel = receipt_of(from, &order);

	if (parcel.payload == NULL)
		return false;
	assert_int_equal(parcel.item.type, ITEM_RECEIPT);
	assert_status(STATUS_OK, take(to, &parcel));
	parcel_clear(&parcel);
	stored(from, order);
	return true;
}

/* As that, for all that is in the row: about devices of before, too. */
static inline bool
bring_receipts(struct party *from, struct party *to)
{
	struct outbox_row row = { .order = 0 };
	struct parcel parcel = { 0 };
	struct counters counters;
	size_t count = 0;
	struct step s = begin(from);

	assert_status(STATUS_OK, counters_get(s.txn, &counters));
	assert_status(STATUS_OK, receipts_gather(&s, 10, &count));
	if (outbox_next(s.txn,
		counters.next_outbox == 0 ? 0 : counters.next_outbox - 1,
		s.arena, &row) != STATUS_OK) {
		commit(&s);
		return false;
	}
	for (size_t i = 0; i < row.recipients_count; i++) {
		const struct outbox_recipient *r = &row.recipients[i];

		assert_true(address_equal(&r->to, &to->core.self.address));
		parcel.item = (struct item){
			.seq = 1,
			.stored_ms = s.now_ms,
			.has_sender = true,
			.sender = from->core.self.address,
			.type = r->type,
			.suite = r->suite,
			.payload = r->payload,
		};
		/* Another profile, another database. */
		assert_status(STATUS_OK, take(to, &parcel));
	}
	commit(&s);
	stored(from, row.order);
	return true;
}

static inline void
show_all(struct party *p)
{
	uint64_t numbers[ITEMS_MAX];
	struct receipt_shown shown[ITEMS_MAX];
	size_t count = entries(p, numbers), found = 0;
	struct step s = begin(p);

	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.own || e.kind != HISTORY_MESSAGE)
			continue;
		shown[found++] = (struct receipt_shown){
			.kind = e.conversation_kind,
			.from = { e.from, e.device },
			.account_key = e.from_key,
			.seq = e.seq,
		};
	}
	assert_status(STATUS_OK, receipts_note_shown(&s, shown, found));
	commit(&s);
}

/* The state of the message with this number of a device of p's. */
static inline enum message_state
state_of_number(struct party *p, uint32_t device, uint64_t seq)
{
	uint64_t numbers[ITEMS_MAX];
	size_t count = entries(p, numbers);
	enum message_state state = STATE_NONE;
	struct step s = begin(p);

	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.own && e.kind == HISTORY_MESSAGE && e.device == device &&
		    e.seq == seq)
			assert_status(
			    STATUS_OK, receipts_state(&s, &e, &state));
	}
	step_abort(&s);
	return state;
}

static inline size_t
due(struct party *p)
{
	struct step s = begin(p);
	size_t count = 0;

	assert_status(STATUS_OK, receipt_due_count(s.txn, &count));
	step_abort(&s);
	return count;
}

#endif
