/* record_settings.c - what the user chose. */
#include "store/client/record_common.h"

enum status
record_open_settings(struct bytes from, struct arena *a, struct settings *s)
{
	const Tacit__Record__Settings *r;
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__settings__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Settings *)m;
	*s = (struct settings){
		.receipts = r->receipts,
		.policy = r->policy,
	};
	return STATUS_OK;
}

enum status
record_pack_settings(const struct settings *s, struct buf *out)
{
	Tacit__Record__Settings m = TACIT__RECORD__SETTINGS__INIT;

	m.receipts = s->receipts;
	m.policy = s->policy;
	return record_pack(&m.base, out);
}
