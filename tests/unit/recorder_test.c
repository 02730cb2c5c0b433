/* Directories, manifest and programs, as the recorder sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/scratch.h"
#include "tracing/base/exits.h"
#include "tracing/recorder/outdir.h"
#include "tracing/recorder/rundir.h"
#include "tracing/recorder/target.h"
#include "tracing/recorder/ustdir.h"

static void put_file(const char *path, const void *bytes, size_t n)
{
	assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

static json_t *load_manifest(const char *path)
{
	char *text = NULL;
	json_t *json;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	g_free(text);
	return json;
}

static void a_manifest_is_valid_at_each_time_and_keeps_its_room(void **state)
{
	char name[] = "prog";
	char odd[] = "a\"b\xff\n";
	char *command[] = { name, odd, NULL };
	const char *path = scratch_path(*state, SCHEMA_MANIFEST);
	int dir = open(scratch_path(*state, "."), O_DIRECTORY);
	struct logbook m;
	json_t *json;
	off_t first;

	logbook_init(&m);
	m.command = command;
	m.executable = "/bin/prog";
	assert_int_equal(logbook_write(&m, dir, NULL), 0);
	first = size_of(path);
	json = load_manifest(path);
	assert_string_equal(json_string_value(json_object_get(json, "ended")),
			    "not-finished");
	json_decref(json);
	for (int i = 0; i < 20; i++)
		logbook_note(&m, "note %d", i);
	m.ended = LOGBOOK_PROGRAM;
	m.times.status = 9; /* killed */
	assert_int_equal(logbook_write(&m, dir, NULL), 0);
	assert_int_equal(size_of(path), first);
	json = load_manifest(path);
	assert_int_equal(
		json_integer_value(json_object_get(json, "exit_status")), 137);
	assert_int_equal(json_array_size(json_object_get(json, "notes")), 20);
	json_decref(json);
	logbook_clear(&m);
	close(dir);
}

static void only_recordings_make_way(void **state)
{
	const char *path = scratch_path(*state, "t");
	const char *old = scratch_path(*state, "t.old");
	const char *inside = scratch_path(*state, "t/" SCHEMA_MANIFEST);
	const char *moved = scratch_path(*state, "t.old/" SCHEMA_MANIFEST);
	struct outdir out;
	struct err err = { "" };

	assert_int_equal(outdir_make(&out, path, NULL), 0);
	put_file(inside, "1", 1);
	outdir_clear(&out);
	assert_int_equal(outdir_make(&out, path, NULL), 0);
	assert_int_equal(size_of(moved), 1);
	assert_int_equal(size_of(inside), -1);
	outdir_unmake(&out); /* nothing came of it: all as before */
	outdir_clear(&out);
	assert_int_equal(size_of(inside), 1);
	assert_int_equal(size_of(old), -1);
	assert_int_equal(unlink(inside), 0);
	put_file(scratch_path(*state, "t/mine"), "1", 1);
	assert_int_equal(outdir_make(&out, path, &err), -1);
	assert_non_null(strstr(err.text, "is no recording"));
	outdir_clear(&out);
	assert_int_equal(size_of(scratch_path(*state, "t/mine")), 1);
}

static void a_directory_in_use_is_refused(void **state)
{
	const char *path = scratch_path(*state, "t");
	struct outdir first, second;
	struct err err = { "" };

	assert_int_equal(outdir_make(&first, path, NULL), 0);
	put_file(scratch_path(*state, "t/" SCHEMA_MANIFEST), "1", 1);
	assert_int_equal(outdir_make(&second, path, &err), -1);
	assert_non_null(strstr(err.text, "another recording"));
	outdir_clear(&second);
	assert_int_equal(outdir_check(&first, NULL), 0);
	rundir_remove(path);
	assert_int_equal(outdir_check(&first, NULL), -1);
	outdir_clear(&first);
}

static void run_directories_are_private_and_leave_nothing(void **state)
{
	struct rundir run;
	struct stat st;
	char *path;

	(void)state;
	assert_int_equal(rundir_make(&run, NULL), 0);
	assert_int_equal(stat(run.path, &st), 0);
	assert_int_equal(st.st_mode & 0066, 0);
	path = g_strdup(run.path);
	rundir_clear(&run);
	assert_int_equal(access(path, F_OK), -1);
	g_free(path);
}

/* One packet of metadata with `text`, as LTTng writes it. */
static void add_metadata(GString *out, const char *text)
{
	uint32_t bits = (uint32_t)(37 + strlen(text)) * 8;
	uint32_t packet_bits = 4096 * 8;
	char header[37] = "";
	gsize begin = out->len;
	uint32_t magic = 0x75d11d57;

	memcpy(header, &magic, 4);
	memcpy(header + 24, &bits, 4);
	memcpy(header + 28, &packet_bits, 4);
	g_string_append_len(out, header, sizeof(header));
	g_string_append(out, text);
	while (out->len < begin + 4096)
		g_string_append_c(out, 0);
}

static void add_index(GString *out, uint64_t offset, uint64_t bytes,
		      uint64_t discarded)
{
	const uint64_t entry[9] = { htobe64(offset),
				    htobe64(bytes * 8),
				    htobe64(bytes * 8),
				    0,
				    0,
				    htobe64(discarded),
				    0,
				    0,
				    0 };

	g_string_append_len(out, (const char *)entry, sizeof(entry));
}

/* OUT/ust/uid/0/64-bit with one stream of two packets, cut in the third. */
static void make_ust(void **state, size_t metadata_cut)
{
	const uint32_t head[4] = { htobe32(0xc1f1dcc1), htobe32(1), htobe32(1),
				   htobe32(72) };
	GString *metadata = g_string_new(NULL);
	GString *index = g_string_new(NULL);
	char *data = g_malloc0(10000);

	g_mkdir_with_parents(scratch_path(*state, "ust/uid/0/64-bit/index"),
			     0700);
	add_metadata(metadata, "trace { };\nclock {\n\toff");
	add_metadata(metadata, "set = 1795169500832027212;\n};");
	g_string_append_len(index, (const char *)head, sizeof(head));
	add_index(index, 0, 4096, 0);
	add_index(index, 4096, 4096, 17);
	add_index(index, 8192, 4096, 17);
	put_file(scratch_path(*state, "ust/uid/0/64-bit/metadata"),
		 metadata->str, metadata->len - metadata_cut);
	put_file(scratch_path(*state, "ust/uid/0/64-bit/index/holdup_0.idx"),
		 index->str, index->len);
	put_file(scratch_path(*state, "ust/uid/0/64-bit/holdup_0"), data,
		 10000);
	g_string_free(metadata, TRUE);
	g_string_free(index, TRUE);
	g_free(data);
}

static void losses_and_offset_are_read_from_what_lttng_wrote(void **state)
{
	GArray *streams = g_array_new(FALSE, TRUE, sizeof(struct stream_count));
	const struct stream_count *count;

	make_ust(state, 0);
	assert_int_equal(ustdir_clock_offset(scratch_path(*state, ".")),
			 1795169500832027212);
	ustdir_count(scratch_path(*state, "."), streams);
	assert_int_equal(streams->len, 1);
	count = &g_array_index(streams, struct stream_count, 0);
	assert_string_equal(count->name, "ust/uid/0/64-bit/holdup_0");
	assert_int_equal(count->packets, 3);
	assert_int_equal(count->discarded, 17);
	g_free(count->name);
	g_array_free(streams, TRUE);
}

static void halves_are_cut_off(void **state)
{
	make_ust(state, 5);
	ustdir_mend(scratch_path(*state, "."));
	assert_int_equal(
		size_of(scratch_path(*state, "ust/uid/0/64-bit/metadata")),
		4096);
	assert_int_equal(
		size_of(scratch_path(*state, "ust/uid/0/64-bit/holdup_0")),
		8192);
	/* Without metadata nothing can be read. */
	make_ust(state, 5000);
	ustdir_mend(scratch_path(*state, "."));
	assert_int_equal(size_of(scratch_path(*state, "ust/uid/0/64-bit")), -1);
}

static void put_elf(const char *path, unsigned char class, const char *loader)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr part;
		char loader[64];
	} elf;

	memset(&elf, 0, sizeof(elf));
	memcpy(elf.head.e_ident, ELFMAG, SELFMAG);
	elf.head.e_ident[EI_CLASS] = class;
	elf.head.e_phoff = sizeof(elf.head);
	elf.head.e_phentsize = sizeof(elf.part);
	elf.head.e_phnum = 1;
	if (loader) {
		elf.part.p_type = PT_INTERP;
		elf.part.p_offset = offsetof(__typeof__(elf), loader);
		elf.part.p_filesz = strlen(loader) + 1;
		g_strlcpy(elf.loader, loader, sizeof(elf.loader));
	}
	put_file(path, &elf, sizeof(elf));
	chmod(path, 0755);
}

static void programs_that_cannot_be_entered_are_known(void **state)
{
	const char *path = scratch_path(*state, "prog");
	const char *script = scratch_path(*state, "script");
	char *line = g_strdup_printf("#! %s -x\n", path);

	assert_null(target_barrier("/bin/sh"));
	put_elf(path, ELFCLASS64, "/lib64/ld-linux-x86-64.so.2");
	assert_null(target_barrier(path));
	put_elf(path, ELFCLASS64, "/lib/ld-musl-x86_64.so.1");
	assert_non_null(strstr(target_barrier(path), "GNU C library"));
	put_elf(path, ELFCLASS32, "/lib/ld-linux.so.2");
	assert_non_null(strstr(target_barrier(path), "32-bit"));
	put_elf(path, ELFCLASS64, NULL);
	assert_non_null(strstr(target_barrier(path), "static"));
	put_file(script, line, strlen(line));
	assert_non_null(strstr(target_barrier(script), "static"));
	put_file(script, "#!", 2);
	assert_null(target_barrier(script));
	put_file(path,
		 "\x7f"
		 "ELF",
		 4);
	assert_null(target_barrier(path));
	g_free(line);
}

static void programs_are_found_as_execvp_finds_them(void **state)
{
	const char *path = scratch_path(*state, "holdup-prog");
	struct err err = { "" };
	int status = 0;
	char *found;

	put_file(path, "#!/bin/sh\n", 10);
	g_setenv("PATH", scratch_path(*state, "."), TRUE);
	assert_null(target_find("holdup-prog", &status, &err));
	assert_int_equal(status, EXIT_NOT_STARTED);
	assert_null(target_find("holdup-none", &status, &err));
	assert_int_equal(status, EXIT_NOT_FOUND);
	chmod(path, 0755);
	found = target_find("holdup-prog", &status, &err);
	assert_non_null(found);
	g_free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(
			a_manifest_is_valid_at_each_time_and_keeps_its_room),
		scratch_test(only_recordings_make_way),
		scratch_test(a_directory_in_use_is_refused),
		scratch_test(run_directories_are_private_and_leave_nothing),
		scratch_test(losses_and_offset_are_read_from_what_lttng_wrote),
		scratch_test(halves_are_cut_off),
		scratch_test(programs_that_cannot_be_entered_are_known),
		scratch_test(programs_are_found_as_execvp_finds_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
