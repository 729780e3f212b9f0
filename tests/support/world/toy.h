/*
 * toy.h - a relay in memory that real clients talk to over the real wire, and
 * that lies where a test tells it to.
 *
 * It keeps what a relay keeps (accounts, prekeys, mailboxes, chains) in plain
 * lists that a test may read and bend between two requests, and answers a
 * request when it is told to, so that whoever drives it decides the order of
 * everything.  It checks no proofs: who is asking is not what it tests.
 */
#ifndef TACIT_TESTS_SUPPORT_WORLD_TOY_H
#define TACIT_TESTS_SUPPORT_WORLD_TOY_H

#include "proto/arena.h"
#include "proto/channel.h"
#include "proto/frame.h"
#include "proto/limits.h"
#include "proto/message.h"

enum {
	TOY_ACCOUNTS = 16,
	TOY_LINES = 32,
	TOY_QUEUE = 2048, /* requests of one line that wait */
	TOY_CHAINS = 64,  /* each in every view of it */
	TOY_VIEWS = 4,    /* how many different truths it can tell */
	TOY_FOLLOWS = 32, /* chains of one line */
	TOY_SEEN = 65536, /* submits of one device in one test */
	TOY_PREKEYS = LIMIT_PREKEYS_STORED,
	TOY_KEY_BYTES = 128,
	TOY_HANDLE_BYTES = 64,
};

struct toy_item {
	struct item item; /* payload: a view of `payload` */
	struct buf *payload;
	/* Of the submit that it came in, for a note; handle_len 0: none. */
	uint8_t stream[STREAM_BYTES];
	uint64_t counter;
	uint8_t handle[TOY_HANDLE_BYTES];
	size_t handle_len;
};

struct toy_mailbox {
	struct toy_item *items;
	size_t count;
	size_t room;
	uint64_t head;
	uint64_t acknowledged;
	bool has_stream;
	uint8_t stream[STREAM_BYTES];
	uint64_t high;
	uint8_t *seen; /* by counter, of the present stream */
};

struct toy_prekey {
	uint32_t id;
	uint8_t key[TOY_KEY_BYTES];
	size_t key_len;
	uint8_t signature[TOY_KEY_BYTES];
	size_t signature_len;
};

struct toy_account {
	struct account_name name;
	struct buf *list;
	struct signature list_signature;
	uint32_t device; /* the only one on the list */
	uint32_t registration_id;
	bool has_signed;
	struct toy_prekey signed_prekey;
	struct toy_prekey one_time[TOY_PREKEYS];
	size_t one_time_count;
	uint32_t one_time_highest;
	struct toy_mailbox mailbox;
	struct toy_line *receiver;
	size_t view; /* which truth it is told about chains, from 0 */
	/* Lies to this account; zeros are none. */
	uint64_t chain_end; /* of every chain it sees no more than so many */
	size_t withhold;    /* every nth item is acknowledged, never pushed */
	size_t came;        /* items, for the above */
	bool deaf;          /* nothing is pushed, for now */
	bool forgetful;     /* what is acknowledged is kept */
	bool repeating;     /* the one-time prekey given last is given again */
	size_t bundles;     /* so many were given out */
};

struct toy_chain {
	struct chain_id id;
	size_t view;
	struct buf **entries;
	size_t length;
	size_t room;
	struct chain_token token;
};

struct toy_line {
	struct channel *end; /* NULL: not in use */
	struct frame_reader *in;
	struct buf *out;
	struct buf *queue[TOY_QUEUE]; /* bodies of requests, oldest first */
	size_t queue_count;
	uint64_t serial; /* no other line of this relay has it */
	bool hung_up;    /* the other side has */
	bool mute;    /* nothing comes through any more, in either direction */
	bool failing; /* storage fails for whatever is yet to come here */
	struct toy_account *who;
	bool receiving;
	uint64_t receive_id;
	uint64_t pushed;   /* highest seq */
	uint64_t drain_at; /* say so once this is pushed; 0: said */
	struct chain_id follows[TOY_FOLLOWS];
	size_t follows_count;
};

struct toy {
	struct toy_account *accounts[TOY_ACCOUNTS];
	size_t accounts_count;
	struct toy_chain chains[TOY_CHAINS];
	size_t chains_count;
	struct toy_line lines[TOY_LINES];
	uint64_t serial;
	bool trace; /* say what is stored */
	struct arena *arena;
	uint8_t epoch[EPOCH_BYTES];
	/* Before a request is answered; true: `reply` is the answer to it. */
	bool (*lie)(struct toy *t, struct toy_line *l, const struct request *q,
	    struct reply *reply, void *arg);
	void *lie_arg;
};

struct toy *toy_new(void);
void toy_free(struct toy *t);

/* A fresh connection; `near` belongs to the caller. */
struct toy_line *toy_dial(struct toy *t, struct channel **near);

/* Take in what came on all lines and send on what waits; answer nothing. */
void toy_pump(struct toy *t);

/* Answer the oldest request of a line; toy_pump() sends it. */
void toy_serve(struct toy *t, struct toy_line *l);

/* The oldest request of a line, which has one: a look, or away with it. */
void toy_next(struct toy *t, struct toy_line *l, struct request *q);
void toy_skip(struct toy_line *l);

/* What waits to be sent is lost when `drop` is set; the line ends. */
void toy_cut(struct toy *t, struct toy_line *l, bool drop);

struct toy_account *toy_find(struct toy *t, const char *name);

/* By id as one view has it; NULL: there is none. */
struct toy_chain *toy_chain(
    struct toy *t, const struct chain_id *id, size_t view);

/*
 * From here on `view` has its own truth of every chain: a copy of what view 0
 * has now.
 */
void toy_fork(struct toy *t, size_t view);

void toy_chain_push(struct toy_chain *c, struct bytes entry);
void toy_chain_cut(struct toy_chain *c, size_t length);
void toy_chain_drop(struct toy *t, struct toy_chain *c);

/* For the parts of the toy alone. */
void toy_answer(struct toy *t, struct toy_line *l, const struct request *q);
void toy_refuse(
    struct toy_line *l, const struct request *q, enum error_code code);
struct mailbox_state toy_mailbox_state(const struct toy_account *a);
/* ReplaceDevices: the device on the list is another one from here on. */
void toy_replace(struct toy *t, struct toy_line *l, const struct request *q);
void toy_say(struct toy_line *l, struct reply *reply);
void toy_push(struct toy *t, struct toy_account *a);
void toy_mailbox_put(struct toy_mailbox *m, const struct item *item);
void toy_mailbox_acknowledge(struct toy_mailbox *m, uint64_t seq);

/* What lies in a mailbox: away with it, a bit of it changed, or two swapped. */
void toy_mailbox_drop(struct toy_mailbox *m, size_t at);
void toy_mailbox_damage(struct toy_mailbox *m, size_t at, size_t bit);
void toy_mailbox_swap(struct toy_mailbox *m, size_t a, size_t b);
struct toy_chain *toy_chain_new(
    struct toy *t, const struct chain_id *id, size_t view);

#endif
