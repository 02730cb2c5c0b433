#include "tracing/interposer/ids.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "tracing/interposer/sys.h"
#include "tracing/interposer/thread.h"

#define PATIENCE_S 2 /* with a recorder that does not answer */
#define NAMES	   4096
#define LINK_BYTES 64

/* Above all that the kernel gives: of threads that must not ask any more. */
#define UNKNOWN_BIT  ((int32_t)1 << 30)
#define UNKNOWN_MASK (((uint32_t)1 << 30) - 1)

static struct {
	_Atomic int link; /* descriptor of the recorder's /proc/thread-self */
	/* The program has confined itself: what it may call is not known. */
	_Atomic bool is_sealed;
	/* tid << 32 | tid outside; lossy: a later thread may take the place. */
	_Atomic uint64_t names[NAMES];
} ids;

/* A socket of the recorder, connected; negative: none. */
static int door(const char *directory)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval patience = { PATIENCE_S, 0 };
	size_t n = strlen(directory);
	long fd, rc;

	if (n + sizeof("/" BOARD_IDS_SOCKET) > sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, directory, n);
	memcpy(to.sun_path + n, "/" BOARD_IDS_SOCKET,
	       sizeof("/" BOARD_IDS_SOCKET));
	fd = sys3(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	sys6(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, (long)&patience,
	     sizeof(patience), 0);
	sys6(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, (long)&patience,
	     sizeof(patience), 0);
	do {
		rc = sys3(SYS_connect, fd, (long)&to, sizeof(to));
	} while (rc == -EINTR);
	if (!rc)
		return (int)fd;
	sys3(SYS_close, fd, 0, 0);
	return -1;
}

/* The descriptor that comes through the door; negative: none does. */
static int take_descriptor(int from)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	int fd = -1;
	long n;

	do {
		n = sys3(SYS_recvmsg, from, (long)&message, MSG_CMSG_CLOEXEC);
	} while (n == -EINTR);
	header = n == 1 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static int ask(const char *directory)
{
	int from = directory && *directory ? door(directory) : -1;
	int fd;

	if (from < 0)
		return -1;
	fd = take_descriptor(from);
	sys3(SYS_close, from, 0, 0);
	return fd;
}

/* "PID/task/TID" */
static bool parse(const char *link, int32_t *pid, int32_t *tid)
{
	int32_t *const to[] = { pid, tid };

	for (int i = 0; i < 2; i++) {
		uint32_t number = 0;

		if (i && strncmp(link, "/task/", 6) != 0)
			return false;
		link += i ? 6 : 0;
		while (*link >= '0' && *link <= '9' &&
		       number < UNKNOWN_MASK / 10)
			number = number * 10 + (uint32_t)(*link++ - '0');
		*to[i] = (int32_t)number;
		if (!number)
			return false;
	}
	return !*link;
}

/* What the calling thread is called; false: this is not that descriptor. */
static bool read_link(int fd, int32_t *pid, int32_t *tid)
{
	char link[LINK_BYTES];
	long n = fd < 0 ? -1
			: sys6(SYS_readlinkat, fd, (long)"", (long)link,
			       sizeof(link) - 1, 0, 0);

	if (n <= 0)
		return false;
	link[n] = '\0';
	return parse(link, pid, tid);
}

/* Whether the recorder's namespace is ours, too; `known` false: nobody says. */
static bool is_same_space(const struct board_session *session, bool *known)
{
	struct stat status = { 0 };

	*known = !sys6(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/ns/pid",
		       (long)&status, 0, 0, 0);
	return *known && status.st_ino == session->pid_space;
}

bool ids_start(const char *directory)
{
	const struct board_session *session = process.session;
	int32_t pid = 0, tid = 0;
	bool known;
	int fd;

	process.outer_pid = process.pid;
	process.is_apart = false;
	if (!session || !session->pid_space || is_same_space(session, &known))
		return true;
	/* A child has its parent's. */
	fd = atomic_load(&ids.link) - 1;
	if (!read_link(fd, &pid, &tid)) {
		fd = ask(directory);
		if (!read_link(fd, &pid, &tid))
			return !known;
		atomic_store(&ids.link, fd + 1);
	}
	process.outer_pid = pid;
	process.is_apart = true;
	return true;
}

static int32_t unknown(int32_t tid)
{
	uint32_t mix = (uint32_t)process.outer_pid * 2654435761u +
		       (uint32_t)tid * 40503u;

	return UNKNOWN_BIT | (int32_t)(mix & UNKNOWN_MASK);
}

int32_t ids_of_me(int32_t tid)
{
	int32_t pid = 0, outer = 0;
	int fd;

	if (!process.is_apart)
		return tid;
	if (atomic_load(&ids.is_sealed))
		return unknown(tid);
	fd = atomic_load(&ids.link) - 1;
	/* The program may have closed it, and another be in its place. */
	if (!read_link(fd, &pid, &outer) || pid != process.outer_pid) {
		fd = ask(process_directory());
		if (!read_link(fd, &pid, &outer))
			return unknown(tid);
		atomic_store(&ids.link, fd + 1);
	}
	atomic_store_explicit(&ids.names[(uint32_t)tid % NAMES],
			      (uint64_t)(uint32_t)tid << 32 | (uint32_t)outer,
			      memory_order_relaxed);
	return outer;
}

int32_t ids_find(int32_t tid)
{
	uint64_t name = atomic_load_explicit(&ids.names[(uint32_t)tid % NAMES],
					     memory_order_relaxed);

	return name >> 32 == (uint32_t)tid ? (int32_t)name : 0;
}

void ids_did(long number, const long arguments[6])
{
	if (number == SYS_seccomp ||
	    (number == SYS_prctl && arguments[0] == PR_SET_SECCOMP))
		atomic_store(&ids.is_sealed, true);
}

/* For LTTng, which puts them into each event. */
EXPORT pid_t getpid(void)
{
	pid_t pid = (pid_t)sys3(SYS_getpid, 0, 0, 0);

	return process.is_apart && pid == process.pid && module_is_foreign(SITE)
		       ? process.outer_pid
		       : pid;
}

EXPORT pid_t gettid(void)
{
	pid_t tid = (pid_t)sys3(SYS_gettid, 0, 0, 0);

	if (!process.is_apart || !module_is_foreign(SITE))
		return tid;
	return self.tid == tid ? self.outer_tid : ids_of_me(tid);
}
