/*
 * A slow database behind a socket of its own, started for one run.
 *
 * SQLite is served by a child process over a private Unix socket; Redis is the
 * server of the distribution, on a private socket too. Every query takes the
 * same time in the database. Times are ns.
 */
#ifndef WORKLOADS_DATABASE_H
#define WORKLOADS_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

enum database_kind {
	DATABASE_SQLITE,
	DATABASE_REDIS,
	DATABASE_NKINDS,
};

struct database;

const char *database_name(enum database_kind kind);

/* Starts it and waits until it answers; says what is missing and exits if it
 * cannot be had. */
struct database *database_start(enum database_kind kind, uint64_t query_ns);
void database_stop(struct database *database);

/* A connection: a descriptor that becomes readable when the answer is there. */
int database_connect(const struct database *database);
void database_ask(const struct database *database, int fd);

/* Waits for the answer; true if it is the right one. */
bool database_answer(const struct database *database, int fd);

#endif
