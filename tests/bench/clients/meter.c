#include <string.h>

#include "client/core/courier/courier.h"
#include "proto/codec.h"
#include "tests/bench/clients/meter_private.h"
#include "tests/bench/clients/run.h"

/* One thread holds it: that which calls libtacit. */
static struct meter total;

/* The linker's names for what it put us around. */
enum status __real_codec_put_request(const struct request *r, struct buf *out);
enum status __wrap_codec_put_request(const struct request *r, struct buf *out);
enum tacit_code __real_courier_open(struct core *core, int64_t deadline_ms,
    struct courier **c, struct tacit_error *e);
enum tacit_code __wrap_courier_open(struct core *core, int64_t deadline_ms,
    struct courier **c, struct tacit_error *e);
enum tacit_code __real_courier_drain(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);
enum tacit_code __wrap_courier_drain(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

static void
count_submit(const struct submit *submit, uint64_t bytes)
{
	uint64_t own = 0;

	for (size_t i = 0; i < submit->recipients_count; i++)
		own += submit->recipients[i].payload.len > 0;
	total.submits++;
	total.submit_bytes += bytes;
	if (submit->shared.len == 0) {
		total.control_submits++;
		total.controls += own;
		return;
	}
	total.uploads++;
	total.upload_bytes += bytes;
	total.shared_bytes += submit->shared.len;
	total.handed += own;
	total.readers += submit->recipients_count - own;
}

enum status
__wrap_codec_put_request(const struct request *r, struct buf *out)
{
	size_t before = buf_len(out);
	enum status st = __real_codec_put_request(r, out);
	uint64_t bytes;

	if (st != STATUS_OK)
		return st;
	bytes = buf_len(out) - before;
	total.requests++;
	total.bytes += bytes;
	if (r->kind == REQUEST_SUBMIT)
		count_submit(&r->u.submit, bytes);
	if (r->kind == REQUEST_CHAIN_APPEND)
		total.appends++;
	if (r->kind == REQUEST_TAKE_BUNDLES) {
		total.bundle_requests++;
		total.bundle_accounts += r->u.bundles.count;
	}
	return STATUS_OK;
}

enum tacit_code
__wrap_courier_open(struct core *core, int64_t deadline_ms, struct courier **c,
    struct tacit_error *e)
{
	double began = run_cpu_ms();
	enum tacit_code code = __real_courier_open(core, deadline_ms, c, e);

	total.open_cpu_ms += run_cpu_ms() - began;
	return code;
}

enum tacit_code
__wrap_courier_drain(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	double began = run_cpu_ms();
	enum tacit_code code = __real_courier_drain(c, deadline_ms, e);

	total.drain_cpu_ms += run_cpu_ms() - began;
	return code;
}

struct meter *
meter_total(void)
{
	return &total;
}

void
meter_reset(void)
{
	memset(&total, 0, sizeof(total));
}

const struct meter *
meter_read(void)
{
	return &total;
}

void
meter_report(struct result *r, const struct meter *m)
{
	result_add(r, "uploaded_bytes", "bytes inside TLS, everything", 0,
	    (double)m->bytes);
	result_add(
	    r, "requests", "requests, everything", 0, (double)m->requests);
	result_add(r, "bundle_requests", "requests for bundles", 0,
	    (double)m->bundle_requests);
	result_add(r, "bundle_accounts", "accounts asked for", 0,
	    (double)m->bundle_accounts);
	result_add(r, "appends", "entries appended", 0, (double)m->appends);
	result_add(r, "submits", "submits", 0, (double)m->submits);
	result_add(r, "uploads", "of them with a payload for many", 0,
	    (double)m->uploads);
	result_add(r, "upload_bytes", "bytes of those, recipients included", 0,
	    (double)m->upload_bytes);
	result_add(r, "shared_bytes", "bytes of the payload for many", 0,
	    (double)m->shared_bytes);
	result_add(r, "readers", "devices it goes to", 0, (double)m->readers);
	result_add(r, "keys_handed", "sender keys handed out beside it", 0,
	    (double)m->handed);
	result_add(r, "control_submits", "submits of control messages", 0,
	    (double)m->control_submits);
	result_add(r, "controls", "control messages", 0, (double)m->controls);
	result_add(
	    r, "agreements", "X25519 agreements", 0, (double)m->agreements);
	result_add(
	    r, "key_pairs", "X25519 key pairs made", 0, (double)m->key_pairs);
	result_add(
	    r, "signatures", "signatures made", 0, (double)m->signatures);
	result_add(r, "verifications", "signatures checked", 0,
	    (double)m->verifications);
	result_add(r, "open_cpu_ms", "ms of CPU to connect", 2, m->open_cpu_ms);
	result_add(
	    r, "drain_cpu_ms", "ms of CPU to catch up", 2, m->drain_cpu_ms);
}
