/*
 * An event loop: one thread that waits for many things at once.
 *
 * Callbacks run one after the other in the thread of loop_run() and must not
 * block. Times are ns.
 */
#ifndef WORKLOADS_LOOP_H
#define WORKLOADS_LOOP_H

#include <stddef.h>
#include <stdint.h>

struct loop;
typedef void loop_fn(struct loop *loop, void *data);

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Calls `call` once, when `fd` can be read; the caller closes it. */
void loop_readable(struct loop *loop, int fd, loop_fn *call, void *data);

/* Calls `call` once, `ns` from now. */
void loop_after(struct loop *loop, uint64_t ns, loop_fn *call, void *data);

/* Runs until nothing is waited for. */
void loop_run(struct loop *loop);

/* How often it went to sleep, and how many callbacks it ran. */
uint64_t loop_sleeps(const struct loop *loop);
uint64_t loop_calls(const struct loop *loop);

#endif
