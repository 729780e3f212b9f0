/* record_self.c - who we are, and what moves with every command. */
#include <string.h>

#include "store/client/record_common.h"

static bool
record_take_relay(const Tacit__Record__Relay *from, struct link *l)
{
	*l = (struct link){ 0 };
	if (from == NULL || from->port > UINT16_MAX)
		return false;
	l->port = (uint16_t)from->port;
	l->has_pin = from->pin.len > 0;
	if (l->has_pin && !RECORD_TAKE(from->pin, l->pin))
		return false;
	return record_take_text(from->host, l->host, sizeof(l->host)) &&
	       record_take_text(
		   from->join_code, l->join_code, sizeof(l->join_code));
}

static bool
record_take_self(const Tacit__Record__Self *from, struct self *s)
{
	if (from->state < SELF_UNFINISHED || from->state > SELF_RECOVERING)
		return false;
	s->recovered_ms = from->recovered_ms;
	s->has_recovery = from->recovery_key.len > 0;
	if (s->has_recovery && !RECORD_TAKE(from->recovery_key, s->recovery))
		return false;
	s->state = (enum self_state)from->state;
	s->address.device = from->device;
	s->registration_id = from->registration_id;
	if (from->list_body.len > sizeof(s->list_body))
		return false;
	s->list_body_len = from->list_body.len;
	return record_take(from->list_body, s->list_body, s->list_body_len) &&
	       record_take_name(from->account, &s->address.account) &&
	       RECORD_TAKE(from->account_key, s->account_key) &&
	       RECORD_TAKE(from->account_secret, s->account_secret) &&
	       RECORD_TAKE(from->device_key, s->device_key) &&
	       RECORD_TAKE(from->device_secret, s->device_secret) &&
	       RECORD_TAKE(from->identity_public, s->identity_public) &&
	       RECORD_TAKE(from->identity_secret, s->identity_secret) &&
	       RECORD_TAKE(from->list_signature, s->list_signature) &&
	       record_take_relay(from->relay, &s->relay) &&
	       record_list_take(from->list, &s->list);
}

enum status
record_open_self(struct bytes from, struct arena *a, struct self *s)
{
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__self__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	*s = (struct self){ 0 };
	if (!record_take_self((const Tacit__Record__Self *)m, s))
		return record_damaged("Self");
	return STATUS_OK;
}

enum status
record_pack_self(const struct self *s, struct buf *out)
{
	Tacit__Record__Relay relay = TACIT__RECORD__RELAY__INIT;
	Tacit__Record__Self m = TACIT__RECORD__SELF__INIT;
	struct record_list list;

	relay.host = record_text(s->relay.host);
	relay.port = s->relay.port;
	if (s->relay.has_pin)
		relay.pin = RECORD_BIN(s->relay.pin);
	relay.join_code = record_text(s->relay.join_code);
	record_list_fill(&list, &s->list);
	m.state = s->state;
	m.account = record_text(s->address.account.text);
	m.device = s->address.device;
	m.account_key = RECORD_BIN(s->account_key);
	m.account_secret = RECORD_BIN(s->account_secret);
	m.device_key = RECORD_BIN(s->device_key);
	m.device_secret = RECORD_BIN(s->device_secret);
	m.registration_id = s->registration_id;
	m.identity_public = RECORD_BIN(s->identity_public);
	m.identity_secret = RECORD_BIN(s->identity_secret);
	m.relay = &relay;
	m.list = &list.message;
	m.list_body = record_bin(bytes_view(s->list_body, s->list_body_len));
	m.list_signature = RECORD_BIN(s->list_signature);
	m.recovered_ms = s->recovered_ms;
	if (s->has_recovery)
		m.recovery_key = RECORD_BIN(s->recovery);
	return record_pack(&m.base, out);
}

static bool
record_take_optional(ProtobufCBinaryData from, void *to, size_t len, bool *has)
{
	*has = from.len > 0;
	return !*has || record_take(from, to, len);
}

enum status
record_open_counters(struct bytes from, struct arena *a, struct counters *c)
{
	const Tacit__Record__Counters *r;
	struct counters read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__counters__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Counters *)m;
	if (!record_take_optional(r->submit_stream, read.submit_stream,
		sizeof(read.submit_stream), &read.has_stream) ||
	    !record_take_optional(
		r->epoch, read.epoch, sizeof(read.epoch), &read.has_epoch))
		return record_damaged("Counters");
	read.submit_high = r->submit_high;
	read.acknowledged = r->acknowledged;
	read.next_history = r->next_history;
	read.next_outbox = r->next_outbox;
	read.next_quarantine = r->next_quarantine;
	read.next_prekey_id = r->next_prekey_id;
	read.next_signed_prekey_id = r->next_signed_prekey_id;
	read.last_contact_ms = r->last_contact_ms;
	read.drained_ms = r->drained_ms;
	read.relay_prekeys = r->relay_prekeys;
	read.rolled_back_ms = r->rolled_back_ms;
	read.quarantine_bytes = r->quarantine_bytes;
	read.quarantine_due_ms = r->quarantine_due_ms;
	read.restored_ms = r->restored_ms;
	read.restored_outbox = r->restored_outbox;
	read.renewed_ms = r->renewed_ms;
	read.clock_ms = r->clock_ms;
	read.doubt_since_ms = r->doubt_since_ms;
	read.doubt_looked_ms = r->doubt_looked_ms;
	read.departures = r->departures;
	read.departures_past = r->departures_past;
	*c = read;
	return STATUS_OK;
}

enum status
record_pack_counters(const struct counters *c, struct buf *out)
{
	Tacit__Record__Counters m = TACIT__RECORD__COUNTERS__INIT;

	if (c->has_stream)
		m.submit_stream = RECORD_BIN(c->submit_stream);
	if (c->has_epoch)
		m.epoch = RECORD_BIN(c->epoch);
	m.submit_high = c->submit_high;
	m.acknowledged = c->acknowledged;
	m.next_history = c->next_history;
	m.next_outbox = c->next_outbox;
	m.next_quarantine = c->next_quarantine;
	m.next_prekey_id = c->next_prekey_id;
	m.next_signed_prekey_id = c->next_signed_prekey_id;
	m.last_contact_ms = c->last_contact_ms;
	m.drained_ms = c->drained_ms;
	m.relay_prekeys = c->relay_prekeys;
	m.rolled_back_ms = c->rolled_back_ms;
	m.quarantine_bytes = c->quarantine_bytes;
	m.quarantine_due_ms = c->quarantine_due_ms;
	m.restored_ms = c->restored_ms;
	m.restored_outbox = c->restored_outbox;
	m.renewed_ms = c->renewed_ms;
	m.clock_ms = c->clock_ms;
	m.doubt_since_ms = c->doubt_since_ms;
	m.doubt_looked_ms = c->doubt_looked_ms;
	m.departures = c->departures;
	m.departures_past = c->departures_past;
	return record_pack(&m.base, out);
}
