/*
 * admin_client.h - where a command takes its requests: to the relay that serves
 * from a data directory, or, when none does, to the same handlers over a store
 * that is opened here.
 */
#ifndef TACIT_RELAY_ADMIN_CLIENT_H
#define TACIT_RELAY_ADMIN_CLIENT_H

#include <stdbool.h>

#include "base/status.h"
#include "relay/home.h"
#include "relay/settings.h"

struct json_t;
struct admin_client;

/*
 * Where no relay serves.  What root does with a store it does as whoever owns
 * the directory, for good: files that the relay could not write would stop it,
 * and a link in the directory must not lead root astray.
 */
enum admin_open {
	ADMIN_STORE, /* open the store here */
	ADMIN_LOOK,  /* only hold the lock; the owner also where one serves */
	ADMIN_STAY,  /* only hold the lock, and stay who we are */
};

/*
 * A relay that is just starting or stopping is waited for, some seconds.
 *
 * FULL: one is busy starting or stopping.  DENIED: the relay runs as another
 * user.  CONFLICT: a restore was not finished.  NO_SPACE, IO, NOMEM.
 */
enum status admin_client_open(const struct home *home,
    const struct settings *settings, enum admin_open how,
    struct admin_client **c);
void admin_client_close(struct admin_client *c); /* NULL is fine */

bool admin_client_is_serving(const struct admin_client *c);

/* Each object of an answer but the last, borrowed. */
typedef void admin_take(void *arg, const struct json_t *object);

/*
 * Ask and hear the whole answer.  *last is its last object, which the caller
 * owns.  CLOSED: the relay went away.  IO, NOMEM.
 */
enum status admin_client_ask(struct admin_client *c,
    const struct json_t *request, admin_take *take, void *arg,
    struct json_t **last);

/*
 * Ask and hear the first object alone; what the answer holds goes on until the
 * client is closed.  *first may also be the last one, an error.
 */
enum status admin_client_hold(struct admin_client *c,
    const struct json_t *request, struct json_t **first);

#endif
