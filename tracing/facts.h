/*
 * What each event tells, as plain data: the interposer fills one of these and
 * hands it to the tracepoint of the same name (events.h). Nothing is owned.
 */
#ifndef TRACING_FACTS_H
#define TRACING_FACTS_H

#include <stdint.h>

#include "tracing/schema.h"

struct fact_process_start {
	int32_t ppid;
	uint8_t detail;
	uint32_t budget;
	uint64_t begin_ns;
	const char *executable;
};

struct fact_process_end {
	uint8_t how;
	int32_t status;
};

struct fact_process_fork {
	int32_t ppid;
	int32_t ptid;
};

struct fact_thread_create {
	uint64_t thread;
	int32_t child_tid;
	uint64_t start_routine;
	uint64_t site;
	uint64_t begin_ns;
	uint64_t end_ns;
	int32_t result;
};

struct fact_thread_start {
	uint64_t thread;
	int32_t creator_tid;
	uint64_t start_routine;
	uint64_t created_ns;
	const char *name;
};

struct fact_thread_exit {
	uint8_t how;
};

struct fact_thread_name {
	int32_t tid;
	const char *name;
};

struct fact_thread_join_begin {
	uint64_t thread;
	int32_t tid;
	uint64_t site;
};

struct fact_thread_join_end {
	uint64_t thread;
	int32_t tid;
	uint64_t begin_ns;
	int32_t result;
};

struct fact_lock_init {
	uint64_t lock;
	uint8_t kind;
	uint32_t attributes;
	uint64_t site;
};

struct fact_lock_destroy {
	uint64_t lock;
	uint8_t kind;
	uint64_t site;
	int32_t result;
	int32_t owner_tid;
	uint64_t owner_site;
};

struct fact_lock_name {
	uint64_t lock;
	uint8_t kind;
	const char *name;
};

struct fact_lock_wait {
	uint64_t lock;
	uint8_t kind;
	uint8_t mode;
	uint8_t flags;
	uint64_t site;
	int32_t owner_tid;
	uint64_t begin_ns;
	const uint64_t *held;
	uint8_t n_held;
	const uint64_t *stack;
	uint8_t n_stack;
};

/* Laid out as it is written (events.h), field by field. */
struct __attribute__((packed)) fact_lock_held {
	uint64_t lock;
	uint8_t kind;
	uint8_t mode;
	uint8_t flags;
	uint64_t site;
	uint64_t wait_begin_ns;
	uint64_t acquired_ns;
	uint64_t released_ns;
	uint32_t weight;
};
_Static_assert(sizeof(struct fact_lock_held) == 47, "no gaps");

struct fact_lock_failed {
	uint64_t lock;
	uint8_t kind;
	uint8_t mode;
	uint8_t flags;
	uint64_t site;
	uint64_t wait_begin_ns;
	uint64_t end_ns;
	int32_t result;
	uint32_t weight;
};

struct fact_lock_order {
	uint64_t first;
	uint64_t second;
	uint8_t first_kind;
	uint8_t second_kind;
	uint8_t first_mode;
	uint8_t second_mode;
	uint8_t flags;
	uint64_t first_site;
	uint64_t second_site;
	const uint64_t *held;
	uint8_t n_held;
};

struct fact_cond_wait_begin {
	uint64_t cond;
	uint64_t mutex;
	uint8_t flags;
	uint64_t site;
	uint64_t begin_ns;
};

struct fact_cond_wait_end {
	uint64_t cond;
	uint64_t mutex;
	uint64_t site;
	uint64_t begin_ns;
	uint64_t end_ns;
	int32_t result;
};

struct fact_cond_signal {
	uint64_t cond;
	uint64_t site;
	uint64_t at_ns;
	uint32_t waiters;
};

struct fact_cond_broadcast {
	uint64_t cond;
	uint64_t site;
	uint64_t at_ns;
	uint32_t waiters;
};

struct fact_barrier_wait_begin {
	uint64_t barrier;
	uint64_t site;
	uint64_t begin_ns;
};

struct fact_barrier_wait_end {
	uint64_t barrier;
	uint64_t site;
	uint64_t begin_ns;
	uint64_t end_ns;
	int32_t result;
};

struct fact_sem_wait_begin {
	uint64_t sem;
	uint8_t flags;
	uint64_t site;
	uint64_t begin_ns;
};

struct fact_sem_wait_end {
	uint64_t sem;
	uint8_t flags;
	uint64_t site;
	uint64_t begin_ns;
	uint64_t end_ns;
	int32_t result;
};

struct fact_sem_post {
	uint64_t sem;
	uint64_t site;
	uint64_t at_ns;
	int32_t value;
};

struct fact_once_begin {
	uint64_t once;
	uint64_t routine;
	uint64_t site;
	uint64_t begin_ns;
};

struct fact_once_end {
	uint64_t once;
	uint64_t site;
	uint64_t begin_ns;
	uint64_t end_ns;
	uint8_t ran;
};

struct fact_futex_wait_begin {
	uint64_t address;
	int32_t op;
	uint64_t site;
	uint64_t begin_ns;
	const uint64_t *stack;
	uint8_t n_stack;
};

struct fact_futex_wait_end {
	uint64_t address;
	int32_t op;
	uint64_t site;
	uint64_t begin_ns;
	uint64_t end_ns;
	int32_t result;
};

struct fact_futex_wake {
	uint64_t address;
	int32_t op;
	uint64_t site;
	uint64_t at_ns;
	int32_t woken;
};

struct fact_io_begin {
	uint8_t op;
	int32_t fd;
	uint8_t fd_kind;
	uint64_t site;
	uint64_t begin_ns;
};

struct fact_io_end {
	uint8_t op;
	int32_t fd;
	uint8_t fd_kind;
	uint64_t site;
	uint64_t begin_ns;
	uint64_t end_ns;
	int64_t bytes;
	int32_t result;
	uint32_t weight;
};

struct fact_fd_open {
	int32_t fd;
	uint8_t fd_kind;
	const char *target;
};

struct fact_sleep_begin {
	uint64_t asked_ns;
	uint8_t absolute;
	uint64_t site;
	uint64_t begin_ns;
};

struct fact_sleep_end {
	uint64_t site;
	uint64_t begin_ns;
	uint64_t end_ns;
	int32_t result;
};

struct fact_task_begin {
	uint64_t task;
	const char *name;
};

struct fact_task_end {
	uint64_t task;
};

struct fact_task_switch {
	uint64_t from;
	uint64_t to;
};

struct fact_phase {
	const char *name;
};

struct fact_mark {
	const char *name;
	int64_t value;
};

struct fact_module {
	uint64_t base;
	uint64_t bytes;
	const char *path;
	const uint8_t *build_id;
	uint8_t n_build_id;
};

#endif
