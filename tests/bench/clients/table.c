#include "tests/bench/clients/table.h"

#include <stdio.h>
#include <sys/mman.h>

struct table *
table_new(void)
{
	void *at = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static struct table_row *
add(struct table *t, const char *what, bool reached)
{
	static struct table_row spare;
	struct table_row *row =
	    t->count < TABLE_ROWS ? &t->rows[t->count++] : &spare;

	snprintf(row->what, sizeof(row->what), "%s", what);
	row->reached = reached;
	return row;
}

static void
write_number(char text[TABLE_TEXT_BYTES], const char *before, double value,
    int digits, const char *unit)
{
	snprintf(
	    text, TABLE_TEXT_BYTES, "%s%.*f %s", before, digits, value, unit);
}

void
table_at_most(struct table *t, const char *what, double limit, double value,
    int digits, const char *unit)
{
	struct table_row *row = add(t, what, value <= limit);

	write_number(row->wanted, "<= ", limit, 0, unit);
	write_number(row->measured, "", value, digits, unit);
}

void
table_at_least(struct table *t, const char *what, double limit, double value,
    int digits, const char *unit)
{
	struct table_row *row = add(t, what, value >= limit);

	write_number(row->wanted, ">= ", limit, 0, unit);
	write_number(row->measured, "", value, digits, unit);
}

void
table_exactly(struct table *t, const char *what, double wanted, double value)
{
	struct table_row *row = add(t, what, value == wanted);

	write_number(row->wanted, "", wanted, 0, "");
	write_number(row->measured, "", value, 0, "");
}

void
table_print(const struct table *t, bool full)
{
	if (t->count == 0)
		return;
	printf("\n%-54s %14s %16s\n", "", "wanted", "measured");
	for (size_t i = 0; i < t->count; i++) {
		const struct table_row *row = &t->rows[i];
		const char *verdict = row->reached ? "" : "NOT REACHED";

		printf("%-54s %14s %16s %s\n", row->what, row->wanted,
		    row->measured, full ? verdict : "");
	}
	if (!full)
		puts("(smaller than what is wanted is meant for: it shows that "
		     "this works, and measures little)");
	fflush(stdout);
}
