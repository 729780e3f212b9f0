/*
 * writer_survey.c - how full the mailboxes are, for the metrics.
 *
 * A look at all of them at once would hold up the messages, so every step looks
 * at a few, and the figures change when the round is over.  A relay that does
 * nothing does not look, and its mailboxes do not change.
 */
#include "relay/writer_private.h"

enum {
	SURVEY_MAILBOXES = 32, /* at each step */
	SURVEY_SLOTS = 1024,   /* empty ones included, which cost little */
};

static bool
is_half_full(const struct mailbox *m, const struct lane_limits *limits)
{
	for (size_t i = 0; i < LANES_COUNT; i++)
		if (m->lanes[i].items * 2 >= limits[i].items ||
		    m->lanes[i].bytes * 2 >= limits[i].bytes)
			return true;
	return false;
}

static void
look(const struct writer *w, struct survey *s, const struct mailbox *m)
{
	s->mailboxes++;
	for (size_t i = 0; i < LANES_COUNT; i++)
		s->bytes += m->lanes[i].bytes;
	if (m->queue_len > s->deepest)
		s->deepest = m->queue_len;
	if (is_half_full(m, w->limits))
		s->half_full++;
}

static void
publish(const struct writer *w)
{
	const struct survey *s = &w->survey;

	metrics_set(w->metrics, METRIC_MAILBOXES, (int64_t)s->mailboxes);
	metrics_set(w->metrics, METRIC_MAILBOX_BYTES, (int64_t)s->bytes);
	metrics_set(w->metrics, METRIC_MAILBOX_DEEPEST, (int64_t)s->deepest);
	metrics_set(w->metrics, METRIC_MAILBOXES_HALF, (int64_t)s->half_full);
}

void
writer_survey(struct writer *w)
{
	struct survey *s = &w->survey;
	const size_t end = index_slots(w->index);
	struct journal_use use;
	size_t looked = 0;

	index_lock(w->index);
	journal_usage(w->journal, &use);
	metrics_set(
	    w->metrics, METRIC_MAILBOX_ITEMS, (int64_t)index_items(w->index));
	metrics_set(w->metrics, METRIC_LOG_FILES, (int64_t)use.files);
	metrics_set(w->metrics, METRIC_LOG_BYTES, (int64_t)use.bytes);
	for (size_t i = 0;
	     i < SURVEY_SLOTS && looked < SURVEY_MAILBOXES && s->next < end;
	     i++) {
		const struct mailbox *m =
		    index_slot(w->index, (uint32_t)s->next++);

		if (m == NULL)
			continue;
		look(w, s, m);
		looked++;
	}
	index_unlock(w->index);
	if (s->next < end)
		return;
	w->surveyed = *s;
	publish(w);
	*s = (struct survey){ 0 };
}
