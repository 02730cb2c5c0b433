#include "tracing/interposer/stack.h"

#include <stdbool.h>
#include <unwind.h>

#include "tracing/interposer/module.h"

#define SKIPPED_MAX 12 /* frames of ours, above the call site */

/* Where we are ourselves, from the linker.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

struct walk {
	uint64_t *stack;
	uint64_t site;
	unsigned max;
	unsigned n;
	unsigned skipped;
	bool found;
};

static bool is_ours(uint64_t ip)
{
	return ip >= (uint64_t)(uintptr_t)__ehdr_start &&
	       ip < (uint64_t)(uintptr_t)_end;
}

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *data)
{
	struct walk *walk = data;
	uint64_t ip = _Unwind_GetIP(context);

	if (!ip)
		return _URC_END_OF_STACK;
	if (!walk->found) {
		walk->found = ip == walk->site;
		if (!walk->found)
			return ++walk->skipped < SKIPPED_MAX
				       ? _URC_NO_REASON
				       : _URC_END_OF_STACK;
	}
	if (!is_ours(ip)) { /* as is the first frame of each thread */
		(void)module_is_foreign(ip); /* is taken note of, at least */
		walk->stack[walk->n++] = ip;
	}
	return walk->n < walk->max ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* The unwinder looks frames up without lock or memory (_dl_find_object). */
/* NOLINTNEXTLINE(readability-non-const-parameter): step() writes to it */
unsigned stack_take(uint64_t *stack, unsigned max, uint64_t site)
{
	struct walk walk = { .stack = stack, .site = site, .max = max };

	_Unwind_Backtrace(step, &walk);
	return walk.n;
}
