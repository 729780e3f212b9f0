/* fake_config.c - the fake's settings and timers. */
#include "tests/unit/cli/fake_private.h"

enum tacit_code
tacit_talk_timer(struct tacit *t, const struct tacit_talk_timer *wanted,
    bool *changed, tacit_sent_fn *sent, void *arg, struct tacit_error *e)
{
	const struct tacit_sent message = {
		.id = FAKE_MESSAGE_ID,
		.state = fake.sent_state,
		.to = { TACIT_DIRECT, FAKE_ALICE_ID, "alice" },
	};

	(void)t;
	fake_keep(fake.name, sizeof(fake.name), wanted->with);
	fake.timer_s = wanted->timer_s;
	*changed = fake.setting_changed;
	if (*changed)
		sent(&message, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_config(struct tacit *t, const char *key, tacit_setting_fn *show,
    void *arg, struct tacit_error *e)
{
	static const char *const values[] = { "all", "delivered", "none" };
	const struct tacit_setting setting = {
		.key = "receipts",
		.value = "all",
		.values = values,
		.values_count = 3,
		.help = "what senders are told",
	};
	enum tacit_code code = fake_answer(e);

	(void)t;
	fake_keep(fake.name, sizeof(fake.name), key);
	if (code == TACIT_DONE)
		show(&setting, arg);
	return code;
}

enum tacit_code
tacit_config_set(struct tacit *t, const char *key, const char *value,
    bool *changed, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.name, sizeof(fake.name), key);
	fake_keep(fake.names[0], sizeof(fake.names[0]), value);
	*changed = fake.setting_changed;
	return fake_answer(e);
}
