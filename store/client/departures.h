/*
 * departures.h - devices of others that left the list of their account, and
 * whose mail may still be in our mailbox (client/core/messenger/leaving.h).
 */
#ifndef TACIT_STORE_CLIENT_DEPARTURES_H
#define TACIT_STORE_CLIENT_DEPARTURES_H

#include "proto/devices.h"
#include "store/client/vault.h"

struct departure_row {
	uint64_t n; /* counters.departures when it left: from 1, rising */
	struct account_name account;
	struct sign_public account_key; /* which had signed the list with it */
	struct device_entry device;
	int64_t left_ms;
};

/* NOT_FOUND, CRYPTO, NOMEM, IO. */
enum status departure_put(struct vault_txn *t, const struct departure_row *row);
enum status departure_get(
    struct vault_txn *t, uint64_t n, struct departure_row *row);
enum status departure_del(struct vault_txn *t, uint64_t n);

#endif
