/*
 * Conformance: every interposed call and its failures, each result with its
 * errno and side effects on one line. What it prints must be the same with and
 * without the interposer.
 */
#ifndef TESTS_CONFORM_H
#define TESTS_CONFORM_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* Prints "NAME: RESULT errno ERRNO"; sets errno to a known value after. */
void show(const char *name, long result);

/* Prints a fact that is no result. */
void note(const char *name, long value);

/* Now and `ms` later, by the clock. */
struct timespec after_ms(clockid_t clock, long ms);

/* Runs it in another thread and waits for its end. */
void *elsewhere(void *(*routine)(void *), void *argument);

/* Waits until the thread `tid` of this process sleeps. */
void wait_until_asleep(int tid);

void conform_mutex(void);
void conform_robust(void);
void conform_rwlock(void);
void conform_cond(void);
void conform_objects(void); /* spin, barrier, once, semaphore */
void conform_c11(void);
void conform_threads(void);
void conform_cancel(void);
void conform_io(void);
void conform_files(void);
void conform_processes(void);

#endif
