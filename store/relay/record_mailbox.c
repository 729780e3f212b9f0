/* record_mailbox.c - what moves: cursors, submit streams, chains. */
#include "store/relay/record_pb.h"
#include "store/relay/records.h"
#include "store/relay/records.pb-c.h"

enum status
record_put_cursor(
    struct db_txn *txn, struct bytes key, const struct cursor_record *r)
{
	Tacit__Relay__Cursor m = TACIT__RELAY__CURSOR__INIT;

	m.acknowledged = r->acknowledged;
	m.head = r->head;
	m.unfetched = r->unfetched;
	return record_put(txn, TABLE_CURSORS, key, &m.base);
}

enum status
record_get_cursor(struct bytes row, struct arena *a, struct cursor_record *r)
{
	const Tacit__Relay__Cursor *m;
	ProtobufCMessage *any;
	enum status st =
	    record_unpack(&tacit__relay__cursor__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__Cursor *)any;
	if (m->acknowledged > m->head || m->unfetched > m->acknowledged)
		return record_corrupt("cursor");
	r->acknowledged = m->acknowledged;
	r->head = m->head;
	r->unfetched = m->unfetched;
	return STATUS_OK;
}

enum status
record_put_stream(
    struct db_txn *txn, struct bytes key, const struct stream_record *r)
{
	Tacit__Relay__Stream m = TACIT__RELAY__STREAM__INIT;

	m.stream = record_data(BYTES_OF(r->replay.stream));
	m.high = r->replay.high;
	m.window = record_data(BYTES_OF(r->replay.window));
	m.segment = r->segment;
	return record_put(txn, TABLE_STREAMS, key, &m.base);
}

enum status
record_get_stream(struct bytes row, struct arena *a, struct stream_record *r)
{
	struct stream_record got = { .replay.has_stream = true };
	const Tacit__Relay__Stream *m;
	ProtobufCMessage *any;
	enum status st =
	    record_unpack(&tacit__relay__stream__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__Stream *)any;
	got.replay.high = m->high;
	got.segment = m->segment;
	st = record_fixed(
	    m->stream, got.replay.stream, sizeof(got.replay.stream));
	if (st == STATUS_OK)
		st = record_fixed(
		    m->window, got.replay.window, sizeof(got.replay.window));
	if (st == STATUS_OK)
		*r = got;
	return st;
}

enum status
record_put_chain(
    struct db_txn *txn, struct bytes key, const struct chain_record *r)
{
	Tacit__Relay__Chain m = TACIT__RELAY__CHAIN__INIT;

	m.length = r->length;
	m.token_hash = record_data(BYTES_OF(r->token_hash));
	return record_put(txn, TABLE_CHAINS, key, &m.base);
}

enum status
record_get_chain(struct bytes row, struct arena *a, struct chain_record *r)
{
	const Tacit__Relay__Chain *m;
	ProtobufCMessage *any;
	struct hash token_hash;
	enum status st =
	    record_unpack(&tacit__relay__chain__descriptor, row, a, &any);

	if (st != STATUS_OK)
		return st;
	m = (const Tacit__Relay__Chain *)any;
	st = record_fixed(m->token_hash, &token_hash, sizeof(token_hash));
	if (st != STATUS_OK)
		return st;
	r->length = m->length;
	r->token_hash = token_hash;
	return STATUS_OK;
}

enum status
record_put_entry(struct db_txn *txn, struct bytes key, struct bytes entry)
{
	Tacit__Relay__ChainEntry m = TACIT__RELAY__CHAIN_ENTRY__INIT;

	m.entry = record_data(entry);
	return record_put(txn, TABLE_ENTRIES, key, &m.base);
}

enum status
record_get_entry(struct bytes row, struct arena *a, struct bytes *entry)
{
	ProtobufCMessage *any;
	enum status st =
	    record_unpack(&tacit__relay__chain_entry__descriptor, row, a, &any);

	if (st == STATUS_OK)
		*entry =
		    record_view(((const Tacit__Relay__ChainEntry *)any)->entry);
	return st;
}
