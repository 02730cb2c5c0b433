/*
 * The functions behind the interposed ones, all in one table.
 */
#ifndef TRACING_INTERPOSER_REAL_H
#define TRACING_INTERPOSER_REAL_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define MUTEX	 pthread_mutex_t *
#define COND	 pthread_cond_t *
#define RWLOCK	 pthread_rwlock_t *
#define SPIN	 pthread_spinlock_t *
#define BARRIER	 pthread_barrier_t *
#define TIME	 const struct timespec *
#define SELECTED fd_set *, fd_set *, fd_set *
#define BUFFERS	 const struct iovec *, int
#define STRINGS	 char *const *
#define ADDRESS	 __SOCKADDR_ARG, socklen_t *

/* R(result, name, arguments); C(...) needs the version GLIBC_2.3.2. */
#define REAL_LOCKS(R, C)                                                    \
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
	R(int, pthread_spin_lock, (SPIN))                                   \
	R(int, pthread_spin_trylock, (SPIN))                                \
	R(int, pthread_spin_unlock, (SPIN))                                 \
	R(int, pthread_spin_init, (SPIN, int))                              \
	R(int, pthread_spin_destroy, (SPIN))                                \
	C(int, pthread_cond_wait, (COND, MUTEX))                            \
	C(int, pthread_cond_timedwait, (COND, MUTEX, TIME))                 \
	R(int, pthread_cond_clockwait, (COND, MUTEX, clockid_t, TIME))      \
	C(int, pthread_cond_signal, (COND))                                 \
	C(int, pthread_cond_broadcast, (COND))                              \
	C(int, pthread_cond_init, (COND, const pthread_condattr_t *))       \
	C(int, pthread_cond_destroy, (COND))                                \
	R(int, pthread_barrier_wait, (BARRIER))                             \
	R(int, pthread_barrier_init,                                        \
	  (BARRIER, const pthread_barrierattr_t *, unsigned))               \
	R(int, pthread_barrier_destroy, (BARRIER))                          \
	R(int, pthread_once, (pthread_once_t *, void (*)(void)))            \
	R(int, mtx_init, (mtx_t *, int))                                    \
	R(void, mtx_destroy, (mtx_t *))                                     \
	R(int, cnd_init, (cnd_t *))                                         \
	R(void, cnd_destroy, (cnd_t *))                                     \
	R(int, sem_wait, (sem_t *))                                         \
	R(int, sem_trywait, (sem_t *))                                      \
	R(int, sem_timedwait, (sem_t *, TIME))                              \
	R(int, sem_clockwait, (sem_t *, clockid_t, TIME))                   \
	R(int, sem_post, (sem_t *))                                         \
	R(int, sem_init, (sem_t *, int, unsigned))                          \
	R(int, sem_destroy, (sem_t *))                                      \
	R(long, syscall, (long, ...))

#define REAL_THREADS(R)                                                     \
	R(int, pthread_create,                                              \
	  (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *)) \
	R(int, thrd_create, (thrd_t *, thrd_start_t, void *))               \
	R(int, pthread_join, (pthread_t, void **))                          \
	R(int, pthread_timedjoin_np, (pthread_t, void **, TIME))            \
	R(int, pthread_clockjoin_np, (pthread_t, void **, clockid_t, TIME)) \
	R(int, pthread_setname_np, (pthread_t, const char *))               \
	R(void, pthread_exit, (void *))                                     \
	R(void, _exit, (int))                                               \
	R(pid_t, fork, (void))                                              \
	R(pid_t, _Fork, (void))                                             \
	R(int, daemon, (int, int))                                          \
	R(int, clone, (int (*)(void *), void *, int, void *, ...))          \
	R(int, execve, (const char *, STRINGS, STRINGS))                    \
	R(int, execvpe, (const char *, STRINGS, STRINGS))                   \
	R(int, fexecve, (int, STRINGS, STRINGS))                            \
	R(int, execveat, (int, const char *, STRINGS, STRINGS, int))        \
	R(int, __libc_start_main,                                           \
	  (int (*)(int, char **, char **), int, char **, void (*)(void),    \
	   void (*)(void), void (*)(void), void *))                         \
	R(int, capset, (void *, const void *))                              \
	R(int, setns, (int, int))                                           \
	R(int, prctl, (int, ...))                                           \
	R(int, nanosleep, (TIME, struct timespec *))                        \
	R(int, clock_nanosleep, (clockid_t, int, TIME, struct timespec *))  \
	R(int, usleep, (useconds_t))                                        \
	R(unsigned, sleep, (unsigned))                                      \
	R(int, thrd_sleep, (TIME, struct timespec *))                       \
	R(int, sched_yield, (void))                                         \
	R(void, thrd_yield, (void))

#define REAL_IO(R)                                                           \
	R(ssize_t, read, (int, void *, size_t))                              \
	R(ssize_t, __read_chk, (int, void *, size_t, size_t))                \
	R(ssize_t, pread, (int, void *, size_t, off_t))                      \
	R(ssize_t, __pread_chk, (int, void *, size_t, off_t, size_t))        \
	R(ssize_t, readv, (int, BUFFERS))                                    \
	R(ssize_t, preadv, (int, BUFFERS, off_t))                            \
	R(ssize_t, preadv2, (int, BUFFERS, off_t, int))                      \
	R(ssize_t, write, (int, const void *, size_t))                       \
	R(ssize_t, pwrite, (int, const void *, size_t, off_t))               \
	R(ssize_t, writev, (int, BUFFERS))                                   \
	R(ssize_t, pwritev, (int, BUFFERS, off_t))                           \
	R(ssize_t, pwritev2, (int, BUFFERS, off_t, int))                     \
	R(ssize_t, sendfile, (int, int, off_t *, size_t))                    \
	R(ssize_t, splice, (int, off_t *, int, off_t *, size_t, unsigned))   \
	R(ssize_t, copy_file_range,                                          \
	  (int, off_t *, int, off_t *, size_t, unsigned))                    \
	R(ssize_t, recv, (int, void *, size_t, int))                         \
	R(ssize_t, __recv_chk, (int, void *, size_t, size_t, int))           \
	R(ssize_t, recvfrom, (int, void *, size_t, int, ADDRESS))            \
	R(ssize_t, __recvfrom_chk,                                           \
	  (int, void *, size_t, size_t, int, ADDRESS))                       \
	R(ssize_t, recvmsg, (int, struct msghdr *, int))                     \
	R(int, recvmmsg,                                                     \
	  (int, struct mmsghdr *, unsigned, int, struct timespec *))         \
	R(ssize_t, send, (int, const void *, size_t, int))                   \
	R(ssize_t, sendto,                                                   \
	  (int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t)) \
	R(ssize_t, sendmsg, (int, const struct msghdr *, int))               \
	R(int, sendmmsg, (int, struct mmsghdr *, unsigned, int))             \
	R(int, accept, (int, ADDRESS))                                       \
	R(int, accept4, (int, ADDRESS, int))                                 \
	R(int, connect, (int, __CONST_SOCKADDR_ARG, socklen_t))              \
	R(int, fsync, (int))                                                 \
	R(int, fdatasync, (int))                                             \
	R(int, sync_file_range, (int, off_t, off_t, unsigned))               \
	R(int, syncfs, (int))                                                \
	R(void, sync, (void))                                                \
	R(int, poll, (struct pollfd *, nfds_t, int))                         \
	R(int, __poll_chk, (struct pollfd *, nfds_t, int, size_t))           \
	R(int, ppoll, (struct pollfd *, nfds_t, TIME, const sigset_t *))     \
	R(int, __ppoll_chk,                                                  \
	  (struct pollfd *, nfds_t, TIME, const sigset_t *, size_t))         \
	R(int, select, (int, SELECTED, struct timeval *))                    \
	R(int, pselect, (int, SELECTED, TIME, const sigset_t *))             \
	R(int, epoll_wait, (int, struct epoll_event *, int, int))            \
	R(int, epoll_pwait,                                                  \
	  (int, struct epoll_event *, int, int, const sigset_t *))           \
	R(int, epoll_pwait2,                                                 \
	  (int, struct epoll_event *, int, TIME, const sigset_t *))          \
	R(int, open, (const char *, int, ...))                               \
	R(int, __open_2, (const char *, int))                                \
	R(int, openat, (int, const char *, int, ...))                        \
	R(int, __openat_2, (int, const char *, int))                         \
	R(int, creat, (const char *, mode_t))                                \
	R(int, close, (int))                                                 \
	R(int, fclose, (FILE *))                                             \
	R(void, closefrom, (int))                                            \
	R(int, close_range, (unsigned, unsigned, int))                       \
	R(int, dup2, (int, int))                                             \
	R(int, dup3, (int, int, int))                                        \
	R(int, flock, (int, int))                                            \
	R(int, lockf, (int, int, off_t))                                     \
	R(int, fcntl, (int, int, ...))                                       \
	R(pid_t, wait, (int *))                                              \
	R(pid_t, waitpid, (pid_t, int *, int))                               \
	R(pid_t, wait3, (int *, int, struct rusage *))                       \
	R(pid_t, wait4, (pid_t, int *, int, struct rusage *))                \
	R(int, waitid, (idtype_t, id_t, siginfo_t *, int))                   \
	R(int, sigwait, (const sigset_t *, int *))                           \
	R(int, sigwaitinfo, (const sigset_t *, siginfo_t *))                 \
	R(int, sigtimedwait, (const sigset_t *, siginfo_t *, TIME))          \
	R(int, sigsuspend, (const sigset_t *))                               \
	R(int, pause, (void))                                                \
	R(int, socket, (int, int, int))                                      \
	R(int, socketpair, (int, int, int, int *))                           \
	R(int, pipe, (int *))                                                \
	R(int, pipe2, (int *, int))                                          \
	R(int, dlclose, (void *))

#define REAL_FUNCTIONS(R, C) REAL_LOCKS(R, C) REAL_THREADS(R) REAL_IO(R)

/* NOLINTNEXTLINE(bugprone-macro-parentheses): types and lists of arguments */
#define REAL_MEMBER(result, name, arguments) result(*name) arguments;

struct real {
	REAL_FUNCTIONS(REAL_MEMBER, REAL_MEMBER)
};

extern struct real real __attribute__((visibility("hidden")));

/*
 * Fills `real`, once; false while that goes on below us in this very thread.
 * Allocates nothing. The mutex functions can be called before it, too.
 */
bool real_start(void);

#endif
