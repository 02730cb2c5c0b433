/*
 * The bodies of pthread interposers, for the C11 calls: those are the same
 * functions of glibc under other names, with other results.
 */
#ifndef TRACING_INTERPOSER_SHARED_H
#define TRACING_INTERPOSER_SHARED_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

int mutex_lock_from(pthread_mutex_t *mutex, uint64_t site);
int mutex_timedlock_from(pthread_mutex_t *mutex, const struct timespec *until,
			 uint64_t site);
int mutex_trylock_from(pthread_mutex_t *mutex, uint64_t site);
int mutex_unlock_from(pthread_mutex_t *mutex, uint64_t site);
void mutex_told_init(const pthread_mutex_t *mutex, uint64_t site);

/* `until` NULL: no limit. */
int cond_wait_from(pthread_cond_t *cond, pthread_mutex_t *mutex,
		   const struct timespec *until, uint64_t site);
int cond_signal_from(pthread_cond_t *cond, uint64_t site);
int cond_broadcast_from(pthread_cond_t *cond, uint64_t site);

int join_from(pthread_t thread, void **value, uint64_t site);

/* Says how the thread ends: by its own will. */
void thread_exits(void);

#endif
