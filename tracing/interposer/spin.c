/* Interposers of the spin lock. */
#include "tracing/interposer/real.h"
#include "tracing/interposer/section.h"

#define WORD_FREE 1 /* glibc: 1 is free, 0 and below is taken */

static uint64_t address_of(const volatile int *lock)
{
	return (uint64_t)(uintptr_t)lock;
}

static bool may_be_free(const volatile int *lock)
{
	return __atomic_load_n(lock, __ATOMIC_RELAXED) == WORD_FREE;
}

static __attribute__((noinline)) int lock_slow(pthread_spinlock_t *lock,
					       uint64_t site)
{
	struct target target = {
		.lock = address_of(lock),
		.site = site,
		.kind = LOCK_SPIN,
		.mode = LOCK_WRITE,
	};
	struct board_entry *entry;
	struct wait wait;
	int result;

	if (!thread_is_open(site))
		return real.pthread_spin_lock(lock);
	entry = entry_of(target.lock, site, LOCK_SPIN, LOCK_WRITE);
	if (!entry)
		return real.pthread_spin_lock(lock);
	if (may_be_free(lock) && real.pthread_spin_trylock(lock) == 0) {
		section_begin(&target, entry, clock_ticks());
		return 0;
	}
	wait_begin(&wait, &target, entry, 0, true);
	result = real.pthread_spin_lock(lock);
	if (result)
		wait_failed(&wait, result);
	else
		wait_taken(&wait, 0);
	return result;
}

EXPORT int pthread_spin_lock(pthread_spinlock_t *lock)
{
	struct board_entry *entry;

	if (unlikely(!self.open || !section_holds_none()))
		return lock_slow(lock, SITE);
	entry = entry_near(address_of(lock), SITE, LOCK_SPIN, LOCK_WRITE);
	if (unlikely(!entry || !may_be_free(lock) ||
		     real.pthread_spin_trylock(lock)))
		return lock_slow(lock, SITE);
	section_begin_plain(address_of(lock), SITE, LOCK_SPIN, LOCK_WRITE,
			    entry);
	return 0;
}

EXPORT int pthread_spin_trylock(pthread_spinlock_t *lock)
{
	struct target target = {
		.lock = address_of(lock),
		.site = SITE,
		.kind = LOCK_SPIN,
		.mode = LOCK_WRITE,
		.flags = LOCK_TRY,
	};
	bool open = thread_is_open(SITE);
	int result = real.pthread_spin_trylock(lock);
	uint64_t now;

	if (!open)
		return result;
	if (result) {
		try_failed(&target, result);
		return result;
	}
	now = clock_ticks();
	section_begin(&target,
		      entry_of(target.lock, SITE, LOCK_SPIN, LOCK_WRITE), now);
	return 0;
}

static __attribute__((noinline)) int unlock_slow(pthread_spinlock_t *lock,
						 uint64_t site, uint64_t now)
{
	struct ended ended;
	int result;
	int i;

	if (!thread_is_open(site))
		return real.pthread_spin_unlock(lock);
	i = section_find(address_of(lock), LOCK_SPIN);
	if (i < 0)
		return real.pthread_spin_unlock(lock);
	section_end((uint32_t)i, 0, waiters_any(address_of(lock)), now, &ended);
	result = real.pthread_spin_unlock(lock);
	section_tell(&ended);
	return result;
}

EXPORT int pthread_spin_unlock(pthread_spinlock_t *lock)
{
	uint64_t now = clock_ticks();

	if (unlikely(waiters_any(address_of(lock)) ||
		     !section_end_plain(address_of(lock), now)))
		return unlock_slow(lock, SITE, now);
	return real.pthread_spin_unlock(lock);
}

EXPORT int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_spin_init(lock, shared);

	if (open && result == 0)
		lock_told_init(address_of(lock), LOCK_SPIN,
			       shared ? LOCK_SHARED : 0, SITE);
	return result;
}

EXPORT int pthread_spin_destroy(pthread_spinlock_t *lock)
{
	bool open = thread_is_open(SITE);
	bool busy = !may_be_free(lock);
	int result = real.pthread_spin_destroy(lock);

	if (open)
		lock_told_destroy(address_of(lock), LOCK_SPIN, SITE, result,
				  busy);
	return result;
}
