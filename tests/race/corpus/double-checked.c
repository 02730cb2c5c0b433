/* Double-checked initialisation: the first check is outside of the lock. */
#include <stdatomic.h>

#include "shape.h"

struct settings {
	int limit;
};

static bool racy;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct settings *plain;
static _Atomic(struct settings *) published;

static struct settings *make(void)
{
	struct settings *made = malloc(sizeof(*made));

	if (!made)
		abort();
	made->limit = 7;
	return made;
}

static struct settings *get_racy(void)
{
	if (!plain) {
		pthread_mutex_lock(&lock);
		if (!plain)
			plain = make();
		pthread_mutex_unlock(&lock);
	}
	return plain;
}

static struct settings *get_fixed(void)
{
	struct settings *got =
		atomic_load_explicit(&published, memory_order_acquire);

	if (got)
		return got;
	pthread_mutex_lock(&lock);
	got = atomic_load_explicit(&published, memory_order_relaxed);
	if (!got) {
		got = make();
		atomic_store_explicit(&published, got, memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return got;
}

static void *use(void *arg)
{
	int *limit = arg;

	*limit = (racy ? get_racy() : get_fixed())->limit;
	return NULL;
}

int main(int argc, char **argv)
{
	int limits[3];
	pthread_t users[3];

	racy = is_racy(argc, argv);
	for (int i = 0; i < 3; i++)
		users[i] = start(use, &limits[i]);
	for (int i = 0; i < 3; i++)
		join(users[i]);
	free(plain);
	free(published);
	return 0;
}
