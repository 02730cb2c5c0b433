#include "tracing/recorder/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracing/recorder/clock.h"

#define START_SECONDS 30
#define SPACE_LEAST   ((rlim_t)1 << 30)
#define FILES_LEAST   96
#define KILL_SECONDS  5

/*
 * The daemon tells all programs of the machine through shared memory that it is
 * there. It is there for one program only, so it gets a /dev/shm of its own;
 * where the output lies in there, the machine's must do.
 */
static void hide_shm(const char *out)
{
	if (!strncmp(out, "/dev/shm/", strlen("/dev/shm/")))
		return;
	if (!unshare(CLONE_NEWNS))
		mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV,
		      "mode=1777,size=90%");
}

/*
 * Where we may, before all threads of the program, should they be real-time
 * ones: otherwise its buffers run full while nobody empties them. In turns: one
 * of its threads spins until another of them has answered, maybe on this CPU.
 */
static void come_first(void)
{
	const struct sched_param param = {
		.sched_priority = sched_get_priority_max(SCHED_RR) - 1,
	};

	sched_setscheduler(0, SCHED_RR, &param);
}

static void become_daemon(const struct rundir *run, const char *out,
			  pid_t keeper)
{
	char *log = g_build_filename(run->path, "daemon.log", NULL);
	char *sockets = g_build_filename(run->path, ".lttng", NULL);
	/* Its own group: to give anything to another one takes a capability. */
	const struct group *ours = getgrgid(getegid());
	sigset_t all;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(1);
	setpgid(0, 0);
	come_first();
	setenv("LTTNG_HOME", run->path, 1);
	setenv("LTTNG_APP_SOCKET_TIMEOUT", "2", 1);
	unsetenv("LD_PRELOAD");
	unsetenv("LTTNG_SESSION_CONFIG_XSD_PATH");
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	fd = open(log, O_CREAT | O_WRONLY | O_APPEND, 0600);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
	}
	if (run->is_hidden)
		hide_shm(out);
	/* It shall load sessions from where none is, not the machine's. */
	execlp("lttng-sessiond", "lttng-sessiond", "--no-kernel",
	       "--sig-parent", "--group", ours ? ours->gr_name : "root",
	       "--load", run->is_hidden ? "/run/lttng" : sockets, (char *)NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

static bool is_short(void)
{
	struct rlimit space;

	return !getrlimit(RLIMIT_AS, &space) && space.rlim_cur < SPACE_LEAST;
}

static int failed(const struct rundir *run, int status, struct err *err)
{
	char *why = daemon_trouble(run);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		err_set(err, "lttng-sessiond is not installed: try "
			     "'apt-get install lttng-tools'");
	else
		err_set(err, "lttng-sessiond did not start: %s",
			why	     ? why
			: is_short() ? "too little memory (ulimit -v)"
				     : "it ended at once");
	g_free(why);
	return -1;
}

/* Readiness is told by SIGUSR1, failure by SIGCHLD. */
static int await(const struct rundir *run, pid_t pid, struct err *err)
{
	uint64_t deadline = clock_ns() + START_SECONDS * 1000000000ull;
	sigset_t told;

	sigemptyset(&told);
	sigaddset(&told, SIGUSR1);
	sigaddset(&told, SIGCHLD);
	for (;;) {
		uint64_t now = clock_ns();
		uint64_t left = now < deadline ? deadline - now : 0;
		struct timespec wait = { (time_t)(left / 1000000000u),
					 (long)(left % 1000000000u) };
		int status;

		if (sigtimedwait(&told, NULL, &wait) == SIGUSR1)
			return 0;
		if (waitpid(pid, &status, WNOHANG) == pid)
			return failed(run, status, err);
		if (!left)
			return err_set(err,
				       "lttng-sessiond did not get ready "
				       "within %d s",
				       START_SECONDS);
	}
}

pid_t daemon_start(const struct rundir *run, const char *out, struct err *err)
{
	pid_t keeper = getpid();
	struct rlimit files = { 0, RLIM_INFINITY };
	pid_t pid;

	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_max < FILES_LEAST)
		return err_set(err,
			       "%llu open files (ulimit -n) are too few for "
			       "lttng-sessiond: allow %d",
			       (unsigned long long)files.rlim_max, FILES_LEAST);
	pid = fork();
	if (pid < 0)
		return err_errno(err, errno, "cannot start lttng-sessiond");
	if (pid == 0)
		become_daemon(run, out, keeper);
	setpgid(pid, pid);
	if (!await(run, pid, err))
		return pid;
	daemon_kill(pid);
	return -1;
}

/* One for root's daemon, one for the user's own. */
static void word_name(int which, char name[64])
{
	if (which == 0)
		g_strlcpy(name, "/lttng-ust-wait-8", 64);
	else
		g_snprintf(name, 64, "/lttng-ust-wait-8-%u",
			   (unsigned)geteuid());
}

void daemon_words_note(struct daemon_words *words)
{
	for (int i = 0; i < 2; i++) {
		char name[64];
		int fd;

		word_name(i, name);
		fd = shm_open(name, O_RDONLY | O_CLOEXEC, 0);
		words->had[i] = fd >= 0 || errno != ENOENT;
		if (fd >= 0)
			close(fd);
	}
}

void daemon_words_clear(const struct daemon_words *words)
{
	for (int i = 0; i < 2; i++) {
		char name[64];
		int fd;

		word_name(i, name);
		fd = words->had[i] ? -1
				   : shm_open(name, O_RDONLY | O_CLOEXEC, 0);
		/* A write lease is granted to the only one who has it open. */
		if (fd >= 0 && !fcntl(fd, F_SETLEASE, F_WRLCK))
			shm_unlink(name);
		if (fd >= 0)
			close(fd);
	}
}

/*
 * A killed daemon leaves its word that it is there, on which programs would
 * rely in vain: take it back, as it does when it ends in order.
 */
static void recall_word(void)
{
	const uint32_t nothing = 0;
	char name[64];
	int fd;

	word_name(1, name);
	fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Not through memory: there may be no room for its page. */
	(void)!pwrite(fd, &nothing, sizeof(nothing), 0);
	close(fd);
}

/* The recorder is the subreaper: what the daemon started becomes its child. */
void daemon_kill(pid_t pid)
{
	uint64_t deadline = clock_ns() + KILL_SECONDS * 1000000000ull;
	const struct timespec nap = { 0, 200000 };

	if (pid <= 0)
		return;
	while (clock_ns() < deadline) {
		pid_t gone;

		kill(-pid, SIGKILL);
		do {
			gone = waitpid(-pid, NULL, WNOHANG);
		} while (gone > 0);
		if (gone < 0 && errno == ECHILD)
			break;
		nanosleep(&nap, NULL);
	}
	recall_word();
}

char *daemon_trouble(const struct rundir *run)
{
	char *path = g_build_filename(run->path, "daemon.log", NULL);
	char *text = NULL;
	char *found = NULL;

	if (g_file_get_contents(path, &text, NULL, NULL)) {
		char **lines = g_strsplit(text, "\n", -1);

		for (char **line = lines; *line && !found; line++)
			if (strstr(*line, "rror") &&
			    !strstr(*line, "destruction of session"))
				found = g_strdup(g_strstrip(*line));
		g_strfreev(lines);
	}
	g_free(text);
	g_free(path);
	return found;
}
