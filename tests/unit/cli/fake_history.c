/* fake_history.c - looking back: what was asked, and the answers to print. */
#include "tests/unit/cli/fake_private.h"

enum tacit_code
tacit_history(struct tacit *t, const struct tacit_history *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e)
{
	(void)t;
	fake.history = *how;
	fake_keep(fake.with, sizeof(fake.with), how->with);
	fake_keep(fake.search, sizeof(fake.search), how->search);
	for (size_t i = 0; i < fake.events_count; i++)
		if (!show(&fake.events[i], arg))
			return TACIT_DONE;
	return fake_answer(e);
}

enum tacit_code
tacit_export(struct tacit *t, const struct tacit_export *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e)
{
	(void)t;
	fake.exported = *how;
	fake_keep(fake.with, sizeof(fake.with), how->with);
	for (size_t i = 0; i < fake.events_count; i++)
		if (!show(&fake.events[i], arg))
			return TACIT_DONE;
	return fake_answer(e);
}

enum tacit_code
tacit_proof(struct tacit *t, const char *id, tacit_proof_fn *show, void *arg,
    struct tacit_error *e)
{
	const struct tacit_proof proof = {
		.kind = fake.proof_of_group ? TACIT_GROUP : TACIT_DIRECT,
		.device = 1,
		.body = { "body", 4 },
		.signature = { "signature", 9 },
		.salt = { "salt", 4 },
		.content = { "I owe you 5", 11 },
		.list_body = { "list", 4 },
		.list_signature = { "its signature", 13 },
		.group = { "group", fake.proof_of_group ? 5 : 0 },
		.to_key = { "key", fake.proof_of_group ? 0 : 3 },
		.to_list_body = { "other", fake.proof_of_group ? 0 : 5 },
		.to_list_signature = { "other's", fake.proof_of_group ? 0 : 7 },
	};

	(void)t;
	fake_keep(fake.id, sizeof(fake.id), id);
	if (fake.answer == TACIT_DONE)
		show(&proof, arg);
	return fake_answer(e);
}

static void
keep_bytes(char *into, struct tacit_bytes b)
{
	assert_true(b.len < 64);
	memcpy(into, b.data, b.len);
	into[b.len] = '\0';
}

enum tacit_code
tacit_proof_check(const struct tacit_proof *proof, tacit_proven_fn *show,
    void *arg, struct tacit_error *e)
{
	bool group = proof->kind == TACIT_GROUP;
	const struct tacit_proven proven = {
		.from = "alice",
		.from_key = FAKE_KEY,
		.device = proof->device,
		.kind = proof->kind,
		.group = group ? FAKE_GROUP_ID : NULL,
		.to_key = group ? NULL : FAKE_HEAD,
		.to = group ? NULL : "bob",
		.id = FAKE_MESSAGE_ID,
		.sent_ms = FAKE_NOON_MS,
		.seq = 7,
		.message = group ? "edit" : "text",
		.about = group ? "ffeeddccbbaa99887766554433221100" : NULL,
		.content = proof->content.data,
		.content_len = proof->content.len,
	};

	keep_bytes(fake.signature, proof->signature);
	keep_bytes(fake.to, group ? proof->group : proof->to_key);
	if (fake.answer == TACIT_DONE)
		show(&proven, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_history_verify(struct tacit *t, enum tacit_kind kind, const char *with,
    tacit_break_fn *show, void *arg, struct tacit_verified *sum,
    struct tacit_error *e)
{
	const struct tacit_conversation alice = { TACIT_DIRECT, FAKE_ALICE_ID,
		"alice" };
	const struct tacit_break text = { 41, "content",
		"the text is not what was signed", &alice, "alice",
		FAKE_MESSAGE_ID };
	const struct tacit_break record = { 43, "record",
		"the entry does not open", NULL, NULL, NULL };

	(void)t;
	fake.history.kind = kind;
	fake_keep(fake.with, sizeof(fake.with), with);
	*sum = (struct tacit_verified){
		.messages = 12,
		.intact = 9,
		.disappeared = 1,
		.unproven = 1,
		.unsent = 1,
		.gaps = 1,
		.missing = 3,
	};
	if (fake.answer == TACIT_DAMAGED) {
		sum->intact = 8;
		sum->damaged = 2;
		show(&text, arg);
		show(&record, arg);
	}
	return fake_answer(e);
}
