/* codec_moved.h - between the files of the replies' codec: Moved. */
#ifndef TACIT_PROTO_CODEC_MOVED_H
#define TACIT_PROTO_CODEC_MOVED_H

#include "proto/arena.h"
#include "proto/channel_moved.h"
#include "proto/relay.pb-c.h"

/* *moved: in the arena, or NULL when there is none.  BAD_INPUT, NOMEM. */
enum status codec_get_moved(const Tacit__Wire__Moved *m, struct arena *a,
    const struct moved_notice **moved);

/* Leaves *to alone when n is NULL or empty; borrows n.  NOMEM. */
enum status codec_put_moved(
    const struct moved_notice *n, struct arena *a, Tacit__Wire__Moved **to);

#endif
