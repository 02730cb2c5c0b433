/* Interposers of the read-write lock. */
#include "tracing/interposer/call.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/section.h"

#include <errno.h>

/* Bits of glibc's __readers; the number of readers stands above them. */
#define WORD_WRITE_PHASE 1u
#define WORD_WRITE_LOCK	 2u

static uint32_t word_of(const pthread_rwlock_t *lock)
{
	return __atomic_load_n(&lock->__data.__readers, __ATOMIC_RELAXED);
}

/* Whether a try is worth its cache line; the try decides. */
static inline bool may_be_free(const pthread_rwlock_t *lock, uint8_t mode)
{
	uint32_t word = word_of(lock);

	if (mode == LOCK_WRITE)
		return !(word & ~WORD_WRITE_PHASE);
	return !(word & WORD_WRITE_LOCK) || !(word & WORD_WRITE_PHASE);
}

static int32_t writer_of(const pthread_rwlock_t *lock)
{
	return __atomic_load_n(&lock->__data.__cur_writer, __ATOMIC_RELAXED);
}

static int call_try(pthread_rwlock_t *lock, uint8_t mode)
{
	return mode == LOCK_READ ? real.pthread_rwlock_tryrdlock(lock)
				 : real.pthread_rwlock_trywrlock(lock);
}

static int call_real(pthread_rwlock_t *lock, uint8_t mode,
		     const struct call *call)
{
	bool read = mode == LOCK_READ;

	if (call->form == CALL_TIMED)
		return read ? real.pthread_rwlock_timedrdlock(lock, call->until)
			    : real.pthread_rwlock_timedwrlock(lock,
							      call->until);
	if (call->form == CALL_CLOCK)
		return read ? real.pthread_rwlock_clockrdlock(lock, call->clock,
							      call->until)
			    : real.pthread_rwlock_clockwrlock(lock, call->clock,
							      call->until);
	return read ? real.pthread_rwlock_rdlock(lock)
		    : real.pthread_rwlock_wrlock(lock);
}

static __attribute__((noinline)) int lock_slow(pthread_rwlock_t *lock,
					       uint8_t mode, uint64_t site,
					       const struct call *call)
{
	struct target target = {
		.lock = (uint64_t)(uintptr_t)lock,
		.site = site,
		.kind = LOCK_RWLOCK,
		.mode = mode,
		.flags = call->form == CALL_PLAIN ? 0 : LOCK_TIMED,
	};
	struct board_entry *entry;
	struct wait wait;
	int result;

	if (!thread_is_open(site) || !call_is_plain(call))
		return call_real(lock, mode, call);
	entry = entry_of(target.lock, site, LOCK_RWLOCK, mode);
	if (!entry)
		return call_real(lock, mode, call);
	if (may_be_free(lock, mode) && call_try(lock, mode) == 0) {
		section_begin(&target, entry, clock_ticks());
		return 0;
	}
	if (writer_of(lock) == self.tid) { /* EDEADLK at once */
		result = call_real(lock, mode, call);
		if (result)
			try_failed(&target, result);
		else
			section_begin(&target, entry, clock_ticks());
		return result;
	}
	wait_begin(&wait, &target, entry, writer_of(lock), true);
	result = call_real(lock, mode, call);
	if (result)
		wait_failed(&wait, result);
	else
		wait_taken(&wait, 0);
	return result;
}

static inline int lock_plain(pthread_rwlock_t *lock, uint8_t mode,
			     uint64_t site)
{
	struct call call = { .form = CALL_PLAIN };
	uint64_t address = (uint64_t)(uintptr_t)lock;
	struct board_entry *entry;

	if (unlikely(!self.open || !section_holds_none()))
		return lock_slow(lock, mode, site, &call);
	entry = entry_near(address, site, LOCK_RWLOCK, mode);
	if (unlikely(!entry || !may_be_free(lock, mode) ||
		     call_try(lock, mode)))
		return lock_slow(lock, mode, site, &call);
	section_begin_plain(address, site, LOCK_RWLOCK, mode, entry);
	return 0;
}

EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	return lock_plain(lock, LOCK_READ, SITE);
}

EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	return lock_plain(lock, LOCK_WRITE, SITE);
}

EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock,
				      const struct timespec *until)
{
	struct call call = { .form = CALL_TIMED, .until = until };

	return lock_slow(lock, LOCK_READ, SITE, &call);
}

EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock,
				      const struct timespec *until)
{
	struct call call = { .form = CALL_TIMED, .until = until };

	return lock_slow(lock, LOCK_WRITE, SITE, &call);
}

EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
				      const struct timespec *until)
{
	struct call call = { CALL_CLOCK, clock, until };

	return lock_slow(lock, LOCK_READ, SITE, &call);
}

EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
				      const struct timespec *until)
{
	struct call call = { CALL_CLOCK, clock, until };

	return lock_slow(lock, LOCK_WRITE, SITE, &call);
}

static int lock_try(pthread_rwlock_t *lock, uint8_t mode, uint64_t site)
{
	struct target target = {
		.lock = (uint64_t)(uintptr_t)lock,
		.site = site,
		.kind = LOCK_RWLOCK,
		.mode = mode,
		.flags = LOCK_TRY,
	};
	bool open = thread_is_open(site);
	int result = call_try(lock, mode);
	uint64_t now;

	if (!open)
		return result;
	if (result) {
		try_failed(&target, result);
		return result;
	}
	now = clock_ticks();
	section_begin(&target, entry_of(target.lock, site, LOCK_RWLOCK, mode),
		      now);
	return 0;
}

EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
	return lock_try(lock, LOCK_READ, SITE);
}

EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
	return lock_try(lock, LOCK_WRITE, SITE);
}

static __attribute__((noinline)) int unlock_slow(pthread_rwlock_t *lock,
						 uint64_t site, uint64_t now)
{
	uint64_t address = (uint64_t)(uintptr_t)lock;
	struct ended ended;
	int result;
	int i;

	if (!thread_is_open(site))
		return real.pthread_rwlock_unlock(lock);
	i = section_find(address, LOCK_RWLOCK);
	if (i < 0)
		return real.pthread_rwlock_unlock(lock);
	section_end((uint32_t)i, 0, waiters_any(address), now, &ended);
	result = real.pthread_rwlock_unlock(lock);
	section_tell(&ended);
	return result;
}

EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
	uint64_t address = (uint64_t)(uintptr_t)lock;
	uint64_t now = clock_ticks();

	if (unlikely(waiters_any(address) || !section_end_plain(address, now)))
		return unlock_slow(lock, SITE, now);
	return real.pthread_rwlock_unlock(lock);
}

EXPORT int pthread_rwlock_init(pthread_rwlock_t *lock,
			       const pthread_rwlockattr_t *attributes)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_rwlock_init(lock, attributes);
	uint32_t told = 0;

	if (!open || result)
		return result;
	if (lock->__data.__shared)
		told |= LOCK_SHARED;
	if (lock->__data.__flags ==
	    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP)
		told |= LOCK_PREFER_WRITER;
	lock_told_init((uint64_t)(uintptr_t)lock, LOCK_RWLOCK, told, SITE);
	return result;
}

EXPORT int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
	bool open = thread_is_open(SITE);
	bool busy = (word_of(lock) & ~WORD_WRITE_PHASE) != 0;
	int result = real.pthread_rwlock_destroy(lock);

	if (open)
		lock_told_destroy((uint64_t)(uintptr_t)lock, LOCK_RWLOCK, SITE,
				  result, busy);
	return result;
}
