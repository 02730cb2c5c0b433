#include "workloads/database.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/common.h"

#define TOLD 3 /* exit status of a server that said what it lacks */

struct database {
	enum database_kind kind;
	uint64_t query_ns;
	pid_t server;
	struct sockaddr_un address;
	char ask[64];	 /* what a query looks like on the wire */
	char answer[64]; /* and the right answer to it */
};

static const char *const names[DATABASE_NKINDS] = {
	[DATABASE_SQLITE] = "sqlite",
	[DATABASE_REDIS] = "redis",
};

const char *database_name(enum database_kind kind)
{
	return kind < DATABASE_NKINDS ? names[kind] : "unknown";
}

static void path_in_scratch(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", scratch_dir(), name);
}

/* SQLite: a process that serves it, with a thread for each connection. */

static void wait_in_query(sqlite3_context *context, int n, sqlite3_value **args)
{
	const struct database *database = sqlite3_user_data(context);

	(void)n, (void)args;
	pause_ns(database->query_ns);
	sqlite3_result_int(context, 0);
}

static sqlite3 *sqlite_open(struct database *database)
{
	char path[256];
	sqlite3 *db = NULL;

	path_in_scratch(path, sizeof(path), "numbers.db");
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, 5000) != SQLITE_OK ||
	    sqlite3_create_function(db, "wait_in_query", 0, SQLITE_UTF8,
				    database, wait_in_query, NULL,
				    NULL) != SQLITE_OK)
		die(path, EIO);
	return db;
}

static void sqlite_fill(struct database *database)
{
	sqlite3 *db = sqlite_open(database);

	if (sqlite3_exec(db,
			 "CREATE TABLE numbers (x INTEGER);"
			 "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
			 " SELECT x + 1 FROM n WHERE x < 100)"
			 " INSERT INTO numbers SELECT x FROM n;",
			 NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db), EIO);
	sqlite3_close(db);
}

static int sqlite_query(sqlite3 *db, int fd)
{
	sqlite3_stmt *statement = NULL;
	char line[32] = "";

	if (sqlite3_prepare_v2(db,
			       "SELECT sum(x) + (SELECT wait_in_query())"
			       " FROM numbers",
			       -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		snprintf(line, sizeof(line), "%d\n",
			 sqlite3_column_int(statement, 0));
	sqlite3_finalize(statement);
	return send(fd, line, strlen(line), MSG_NOSIGNAL) > 0 ? 0 : -1;
}

struct served {
	struct database *database;
	int fd;
};

static void *sqlite_serve_one(void *arg)
{
	struct served *served = arg;
	sqlite3 *db = sqlite_open(served->database);
	char asked[64];

	while (recv(served->fd, asked, sizeof(asked), 0) > 0 &&
	       !sqlite_query(db, served->fd))
		continue;
	sqlite3_close(db);
	close(served->fd);
	free(served);
	return NULL;
}

static _Noreturn void sqlite_serve(struct database *database, int listening)
{
	for (;;) {
		struct served *served = must_alloc(1, sizeof(*served));

		served->database = database;
		served->fd = accept(listening, NULL, NULL);
		if (served->fd < 0)
			die("accept", errno);
		pthread_detach(
			thread_start("sqlite", sqlite_serve_one, served));
	}
}

static void sqlite_start(struct database *database)
{
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(database->ask, "sum\n");
	strcpy(database->answer, "5050\n");
	sqlite_fill(database);
	if (listening < 0 ||
	    bind(listening, (struct sockaddr *)&database->address,
		 sizeof(database->address)) ||
	    listen(listening, 64))
		die("socket", errno);
	database->server = fork();
	if (database->server < 0)
		die("fork", errno);
	if (database->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sqlite_serve(database, listening);
	}
	close(listening);
}

/* Redis: a pop from a list where nothing ever comes, with a time limit. */

static _Noreturn void redis_run(const char *socket_path)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int said = dup(STDERR_FILENO);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
	       socket_path, "--save", "", "--appendonly", "no", "--hz", "500",
	       "--dir", scratch_dir(), (char *)NULL);
	dprintf(said,
		"%s: redis-server cannot be started: %s; "
		"install the package redis-server\n",
		program_invocation_short_name, strerrordesc_np(errno));
	_exit(TOLD);
}

static void redis_start(struct database *database)
{
	snprintf(database->ask, sizeof(database->ask), "BLPOP nothing %.6f\r\n",
		 (double)database->query_ns / 1e9);
	strcpy(database->answer, "*-1\r\n");
	database->server = fork();
	if (database->server < 0)
		die("fork", errno);
	if (database->server == 0)
		redis_run(database->address.sun_path);
}

static void wait_until_up(struct database *database)
{
	uint64_t limit_ns = clock_ns() + 10 * S;

	for (;;) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int status = 0;
		bool up = connect(fd, (struct sockaddr *)&database->address,
				  sizeof(database->address)) == 0;

		close(fd);
		if (up)
			return;
		if (waitpid(database->server, &status, WNOHANG) != 0 ||
		    clock_ns() > limit_ns) {
			scratch_clear();
			if (WIFEXITED(status) && WEXITSTATUS(status) == TOLD)
				_exit(3);
			die(names[database->kind], ECONNREFUSED);
		}
		pause_ns(5 * MS);
	}
}

struct database *database_start(enum database_kind kind, uint64_t query_ns)
{
	struct database *database = must_alloc(1, sizeof(*database));

	database->kind = kind;
	database->query_ns = query_ns;
	database->address.sun_family = AF_UNIX;
	path_in_scratch(database->address.sun_path,
			sizeof(database->address.sun_path), "socket");
	if (kind == DATABASE_REDIS)
		redis_start(database);
	else
		sqlite_start(database);
	wait_until_up(database);
	return database;
}

void database_stop(struct database *database)
{
	if (!database)
		return;
	kill(database->server, SIGKILL);
	waitpid(database->server, NULL, 0);
	free(database);
}

int database_connect(const struct database *database)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&database->address,
			      sizeof(database->address)))
		die("database", errno);
	return fd;
}

void database_ask(const struct database *database, int fd)
{
	size_t n = strlen(database->ask);

	if (send(fd, database->ask, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("database", errno);
}

bool database_answer(const struct database *database, int fd)
{
	char answer[64] = "";
	size_t n = strlen(database->answer);

	return recv(fd, answer, n, MSG_WAITALL) == (ssize_t)n &&
	       !strcmp(answer, database->answer);
}
