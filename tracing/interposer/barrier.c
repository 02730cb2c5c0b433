/* Interposers of the barrier. */
#include "tracing/interposer/block.h"
#include "tracing/interposer/real.h"

static void tell_begin(const struct block *block)
{
	union fact fact = { .barrier_wait_begin = {
				    .barrier = block->object,
				    .site = block->site,
				    .begin_ns = block->begin_ns,
			    } };

	tell_now(TELL_barrier_wait_begin, &fact);
}

static void tell_end(const struct block *block)
{
	union fact fact = { .barrier_wait_end = {
				    .barrier = block->object,
				    .site = block->site,
				    .begin_ns = block->begin_ns,
				    .end_ns = block->end_ns,
				    .result = block->result,
			    } };

	tell(TELL_barrier_wait_end, &fact);
}

EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	struct block block = { 0 };
	int result;

	if (thread_is_open(SITE))
		block_begin(&block, IN_BARRIER, LOCK_BARRIER,
			    (uint64_t)(uintptr_t)barrier, SITE);
	if (block.weight)
		tell_begin(&block);
	result = real.pthread_barrier_wait(barrier);
	block.result = result;
	block.returned = true;
	if (block_end(&block))
		tell_end(&block);
	return result;
}

EXPORT int pthread_barrier_init(pthread_barrier_t *barrier,
				const pthread_barrierattr_t *attributes,
				unsigned count)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_barrier_init(barrier, attributes, count);

	if (open && result == 0)
		lock_told_init((uint64_t)(uintptr_t)barrier, LOCK_BARRIER, 0,
			       SITE);
	return result;
}

EXPORT int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_barrier_destroy(barrier);

	if (open)
		lock_told_destroy((uint64_t)(uintptr_t)barrier, LOCK_BARRIER,
				  SITE, result, false);
	return result;
}
