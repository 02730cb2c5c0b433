/*
 * Interposer of syscall(), for those who call futex themselves: atomics and
 * semaphores of C++20, Rust, InnoDB.
 */
#include "tracing/interposer/block.h"
#include "tracing/interposer/privileges.h"
#include "tracing/interposer/real.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

struct arguments {
	long at[6];
};

static long call_real(long number, const struct arguments *a)
{
	return real.syscall(number, a->at[0], a->at[1], a->at[2], a->at[3],
			    a->at[4], a->at[5]);
}

static bool is_wait(int op)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return true;
	default:
		return false;
	}
}

static bool is_wake(int op)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
	case FUTEX_WAKE_OP:
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
	case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_UNLOCK_PI:
		return true;
	default:
		return false;
	}
}

static long wait_for(long number, const struct arguments *a, int op,
		     uint64_t site)
{
	struct block block = { 0 };
	uint64_t stack[STACK_MAX];
	union fact fact;
	long result;

	block_begin(&block, IN_FUTEX, LOCK_FUTEX, (uint64_t)a->at[0], site);
	if (block.weight) {
		fact.futex_wait_begin = (struct fact_futex_wait_begin){
			.address = block.object,
			.op = op,
			.site = site,
			.begin_ns = block.begin_ns,
			.stack = stack,
		};
		/* Who calls this is a library's lock: look further up. */
		fact.futex_wait_begin.n_stack = (uint8_t)wait_stack(
			block.entry, block.begin_ticks, site, stack);
		tell_now(TELL_futex_wait_begin, &fact);
	}
	result = call_real(number, a);
	block.returned = true;
	block.result = result < 0 ? errno : 0;
	if (!block_end(&block))
		return result;
	fact.futex_wait_end = (struct fact_futex_wait_end){
		.address = block.object,
		.op = op,
		.site = site,
		.begin_ns = block.begin_ns,
		.end_ns = block.end_ns,
		.result = block.result,
	};
	tell(TELL_futex_wait_end, &fact);
	return result;
}

static long wake(const struct arguments *a, uint64_t site)
{
	uint64_t before = clock_ticks();
	long result = call_real(SYS_futex, a);
	uint64_t at_ns =
		block_signal(LOCK_FUTEX, (uint64_t)a->at[0], site, result > 0);
	union fact fact = { .futex_wake = {
				    .address = (uint64_t)a->at[0],
				    .op = (int32_t)a->at[1],
				    .site = site,
				    .woken = (int32_t)result,
			    } };

	if (!at_ns)
		return result;
	fact.futex_wake.at_ns = clock_to_ns(before);
	tell(TELL_futex_wake, &fact);
	return result;
}

/* Whether it is a fork: of memory that the child does not share. */
static bool is_fork(long number, const struct arguments *a)
{
	uint64_t flags = 0;

	if (number == SYS_fork)
		return true;
	if (number == SYS_clone)
		flags = (uint64_t)a->at[0];
	else if (number == SYS_clone3 && a->at[0])
		memcpy(&flags, (const void *)a->at[0], sizeof(flags));
	else
		return false;
	return !(flags & CLONE_VM);
}

static long fork_by_number(long number, const struct arguments *a)
{
	long result = call_real(number, a);

	if (result == 0)
		thread_stray(); /* not recorded, see clone() */
	return result;
}

/* All six are read, however many the caller gave: as the real one does. */
EXPORT long syscall(long number, ...)
{
	struct arguments a;
	va_list list;
	long result;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is */
		a.at[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_futex && is_wait((int)a.at[1]) &&
	    thread_is_open(SITE))
		return wait_for(number, &a, (int)a.at[1], SITE);
	if (number == SYS_futex && is_wake((int)a.at[1]) &&
	    thread_is_open(SITE))
		return wake(&a, SITE);
	if (number == SYS_futex_waitv && thread_is_open(SITE))
		return wait_for(number, &a, FUTEX_WAIT, SITE);
	real_start();
	if (unlikely(is_fork(number, &a)))
		return fork_by_number(number, &a);
	result = call_real(number, &a);
	if (!result)
		privileges_did(number, a.at);
	return result;
}
