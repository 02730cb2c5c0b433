#include "tests/aid/conform/conform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *returns(void *data)
{
	return data;
}

static void *exits(void *data)
{
	pthread_exit(data);
}

static void *names(void *data)
{
	char name[32] = "";

	(void)data;
	show(" setname", pthread_setname_np(pthread_self(), "a name"));
	show(" setname too long",
	     pthread_setname_np(pthread_self(), "a name that is too long"));
	show(" getname",
	     pthread_getname_np(pthread_self(), name, sizeof(name)));
	puts(name);
	return NULL;
}

static _Atomic int keys_ended;

static void end_key(void *data)
{
	(void)data;
	keys_ended++;
}

static void *uses_key(void *data)
{
	pthread_setspecific(*(pthread_key_t *)data, data);
	return NULL;
}

static void *waits_forever(void *data)
{
	(void)data;
	pause();
	return NULL;
}

static void joins(void)
{
	struct timespec real = after_ms(CLOCK_REALTIME, 20);
	struct timespec mono = after_ms(CLOCK_MONOTONIC, 20);
	pthread_t thread;
	void *result = NULL;

	pthread_create(&thread, NULL, waits_forever, NULL);
	show(" tryjoin", pthread_tryjoin_np(thread, &result));
	show(" timedjoin", pthread_timedjoin_np(thread, &result, &real));
	show(" clockjoin",
	     pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &mono));
	show(" cancel", pthread_cancel(thread));
	show(" join", pthread_join(thread, &result));
	note(" canceled", result == PTHREAD_CANCELED);
	show(" join of oneself", pthread_join(pthread_self(), &result));
}

void conform_threads(void)
{
	struct timespec nap = { .tv_nsec = 1000 };
	struct timespec past = { .tv_sec = 1 };
	pthread_attr_t attributes;
	pthread_key_t key;
	pthread_t thread;

	puts("threads");
	note(" returned", (long)elsewhere(returns, (void *)11));
	note(" exited", (long)elsewhere(exits, (void *)12));
	elsewhere(names, NULL);
	pthread_key_create(&key, end_key);
	elsewhere(uses_key, &key);
	note(" keys ended", keys_ended);
	pthread_attr_init(&attributes);
	show(" smallest stack",
	     pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN));
	show(" create", pthread_create(&thread, &attributes, returns, NULL));
	show(" join", pthread_join(thread, NULL));
	pthread_attr_destroy(&attributes);
	joins();
	puts("sleeps");
	show(" sched_yield", sched_yield());
	show(" nanosleep", nanosleep(&nap, NULL));
	show(" clock_nanosleep past",
	     clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL));
	show(" clock_nanosleep bad clock",
	     clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &nap, NULL));
	nap.tv_nsec = 1000000000;
	show(" nanosleep bad", nanosleep(&nap, NULL));
	show(" usleep", usleep(1));
	show(" sleep", sleep(0));
}

/* Ways to block that a cancellation must end. */
enum way {
	WAY_COND,
	WAY_SEM,
	WAY_READ,
	WAY_POLL,
	WAY_SLEEP,
	WAY_PAUSE,
	WAY_ACCEPT,
	WAY_N,
};

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	sem_t sem;
	int pipe[2];
	int socket;
	_Atomic int tid;
	bool owned; /* the mutex, when the cleanup ran */
} place = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	    .cond = PTHREAD_COND_INITIALIZER };

static void release(void *data)
{
	(void)data;
	place.owned = place.mutex.__data.__owner == gettid();
	show(" unlock in the cleanup", pthread_mutex_unlock(&place.mutex));
}

static void block(enum way way)
{
	struct pollfd one = { .fd = place.pipe[0], .events = POLLIN };
	char byte;

	if (way == WAY_SEM)
		sem_wait(&place.sem);
	else if (way == WAY_READ)
		(void)!read(place.pipe[0], &byte, 1);
	else if (way == WAY_POLL)
		poll(&one, 1, -1);
	else if (way == WAY_SLEEP)
		sleep(1000);
	else if (way == WAY_PAUSE)
		pause();
	else if (way == WAY_ACCEPT)
		accept(place.socket, NULL, NULL);
	else
		pthread_cond_wait(&place.cond, &place.mutex);
}

static void *blocked(void *data)
{
	pthread_mutex_lock(&place.mutex);
	pthread_cleanup_push(release, NULL);
	place.tid = gettid();
	for (;;)
		block((enum way)(long)data);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *free_sem(void *data)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_cancel(pthread_self());
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	sem_wait(data); /* acts on it though it need not block */
	return NULL;
}

void conform_cancel(void)
{
	pthread_t thread;
	void *result;
	sem_t sem;

	puts("cancel");
	sem_init(&place.sem, 0, 0);
	if (pipe(place.pipe))
		abort();
	place.socket = socket(AF_INET, SOCK_STREAM, 0);
	listen(place.socket, 1);
	for (long way = 0; way < WAY_N; way++) {
		place.tid = 0;
		pthread_create(&thread, NULL, blocked, (void *)way);
		while (!place.tid)
			sched_yield();
		wait_until_asleep(place.tid);
		note(" way", way);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		note(" canceled", result == PTHREAD_CANCELED);
		note(" owned the mutex", place.owned);
		show(" it is free", pthread_mutex_trylock(&place.mutex));
		pthread_mutex_unlock(&place.mutex);
	}
	sem_init(&sem, 0, 1);
	note(" canceled in a free semaphore",
	     elsewhere(free_sem, &sem) == PTHREAD_CANCELED);
	close(place.pipe[0]);
	close(place.pipe[1]);
	close(place.socket);
}
