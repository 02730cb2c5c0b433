/*
 * Real requests: an HTTP client (libcurl) and a server (libmicrohttpd).
 *
 * The server is a process of its own on a loopback port and answers after a set
 * delay. The client fetches its pages one after the other, with a thread for
 * each at once, or in one thread with curl's multi interface.
 */
#include <curl/curl.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/executor.h"

static uint64_t delay_ns; /* set before anything starts */
static unsigned port;
static struct flight *requests; /* under way, as the client knows it */

/* The server: a thread for each connection, which may sleep. */

/* NOLINTBEGIN(readability-non-const-parameter): libmicrohttpd's own form */
static enum MHD_Result answer(void *data, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_size, void **request)
/* NOLINTEND(readability-non-const-parameter) */
{
	struct MHD_Response *response;
	enum MHD_Result result;
	char page[64];

	(void)data, (void)method, (void)version, (void)upload;
	(void)upload_size, (void)request;
	pause_ns(delay_ns);
	snprintf(page, sizeof(page), "page %.40s", url);
	response = MHD_create_response_from_buffer(strlen(page), page,
						   MHD_RESPMEM_MUST_COPY);
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static _Noreturn void serve(int tell)
{
	struct MHD_Daemon *daemon = MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD,
		0, NULL, NULL, answer, NULL, MHD_OPTION_LISTEN_BACKLOG_SIZE,
		512U, MHD_OPTION_END);
	const union MHD_DaemonInfo *info =
		daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)
		       : NULL;
	uint16_t bound = info ? info->port : 0;

	if (bound == 0 || write(tell, &bound, sizeof(bound)) != sizeof(bound))
		_exit(3);
	for (;;)
		pause();
}

/* Starts it on a free port; it ends with this process. */
static pid_t start_server(void)
{
	uint16_t bound = 0;
	int ends[2];
	pid_t pid;

	if (pipe(ends))
		die("pipe", errno);
	pid = fork();
	if (pid < 0)
		die("fork", errno);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		serve(ends[1]);
	}
	close(ends[1]);
	if (read(ends[0], &bound, sizeof(bound)) != sizeof(bound))
		die("the HTTP server", ECONNREFUSED);
	close(ends[0]);
	port = bound;
	return pid;
}

static void stop_server(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The client. */

struct page {
	char text[64];
	size_t n;
};

static size_t keep(char *bytes, size_t size, size_t count, void *data)
{
	struct page *page = data;
	size_t n = size * count;

	if (page->n + n >= sizeof(page->text))
		return 0;
	memcpy(page->text + page->n, bytes, n);
	page->n += n;
	page->text[page->n] = '\0';
	return n;
}

static CURL *prepare(uint64_t number, struct page *page)
{
	CURL *curl = curl_easy_init();
	char url[64];

	if (!curl)
		die("libcurl", ENOMEM);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/%llu", port,
		 (unsigned long long)number);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, page);
	return curl;
}

static bool is_page(const struct page *page, uint64_t number)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "page /%llu",
		 (unsigned long long)number);
	return !strcmp(page->text, expected);
}

static uint64_t fetch(uint64_t number)
{
	struct page page = { "", 0 };
	CURL *curl = prepare(number, &page);
	CURLcode result;

	flight_enter(requests);
	result = curl_easy_perform(curl);
	flight_leave(requests);
	curl_easy_cleanup(curl);
	return result == CURLE_OK && is_page(&page, number);
}

static unsigned fetch_in_turn(const struct run *run)
{
	unsigned good = 0;

	for (unsigned i = 0; i < run->tasks; i++)
		good += (unsigned)fetch(i);
	return good;
}

static unsigned fetch_in_threads(const struct run *run)
{
	struct executor *executor =
		executor_new(EXECUTOR_THREADS, run->threads);
	unsigned good = 0;

	for (unsigned i = 0; i < run->tasks; i++)
		executor_submit(executor, fetch, i);
	for (unsigned i = 0; i < run->tasks; i++)
		good += (unsigned)executor_result(executor, i)->result;
	executor_free(executor);
	return good;
}

static unsigned fetch_async(const struct run *run)
{
	struct page *pages = must_alloc(run->tasks, sizeof(*pages));
	CURL **curls = must_alloc(run->tasks, sizeof(CURL *));
	CURLM *multi = curl_multi_init();
	unsigned good = 0;
	int running = 1;

	for (unsigned i = 0; i < run->tasks; i++) {
		curls[i] = prepare(i, &pages[i]);
		curl_multi_add_handle(multi, curls[i]);
		flight_enter(requests);
	}
	while (running > 0 && curl_multi_perform(multi, &running) == CURLM_OK)
		if (running > 0)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	for (unsigned i = 0; i < run->tasks; i++) {
		good += is_page(&pages[i], i);
		flight_leave(requests);
		curl_multi_remove_handle(multi, curls[i]);
		curl_easy_cleanup(curls[i]);
	}
	curl_multi_cleanup(multi);
	free(curls);
	free(pages);
	return good;
}

static bool fetch_all(const struct run *run,
		      unsigned (*how)(const struct run *))
{
	uint64_t begin_ns;
	unsigned good;
	pid_t server;

	delay_ns = scaled_ns(run, 100 * MS);
	requests = flight_new();
	server = start_server();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	begin_ns = clock_ns();
	good = how(run);
	tell_real("fetching_s", (double)(clock_ns() - begin_ns) / 1e9);
	curl_global_cleanup();
	stop_server(server);
	tell_count("pages", good);
	tell_count("at_once", flight_most(requests));
	return good == run->tasks;
}

static bool sequential(const struct run *run)
{
	return fetch_all(run, fetch_in_turn);
}

static bool threads(const struct run *run)
{
	return fetch_all(run, fetch_in_threads);
}

static bool async(const struct run *run)
{
	return fetch_all(run, fetch_async);
}

static const struct variant variants[] = {
	{ "sequential", "one page after the other", sequential },
	{ "threads", "a pool of threads", threads },
	{ "async", "one thread, curl's multi interface", async },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload http_fetch = {
		.name = "http-fetch",
		.what = "Pages from a slow HTTP server on this machine.",
		.threads = 10,
		.tasks = 10,
		.variants = variants,
	};

	return workload_main(&http_fetch, argc, argv);
}
