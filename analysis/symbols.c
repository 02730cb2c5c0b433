#include "analysis/symbols.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <glib.h>
#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/symbols_binary.h"
#include "analysis/symbols_data.h"
#include "analysis/symbols_scopes.h"

struct mapping {
	uint64_t base, bytes;
	struct binary *binary;
};

struct process_map {
	int32_t ppid;
	GArray *mappings; /* struct mapping, newest last */
};

struct symbols {
	GHashTable *processes; /* pid -> struct process_map */
	GPtrArray *binaries;
	GStringChunk *texts;
	GPtrArray *notes;
	char *started_as, *started_file; /* NULL: not told, not here */
};

static void process_free(void *data)
{
	struct process_map *process = data;

	g_array_free(process->mappings, TRUE);
	g_free(process);
}

struct symbols *symbols_new(void)
{
	struct symbols *symbols = g_new0(struct symbols, 1);

	/* elfutils would ask servers for what is not here. */
	unsetenv("DEBUGINFOD_URLS");
	symbols->processes =
		g_hash_table_new_full(NULL, NULL, NULL, process_free);
	symbols->binaries = g_ptr_array_new_with_free_func(binary_free);
	symbols->texts = g_string_chunk_new(4096);
	symbols->notes = g_ptr_array_new_with_free_func(g_free);
	return symbols;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	g_hash_table_destroy(symbols->processes);
	g_ptr_array_free(symbols->binaries, TRUE);
	g_string_chunk_free(symbols->texts);
	g_ptr_array_free(symbols->notes, TRUE);
	g_free(symbols->started_as);
	free(symbols->started_file);
	g_free(symbols);
}

void symbols_started_as(struct symbols *symbols, const char *executable)
{
	g_free(symbols->started_as);
	free(symbols->started_file);
	symbols->started_as = g_strdup(executable);
	symbols->started_file = realpath(executable, NULL);
}

size_t symbols_notes(struct symbols *symbols, const char *const **notes)
{
	*notes = (const char *const *)symbols->notes->pdata;
	return symbols->notes->len;
}

static struct process_map *process_get(struct symbols *symbols, int32_t pid)
{
	struct process_map *process =
		g_hash_table_lookup(symbols->processes, GINT_TO_POINTER(pid));

	if (process)
		return process;
	process = g_new0(struct process_map, 1);
	process->mappings = g_array_new(FALSE, TRUE, sizeof(struct mapping));
	g_hash_table_insert(symbols->processes, GINT_TO_POINTER(pid), process);
	return process;
}

/* The binary that the event names, told apart by path and build id. */
static struct binary *binary_get(struct symbols *symbols, const char *path,
				 const struct binary *like)
{
	struct binary *binary;

	for (guint i = 0; i < symbols->binaries->len; i++) {
		binary = g_ptr_array_index(symbols->binaries, i);
		if (strcmp(binary->path, path) != 0)
			continue;
		if (!like || !like->build_id
			    ? !binary->build_id
			    : binary->build_id &&
				      g_bytes_equal(binary->build_id,
						    like->build_id))
			return binary;
	}
	binary = binary_new(path, like ? like->build_id : NULL);
	g_ptr_array_add(symbols->binaries, binary);
	return binary;
}

static struct mapping *mapping_at(struct process_map *process, uint64_t base)
{
	for (guint i = process->mappings->len; i-- > 0;) {
		struct mapping *mapping =
			&g_array_index(process->mappings, struct mapping, i);

		if (mapping->base == base)
			return mapping;
	}
	return NULL;
}

static void module_build_id(struct symbols *symbols, const struct event *event)
{
	struct process_map *process = process_get(symbols, event->pid);
	struct mapping *mapping = mapping_at(process, event->u.module.base);
	struct binary like = { 0 };

	if (!mapping || !event->u.module.n_build_id)
		return;
	like.build_id = g_bytes_new(event->u.module.build_id,
				    event->u.module.n_build_id);
	mapping->binary = binary_get(symbols, mapping->binary->path, &like);
	g_bytes_unref(like.build_id);
}

static bool is_same_build(const struct binary *binary,
			  const struct event *event)
{
	gsize n = 0;
	const void *known = binary->build_id
				    ? g_bytes_get_data(binary->build_id, &n)
				    : NULL;

	return known && n == event->u.module.n_build_id &&
	       !memcmp(known, event->u.module.build_id, n);
}

static void module_come(struct symbols *symbols, const struct event *event)
{
	struct process_map *process = process_get(symbols, event->pid);
	const char *path = event->u.module.path ? event->u.module.path : "";
	struct mapping *known = mapping_at(process, event->u.module.base);
	struct mapping mapping = {
		.base = event->u.module.base,
		.bytes = event->u.module.bytes,
	};

	/* Told again, as after a dlopen: it may have its build id already. */
	if (known && !strcmp(known->binary->path, path)) {
		known->bytes = mapping.bytes;
		return;
	}
	/* By another name for the same file: a symbolic link. */
	if (known && is_same_build(known->binary, event))
		return;
	mapping.binary = binary_get(symbols, path, NULL);
	g_array_append_val(process->mappings, mapping);
	module_build_id(symbols, event);
}

void symbols_event(struct symbols *symbols, const struct event *event)
{
	switch (event->type) {
	case EVENT_MODULE:
		module_come(symbols, event);
		break;
	case EVENT_MODULE_BUILD_ID:
		module_build_id(symbols, event);
		break;
	case EVENT_PROCESS_START:
	case EVENT_PROCESS_FORK:
	case EVENT_BOARD_PROCESS:
		process_get(symbols, event->pid)->ppid = event->u.process.ppid;
		break;
	default: /* EVENT_MODULE_GONE: its addresses are still asked for */
		break;
	}
}

/* Opens the binary, and takes note the first time that it cannot. */
static bool usable(struct symbols *symbols, struct binary *binary)
{
	bool first = !binary->opened;
	char *note;

	if (binary_open(binary))
		return true;
	note = first ? binary_note(binary) : NULL;
	if (note)
		g_ptr_array_add(symbols->notes, note);
	return false;
}

/* The mapping of the address; children of fork have those of their parent. */
static const struct mapping *mapping_of(struct symbols *symbols, int32_t pid,
					uint64_t address)
{
	for (int generations = 0; generations < 32 && pid; generations++) {
		struct process_map *process = g_hash_table_lookup(
			symbols->processes, GINT_TO_POINTER(pid));

		if (!process)
			return NULL;
		for (guint i = process->mappings->len; i-- > 0;) {
			const struct mapping *mapping = &g_array_index(
				process->mappings, struct mapping, i);

			if (address - mapping->base < mapping->bytes)
				return mapping;
		}
		pid = process->ppid;
	}
	return NULL;
}

static const char *keep(struct symbols *symbols, const char *text)
{
	return text ? g_string_chunk_insert_const(symbols->texts, text) : "";
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *module_name(const struct symbols *symbols,
			       const struct binary *binary)
{
	return base_name(symbols->started_file && !strcmp(symbols->started_file,
							  binary->path)
				 ? symbols->started_as
				 : binary->path);
}

/* C++ and Rust names as people write them, without parameters. */
static const char *demangled(struct symbols *symbols, const char *name)
{
	char *plain = cplus_demangle(name, DMGL_AUTO);
	const char *kept = keep(symbols, plain ? plain : name);

	free(plain);
	return kept;
}

/* The compilation unit of an address of the module; aranges may be missing. */
static Dwarf_Die *unit_of(Dwfl_Module *module, Dwarf_Addr address,
			  Dwarf_Addr *bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, bias);
	Dwarf_Die *next = NULL;

	while (!unit && (unit = dwfl_module_nextcu(module, next, bias))) {
		next = unit;
		if (dwarf_haspc(unit, address - *bias) != 1)
			unit = NULL;
	}
	return unit;
}

static bool is_system_path(const char *path)
{
	return path && (strstr(path, "/usr/include/") == path ||
			strstr(path, "/usr/lib/") == path ||
			strstr(path, "/rustc/") == path);
}

static bool is_library_name(const char *function)
{
	static const char *const begins[] = {
		"std::",  "__gnu_cxx::", "__gthread_", "boost::",
		"core::", "alloc::",	 "parking_lot"
	};

	/* Rust's methods: "<std::sys::sync::mutex::futex::Mutex>::lock". */
	while (*function == '<' || *function == '&')
		function++;
	for (size_t i = 0; i < G_N_ELEMENTS(begins); i++)
		if (g_str_has_prefix(function, begins[i]))
			return true;
	return false;
}

/* Libraries that call for the program: it is not they who take its locks. */
static bool is_runtime(const char *module)
{
	return g_str_has_prefix(module, "libstdc++.so") ||
	       g_str_has_prefix(module, "libc++.so");
}

static const char *die_function(struct symbols *symbols, Dwarf_Die *die)
{
	static const unsigned linkage[] = { DW_AT_linkage_name,
					    DW_AT_MIPS_linkage_name };
	Dwarf_Attribute attr;

	for (size_t i = 0; i < G_N_ELEMENTS(linkage); i++) {
		const char *name = NULL;

		if (dwarf_attr_integrate(die, linkage[i], &attr))
			name = dwarf_formstring(&attr);
		if (name)
			return demangled(symbols, name);
	}
	return keep(symbols, dwarf_diename(die));
}

/* Where the inlined function `die` was called from. */
static bool called_from(struct symbols *symbols, Dwarf_Die *die,
			struct symbol *symbol)
{
	Dwarf_Attribute attr;
	Dwarf_Word file, line;
	Dwarf_Die unit;
	Dwarf_Files *files;
	size_t n;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &file) ||
	    dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &line) ||
	    !dwarf_diecu(die, &unit, NULL, NULL) ||
	    dwarf_getsrcfiles(&unit, &files, &n) || file >= n)
		return false;
	symbol->path = keep(symbols, dwarf_filesrc(files, file, NULL, NULL));
	symbol->line = (int)line;
	return true;
}

/*
 * The function around the address, and out of wrappers of the library that
 * were inlined into it: there the line becomes that of their call.
 */
static void scopes_function(struct symbols *symbols, Dwarf_Die *unit,
			    Dwarf_Addr address, struct symbol *symbol)
{
	Dwarf_Die scopes[SCOPES_MAX];
	unsigned n = scopes_at(unit, address, scopes);

	for (unsigned i = 0; i < n; i++) {
		symbol->function = die_function(symbols, &scopes[i]);
		symbol->runtime = is_library_name(symbol->function) ||
				  is_system_path(symbol->path);
		if (!symbol->runtime || i + 1 == n ||
		    !called_from(symbols, &scopes[i], symbol))
			break;
	}
}

static void from_dwarf(struct symbols *symbols, Dwfl_Module *module,
		       Dwarf_Addr address, struct symbol *symbol)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = unit_of(module, address, &bias);
	Dwarf_Line *line;

	if (!unit)
		return;
	line = dwarf_getsrc_die(unit, address - bias);
	if (line) {
		symbol->path = keep(symbols, dwarf_linesrc(line, NULL, NULL));
		(void)dwarf_lineno(line, &symbol->line);
	}
	scopes_function(symbols, unit, address - bias, symbol);
}

bool symbols_code(struct symbols *symbols, int32_t pid, uint64_t address,
		  enum symbols_kind kind, struct symbol *symbol)
{
	uint64_t code = kind == SYMBOLS_RETURN ? address - 1 : address;
	const struct mapping *mapping = mapping_of(symbols, pid, code);
	struct binary *binary = mapping ? mapping->binary : NULL;
	Dwarf_Addr at;

	*symbol = (struct symbol){ .function = "", .path = "", .module = "" };
	if (!binary)
		return false;
	symbol->module = module_name(symbols, binary);
	symbol->offset = address - mapping->base;
	if (!usable(symbols, binary))
		return true;
	at = code - mapping->base + binary->low;
	from_dwarf(symbols, binary->module, at, symbol);
	if (!*symbol->function) {
		const char *name = dwfl_module_addrname(binary->module, at);

		symbol->function = name ? demangled(symbols, name) : "";
		symbol->runtime = is_library_name(symbol->function);
	}
	symbol->runtime |= is_runtime(symbol->module);
	return true;
}

static void from_die(struct symbols *symbols, struct binary *binary,
		     const struct data_entry *entry, uint64_t at,
		     struct variable *variable)
{
	Dwarf_Addr bias;
	Dwarf *dwarf = dwfl_module_getdwarf(binary->module, &bias);
	Dwarf_Die die;
	GString *name;

	if (!dwarf_offdie(dwarf, entry->die, &die))
		return;
	variable->symbol = die_function(symbols, &die);
	variable->into = at - entry->address;
	name = g_string_new(variable->symbol);
	data_member_path(&die, variable->into, name);
	variable->name = keep(symbols, name->str);
	variable->path = keep(symbols, dwarf_decl_file(&die));
	(void)dwarf_decl_line(&die, &variable->line);
	g_string_free(name, TRUE);
}

/* Without DWARF: symbol+0xOFFSET, as debuggers write it. */
static bool from_symtab(struct symbols *symbols, struct binary *binary,
			uint64_t at, struct variable *variable)
{
	GElf_Off into;
	GElf_Sym sym;
	const char *name = dwfl_module_addrinfo(binary->module, at, &into, &sym,
						NULL, NULL, NULL);
	GString *text;

	if (!name || into >= sym.st_size ||
	    GELF_ST_TYPE(sym.st_info) != STT_OBJECT)
		return false;
	variable->symbol = demangled(symbols, name);
	variable->into = into;
	text = g_string_new(variable->symbol);
	if (into)
		g_string_append_printf(text, "+0x%llx",
				       (unsigned long long)into);
	variable->name = keep(symbols, text->str);
	g_string_free(text, TRUE);
	return true;
}

bool symbols_data(struct symbols *symbols, int32_t pid, uint64_t address,
		  struct variable *variable)
{
	const struct mapping *mapping = mapping_of(symbols, pid, address);
	struct binary *binary = mapping ? mapping->binary : NULL;
	const struct data_entry *entry;
	Dwarf_Addr bias = 0;
	Dwarf *dwarf;
	uint64_t at;

	*variable = (struct variable){
		.name = "", .symbol = "", .path = "", .module = ""
	};
	if (!binary)
		return false;
	variable->module = module_name(symbols, binary);
	variable->offset = address - mapping->base;
	if (!usable(symbols, binary))
		return false;
	at = variable->offset + binary->low;
	dwarf = dwfl_module_getdwarf(binary->module, &bias);
	if (dwarf && !binary->variables)
		binary->variables = data_index(dwarf);
	entry = dwarf ? data_find(binary->variables, at - bias) : NULL;
	if (entry) {
		from_die(symbols, binary, entry, at - bias, variable);
		return true;
	}
	return from_symtab(symbols, binary, at, variable);
}
