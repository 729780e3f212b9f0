/* pair_fresh.c - when a session with a device is begun anew (protocol.md 9.6).
 */
#include "client/core/messenger/pair.h"
#include "client/core/ratchet/ratchet.h"
#include "store/client/ratchets.h"
#include "store/client/repairs.h"

static const int64_t hour_ms = 60 * 60 * 1000;
static const int64_t unanswered_ms = INT64_C(24) * 60 * 60 * 1000;

static enum status
read_state(struct step *s, const struct address *with, struct pair_state *state)
{
	enum status st = pair_get(s->txn, with, state);

	return st == STATUS_CRYPTO ? STATUS_IO : st;
}

/*
 * Spec 9.6: "one in an hour".  Garbage, which a relay makes as it likes, uses
 * up no more of the prekeys of whoever it names.
 */
static enum status
count_fresh(struct step *s, const struct address *with)
{
	uint8_t device[4];
	struct bytes parts[] = { BYTES("fresh-session"),
		account_name_bytes(&with->account), BYTES_OF(device) };
	struct tally tally = { parts, 3, 1, hour_ms };

	store_u32(device, with->device);
	return tally_add(s->txn, &tally, 1, s->now_ms);
}

/* A clock that was set back delays nothing. */
static bool
is_unanswered(const struct step *s, const struct pair_state *state)
{
	return state->begun_ms != 0 &&
	       (s->now_ms < state->begun_ms ||
		   s->now_ms - state->begun_ms >= unanswered_ms);
}

enum status
pair_can_encrypt(struct step *s, const struct address *with)
{
	struct pair_state state;
	enum status st = ratchet_has_session(s->core->ratchet, s->txn, with);

	if (st == STATUS_OK)
		st = read_state(s, with, &state);
	if (st == STATUS_OK && state.fresh == PAIR_FRESH_NEEDED)
		st = STATUS_NOT_FOUND;
	return st;
}

enum status
pair_has_session(struct step *s, const struct address *with)
{
	struct pair_state state;
	enum status counted;
	enum status st = pair_can_encrypt(s, with);

	if (st == STATUS_OK)
		st = read_state(s, with, &state);
	if (st != STATUS_OK ||
	    (state.fresh != PAIR_FRESH_WANTED && !is_unanswered(s, &state)))
		return st;
	counted = count_fresh(s, with);
	if (counted != STATUS_OK && counted != STATUS_FULL)
		return counted;
	state.fresh = counted == STATUS_OK ? PAIR_FRESH_ASKED : PAIR_FRESH_NONE;
	if (state.begun_ms != 0)
		state.begun_ms = s->now_ms;
	st = pair_put(s->txn, with, &state);
	if (st == STATUS_OK && counted == STATUS_OK)
		st = STATUS_NOT_FOUND;
	return st;
}

enum status
pair_is_settled(struct step *s, const struct address *with)
{
	struct pair_state state;
	enum status st = read_state(s, with, &state);

	if (st == STATUS_OK &&
	    (state.fresh != PAIR_FRESH_NONE || is_unanswered(s, &state)))
		st = STATUS_NOT_FOUND;
	return st;
}

enum status
pair_want_fresh(struct step *s, const struct address *with)
{
	struct pair_state state;
	enum status st = read_state(s, with, &state);

	if (st != STATUS_OK || state.fresh == PAIR_FRESH_WANTED ||
	    state.fresh == PAIR_FRESH_NEEDED)
		return st;
	state.fresh = PAIR_FRESH_WANTED;
	return pair_put(s->txn, with, &state);
}

/* What it had sent before can be read: the session stays for that. */
enum status
pair_need_fresh(struct step *s, const struct address *with)
{
	struct pair_state state;
	enum status st = read_state(s, with, &state);

	if (st != STATUS_OK)
		return st;
	state.fresh = PAIR_FRESH_NEEDED;
	return pair_put(s->txn, with, &state);
}

enum status
pair_wants_bundle(struct step *s, const struct address *with, bool *wants)
{
	struct pair_state state;
	enum status st = ratchet_has_session(s->core->ratchet, s->txn, with);

	*wants = st == STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = read_state(s, with, &state);
	if (st == STATUS_OK)
		*wants = state.fresh == PAIR_FRESH_ASKED ||
			 state.fresh == PAIR_FRESH_NEEDED;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* It takes in our list again: perhaps it has lost what it knew. */
enum status
pair_note_begun(
    struct step *s, const struct address *with, uint32_t registration_id)
{
	struct pair_state state;
	enum status st = read_state(s, with, &state);

	if (st != STATUS_OK)
		return st;
	if (state.peer_registration_id != registration_id)
		state = (struct pair_state){ 0 };
	state.peer_registration_id = registration_id;
	state.fresh = PAIR_FRESH_NONE;
	state.begun_ms = s->now_ms;
	state.has_sent_list = false;
	return pair_put(s->txn, with, &state);
}
