/* record_keyslots.c - the file of key slots. */
#include "proto/sign.h"
#include "store/client/record_common.h"

static enum status
record_take_slots(struct bytes list, struct arena *a, struct keyslots *k)
{
	const Tacit__Record__KeyslotList *l;
	ProtobufCMessage *m = NULL;
	enum status st = record_unpack(
	    &tacit__record__keyslot_list__descriptor, list, a, &m);

	if (st != STATUS_OK)
		return st;
	l = (const Tacit__Record__KeyslotList *)m;
	if (l->n_slots > KEYSLOTS_MAX)
		return record_damaged("KeyslotList");
	k->count = l->n_slots;
	for (size_t i = 0; i < l->n_slots; i++)
		k->slots[i] = (struct keyslot){
			.kind = l->slots[i]->kind,
			.ops = l->slots[i]->ops,
			.mem_bytes = l->slots[i]->mem_bytes,
			.salt = record_view(l->slots[i]->salt),
			.nonce = record_view(l->slots[i]->nonce),
			.wrapped = record_view(l->slots[i]->wrapped),
		};
	k->ring = record_view(l->ring);
	return STATUS_OK;
}

enum status
record_open_keyslots(struct bytes from, struct arena *a, struct keyslots *k)
{
	const Tacit__Record__Keyslots *file;
	ProtobufCMessage *m = NULL;
	struct hash digest;
	enum status st =
	    record_unpack(&tacit__record__keyslots__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	file = (const Tacit__Record__Keyslots *)m;
	hash_bytes(record_view(file->list), &digest);
	if (file->version == 0)
		return record_damaged("Keyslots");
	if (file->version != KEYSLOTS_VERSION)
		return STATUS_BAD_INPUT;
	if (!bytes_equal(hash_view(&digest), record_view(file->digest)))
		return record_damaged("Keyslots");
	return record_take_slots(record_view(file->list), a, k);
}

static enum status
record_pack_slots(const struct keyslots *k, struct buf *out)
{
	Tacit__Record__KeyslotList list = TACIT__RECORD__KEYSLOT_LIST__INIT;
	Tacit__Record__Keyslot slots[KEYSLOTS_MAX];
	Tacit__Record__Keyslot *pointers[KEYSLOTS_MAX];

	for (size_t i = 0; i < k->count; i++) {
		tacit__record__keyslot__init(&slots[i]);
		slots[i].kind = k->slots[i].kind;
		slots[i].ops = k->slots[i].ops;
		slots[i].mem_bytes = k->slots[i].mem_bytes;
		slots[i].salt = record_bin(k->slots[i].salt);
		slots[i].nonce = record_bin(k->slots[i].nonce);
		slots[i].wrapped = record_bin(k->slots[i].wrapped);
		pointers[i] = &slots[i];
	}
	list.slots = pointers;
	list.n_slots = k->count;
	list.ring = record_bin(k->ring);
	return record_pack(&list.base, out);
}

enum status
record_pack_keyslots(const struct keyslots *k, struct buf *out)
{
	Tacit__Record__Keyslots file = TACIT__RECORD__KEYSLOTS__INIT;
	struct buf *list = NULL;
	struct hash digest;
	enum status st = buf_new(buf_room(out), &list);

	if (st == STATUS_OK)
		st = record_pack_slots(k, list);
	if (st != STATUS_OK)
		goto out;
	hash_bytes(buf_view(list), &digest);
	file.version = KEYSLOTS_VERSION;
	file.list = record_bin(buf_view(list));
	file.digest = RECORD_BIN(digest);
	st = record_pack(&file.base, out);
out:
	buf_free(list);
	return st;
}
