/*
 * Only one thread in the critical section.
 *
 * Each visitor raises a count of those inside, stays for a moment, and lowers
 * it again. With the lock nobody ever meets anybody; without it they do.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "workloads/common.h"

static struct {
	pthread_mutex_t lock;
	struct flight *inside;
	atomic_uint meetings;
} section = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void visit(void)
{
	if (flight_enter(section.inside) > 1)
		atomic_fetch_add(&section.meetings, 1);
	pause_ns(MS / 10);
	flight_leave(section.inside);
}

struct visitor {
	unsigned visits;
	bool locks;
};

static void *visitor_run(void *arg)
{
	const struct visitor *visitor = arg;

	for (unsigned i = 0; i < visitor->visits; i++) {
		if (visitor->locks)
			pthread_mutex_lock(&section.lock);
		visit();
		if (visitor->locks)
			pthread_mutex_unlock(&section.lock);
	}
	return NULL;
}

static bool visit_all(const struct run *run, bool locks)
{
	pthread_t *threads = must_alloc(run->threads, sizeof(*threads));
	struct visitor visitor = { (unsigned)scaled_count(run, run->tasks),
				   locks };
	unsigned most;

	section.inside = flight_new();
	for (unsigned i = 0; i < run->threads; i++)
		threads[i] = thread_start("visitor", visitor_run, &visitor);
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(threads[i]);
	free(threads);
	most = flight_most(section.inside);
	tell_count("visits", (uint64_t)visitor.visits * run->threads);
	tell_count("most_inside", most);
	tell_count("meetings", section.meetings);
	return most == 1;
}

static bool with_lock(const struct run *run)
{
	return visit_all(run, true);
}

static bool without_lock(const struct run *run)
{
	return visit_all(run, false);
}

static const struct variant variants[] = {
	{ "lock", "the section is entered under a lock", with_lock },
	{ "open", "the section is entered at will", without_lock },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload critical_section = {
		.name = "critical-section",
		.what = "Threads that count who else is inside.",
		.threads = 4,
		.tasks = 500,
		.variants = variants,
	};

	return workload_main(&critical_section, argc, argv);
}
