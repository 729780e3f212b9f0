/* Asking to be taken into a group, and being told no (protocol.md 10). */
#include "proto/codec_control.h"
#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

enum status
control_get_join_request(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__JoinRequest *r = m->join_request;
	struct join_request *to = &p->u.join_request;
	enum status st;

	(void)a;
	st = pb_get_fixed(r->group, to->group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(r->link, to->link.raw, JOIN_ID_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(r->secret, to->secret.raw, JOIN_SECRET_BYTES);
	return st;
}

enum status
control_get_join_answer(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__JoinAnswer *n = m->join_answer;
	struct join_answer *to = &p->u.join_answer;
	enum status st;

	(void)a;
	to->reason = n->reason;
	st = pb_get_fixed(n->group, to->group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(n->link, to->link.raw, JOIN_ID_BYTES);
	return st;
}

enum status
control_put_join_request(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	const struct join_request *from = &p->u.join_request;
	Tacit__Wire__JoinRequest *r =
	    pb_new(a, &tacit__wire__join_request__descriptor);

	if (r == NULL)
		return STATUS_NOMEM;
	r->group = pb_data(hash_view(&from->group));
	r->link = pb_data(BYTES_OF(from->link.raw));
	r->secret = pb_data(BYTES_OF(from->secret.raw));
	m->join_request = r;
	return STATUS_OK;
}

enum status
control_put_join_answer(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	const struct join_answer *from = &p->u.join_answer;
	Tacit__Wire__JoinAnswer *n =
	    pb_new(a, &tacit__wire__join_answer__descriptor);

	if (n == NULL)
		return STATUS_NOMEM;
	n->group = pb_data(hash_view(&from->group));
	n->link = pb_data(BYTES_OF(from->link.raw));
	n->reason = from->reason;
	m->join_answer = n;
	return STATUS_OK;
}
