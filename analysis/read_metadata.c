#include "analysis/read_metadata.h"

#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define PACKET_MAGIC 0x75d11d57u
#define PACKET_HEAD  37 /* bytes before the text */
#define TEXT_BEGIN   "/* CTF 1.8"

struct metadata {
	GString *text; /* without the heads of packets */
	bool packets;
	size_t whole; /* bytes of the text up to its last whole description */
	bool cut;
};

static uint32_t u32_at(const char *bytes, size_t at, bool swapped)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return swapped ? GUINT32_SWAP_LE_BE(value) : value;
}

/* The text of all packets, of the last one as much as there is. */
static void unpack(struct metadata *m, const char *bytes, size_t size)
{
	bool swapped = u32_at(bytes, 0, false) != PACKET_MAGIC;
	size_t at = 0;

	while (at < size) {
		size_t content, packet, there;

		m->cut = true;
		if (size - at < PACKET_HEAD ||
		    u32_at(bytes, at, swapped) != PACKET_MAGIC)
			return;
		content = u32_at(bytes, at + 24, swapped) / 8;
		packet = u32_at(bytes, at + 28, swapped) / 8;
		if (content < PACKET_HEAD || packet < content)
			return;
		there = MIN(content, size - at);
		g_string_append_len(m->text, bytes + at + PACKET_HEAD,
				    (gssize)(there - PACKET_HEAD));
		if (packet > size - at)
			return;
		m->cut = false;
		at += packet;
	}
}

/* Behind a comment or a string that begins here; `at` itself if none does. */
static size_t skip_quoted(const GString *text, size_t at)
{
	const char *from = text->str + at;
	const char *end;

	if (g_str_has_prefix(from, "/*")) {
		end = strstr(from + 2, "*/");
		return end ? (size_t)(end + 2 - text->str) : text->len;
	}
	if (g_str_has_prefix(from, "//"))
		return at + strcspn(from, "\n");
	if (*from != '"')
		return at;
	for (end = from + 1; *end && *end != '"'; end++)
		end += *end == '\\' && end[1];
	return *end ? (size_t)(end + 1 - text->str) : text->len;
}

static void find_whole(struct metadata *m)
{
	size_t at = 0;
	int depth = 0;

	while (at < m->text->len) {
		size_t next = skip_quoted(m->text, at);
		char c = m->text->str[at];

		if (next > at) {
			if (c == '/' && m->whole == at)
				m->whole = next;
			at = next;
			continue;
		}
		depth += (c == '{') - (c == '}');
		at++;
		if (!depth &&
		    (c == ';' || (g_ascii_isspace(c) && m->whole == at - 1)))
			m->whole = at;
	}
}

/* False where it is neither packets nor text: nothing can be said of it. */
static bool metadata_read(struct metadata *m, const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "metadata", NULL);
	g_autofree char *bytes = NULL;
	gsize size;
	uint32_t magic;

	memset(m, 0, sizeof(*m));
	if (!g_file_get_contents(path, &bytes, &size, NULL) || size < 4)
		return false;
	magic = u32_at(bytes, 0, false);
	m->packets = magic == PACKET_MAGIC ||
		     magic == GUINT32_SWAP_LE_BE(PACKET_MAGIC);
	if (!m->packets && !g_str_has_prefix(bytes, TEXT_BEGIN))
		return false;
	m->text = g_string_new(NULL);
	if (m->packets)
		unpack(m, bytes, size);
	else
		g_string_append_len(m->text, bytes, (gssize)size);
	if (strlen(m->text->str) == m->text->len)
		find_whole(m);
	if (m->whole < m->text->len)
		m->cut = true;
	return true;
}

static void metadata_clear(struct metadata *m)
{
	if (m->text)
		g_string_free(m->text, TRUE);
}

bool read_metadata_is_cut(const char *dir)
{
	struct metadata m;
	bool cut = metadata_read(&m, dir) && m.cut && m.whole;

	metadata_clear(&m);
	return cut;
}

int read_metadata_mend(const char *dir, const char *to, size_t *lost)
{
	g_autofree char *from = g_build_filename(dir, "metadata", NULL);
	struct metadata m;
	int result = 0;

	*lost = 0;
	if (!metadata_read(&m, dir) || !m.cut || !m.whole) {
		result = symlink(from, to);
	} else {
		*lost = m.text->len - m.whole;
		g_string_truncate(m.text, m.whole);
		if (!g_str_has_prefix(m.text->str, TEXT_BEGIN))
			g_string_prepend(m.text, TEXT_BEGIN " */\n");
		if (!g_file_set_contents(to, m.text->str, (gssize)m.text->len,
					 NULL))
			result = -1;
	}
	metadata_clear(&m);
	return result;
}
