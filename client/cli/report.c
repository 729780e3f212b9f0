#include "client/cli/report.h"

#include <inttypes.h>

#include "client/cli/json.h"
#include "client/cli/text.h"

/* Stable: docs/json.md names them. */
static const char *
code_name(enum tacit_code code)
{
	switch (code) {
	case TACIT_DONE:
		return "done";
	case TACIT_FAILED:
		return "failed";
	case TACIT_USAGE:
		return "usage";
	case TACIT_UNREACHABLE:
		return "unreachable";
	case TACIT_NOT_FOUND:
		return "not-found";
	case TACIT_KEY_CHANGED:
		return "key-changed";
	case TACIT_PASSPHRASE:
		return "passphrase";
	case TACIT_REFUSED:
		return "refused";
	case TACIT_NOT_ALLOWED:
		return "not-allowed";
	case TACIT_DAMAGED:
		return "damaged";
	case TACIT_WRONG_RELAY:
		return "wrong-relay";
	case TACIT_EXISTS:
		return "exists";
	case TACIT_NOTHING_CAME:
		return "nothing-came";
	case TACIT_DISK_FULL:
		return "disk-full";
	}
	return "failed";
}

static void
error_json(FILE *to, const struct tacit_error *e)
{
	struct object outer = object_new(NULL);
	struct object inner = object_new(NULL);

	object_text(&inner, "code", code_name(e->code));
	object_text(&inner, "message", e->message);
	if (e->retry_after_ms != 0)
		object_number(&inner, "retry_after_ms", e->retry_after_ms);
	object_nest(&outer, "error", &inner);
	object_print(&outer, to);
}

void
report_error(FILE *to, bool json, const struct tacit_error *e)
{
	if (json) {
		error_json(to, e);
		return;
	}
	fputs("tacit: ", to);
	text_put_z(to, TEXT_SENTENCE, e->message);
	if (e->retry_after_ms != 0)
		fprintf(to, " (try again in %" PRIu64 " s)",
		    e->retry_after_ms / 1000 + (e->retry_after_ms % 1000 != 0));
	fputc('\n', to);
}

void
report_note(FILE *to, bool json, const char *sentence)
{
	if (json) {
		struct object outer = object_new(NULL);
		struct object inner = object_new(NULL);

		object_text(&inner, "message", sentence);
		object_nest(&outer, "note", &inner);
		object_print(&outer, to);
		return;
	}
	fputs("tacit: ", to);
	text_put_z(to, TEXT_SENTENCE, sentence);
	fputc('\n', to);
}
