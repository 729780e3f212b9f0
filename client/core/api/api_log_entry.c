#include "client/core/api/api_log_entry.h"

#include <string.h>

#include "base/number.h"

static const char *
act_name(uint32_t type)
{
	switch ((enum group_entry_type)type) {
	case ENTRY_CREATE:
		return "create";
	case ENTRY_ADD:
		return "add";
	case ENTRY_REMOVE:
		return "remove";
	case ENTRY_LEAVE:
		return "leave";
	case ENTRY_ROLE:
		return "role";
	case ENTRY_RENAME:
		return "rename";
	case ENTRY_SETTINGS:
		return "settings";
	case ENTRY_REKEY:
		return "rekey";
	case ENTRY_LINK:
		return "link";
	case ENTRY_UNLINK:
		return "unlink";
	case ENTRY_ADOPT:
		return "adopt";
	}
	return "unknown";
}

static const char *
role_name(uint32_t role)
{
	if (role == ROLE_ADMIN)
		return "admin";
	return role == ROLE_MEMBER ? "member" : "unknown";
}

struct tacit_log_entry
log_entry_empty(uint64_t index)
{
	return (struct tacit_log_entry){
		.index = index,
		.hash = "",
		.author = "",
		.author_key = "",
		.act = "unknown",
	};
}

static char *
hex_of(struct arena *a, struct bytes b)
{
	char *hex = arena_take(a, b.len * 2 + 1);

	if (hex != NULL)
		hex_encode(b, hex);
	return hex;
}

static enum status
fill_subjects(struct arena *a, const struct group_entry_body *b,
    struct tacit_log_entry *out)
{
	bool has_roles = b->type == ENTRY_ADD || b->type == ENTRY_ROLE;
	const char **names =
	    arena_take_array(a, b->members_count + 1, sizeof(*names));
	const char **roles =
	    arena_take_array(a, b->members_count + 1, sizeof(*roles));

	if (names == NULL || roles == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < b->members_count; i++) {
		names[i] = b->members[i].account.text;
		roles[i] = role_name(b->members[i].role);
	}
	out->subjects = names;
	out->subjects_count = b->members_count;
	out->roles = has_roles ? roles : NULL;
	if (b->type == ENTRY_ROLE && b->members_count > 0)
		out->detail = roles[0];
	return STATUS_OK;
}

static enum status
fill_values(struct arena *a, const struct group_entry_body *b,
    struct tacit_log_entry *out)
{
	struct bytes text = b->type == ENTRY_LINK ? b->link_label : b->name;
	char *name;

	if (b->has_link) {
		out->link = hex_of(a, BYTES_OF(b->link.raw));
		if (out->link == NULL)
			return STATUS_NOMEM;
	}
	if (b->type == ENTRY_SETTINGS) {
		out->who_may_add =
		    b->who_may_add == ROLE_MEMBER ? "members" : "admins";
		out->timer_s = b->timer_s;
	}
	if (b->has_next_key) {
		out->next_key = hex_of(a, BYTES_OF(b->next_key.raw));
		if (out->next_key == NULL)
			return STATUS_NOMEM;
	}
	if (text.len == 0)
		return STATUS_OK;
	name = arena_take(a, text.len + 1);
	if (name == NULL)
		return STATUS_NOMEM;
	memcpy(name, text.data, text.len);
	name[text.len] = '\0';
	out->detail = name;
	return STATUS_OK;
}

enum status
log_entry_fill(struct arena *a, const struct roster_effect *effect,
    const struct group_key_id *sealed_by, struct tacit_log_entry *out)
{
	const struct group_entry_body *b = &effect->body;
	enum status st;

	out->hash = hex_of(a, hash_view(&effect->hash));
	if (out->hash == NULL)
		return STATUS_NOMEM;
	if (sealed_by != NULL) {
		out->sealed_by = hex_of(a, BYTES_OF(sealed_by->raw));
		if (out->sealed_by == NULL)
			return STATUS_NOMEM;
	}
	out->effective = effect->effective;
	out->why_not = effect->why_not;
	if (effect->proof == PROOF_BAD)
		out->unproven = effect->why_not;
	if (effect->malformed) {
		out->act = "malformed";
		return STATUS_OK;
	}
	out->author = b->author.account.text;
	out->author_key = hex_of(a, BYTES_OF(b->author_key.raw));
	if (out->author_key == NULL)
		return STATUS_NOMEM;
	out->device = b->author.device;
	out->at_ms = b->at_ms;
	out->act = act_name(b->type);
	st = fill_subjects(a, b, out);
	return st == STATUS_OK ? fill_values(a, b, out) : st;
}
