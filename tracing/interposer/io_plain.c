/* Interposers of the calls that move bytes, and of those that sync them. */
#include "tracing/interposer/io.h"
#include "tracing/interposer/sys.h"

#include <sys/sendfile.h>

/*
 * One interposer of a call that returns -1 or how many: its result, name,
 * parameters and arguments, what it does, on which descriptor, and whether it
 * is told before it blocks.
 */
#define IO_FUNCTION(ret, name, parameters, arguments, op, fd, block) \
	EXPORT ret name parameters                                   \
	{                                                            \
		IO_CALL;                                             \
		ret result;                                          \
                                                                     \
		io_enter(&io, op, fd, block, SITE);                  \
		result = real.name arguments;                        \
		io_returned(&io, result);                            \
		return result;                                       \
	}

/* Another name of the same function, as programs with 64-bit offsets or with
 * checks at run time call it. */
#define IO_ALIAS(ret, name, parameters, arguments, real_name, op, fd, block) \
	ret name parameters;                                                 \
	EXPORT ret name parameters                                           \
	{                                                                    \
		IO_CALL;                                                     \
		ret result;                                                  \
                                                                             \
		io_enter(&io, op, fd, block, SITE);                          \
		result = real.real_name arguments;                           \
		io_returned(&io, result);                                    \
		return result;                                               \
	}

/* clang-format off */

IO_FUNCTION(ssize_t, read, (int fd, void *to, size_t n),
	(fd, to, n), IO_READ, fd, IO_STREAM)
IO_ALIAS(ssize_t, __read_chk, (int fd, void *to, size_t n, size_t room),
	(fd, to, n, room), __read_chk, IO_READ, fd, IO_STREAM)
IO_FUNCTION(ssize_t, pread, (int fd, void *to, size_t n, off_t at),
	(fd, to, n, at), IO_READ, fd, IO_NO)
IO_ALIAS(ssize_t, pread64, (int fd, void *to, size_t n, off_t at),
	(fd, to, n, at), pread, IO_READ, fd, IO_NO)
IO_ALIAS(ssize_t, __pread_chk, (int fd, void *to, size_t n, off_t at, size_t room),
	(fd, to, n, at, room), __pread_chk, IO_READ, fd, IO_NO)
IO_ALIAS(ssize_t, __pread64_chk, (int fd, void *to, size_t n, off_t at, size_t room),
	(fd, to, n, at, room), __pread_chk, IO_READ, fd, IO_NO)
IO_FUNCTION(ssize_t, readv, (int fd, const struct iovec *to, int n),
	(fd, to, n), IO_READ, fd, IO_STREAM)
IO_FUNCTION(ssize_t, preadv, (int fd, const struct iovec *to, int n, off_t at),
	(fd, to, n, at), IO_READ, fd, IO_NO)
IO_ALIAS(ssize_t, preadv64, (int fd, const struct iovec *to, int n, off_t at),
	(fd, to, n, at), preadv, IO_READ, fd, IO_NO)
IO_FUNCTION(ssize_t, preadv2, (int fd, const struct iovec *to, int n, off_t at, int flags),
	(fd, to, n, at, flags), IO_READ, fd, at == -1 ? IO_STREAM : IO_NO)
IO_ALIAS(ssize_t, preadv64v2, (int fd, const struct iovec *to, int n, off_t at, int flags),
	(fd, to, n, at, flags), preadv2, IO_READ, fd, at == -1 ? IO_STREAM : IO_NO)

IO_FUNCTION(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at),
	(fd, from, n, at), IO_WRITE, fd, IO_NO)
IO_ALIAS(ssize_t, pwrite64, (int fd, const void *from, size_t n, off_t at),
	(fd, from, n, at), pwrite, IO_WRITE, fd, IO_NO)
IO_FUNCTION(ssize_t, writev, (int fd, const struct iovec *from, int n),
	(fd, from, n), IO_WRITE, fd, IO_STREAM)
IO_FUNCTION(ssize_t, pwritev, (int fd, const struct iovec *from, int n, off_t at),
	(fd, from, n, at), IO_WRITE, fd, IO_NO)
IO_ALIAS(ssize_t, pwritev64, (int fd, const struct iovec *from, int n, off_t at),
	(fd, from, n, at), pwritev, IO_WRITE, fd, IO_NO)
IO_FUNCTION(ssize_t, pwritev2, (int fd, const struct iovec *from, int n, off_t at, int flags),
	(fd, from, n, at, flags), IO_WRITE, fd, at == -1 ? IO_STREAM : IO_NO)
IO_ALIAS(ssize_t, pwritev64v2, (int fd, const struct iovec *from, int n, off_t at, int flags),
	(fd, from, n, at, flags), pwritev2, IO_WRITE, fd, at == -1 ? IO_STREAM : IO_NO)

IO_FUNCTION(ssize_t, sendfile, (int fd, int from, off_t *at, size_t n),
	(fd, from, at, n), IO_SENDFILE, fd, IO_STREAM)
IO_ALIAS(ssize_t, sendfile64, (int fd, int from, off_t *at, size_t n),
	(fd, from, at, n), sendfile, IO_SENDFILE, fd, IO_STREAM)
IO_FUNCTION(ssize_t, splice, (int from, off_t *from_at, int fd, off_t *at, size_t n, unsigned flags),
	(from, from_at, fd, at, n, flags), IO_SENDFILE, fd, IO_STREAM)
IO_FUNCTION(ssize_t, copy_file_range, (int from, off_t *from_at, int fd, off_t *at, size_t n, unsigned flags),
	(from, from_at, fd, at, n, flags), IO_SENDFILE, fd, IO_NO)

IO_FUNCTION(int, fsync, (int fd), (fd), IO_FSYNC, fd, IO_YES)
IO_FUNCTION(int, fdatasync, (int fd), (fd), IO_FDATASYNC, fd, IO_YES)
IO_FUNCTION(int, sync_file_range, (int fd, off_t at, off_t n, unsigned flags),
	(fd, at, n, flags), IO_SYNC_RANGE, fd, IO_YES)
IO_FUNCTION(int, syncfs, (int fd), (fd), IO_SYNC, fd, IO_YES)

/* clang-format on */

EXPORT void sync(void)
{
	IO_CALL;

	io_enter(&io, IO_SYNC, -1, IO_YES, SITE);
	real.sync();
	io_returned(&io, 0);
}

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

EXPORT ssize_t write(int fd, const void *from, size_t n)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_WRITE, fd, IO_STREAM, SITE);
	if (unlikely(!io.recorded && self.life == THREAD_LIVE &&
		     module_is_foreign(SITE)))
		return write_from_tracer(fd, from, n);
	result = real.write(fd, from, n);
	io_returned(&io, result);
	return result;
}
