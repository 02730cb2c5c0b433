/*
 * LTTng's threads follow what the main thread does to its own privileges.
 *
 * glibc changes the user and groups of all threads of a process, and aborts it
 * where one may and another may not. Capabilities however are of one thread
 * alone: a program that raises its own before it changes its groups would be
 * aborted because of threads that it does not know.
 */
#ifndef TRACING_INTERPOSER_PRIVILEGES_H
#define TRACING_INTERPOSER_PRIVILEGES_H

#include <stdbool.h>

/* Called by a thread of LTTng at its begin and at its end. */
void privileges_join(void);
void privileges_leave(void);

/* LTTng makes such a thread; `made` false: it came to nothing. */
void privileges_expect(bool made);

/* In the child after fork(), before LTTng makes threads in it. */
void privileges_forked(void);

/* The calling thread did this system call, with success. */
void privileges_did(long number, const long arguments[6]);

#endif
