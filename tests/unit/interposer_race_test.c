/*
 * The interposer linked into a program, not preloaded, so that ThreadSanitizer
 * sees into it (make tsan): all that its threads share is used by many at once,
 * while a reader looks at the board as the recorder does. Locks are the real
 * ones of libc, of which ThreadSanitizer knows nothing here: it sees a race
 * wherever the interposer itself does not order what it shares. (helgrind knows
 * no atomics of C11: it reports each place that they order.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/scratch.h"
#include "tracing/board.h"
#include "tracing/holdup.h"
#include "tracing/interposer/board.h"

#define THREADS 8
#define ROUNDS	3000

static pthread_mutex_t locks[16];
static pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static sem_t tickets;
static atomic_bool over;

static void use_descriptors(int round)
{
	char byte = 0;
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0 || write(fd, "x", 1) != 1 || read(fd, &byte, 1) != 0)
		abort();
	close(round % 2 ? fd : dup2(fd, 900 + round % 8));
	if (round % 2 == 0)
		close(fd);
}

static void use_locks(int round)
{
	pthread_mutex_t *first = &locks[round % 15];

	pthread_mutex_lock(first);
	pthread_mutex_lock(&locks[round % 15 + 1]);
	pthread_mutex_unlock(&locks[round % 15 + 1]);
	if (round % 64 == 0)
		pthread_cond_broadcast(&turn);
	pthread_mutex_unlock(first);
	if (pthread_mutex_trylock(&locks[0]) == 0)
		pthread_mutex_unlock(&locks[0]);
	if (round % 8)
		pthread_rwlock_rdlock(&shared);
	else
		pthread_rwlock_wrlock(&shared);
	pthread_rwlock_unlock(&shared);
	sem_wait(&tickets);
	sem_post(&tickets);
}

/* More locks than a first table has room for. */
static void use_many(void)
{
	pthread_mutex_t own[200];

	for (int i = 0; i < 200; i++) {
		pthread_mutex_init(&own[i], NULL);
		pthread_mutex_lock(&own[i]);
		pthread_mutex_unlock(&own[i]);
		pthread_mutex_destroy(&own[i]);
	}
}

static void *work(void *data)
{
	use_many();
	holdup_lock_name(HOLDUP_MUTEX, &locks[0], "first");
	for (int i = 0; i < ROUNDS; i++) {
		use_locks(i);
		if (i % 16 == 0)
			use_descriptors(i);
	}
	return data;
}

/* Threads that come and go: slots, tids, the list of free memory. */
static void *come_and_go(void *data)
{
	for (int i = 0; i < 100; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, (void *(*)(void *))use_many,
				   NULL))
			abort();
		pthread_setname_np(thread, "guest");
		pthread_join(thread, NULL);
	}
	return data;
}

static void run(void)
{
	pthread_t threads[THREADS + 1];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, NULL),
				 0);
	assert_int_equal(
		pthread_create(&threads[THREADS], NULL, come_and_go, NULL), 0);
	for (int i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* As the recorder reads it, of what only orders itself by atomics. */
static void *look(void *data)
{
	struct board_header *header = data;
	uint64_t slots = 0;

	while (!atomic_load(&over)) {
		uint64_t at = atomic_load(&header->slots);

		for (slots = 0; at; slots++) {
			struct board_slot *slot =
				(struct board_slot *)((char *)header + at);

			(void)atomic_load(&slot->in);
			(void)atomic_load(&slot->n_held);
			at = atomic_load(&slot->next);
		}
	}
	return (void *)slots;
}

static void begin(void)
{
	for (int i = 0; i < 16; i++)
		pthread_mutex_init(&locks[i], NULL);
	sem_init(&tickets, 0, 3);
	pthread_mutex_lock(&locks[0]); /* now we are in */
	pthread_mutex_unlock(&locks[0]);
	assert_non_null(board_header());
}

/* Without a recorder, slots are used again by other threads. */
static void threads_share_nothing_without_order(void **state)
{
	(void)state;
	begin();
	run();
}

static void a_reader_of_the_board_sees_whole_slots(void **state)
{
	pthread_t reader;
	void *slots;

	(void)state;
	begin();
	pthread_create(&reader, NULL, look, board_header());
	run();
	atomic_store(&over, true);
	pthread_join(reader, &slots);
	assert_true((uintptr_t)slots >= THREADS);
}

/* The place of the board is read from the environment, before main(). */
static void recorded_it_is_the_same(void **state)
{
	pid_t child;
	int status;

	setenv(ENV_BOARD, scratch_path(*state, "."), 1);
	child = fork();
	if (child == 0) {
		(void)!freopen("/dev/null", "w", stdout);
		execl("/proc/self/exe", "interposer_race_test", (char *)NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest alone[] = {
		cmocka_unit_test(threads_share_nothing_without_order),
		scratch_test(recorded_it_is_the_same),
	};
	const struct CMUnitTest recorded[] = {
		cmocka_unit_test(a_reader_of_the_board_sees_whole_slots),
	};

	if (getenv(ENV_BOARD))
		return cmocka_run_group_tests(recorded, NULL, NULL);
	return cmocka_run_group_tests(alone, NULL, NULL);
}
