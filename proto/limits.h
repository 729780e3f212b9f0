/*
 * limits.h - every number both ends agree on, with its unit.
 *
 * Sizes are checked against these before anything is allocated.  Section
 * numbers are those of docs/protocol.md.
 */
#ifndef TACIT_PROTO_LIMITS_H
#define TACIT_PROTO_LIMITS_H

enum {
	/* 2 Framing */
	LIMIT_FRAME_BYTES = 1024 * 1024,       /* one frame, after its length */
	LIMIT_MESSAGE_BYTES = 8 * 1024 * 1024, /* parts of one id, joined */
	LIMIT_ARENA_BYTES = 4 * 1024 * 1024,   /* decoded form of a message */
	LIMIT_REQUESTS_IN_FLIGHT = 4096,       /* per connection */

	/* 3 Names and keys */
	LIMIT_ID_PREFIX_DIGITS = 8, /* the fewest of an id that name it */
	LIMIT_ACCOUNT_NAME_BYTES = 32,
	LIMIT_DEVICES_PER_ACCOUNT = 8,
	LIMIT_DEVICE_LIST_BYTES = 4096,
	LIMIT_HOST_BYTES = 255,
	LIMIT_LINK_BYTES = 1024,
	LIMIT_JOIN_CODE_BYTES = 128,

	/* 4 Requests */
	LIMIT_PREKEYS_PER_PUBLISH = 200,
	LIMIT_PREKEYS_STORED = 400,    /* one-time prekeys per device */
	LIMIT_PREKEY_BYTES = 8 * 1024, /* room for post-quantum keys */
	LIMIT_BUNDLE_ACCOUNTS = 1024,  /* accounts per take-bundles: a group */
	LIMIT_BUNDLES_BYTES = 6 * 1024 * 1024, /* of one answer to it, about */
	LIMIT_RECIPIENTS = 4096,               /* entries in one submit */
	LIMIT_ITEM_BYTES = 256 * 1024,         /* one sealed payload */
	LIMIT_RETURN_HANDLE_BYTES = 64,
	LIMIT_SUBMIT_WINDOW = 1024, /* submit ids remembered per device */
	LIMIT_ERROR_TEXT_BYTES = 512,
	LIMIT_RETRY_AFTER_MS = 24 * 60 * 60 * 1000, /* longer is taken for it */

	/* 5 Mailboxes */
	LIMIT_MAILBOX_ITEMS = 10000,
	LIMIT_MAILBOX_BYTES = 64 * 1024 * 1024,
	LIMIT_RECEIPT_ITEMS = 10000, /* the receipt lane */
	LIMIT_PUSH_WINDOW_ITEMS = 1024,
	LIMIT_PUSH_WINDOW_BYTES = 4 * 1024 * 1024,
	LIMIT_PUSH_FRAME_BYTES = 256 * 1024, /* items packed into one push */

	/* 6 Chains */
	LIMIT_CHAIN_ENTRY_BYTES = 64 * 1024,
	LIMIT_CHAIN_ENTRIES = 100000,
	LIMIT_CHAIN_READS = 256, /* chains per request */
	LIMIT_CHAIN_READ_BYTES = 768 * 1024,

	/* 7 What is said inside the encryption */
	LIMIT_TEXT_BYTES = 32 * 1024,
	LIMIT_REACTION_BYTES = 64,
	LIMIT_GROUP_NAME_BYTES = 256, /* 64 characters of UTF-8 */
	LIMIT_GROUP_NAME_CHARS = 64,
	LIMIT_GROUP_MEMBERS = 1024,
	LIMIT_GROUP_LINKS = 64, /* to join a group by, at a time */
	LIMIT_LINK_LABEL_BYTES = 64,
	LIMIT_JOIN_REQUESTS = 1024,         /* kept until they are dealt with */
	LIMIT_LINK_ADMINS = 4,              /* whom a link names */
	LIMIT_LOG_KEYS = 1024,              /* in one message */
	LIMIT_PLAINTEXT_BYTES = 200 * 1024, /* before padding */
	LIMIT_RECEIPT_RANGES = 32,       /* of one kind in one conversation */
	LIMIT_RECEIPT_TALKS = 64,        /* conversations of one receipt */
	LIMIT_TIMER_S = 366 * 24 * 3600, /* until a message disappears */

	/* 9 Repair */
	LIMIT_RESEND_HASHES = 64,    /* in one request */
	LIMIT_RESENT_MESSAGES = 128, /* in one answer */

	/* 11 An old copy */
	LIMIT_PLACES = 64, /* conversations of one message */
};

#endif
