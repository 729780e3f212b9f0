/* record_words.c - what was said about messages. */
#include "store/client/record_common.h"

static void
take_place(const Tacit__Record__WordPlace *from, struct word_place *to)
{
	if (from == NULL)
		return;
	*to = (struct word_place){
		.n = from->n,
		.device = from->device,
		.seq = from->seq,
	};
}

enum status
record_open_words(struct bytes from, struct arena *a, struct words *w)
{
	const Tacit__Record__Words *r;
	struct words read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__words__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Words *)m;
	if (r->n_edits > WORDS_EDITS_MAX ||
	    !record_take_name(r->author, &read.author) ||
	    !RECORD_TAKE(r->author_key, read.author_key))
		return record_damaged("Words");
	for (size_t i = 0; i < r->n_edits; i++)
		take_place(r->edits[i], &read.edits[i]);
	read.edits_count = r->n_edits;
	take_place(r->reaction, &read.reaction);
	take_place(r->deletion, &read.deletion);
	*w = read;
	return STATUS_OK;
}

static Tacit__Record__WordPlace *
fill_place(const struct word_place *from, Tacit__Record__WordPlace *to)
{
	tacit__record__word_place__init(to);
	to->n = from->n;
	to->device = from->device;
	to->seq = from->seq;
	return from->n != 0 ? to : NULL;
}

enum status
record_pack_words(const struct words *w, struct buf *out)
{
	Tacit__Record__Words m = TACIT__RECORD__WORDS__INIT;
	Tacit__Record__WordPlace edits[WORDS_EDITS_MAX];
	Tacit__Record__WordPlace *pointers[WORDS_EDITS_MAX];
	Tacit__Record__WordPlace reaction, deletion;

	m.author = record_text(w->author.text);
	m.author_key = RECORD_BIN(w->author_key);
	for (size_t i = 0; i < w->edits_count; i++)
		pointers[i] = fill_place(&w->edits[i], &edits[i]);
	m.edits = pointers;
	m.n_edits = w->edits_count;
	m.reaction = fill_place(&w->reaction, &reaction);
	m.deletion = fill_place(&w->deletion, &deletion);
	return record_pack(&m.base, out);
}
