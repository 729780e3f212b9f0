/* toy_keep.c - what the toy relay keeps: accounts, mailboxes, chains. */
#include "tests/support/test.h"
#include "tests/support/world/toy.h"

struct toy_account *
toy_find(struct toy *t, const char *name)
{
	for (size_t i = 0; i < t->accounts_count; i++)
		if (strcmp(t->accounts[i]->name.text, name) == 0)
			return t->accounts[i];
	return NULL;
}

void
toy_mailbox_put(struct toy_mailbox *m, const struct item *item)
{
	struct toy_item *to;

	if (m->count == m->room) {
		m->room = m->room * 2 + 16;
		m->items = realloc(m->items, m->room * sizeof(*m->items));
		assert_non_null(m->items);
	}
	to = &m->items[m->count++];
	*to = (struct toy_item){ .item = *item };
	assert_status(STATUS_OK, buf_copy(item->payload, &to->payload));
	to->item.payload = buf_view(to->payload);
	to->item.seq = ++m->head;
}

void
toy_mailbox_acknowledge(struct toy_mailbox *m, uint64_t seq)
{
	size_t kept = 0;

	if (seq > m->acknowledged)
		m->acknowledged = seq;
	for (size_t i = 0; i < m->count; i++) {
		if (m->items[i].item.seq > seq)
			m->items[kept++] = m->items[i];
		else
			buf_free(m->items[i].payload);
	}
	m->count = kept;
}

void
toy_mailbox_drop(struct toy_mailbox *m, size_t at)
{
	buf_free(m->items[at].payload);
	m->count--;
	memmove(m->items + at, m->items + at + 1,
	    (m->count - at) * sizeof(*m->items));
}

void
toy_mailbox_damage(struct toy_mailbox *m, size_t at, size_t bit)
{
	struct toy_item *x = &m->items[at];
	struct bytes old = x->item.payload;
	size_t place = bit / 8 % old.len;
	uint8_t other = (uint8_t)(old.data[place] ^ 1U << bit % 8);
	struct buf *changed = NULL;

	assert_status(STATUS_OK, buf_new(old.len, &changed));
	assert_status(STATUS_OK, buf_put(changed, bytes_view(old.data, place)));
	assert_status(STATUS_OK, buf_put(changed, bytes_view(&other, 1)));
	assert_status(STATUS_OK, buf_put(changed, bytes_tail(old, place + 1)));
	buf_free(x->payload);
	x->payload = changed;
	x->item.payload = buf_view(changed);
}

/* Their numbers stay where they are. */
void
toy_mailbox_swap(struct toy_mailbox *m, size_t a, size_t b)
{
	struct toy_item kept = m->items[a];
	uint64_t seq_a = kept.item.seq;
	uint64_t seq_b = m->items[b].item.seq;

	m->items[a] = m->items[b];
	m->items[b] = kept;
	m->items[a].item.seq = seq_a;
	m->items[b].item.seq = seq_b;
}

struct toy_chain *
toy_chain(struct toy *t, const struct chain_id *id, size_t view)
{
	struct toy_chain *first = NULL;

	for (size_t i = 0; i < t->chains_count; i++) {
		struct toy_chain *c = &t->chains[i];

		if (memcmp(&c->id, id, sizeof(*id)) != 0)
			continue;
		if (c->view == view)
			return c;
		if (c->view == 0)
			first = c;
	}
	return first;
}

struct toy_chain *
toy_chain_new(struct toy *t, const struct chain_id *id, size_t view)
{
	struct toy_chain *c = &t->chains[t->chains_count++];

	assert_true(t->chains_count <= TOY_CHAINS);
	*c = (struct toy_chain){ .id = *id, .view = view };
	return c;
}

void
toy_chain_push(struct toy_chain *c, struct bytes entry)
{
	if (c->length == c->room) {
		c->room = c->room * 2 + 16;
		c->entries = realloc(c->entries, c->room * sizeof(*c->entries));
		assert_non_null(c->entries);
	}
	assert_status(STATUS_OK, buf_copy(entry, &c->entries[c->length]));
	c->length++;
}

void
toy_chain_cut(struct toy_chain *c, size_t length)
{
	while (c->length > length)
		buf_free(c->entries[--c->length]);
}

void
toy_chain_drop(struct toy *t, struct toy_chain *c)
{
	toy_chain_cut(c, 0);
	free(c->entries);
	*c = t->chains[--t->chains_count];
}

void
toy_fork(struct toy *t, size_t view)
{
	size_t count = t->chains_count;

	assert_true(view > 0 && view < TOY_VIEWS);
	for (size_t i = 0; i < count; i++) {
		const struct toy_chain *from = &t->chains[i];
		struct toy_chain *to;

		if (from->view != 0)
			continue;
		to = toy_chain_new(t, &from->id, view);
		to->token = from->token;
		for (size_t k = 0; k < from->length; k++)
			toy_chain_push(to, buf_view(from->entries[k]));
	}
}
