/*
 * tacit_life.h - the settings of a profile, and what becomes of messages: a
 * part of tacit.h, which includes it.
 */
#ifndef TACIT_LIFE_H
#define TACIT_LIFE_H

#include "tacit.h"

/* One setting; its value is one of a few words. */
struct tacit_setting {
	const char *key;
	const char *value;
	const char *const *values; /* all there are, the default first */
	size_t values_count;
	const char *help; /* one sentence */
};
typedef bool tacit_setting_fn(const struct tacit_setting *setting, void *arg);

/*
 * One setting, or all of them when `key` is NULL.  NOT_FOUND: no such key.
 * With t NULL, of no profile: each with its default.
 */
enum tacit_code tacit_config(struct tacit *t, const char *key,
    tacit_setting_fn *show, void *arg, struct tacit_error *e);
/*
 * It holds for whatever comes or is shown from now on.  *changed is false when
 * it was so already.  NOT_FOUND: no such key.  USAGE: no such value.
 */
enum tacit_code tacit_config_set(struct tacit *t, const char *key,
    const char *value, bool *changed, struct tacit_error *e);

/*
 * What two people say to each other disappears after timer_s, 0 for never,
 * from now on and at both; either of them may change it, by a message that is
 * sent as tacit_send() sends.
 */
struct tacit_talk_timer {
	const char *with; /* account name or alias */
	uint64_t timer_s; /* at most TACIT_TIMER_MAX_S */
	bool queue_only;
	int64_t wait_ms;
};
/*
 * Already so: DONE, *changed is false, and nothing is sent.  NOT_FOUND: nobody
 * we have talked with.  USAGE: too long.  Otherwise as tacit_send().
 */
enum tacit_code tacit_talk_timer(struct tacit *t,
    const struct tacit_talk_timer *wanted, bool *changed, tacit_sent_fn *sent,
    void *arg, struct tacit_error *e);

/*
 * A message of ours has got another state since its tacit_send() ended, or
 * since that was told: by tacit_receive(), once, also when it changed while
 * nobody looked; of several changes in between, the last.  A receiver that dies
 * may be told again.  Of the messages that are on their way the newest 4,096
 * are told of.
 */
struct tacit_state_change {
	const char *id; /* of the message, hex */
	enum tacit_state state;
	struct tacit_conversation to;
	int64_t time_ms; /* as the relay had the receipt, or we noticed */
};

#endif
