/* ratchet_point.c - see ratchet_point.h. */
#include "client/core/ratchet/ratchet_point.h"

#include <signal_protocol.h>
#include <string.h>

#define FF8 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff

/*
 * Every u below 2^255 of small order on Curve25519 or its twist, little-endian:
 * 0, 1, the two of order eight, p - 1, p, p + 1.  Source: D. J. Bernstein,
 * https://cr.yp.to/ecdh.html#validate; the unit test asks libsodium about each.
 */
static const uint8_t weak_points[][32] = {
	{ 0 },
	{ 1 },
	{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
	    0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
	    0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
	{ 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
	    0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
	    0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
	{ 0xec, FF8, FF8, FF8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xed, FF8, FF8, FF8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xee, FF8, FF8, FF8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

bool
ratchet_point_is_weak(const uint8_t point[32])
{
	uint8_t masked[32];

	/* RFC 7748 section 5: the highest bit is ignored. */
	memcpy(masked, point, sizeof(masked));
	masked[31] &= 0x7f;
	for (size_t i = 0; i < sizeof(weak_points) / sizeof(*weak_points); i++)
		if (memcmp(masked, weak_points[i], sizeof(masked)) == 0)
			return true;
	return false;
}

enum status
ratchet_point_check(const ec_public_key *key, uint8_t raw[IDENTITY_KEY_BYTES])
{
	signal_buffer *serialized = NULL;
	enum status st = STATUS_BAD_INPUT;

	if (!key)
		return STATUS_BAD_INPUT;
	if (ec_public_key_serialize(&serialized, key) < 0)
		return STATUS_NOMEM;
	if (signal_buffer_len(serialized) == IDENTITY_KEY_BYTES &&
	    !ratchet_point_is_weak(signal_buffer_data(serialized) + 1)) {
		memcpy(raw, signal_buffer_data(serialized), IDENTITY_KEY_BYTES);
		st = STATUS_OK;
	}
	signal_buffer_free(serialized);
	return st;
}
