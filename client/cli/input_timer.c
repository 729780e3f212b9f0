/* input_timer.c - after how long messages disappear, as people write it. */
#include <string.h>

#include "base/when.h"
#include "client/cli/input.h"

enum tacit_code
input_timer(struct cli *cli, const char *text, uint64_t *timer_s)
{
	int64_t ms = 0;

	if (strcmp(text, "off") != 0 &&
	    (when_parse_duration(text, &ms) != STATUS_OK || ms <= 0 ||
		ms / 1000 > TACIT_TIMER_MAX_S))
		return cli_fail(cli, TACIT_USAGE,
		    "--timer wants a time such as 30s, 2h or 7d, at most "
		    "%dd, or `off`, not `%s`",
		    TACIT_TIMER_MAX_S / (24 * 3600), text);
	*timer_s = (uint64_t)(ms / 1000);
	return TACIT_DONE;
}
