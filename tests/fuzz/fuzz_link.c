/* link: tacit_proto */
/* Links as people paste them: what parses, formats and parses the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/link.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[LIMIT_LINK_BYTES + 1];
	struct link first, second;
	const char *why = NULL;

	if (link_parse(bytes_view(data, size), &first, &why) != STATUS_OK) {
		assert(why != NULL);
		return 0;
	}
	if (link_format(&first, text) != STATUS_OK ||
	    link_parse(bytes_text(text), &second, &why) != STATUS_OK)
		abort();
	assert(memcmp(&first, &second, sizeof(first)) == 0);
	return 0;
}
