/* json_items.c - each item as the object that docs/json.md describes. */
#include "client/cli/show.h"

/* Who it is from; absent for what no account caused. */
static void
put_from(struct object *o, const struct tacit_event *event)
{
	object_text_if(o, "from", event->from);
	object_text_if(o, "from_alias", event->from_alias);
	object_text_if(o, "from_key", event->from_key);
	if (event->device != 0)
		object_number(o, "device", event->device);
}

static bool
json_notice(struct cli *cli, const struct tacit_event *event)
{
	struct object o = object_new("notice");

	object_number(&o, "n", event->n);
	object_time(&o, "time",
	    event->received_ms != 0 ? event->received_ms : event->sent_ms);
	object_text(&o, "kind", event->notice);
	object_conversation(&o, "conversation", &event->conversation);
	put_from(&o, event);
	object_text_if(&o, "subject", event->subject);
	object_text_if(&o, "detail", event->detail);
	if (event->repaired > 0)
		object_number(&o, "repaired", event->repaired);
	return show_object(cli, &o);
}

bool
json_event(struct cli *cli, const struct tacit_event *event)
{
	struct object o;

	if (event->notice != NULL)
		return json_notice(cli, event);
	o = object_new(json_type_of(event));
	object_number(&o, "n", event->n);
	object_text(&o, "id", event->id);
	object_conversation(&o, "conversation", &event->conversation);
	put_from(&o, event);
	if (event->own)
		object_bool(&o, "own", true);
	object_time(&o, "sent_at", event->sent_ms);
	if (event->sent_absurd)
		object_bool(&o, "sent_at_absurd", true);
	object_time(&o, "received_at", event->received_ms);
	object_number(&o, "seq", event->seq);
	object_bytes(&o, json_text_key(event),
	    event->text != NULL ? event->text : "",
	    event->text != NULL ? event->text_len : 0);
	object_list(&o, "attachments", NULL, 0);
	if (event->expires_ms != 0)
		object_time(&o, "expires_at", event->expires_ms);
	if (event->disappeared)
		object_bool(&o, "disappeared", true);
	json_words(&o, event);
	object_text_if(&o, "resent_by", event->resent_by);
	object_text_if(&o, "signature", event->signature);
	object_text_if(&o, "trust", event->trust);
	if (event->own && event->state != TACIT_STATE_NONE)
		object_text(&o, "state", tacit_state_name(event->state));
	if (event->delivered_ms != 0)
		object_time(&o, "delivered_at", event->delivered_ms);
	if (event->read_ms != 0)
		object_time(&o, "read_at", event->read_ms);
	object_text_if(&o, "reason", event->reason);
	return show_object(cli, &o);
}

bool
json_sent(struct cli *cli, const struct tacit_sent *sent)
{
	struct object o = object_new("sent");

	object_text(&o, "id", sent->id);
	object_text(&o, "state", tacit_state_name(sent->state));
	object_conversation(&o, "to", &sent->to);
	object_list(&o, "refused", sent->refused, sent->refused_count);
	return show_object(cli, &o);
}

bool
json_status(struct cli *cli, const struct tacit_status *status)
{
	struct object o = object_new("status");

	object_text(&o, "account", status->account);
	object_number(&o, "device", status->device);
	object_text(&o, "relay", status->relay);
	object_text(&o, "relay_pin", status->relay_pin);
	object_text(&o, "profile", cli->dir);
	object_bool(&o, "reached", status->reached);
	if (status->refused)
		object_text(&o, "refused", cli->error.message);
	if (status->reached) {
		object_number(&o, "prekeys_at_relay", status->prekeys_at_relay);
		object_number(&o, "mailbox_waiting", status->mailbox_waiting);
	}
	object_number(&o, "outbox", status->outbox);
	object_number(&o, "requests_waiting", status->requests);
	object_number(&o, "strangers_unreadable", status->unreadable);
	object_text_if(&o, "moved_to", status->moved_to);
	object_time(&o, "last_contact", status->last_contact_ms);
	object_bool(&o, "rolled_back", status->rolled_back);
	return show_object(cli, &o);
}

static const char *
trust_of(const struct tacit_contact *contact)
{
	if (contact->changed)
		return "changed";
	return contact->verified ? "verified" : "unverified";
}

bool
json_contact(struct cli *cli, const struct tacit_contact *contact)
{
	struct object o = object_new("contact");

	object_text(&o, "name", contact->name);
	object_text_if(&o, "alias", contact->alias);
	object_text(&o, "key", contact->key);
	object_text(&o, "trust", trust_of(contact));
	if (contact->changed)
		object_text_if(&o, "pending_key", contact->pending_key);
	object_number(&o, "devices", contact->devices);
	object_number(&o, "timer_s", contact->timer_s);
	object_time(&o, "first_seen", contact->first_seen_ms);
	object_bool(&o, "blocked", contact->blocked);
	return show_object(cli, &o);
}

bool
json_group(struct cli *cli, const struct tacit_group *group)
{
	struct object o = object_new("group");

	object_text(&o, "id", group->id);
	object_text(&o, "name", group->name);
	object_text(&o, "standing", group->standing);
	object_text_if(&o, "reason", group->reason);
	object_number(&o, "length", group->length);
	object_text(&o, "head", group->head);
	object_text(&o, "who_may_add", group->who_may_add);
	object_number(&o, "timer_s", group->timer_s);
	object_list(&o, "members", NULL, 0);
	for (size_t i = 0; i < group->members_count; i++) {
		const struct tacit_member *m = &group->members[i];
		struct object member = object_new(NULL);

		object_text(&member, "account", m->account);
		object_text(&member, "key", m->key);
		object_text(&member, "role", m->role);
		object_bool(&member, "self", m->self);
		if (m->known_length > 0)
			object_number(&member, "known_length", m->known_length);
		object_append(&o, "members", &member);
	}
	return show_object(cli, &o);
}

bool
json_holder(struct cli *cli, const char *group, const char *message,
    const struct tacit_holder *holder)
{
	struct object o = object_new("holder");

	object_text(&o, "group", group);
	object_text(&o, "message", message);
	object_text(&o, "account", holder->account);
	object_text(&o, "state", holder->state);
	object_time(&o, "delivered_at", holder->delivered_ms);
	object_time(&o, "read_at", holder->read_ms);
	return show_object(cli, &o);
}

bool
json_outbox(struct cli *cli, const struct tacit_outbox_item *item)
{
	struct object o = object_new("outbox-item");

	object_text_if(&o, "id", item->id);
	object_conversation(&o, "to", &item->to);
	object_text(&o, "state", item->state);
	object_text_if(&o, "word", item->word);
	if (item->text != NULL)
		object_bytes(&o, "text", item->text, item->text_len);
	object_time(&o, "created_at", item->created_ms);
	object_number(&o, "attempts", item->attempts);
	object_time(&o, "next_attempt_at", item->next_attempt_ms);
	object_text_if(&o, "reason", item->reason);
	return show_object(cli, &o);
}

bool
json_finding(struct cli *cli, const struct tacit_finding *finding)
{
	struct object o = object_new("check");

	object_text(&o, "step", finding->step);
	object_text(&o, "verdict", finding->verdict);
	object_text(&o, "message", finding->message);
	return show_object(cli, &o);
}

bool
json_check(struct cli *cli, const struct tacit_check *check)
{
	struct object o = object_new("check");
	const char *verdict = check->ok ? "ok" : "failed";

	object_text(&o, "step", check->step);
	object_text(&o, "verdict", check->skipped ? "skipped" : verdict);
	object_text(&o, "message", check->verdict);
	return show_object(cli, &o);
}
