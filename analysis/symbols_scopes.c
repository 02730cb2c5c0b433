#include "analysis/symbols_scopes.h"

#include <dwarf.h>
#include <stdbool.h>

#define DEEP_MOST 64 /* nesting of a hostile file ends here */

enum place {
	PLACE_NONE,
	PLACE_OUTER, /* has no addresses of its own; functions may be in it */
	PLACE_BLOCK,
	PLACE_FUNCTION,
};

/* dwarf_getscopes() does not look into namespaces, where Rust's functions are.
 */
static enum place place_of(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		return PLACE_OUTER;
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		return PLACE_BLOCK;
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
		return PLACE_FUNCTION;
	default:
		return PLACE_NONE;
	}
}

/* From the outermost one inwards. */
static bool descend(Dwarf_Die *die, Dwarf_Addr address, Dwarf_Die *found,
		    unsigned *n, unsigned deep)
{
	Dwarf_Die child;

	if (deep == DEEP_MOST || dwarf_child(die, &child))
		return false;
	do {
		enum place place = place_of(&child);

		if (place == PLACE_OUTER &&
		    descend(&child, address, found, n, deep + 1))
			return true;
		if (place <= PLACE_OUTER || dwarf_haspc(&child, address) != 1)
			continue;
		if (place == PLACE_FUNCTION && *n < SCOPES_MAX)
			found[(*n)++] = child;
		(void)descend(&child, address, found, n, deep + 1);
		return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

unsigned scopes_at(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die *scopes)
{
	Dwarf_Die found[SCOPES_MAX];
	unsigned n = 0;

	(void)descend(unit, address, found, &n, 0);
	for (unsigned i = 0; i < n; i++)
		scopes[i] = found[n - 1 - i];
	return n;
}
