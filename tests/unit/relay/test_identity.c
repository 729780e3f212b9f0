#include "tests/support/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/channel.h"
#include "relay/file.h"
#include "relay/identity.h"

static const char *const NAMES[] = { "identity.key", "identity.crt", "tls.key",
	"tls.crt" };

static int
setup(void **state)
{
	*state = scratch_dir_new();
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	scratch_dir_remove(*state);
	return 0;
}

static void
no_identity_is_found_where_none_was_made(void **state)
{
	struct identity id;

	assert_status(STATUS_NOT_FOUND, identity_load(*state, &id));
	assert_false(file_exists(*state, "identity.key"));
}

static void
a_damaged_key_is_an_error_and_is_not_replaced(void **state)
{
	struct identity id;
	struct buf *left = NULL;

	assert_status(STATUS_OK,
	    file_write(*state, "identity.key", BYTES("garbage"), false));
	assert_status(STATUS_IO, identity_ensure(*state, &id));
	assert_status(STATUS_OK, file_read(*state, "identity.key", 100, &left));
	assert_bytes(BYTES("garbage"), buf_view(left));
	buf_free(left);
}

static void
a_certificate_of_another_key_is_noticed(void **state)
{
	struct identity id;
	char path[PATH_MAX];

	assert_status(STATUS_OK, identity_ensure(*state, &id));
	assert_status(STATUS_OK, file_path(*state, "identity.key", path));
	unlink(path);
	assert_status(STATUS_IO, identity_ensure(*state, &id));
}

static void
the_pin_stays_and_every_file_is_the_owners_alone(void **state)
{
	struct identity first, second;
	struct stat st;

	assert_status(STATUS_OK, identity_ensure(*state, &first));
	assert_status(STATUS_OK, identity_load(*state, &second));
	assert_bytes(hash_view(&first.pin), hash_view(&second.pin));
	for (size_t i = 0; i < 4; i++) {
		char path[PATH_MAX];

		assert_status(STATUS_OK, file_path(*state, NAMES[i], path));
		assert_int_equal(0, stat(path, &st));
		assert_int_equal(0600, st.st_mode & 0777);
	}
}

/* A crash may come between any two files. */
static void
what_a_crash_left_out_is_made_later_under_the_same_pin(void **state)
{
	struct identity first, second;

	assert_status(STATUS_OK, identity_ensure(*state, &first));
	for (size_t from = 1; from < 4; from++) {
		for (size_t i = from; i < 4; i++) {
			char path[PATH_MAX];

			assert_status(
			    STATUS_OK, file_path(*state, NAMES[i], path));
			assert_int_equal(0, unlink(path));
		}
		assert_status(STATUS_OK, identity_ensure(*state, &second));
		assert_bytes(hash_view(&first.pin), hash_view(&second.pin));
	}
}

static void
a_tls_server_can_be_made_of_it(void **state)
{
	struct channel_server *server = NULL;
	struct identity id;

	assert_status(STATUS_OK, identity_ensure(*state, &id));
	assert_status(STATUS_OK,
	    channel_server_new(
		&(struct channel_server_options){
		    .cert_file = id.cert_file, .key_file = id.key_file },
		&server));
	channel_server_free(server);
}

static void
a_directory_that_is_not_there_is_an_error(void **state)
{
	struct identity id;
	char path[PATH_MAX];

	assert_status(STATUS_OK, file_path(*state, "nowhere", path));
	assert_status(STATUS_IO, identity_ensure(path, &id));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_identity_is_found_where_none_was_made),
		CASE(a_damaged_key_is_an_error_and_is_not_replaced),
		CASE(a_certificate_of_another_key_is_noticed),
		CASE(a_directory_that_is_not_there_is_an_error),
		CASE(the_pin_stays_and_every_file_is_the_owners_alone),
		CASE(what_a_crash_left_out_is_made_later_under_the_same_pin),
		CASE(a_tls_server_can_be_made_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
