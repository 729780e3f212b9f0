/*
 * tacit_devices.h - devices that follow from a seed and a number, so that a
 * second run of the load program finds the accounts of the first.
 *
 * Each account has one device.  The keys protect nothing: whoever knows the
 * seed has them.
 */
#ifndef TACIT_TESTS_BENCH_TACIT_DEVICES_H
#define TACIT_TESTS_BENCH_TACIT_DEVICES_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/address.h"
#include "proto/sign.h"

/* Name and number; the same device always has the same ones. */
void tacit_device_address(uint64_t seed, uint32_t n, struct address *who);
uint32_t tacit_device_registration(uint32_t n);

/* What a device signs with when it connects. */
void tacit_device_key(uint64_t seed, uint32_t n, struct sign_public *public,
    struct sign_secret *secret);

/* What is needed only to register. */
struct tacit_account {
	struct address who;
	struct sign_secret account_secret;
	struct sign_secret device_secret;
	struct buf *list_body;
	struct signature list_signature;
};

/* NOMEM.  Cleared by tacit_account_clear(). */
enum status tacit_account_make(
    uint64_t seed, uint32_t n, struct tacit_account *a);
void tacit_account_clear(struct tacit_account *a);

#endif
