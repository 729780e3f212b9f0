/* fake_backup.c - the fake's copies of a profile. */
#include "tests/unit/cli/fake_private.h"

static const struct tacit_backup_sizes sizes = {
	.file_bytes = 262391,
	.database_bytes = 262144,
	.made_ms = INT64_C(1795249011851),
};

enum tacit_code
tacit_backup(struct tacit *t, const struct tacit_backup *how,
    struct tacit_backup_sizes *made, struct tacit_error *e)
{
	(void)t;
	fake_keep(fake.name, sizeof(fake.name),
	    how->file != NULL ? how->file : "(descriptor)");
	fake.mark = how->replace;
	*made = sizes;
	return fake_answer(e);
}

enum tacit_code
tacit_may_restore(const char *dir, struct tacit_error *e)
{
	(void)dir;
	e->code = fake.may_begin;
	return fake.may_begin;
}

enum tacit_code
tacit_restore_open(int fd, struct tacit_restore **r, struct tacit_error *e)
{
	static int here;

	(void)fd;
	*r = (struct tacit_restore *)&here;
	return fake_answer(e);
}

void
tacit_restore_close(struct tacit_restore *r)
{
	(void)r;
}

bool
tacit_restore_needs_passphrase(const struct tacit_restore *r)
{
	(void)r;
	return fake.needs_passphrase;
}

enum tacit_code
tacit_restore_run(struct tacit_restore *r, const struct tacit_options *options,
    struct tacit_backup_sizes *made, struct tacit_error *e)
{
	(void)r;
	fake_keep(fake.dir, sizeof(fake.dir), options->dir);
	if (options->passphrase_len < sizeof(fake.passphrase_got)) {
		memcpy(fake.passphrase_got,
		    options->passphrase_len > 0 ? options->passphrase : "",
		    options->passphrase_len);
		fake.passphrase_got[options->passphrase_len] = '\0';
	}
	*made = sizes;
	return fake_answer(e);
}

enum tacit_code
tacit_doctor(const struct tacit_options *options,
    const struct tacit_doctor *how, tacit_finding_fn *show, void *arg,
    struct tacit_error *e)
{
	static const struct tacit_finding findings[] = {
		{ "files", "ok", "Nobody but you may read or change them." },
		{ "prekeys", "mended",
		    "Published anew: the relay did not hold what it should." },
		{ "contacts", "failed",
		    "Records that do not open: 1, and nothing can make them "
		    "anew; "
		    "restore a backup." },
	};
	enum tacit_code code = fake_answer(e);

	fake_keep(fake.dir, sizeof(fake.dir), options->dir);
	fake.verify = how->check_only;
	fake.mark = how->may_repair("Is it agreed?", how->arg);
	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
		if (code == TACIT_DAMAGED ||
		    strcmp(findings[i].verdict, "failed") != 0)
			show(&findings[i], arg);
	return code;
}
