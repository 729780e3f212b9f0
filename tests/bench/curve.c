/*
 * tacit-curve - what the ratchet costs with libsodium's curve and with
 * libsignal's own, side by side: CPU of this process, storage included, nothing
 * synchronised.
 *
 * Each is measured in a process of its own.  For libsignal's the self-test of
 * ratchet_curve.h is made to fail, which is how a client falls back to it: the
 * linker puts wrong_point() before libsodium's function (-Wl,--wrap).
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/core/ratchet_fixture.h"

enum { SETUPS = 300, MESSAGES = 2000 };

struct costs {
	double first_us;  /* session made, first message encrypted */
	double answer_us; /* first message decrypted */
	double post_us;   /* a message to a group encrypted */
	double read_us;   /* and decrypted */
	bool done;
};

static bool is_wrong;

int __real_crypto_scalarmult_curve25519(
    unsigned char *q, const unsigned char *n, const unsigned char *p);
int __wrap_crypto_scalarmult_curve25519(
    unsigned char *q, const unsigned char *n, const unsigned char *p);

int
__wrap_crypto_scalarmult_curve25519(
    unsigned char *q, const unsigned char *n, const unsigned char *p)
{
	return is_wrong ? -1 : __real_crypto_scalarmult_curve25519(q, n, p);
}

static double
cpu_us(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void
measure_setups(struct fixture *f, struct costs *costs)
{
	struct prekeys bundle = bundle_of(&f->bob, false);

	for (int i = 0; i < SETUPS; i++) {
		double began = cpu_us();
		struct letter letter;

		assert_status(STATUS_OK, start(&f->alice, &f->bob, bundle));
		letter = say(&f->alice, &f->bob, "hello");
		costs->first_us += (cpu_us() - began) / SETUPS;
		began = cpu_us();
		assert_status(
		    STATUS_OK, hear(&f->bob, &f->alice, &letter, "hello"));
		costs->answer_us += (cpu_us() - began) / SETUPS;
		buf_free(letter.bytes);
		reset(&f->alice, &f->bob);
		reset(&f->bob, &f->alice);
	}
}

static void
measure_group(struct fixture *f, struct costs *costs)
{
	const struct hash group = { { 1 } };
	const struct address *from = &f->alice.self.address;
	struct buf *distribution = NULL;
	struct vault_txn *t = inside(&f->alice);
	uint32_t id;

	assert_status(STATUS_OK,
	    close_step(t, ratchet_group_make_key(f->alice.ratchet, t,
			      &f->alice.self, &group, &id, &distribution)));
	t = inside(&f->bob);
	assert_status(STATUS_OK,
	    close_step(t, ratchet_group_take_key(f->bob.ratchet, t, &group,
			      from, id, buf_view(distribution))));
	buf_free(distribution);
	for (int i = 0; i < MESSAGES; i++) {
		struct buf *sealed = NULL, *plain = NULL;
		struct hash found;
		double began = cpu_us();

		assert_status(STATUS_OK,
		    ratchet_group_encrypt(f->alice.ratchet, f->alice.outer,
			&f->alice.self, &group, BYTES("to all"), &sealed));
		costs->post_us += (cpu_us() - began) / MESSAGES;
		began = cpu_us();
		assert_status(STATUS_OK,
		    ratchet_group_decrypt(f->bob.ratchet, f->bob.outer, from,
			buf_view(sealed), &id, &found, &plain));
		costs->read_us += (cpu_us() - began) / MESSAGES;
		buf_free(sealed);
		buf_free(plain);
	}
}

static void
measure(bool stock, struct costs *costs)
{
	void *state = NULL;

	is_wrong = stock;
	(void)fixture_setup(&state);
	measure_setups(state, costs);
	measure_group(state, costs);
	(void)fixture_teardown(&state);
	costs->done = true;
}

static void
print_row(const char *what, double stock_us, double ours_us)
{
	printf("%-48s %8.1f %8.1f %6.1f\n", what, stock_us, ours_us,
	    stock_us / ours_us);
}

int
main(void)
{
	struct costs *costs = mmap(NULL, 2 * sizeof(*costs),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (costs == MAP_FAILED)
		return 1;
	for (int stock = 0; stock < 2; stock++) {
		pid_t pid = fork();

		if (pid == 0) {
			measure(stock == 1, &costs[stock]);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid ||
		    !costs[stock].done) {
			fputs("tacit-curve: it failed\n", stderr);
			return 1;
		}
	}
	printf("%-48s %8s %8s %6s\n", "us of CPU", "its own", "ours", "ratio");
	print_row("a session made, a first message encrypted",
	    costs[1].first_us, costs[0].first_us);
	print_row("a first message decrypted", costs[1].answer_us,
	    costs[0].answer_us);
	print_row(
	    "a group's message encrypted", costs[1].post_us, costs[0].post_us);
	print_row(
	    "a group's message decrypted", costs[1].read_us, costs[0].read_us);
	return 0;
}
