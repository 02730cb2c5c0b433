/* Interposers of the I/O calls on one descriptor, and of poll and its kin. */
#include "tracing/interposer/io.h"
#include "tracing/interposer/sys.h"

/*
 * LTTng wakes its consumer by a write() in the middle of an event. No thread
 * of the program may be cancelled there, so it is not a cancellation point.
 */
static ssize_t write_from_tracer(int fd, const void *buffer, size_t bytes)
{
	long result = sys3(SYS_write, fd, (long)buffer, (long)bytes);

	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

EXPORT ssize_t read(int fd, void *buffer, size_t bytes)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_READ, fd, IO_STREAM, SITE);
	result = real.read(fd, buffer, bytes);
	io_returned(&io, result);
	return result;
}

EXPORT ssize_t write(int fd, const void *buffer, size_t bytes)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_WRITE, fd, IO_STREAM, SITE);
	if (unlikely(!io.recorded && self.life == THREAD_LIVE &&
		     process_is_foreign(SITE)))
		return write_from_tracer(fd, buffer, bytes);
	result = real.write(fd, buffer, bytes);
	io_returned(&io, result);
	return result;
}

EXPORT int fsync(int fd)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_FSYNC, fd, IO_YES, SITE);
	result = real.fsync(fd);
	io_returned(&io, result);
	return result;
}

EXPORT int fdatasync(int fd)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_FDATASYNC, fd, IO_YES, SITE);
	result = real.fdatasync(fd);
	io_returned(&io, result);
	return result;
}

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
