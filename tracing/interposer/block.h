/*
 * A wait that is not for a lock: for a barrier, semaphore, once or futex.
 */
#ifndef TRACING_INTERPOSER_BLOCK_H
#define TRACING_INTERPOSER_BLOCK_H

#include "tracing/interposer/section.h"

struct block {
	uint64_t object;
	uint64_t site;
	struct board_entry *entry;
	struct inside before;
	uint64_t begin_ticks;
	uint64_t begin_ns;
	uint64_t end_ns;
	uint32_t weight; /* 0: it is not told */
	uint8_t kind;	 /* enum lock_kind */
	uint8_t flags;
	bool recorded; /* false: nothing of it is, block_end() does nothing */
	bool returned; /* false in its cleanup: it was cancelled */
	int result;
};

/* The thread is open and about to block: says so on the board. */
void block_begin(struct block *block, enum thread_in in, uint8_t kind,
		 uint64_t object, uint64_t site);

/* Counts it; false: there is nothing to tell. Fits a cleanup. */
bool block_end(struct block *block);

/*
 * Counts a post, wake or signal; 0: it is not told, else its time. `matters`
 * says that somebody waits; others are told with --detail all only.
 */
uint64_t block_signal(uint8_t kind, uint64_t object, uint64_t site,
		      bool matters);

#endif
