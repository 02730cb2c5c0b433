#include "analysis/race/frame.h"

#include <ctype.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

/* Cuts the last ":123" off `text`; 0 if there is none. */
static int take_number(char *text)
{
	char *colon = strrchr(text, ':');
	guint64 number;

	if (!colon || !isdigit((unsigned char)colon[1]) ||
	    !g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXINT, &number,
					NULL))
		return 0;
	*colon = '\0';
	return (int)number;
}

void frame_set_path(struct race_frame *frame, const char *path,
		    struct race_pool *pool)
{
	const char *slash = strrchr(path, '/');

	frame->path = race_pool_text(pool, path);
	frame->file = race_pool_text(pool, slash ? slash + 1 : path);
}

/* "PATH:LINE:COLUMN", "PATH:LINE", "PATH" or "<null>". */
static void read_source(struct race_frame *frame, char *text,
			struct race_pool *pool)
{
	int last, first;

	g_strstrip(text);
	if (!*text || !strcmp(text, "<null>"))
		return;
	last = take_number(text);
	first = last ? take_number(text) : 0;
	frame->line = first ? first : last;
	frame->column = first ? last : 0;
	frame_set_path(frame, text, pool);
}

/* Takes "(MODULE+0xOFFSET)" off the end. */
static void take_module(struct race_frame *frame, char *text,
			struct race_pool *pool)
{
	char *build = strstr(text, " (BuildId:");
	char *open, *plus;

	if (build)
		*build = '\0';
	plus = g_strrstr(text, "+0x");
	if (!plus)
		return;
	*plus = '\0';
	frame->offset = g_ascii_strtoull(plus + 3, NULL, 16);
	open = strrchr(text, '(');
	if (!open)
		return;
	frame->module = race_pool_text(pool, open + 1);
	*open = '\0';
}

/* Where the path begins in "FUNCTION PATH": functions may hold blanks. */
static char *find_path(char *text)
{
	static const char *const begins[] = { " /", " <null>", " ../", " ./" };
	char *found;

	for (size_t i = 0; i < G_N_ELEMENTS(begins); i++) {
		found = strstr(text, begins[i]);
		if (found)
			return found;
	}
	return strrchr(text, ' ');
}

static void read_ours(struct race_frame *frame, char *text, char *bar,
		      struct race_pool *pool)
{
	char *end = strstr(bar + 3, " |");

	*bar = '\0';
	if (end)
		*end = '\0';
	read_source(frame, bar + 3, pool);
	frame->function = race_pool_text(pool, g_strstrip(text));
}

static void read_theirs(struct race_frame *frame, char *text,
			struct race_pool *pool)
{
	char *path;

	g_strchomp(text);
	path = find_path(text);
	if (path) {
		*path = '\0';
		read_source(frame, path + 1, pool);
	}
	frame->function = race_pool_text(pool, g_strstrip(text));
}

bool frame_read(struct race_frame *frame, const char *line,
		struct race_pool *pool)
{
	char text[LINE_MAX_BYTES];
	char *at = text, *bar;

	if (*line != '#' || !isdigit((unsigned char)line[1]))
		return false;
	line += 1 + strspn(line + 1, "0123456789");
	*frame = (struct race_frame){
		.function = "", .path = "", .file = "", .module = ""
	};
	g_strlcpy(text, line + strspn(line, " "), sizeof(text));
	if (g_str_has_prefix(at, "0x"))
		frame->address = g_ascii_strtoull(at, &at, 16);
	if (g_str_has_prefix(g_strchug(at), "in "))
		at += 3;
	take_module(frame, at, pool);
	bar = strstr(at, " | ");
	if (bar)
		read_ours(frame, at, bar, pool);
	else
		read_theirs(frame, at, pool);
	if (!strcmp(frame->function, "<null>"))
		frame->function = "";
	return *frame->function || *frame->module || frame->address;
}

/* What the runtime puts in front of the program's own calls. */
static bool is_intercepted(const char *function)
{
	static const char *const starts[] = {
		"pthread_",	"__interceptor_", "___interceptor_",
		"__tsan",	"__sanitizer",	  "sem_",
		"operator new", "operator delete"
	};
	static const char *const names[] = {
		"malloc",  "calloc",  "realloc",	"free",	   "memcpy",
		"memmove", "memset",  "memcmp",		"strcpy",  "strlen",
		"strcmp",  "strncpy", "strdup",		"read",	   "write",
		"close",   "open",    "fopen",		"fclose",  "fork",
		"printf",  "puts",    "snprintf",	"fprintf", "raise",
		"kill",	   "abort",   "posix_memalign",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
		if (g_str_has_prefix(function, starts[i]))
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

bool frame_is_runtime(const struct race_frame *frame)
{
	if (strstr(frame->module, "libtsan.so") ||
	    strstr(frame->module, "libclang_rt.tsan") ||
	    strstr(frame->module, "libholdup-shake") ||
	    strstr(frame->path, "libsanitizer/") ||
	    strstr(frame->path, "compiler-rt/lib/"))
		return true;
	return !*frame->path && is_intercepted(frame->function);
}

bool frame_is_system(const struct race_frame *frame)
{
	return !*frame->path || strstr(frame->module, "libc.so.") ||
	       (g_str_has_prefix(frame->path, "/usr/") &&
		!g_str_has_prefix(frame->path, "/usr/src/"));
}

const struct race_frame *frame_own(const struct race_frame *frames, guint n)
{
	for (guint i = 0; i < n; i++)
		if (!frame_is_runtime(&frames[i]) &&
		    !frame_is_system(&frames[i]))
			return &frames[i];
	for (guint i = 0; i < n; i++)
		if (!frame_is_runtime(&frames[i]))
			return &frames[i];
	return n ? frames : NULL;
}

/* Where the name after the word "operator" ends: "<<", "()", "->" ... */
static const char *operator_end(const char *at)
{
	return at + (g_str_has_prefix(at, "()")
			     ? 2
			     : strspn(at, "<>=-+*/%&|!~^[],"));
}

char *frame_function(const struct race_frame *frame)
{
	GString *name = g_string_new(NULL);
	const char *at = frame->function;
	int depth = 0; /* of template arguments */

	while (*at && !(depth == 0 && *at == '(' &&
			!g_str_has_prefix(at, "(anonymous"))) {
		if (depth == 0 && *at == '(') { /* "(anonymous namespace)" */
			size_t n = strcspn(at, ")") + 1;

			g_string_append(name, "(anonymous)");
			at += MIN(n, strlen(at));
			continue;
		}
		if (depth == 0 && g_str_has_prefix(at, "operator")) {
			const char *end = operator_end(at + 8);

			g_string_append_len(name, at, end - at);
			at = end;
			continue;
		}
		depth += *at == '<';
		if (!depth && *at == ' ') /* that was the result's type */
			g_string_truncate(name, 0);
		else if (!depth)
			g_string_append_c(name, *at);
		depth -= depth && *at == '>';
		at++;
	}
	if (!name->len)
		g_string_assign(name, frame->function);
	return g_string_free(name, FALSE);
}

char *frame_text(const struct race_frame *frame)
{
	char *function =
		*frame->function ? frame_function(frame) : g_strdup("?");
	const char *slash = strrchr(frame->module, '/');
	char *text;

	if (*frame->file && frame->line)
		text = g_strdup_printf("%s (%s:%d)", function, frame->file,
				       frame->line);
	else if (*frame->file)
		text = g_strdup_printf("%s (%s)", function, frame->file);
	else
		text = g_strdup_printf("%s (%s+0x%llx)", function,
				       slash ? slash + 1 : frame->module,
				       (unsigned long long)frame->offset);
	g_free(function);
	return text;
}
