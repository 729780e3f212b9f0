/* api_requests.c - what strangers want, and what the user says to it. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "client/core/api/api_contacts.h"
#include "client/core/messenger/consent.h"
#include "store/client/requests.h"

/* One stranger; its rows follow each other. */
struct asking {
	struct account_name name;
	struct sign_public key;
	uint64_t messages;
	uint64_t invitations;
	int64_t first_ms;
	int64_t last_ms;
};

struct all_asking {
	struct asking *items;
	size_t count;
	size_t room;
};

static enum status
collect(const struct request_row *row, void *arg)
{
	struct all_asking *all = arg;
	struct asking *last =
	    all->count > 0 ? &all->items[all->count - 1] : NULL;

	if (last == NULL || !account_name_equal(&last->name, &row->account)) {
		if (all->count == all->room)
			return STATUS_FULL;
		last = &all->items[all->count++];
		*last = (struct asking){
			.name = row->account,
			.first_ms = row->received_ms,
		};
	}
	last->key = row->account_key;
	last->last_ms = row->received_ms;
	last->messages += !row->is_invitation;
	last->invitations += row->is_invitation;
	return STATUS_OK;
}

/* Who asked first comes first. */
static int
compare(const void *a, const void *b)
{
	const struct asking *x = a;
	const struct asking *y = b;

	if (x->first_ms != y->first_ms)
		return x->first_ms < y->first_ms ? -1 : 1;
	return strcmp(x->name.text, y->name.text);
}

static enum status
list(struct tacit *t, struct all_asking *all, uint64_t *dropped)
{
	struct requests_state state;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = requests_count(s.txn, &all->room);
	if (st == STATUS_OK)
		st = requests_state_get(s.txn, &state);
	if (st != STATUS_OK)
		goto out;
	all->items = calloc(all->room + 1, sizeof(*all->items));
	st = all->items == NULL ? STATUS_NOMEM
				: requests_each(s.txn, collect, all);
	if (st == STATUS_OK)
		*dropped = state.dropped;
out:
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_requests(struct tacit *t, tacit_request_fn *show, void *arg,
    uint64_t *dropped, struct tacit_error *e)
{
	struct all_asking all = { .items = NULL };
	bool go_on = true;
	enum status st;

	error_clear(e);
	st = list(t, &all, dropped);
	if (st == STATUS_OK)
		qsort(all.items, all.count, sizeof(*all.items), compare);
	for (size_t i = 0; st == STATUS_OK && go_on && i < all.count; i++) {
		const struct asking *a = &all.items[i];
		char key[2 * SIGN_PUBLIC_BYTES + 1];
		const struct tacit_request view = {
			.name = a->name.text,
			.key = key,
			.messages = a->messages,
			.invitations = a->invitations,
			.first_ms = a->first_ms,
			.last_ms = a->last_ms,
		};

		hex_encode(BYTES_OF(a->key), key);
		go_on = show(&view, arg);
	}
	free(all.items);
	return error_status(e, st);
}

/* How a request ends. */
typedef enum status answer_fn(
    struct step *s, const struct account_name *name, size_t *count);

static enum status
refuse(struct step *s, const struct account_name *name, size_t *count)
{
	return consent_refuse(s, name, false, count);
}

static enum status
refuse_and_block(struct step *s, const struct account_name *name, size_t *count)
{
	return consent_refuse(s, name, true, count);
}

static enum tacit_code
answer(struct tacit *t, const char *name, answer_fn *fn, size_t *count,
    struct tacit_error *e)
{
	struct request_row first;
	struct account_name account;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	error_clear(e);
	if (st == STATUS_OK)
		st = handle_find_account(&s, name, &account);
	if (st == STATUS_OK)
		st = request_next(s.txn, &account, 0, s.arena, &first);
	if (st == STATUS_OK)
		st = fn(&s, &account, count);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "Nothing of %.40s waits; `tacit requests` lists what does.",
		    name);
	return contact_explain(e, name, st);
}

enum tacit_code
tacit_request_accept(
    struct tacit *t, const char *name, size_t *count, struct tacit_error *e)
{
	return answer(t, name, consent_admit, count, e);
}

enum tacit_code
tacit_request_refuse(struct tacit *t, const char *name, bool block,
    size_t *count, struct tacit_error *e)
{
	return answer(t, name, block ? refuse_and_block : refuse, count, e);
}
