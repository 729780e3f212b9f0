#include "base/hook.h"

void
hook_reach(const char *place)
{
	(void)place;
}
