/* Promise 5: nothing readable at rest, neither by name nor by content. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "store/client/audience.h"
#include "store/client/contacts.h"
#include "store/client/departures.h"
#include "store/client/groups.h"
#include "store/client/history_blocks.h"
#include "store/client/joins.h"
#include "store/client/keyslots_private.h"
#include "store/client/outbox.h"
#include "store/client/ratchets.h"
#include "store/client/receipts.h"
#include "store/client/repairs.h"
#include "store/client/requests.h"
#include "store/client/self.h"
#include "store/client/told.h"
#include "store/client/words.h"

/* Every text and every secret below holds this. */
#define NEEDLE "needle"

#define SECRET_BYTE 0xd7

struct profile {
	char *dir;
	uint8_t master[MASTER_KEY_BYTES];
	struct address me;
	struct address peer;
	struct hash group; /* readable as such: its bytes are the needle */
};

static void
fill(void *to, size_t len)
{
	memset(to, SECRET_BYTE, len);
	memcpy(to, NEEDLE, len < 6 ? len : 6);
}

static void
write_self(struct vault_txn *t, const struct profile *p)
{
	struct self s = { .state = SELF_REGISTERED, .address = p->me };
	struct counters c = { .next_history = 1, .has_stream = true };

	fill(s.account_secret.raw, sizeof(s.account_secret.raw));
	fill(s.device_secret.raw, sizeof(s.device_secret.raw));
	fill(s.identity_secret, sizeof(s.identity_secret));
	fill(s.list_body, sizeof(s.list_body));
	s.list_body_len = sizeof(s.list_body);
	snprintf(s.relay.host, sizeof(s.relay.host), "%s.example", NEEDLE);
	snprintf(s.relay.join_code, sizeof(s.relay.join_code), NEEDLE);
	s.list.account = p->me.account;
	s.list.devices_count = 1;
	assert_status(STATUS_OK, self_put(t, &s));
	fill(c.submit_stream, sizeof(c.submit_stream));
	assert_status(STATUS_OK, counters_put(t, &c));
	assert_status(STATUS_OK, cursor_put(t, NEEDLE, 1));
}

static void
write_contact(struct vault_txn *t, const struct profile *p)
{
	struct contact c = { .name = p->peer.account, .has_pending = true };

	snprintf(c.alias, sizeof(c.alias), "%s alias", NEEDLE);
	c.list.account = c.name;
	c.list.devices_count = 1;
	c.pending_list = c.list;
	fill(c.account_key.raw, sizeof(c.account_key.raw));
	fill(c.pending_key.raw, sizeof(c.pending_key.raw));
	assert_status(STATUS_OK, contact_put(t, &c));
}

static void
write_ratchets(struct vault_txn *t, const struct profile *p)
{
	struct stored_prekey info = { .id = 1 };
	struct pair_state pair = { .sent_hash = p->group };
	struct bytes record = BYTES("record of the " NEEDLE);

	assert_status(STATUS_OK, session_put(t, &p->peer, record));
	assert_status(STATUS_OK, prekey_put(t, &info, record));
	assert_status(STATUS_OK, signed_prekey_put(t, &info, record));
	assert_status(STATUS_OK, base_key_put(t, &p->peer, record, 1, NOW_MS));
	assert_status(STATUS_OK, pair_put(t, &p->peer, &pair));
	assert_status(
	    STATUS_OK, sender_key_put(t, &p->group, &p->peer, record));
	assert_status(STATUS_OK, sender_key_id_put(t, &p->peer, 1, &p->group));
	assert_status(
	    STATUS_OK, sender_key_sent_put(t, &p->group, &p->peer, 1));
}

static void
write_history(struct vault_txn *t, const struct profile *p)
{
	struct bytes text = BYTES("a text with a " NEEDLE);
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = p->group,
		.peer = p->peer.account,
		.from = p->peer.account,
		.text = text,
		.reason = text,
		.body = text,
		.body_signature = text,
		.salt = text,
		.detail = text,
		.subject = p->peer.account,
		.resent_by = p->peer.account,
		.expires_ms = 1780000000000,
	};
	struct sender_state s = { .body_hash = p->group };
	struct quarantine_entry q = {
		.reason = QUARANTINE_LOG_BEHIND,
		.sender = p->peer,
		.payload = text,
		.group = p->group,
	};
	uint64_t n = 0;

	fill(e.id.raw, sizeof(e.id.raw));
	assert_status(STATUS_OK, history_append(t, &e, &n));
	assert_status(STATUS_OK, history_set_state(t, n, STATE_FAILED, text));
	assert_status(STATUS_OK, history_erase(t, n));
	assert_status(STATUS_OK, history_block_put(t, 0, text));
	assert_status(STATUS_OK, sender_put(t, &p->group, &p->peer, &s));
	assert_status(STATUS_OK, seen_put(t, &text, 1, NOW_MS));
	assert_status(STATUS_OK, quarantine_add(t, &q, &n));
}

static void
write_outbox(struct vault_txn *t, const struct profile *p)
{
	struct bytes text = BYTES("unsent " NEEDLE);
	struct outbox_recipient to = { .to = p->peer, .payload = text };
	struct outbox_row row = {
		.kind = OUTBOX_MESSAGE,
		.state = OUTBOX_READY,
		.conversation_kind = CONVERSATION_DIRECT,
		.to = p->peer.account,
		.content = text,
		.shared = text,
		.recipients = &to,
		.recipients_count = 1,
		.last_error = text,
	};
	uint64_t order = 0;

	fill(row.id.raw, sizeof(row.id.raw));
	assert_status(STATUS_OK, outbox_put(t, &row, &order));
}

static void
delete_row(struct vault_txn *t)
{
	struct outbox_row row;
	struct arena *a = NULL;

	assert_status(STATUS_OK, arena_new(OUTBOX_ROW_ARENA_BYTES, &a));
	assert_status(STATUS_OK, outbox_get(t, 1, a, &row));
	assert_status(STATUS_OK, outbox_del(t, &row));
	arena_free(a);
}

static void
write_group(struct vault_txn *t, const struct profile *p)
{
	struct group_record g = {
		.id = p->group,
		.standing = GROUP_FROZEN,
		.inviter = p->peer.account,
		.reason = NEEDLE,
	};
	struct join_row join = {
		.group = p->group,
		.account = p->peer.account,
	};
	struct outbox_recipient to = { .to = p->peer };
	struct audience all = { .recipients = &to, .count = 1 };
	struct group_secret s;

	fill(&s, sizeof(s));
	fill(s.key.raw, sizeof(s.key.raw));
	assert_status(STATUS_OK, group_set_name(t, &g, NEEDLE " club"));
	assert_status(STATUS_OK, group_set_name(t, &g, NEEDLE " team"));
	assert_status(
	    STATUS_OK, group_log_put(t, &g, 0, BYTES("added " NEEDLE)));
	assert_status(STATUS_OK, group_secret_put(t, &g, &s));
	assert_status(
	    STATUS_OK, group_answers_put(t, &p->group, &p->peer.account, 1));
	assert_status(STATUS_OK, join_put(t, &join));
	assert_status(STATUS_OK, audience_put(t, &p->group, &all));
	g.standing = GROUP_INVITED;
	assert_status(STATUS_OK, group_put(t, &g));
}

static void
write_repairs(struct vault_txn *t, const struct profile *p)
{
	struct bytes text = BYTES("given to " NEEDLE);
	struct tally tally = { &text, 1, 9, 1000 };
	struct signed_list list = { text, text };
	struct device_list opened = { .account = p->peer.account };
	struct history_entry e = {
		.n = 1,
		.conversation = p->group,
		.from = p->peer.account,
	};
	struct gap g = {
		.kind = GAP_NUMBERS,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = p->group,
		.author = p->peer,
		.has_before = true,
		.before = p->group,
		.after = p->group,
		.ciphertext = p->group,
	};

	fill(opened.account_key.raw, sizeof(opened.account_key.raw));
	fill(g.author_key.raw, sizeof(g.author_key.raw));
	assert_status(STATUS_OK, history_note_number(t, &e));
	assert_status(STATUS_OK, gap_put(t, &g));
	assert_status(STATUS_OK, sent_put(t, &p->group, 1, NOW_MS));
	assert_status(STATUS_OK, tally_add(t, &tally, 1, NOW_MS));
	assert_status(STATUS_OK, list_put(t, &opened, &list));
}

static void
write_request(struct vault_txn *t, const struct profile *p)
{
	struct request_row row = {
		.account = p->peer.account,
		.plaintext = BYTES(NEEDLE " of a stranger"),
	};

	struct departure_row departure = { .n = 1, .account = p->peer.account };

	assert_status(STATUS_OK, request_add(t, &row));
	assert_status(STATUS_OK, departure_put(t, &departure));
}

static void
write_words(struct vault_txn *t, const struct profile *p)
{
	const struct message_target target = { .author = p->peer.account };
	const struct words_about about = { &p->group, &target };
	struct words w = { .author = p->peer.account };

	fill(w.author_key.raw, sizeof(w.author_key.raw));
	assert_status(STATUS_OK, words_put(t, &about, &w));
}

static void
write_receipts(struct vault_txn *t, const struct profile *p)
{
	const struct receipt_state state = { .read.count = 0 };
	const struct receipt_due due = { .to = p->peer };
	const struct message_id id = { { 1 } };
	const struct told told = { .n = 1, .conversation = p->group };

	assert_status(STATUS_OK, told_put(t, &told));
	assert_status(STATUS_OK, told_note_news(t, &p->group, NOW_MS));
	assert_status(
	    STATUS_OK, receipt_state_put(t, &p->group, &p->peer, &state));
	assert_status(STATUS_OK, receipt_due_put(t, &due));
	assert_status(STATUS_OK,
	    receipt_loss_put(t, &id, &p->peer.account, RECEIPT_EXPIRED));
}

/* Written, then changed and deleted: freed pages keep what was in them. */
static void
write_everything(struct profile *p)
{
	struct master_key *key = NULL;
	struct vault_txn *t = NULL;
	struct vault *v = NULL;

	assert_status(STATUS_OK,
	    keyslots_create(p->dir, BYTES(NEEDLE " passphrase"), &key));
	memcpy(p->master, key->raw, sizeof(p->master));
	assert_status(STATUS_OK, vault_open(p->dir, key, &v));
	assert_status(STATUS_OK, vault_txn_begin(v, DB_WRITE, &t));
	write_self(t, p);
	write_contact(t, p);
	write_ratchets(t, p);
	write_history(t, p);
	write_outbox(t, p);
	write_group(t, p);
	write_repairs(t, p);
	write_receipts(t, p);
	write_words(t, p);
	write_request(t, p);
	for (unsigned table = 0; table < VAULT_TABLES_COUNT; table++) {
		size_t count = 0;

		assert_status(STATUS_OK, vault_count(t, table, &count));
		assert_true(count > 0);
	}
	assert_status(STATUS_OK, vault_txn_commit(&t));
	assert_status(STATUS_OK, vault_txn_begin(v, DB_WRITE, &t));
	write_contact(t, p);
	delete_row(t);
	assert_status(STATUS_OK, session_del(t, &p->peer));
	assert_status(STATUS_OK, vault_txn_commit(&t));
	vault_close(v);
}

static bool
file_contains(const char *dir, const char *name, struct bytes wanted)
{
	char path[1024];
	struct stat st;
	uint8_t *all;
	bool found;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	all = calloc((size_t)st.st_size + 1, 1);
	assert_non_null(all);
	assert_int_equal(
	    fread(all, 1, (size_t)st.st_size, f), (size_t)st.st_size);
	fclose(f);
	found = memmem(all, (size_t)st.st_size, wanted.data, wanted.len);
	free(all);
	return found;
}

static bool
dir_contains(const char *dir, struct bytes wanted)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	bool found = false;
	size_t files = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_type != DT_REG)
			continue;
		files++;
		if (file_contains(dir, entry->d_name, wanted) ||
		    memmem(entry->d_name, strlen(entry->d_name), wanted.data,
			wanted.len) != NULL)
			found = true;
	}
	closedir(d);
	assert_true(files >= 3); /* keys, data.mdb, lock.mdb */
	return found;
}

static void
no_byte_on_disk_tells_a_name_a_text_or_a_key(void **state)
{
	struct profile p = { .dir = scratch_dir_new() };
	uint8_t secret[6];

	(void)state;
	p.me = fixture_address(NEEDLE "-me", 1);
	p.peer = fixture_address(NEEDLE "-peer", 1);
	fill(p.group.raw, sizeof(p.group.raw));
	memset(secret, SECRET_BYTE, sizeof(secret));
	write_everything(&p);

	/* The search finds what is there: names of tables are no secret. */
	assert_true(dir_contains(p.dir, BYTES("history-by-conversation")));
	assert_false(dir_contains(p.dir, BYTES(NEEDLE)));
	assert_false(dir_contains(p.dir, BYTES_OF(secret)));
	assert_false(dir_contains(p.dir, bytes_head(BYTES_OF(p.master), 8)));
	assert_false(dir_contains(p.dir, BYTES("passphrase")));
	scratch_dir_remove(p.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_byte_on_disk_tells_a_name_a_text_or_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
