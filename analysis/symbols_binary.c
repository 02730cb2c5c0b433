#include "analysis/symbols_binary.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/symbols_data.h"

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
};

struct binary *binary_new(const char *path, GBytes *build_id)
{
	struct binary *binary = g_new0(struct binary, 1);

	binary->path = g_strdup(path);
	binary->build_id = build_id ? g_bytes_ref(build_id) : NULL;
	return binary;
}

void binary_free(void *data)
{
	struct binary *binary = data;

	if (binary->dwfl)
		dwfl_end(binary->dwfl);
	if (binary->variables)
		g_array_free(binary->variables, TRUE);
	if (binary->build_id)
		g_bytes_unref(binary->build_id);
	g_free(binary->path);
	g_free(binary);
}

static bool has_build_id(Dwfl_Module *module, GBytes *wanted)
{
	const unsigned char *bits;
	GElf_Addr where;
	gsize bytes;
	const void *want = g_bytes_get_data(wanted, &bytes);
	int n = dwfl_module_build_id(module, &bits, &where);

	return n > 0 && (gsize)n == bytes && !memcmp(bits, want, bytes);
}

static bool low_address(Dwfl_Module *module, Dwarf_Addr *low)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(module, &bias);
	size_t n = 0;

	if (!elf || elf_getphdrnum(elf, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) ||
		    header.p_type != PT_LOAD)
			continue;
		*low = header.p_vaddr & ~(header.p_align - 1);
		return true;
	}
	return false;
}

/* Tries one file for the binary; false leaves it as it was. */
static bool try_file(struct binary *binary, const char *path)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module;

	if (!dwfl)
		return false;
	dwfl_report_begin(dwfl);
	module = dwfl_report_elf(dwfl, path, path, -1, 0, true);
	dwfl_report_end(dwfl, NULL, NULL);
	if (module && binary->build_id &&
	    !has_build_id(module, binary->build_id)) {
		binary->other = true;
		module = NULL;
	}
	if (!module || !low_address(module, &binary->low)) {
		dwfl_end(dwfl);
		return false;
	}
	binary->dwfl = dwfl;
	binary->module = module;
	return true;
}

/* Where Debian's packages of debug information put the binary's. */
static char *debug_path(GBytes *build_id)
{
	gsize n;
	const guint8 *bits = g_bytes_get_data(build_id, &n);
	GString *path = g_string_new("/usr/lib/debug/.build-id/");

	for (gsize i = 0; i < n; i++)
		g_string_append_printf(path, i == 1 ? "/%02x" : "%02x",
				       bits[i]);
	g_string_append(path, ".debug");
	return g_string_free(path, FALSE);
}

bool binary_open(struct binary *binary)
{
	if (binary->opened)
		return binary->module;
	binary->opened = true;
	if (!try_file(binary, binary->path) && binary->build_id) {
		g_autofree char *debug = debug_path(binary->build_id);

		(void)try_file(binary, debug);
	}
	return binary->module;
}

char *binary_note(const struct binary *binary)
{
	/* The kernel's own page of code has no file anywhere. */
	if (binary->module || !strchr(binary->path, '/') ||
	    strstr(binary->path, "linux-vdso"))
		return NULL;
	return g_strdup_printf(
		binary->other
			? "%s is not the file that was recorded (build id "
			  "differs): its places have no names"
			: "%s is not here: its places have no names",
		binary->path);
}
