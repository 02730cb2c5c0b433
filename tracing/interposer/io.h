/*
 * I/O calls: what each interposer of one does before and after the real call.
 */
#ifndef TRACING_INTERPOSER_IO_H
#define TRACING_INTERPOSER_IO_H

#include <errno.h>

#include "tracing/interposer/fds.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/section.h"

/* A call that goes on; io_leave() is its cleanup, for when it is cancelled. */
struct io {
	uint64_t site;
	struct inside before;
	uint64_t begin_ticks;
	uint64_t begin_ns;
	int64_t bytes;
	int result; /* 0, or an error number */
	int fd;
	uint32_t weight;
	uint8_t op; /* enum io_op */
	uint8_t fd_kind;
	bool recorded;
};

#define IO_CALL struct io io __attribute__((cleanup(io_leave)))

/* How likely a call is to block, and so to be told before it does. */
enum io_block {
	IO_NO,	   /* told by one event after it */
	IO_STREAM, /* where the descriptor is a blocking pipe, socket or tty */
	IO_YES,
};

/* A call on `fd`, or on none or many (-1). */
void io_enter(struct io *io, enum io_op op, int fd, enum io_block block,
	      uint64_t site);

/*
 * What the call returned: -1 is an error, else `bytes` are moved, or a child
 * process with that id ended.
 */
static inline void io_returned(struct io *io, int64_t bytes)
{
	if (!io->recorded)
		return;
	io->result = bytes < 0 ? errno : 0;
	io->bytes = bytes < 0 ? 0 : bytes;
}

void io_leave(struct io *io);

#endif
