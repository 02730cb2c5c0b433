/*
 * Annotations for programs that holdup records: names for locks, phases, tasks,
 * marks, and locks of your own making. C and C++, this header is all of it.
 *
 * Without holdup each call costs a load and a branch; compiled with
 * ThreadSanitizer or -DHOLDUP_OFF it is nothing at all. Strings are copied.
 * Link with -ldl where libc does not have dlsym() (before glibc 2.34).
 *
 *	static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
 *
 *	holdup_lock_name(HOLDUP_MUTEX, &ledger, "ledger");
 *	holdup_phase("load");
 *
 * A lock of your own:
 *
 *	if (!my_try(lock)) {
 *		holdup_lock_wait(lock, HOLDUP_WRITE);
 *		my_wait(lock);
 *	}
 *	holdup_lock_acquired(lock, HOLDUP_WRITE);
 *	...
 *	holdup_lock_releasing(lock);
 *	my_release(lock);
 *	holdup_lock_released(lock);
 */
#ifndef HOLDUP_H
#define HOLDUP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a lock is. Those of C11 and C++ are those of POSIX underneath. */
enum holdup_kind {
	HOLDUP_MUTEX,
	HOLDUP_RWLOCK,
	HOLDUP_SPIN,
	HOLDUP_SEMAPHORE,
	HOLDUP_CONDITION,
	HOLDUP_BARRIER,
	HOLDUP_ONCE,
	HOLDUP_FUTEX,
	HOLDUP_OWN, /* told by the calls below */
};

enum holdup_mode {
	HOLDUP_WRITE, /* exclusive */
	HOLDUP_READ,  /* shared */
};

/* What the recorder offers; new members come at the end. */
struct holdup_hooks {
	uint32_t bytes; /* of this struct, as the recorder knows it */
	void (*lock_name)(int kind, const volatile void *lock,
			  const char *name);
	void (*lock_wait)(const volatile void *lock, int mode);
	void (*lock_acquired)(const volatile void *lock, int mode);
	void (*lock_gave_up)(const volatile void *lock, int error);
	void (*lock_releasing)(const volatile void *lock);
	void (*lock_released)(const volatile void *lock);
	void (*task_begin)(uint64_t task, const char *name);
	void (*task_end)(uint64_t task);
	void (*task_switch)(uint64_t from, uint64_t to);
	void (*phase)(const char *name);
	void (*mark)(const char *name, int64_t value);
};

#define HOLDUP_HOOKS_SYMBOL "holdup_hooks_1"

#if !defined(HOLDUP_OFF) && defined(__SANITIZE_THREAD__)
#define HOLDUP_OFF 1
#endif
#if !defined(HOLDUP_OFF) && defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HOLDUP_OFF 1
#endif
#endif

#ifdef HOLDUP_OFF
static inline const struct holdup_hooks *holdup_hooks_find(void)
{
	return (const struct holdup_hooks *)0;
}
#else
#include <dlfcn.h>

/* The recorder's hooks, NULL when the program is not recorded. */
static inline const struct holdup_hooks *holdup_hooks_find(void)
{
	static const struct holdup_hooks *found;
	static int looked;

	if (!__atomic_load_n(&looked, __ATOMIC_ACQUIRE)) {
		/* The first argument is RTLD_DEFAULT. */
		__atomic_store_n(&found,
				 (const struct holdup_hooks *)dlsym(
					 (void *)0, HOLDUP_HOOKS_SYMBOL),
				 __ATOMIC_RELAXED);
		__atomic_store_n(&looked, 1, __ATOMIC_RELEASE);
	}
	return __atomic_load_n(&found, __ATOMIC_RELAXED);
}
#endif

/* Calls a hook, if there are any. */
#define HOLDUP_CALL(name, ...)                                           \
	do {                                                             \
		const struct holdup_hooks *hooks_ = holdup_hooks_find(); \
                                                                         \
		if (hooks_)                                              \
			hooks_->name(__VA_ARGS__);                       \
	} while (0)

#define HOLDUP_INLINE static inline __attribute__((always_inline, unused))

/* Gives a lock, of any kind, the name that reports call it by. */
HOLDUP_INLINE void holdup_lock_name(enum holdup_kind kind,
				    const volatile void *lock, const char *name)
{
	HOLDUP_CALL(lock_name, (int)kind, lock, name);
}

/* This thread is about to wait for a lock of its own making. */
HOLDUP_INLINE void holdup_lock_wait(const volatile void *lock,
				    enum holdup_mode mode)
{
	HOLDUP_CALL(lock_wait, lock, (int)mode);
}

/* It has taken it, after a wait or at once. */
HOLDUP_INLINE void holdup_lock_acquired(const volatile void *lock,
					enum holdup_mode mode)
{
	HOLDUP_CALL(lock_acquired, lock, (int)mode);
}

/* It waits no longer, without the lock: `error` says why, as ETIMEDOUT. */
HOLDUP_INLINE void holdup_lock_gave_up(const volatile void *lock, int error)
{
	HOLDUP_CALL(lock_gave_up, lock, error);
}

/* Just before the release ... */
HOLDUP_INLINE void holdup_lock_releasing(const volatile void *lock)
{
	HOLDUP_CALL(lock_releasing, lock);
}

/* ... and just after it: only now the section is told. */
HOLDUP_INLINE void holdup_lock_released(const volatile void *lock)
{
	HOLDUP_CALL(lock_released, lock);
}

/* A piece of work begins; `task` is any number that names it, as its address.
 * The thread is in it until it ends or the thread switches to another. */
HOLDUP_INLINE void holdup_task_begin(uint64_t task, const char *name)
{
	HOLDUP_CALL(task_begin, task, name);
}

HOLDUP_INLINE void holdup_task_end(uint64_t task)
{
	HOLDUP_CALL(task_end, task);
}

/* A coroutine gives this thread to another; 0: to or from the scheduler. */
HOLDUP_INLINE void holdup_task_switch(uint64_t from, uint64_t to)
{
	HOLDUP_CALL(task_switch, from, to);
}

/* From here on the program is in this phase, until the next one. */
HOLDUP_INLINE void holdup_phase(const char *name)
{
	HOLDUP_CALL(phase, name);
}

/* Something happened, or something has this value now. */
HOLDUP_INLINE void holdup_mark(const char *name, int64_t value)
{
	HOLDUP_CALL(mark, name, value);
}

#undef HOLDUP_INLINE

#ifdef __cplusplus
}
#endif

#endif
