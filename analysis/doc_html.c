/* Lays a document out as one HTML page that needs nothing else. */
#include <string.h>

#include "analysis/doc.h"

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;max-width:84rem;margin:2rem "
	"auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
	"h1{font-size:1.4rem;margin:0;overflow-wrap:anywhere}"
	"h2{font-size:1.1rem;margin:2rem 0 .5rem}"
	".from{color:#666}.note{color:#666;margin:.3rem 0}"
	".finding{border-left:4px solid #c0392b;background:#faf6f5;padding:"
	".5rem 1rem;margin:.6rem 0}"
	".calm{border-color:#7a8288;background:#f6f6f6}"
	".finding b{display:block}.cost{float:right;color:#c0392b;"
	"font-weight:600}"
	".advice{color:#1e6b3a;margin-top:.2rem}"
	".scroll{overflow-x:auto;margin:.5rem 0}"
	"table{border-collapse:collapse;font-size:13px}"
	"th,td{padding:.2rem .7rem;text-align:left;white-space:nowrap}"
	"td:first-child{white-space:normal;min-width:14rem}"
	"th{border-bottom:1px solid #999;font-weight:600}"
	"tr:nth-child(even) td{background:#f6f6f6}"
	".r{text-align:right;font-variant-numeric:tabular-nums}"
	".row{display:flex;align-items:center;margin:2px 0;font-size:13px}"
	".row>span{flex:0 0 12rem;overflow:hidden;text-overflow:ellipsis;"
	"white-space:nowrap}.bar{flex:1;display:flex;height:14px;"
	"background:#eee}.bar i{display:block;height:100%}"
	".legend{font-size:13px;margin:.3rem 0}.legend span{margin-right:1rem;"
	"white-space:nowrap}.legend i{display:inline-block;width:12px;"
	"height:12px;margin-right:.3rem}"
	"@media(prefers-color-scheme:dark){body{background:#16181b;"
	"color:#ddd}tr:nth-child(even) td{background:#202327}"
	".finding{background:#251d1c}.calm{background:#202327}.advice{color:#7fc79a}}";

static void escaped(const char *text, FILE *out)
{
	char *safe = g_markup_escape_text(text ? text : "", -1);

	fputs(safe, out);
	g_free(safe);
}

static void element(const char *tag, const char *class, const char *text,
		    FILE *out)
{
	if (!text || !*text)
		return;
	if (class)
		fprintf(out, "<%s class=\"%s\">", tag, class);
	else
		fprintf(out, "<%s>", tag);
	escaped(text, out);
	fprintf(out, "</%s>\n", tag);
}

static void write_cells(const struct doc_table *table, const char *tag,
			guint first, FILE *out)
{
	fputs("<tr>", out);
	for (size_t i = 0; i < table->n_columns; i++) {
		if (!doc_is_used(table, i))
			continue;
		fprintf(out, "<%s%s>", tag,
			table->columns[i].align == DOC_RIGHT ? " class=\"r\""
							     : "");
		escaped(first == G_MAXUINT
				? table->columns[i].name
				: g_ptr_array_index(table->cells,
						    first + (guint)i),
			out);
		fprintf(out, "</%s>", tag);
	}
	fputs("</tr>\n", out);
}

static void write_table(const struct doc_table *table, FILE *out)
{
	fputs("<div class=\"scroll\"><table>\n", out);
	write_cells(table, "th", G_MAXUINT, out);
	for (guint i = 0; i < table->cells->len; i += (guint)table->n_columns)
		write_cells(table, "td", i, out);
	fputs("</table></div>\n", out);
}

static void write_finding(const struct doc_block *block, FILE *out)
{
	/* Where nothing is to be done, nothing is wrong. */
	fprintf(out, "<div class=\"finding%s\">", block->advice ? "" : " calm");
	element("span", "cost", block->right, out);
	element("b", NULL, block->text, out);
	element("div", NULL, block->evidence, out);
	element("div", "advice", block->advice, out);
	fputs("</div>\n", out);
}

static bool occurs(const struct doc_bars *bars, size_t part)
{
	for (guint i = 0; i < bars->labels->len; i++)
		if (g_array_index(bars->shares, double,
				  i *(guint)bars->n_parts + (guint)part) > 0)
			return true;
	return false;
}

static void write_bar(const struct doc_bars *bars, guint row, FILE *out)
{
	fputs("<div class=\"row\"><span>", out);
	escaped(g_ptr_array_index(bars->labels, row), out);
	fputs("</span><div class=\"bar\">", out);
	for (size_t i = 0; i < bars->n_parts; i++) {
		double share =
			g_array_index(bars->shares, double,
				      row *(guint)bars->n_parts + (guint)i);

		if (share > 0)
			fprintf(out,
				"<i title=\"%s %.1f %%\" style=\"width:%.3f%%;"
				"background:%s\"></i>",
				bars->names[i], share * 100, share * 100,
				bars->colours[i]);
	}
	fputs("</div></div>\n", out);
}

static void write_bars(const struct doc_bars *bars, FILE *out)
{
	fputs("<div class=\"legend\">", out);
	for (size_t i = 0; i < bars->n_parts; i++)
		if (occurs(bars, i))
			fprintf(out,
				"<span><i style=\"background:%s\"></i>%s"
				"</span> ",
				bars->colours[i], bars->names[i]);
	fputs("</div>\n", out);
	for (guint i = 0; i < bars->labels->len; i++)
		write_bar(bars, i, out);
}

static void write_block(const struct doc_block *block, FILE *out)
{
	switch (block->kind) {
	case DOC_TITLE:
		element("h1", NULL, block->text, out);
		element("div", "from", block->right, out);
		break;
	case DOC_HEADING:
		element("h2", NULL, block->text, out);
		break;
	case DOC_TEXT:
		element("p", NULL, block->text, out);
		break;
	case DOC_NOTE:
		element("p", "note", block->text, out);
		break;
	case DOC_FINDING:
		write_finding(block, out);
		break;
	case DOC_TABLE:
		write_table(&block->table, out);
		break;
	case DOC_BARS:
		write_bars(&block->bars, out);
		break;
	}
}

static const char *page_title(const struct doc *doc)
{
	for (guint i = 0; i < doc->blocks->len; i++) {
		const struct doc_block *block =
			g_ptr_array_index(doc->blocks, i);

		if (block->kind == DOC_TITLE)
			return block->text;
	}
	return "holdup report";
}

void doc_write_html(const struct doc *doc, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width,initial-scale=1\">\n<title>",
	      out);
	escaped(page_title(doc), out);
	fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n", style);
	for (guint i = 0; i < doc->blocks->len; i++)
		write_block(g_ptr_array_index(doc->blocks, i), out);
	fputs("</body>\n</html>\n", out);
}
