/*
 * Variables of one binary from its DWARF: which one is at an address, and what
 * the path to a member at some offset in it is called.
 */
#ifndef ANALYSIS_SYMBOLS_DATA_H
#define ANALYSIS_SYMBOLS_DATA_H

#include <elfutils/libdw.h>
#include <glib.h>
#include <stdbool.h>

/* Of a variable: where it is and what declares it. */
struct data_entry {
	Dwarf_Addr address;
	Dwarf_Word bytes;
	Dwarf_Off die;
};

/* All variables of `dwarf` with an address, sorted by it. The caller owns it.
 */
GArray *data_index(Dwarf *dwarf);

/* The variable of `index` that contains `address`, or NULL. */
const struct data_entry *data_find(const GArray *index, Dwarf_Addr address);

/* Appends the path to the member at `offset` in `variable`: ".shard[3].lock".
 */
void data_member_path(Dwarf_Die *variable, Dwarf_Word offset, GString *path);

#endif
