/* record_join.c - a request to be taken into a group. */
#include "store/client/record_common.h"

enum status
record_open_join(struct bytes from, struct arena *a, struct join_row *row)
{
	struct join_row read = { 0 };
	const Tacit__Record__JoinRequest *r;
	ProtobufCMessage *m = NULL;
	enum status st = record_unpack(
	    &tacit__record__join_request__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__JoinRequest *)m;
	if (!RECORD_TAKE(r->group, read.group) ||
	    !record_take_name(r->account, &read.account) ||
	    !RECORD_TAKE(r->account_key, read.account_key) ||
	    !RECORD_TAKE(r->link, read.link) ||
	    !RECORD_TAKE(r->secret, read.secret))
		return record_damaged("JoinRequest");
	*row = read;
	return STATUS_OK;
}

enum status
record_pack_join(const struct join_row *row, struct buf *out)
{
	Tacit__Record__JoinRequest m = TACIT__RECORD__JOIN_REQUEST__INIT;

	m.group = RECORD_BIN(row->group);
	m.account = record_text(row->account.text);
	m.account_key = RECORD_BIN(row->account_key);
	m.link = RECORD_BIN(row->link);
	m.secret = RECORD_BIN(row->secret);
	return record_pack(&m.base, out);
}
