/* check_journal.c - the part of check.h about what lies in files. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/relay/check.h"
#include "store/relay/journal_walk.h"

struct look {
	const struct relay_meta *meta;
	struct check_finding *finding;
};

static void
wrong(struct look *l, uint64_t segment, const char *what)
{
	if (l->finding->wrong++ == 0)
		snprintf(l->finding->why, sizeof(l->finding->why),
		    "segment %" PRIu64 " %s", segment, what);
}

static enum status
look_at_segment(void *arg, const struct segment *s,
    const struct segment_key *key, uint8_t *bytes, bool *changed)
{
	struct segment_submit submit;
	struct segment_item item;
	struct segment_walk walk;
	struct look *l = arg;
	enum status st;

	(void)key;
	(void)bytes;
	(void)changed;
	segment_walk(s, &walk);
	while ((st = segment_next_submit(&walk, &submit)) == STATUS_OK)
		if (submit.slot == 0 || submit.slot > l->meta->last_slot)
			wrong(l, s->number, "has a sender that never was");
	if (st == STATUS_NOT_FOUND)
		while ((st = segment_next_item(&walk, &item)) == STATUS_OK) {
			l->finding->rows++;
			if (item.slot == 0 || item.slot > l->meta->last_slot)
				wrong(l, s->number,
				    "is for a device that never was");
			else if (item.seq == 0)
				wrong(l, s->number,
				    "has an item without a "
				    "number");
		}
	if (st != STATUS_NOT_FOUND)
		wrong(l, s->number, "lies about what is in it");
	return STATUS_OK;
}

enum status
check_journal(const char *dir, const struct relay_meta *meta,
    struct check_finding *finding)
{
	struct look l = { meta, finding };
	struct journal_walk w = {
		.dir = dir,
		.visit = look_at_segment,
		.arg = &l,
	};
	enum status st;

	memset(finding, 0, sizeof(*finding));
	finding->table = "log";
	st = journal_walk(&w);
	if (st != STATUS_OK || (w.lost == 0 && w.bad_files == 0))
		return st;
	finding->wrong += w.lost + w.bad_files;
	snprintf(finding->why, sizeof(finding->why),
	    "%" PRIu64 " segments of %" PRIu64 " are damaged, and %" PRIu64
	    " files of %" PRIu64,
	    w.lost, w.segments + w.lost, w.bad_files, w.files + w.bad_files);
	return STATUS_OK;
}
