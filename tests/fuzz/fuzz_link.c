/* link: tacit_proto */
/* Links as people paste them: what parses, formats and parses the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/link.h"
#include "proto/link_group.h"
#include "tests/fuzz/fuzz.h"

static void
try_group(struct bytes from)
{
	char text[LIMIT_LINK_BYTES + 1];
	struct link_group first, second;
	const char *why = NULL;

	if (link_group_parse(from, &first, &why) != STATUS_OK) {
		assert(why != NULL);
		return;
	}
	assert(first.admins_count > 0);
	if (link_group_format(&first, text) != STATUS_OK ||
	    link_group_parse(bytes_text(text), &second, &why) != STATUS_OK)
		abort();
	assert(
	    memcmp(&first.secret, &second.secret, sizeof(first.secret)) == 0);
	assert(first.admins_count == second.admins_count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[LIMIT_LINK_BYTES + 1];
	struct link first, second;
	const char *why = NULL;

	try_group(bytes_view(data, size));
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
