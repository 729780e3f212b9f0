/*
 * record.h - plain structs to and from stored records (records.proto).
 *
 * Private to store/client.  record_*.c alone know the generated code.  What is
 * read was authenticated first, so a record that does not decode is damage or
 * a bug: every record_open_*() answers CRYPTO for it, and NOMEM when the arena
 * is full.  Results borrow from the arena; outputs are written only on OK,
 * unless noted.  Every record_pack_*() appends to `out`: FULL, NOMEM.
 */
#ifndef TACIT_STORE_CLIENT_RECORD_H
#define TACIT_STORE_CLIENT_RECORD_H

#include "base/bytes.h"
#include "proto/arena.h"
#include "store/client/audience.h"
#include "store/client/contacts.h"
#include "store/client/departures.h"
#include "store/client/groups.h"
#include "store/client/history.h"
#include "store/client/joins.h"
#include "store/client/keyslots.h"
#include "store/client/outbox.h"
#include "store/client/ratchets.h"
#include "store/client/receipts.h"
#include "store/client/repairs.h"
#include "store/client/requests.h"
#include "store/client/self.h"
#include "store/client/settings.h"
#include "store/client/told.h"
#include "store/client/words.h"

enum { KEYSLOTS_VERSION = 2, KEYSLOTS_MAX = 8 };

struct keyslot {
	uint32_t kind; /* enum slot_kind; others are skipped by readers */
	uint64_t ops;
	uint64_t mem_bytes;
	struct bytes salt;
	struct bytes nonce;
	struct bytes wrapped;
};

struct keyslots {
	struct keyslot slots[KEYSLOTS_MAX];
	size_t count;
	struct bytes ring; /* keyring.h */
};

/* BAD_INPUT: another release's version. */
enum status record_open_keyslots(
    struct bytes from, struct arena *a, struct keyslots *k);
enum status record_pack_keyslots(const struct keyslots *k, struct buf *out);

enum status record_open_check(
    struct bytes from, struct arena *a, uint32_t *format);
enum status record_pack_check(uint32_t format, struct buf *out);

/* BAD_INPUT: a later release's. */
enum status record_open_backup(
    struct bytes from, struct arena *a, int64_t *made_ms);
enum status record_pack_backup(int64_t made_ms, struct buf *out);

enum status record_open_number(
    struct bytes from, struct arena *a, uint64_t *value);
enum status record_pack_number(uint64_t value, struct buf *out);
enum status record_open_mark(
    struct bytes from, struct arena *a, int64_t *at_ms);
enum status record_pack_mark(int64_t at_ms, struct buf *out);
enum status record_open_group_ref(
    struct bytes from, struct arena *a, struct hash *group);
enum status record_pack_group_ref(const struct hash *group, struct buf *out);

/* Not written only on OK: the caller clears it after a failure. */
enum status record_open_self(
    struct bytes from, struct arena *a, struct self *s);
enum status record_pack_self(const struct self *s, struct buf *out);
enum status record_open_counters(
    struct bytes from, struct arena *a, struct counters *c);
enum status record_pack_counters(const struct counters *c, struct buf *out);

enum status record_open_told(
    struct bytes from, struct arena *a, struct told *row);
enum status record_pack_told(const struct told *row, struct buf *out);
enum status record_open_told_news(
    struct bytes from, struct arena *a, struct told_news *news);
enum status record_pack_told_news(
    const struct told_news *news, struct buf *out);

enum status record_open_settings(
    struct bytes from, struct arena *a, struct settings *s);
enum status record_pack_settings(const struct settings *s, struct buf *out);

enum status record_open_departure(
    struct bytes from, struct arena *a, struct departure_row *row);
enum status record_pack_departure(
    const struct departure_row *row, struct buf *out);
enum status record_open_request(
    struct bytes from, struct arena *a, struct request_row *row);
enum status record_pack_request(const struct request_row *row, struct buf *out);
enum status record_open_requests_state(
    struct bytes from, struct arena *a, struct requests_state *s);
enum status record_pack_requests_state(
    const struct requests_state *s, struct buf *out);

enum status record_open_contact(
    struct bytes from, struct arena *a, struct contact *c);
enum status record_pack_contact(const struct contact *c, struct buf *out);

enum status record_open_prekey(struct bytes from, struct arena *a,
    struct stored_prekey *info, struct bytes *record);
enum status record_pack_prekey(
    const struct stored_prekey *info, struct bytes record, struct buf *out);
enum status record_open_prekey_life(
    struct bytes from, struct arena *a, struct prekey_life *l);
enum status record_pack_prekey_life(
    const struct prekey_life *l, struct buf *out);
enum status record_open_pair(
    struct bytes from, struct arena *a, struct pair_state *p);
enum status record_pack_pair(const struct pair_state *p, struct buf *out);

enum status record_open_history(
    struct bytes from, struct arena *a, struct history_entry *e);
enum status record_pack_history(const struct history_entry *e, struct buf *out);
enum status record_open_words(
    struct bytes from, struct arena *a, struct words *w);
enum status record_pack_words(const struct words *w, struct buf *out);
enum status record_open_sender(
    struct bytes from, struct arena *a, struct sender_state *s);
enum status record_pack_sender(const struct sender_state *s, struct buf *out);
enum status record_open_quarantine(
    struct bytes from, struct arena *a, struct quarantine_entry *q);
enum status record_pack_quarantine(
    const struct quarantine_entry *q, struct buf *out);

enum status record_open_join(
    struct bytes from, struct arena *a, struct join_row *row);
enum status record_pack_join(const struct join_row *row, struct buf *out);

enum status record_open_gap(struct bytes from, struct arena *a, struct gap *g);
enum status record_pack_gap(const struct gap *g, struct buf *out);
/* A record that record_open_mark() reads, too. */
struct stamped {
	int64_t at_ms;
	uint64_t value;
};
enum status record_open_stamped(
    struct bytes from, struct arena *a, struct stamped *s);
enum status record_pack_stamped(const struct stamped *s, struct buf *out);
enum status record_open_signed_list(
    struct bytes from, struct arena *a, struct signed_list *l);
enum status record_pack_signed_list(
    const struct signed_list *l, struct buf *out);
enum status record_open_receipt_state(
    struct bytes from, struct arena *a, struct receipt_state *s);
enum status record_pack_receipt_state(
    const struct receipt_state *s, struct buf *out);
enum status record_open_receipt_due(
    struct bytes from, struct arena *a, struct receipt_due *d);
enum status record_pack_receipt_due(
    const struct receipt_due *d, struct buf *out);

enum status record_open_audience(struct bytes from, struct arena *a,
    struct audience *to, uint64_t *generation);
enum status record_pack_audience(const struct audience *from,
    uint64_t generation, struct arena *a, struct buf *out);
enum status record_open_outbox(
    struct bytes from, struct arena *a, struct outbox_row *row);
enum status record_pack_outbox(
    const struct outbox_row *row, struct arena *a, struct buf *out);

enum status record_open_group(
    struct bytes from, struct arena *a, struct group_record *g);
enum status record_pack_group(const struct group_record *g, struct buf *out);
enum status record_open_group_secret(
    struct bytes from, struct arena *a, struct group_secret *s);
enum status record_pack_group_secret(
    const struct group_secret *s, struct buf *out);

#endif
