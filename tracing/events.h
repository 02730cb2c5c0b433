/* clang-format off */
/*
 * The tracepoints of provider `holdup`: the schema of our traces.
 *
 * Times in payloads are CLOCK_MONOTONIC ns. Enums are those of schema.h.
 * Adding a field is free, renaming one is not. An event may be told after the
 * fact (no event about a lock is emitted while its caller holds it): what it is
 * about then stands in its payload, and its own time stamp only says when it
 * was told. Whoever reads must go by the payload.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER holdup
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tracing/events.h"

#if !defined(TRACING_EVENTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TRACING_EVENTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>

#include "tracing/facts.h"

#define U8(name)  lttng_ust_field_integer(uint8_t, name, f->name)
#define I32(name) lttng_ust_field_integer(int32_t, name, f->name)
#define U32(name) lttng_ust_field_integer(uint32_t, name, f->name)
#define I64(name) lttng_ust_field_integer(int64_t, name, f->name)
#define U64(name) lttng_ust_field_integer(uint64_t, name, f->name)
#define HEX(name) lttng_ust_field_integer_hex(uint64_t, name, f->name)
#define BYTES(name) WRITE lttng_ust_field_sequence_hex(uint8_t, name, f->name, uint8_t, f->n_##name)
#define STR(name) WRITE lttng_ust_field_string(name, f->name)
#define SEQ(name) WRITE lttng_ust_field_sequence_hex(uint64_t, name, f->name, uint8_t, f->n_##name)

/*
 * LTTng writes field by field, by a call each. In the stage that makes the
 * probes (the only one with lengths to consume) numbers that follow one another
 * are put together and written at once: traces of x86-64 are packed, so that
 * the bytes are the same. Nine fields take 22 ns less.
 */
#define GATHERED_MAX 80 /* bytes; the compiler sees what goes beyond it */
#ifdef lttng_ust__get_dynamic_len
#undef lttng_ust__field_integer_ext
#define lttng_ust__field_integer_ext(type, item, source, order, base, nowrite) \
	{ \
		type number = (source); \
		_Static_assert(lttng_ust_rb_alignof(type) == 1, "packed"); \
		__builtin_memcpy(&gathered[n_gathered], &number, sizeof(number)); \
		n_gathered += sizeof(number); \
	}
#define GATHER char gathered[GATHERED_MAX]; size_t n_gathered = 0;
#define WRITE \
	if (n_gathered) \
		__chan->ops->event_write(&__ctx, gathered, n_gathered, 1); \
	n_gathered = 0;
/* Or, for the one that comes in millions, the whole fact as it lies there. */
#define WHOLE(...) __chan->ops->event_write(&__ctx, f, sizeof(*f), 1);
#else
#define GATHER
#define WRITE
#define WHOLE(...) __VA_ARGS__
#endif

#define FACT(name, ...) \
	LTTNG_UST_TRACEPOINT_EVENT(holdup, name, \
		LTTNG_UST_TP_ARGS(const struct fact_##name *, f), \
		LTTNG_UST_TP_FIELDS(GATHER __VA_ARGS__ WRITE))

/* The interposer is in: first event of a process, and again after exec. */
FACT(process_start, I32(ppid) U8(detail) U32(budget) U64(begin_ns) STR(executable))
/* The process ends in order, or becomes another program. */
FACT(process_end, U8(how) I32(status))
/* A child process came to be; told by the child, from inside fork(). */
FACT(process_fork, I32(ppid) I32(ptid))

/* Told by the creator, after the fact. `thread` is the pthread_t; child_tid is
 * mostly 0, as the child has not run yet: its thread_start has the same
 * `thread`. (glibc knows it, but may have given that memory back by now.) */
FACT(thread_create, HEX(thread) I32(child_tid) HEX(start_routine) HEX(site) U64(begin_ns) U64(end_ns) I32(result))
FACT(thread_start, HEX(thread) I32(creator_tid) HEX(start_routine) U64(created_ns) STR(name))
FACT(thread_exit, U8(how))
FACT(thread_name, I32(tid) STR(name))
FACT(thread_join_begin, HEX(thread) I32(tid) HEX(site))
FACT(thread_join_end, HEX(thread) I32(tid) U64(begin_ns) I32(result))

FACT(lock_init, HEX(lock) U8(kind) U32(attributes) HEX(site))
/* The owner is told where the lock was still held, and the board knows it. */
FACT(lock_destroy, HEX(lock) U8(kind) HEX(site) I32(result) I32(owner_tid) HEX(owner_site))
FACT(lock_name, HEX(lock) U8(kind) STR(name))
/* Before the thread blocks, on a contended acquisition only. */
FACT(lock_wait, HEX(lock) U8(kind) U8(mode) U8(flags) HEX(site) I32(owner_tid) U64(begin_ns) SEQ(held) SEQ(stack))
/* After the release; wait_ns is the begin of the wait, 0 if there was none. */
FACT(lock_held, WHOLE(HEX(lock) U8(kind) U8(mode) U8(flags) HEX(site) U64(wait_begin_ns) U64(acquired_ns) U64(released_ns) U32(weight)))
/* An acquisition that ended without the lock; wait_begin_ns as above. */
FACT(lock_failed, HEX(lock) U8(kind) U8(mode) U8(flags) HEX(site) U64(wait_begin_ns) U64(end_ns) I32(result) U32(weight))
/* First time that this thread takes `second` while it holds `first`. */
FACT(lock_order, HEX(first) HEX(second) U8(first_kind) U8(second_kind) U8(first_mode) U8(second_mode) U8(flags) HEX(first_site) HEX(second_site) SEQ(held))

FACT(cond_wait_begin, HEX(cond) HEX(mutex) U8(flags) HEX(site) U64(begin_ns))
/* Told once the mutex is free again; end_ns is the return of the wait. */
FACT(cond_wait_end, HEX(cond) HEX(mutex) HEX(site) U64(begin_ns) U64(end_ns) I32(result))
FACT(cond_signal, HEX(cond) HEX(site) U64(at_ns) U32(waiters))
FACT(cond_broadcast, HEX(cond) HEX(site) U64(at_ns) U32(waiters))

FACT(barrier_wait_begin, HEX(barrier) HEX(site) U64(begin_ns))
FACT(barrier_wait_end, HEX(barrier) HEX(site) U64(begin_ns) U64(end_ns) I32(result))
FACT(sem_wait_begin, HEX(sem) U8(flags) HEX(site) U64(begin_ns))
FACT(sem_wait_end, HEX(sem) U8(flags) HEX(site) U64(begin_ns) U64(end_ns) I32(result))
FACT(sem_post, HEX(sem) HEX(site) U64(at_ns) I32(value))
FACT(once_begin, HEX(once) HEX(routine) HEX(site) U64(begin_ns))
FACT(once_end, HEX(once) HEX(site) U64(begin_ns) U64(end_ns) U8(ran))
FACT(futex_wait_begin, HEX(address) I32(op) HEX(site) U64(begin_ns) SEQ(stack))
FACT(futex_wait_end, HEX(address) I32(op) HEX(site) U64(begin_ns) U64(end_ns) I32(result))
FACT(futex_wake, HEX(address) I32(op) HEX(site) U64(at_ns) I32(woken))

/* A call that can block: told before, when it is likely to; always after.
   `bytes` of waitpid: the child process that ended. */
FACT(io_begin, U8(op) I32(fd) U8(fd_kind) HEX(site) U64(begin_ns))
FACT(io_end, U8(op) I32(fd) U8(fd_kind) HEX(site) U64(begin_ns) U64(end_ns) I64(bytes) I32(result) U32(weight))
/* What a descriptor stands for: path, or address of the peer. */
FACT(fd_open, I32(fd) U8(fd_kind) STR(target))
FACT(sleep_begin, U64(asked_ns) U8(absolute) HEX(site) U64(begin_ns))
FACT(sleep_end, HEX(site) U64(begin_ns) U64(end_ns) I32(result))

/* From the annotation header. */
FACT(task_begin, U64(task) STR(name))
FACT(task_end, U64(task))
FACT(task_switch, U64(from) U64(to))
FACT(phase, STR(name))
FACT(mark, STR(name) I64(value))

/* A library that calls us for the first time: LTTng's statedump has those that
   were there at the start, but not what dlopen() brought since. */
FACT(module, HEX(base) U64(bytes) STR(path) BYTES(build_id))

#undef U8
#undef I32
#undef U32
#undef I64
#undef U64
#undef HEX
#undef STR
#undef SEQ
#undef BYTES
#undef FACT
#undef GATHER
#undef GATHERED_MAX
#undef WHOLE
#undef WRITE
#endif

#include <lttng/tracepoint-event.h>
