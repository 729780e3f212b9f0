/* Each kind of record damaged, each index and file: named, and mended or not.
 */
#include "tests/unit/core/cores.h"

#include <stdio.h>
#include <sys/stat.h>

#include "client/core/doctor/doctor.h"
#include "store/client/groups.h"
#include "store/client/inspect.h"
#include "store/client/vault_private.h"

enum { FINDINGS = 64 };

struct told {
	char step[32];
	char verdict[16];
	char message[256];
};

struct fixture {
	struct cores *cores;
	struct tacit_doctor how;
	struct doctor doctor;
	struct told told[FINDINGS];
	size_t count;
	size_t asked;
};

static void
tell(const struct tacit_finding *finding, void *arg)
{
	struct fixture *f = arg;
	struct told *told = &f->told[f->count++];

	assert_true(f->count < FINDINGS);
	snprintf(told->step, sizeof(told->step), "%s", finding->step);
	snprintf(told->verdict, sizeof(told->verdict), "%s", finding->verdict);
	snprintf(told->message, sizeof(told->message), "%s", finding->message);
}

static bool
agree(const char *sentence, void *arg)
{
	struct fixture *f = arg;

	assert_non_null(strchr(sentence, '?'));
	f->asked++;
	return true;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	void *cores = NULL;

	assert_non_null(f);
	assert_int_equal(cores_setup(&cores), 0);
	f->cores = cores;
	f->doctor.core = &f->cores->alice.core;
	f->doctor.how = &f->how;
	f->doctor.show = tell;
	f->doctor.arg = f;
	f->how.arg = f;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	void *cores = f->cores;

	cores_teardown(&cores);
	free(f);
	return 0;
}

static const char *
verdict_of(const struct fixture *f, const char *step)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->told[i].step, step) == 0)
			return f->told[i].verdict;
	return "nothing";
}

static void
look(struct fixture *f)
{
	f->count = 0;
	f->asked = 0;
	f->doctor.sick = false;
	doctor_look_at_tables(&f->doctor);
	doctor_look_at_account(&f->doctor);
	doctor_look_at_outbox(&f->doctor);
	doctor_look_at_waiting(&f->doctor);
	doctor_look_at_groups(&f->doctor);
}

static void
expect_well(struct fixture *f)
{
	look(f);
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->told[i].verdict, "ok") != 0)
			fail_msg("%s: %s", f->told[i].step, f->told[i].message);
	assert_false(f->doctor.sick);
}

/* A record that decodes nowhere and opens nowhere, as a bad sector leaves. */
static void
spoil(struct fixture *f, enum vault_table table)
{
	struct vault_key key = vault_key_number(UINT64_MAX / 2);
	struct step s = begin(&f->cores->alice);
	struct bytes raw = bytes_view(key.raw, key.len);
	uint8_t bad[256];
	struct bytes v;

	assert_status(STATUS_OK, vault_put(s.txn, table, &key, BYTES("xy")));
	assert_status(STATUS_OK, db_get(s.txn->txn, (unsigned)table, raw, &v));
	assert_true(v.len <= sizeof(bad));
	memcpy(bad, v.data, v.len);
	bad[v.len - 1] ^= 1;
	assert_status(STATUS_OK, db_put(s.txn->txn, (unsigned)table, raw,
				     bytes_view(bad, v.len), DB_PUT));
	commit(&s);
}

static void
unspoil(struct fixture *f, enum vault_table table)
{
	struct vault_key key = vault_key_number(UINT64_MAX / 2);
	struct step s = begin(&f->cores->alice);

	assert_status(STATUS_OK, vault_del(s.txn, table, &key));
	commit(&s);
}

static void
every_damaged_table_is_named(void **state)
{
	struct fixture *f = *state;

	expect_well(f);
	f->how.check_only = true;
	for (unsigned i = 0; i < VAULT_TABLES_COUNT; i++) {
		spoil(f, i);
		look(f);
		if (strcmp(verdict_of(f, inspect_name(i)), "failed") != 0)
			fail_msg("%s is not named", inspect_name(i));
		assert_true(f->doctor.sick);
		unspoil(f, i);
	}
	f->how.check_only = false;
	expect_well(f);
}

static void
damage_is_given_up_only_with_the_users_word(void **state)
{
	struct fixture *f = *state;

	spoil(f, VAULT_SESSIONS);
	spoil(f, VAULT_CONTACTS);
	look(f);
	assert_string_equal(verdict_of(f, "sessions"), "failed");
	assert_string_equal(verdict_of(f, "contacts"), "failed");
	f->how.may_repair = agree;
	f->how.check_only = true;
	look(f);
	assert_int_equal(f->asked, 0);
	assert_string_equal(verdict_of(f, "sessions"), "failed");
	f->how.check_only = false;
	look(f);
	assert_int_equal(f->asked, 1);
	assert_string_equal(verdict_of(f, "sessions"), "mended");
	/* Nobody gives back whom we had pinned. */
	assert_string_equal(verdict_of(f, "contacts"), "failed");
	assert_true(f->doctor.sick);
	unspoil(f, VAULT_CONTACTS);
	expect_well(f);
}

static void
indexes_are_made_anew_unless_one_only_looks(void **state)
{
	struct fixture *f = *state;
	struct vault_key stray = vault_key_number(7);
	struct step s = begin(&f->cores->alice);
	struct group_record g = { .standing = GROUP_LEFT };
	struct counters c;

	assert_status(STATUS_OK, vault_put(s.txn, VAULT_HISTORY_BY_CONVERSATION,
				     &stray, BYTES_NONE));
	assert_status(STATUS_OK, group_put(s.txn, &g));
	assert_status(STATUS_OK, counters_get(s.txn, &c));
	c.next_prekey_id = 3;
	assert_status(STATUS_OK, counters_put(s.txn, &c));
	commit(&s);

	f->how.check_only = true;
	look(f);
	assert_string_equal(verdict_of(f, "history indexes"), "failed");
	assert_string_equal(verdict_of(f, "group names"), "failed");
	assert_string_equal(verdict_of(f, "counters"), "failed");
	assert_true(f->doctor.sick);
	f->how.check_only = false;
	look(f);
	assert_string_equal(verdict_of(f, "history indexes"), "mended");
	assert_string_equal(verdict_of(f, "group names"), "mended");
	assert_string_equal(verdict_of(f, "counters"), "mended");
	assert_false(f->doctor.sick);
	expect_well(f);
}

static void
files_that_others_can_reach_are_closed(void **state)
{
	struct fixture *f = *state;
	const char *dir = f->cores->alice.dir;
	char path[512];
	struct stat now;

	snprintf(path, sizeof(path), "%s/keys", dir);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	f->how.check_only = true;
	doctor_look_at_files(&f->doctor, dir);
	assert_string_equal(verdict_of(f, "files"), "failed");
	f->how.check_only = false;
	f->count = 0;
	doctor_look_at_files(&f->doctor, dir);
	assert_string_equal(verdict_of(f, "files"), "mended");
	assert_int_equal(stat(path, &now), 0);
	assert_int_equal(now.st_mode & 07777, 0600);
	f->count = 0;
	doctor_look_at_files(&f->doctor, dir);
	assert_string_equal(verdict_of(f, "files"), "ok");
}

static void
a_list_that_does_not_fit_our_keys_is_named(void **state)
{
	struct fixture *f = *state;

	f->cores->alice.core.self.device_key.raw[0] ^= 1;
	look(f);
	assert_string_equal(verdict_of(f, "account"), "failed");
}

static void
a_row_without_its_message_is_named(void **state)
{
	struct fixture *f = *state;
	struct draft d = {
		.kind = CONVERSATION_DIRECT,
		.to = name_of("bob"),
		.text = BYTES("hello"),
	};
	struct step s = begin(&f->cores->alice);
	struct vault_key key;
	uint64_t n = 0, order = 0;

	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	key = vault_key_number(n);
	commit(&s);
	look(f);
	assert_string_equal(verdict_of(f, "outbox"), "ok");
	s = begin(&f->cores->alice);
	assert_status(STATUS_OK, vault_del(s.txn, VAULT_HISTORY, &key));
	commit(&s);
	look(f);
	assert_string_equal(verdict_of(f, "outbox"), "failed");
	assert_string_equal(verdict_of(f, "history indexes"), "mended");
}

/* Whatever its row was lost by: nobody waits for it for ever. */
static void
a_message_whose_row_is_lost_has_failed(void **state)
{
	struct fixture *f = *state;
	struct draft d = {
		.kind = CONVERSATION_DIRECT,
		.to = name_of("bob"),
		.text = BYTES("hello"),
	};
	struct step s = begin(&f->cores->alice);
	struct history_entry e;
	struct vault_key key;
	uint64_t n = 0, order = 0;

	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	look(f);
	assert_string_equal(verdict_of(f, "messages that wait"), "ok");
	key = vault_key_number(order);
	s = begin(&f->cores->alice);
	assert_status(STATUS_OK, vault_del(s.txn, VAULT_OUTBOX, &key));
	commit(&s);
	look(f);
	assert_string_equal(verdict_of(f, "outbox index"), "mended");
	assert_string_equal(verdict_of(f, "messages that wait"), "mended");
	s = begin(&f->cores->alice);
	assert_status(STATUS_OK, history_get(s.txn, n, s.arena, &e));
	assert_int_equal(e.state, STATE_FAILED);
	assert_true(e.reason.len > 0);
	step_abort(&s);
	expect_well(f);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_damaged_table_is_named),
		TEST(damage_is_given_up_only_with_the_users_word),
		TEST(indexes_are_made_anew_unless_one_only_looks),
		TEST(files_that_others_can_reach_are_closed),
		TEST(a_list_that_does_not_fit_our_keys_is_named),
		TEST(a_row_without_its_message_is_named),
		TEST(a_message_whose_row_is_lost_has_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
