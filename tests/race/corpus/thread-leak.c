/* Thread leak: nobody joins it, nobody detached it. */
#include <sched.h>
#include <stdatomic.h>

#include "shape.h"

static atomic_bool is_over;

static void *work(void *arg)
{
	(void)arg;
	atomic_store(&is_over, true);
	return NULL;
}

int main(int argc, char **argv)
{
	bool racy = is_racy(argc, argv);
	pthread_t worker = start(work, NULL);

	while (!atomic_load(&is_over))
		sched_yield();
	if (!racy)
		join(worker);
	return 0;
}
