/* fake_people.c - the fake's contacts, keys and safety numbers. */
#include "tests/unit/cli/fake_private.h"

static void
tell_contact(tacit_contact_fn *show, void *arg)
{
	const struct tacit_contact contact = {
		.name = "alice",
		.alias = "ally",
		.key = FAKE_KEY,
		.verified = true,
		.changed = fake.contact_changed,
		.pending_key = fake.contact_changed ? FAKE_HEAD : NULL,
		.devices = 1,
		.first_seen_ms = FAKE_NOON_MS,
		.blocked = fake.blocked,
	};

	show(&contact, arg);
}

enum tacit_code
tacit_contacts(
    struct tacit *t, tacit_contact_fn *show, void *arg, struct tacit_error *e)
{
	(void)t;
	tell_contact(show, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_contact(struct tacit *t, const char *name, tacit_contact_fn *show,
    void *arg, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.name, sizeof(fake.name), name);
	tell_contact(show, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_contact_rename(
    struct tacit *t, const char *name, const char *alias, struct tacit_error *e)
{
	fake_keep(fake.names[0], sizeof(fake.names[0]), alias);
	return tacit_contact_remove(t, name, e);
}

enum tacit_code
tacit_contact_remove(struct tacit *t, const char *name, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.name, sizeof(fake.name), name);
	return fake_answer(e);
}

enum tacit_code
tacit_contact_block(struct tacit *t, const char *name, bool block,
    bool *changed, struct tacit_error *e)
{
	fake.blocked = block;
	*changed = block;
	return tacit_contact_remove(t, name, e);
}

enum tacit_code
tacit_account_delete(struct tacit *t, const char *name, struct tacit_error *e)
{
	fake.deletions++;
	return tacit_contact_remove(t, name, e);
}

enum tacit_code
tacit_verify(struct tacit *t, const char *name, const struct tacit_verify *how,
    struct tacit_safety_number *number, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.name, sizeof(fake.name), name);
	fake_keep(fake.compare, sizeof(fake.compare), how->compare);
	fake.mark = how->mark;
	number->verified = how->mark;
	number->changed = fake.contact_changed;
	for (int i = 0; i < TACIT_SAFETY_NUMBER_DIGITS; i++)
		number->digits[i] = (char)('0' + i % 10);
	number->digits[TACIT_SAFETY_NUMBER_DIGITS] = '\0';
	return fake_answer(e);
}

enum tacit_code
tacit_trust(
    struct tacit *t, const char *name, bool *changed, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.name, sizeof(fake.name), name);
	*changed = fake.trust_changed;
	return fake_answer(e);
}

enum tacit_code
tacit_requests(struct tacit *t, tacit_request_fn *show, void *arg,
    uint64_t *dropped, struct tacit_error *e)
{
	const struct tacit_request request = {
		.name = "carol",
		.key = FAKE_KEY,
		.messages = 3,
		.invitations = 1,
		.first_ms = FAKE_NOON_MS,
		.last_ms = FAKE_NOON_MS,
	};

	(void)t;
	show(&request, arg);
	*dropped = fake.dropped;
	return fake_answer(e);
}

enum tacit_code
tacit_request_accept(
    struct tacit *t, const char *name, size_t *count, struct tacit_error *e)
{
	*count = 3;
	return tacit_contact_remove(t, name, e);
}

enum tacit_code
tacit_request_refuse(struct tacit *t, const char *name, bool block,
    size_t *count, struct tacit_error *e)
{
	fake.blocked = block;
	return tacit_request_accept(t, name, count, e);
}

const char *
tacit_moved_to(const struct tacit *t)
{
	(void)t;
	return fake.moved_to;
}

enum tacit_code
tacit_relay(
    struct tacit *t, bool ask, struct tacit_relay *relay, struct tacit_error *e)
{
	(void)t;
	*relay = (struct tacit_relay){
		.relay = "127.0.0.1:4433",
		.link = "tacit://127.0.0.1:4433/#pin=K3vcO0Xl",
		.moved_to = fake.moved_to,
		.reached = ask,
	};
	return fake_answer(e);
}

enum tacit_code
tacit_relay_set(
    struct tacit *t, const char *link, bool *registered, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.link, sizeof(fake.link), link);
	*registered = true;
	return fake_answer(e);
}
