/*
 * Interposers of the semaphore. It has no owner: what is told are the waits
 * that blocked, and the posts that somebody waits for.
 */
#include "tracing/interposer/block.h"
#include "tracing/interposer/call.h"
#include "tracing/interposer/real.h"

#include <errno.h>

/* glibc on 64 bits: the value, and above it the number of waiters. */
static uint64_t data_of(const sem_t *sem)
{
	uint64_t data;

	__atomic_load((const uint64_t *)(const void *)sem, &data,
		      __ATOMIC_RELAXED);
	return data;
}

static bool has_waiters(const sem_t *sem)
{
	return data_of(sem) >> 32;
}

static int call_real(sem_t *sem, const struct call *call)
{
	if (call->form == CALL_TIMED)
		return real.sem_timedwait(sem, call->until);
	if (call->form == CALL_CLOCK)
		return real.sem_clockwait(sem, call->clock, call->until);
	return real.sem_wait(sem);
}

static void count_taken(sem_t *sem, uint64_t site, bool contended)
{
	struct board_entry *entry = entry_of((uint64_t)(uintptr_t)sem, site,
					     LOCK_SEMAPHORE, LOCK_WRITE);

	if (!entry)
		return;
	entry->acquisitions++;
	if (contended)
		entry->contended++;
}

/* Takes it if that needs no wait; keeps errno. */
static bool take_at_once(sem_t *sem)
{
	int kept = errno;
	bool taken;

	/* A wait is a cancellation point even where it does not block. */
	pthread_testcancel();
	taken = (uint32_t)data_of(sem) && real.sem_trywait(sem) == 0;
	errno = kept;
	return taken;
}

static void end(struct block *block)
{
	union fact fact;

	if (!block_end(block))
		return;
	fact.sem_wait_end = (struct fact_sem_wait_end){
		.sem = block->object,
		.flags = block->flags,
		.site = block->site,
		.begin_ns = block->begin_ns,
		.end_ns = block->end_ns,
		.result = block->result,
	};
	tell(TELL_sem_wait_end, &fact);
}

static int wait_blocked(sem_t *sem, const struct call *call, uint64_t site)
{
	struct block block __attribute__((cleanup(
		end))) = { .flags = call->form == CALL_PLAIN ? 0 : LOCK_TIMED };
	union fact fact;
	int result;

	block_begin(&block, IN_SEMAPHORE, LOCK_SEMAPHORE,
		    (uint64_t)(uintptr_t)sem, site);
	if (block.weight) {
		fact.sem_wait_begin = (struct fact_sem_wait_begin){
			.sem = block.object,
			.flags = block.flags,
			.site = site,
			.begin_ns = block.begin_ns,
		};
		tell_now(TELL_sem_wait_begin, &fact);
	}
	result = call_real(sem, call);
	block.returned = true;
	block.result = result ? errno : 0;
	if (!result && block.recorded)
		count_taken(sem, site, true);
	return result;
}

static int wait_for(sem_t *sem, const struct call *call, uint64_t site)
{
	if (!thread_is_open(site) || !call_is_plain(call))
		return call_real(sem, call);
	if (take_at_once(sem)) {
		count_taken(sem, site, false);
		return 0;
	}
	return wait_blocked(sem, call, site);
}

EXPORT int sem_wait(sem_t *sem)
{
	struct call call = { .form = CALL_PLAIN };

	return wait_for(sem, &call, SITE);
}

EXPORT int sem_timedwait(sem_t *restrict sem,
			 const struct timespec *restrict until)
{
	struct call call = { .form = CALL_TIMED, .until = until };

	return wait_for(sem, &call, SITE);
}

EXPORT int sem_clockwait(sem_t *restrict sem, clockid_t clock,
			 const struct timespec *restrict until)
{
	struct call call = { CALL_CLOCK, clock, until };

	return wait_for(sem, &call, SITE);
}

EXPORT int sem_trywait(sem_t *sem)
{
	struct target target = {
		.lock = (uint64_t)(uintptr_t)sem,
		.site = SITE,
		.kind = LOCK_SEMAPHORE,
		.mode = LOCK_WRITE,
		.flags = LOCK_TRY,
	};
	bool open = thread_is_open(SITE);
	int result = real.sem_trywait(sem);

	if (!open)
		return result;
	if (result)
		try_failed(&target, errno == EAGAIN ? EBUSY : errno);
	else
		count_taken(sem, SITE, false);
	return result;
}

EXPORT int sem_post(sem_t *sem)
{
	union fact fact;
	uint64_t at_ns;
	int result;

	if (!thread_is_open(SITE))
		return real.sem_post(sem);
	at_ns = block_signal(LOCK_SEMAPHORE, (uint64_t)(uintptr_t)sem, SITE,
			     has_waiters(sem));
	fact.sem_post = (struct fact_sem_post){
		.sem = (uint64_t)(uintptr_t)sem,
		.site = SITE,
		.at_ns = at_ns,
		.value = (int32_t)data_of(sem),
	};
	result = real.sem_post(sem);
	if (at_ns)
		tell(TELL_sem_post, &fact);
	return result;
}

EXPORT int sem_init(sem_t *sem, int shared, unsigned value)
{
	bool open = thread_is_open(SITE);
	int result = real.sem_init(sem, shared, value);

	if (open && result == 0)
		lock_told_init((uint64_t)(uintptr_t)sem, LOCK_SEMAPHORE,
			       shared ? LOCK_SHARED : 0, SITE);
	return result;
}

EXPORT int sem_destroy(sem_t *sem)
{
	bool open = thread_is_open(SITE);
	int result = real.sem_destroy(sem);

	if (open)
		lock_told_destroy((uint64_t)(uintptr_t)sem, LOCK_SEMAPHORE,
				  SITE, result ? errno : 0, false);
	return result;
}
