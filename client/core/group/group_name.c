/* group_name.c - what a group is called here, whatever its members call it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/number.h"
#include "client/core/group/group_internal.h"

enum {
	NAME_TRIES = 100,
	NAME_ID_BYTES = 8,
};

/* Forbidden in local names, and all that shows as nothing or moves text. */
static bool
is_harmless(utf8proc_int32_t c)
{
	switch ((int)utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return c != '/' && c != '~';
	}
}

/* A name made by a stranger: what may not stand in a local name becomes `_`. */
static void
clean(struct bytes wanted, char name[LIMIT_GROUP_NAME_BYTES + 1])
{
	size_t len = 0;

	for (size_t at = 0; at < wanted.len;) {
		utf8proc_int32_t c = 0;
		utf8proc_ssize_t used = utf8proc_iterate(
		    wanted.data + at, (utf8proc_ssize_t)(wanted.len - at), &c);
		size_t whole = used > 0 ? (size_t)used : 1;
		bool keep = used > 0 && is_harmless(c) && (at > 0 || c != '-');

		if (len + whole > LIMIT_GROUP_NAME_BYTES)
			break;
		if (keep)
			memcpy(name + len, wanted.data + at, whole);
		else
			name[len] = '_';
		len += keep ? whole : 1;
		at += whole;
	}
	name[len] = '\0';
}

/* In NFC, which can be longer: it is cut between two characters. */
static enum status
normalize(char name[LIMIT_GROUP_NAME_BYTES + 1])
{
	utf8proc_uint8_t *nfc =
	    utf8proc_NFC((const utf8proc_uint8_t *)(const void *)name);

	if (nfc == NULL)
		return STATUS_NOMEM;
	clean(bytes_text((const char *)nfc), name);
	free(nfc);
	return STATUS_OK;
}

/* An exact name wins over an id, so no name may look like the start of one. */
static bool
looks_like_id(const char *name)
{
	size_t len = strlen(name);

	return len >= LIMIT_ID_PREFIX_DIGITS &&
	       strspn(name, "0123456789abcdef") == len;
}

/* When all the others are taken: nobody else has this one. */
static enum status
name_by_id(struct step *s, struct group_record *g)
{
	char hex[NAME_ID_BYTES * 2 + 1];
	char name[GROUP_LOCAL_NAME_BYTES + 1];

	hex_encode(bytes_view(g->id.raw, NAME_ID_BYTES), hex);
	snprintf(name, sizeof(name), "group~%s", hex);
	return group_set_name(s->txn, g, name);
}

enum status
group_name_locally(struct step *s, struct group_record *g, struct bytes wanted)
{
	char base[LIMIT_GROUP_NAME_BYTES + 1];
	char name[GROUP_LOCAL_NAME_BYTES + 1];
	enum status st;
	uint16_t first;

	clean(wanted, base);
	st = normalize(base);
	if (st != STATUS_OK)
		return st;
	first = looks_like_id(base) ? 2 : 1;
	st = STATUS_EXISTS;
	for (uint16_t i = first; i < NAME_TRIES && st == STATUS_EXISTS; i++) {
		if (i == 1)
			snprintf(name, sizeof(name), "%s", base);
		else
			snprintf(name, sizeof(name), "%s~%u", base, i);
		if (strcmp(name, g->name) == 0)
			return STATUS_OK;
		st = group_set_name(s->txn, g, name);
	}
	return st == STATUS_EXISTS ? name_by_id(s, g) : st;
}
