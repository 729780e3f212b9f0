/* words_find.c - which message one is about, and whether it counts. */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/words/words.h"

/* So many devices may use one id before an honest one is not found. */
enum { CANDIDATES_MAX = 16 };

static bool
is_meant(const struct history_entry *e, const struct hash *conversation,
    const struct message_target *target)
{
	static const struct hash unsealed;
	struct hash hash = unsealed;

	if (e->kind != HISTORY_MESSAGE ||
	    memcmp(&e->conversation, conversation, sizeof(*conversation)) !=
		0 ||
	    !account_name_equal(&e->from, &target->author))
		return false;
	if (memcmp(&target->hash, &unsealed, sizeof(unsealed)) == 0)
		return e->own;
	if (e->body.len > 0)
		hash_bytes(e->body, &hash);
	return memcmp(&hash, &target->hash, sizeof(hash)) == 0;
}

enum status
words_find(struct step *s, struct arena *a, const struct hash *conversation,
    const struct message_target *target, struct history_entry *found)
{
	struct history_entry e;
	struct arena *scratch = NULL;
	uint64_t n = 0;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &scratch);

	for (size_t i = 0; st == STATUS_OK; i++) {
		arena_reset(scratch);
		st = i < CANDIDATES_MAX
			 ? history_next_of_id(s->txn, &target->id, n, &n)
			 : STATUS_NOT_FOUND;
		if (st == STATUS_OK)
			st = history_get(s->txn, n, scratch, &e);
		if (st == STATUS_OK && is_meant(&e, conversation, target))
			break;
	}
	arena_free(scratch);
	if (st == STATUS_OK)
		st = history_get(s->txn, n, a, found);
	return messenger_own(st);
}

static bool
is_by_its_author(
    const struct history_entry *e, const struct history_entry *about)
{
	return account_name_equal(&e->from, &about->from) &&
	       memcmp(&e->from_key, &about->from_key, sizeof(e->from_key)) == 0;
}

const char *
words_refuse(const struct history_entry *e, const struct history_entry *about)
{
	if (e->signature != SIGNATURE_VALID ||
	    about->signature != SIGNATURE_VALID)
		return "a signature is wrong";
	if (about->type != MESSAGE_TEXT)
		return "what it is about is no text";
	/* A deletion has been carried out here; there is no going back. */
	if (e->type != MESSAGE_DELETION &&
	    (e->state == STATE_FAILED || e->state == STATE_EXPIRED))
		return "it was not sent";
	if (e->type != MESSAGE_REACTION && !is_by_its_author(e, about))
		return "the message is somebody else's";
	return NULL;
}

enum status
words_stand_alone(struct step *s, const struct history_entry *e, bool *alone)
{
	struct history_entry about;
	struct arena *a = NULL;
	enum status st;

	*alone = true;
	if (!words_is_about_another(e))
		return STATUS_OK;
	st = arena_new(LIMIT_ARENA_BYTES, &a);
	if (st == STATUS_OK)
		st = words_find(s, a, &e->conversation, &e->target, &about);
	if (st == STATUS_OK)
		*alone = words_refuse(e, &about) != NULL;
	arena_free(a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}
