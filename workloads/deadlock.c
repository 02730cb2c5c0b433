/*
 * Two threads take two locks in opposite order and stop for ever.
 *
 * `opposite` takes left then right in one thread and right then left in the
 * other, and each waits for the other to have its first lock, so that it always
 * happens; the main thread watches, and ends the process once nobody has got
 * anywhere for a while.
 * `lucky` has the same fault, but its threads run one after the other and get
 * away with it. `ordered` takes both in one order; `back-off` tries the second
 * and gives the first back. `dinner` and `dinner-ordered` are the five
 * philosophers: each takes the left fork and then the right one, or the lower
 * and then the higher.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "workloads/common.h"

#define MOST_FORKS 64

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t forks[MOST_FORKS];
static sem_t ended;	    /* posted by each taker that came through */
static atomic_uint waiting; /* takers that are about to take a lock */
static atomic_uint steps;   /* of all takers: whether any gets on */

struct taker {
	pthread_mutex_t *first, *second;
	pthread_barrier_t *first_taken; /* NULL: no rendezvous */
	uint64_t stay_ns;
	unsigned rounds;
	unsigned done;
	unsigned backed_off;
	bool backs_off;
};

static void taking(void)
{
	atomic_fetch_add(&waiting, 1);
}

static void taken(void)
{
	atomic_fetch_sub(&waiting, 1);
	atomic_fetch_add(&steps, 1);
}

/* Takes both locks; returns false after it has given the first one back. */
static bool take_both(struct taker *taker, unsigned round)
{
	taking();
	pthread_mutex_lock(taker->first);
	taken();
	if (taker->first_taken && round == 0)
		pthread_barrier_wait(taker->first_taken);
	if (!taker->backs_off) {
		taking();
		pthread_mutex_lock(taker->second);
		taken();
		return true;
	}
	if (pthread_mutex_trylock(taker->second) == 0)
		return true;
	pthread_mutex_unlock(taker->first);
	return false;
}

static void *taker_run(void *arg)
{
	struct taker *taker = arg;

	while (taker->done < taker->rounds) {
		if (!take_both(taker, taker->done + taker->backed_off)) {
			taker->backed_off++;
			/* Not in step with the other, or both back off again */
			pause_ns(taker->stay_ns *
				 (1 + (uint64_t)(taker->first == &left)));
			continue;
		}
		pause_ns(taker->stay_ns);
		pthread_mutex_unlock(taker->second);
		pthread_mutex_unlock(taker->first);
		taker->done++;
	}
	sem_post(&ended);
	return NULL;
}

/* Waits for one more taker to end; false: none did within the time. */
static bool one_ended(uint64_t ns)
{
	struct timespec limit = time_limit(ns);
	int result;

	do
		result = sem_timedwait(&ended, &limit);
	while (result && errno == EINTR);
	return result == 0;
}

/*
 * Waits for them all; returns how many hang: for some time all that are left
 * have been waiting for a lock, and none has got one. Whoever has no CPU, or
 * sleeps, is slow, but does not hang.
 */
static unsigned wait_for_takers(unsigned n, uint64_t still_ns)
{
	while (n > 0) {
		unsigned seen = atomic_load(&steps);
		bool all_wait = atomic_load(&waiting) == n;

		if (one_ended(still_ns))
			n--;
		else if (all_wait && atomic_load(&waiting) == n &&
			 atomic_load(&steps) == seen)
			break;
	}
	return n;
}

/* True if all takers end; a thread that hangs dies with the process. */
static bool run_takers(const struct run *run, struct taker *takers, unsigned n,
		       bool one_by_one)
{
	pthread_t *threads = must_alloc(n, sizeof(*threads));
	unsigned hung, backed_off = 0, done = 0;

	sem_init(&ended, 0, 0);
	for (unsigned i = 0; i < n; i++) {
		threads[i] = thread_start("taker", taker_run, &takers[i]);
		if (one_by_one)
			thread_join(threads[i]);
	}
	hung = wait_for_takers(n, scaled_ns(run, S / 2) + 50 * MS);
	for (unsigned i = 0; i < n && hung == 0 && !one_by_one; i++)
		thread_join(threads[i]);
	for (unsigned i = 0; i < n && hung == 0; i++) {
		done += takers[i].done;
		backed_off += takers[i].backed_off;
	}
	free(threads);
	tell_count("hung", hung);
	tell_count("rounds_done", done);
	tell_count("backed_off", backed_off);
	return hung == 0;
}

static bool two(const struct run *run, bool opposite, bool rendezvous,
		bool backs_off)
{
	static pthread_barrier_t both; /* outlives threads that hang */
	static struct taker takers[2];

	pthread_barrier_init(&both, NULL, 2);
	for (unsigned i = 0; i < 2; i++)
		takers[i] = (struct taker){
			.first = opposite && i ? &right : &left,
			.second = opposite && i ? &left : &right,
			.rounds = run->tasks,
			.stay_ns = MS / 10,
			.first_taken = rendezvous ? &both : NULL,
			.backs_off = backs_off,
		};
	return run_takers(run, takers, 2, opposite && !rendezvous);
}

static bool opposite(const struct run *run)
{
	return two(run, true, true, false);
}

static bool lucky(const struct run *run)
{
	return two(run, true, false, false);
}

static bool ordered(const struct run *run)
{
	return two(run, false, false, false);
}

static bool back_off(const struct run *run)
{
	return two(run, true, true, true);
}

static bool dine(const struct run *run, bool in_order)
{
	unsigned n = run->threads < 2		 ? 2
		     : run->threads > MOST_FORKS ? MOST_FORKS
						 : run->threads;
	static struct taker philosophers[MOST_FORKS];
	static pthread_barrier_t all;

	pthread_barrier_init(&all, NULL, n);
	for (unsigned i = 0; i < n; i++)
		pthread_mutex_init(&forks[i], NULL);
	for (unsigned i = 0; i < n; i++) {
		unsigned a = i, b = (i + 1) % n;

		if (in_order && a > b) {
			a = b;
			b = i;
		}
		philosophers[i] = (struct taker){
			.first = &forks[a],
			.second = &forks[b],
			.rounds = run->tasks,
			.stay_ns = MS / 10,
			/* All have their left fork before any takes a right. */
			.first_taken = in_order ? NULL : &all,
		};
	}
	return run_takers(run, philosophers, n, false);
}

static bool dinner(const struct run *run)
{
	return dine(run, false);
}

static bool dinner_ordered(const struct run *run)
{
	return dine(run, true);
}

static const struct variant variants[] = {
	{ "opposite", "opposite order: stops for ever (cut off)", opposite },
	{ "lucky", "opposite order, one thread after the other", lucky },
	{ "ordered", "one order for both threads", ordered },
	{ "back-off", "try the second lock, give the first back", back_off },
	{ "dinner", "philosophers, each left fork first", dinner },
	{ "dinner-ordered", "philosophers, lower fork first", dinner_ordered },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload deadlock = {
		.name = "deadlock",
		.what = "Threads that need two locks at once.",
		.threads = 5,
		.tasks = 20,
		.variants = variants,
	};

	return workload_main(&deadlock, argc, argv);
}
