#include "store/client/groups.h"

#include <stdio.h>

#include "fixture.h"

static struct group_record
group_of(const char *id, const char *name)
{
	struct group_record g = {
		.id = fixture_hash(id),
		.standing = GROUP_MEMBER,
		.length = 3,
	};

	snprintf(g.name, sizeof(g.name), "%s", name);
	return g;
}

static void
what_is_not_there_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct hash id = fixture_hash("g");
	struct group_key_id key_id = { { 1 } };
	struct group_record g = { .id = id };
	struct group_secret s;
	struct buf *entry = NULL;

	assert_status(STATUS_NOT_FOUND, group_log_get(f->t, &g, 0, &entry));
	assert_status(
	    STATUS_NOT_FOUND, group_secret_get(f->t, &g, &key_id, &s));
	assert_status(STATUS_NOT_FOUND,
	    group_offer_get(f->t, &id, &g.chain, &f->bob.account, &g));
	assert_status(STATUS_NOT_FOUND, group_get(f->t, &id, &g));
	assert_status(STATUS_NOT_FOUND, group_find_name(f->t, "g", &id));
}

static void
what_is_known_of_a_log_comes_back_in_every_field(void **state)
{
	struct fixture *f = *state;
	struct group_record was = group_of("g", "friends");
	struct group_record is;

	was.expected_length = 9;
	was.place = fixture_hash("place");
	was.expected_head = fixture_hash("expected");
	was.invited_ms = NOW_MS;
	was.told = true;
	was.is_waiting = true;
	was.wanted.raw[7] = 3;
	was.asks = 4;
	was.next_ask_ms = NOW_MS + 1;
	was.loose_count = GROUP_LOOSE_KEYS;
	was.loose[GROUP_LOOSE_KEYS - 1].raw[0] = 5;
	was.frost = FROST_NEWER;
	was.locked = true;
	assert_status(STATUS_OK, group_put(f->t, &was));
	fixture_restart(f);
	memset(&is, 0xff, sizeof(is));
	assert_status(STATUS_OK, group_get(f->t, &was.id, &is));
	assert_int_equal(is.expected_length, 9);
	assert_bytes(hash_view(&was.place), hash_view(&is.place));
	assert_bytes(
	    hash_view(&was.expected_head), hash_view(&is.expected_head));
	assert_int_equal(is.invited_ms, NOW_MS);
	assert_true(is.told);
	assert_true(is.is_waiting);
	assert_int_equal(is.wanted.raw[7], 3);
	assert_int_equal(is.asks, 4);
	assert_int_equal(is.next_ask_ms, NOW_MS + 1);
	assert_int_equal(is.loose_count, GROUP_LOOSE_KEYS);
	assert_memory_equal(is.loose, was.loose, sizeof(is.loose));
	assert_int_equal(is.frost, FROST_NEWER);
	assert_true(is.locked);
}

static void
a_group_comes_back_in_every_field(void **state)
{
	struct fixture *f = *state;
	struct group_record was = group_of("g", "friends");
	struct group_record is;

	was.standing = GROUP_FROZEN;
	was.chain.raw[1] = 1;
	was.head = fixture_hash("head");
	was.log_key.raw[2] = 2;
	was.log_key_stale = true;
	was.inviter = f->bob.account;
	memset(was.reason, 'r', sizeof(was.reason) - 1);
	was.has_sender_key = true;
	was.sender_key_id = 77;
	was.sender_key_made_ms = NOW_MS;
	was.sender_key_uses = 999;
	was.sender_key_stale = true;
	assert_status(STATUS_OK, group_put(f->t, &was));
	fixture_restart(f);
	memset(&is, 0xff, sizeof(is));
	assert_status(STATUS_OK, group_get(f->t, &was.id, &is));
	assert_bytes(hash_view(&was.id), hash_view(&is.id));
	assert_string_equal(is.name, "friends");
	assert_int_equal(is.standing, GROUP_FROZEN);
	assert_bytes(BYTES_OF(was.chain), BYTES_OF(is.chain));
	assert_int_equal(is.length, 3);
	assert_bytes(hash_view(&was.head), hash_view(&is.head));
	assert_bytes(BYTES_OF(was.log_key), BYTES_OF(is.log_key));
	assert_true(is.log_key_stale);
	assert_string_equal(is.inviter.text, "bob");
	assert_string_equal(is.reason, was.reason);
	assert_true(is.has_sender_key);
	assert_int_equal(is.sender_key_id, 77);
	assert_int_equal(is.sender_key_made_ms, NOW_MS);
	assert_int_equal(is.sender_key_uses, 999);
	assert_true(is.sender_key_stale);
}

static void
a_local_name_belongs_to_one_group(void **state)
{
	struct fixture *f = *state;
	struct group_record g = group_of("g", "");
	struct group_record h = group_of("h", "");
	struct hash found;

	assert_status(STATUS_OK, group_set_name(f->t, &g, "friends"));
	assert_string_equal(g.name, "friends");
	assert_status(STATUS_EXISTS, group_set_name(f->t, &h, "friends"));
	assert_string_equal(h.name, "");
	assert_status(STATUS_NOT_FOUND, group_get(f->t, &h.id, &h));
	assert_status(STATUS_OK, group_set_name(f->t, &g, "friends"));
	fixture_turn(f);
	assert_status(STATUS_OK, group_find_name(f->t, "friends", &found));
	assert_bytes(hash_view(&g.id), hash_view(&found));
	assert_status(STATUS_OK, group_get(f->t, &g.id, &g));
	assert_string_equal(g.name, "friends");
}

static void
a_renamed_group_frees_its_old_name(void **state)
{
	struct fixture *f = *state;
	struct group_record g = group_of("g", "");
	struct group_record h = group_of("h", "");
	struct hash found;

	assert_status(STATUS_OK, group_set_name(f->t, &g, "a long name"));
	assert_status(STATUS_OK, group_set_name(f->t, &g, "short"));
	assert_status(
	    STATUS_NOT_FOUND, group_find_name(f->t, "a long name", &found));
	assert_status(STATUS_OK, group_set_name(f->t, &h, "a long name"));
	assert_status(STATUS_OK, group_get(f->t, &g.id, &g));
	assert_string_equal(g.name, "short");
	/* A record that only claims a name does not free it for others. */
	g = group_of("k", "short");
	assert_status(STATUS_OK, group_set_name(f->t, &g, "third"));
	assert_status(STATUS_OK, group_find_name(f->t, "short", &found));
}

static void
a_name_too_long_is_bad_input(void **state)
{
	struct fixture *f = *state;
	struct group_record g = group_of("g", "");
	char name[GROUP_LOCAL_NAME_BYTES + 2];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_status(STATUS_BAD_INPUT, group_set_name(f->t, &g, name));
	name[sizeof(name) - 2] = '\0';
	assert_status(STATUS_OK, group_set_name(f->t, &g, name));
	assert_string_equal(g.name, name);
}

static enum status
count_group(const struct group_record *g, void *arg)
{
	size_t *count = arg;

	assert_int_equal(g->length, 3);
	return ++*count == 2 ? STATUS_CLOSED : STATUS_OK;
}

static void
groups_are_walked_until_told_to_stop(void **state)
{
	const char *const ids[] = { "a", "b", "c" };
	struct fixture *f = *state;
	size_t count = 0;

	assert_status(STATUS_OK, groups_each(f->t, count_group, &count));
	assert_int_equal(count, 0);
	for (size_t i = 0; i < 3; i++) {
		struct group_record g = group_of(ids[i], ids[i]);

		assert_status(STATUS_OK, group_put(f->t, &g));
	}
	assert_status(STATUS_CLOSED, groups_each(f->t, count_group, &count));
	assert_int_equal(count, 2);
	assert_status(STATUS_OK, groups_each(f->t, count_group, &count));
	assert_int_equal(count, 5);
}

static void
log_and_keys_are_kept_per_place(void **state)
{
	struct fixture *f = *state;
	struct group_record g = { .place = fixture_hash("g") };
	struct group_record h = { .place = fixture_hash("h") };
	struct group_secret was = {
		.id = { { 1 } }, .key = { { 2 } }, .token = { { 3 } }
	};
	struct group_secret is;
	struct buf *row = NULL;

	assert_status(STATUS_OK, group_log_put(f->t, &g, 0, BYTES("genesis")));
	assert_status(STATUS_OK, group_log_put(f->t, &g, 256, BYTES("later")));
	assert_status(STATUS_OK, group_secret_put(f->t, &g, &was));
	assert_status(STATUS_OK, group_secret_put(f->t, &h, &was));
	fixture_turn(f);
	assert_status(STATUS_NOT_FOUND, group_log_get(f->t, &h, 0, &row));
	assert_status(STATUS_NOT_FOUND, group_log_get(f->t, &g, 1, &row));
	assert_status(STATUS_OK, group_log_get(f->t, &g, 256, &row));
	assert_bytes(BYTES("later"), buf_view(row));
	buf_free(row);
	assert_status(STATUS_OK, group_secret_get(f->t, &g, &was.id, &is));
	assert_memory_equal(&is, &was, sizeof(is));
	assert_status(STATUS_OK, group_place_del(f->t, &g.place, 300));
	assert_status(STATUS_NOT_FOUND, group_log_get(f->t, &g, 256, &row));
	assert_status(
	    STATUS_NOT_FOUND, group_secret_get(f->t, &g, &was.id, &is));
	assert_status(STATUS_OK, group_secret_get(f->t, &h, &was.id, &is));
	assert_status(STATUS_OK, group_secret_del(f->t, &h, &was.id));
	assert_status(STATUS_OK, group_secret_del(f->t, &h, &was.id));
	assert_status(
	    STATUS_NOT_FOUND, group_secret_get(f->t, &h, &was.id, &is));
}

static void
an_offer_is_kept_apart_from_the_group(void **state)
{
	struct fixture *f = *state;
	struct group_record offer = group_of("g", "");
	struct group_record own = group_of("g", "friends");
	struct group_record is;
	size_t count = 0;

	offer.standing = GROUP_INVITED;
	offer.inviter = f->bob.account;
	assert_status(STATUS_OK, group_put(f->t, &offer));
	assert_status(STATUS_NOT_FOUND, group_get(f->t, &own.id, &is));
	own.locked = true;
	assert_status(STATUS_OK, group_put(f->t, &own));
	assert_status(STATUS_OK,
	    group_offer_get(f->t, &own.id, &offer.chain, &f->bob.account, &is));
	assert_false(is.locked);
	assert_status(STATUS_OK, groups_each(f->t, count_group, &count));
	assert_int_equal(count, 1);
	assert_status(
	    STATUS_CLOSED, group_offers_each(f->t, count_group, &count));
	assert_status(STATUS_OK, group_offer_del(f->t, &offer));
	assert_status(STATUS_NOT_FOUND,
	    group_offer_get(f->t, &own.id, &offer.chain, &f->bob.account, &is));
	assert_status(STATUS_OK, group_get(f->t, &own.id, &is));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_is_not_there_is_not_found),
		fixture_test(a_group_comes_back_in_every_field),
		fixture_test(what_is_known_of_a_log_comes_back_in_every_field),
		fixture_test(a_local_name_belongs_to_one_group),
		fixture_test(a_renamed_group_frees_its_old_name),
		fixture_test(a_name_too_long_is_bad_input),
		fixture_test(groups_are_walked_until_told_to_stop),
		fixture_test(an_offer_is_kept_apart_from_the_group),
		fixture_test(log_and_keys_are_kept_per_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
