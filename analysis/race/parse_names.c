#include "analysis/race/parse_state.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ID = 8 }; /* characters of "M1234567" */

const struct mutex *parse_find_mutex(const struct parser *p, const char *id)
{
	for (guint i = 0; i < p->mutexes->len; i++) {
		const struct mutex *m =
			&g_array_index(p->mutexes, struct mutex, i);

		if (!strcmp(m->id, id))
			return m;
	}
	return NULL;
}

static bool module_of(const struct race_stack *stack, uint64_t address,
		      const char **module, uint64_t *offset)
{
	bool found = false;

	for (guint i = 0; i < stack->n; i++) {
		const struct race_frame *f = &stack->frames[i];
		uint64_t base = (f->address - f->offset) & ~0xfffULL;

		if (!f->address || !*f->module || base > address ||
		    (found && address - base >= *offset))
			continue;
		*module = f->module;
		*offset = address - base;
		found = true;
	}
	return found;
}

/* The variable at `address`, asked of the symbols; "" if none. */
static const char *variable_at(const struct parser *p, uint64_t address)
{
	const char *module = NULL, *name = NULL;
	uint64_t offset = 0;

	if (!address || !p->names || !p->names->variable)
		return "";
	for (guint i = 0; i < p->accesses->len && !module; i++)
		module_of(&g_array_index(p->accesses, struct access, i)
				   .access.stack,
			  address, &module, &offset);
	if (module)
		name = p->names->variable(p->names->data, module, offset,
					  p->pool);
	return name ? name : "";
}

/* "journal", or "M0 made in audit (wrong-lock.c:25)"; the caller frees. */
static char *mutex_text(const struct parser *p, const char *id)
{
	const struct mutex *m = parse_find_mutex(p, id);
	const char *name = m ? variable_at(p, m->address) : "";
	char *place, *text;

	if (*name)
		return g_strdup(name);
	/* Of freed memory ThreadSanitizer reads a number that is none. */
	if (!m && strlen(id) > MOST_ID)
		return g_strdup("a mutex that is gone");
	if (!m || !m->created.own)
		return g_strdup(id);
	place = frame_text(m->created.own);
	text = g_strdup_printf("%s made in %s", id, place);
	g_free(place);
	return text;
}

static const char *one_lock(const struct parser *p, const char *text)
{
	const char *id = strchr(text, 'M');
	char *name, *with_mode;
	const char *kept;

	name = mutex_text(p, id ? id : text);
	with_mode = g_str_has_prefix(text, "read ")
			    ? g_strdup_printf("%s (read)", name)
			    : g_strdup(name);
	kept = race_pool_text(p->pool, with_mode);
	g_free(with_mode);
	g_free(name);
	return kept;
}

void *parse_copy_array(struct parser *p, GArray *array)
{
	return race_pool_copy(p->pool, array->data,
			      (size_t)array->len *
				      g_array_get_element_size(array));
}

static void name_locks(struct parser *p, struct access *a)
{
	char **parts = g_strsplit(a->mutexes, ", ", -1);
	GArray *names = g_array_new(FALSE, FALSE, sizeof(const char *));

	for (char **part = parts; *part; part++) {
		const char *name = **part ? one_lock(p, *part) : NULL;

		if (name)
			g_array_append_val(names, name);
	}
	a->access.n_locks = names->len;
	a->access.locks = parse_copy_array(p, names);
	g_array_free(names, TRUE);
	g_strfreev(parts);
}

/* "locks 'M1' while holding 'M0'" with the names of both. */
static void name_operation(struct parser *p, struct race_access *a)
{
	char taken[32], held[32], *taken_text, *held_text, *text;

	if (sscanf(a->operation, "%31s %31s", taken, held) != 2 ||
	    *taken != 'M')
		return;
	taken_text = mutex_text(p, taken);
	held_text = mutex_text(p, held);
	text = g_strdup_printf("locks '%s' while holding '%s'", taken_text,
			       held_text);
	a->operation = race_pool_text(p->pool, text);
	a->n_locks = 1;
	a->locks = race_pool_copy(
		p->pool, &(const char *){ race_pool_text(p->pool, held_text) },
		sizeof(char *));
	g_free(text);
	g_free(taken_text);
	g_free(held_text);
}

/* ThreadSanitizer calls it a write when a block is given back. */
static void name_release(struct race_access *a)
{
	const char *function = a->stack.n ? a->stack.frames[0].function : "";

	if (!strcmp(a->operation, "write") &&
	    (!strcmp(function, "free") ||
	     g_str_has_prefix(function, "operator delete")))
		a->operation = "free";
}

/* "16 bytes into heap block of 32 bytes, allocated in make (a.c:3)". */
static void name_heap_block(struct parser *p)
{
	const struct race_stack *stack = &p->report.allocated;
	char *place, *text;

	if (!stack->own)
		return;
	place = frame_text(stack->own);
	text = g_strdup_printf("%s, allocated in %s", p->report.variable,
			       place);
	p->report.variable = race_pool_text(p->pool, text);
	g_free(text);
	g_free(place);
}

/* "limits" -> "limits+8", where the access is not to its first byte. */
static void add_offset(struct parser *p)
{
	const struct race_access *a =
		&g_array_index(p->accesses, struct access, 0).access;
	char *text;

	if (!p->block || a->address <= p->block)
		return;
	text = g_strdup_printf("%s+%llu", p->report.variable,
			       (unsigned long long)(a->address - p->block));
	p->report.variable = race_pool_text(p->pool, text);
	g_free(text);
}

void parse_name_variable(struct parser *p)
{
	const struct access *first =
		p->accesses->len ? &g_array_index(p->accesses, struct access, 0)
				 : NULL;
	uint64_t address = first ? first->access.address : 0;
	const char *name;

	if (p->report.allocated.n) {
		name_heap_block(p);
		return;
	}
	if (p->report.kind == RACE_ORDER)
		return;
	if (!address && p->mutexes->len)
		address = g_array_index(p->mutexes, struct mutex, 0).address;
	name = variable_at(p, address);
	if (*name)
		p->report.variable = name;
	else if (first && *p->report.variable)
		add_offset(p);
}

void parse_name_access(struct parser *p, struct access *access)
{
	name_locks(p, access);
	name_operation(p, &access->access);
	name_release(&access->access);
}
