/* Destruction: the owner frees a thing that its user has not let go of. */
#include <sched.h>
#include <stdatomic.h>

#include "shape.h"

struct job {
	int result;
	atomic_bool is_done;
	int uses;
};

static void *work(void *arg)
{
	struct job *job = arg;

	job->result = 1;
	atomic_store(&job->is_done, true);
	/* "Done" was said too early: this still uses it. */
	job->uses++;
	return NULL;
}

int main(int argc, char **argv)
{
	bool racy = is_racy(argc, argv);
	struct job *job = calloc(1, sizeof(*job));
	pthread_t worker;

	if (!job)
		abort();
	worker = start(work, job);
	while (!atomic_load(&job->is_done))
		sched_yield();
	if (racy) {
		free(job);
		join(worker);
	} else {
		join(worker);
		free(job);
	}
	return 0;
}
