/* Destroyed mutex: it is taken again after its end. */
#include "shape.h"

int main(int argc, char **argv)
{
	bool racy = is_racy(argc, argv);
	pthread_mutex_t lock;

	pthread_mutex_init(&lock, NULL);
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	pthread_mutex_destroy(&lock);
	if (!racy)
		pthread_mutex_init(&lock, NULL);
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	return 0;
}
