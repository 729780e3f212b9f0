/* metrics_reply.c - which of its numbers a request or an answer belongs to. */
#include "relay/metrics.h"

enum metric
metric_of_request(enum request_kind kind)
{
	switch (kind) {
	case REQUEST_HELLO:
		return METRIC_REQUESTS_HELLO;
	case REQUEST_REGISTER:
		return METRIC_REQUESTS_REGISTER;
	case REQUEST_AUTHENTICATE:
		return METRIC_REQUESTS_AUTHENTICATE;
	case REQUEST_PUBLISH_PREKEYS:
		return METRIC_REQUESTS_PUBLISH_PREKEYS;
	case REQUEST_PREKEY_STATUS:
		return METRIC_REQUESTS_PREKEY_STATUS;
	case REQUEST_GET_ACCOUNT:
		return METRIC_REQUESTS_GET_ACCOUNT;
	case REQUEST_TAKE_BUNDLES:
		return METRIC_REQUESTS_TAKE_BUNDLES;
	case REQUEST_SUBMIT:
		return METRIC_REQUESTS_SUBMIT;
	case REQUEST_RECEIVE:
		return METRIC_REQUESTS_RECEIVE;
	case REQUEST_ACKNOWLEDGE:
		return METRIC_REQUESTS_ACKNOWLEDGE;
	case REQUEST_CHAIN_APPEND:
		return METRIC_REQUESTS_CHAIN_APPEND;
	case REQUEST_CHAIN_READ:
		return METRIC_REQUESTS_CHAIN_READ;
	case REQUEST_REMOVE_ACCOUNT: /* too rare to be worth figures */
	case REQUEST_REPLACE_DEVICES:
	case REQUEST_RECOVER_ACCOUNT:
		break;
	}
	return METRIC_REQUESTS_OTHER;
}

enum metric
metric_of_error(enum error_code code)
{
	switch (code) {
	case ERROR_BAD_REQUEST:
		return METRIC_ERROR_BAD_REQUEST;
	case ERROR_UNSUPPORTED:
		return METRIC_ERROR_UNSUPPORTED;
	case ERROR_NOT_AUTHENTICATED:
		return METRIC_ERROR_NOT_AUTHENTICATED;
	case ERROR_DENIED:
		return METRIC_ERROR_DENIED;
	case ERROR_NAME_TAKEN:
		return METRIC_ERROR_NAME_TAKEN;
	case ERROR_BAD_NAME:
		return METRIC_ERROR_BAD_NAME;
	case ERROR_JOIN_REFUSED:
		return METRIC_ERROR_JOIN_REFUSED;
	case ERROR_NOT_FOUND:
		return METRIC_ERROR_NOT_FOUND;
	case ERROR_FULL:
		return METRIC_ERROR_FULL;
	case ERROR_RATE_LIMITED:
		return METRIC_ERROR_RATE_LIMITED;
	case ERROR_DEVICES_CHANGED:
		return METRIC_ERROR_DEVICES_CHANGED;
	case ERROR_CHAIN_TAKEN:
		return METRIC_ERROR_CHAIN_TAKEN;
	case ERROR_TOO_LARGE:
		return METRIC_ERROR_TOO_LARGE;
	case ERROR_UNAVAILABLE:
		return METRIC_ERROR_UNAVAILABLE;
	case ERROR_REPLACED:
		return METRIC_ERROR_REPLACED;
	case ERROR_EXPIRED: /* in notes alone */
	case ERROR_SUSPENDED:
	case ERROR_LIST_TAKEN:
	case ERROR_NONE:
		break;
	}
	return METRIC_ERROR_OTHER;
}

static bool
has_one_time(const struct prekeys *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].type == PREKEY_ONE_TIME)
			return true;
	return false;
}

static void
count_bundles(struct metrics *m, const struct reply *r)
{
	for (size_t i = 0; i < r->u.bundles.count; i++) {
		const struct account_bundles *a = &r->u.bundles.accounts[i];

		for (size_t d = 0; d < a->devices_count; d++) {
			metrics_add(m, METRIC_BUNDLES, 1);
			if (!has_one_time(&a->devices[d].prekeys))
				metrics_add(m, METRIC_BUNDLES_EXHAUSTED, 1);
		}
	}
}

static void
count_submitted(struct metrics *m, const struct reply *r)
{
	metrics_add(m, METRIC_SUBMITS, 1);
	for (size_t i = 0; i < r->u.submitted.count; i++)
		metrics_add(m,
		    r->u.submitted.refused[i].code == ERROR_FULL
			? METRIC_UNQUEUED_FULL
			: METRIC_UNQUEUED_OTHER,
		    1);
}

void
metrics_count_reply(struct metrics *m, const struct reply *r)
{
	switch (r->kind) {
	case REPLY_ERROR:
		metrics_add(m, metric_of_error(r->u.error.code), 1);
		break;
	case REPLY_REGISTERED:
		metrics_add(m, METRIC_REGISTRATIONS, 1);
		break;
	case REPLY_AUTHENTICATED:
		metrics_add(m, METRIC_LOGINS, 1);
		break;
	case REPLY_BUNDLES:
		count_bundles(m, r);
		break;
	case REPLY_SUBMITTED:
		count_submitted(m, r);
		break;
	case REPLY_PUSH:
		metrics_add(m, METRIC_PUSHED, (int64_t)r->u.push.count);
		break;
	case REPLY_HELLO:
	case REPLY_PREKEY_STATE:
	case REPLY_ACCOUNT:
	case REPLY_DRAINED:
	case REPLY_CHAIN_APPENDED:
	case REPLY_CHAIN_TAILS:
	case REPLY_CHAIN_CHANGED:
	case REPLY_ACCOUNT_REMOVED:
		break;
	}
}
