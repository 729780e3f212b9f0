/*
 * backup_stream.h - bytes sealed as they come, so that a file of any length is
 * written and read with a fixed amount of memory (docs/storage.md 5).
 *
 * libsodium's secretstream (XChaCha20-Poly1305) over pieces of 64 KiB.  What
 * comes out was authenticated, in its order; that it is all there is known only
 * at the end.  Both directions belong to one thread.
 */
#ifndef TACIT_STORE_CLIENT_BACKUP_STREAM_H
#define TACIT_STORE_CLIENT_BACKUP_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/sign.h"

enum {
	BACKUP_KEY_BYTES = 32,
	BACKUP_PIECE_BYTES = 64 * 1024, /* of plain text */
	BACKUP_BEGIN_BYTES = 24,        /* random, ahead of the pieces */
	BACKUP_SEAL_BYTES = 17,         /* each piece is longer by so much */
};

struct backup_key {
	uint8_t raw[BACKUP_KEY_BYTES];
};

/* Borrowed for the call; what it answers but OK ends the stream. */
typedef enum status backup_take(void *arg, struct bytes piece);

/*
 * Seal.  `above` is the hash of what stands ahead of the stream in the clear:
 * a stream opens under no other.  NOMEM, and what `take` answers.
 */
struct backup_seal;
enum status backup_seal_new(const struct backup_key *key,
    const struct hash *above, backup_take *take, void *arg,
    struct backup_seal **s);
enum status backup_seal_put(struct backup_seal *s, struct bytes more);
/* Says that this is all.  Without it the stream counts as cut. */
enum status backup_seal_end(struct backup_seal *s);
void backup_seal_free(struct backup_seal *s); /* wipes; NULL is fine */

/*
 * Open, fed with the same bytes in pieces of any size.  CRYPTO: damaged,
 * altered, cut, or with something behind its end; nothing that was given out
 * may be used then.
 */
struct backup_open;
enum status backup_open_new(const struct backup_key *key,
    const struct hash *above, backup_take *take, void *arg,
    struct backup_open **o);
enum status backup_open_put(struct backup_open *o, struct bytes more);
enum status backup_open_end(struct backup_open *o);
void backup_open_free(struct backup_open *o); /* wipes; NULL is fine */

#endif
