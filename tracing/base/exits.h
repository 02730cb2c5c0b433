/* Exit statuses of all commands but `record`'s, and the version. */
#ifndef TRACING_BASE_EXITS_H
#define TRACING_BASE_EXITS_H

#define HOLDUP_VERSION "0.1.0"

enum {
	EXIT_DONE = 0,
	EXIT_NO = 1, /* the answer is no */
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3,       /* bad trace, missing permission */
	EXIT_INCONCLUSIVE = 4, /* race only */
	/* of `record` itself, as `env` and `timeout` do; else the program's */
	EXIT_RECORD = 125,
	EXIT_NOT_STARTED = 126,
	EXIT_NOT_FOUND = 127,
};

#endif
