/*
 * storm.c - many senders at one relay, and a ledger of what it acknowledged.
 *
 *   storm LINK_FILE SENDERS RECIPIENTS WINDOW
 *
 * registers everybody and sends, WINDOW messages under way each, until it is
 * told to stop; whenever the line breaks it comes back and sends the same
 * submit ids again.  Nobody receives meanwhile.  It is driven by lines on
 * standard input and answers each with one line:
 *
 *   count         how many are acknowledged
 *   snapshot N    remember what is acknowledged now as number N (0 to 15)
 *   calm          stop sending; what is under way is waited for
 *   check N LINK  fetch everything from the relay at LINK; "ok ..." when all of
 *                 snapshot N is there, once, in order, unaltered
 *   quit
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "tests/support/wire_client.h"

enum {
	PEOPLE_MAX = 256,
	MESSAGES_MAX = 1 << 17, /* of one sender */
	MAILBOX_ITEMS = 9000,   /* fewer than a mailbox holds */
	SNAPSHOTS = 16,
	PAYLOAD_BYTES = 300,
	PATIENCE_MS = 10 * 1000,
	PAUSE_MS = 20,
	WINDOW_MAX = 512,
};

struct sender {
	struct storm *storm;
	struct wire_person person;
	size_t number;
	pthread_t thread;
	/* acked[c]: counter c is; only the sender writes, others read. */
	atomic_bool *acked;
	atomic_uint_fast64_t done; /* all counters up to here are acked */
	uint64_t sent;             /* the highest counter on this line */
	uint64_t under_way;
	uint64_t *found; /* seq under which c was found; for one check */
};

struct storm {
	const char *link_file;
	struct sender senders[PEOPLE_MAX];
	size_t senders_count;
	struct wire_person recipients[PEOPLE_MAX];
	size_t recipients_count;
	uint64_t window;
	uint64_t share; /* messages of one sender, so that no mailbox fills */
	uint64_t snapshots[SNAPSHOTS][PEOPLE_MAX];
	atomic_bool calm;
};

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "storm: %s\n", what);
	exit(1);
}

static bool
read_link(const char *path, char link[LIMIT_LINK_BYTES + 1])
{
	FILE *f = fopen(path, "re");
	bool got = f != NULL && fgets(link, LIMIT_LINK_BYTES, f) != NULL;

	if (f != NULL)
		fclose(f);
	if (got)
		link[strcspn(link, "\n")] = '\0';
	return got;
}

/* ---- sending ---- */

/* Everybody writes to everybody in turn; the payload says who and which. */
static const struct wire_person *
recipient_of(const struct sender *s, uint64_t counter)
{
	const struct storm *t = s->storm;

	return &t->recipients[(s->number + counter) % t->recipients_count];
}

static void
make_payload(
    const struct sender *s, uint64_t counter, uint8_t out[PAYLOAD_BYTES])
{
	memset(out, (int)('a' + counter % 26), PAYLOAD_BYTES);
	store_u64(out, s->number);
	store_u64(out + 8, counter);
}

static enum status
send_one(struct sender *s, struct wire *w)
{
	uint64_t counter = s->sent + 1;
	const struct wire_person *to = recipient_of(s, counter);
	uint8_t payload[PAYLOAD_BYTES];
	const struct recipient recipient = {
		.to = to->who,
		.registration_id = to->registration_id,
		.type = ITEM_RATCHET,
		.suite = SUITE_SIGNAL_V3,
		.payload = BYTES_OF(payload),
	};
	struct request ask = { .id = counter, .kind = REQUEST_SUBMIT };
	enum status st;

	make_payload(s, counter, payload);
	memset(ask.u.submit.stream, 1, sizeof(ask.u.submit.stream));
	ask.u.submit.counter = counter;
	ask.u.submit.recipients = &recipient;
	ask.u.submit.recipients_count = 1;
	st = wire_send(w, &ask);
	if (st == STATUS_OK) {
		s->sent++;
		s->under_way++;
	}
	return st;
}

static enum status
take_answer(struct sender *s, struct wire *w)
{
	struct reply r;
	enum status st = wire_next(w, PATIENCE_MS, &r);

	if (st != STATUS_OK)
		return st;
	/* Refused for want of space or at a stop: the same again later. */
	if (r.kind != REPLY_SUBMITTED)
		return STATUS_UNREACHABLE;
	if (r.u.submitted.count > 0)
		give_up("a mailbox is full: this storm is too long");
	s->under_way--;
	atomic_store(&s->acked[r.id], true);
	while (atomic_load(&s->acked[s->done + 1]))
		atomic_fetch_add(&s->done, 1);
	return STATUS_OK;
}

/* One connection, for as long as it holds. */
static void
send_while_it_lasts(struct sender *s)
{
	char link[LIMIT_LINK_BYTES + 1];
	struct wire *w = NULL;
	enum status st = STATUS_OK;

	if (!read_link(s->storm->link_file, link) ||
	    wire_login(link, &s->person, &w) != STATUS_OK)
		return;
	s->sent = s->done;
	s->under_way = 0;
	while (st == STATUS_OK) {
		bool calm = atomic_load(&s->storm->calm);

		if (s->under_way == 0 && (calm || s->done >= s->storm->share))
			break;
		/* The relay remembers a window of ids: stay inside it. */
		if (!calm && s->under_way < s->storm->window &&
		    s->sent < s->done + WINDOW_MAX && s->sent < s->storm->share)
			st = send_one(s, w);
		else
			st = take_answer(s, w);
	}
	wire_close(w);
}

static void *
run_sender(void *arg)
{
	struct sender *s = arg;

	while (!atomic_load(&s->storm->calm)) {
		send_while_it_lasts(s);
		clock_sleep_ms(PAUSE_MS);
	}
	return NULL;
}

/* ---- checking ---- */

/* What is pushed is looked at once: seq and order tell what came twice. */
static bool
take_item(struct storm *t, const struct item *item, uint64_t *last)
{
	uint8_t wanted[PAYLOAD_BYTES];
	uint64_t number, counter;
	struct sender *s;

	if (item->payload.len != PAYLOAD_BYTES)
		return false;
	number = load_u64(item->payload.data);
	counter = load_u64(item->payload.data + 8);
	if (number >= t->senders_count || counter >= MESSAGES_MAX)
		return false;
	s = &t->senders[number];
	make_payload(s, counter, wanted);
	if (!bytes_equal(BYTES_OF(wanted), item->payload) ||
	    !address_equal(&item->sender, &s->person.who))
		return false;
	if (s->found[counter] != 0 || counter <= last[number]) {
		fprintf(stderr, "storm: %s %" PRIu64 " twice or out of order\n",
		    s->person.who.account.text, counter);
		return false;
	}
	s->found[counter] = item->seq;
	last[number] = counter;
	return true;
}

static bool
fetch_from(struct storm *t, struct wire *w, size_t *count)
{
	struct request ask = { .kind = REQUEST_RECEIVE };
	uint64_t last[PEOPLE_MAX] = { 0 };
	struct reply r = { 0 };

	if (wire_send(w, &ask) != STATUS_OK)
		return false;
	while (r.kind != REPLY_DRAINED) {
		struct request ack = { .kind = REQUEST_ACKNOWLEDGE };

		if (wire_next(w, PATIENCE_MS, &r) != STATUS_OK)
			return false;
		if (r.kind != REPLY_PUSH)
			continue;
		for (size_t i = 0; i < r.u.push.count; i++)
			if (!take_item(t, &r.u.push.items[i], last))
				return false;
		*count += r.u.push.count;
		ack.u.acknowledge_seq = r.u.push.items[r.u.push.count - 1].seq;
		if (wire_send(w, &ack) != STATUS_OK)
			return false;
	}
	return true;
}

static size_t
count_missing(struct storm *t, size_t snapshot)
{
	size_t missing = 0;

	for (size_t i = 0; i < t->senders_count; i++)
		for (uint64_t c = 1; c <= t->snapshots[snapshot][i]; c++)
			missing += t->senders[i].found[c] == 0;
	return missing;
}

static void
check(struct storm *t, size_t snapshot, const char *link)
{
	size_t count = 0;

	for (size_t i = 0; i < t->senders_count; i++)
		memset(t->senders[i].found, 0, MESSAGES_MAX * sizeof(uint64_t));
	for (size_t i = 0; i < t->recipients_count; i++) {
		struct wire *w = NULL;
		bool fine =
		    wire_login(link, &t->recipients[i], &w) == STATUS_OK &&
		    fetch_from(t, w, &count);

		wire_close(w);
		if (!fine) {
			printf("failed mailbox %zu after %zu messages\n", i,
			    count);
			return;
		}
	}
	if (count_missing(t, snapshot) > 0)
		printf("lost %zu of what was acknowledged\n",
		    count_missing(t, snapshot));
	else
		printf("ok %zu messages\n", count);
}

/* ---- the rest ---- */

static void
join(struct wire_person *p, const char *link, const char *kind, size_t number)
{
	struct wire *w = NULL;
	struct reply r;
	char name[24];

	snprintf(name, sizeof(name), "%s%zu", kind, number);
	if (wire_person_make(p, name) != STATUS_OK ||
	    wire_connect(link, &w) != STATUS_OK || wire_hello(w) != STATUS_OK ||
	    wire_register(w, p, NULL, &r) != STATUS_OK ||
	    r.kind != REPLY_REGISTERED)
		give_up("registering failed");
	wire_close(w);
}

static void
start(struct storm *t)
{
	char link[LIMIT_LINK_BYTES + 1];

	if (!read_link(t->link_file, link))
		give_up("no link");
	for (size_t i = 0; i < t->recipients_count; i++)
		join(&t->recipients[i], link, "reader", i);
	for (size_t i = 0; i < t->senders_count; i++) {
		struct sender *s = &t->senders[i];

		s->storm = t;
		s->number = i;
		s->acked = calloc(MESSAGES_MAX, sizeof(*s->acked));
		s->found = calloc(MESSAGES_MAX, sizeof(*s->found));
		if (s->acked == NULL || s->found == NULL)
			give_up("out of memory");
		join(&s->person, link, "writer", i);
	}
	for (size_t i = 0; i < t->senders_count; i++)
		if (pthread_create(&t->senders[i].thread, NULL, run_sender,
			&t->senders[i]) != 0)
			give_up("no thread");
}

static void
calm(struct storm *t)
{
	if (atomic_exchange(&t->calm, true))
		return;
	for (size_t i = 0; i < t->senders_count; i++)
		pthread_join(t->senders[i].thread, NULL);
}

static uint64_t
count(const struct storm *t)
{
	uint64_t all = 0;

	for (size_t i = 0; i < t->senders_count; i++)
		all += atomic_load(&t->senders[i].done);
	return all;
}

/* false: that was the last line. */
static bool
obey(struct storm *t, const char *line)
{
	char link[LIMIT_LINK_BYTES + 1];
	size_t n;

	if (strcmp(line, "count\n") == 0) {
		printf("ok %" PRIu64 "\n", count(t));
	} else if (sscanf(line, "snapshot %zu", &n) == 1 && n < SNAPSHOTS) {
		for (size_t i = 0; i < t->senders_count; i++)
			t->snapshots[n][i] = atomic_load(&t->senders[i].done);
		printf("ok %" PRIu64 "\n", count(t));
	} else if (strcmp(line, "calm\n") == 0) {
		calm(t);
		printf("ok %" PRIu64 "\n", count(t));
	} else if (sscanf(line, "check %zu %1024s", &n, link) == 2 &&
		   n < SNAPSHOTS) {
		check(t, n, link);
	} else {
		return false;
	}
	fflush(stdout);
	return true;
}

int
main(int argc, char **argv)
{
	static struct storm t;
	char line[LIMIT_LINK_BYTES + 64];
	uint64_t senders, recipients;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 5 || sodium_init() < 0 ||
	    number_parse(argv[2], 1, PEOPLE_MAX, &senders) != STATUS_OK ||
	    number_parse(argv[3], 1, PEOPLE_MAX, &recipients) != STATUS_OK ||
	    number_parse(argv[4], 1, WINDOW_MAX, &t.window) != STATUS_OK)
		give_up("usage: storm LINK_FILE SENDERS RECIPIENTS WINDOW");
	t.link_file = argv[1];
	t.senders_count = senders;
	t.recipients_count = recipients;
	t.share = recipients * MAILBOX_ITEMS / senders;
	if (t.share > MESSAGES_MAX - 2)
		t.share = MESSAGES_MAX - 2;
	start(&t);
	while (fgets(line, sizeof(line), stdin) != NULL && obey(&t, line))
		continue;
	calm(&t);
	for (size_t i = 0; i < t.senders_count; i++) {
		wire_person_clear(&t.senders[i].person);
		free(t.senders[i].acked);
		free(t.senders[i].found);
	}
	for (size_t i = 0; i < t.recipients_count; i++)
		wire_person_clear(&t.recipients[i]);
	return 0;
}
