/* upkeep.h - what a profile does for itself when nobody waits for it. */
#ifndef TACIT_CLIENT_CORE_UPKEEP_H
#define TACIT_CLIENT_CORE_UPKEEP_H

#include <stdint.h>

#include "client/core/core.h"

/*
 * Keys that open what was erased are destroyed (tidy.h).
 *
 * Once a day records that hold what is used up are sealed under a fresh key,
 * and the old one is destroyed (store/client/vault_rekey.h).  In steps, begun
 * while budget_ms have not passed, the first one always; what is left is for
 * the next command.  When nothing is due this is one look.
 *
 * What goes wrong is logged and is no reason for a command to fail.
 */
void upkeep_run(struct core *core, int64_t budget_ms);

#endif
