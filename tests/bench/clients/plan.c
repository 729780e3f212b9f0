#include "tests/bench/clients/plan.h"

/* What a number is drawn for; each has a sequence of its own. */
enum purpose { FOR_ROUNDS = 1, FOR_ORDER, FOR_KILL, FOR_MOMENT, FOR_MANNER };

/* Sebastiano Vigna's splitmix64, public domain; not for secrets. */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t
begin(const struct plan *p, enum purpose purpose, uint64_t a, uint64_t b)
{
	uint64_t state = p->seed;

	state = next(&state) ^ (uint64_t)purpose;
	state = next(&state) ^ a;
	state = next(&state) ^ b;
	return next(&state);
}

static void
shuffle(uint64_t *items, size_t count, uint64_t state)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)(next(&state) % i);
		uint64_t kept = items[i - 1];

		items[i - 1] = items[j];
		items[j] = kept;
	}
}

/*
 * The place of a round among the rounds of a member, in an order of its own:
 * it is there in the first half.
 */
static bool
is_there(const struct plan *p, uint64_t member, uint64_t round)
{
	enum { ROUNDS_MAX = 1000 };
	uint64_t rounds[ROUNDS_MAX];

	for (uint64_t i = 0; i < p->rounds; i++)
		rounds[i] = i;
	shuffle(rounds, p->rounds, begin(p, FOR_ROUNDS, member, 0));
	for (uint64_t i = 0; i < p->rounds / 2; i++)
		if (rounds[i] == round)
			return true;
	return false;
}

void
plan_round(const struct plan *p, uint64_t round, uint64_t *order, size_t *count)
{
	*count = 0;
	for (uint64_t i = 0; i < p->members; i++)
		if (is_there(p, i, round))
			order[(*count)++] = i;
	shuffle(order, *count, begin(p, FOR_ORDER, round, 0));
}

uint64_t
plan_written(const struct plan *p, uint64_t member, uint64_t round)
{
	uint64_t turns = 0;

	for (uint64_t i = 0; i <= round; i++)
		turns += is_there(p, member, i);
	return p->messages * turns / (p->rounds / 2);
}

double
plan_kill(const struct plan *p, uint64_t member, uint64_t round)
{
	uint64_t state = begin(p, FOR_MOMENT, member, round);

	if (begin(p, FOR_KILL, member, round) % 100 >= p->kills)
		return -1;
	return (double)(next(&state) % 1000) / 1000;
}

bool
plan_one_by_one(const struct plan *p, uint64_t member, uint64_t round)
{
	return begin(p, FOR_MANNER, member, round) % 2 == 0;
}
