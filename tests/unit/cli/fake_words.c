/* fake_words.c - the fake's acts on messages. */
#include "tests/unit/cli/fake_private.h"

#include <stdio.h>

enum tacit_code
tacit_act(struct tacit *t, const struct tacit_act *act, tacit_sent_fn *sent,
    void *arg, struct tacit_error *e)
{
	const struct tacit_sent told = {
		.id = act->id != NULL ? act->id : FAKE_MESSAGE_ID,
		.state = fake.sent_state,
		.to = { TACIT_DIRECT, FAKE_ALICE_ID, "alice" },
	};

	(void)t;
	fake.acted = *act;
	fake_keep(fake.id, sizeof(fake.id), act->about);
	snprintf(fake.sent_texts[0], FAKE_TEXT, "%.*s", (int)act->text_len,
	    act->text != NULL ? (const char *)act->text : "");
	sent(&told, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_delete_here(struct tacit *t, const char *about, struct tacit_error *e)
{
	(void)t;
	fake.deletions++;
	fake_keep(fake.id, sizeof(fake.id), about);
	return fake_answer(e);
}

const char *
tacit_word_name(enum tacit_word word)
{
	static const char *const names[] = { "?", "text", "reaction", "edit",
		"deletion", "later" };

	return names[word];
}

/* Near enough: what is visible of ASCII, and whatever is not ASCII. */
bool
tacit_is_reaction(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	return len > 0 && len <= TACIT_REACTION_BYTES;
}
