/* backup_read.c - what stands in the clear at the beginning of a backup. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/client/backup_private.h"
#include "store/client/keyslots.h"

enum status
backup_read(int fd, uint8_t *room, size_t size, size_t *got)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, room + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			log_event(LOG_LEVEL_ERROR, "backup-read-failed",
			    "reason=\"%s\"", strerror(errno));
			return STATUS_IO;
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*got = done;
	return STATUS_OK;
}

/* Append exactly len bytes of the file.  CRYPTO: it is over. */
static enum status
read_exactly(int fd, size_t len, struct buf *to)
{
	uint8_t *room = NULL;
	size_t got = 0;
	enum status st = buf_grow(to, len, &room);

	if (st == STATUS_OK)
		st = backup_read(fd, room, len, &got);
	return st == STATUS_OK && got < len ? STATUS_CRYPTO : st;
}

static enum status
check_prefix(struct bytes prefix, size_t *slots_len)
{
	uint32_t version = load_u32(prefix.data + BACKUP_MAGIC_BYTES);

	if (memcmp(prefix.data, BACKUP_MAGIC, BACKUP_MAGIC_BYTES) != 0)
		return STATUS_BAD_INPUT;
	if (version != BACKUP_VERSION) {
		log_event(LOG_LEVEL_ERROR, "backup-version",
		    "found=%u known=%d", (unsigned)version, BACKUP_VERSION);
		return STATUS_BAD_INPUT;
	}
	*slots_len = load_u32(prefix.data + BACKUP_MAGIC_BYTES + 4);
	return *slots_len > KEYSLOTS_FILE_BYTES ? STATUS_CRYPTO : STATUS_OK;
}

static enum status
read_above(struct backup_source *source)
{
	size_t slots_len = 0;
	enum status st = buf_new(BACKUP_ABOVE_BYTES, &source->above);

	if (st == STATUS_OK)
		st = read_exactly(
		    source->fd, BACKUP_PREFIX_BYTES, source->above);
	if (st == STATUS_OK)
		st = check_prefix(buf_view(source->above), &slots_len);
	if (st == STATUS_OK && slots_len > 0)
		st = read_exactly(source->fd, slots_len, source->above);
	if (st == STATUS_OK)
		st = keyslots_bytes_need_passphrase(
		    backup_slots(source), &source->needs_passphrase);
	return st;
}

enum status
backup_source_new(int fd, struct backup_source **source)
{
	struct backup_source *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->fd = fd;
	st = read_above(fresh);
	if (st == STATUS_OK)
		*source = fresh;
	else
		backup_source_free(fresh);
	return st;
}

void
backup_source_free(struct backup_source *source)
{
	if (source == NULL)
		return;
	buf_free(source->above);
	free(source);
}

bool
backup_source_needs_passphrase(const struct backup_source *source)
{
	return source->needs_passphrase;
}

struct bytes
backup_slots(const struct backup_source *source)
{
	return bytes_tail(buf_view(source->above), BACKUP_PREFIX_BYTES);
}
