/* Records of a field or two, and the ratchets' own. */
#include "store/client/backup.h"
#include "store/client/record_common.h"

enum status
record_open_check(struct bytes from, struct arena *a, uint32_t *format)
{
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__vault_check__descriptor, from, a, &m);

	if (st == STATUS_OK)
		*format = ((Tacit__Record__VaultCheck *)m)->format;
	return st;
}

enum status
record_pack_check(uint32_t format, struct buf *out)
{
	Tacit__Record__VaultCheck m = TACIT__RECORD__VAULT_CHECK__INIT;

	m.format = format;
	return record_pack(&m.base, out);
}

enum status
record_open_backup(struct bytes from, struct arena *a, int64_t *made_ms)
{
	const Tacit__Record__Backup *b;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__backup__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	b = (const Tacit__Record__Backup *)m;
	if (b->format != BACKUP_FORMAT)
		return STATUS_BAD_INPUT;
	*made_ms = b->made_ms;
	return STATUS_OK;
}

enum status
record_pack_backup(int64_t made_ms, struct buf *out)
{
	Tacit__Record__Backup m = TACIT__RECORD__BACKUP__INIT;

	m.format = BACKUP_FORMAT;
	m.made_ms = made_ms;
	return record_pack(&m.base, out);
}

enum status
record_open_number(struct bytes from, struct arena *a, uint64_t *value)
{
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__number__descriptor, from, a, &m);

	if (st == STATUS_OK)
		*value = ((Tacit__Record__Number *)m)->value;
	return st;
}

enum status
record_pack_number(uint64_t value, struct buf *out)
{
	Tacit__Record__Number m = TACIT__RECORD__NUMBER__INIT;

	m.value = value;
	return record_pack(&m.base, out);
}

enum status
record_open_mark(struct bytes from, struct arena *a, int64_t *at_ms)
{
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__mark__descriptor, from, a, &m);

	if (st == STATUS_OK)
		*at_ms = ((Tacit__Record__Mark *)m)->at_ms;
	return st;
}

enum status
record_pack_mark(int64_t at_ms, struct buf *out)
{
	Tacit__Record__Mark m = TACIT__RECORD__MARK__INIT;

	m.at_ms = at_ms;
	return record_pack(&m.base, out);
}

enum status
record_open_group_ref(struct bytes from, struct arena *a, struct hash *group)
{
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__group_ref__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	if (!RECORD_TAKE(((Tacit__Record__GroupRef *)m)->group, *group))
		return record_damaged("GroupRef");
	return STATUS_OK;
}

enum status
record_pack_group_ref(const struct hash *group, struct buf *out)
{
	Tacit__Record__GroupRef m = TACIT__RECORD__GROUP_REF__INIT;

	m.group = RECORD_BIN(*group);
	return record_pack(&m.base, out);
}

enum status
record_open_prekey(struct bytes from, struct arena *a,
    struct stored_prekey *info, struct bytes *record)
{
	const Tacit__Record__Prekey *p;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__prekey__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	p = (const Tacit__Record__Prekey *)m;
	*info = (struct stored_prekey){
		.id = p->id,
		.published = p->published,
		.created_ms = p->created_ms,
		.succeeded_ms = p->succeeded_ms,
	};
	*record = record_view(p->record);
	return STATUS_OK;
}

enum status
record_pack_prekey(
    const struct stored_prekey *info, struct bytes record, struct buf *out)
{
	Tacit__Record__Prekey m = TACIT__RECORD__PREKEY__INIT;

	m.id = info->id;
	m.published = info->published;
	m.created_ms = info->created_ms;
	m.succeeded_ms = info->succeeded_ms;
	m.record = record_bin(record);
	return record_pack(&m.base, out);
}

enum status
record_open_prekey_life(
    struct bytes from, struct arena *a, struct prekey_life *l)
{
	struct prekey_life read = { 0 };
	const Tacit__Record__PrekeyLife *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__prekey_life__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__PrekeyLife *)m;
	read.has_relay = r->relay_digest.len > 0;
	if (read.has_relay && !RECORD_TAKE(r->relay_digest, read.relay_digest))
		return record_damaged("PrekeyLife");
	read.published_id = r->published_id;
	read.relay_count = r->relay_count;
	read.gone_below = r->gone_below;
	read.gone_ms = r->gone_ms;
	*l = read;
	return STATUS_OK;
}

enum status
record_pack_prekey_life(const struct prekey_life *l, struct buf *out)
{
	Tacit__Record__PrekeyLife m = TACIT__RECORD__PREKEY_LIFE__INIT;

	m.published_id = l->published_id;
	m.relay_count = l->relay_count;
	if (l->has_relay)
		m.relay_digest = RECORD_BIN(l->relay_digest);
	m.gone_below = l->gone_below;
	m.gone_ms = l->gone_ms;
	return record_pack(&m.base, out);
}

enum status
record_open_pair(struct bytes from, struct arena *a, struct pair_state *p)
{
	struct pair_state read = { 0 };
	const Tacit__Record__Pair *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__pair__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Pair *)m;
	if (r->fresh > PAIR_FRESH_NEEDED ||
	    !RECORD_TAKE(r->sent_hash, read.sent_hash) ||
	    !RECORD_TAKE(r->received_hash, read.received_hash))
		return record_damaged("Pair");
	read.sent = r->sent;
	read.received = r->received;
	read.has_sent_list = r->has_sent_list;
	read.list_version = r->list_version;
	read.gaps = r->gaps;
	read.peer_registration_id = r->peer_registration_id;
	read.fresh = (enum pair_fresh)r->fresh;
	read.begun_ms = r->begun_ms;
	read.departure = r->departure;
	*p = read;
	return STATUS_OK;
}

enum status
record_pack_pair(const struct pair_state *p, struct buf *out)
{
	Tacit__Record__Pair m = TACIT__RECORD__PAIR__INIT;

	m.sent = p->sent;
	m.sent_hash = RECORD_BIN(p->sent_hash);
	m.received = p->received;
	m.received_hash = RECORD_BIN(p->received_hash);
	m.has_sent_list = p->has_sent_list;
	m.list_version = p->list_version;
	m.gaps = p->gaps;
	m.peer_registration_id = p->peer_registration_id;
	m.fresh = p->fresh;
	m.begun_ms = p->begun_ms;
	m.departure = p->departure;
	return record_pack(&m.base, out);
}
