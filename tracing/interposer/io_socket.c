/* Interposers of the socket calls. */
#include "tracing/interposer/io.h"

static enum io_block block_of(int flags)
{
	return flags & MSG_DONTWAIT ? IO_NO : IO_STREAM;
}

EXPORT ssize_t recv(int fd, void *to, size_t n, int flags)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_RECV, fd, block_of(flags), SITE);
	result = real.recv(fd, to, n, flags);
	io_returned(&io, result);
	return result;
}

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
ssize_t __recv_chk(int fd, void *to, size_t n, size_t room, int flags);

EXPORT ssize_t __recv_chk(int fd, void *to, size_t n, size_t room, int flags)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_RECV, fd, block_of(flags), SITE);
	result = real.__recv_chk(fd, to, n, room, flags);
	io_returned(&io, result);
	return result;
}

EXPORT ssize_t recvfrom(int fd, void *restrict to, size_t n, int flags,
			__SOCKADDR_ARG address, socklen_t *restrict length)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_RECV, fd, block_of(flags), SITE);
	result = real.recvfrom(fd, to, n, flags, address, length);
	io_returned(&io, result);
	return result;
}

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
ssize_t __recvfrom_chk(int fd, void *to, size_t n, size_t room, int flags,
		       __SOCKADDR_ARG address, socklen_t *length);

EXPORT ssize_t __recvfrom_chk(int fd, void *to, size_t n, size_t room,
			      int flags, __SOCKADDR_ARG address,
			      socklen_t *length)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_RECV, fd, block_of(flags), SITE);
	result = real.__recvfrom_chk(fd, to, n, room, flags, address, length);
	io_returned(&io, result);
	return result;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_RECV, fd, block_of(flags), SITE);
	result = real.recvmsg(fd, message, flags);
	io_returned(&io, result);
	return result;
}

/* Messages, not bytes. */
EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
		    struct timespec *timeout)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_RECV, fd, block_of(flags), SITE);
	result = real.recvmmsg(fd, messages, n, flags, timeout);
	io_returned(&io, result < 0 ? -1 : 0);
	return result;
}

EXPORT ssize_t send(int fd, const void *from, size_t n, int flags)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_SEND, fd, block_of(flags), SITE);
	result = real.send(fd, from, n, flags);
	io_returned(&io, result);
	return result;
}

EXPORT ssize_t sendto(int fd, const void *from, size_t n, int flags,
		      __CONST_SOCKADDR_ARG address, socklen_t length)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_SEND, fd, block_of(flags), SITE);
	result = real.sendto(fd, from, n, flags, address, length);
	io_returned(&io, result);
	return result;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	IO_CALL;
	ssize_t result;

	io_enter(&io, IO_SEND, fd, block_of(flags), SITE);
	result = real.sendmsg(fd, message, flags);
	io_returned(&io, result);
	return result;
}

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_SEND, fd, block_of(flags), SITE);
	result = real.sendmmsg(fd, messages, n, flags);
	io_returned(&io, result < 0 ? -1 : 0);
	return result;
}

EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *restrict length)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_ACCEPT, fd, IO_YES, SITE);
	result = real.accept(fd, address, length);
	fds_forget(result);
	io_returned(&io, result);
	return result;
}

EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict length,
		   int flags)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_ACCEPT, fd, IO_YES, SITE);
	result = real.accept4(fd, address, length, flags);
	fds_forget(result);
	io_returned(&io, result);
	return result;
}

EXPORT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	IO_CALL;
	int result;

	io_enter(&io, IO_CONNECT, fd, IO_YES, SITE);
	result = real.connect(fd, address, length);
	io_returned(&io, result);
	return result;
}

EXPORT int socket(int domain, int type, int protocol)
{
	int fd;

	real_start();
	fd = real.socket(domain, type, protocol);
	fds_forget(fd);
	return fd;
}

EXPORT int socketpair(int domain, int type, int protocol, int fds[2])
{
	int result;

	real_start();
	result = real.socketpair(domain, type, protocol, fds);
	if (result == 0) {
		fds_forget(fds[0]);
		fds_forget(fds[1]);
	}
	return result;
}
