/* json_log.c - an entry of a group's log as docs/json.md describes it. */
#include "client/cli/show.h"

bool
json_log_entry(struct cli *cli, const struct tacit_log_entry *entry)
{
	struct object o = object_new("log-entry");

	object_text(&o, "group", cli->args.words[0]);
	object_number(&o, "index", entry->index);
	object_text(&o, "hash", entry->hash);
	object_text(&o, "author", entry->author);
	object_time(&o, "time", entry->at_ms);
	object_text(&o, "act", entry->act);
	object_list(&o, "subjects", entry->subjects, entry->subjects_count);
	object_text_if(&o, "detail", entry->detail);
	object_bool(&o, "effective", entry->effective);
	object_text_if(&o, "why_not", entry->why_not);
	object_bool(&o, "verified", entry->verified);
	object_text(&o, "author_key", entry->author_key);
	object_number(&o, "device", entry->device);
	if (entry->roles != NULL)
		object_list(&o, "roles", entry->roles, entry->subjects_count);
	object_text_if(&o, "who_may_add", entry->who_may_add);
	if (entry->who_may_add != NULL)
		object_number(&o, "timer_s", entry->timer_s);
	object_text_if(&o, "link", entry->link);
	object_text_if(&o, "sealed_by", entry->sealed_by);
	object_text_if(&o, "next_key", entry->next_key);
	object_text_if(&o, "unproven", entry->unproven);
	object_text_if(&o, "damaged", entry->damage);
	return show_object(cli, &o);
}
