/* Stop flag: a plain variable tells a thread to end. */
#include <sched.h>
#include <stdatomic.h>

#include "shape.h"

static bool racy;
static bool stop_plain;
static atomic_bool stop_atomic;

static void *work(void *arg)
{
	(void)arg;
	while (racy ? !stop_plain : !atomic_load(&stop_atomic))
		sched_yield();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t worker;

	racy = is_racy(argc, argv);
	worker = start(work, NULL);
	if (racy)
		stop_plain = true;
	else
		atomic_store(&stop_atomic, true);
	join(worker);
	return 0;
}
