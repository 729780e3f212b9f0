/* What the public library says of contacts and of the past. */
#include "client/core/handle.h"
#include "tests/unit/core/cores.h"

static struct tacit
handle(struct party *p)
{
	return (struct tacit){ .core = p->core, .dir = p->dir };
}

/* Names, or texts, joined by commas. */
struct shown {
	char text[512];
	size_t count;
	struct tacit_contact last; /* its strings are gone */
};

static void
note(struct shown *shown, const char *text, size_t len)
{
	size_t used = strlen(shown->text);

	assert_true(used + len + 2 < sizeof(shown->text));
	memcpy(shown->text + used, text, len);
	memcpy(shown->text + used + len, ",", 2);
	shown->count++;
}

static bool
show_contact(const struct tacit_contact *c, void *arg)
{
	struct shown *shown = arg;

	note(shown, c->name, strlen(c->name));
	shown->last = *c;
	return true;
}

static bool
show_event(const struct tacit_event *event, void *arg)
{
	if (event->notice == NULL)
		note(arg, event->text, event->text_len);
	return true;
}

static struct shown
look(struct party *p, struct tacit_history how, enum tacit_code expected)
{
	struct tacit t = handle(p);
	struct tacit_error e;
	struct shown shown = { .count = 0 };

	how.kind = TACIT_DIRECT;
	assert_int_equal(
	    tacit_history(&t, &how, show_event, &shown, &e), expected);
	assert_int_equal(e.code, expected);
	return shown;
}

static void
strangers_and_nonsense_are_refused(void **state)
{
	struct cores *c = *state;
	struct tacit t = handle(&c->alice);
	struct shown shown = { .count = 0 };
	struct tacit_safety_number number;
	bool yes = true;
	struct tacit_error e;

	assert_int_equal(tacit_contact(&t, "bob", show_contact, &shown, &e),
	    TACIT_NOT_FOUND);
	assert_int_equal(tacit_contact_remove(&t, "bob", &e), TACIT_NOT_FOUND);
	assert_int_equal(
	    tacit_contact_rename(&t, "bob", "Bobby", &e), TACIT_NOT_FOUND);
	assert_int_equal(
	    tacit_contact_rename(&t, "bob", "a\nb", &e), TACIT_USAGE);
	assert_int_equal(
	    tacit_verify(
		&t, "bob", &(struct tacit_verify){ .mark = true }, &number, &e),
	    TACIT_NOT_FOUND);
	assert_int_equal(tacit_trust(&t, "bob", &yes, &e), TACIT_NOT_FOUND);
	assert_int_equal(tacit_trust(&t, "No Name", &yes, &e), TACIT_USAGE);
	look(&c->alice, (struct tacit_history){ .with = "bob" },
	    TACIT_NOT_FOUND);
	look(&c->alice, (struct tacit_history){ .with = "No Name" },
	    TACIT_USAGE);
	assert_int_equal(shown.count, 0);
}

static void
contacts_are_listed_renamed_and_hidden(void **state)
{
	struct cores *c = *state;
	struct tacit t = handle(&c->alice);
	struct shown shown = { .count = 0 };
	struct tacit_error e;

	say(&c->carol, &c->alice, "hello");
	say(&c->bob, &c->alice, "hello");
	assert_int_equal(
	    tacit_contacts(&t, show_contact, &shown, &e), TACIT_DONE);
	assert_string_equal(shown.text, "bob,carol,");
	assert_int_equal(
	    tacit_contact_rename(&t, "bob", "Bobby T", &e), TACIT_DONE);
	assert_int_equal(
	    tacit_contact_rename(&t, "carol", "Bobby T", &e), TACIT_EXISTS);
	assert_int_equal(
	    tacit_contact_rename(&t, "carol", "bob", &e), TACIT_EXISTS);
	shown = (struct shown){ .count = 0 };
	assert_int_equal(
	    tacit_contact(&t, "Bobby T", show_contact, &shown, &e), TACIT_DONE);
	assert_string_equal(shown.text, "bob,");
	assert_int_equal(tacit_contact_rename(&t, "bob", "", &e), TACIT_DONE);
	assert_int_equal(tacit_contact_remove(&t, "bob", &e), TACIT_DONE);
	shown = (struct shown){ .count = 0 };
	assert_int_equal(
	    tacit_contacts(&t, show_contact, &shown, &e), TACIT_DONE);
	assert_string_equal(shown.text, "carol,");
	assert_null(shown.last.alias);
}

static void
history_is_the_newest_in_their_order_and_can_be_searched(void **state)
{
	struct cores *c = *state;
	struct shown shown;

	say(&c->bob, &c->alice, "Grüße aus KÖLN");
	say(&c->alice, &c->bob, "one");
	say(&c->carol, &c->alice, "other");
	say(&c->alice, &c->bob, "two");
	shown = look(
	    &c->alice, (struct tacit_history){ .with = "bob" }, TACIT_DONE);
	assert_string_equal(shown.text, "Grüße aus KÖLN,one,two,");
	shown = look(&c->alice,
	    (struct tacit_history){ .with = "bob", .limit = 2 }, TACIT_DONE);
	assert_string_equal(shown.text, "one,two,");
	shown =
	    look(&c->alice, (struct tacit_history){ .limit = 2 }, TACIT_DONE);
	assert_string_equal(shown.text, "other,two,");
	shown = look(&c->alice,
	    (struct tacit_history){ .with = "bob", .search = "köln" },
	    TACIT_DONE);
	assert_string_equal(shown.text, "Grüße aus KÖLN,");
	shown = look(&c->alice, (struct tacit_history){ .search = "GRÜSSE" },
	    TACIT_DONE);
	assert_int_equal(shown.count, 1);
	shown = look(&c->alice, (struct tacit_history){ .search = "nowhere" },
	    TACIT_DONE);
	assert_int_equal(shown.count, 0);
	shown = look(&c->alice,
	    (struct tacit_history){ .with = "bob", .until_ms = 1 }, TACIT_DONE);
	assert_int_equal(shown.count, 0);
	shown = look(&c->alice,
	    (struct tacit_history){ .with = "bob", .since_ms = 1 }, TACIT_DONE);
	assert_int_equal(shown.count, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(strangers_and_nonsense_are_refused),
		cores_test(contacts_are_listed_renamed_and_hidden),
		cores_test(
		    history_is_the_newest_in_their_order_and_can_be_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
