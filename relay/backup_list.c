/* backup_list.c - backup.json. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/number.h"
#include "base/when.h"
#include "relay/backup.h"
#include "relay/file.h"

static const char NAME[] = "backup.json";
static const char LOG_DIR[] = "store/log/";

enum {
	LIST_BYTES = 32 * 1024 * 1024,
	HASH_TEXT = 2 * BACKUP_HASH_BYTES + 1,
	LOG_NAME_CHARS = 16, /* at most, hexadecimal */
};

enum status
backup_list_add(struct backup_list *list, const struct backup_file *file)
{
	enum { FIRST = 16 };

	if (list->count == list->cap) {
		size_t cap = list->cap > 0 ? 2 * list->cap : FIRST;
		struct backup_file *fresh = calloc(cap, sizeof(*fresh));

		if (fresh == NULL)
			return STATUS_NOMEM;
		if (list->count > 0)
			memcpy(
			    fresh, list->files, list->count * sizeof(*fresh));
		free(list->files);
		list->files = fresh;
		list->cap = cap;
	}
	list->files[list->count++] = *file;
	list->bytes += file->bytes;
	return STATUS_OK;
}

void
backup_list_clear(struct backup_list *list)
{
	free(list->files);
	memset(list, 0, sizeof(*list));
}

static json_t *
file_object(const struct backup_file *f)
{
	char hash[HASH_TEXT];

	hex_encode(BYTES_OF(f->hash), hash);
	return json_pack("{s:s,s:I,s:s}", "name", f->name, "bytes",
	    (json_int_t)f->bytes, "hash", hash);
}

static enum status
sync_dirs(const char *dir)
{
	static const char *const below[] = { "store/log", "store" };
	enum status st = STATUS_OK;

	for (size_t i = 0; i < 2 && st == STATUS_OK; i++) {
		char path[PATH_MAX];

		st = file_path(dir, below[i], path);
		if (st == STATUS_OK)
			st = file_sync_dir(path);
	}
	return st == STATUS_OK ? file_sync_dir(dir) : st;
}

enum status
backup_list_write(const struct backup_list *list, const char *dir)
{
	char made_at[WHEN_TEXT_BYTES];
	json_t *files = json_array(), *all;
	enum status st = STATUS_NOMEM;
	bool complete = files != NULL;
	char *text;

	when_format_utc(list->made_ms, made_at);
	for (size_t i = 0; i < list->count && complete; i++)
		complete = json_array_append_new(
			       files, file_object(&list->files[i])) == 0;
	all = json_pack("{s:i,s:s,s:o}", "format", BACKUP_FORMAT, "made_at",
	    made_at, "files", files);
	text = all != NULL && complete ? json_dumps(all, JSON_INDENT(1)) : NULL;
	if (text != NULL)
		st = sync_dirs(dir);
	if (text != NULL && st == STATUS_OK)
		st = file_write(dir, NAME, bytes_text(text), false);
	free(text);
	json_decref(all);
	return st;
}

/* What a backup may hold: nothing that leads out of it. */
static bool
is_name(const char *name)
{
	static const char *const names[] = { "identity.key", "identity.crt",
		"tls.key", "tls.crt", "relay.conf", "relay.state",
		"store/data.mdb" };
	size_t len;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	if (strncmp(name, LOG_DIR, sizeof(LOG_DIR) - 1) != 0)
		return false;
	name += sizeof(LOG_DIR) - 1;
	len = strspn(name, "0123456789abcdef");
	return len > 0 && len <= LOG_NAME_CHARS && name[len] == '\0';
}

static enum status
take_file(struct backup_list *list, json_t *object)
{
	const char *name = NULL, *hash = NULL;
	struct backup_file file = { 0 };
	json_int_t bytes = -1;

	if (json_unpack(object, "{s:s,s:I,s:s}", "name", &name, "bytes", &bytes,
		"hash", &hash) != 0 ||
	    bytes < 0 || !is_name(name) ||
	    hex_decode(hash, file.hash, sizeof(file.hash)) != STATUS_OK)
		return STATUS_BAD_INPUT;
	memcpy(file.name, name, strlen(name) + 1);
	file.bytes = (uint64_t)bytes;
	return backup_list_add(list, &file);
}

static enum status
take_all(struct backup_list *list, json_t *all)
{
	const char *made_at = NULL;
	json_t *files = NULL;
	int format = 0;
	enum status st = STATUS_OK;

	if (json_unpack(all, "{s:i,s:s,s:o}", "format", &format, "made_at",
		&made_at, "files", &files) != 0 ||
	    format != BACKUP_FORMAT || !json_is_array(files) ||
	    json_array_size(files) > BACKUP_FILES_MAX)
		return STATUS_BAD_INPUT;
	/* The time is for people. */
	(void)!when_parse_time(made_at, 0, &list->made_ms);
	for (size_t i = 0; i < json_array_size(files) && st == STATUS_OK; i++)
		st = take_file(list, json_array_get(files, i));
	return st;
}

enum status
backup_list_read(struct backup_list *list, const char *dir)
{
	struct buf *text = NULL;
	json_t *all = NULL;
	enum status st = file_read(dir, NAME, LIST_BYTES, &text);

	if (st == STATUS_FULL)
		return STATUS_BAD_INPUT;
	if (st != STATUS_OK)
		return st;
	all = json_loadb((const char *)buf_view(text).data, buf_len(text),
	    JSON_REJECT_DUPLICATES, NULL);
	st = all != NULL ? take_all(list, all) : STATUS_BAD_INPUT;
	if (st == STATUS_BAD_INPUT)
		log_event(LOG_LEVEL_ERROR, "backup",
		    "what=\"backup.json makes no sense, or a later release "
		    "wrote it\"");
	if (st != STATUS_OK)
		backup_list_clear(list);
	json_decref(all);
	buf_free(text);
	return st;
}
