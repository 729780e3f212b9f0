/* courier_fixture.h - alice, connected to a relay that follows a script. */
#ifndef TACIT_TESTS_UNIT_CORE_COURIER_FIXTURE_H
#define TACIT_TESTS_UNIT_CORE_COURIER_FIXTURE_H

#include "tests/unit/core/scripted_relay.h"

struct fixture {
	struct cores *cores;
	struct script *relay;
	struct courier *courier;
	struct tacit_error error;
	struct courier_fate fate; /* the last one told; why is copied */
	struct tacit_error why;
	size_t told;
};

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	void *cores = NULL;

	assert_non_null(f);
	assert_int_equal(cores_setup(&cores), 0);
	f->cores = cores;
	f->relay = script_new();
	f->relay->known = &f->cores->bob;
	*state = f;
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;
	void *cores = f->cores;

	courier_close(f->courier);
	script_free(f->relay);
	cores_teardown(&cores);
	free(f);
	return 0;
}

static inline void
connect_alice(struct fixture *f)
{
	courier_close(f->courier);
	f->courier = NULL;
	assert_int_equal(TACIT_DONE,
	    script_connect(f->relay, &f->cores->alice, &f->courier, &f->error));
}

static inline void
queue_to(struct fixture *f, const char *name, size_t count)
{
	struct draft d = { .kind = CONVERSATION_DIRECT };
	struct step s = begin(&f->cores->alice);
	uint64_t n, order;

	d.to = name_of(name);
	d.text = BYTES("something worth saying");
	for (size_t i = 0; i < count; i++) {
		random_bytes(&d.id, sizeof(d.id));
		assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	}
	commit(&s);
}

static inline void
note_fate(const struct courier_fate *fate, void *arg)
{
	struct fixture *f = arg;

	f->fate = *fate;
	error_clear(&f->why);
	if (fate->why != NULL)
		f->why = *fate->why;
	f->told++;
}

static inline enum tacit_code
flush(struct fixture *f)
{
	f->told = 0;
	return courier_flush(f->courier, 0, note_fate, f, &f->error);
}

static inline size_t
rows_of(struct fixture *f)
{
	struct step s = begin(&f->cores->alice);
	size_t count = 0;

	assert_status(STATUS_OK, outbox_count(s.txn, &count));
	step_abort(&s);
	return count;
}

#define courier_test(name)                                                     \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
