/* Signal handler: it allocates, and may have interrupted the allocator. */
#include <signal.h>
#include <time.h>

#include "shape.h"

static bool racy;
static void *volatile scratch;
static volatile sig_atomic_t is_asked;

static void on_signal(int number)
{
	(void)number;
	if (racy) {
		scratch = malloc(24);
		free(scratch);
	}
	is_asked = 1;
}

static void *ask(void *arg)
{
	pthread_kill(*(const pthread_t *)arg, SIGUSR1);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	const struct timespec moment = { .tv_nsec = 1000000 };
	pthread_t self = pthread_self(), asker;

	racy = is_racy(argc, argv);
	sigaction(SIGUSR1, &action, NULL);
	asker = start(ask, &self);
	while (!is_asked)
		nanosleep(&moment, NULL);
	join(asker);
	return 0;
}
