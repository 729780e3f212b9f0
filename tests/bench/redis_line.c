#include "tests/bench/redis_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/log.h"

enum {
	ID_TEXT = 48, /* two numbers and what stands between */
	NUMBER_TEXT = 24,
	ARGUMENTS = 8,

	/* [ [ key, [ [ id, [ field, payload ] ] ] ] ] */
	DEPTH_ID = 4,
	DEPTH_PAYLOAD = 5,
};

struct redis_line {
	struct tls_stream *stream;
	redisReader *reader;
	const struct redis_line_events *events;
	void *owner;
	const char *password;
	struct redis_id id; /* of the entry that is being read */
	bool open;
	bool refused; /* the answer being read is an error */
	bool feeding;
	bool closed;
};

/* hiredis wants an object for everything it reads; nobody looks at this. */
static char nothing;

static int
depth_of(const redisReadTask *task)
{
	int depth = 0;

	for (; task->parent != NULL; task = task->parent)
		depth++;
	return depth;
}

static struct redis_id
parse_id(const char *text, size_t len)
{
	char copy[ID_TEXT];
	char *rest = NULL;
	struct redis_id id = { 0 };

	if (len >= sizeof(copy))
		return id;
	memcpy(copy, text, len);
	copy[len] = '\0';
	id.ms = strtoull(copy, &rest, 10);
	if (*rest == '-')
		id.seq = strtoull(rest + 1, NULL, 10);
	return id;
}

static void *
take_string(const redisReadTask *task, char *text, size_t len)
{
	struct redis_line *line = task->privdata;
	int depth = depth_of(task);

	if (task->type == REDIS_REPLY_ERROR) {
		log_event(LOG_LEVEL_ERROR, "redis_refused", "answer=\"%.*s\"",
		    (int)len, text);
		line->refused = true;
	} else if (depth == DEPTH_ID && task->idx == 0) {
		line->id = parse_id(text, len);
	} else if (depth == DEPTH_PAYLOAD && task->idx == 1 && !line->closed) {
		line->events->entry(
		    line->owner, line->id, bytes_view(text, len));
	}
	return &nothing;
}

static void *
take_array(const redisReadTask *task, int elements)
{
	(void)task;
	(void)elements;
	return &nothing;
}

static void *
take_integer(const redisReadTask *task, long long value)
{
	(void)task;
	(void)value;
	return &nothing;
}

static void *
take_nil(const redisReadTask *task)
{
	(void)task;
	return &nothing;
}

static void
forget(void *object)
{
	(void)object;
}

static redisReplyObjectFunctions functions = { take_string, take_array,
	take_integer, take_nil, forget };

static void
line_free(struct redis_line *line)
{
	if (line->reader != NULL)
		redisReaderFree(line->reader);
	free(line);
}

static enum status
command(
    struct redis_line *line, int count, const char **words, const size_t *lens)
{
	sds text = NULL;
	int len = redisFormatSdsCommandArgv(&text, count, words, lens);
	enum status st;

	if (len < 0)
		return STATUS_NOMEM;
	st = tls_stream_write(line->stream, bytes_view(text, (size_t)len));
	redisFreeSdsCommand(text);
	return st;
}

/* The same for words that are texts; `words` ends with NULL. */
static enum status
command_texts(struct redis_line *line, const char **words)
{
	size_t lens[ARGUMENTS];
	int count = 0;

	for (; count < ARGUMENTS && words[count] != NULL; count++)
		lens[count] = strlen(words[count]);
	return command(line, count, words, lens);
}

static void
on_opened(struct tls_stream *s)
{
	struct redis_line *line = tls_stream_owner(s);

	if (command_texts(line,
		(const char *[]){ "AUTH", line->password, NULL }) != STATUS_OK)
		line->events->failed(line->owner, STATUS_NOMEM);
}

static void
on_failed(struct tls_stream *s, enum status why)
{
	struct redis_line *line = tls_stream_owner(s);

	line->events->failed(line->owner, why);
}

/* False: there is no further answer to hand on. */
static bool
take_answer(struct redis_line *line)
{
	void *answer = NULL;

	if (redisReaderGetReply(line->reader, &answer) != REDIS_OK) {
		log_event(LOG_LEVEL_ERROR, "redis_answer", "reason=\"%s\"",
		    line->reader->errstr);
		if (!line->closed)
			line->events->failed(line->owner, STATUS_BAD_INPUT);
		return false;
	}
	if (answer == NULL || line->closed)
		return false;
	if (line->refused) {
		line->events->failed(line->owner, STATUS_DENIED);
		return false;
	}
	if (line->open) {
		line->events->answered(line->owner);
	} else {
		line->open = true;
		line->events->opened(line->owner);
	}
	return !line->closed;
}

static void
on_arrived(struct tls_stream *s, struct bytes b)
{
	struct redis_line *line = tls_stream_owner(s);

	if (redisReaderFeed(line->reader, (const char *)b.data, b.len) !=
	    REDIS_OK) {
		line->events->failed(line->owner, STATUS_NOMEM);
		return;
	}
	line->feeding = true;
	while (take_answer(line))
		;
	line->feeding = false;
	if (line->closed)
		line_free(line);
}

static const struct tls_stream_events stream_events = { on_opened, on_arrived,
	on_failed };

enum status
redis_line_open(struct tls_streams *all, const struct redis_line_setup *setup,
    struct redis_line **line)
{
	struct redis_line *fresh = calloc(1, sizeof(*fresh));
	struct tls_stream_setup stream = { .to = setup->to,
		.from = setup->from,
		.events = &stream_events,
		.owner = fresh };
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->events = setup->events;
	fresh->owner = setup->owner;
	fresh->password = setup->password;
	fresh->reader = redisReaderCreateWithFunctions(&functions);
	if (fresh->reader == NULL) {
		line_free(fresh);
		return STATUS_NOMEM;
	}
	fresh->reader->privdata = fresh;
	st = tls_stream_open(all, &stream, &fresh->stream);
	if (st != STATUS_OK) {
		line_free(fresh);
		return st;
	}
	*line = fresh;
	return STATUS_OK;
}

void
redis_line_close(struct redis_line *line)
{
	if (line == NULL || line->closed)
		return;
	line->closed = true;
	tls_stream_close(line->stream, true);
	if (!line->feeding)
		line_free(line);
}

enum status
redis_line_add(struct redis_line *line, const char *key, struct bytes payload)
{
	const char *words[] = { "XADD", key, "*", "p",
		(const char *)payload.data };
	const size_t lens[] = { 4, strlen(key), 1, 1, payload.len };

	return command(line, 5, words, lens);
}

enum status
redis_line_read(struct redis_line *line, const struct redis_line_read *read)
{
	char count[NUMBER_TEXT];
	char after[ID_TEXT];

	snprintf(count, sizeof(count), "%" PRIu32, read->count);
	snprintf(after, sizeof(after), "%" PRIu64 "-%" PRIu64, read->after.ms,
	    read->after.seq);
	if (read->block)
		return command_texts(
		    line, (const char *[]){ "XREAD", "COUNT", count, "BLOCK",
			      "0", "STREAMS", read->key, after });
	return command_texts(line, (const char *[]){ "XREAD", "COUNT", count,
				       "STREAMS", read->key, after, NULL });
}

enum status
redis_line_trim(struct redis_line *line, const char *key, struct redis_id last)
{
	char least[ID_TEXT];

	snprintf(least, sizeof(least), "%" PRIu64 "-%" PRIu64, last.ms,
	    last.seq + 1);
	return command_texts(
	    line, (const char *[]){ "XTRIM", key, "MINID", least, NULL });
}

void
redis_line_traffic(const struct redis_line *line, uint64_t *sent_bytes,
    uint64_t *received_bytes)
{
	tls_stream_traffic(line->stream, sent_bytes, received_bytes);
}
