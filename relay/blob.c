/* blob.c - bytes that outlive the read that fetched them (storage.h). */
#include <stdatomic.h>
#include <stdlib.h>

#include "relay/writer.h"

struct blob {
	atomic_size_t refs;
	uint8_t data[];
};

enum status
blob_new(size_t len, struct blob **b, uint8_t **room)
{
	struct blob *fresh = malloc(sizeof(*fresh) + len);

	if (fresh == NULL)
		return STATUS_NOMEM;
	atomic_init(&fresh->refs, 1);
	*b = fresh;
	*room = fresh->data;
	return STATUS_OK;
}

void
blob_ref(struct blob *b)
{
	atomic_fetch_add(&b->refs, 1);
}

void
blob_unref(struct blob *b)
{
	if (b != NULL && atomic_fetch_sub(&b->refs, 1) == 1)
		free(b);
}
