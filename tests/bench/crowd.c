#include "tests/bench/crowd.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SOURCE = 0x7f000001 }; /* 127.0.0.1 */

static void
member_failed(void *owner, enum status why)
{
	struct crowd_member *m = owner;

	bench_fail(m->crowd->bench, "device %u: %s",
	    m->crowd->setup.first + m->at, status_name(why));
}

bool
crowd_init(struct crowd *c, struct bench *b, const struct crowd_setup *setup)
{
	memset(c, 0, sizeof(*c));
	c->bench = b;
	c->setup = *setup;
	if (c->setup.events.failed == NULL)
		c->setup.events.failed = member_failed;
	c->members = calloc(setup->count, sizeof(*c->members));
	if (c->members == NULL)
		return false;
	for (uint32_t i = 0; i < setup->count; i++) {
		c->members[i].crowd = c;
		c->members[i].at = i;
	}
	return true;
}

static void
connect_one(struct crowd *c, struct crowd_member *m)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	const struct driver_connect how = {
		.device = c->setup.first + m->at,
		.from = c->setup.sources > 0 ? &from : NULL,
		.events = &c->setup.events,
		.owner = m,
	};
	enum status st;

	if (c->setup.sources > 0)
		from.sin_addr.s_addr =
		    htonl(FIRST_SOURCE + m->at % c->setup.sources);
	st = c->bench->driver->connect(c->bench->run, &how, &m->line);
	if (st != STATUS_OK) {
		member_failed(m, st);
		return;
	}
	m->holds = true;
	c->places++;
	c->connected++;
}

void
crowd_begin(struct crowd *c)
{
	while (!c->bench->failed && c->begun < c->setup.count &&
	       c->places < c->setup.parallel)
		connect_one(c, &c->members[c->begun++]);
}

static void
free_place(struct crowd_member *m)
{
	if (!m->holds)
		return;
	m->holds = false;
	m->crowd->places--;
}

void
crowd_settled(struct crowd_member *m)
{
	free_place(m);
	crowd_begin(m->crowd);
}

void
crowd_leave(struct crowd_member *m)
{
	if (m->line == NULL)
		return;
	m->crowd->bench->driver->disconnect(m->line);
	m->line = NULL;
	m->crowd->connected--;
	free_place(m);
	crowd_begin(m->crowd);
}

bool
crowd_is_complete(const struct crowd *c)
{
	return c->begun == c->setup.count && c->places == 0;
}

void
crowd_clear(struct crowd *c)
{
	if (c->members == NULL)
		return;
	c->begun = c->setup.count; /* nobody follows */
	for (uint32_t i = 0; i < c->setup.count; i++)
		crowd_leave(&c->members[i]);
	free(c->members);
	c->members = NULL;
}

void
crowd_ignore_settled(void *member)
{
	(void)member;
}

void
crowd_refuse_accepted(void *member, uint64_t tag)
{
	struct crowd_member *m = member;

	bench_fail(m->crowd->bench, "an OK to nothing (%llu)",
	    (unsigned long long)tag);
}

void
crowd_refuse_arrived(void *member, struct bytes payload)
{
	struct crowd_member *m = member;

	bench_fail(
	    m->crowd->bench, "a message of %zu bytes to a sender", payload.len);
}
