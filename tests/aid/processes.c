/*
 * Programs of several processes, and ends of all kinds, each with counts that
 * are known: `processes WHAT`. The mutex that counts is called "counted".
 *
 * daemon  takes it 7 times; its grandchild, with a session of its own and all
 *         descriptors closed, 37 times
 * spawn   starts five processes at once that take it 31 times each
 * raw     children by _Fork(), clone() and the number of the system call take
 *         it 3 times each, recorded by nobody; 11 times itself
 * ends    threads that return, call pthread_exit(), are cancelled: 13 each;
 *         then one of them calls exit() while it holds it
 * crash   takes it 17 times, then writes to nowhere while it holds it
 * abort   the same with abort()
 * title   takes it 5 times, writes over its environment, as programs do that
 *         show a title; its child takes it 29 times, and finds what was written
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t counted = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int *done; /* shared by processes */

static void take(long times)
{
	for (long i = 0; i < times; i++) {
		pthread_mutex_lock(&counted);
		__asm__ volatile("" : : : "memory");
		pthread_mutex_unlock(&counted);
	}
}

static void run_daemon(void)
{
	take(7);
	if (fork() == 0) {
		setsid();
		if (fork() != 0)
			_exit(0);
		closefrom(0);
		if (chdir("/"))
			_exit(1);
		take(37);
		*done = 1;
		_exit(0);
	}
	wait(NULL);
	while (!*done)
		sched_yield();
}

static void run_spawn(void)
{
	char name[] = "processes";
	char what[] = "child";
	char *arguments[] = { name, what, NULL };
	pid_t pids[5];

	for (int i = 0; i < 5; i++)
		if (posix_spawn(&pids[i], "/proc/self/exe", NULL, NULL,
				arguments, environ))
			abort();
	for (int i = 0; i < 5; i++)
		if (waitpid(pids[i], NULL, 0) != pids[i])
			abort();
}

static int take_three(void *data)
{
	(void)data;
	take(3);
	for (int i = 0; i < 1000; i++)
		sched_yield(); /* to be seen */
	return 0;
}

static void run_raw(void)
{
	static char stack[65536] __attribute__((aligned(16)));

	take(11);
	if (_Fork() == 0)
		_exit(take_three(NULL));
	wait(NULL);
	if (clone(take_three, stack + sizeof(stack), SIGCHLD, NULL) < 0)
		abort();
	wait(NULL);
	if (syscall(SYS_fork) == 0)
		_exit(take_three(NULL));
	wait(NULL);
}

static void *end_by(void *way)
{
	take(13);
	if (way == (void *)1)
		pthread_exit(way);
	while (way == (void *)2)
		pause();
	if (way == (void *)3) {
		pthread_mutex_lock(&counted);
		exit(5);
	}
	return NULL;
}

static void run_ends(void)
{
	pthread_t threads[4];

	for (long i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, end_by, (void *)i);
	pthread_cancel(threads[2]);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	pthread_create(&threads[3], NULL, end_by, (void *)3);
	pthread_join(threads[3], NULL);
}

static void run_crash(void)
{
	volatile int *volatile nowhere = NULL;

	take(17);
	pthread_mutex_lock(&counted);
	/* cppcheck-suppress nullPointer; NOLINTNEXTLINE: meant */
	*nowhere = 0;
}

static void run_abort(void)
{
	take(17);
	pthread_mutex_lock(&counted);
	abort();
}

static void run_title(void)
{
	int status;

	take(5);
	for (char **word = environ; *word; word++)
		memset(*word, ' ', strlen(*word));
	if (fork() == 0) {
		for (char **word = environ; *word; word++)
			if (strspn(*word, " ") != strlen(*word))
				_exit(1);
		take(29);
		_exit(0);
	}
	if (wait(&status) < 0 || status)
		abort();
}

static void run_child(void)
{
	take(31);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} programs[] = {
		{ "daemon", run_daemon }, { "spawn", run_spawn },
		{ "raw", run_raw },	  { "ends", run_ends },
		{ "crash", run_crash },	  { "abort", run_abort },
		{ "child", run_child },	  { "title", run_title },
	};

	done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED)
		abort();
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (argc > 1 && strcmp(argv[1], programs[i].name) == 0) {
			programs[i].run();
			return 0;
		}
	return 2;
}
