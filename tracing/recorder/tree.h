/*
 * Which threads belong to the recorded program: its main process and all that
 * comes from it, and what they are called.
 */
#ifndef TRACING_RECORDER_TREE_H
#define TRACING_RECORDER_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree;

struct tree_task {
	char comm[16];
	int32_t pid;
	uint16_t waits_on; /* CPU on which it waits for its turn, plus 1 */
	bool is_ours;
	bool is_exiting; /* one last switch is to come */
};

struct tree *tree_new(void);

/* The task with this id, a zeroed one at first; NULL: no such id can be. */
struct tree_task *tree_task(struct tree *tree, int32_t tid);

void tree_add(struct tree *tree, int32_t tid, int32_t pid, const char *comm);
void tree_remove(struct tree *tree, int32_t tid);

/* Adds `root`'s descendants as /proc shows them now: after a loss. */
void tree_rescan(struct tree *tree, int32_t root);

/* Takes NULL. */
void tree_free(struct tree *tree);

#endif
