#include "tracing/recorder/target.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracing/base/exits.h"
#include "tracing/recorder/clock.h"

/* 0, or the errno with which execve() would refuse `path`. */
static int check_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return access(path, X_OK) ? errno : 0;
}

/* As execvp(): the first that can be run, else the best reason against one. */
static char *search_path(const char *command, int *why)
{
	const char *path = getenv("PATH");
	char **dirs = g_strsplit(path ? path : "/bin:/usr/bin", ":", -1);
	char *found = NULL;

	*why = ENOENT;
	for (char **dir = dirs; *dir && !found; dir++) {
		char *full =
			g_build_filename(**dir ? *dir : ".", command, NULL);
		int trouble = check_executable(full);

		if (!trouble)
			found = g_strdup(full);
		else if (trouble != ENOENT && trouble != ENOTDIR)
			*why = trouble;
		g_free(full);
	}
	g_strfreev(dirs);
	return found;
}

char *target_find(const char *command, int *status, struct err *err)
{
	char *found = NULL;
	int why;

	if (strchr(command, '/')) {
		why = check_executable(command);
		if (!why)
			found = g_strdup(command);
	} else {
		found = search_path(command, &why);
	}
	if (found)
		return found;
	*status = why == ENOENT || why == ENOTDIR ? EXIT_NOT_FOUND
						  : EXIT_NOT_STARTED;
	err_errno(err, why, "cannot run '%s'", command);
	return NULL;
}

static void reopen(int fd, const char *path, int flags)
{
	int other = open(path, flags | O_NOCTTY);

	if (other >= 0 && other != fd) {
		dup2(other, fd);
		close(other);
	}
}

/* Input that is a file is read from its start, without moving our own place. */
static void make_quiet(void)
{
	struct stat st;

	if (!fstat(0, &st) && S_ISREG(st.st_mode))
		reopen(0, "/proc/self/fd/0", O_RDONLY);
	else
		reopen(0, "/dev/null", O_RDONLY);
	reopen(1, "/dev/null", O_WRONLY);
	reopen(2, "/dev/null", O_WRONLY);
}

static void become_target(const struct target_options *options, int go,
			  int trouble)
{
	char word;
	int why;

	if (read(go, &word, 1) != 1)
		_exit(EXIT_RECORD);
	close(go);
	for (char **env = options->env; env && *env; env++)
		putenv(*env);
	if (options->is_quiet)
		make_quiet();
	sigaction(SIGCHLD, &options->signals->child, NULL);
	sigprocmask(SIG_SETMASK, &options->signals->mask, NULL);
	execvp(options->command[0], options->command);
	why = errno;
	if (write(trouble, &why, sizeof(why)) != sizeof(why))
		_exit(EXIT_RECORD);
	_exit(why == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_STARTED);
}

int target_fork(struct target *target, const struct target_options *options,
		struct err *err)
{
	int go[2] = { -1, -1 };
	int trouble[2] = { -1, -1 };

	if (pipe2(go, O_CLOEXEC))
		return err_errno(err, errno, "pipe");
	if (pipe2(trouble, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return err_errno(err, errno, "pipe");
	}
	target->pid = fork();
	if (target->pid == 0) {
		close(go[1]);
		become_target(options, go[0], trouble[1]);
	}
	close(go[0]);
	close(trouble[1]);
	target->go = go[1];
	target->trouble = trouble[0];
	return target->pid < 0 ? err_errno(err, errno, "fork") : 0;
}

int target_go(struct target *target, struct run_times *times)
{
	int why = 0;
	ssize_t n;

	times->start_ns = clock_ns();
	if (write(target->go, "", 1) != 1)
		why = errno;
	close(target->go);
	target->go = -1;
	do {
		n = read(target->trouble, &why, sizeof(why));
	} while (n < 0 && errno == EINTR);
	close(target->trouble);
	target->trouble = -1;
	return why;
}

bool target_reap(const struct target *target, struct run_times *times)
{
	if (wait4(target->pid, &times->status, WNOHANG, &times->usage) !=
	    target->pid)
		return false;
	times->end_ns = clock_ns();
	return true;
}
