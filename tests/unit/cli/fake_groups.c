/* fake_groups.c - the fake's groups. */
#include "tests/unit/cli/fake_private.h"

static void
tell_group(tacit_group_fn *show, void *arg)
{
	static const struct tacit_member members[] = {
		{ "alice", FAKE_KEY, "admin", false, 2 },
		{ "bob", FAKE_HEAD, "member", true, 0 },
	};
	bool is_known =
	    fake.standing == NULL || strcmp(fake.standing, "asked") != 0;
	const struct tacit_group group = {
		.id = FAKE_GROUP_ID,
		.name = "friends",
		.standing = fake.standing != NULL ? fake.standing : "member",
		.length = is_known ? 3 : 0,
		.head = FAKE_HEAD,
		.members = members,
		.members_count = is_known ? 2 : 0,
		.who_may_add = "admins",
		.timer_s = 7 * 24 * 3600,
	};

	show(&group, arg);
}

static void
keep_names(const char *group, const char *const *names, size_t count)
{
	fake_keep(fake.group, sizeof(fake.group), group);
	fake.names_count = count;
	for (size_t i = 0; i < count && i < 4; i++)
		fake_keep(fake.names[i], sizeof(fake.names[i]), names[i]);
}

enum tacit_code
tacit_groups(
    struct tacit *t, tacit_group_fn *show, void *arg, struct tacit_error *e)
{
	(void)t;
	tell_group(show, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_group(struct tacit *t, const char *group, tacit_group_fn *show, void *arg,
    struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.group, sizeof(fake.group), group);
	tell_group(show, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_group_create(struct tacit *t, const char *name,
    const char *const *members, size_t members_count, tacit_group_fn *show,
    void *arg, struct tacit_error *e)
{
	(void)t;
	keep_names(name, members, members_count);
	if (fake.answer == TACIT_DONE)
		tell_group(show, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_group_change(struct tacit *t, enum tacit_group_act act, const char *group,
    const char *const *names, size_t names_count, size_t *changed,
    struct tacit_error *e)
{
	(void)t;
	fake.act = act;
	keep_names(group, names, names_count);
	*changed = fake.group_changed;
	return fake_answer(e);
}

enum tacit_code
tacit_group_add(struct tacit *t, const char *group, const char *const *names,
    size_t names_count, int64_t history_ms, size_t *changed,
    struct tacit_error *e)
{
	fake.history_ms = history_ms;
	return tacit_group_change(
	    t, TACIT_GROUP_ADD, group, names, names_count, changed, e);
}

enum tacit_code
tacit_group_leave(struct tacit *t, const char *group, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.group, sizeof(fake.group), group);
	return fake_answer(e);
}

enum tacit_code
tacit_group_rename(
    struct tacit *t, const char *group, const char *name, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.group, sizeof(fake.group), group);
	fake_keep(fake.name, sizeof(fake.name), name);
	return fake_answer(e);
}

enum tacit_code
tacit_group_adopt(struct tacit *t, const char *group, const char *from,
    bool *changed, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.group, sizeof(fake.group), group);
	fake_keep(fake.name, sizeof(fake.name), from == NULL ? "" : from);
	*changed = fake.group_changed > 0;
	return fake_answer(e);
}

enum tacit_code
tacit_group_set(struct tacit *t, const char *group,
    const struct tacit_group_settings *wanted, bool *changed,
    struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.group, sizeof(fake.group), group);
	fake.settings = *wanted;
	*changed = fake.group_changed > 0;
	return fake_answer(e);
}

/* What a test did not put there: one entry without effect. */
static void
show_usual_log(const struct tacit_log *how)
{
	static const char *const carol[] = { "carol" };
	const struct tacit_log_entry entry = {
		.index = 2,
		.hash = FAKE_HEAD,
		.author = "bob",
		.author_key = FAKE_KEY,
		.device = 1,
		.at_ms = FAKE_NOON_MS,
		.act = "remove",
		.subjects = carol,
		.subjects_count = 1,
		.effective = false,
		.why_not = "bob is not an admin",
		.verified = how->verify,
	};
	const struct tacit_log_summary sum = {
		.entries = 3,
		.without_effect = 1,
		.verified = how->verify,
		.head = FAKE_HEAD,
	};

	how->show(&entry, how->arg);
	how->sum_up(&sum, how->arg);
}

enum tacit_code
tacit_group_log(
    struct tacit *t, const struct tacit_log *how, struct tacit_error *e)
{
	struct tacit_log_summary sum = fake.log_sum;

	(void)t;
	fake_keep(fake.group, sizeof(fake.group), how->group);
	fake.verify = how->verify;
	if (fake.log == NULL) {
		show_usual_log(how);
		return fake_answer(e);
	}
	for (size_t i = 0; i < fake.log_count; i++)
		how->show(&fake.log[i], how->arg);
	sum.head = FAKE_HEAD;
	sum.verified = how->verify;
	how->sum_up(&sum, how->arg);
	return fake_answer(e);
}

enum tacit_code
tacit_group_message(struct tacit *t, const char *group, const char *id,
    tacit_holder_fn *show, void *arg, struct tacit_error *e)
{
	const struct tacit_holder holders[] = {
		{ "alice", "read", FAKE_NOON_MS, FAKE_NOON_MS + 60000 },
		{ "carol", "stored", 0, 0 },
	};

	(void)t;
	(void)id;
	fake_keep(fake.group, sizeof(fake.group), group);
	for (size_t i = 0; i < sizeof(holders) / sizeof(*holders); i++)
		show(&holders[i], arg);
	return fake_answer(e);
}

static const struct tacit_link fake_link = {
	.id = "1f2e3d4c5b6a79880123456789abcdef",
	.label = "flyer",
	.author = "alice",
	.state = "good",
	.uses = 3,
	.used = 1,
	.expires_ms = FAKE_NOON_MS,
};

enum tacit_code
tacit_group_link(struct tacit *t, const char *group,
    const struct tacit_link_wish *wanted, tacit_link_fn *show, void *arg,
    struct tacit_error *e)
{
	struct tacit_link made = fake_link;

	(void)t;
	made.link = "tacit://127.0.0.1:4433/g#pin=K3v...,group=f12e...,"
		    "link=1f2e...,secret=n4ky...,admin=alice~9a0b...";
	fake_keep(fake.group, sizeof(fake.group), group);
	fake_keep(fake.label, sizeof(fake.label), wanted->label);
	fake.link_wish = *wanted;
	show(&made, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_group_links(struct tacit *t, const char *group, tacit_link_fn *show,
    void *arg, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.group, sizeof(fake.group), group);
	show(&fake_link, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_group_unlink(struct tacit *t, const char *group, const char *id,
    bool *changed, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.group, sizeof(fake.group), group);
	fake_keep(fake.id, sizeof(fake.id), id);
	*changed = fake.group_changed > 0;
	return fake_answer(e);
}

enum tacit_code
tacit_group_join(struct tacit *t, const struct tacit_join *how,
    tacit_group_fn *show, void *arg, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.link, sizeof(fake.link), how->link);
	fake.join = *how;
	tell_group(show, arg);
	return fake_answer(e);
}

enum tacit_code
tacit_group_link_relay(
    const char *link, char relay[TACIT_RELAY_LINK_BYTES], struct tacit_error *e)
{
	(void)e;
	snprintf(relay, TACIT_RELAY_LINK_BYTES, "relay-of-%s", link);
	return TACIT_DONE;
}
