/* Whether the CPUs were there for us, or used by others meanwhile. */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"

#define ROUNDS	    2500000 /* of a probe: some ms, more than a time slice */
#define PROBES_MOST 256

unsigned lesson_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set)
		       ? 1
		       : (unsigned)CPU_COUNT(&set);
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* CPU seconds that this process and those that it waited for have used. */
static double own_seconds(void)
{
	struct rusage own, children;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return seconds_of(own.ru_utime) + seconds_of(own.ru_stime) +
	       seconds_of(children.ru_utime) + seconds_of(children.ru_stime);
}

/* CPU seconds since the machine started: used by anybody, or stolen from it. */
static double busy_seconds(void)
{
	char *text = NULL, *at;
	double busy = 0;

	if (!g_file_get_contents("/proc/stat", &text, NULL, NULL))
		return 0;
	/* cpu user nice system idle iowait irq softirq steal */
	at = text + strcspn(text, " ");
	for (int i = 0; i < 8; i++) {
		double ticks = g_ascii_strtod(at, &at);

		if (i != 3 && i != 4)
			busy += ticks;
	}
	g_free(text);
	return busy / (double)sysconf(_SC_CLK_TCK);
}

static double now_s(void)
{
	return (double)g_get_monotonic_time() / 1e6;
}

void lesson_watch_begin(struct lesson_watch *watch)
{
	watch->begin_s = now_s();
	watch->own_s = own_seconds();
	watch->busy_s = busy_seconds();
}

double lesson_watch_end(const struct lesson_watch *watch)
{
	double cpus = g_get_num_processors();
	double used_s = busy_seconds() - watch->busy_s;
	double others_s = used_s - (own_seconds() - watch->own_s);
	double elapsed_s = now_s() - watch->begin_s;

	/* What is used is told in ticks, and may be one off on each CPU. */
	others_s -= cpus / (double)sysconf(_SC_CLK_TCK);
	return elapsed_s > 0 ? CLAMP(others_s / elapsed_s / cpus, 0, 1) : 0;
}

struct probe {
	pthread_t thread;
	double took_s;
};

/* A fixed amount of computing, and nothing but that. */
static void *probe_run(void *arg)
{
	struct probe *probe = arg;
	double begin_s = now_s();
	uint64_t x = 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	__asm__ volatile("" : : "r"(x));
	probe->took_s = now_s() - begin_s;
	return NULL;
}

double lesson_cpus_there(double *best_s)
{
	struct probe probes[PROBES_MOST];
	unsigned n = MIN(lesson_cpus(), PROBES_MOST), started = 0;
	double there = 0;

	while (started < n && !pthread_create(&probes[started].thread, NULL,
					      probe_run, &probes[started]))
		started++;
	for (unsigned i = 0; i < started; i++) {
		pthread_join(probes[i].thread, NULL);
		if (*best_s <= 0 || probes[i].took_s < *best_s)
			*best_s = probes[i].took_s;
	}
	for (unsigned i = 0; i < started; i++)
		there += *best_s / probes[i].took_s;
	return n > 0 ? there / n : 0;
}
