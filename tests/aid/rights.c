/*
 * A program that gives up root as careful ones do: it keeps its capabilities
 * over the change of its user, raises them again, and goes on to change groups
 * and users while it has threads. Prints what became of each call, and the user
 * and group of each thread. Without root every call fails, the same each time.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#define THREADS 3

int capget(cap_user_header_t header, cap_user_data_t data);
int capset(cap_user_header_t header, cap_user_data_t data);

static pthread_barrier_t steps;

struct ids {
	uid_t user;
	gid_t group;
};

static void *look(void *data)
{
	struct ids *ids = data;

	pthread_barrier_wait(&steps); /* all are there */
	pthread_barrier_wait(&steps); /* all is done */
	ids->user = geteuid();
	ids->group = getegid();
	return NULL;
}

static void say(const char *what, int result)
{
	printf("%s: %d errno %d\n", what, result, result ? errno : 0);
}

static void change(void)
{
	const gid_t group = 65534;

	say("setgroups", setgroups(1, &group));
	say("setresgid", setresgid(65534, 65534, 65534));
	say("setresuid 1", setresuid(1, 1, 1));
	say("setresuid 2", setresuid(2, 2, 2));
	say("seteuid 2", seteuid(2));
}

int main(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3,
						   0 };
	struct __user_cap_data_struct had[2];
	pthread_t threads[THREADS];
	struct ids ids[THREADS];

	say("capget", capget(&header, had));
	say("keep", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	say("setresuid", setresuid(65534, 65534, 65534));
	say("capset", capset(&header, had));
	pthread_barrier_init(&steps, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, look, &ids[i]))
			return 1;
	pthread_barrier_wait(&steps);
	change();
	pthread_barrier_wait(&steps);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		printf("thread: user %u group %u\n", ids[i].user, ids[i].group);
	}
	/* The same number by hand, as some do to change one thread alone. */
	say("setgid", setgid(65534));
	return 0;
}
