#include "client/core/api/api_look.h"

#include "client/core/group/group.h"
#include "client/core/messenger/peers.h"
#include "store/client/history.h"

static enum status
find_direct(struct step *s, const char *with, struct hash *conversation)
{
	struct account_name name;
	struct contact c;
	uint64_t n;
	size_t count = 0;
	enum status st = handle_find_account(s, with, &name);

	if (st != STATUS_OK)
		return st;
	peers_history_key(&name, conversation);
	st = peers_get(s, &name, &c);
	if (st != STATUS_NOT_FOUND)
		return st;
	st = history_list(s->txn, conversation, 0, true, &n, 1, &count);
	return st == STATUS_OK && count == 0 ? STATUS_NOT_FOUND : st;
}

enum status
look_find(struct step *s, enum tacit_kind kind, const char *with,
    struct hash *conversation)
{
	struct group_record g;
	enum status st;

	if (kind != TACIT_GROUP)
		return find_direct(s, with, conversation);
	st = group_find(s, with, &g);
	if (st == STATUS_OK)
		*conversation = g.id;
	return st;
}

enum tacit_code
look_explain(struct tacit_error *e, enum tacit_kind kind, enum status st)
{
	if (st == STATUS_BAD_INPUT)
		return error_set(e, TACIT_USAGE,
		    "This is neither an account name nor an alias.");
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_NOT_FOUND,
		    "More than one group begins so; give more of its id.");
	if (st == STATUS_NOT_FOUND && kind == TACIT_GROUP)
		return error_set(e, TACIT_NOT_FOUND,
		    "There is no such group here; `tacit group list` shows "
		    "those there are.");
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "There is nothing from or to this account; `tacit "
		    "contacts` shows whom you know.");
	return error_status(e, st);
}
