/* report.h - errors and remarks on standard error, for people or as JSON. */
#ifndef TACIT_CLI_REPORT_H
#define TACIT_CLI_REPORT_H

#include <stdio.h>

#include "client/core/tacit.h"

void report_error(FILE *to, bool json, const struct tacit_error *e);
void report_note(FILE *to, bool json, const char *sentence);

#endif
