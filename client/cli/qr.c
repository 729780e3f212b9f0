#include "client/cli/qr.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

enum {
	QUIET = 4,
	SMALLEST = 0, /* the library takes the version that fits */
};

struct qr {
	QRcode *code;
	size_t width; /* with the quiet zone on both sides */
};

static QRcode *
encode(const char *digits)
{
	QRinput *input = QRinput_new2(SMALLEST, QR_ECLEVEL_M);
	QRcode *code = NULL;

	if (input == NULL)
		return NULL;
	if (QRinput_append(input, QR_MODE_NUM, (int)strlen(digits),
		(const unsigned char *)digits) == 0)
		code = QRcode_encodeInput(input);
	QRinput_free(input);
	return code;
}

struct qr *
qr_new(const char *digits)
{
	struct qr *qr = calloc(1, sizeof(*qr));

	if (qr == NULL)
		return NULL;
	qr->code = encode(digits);
	if (qr->code == NULL) {
		free(qr);
		return NULL;
	}
	qr->width = (size_t)qr->code->width + 2 * QUIET;
	return qr;
}

void
qr_free(struct qr *qr)
{
	if (qr == NULL)
		return;
	QRcode_free(qr->code);
	free(qr);
}

size_t
qr_columns(const struct qr *qr)
{
	return qr->width;
}

bool
qr_is_dark(const struct qr *qr, size_t row, size_t column)
{
	size_t width = (size_t)qr->code->width;

	if (row < QUIET || row >= QUIET + width || column < QUIET ||
	    column >= QUIET + width)
		return false;
	/* The lowest bit of each byte says black. */
	return qr->code->data[(row - QUIET) * width + column - QUIET] & 1;
}

/* Two modules in one character: what is to be seen of them. */
static const char *
half_blocks(bool upper, bool lower)
{
	if (upper)
		return lower ? "\u2588" : "\u2580";
	return lower ? "\u2584" : " ";
}

void
qr_draw(const struct qr *qr, bool coloured, FILE *to)
{
	for (size_t row = 0; row < qr->width; row += 2) {
		/* Below the last of an odd number there is nothing to print. */
		bool is_pair = row + 1 < qr->width;

		/* ECMA-48 SGR 38;5 and 48;5: black on white. */
		if (coloured)
			fputs("\x1b[38;5;16;48;5;231m", to);
		for (size_t column = 0; column < qr->width; column++) {
			bool upper = qr_is_dark(qr, row, column);
			bool lower = is_pair && qr_is_dark(qr, row + 1, column);

			fputs(coloured ? half_blocks(upper, lower)
				       : half_blocks(!upper, is_pair && !lower),
			    to);
		}
		fputs(coloured ? "\x1b[0m\n" : "\n", to);
	}
}
