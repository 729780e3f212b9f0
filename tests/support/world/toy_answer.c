/* toy_answer.c - what the toy relay does when it is asked (protocol.md 4 to 6).
 */
#include <stdio.h>

#include "base/clock.h"
#include "proto/prekey_digest.h"
#include "tests/support/test.h"
#include "tests/support/world/toy.h"

enum { PUSH_ITEMS = 16, PUSH_BYTES = 128 * 1024 };

void
toy_refuse(struct toy_line *l, const struct request *q, enum error_code code)
{
	struct reply r = { .id = q->id, .kind = REPLY_ERROR };

	r.u.error.code = code;
	r.u.error.message = BYTES("no");
	toy_say(l, &r);
}

static struct prekey
view_of(const struct toy_prekey *p, enum prekey_type type)
{
	return (struct prekey){
		.type = type,
		.id = p->id,
		.public_key = bytes_view(p->key, p->key_len),
		.signature = bytes_view(p->signature, p->signature_len),
	};
}

static void
keep_prekey(struct toy_prekey *to, const struct prekey *from)
{
	assert_true(from->public_key.len <= TOY_KEY_BYTES &&
		    from->signature.len <= TOY_KEY_BYTES);
	*to = (struct toy_prekey){
		.id = from->id,
		.key_len = from->public_key.len,
		.signature_len = from->signature.len,
	};
	memcpy(to->key, from->public_key.data, from->public_key.len);
	if (from->signature.len > 0)
		memcpy(
		    to->signature, from->signature.data, from->signature.len);
}

static struct prekey_state
prekey_state(struct toy *t, const struct toy_account *a)
{
	struct prekey_state state = {
		.one_time_count = (uint32_t)a->one_time_count,
	};
	struct prekey *all =
	    arena_take_array(t->arena, a->one_time_count + 1, sizeof(*all));
	struct prekeys list = { .items = all };

	assert_non_null(all);
	if (a->has_signed)
		all[list.count++] = view_of(&a->signed_prekey, PREKEY_SIGNED);
	for (size_t i = 0; i < a->one_time_count; i++)
		all[list.count++] = view_of(&a->one_time[i], PREKEY_ONE_TIME);
	prekeys_digest(list, &state.digest);
	return state;
}

struct mailbox_state
toy_mailbox_state(const struct toy_account *a)
{
	struct mailbox_state state = {
		.acknowledged = a->mailbox.acknowledged,
		.head = a->mailbox.head,
		.has_stream = a->mailbox.has_stream,
		.submit_high = a->mailbox.high,
	};

	memcpy(state.submit_stream, a->mailbox.stream, STREAM_BYTES);
	return state;
}

static void
greet(struct toy *t, struct toy_line *l, const struct request *q)
{
	struct reply r = { .id = q->id, .kind = REPLY_HELLO };

	r.u.hello.version = PROTOCOL_VERSION;
	memcpy(r.u.hello.epoch, t->epoch, EPOCH_BYTES);
	r.u.hello.time_ms = clock_wall_ms();
	toy_say(l, &r);
}

static void
enrol(struct toy *t, struct toy_line *l, const struct request *q)
{
	struct reply r = { .id = q->id, .kind = REPLY_REGISTERED };
	struct device_list list;
	struct toy_account *a;

	assert_status(
	    STATUS_OK, device_list_open(q->u.registration.list, &list));
	a = toy_find(t, list.account.text);
	if (a == NULL) {
		a = calloc(1, sizeof(*a));
		assert_non_null(a);
		assert_true(t->accounts_count < TOY_ACCOUNTS);
		t->accounts[t->accounts_count++] = a;
		a->name = list.account;
		a->device = list.devices[0].id;
		a->registration_id = list.devices[0].registration_id;
		a->mailbox.seen = calloc(TOY_SEEN, 1);
		assert_non_null(a->mailbox.seen);
		assert_status(
		    STATUS_OK, buf_copy(q->u.registration.list.body, &a->list));
		memcpy(a->list_signature.raw,
		    q->u.registration.list.signature.data,
		    sizeof(a->list_signature.raw));
	}
	l->who = a;
	r.u.registered = toy_mailbox_state(a);
	toy_say(l, &r);
}

static void
authenticate(struct toy *t, struct toy_line *l, const struct request *q)
{
	struct reply r = { .id = q->id, .kind = REPLY_AUTHENTICATED };

	l->who = toy_find(t, q->u.authenticate.who.account.text);
	if (l->who == NULL || l->who->device != q->u.authenticate.who.device) {
		l->who = NULL;
		toy_refuse(l, q, ERROR_DENIED);
		return;
	}
	r.u.authenticated.mailbox = toy_mailbox_state(l->who);
	r.u.authenticated.prekeys = prekey_state(t, l->who);
	toy_say(l, &r);
}

static void
say_prekeys(struct toy *t, struct toy_line *l, const struct request *q)
{
	struct reply r = { .id = q->id, .kind = REPLY_PREKEY_STATE };

	r.u.prekey_state = prekey_state(t, l->who);
	toy_say(l, &r);
}

static void
publish(struct toy *t, struct toy_line *l, const struct request *q)
{
	struct toy_account *a = l->who;

	for (size_t i = 0; i < q->u.publish.count; i++) {
		const struct prekey *p = &q->u.publish.items[i];

		if (p->type == PREKEY_SIGNED) {
			keep_prekey(&a->signed_prekey, p);
			a->has_signed = true;
		} else if (p->id > a->one_time_highest) {
			assert_true(a->one_time_count < TOY_PREKEYS);
			keep_prekey(&a->one_time[a->one_time_count++], p);
			a->one_time_highest = p->id;
		}
	}
	say_prekeys(t, l, q);
}

static struct signed_list
list_of(const struct toy_account *a)
{
	return (struct signed_list){ buf_view(a->list),
		BYTES_OF(a->list_signature.raw) };
}

static void
say_account(struct toy *t, struct toy_line *l, const struct request *q)
{
	struct reply r = { .id = q->id, .kind = REPLY_ACCOUNT };
	const struct toy_account *a = toy_find(t, q->u.account.text);

	if (a == NULL) {
		toy_refuse(l, q, ERROR_NOT_FOUND);
		return;
	}
	r.u.account = list_of(a);
	toy_say(l, &r);
}

/* The oldest one-time prekey leaves. */
static void
take_bundle(struct toy *t, struct toy_account *a, struct account_bundles *to)
{
	struct device_bundle *device = arena_take(t->arena, sizeof(*device));
	struct prekey *keys = arena_take_array(t->arena, 2, sizeof(*keys));
	struct toy_prekey *taken = arena_take(t->arena, sizeof(*taken));

	assert_true(device != NULL && keys != NULL && taken != NULL);
	keys[0] = view_of(&a->signed_prekey, PREKEY_SIGNED);
	device->device = a->device;
	device->prekeys = (struct prekeys){ keys, 1 };
	if (a->one_time_count > 0) {
		*taken = a->one_time[0];
		keys[1] = view_of(taken, PREKEY_ONE_TIME);
		device->prekeys.count = 2;
	}
	if (a->one_time_count > 0 && !a->repeating) {
		a->one_time_count--;
		memmove(a->one_time, a->one_time + 1,
		    a->one_time_count * sizeof(*a->one_time));
	}
	a->bundles++;
	to->list = list_of(a);
	to->devices = device;
	to->devices_count = 1;
}

static void
say_bundles(struct toy *t, struct toy_line *l, const struct request *q)
{
	struct reply r = { .id = q->id, .kind = REPLY_BUNDLES };
	size_t count = q->u.bundles.count;
	struct account_bundles *all =
	    arena_take_array(t->arena, count, sizeof(*all));

	assert_non_null(all);
	for (size_t i = 0; i < count; i++) {
		struct toy_account *a = toy_find(t, q->u.bundles.names[i].text);

		all[i].account = q->u.bundles.names[i];
		all[i].error =
		    a == NULL || !a->has_signed ? ERROR_NOT_FOUND : ERROR_NONE;
		if (all[i].error == ERROR_NONE)
			take_bundle(t, a, &all[i]);
	}
	r.u.bundles.accounts = all;
	r.u.bundles.count = count;
	toy_say(l, &r);
}

static struct reply
push_some(struct toy *t, const struct toy_line *l)
{
	struct reply r = { .id = l->receive_id, .kind = REPLY_PUSH };
	const struct toy_mailbox *m = &l->who->mailbox;
	struct item *items =
	    arena_take_array(t->arena, PUSH_ITEMS, sizeof(*items));
	size_t bytes = 0;

	assert_non_null(items);
	for (size_t i = 0;
	     i < m->count && r.u.push.count < PUSH_ITEMS && bytes < PUSH_BYTES;
	     i++) {
		if (m->items[i].item.seq <= l->pushed)
			continue;
		items[r.u.push.count++] = m->items[i].item;
		bytes += m->items[i].item.payload.len;
	}
	r.u.push.items = items;
	return r;
}

/* All that waits, to whoever receives; and that it was all. */
void
toy_push(struct toy *t, struct toy_account *a)
{
	struct toy_line *l = a->receiver;
	struct reply drained = { .kind = REPLY_DRAINED };

	if (l == NULL)
		return;
	for (;;) {
		struct reply r = push_some(t, l);

		if (r.u.push.count == 0 || a->deaf)
			break;
		l->pushed = r.u.push.items[r.u.push.count - 1].seq;
		toy_say(l, &r);
	}
	if (!l->receiving)
		return;
	l->receiving = false;
	drained.id = l->receive_id;
	drained.u.drained_head = a->mailbox.head;
	toy_say(l, &drained);
}

static void
receive(struct toy *t, struct toy_line *l, const struct request *q)
{
	if (l->who->receiver != NULL && l->who->receiver != l) {
		struct reply r = {
			.id = l->who->receiver->receive_id,
			.kind = REPLY_ERROR,
		};

		r.u.error.code = ERROR_REPLACED;
		r.u.error.message = BYTES("replaced");
		toy_say(l->who->receiver, &r);
	}
	l->who->receiver = l;
	l->receiving = true;
	l->receive_id = q->id;
	l->pushed = l->who->mailbox.acknowledged;
	toy_push(t, l->who);
}

static void
note_origin(struct toy_item *x, const struct submit *s)
{
	assert_true(s->return_handle.len <= TOY_HANDLE_BYTES);
	memcpy(x->stream, s->stream, STREAM_BYTES);
	x->counter = s->counter;
	x->handle_len = s->return_handle.len;
	if (x->handle_len > 0)
		memcpy(x->handle, s->return_handle.data, x->handle_len);
}

static void
store_one(struct toy *t, struct toy_account *from, const struct submit *s,
    const struct recipient *r)
{
	struct toy_account *to = toy_find(t, r->to.account.text);
	struct item item = {
		.stored_ms = clock_wall_ms(),
		.has_sender = true,
		.sender = { from->name, from->device },
		.type = r->type,
		.suite = r->suite,
		.payload = r->payload.len > 0 ? r->payload : s->shared,
	};

	to->came++;
	if (to->withhold > 0 && to->came % to->withhold == 0)
		return;
	toy_mailbox_put(&to->mailbox, &item);
	note_origin(&to->mailbox.items[to->mailbox.count - 1], s);
	if (t->trace)
		fprintf(stderr, "    %s to %s: %u, type %u, in submit %u\n",
		    from->name.text, to->name.text, (unsigned)to->mailbox.head,
		    r->type, (unsigned)s->counter);
	toy_push(t, to);
}

static bool
devices_are_current(struct toy *t, const struct submit *s,
    struct device_ref *extra, struct device_ref *stale,
    struct devices_changed *changed)
{
	changed->extra.items = extra;
	changed->stale.items = stale;
	for (size_t i = 0; i < s->recipients_count; i++) {
		const struct recipient *r = &s->recipients[i];
		const struct toy_account *a = toy_find(t, r->to.account.text);
		struct device_ref ref = { r->to.account, r->to.device };

		if (a == NULL || r->to.device != a->device)
			extra[changed->extra.count++] = ref;
		else if (a->registration_id != r->registration_id)
			stale[changed->stale.count++] = ref;
	}
	return changed->extra.count + changed->stale.count == 0;
}

static void
submit(struct toy *t, struct toy_line *l, const struct request *q)
{
	const struct submit *s = &q->u.submit;
	struct toy_mailbox *m = &l->who->mailbox;
	struct reply r = { .id = q->id, .kind = REPLY_SUBMITTED };
	struct reply no = { .id = q->id, .kind = REPLY_ERROR };
	size_t n = s->recipients_count + 1;
	struct device_ref *extra =
	    arena_take_array(t->arena, n, sizeof(*extra));
	struct device_ref *stale =
	    arena_take_array(t->arena, n, sizeof(*stale));

	assert_true(extra != NULL && stale != NULL);
	assert_true(s->counter < TOY_SEEN);
	if (!m->has_stream || memcmp(m->stream, s->stream, STREAM_BYTES) != 0) {
		memset(m->seen, 0, TOY_SEEN);
		memcpy(m->stream, s->stream, STREAM_BYTES);
		m->has_stream = true;
		m->high = 0;
	}
	if (s->counter + LIMIT_SUBMIT_WINDOW <= m->high)
		fail_msg("a submit below the window");
	if (!devices_are_current(t, s, extra, stale, &no.u.error.changed)) {
		no.u.error.code = ERROR_DEVICES_CHANGED;
		no.u.error.message = BYTES("changed");
		toy_say(l, &no);
		return;
	}
	for (size_t i = 0; !m->seen[s->counter] && i < s->recipients_count; i++)
		store_one(t, l->who, s, &s->recipients[i]);
	m->seen[s->counter] = 1;
	if (s->counter > m->high)
		m->high = s->counter;
	toy_say(l, &r);
}

static void
tell_followers(
    struct toy *t, const struct toy_line *by, const struct toy_chain *c)
{
	for (size_t i = 0; i < TOY_LINES; i++) {
		struct toy_line *l = &t->lines[i];
		struct reply r = { .kind = REPLY_CHAIN_CHANGED };

		if (l->end == NULL || l == by || l->who == NULL ||
		    toy_chain(t, &c->id, l->who->view) != c)
			continue;
		r.u.chain_changed.chain = c->id;
		r.u.chain_changed.length = c->length;
		for (size_t k = 0; k < l->follows_count; k++)
			if (memcmp(&l->follows[k], &c->id, sizeof(c->id)) == 0)
				toy_say(l, &r);
	}
}

static void
append(struct toy *t, struct toy_line *l, const struct request *q)
{
	const struct chain_append *a = &q->u.append;
	struct reply r = { .id = q->id, .kind = REPLY_CHAIN_APPENDED };
	struct toy_chain *c = toy_chain(t, &a->chain, l->who->view);

	if (c == NULL && a->index == 0) {
		c = toy_chain_new(t, &a->chain, 0);
		c->token = a->token;
	}
	if (c == NULL || a->index > c->length ||
	    (a->index < c->length &&
		!bytes_equal(buf_view(c->entries[a->index]), a->entry))) {
		toy_refuse(l, q, ERROR_CHAIN_TAKEN);
		return;
	}
	if (a->index == c->length) {
		if (memcmp(&c->token, &a->token, sizeof(a->token)) != 0) {
			toy_refuse(l, q, ERROR_DENIED);
			return;
		}
		toy_chain_push(c, a->entry);
		if (a->has_new_token)
			c->token = a->new_token;
		tell_followers(t, l, c);
	}
	r.u.chain_length = c->length;
	toy_say(l, &r);
}

static void
follow(struct toy_line *l, const struct chain_id *chain)
{
	for (size_t i = 0; i < l->follows_count; i++)
		if (memcmp(&l->follows[i], chain, sizeof(*chain)) == 0)
			return;
	assert_true(l->follows_count < TOY_FOLLOWS);
	l->follows[l->follows_count++] = *chain;
}

static void
fill_tail(struct toy *t, const struct toy_account *who,
    const struct chain_position *p, struct chain_tail *tail)
{
	const struct toy_chain *c = toy_chain(t, &p->chain, who->view);
	struct bytes *entries;

	*tail = (struct chain_tail){ .chain = p->chain, .from = p->from };
	if (c == NULL)
		return;
	tail->length = c->length;
	if (who->chain_end > 0 && tail->length > who->chain_end)
		tail->length = who->chain_end;
	entries =
	    arena_take_array(t->arena, tail->length + 1, sizeof(*entries));
	assert_non_null(entries);
	for (uint64_t i = p->from; i < tail->length; i++)
		entries[tail->entries_count++] = buf_view(c->entries[i]);
	tail->entries = entries;
}

static void
say_tails(struct toy *t, struct toy_line *l, const struct request *q)
{
	struct reply r = { .id = q->id, .kind = REPLY_CHAIN_TAILS };
	size_t count = q->u.chain_read.count;
	struct chain_tail *tails =
	    arena_take_array(t->arena, count + 1, sizeof(*tails));

	assert_non_null(tails);
	for (size_t i = 0; i < count; i++) {
		const struct chain_position *p = &q->u.chain_read.positions[i];

		if (q->u.chain_read.follow)
			follow(l, &p->chain);
		fill_tail(t, l->who, p, &tails[i]);
	}
	r.u.tails.tails = tails;
	r.u.tails.count = count;
	toy_say(l, &r);
}

void
toy_answer(struct toy *t, struct toy_line *l, const struct request *q)
{
	switch (q->kind) {
	case REQUEST_HELLO:
		greet(t, l, q);
		return;
	case REQUEST_REGISTER:
		enrol(t, l, q);
		return;
	case REQUEST_AUTHENTICATE:
		authenticate(t, l, q);
		return;
	case REQUEST_PUBLISH_PREKEYS:
		publish(t, l, q);
		return;
	case REQUEST_PREKEY_STATUS:
		say_prekeys(t, l, q);
		return;
	case REQUEST_GET_ACCOUNT:
		say_account(t, l, q);
		return;
	case REQUEST_TAKE_BUNDLES:
		say_bundles(t, l, q);
		return;
	case REQUEST_SUBMIT:
		submit(t, l, q);
		return;
	case REQUEST_RECEIVE:
		receive(t, l, q);
		return;
	case REQUEST_ACKNOWLEDGE:
		if (!l->who->forgetful)
			toy_mailbox_acknowledge(
			    &l->who->mailbox, q->u.acknowledge_seq);
		return;
	case REQUEST_CHAIN_APPEND:
		append(t, l, q);
		return;
	case REQUEST_CHAIN_READ:
		say_tails(t, l, q);
		return;
	case REQUEST_REPLACE_DEVICES:
		toy_replace(t, l, q);
		return;
	case REQUEST_REMOVE_ACCOUNT:
	case REQUEST_RECOVER_ACCOUNT:
		toy_refuse(l, q, ERROR_UNSUPPORTED);
		return;
	}
}
