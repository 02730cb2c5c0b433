/*
 * What descriptors stand for: found out at first sight, forgotten when they
 * are closed. A descriptor that is closed behind our back keeps its old kind
 * until its number is handed out by a call that we see.
 */
#ifndef TRACING_INTERPOSER_FDS_H
#define TRACING_INTERPOSER_FDS_H

#include "tracing/interposer/thread.h"

/* enum fd_kind; looks it up when it is not yet known. Keeps errno. */
uint8_t fds_kind(int fd);

/* Whether calls on it return at once with EAGAIN. */
bool fds_is_nonblocking(int fd);
void fds_set_nonblocking(int fd);

/* It is closed, or a new one. */
void fds_forget(int fd);
void fds_forget_from(unsigned first, unsigned last);

/* Tells its target, the first time that it is asked for. */
void fds_tell(int fd);

#endif
