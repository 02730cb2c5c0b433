/*
 * For recorded processes in a PID namespace of their own: who asks is handed a
 * descriptor of our /proc/thread-self, by which each thread can read what it is
 * called in our namespace (tracing/interposer/ids.h).
 */
#ifndef TRACING_RECORDER_IDS_H
#define TRACING_RECORDER_IDS_H

#include <stdint.h>

/* The inode of our PID namespace; 0: /proc is not ours. */
uint64_t ids_space(void);

/* Listens in the directory of the boards; -1: it cannot. */
int ids_listen(const char *directory);

/* Answers whoever asks at `listener`. */
void ids_answer(int listener);

#endif
