#include <stdlib.h>

#include "tests/bench/tls_streams_private.h"

void
tls_later(struct tls_streams *all, struct tls_later *what)
{
	if (what->waits)
		return;
	what->waits = true;
	TAILQ_INSERT_TAIL(&all->later, what, entry);
	uv_ref((uv_handle_t *)&all->before); /* the loop must not end */
}

void
tls_later_cancel(struct tls_streams *all, struct tls_later *what)
{
	if (!what->waits)
		return;
	what->waits = false;
	TAILQ_REMOVE(&all->later, what, entry);
	if (TAILQ_EMPTY(&all->later))
		uv_unref((uv_handle_t *)&all->before);
}

static void
do_what_waits(struct tls_streams *all)
{
	struct tls_later *next;

	while ((next = TAILQ_FIRST(&all->later)) != NULL) {
		tls_later_cancel(all, next);
		next->call(next->owner);
	}
}

static void
on_awake(uv_idle_t *handle)
{
	(void)handle;
}

/* What is done here may be all that a job waited for: look, before sleeping. */
static void
on_prepare(uv_prepare_t *handle)
{
	struct tls_streams *all = handle->data;

	if (TAILQ_EMPTY(&all->later))
		return;
	(void)uv_idle_start(&all->awake, on_awake);
	do_what_waits(all);
}

static void
on_check(uv_check_t *handle)
{
	struct tls_streams *all = handle->data;

	(void)uv_idle_stop(&all->awake);
	do_what_waits(all);
}

/* The same settings as proto/channel_setup.c, without names and pins. */
static SSL_CTX *
ctx_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx,
		"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
		"TLS_CHACHA20_POLY1305_SHA256") != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, TLS_READ_BYTES);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				  SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

enum status
tls_streams_new(uv_loop_t *loop, struct tls_streams **all)
{
	struct tls_streams *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->loop = loop;
	fresh->ctx = ctx_new();
	if (fresh->ctx == NULL) {
		free(fresh);
		return STATUS_NOMEM;
	}
	TAILQ_INIT(&fresh->later);
	fresh->before.data = fresh;
	fresh->after.data = fresh;
	fresh->awake.data = fresh;
	fresh->handles = 3;
	/* These five cannot fail with a handler given. */
	(void)uv_prepare_init(loop, &fresh->before);
	(void)uv_prepare_start(&fresh->before, on_prepare);
	(void)uv_idle_init(loop, &fresh->awake);
	(void)uv_check_init(loop, &fresh->after);
	(void)uv_check_start(&fresh->after, on_check);
	uv_unref((uv_handle_t *)&fresh->before);
	uv_unref((uv_handle_t *)&fresh->after);
	*all = fresh;
	return STATUS_OK;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct tls_streams *all = handle->data;

	if (--all->handles > 0)
		return;
	SSL_CTX_free(all->ctx); /* each stream still closing has its own hold */
	free(all);
}

void
tls_streams_close(struct tls_streams *all)
{
	if (all == NULL)
		return;
	uv_close((uv_handle_t *)&all->before, on_handle_closed);
	uv_close((uv_handle_t *)&all->awake, on_handle_closed);
	uv_close((uv_handle_t *)&all->after, on_handle_closed);
}
