#include "tracing/interposer/io.h"

#define LONG_NS	 5000 /* an event after this is nothing beside it */
#define YIELD_NS 2000 /* somebody else had the CPU in between */

static bool may_block(const struct io *io, enum io_block block)
{
	if (block == IO_YES)
		return !fds_is_nonblocking(io->fd) || io->op == IO_POLL ||
		       io->op == IO_SELECT || io->op == IO_EPOLL;
	if (block == IO_NO)
		return false;
	return (io->fd_kind == FD_PIPE || io->fd_kind == FD_SOCKET ||
		io->fd_kind == FD_TTY || io->fd_kind == FD_EVENT ||
		io->fd_kind == FD_TIMER || io->fd_kind == FD_SIGNAL ||
		io->fd_kind == FD_INOTIFY) &&
	       !fds_is_nonblocking(io->fd);
}

static void tell_begin(const struct io *io)
{
	union fact fact = { .io_begin = {
				    .op = io->op,
				    .fd = io->fd,
				    .fd_kind = io->fd_kind,
				    .site = io->site,
				    .begin_ns = io->begin_ns,
			    } };

	tell_now(TELL_io_begin, &fact);
}

void io_enter(struct io *io, enum io_op op, int fd, enum io_block block,
	      uint64_t site)
{
	struct inside inside;

	*io = (struct io){
		.op = (uint8_t)op, .fd = fd, .site = site, .result = ECANCELED
	};
	io->recorded = thread_is_open(site) && !module_is_foreign(site);
	if (!io->recorded)
		return;
	io->fd_kind = fd < 0 ? FD_NONE : fds_kind(fd);
	io->begin_ticks = clock_ticks();
	clock_sync(io->begin_ticks);
	io->begin_ns = clock_to_ns(io->begin_ticks);
	inside = (struct inside){
		.in = op == IO_YIELD	 ? IN_NOTHING
		      : op == IO_WAITPID ? IN_WAITPID
					 : IN_IO,
		.in_kind = (uint8_t)op,
		.in_mode = io->fd_kind,
		.fd = fd,
		.since_ns = io->begin_ns,
		.site = site,
	};
	inside_enter(&inside, &io->before);
	if (op != IO_YIELD) /* which is no I/O, and not to use up its budget */
		io->weight = tell_weight(&self.more->io, io->begin_ticks);
	if (io->weight && may_block(io, block))
		tell_begin(io);
	else if (self.pending && may_block(io, block))
		tell_pending();
}

/* Whether what the call returned is a number of bytes. */
static bool moves_bytes(uint8_t op)
{
	return op == IO_READ || op == IO_WRITE || op == IO_RECV ||
	       op == IO_SEND || op == IO_SENDFILE;
}

/* Place of the counters of an operation on a kind of descriptor, or NULL. */
static struct board_io *counters_of(uint8_t op, uint8_t fd_kind)
{
	struct board_io *io = self.slot->io;

	for (int i = 0; i < BOARD_IO_KINDS; i++) {
		if (io[i].used && io[i].op == op && io[i].fd_kind == fd_kind)
			return &io[i];
		if (io[i].used)
			continue;
		io[i].op = op;
		io[i].fd_kind = fd_kind;
		io[i].used = 1;
		return &io[i];
	}
	return NULL;
}

static void tell_end(const struct io *io, uint64_t end_ticks, uint64_t ns)
{
	union fact fact = { .io_end = {
				    .op = io->op,
				    .fd = io->fd,
				    .fd_kind = io->fd_kind,
				    .site = io->site,
				    .begin_ns = io->begin_ns,
				    .bytes = io->bytes,
				    .result = io->result,
				    .weight = io->weight,
			    } };

	clock_sync(end_ticks);
	fact.io_end.end_ns = clock_to_ns(end_ticks);
	/* Not of one that is gone, or not yet connected. */
	if (io->fd >= 0 && io->op != IO_CLOSE &&
	    !(io->op == IO_CONNECT && io->result))
		fds_tell(io->fd);
	if (ns >= LONG_NS)
		tell_now(TELL_io_end, &fact);
	else
		tell(TELL_io_end, &fact);
}

void io_leave(struct io *io)
{
	struct board_io *counters;
	uint64_t now;
	uint64_t ns;

	if (!io->recorded || !self.open)
		return;
	now = clock_ticks();
	ns = clock_span_ns(now - io->begin_ticks);
	inside_leave(&io->before);
	if (io->op == IO_OPEN && io->fd >= 0)
		io->fd_kind = fds_kind(io->fd);
	/* What a child is called outside, its parent does not know. */
	if (!moves_bytes(io->op) && (io->op != IO_WAITPID || process.is_apart))
		io->bytes = 0;
	if (io->result == EAGAIN && io->fd >= 0)
		fds_set_nonblocking(io->fd);
	io->weight =
		io->op == IO_YIELD
			? ns >= YIELD_NS
			: tell_weight_ended(io->weight, now - io->begin_ticks);
	counters = counters_of(io->op, io->fd_kind);
	if (counters) {
		counters->calls++;
		counters->told += io->weight != 0;
		counters->bytes +=
			moves_bytes(io->op) ? (uint64_t)io->bytes : 0;
		counters->ns += ns;
	}
	if (io->weight)
		tell_end(io, now, ns);
}
