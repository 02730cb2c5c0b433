/*
 * The news is signalled before anybody waits for it, and kept nowhere: the
 * reader waits for ever. Innocent: it is kept, and looked at before the wait.
 */
#include "tests/corpus/corpus.h"

static pthread_mutex_t desk = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t signalled;
static bool innocent, is_there;

static void tell(void)
{
	pthread_mutex_lock(&desk);
	is_there = true;
	pthread_cond_signal(&news);
	pthread_mutex_unlock(&desk);
	pthread_barrier_wait(&signalled);
}

static void read_news(void)
{
	pthread_barrier_wait(&signalled);
	if (!innocent)
		hang_here();
	pthread_mutex_lock(&desk);
	while (!innocent || !is_there)
		pthread_cond_wait(&news, &desk);
	pthread_mutex_unlock(&desk);
}

static void *worker(void *arg)
{
	if (arg)
		tell();
	else
		read_news();
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	pthread_barrier_init(&signalled, NULL, 2);
	together(2, worker);
	return 0;
}
