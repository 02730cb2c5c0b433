/*
 * Coroutines: tasks that switch only where they say so.
 *
 * A scheduler runs any number of them on a few kernel threads. A coroutine
 * gives its thread up in coro_yield(), coro_sleep() and coro_wait_readable(),
 * nowhere else, and may go on in another kernel thread. Each has a small stack
 * of its own. Times are ns.
 */
#ifndef WORKLOADS_CORO_H
#define WORKLOADS_CORO_H

#include <stddef.h>
#include <stdint.h>

struct coros;
typedef void coro_fn(void *data);

/* Room for `most` coroutines with stacks of `stack_bytes` each. */
struct coros *coros_new(size_t most, size_t stack_bytes);

/* All coroutines have ended. */
void coros_free(struct coros *coros);

/* Adds one that is ready to run; from outside, or from a coroutine. */
void coro_spawn(struct coros *coros, coro_fn *run, void *data);

/* Runs all of them on `threads` kernel threads until the last one has ended. */
void coros_run(struct coros *coros, unsigned threads);

/* From within a coroutine. */
void coro_yield(void);
void coro_sleep(uint64_t ns);
void coro_wait_readable(int fd);

/* Switches between coroutines so far. */
uint64_t coros_switches(const struct coros *coros);

#endif
