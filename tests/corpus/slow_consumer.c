/*
 * A bounded queue whose consumer needs 2 ms for each item: the producers wait
 * for room. Innocent: it needs none, and the producers rest between items.
 */
#include "tests/corpus/corpus.h"

#define ROOM  4
#define ITEMS 60

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_room = PTHREAD_COND_INITIALIZER;
static pthread_cond_t has_items = PTHREAD_COND_INITIALIZER;
static bool innocent;
static int items;

static void put(void)
{
	pthread_mutex_lock(&queue);
	while (items == ROOM)
		pthread_cond_wait(&has_room, &queue);
	items++;
	pthread_cond_signal(&has_items);
	pthread_mutex_unlock(&queue);
}

static void take(void)
{
	pthread_mutex_lock(&queue);
	while (!items)
		pthread_cond_wait(&has_items, &queue);
	items--;
	pthread_cond_signal(&has_room);
	pthread_mutex_unlock(&queue);
}

static void *worker(void *arg)
{
	if (arg)
		rest(20000); /* the queue begins empty, the consumer waits */
	for (int i = 0; i < ITEMS; i++) {
		if (arg) {
			if (innocent)
				rest(2000);
			put();
			continue;
		}
		for (int j = 0; j < 2; j++) {
			take();
			if (!innocent)
				compute(2000);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(3, worker);
	return 0;
}
