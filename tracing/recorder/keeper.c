#include "tracing/recorder/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tracing/recorder/board_read.h"
#include "tracing/recorder/buffers.h"
#include "tracing/recorder/calibrate.h"
#include "tracing/recorder/clock.h"
#include "tracing/recorder/daemon.h"
#include "tracing/recorder/rundir.h"
#include "tracing/recorder/session.h"
#include "tracing/recorder/throttle.h"
#include "tracing/recorder/ustdir.h"

#define SESSION	     "holdup"
#define NICE	     (-10)
#define FILES_DAEMON 4096 /* it closes all that it could have */
#define FILES_MOST   (1u << 20)
#define BUDGET_MIN   500ull
#define LOOK_MS	     100	   /* how often the rings are read */
#define TICK_NS	     1000000000ull /* how often the boards are */

struct keeper {
	int front; /* socket; -1 once the front is gone */
	struct logbook *manifest;
	struct outdir *out;
	struct rundir run;
	struct daemon_words words;
	struct sched *sched;
	struct session *session;
	struct boards *boards;
	struct board_trace *board_trace;
	struct throttle *throttle;
	int daemon_fd; /* pidfd, -1: none */
	bool has_offset;
	uint64_t next_tick_ns;
	uint64_t lost; /* events, at the last tick */
};

int message_send(int socket, const struct message *message)
{
	size_t n = offsetof(struct message, text) + strlen(message->text) + 1;

	return send(socket, message, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -1;
}

int message_receive(int socket, struct message *message)
{
	ssize_t n;

	memset(message, 0, sizeof(*message));
	do {
		n = recv(socket, message, sizeof(*message), 0);
	} while (n < 0 && errno == EINTR);
	message->text[sizeof(message->text) - 1] = '\0';
	return n > 0 ? 0 : -1;
}

/* Limits are meant for the program, not for us: as far up as we may. */
static void allow(int resource, rlim_t most)
{
	struct rlimit limit;
	const struct rlimit more = { most, most };

	if (getrlimit(resource, &limit) || limit.rlim_cur >= most)
		return;
	if (limit.rlim_max < most && !setrlimit(resource, &more))
		return;
	limit.rlim_cur = MIN(limit.rlim_max, most);
	setrlimit(resource, &limit);
}

/* Apart from the terminal and from whatever the caller passed us. */
static void detach(int front, int out)
{
	static const int quiet[] = { SIGHUP,  SIGINT,  SIGQUIT,
				     SIGTERM, SIGPIPE, SIGTSTP,
				     SIGTTIN, SIGTTOU, SIGXFSZ };
	sigset_t told;
	int null = open("/dev/null", O_RDWR);

	setsid();
	prctl(PR_SET_NAME, "holdup-keeper");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(quiet); i++)
		signal(quiet[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&told);
	sigaddset(&told, SIGUSR1);
	sigaddset(&told, SIGCHLD);
	sigprocmask(SIG_SETMASK, &told, NULL);
	/* Where we may, so that busy CPUs cost no events; daemons inherit it.
	 */
	allow(RLIMIT_FSIZE, RLIM_INFINITY);
	allow(RLIMIT_AS, RLIM_INFINITY);
	allow(RLIMIT_NOFILE, FILES_DAEMON);
	setpriority(PRIO_PROCESS, 0, NICE);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close_range(3, (unsigned)MIN(front, out) - 1, 0);
	close_range((unsigned)MIN(front, out) + 1,
		    (unsigned)MAX(front, out) - 1, 0);
	close_range((unsigned)MAX(front, out) + 1, ~0u, 0);
}

/*
 * Threads of the program may keep all CPUs busy, by real-time priorities too,
 * while the kernel fills its rings: where we may, we come before all of them.
 * What we do costs the same whenever we do it. Nobody inherits this.
 */
static void hurry(bool on)
{
	int policy = on ? SCHED_FIFO : SCHED_OTHER;
	const struct sched_param param = {
		.sched_priority = sched_get_priority_max(policy),
	};

	sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &param);
}

/* A daemon that was killed leaves its socket behind. */
static bool is_served(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool served;

	g_strlcpy(to.sun_path, path, sizeof(to.sun_path));
	served = fd < 0 || !connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (fd >= 0)
		close(fd);
	return served;
}

static int set_up(struct keeper *k, const struct keeper_options *options,
		  struct err *err)
{
	struct logbook *m = k->manifest;
	const struct session_options session = {
		.name = SESSION,
		.out = k->out->path,
		.buffer_bytes = m->buffer_bytes,
	};
	struct calibration cost;
	char *board_dir =
		g_build_filename(k->out->path, SCHEMA_BOARD_DIR, NULL);
	struct err no_hiding = { "" };

	m->budget_end = m->budget;
	daemon_words_note(&k->words);
	/* From now on the directory is known as a recording. */
	if (logbook_write(m, k->out->fd, err))
		goto out;

	if (rundir_make(&k->run, err))
		goto out;
	if (!geteuid() && rundir_hide(&k->run, k->out->path, &no_hiding) &&
	    is_served("/run/lttng/client-lttng-sessiond")) {
		err_set(err, "%s, and /run/lttng is in use", no_hiding.text);
		goto out;
	}
	m->epoch_offset_ns = clock_epoch_offset();
	if (options->has_sched)
		k->sched = sched_new(k->run.tracefs);
	m->sched = k->sched;
	k->session = session_new(&k->run, k->out->path, err);
	if (!k->session)
		goto out;
	calibrate(&k->run, k->session, &cost);
	m->event_ns = cost.event_ns;
	m->pair_ns = cost.pair_ns;
	if (session_start(k->session, &session, err)) {
		err_prefix(err, "session");
		goto out;
	}
	/* A descriptor for each process watched. */
	allow(RLIMIT_NOFILE, FILES_MOST);
	k->daemon_fd =
		(int)syscall(SYS_pidfd_open, session_daemon(k->session), 0);
	k->boards = boards_new(k->run.boards, m->detail_all,
			       (uint32_t)m->budget, err);
	if (!k->boards)
		goto out;
	k->board_trace = board_trace_new(board_dir, m->epoch_offset_ns, err);
	if (k->board_trace)
		boards_write_to(k->boards, k->board_trace);
out:
	g_free(board_dir);
	return k->board_trace ? 0 : -1;
}

/* All parts tell one offset: LTTng's, as soon as it has written one. */
static void take_offset(struct keeper *k)
{
	uint64_t offset;

	if (k->has_offset)
		return;
	offset = ustdir_clock_offset(k->out->path);
	if (!offset)
		return;
	k->manifest->epoch_offset_ns = offset;
	if (k->sched)
		sched_set_offset(k->sched, offset);
	board_trace_set_offset(k->board_trace, offset);
	k->has_offset = true;
}

static void tell_cpus(struct keeper *k)
{
	uint32_t cpus = (uint32_t)sysconf(_SC_NPROCESSORS_CONF);
	uint64_t idle_ns, foreign_ns;

	for (uint32_t cpu = 0; k->sched && cpu < cpus; cpu++)
		if (!sched_beside(k->sched, cpu, &idle_ns, &foreign_ns))
			board_trace_cpu(k->board_trace, cpu, idle_ns,
					foreign_ns);
}

/* What reaches no buffer is lost blindly; what a budget leaves out is not. */
static void spare(struct keeper *k)
{
	struct logbook *m = k->manifest;
	uint64_t lost = m->budget ? ustdir_lost(k->out->path) : 0;

	if (lost <= k->lost)
		return;
	k->lost = lost;
	m->budget_end = MAX(m->budget_end / 4, MIN(BUDGET_MIN, m->budget));
	boards_set_budget(k->boards, (uint32_t)m->budget_end);
}

static void tick(struct keeper *k)
{
	uint64_t now = clock_ns();

	if (now < k->next_tick_ns)
		return;
	k->next_tick_ns = now + TICK_NS;
	boards_read(k->boards);
	tell_cpus(k);
	board_trace_flush(k->board_trace);
	if (k->sched)
		sched_flush(k->sched);
	take_offset(k);
	spare(k);
}

/* Records until the program or the front has ended; what the front said. */
static enum word record(struct keeper *k)
{
	struct message message;
	struct pollfd fds[] = {
		{ .fd = k->front, .events = POLLIN },
		{ .fd = k->sched ? sched_fd(k->sched) : -1, .events = POLLIN },
		{ .fd = k->daemon_fd, .events = POLLIN },
		{ .fd = boards_fd(k->boards), .events = POLLIN },
	};

	hurry(true);
	for (;;) {
		poll(fds, G_N_ELEMENTS(fds), LOOK_MS);
		if (fds[3].revents)
			boards_answer(k->boards);
		if (k->sched)
			sched_read(k->sched);
		if (fds[2].revents && k->session) {
			logbook_note(k->manifest,
				     "the session daemon ended before the "
				     "program: events after that are missing");
			k->manifest->ended = LOGBOOK_DAEMON;
			session_free(k->session);
			k->session = NULL;
			fds[2].fd = -1;
		}
		if (fds[0].revents)
			break;
		tick(k);
	}
	hurry(false);
	if (message_receive(k->front, &message)) {
		k->manifest->ended = LOGBOOK_KILLED;
		k->manifest->times.end_ns = clock_ns();
		close(k->front);
		k->front = -1;
		return WORD_ENDED;
	}
	if (k->manifest->ended == LOGBOOK_UNFINISHED)
		k->manifest->ended = LOGBOOK_PROGRAM;
	k->manifest->times = message.times;
	k->manifest->interrupted = message.interrupted;
	return message.word;
}

/* Whether something may have been written by half. */
static bool note_trouble(struct keeper *k)
{
	struct logbook *m = k->manifest;
	int trouble = board_trace_trouble(k->board_trace);
	char *words = daemon_trouble(&k->run);

	if (!trouble && k->sched)
		trouble = sched_trouble(k->sched);
	if (words && strstr(words, "No space left"))
		trouble = ENOSPC;
	if (trouble)
		logbook_note(m,
			     "the recording is incomplete: cannot write to "
			     "'%s': %s",
			     k->out->path, g_strerror(trouble));
	else if (words)
		logbook_note(m, "the session daemon says: %s", words);
	g_free(words);
	return trouble || words || m->ended == LOGBOOK_DAEMON;
}

static void note_losses(struct logbook *m)
{
	uint64_t discarded = 0;

	for (guint i = 0; i < m->streams->len; i++)
		discarded += g_array_index(m->streams, struct stream_count, i)
				     .discarded;
	m->buffer_needed = buffers_needed(m);
	if (discarded)
		logbook_note(m, "%llu events were lost: try --buffer %lluM",
			     (unsigned long long)discarded,
			     (unsigned long long)m->buffer_needed >> 20);
	if (m->budget_end != m->budget)
		logbook_note(
			m,
			"the budget was lowered from %llu to %llu, to lose "
			"no more: more is told by samples",
			(unsigned long long)m->budget,
			(unsigned long long)m->budget_end);
	if (m->outlived && m->ended != LOGBOOK_KILLED)
		logbook_note(m,
			     "%llu process%s of the program still run%s: what "
			     "happens from now on is not recorded",
			     (unsigned long long)m->outlived,
			     m->outlived == 1 ? "" : "es",
			     m->outlived == 1 ? "s" : "");
}

static void finish(struct keeper *k)
{
	struct logbook *m = k->manifest;
	struct err err = { "" };
	bool has_ended = m->ended != LOGBOOK_KILLED;

	boards_stop(k->boards);
	if (k->sched)
		sched_stop(k->sched);
	if (k->session && session_stop(k->session, SESSION, &err))
		logbook_note(m, "%s", err.text);
	boards_finish(k->boards, has_ended ? m->pid : 0, m->times.status);
	m->processes = boards_processes(k->boards);
	m->outlived = boards_outlived(k->boards);
	if (k->sched)
		m->outlived = MAX(m->outlived, sched_processes(k->sched));
	memcpy(m->board_lost, boards_lost(k->boards), sizeof(m->board_lost));
	m->ns_per_tick = boards_ns_per_tick(k->boards);
	tell_cpus(k);
	take_offset(k);
	board_trace_flush(k->board_trace);
	if (k->sched)
		sched_flush(k->sched);
	m->board_events = board_trace_events(k->board_trace);
	if (outdir_check(k->out, &err)) {
		logbook_note(m, "%s", err.text);
		return;
	}
	if (note_trouble(k))
		ustdir_mend(k->out->path);
	ustdir_count(k->out->path, m->streams);
	note_losses(m);
	throttle_note(k->throttle, m);
	if (logbook_write(m, k->out->fd, &err))
		logbook_note(m, "'%s': %s", k->out->path, err.text);
}

static void clear(struct keeper *k)
{
	session_free(k->session);
	board_trace_free(k->board_trace);
	throttle_free(k->throttle);
	boards_free(k->boards);
	sched_free(k->sched);
	rundir_clear(&k->run);
	daemon_words_clear(&k->words);
}

static int follow(struct keeper *k, const struct message *message,
		  struct err *err)
{
	char *path = g_build_filename(k->out->path, SCHEMA_SCHED_DIR, NULL);
	int rc = 0;

	k->manifest->pid = message->pid;
	k->manifest->times.start_ns = clock_ns();
	k->throttle = throttle_begin(message->pid);
	if (k->sched)
		rc = sched_follow(k->sched, message->pid, path,
				  k->manifest->epoch_offset_ns, err);
	g_free(path);
	return rc ? rc : logbook_write(k->manifest, k->out->fd, err);
}

static int answer(struct keeper *k, enum word word, const char *text)
{
	struct message message = { .word = word };

	g_strlcpy(message.text, text, sizeof(message.text));
	return k->front < 0 ? -1 : message_send(k->front, &message);
}

/* The life of the keeper; what could not begin is taken back. */
static void keep(struct keeper *k, const struct keeper_options *options)
{
	struct message message;
	struct err err = { "" };
	char *notes;

	if (set_up(k, options, &err))
		goto failed;
	answer(k, WORD_READY, k->run.path);
	if (message_receive(k->front, &message) || message.word == WORD_NEVER ||
	    follow(k, &message, &err))
		goto failed;
	answer(k, WORD_GO, "");
	if (record(k) == WORD_NEVER)
		goto failed;
	finish(k);
	clear(k);
	g_ptr_array_add(k->manifest->notes, NULL);
	notes = g_strjoinv("\n", (char **)k->manifest->notes->pdata);
	answer(k, WORD_DONE, notes);
	g_free(notes);
	return;
failed:
	clear(k);
	outdir_unmake(k->out);
	answer(k, WORD_FAILED, err.text);
}

int keeper_start(struct logbook *manifest, struct outdir *out,
		 const struct keeper_options *options, pid_t *pid,
		 struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_errno(err, errno, "socketpair");
	*pid = fork();
	if (*pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return err_errno(err, errno, "fork");
	}
	if (*pid == 0) {
		struct keeper keeper = {
			.front = pair[1],
			.manifest = manifest,
			.out = out,
			.run = { .fd = -1 },
			.daemon_fd = -1,
		};

		detach(pair[1], out->fd);
		keep(&keeper, options);
		_exit(0);
	}
	close(pair[1]);
	return pair[0];
}
