/* Reference count: the last one out frees, but has not seen the others' work.
 */
#include <stdatomic.h>

#include "shape.h"

struct object {
	atomic_int references;
	int uses[2];
};

struct user {
	struct object *object;
	int index;
};

static memory_order order;

static void put(struct object *object)
{
	if (atomic_fetch_sub_explicit(&object->references, 1, order) == 1)
		free(object);
}

static void *use(void *arg)
{
	const struct user *user = arg;

	user->object->uses[user->index]++;
	put(user->object);
	return NULL;
}

int main(int argc, char **argv)
{
	struct object *object = calloc(1, sizeof(*object));
	struct user users[2] = { { object, 0 }, { object, 1 } };
	pthread_t threads[2];

	order = is_racy(argc, argv) ? memory_order_relaxed
				    : memory_order_acq_rel;
	if (!object)
		abort();
	atomic_init(&object->references, 2);
	for (int i = 0; i < 2; i++)
		threads[i] = start(use, &users[i]);
	for (int i = 0; i < 2; i++)
		join(threads[i]);
	return 0;
}
