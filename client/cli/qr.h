/*
 * qr.h - digits as a QR code in a terminal.
 *
 * Two modules stand above each other in one character (half blocks), with the
 * quiet zone of four modules that ISO/IEC 18004 asks for.
 */
#ifndef TACIT_CLI_QR_H
#define TACIT_CLI_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct qr;

/* NULL: out of memory, or more than fits.  ISO/IEC 18004, numeric, level M. */
struct qr *qr_new(const char *digits);
void qr_free(struct qr *qr); /* NULL is fine */

/* Modules from edge to edge, which is columns of the terminal. */
size_t qr_columns(const struct qr *qr);

/* Whether it is dark there; the quiet zone is light. */
bool qr_is_dark(const struct qr *qr, size_t row, size_t column);

/*
 * Draw it.  With `coloured` it is black on white whatever the terminal's
 * colours are.  Without, what is light is drawn and what is dark is left out:
 * right on a dark terminal, and inverted on a light one.
 */
void qr_draw(const struct qr *qr, bool coloured, FILE *to);

#endif
