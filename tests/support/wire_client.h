/*
 * wire_client.h - a small blocking client for tests of a real relay.
 *
 * It speaks the protocol with plain structs and keeps nothing: no ratchet, no
 * store.  What it must be able to do is also what no real client would: send
 * garbage, stop in the middle, use a proof twice.
 */
#ifndef TACIT_TESTS_SUPPORT_WIRE_CLIENT_H
#define TACIT_TESTS_SUPPORT_WIRE_CLIENT_H

#include "base/status.h"
#include "proto/link.h"
#include "proto/message.h"
#include "proto/proof.h"

struct wire;

/* An account with one device, and its secrets. */
struct wire_person {
	struct address who;
	uint32_t registration_id;
	struct sign_public account_key;
	struct sign_secret account_secret;
	struct sign_public device_key;
	struct sign_secret device_secret;
	struct buf *list_body;
	struct signature list_signature;
};

enum status wire_person_make(struct wire_person *p, const char *name);
void wire_person_clear(struct wire_person *p);

/* TCP and TLS; the host of the link is a numeric address. */
enum status wire_connect(const char *link, struct wire **w);

/* The same with TCP alone: no byte is sent until wire_write() does. */
enum status wire_connect_plain(const char *link, struct wire **w);

/* Either of them from a local IPv4 address of one's own, such as 127.0.0.2. */
enum status wire_connect_from(
    const char *link, const char *source, struct wire **w);
enum status wire_connect_plain_from(
    const char *link, const char *source, struct wire **w);
void wire_close(struct wire *w);

/* Bytes as they are, inside TLS (or not, when plain). */
enum status wire_write(struct wire *w, struct bytes raw);

/* r->id is set to the next one when it is 0. */
enum status wire_send(struct wire *w, struct request *r);

/*
 * The next frame, borrowed until the next call.  AGAIN: none within timeout_ms.
 * CLOSED or IO: the relay closed the connection.
 */
enum status wire_next(struct wire *w, int timeout_ms, struct reply *r);

/* Send and wait for the answer; pushes in between are thrown away. */
enum status wire_ask(struct wire *w, struct request *ask, struct reply *r);

/* hello; remembers nonce and relay key.  Any answer but HELLO is CONFLICT. */
enum status wire_hello(struct wire *w);
void wire_proof_context(
    struct wire *w, const struct address *who, struct proof_context *context);

/* After wire_hello(); the reply may be an error. */
enum status wire_register(struct wire *w, const struct wire_person *p,
    const char *join_code, struct reply *r);
enum status wire_authenticate(
    struct wire *w, const struct wire_person *p, struct reply *r);

/* connect, hello, authenticate; CONFLICT when refused. */
enum status wire_login(
    const char *link, const struct wire_person *p, struct wire **w);
enum status wire_login_from(const char *link, const char *source,
    const struct wire_person *p, struct wire **w);

/* One text to one device under (stream, counter). */
enum status wire_submit(struct wire *w, const struct wire_person *to,
    uint8_t stream, uint64_t counter, const char *text, struct reply *r);

#endif
