#include "relay/watches.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { WATCHES_BUCKETS = 16384 };

struct watches {
	/* Chain ids and names are chosen by strangers: keyed. */
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct storage_watch *buckets[WATCHES_BUCKETS];
};

enum status
watches_new(struct watches **t)
{
	struct watches *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	random_bytes(fresh->key, sizeof(fresh->key));
	*t = fresh;
	return STATUS_OK;
}

void
watches_free(struct watches *t)
{
	free(t);
}

static struct writer_touch
watch_touch(const struct storage_watch *w)
{
	return (struct writer_touch){
		.is_chain = w->is_chain,
		.who = w->who,
		.chain = w->chain,
	};
}

static struct storage_watch **
watches_bucket(struct watches *t, const struct writer_touch *touch)
{
	unsigned char hash[crypto_shorthash_BYTES];
	struct bytes key = touch->is_chain
			       ? BYTES_OF(touch->chain.raw)
			       : account_name_bytes(&touch->who.account);

	crypto_shorthash(hash, key.data, key.len, t->key);
	return &t->buckets[load_u32(hash) % WATCHES_BUCKETS];
}

static bool
watch_fits(const struct storage_watch *w, const struct writer_touch *touch)
{
	if (w->is_chain != touch->is_chain)
		return false;
	if (w->is_chain)
		return memcmp(w->chain.raw, touch->chain.raw,
			   sizeof(w->chain.raw)) == 0;
	return address_equal(&w->who, &touch->who);
}

void
watches_add(struct watches *t, struct storage_watch *w)
{
	struct writer_touch touch = watch_touch(w);
	struct storage_watch **bucket = watches_bucket(t, &touch);

	w->next = *bucket;
	*bucket = w;
}

void
watches_remove(struct watches *t, struct storage_watch *w)
{
	struct writer_touch touch = watch_touch(w);
	struct storage_watch **at = watches_bucket(t, &touch);

	while (*at != NULL && *at != w)
		at = &(*at)->next;
	if (*at == w)
		*at = w->next;
	w->next = NULL;
}

void
watches_remove_port(struct watches *t, const struct storage_port *p)
{
	for (size_t i = 0; i < WATCHES_BUCKETS; i++) {
		struct storage_watch **at = &t->buckets[i];

		while (*at != NULL) {
			struct storage_watch *w = *at;

			if (w->port == p) {
				*at = w->next;
				w->port = NULL;
			} else {
				at = &w->next;
			}
		}
	}
}

struct storage_watch *
watches_next(struct watches *t, const struct writer_touch *touch,
    const struct storage_watch *after)
{
	struct storage_watch *w =
	    after != NULL ? after->next : *watches_bucket(t, touch);

	while (w != NULL && !watch_fits(w, touch))
		w = w->next;
	return w;
}
