/* The lessons, a file for each group; lesson_table.c puts them in order. */
#ifndef WORKLOADS_LESSON_TABLE_H
#define WORKLOADS_LESSON_TABLE_H

#include "workloads/lesson.h"

extern const struct lesson lesson_io_pool, lesson_start_order,
	lesson_http_fetch, lesson_query_wait, lesson_scrape, lesson_async_cpu,
	lesson_editor;
extern const struct lesson lesson_cpu_one_core, lesson_divide,
	lesson_three_ways, lesson_gil, lesson_sum, lesson_ackermann,
	lesson_preempt, lesson_cooperate, lesson_oversubscribe;
extern const struct lesson lesson_thread_cost, lesson_virtual_threads,
	lesson_thread_vs_process, lesson_executors, lesson_parallel_map,
	lesson_pool_size, lesson_three_creations;
extern const struct lesson lesson_naive_sum, lesson_dest_file,
	lesson_lost_update, lesson_scope_guard, lesson_deadlock,
	lesson_critical_section;
extern const struct lesson lesson_lock_price, lesson_convoy,
	lesson_bounded_queue, lesson_readers_writers, lesson_preempted_holder;

#endif
