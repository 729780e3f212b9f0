/*
 * certificates.h - the certificate files of a relay: its own, and one that an
 * authority issued for its host, which somebody renews now and then.
 */
#ifndef TACIT_RELAY_CERTIFICATES_H
#define TACIT_RELAY_CERTIFICATES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"
#include "proto/channel.h"
#include "relay/identity.h"
#include "relay/settings.h"

enum { CERTIFICATE_FILES = 4 };

/* Enough to tell that a file is not the one that was read. */
struct file_stamp {
	dev_t device; /* all zero: it was not there */
	ino_t inode;
	off_t bytes;
	int64_t modified_ns; /* since the epoch */
};

struct certificates {
	const char *files[CERTIFICATE_FILES]; /* NULL: not in use */
	struct file_stamp seen[CERTIFICATE_FILES];
};

/* `identity` and `settings` are borrowed and outlive it. */
void certificates_init(struct certificates *c, const struct identity *identity,
    const struct settings *settings);

/*
 * Read them all, and remember which files these were, also when it fails.
 * IO: one is missing or wrong, or two do not fit; the reason is in the log.
 */
enum status certificates_load(
    struct certificates *c, struct channel_server **tls);

/* Another file has taken the place of one of them since they were read. */
bool certificates_changed(const struct certificates *c);

#endif
