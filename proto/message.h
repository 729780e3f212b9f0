/*
 * message.h - what a client and a relay say, as plain structs.
 *
 * The names follow relay.proto, whose comments say what each field means;
 * protocol.md 4 says what is done with it.  Every `struct bytes` and every
 * array is borrowed from the arena or the buffer it was decoded from.  Decoding
 * has checked all sizes, names and counts against limits.h, so that a reader
 * of these structs needs no further checks of shape.
 */
#ifndef TACIT_PROTO_MESSAGE_H
#define TACIT_PROTO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "proto/address.h"
#include "proto/channel_moved.h"
#include "proto/devices.h"
#include "proto/sign.h"

enum {
	PROTOCOL_VERSION = 1,
	EPOCH_BYTES = 8,
	NONCE_BYTES = 32,
	STREAM_BYTES = 8,
	CHAIN_ID_BYTES = 32,
	CHAIN_TOKEN_BYTES = 32,
};

/* Numbers of the wire, protocol.md 4.1; the same as ErrorCode there. */
enum error_code {
	ERROR_NONE,
	ERROR_BAD_REQUEST,
	ERROR_UNSUPPORTED,
	ERROR_NOT_AUTHENTICATED,
	ERROR_DENIED,
	ERROR_NAME_TAKEN,
	ERROR_BAD_NAME,
	ERROR_JOIN_REFUSED,
	ERROR_NOT_FOUND,
	ERROR_FULL,
	ERROR_RATE_LIMITED,
	ERROR_DEVICES_CHANGED,
	ERROR_CHAIN_TAKEN,
	ERROR_TOO_LARGE,
	ERROR_UNAVAILABLE,
	ERROR_REPLACED,
	ERROR_EXPIRED,
	ERROR_SUSPENDED,
	ERROR_LIST_TAKEN,
};

/* What an item's payload is; the relay only tells the lanes apart. */
enum item_type {
	ITEM_RATCHET = 2,     /* libsignal signal message */
	ITEM_PREKEY = 3,      /* libsignal prekey message */
	ITEM_SENDER_KEY = 4,  /* libsignal sender key message */
	ITEM_DEVICE_LIST = 5, /* the recipient's own, as the sender knows it */
	ITEM_RECEIPT = 16,    /* receipt lane: a ratchet message of receipts */
	ITEM_RECEIPT_PREKEY =
	    17, /* receipt lane: the same in a prekey message */
	ITEM_RELAY_NOTE =
	    32, /* receipt lane: RelayNote, from the relay itself */
};

enum { SUITE_SIGNAL_V3 = 1 }; /* X3DH and Double Ratchet, libsignal v3 */

enum prekey_type { PREKEY_SIGNED = 1, PREKEY_ONE_TIME = 2 };

struct prekey {
	uint32_t type; /* enum prekey_type; others are skipped by readers */
	uint32_t id;
	struct bytes public_key;
	struct bytes signature;
};

struct prekeys {
	const struct prekey *items;
	size_t count;
};

struct mailbox_state {
	uint64_t acknowledged;
	uint64_t head;
	bool has_stream;
	uint8_t submit_stream[STREAM_BYTES];
	uint64_t submit_high;
};

struct prekey_state {
	uint32_t one_time_count;
	struct hash digest;
};

struct recipient {
	struct address to;
	uint32_t registration_id;
	uint32_t type;
	uint32_t suite;
	struct bytes payload; /* empty: the shared one */
};

struct submit {
	uint8_t stream[STREAM_BYTES];
	uint64_t counter; /* from 1 */
	struct bytes shared;
	const struct recipient *recipients; /* at least one */
	size_t recipients_count;
	struct bytes return_handle;
};

struct refusal {
	uint32_t index;
	enum error_code code;
};

struct item {
	uint64_t seq;
	int64_t stored_ms;
	bool has_sender;
	struct address sender;
	uint32_t type;
	uint32_t suite;
	struct bytes payload;
};

struct chain_id {
	uint8_t raw[CHAIN_ID_BYTES];
};

struct chain_token {
	uint8_t raw[CHAIN_TOKEN_BYTES];
};

struct chain_append {
	struct chain_id chain;
	uint64_t index;
	struct bytes entry;
	struct chain_token token;
	bool has_new_token;
	struct chain_token new_token;
};

struct chain_position {
	struct chain_id chain;
	uint64_t from;
};

struct chain_tail {
	struct chain_id chain;
	uint64_t from;
	uint64_t length; /* 0: no such chain */
	const struct bytes *entries;
	size_t entries_count;
};

enum request_kind {
	REQUEST_HELLO = 2, /* the field numbers of ClientFrame */
	REQUEST_REGISTER,
	REQUEST_AUTHENTICATE,
	REQUEST_PUBLISH_PREKEYS,
	REQUEST_PREKEY_STATUS,
	REQUEST_GET_ACCOUNT,
	REQUEST_TAKE_BUNDLES,
	REQUEST_SUBMIT,
	REQUEST_RECEIVE,
	REQUEST_ACKNOWLEDGE,
	REQUEST_CHAIN_APPEND,
	REQUEST_CHAIN_READ,
	REQUEST_REMOVE_ACCOUNT,
	REQUEST_REPLACE_DEVICES = 16, /* 15 is a part */
	REQUEST_RECOVER_ACCOUNT,
};

struct request {
	uint64_t id;
	enum request_kind kind;
	union {
		struct {
			uint32_t version_min;
			uint32_t version_max;
			uint64_t features;
		} hello;
		struct {
			struct signed_list list;
			uint32_t device;
			struct bytes account_proof;
			struct bytes device_proof;
			struct bytes join_code; /* empty: none */
		} registration;
		struct {
			struct address who;
			struct bytes proof;
		} authenticate;
		struct prekeys publish;
		struct account_name account;
		struct {
			const struct account_name *names;
			size_t count;
		} bundles;
		struct submit submit;
		struct {
			uint64_t window_items; /* 0: the relay's own */
		} receive;
		uint64_t acknowledge_seq;
		struct chain_append append;
		struct {
			const struct chain_position *positions;
			size_t count;
			bool follow;
		} chain_read;
		struct bytes remove_proof;
		struct {
			struct signed_list list;
			uint32_t device;
			struct bytes account_proof;
			struct bytes device_proof;
		} replace;
		struct {
			struct account_name account;
			struct bytes proof;
		} recover;
	} u;
};

struct device_ref {
	struct account_name account;
	uint32_t device;
};

struct device_refs {
	const struct device_ref *items;
	size_t count;
};

struct devices_changed {
	struct device_refs missing;
	struct device_refs extra;
	struct device_refs stale;
};

struct device_bundle {
	uint32_t device;
	struct prekeys prekeys;
};

struct account_bundles {
	struct account_name account;
	enum error_code error;
	uint64_t retry_after_ms;
	struct signed_list list;
	const struct device_bundle *devices;
	size_t devices_count;
};

enum reply_kind {
	REPLY_ERROR = 2, /* the field numbers of RelayFrame */
	REPLY_HELLO,
	REPLY_REGISTERED,
	REPLY_AUTHENTICATED,
	REPLY_PREKEY_STATE,
	REPLY_ACCOUNT,
	REPLY_BUNDLES,
	REPLY_SUBMITTED,
	REPLY_PUSH,
	REPLY_DRAINED,
	REPLY_CHAIN_APPENDED,
	REPLY_CHAIN_TAILS,
	REPLY_CHAIN_CHANGED,
	REPLY_ACCOUNT_REMOVED = 16, /* 15 is a part */
};

/* An acknowledgement has no reply; PublishPrekeys is answered PREKEY_STATE. */
struct reply {
	uint64_t id; /* 0: said unasked */
	enum reply_kind kind;
	union {
		struct {
			enum error_code code;
			struct bytes message; /* UTF-8, one sentence */
			uint64_t retry_after_ms;
			struct devices_changed changed;
			struct signed_list current; /* body empty: none */
		} error;
		struct {
			uint32_t version;
			uint64_t features;
			uint8_t epoch[EPOCH_BYTES];
			uint8_t nonce[NONCE_BYTES];
			struct hash relay_key;
			int64_t time_ms;
			const struct moved_notice *moved; /* or NULL */
		} hello;
		struct mailbox_state registered;
		struct {
			struct mailbox_state mailbox;
			struct prekey_state prekeys;
		} authenticated;
		struct prekey_state prekey_state;
		struct signed_list account;
		struct {
			const struct account_bundles *accounts;
			size_t count;
		} bundles;
		struct {
			const struct refusal *refused;
			size_t count;
		} submitted;
		struct {
			const struct item *items;
			size_t count;
		} push;
		uint64_t drained_head;
		uint64_t chain_length; /* CHAIN_APPENDED */
		struct {
			const struct chain_tail *tails;
			size_t count;
		} tails;
		struct {
			struct chain_id chain;
			uint64_t length;
		} chain_changed;
	} u;
};

struct relay_note {
	enum error_code code;
	struct bytes return_handle;
	struct address to;
	uint8_t stream[STREAM_BYTES];
	uint64_t counter;
};

#endif
