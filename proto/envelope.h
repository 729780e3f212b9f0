/*
 * envelope.h - what devices say inside the ratchet, as plain structs
 * (protocol.md 7).  The relay never sees these.
 *
 * As in message.h every view is borrowed, and decoding has checked every
 * length and count, so a reader needs no further checks of shape.
 */
#ifndef TACIT_PROTO_ENVELOPE_H
#define TACIT_PROTO_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "proto/arena.h"
#include "proto/devices.h"
#include "proto/join.h"
#include "proto/message.h"
#include "proto/ranges.h"
#include "proto/sign.h"

enum {
	MESSAGE_ID_BYTES = 16,
	SALT_BYTES = 32,
	LOG_KEY_BYTES = 32,
	GROUP_KEY_ID_BYTES = 8,
};

struct message_id {
	uint8_t raw[MESSAGE_ID_BYTES];
};

/* Spec 7.7; of a later release there may be others. */
enum message_type {
	MESSAGE_TEXT = 1,
	MESSAGE_REACTION = 2,
	MESSAGE_EDIT = 3,
	MESSAGE_DELETION = 4,
	MESSAGE_TIMER = 5, /* 7.6; direct */
};

/* The one message that another is about. */
struct message_target {
	struct message_id id;
	struct account_name author;
	struct hash hash; /* SHA-256 of its body */
};

struct message_body {
	struct message_id id;
	uint32_t suite;
	uint64_t seq;         /* from 1 */
	struct hash previous; /* zeros when seq is 1 */
	uint32_t type;        /* enum message_type, or a later release's */
	int64_t sent_ms;
	struct hash content_hash;
	bool has_target;
	struct message_target target; /* when has_target */
	uint64_t timer_s;
	uint64_t head_index;   /* groups only */
	struct hash head_hash; /* groups only, else zeros */
	/* Direct: the setting as the sender has it (7.6). */
	uint64_t talk_turn;
	uint64_t talk_timer_s;
};

enum message_auth { AUTH_NONE = 0, AUTH_ED25519 = 1 };

struct signed_message {
	struct bytes body;
	struct bytes signature;
	uint32_t auth;
	struct bytes salt;    /* SALT_BYTES */
	struct bytes content; /* as long as its type may be */
};

struct sender_key_body {
	struct hash group;
	uint64_t head_index;
	struct hash head_hash;
	uint32_t key_id;
	uint32_t iteration;
	struct bytes distribution;
};

struct log_key {
	uint8_t raw[LOG_KEY_BYTES];
};

struct group_key_id {
	uint8_t raw[GROUP_KEY_ID_BYTES];
};

/* A log key with its write token (protocol.md 8.3). */
struct log_key_item {
	uint64_t first; /* the first entry that it seals */
	struct log_key key;
	struct chain_token token;
};

struct log_key_list {
	const struct log_key_item *items; /* `first` never falls */
	size_t count;                     /* 1..LIMIT_LOG_KEYS */
};

/*
 * Asks for messages again (protocol.md 9): by ciphertext of whom is asked, when
 * there are hashes, else by numbers.
 */
struct resend_request {
	const struct hash *hashes;
	size_t hashes_count; /* 0..LIMIT_RESEND_HASHES */
	bool no_key; /* the sender key is missing; else it does not help */
	struct hash conversation;
	struct address author;
	struct sign_public author_key;
	uint64_t first; /* from 1 */
	uint64_t last;  /* at least first */
};

struct resent_message {
	struct address author;
	struct sign_public author_key;
	bool has_list;
	struct signed_list list;
	struct signed_message message;
	bool has_hash; /* it was asked for by that ciphertext */
	struct hash hash;
};

struct resent {
	struct hash group; /* or peers_conversation() of the two */
	bool history;      /* from before the reader was a member */
	const struct resent_message *messages;
	size_t count; /* 0..LIMIT_RESENT_MESSAGES */
	/* Asked for, and held no message that the sender still gives. */
	const struct hash *unknown;
	size_t unknown_count; /* 0..LIMIT_RESEND_HASHES */
};

/* What a device has of the messages of another in one conversation. */
struct receipt {
	uint32_t device; /* that wrote them; 0: the one that is told */
	bool has_group;  /* else what the two say to each other */
	struct hash group;
	struct ranges delivered; /* of sequence numbers: in its history */
	struct ranges read;      /* shown to its user */
	uint64_t head_index;     /* group: its log has so many entries, */
	struct hash head_hash;   /* and this head */
};

struct receipt_list {
	const struct receipt *items;
	size_t count; /* 1..LIMIT_RECEIPT_TALKS */
};

struct join_request {
	struct hash group;
	struct join_id link;
	struct join_secret secret;
};

struct join_answer {
	struct hash group;
	struct join_id link;
	uint32_t reason; /* enum join_refusal, or a later release's */
};

/* How far a device has come in a conversation, or whose place is asked for. */
struct talk_place {
	/* In a question: the device before the asker, which had come so far; 0
	 * there, and in an answer: none. */
	uint32_t device;
	bool has_group; /* else what the two say to each other */
	struct hash group;
	uint64_t seq;          /* of its last message; 0: none */
	struct hash body_hash; /* of that one's body */
	uint64_t head_index;   /* group: it was written under */
};

struct place_list {
	const struct talk_place *items;
	size_t count; /* 1..LIMIT_PLACES */
	bool asks;
};

enum content_kind {
	CONTENT_NONE =
	    0, /* nothing this release knows: counted, then ignored */
	CONTENT_MESSAGE = 8, /* the field numbers of Plaintext */
	CONTENT_SENDER_KEY,
	CONTENT_GROUP_KEYS,
	CONTENT_GROUP_INVITE,
	CONTENT_RECEIPTS = 13,
	CONTENT_RESEND_REQUEST,
	CONTENT_GROUP_ASK,
	CONTENT_RESENT,
	CONTENT_JOIN_REQUEST,
	CONTENT_JOIN_ANSWER,
	CONTENT_PLACES = 27,
};

struct plaintext {
	uint64_t counter;     /* from 1; receipts: 0, as they may get lost */
	struct hash previous; /* zeros when counter is 1 or 0 */
	bool has_list;
	struct signed_list list; /* when has_list */
	uint64_t list_version;   /* else these two */
	struct hash list_hash;
	enum content_kind kind;
	union {
		struct signed_message message;
		struct {
			struct bytes body;
			struct bytes signature;
		} sender_key;
		struct {
			struct hash group;
			struct log_key_list keys;
		} group_keys;
		struct {
			struct hash group;
			struct chain_id chain;
			uint64_t length; /* 1..LIMIT_CHAIN_ENTRIES */
			struct hash head;
			struct log_key_list keys;
		} group_invite;
		struct {
			struct hash group;
			struct group_key_id key_id;
			uint64_t from;
		} group_ask;
		struct resend_request resend_request;
		struct resent resent;
		struct receipt_list receipts;
		struct join_request join_request;
		struct join_answer join_answer;
		struct place_list places;
	} u;
};

struct group_plaintext {
	struct signed_message message;
	uint64_t list_version;
	struct hash list_hash;
};

/* Append the encoding to `out`.  FULL: out's ceiling.  NOMEM. */
enum status envelope_put_plaintext(const struct plaintext *p, struct buf *out);
enum status envelope_put_group_plaintext(
    const struct group_plaintext *p, struct buf *out);
enum status envelope_put_message_body(
    const struct message_body *m, struct buf *out);
enum status envelope_put_sender_key_body(
    const struct sender_key_body *k, struct buf *out);

/* Decode; results borrow from the input and the arena.  BAD_INPUT, NOMEM. */
enum status envelope_get_plaintext(
    struct bytes from, struct arena *a, struct plaintext *p);
enum status envelope_get_group_plaintext(
    struct bytes from, struct arena *a, struct group_plaintext *p);
enum status envelope_get_message_body(
    struct bytes from, struct arena *a, struct message_body *m);
enum status envelope_get_sender_key_body(
    struct bytes from, struct arena *a, struct sender_key_body *k);

#endif
