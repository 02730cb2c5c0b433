#include "tests/aid/conform/conform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KNOWN 4242 /* no error number */

void show(const char *name, long result)
{
	int error = errno;

	if (error == KNOWN)
		printf("%s: %ld\n", name, result);
	else
		printf("%s: %ld errno %d\n", name, result, error);
	fflush(stdout);
	errno = KNOWN;
}

void note(const char *name, long value)
{
	printf("%s = %ld\n", name, value);
	fflush(stdout);
	errno = KNOWN;
}

struct timespec after_ms(clockid_t clock, long ms)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_nsec += ms % 1000 * 1000000;
	time.tv_sec += ms / 1000 + time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	return time;
}

void *elsewhere(void *(*routine)(void *), void *argument)
{
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, routine, argument) ||
	    pthread_join(thread, &result))
		abort();
	return result;
}

void wait_until_asleep(int tid)
{
	char path[64];
	char line[256];
	char state = '?';

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	while (state != 'S') {
		FILE *file = fopen(path, "r");
		const char *end;

		if (!file || !fgets(line, sizeof(line), file))
			abort();
		fclose(file);
		end = strrchr(line, ')');
		state = (char)(end ? end[2] : '?');
		sched_yield();
	}
	errno = KNOWN;
}

int main(void)
{
	note("errno at start", errno);
	conform_mutex();
	conform_robust();
	conform_rwlock();
	conform_cond();
	conform_objects();
	conform_c11();
	conform_threads();
	conform_cancel();
	conform_io();
	conform_files();
	conform_processes();
	return 7;
}
