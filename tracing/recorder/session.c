#include "tracing/recorder/session.h"

#include <dlfcn.h>
#include <errno.h>
#include <glib.h>
#include <lttng/lttng.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tracing/recorder/clock.h"
#include "tracing/recorder/daemon.h"
#include "tracing/schema.h"

#define CHANNEL	       "holdup"
#define LIBRARY	       "liblttng-ctl.so.0"
#define SUBBUFFERS     8
#define SWITCH_US      1000000 /* what is pending reaches the disk by then */
#define NO_GROUP       "holdup-no-such-group"
#define DRAIN_SECONDS  20
#define ANSWER_SECONDS 30

/*
 * The library is loaded by those who record only: it brings libxml2 and ICU,
 * which would triple the start of every other command.
 */
struct library {
	__typeof__(lttng_create_session) *create_session;
	__typeof__(lttng_create_handle) *create_handle;
	__typeof__(lttng_destroy_handle) *destroy_handle;
	__typeof__(lttng_channel_create) *channel_create;
	__typeof__(lttng_channel_destroy) *channel_destroy;
	__typeof__(lttng_enable_channel) *enable_channel;
	__typeof__(lttng_add_context) *add_context;
	__typeof__(lttng_enable_event) *enable_event;
	__typeof__(lttng_start_tracing) *start_tracing;
	__typeof__(lttng_stop_tracing_no_wait) *stop_tracing;
	__typeof__(lttng_data_pending) *data_pending;
	__typeof__(lttng_destroy_session_no_wait) *destroy_session;
	__typeof__(lttng_set_tracing_group) *set_group;
	__typeof__(lttng_strerror) *words;
};

struct session {
	struct library ctl;
	pid_t daemon;
};

static int load(struct library *ctl, struct err *err)
{
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	const struct {
		const char *name;
		void *slot;
	} symbols[] = {
		{ "lttng_create_session", &ctl->create_session },
		{ "lttng_create_handle", &ctl->create_handle },
		{ "lttng_destroy_handle", &ctl->destroy_handle },
		{ "lttng_channel_create", &ctl->channel_create },
		{ "lttng_channel_destroy", &ctl->channel_destroy },
		{ "lttng_enable_channel", &ctl->enable_channel },
		{ "lttng_add_context", &ctl->add_context },
		{ "lttng_enable_event", &ctl->enable_event },
		{ "lttng_start_tracing", &ctl->start_tracing },
		{ "lttng_stop_tracing_no_wait", &ctl->stop_tracing },
		{ "lttng_data_pending", &ctl->data_pending },
		{ "lttng_destroy_session_no_wait", &ctl->destroy_session },
		{ "lttng_set_tracing_group", &ctl->set_group },
		{ "lttng_strerror", &ctl->words },
	};

	if (!handle)
		return err_set(err,
			       "%s is not installed: try "
			       "'apt-get install liblttng-ctl0'",
			       LIBRARY);
	for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
		void *address = dlsym(handle, symbols[i].name);

		if (!address)
			return err_set(err, "%s lacks '%s'", LIBRARY,
				       symbols[i].name);
		*(void **)symbols[i].slot = address;
	}
	return 0;
}

static uint64_t power_of_two_below(uint64_t n)
{
	uint64_t power = 1;

	while (power <= n / 2)
		power *= 2;
	return power;
}

/*
 * A daemon that does not answer, say because somebody stopped it, must not keep
 * the recorder for good: once it is killed, the library's calls return.
 */
static volatile sig_atomic_t guarded_daemon;

static void kill_guarded(int signal_number)
{
	(void)signal_number;
	kill(-(pid_t)guarded_daemon, SIGKILL);
}

static void guard(const struct session *session, unsigned seconds)
{
	struct sigaction action = { .sa_handler = kill_guarded };

	guarded_daemon = session->daemon;
	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
}

/* NOLINTBEGIN(clang-analyzer-core.CallAndMessage): load() has filled the table
 */
static int told(const struct session *session, int rc, const char *what,
		struct err *err)
{
	if (rc >= 0)
		return 0;
	return err_set(err, "cannot %s: %s", what, session->ctl.words(rc));
}

static int add_channel(const struct session *session,
		       struct lttng_handle *handle, struct lttng_domain *domain,
		       const struct session_options *options, struct err *err)
{
	struct lttng_channel *channel = session->ctl.channel_create(domain);
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int rc;

	if (!channel)
		return err_set(err, "cannot create the channel");
	g_strlcpy(channel->name, CHANNEL, sizeof(channel->name));
	channel->attr.overwrite = 0;
	channel->attr.num_subbuf = SUBBUFFERS;
	channel->attr.subbuf_size = MAX(
		power_of_two_below(options->buffer_bytes / SUBBUFFERS), page);
	channel->attr.switch_timer_interval = SWITCH_US;
	channel->attr.read_timer_interval = 0;
	channel->attr.output = LTTNG_EVENT_MMAP;
	rc = session->ctl.enable_channel(handle, channel);
	session->ctl.channel_destroy(channel);
	return told(session, rc, "enable the channel", err);
}

static int add_contexts(const struct session *session,
			struct lttng_handle *handle, struct err *err)
{
	static const enum lttng_event_context_type types[] = {
		LTTNG_EVENT_CONTEXT_VPID,
		LTTNG_EVENT_CONTEXT_VTID,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		struct lttng_event_context context = { .ctx = types[i] };

		if (told(session,
			 session->ctl.add_context(handle, &context, NULL,
						  CHANNEL),
			 "add a context", err))
			return -1;
	}
	return 0;
}

static int add_events(const struct session *session,
		      struct lttng_handle *handle, struct err *err)
{
	static const char *const names[] = {
		SCHEMA_PROVIDER ":*",
		"lttng_ust_statedump:*",
		"lttng_ust_lib:*",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct lttng_event event = {
			.type = LTTNG_EVENT_TRACEPOINT,
			.loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL,
			.loglevel = -1,
		};

		g_strlcpy(event.name, names[i], sizeof(event.name));
		if (told(session,
			 session->ctl.enable_event(handle, &event, CHANNEL),
			 "enable events", err))
			return -1;
	}
	return 0;
}

int session_start(struct session *session,
		  const struct session_options *options, struct err *err)
{
	struct lttng_domain domain = {
		.type = LTTNG_DOMAIN_UST,
		.buf_type = LTTNG_BUFFER_PER_UID,
	};
	struct lttng_handle *handle;
	int rc;

	guard(session, ANSWER_SECONDS);
	rc = session->ctl.create_session(options->name, options->out);
	if (told(session, rc, "create the session", err))
		return -1;
	handle = session->ctl.create_handle(options->name, &domain);
	if (!handle)
		return err_set(err, "cannot reach the session");
	rc = add_channel(session, handle, &domain, options, err);
	if (!rc)
		rc = add_contexts(session, handle, err);
	if (!rc)
		rc = add_events(session, handle, err);
	if (!rc)
		rc = told(session, session->ctl.start_tracing(options->name),
			  "start the session", err);
	session->ctl.destroy_handle(handle);
	alarm(0);
	return rc;
}

void session_drop(struct session *session, const char *name)
{
	session->ctl.destroy_session(name);
}

struct session *session_new(const struct rundir *run, const char *out,
			    struct err *err)
{
	struct session *session = g_new0(struct session, 1);

	session->daemon = daemon_start(run, out, err);
	/* The library finds the daemon as programs do. */
	setenv("LTTNG_HOME", run->path, 1);
	if (session->daemon > 0 && !load(&session->ctl, err)) {
		/* A member of `tracing` would be sent to root's daemon. */
		session->ctl.set_group(NO_GROUP);
		return session;
	}
	err_prefix(err, "session");
	session_free(session);
	return NULL;
}

pid_t session_daemon(const struct session *session)
{
	return session->daemon;
}

/* NOLINTEND(clang-analyzer-core.CallAndMessage) */

/* The library's own waiting looks but every 200 ms. */
static int drain(const struct session *session, const char *name,
		 struct err *err)
{
	uint64_t deadline = clock_ns() + DRAIN_SECONDS * 1000000000ull;
	const struct timespec nap = { 0, 1000000 };
	int pending;

	while ((pending = session->ctl.data_pending(name)) > 0) {
		if (clock_ns() >= deadline)
			return err_set(err,
				       "the last events did not reach the "
				       "disk within %d s",
				       DRAIN_SECONDS);
		nanosleep(&nap, NULL);
	}
	return told(session, pending, "write the last events", err);
}

int session_stop(struct session *session, const char *name, struct err *err)
{
	int rc;

	guard(session, ANSWER_SECONDS);
	rc = told(session, session->ctl.stop_tracing(name), "stop the session",
		  err);
	if (!rc)
		rc = drain(session, name, err);
	alarm(0);
	daemon_kill(session->daemon);
	session->daemon = -1;
	return rc;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	daemon_kill(session->daemon);
	g_free(session);
}
