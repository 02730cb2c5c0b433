/*
 * A program whose every count is a prime that its report must find again:
 * 7 threads that take a mutex 23 times each, a rwlock 13 times for reading and
 * 11 times for writing, sleep 3 times and write 5 bytes into a pipe 17 times.
 * With an argument, it then kills itself as kill -9 would.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 7, LOCKS = 23, READS = 13, WRITES = 11, SLEEPS = 3, IOS = 17 };

static pthread_mutex_t counter_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static int counter; /* protected by counter_lock */
static int ends[2];

static void must(int failed)
{
	if (failed)
		abort();
}

static void *work(void *arg)
{
	static const struct timespec pause = { 0, 1000000 };

	(void)arg;
	for (int i = 0; i < LOCKS; i++) {
		must(pthread_mutex_lock(&counter_lock));
		counter++;
		must(pthread_mutex_unlock(&counter_lock));
	}
	for (int i = 0; i < READS; i++) {
		must(pthread_rwlock_rdlock(&table_lock));
		must(pthread_rwlock_unlock(&table_lock));
	}
	for (int i = 0; i < WRITES; i++) {
		must(pthread_rwlock_wrlock(&table_lock));
		must(pthread_rwlock_unlock(&table_lock));
	}
	for (int i = 0; i < SLEEPS; i++)
		must(nanosleep(&pause, NULL));
	for (int i = 0; i < IOS; i++)
		must(write(ends[1], "prime", 5) != 5);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	(void)argv;
	must(pipe(ends));
	for (int i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, work, NULL));
	for (int i = 0; i < THREADS; i++)
		must(pthread_join(threads[i], NULL));
	must(counter != THREADS * LOCKS);
	if (argc > 1)
		raise(SIGKILL);
	return 0;
}
