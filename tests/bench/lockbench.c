/*
 * One figure of what locks cost: `lockbench WHAT [OPERATIONS]` prints ns an
 * operation and voluntary switches per 1,000 operations.
 *
 * pair      lock + unlock of a free mutex, in a process with two threads
 * floor     the same with two readings of the TSC: what hold times take at
 * least rwpair    the same of a rwlock, for reading nested    the same of a
 * mutex while another is held mix       2 threads, 64 mutexes, 2 us of work
 * while one is held hot2 hot8 2 or 8 threads on one mutex, 200 ns inside and
 * outside of it rw        4 threads on one rwlock, a tenth of them writes,
 * times as above create    a thread made and joined, on one CPU: over two CPUs
 * it is 10 us or 50 us more, by how deep the other one happens to sleep
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define ROUNDS	  40
#define MIX_LOCKS 64

struct bench {
	const char *name;
	int threads; /* 0: run once, in the main thread */
	long operations;
	void (*operate)(long n, uint32_t seed);
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static struct {
	_Alignas(64) pthread_mutex_t mutex;
} mix[MIX_LOCKS];

static double loops_per_ns;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void loop(long n)
{
	for (long i = 0; i < n; i++)
		__asm__ volatile("" : : : "memory");
}

static void work_ns(double ns)
{
	loop((long)(ns * loops_per_ns));
}

static void calibrate(void)
{
	const long n = 2000000;
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t begin = now_ns();
		uint64_t took;

		loop(n);
		took = now_ns() - begin;
		if (took < best)
			best = took;
	}
	loops_per_ns = (double)n / (double)best;
}

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void operate_pair(long n, uint32_t seed)
{
	(void)seed;
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(&mutex);
		__asm__ volatile("" : : : "memory");
		pthread_mutex_unlock(&mutex);
	}
}

static void operate_floor(long n, uint32_t seed)
{
	uint64_t held = 0;

	(void)seed;
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(&mutex);
		held -= __builtin_ia32_rdtsc();
		held += __builtin_ia32_rdtsc();
		pthread_mutex_unlock(&mutex);
	}
	__asm__ volatile("" : : "r"(held));
}

static void operate_rwpair(long n, uint32_t seed)
{
	(void)seed;
	for (long i = 0; i < n; i++) {
		pthread_rwlock_rdlock(&rwlock);
		__asm__ volatile("" : : : "memory");
		pthread_rwlock_unlock(&rwlock);
	}
}

static void operate_nested(long n, uint32_t seed)
{
	pthread_mutex_lock(&outer);
	operate_pair(n, seed);
	pthread_mutex_unlock(&outer);
}

static void operate_mix(long n, uint32_t seed)
{
	for (long i = 0; i < n; i++) {
		pthread_mutex_t *one = &mix[draw(&seed) % MIX_LOCKS].mutex;

		pthread_mutex_lock(one);
		work_ns(2000);
		pthread_mutex_unlock(one);
	}
}

static void operate_hot(long n, uint32_t seed)
{
	(void)seed;
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(&mutex);
		work_ns(200);
		pthread_mutex_unlock(&mutex);
		work_ns(200);
	}
}

static void operate_rw(long n, uint32_t seed)
{
	for (long i = 0; i < n; i++) {
		if (draw(&seed) % 10)
			pthread_rwlock_rdlock(&rwlock);
		else
			pthread_rwlock_wrlock(&rwlock);
		work_ns(200);
		pthread_rwlock_unlock(&rwlock);
		work_ns(200);
	}
}

static void *nothing(void *data)
{
	return data;
}

static void operate_create(long n, uint32_t seed)
{
	pthread_t thread;
	cpu_set_t here;

	(void)seed;
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
	for (long i = 0; i < n; i++) {
		if (pthread_create(&thread, NULL, nothing, NULL) ||
		    pthread_join(thread, NULL))
			abort();
	}
}

static const struct bench benches[] = {
	{ "pair", 0, 20000, operate_pair },
	{ "floor", 0, 20000, operate_floor },
	{ "rwpair", 0, 20000, operate_rwpair },
	{ "nested", 0, 20000, operate_nested },
	{ "create", 0, 50, operate_create },
	{ "mix", 2, 100000, operate_mix },
	{ "hot2", 2, 1000000, operate_hot },
	{ "hot8", 8, 1000000, operate_hot },
	{ "rw", 4, 1000000, operate_rw },
};

struct part {
	const struct bench *bench;
	pthread_barrier_t *gate;
	long operations;
	uint32_t seed;
};

static void *run_part(void *data)
{
	const struct part *part = data;

	pthread_barrier_wait(part->gate);
	part->bench->operate(part->operations, part->seed);
	return NULL;
}

/* The best of many short rounds: others use the CPUs, too. */
static void run_alone(const struct bench *bench, long operations)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t begin = now_ns();
		uint64_t took;

		bench->operate(operations, 1);
		took = now_ns() - begin;
		if (took < best)
			best = took;
	}
	printf("%.2f 0\n", (double)best / (double)operations);
}

static void run_threads(const struct bench *bench, long operations)
{
	struct part parts[8];
	pthread_t threads[8];
	pthread_barrier_t gate;
	struct rusage before;
	struct rusage after;
	uint64_t begin;
	double took;

	pthread_barrier_init(&gate, NULL, (unsigned)bench->threads + 1);
	for (int i = 0; i < bench->threads; i++) {
		parts[i] = (struct part){ bench, &gate,
					  operations / bench->threads,
					  (uint32_t)i * 7919 + 1 };
		if (pthread_create(&threads[i], NULL, run_part, &parts[i]))
			abort();
	}
	getrusage(RUSAGE_SELF, &before);
	begin = now_ns();
	pthread_barrier_wait(&gate);
	for (int i = 0; i < bench->threads; i++)
		pthread_join(threads[i], NULL);
	took = (double)(now_ns() - begin);
	getrusage(RUSAGE_SELF, &after);
	printf("%.2f %.3f\n", took / (double)operations,
	       (double)(after.ru_nvcsw - before.ru_nvcsw) * 1000 /
		       (double)operations);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	long asked = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	/* A process that never had a second thread locks without atomics. */
	if (pthread_create(&thread, NULL, nothing, NULL))
		return 3;
	pthread_join(thread, NULL);
	for (int i = 0; i < MIX_LOCKS; i++)
		pthread_mutex_init(&mix[i].mutex, NULL);
	calibrate();
	for (size_t i = 0; argc > 1 && i < sizeof(benches) / sizeof(benches[0]);
	     i++) {
		const struct bench *bench = &benches[i];
		long operations = asked ? asked : bench->operations;

		if (strcmp(argv[1], bench->name) != 0)
			continue;
		if (bench->threads)
			run_threads(bench, operations);
		else
			run_alone(bench, operations);
		return 0;
	}
	fprintf(stderr,
		"usage: lockbench "
		"pair|floor|rwpair|nested|mix|hot2|hot8|rw|create [N]\n");
	return 2;
}
