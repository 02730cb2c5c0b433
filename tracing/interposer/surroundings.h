/*
 * What LTTng reads of the environment, kept as it was at the start. LTTng keeps
 * but its addresses, and looks there again in the child of a fork, to find its
 * daemon; by then the program may have written its title (of `ps`) over it.
 */
#ifndef TRACING_INTERPOSER_SURROUNDINGS_H
#define TRACING_INTERPOSER_SURROUNDINGS_H

/* Once, at the start. */
void surroundings_keep(void);

/* Puts what was kept in its place again, and the next time takes it back. */
void surroundings_swap(void);

#endif
