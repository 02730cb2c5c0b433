/*
 * Programs that are hard to record, each with a count that is known:
 * `programs WHAT`. The mutex that counts is named "counted".
 *
 * killed   3 threads take it 1,009 times each, then the process kills itself
 *          while the main thread holds it and one waits for it
 * crowd    10,007 threads take it once each, all alive at the same time
 * signals  4 threads take it 20,011 times each, under 1,000 signals a second
 *          whose handler takes another mutex
 * family   takes it 23 times, its forked child 29 times, what that one then
 *          executes 31 times, a vforked child nothing
 * cancel   13 threads are cancelled in a wait on a condition that uses it
 * early    takes it in a constructor, in main, in atexit(), in a destructor,
 *          in a thread's specific destructor: 5 times
 */
#include "tracing/holdup.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t counted = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static _Atomic int there;
static bool is_early;

static void take(long times)
{
	for (long i = 0; i < times; i++) {
		pthread_mutex_lock(&counted);
		__asm__ volatile("" : : : "memory");
		pthread_mutex_unlock(&counted);
	}
}

static void *take_many(void *times)
{
	take((long)times);
	return NULL;
}

static void run_threads(int n, long times)
{
	pthread_t threads[16];

	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, take_many, (void *)times))
			abort();
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

/* Whether the thread `tid` of this process sleeps. */
static bool is_asleep(int tid)
{
	char path[64];
	char line[256] = "";
	const char *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (!file)
		return false;
	end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return end && end[2] == 'S';
}

static void *wait_for_it(void *data)
{
	there = gettid();
	pthread_mutex_lock(&counted);
	return data;
}

static void run_killed(void)
{
	pthread_t thread;

	run_threads(3, 1009);
	pthread_mutex_lock(&counted);
	if (pthread_create(&thread, NULL, wait_for_it, NULL))
		abort();
	while (!there || !is_asleep(there))
		sched_yield();
	raise(SIGKILL);
}

static void *take_and_stay(void *data)
{
	pthread_mutex_lock(&counted);
	there++;
	pthread_mutex_unlock(&counted);
	pthread_mutex_lock(&other);
	while (there < 10007)
		pthread_cond_wait(&cond, &other);
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&other);
	return data;
}

static void run_crowd(void)
{
	static pthread_t threads[10007];
	pthread_attr_t small;
	int n = (int)(sizeof(threads) / sizeof(threads[0]));

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], &small, take_and_stay, NULL))
			exit(77); /* not allowed so many */
	pthread_attr_destroy(&small);
	for (int i = 0; i < n; i++) {
		pthread_cond_signal(&cond);
		pthread_join(threads[i], NULL);
	}
}

static void handle(int number)
{
	(void)number;
	if (pthread_mutex_trylock(&other) == 0)
		pthread_mutex_unlock(&other);
}

static void run_signals(void)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction action = { .sa_handler = handle,
				    .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	run_threads(4, 20011);
	memset(&often, 0, sizeof(often));
	setitimer(ITIMER_REAL, &often, NULL);
}

static void run_family(void)
{
	int status;
	pid_t child;

	take(23);
	child = fork();
	if (child == 0) {
		take(29);
		execl("/proc/self/exe", "programs", "child", (char *)NULL);
		_exit(1);
	}
	if (waitpid(child, &status, 0) != child || status)
		exit(1);
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
	child = vfork();
	if (child == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	if (waitpid(child, &status, 0) != child || status)
		exit(1);
}

static void release(void *data)
{
	pthread_mutex_unlock(data);
}

static void *wait_for_ever(void *data)
{
	pthread_mutex_lock(&counted);
	pthread_cleanup_push(release, &counted);
	there++;
	for (;;)
		pthread_cond_wait(&cond, &counted);
	pthread_cleanup_pop(0);
	return data;
}

static void run_cancel(void)
{
	pthread_t threads[13];
	int n = (int)(sizeof(threads) / sizeof(threads[0]));

	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, wait_for_ever, NULL))
			abort();
	while (there < n)
		sched_yield();
	pthread_mutex_lock(&counted); /* now all of them wait */
	pthread_mutex_unlock(&counted);
	for (int i = 0; i < n; i++)
		pthread_cancel(threads[i]);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void take_once(void)
{
	if (is_early)
		take(1);
}

static void end_specific(void *data)
{
	(void)data;
	take(1);
}

static void *use_specific(void *key)
{
	pthread_setspecific(*(pthread_key_t *)key, key);
	return NULL;
}

static void run_early(void)
{
	pthread_key_t key;
	pthread_t thread;

	take(1);
	atexit(take_once);
	if (pthread_key_create(&key, end_specific) ||
	    pthread_create(&thread, NULL, use_specific, &key))
		abort();
	pthread_join(thread, NULL);
}

static void run_child(void)
{
	take(31);
}

__attribute__((constructor)) static void before_main(int argc, char **argv)
{
	is_early = argc > 1 && strcmp(argv[1], "early") == 0;
	take_once();
}

__attribute__((destructor)) static void after_main(void)
{
	take_once();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} programs[] = {
		{ "killed", run_killed },   { "crowd", run_crowd },
		{ "signals", run_signals }, { "family", run_family },
		{ "cancel", run_cancel },   { "early", run_early },
		{ "child", run_child },
	};

	holdup_lock_name(HOLDUP_MUTEX, &counted, "counted");
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (argc > 1 && strcmp(argv[1], programs[i].name) == 0) {
			programs[i].run();
			return 0;
		}
	fprintf(stderr, "usage: programs "
			"killed|crowd|signals|family|cancel|early\n");
	return 2;
}
