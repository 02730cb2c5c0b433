/*
 * libholdup-shake.so: random short delays in front of synchronisation calls,
 * preloaded into the runs of a race campaign.
 *
 * Results, errno and the order of calls of one thread are the bare program's;
 * only time passes. A program with the runtime of ThreadSanitizer linked in
 * (clang) calls its interceptors, and these call us; with libtsan.so (gcc) the
 * program calls us and we jump on to libtsan. Each call ends in a tail call,
 * so that no frame of ours stands in the stacks of reports. Conditions are
 * left alone: glibc has two versions of them, and the runtime asks for one.
 * So is the release of a spin lock: its waiters would burn whole time slices.
 *
 * HOLDUP_SHAKE=SEED:CHANCE:MAX_US:BUDGET_US says how: one call in CHANCE is
 * delayed, by MAX_US at most, by BUDGET_US at most over the process.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
/* Kept at -O0 too: see above. */
#if defined(__clang__)
#define TAIL
#else
#define TAIL __attribute__((optimize("optimize-sibling-calls")))
#endif

static uint64_t seed;
static uint32_t chance; /* 0: shakes nothing */
static uint32_t max_us;
static _Atomic int64_t budget_us;
static atomic_uint n_threads;
static __thread uint64_t state; /* of the generator; 0: not seeded yet */

static uint64_t next_random(void)
{
	uint64_t x;

	if (!state)
		state = seed + (atomic_fetch_add(&n_threads, 1) + 1ULL) *
				       0xd1342543de82ef95ULL;
	/* splitmix64 */
	state += 0x9e3779b97f4a7c15ULL;
	x = state;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* System calls of our own, which no interceptor sees and no signal repeats. */
static void pass_time(uint32_t us)
{
	struct timespec time = { .tv_sec = us / 1000000,
				 .tv_nsec = us % 1000000 * 1000L };
	int kept = errno;

	if (us)
		syscall(SYS_nanosleep, &time, NULL);
	else
		syscall(SYS_sched_yield);
	errno = kept;
}

static void shake(void)
{
	uint64_t random;
	uint32_t us;

	if (!chance)
		return;
	random = next_random();
	if ((uint32_t)random % chance)
		return;
	/* Short ones more often than long ones; one in four only yields. */
	random >>= 32;
	us = random & 3 ? (max_us >> (random >> 2 & 7)) : 0;
	if (us && atomic_fetch_sub(&budget_us, us) < (int64_t)us)
		return;
	pass_time(us);
}

static uint64_t field(const char **at)
{
	char *end;
	uint64_t value = strtoull(*at, &end, 10);

	*at = *end == ':' ? end + 1 : end;
	return value;
}

/* The symbolizers that the runtime starts inherit us. */
static int is_helper(void)
{
	return strstr(program_invocation_short_name, "symbolizer") ||
	       !strcmp(program_invocation_short_name, "addr2line");
}

__attribute__((constructor)) static void setup(void)
{
	const char *at = getenv("HOLDUP_SHAKE");

	if (!at || is_helper())
		return;
	seed = field(&at);
	chance = (uint32_t)field(&at);
	max_us = (uint32_t)field(&at);
	atomic_store(&budget_us, (int64_t)field(&at));
}

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and lists of arguments */
#define SHAKEN(result, name, types, values)                                    \
	EXPORT TAIL result name types                                          \
	{                                                                      \
		static result (*_Atomic real) types;                           \
		result (*call) types =                                         \
			atomic_load_explicit(&real, memory_order_relaxed);     \
									       \
		if (!call) {                                                   \
			void *found = dlsym(RTLD_NEXT, #name);                 \
									       \
			memcpy(&call, &found, sizeof(call));                   \
			atomic_store_explicit(&real, call,                     \
					      memory_order_relaxed);           \
		}                                                              \
		shake();                                                       \
		return call values;                                            \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

SHAKEN(int, pthread_create,
	(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
	 void *(*run)(void *), void *restrict arg),
	(thread, attributes, run, arg))
SHAKEN(int, pthread_join, (pthread_t thread, void **result), (thread, result))
SHAKEN(int, pthread_detach, (pthread_t thread), (thread))
SHAKEN(int, pthread_mutex_lock, (pthread_mutex_t *lock), (lock))
SHAKEN(int, pthread_mutex_trylock, (pthread_mutex_t *lock), (lock))
SHAKEN(int, pthread_mutex_unlock, (pthread_mutex_t *lock), (lock))
SHAKEN(int, pthread_mutex_destroy, (pthread_mutex_t *lock), (lock))
SHAKEN(int, pthread_rwlock_rdlock, (pthread_rwlock_t *lock), (lock))
SHAKEN(int, pthread_rwlock_wrlock, (pthread_rwlock_t *lock), (lock))
SHAKEN(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t *lock), (lock))
SHAKEN(int, pthread_rwlock_trywrlock, (pthread_rwlock_t *lock), (lock))
SHAKEN(int, pthread_rwlock_unlock, (pthread_rwlock_t *lock), (lock))
SHAKEN(int, pthread_spin_lock, (pthread_spinlock_t *lock), (lock))
SHAKEN(int, pthread_barrier_wait, (pthread_barrier_t *barrier), (barrier))
SHAKEN(int, sem_wait, (sem_t *semaphore), (semaphore))
SHAKEN(int, sem_trywait, (sem_t *semaphore), (semaphore))
SHAKEN(int, sem_post, (sem_t *semaphore), (semaphore))
SHAKEN(int, sched_yield, (void), ())
/* clang-format on */
