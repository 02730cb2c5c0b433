#include "tracing/interposer/fds.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tracing/interposer/sys.h"
#include "tracing/interposer/tell.h"

#define FDS_MAX	     65536
#define KIND_MASK    0x1f
#define NONBLOCKING  0x40
#define TOLD	     0x80
#define TARGET_BYTES 256

/* By descriptor: its kind (0: not looked at), NONBLOCKING, TOLD. */
static _Atomic uint8_t fds[FDS_MAX];

static bool is_tabled(int fd)
{
	return fd >= 0 && fd < FDS_MAX;
}

static uint8_t load(int fd)
{
	return atomic_load_explicit(&fds[fd], memory_order_relaxed);
}

static void add(int fd, uint8_t bits)
{
	atomic_fetch_or_explicit(&fds[fd], bits, memory_order_relaxed);
}

static long read_link(int fd, char *to, size_t bytes)
{
	char path[32] = "/proc/self/fd/";
	char digits[12];
	size_t n = sizeof(digits);
	size_t at = strlen(path);
	long length;

	do {
		digits[--n] = (char)('0' + fd % 10);
		fd /= 10;
	} while (fd);
	memcpy(path + at, digits + n, sizeof(digits) - n);
	path[at + sizeof(digits) - n] = '\0';
	length = sys6(SYS_readlinkat, AT_FDCWD, (long)path, (long)to,
		      (long)bytes - 1, 0, 0);
	to[length > 0 ? length : 0] = '\0';
	return length;
}

/* Descriptors without a file type of their own have a telling link. */
static uint8_t anonymous_kind(int fd)
{
	static const struct {
		const char *link;
		uint8_t kind;
	} links[] = {
		{ "anon_inode:[eventfd]", FD_EVENT },
		{ "anon_inode:[timerfd]", FD_TIMER },
		{ "anon_inode:[signalfd]", FD_SIGNAL },
		{ "anon_inode:[eventpoll]", FD_EPOLL },
		{ "anon_inode:inotify", FD_INOTIFY },
	};
	char link[TARGET_BYTES];

	read_link(fd, link, sizeof(link));
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (strcmp(link, links[i].link) == 0)
			return links[i].kind;
	return FD_UNKNOWN;
}

static bool is_tty(int fd, dev_t device)
{
	unsigned major = (unsigned)(device >> 8 & 0xfff);

	(void)fd;
	return (major >= 136 && major <= 143) || major == 4 || major == 5;
}

static uint8_t look_up(int fd)
{
	struct stat status = { 0 };

	if (sys3(SYS_fstat, fd, (long)&status, 0) < 0)
		return FD_UNKNOWN;
	switch (status.st_mode & S_IFMT) {
	case S_IFREG:
		return FD_FILE;
	case S_IFDIR:
		return FD_DIRECTORY;
	case S_IFIFO:
		return FD_PIPE;
	case S_IFSOCK:
		return FD_SOCKET;
	case S_IFBLK:
		return FD_BLOCK;
	case S_IFCHR:
		return is_tty(fd, status.st_rdev) ? FD_TTY : FD_CHAR;
	default:
		return anonymous_kind(fd);
	}
}

uint8_t fds_kind(int fd)
{
	uint8_t kind;

	if (!is_tabled(fd))
		return FD_UNKNOWN;
	kind = load(fd) & KIND_MASK;
	if (likely(kind))
		return kind;
	kind = look_up(fd);
	if (!kind)
		return FD_UNKNOWN;
	add(fd, kind);
	if (sys3(SYS_fcntl, fd, F_GETFL, 0) & O_NONBLOCK)
		add(fd, NONBLOCKING);
	return kind;
}

bool fds_is_nonblocking(int fd)
{
	return is_tabled(fd) && load(fd) & NONBLOCKING;
}

void fds_set_nonblocking(int fd)
{
	if (is_tabled(fd) && !(load(fd) & NONBLOCKING))
		add(fd, NONBLOCKING);
}

void fds_forget(int fd)
{
	if (is_tabled(fd))
		atomic_store_explicit(&fds[fd], 0, memory_order_relaxed);
}

void fds_forget_from(unsigned first, unsigned last)
{
	for (unsigned fd = first; fd <= last && fd < FDS_MAX; fd++)
		fds_forget((int)fd);
}

static char *append_number(char *to, unsigned number)
{
	char digits[12];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	memcpy(to, digits + n, sizeof(digits) - n);
	return to + sizeof(digits) - n;
}

/* "1.2.3.4:80", "[::1]:80", "unix:/path"; false when it is not connected. */
static bool peer_of(int fd, char *to)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		char bytes[sizeof(struct sockaddr_un)];
	} address;
	unsigned length = sizeof(address);

	memset(&address, 0, sizeof(address));
	if (sys3(SYS_getpeername, fd, (long)&address, (long)&length) < 0)
		return false;
	if (address.any.sa_family == AF_INET) {
		const unsigned char *part =
			(const unsigned char *)&address.in.sin_addr;

		for (int i = 0; i < 4; i++) {
			to = append_number(to, part[i]);
			*to++ = i < 3 ? '.' : ':';
		}
		to = append_number(to, ntohs(address.in.sin_port));
	} else if (address.any.sa_family == AF_INET6) {
		*to++ = '[';
		if (!inet_ntop(AF_INET6, &address.in6.sin6_addr, to,
			       INET6_ADDRSTRLEN))
			return false;
		to += strlen(to);
		*to++ = ']';
		*to++ = ':';
		to = append_number(to, ntohs(address.in6.sin6_port));
	} else if (address.any.sa_family == AF_UNIX) {
		size_t n = strnlen(address.un.sun_path,
				   sizeof(address.un.sun_path));

		memcpy(to, "unix:", 5);
		memcpy(to + 5, address.un.sun_path, n);
		to += 5 + n;
	} else {
		return false;
	}
	*to = '\0';
	return true;
}

/*
 * It counts as told only once it has been: another thread that uses the
 * descriptor meanwhile tells it as well, before its own I/O. Where it was
 * closed meanwhile, it is another one and not yet told.
 */
void fds_tell(int fd)
{
	char target[TARGET_BYTES];
	union fact fact = { .fd_open = { .fd = fd, .target = target } };
	struct closed closed;
	uint8_t bits;

	if (!is_tabled(fd) || load(fd) & TOLD || !process.telling)
		return;
	fact.fd_open.fd_kind = fds_kind(fd);
	if (fact.fd_open.fd_kind == FD_UNKNOWN)
		return;
	bits = load(fd);
	closed = thread_close();
	if (fact.fd_open.fd_kind != FD_SOCKET || !peer_of(fd, target))
		read_link(fd, target, sizeof(target));
	thread_open(closed);
	tell_now(TELL_fd_open, &fact);
	atomic_compare_exchange_strong_explicit(&fds[fd], &bits, bits | TOLD,
						memory_order_relaxed,
						memory_order_relaxed);
}
