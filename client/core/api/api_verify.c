/* api_verify.c - is it them: safety numbers, and keys that changed. */
#include <assert.h>
#include <string.h>

#include "client/core/api/api_contacts.h"
#include "client/core/messenger/messenger.h"
#include "client/core/ratchet/fingerprint.h"

static_assert((int)TACIT_SAFETY_NUMBER_DIGITS == (int)SAFETY_NUMBER_DIGITS);

/* What people paste between digits; the longer ones are UTF-8. */
static const char *const spaces[] = {
	" ", "\t", "\n", "\v", "\f", "\r", "\xc2\xa0", /* no-break space */
	"\xe2\x80\x87",                                /* figure space */
	"\xe2\x80\x89",                                /* thin space */
	"\xe2\x80\xaf", /* narrow no-break space */
};

/* How many bytes of space `text` begins with; 0: none. */
static size_t
space_at(const char *text)
{
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		size_t len = strlen(spaces[i]);

		if (strncmp(text, spaces[i], len) == 0)
			return len;
	}
	return 0;
}

/* false: not sixty digits and spaces. */
static bool
read_digits(const char *text, char digits[TACIT_SAFETY_NUMBER_DIGITS + 1])
{
	size_t count = 0;

	while (*text != '\0') {
		size_t space = space_at(text);

		if (space > 0) {
			text += space;
			continue;
		}
		if (*text < '0' || *text > '9' ||
		    count == TACIT_SAFETY_NUMBER_DIGITS)
			return false;
		digits[count++] = *text++;
	}
	digits[count] = '\0';
	return count == TACIT_SAFETY_NUMBER_DIGITS;
}

static enum status
mark_verified(struct step *s, struct contact *c, const void *arg)
{
	const struct sign_public *compared = arg;

	(void)s;
	/* Another process may have accepted another key meanwhile. */
	if (c->has_pending ||
	    memcmp(compared, &c->account_key, sizeof(c->account_key)) != 0)
		return STATUS_UNTRUSTED;
	c->verified = true;
	return STATUS_OK;
}

static enum tacit_code
refuse_mark(struct tacit_error *e, const struct contact *c)
{
	return error_set(e, TACIT_KEY_CHANGED,
	    "The identity key of %s has changed; compare the new safety "
	    "number, then run `tacit trust %s`.",
	    c->name.text, c->name.text);
}

static enum tacit_code
mark(struct tacit *t, const struct contact *c,
    struct tacit_safety_number *number, struct tacit_error *e)
{
	enum status st;

	if (c->has_pending)
		return refuse_mark(e, c);
	st = contact_change(t, c->name.text, mark_verified, &c->account_key);
	if (st == STATUS_UNTRUSTED)
		return refuse_mark(e, c);
	number->verified = st == STATUS_OK;
	return contact_explain(e, c->name.text, st);
}

/*
 * With a change pending it is the new key's number that matters: what has to be
 * compared before it is accepted.
 */
static enum status
make_number(
    struct tacit *t, const struct contact *c, struct tacit_safety_number *n)
{
	const struct self *self = &t->core.self;

	n->changed = c->has_pending;
	n->verified = c->verified && !c->has_pending;
	return fingerprint_make(&self->address.account, &self->account_key,
	    &c->name, c->has_pending ? &c->pending_key : &c->account_key,
	    n->digits);
}

enum tacit_code
tacit_verify(struct tacit *t, const char *name, const struct tacit_verify *how,
    struct tacit_safety_number *number, struct tacit_error *e)
{
	char theirs[TACIT_SAFETY_NUMBER_DIGITS + 1];
	struct contact c;
	struct step s = { 0 };
	enum status st;

	error_clear(e);
	if (how->compare != NULL && !read_digits(how->compare, theirs))
		return error_set(e, TACIT_USAGE,
		    "A safety number is %d digits, with spaces wherever you "
		    "like.",
		    TACIT_SAFETY_NUMBER_DIGITS);
	st = step_begin(&t->core, DB_READ, &s);
	if (st == STATUS_OK)
		st = contact_find(&s, name, &c);
	step_abort(&s);
	if (st == STATUS_OK)
		st = make_number(t, &c, number);
	if (st != STATUS_OK)
		return contact_explain(e, name, st);
	if (how->compare != NULL && strcmp(theirs, number->digits) != 0)
		return error_set(e, TACIT_KEY_CHANGED,
		    "This is not the safety number with %s: somebody may be "
		    "between you, or one of you has another key by now.",
		    c.name.text);
	return how->mark && !number->verified ? mark(t, &c, number, e)
					      : TACIT_DONE;
}

enum tacit_code
tacit_trust(
    struct tacit *t, const char *name, bool *changed, struct tacit_error *e)
{
	struct account_name account;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	error_clear(e);
	if (st == STATUS_OK)
		st = handle_find_account(&s, name, &account);
	if (st == STATUS_OK)
		st = messenger_trust(&s, &account, changed);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return contact_explain(e, name, st);
}
