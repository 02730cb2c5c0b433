#include "tracing/recorder/ids.h"

#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tracing/board.h"

#define BACKLOG 128

uint64_t ids_space(void)
{
	char self[16] = "";
	struct stat st;

	if (readlink("/proc/self", self, sizeof(self) - 1) < 0 ||
	    strtol(self, NULL, 10) != getpid() ||
	    stat("/proc/self/ns/pid", &st))
		return 0;
	return st.st_ino;
}

int ids_listen(const char *directory)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_snprintf(at.sun_path, sizeof(at.sun_path), "%s/" BOARD_IDS_SOCKET,
		   directory);
	/* Programs that give up root ask, too. */
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at)) &&
	    !chmod(at.sun_path, 0666) && !listen(fd, BACKLOG))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void hand_over(int to, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = {
			      .cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS,
		      } };
	struct iovec data = { (char[]){ 0 }, 1 };
	const struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ids_answer(int listener)
{
	int fd = open("/proc/thread-self", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int to;

	while (fd >= 0 &&
	       (to = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		hand_over(to, fd);
		close(to);
	}
	if (fd >= 0)
		close(fd);
}
