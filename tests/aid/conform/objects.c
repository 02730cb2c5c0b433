#include "tests/aid/conform/conform.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <threads.h>
#include <unistd.h>

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int turn;
	int tid;
} shared = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	     .cond = PTHREAD_COND_INITIALIZER };

static void *wait_for_turn(void *data)
{
	int failed = 0;

	(void)data;
	pthread_mutex_lock(&shared.mutex);
	while (!shared.turn)
		failed |= pthread_cond_wait(&shared.cond, &shared.mutex);
	note(" waits failed", failed);
	note(" mutex is mine after it",
	     shared.mutex.__data.__owner == gettid());
	shared.turn = 0;
	pthread_cond_signal(&shared.cond);
	pthread_mutex_unlock(&shared.mutex);
	return NULL;
}

static void timed_waits(void)
{
	struct timespec real = after_ms(CLOCK_REALTIME, 20);
	struct timespec mono = after_ms(CLOCK_MONOTONIC, 20);
	struct timespec bad = { .tv_nsec = 1000000000 };

	pthread_mutex_lock(&shared.mutex);
	show(" timedwait",
	     pthread_cond_timedwait(&shared.cond, &shared.mutex, &real));
	show(" clockwait", pthread_cond_clockwait(&shared.cond, &shared.mutex,
						  CLOCK_MONOTONIC, &mono));
	show(" timedwait bad time",
	     pthread_cond_timedwait(&shared.cond, &shared.mutex, &bad));
	show(" clockwait bad clock",
	     pthread_cond_clockwait(&shared.cond, &shared.mutex,
				    CLOCK_PROCESS_CPUTIME_ID, &mono));
	note(" mutex is mine after it",
	     shared.mutex.__data.__owner == gettid());
	pthread_mutex_unlock(&shared.mutex);
}

void conform_cond(void)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t checked;
	pthread_t thread;
	pthread_cond_t cond;

	puts("condition");
	pthread_create(&thread, NULL, wait_for_turn, NULL);
	pthread_mutex_lock(&shared.mutex);
	shared.turn = 1;
	show(" signal", pthread_cond_signal(&shared.cond));
	while (shared.turn)
		pthread_cond_wait(&shared.cond, &shared.mutex);
	pthread_mutex_unlock(&shared.mutex);
	pthread_join(thread, NULL);
	timed_waits();
	show(" broadcast", pthread_cond_broadcast(&shared.cond));
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&checked, &attributes);
	show(" init", pthread_cond_init(&cond, NULL));
	show(" wait with a mutex not held", pthread_cond_wait(&cond, &checked));
	show(" lock it", pthread_mutex_lock(&checked));
	show(" unlock it", pthread_mutex_unlock(&checked));
	show(" destroy", pthread_cond_destroy(&cond));
}

static int runs;

static void run_once(void)
{
	runs++;
}

static void *meet(void *barrier)
{
	return (void *)(long)pthread_barrier_wait(barrier);
}

static void barrier(void)
{
	pthread_barrier_t gate;
	pthread_t thread;
	long serials;
	void *result;

	puts("barrier");
	show(" init of none", pthread_barrier_init(&gate, NULL, 0));
	show(" init", pthread_barrier_init(&gate, NULL, 2));
	pthread_create(&thread, NULL, meet, &gate);
	/* NOLINTNEXTLINE(bugprone-posix-return): that one is -1 */
	serials = pthread_barrier_wait(&gate) == PTHREAD_BARRIER_SERIAL_THREAD;
	pthread_join(thread, &result);
	serials += (long)result == PTHREAD_BARRIER_SERIAL_THREAD;
	note(" serial threads", serials);
	show(" destroy", pthread_barrier_destroy(&gate));
}

static void semaphore(void)
{
	struct timespec real = after_ms(CLOCK_REALTIME, 20);
	struct timespec mono = after_ms(CLOCK_MONOTONIC, 20);
	struct timespec bad = { .tv_nsec = -5 };
	sem_t sem;
	int value;

	puts("semaphore");
	show(" init", sem_init(&sem, 0, 1));
	show(" init of too much", sem_init(&sem, 0, 1u << 31));
	show(" wait", sem_wait(&sem));
	show(" trywait", sem_trywait(&sem));
	show(" timedwait", sem_timedwait(&sem, &real));
	show(" clockwait", sem_clockwait(&sem, CLOCK_MONOTONIC, &mono));
	show(" timedwait bad time", sem_timedwait(&sem, &bad));
	show(" clockwait bad clock",
	     sem_clockwait(&sem, CLOCK_THREAD_CPUTIME_ID, &mono));
	show(" post", sem_post(&sem));
	show(" timedwait bad time, free", sem_timedwait(&sem, &bad));
	show(" trywait", sem_trywait(&sem));
	show(" getvalue", sem_getvalue(&sem, &value));
	note(" value", value);
	show(" destroy", sem_destroy(&sem));
}

void conform_objects(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_spinlock_t spin;

	puts("once");
	show(" first", pthread_once(&once, run_once));
	show(" second", pthread_once(&once, run_once));
	note(" runs", runs);
	puts("spin");
	show(" init", pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE));
	show(" lock", pthread_spin_lock(&spin));
	show(" trylock", pthread_spin_trylock(&spin));
	show(" unlock", pthread_spin_unlock(&spin));
	show(" trylock", pthread_spin_trylock(&spin));
	show(" unlock", pthread_spin_unlock(&spin));
	show(" destroy", pthread_spin_destroy(&spin));
	barrier();
	semaphore();
}

static mtx_t c11_mutex;
static atomic_bool is_created; /* and its creator has printed so */

static int c11_routine(void *data)
{
	struct timespec until;

	(void)data;
	while (!is_created)
		thrd_yield();
	until = after_ms(CLOCK_REALTIME, 20);
	show(" trylock by another", mtx_trylock(&c11_mutex));
	show(" timedlock by another", mtx_timedlock(&c11_mutex, &until));
	return 300;
}

static int c11_exit(void *data)
{
	(void)data;
	thrd_exit(-3);
}

void conform_c11(void)
{
	struct timespec until;
	struct timespec nap = { .tv_nsec = 1000 };
	once_flag flag = ONCE_FLAG_INIT;
	thrd_t thread;
	cnd_t cond;
	int value = 0;

	puts("c11");
	show(" mtx_init", mtx_init(&c11_mutex, mtx_timed | mtx_recursive));
	show(" mtx_lock", mtx_lock(&c11_mutex));
	show(" mtx_lock again", mtx_lock(&c11_mutex));
	show(" thrd_create", thrd_create(&thread, c11_routine, NULL));
	is_created = true;
	show(" thrd_join", thrd_join(thread, &value));
	note(" value", value);
	show(" thrd_create", thrd_create(&thread, c11_exit, NULL));
	show(" thrd_join", thrd_join(thread, &value));
	note(" value", value);
	show(" mtx_unlock", mtx_unlock(&c11_mutex));
	show(" cnd_init", cnd_init(&cond));
	until = after_ms(CLOCK_REALTIME, 20);
	show(" cnd_timedwait", cnd_timedwait(&cond, &c11_mutex, &until));
	show(" cnd_signal", cnd_signal(&cond));
	show(" cnd_broadcast", cnd_broadcast(&cond));
	cnd_destroy(&cond);
	show(" mtx_unlock", mtx_unlock(&c11_mutex));
	mtx_destroy(&c11_mutex);
	call_once(&flag, run_once);
	call_once(&flag, run_once);
	note(" runs", runs);
	show(" thrd_sleep", thrd_sleep(&nap, NULL));
	nap.tv_nsec = -1;
	show(" thrd_sleep bad", thrd_sleep(&nap, NULL));
}
