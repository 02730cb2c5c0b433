/* Signal handler: it allocates, and may have interrupted the allocator. */
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "shape.h"

static const struct timespec moment = { .tv_nsec = 1000000 };
static bool racy;
static void *volatile scratch;
static atomic_bool is_asked;

static void on_signal(int number)
{
	(void)number;
	if (racy) {
		scratch = malloc(24);
		free(scratch);
	}
	atomic_store(&is_asked, true);
}

/* More than once: ThreadSanitizer defers signals, and loses one at times. */
static void *ask(void *arg)
{
	do {
		pthread_kill(*(const pthread_t *)arg, SIGUSR1);
		nanosleep(&moment, NULL);
	} while (!atomic_load(&is_asked));
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t self = pthread_self(), asker;

	racy = is_racy(argc, argv);
	sigaction(SIGUSR1, &action, NULL);
	asker = start(ask, &self);
	while (!atomic_load(&is_asked))
		nanosleep(&moment, NULL);
	join(asker);
	return 0;
}
