/* link: tacit_client */
/*
 * A chain of log entries through the roster.  The input is a list of entries,
 * each behind a byte that says how it is taken and two bytes of length:
 *
 *   CHAINED  a GroupEntryBody, moved to the end of the log as its author would
 *            have written it there, and believed without a signature
 *   BELIEVED a GroupEntry, believed likewise
 *   else     a GroupEntry as a relay hands it over
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/core/group/roster.h"
#include "tests/fuzz/fuzz.h"

enum { CHAINED = 1, BELIEVED = 2, ENTRIES_MAX = 64 };

struct fold {
	struct roster *r;
	struct roster *again; /* the same log, read by someone else */
	struct arena *a;
	struct buf *body;
	struct buf *entry;
};

static void
assert_sound(const struct roster *r)
{
	struct hash head;

	assert(roster_count(r) <= LIMIT_GROUP_MEMBERS);
	assert(roster_count(r) == 0 || roster_admins(r) > 0);
	assert(roster_length(r) == 0 || roster_name(r).len > 0);
	for (size_t i = 0; i < roster_count(r); i++) {
		const struct group_member *m = roster_at(r, i);

		assert(roster_find(r, &m->account) == m);
		assert(roster_was_member(
		    r, roster_length(r), &m->account, &m->account_key));
	}
	if (roster_length(r) > 0) {
		assert(roster_head_at(r, roster_length(r), &head) == STATUS_OK);
		assert(memcmp(&head, roster_head(r), sizeof(head)) == 0);
	}
	assert(
	    roster_head_at(r, roster_length(r) + 1, &head) == STATUS_NOT_FOUND);
}

static bool
chain(struct fold *f, struct bytes raw)
{
	static const uint8_t unsigned_bytes[SIGN_SIGNATURE_BYTES];
	struct group_entry_body b;
	struct group_entry e = { 0 };

	if (group_get_body(raw, f->a, &b) != STATUS_OK)
		return false;
	b.index = roster_length(f->r);
	b.has_group = b.index > 0;
	memset(&b.group, 0, sizeof(b.group));
	memset(&b.previous, 0, sizeof(b.previous));
	if (b.has_group) {
		b.group = *roster_group(f->r);
		b.previous = *roster_head(f->r);
	}
	buf_clear(f->body);
	buf_clear(f->entry);
	if (group_put_body(&b, f->body) != STATUS_OK)
		return false;
	e.body = buf_view(f->body);
	e.signature = BYTES_OF(unsigned_bytes);
	e.list.body = BYTES("no list");
	e.list.signature = e.signature;
	return group_put_entry(&e, f->entry) == STATUS_OK;
}

static void
apply(struct fold *f, struct bytes entry, enum roster_proof proof)
{
	uint64_t length = roster_length(f->r);
	struct hash head = *roster_head(f->r);
	struct roster_effect e = { 0 };
	struct roster_effect e2 = { 0 };
	enum status st = roster_apply(f->r, entry, proof, f->a, &e);
	enum status st2 = roster_apply(f->again, entry, proof, f->a, &e2);

	assert(st == st2);
	if (st != STATUS_OK) {
		assert(roster_length(f->r) == length);
		assert(memcmp(roster_head(f->r), &head, sizeof(head)) == 0);
		return;
	}
	assert(roster_length(f->r) == length + 1);
	assert(e.effective == e2.effective);
	assert(e.effective == (e.why_not == NULL));
	assert(memcmp(roster_head(f->r), &e.hash, sizeof(e.hash)) == 0);
	assert(roster_count(f->r) == roster_count(f->again));
	assert_sound(f->r);
}

static void
take(struct fold *f, uint8_t how, struct bytes raw)
{
	arena_reset(f->a);
	if ((how & CHAINED) != 0) {
		if (chain(f, raw))
			apply(f, buf_view(f->entry), PROOF_GOOD);
		return;
	}
	apply(f, raw, (how & BELIEVED) != 0 ? PROOF_GOOD : PROOF_UNCHECKED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fold f = { 0 };

	if (roster_new(&f.r) != STATUS_OK ||
	    roster_new(&f.again) != STATUS_OK ||
	    arena_new(16 * LIMIT_ARENA_BYTES, &f.a) != STATUS_OK ||
	    buf_new(2 * LIMIT_CHAIN_ENTRY_BYTES, &f.body) != STATUS_OK ||
	    buf_new(2 * LIMIT_CHAIN_ENTRY_BYTES, &f.entry) != STATUS_OK)
		abort();
	for (size_t n = 0; n < ENTRIES_MAX && size >= 3; n++) {
		size_t len = (size_t)data[1] << 8 | data[2];

		if (len > size - 3)
			len = size - 3;
		take(&f, data[0], bytes_view(data + 3, len));
		data += 3 + len;
		size -= 3 + len;
	}
	buf_free(f.entry);
	buf_free(f.body);
	arena_free(f.a);
	roster_free(f.again);
	roster_free(f.r);
	return 0;
}
