/* backup_private.h - the layout of a backup, for backup*.c alone. */
#ifndef TACIT_STORE_CLIENT_BACKUP_PRIVATE_H
#define TACIT_STORE_CLIENT_BACKUP_PRIVATE_H

#include "store/client/backup.h"
#include "store/client/keyslots_file.h"

/* In the clear: magic, u32 version, u32 length, the keyslot file. */
#define BACKUP_MAGIC "tacit backup"
enum {
	BACKUP_MAGIC_BYTES = sizeof(BACKUP_MAGIC) - 1,
	BACKUP_PREFIX_BYTES = BACKUP_MAGIC_BYTES + 4 + 4,
	BACKUP_ABOVE_BYTES = BACKUP_PREFIX_BYTES + KEYSLOTS_FILE_BYTES,
	/* In the stream: u32 length, the head, the database. */
	BACKUP_HEAD_BYTES = 4096,
};

struct backup_source {
	int fd;
	bool needs_passphrase;
	struct buf *above; /* all that stands in the clear */
};

/* The keyslot file in it; borrowed. */
struct bytes backup_slots(const struct backup_source *source);

/* Up to size bytes; *got is less at the end of the file alone.  IO. */
enum status backup_read(int fd, uint8_t *room, size_t size, size_t *got);

#endif
