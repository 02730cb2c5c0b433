/* Interposers of the mutex. */
#include "tracing/interposer/call.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/section.h"
#include "tracing/interposer/shared.h"

#include <errno.h>

/* Bits of glibc's __kind. */
#define KIND_TYPE   3
#define KIND_ROBUST 16
#define KIND_PI	    32
#define KIND_PP	    64
#define KIND_SHARED 128

/* Bits of its lock word. */
#define WORD_WAITERS 0x80000000u /* robust and priority-inheriting ones */
#define WORD_DIED    0x40000000u
#define WORD_PP_LOCK 0x0007ffffu /* below the priority ceiling */

static const struct call plainly = { .form = CALL_PLAIN };

static uint32_t word_of(const pthread_mutex_t *mutex)
{
	return (uint32_t)__atomic_load_n(&mutex->__data.__lock,
					 __ATOMIC_RELAXED);
}

static int kind_of(const pthread_mutex_t *mutex)
{
	return __atomic_load_n(&mutex->__data.__kind, __ATOMIC_RELAXED);
}

/* Whether it is worth a try; a mutex that its owner died with is, too. */
static bool may_be_free(const pthread_mutex_t *mutex)
{
	uint32_t word = word_of(mutex);

	if (likely(!word))
		return true;
	if (kind_of(mutex) & KIND_PP)
		return !(word & WORD_PP_LOCK);
	if (kind_of(mutex) & (KIND_ROBUST | KIND_PI))
		return word & WORD_DIED;
	return false;
}

/* Whether glibc knows of a sleeper; it need not know of all. */
static inline bool has_sleeper(const pthread_mutex_t *mutex)
{
	uint32_t word = word_of(mutex);
	int kind = kind_of(mutex);

	if (likely(!(kind & (KIND_ROBUST | KIND_PI | KIND_PP))))
		return word > 1 ||
		       ((kind & KIND_TYPE) == PTHREAD_MUTEX_ADAPTIVE_NP &&
			waiters_any((uint64_t)(uintptr_t)mutex));
	if (kind & KIND_PP)
		return (word & WORD_PP_LOCK) > 1;
	return word & WORD_WAITERS;
}

static int32_t owner_of(const pthread_mutex_t *mutex)
{
	return __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED);
}

static int call_real(pthread_mutex_t *mutex, const struct call *call)
{
	if (call->form == CALL_TIMED)
		return real.pthread_mutex_timedlock(mutex, call->until);
	if (call->form == CALL_CLOCK)
		return real.pthread_mutex_clocklock(mutex, call->clock,
						    call->until);
	return real.pthread_mutex_lock(mutex);
}

static bool is_taken(int result)
{
	return result == 0 || result == EOWNERDEAD;
}

static uint8_t died(int result)
{
	return result == EOWNERDEAD ? LOCK_DIED : 0;
}

/* It is ours already: a recursive one counts, the others fail or hang. */
static bool is_inner(const pthread_mutex_t *mutex)
{
	int type = kind_of(mutex) & KIND_TYPE;

	return owner_of(mutex) == self.tid &&
	       (type == PTHREAD_MUTEX_RECURSIVE_NP ||
		type == PTHREAD_MUTEX_ERRORCHECK_NP);
}

static int lock_inner(pthread_mutex_t *mutex, const struct call *call,
		      const struct target *target)
{
	int result = call_real(mutex, call);

	if (result == 0)
		section_relock(target);
	else
		try_failed(target, result);
	return result;
}

static int lock_contended(pthread_mutex_t *mutex, const struct call *call,
			  const struct target *target,
			  struct board_entry *entry)
{
	/* Its waiters spin first, which its word does not show. */
	bool is_adaptive =
		(kind_of(mutex) & KIND_TYPE) == PTHREAD_MUTEX_ADAPTIVE_NP;
	struct wait wait;
	int result;

	wait_begin(&wait, target, entry, owner_of(mutex), is_adaptive);
	result = call_real(mutex, call);
	if (is_taken(result))
		wait_taken(&wait, died(result));
	else
		wait_failed(&wait, result);
	return result;
}

/* Tries; EBUSY: it is to wait. */
static int lock_at_once(pthread_mutex_t *mutex, const struct call *call,
			struct target *target, struct board_entry *entry)
{
	int result;

	if (!may_be_free(mutex))
		return EBUSY;
	/* glibc's try leaves a robust mutex locked that is not recoverable. */
	result = kind_of(mutex) & KIND_ROBUST
			 ? call_real(mutex, call)
			 : real.pthread_mutex_trylock(mutex);
	if (is_taken(result)) {
		target->flags |= died(result);
		section_begin(target, entry, clock_ticks());
	} else if (result != EBUSY) { /* fails for good */
		if (!(kind_of(mutex) & KIND_ROBUST))
			result = call_real(mutex, call);
		try_failed(target, result);
	}
	return result;
}

static __attribute__((noinline)) int
lock_slow(pthread_mutex_t *mutex, uint64_t site, const struct call *call)
{
	struct target target = {
		.lock = (uint64_t)(uintptr_t)mutex,
		.site = site,
		.kind = LOCK_MUTEX,
		.mode = LOCK_WRITE,
		.flags = call->form == CALL_PLAIN ? 0 : LOCK_TIMED,
	};
	struct board_entry *entry;
	int result;

	if (!thread_is_open(site) || !call_is_plain(call))
		return call_real(mutex, call);
	entry = entry_of(target.lock, site, LOCK_MUTEX, LOCK_WRITE);
	if (!entry)
		return call_real(mutex, call);
	if (is_inner(mutex))
		return lock_inner(mutex, call, &target);
	result = lock_at_once(mutex, call, &target, entry);
	if (result != EBUSY)
		return result;
	return lock_contended(mutex, call, &target, entry);
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	uint64_t lock = (uint64_t)(uintptr_t)mutex;
	struct board_entry *entry;

	if (unlikely(!self.open || !section_holds_none()))
		return lock_slow(mutex, SITE, &plainly);
	entry = entry_near(lock, SITE, LOCK_MUTEX, LOCK_WRITE);
	if (unlikely(!entry || word_of(mutex) || kind_of(mutex) & KIND_ROBUST ||
		     real.pthread_mutex_trylock(mutex)))
		return lock_slow(mutex, SITE, &plainly);
	section_begin_plain(lock, SITE, LOCK_MUTEX, LOCK_WRITE, entry);
	return 0;
}

int mutex_lock_from(pthread_mutex_t *mutex, uint64_t site)
{
	return lock_slow(mutex, site, &plainly);
}

int mutex_timedlock_from(pthread_mutex_t *mutex, const struct timespec *until,
			 uint64_t site)
{
	struct call call = { .form = CALL_TIMED, .until = until };

	return lock_slow(mutex, site, &call);
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex,
				   const struct timespec *until)
{
	return mutex_timedlock_from(mutex, until, SITE);
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
				   const struct timespec *until)
{
	struct call call = { .form = CALL_CLOCK,
			     .clock = clock,
			     .until = until };

	return lock_slow(mutex, SITE, &call);
}

int mutex_trylock_from(pthread_mutex_t *mutex, uint64_t site)
{
	struct target target = {
		.lock = (uint64_t)(uintptr_t)mutex,
		.site = site,
		.kind = LOCK_MUTEX,
		.mode = LOCK_WRITE,
		.flags = LOCK_TRY,
	};
	uint64_t now;
	bool inner;
	int result;

	if (!thread_is_open(site))
		return real.pthread_mutex_trylock(mutex);
	inner = is_inner(mutex);
	result = real.pthread_mutex_trylock(mutex);
	if (!is_taken(result)) {
		try_failed(&target, result);
	} else if (inner) {
		section_relock(&target);
	} else {
		now = clock_ticks();
		target.flags |= died(result);
		section_begin(&target,
			      entry_of(target.lock, target.site, LOCK_MUTEX,
				       LOCK_WRITE),
			      now);
	}
	return result;
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	return mutex_trylock_from(mutex, SITE);
}

/* A release without a hold that we know of. */
static int unlock_unseen(pthread_mutex_t *mutex, uint64_t site)
{
	struct target target = {
		.lock = (uint64_t)(uintptr_t)mutex,
		.site = site,
		.kind = LOCK_MUTEX,
		.mode = LOCK_WRITE,
	};
	int result = real.pthread_mutex_unlock(mutex);

	if (result)
		try_failed(&target, result);
	return result;
}

static __attribute__((noinline)) int unlock_slow(pthread_mutex_t *mutex,
						 uint64_t site, uint64_t now)
{
	bool somebody_waits = has_sleeper(mutex);
	struct plain plain;
	struct ended ended;
	int result;
	int i;

	if (kind_of(mutex) == PTHREAD_MUTEX_TIMED_NP &&
	    section_end_told((uint64_t)(uintptr_t)mutex, &plain)) {
		result = real.pthread_mutex_unlock(mutex);
		section_tell_plain(&plain, now, somebody_waits);
		return result;
	}
	if (!thread_is_open(site))
		return real.pthread_mutex_unlock(mutex);
	if ((kind_of(mutex) & KIND_TYPE) == PTHREAD_MUTEX_RECURSIVE_NP &&
	    mutex->__data.__count > 1 && owner_of(mutex) == self.tid)
		return real.pthread_mutex_unlock(mutex);
	i = section_find((uint64_t)(uintptr_t)mutex, LOCK_MUTEX);
	if (i < 0)
		return unlock_unseen(mutex, site);
	section_end((uint32_t)i, 0, somebody_waits, now, &ended);
	result = real.pthread_mutex_unlock(mutex);
	section_tell(&ended);
	return result;
}

int mutex_unlock_from(pthread_mutex_t *mutex, uint64_t site)
{
	return unlock_slow(mutex, site, clock_ticks());
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	uint64_t now = clock_ticks();

	/* A plain one, which sets its word above 1 for a sleeper. */
	if (unlikely(kind_of(mutex) != PTHREAD_MUTEX_TIMED_NP ||
		     word_of(mutex) > 1 ||
		     !section_end_plain((uint64_t)(uintptr_t)mutex, now)))
		return unlock_slow(mutex, SITE, now);
	return real.pthread_mutex_unlock(mutex);
}

static uint32_t attributes_of(const pthread_mutex_t *mutex)
{
	static const uint32_t types[KIND_TYPE + 1] = {
		[PTHREAD_MUTEX_RECURSIVE_NP] = LOCK_RECURSIVE,
		[PTHREAD_MUTEX_ERRORCHECK_NP] = LOCK_ERRORCHECK,
		[PTHREAD_MUTEX_ADAPTIVE_NP] = LOCK_ADAPTIVE,
	};
	int kind = kind_of(mutex);

	return types[kind & KIND_TYPE] |
	       (kind & KIND_ROBUST ? LOCK_ROBUST : 0) |
	       (kind & KIND_PI ? LOCK_INHERIT : 0) |
	       (kind & KIND_PP ? LOCK_PROTECT : 0) |
	       (kind & KIND_SHARED ? LOCK_SHARED : 0);
}

void mutex_told_init(const pthread_mutex_t *mutex, uint64_t site)
{
	lock_told_init((uint64_t)(uintptr_t)mutex, LOCK_MUTEX,
		       attributes_of(mutex), site);
}

EXPORT int pthread_mutex_init(pthread_mutex_t *mutex,
			      const pthread_mutexattr_t *attributes)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_mutex_init(mutex, attributes);

	if (open && result == 0)
		mutex_told_init(mutex, SITE);
	return result;
}

EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_mutex_destroy(mutex);

	if (open)
		lock_told_destroy((uint64_t)(uintptr_t)mutex, LOCK_MUTEX, SITE,
				  result, result == EBUSY);
	return result;
}
