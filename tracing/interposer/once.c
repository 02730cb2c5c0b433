/* Interposers of what runs once. */
#include "tracing/interposer/block.h"
#include "tracing/interposer/real.h"

#include <threads.h>

#define WORD_DONE 2 /* glibc: it has run, nobody waits any more */

/* One that goes on in this thread; the innermost one is in `running`. */
struct once {
	struct block block;
	struct once *outer;
	void (*routine)(void);
	bool ran;
};

static __thread struct once *running __attribute__((tls_model("initial-exec")));

static void run(void)
{
	struct once *once = running;

	once->ran = true;
	once->routine();
}

static void end(struct once *once)
{
	union fact fact;

	running = once->outer;
	if (!block_end(&once->block))
		return;
	fact.once_end = (struct fact_once_end){
		.once = once->block.object,
		.site = once->block.site,
		.begin_ns = once->block.begin_ns,
		.end_ns = once->block.end_ns,
		.ran = once->ran,
	};
	tell(TELL_once_end, &fact);
}

static int once_first(pthread_once_t *control, void (*routine)(void),
		      uint64_t site)
{
	struct once once __attribute__((cleanup(end))) = {
		.outer = running,
		.routine = routine,
	};
	union fact fact;

	if (thread_is_open(site))
		block_begin(&once.block, IN_ONCE, LOCK_ONCE,
			    (uint64_t)(uintptr_t)control, site);
	if (once.block.weight) {
		fact.once_begin = (struct fact_once_begin){
			.once = once.block.object,
			.routine = (uint64_t)(uintptr_t)routine,
			.site = site,
			.begin_ns = once.block.begin_ns,
		};
		tell_now(TELL_once_begin, &fact);
	}
	running = &once;
	once.block.result = real.pthread_once(control, run);
	once.block.returned = true;
	return once.block.result;
}

EXPORT int pthread_once(pthread_once_t *control, void (*routine)(void))
{
	if (likely(__atomic_load_n(control, __ATOMIC_ACQUIRE) & WORD_DONE))
		return 0;
	real_start();
	return once_first(control, routine, SITE);
}

EXPORT void call_once(once_flag *flag, void (*routine)(void))
{
	if (likely(__atomic_load_n(&flag->__data, __ATOMIC_ACQUIRE) &
		   WORD_DONE))
		return;
	real_start();
	once_first(&flag->__data, routine, SITE);
}
