/*
 * Interposers of the condition variable. A wait ends the hold of its mutex and
 * begins a new one when it returns, which glibc does without a visible call.
 */
#include "tracing/interposer/call.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/section.h"
#include "tracing/interposer/shared.h"

#include <errno.h>

/* glibc keeps the number of waiters above these bits of __wrefs. */
#define WREFS_SHIFT 3

/* A wait that goes on; its end runs when it is cancelled, too. */
struct cond_wait {
	pthread_cond_t *cond;
	pthread_mutex_t *mutex;
	uint64_t site;
	struct inside before;
	uint64_t begin_ticks;
	uint64_t begin_ns;
	uint32_t weight;
	uint8_t flags;
	int result;
	bool returned;
	bool recorded;
	bool was_held;
};

static int call_real(const struct cond_wait *wait, const struct call *call)
{
	if (call->form == CALL_TIMED)
		return real.pthread_cond_timedwait(wait->cond, wait->mutex,
						   call->until);
	if (call->form == CALL_CLOCK)
		return real.pthread_cond_clockwait(wait->cond, wait->mutex,
						   call->clock, call->until);
	return real.pthread_cond_wait(wait->cond, wait->mutex);
}

/* Ends the hold that the wait is about to give up. */
static void end_hold(struct cond_wait *wait)
{
	struct ended ended;
	int i = section_find((uint64_t)(uintptr_t)wait->mutex, LOCK_MUTEX);

	if (i < 0)
		return;
	wait->was_held = true;
	section_end((uint32_t)i, LOCK_TO_COND, wait->mutex->__data.__lock > 1,
		    clock_ticks(), &ended);
	wait->flags |= ended.section.flags & LOCK_RELOCK;
	/* Not yet released: the wait does that. About to block, so tell. */
	section_tell(&ended);
}

static void begin(struct cond_wait *wait)
{
	union fact fact;
	struct inside inside;

	end_hold(wait);
	wait->begin_ticks = clock_ticks();
	clock_sync(wait->begin_ticks);
	wait->begin_ns = clock_to_ns(wait->begin_ticks);
	wait->weight = tell_weight(&self.more->locks, wait->begin_ticks);
	inside = (struct inside){
		.in = IN_COND,
		.in_kind = LOCK_CONDITION,
		.object = (uint64_t)(uintptr_t)wait->cond,
		.object2 = (uint64_t)(uintptr_t)wait->mutex,
		.since_ns = wait->begin_ns,
		.site = wait->site,
	};
	inside_enter(&inside, &wait->before);
	if (!wait->weight) {
		tell_pending();
		return;
	}
	if (wait->weight > 1)
		wait->flags |= LOCK_SAMPLED;
	fact.cond_wait_begin = (struct fact_cond_wait_begin){
		.cond = (uint64_t)(uintptr_t)wait->cond,
		.mutex = (uint64_t)(uintptr_t)wait->mutex,
		.flags = wait->flags,
		.site = wait->site,
		.begin_ns = wait->begin_ns,
	};
	tell_now(TELL_cond_wait_begin, &fact);
}

/* The mutex is ours again: a new acquisition, by the wait's call site. */
static void begin_hold(const struct cond_wait *wait, uint64_t now)
{
	struct target target = {
		.lock = (uint64_t)(uintptr_t)wait->mutex,
		.site = wait->site,
		.kind = LOCK_MUTEX,
		.mode = LOCK_WRITE,
		.flags = LOCK_RELOCK,
	};

	/* It is not when the wait refused a mutex that was not its own. */
	if (wait->was_held || wait->mutex->__data.__owner == self.tid)
		section_begin(&target,
			      entry_of(target.lock, target.site, LOCK_MUTEX,
				       LOCK_WRITE),
			      now);
}

static void count(const struct cond_wait *wait, uint64_t ns)
{
	struct board_entry *entry =
		entry_of((uint64_t)(uintptr_t)wait->cond, wait->site,
			 LOCK_CONDITION, LOCK_WRITE);

	if (!entry)
		return;
	entry->waits++;
	entry->wait_ns += ns;
	if (ns > entry->wait_max_ns)
		entry->wait_max_ns = ns;
	if (wait->result == ETIMEDOUT) {
		entry->gave_up++;
		entry->failed[LOCK_ETIMEDOUT]++;
	}
	if (wait->weight)
		entry->waits_told++;
}

static void end(struct cond_wait *wait)
{
	uint64_t now;
	uint64_t ns;
	union fact fact;

	if (!wait->recorded || !self.open)
		return;
	now = clock_ticks();
	ns = clock_span_ns(now - wait->begin_ticks);
	if (!wait->returned)
		wait->result = ECANCELED;
	inside_leave(&wait->before);
	begin_hold(wait, now);
	wait->weight = tell_weight_ended(wait->weight, now - wait->begin_ticks);
	count(wait, ns);
	if (!wait->weight)
		return;
	clock_sync(now);
	fact.cond_wait_end = (struct fact_cond_wait_end){
		.cond = (uint64_t)(uintptr_t)wait->cond,
		.mutex = (uint64_t)(uintptr_t)wait->mutex,
		.site = wait->site,
		.begin_ns = wait->begin_ns,
		.end_ns = clock_to_ns(now),
		.result = wait->result,
	};
	tell(TELL_cond_wait_end, &fact);
}

static int wait_on(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t site,
		   const struct call *call)
{
	struct cond_wait wait __attribute__((cleanup(end))) = {
		.cond = cond,
		.mutex = mutex,
		.site = site,
		.flags = call->form == CALL_PLAIN ? 0 : LOCK_TIMED,
	};

	wait.recorded = thread_is_open(site) && !module_is_foreign(site);
	if (wait.recorded)
		begin(&wait);
	wait.result = call_real(&wait, call);
	wait.returned = true;
	return wait.result;
}

int cond_wait_from(pthread_cond_t *cond, pthread_mutex_t *mutex,
		   const struct timespec *until, uint64_t site)
{
	struct call call = { .form = until ? CALL_TIMED : CALL_PLAIN,
			     .until = until };

	return wait_on(cond, mutex, site, &call);
}

EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	return wait_on(cond, mutex, SITE, &(struct call){ .form = CALL_PLAIN });
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  const struct timespec *until)
{
	struct call call = { .form = CALL_TIMED, .until = until };

	return wait_on(cond, mutex, SITE, &call);
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  clockid_t clock, const struct timespec *until)
{
	struct call call = { CALL_CLOCK, clock, until };

	return wait_on(cond, mutex, SITE, &call);
}

/* Counts a signal, and asks whether to tell it. */
static bool count_signal(const pthread_cond_t *cond, uint64_t site)
{
	struct board_entry *entry = entry_of((uint64_t)(uintptr_t)cond, site,
					     LOCK_CONDITION, LOCK_WRITE);

	if (!entry)
		return false;
	entry->signals++;
	return tell_weight(&self.more->locks, clock_ticks()) != 0;
}

/* Said before the call: after it the condition may be gone. */
static struct fact_cond_signal signal_fact(const pthread_cond_t *cond,
					   uint64_t site)
{
	uint64_t now = clock_ticks();

	clock_sync(now);
	return (struct fact_cond_signal){
		.cond = (uint64_t)(uintptr_t)cond,
		.site = site,
		.at_ns = clock_to_ns(now),
		.waiters = __atomic_load_n(&cond->__data.__wrefs,
					   __ATOMIC_RELAXED) >>
			   WREFS_SHIFT,
	};
}

int cond_signal_from(pthread_cond_t *cond, uint64_t site)
{
	union fact fact;
	int result;

	if (!thread_is_open(site) || !count_signal(cond, site))
		return real.pthread_cond_signal(cond);
	fact.cond_signal = signal_fact(cond, site);
	result = real.pthread_cond_signal(cond);
	tell(TELL_cond_signal, &fact);
	return result;
}

EXPORT int pthread_cond_signal(pthread_cond_t *cond)
{
	return cond_signal_from(cond, SITE);
}

int cond_broadcast_from(pthread_cond_t *cond, uint64_t site)
{
	struct fact_cond_signal signal;
	union fact fact;
	int result;

	if (!thread_is_open(site) || !count_signal(cond, site))
		return real.pthread_cond_broadcast(cond);
	signal = signal_fact(cond, site);
	fact.cond_broadcast = (struct fact_cond_broadcast){
		.cond = signal.cond,
		.site = signal.site,
		.at_ns = signal.at_ns,
		.waiters = signal.waiters,
	};
	result = real.pthread_cond_broadcast(cond);
	tell(TELL_cond_broadcast, &fact);
	return result;
}

EXPORT int pthread_cond_broadcast(pthread_cond_t *cond)
{
	return cond_broadcast_from(cond, SITE);
}

EXPORT int pthread_cond_init(pthread_cond_t *cond,
			     const pthread_condattr_t *attributes)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_cond_init(cond, attributes);

	if (open && result == 0)
		lock_told_init((uint64_t)(uintptr_t)cond, LOCK_CONDITION,
			       cond->__data.__wrefs & 1 ? LOCK_SHARED : 0,
			       SITE);
	return result;
}

EXPORT int pthread_cond_destroy(pthread_cond_t *cond)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_cond_destroy(cond);

	if (open)
		lock_told_destroy((uint64_t)(uintptr_t)cond, LOCK_CONDITION,
				  SITE, result, false);
	return result;
}
