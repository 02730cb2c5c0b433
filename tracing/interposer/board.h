/*
 * The board as its writer sees it (tracing/board.h has its layout).
 *
 * Without a recorder, or when its directory cannot be written, the board is
 * private memory: all else works the same.
 */
#ifndef TRACING_INTERPOSER_BOARD_H
#define TRACING_INTERPOSER_BOARD_H

#include "tracing/interposer/clock.h"

/*
 * Maps the session file of `directory` (may be NULL); returns NULL when there
 * is none. The mapping stays for the life of the process.
 */
const struct board_session *board_session_open(const char *directory);

/* Makes the board of this process; false: no memory for any. */
bool board_open(const char *directory);

/* In a child: forgets the board of the parent. */
void board_forget(void);

struct board_header *board_header(void);

/* A slot with its first table for a thread; NULL when there is no room. */
struct board_slot *board_slot_new(int32_t tid);

/* Its owner has ended: a slot that nobody will read is used again. */
void board_slot_end(struct board_slot *slot, int how, uint64_t now_ns);

struct board_entry *board_table(const struct board_slot *slot);

/*
 * Gives `slot` a table of twice the size and moves the entries; false when
 * there is no room. Old entries stay readable, but are not counted on.
 */
bool board_table_grow(struct board_slot *slot);

/* The free or matching place for a key in a table of `capacity` entries. */
struct board_entry *board_table_place(struct board_entry *table,
				      uint32_t capacity, uint64_t lock,
				      uint64_t site, uint8_t kind,
				      uint8_t mode);

static inline uint64_t board_hash(uint64_t lock, uint64_t site)
{
	return ((lock >> 3) ^ (site << 7)) * 0x9e3779b97f4a7c15ull;
}

#endif
