#include "analysis/race/program.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/race/frame.h"
#include "analysis/symbols_data.h"

char *program_find(const char *name, struct err *err)
{
	char *path = g_find_program_in_path(name);
	struct stat status;

	if (path)
		return path;
	if (strchr(name, '/') && !stat(name, &status))
		err_set(err, "cannot run '%s': %s", name,
			S_ISDIR(status.st_mode) ? "is a directory"
						: "not executable");
	else
		err_set(err, "no program '%s'", name);
	return NULL;
}

/* Does the dynamic section ask for a libtsan? */
static bool needs_libtsan(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;

	for (int i = 0;
	     data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL;
	     i++) {
		const char *name;

		if (entry.d_tag != DT_NEEDED)
			continue;
		name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
		if (name && (strstr(name, "libtsan.so") ||
			     strstr(name, "libclang_rt.tsan")))
			return true;
	}
	return false;
}

static bool has_tsan_symbol(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *name =
			elf_strptr(elf, header->sh_link, symbol.st_name);

		if (name && !strcmp(name, "__tsan_init"))
			return true;
	}
	return false;
}

static bool has_tsan(Elf *elf)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header))
			continue;
		if (header.sh_type == SHT_DYNAMIC &&
		    needs_libtsan(elf, section, &header))
			return true;
		if ((header.sh_type == SHT_SYMTAB ||
		     header.sh_type == SHT_DYNSYM) &&
		    has_tsan_symbol(elf, section, &header))
			return true;
	}
	return false;
}

int program_build(const char *path, enum program_build *build, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf;

	if (fd < 0)
		return err_errno(err, errno, "cannot read '%s'", path);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		*build = PROGRAM_SCRIPT;
	else
		*build = has_tsan(elf) ? PROGRAM_TSAN : PROGRAM_PLAIN;
	elf_end(elf);
	close(fd);
	return 0;
}

struct program_symbols {
	char *path;
	Dwfl *dwfl;
	GHashTable *modules;   /* path -> Dwfl_Module */
	GHashTable *variables; /* Dwfl_Module -> GArray of data_entry */
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static void free_index(gpointer index)
{
	g_array_free(index, TRUE);
}

struct program_symbols *program_symbols_new(const char *path)
{
	struct program_symbols *symbols = g_new0(struct program_symbols, 1);

	symbols->path = g_strdup(path);
	symbols->dwfl = dwfl_begin(&callbacks);
	symbols->modules =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	symbols->variables =
		g_hash_table_new_full(NULL, NULL, NULL, free_index);
	return symbols;
}

void program_symbols_free(struct program_symbols *symbols)
{
	if (!symbols)
		return;
	g_hash_table_destroy(symbols->modules);
	g_hash_table_destroy(symbols->variables);
	dwfl_end(symbols->dwfl);
	g_free(symbols->path);
	g_free(symbols);
}

/* Reports tell a base name, or with our frame format the whole path. */
static Dwfl_Module *module_get(struct program_symbols *symbols,
			       const char *name)
{
	const char *base = strrchr(symbols->path, '/');
	gpointer found = NULL;

	if (!symbols->dwfl || !*name)
		return NULL;
	if (!strcmp(name, base ? base + 1 : symbols->path))
		name = symbols->path;
	if (g_hash_table_lookup_extended(symbols->modules, name, NULL, &found))
		return found;
	if (*name == '/') {
		dwfl_report_begin_add(symbols->dwfl);
		found = dwfl_report_offline(symbols->dwfl, name, name, -1);
		dwfl_report_end(symbols->dwfl, NULL, NULL);
	}
	g_hash_table_insert(symbols->modules, g_strdup(name), found);
	return found;
}

/* Where dwfl has put the byte that the file calls `offset`. */
static bool place_in(Dwfl_Module *module, uint64_t offset, Dwarf_Addr *address)
{
	GElf_Addr bias;

	if (!module || !dwfl_module_getelf(module, &bias))
		return false;
	*address = offset + bias;
	return true;
}

static bool name_frame(void *data, struct race_frame *frame,
		       struct race_pool *pool)
{
	Dwfl_Module *module = module_get(data, frame->module);
	Dwarf_Addr address;
	Dwfl_Line *line;
	const char *name, *source = NULL;

	if (!place_in(module, frame->offset, &address))
		return false;
	name = dwfl_module_addrname(module, address);
	if (name && !*frame->function)
		frame->function = race_pool_text(pool, name);
	line = dwfl_module_getsrc(module, address);
	if (line)
		source = dwfl_lineinfo(line, NULL, &frame->line, &frame->column,
				       NULL, NULL);
	if (source)
		frame_set_path(frame, source, pool);
	return name || source;
}

/* With its member path, "queue.shard[3].count"; NULL without DWARF. */
static char *variable_by_dwarf(struct program_symbols *symbols,
			       Dwfl_Module *module, Dwarf_Addr address)
{
	const struct data_entry *entry;
	Dwarf_Addr bias = 0;
	Dwarf *dwarf = dwfl_module_getdwarf(module, &bias);
	GArray *index;
	GString *text;
	Dwarf_Die die;

	if (!dwarf)
		return NULL;
	index = g_hash_table_lookup(symbols->variables, module);
	if (!index) {
		index = data_index(dwarf);
		g_hash_table_insert(symbols->variables, module, index);
	}
	entry = data_find(index, address - bias);
	if (!entry || !dwarf_offdie(dwarf, entry->die, &die) ||
	    !dwarf_diename(&die))
		return NULL;
	text = g_string_new(dwarf_diename(&die));
	data_member_path(&die, address - bias - entry->address, text);
	return g_string_free(text, FALSE);
}

static char *variable_by_symbol(Dwfl_Module *module, Dwarf_Addr address)
{
	GElf_Off into = 0;
	GElf_Sym symbol;
	const char *name = dwfl_module_addrinfo(module, address, &into, &symbol,
						NULL, NULL, NULL);

	if (!name || GELF_ST_TYPE(symbol.st_info) != STT_OBJECT ||
	    into >= symbol.st_size)
		return NULL;
	return into ? g_strdup_printf("%s+%llu", name, (unsigned long long)into)
		    : g_strdup(name);
}

static const char *name_variable(void *data, const char *module_name,
				 uint64_t offset, struct race_pool *pool)
{
	Dwfl_Module *module = module_get(data, module_name);
	Dwarf_Addr address;
	const char *kept;
	char *text;

	if (!place_in(module, offset, &address))
		return NULL;
	text = variable_by_dwarf(data, module, address);
	if (!text)
		text = variable_by_symbol(module, address);
	kept = text ? race_pool_text(pool, text) : NULL;
	g_free(text);
	return kept;
}

struct race_names program_names(struct program_symbols *symbols)
{
	return (struct race_names){ .frame = name_frame,
				    .variable = name_variable,
				    .data = symbols };
}
