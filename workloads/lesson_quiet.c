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

/* The count in a control group's file; false if there is none. */
static bool read_throttled(const char *mount, const char *group, double *times)
{
	static const char key[] = "nr_throttled ";
	char *path = g_strdup_printf("%s%s/cpu.stat", mount, group);
	char *text = NULL, *found;
	bool is_there = g_file_get_contents(path, &text, NULL, NULL);

	found = is_there ? strstr(text, key) : NULL;
	if (found)
		*times = g_ascii_strtod(found + sizeof(key) - 1, NULL);
	g_free(text);
	g_free(path);
	return is_there;
}

/* Of a line "ID:CONTROLLERS:GROUP"; version 2 names no controllers. */
static double throttled_in(const char *line)
{
	char **parts = g_strsplit(line, ":", 3);
	const char *mount = NULL;
	double times = 0;

	if (g_strv_length(parts) == 3)
		mount = !*parts[1] ? "/sys/fs/cgroup"
			: g_str_has_prefix(parts[1], "cpu,") ||
					g_str_has_suffix(parts[1], "cpu")
				? "/sys/fs/cgroup/cpu"
				: NULL;
	/* In a container the group may be the root of what can be seen. */
	if (mount && !read_throttled(mount, parts[2], &times))
		read_throttled(mount, "", &times);
	g_strfreev(parts);
	return times;
}

/* How often our control groups had to stop, for they may use no more CPU. */
static double times_throttled(void)
{
	char *text = NULL, **lines;
	double times = 0;

	if (!g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL))
		return 0;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		times += throttled_in(*line);
	g_strfreev(lines);
	g_free(text);
	return times;
}

static double now_s(void)
{
	return (double)g_get_monotonic_time() / 1e6;
}

void lesson_watch_begin(struct lesson_watch *watch)
{
	watch->begin_s = now_s();
	watch->throttled = times_throttled();
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

bool lesson_watch_throttled(const struct lesson_watch *watch)
{
	return times_throttled() > watch->throttled;
}

struct probe {
	pthread_t thread;
	double took_s, cpu_s;
};

static double thread_cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A fixed amount of computing, and nothing but that. */
static void *probe_run(void *arg)
{
	struct probe *probe = arg;
	double begin_s = now_s(), begin_cpu_s = thread_cpu_s();
	uint64_t x = 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	__asm__ volatile("" : : "r"(x));
	probe->cpu_s = thread_cpu_s() - begin_cpu_s;
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
		if (*best_s <= 0 || probes[i].cpu_s < *best_s)
			*best_s = probes[i].cpu_s;
	}
	for (unsigned i = 0; i < started; i++)
		there += MIN(*best_s / probes[i].took_s, 1);
	return n > 0 ? there / n : 0;
}
