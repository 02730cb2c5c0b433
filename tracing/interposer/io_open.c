/* Interposers of the calls that open, close, renumber and lock files. */
#include "tracing/interposer/io.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>

/* What each of these wants of LTTng's: its descriptors stay open. */
int lttng_ust_safe_closefrom_fd(int first, int (*close)(int));
int lttng_ust_safe_close_fd(int fd, int (*close)(int));

/* The descriptor that an open returned. */
static int opened(struct io *io, int fd)
{
	fds_forget(fd);
	io_returned(io, fd);
	io->fd = fd;
	return fd;
}

static bool takes_mode(int flags)
{
	return flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY));
}

/* NOLINTBEGIN(clang-analyzer-valist.Uninitialized): va_start() is there */
#define TAKE_MODE(flags, mode)                 \
	do {                                   \
		va_list list;                  \
                                               \
		if (!takes_mode(flags))        \
			break;                 \
		va_start(list, flags);         \
		(mode) = va_arg(list, mode_t); \
		va_end(list);                  \
	} while (0)

static int open_from(const char *path, int flags, mode_t mode, uint64_t site)
{
	IO_CALL;

	io_enter(&io, IO_OPEN, -1, IO_NO, site);
	return opened(&io, real.open(path, flags, mode));
}

static int openat_from(int directory, const char *path, int flags, mode_t mode,
		       uint64_t site)
{
	IO_CALL;

	io_enter(&io, IO_OPEN, -1, IO_NO, site);
	return opened(&io, real.openat(directory, path, flags, mode));
}

EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	TAKE_MODE(flags, mode);
	return open_from(path, flags, mode, SITE);
}

EXPORT int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	TAKE_MODE(flags, mode);
	return open_from(path, flags | O_LARGEFILE, mode, SITE);
}

EXPORT int openat(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;

	TAKE_MODE(flags, mode);
	return openat_from(directory, path, flags, mode, SITE);
}

EXPORT int openat64(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;

	TAKE_MODE(flags, mode);
	return openat_from(directory, path, flags | O_LARGEFILE, mode, SITE);
}

EXPORT int creat(const char *path, mode_t mode)
{
	return open_from(path, O_CREAT | O_WRONLY | O_TRUNC, mode, SITE);
}

EXPORT int creat64(const char *path, mode_t mode)
{
	return open_from(path, O_CREAT | O_WRONLY | O_TRUNC, mode, SITE);
}

/* NOLINTEND(clang-analyzer-valist.Uninitialized) */

/* Names of the same with checks at run time. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

EXPORT int __open_2(const char *path, int flags)
{
	IO_CALL;

	io_enter(&io, IO_OPEN, -1, IO_NO, SITE);
	return opened(&io, real.__open_2(path, flags));
}

EXPORT int __open64_2(const char *path, int flags)
{
	IO_CALL;

	io_enter(&io, IO_OPEN, -1, IO_NO, SITE);
	return opened(&io, real.__open_2(path, flags | O_LARGEFILE));
}

EXPORT int __openat_2(int directory, const char *path, int flags)
{
	IO_CALL;

	io_enter(&io, IO_OPEN, -1, IO_NO, SITE);
	return opened(&io, real.__openat_2(directory, path, flags));
}

EXPORT int __openat64_2(int directory, const char *path, int flags)
{
	IO_CALL;

	io_enter(&io, IO_OPEN, -1, IO_NO, SITE);
	return opened(&io,
		      real.__openat_2(directory, path, flags | O_LARGEFILE));
}

EXPORT int close(int fd)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_CLOSE, fd, IO_NO, SITE);
	fds_forget(fd); /* before: another thread may get it at once */
	result = real.close(fd);
	io_returned(&io, result);
	return result;
}

EXPORT int fclose(FILE *stream)
{
	real_start();
	if (stream)
		fds_forget(fileno(stream));
	return real.fclose(stream);
}

/* Programs that close all that they do not know close LTTng's sockets, too,
 * and are lost to the recording: those stay open. */
EXPORT void closefrom(int first)
{
	if (!thread_is_open(SITE) || module_is_foreign(SITE)) {
		real.closefrom(first);
		return;
	}
	fds_forget_from(first < 0 ? 0 : (unsigned)first, UINT32_MAX);
	lttng_ust_safe_closefrom_fd(first < 0 ? 0 : first, real.close);
}

static __thread unsigned last_to_close;

static int close_in_range(int fd)
{
	return (unsigned)fd <= last_to_close ? real.close(fd) : 0;
}

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	bool open = thread_is_open(SITE);
	int kept = errno;

	if (!open || flags || first > last)
		return real.close_range(first, last, flags);
	fds_forget_from(first, last);
	last_to_close = last;
	lttng_ust_safe_closefrom_fd((int)first, close_in_range);
	errno = kept;
	return 0;
}

EXPORT int dup2(int from, int to)
{
	real_start();
	if (from != to)
		fds_forget(to);
	return real.dup2(from, to);
}

EXPORT int dup3(int from, int to, int flags)
{
	real_start();
	if (from != to)
		fds_forget(to);
	return real.dup3(from, to, flags);
}

EXPORT int pipe(int fds[2])
{
	int result;

	real_start();
	result = real.pipe(fds);
	if (result == 0) {
		fds_forget(fds[0]);
		fds_forget(fds[1]);
	}
	return result;
}

EXPORT int pipe2(int fds[2], int flags)
{
	int result;

	real_start();
	result = real.pipe2(fds, flags);
	if (result == 0) {
		fds_forget(fds[0]);
		fds_forget(fds[1]);
	}
	return result;
}

EXPORT int flock(int fd, int operation)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_FLOCK, fd,
		 operation & (LOCK_NB | LOCK_UN) ? IO_NO : IO_YES, SITE);
	result = real.flock(fd, operation);
	io_returned(&io, result);
	return result;
}

EXPORT int lockf(int fd, int operation, off_t length)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_FCNTL_LOCK, fd, operation == F_LOCK ? IO_YES : IO_NO,
		 SITE);
	result = real.lockf(fd, operation, length);
	io_returned(&io, result);
	return result;
}

EXPORT int lockf64(int fd, int operation, off_t length)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_FCNTL_LOCK, fd, operation == F_LOCK ? IO_YES : IO_NO,
		 SITE);
	result = real.lockf(fd, operation, length);
	io_returned(&io, result);
	return result;
}

static int fcntl_lock(int fd, int command, void *argument, uint64_t site)
{
	IO_CALL;
	bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
	int result;

	io_enter(&io, IO_FCNTL_LOCK, fd, waits ? IO_YES : IO_NO, site);
	result = real.fcntl(fd, command, argument);
	io_returned(&io, result);
	return result;
}

static int fcntl_from(int fd, int command, void *argument, uint64_t site)
{
	int result;

	switch (command) {
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_lock(fd, command, argument, site);
	default:
		break;
	}
	real_start();
	result = real.fcntl(fd, command, argument);
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC ||
	    command == F_SETFL)
		fds_forget(command == F_SETFL ? fd : result);
	return result;
}

EXPORT int fcntl(int fd, int command, ...)
{
	va_list list;
	void *argument;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return fcntl_from(fd, command, argument, SITE);
}

EXPORT int fcntl64(int fd, int command, ...)
{
	va_list list;
	void *argument;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return fcntl_from(fd, command, argument, SITE);
}
