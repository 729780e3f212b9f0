#include "client/core/courier/rollback.h"

#include <string.h>

bool
rollback_is_known(const struct counters *ours)
{
	return ours->rolled_back_ms != 0 || ours->restored_ms != 0;
}

static bool
is_same_epoch(const struct counters *ours, const struct reply *hello)
{
	return ours->has_epoch &&
	       memcmp(ours->epoch, hello->u.hello.epoch, EPOCH_BYTES) == 0;
}

/* Spec 4.4. */
bool
rollback_is_seen(const struct counters *ours,
    const struct mailbox_state *theirs, const struct reply *hello)
{
	if (is_same_epoch(ours, hello) &&
	    theirs->acknowledged > ours->acknowledged)
		return true;
	if (!theirs->has_stream)
		return false;
	if (!ours->has_stream || memcmp(theirs->submit_stream,
				     ours->submit_stream, STREAM_BYTES) != 0)
		return true;
	return theirs->submit_high > ours->submit_high;
}
