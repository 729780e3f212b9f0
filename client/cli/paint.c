#include "client/cli/paint.h"

void
paint(const struct cli *cli, enum paint which)
{
	/* ECMA-48, select graphic rendition. */
	static const char *const codes[] = {
		[PAINT_OFF] = "\x1b[0m",
		[PAINT_DIM] = "\x1b[2m",
		[PAINT_NAME] = "\x1b[1m",
		[PAINT_WARN] = "\x1b[1;31m",
	};

	if (cli->colour)
		fputs(codes[which], cli->io.out);
}
