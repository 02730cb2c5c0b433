/* Interposers of the calls that wait for descriptors, signals, children. */
#include "tracing/interposer/io.h"

/* The descriptor of a poll of one, else none. */
static int only_one(const struct pollfd *fds, nfds_t n)
{
	/* glibc declares them as written only, which they are not. */
	__asm__("" : "+r"(fds));
	return n == 1 && fds ? fds[0].fd : -1;
}

static enum io_block block_of(const struct timespec *timeout)
{
	return timeout && !timeout->tv_sec && !timeout->tv_nsec ? IO_NO
								: IO_YES;
}

EXPORT int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_POLL, only_one(fds, n), timeout ? IO_YES : IO_NO,
		 SITE);
	result = real.poll(fds, n, timeout);
	io_returned(&io, result);
	return result;
}

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room);

EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_POLL, only_one(fds, n), timeout ? IO_YES : IO_NO,
		 SITE);
	result = real.__poll_chk(fds, n, timeout, room);
	io_returned(&io, result);
	return result;
}

EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		 const sigset_t *mask)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_POLL, only_one(fds, n), block_of(timeout), SITE);
	result = real.ppoll(fds, n, timeout, mask);
	io_returned(&io, result);
	return result;
}

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		const sigset_t *mask, size_t room);

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t n,
		       const struct timespec *timeout, const sigset_t *mask,
		       size_t room)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_POLL, only_one(fds, n), block_of(timeout), SITE);
	result = real.__ppoll_chk(fds, n, timeout, mask, room);
	io_returned(&io, result);
	return result;
}

EXPORT int select(int n, fd_set *reads, fd_set *writes, fd_set *errors,
		  struct timeval *timeout)
{
	IO_CALL;
	bool waits = !timeout || timeout->tv_sec || timeout->tv_usec;
	int result;

	io_enter(&io, IO_SELECT, -1, waits ? IO_YES : IO_NO, SITE);
	result = real.select(n, reads, writes, errors, timeout);
	io_returned(&io, result);
	return result;
}

EXPORT int pselect(int n, fd_set *reads, fd_set *writes, fd_set *errors,
		   const struct timespec *timeout, const sigset_t *mask)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_SELECT, -1, block_of(timeout), SITE);
	result = real.pselect(n, reads, writes, errors, timeout, mask);
	io_returned(&io, result);
	return result;
}

EXPORT int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_EPOLL, fd, timeout ? IO_YES : IO_NO, SITE);
	result = real.epoll_wait(fd, events, max, timeout);
	io_returned(&io, result);
	return result;
}

EXPORT int epoll_pwait(int fd, struct epoll_event *events, int max, int timeout,
		       const sigset_t *mask)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_EPOLL, fd, timeout ? IO_YES : IO_NO, SITE);
	result = real.epoll_pwait(fd, events, max, timeout, mask);
	io_returned(&io, result);
	return result;
}

EXPORT int epoll_pwait2(int fd, struct epoll_event *events, int max,
			const struct timespec *timeout, const sigset_t *mask)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_EPOLL, fd, block_of(timeout), SITE);
	result = real.epoll_pwait2(fd, events, max, timeout, mask);
	io_returned(&io, result);
	return result;
}

EXPORT pid_t wait(int *status)
{
	IO_CALL;
	pid_t result;

	io_enter(&io, IO_WAITPID, -1, IO_YES, SITE);
	result = real.wait(status);
	io_returned(&io, result);
	return result;
}

EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
	IO_CALL;
	pid_t result;

	io_enter(&io, IO_WAITPID, -1, options & WNOHANG ? IO_NO : IO_YES, SITE);
	result = real.waitpid(pid, status, options);
	io_returned(&io, result);
	return result;
}

EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
	IO_CALL;
	pid_t result;

	io_enter(&io, IO_WAITPID, -1, options & WNOHANG ? IO_NO : IO_YES, SITE);
	result = real.wait3(status, options, usage);
	io_returned(&io, result);
	return result;
}

EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	IO_CALL;
	pid_t result;

	io_enter(&io, IO_WAITPID, -1, options & WNOHANG ? IO_NO : IO_YES, SITE);
	result = real.wait4(pid, status, options, usage);
	io_returned(&io, result);
	return result;
}

EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_WAITPID, -1, options & WNOHANG ? IO_NO : IO_YES, SITE);
	result = real.waitid(type, id, info, options);
	io_returned(&io, result || !info ? result : info->si_pid);
	return result;
}

EXPORT int sched_yield(void)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_YIELD, -1, IO_NO, SITE);
	result = real.sched_yield();
	io_returned(&io, result);
	return result;
}

/* What programs call that were built before glibc 2.34; headers know it no
 * more. */
EXPORT int old_yield(void) __asm__("pthread_yield");

EXPORT int old_yield(void)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_YIELD, -1, IO_NO, SITE);
	result = real.sched_yield();
	io_returned(&io, result);
	return result;
}

EXPORT void thrd_yield(void)
{
	IO_CALL;

	io_enter(&io, IO_YIELD, -1, IO_NO, SITE);
	real.thrd_yield();
	io_returned(&io, 0);
}

/* Waits for a signal are told as a poll of signals. */
static void enter_signal(struct io *io, enum io_block block, uint64_t site)
{
	io_enter(io, IO_POLL, -1, block, site);
}

EXPORT int sigwait(const sigset_t *restrict set, int *restrict signal)
{
	IO_CALL;
	int result;

	enter_signal(&io, IO_YES, SITE);
	result = real.sigwait(set, signal);
	io_returned(&io, 0);
	return result;
}

EXPORT int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
	IO_CALL;
	int result;

	enter_signal(&io, IO_YES, SITE);
	result = real.sigwaitinfo(set, info);
	io_returned(&io, result);
	return result;
}

EXPORT int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
			const struct timespec *restrict timeout)
{
	IO_CALL;
	int result;

	enter_signal(&io, block_of(timeout), SITE);
	result = real.sigtimedwait(set, info, timeout);
	io_returned(&io, result);
	return result;
}

EXPORT int sigsuspend(const sigset_t *mask)
{
	IO_CALL;
	int result;

	enter_signal(&io, IO_YES, SITE);
	result = real.sigsuspend(mask);
	io_returned(&io, result);
	return result;
}

EXPORT int pause(void)
{
	IO_CALL;
	int result;

	enter_signal(&io, IO_YES, SITE);
	result = real.pause();
	io_returned(&io, result);
	return result;
}
