/* paint.h - the few colours of a terminal; nothing when colour is off. */
#ifndef TACIT_CLI_PAINT_H
#define TACIT_CLI_PAINT_H

#include "client/cli/command.h"

enum paint {
	PAINT_OFF,
	PAINT_DIM,  /* times, details */
	PAINT_NAME, /* who speaks */
	PAINT_WARN, /* what a person must look at */
};

/* PAINT_OFF ends what was begun. */
void paint(const struct cli *cli, enum paint which);

#endif
