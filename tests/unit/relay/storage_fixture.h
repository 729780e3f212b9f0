/* storage_fixture.h - a store without a thread, one port, one step at a time.
 */
#ifndef TACIT_TESTS_STORAGE_FIXTURE_H
#define TACIT_TESTS_STORAGE_FIXTURE_H

#include "tests/support/test.h"

#include <uv.h>

#include "proto/codec.h"
#include "relay/storage.h"

enum { NOW_MS = 1000000 };

struct fixture {
	char *dir;
	struct storage_options options;
	struct storage *storage;
	uv_loop_t loop;
	struct storage_port *port;
	struct arena *arena; /* of all operations of a test */
	struct device_list alice;
	struct device_list bob;
	uint64_t counter; /* of alice's submits */
};

/* Alice and bob are registered, one device each. */
int store_setup(void **state);
int store_teardown(void **state);

void store_open(struct fixture *f);
void store_close(struct fixture *f);
void store_reopen(struct fixture *f);

/* A directory with what a start after kill -9 at this moment would find. */
char *store_copy(const struct fixture *f);

/* As after kill -9 at this moment: nothing that closing would have saved. */
void store_crash(struct fixture *f);

struct storage_op *op_new(struct fixture *f, enum storage_kind kind);
enum status op_run(struct fixture *f, struct storage_op *op);
void op_submit(struct fixture *f, struct storage_op *op);
void op_settle(struct fixture *f); /* step, then let the loop turn */

struct account_name name_of(const char *text);
struct address address_of(const char *text);
struct device_list list_of(const char *name, uint32_t devices);
enum status register_list(struct fixture *f, const struct device_list *list);

/* Alice to bob: one recipient, the next counter. */
struct storage_op *text_op(struct fixture *f, struct bytes payload);
enum status send_text(struct fixture *f, struct bytes payload);

struct storage_op *read_all(struct fixture *f, const char *who, uint64_t after);
void release(struct storage_op *read);
void acknowledge(struct fixture *f, const char *who, uint64_t seq);
struct mailbox_state state_of(struct fixture *f, const char *who);

#endif
