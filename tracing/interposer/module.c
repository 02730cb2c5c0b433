#include "tracing/interposer/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

#include "tracing/facts.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/sys.h"
#include "tracing/interposer/tell.h"

#define MODULES_MAX 256

enum state {
	MODULE_NONE,
	MODULE_BUSY, /* somebody fills it */
	MODULE_UNTOLD,
	MODULE_TOLD,
	MODULE_FOREIGN, /* LTTng's */
};

/*
 * A reader that meets one while it changes takes the wrong one for its module:
 * at worst it is told twice, or an event of LTTng's own is recorded.
 */
static struct module {
	_Atomic uint32_t state;
	_Atomic uint64_t from;
	_Atomic uint64_t to;
} modules[MODULES_MAX];

static _Atomic uint32_t n_modules; /* none is used from here on */
static _Atomic uint32_t n_untold;

static void *pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

static bool contains(const struct module *module, uint64_t site)
{
	return atomic_load_explicit(&module->state, memory_order_acquire) >
		       MODULE_BUSY &&
	       site >= atomic_load_explicit(&module->from,
					    memory_order_relaxed) &&
	       site < atomic_load_explicit(&module->to, memory_order_relaxed);
}

static struct module *known(uint64_t site)
{
	uint32_t n = atomic_load_explicit(&n_modules, memory_order_acquire);

	if (contains(&modules[self.module], site))
		return &modules[self.module];
	for (uint32_t i = 0; i < n; i++)
		if (contains(&modules[i], site)) {
			self.module = i;
			return &modules[i];
		}
	return NULL;
}

/* A place of its own for a module; NULL: no room. */
static struct module *claim(void)
{
	for (uint32_t i = 0; i < MODULES_MAX; i++) {
		uint32_t none = MODULE_NONE;
		uint32_t n;

		if (!atomic_compare_exchange_strong(&modules[i].state, &none,
						    MODULE_BUSY))
			continue;
		n = atomic_load(&n_modules);
		while (n <= i &&
		       !atomic_compare_exchange_weak(&n_modules, &n, i + 1))
			;
		return &modules[i];
	}
	return NULL;
}

/* 0, or -1: it lies in no module. */
static int find(uint64_t address, struct dl_find_object *found)
{
	return _dl_find_object(pointer(address), found);
}

static bool is_lttng(const struct link_map *map)
{
	return map->l_name && strstr(map->l_name, "liblttng-ust");
}

static bool learn(uint64_t site)
{
	struct dl_find_object found;
	struct module *module;
	uint32_t state;

	if (find(site, &found))
		return false; /* made at run time */
	state = is_lttng(found.dlfo_link_map) ? MODULE_FOREIGN : MODULE_UNTOLD;
	module = claim();
	if (module) {
		atomic_store_explicit(&module->from,
				      (uintptr_t)found.dlfo_map_start,
				      memory_order_relaxed);
		atomic_store_explicit(&module->to,
				      (uintptr_t)found.dlfo_map_end,
				      memory_order_relaxed);
		atomic_store_explicit(&module->state, state,
				      memory_order_release);
		if (state == MODULE_UNTOLD)
			atomic_fetch_add(&n_untold, 1);
	}
	return state == MODULE_FOREIGN;
}

bool module_is_foreign(uint64_t site)
{
	const struct module *module = known(site);

	return module ? atomic_load_explicit(&module->state,
					     memory_order_relaxed) ==
				MODULE_FOREIGN
		      : learn(site);
}

void module_closed(void)
{
	uint32_t n = atomic_load(&n_modules);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t state = atomic_load(&modules[i].state);
		uint64_t from = atomic_load(&modules[i].from);
		struct dl_find_object found;

		if (state <= MODULE_BUSY ||
		    (!find(from, &found) &&
		     (uintptr_t)found.dlfo_map_start == from))
			continue;
		if (atomic_compare_exchange_strong(&modules[i].state, &state,
						   MODULE_NONE) &&
		    state == MODULE_UNTOLD)
			atomic_fetch_sub(&n_untold, 1);
	}
}

bool module_is_untold(void)
{
	return atomic_load_explicit(&n_untold, memory_order_relaxed);
}

/* Of one segment of notes. */
static void find_build_id(struct fact_module *fact, const char *at,
			  uint64_t bytes)
{
	const char *end = at + bytes;

	while (end - at >= (ptrdiff_t)sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *note = (const void *)at;
		const char *name = at + sizeof(*note);
		const char *text = name + ((note->n_namesz + 3) & ~3u);

		at = text + ((note->n_descsz + 3) & ~3u);
		if (at > end || text < name || at < text)
			return;
		if (note->n_type != NT_GNU_BUILD_ID || note->n_namesz != 4 ||
		    memcmp(name, "GNU", 4) != 0 || note->n_descsz > UINT8_MAX)
			continue;
		fact->build_id = (const uint8_t *)text;
		fact->n_build_id = (uint8_t)note->n_descsz;
		return;
	}
}

/* The header lies where the module begins; so the linkers have it. */
static void read_notes(struct fact_module *fact, uint64_t shift)
{
	const ElfW(Ehdr) *header = pointer(fact->base);
	const ElfW(Phdr) *parts = pointer(fact->base + header->e_phoff);

	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_phoff + header->e_phnum * sizeof(*parts) > 4096)
		return;
	for (int i = 0; i < header->e_phnum && !fact->build_id; i++)
		if (parts[i].p_type == PT_NOTE && parts[i].p_flags & PF_R &&
		    parts[i].p_memsz <= fact->bytes)
			find_build_id(fact, pointer(shift + parts[i].p_vaddr),
				      parts[i].p_memsz);
}

/* Its path from the root; NULL: it has none, as the program itself and vdso. */
static const char *path_of(const struct link_map *map, char *whole,
			   size_t bytes)
{
	const char *name = map->l_name;
	size_t length = strlen(name) + 1;
	long n;

	if (name[0] == '/')
		return name;
	if (!strchr(name, '/'))
		return NULL;
	/* With its final 0, which becomes the slash. */
	n = sys3(SYS_getcwd, (long)(uintptr_t)whole, (long)bytes, 0);
	if (n <= 0 || (size_t)n + length > bytes)
		return name;
	whole[n - 1] = '/';
	memcpy(whole + n, name, length);
	return whole;
}

static void tell_one(struct module *module,
		     void (*visit)(const struct fact_module *))
{
	uint64_t from = atomic_load(&module->from);
	struct dl_find_object found;
	struct fact_module fact = { .base = from };
	char whole[1024];

	if (find(from, &found) || (uintptr_t)found.dlfo_map_start != from)
		return;
	fact.path = path_of(found.dlfo_link_map, whole, sizeof(whole));
	if (!fact.path)
		return;
	fact.bytes = (uintptr_t)found.dlfo_map_end - from;
	read_notes(&fact, found.dlfo_link_map->l_addr);
	visit(&fact);
}

void module_tell(void (*visit)(const struct fact_module *))
{
	uint32_t n = atomic_load(&n_modules);

	for (uint32_t i = 0; i < n && module_is_untold(); i++) {
		uint32_t state = MODULE_UNTOLD;

		if (!atomic_compare_exchange_strong(&modules[i].state, &state,
						    MODULE_TOLD))
			continue;
		atomic_fetch_sub(&n_untold, 1);
		tell_one(&modules[i], visit);
	}
}

EXPORT int dlclose(void *handle)
{
	int result;

	real_start();
	if (self.open)
		tell_modules();
	result = real.dlclose(handle);
	module_closed();
	return result;
}
