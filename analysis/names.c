#include "analysis/names.h"

#include <glib.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/measure.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Template arguments of this length and more say nothing to a reader. */
#define ARGUMENTS_MAX 16

/* "sleep_for<long, std::ratio<1l, 1000000l> >" -> "sleep_for<..>" */
static char *short_function(const char *function)
{
	GString *text = g_string_new(NULL);
	const char *open = NULL;
	int depth = 0;

	for (const char *c = function; *c; c++) {
		/* Of "<T as Trait>::call" the brackets are the name. */
		if (*c == '<' && c != function) {
			if (!depth++)
				open = c;
		} else if (*c == '>' && depth && !--depth) {
			if (c - open > ARGUMENTS_MAX)
				g_string_append(text, "<..>");
			else
				g_string_append_len(text, open, c - open + 1);
		} else if (!depth) {
			g_string_append_c(text, *c);
		}
	}
	/* The brackets of operators are none. */
	if (depth || !text->len || strstr(function, "operator"))
		g_string_assign(text, function);
	return g_string_free(text, FALSE);
}

static const char *site_text(struct arena *arena, const struct site *site)
{
	g_autofree char *function = short_function(site->function);

	if (*function && site->line > 0)
		return arena_printf(arena, "%s (%s:%d)", function, site->file,
				    site->line);
	if (*function)
		return arena_printf(arena, "%s (%s)", function, site->module);
	if (site->line > 0)
		return arena_printf(arena, "%s:%d", site->file, site->line);
	if (*site->module)
		return arena_printf(arena, "%s+0x%" PRIx64, site->module,
				    site->offset);
	return arena_printf(arena, "0x%" PRIx64, site->address);
}

static void name_site(struct report *report, struct symbols *symbols,
		      struct site *site, enum symbols_kind kind)
{
	struct symbol symbol = { .function = "", .path = "", .module = "" };
	struct arena *arena = report->arena;

	if (symbols && site->address)
		(void)symbols_code(symbols, site->pid, site->address, kind,
				   &symbol);
	site->function = arena_string(arena, symbol.function);
	site->path = arena_string(arena, symbol.path);
	site->file = base_name(site->path);
	site->line = symbol.line;
	site->module = arena_string(arena, symbol.module);
	site->offset = symbol.offset;
	site->wrapper = symbol.runtime;
	site->text = site_text(arena, site);
	if (!*site->function && site->address)
		report->run.unresolved++;
}

/* CPython keeps its locks in one variable of the interpreter. */
static bool is_python(const struct variable *variable)
{
	return !strcmp(variable->symbol, "_PyRuntime") &&
	       strstr(variable->module, "python");
}

static bool has_lock(const struct report *report, int32_t pid, uint8_t kind,
		     uint64_t address)
{
	for (size_t i = 0; i < report->n_locks; i++) {
		const struct lock *lock = &report->locks[i];

		if (lock->pid == pid && lock->kind == kind &&
		    lock->address == address)
			return true;
	}
	return false;
}

/*
 * The global interpreter lock is four objects in a row: its condition and
 * mutex, and those with which a thread that gave it up waits for the switch.
 */
static const char *python_label(const struct report *report,
				const struct lock *lock,
				const struct variable *variable)
{
	static const uint64_t offsets[] = {
		0,
		sizeof(pthread_cond_t),
		sizeof(pthread_cond_t) + sizeof(pthread_mutex_t),
		2 * sizeof(pthread_cond_t) + sizeof(pthread_mutex_t),
	};
	static const char *const words[] = { NAMES_GIL, NAMES_GIL " mutex",
					     NAMES_GIL " switch",
					     NAMES_GIL " switch mutex" };

	for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
		uint64_t start = lock->address - offsets[i];

		if ((lock->kind == LOCK_CONDITION) == (i % 2 == 0) &&
		    has_lock(report, lock->pid, LOCK_CONDITION, start) &&
		    has_lock(report, lock->pid, LOCK_MUTEX,
			     start + offsets[1]) &&
		    has_lock(report, lock->pid, LOCK_MUTEX, start + offsets[3]))
			return arena_printf(report->arena, "%s (%s)", words[i],
					    variable->module);
	}
	return arena_printf(report->arena, "Python runtime %s (%s)",
			    lock_kind_names[lock->kind], variable->name);
}

static const char *of_variable(struct arena *arena,
			       const struct variable *variable)
{
	if (variable->line > 0 && *variable->path)
		return arena_printf(arena, "%s (%s:%d)", variable->name,
				    base_name(variable->path), variable->line);
	return arena_printf(arena, "%s (%s)", variable->name, variable->module);
}

/* The call site with the most acquisitions: -1 if the lock has none. */
static int busiest_site(const struct lock *lock)
{
	int site = -1;
	uint64_t most = 0;

	for (size_t i = 0; i < lock->n_sites; i++) {
		const struct lock_site *at = &lock->sites[i];
		uint64_t n = at->acquisitions + at->contended;

		if (site >= 0 && n <= most)
			continue;
		site = at->site;
		most = n;
	}
	return site;
}

static const char *lock_label(const struct report *report,
			      struct symbols *symbols, const struct lock *lock)
{
	struct arena *arena = report->arena;
	const char *kind = lock_kind_names[lock->kind];
	struct variable variable = { .module = "" };
	int site;

	if (lock->name && *lock->name)
		return arena_string(arena, lock->name);
	if (symbols &&
	    symbols_data(symbols, lock->pid, lock->address, &variable))
		return is_python(&variable)
			       ? python_label(report, lock, &variable)
			       : of_variable(arena, &variable);
	if (lock->init_site >= 0)
		return arena_printf(arena, "%s from %s", kind,
				    report->sites[lock->init_site].text);
	/* A futex is woken from many places; where it is waited on counts. */
	site = lock->first_site >= 0 && lock->kind != LOCK_FUTEX
		       ? lock->first_site
		       : busiest_site(lock);
	if (site >= 0)
		site = measure_user_site(report, lock, site);
	if (site >= 0)
		return arena_printf(arena, "%s in %s", kind,
				    report->sites[site].text);
	if (*variable.module)
		return arena_printf(arena, "%s at %s+0x%" PRIx64, kind,
				    variable.module, variable.offset);
	return arena_printf(arena, "%s at 0x%" PRIx64, kind, lock->address);
}

static void note(struct report *report, size_t n, const char *const *notes)
{
	size_t old = report->run.n_notes;
	const char **all =
		arena_array(report->arena, old + n, sizeof(const char *));

	for (size_t i = 0; i < old; i++)
		all[i] = report->run.notes[i];
	for (size_t i = 0; i < n; i++)
		all[old + i] = arena_string(report->arena, notes[i]);
	report->run.notes = all;
	report->run.n_notes = old + n;
}

void names_resolve(struct report *report, struct symbols *symbols)
{
	bool *is_entry = g_new0(bool, report->n_sites + 1);
	const char *const *notes;
	size_t n;

	for (size_t i = 0; i < report->n_threads; i++)
		if (report->threads[i].start_site >= 0)
			is_entry[report->threads[i].start_site] = true;
	for (size_t i = 0; i < report->n_sites; i++)
		name_site(report, symbols, &report->sites[i],
			  is_entry[i] ? SYMBOLS_ENTRY : SYMBOLS_RETURN);
	g_free(is_entry);
	for (size_t i = 0; i < report->n_locks; i++)
		report->locks[i].label =
			lock_label(report, symbols, &report->locks[i]);
	if (!symbols)
		return;
	n = symbols_notes(symbols, &notes);
	if (n)
		note(report, n, notes);
}
