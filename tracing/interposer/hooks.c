/* What the annotation header calls. */
#include "tracing/holdup.h"

#include "tracing/interposer/section.h"

static uint64_t address_of(const volatile void *lock)
{
	return (uint64_t)(uintptr_t)lock;
}

/* The wait of this thread for a lock of its own; `lock` 0: none. */
static __thread struct wait waiting __attribute__((tls_model("initial-exec")));

/* Its section between holdup_lock_releasing() and _released(). */
static __thread struct ended releasing
	__attribute__((tls_model("initial-exec")));

static void on_lock_name(int kind, const volatile void *lock, const char *name)
{
	union fact fact = { .lock_name = {
				    .lock = address_of(lock),
				    .kind = (uint8_t)kind,
				    .name = name,
			    } };

	if (thread_is_open(SITE) && name && kind >= 0 && kind < LOCK_NKINDS)
		tell_at_once(TELL_lock_name, &fact);
}

static struct target target_of(const volatile void *lock, int mode,
			       uint64_t site)
{
	return (struct target){
		.lock = address_of(lock),
		.site = site,
		.kind = LOCK_ANNOTATED,
		.mode = mode == HOLDUP_READ ? LOCK_READ : LOCK_WRITE,
	};
}

static void on_lock_wait(const volatile void *lock, int mode)
{
	struct target target = target_of(lock, mode, SITE);
	struct board_entry *entry;

	if (!thread_is_open(SITE) || waiting.target.lock)
		return;
	entry = entry_of(target.lock, target.site, target.kind, target.mode);
	if (entry)
		wait_begin(&waiting, &target, entry, 0, true);
}

static void on_lock_acquired(const volatile void *lock, int mode)
{
	struct target target = target_of(lock, mode, SITE);
	uint64_t now = clock_ticks();

	if (!thread_is_open(SITE))
		return;
	if (waiting.target.lock == target.lock) {
		wait_taken(&waiting, 0);
		waiting.target.lock = 0;
		return;
	}
	section_begin(
		&target,
		entry_of(target.lock, target.site, target.kind, target.mode),
		now);
}

static void on_lock_gave_up(const volatile void *lock, int error)
{
	if (!thread_is_open(SITE) || waiting.target.lock != address_of(lock))
		return;
	wait_failed(&waiting, error);
	waiting.target.lock = 0;
}

static void on_lock_releasing(const volatile void *lock)
{
	uint64_t now = clock_ticks();
	int i;

	releasing.held.lock = 0;
	if (!thread_is_open(SITE))
		return;
	i = section_find(address_of(lock), LOCK_ANNOTATED);
	if (i >= 0)
		section_end((uint32_t)i, 0, waiters_any(address_of(lock)), now,
			    &releasing);
}

static void on_lock_released(const volatile void *lock)
{
	if (!thread_is_open(SITE) || releasing.held.lock != address_of(lock))
		return;
	section_tell(&releasing);
	releasing.held.lock = 0;
}

static void on_task_begin(uint64_t task, const char *name)
{
	union fact fact = { .task_begin = { .task = task,
					    .name = name ? name : "" } };

	if (thread_is_open(SITE))
		tell_at_once(TELL_task_begin, &fact);
}

static void on_task_end(uint64_t task)
{
	union fact fact = { .task_end = { .task = task } };

	if (thread_is_open(SITE))
		tell_at_once(TELL_task_end, &fact);
}

static void on_task_switch(uint64_t from, uint64_t to)
{
	union fact fact = { .task_switch = { .from = from, .to = to } };

	if (thread_is_open(SITE))
		tell_at_once(TELL_task_switch, &fact);
}

static void on_phase(const char *name)
{
	union fact fact = { .phase = { .name = name ? name : "" } };

	if (thread_is_open(SITE))
		tell_at_once(TELL_phase, &fact);
}

static void on_mark(const char *name, int64_t value)
{
	union fact fact = { .mark = { .name = name ? name : "",
				      .value = value } };

	if (thread_is_open(SITE))
		tell_at_once(TELL_mark, &fact);
}

extern const struct holdup_hooks holdup_hooks_1;
EXPORT const struct holdup_hooks holdup_hooks_1 = {
	.bytes = sizeof(holdup_hooks_1),
	.lock_name = on_lock_name,
	.lock_wait = on_lock_wait,
	.lock_acquired = on_lock_acquired,
	.lock_gave_up = on_lock_gave_up,
	.lock_releasing = on_lock_releasing,
	.lock_released = on_lock_released,
	.task_begin = on_task_begin,
	.task_end = on_task_end,
	.task_switch = on_task_switch,
	.phase = on_phase,
	.mark = on_mark,
};
