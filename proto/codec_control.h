/*
 * codec_control.h - what a Plaintext carries, one codec for each kind of
 * content; codec_envelope_*.c have what is around it.  Private to codec_*.c.
 */
#ifndef TACIT_PROTO_CODEC_CONTROL_H
#define TACIT_PROTO_CODEC_CONTROL_H

#include "proto/arena.h"
#include "proto/envelope.h"

enum { BODY_MAX_BYTES = 4096 }; /* a signed body: ids, hashes and numbers */

enum { CONTENT_KINDS = 32 }; /* above every field number of content */

/* As generated. */
typedef struct Tacit__Wire__Plaintext Tacit__Wire__Plaintext;
typedef struct Tacit__Wire__SignedMessage Tacit__Wire__SignedMessage;

/*
 * The content of p->kind, into p->u or out of it.  A kind that this release
 * does not know is read over; making one is a bug.  BAD_INPUT, NOMEM.
 */
enum status control_get(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p);
enum status control_put(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m);

/* A message with its signature, wherever it stands. */
enum status control_get_message(const Tacit__Wire__SignedMessage *m,
    struct arena *a, struct signed_message *to);
void control_put_message(
    const struct signed_message *from, Tacit__Wire__SignedMessage *m);

/* codec_repair.c */
enum status control_get_resend_request(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p);
enum status control_get_resent(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p);
enum status control_put_resend_request(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m);
enum status control_put_resent(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m);

/* codec_join.c */
enum status control_get_join_request(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p);
enum status control_get_join_answer(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p);
enum status control_put_join_request(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m);
enum status control_put_join_answer(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m);

/* codec_places.c */
enum status control_get_places(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p);
enum status control_put_places(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m);

/* codec_receipts.c */
enum status control_get_receipts(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p);
enum status control_put_receipts(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m);

#endif
