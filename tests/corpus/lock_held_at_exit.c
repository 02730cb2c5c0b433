/* A way out that forgets the unlock; innocent: it does not. */
#include "tests/corpus/corpus.h"

static pthread_mutex_t account = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;

static void *withdraw(void *arg)
{
	pthread_mutex_lock(&account);
	if (!arg && !innocent)
		return NULL;
	pthread_mutex_unlock(&account);
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(1, withdraw);
	return 0;
}
