#include "tests/aid/conform/conform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void pipes(void)
{
	struct iovec parts[2];
	char buffer[64] = "";
	int fds[2];

	show(" pipe", pipe(fds));
	show(" write", write(fds[1], "hello", 5));
	parts[0] = (struct iovec){ buffer, 2 };
	parts[1] = (struct iovec){ buffer + 2, 10 };
	show(" readv", readv(fds[0], parts, 2));
	puts(buffer);
	parts[0].iov_len = 1;
	parts[1].iov_len = 1;
	show(" writev", writev(fds[1], parts, 2));
	show(" read", read(fds[0], buffer, sizeof(buffer)));
	show(" nonblocking", fcntl(fds[0], F_SETFL, O_NONBLOCK));
	show(" read of nothing", read(fds[0], buffer, sizeof(buffer)));
	show(" pread of a pipe", pread(fds[0], buffer, 1, 0));
	show(" write to the wrong end", write(fds[0], "x", 1));
	show(" close", close(fds[0]));
	show(" write to nobody", write(fds[1], "x", 1));
	show(" close", close(fds[1]));
	show(" close again", close(fds[1]));
	show(" read closed", read(fds[1], buffer, 1));
}

static void polls(void)
{
	struct timespec no_time = { 0 };
	struct timeval no_tv = { 0 };
	struct epoll_event event = { .events = EPOLLIN, .data.fd = 5 };
	struct pollfd one = { .events = POLLIN };
	fd_set set;
	int fds[2];
	int epoll;

	if (pipe(fds))
		abort();
	one.fd = fds[0];
	show(" poll of nothing", poll(&one, 1, 0));
	show(" poll for a while", poll(&one, 1, 5));
	show(" ppoll", ppoll(&one, 1, &no_time, NULL));
	epoll = epoll_create1(0);
	show(" epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event));
	show(" epoll_wait", epoll_wait(epoll, &event, 1, 0));
	show(" write", write(fds[1], "x", 1));
	show(" poll", poll(&one, 1, -1));
	note(" revents", one.revents);
	show(" epoll_wait", epoll_wait(epoll, &event, 1, -1));
	show(" epoll_pwait", epoll_pwait(epoll, &event, 1, -1, NULL));
	show(" epoll_pwait2", epoll_pwait2(epoll, &event, 1, NULL, NULL));
	show(" epoll_wait for none", epoll_wait(epoll, &event, 0, 0));
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	show(" select", select(fds[0] + 1, &set, NULL, NULL, &no_tv));
	show(" pselect", pselect(fds[0] + 1, &set, NULL, NULL, &no_time, NULL));
	show(" poll of a closed one", (close(fds[0]), poll(&one, 1, 0)));
	note(" revents", one.revents);
	close(fds[1]);
	close(epoll);
}

static void sockets(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	struct iovec part;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	char buffer[16] = "";
	int server = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int peer;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	show(" bind", bind(server, (struct sockaddr *)&address, length));
	show(" connect to nobody",
	     connect(client, (struct sockaddr *)&address, length));
	show(" listen", listen(server, 1));
	getsockname(server, (struct sockaddr *)&address, &length);
	show(" connect", connect(client, (struct sockaddr *)&address, length));
	show(" connect again",
	     connect(client, (struct sockaddr *)&address, length));
	peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	note(" accepted", peer >= 0);
	show(" cloexec", fcntl(peer, F_GETFD));
	show(" send", send(client, "one", 3, 0));
	show(" recv", recv(peer, buffer, sizeof(buffer), 0));
	show(" recv of nothing",
	     recv(peer, buffer, sizeof(buffer), MSG_DONTWAIT));
	show(" sendto", sendto(client, "four", 4, 0, NULL, 0));
	show(" recvfrom",
	     recvfrom(peer, buffer, sizeof(buffer), 0, NULL, NULL));
	part = (struct iovec){ buffer, 4 };
	show(" sendmsg", sendmsg(client, &message, 0));
	show(" recvmsg", recvmsg(peer, &message, 0));
	puts(buffer);
	show(" accept of none",
	     (fcntl(server, F_SETFL, O_NONBLOCK), accept(server, NULL, NULL)));
	show(" close", close(client));
	show(" recv of the end", recv(peer, buffer, 1, 0));
	show(" send to nobody", (send(peer, "x", 1, MSG_NOSIGNAL), usleep(2000),
				 send(peer, "x", 1, MSG_NOSIGNAL)));
	show(" recv on no socket", recv(0, buffer, 1, 0));
	close(peer);
	close(server);
}

void conform_io(void)
{
	signal(SIGPIPE, SIG_IGN);
	puts("pipes");
	pipes();
	puts("polls");
	polls();
	puts("sockets");
	sockets();
}

static void locks_on_files(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	show(" flock", flock(fd, LOCK_EX | LOCK_NB));
	show(" funlock", flock(fd, LOCK_UN));
	show(" setlk", fcntl(fd, F_SETLK, &lock));
	show(" setlkw", fcntl(fd, F_SETLKW, &lock));
	show(" getlk", fcntl(fd, F_GETLK, &lock));
	show(" lockf", lockf(fd, F_TLOCK, 1));
	show(" lockf", lockf(fd, F_ULOCK, 1));
	show(" bad command", fcntl(fd, 9999, 0));
	show(" dupfd", fcntl(fd, F_DUPFD, 100));
	show(" dup2", dup2(fd, 101));
	show(" dup3", dup3(fd, 102, O_CLOEXEC));
	show(" dup3 of the same", dup3(fd, fd, 0));
	show(" close_range", close_range(100, 102, 0));
	show(" it is closed", fcntl(101, F_GETFD));
}

void conform_files(void)
{
	char path[] = "/tmp/conform.XXXXXX";
	char buffer[16] = "";
	struct stat status;
	off_t from = 0;
	int other;
	int fd = mkstemp(path);

	puts("files");
	show(" pwrite", pwrite(fd, "0123456789", 10, 0));
	show(" pread", pread(fd, buffer, 4, 3));
	puts(buffer);
	show(" fsync", fsync(fd));
	show(" fdatasync", fdatasync(fd));
	show(" sync_file_range", sync_file_range(fd, 0, 10, 0));
	show(" fsync of a pipe", fsync(-1));
	other = open(path, O_RDONLY | O_CLOEXEC);
	note(" opened", other >= 0);
	show(" sendfile", sendfile(fd, other, &from, 4));
	show(" open for nobody", open("/nonexistent/x", O_RDONLY));
	show(" openat", openat(AT_FDCWD, "/nonexistent/x", O_RDONLY));
	show(" open again", open(path, O_CREAT | O_EXCL | O_RDWR, 0600));
	close(other);
	unlink(path);
	other = open(path, O_CREAT | O_EXCL | O_RDWR, 0640);
	fstat(other, &status);
	note(" mode", status.st_mode & 0777);
	close(other);
	unlink(path);
	other = creat(path, 0444);
	fstat(other, &status);
	note(" mode", status.st_mode & 0777);
	close(other);
	unlink(path);
	other = open("/tmp", O_TMPFILE | O_RDWR, 0606);
	if (other >= 0) {
		fstat(other, &status);
		note(" mode", status.st_mode & 0777);
		close(other);
	}
	locks_on_files(fd);
	show(" close", close(fd));
}

static volatile sig_atomic_t handled;

static void handle(int number)
{
	(void)number;
	handled++;
}

static void *send_signal(void *data)
{
	wait_until_asleep(getpid());
	pthread_kill(*(pthread_t *)data, SIGUSR1);
	return NULL;
}

/* Calls that a signal ends. */
static void interrupted(void)
{
	struct sigaction action = { .sa_handler = handle };
	struct timespec nap = { .tv_sec = 100 };
	struct timespec left = { 0 };
	pthread_t self = pthread_self();
	pthread_t thread;
	char byte;
	int fds[2];

	if (pipe(fds))
		abort();
	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&thread, NULL, send_signal, &self);
	show(" read interrupted", read(fds[0], &byte, 1));
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, send_signal, &self);
	show(" nanosleep interrupted", nanosleep(&nap, &left));
	pthread_join(thread, NULL);
	note(" much left", left.tv_sec > 50);
	pthread_create(&thread, NULL, send_signal, &self);
	show(" pause", pause());
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, send_signal, &self);
	note(" much left", sleep(100) > 50);
	pthread_join(thread, NULL);
	note(" handled", handled);
	close(fds[0]);
	close(fds[1]);
}

static void futexes(void)
{
	struct timespec no_time = { .tv_nsec = 1000 };
	int word = 1;

	show(" futex of another value",
	     syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL, NULL, 0));
	show(" futex in time",
	     syscall(SYS_futex, &word, FUTEX_WAIT, 1, &no_time, NULL, 0));
	show(" futex wake",
	     syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0));
	show(" gettid", syscall(SYS_gettid) == gettid());
	show(" no such call", syscall(99999));
}

void conform_processes(void)
{
	sigset_t set;
	int status;
	int number;
	pid_t pid;

	puts("processes");
	pid = fork();
	if (pid == 0)
		exit(23);
	show(" waitpid", waitpid(pid, &status, 0) == pid);
	note(" status", WEXITSTATUS(status));
	show(" waitpid of none", waitpid(-1, &status, 0));
	show(" wait of none", wait(&status));
	/* NOLINTBEGIN(clang-analyzer-*,cert-env33-c): what this is about */
	pid = vfork();
	if (pid == 0) {
		execl("/nonexistent", "nonexistent", (char *)NULL);
		_exit(errno == ENOENT ? 21 : 22);
	}
	waitpid(pid, &status, 0);
	note(" vforked", WEXITSTATUS(status));
	pid = vfork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "exit $0", "19", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	note(" executed", WEXITSTATUS(status));
	show(" exec of nothing", execl("/nonexistent", "x", (char *)NULL));
	show(" exec of a directory", execlp("/tmp", "x", (char *)NULL));
	note(" system", WEXITSTATUS(system("exit 5")));
	/* NOLINTEND(clang-analyzer-*,cert-env33-c) */
	interrupted();
	futexes();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	show(" sigwait", sigwait(&set, &number));
	note(" signal", number == SIGUSR2);
	raise(SIGUSR2);
	show(" sigwaitinfo", sigwaitinfo(&set, NULL) == SIGUSR2);
	show(" sigtimedwait",
	     sigtimedwait(&set, NULL, &(struct timespec){ .tv_nsec = 1000 }));
}
