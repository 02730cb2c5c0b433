/* Interposers of the calls that make, name, end and join threads. */
#include "tracing/interposer/privileges.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/section.h"
#include "tracing/interposer/shared.h"

#include <errno.h>

static struct thread_more *prepare(void *(*routine)(void *), void *argument,
				   uint64_t site)
{
	struct thread_more *more;

	if (!real_start())
		return NULL;
	more = thread_more_new();
	if (!more)
		return NULL;
	more->routine = routine;
	more->argument = argument;
	more->is_foreign = module_is_foreign(site);
	/* LTTng's threads say at once who we are. */
	if (more->is_foreign)
		process_start();
	return more;
}

static void tell_create(const pthread_t *thread, void *(*routine)(void *),
			uint64_t site, uint64_t begin_ns, int result)
{
	union fact fact = { .thread_create = {
				    .start_routine =
					    (uint64_t)(uintptr_t)routine,
				    .site = site,
				    .begin_ns = begin_ns,
				    .end_ns = clock_now_ns(),
				    .result = result,
			    } };

	if (result == 0) {
		fact.thread_create.thread = (uint64_t)*thread;
		fact.thread_create.child_tid = thread_tid_of(*thread);
	}
	tell(TELL_thread_create, &fact);
}

/* Either of the two ways to make a thread. */
static int create(pthread_t *thread, const pthread_attr_t *attributes,
		  struct thread_more *more, bool is_c11)
{
	bool is_foreign = more->is_foreign;
	int result;

	if (is_foreign)
		privileges_expect(true);
	if (is_c11)
		result = real.thrd_create(thread, thread_begin_c11, more);
	else
		result = real.pthread_create(thread, attributes, thread_begin,
					     more);
	if (!result)
		return 0;
	thread_more_free(more);
	if (is_foreign)
		privileges_expect(false);
	return result;
}

static int create_from(pthread_t *thread, const pthread_attr_t *attributes,
		       struct thread_more *more, bool is_c11, uint64_t site)
{
	void *(*routine)(void *) = more->routine;
	uint64_t begin_ns;
	int result;

	if (!self.open || more->is_foreign)
		return create(thread, attributes, more, is_c11);
	begin_ns = clock_now_ns();
	more->created_ns = begin_ns;
	more->creator_tid = self.outer_tid;
	result = create(thread, attributes, more, is_c11);
	tell_create(thread, routine, site, begin_ns, result);
	return result;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*routine)(void *), void *argument)
{
	struct thread_more *more;

	thread_is_open(SITE);
	more = prepare(routine, argument, SITE);
	if (!more) /* no memory: it is found at its first call */
		return real.pthread_create(thread, attributes, routine,
					   argument);
	return create_from(thread, attributes, more, false, SITE);
}

EXPORT int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
	struct thread_more *more;

	thread_is_open(SITE);
	/* thread_begin_c11() casts it back. */
	more = prepare((void *(*)(void *))(void (*)(void))routine, argument,
		       SITE);
	if (!more)
		return real.thrd_create(thread, routine, argument);
	return create_from(thread, NULL, more, true, SITE);
}

void thread_exits(void)
{
	self.end_how = END_EXIT;
}

EXPORT void pthread_exit(void *value)
{
	real_start();
	thread_exits();
	real.pthread_exit(value);
	__builtin_unreachable();
}

/* What a name is told of: oneself, or any other thread. */
EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
	bool open = thread_is_open(SITE);
	int result = real.pthread_setname_np(thread, name);
	bool mine = pthread_equal(thread, pthread_self());
	union fact fact = { .thread_name = { .name = name } };
	struct closed closed;
	size_t i;

	if (!open || result)
		return result;
	fact.thread_name.tid = mine ? self.outer_tid : thread_tid_of(thread);
	closed = thread_close();
	for (i = 0; mine && i < BOARD_COMM - 1 && name[i]; i++)
		self.slot->name[i] = name[i];
	if (mine)
		self.slot->name[i] = '\0';
	thread_open(closed);
	tell_now(TELL_thread_name, &fact);
	return result;
}

struct join {
	pthread_t thread;
	struct inside before;
	uint64_t begin_ns;
	int32_t tid;
	int result;
	bool returned;
	bool recorded;
};

static void join_begin(struct join *join, uint64_t site)
{
	union fact fact;
	struct inside inside;

	join->begin_ns = clock_now_ns();
	join->tid = thread_tid_of(join->thread);
	inside = (struct inside){
		.in = IN_JOIN,
		.object = (uint64_t)join->thread,
		.owner_tid = join->tid,
		.since_ns = join->begin_ns,
		.site = site,
	};
	inside_enter(&inside, &join->before);
	fact.thread_join_begin = (struct fact_thread_join_begin){
		.thread = (uint64_t)join->thread,
		.tid = join->tid,
		.site = site,
	};
	tell_now(TELL_thread_join_begin, &fact);
}

static void join_end(struct join *join)
{
	union fact fact;

	if (!join->recorded || !self.open)
		return;
	inside_leave(&join->before);
	fact.thread_join_end = (struct fact_thread_join_end){
		.thread = (uint64_t)join->thread,
		.tid = join->tid,
		.begin_ns = join->begin_ns,
		.result = join->returned ? join->result : ECANCELED,
	};
	tell(TELL_thread_join_end, &fact);
}

enum form {
	FORM_JOIN,
	FORM_TIMED,
	FORM_CLOCK,
};

static int join_thread(pthread_t thread, void **value, enum form form,
		       clockid_t clock, const struct timespec *until,
		       uint64_t site)
{
	struct join join
		__attribute__((cleanup(join_end))) = { .thread = thread };

	join.recorded = thread_is_open(site) && !module_is_foreign(site);
	if (join.recorded)
		join_begin(&join, site);
	if (form == FORM_JOIN)
		join.result = real.pthread_join(thread, value);
	else if (form == FORM_TIMED)
		join.result = real.pthread_timedjoin_np(thread, value, until);
	else
		join.result =
			real.pthread_clockjoin_np(thread, value, clock, until);
	join.returned = true;
	return join.result;
}

int join_from(pthread_t thread, void **value, uint64_t site)
{
	return join_thread(thread, value, FORM_JOIN, 0, NULL, site);
}

EXPORT int pthread_join(pthread_t thread, void **value)
{
	return join_thread(thread, value, FORM_JOIN, 0, NULL, SITE);
}

EXPORT int pthread_timedjoin_np(pthread_t thread, void **value,
				const struct timespec *until)
{
	return join_thread(thread, value, FORM_TIMED, 0, until, SITE);
}

EXPORT int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock,
				const struct timespec *until)
{
	return join_thread(thread, value, FORM_CLOCK, clock, until, SITE);
}
