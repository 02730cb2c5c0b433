/*
 * The recorder's side of the boards: keeps the session file, reads each
 * process' board once in a while and when the process has ended, and tells by
 * events of board/ what changed and what was open at the end.
 */
#ifndef TRACING_RECORDER_BOARD_READ_H
#define TRACING_RECORDER_BOARD_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tracing/base/err.h"
#include "tracing/recorder/board_trace.h"

struct boards;

/* Writes the session file into the directory `dir` of the boards. */
struct boards *boards_new(const char *dir, bool detail_all, uint32_t budget,
			  struct err *err);

/* Where its events go; borrowed. Before the first boards_read(). */
void boards_write_to(struct boards *boards, struct board_trace *trace);

/* Measures the clocks again and reads all boards. */
void boards_read(struct boards *boards);

/* Readable when a process asks what it is called; -1: none can. */
int boards_fd(const struct boards *boards);
void boards_answer(const struct boards *boards);

/* Sets the budget of all processes, from their next tenth of a second on. */
void boards_set_budget(struct boards *boards, uint32_t budget);

/* Tells all processes to tell no more. */
void boards_stop(struct boards *boards);

/*
 * The last reading: what is still open is told. `main_pid` ended as `status`
 * of waitpid() says; 0: it still runs.
 */
void boards_finish(struct boards *boards, pid_t main_pid, int status);

uint64_t boards_processes(const struct boards *boards);
/* Processes that ran on at boards_finish(). */
uint64_t boards_outlived(const struct boards *boards);
/* slots, untabled, pending, held */
const uint64_t *boards_lost(const struct boards *boards);
double boards_ns_per_tick(const struct boards *boards);

/* Takes NULL. */
void boards_free(struct boards *boards);

#endif
