/* codec_moved.c - Moved of relay.proto. */
#include "proto/codec_moved.h"

#include <string.h>

#include "proto/codec_pb.h"

enum status
codec_get_moved(const Tacit__Wire__Moved *m, struct arena *a,
    const struct moved_notice **moved)
{
	struct moved_notice *n;
	size_t len;

	*moved = NULL;
	if (m == NULL)
		return STATUS_OK;
	len = strlen(m->link);
	if (len == 0 || len > LIMIT_LINK_BYTES ||
	    m->key.len > MOVED_KEY_BYTES ||
	    m->signature.len > MOVED_SIGNATURE_BYTES)
		return STATUS_BAD_INPUT;
	n = arena_take(a, sizeof(*n));
	if (n == NULL)
		return STATUS_NOMEM;
	*n = (struct moved_notice){ .key_len = m->key.len,
		.signature_len = m->signature.len };
	memcpy(n->link, m->link, len);
	if (n->key_len > 0)
		memcpy(n->key, m->key.data, n->key_len);
	if (n->signature_len > 0)
		memcpy(n->signature, m->signature.data, n->signature_len);
	*moved = n;
	return STATUS_OK;
}

enum status
codec_put_moved(
    const struct moved_notice *n, struct arena *a, Tacit__Wire__Moved **to)
{
	Tacit__Wire__Moved *m;

	if (n == NULL || n->link[0] == '\0')
		return STATUS_OK;
	m = pb_new(a, &tacit__wire__moved__descriptor);
	if (m == NULL)
		return STATUS_NOMEM;
	m->link = (char *)(uintptr_t)n->link;
	m->key = pb_data(bytes_view(n->key, n->key_len));
	m->signature = pb_data(bytes_view(n->signature, n->signature_len));
	*to = m;
	return STATUS_OK;
}
