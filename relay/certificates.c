#include "relay/certificates.h"

#include <string.h>
#include <sys/stat.h>

enum { OWN_CERT, OWN_KEY, NAMED_CERT, NAMED_KEY };

void
certificates_init(struct certificates *c, const struct identity *identity,
    const struct settings *settings)
{
	memset(c, 0, sizeof(*c));
	c->files[OWN_CERT] = identity->cert_file;
	c->files[OWN_KEY] = identity->key_file;
	if (settings->tls_cert[0] == '\0')
		return;
	c->files[NAMED_CERT] = settings->tls_cert;
	c->files[NAMED_KEY] = settings->tls_key;
}

static struct file_stamp
stamp(const char *path)
{
	struct file_stamp found = { 0 };
	struct stat s;

	if (path == NULL || stat(path, &s) != 0)
		return found;
	found.device = s.st_dev;
	found.inode = s.st_ino;
	found.bytes = s.st_size;
	found.modified_ns =
	    (int64_t)s.st_mtim.tv_sec * 1000000000 + s.st_mtim.tv_nsec;
	return found;
}

static bool
is_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->bytes == b->bytes && a->modified_ns == b->modified_ns;
}

enum status
certificates_load(struct certificates *c, struct channel_server **tls)
{
	const struct channel_server_options options = {
		.cert_file = c->files[OWN_CERT],
		.key_file = c->files[OWN_KEY],
		.named_cert_file = c->files[NAMED_CERT],
		.named_key_file = c->files[NAMED_KEY],
	};

	/* Before they are read: what comes in between counts as changed. */
	for (size_t i = 0; i < CERTIFICATE_FILES; i++)
		c->seen[i] = stamp(c->files[i]);
	return channel_server_new(&options, tls);
}

bool
certificates_changed(const struct certificates *c)
{
	for (size_t i = 0; i < CERTIFICATE_FILES; i++) {
		struct file_stamp now = stamp(c->files[i]);

		if (!is_same(&now, &c->seen[i]))
			return true;
	}
	return false;
}
