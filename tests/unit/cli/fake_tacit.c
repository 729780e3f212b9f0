#include "tests/unit/cli/fake_private.h"

#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct fake fake;

struct tacit {
	bool open;
};
static struct tacit handle;

static char *out_text;
static char *err_text;

static const struct tacit_conversation alice = { TACIT_DIRECT, FAKE_ALICE_ID,
	"alice" };
static const struct tacit_conversation friends = { TACIT_GROUP, FAKE_GROUP_ID,
	"friends" };

void
fake_keep(char *into, size_t size, const char *text)
{
	snprintf(into, size, "%s", text != NULL ? text : "");
}

enum tacit_code
fake_answer(struct tacit_error *e)
{
	e->code = fake.answer;
	e->retry_after_ms = fake.retry_after_ms;
	fake_keep(e->message, sizeof(e->message), fake.sentence);
	return fake.answer;
}

int
fake_setup(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return -1;
	memset(&fake, 0, sizeof(fake));
	fake.sentence = "it went wrong";
	fake.sent_state = TACIT_STORED;
	setenv("TZ", "UTC", 1);
	tzset();
	setenv("HOME", "/nowhere", 1);
	unsetenv("XDG_DATA_HOME");
	unsetenv("TACIT_HOME");
	unsetenv("TACIT_PROFILE");
	unsetenv("TACIT_PROXY");
	unsetenv("TACIT_PASSPHRASE_FILE");
	return 0;
}

int
fake_teardown(void **state)
{
	(void)state;
	free(out_text);
	free(err_text);
	out_text = NULL;
	err_text = NULL;
	return 0;
}

static int
run_argv(const char *input, int argc, char **argv)
{
	FILE *in = tmpfile();
	size_t out_len;
	size_t err_len;
	struct cli_streams streams;
	int code;

	fake_teardown(NULL);
	assert_non_null(in);
	fputs(input, in);
	rewind(in);
	streams.in = fileno(in);
	lseek(streams.in, 0, SEEK_SET);
	streams.out = open_memstream(&out_text, &out_len);
	streams.err = open_memstream(&err_text, &err_len);
	code = cli_main(argc, argv, &streams);
	fclose(streams.out);
	fclose(streams.err);
	fclose(in);
	return code;
}

struct run
run_with(const char *input, const char *first, ...)
{
	char *argv[24] = { (char *)(uintptr_t) "tacit" };
	struct run result;
	const char *word = first;
	va_list args;
	int argc = 1;

	va_start(args, first);
	for (; word != NULL && argc < 23; word = va_arg(args, const char *))
		argv[argc++] = strdup(word);
	va_end(args);
	result.code = run_argv(input, argc, argv);
	result.out = out_text;
	result.err = err_text;
	/* getopt moves words about but never loses one. */
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	return result;
}

struct tacit_event
fake_message(const char *from, const char *text)
{
	return (struct tacit_event){
		.n = 41,
		.conversation = alice,
		.from = from,
		.from_key = FAKE_KEY,
		.device = 1,
		.sent_ms = FAKE_NOON_MS,
		.received_ms = FAKE_NOON_MS + 1000,
		.seq = 7,
		.id = FAKE_MESSAGE_ID,
		.text = text,
		.text_len = strlen(text),
		.signature = "valid",
		.trust = "unverified",
	};
}

struct tacit_event
fake_group_message(const char *from, const char *text)
{
	struct tacit_event event = fake_message(from, text);

	event.conversation = friends;
	return event;
}

struct tacit_event
fake_notice(const char *kind)
{
	return (struct tacit_event){
		.n = 42,
		.conversation = friends,
		.notice = kind,
		.from = "alice",
		.sent_ms = FAKE_NOON_MS,
		.received_ms = FAKE_NOON_MS,
		.text = "",
	};
}

void
fake_event(struct tacit_event event)
{
	assert_true(fake.events_count < FAKE_EVENTS);
	fake.events[fake.events_count++] = event;
}

enum tacit_code
tacit_needs_passphrase(const char *dir, bool *needed, struct tacit_error *e)
{
	(void)dir;
	(void)e;
	*needed = fake.needs_passphrase;
	return TACIT_DONE;
}

static void
keep_proxy(const char *proxy)
{
	fake_keep(fake.proxy, sizeof(fake.proxy), proxy);
}

static void
keep_options(const struct tacit_options *options)
{
	fake_keep(fake.dir, sizeof(fake.dir), options->dir);
	fake.timeout_ms = options->timeout_ms;
	keep_proxy(options->proxy);
	if (options->passphrase != NULL)
		snprintf(fake.passphrase_got, sizeof(fake.passphrase_got),
		    "%.*s", (int)options->passphrase_len,
		    (const char *)options->passphrase);
}

enum tacit_code
tacit_open(const struct tacit_options *options, struct tacit **t,
    struct tacit_error *e)
{
	keep_options(options);
	if (fake.needs_passphrase &&
	    !(fake.keyring_opens && fake.passphrase_got[0] == '\0') &&
	    strcmp(fake.passphrase_got, fake.passphrase) != 0) {
		e->code = TACIT_PASSPHRASE;
		fake_keep(e->message, sizeof(e->message), "wrong passphrase");
		return e->code;
	}
	handle.open = true;
	*t = &handle;
	return TACIT_DONE;
}

void
tacit_close(struct tacit *t)
{
	if (t != NULL)
		t->open = false;
}

enum tacit_code
tacit_register(const struct tacit_options *options, const char *name,
    const char *link, struct tacit **t, struct tacit_error *e)
{
	keep_options(options);
	fake_keep(fake.name, sizeof(fake.name), name);
	fake_keep(fake.link, sizeof(fake.link), link);
	*t = &handle;
	return fake_answer(e);
}

enum tacit_code
tacit_status(struct tacit *t, bool ask, struct tacit_status *status,
    struct tacit_error *e)
{
	(void)t;
	status->refused = ask && fake.answer == TACIT_REFUSED;
	if (ask && fake.answer != TACIT_DONE)
		return fake_answer(e);
	*status = (struct tacit_status){
		.account = "bob",
		.device = 1,
		.relay = "127.0.0.1:4433",
		.relay_pin = "K3vcO0Xl",
		.reached = ask,
		.prekeys_at_relay = 97,
		.outbox = 2,
		.last_contact_ms = FAKE_NOON_MS,
		.mailbox_waiting = 5,
		.requests = 3,
		.unreadable = 12,
	};
	return TACIT_DONE;
}

const char *
tacit_state_name(enum tacit_state state)
{
	static const char *const names[] = { "none", "queued", "stored",
		"delivered", "read", "expired", "refused", "failed" };

	return names[state];
}

static void
tell_sent(enum tacit_kind kind, const char *id, tacit_sent_fn *sent, void *arg)
{
	const struct tacit_sent told = {
		.id = id != NULL ? id : FAKE_MESSAGE_ID,
		.state = fake.sent_state,
		.to = kind == TACIT_GROUP ? friends : alice,
		.refused = fake.refused,
		.refused_count = fake.refused_count,
	};

	sent(&told, arg);
}

enum tacit_code
tacit_send(struct tacit *t, const struct tacit_send *messages, size_t count,
    tacit_sent_fn *sent, void *arg, struct tacit_error *e)
{
	(void)t;
	fake.sends++;
	for (size_t i = 0; i < count; i++) {
		const struct tacit_send *m = &messages[i];

		assert_true(fake.sent_count < FAKE_SENT);
		snprintf(fake.sent_texts[fake.sent_count++], FAKE_TEXT, "%.*s",
		    (int)m->text_len, (const char *)m->text);
		fake.send = *m;
		fake_keep(fake.to, sizeof(fake.to), m->to);
		fake_keep(fake.id, sizeof(fake.id), m->id);
		fake_keep(fake.reply_to, sizeof(fake.reply_to), m->reply_to);
		tell_sent(m->kind, m->id, sent, arg);
	}
	return fake_answer(e);
}

enum tacit_code
tacit_receive(struct tacit *t, const struct tacit_receive *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e)
{
	(void)t;
	fake.receive = *how;
	if (how->note != NULL && how->follow)
		how->note("The relay is away.", arg);
	for (size_t i = 0; i < fake.events_count; i++) {
		if (!show(&fake.events[i], arg) || !how->flush(arg))
			return TACIT_DONE;
		fake.flushed++;
	}
	if (fake.change != NULL && how->state != NULL)
		how->state(fake.change, arg);
	if (how->follow)
		raise(SIGINT);
	return fake_answer(e);
}

enum tacit_code
tacit_outbox(
    struct tacit *t, tacit_outbox_fn *show, void *arg, struct tacit_error *e)
{
	const struct tacit_outbox_item item = {
		.id = FAKE_MESSAGE_ID,
		.to = alice,
		.state = "draft",
		.text = "hello",
		.text_len = 5,
		.created_ms = FAKE_NOON_MS,
		.attempts = 3,
		.next_attempt_ms = FAKE_NOON_MS + 60000,
		.reason = "the relay does not answer",
		.word = "text",
	};
	const struct tacit_outbox_item control = {
		.to = friends,
		.state = "ready",
		.created_ms = FAKE_NOON_MS,
	};

	(void)t;
	show(&item, arg);
	show(&control, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_outbox_retry(
    struct tacit *t, tacit_sent_fn *sent, void *arg, struct tacit_error *e)
{
	(void)t;
	tell_sent(TACIT_DIRECT, NULL, sent, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_outbox_cancel(struct tacit *t, const char *id, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.id, sizeof(fake.id), id);
	return fake_answer(e);
}

enum tacit_code
tacit_check(const char *link, const char *proxy, int64_t timeout_ms,
    tacit_check_fn *show, void *arg, struct tacit_error *e)
{
	const struct tacit_check pin = { "pin", false, false,
		"it shows another key than the link names" };
	const struct tacit_check clock = { "clock", false, true,
		"not reached" };
	const struct tacit_check tcp = { "tcp", true, false, "connected" };

	fake_keep(fake.link, sizeof(fake.link), link);
	keep_proxy(proxy);
	fake.timeout_ms = timeout_ms;
	show(&tcp, arg);
	show(&pin, arg);
	show(&clock, arg);
	return fake_answer(e);
}

const char *
tacit_version(void)
{
	return "0.1.0";
}
