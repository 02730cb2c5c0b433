/*
 * A broadcast to 16 threads for each item, of which one gets it and 15 go back
 * to wait. Innocent: a signal, to one.
 */
#include "tests/corpus/corpus.h"

#define READERS 16
#define ITEMS	600

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_items = PTHREAD_COND_INITIALIZER;
static pthread_cond_t is_idle = PTHREAD_COND_INITIALIZER;
static bool innocent, is_over;
/* Protected by queue; those that were woken do not count as waiting. */
static int items, waiting;

/* Once all wait, so that each wake-up is one of all. */
static void put(void)
{
	pthread_mutex_lock(&queue);
	while (items || waiting < READERS)
		pthread_cond_wait(&is_idle, &queue);
	items++;
	waiting -= innocent ? 1 : READERS;
	if (innocent)
		pthread_cond_signal(&has_items);
	else
		pthread_cond_broadcast(&has_items);
	pthread_mutex_unlock(&queue);
}

static bool take(void)
{
	bool is_item;

	pthread_mutex_lock(&queue);
	while (!items && !is_over) {
		if (++waiting == READERS)
			pthread_cond_signal(&is_idle);
		pthread_cond_wait(&has_items, &queue);
	}
	is_item = items > 0;
	items = 0;
	pthread_mutex_unlock(&queue);
	return is_item;
}

static void end(void)
{
	pthread_mutex_lock(&queue);
	is_over = true;
	pthread_cond_broadcast(&has_items);
	pthread_mutex_unlock(&queue);
}

static void *worker(void *arg)
{
	if (arg) {
		while (take())
			;
		return NULL;
	}
	for (int i = 0; i < ITEMS; i++)
		put();
	end();
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(READERS + 1, worker);
	return 0;
}
