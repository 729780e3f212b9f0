#include "tests/unit/relay/session_fixture.h"

#include <sodium.h>

/* ---- a storage that does nothing by itself ---- */

struct fake_storage fake;

void
blob_unref(struct blob *b)
{
	b->refs--;
}

bool
storage_submit(struct storage_port *p, struct storage_op *op)
{
	(void)p;
	if (fake.refuse > 0) {
		fake.refuse--;
		return false;
	}
	assert_true(fake.count < QUEUE);
	fake.queue[fake.count++] = op;
	return true;
}

void
storage_acknowledge(
    struct storage_port *p, const struct address *who, uint64_t seq)
{
	(void)p;
	(void)who;
	fake.acknowledged = seq;
}

void
storage_watch(struct storage_port *p, struct storage_watch *w)
{
	(void)p;
	assert_true(fake.watches_count < QUEUE);
	fake.watches[fake.watches_count++] = w;
}

void
storage_unwatch(struct storage_watch *w)
{
	for (size_t i = 0; i < fake.watches_count; i++)
		if (fake.watches[i] == w)
			fake.watches[i] = fake.watches[--fake.watches_count];
}

void
storage_epoch(const struct storage *s, uint8_t epoch[EPOCH_BYTES])
{
	(void)s;
	memset(epoch, 7, EPOCH_BYTES);
}

struct storage_op *
oldest(enum storage_kind kind)
{
	assert_true(fake.count > 0);
	assert_int_equal(kind, fake.queue[0]->kind);
	return fake.queue[0];
}

/* Between these two the nth allocation fails, where a test asks for it. */
static void
memory_begin(void)
{
	if (fake.fail_nth > 0)
		alloc_fail_nth(fake.fail_nth);
}

static void
memory_end(void)
{
	if (fake.fail_nth == 0)
		return;
	fake.failed |= alloc_failed();
	alloc_fail_nth(0);
}

void
answer(enum status st)
{
	struct storage_op *op = fake.queue[0];

	memmove(fake.queue, fake.queue + 1, --fake.count * sizeof(op));
	op->status = st;
	memory_begin();
	op->done(op);
	memory_end();
}

/* ---- a peer that writes down what is said ---- */

static enum status
log_say(void *peer, const struct reply *r)
{
	struct peer_log *p = peer;
	struct said *s = &p->said[p->count++];
	struct buf *out = NULL;
	size_t room = p->no_room && r->kind != REPLY_ERROR ? 1 : 16 << 20;
	enum status st = buf_new(room, &out);

	if (st == STATUS_OK)
		st = codec_put_reply(r, out);
	buf_free(out);
	if (st != STATUS_OK) {
		p->count--;
		return st;
	}
	assert_true(p->count < SAID);
	*s = (struct said){ .id = r->id, .kind = r->kind };
	if (r->kind == REPLY_ERROR) {
		s->code = r->u.error.code;
		s->retry_after_ms = r->u.error.retry_after_ms;
	} else if (r->kind == REPLY_HELLO) {
		memcpy(p->nonce, r->u.hello.nonce, sizeof(p->nonce));
	} else if (r->kind == REPLY_PUSH) {
		s->count = r->u.push.count;
		s->number = r->u.push.items[0].seq;
	} else if (r->kind == REPLY_DRAINED) {
		s->number = r->u.drained_head;
	} else if (r->kind == REPLY_CHAIN_CHANGED) {
		s->number = r->u.chain_changed.length;
	}
	return STATUS_OK;
}

static bool
log_is_full(void *peer)
{
	return ((struct peer_log *)peer)->full;
}

static void
log_resume(void *peer)
{
	(void)peer;
}

static void
log_finish(void *peer)
{
	((struct peer_log *)peer)->finished = true;
}

static const struct session_io log_io = { log_say, log_is_full, log_resume,
	log_finish };

/* ---- the fixture ---- */

static struct fixture *hashing; /* whose job the fake pool holds */

static enum status
hold_job(struct session_env *env, struct join_job *job)
{
	(void)env;
	hashing->job = job;
	return STATUS_OK;
}

void
finish_job(struct fixture *f)
{
	struct join_job *job = f->job;

	f->job = NULL;
	hash_bytes(job->code, &job->out);
	job->status = STATUS_OK;
	memory_begin();
	job->done(job);
	memory_end();
}

static void
poke(struct receivers_inbox *inbox)
{
	(void)inbox;
}

enum status
connect_peer(struct fixture *f, struct peer_log *peer, struct session **s)
{
	struct session_options options = {
		.env = &f->env,
		.io = &log_io,
		.peer = peer,
		.source = { 127, 0, 0, 1 },
		.source_len = 4,
	};

	memset(peer, 0, sizeof(*peer));
	memset(options.exporter, 3, sizeof(options.exporter));
	return session_new(&options, s);
}

static int
setup_with(void **state, enum join_policy policy)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct hash pin = { { 9 } };

	memset(&fake, 0, sizeof(fake));
	if (f == NULL || sodium_init() < 0)
		return -1;
	config_defaults(settings_table(), &f->settings);
	f->settings.join = policy;
	f->settings.join_guesses_burst = 3;
	assert_status(
	    STATUS_OK, common_new(&f->settings, NULL, &pin, &f->common));
	session_env_init(&f->env);
	f->env.common = f->common;
	f->env.settings = &f->settings;
	f->env.inbox.poke = poke;
	f->env.hash_join = hold_job;
	f->env.wall_ms = WALL_MS;
	f->env.mono_ms = 1;
	assert_status(STATUS_OK, wire_person_make(&f->alice, "alice"));
	assert_status(STATUS_OK, connect_peer(f, &f->peer, &f->session));
	hashing = f;
	*state = f;
	return 0;
}

int
setup(void **state)
{
	return setup_with(state, JOIN_OPEN);
}

int
setup_code(void **state)
{
	return setup_with(state, JOIN_CODE);
}

int
teardown(void **state)
{
	struct fixture *f = *state;

	alloc_fail_nth(0);
	session_free(f->session);
	while (fake.count > 0)
		answer(STATUS_IO);
	assert_int_equal(f->env.calls, 0);
	assert_int_equal(f->env.held_bytes, 0);
	assert_int_equal(fake.watches_count, 0);
	assert_int_equal(fake.blob.refs, 0);
	session_env_clear(&f->env);
	common_free(f->common);
	wire_person_clear(&f->alice);
	free(f);
	return 0;
}

const struct said *
last(const struct fixture *f)
{
	assert_true(f->peer.count > 0);
	return &f->peer.said[f->peer.count - 1];
}

void
assert_error(const struct fixture *f, enum error_code code)
{
	assert_int_equal(REPLY_ERROR, last(f)->kind);
	assert_int_equal(code, last(f)->code);
}

/* Allocations of the test itself never fail. */
void
feed(struct session *s, const struct request *r)
{
	struct buf *out = NULL;

	assert_status(STATUS_OK, buf_new(16 * 1024 * 1024, &out));
	assert_status(STATUS_OK, codec_put_request(r, out));
	memory_begin();
	session_feed(s, bytes_tail(buf_view(out), 4));
	memory_end();
	buf_free(out);
}

void
hello(struct session *s)
{
	struct request r = { .id = 1, .kind = REQUEST_HELLO };

	r.u.hello.version_min = 1;
	r.u.hello.version_max = 3;
	feed(s, &r);
}

static void
context_of(const struct fixture *f, const struct peer_log *peer,
    struct proof_context *context)
{
	memset(context, 0, sizeof(*context));
	context->who = f->alice.who;
	context->relay_key = f->common->pin;
	memcpy(context->nonce, peer->nonce, sizeof(context->nonce));
	memset(context->exporter, 3, sizeof(context->exporter));
}

void
authenticate_with(struct fixture *f, struct session *s,
    const struct peer_log *nonce_of, const struct sign_secret *key)
{
	struct request r = { .id = 2, .kind = REQUEST_AUTHENTICATE };
	struct proof_context context;
	struct signature proof;

	context_of(f, nonce_of, &context);
	assert_status(STATUS_OK,
	    proof_make(&context, SIGN_AUTHENTICATE, BYTES_NONE, key, &proof));
	r.u.authenticate.who = f->alice.who;
	r.u.authenticate.proof = BYTES_OF(proof.raw);
	feed(s, &r);
}

void
identify(struct fixture *f)
{
	struct storage_op *op = oldest(STORAGE_IDENTIFY);

	assert_false(op->u.identify.with_prekeys);
	op->u.identify.device_key = f->alice.device_key;
	answer(STATUS_OK);
	if (fake.count == 0)
		return;
	op = oldest(STORAGE_IDENTIFY); /* the proof was right */
	assert_true(op->u.identify.with_prekeys);
	op->u.identify.mailbox.head = 50;
	answer(STATUS_OK);
}

void
open_session_of(
    struct fixture *f, struct peer_log *peer, struct session *session)
{
	hello(session);
	authenticate_with(f, session, peer, &f->alice.device_secret);
	identify(f);
	assert_true(session_is_authenticated(session));
}

void
open_session(struct fixture *f)
{
	open_session_of(f, &f->peer, f->session);
	assert_int_equal(REPLY_AUTHENTICATED, last(f)->kind);
}

void
register_alice(
    struct fixture *f, const struct sign_secret *account_key, const char *code)
{
	struct request r = { .id = 3, .kind = REQUEST_REGISTER };
	struct signature by_account, by_device;
	struct proof_context context;
	struct hash hash;

	context_of(f, &f->peer, &context);
	hash_bytes(buf_view(f->alice.list_body), &hash);
	assert_status(
	    STATUS_OK, proof_make(&context, SIGN_REGISTER, hash_view(&hash),
			   account_key, &by_account));
	assert_status(
	    STATUS_OK, proof_make(&context, SIGN_REGISTER, hash_view(&hash),
			   &f->alice.device_secret, &by_device));
	r.u.registration.list.body = buf_view(f->alice.list_body);
	r.u.registration.list.signature = BYTES_OF(f->alice.list_signature.raw);
	r.u.registration.device = 1;
	r.u.registration.account_proof = BYTES_OF(by_account.raw);
	r.u.registration.device_proof = BYTES_OF(by_device.raw);
	if (code != NULL)
		r.u.registration.join_code = bytes_text(code);
	feed(f->session, &r);
}

void
submit(struct fixture *f, uint64_t id)
{
	const struct recipient to = {
		.to = f->alice.who,
		.registration_id = 1,
		.type = ITEM_RATCHET,
		.suite = SUITE_SIGNAL_V3,
		.payload = BYTES("sealed"),
	};
	struct request r = { .id = id, .kind = REQUEST_SUBMIT };

	r.u.submit.counter = id;
	r.u.submit.recipients = &to;
	r.u.submit.recipients_count = 1;
	feed(f->session, &r);
}

void
receive(struct session *s, uint64_t id, uint64_t window)
{
	struct request r = { .id = id, .kind = REQUEST_RECEIVE };

	r.u.receive.window_items = window;
	feed(s, &r);
}

void
acknowledge(struct session *s, uint64_t seq)
{
	struct request r = { .id = 0, .kind = REQUEST_ACKNOWLEDGE };

	r.id = 77;
	r.u.acknowledge_seq = seq;
	feed(s, &r);
}

/* Answer the read in flight with items `from`.. of a mailbox up to `head`. */
void
answer_read(uint64_t from, size_t count, uint64_t head)
{
	struct storage_op *op = oldest(STORAGE_READ);

	assert_true(count <= op->u.read.max_items);
	op->u.read.items =
	    arena_take_array(op->arena, count, sizeof(*op->u.read.items));
	if (op->u.read.items == NULL) {
		answer(STATUS_NOMEM);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		op->u.read.items[i].item.seq = from + i;
		op->u.read.items[i].item.type = ITEM_RATCHET;
		op->u.read.items[i].item.suite = SUITE_SIGNAL_V3;
		op->u.read.items[i].item.payload = BYTES_OF(fake.blob.data);
		op->u.read.items[i].owner = &fake.blob;
		fake.blob.refs++;
	}
	op->u.read.count = count;
	op->u.read.head = head;
	answer(STATUS_OK);
}
