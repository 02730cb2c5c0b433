/*
 * The functions behind the interposed ones, all in one table.
 */
#ifndef TRACING_INTERPOSER_REAL_H
#define TRACING_INTERPOSER_REAL_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define MUTEX	 pthread_mutex_t *
#define COND	 pthread_cond_t *
#define RWLOCK	 pthread_rwlock_t *
#define TIME	 const struct timespec *
#define SELECTED fd_set *, fd_set *, fd_set *

/* R(result, name, arguments); C(...) needs the version GLIBC_2.3.2. */
#define REAL_FUNCTIONS(R, C)                                                \
	R(int, pthread_mutex_lock, (MUTEX))                                 \
	R(int, pthread_mutex_trylock, (MUTEX))                              \
	R(int, pthread_mutex_timedlock, (MUTEX, TIME))                      \
	R(int, pthread_mutex_clocklock, (MUTEX, clockid_t, TIME))           \
	R(int, pthread_mutex_unlock, (MUTEX))                               \
	R(int, pthread_mutex_init, (MUTEX, const pthread_mutexattr_t *))    \
	R(int, pthread_mutex_destroy, (MUTEX))                              \
	R(int, pthread_rwlock_rdlock, (RWLOCK))                             \
	R(int, pthread_rwlock_tryrdlock, (RWLOCK))                          \
	R(int, pthread_rwlock_timedrdlock, (RWLOCK, TIME))                  \
	R(int, pthread_rwlock_clockrdlock, (RWLOCK, clockid_t, TIME))       \
	R(int, pthread_rwlock_wrlock, (RWLOCK))                             \
	R(int, pthread_rwlock_trywrlock, (RWLOCK))                          \
	R(int, pthread_rwlock_timedwrlock, (RWLOCK, TIME))                  \
	R(int, pthread_rwlock_clockwrlock, (RWLOCK, clockid_t, TIME))       \
	R(int, pthread_rwlock_unlock, (RWLOCK))                             \
	R(int, pthread_rwlock_init, (RWLOCK, const pthread_rwlockattr_t *)) \
	R(int, pthread_rwlock_destroy, (RWLOCK))                            \
	C(int, pthread_cond_wait, (COND, MUTEX))                            \
	C(int, pthread_cond_timedwait, (COND, MUTEX, TIME))                 \
	R(int, pthread_cond_clockwait, (COND, MUTEX, clockid_t, TIME))      \
	C(int, pthread_cond_signal, (COND))                                 \
	C(int, pthread_cond_broadcast, (COND))                              \
	C(int, pthread_cond_init, (COND, const pthread_condattr_t *))       \
	C(int, pthread_cond_destroy, (COND))                                \
	R(int, pthread_create,                                              \
	  (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *)) \
	R(int, pthread_join, (pthread_t, void **))                          \
	R(int, pthread_tryjoin_np, (pthread_t, void **))                    \
	R(int, pthread_timedjoin_np, (pthread_t, void **, TIME))            \
	R(int, pthread_clockjoin_np, (pthread_t, void **, clockid_t, TIME)) \
	R(int, pthread_setname_np, (pthread_t, const char *))               \
	R(int, nanosleep, (TIME, struct timespec *))                        \
	R(int, clock_nanosleep, (clockid_t, int, TIME, struct timespec *))  \
	R(int, usleep, (useconds_t))                                        \
	R(unsigned, sleep, (unsigned))                                      \
	R(ssize_t, read, (int, void *, size_t))                             \
	R(ssize_t, write, (int, const void *, size_t))                      \
	R(int, fsync, (int))                                                \
	R(int, fdatasync, (int))                                            \
	R(int, poll, (struct pollfd *, nfds_t, int))                        \
	R(int, ppoll, (struct pollfd *, nfds_t, TIME, const sigset_t *))    \
	R(int, select, (int, SELECTED, struct timeval *))                   \
	R(int, pselect, (int, SELECTED, TIME, const sigset_t *))            \
	R(int, epoll_wait, (int, struct epoll_event *, int, int))           \
	R(int, epoll_pwait,                                                 \
	  (int, struct epoll_event *, int, int, const sigset_t *))

#define REAL_MEMBER(result, name, arguments) result(*name) arguments;

struct real {
	REAL_FUNCTIONS(REAL_MEMBER, REAL_MEMBER)
	void (*pthread_exit)(void *) __attribute__((noreturn));
};

extern struct real real __attribute__((visibility("hidden")));

/*
 * Fills `real`, once; false while that goes on below us in this very thread.
 * Allocates nothing. The mutex functions can be called before it, too.
 */
bool real_start(void);

#endif
