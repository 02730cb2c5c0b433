/* Fork with threads: the child inherits what a thread was just changing. */
#include <sys/wait.h>
#include <unistd.h>

#include "shape.h"

static bool racy;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long entries; /* protected by lock */

static void *append(void *arg)
{
	(void)arg;
	for (int i = 0; i < 97; i++) {
		pthread_mutex_lock(&lock);
		entries++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* What the child finds has to be what the parent saw when it forked. */
static pid_t save(long *saved)
{
	pid_t child;

	if (!racy)
		pthread_mutex_lock(&lock);
	*saved = entries;
	child = fork();
	if (child == 0)
		execl("/bin/true", "true", (char *)NULL);
	if (!racy)
		pthread_mutex_unlock(&lock);
	return child;
}

int main(int argc, char **argv)
{
	pthread_t worker;
	pid_t child;
	long saved;

	racy = is_racy(argc, argv);
	worker = start(append, NULL);
	child = save(&saved);
	join(worker);
	return waitpid(child, NULL, 0) == child && saved <= 97 ? 0 : 1;
}
