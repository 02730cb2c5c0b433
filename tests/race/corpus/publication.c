/* Publication: the flag says "there", but does not release what was written. */
#include <sched.h>
#include <stdatomic.h>

#include "shape.h"

static int message;
static atomic_bool is_ready;
static memory_order order;

static void *publish(void *arg)
{
	(void)arg;
	message = 42;
	atomic_store_explicit(&is_ready, true, order);
	return NULL;
}

static void *receive(void *arg)
{
	(void)arg;
	while (!atomic_load_explicit(&is_ready, memory_order_acquire))
		sched_yield();
	return message == 42 ? NULL : arg;
}

int main(int argc, char **argv)
{
	pthread_t writer, reader;

	order = is_racy(argc, argv) ? memory_order_relaxed
				    : memory_order_release;
	reader = start(receive, NULL);
	writer = start(publish, NULL);
	join(writer);
	join(reader);
	return 0;
}
