/* Interposers of the C11 mutexes, conditions and threads. */
#include "tracing/interposer/real.h"
#include "tracing/interposer/section.h"
#include "tracing/interposer/shared.h"

#include <errno.h>
#include <threads.h>

static int to_c11(int result)
{
	switch (result) {
	case 0:
		return thrd_success;
	case ENOMEM:
		return thrd_nomem;
	case ETIMEDOUT:
		return thrd_timedout;
	case EBUSY:
		return thrd_busy;
	default:
		return thrd_error;
	}
}

static pthread_mutex_t *mutex_in(mtx_t *mutex)
{
	return (pthread_mutex_t *)(void *)mutex;
}

static pthread_cond_t *cond_in(cnd_t *cond)
{
	return (pthread_cond_t *)(void *)cond;
}

EXPORT int mtx_lock(mtx_t *mutex)
{
	return to_c11(mutex_lock_from(mutex_in(mutex), SITE));
}

EXPORT int mtx_timedlock(mtx_t *restrict mutex,
			 const struct timespec *restrict until)
{
	return to_c11(mutex_timedlock_from(mutex_in(mutex), until, SITE));
}

EXPORT int mtx_trylock(mtx_t *mutex)
{
	return to_c11(mutex_trylock_from(mutex_in(mutex), SITE));
}

EXPORT int mtx_unlock(mtx_t *mutex)
{
	return to_c11(mutex_unlock_from(mutex_in(mutex), SITE));
}

EXPORT int mtx_init(mtx_t *mutex, int type)
{
	bool open = thread_is_open(SITE);
	int result = real.mtx_init(mutex, type);

	if (open && result == thrd_success)
		mutex_told_init(mutex_in(mutex), SITE);
	return result;
}

EXPORT void mtx_destroy(mtx_t *mutex)
{
	bool open = thread_is_open(SITE);

	bool busy = mutex_in(mutex)->__data.__lock != 0;

	real.mtx_destroy(mutex);
	if (open)
		lock_told_destroy((uint64_t)(uintptr_t)mutex, LOCK_MUTEX, SITE,
				  busy ? EBUSY : 0, busy);
}

EXPORT int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
	return to_c11(
		cond_wait_from(cond_in(cond), mutex_in(mutex), NULL, SITE));
}

EXPORT int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
			 const struct timespec *restrict until)
{
	return to_c11(
		cond_wait_from(cond_in(cond), mutex_in(mutex), until, SITE));
}

EXPORT int cnd_signal(cnd_t *cond)
{
	return to_c11(cond_signal_from(cond_in(cond), SITE));
}

EXPORT int cnd_broadcast(cnd_t *cond)
{
	return to_c11(cond_broadcast_from(cond_in(cond), SITE));
}

EXPORT int cnd_init(cnd_t *cond)
{
	bool open = thread_is_open(SITE);
	int result = real.cnd_init(cond);

	if (open && result == thrd_success)
		lock_told_init((uint64_t)(uintptr_t)cond, LOCK_CONDITION, 0,
			       SITE);
	return result;
}

EXPORT void cnd_destroy(cnd_t *cond)
{
	bool open = thread_is_open(SITE);

	real.cnd_destroy(cond);
	if (open)
		lock_told_destroy((uint64_t)(uintptr_t)cond, LOCK_CONDITION,
				  SITE, 0, false);
}

EXPORT int thrd_join(thrd_t thread, int *value)
{
	void *result;
	int error = join_from(thread, &result, SITE);

	if (value)
		*value = (int)(intptr_t)result;
	return to_c11(error);
}

EXPORT void thrd_exit(int value)
{
	real_start();
	thread_exits();
	real.pthread_exit((void *)(intptr_t)value); /* NOLINT: as glibc does */
	__builtin_unreachable();
}
