/* Acquisitions that wait, and those that end without the lock. */
#include <errno.h>

#include "tracing/interposer/ids.h"
#include "tracing/interposer/section.h"
#include "tracing/interposer/stack.h"

#define STACKS_FIRST	  4 /* of a lock and call site: always with a stack */
#define STACK_PAUSE_TICKS ((uint64_t)10000000) /* then one in about 5 ms */

unsigned wait_stack(const struct board_entry *entry, uint64_t ticks,
		    uint64_t site, uint64_t *stack)
{
	struct thread_more *more = self.more;
	struct closed closed;
	unsigned n;

	if (entry && entry->waits_told >= STACKS_FIRST &&
	    ticks < more->stack_next_ticks)
		return 0;
	more->stack_next_ticks = ticks + STACK_PAUSE_TICKS;
	closed = thread_close();
	n = stack_take(stack, STACK_MAX, site);
	thread_open(closed);
	return n;
}

static void wait_tell(const struct wait *wait, uint64_t begin_ns,
		      int32_t owner_tid)
{
	const struct board_slot *slot = self.slot;
	uint32_t n_held =
		atomic_load_explicit(&slot->n_held, memory_order_relaxed);
	uint64_t stack[STACK_MAX];
	uint64_t held[HELD_MAX];
	union fact fact = { .lock_wait = {
				    .lock = wait->target.lock,
				    .kind = wait->target.kind,
				    .mode = wait->target.mode,
				    .flags = wait->target.flags,
				    .site = wait->target.site,
				    .owner_tid = owner_tid,
				    .begin_ns = begin_ns,
				    .held = held,
				    .stack = stack,
			    } };
	uint8_t n = 0;

	/* The innermost ones, when they are too many. */
	for (uint32_t i = n_held > HELD_MAX ? n_held - HELD_MAX : 0; i < n_held;
	     i++)
		held[n++] = slot->held[i].lock;
	if (wait->weight > 1)
		fact.lock_wait.flags |= LOCK_SAMPLED;
	fact.lock_wait.n_held = n;
	fact.lock_wait.n_stack = (uint8_t)wait_stack(
		wait->entry, wait->begin_ticks, wait->target.site, stack);
	wait->entry->waits_told++;
	tell_now(TELL_lock_wait, &fact);
}

void wait_begin(struct wait *wait, const struct target *target,
		struct board_entry *entry, int32_t owner_tid, bool is_tabled)
{
	uint64_t now = clock_ticks();
	struct inside inside = {
		.in = target->kind == LOCK_SEMAPHORE ? IN_SEMAPHORE : IN_LOCK,
		.in_kind = target->kind,
		.in_mode = target->mode,
		.owner_tid = ids_of(owner_tid),
		.object = target->lock,
		.site = target->site,
	};

	clock_sync(now);
	inside.since_ns = clock_to_ns(now);
	inside_enter(&inside, &wait->before);
	wait->target = *target;
	wait->entry = entry;
	wait->begin_ticks = now;
	wait->is_tabled = is_tabled;
	wait->weight = tell_weight(budget_of(entry), now);
	if (is_tabled)
		atomic_fetch_add_explicit(&waiters_of(target->lock)->n, 1,
					  memory_order_relaxed);
	if (wait->weight)
		wait_tell(wait, inside.since_ns, inside.owner_tid);
	else if (self.pending)
		tell_pending();
}

static void wait_over(const struct wait *wait)
{
	if (wait->is_tabled)
		atomic_fetch_sub_explicit(&waiters_of(wait->target.lock)->n, 1,
					  memory_order_relaxed);
	inside_leave(&wait->before);
}

void wait_taken(struct wait *wait, uint8_t flags)
{
	uint64_t now = clock_ticks();
	struct section *section;

	wait_over(wait);
	wait->target.flags |= flags;
	section = section_begin(&wait->target, wait->entry, now);
	wait->entry->contended++;
	if (!section) { /* its hold will not be seen */
		wait_count(wait->entry, now - wait->begin_ticks);
		return;
	}
	section->waited = 1;
	section->wait_begin_ticks = wait->begin_ticks;
	section->weight = wait->weight;
}

static int error_place(int result)
{
	static const int errors[LOCK_NERRORS] = {
		[LOCK_EBUSY] = EBUSY,
		[LOCK_ETIMEDOUT] = ETIMEDOUT,
		[LOCK_EDEADLK] = EDEADLK,
		[LOCK_EPERM] = EPERM,
		[LOCK_EOWNERDEAD] = EOWNERDEAD,
		[LOCK_ENOTRECOVERABLE] = ENOTRECOVERABLE,
	};

	for (int i = 0; i < LOCK_NERRORS; i++)
		if (errors[i] == result)
			return i;
	return -1;
}

static void failed_tell(const struct target *target, uint64_t begin_ticks,
			uint64_t end_ticks, int result, uint32_t weight)
{
	union fact fact = { .lock_failed = {
				    .lock = target->lock,
				    .kind = target->kind,
				    .mode = target->mode,
				    .flags = target->flags,
				    .site = target->site,
				    .result = result,
				    .weight = weight,
			    } };

	if (!weight)
		return;
	clock_sync(end_ticks);
	fact.lock_failed.end_ns = clock_to_ns(end_ticks);
	if (begin_ticks)
		fact.lock_failed.wait_begin_ns = clock_to_ns(begin_ticks);
	if (weight > 1)
		fact.lock_failed.flags |= LOCK_SAMPLED;
	tell(TELL_lock_failed, &fact);
}

static void failed_count(struct board_entry *entry, int result)
{
	int i = error_place(result);

	if (i >= 0)
		entry->failed[i]++;
}

void wait_failed(struct wait *wait, int result)
{
	uint64_t now = clock_ticks();

	wait_over(wait);
	wait->entry->gave_up++;
	failed_count(wait->entry, result);
	wait_count(wait->entry, now - wait->begin_ticks);
	failed_tell(&wait->target, wait->begin_ticks, now, result,
		    tell_weight_ended(wait->weight, now - wait->begin_ticks));
}

void try_failed(const struct target *target, int result)
{
	struct board_entry *entry = entry_of(target->lock, target->site,
					     target->kind, target->mode);
	uint64_t now;

	if (!entry)
		return;
	failed_count(entry, result);
	now = clock_ticks();
	failed_tell(target, 0, now, result,
		    tell_weight(&self.more->locks, now));
}
