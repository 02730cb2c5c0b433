#include "workloads/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define END_S 2 /* what is asked to end has as long to do so */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void become(char *const argv[], const int out[2],
			     const int complaint[2])
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* A group of its own, so that all of it can be ended. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(null, STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(complaint[1], STDERR_FILENO);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "cannot start '%s': %s\n", argv[0],
		strerrordesc_np(errno));
	_exit(127);
}

/* Reads both ends until they close; false: the time is over. */
static bool read_until(int out, int complaint, double end_s, GString *text,
		       GString *said)
{
	struct pollfd fds[2] = { { .fd = out, .events = POLLIN },
				 { .fd = complaint, .events = POLLIN } };
	GString *into[2] = { text, said };
	char bytes[4096];

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		double left_s = end_s - now_s();

		if (left_s <= 0)
			return false;
		if (poll(fds, 2, (int)(left_s * 1e3) + 1) < 0 && errno != EINTR)
			return false;
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			n = read(fds[i].fd, bytes, sizeof(bytes));
			if (n > 0)
				g_string_append_len(into[i], bytes, n);
			else
				fds[i].fd = -1;
		}
	}
	return true;
}

/* First so that it can put its things away. */
static void end_group(pid_t pid, int out, int complaint)
{
	GString *unread = g_string_new(NULL);

	kill(-pid, SIGTERM);
	read_until(out, complaint, now_s() + END_S, unread, unread);
	kill(-pid, SIGKILL);
	g_string_free(unread, TRUE);
}

static char *last_line(GString *said)
{
	char *text = g_string_free(said, FALSE), *line;

	g_strchomp(text);
	line = strrchr(text, '\n');
	line = g_strdup(line ? line + 1 : text);
	g_free(text);
	return line;
}

int spawn_run(char *const argv[], unsigned limit_s, struct spawned *spawned,
	      struct err *err)
{
	GString *text = g_string_new(NULL), *said = g_string_new(NULL);
	double begin_s = now_s();
	int out[2], complaint[2];
	pid_t pid;

	memset(spawned, 0, sizeof(*spawned));
	if (pipe2(out, O_CLOEXEC) || pipe2(complaint, O_CLOEXEC)) {
		g_string_free(text, TRUE);
		g_string_free(said, TRUE);
		return err_errno(err, errno, "cannot make a pipe");
	}
	pid = fork();
	if (pid == 0)
		become(argv, out, complaint);
	close(out[1]);
	close(complaint[1]);
	if (pid > 0) {
		setpgid(pid, pid);
		spawned->timed_out = !read_until(out[0], complaint[0],
						 begin_s + limit_s, text, said);
		if (spawned->timed_out)
			end_group(pid, out[0], complaint[0]);
		while (wait4(pid, &spawned->status, 0, &spawned->usage) < 0 &&
		       errno == EINTR)
			continue;
		spawned->wall_s = now_s() - begin_s;
	}
	close(out[0]);
	close(complaint[0]);
	spawned->out = g_string_free(text, FALSE);
	spawned->complaint = last_line(said);
	if (pid < 0)
		return err_errno(err, EAGAIN, "cannot fork");
	return 0;
}

void spawned_clear(struct spawned *spawned)
{
	g_free(spawned->out);
	g_free(spawned->complaint);
	memset(spawned, 0, sizeof(*spawned));
}

int spawned_status(const struct spawned *spawned)
{
	return WIFSIGNALED(spawned->status) ? 128 + WTERMSIG(spawned->status)
					    : WEXITSTATUS(spawned->status);
}
