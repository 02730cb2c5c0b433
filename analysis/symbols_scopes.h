/* The functions around an address, as DWARF nests them. */
#ifndef ANALYSIS_SYMBOLS_SCOPES_H
#define ANALYSIS_SYMBOLS_SCOPES_H

#include <elfutils/libdw.h>

#define SCOPES_MAX 32

/*
 * Fills `scopes` with the function around `address` and those inlined into it
 * there, the innermost first; returns their number, 0 if there is none. In
 * place of those beyond SCOPES_MAX inner ones are left out.
 */
unsigned scopes_at(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *scopes);

#endif
