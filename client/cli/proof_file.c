#include "client/cli/proof_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "client/cli/show.h"

enum {
	PROOF_VERSION = 1,
	/* The largest content, two lists, all in hex; with room. */
	PROOF_BYTES = 1024 * 1024,
};

struct proof_file {
	struct tacit_proof proof;
	uint8_t *parts[16]; /* what it points to */
	size_t parts_count;
};

/* Each part of a proof that is bytes, by its name in the file. */
static const struct {
	const char *name;
	size_t offset;
	bool may_lack;
} parts[] = {
#define PART(part, may_lack)                                                   \
	{                                                                      \
#part, offsetof(struct tacit_proof, part), may_lack            \
	}
	PART(body, false),
	PART(signature, false),
	PART(salt, false),
	PART(content, false),
	PART(list_body, false),
	PART(list_signature, false),
	PART(group, true),
	PART(to_key, true),
	PART(to_list_body, true),
	PART(to_list_signature, true),
#undef PART
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static const struct tacit_bytes *
part_of(const struct tacit_proof *proof, size_t i)
{
	return (
	    const struct tacit_bytes *)((const char *)proof + parts[i].offset);
}

static void
put_part(struct object *o, const char *name, struct tacit_bytes b)
{
	char *hex = calloc(2 * b.len + 1, 1);

	if (hex == NULL) {
		o->failed = true;
		return;
	}
	hex_encode(bytes_view(b.data, b.len), hex);
	object_text(o, name, hex);
	free(hex);
}

void
proof_file_print(const struct tacit_proof *proof, void *arg)
{
	struct object o = object_new("proof");

	object_number(&o, "version", PROOF_VERSION);
	object_text(
	    &o, "kind", proof->kind == TACIT_GROUP ? "group" : "direct");
	object_number(&o, "device", proof->device);
	for (size_t i = 0; i < PARTS; i++)
		if (!parts[i].may_lack || part_of(proof, i)->len > 0)
			put_part(&o, parts[i].name, *part_of(proof, i));
	show_object(arg, &o);
}

static bool
take_part(struct proof_file *file, const json_t *from, size_t i)
{
	const json_t *value = json_object_get(from, parts[i].name);
	struct tacit_bytes *into =
	    (struct tacit_bytes *)((char *)&file->proof + parts[i].offset);
	uint8_t *raw;
	size_t len;

	if (value == NULL)
		return parts[i].may_lack;
	len = json_string_length(value) / 2;
	if (!json_is_string(value) || json_string_length(value) % 2 != 0)
		return false;
	raw = calloc(len + 1, 1);
	if (raw == NULL)
		return false;
	file->parts[file->parts_count++] = raw;
	*into = (struct tacit_bytes){ raw, len };
	return hex_decode(json_string_value(value), raw, len) == STATUS_OK;
}

static bool
is_text(const json_t *from, const char *key, const char *wanted)
{
	const char *value = json_string_value(json_object_get(from, key));

	return value != NULL && strcmp(value, wanted) == 0;
}

static bool
take_proof(struct proof_file *file, const json_t *from)
{
	json_int_t device = json_integer_value(json_object_get(from, "device"));

	if (!is_text(from, "type", "proof") || device < 1 ||
	    device > UINT32_MAX)
		return false;
	file->proof.device = (uint32_t)device;
	file->proof.kind =
	    is_text(from, "kind", "group") ? TACIT_GROUP : TACIT_DIRECT;
	if (file->proof.kind == TACIT_DIRECT &&
	    !is_text(from, "kind", "direct"))
		return false;
	for (size_t i = 0; i < PARTS; i++)
		if (!take_part(file, from, i))
			return false;
	return true;
}

static enum tacit_code
parse(struct cli *cli, const char *text, size_t len, struct proof_file *file)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	json_int_t version =
	    json_integer_value(json_object_get(json, "version"));
	bool taken = take_proof(file, json);

	json_decref(json);
	if (version > PROOF_VERSION)
		return cli_fail(cli, TACIT_FAILED,
		    "This proof is of a later release; update Tacit");
	if (!taken || version != PROOF_VERSION)
		return cli_fail(
		    cli, TACIT_FAILED, "This is no proof, or not all of one");
	return TACIT_DONE;
}

/* All of it, up to PROOF_BYTES + 1; -1: it cannot be read. */
static ssize_t
read_all(int fd, char *text)
{
	size_t len = 0;

	while (len <= PROOF_BYTES) {
		ssize_t got = read(fd, text + len, PROOF_BYTES + 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static enum tacit_code
load(struct cli *cli, int fd, const char *path, struct proof_file *file)
{
	char *text = calloc(PROOF_BYTES + 1, 1);
	enum tacit_code code;
	ssize_t len;

	if (text == NULL)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	len = read_all(fd, text);
	if (len < 0)
		code = cli_fail(cli, TACIT_FAILED, "%s cannot be read: %s",
		    path, strerror(errno));
	else if (len > PROOF_BYTES)
		code = cli_fail(
		    cli, TACIT_FAILED, "%s is too long to be a proof", path);
	else
		code = parse(cli, text, (size_t)len, file);
	free(text);
	return code;
}

enum tacit_code
proof_file_read(struct cli *cli, const char *path, struct proof_file **file)
{
	bool standard = strcmp(path, "-") == 0;
	struct proof_file *fresh = calloc(1, sizeof(*fresh));
	enum tacit_code code;
	int fd = cli->io.in;

	if (fresh == NULL)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	if (!standard)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		code = cli_fail(cli, TACIT_FAILED, "%s cannot be opened: %s",
		    path, strerror(errno));
	} else {
		code = load(cli, fd, standard ? "standard input" : path, fresh);
		if (!standard)
			close(fd);
	}
	if (code == TACIT_DONE)
		*file = fresh;
	else
		proof_file_free(fresh);
	return code;
}

const struct tacit_proof *
proof_file_view(const struct proof_file *file)
{
	return &file->proof;
}

void
proof_file_free(struct proof_file *file)
{
	if (file == NULL)
		return;
	for (size_t i = 0; i < file->parts_count; i++)
		free(file->parts[i]);
	free(file);
}
