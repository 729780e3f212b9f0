#include "client/cli/quality.h"

#include <dlfcn.h>
#include <pwquality.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of 100, as libpwquality counts. */
enum { WEAK_SCORE = 50 };

/* Only what is used, under the names it has there. */
struct quality_library {
	__typeof__(&pwquality_default_settings) settings;
	__typeof__(&pwquality_free_settings) free_settings;
	__typeof__(&pwquality_set_int_value) set_int;
	__typeof__(&pwquality_check) check;
	__typeof__(&pwquality_strerror) describe;
	const char *(*words)(void); /* libcrack's, which it stands on */
};

static bool
quality_load(struct quality_library *q)
{
	void *loaded = dlopen("libpwquality.so.1", RTLD_NOW | RTLD_LOCAL);

	if (loaded == NULL)
		return false;
	/* POSIX says that a pointer to a function fits (dlsym). */
	*(void **)&q->settings = dlsym(loaded, "pwquality_default_settings");
	*(void **)&q->free_settings = dlsym(loaded, "pwquality_free_settings");
	*(void **)&q->set_int = dlsym(loaded, "pwquality_set_int_value");
	*(void **)&q->check = dlsym(loaded, "pwquality_check");
	*(void **)&q->describe = dlsym(loaded, "pwquality_strerror");
	*(void **)&q->words = dlsym(loaded, "GetDefaultCracklibDict");
	return q->words != NULL && q->settings != NULL &&
	       q->free_settings != NULL && q->set_int != NULL &&
	       q->check != NULL && q->describe != NULL;
}

/* They are a package of their own, and libcrack complains in our name. */
static bool
quality_has_words(const struct quality_library *q)
{
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s.pwd", q->words());

	return len > 0 && (size_t)len < sizeof(path) && access(path, R_OK) == 0;
}

static void
quality_say(struct cli *cli, const struct quality_library *q, const char *text)
{
	pwquality_settings_t *settings = q->settings();
	char reason[PWQ_MAX_ERROR_MESSAGE_LEN];
	const char *why = "It is short, or of few kinds of characters";
	void *detail = NULL;
	int result;

	if (settings == NULL)
		return;
	if (!quality_has_words(q) &&
	    q->set_int(settings, PWQ_SETTING_DICT_CHECK, 0) != 0)
		goto out;
	result = q->check(settings, text, NULL, NULL, &detail);
	if (result < 0)
		why = q->describe(reason, sizeof(reason), result, detail);
	if (result < WEAK_SCORE)
		cli_note(cli,
		    "Warning: that passphrase is weak. %s. Whoever copies "
		    "the profile's files can try very many; several random "
		    "words are better",
		    why);
out:
	q->free_settings(settings);
}

void
quality_warn(struct cli *cli, const struct passphrase *p)
{
	struct quality_library q = { 0 };
	char *text;

	if (p->len == 0 || memchr(p->text, 0, p->len) != NULL ||
	    !quality_load(&q))
		return;
	text = sodium_malloc(p->len + 1);
	if (text == NULL)
		return;
	memcpy(text, p->text, p->len);
	text[p->len] = '\0';
	quality_say(cli, &q, text);
	sodium_free(text); /* wipes */
}
