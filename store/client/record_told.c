/* record_told.c - what the user was told of, and what is new. */
#include "store/client/record_common.h"

enum status
record_open_told(struct bytes from, struct arena *a, struct told *row)
{
	struct told read = { 0 };
	const Tacit__Record__Told *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__told__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Told *)m;
	if (!RECORD_TAKE(r->conversation, read.conversation))
		return record_damaged("Told");
	read.n = r->n;
	read.state = (enum message_state)r->state;
	read.call = r->call;
	read.changed_ms = r->changed_ms;
	*row = read;
	return STATUS_OK;
}

enum status
record_pack_told(const struct told *row, struct buf *out)
{
	Tacit__Record__Told m = TACIT__RECORD__TOLD__INIT;

	m.n = row->n;
	m.conversation = RECORD_BIN(row->conversation);
	m.state = row->state;
	m.call = row->call;
	m.changed_ms = row->changed_ms;
	return record_pack(&m.base, out);
}

enum status
record_open_told_news(
    struct bytes from, struct arena *a, struct told_news *news)
{
	struct told_news read = { 0 };
	const Tacit__Record__ToldNews *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__told_news__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__ToldNews *)m;
	if (!RECORD_TAKE(r->conversation, read.conversation))
		return record_damaged("ToldNews");
	read.serial = r->serial;
	read.at_ms = r->at_ms;
	*news = read;
	return STATUS_OK;
}

enum status
record_pack_told_news(const struct told_news *news, struct buf *out)
{
	Tacit__Record__ToldNews m = TACIT__RECORD__TOLD_NEWS__INIT;

	m.conversation = RECORD_BIN(news->conversation);
	m.serial = news->serial;
	m.at_ms = news->at_ms;
	return record_pack(&m.base, out);
}
