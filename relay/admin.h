/*
 * admin.h - administration: a request, objects in answer, and an end.
 *
 * A request is one JSON object, {"command":"users","action":"list", ...}, and
 * so is each answer; the last one is {"type":"end"}, or {"type":"error"} with a
 * code and a sentence.  The same handlers run on the loop of a serving relay,
 * behind its socket (admin_socket.h), and on a loop of the command itself when
 * no relay serves (admin_client.h).  They never wait: what takes time is an
 * operation of storage, and long answers go in pages, each once the one before
 * has left.
 */
#ifndef TACIT_RELAY_ADMIN_H
#define TACIT_RELAY_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/metrics.h"
#include "relay/server.h"
#include "relay/storage.h"

struct json_t; /* jansson.h enters through the .c files alone */

enum { ADMIN_LINE_BYTES = 16 * 1024 }; /* of a request */

/* What handlers work on; everything is borrowed and outlives their calls. */
struct admin_host {
	const char *dir; /* the data directory */
	struct storage *storage;
	struct storage_port *port; /* of the loop that they run on */
	struct metrics *metrics;
	struct server *server; /* NULL: no relay serves */
	bool frozen;
};

/* Who hears the answers.  None of these calls back into the call. */
struct admin_sink {
	/* One object, borrowed; it goes out as a line. */
	void (*say)(void *owner, const struct json_t *object);
	/*
	 * Something happened outside of admin_begin() and admin_go_on(): the
	 * call is over, or has said something, or waits to go on.
	 */
	void (*changed)(void *owner);
};

struct admin_call;

/*
 * Begin what a line asks for.  Whatever is wrong with it is answered too.  The
 * call is the caller's until admin_end_call().  NOMEM: nothing was begun.
 */
enum status admin_begin(const struct admin_host *host,
    const struct admin_sink *sink, void *owner, struct bytes line,
    struct admin_call **c);

/* Its last object was said. */
bool admin_is_over(const struct admin_call *c);

/* It has more to say once what it said has left. */
bool admin_has_more(const struct admin_call *c);
void admin_go_on(struct admin_call *c);

/*
 * Let go of it, over or not: its owner hears no more.  What storage has in hand
 * is given back first, behind the scenes.  NULL is fine.
 */
void admin_end_call(struct admin_call *c);

#endif
