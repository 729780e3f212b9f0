/*
 * storage_private.h - the two halves of storage: what any process may use
 * (storage_open.c) and the engine of the one that serves (storage_engine.h).
 */
#ifndef TACIT_RELAY_STORAGE_PRIVATE_H
#define TACIT_RELAY_STORAGE_PRIVATE_H

#include "relay/writer.h"
#include "store/relay/journal.h"
#include "store/relay/schema.h"

struct engine;

struct storage {
	struct db *db;
	struct relay_meta meta;  /* as it was at the start */
	struct journal *journal; /* NULL: opened for administration */
	struct engine *engine;   /* NULL: opened for administration */
	int serving_fd;          /* locked while this process serves */
};

enum status engine_open(
    struct storage *s, const struct storage_options *options);
void engine_close(struct storage *s);

#endif
