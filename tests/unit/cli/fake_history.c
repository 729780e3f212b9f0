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
