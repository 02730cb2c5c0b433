#include "tests/aid/conform/conform.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct attempt {
	pthread_mutex_t *mutex;
	int result;
};

static void *try_it(void *data)
{
	struct attempt *attempt = data;

	attempt->result = pthread_mutex_trylock(attempt->mutex);
	if (!attempt->result)
		pthread_mutex_unlock(attempt->mutex);
	return NULL;
}

static void *timed_it(void *data)
{
	struct attempt *attempt = data;
	struct timespec until = after_ms(CLOCK_REALTIME, 20);

	attempt->result = pthread_mutex_timedlock(attempt->mutex, &until);
	if (!attempt->result)
		pthread_mutex_unlock(attempt->mutex);
	return NULL;
}

static void *clock_it(void *data)
{
	struct attempt *attempt = data;
	struct timespec until = after_ms(CLOCK_MONOTONIC, 20);

	attempt->result = pthread_mutex_clocklock(attempt->mutex,
						  CLOCK_MONOTONIC, &until);
	if (!attempt->result)
		pthread_mutex_unlock(attempt->mutex);
	return NULL;
}

static void *unlock_it(void *data)
{
	struct attempt *attempt = data;

	attempt->result = pthread_mutex_unlock(attempt->mutex);
	return NULL;
}

static void from_another(const char *name, pthread_mutex_t *mutex,
			 void *(*routine)(void *))
{
	struct attempt attempt = { .mutex = mutex, .result = -1 };

	elsewhere(routine, &attempt);
	show(name, attempt.result);
}

static void bad_times(pthread_mutex_t *mutex)
{
	struct timespec bad = { .tv_sec = 0, .tv_nsec = 1000000000 };
	struct timespec past = { .tv_sec = 1, .tv_nsec = 0 };
	int result;

	show(" timedlock past", pthread_mutex_timedlock(mutex, &past));
	show(" unlock", pthread_mutex_unlock(mutex));
	result = pthread_mutex_timedlock(mutex, &bad);
	show(" timedlock bad time, free", result);
	if (result == 0)
		show(" unlock", pthread_mutex_unlock(mutex));
	show(" clocklock bad clock",
	     pthread_mutex_clocklock(mutex, CLOCK_PROCESS_CPUTIME_ID, &past));
}

static void relock(pthread_mutex_t *mutex, int type)
{
	struct timespec past = { .tv_sec = 1, .tv_nsec = 0 };

	if (type == PTHREAD_MUTEX_RECURSIVE ||
	    type == PTHREAD_MUTEX_ERRORCHECK) {
		show(" relock", pthread_mutex_lock(mutex));
		show(" relock by try", pthread_mutex_trylock(mutex));
	}
	show(" relock timed", pthread_mutex_timedlock(mutex, &past));
	if (type == PTHREAD_MUTEX_RECURSIVE)
		for (int i = 0; i < 3; i++)
			show(" inner unlock", pthread_mutex_unlock(mutex));
}

static void one_mutex(const char *name, int type, int protocol, int robust,
		      int shared)
{
	/* Not on the stack: glibc keeps a list of robust ones that are held,
	 * and some of these calls leave theirs in it. */
	static pthread_mutex_t pool[32];
	static int used;
	pthread_mutex_t *mutex = &pool[used++];
	pthread_mutexattr_t attributes;

	puts(name);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	show(" protocol", pthread_mutexattr_setprotocol(&attributes, protocol));
	pthread_mutexattr_setrobust(&attributes, robust);
	pthread_mutexattr_setpshared(&attributes, shared);
	show(" init", pthread_mutex_init(mutex, &attributes));
	show(" lock", pthread_mutex_lock(mutex));
	note(" kind", mutex->__data.__kind);
	note(" count", mutex->__data.__count);
	note(" mine", mutex->__data.__owner == gettid());
	from_another(" try by another", mutex, try_it);
	from_another(" timed by another", mutex, timed_it);
	from_another(" clock by another", mutex, clock_it);
	if (type != PTHREAD_MUTEX_NORMAL && type != PTHREAD_MUTEX_ADAPTIVE_NP)
		from_another(" unlock by another", mutex, unlock_it);
	show(" destroy while locked", pthread_mutex_destroy(mutex));
	relock(mutex, type);
	show(" unlock", pthread_mutex_unlock(mutex));
	if (type != PTHREAD_MUTEX_NORMAL && type != PTHREAD_MUTEX_ADAPTIVE_NP)
		show(" unlock again", pthread_mutex_unlock(mutex));
	bad_times(mutex);
	show(" destroy", pthread_mutex_destroy(mutex));
	note(" users", mutex->__data.__nusers);
	pthread_mutexattr_destroy(&attributes);
}

void conform_mutex(void)
{
	static const struct {
		const char *name;
		int type;
	} types[] = {
		{ "normal mutex", PTHREAD_MUTEX_NORMAL },
		{ "recursive mutex", PTHREAD_MUTEX_RECURSIVE },
		{ "error-checking mutex", PTHREAD_MUTEX_ERRORCHECK },
		{ "adaptive mutex", PTHREAD_MUTEX_ADAPTIVE_NP },
	};

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (int protocol = PTHREAD_PRIO_NONE;
		     protocol <= PTHREAD_PRIO_INHERIT; protocol++)
			for (int robust = 0; robust < 2; robust++)
				one_mutex(types[i].name, types[i].type,
					  protocol, robust,
					  PTHREAD_PROCESS_PRIVATE);
	one_mutex("shared mutex", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, 0,
		  PTHREAD_PROCESS_SHARED);
}

static void *die_with_it(void *mutex)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

static void one_robust(pthread_mutex_t *mutex, int how)
{
	struct timespec until = after_ms(CLOCK_REALTIME, 50);

	elsewhere(die_with_it, mutex);
	if (how == 0)
		show(" lock of a dead owner", pthread_mutex_lock(mutex));
	else if (how == 1)
		show(" try of a dead owner", pthread_mutex_trylock(mutex));
	else
		show(" timed of a dead owner",
		     pthread_mutex_timedlock(mutex, &until));
	show(" consistent", pthread_mutex_consistent(mutex));
	show(" unlock", pthread_mutex_unlock(mutex));
	show(" lock", pthread_mutex_lock(mutex));
	show(" unlock", pthread_mutex_unlock(mutex));
}

static void one_robust_kind(const char *name, int type, int protocol,
			    int shared)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	puts(name);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, shared);
	show(" init", pthread_mutex_init(mutex, &attributes));
	for (int how = 0; how < 3; how++)
		one_robust(mutex, how);
	if (shared == PTHREAD_PROCESS_SHARED && fork() == 0) {
		pthread_mutex_lock(mutex);
		_exit(0);
	} else if (shared == PTHREAD_PROCESS_SHARED) {
		wait(NULL);
		show(" lock of a dead process", pthread_mutex_lock(mutex));
		show(" unlock", pthread_mutex_unlock(mutex));
	} else {
		elsewhere(die_with_it, mutex);
		show(" lock", pthread_mutex_lock(mutex));
		show(" unlock without consistent", pthread_mutex_unlock(mutex));
	}
	show(" lock of a lost one", pthread_mutex_lock(mutex));
	show(" try of a lost one", pthread_mutex_trylock(mutex));
	show(" destroy", pthread_mutex_destroy(mutex));
	pthread_mutexattr_destroy(&attributes);
	munmap(mutex, 4096);
}

void conform_robust(void)
{
	one_robust_kind("robust", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE,
			PTHREAD_PROCESS_PRIVATE);
	one_robust_kind("robust recursive", PTHREAD_MUTEX_RECURSIVE,
			PTHREAD_PRIO_NONE, PTHREAD_PROCESS_PRIVATE);
	one_robust_kind("robust inheriting", PTHREAD_MUTEX_NORMAL,
			PTHREAD_PRIO_INHERIT, PTHREAD_PROCESS_PRIVATE);
	one_robust_kind("robust shared", PTHREAD_MUTEX_ERRORCHECK,
			PTHREAD_PRIO_NONE, PTHREAD_PROCESS_SHARED);
}

static void *rw_tries(void *data)
{
	pthread_rwlock_t *lock = data;
	struct timespec until = after_ms(CLOCK_REALTIME, 20);
	struct timespec mono = after_ms(CLOCK_MONOTONIC, 20);
	struct timespec bad = { .tv_nsec = -1 };

	show(" tryrdlock by another", pthread_rwlock_tryrdlock(lock));
	show(" trywrlock by another", pthread_rwlock_trywrlock(lock));
	show(" timedwrlock by another",
	     pthread_rwlock_timedwrlock(lock, &until));
	show(" clockwrlock by another",
	     pthread_rwlock_clockwrlock(lock, CLOCK_MONOTONIC, &mono));
	show(" timedrdlock bad time", pthread_rwlock_timedrdlock(lock, &bad));
	show(" clockrdlock bad clock",
	     pthread_rwlock_clockrdlock(lock, CLOCK_THREAD_CPUTIME_ID, &until));
	return NULL;
}

void conform_rwlock(void)
{
	struct timespec past = { .tv_sec = 1 };
	pthread_rwlockattr_t attributes;
	pthread_rwlock_t lock;

	for (int kind = 0; kind < 3; kind++) {
		puts("rwlock");
		pthread_rwlockattr_init(&attributes);
		pthread_rwlockattr_setkind_np(&attributes, kind);
		show(" init", pthread_rwlock_init(&lock, &attributes));
		show(" wrlock", pthread_rwlock_wrlock(&lock));
		show(" wrlock again", pthread_rwlock_wrlock(&lock));
		show(" rdlock as writer", pthread_rwlock_rdlock(&lock));
		show(" timedrdlock as writer",
		     pthread_rwlock_timedrdlock(&lock, &past));
		elsewhere(rw_tries, &lock);
		show(" unlock", pthread_rwlock_unlock(&lock));
		show(" rdlock", pthread_rwlock_rdlock(&lock));
		show(" rdlock again", pthread_rwlock_rdlock(&lock));
		show(" trywrlock as reader", pthread_rwlock_trywrlock(&lock));
		show(" timedwrlock as reader",
		     pthread_rwlock_timedwrlock(&lock, &past));
		show(" tryrdlock", pthread_rwlock_tryrdlock(&lock));
		for (int i = 0; i < 3; i++)
			show(" unlock", pthread_rwlock_unlock(&lock));
		note(" readers", lock.__data.__readers >> 3);
		note(" writer", lock.__data.__cur_writer);
		show(" timedrdlock past",
		     pthread_rwlock_timedrdlock(&lock, &past));
		show(" unlock", pthread_rwlock_unlock(&lock));
		show(" destroy", pthread_rwlock_destroy(&lock));
		pthread_rwlockattr_destroy(&attributes);
	}
}
