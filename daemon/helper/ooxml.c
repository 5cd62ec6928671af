/*
 * ooxml.c - parts of Office documents since 2007 (ECMA-376), and of OpenDocument by name
 *
 * Relations say what is fetched from elsewhere and what is embedded; fields say what is run. Tags
 * are found, not validated: a part that Office would repair is read too. Macros, embedded objects
 * and controls come as entries of their own and are looked at there (ole.c).
 *
 * Memory: a field's text (FIELDS_MAX), and a copy of a part that is not UTF-8. Linear.
 */

#include "inspect.h"
#include "sl/utf8.h"

#include <stdlib.h>

#define FIELDS_MAX	65536
#define QUOTED_MAX	16384	/* of a tag with values */

/* ---- XML, as far as it is needed ---- */

/* Where the tag that begins at `from` ends: at a '>' outside quotes, or if quotes do not pair within
 * QUOTED_MAX, at any. */
static const unsigned char *
tag_end(struct sl_slice xml, size_t from)
{
	size_t to = SL_MIN(xml.len, from + QUOTED_MAX);
	unsigned char quote = 0;

	for (size_t i = from; i < to; i++) {
		unsigned char c = xml.ptr[i];

		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return xml.ptr + i;
	}
	return memchr(xml.ptr + from, '>', xml.len - from);
}

/* The next start tag at or after *at: its inside, without the angle brackets. */
static bool
next_tag(struct sl_slice xml, size_t *at, struct sl_slice *tag_out)
{
	while (*at < xml.len) {
		const unsigned char *open = memchr(xml.ptr + *at, '<', xml.len - *at), *close;
		size_t from;

		if (open == NULL)
			return false;
		from = (size_t)(open - xml.ptr) + 1;
		close = tag_end(xml, from);
		if (close == NULL)
			return false;
		*at = (size_t)(close - xml.ptr) + 1;
		if (xml.ptr[from] == '/' || xml.ptr[from] == '?' || xml.ptr[from] == '!')
			continue;
		*tag_out = sl_slice(xml.ptr + from, (size_t)(close - xml.ptr) - from);
		return true;
	}
	return false;
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The tag's name without its prefix. */
static struct sl_slice
tag_name(struct sl_slice tag)
{
	size_t from = 0, to;

	for (to = 0; to < tag.len && !is_space(tag.ptr[to]) && tag.ptr[to] != '/'; to++)
		if (tag.ptr[to] == ':')
			from = to + 1;
	return sl_slice(tag.ptr + from, to - from);
}

static bool
tag_is(struct sl_slice tag, const char *name)
{
	return sl_slice_eq(tag_name(tag), sl_slice_str(name));
}

/* The raw value of an attribute; any prefix of its name is passed over. */
static struct sl_slice
attribute(struct sl_slice tag, const char *name)
{
	size_t len = strlen(name), i = 0;

	while (i + len + 2 < tag.len) {
		const unsigned char *at = memmem(tag.ptr + i, tag.len - i, name, len), *end;
		size_t v;

		if (at == NULL)
			break;
		i = (size_t)(at - tag.ptr) + 1;
		v = i - 1 + len;
		if (i < 2 || !(is_space(at[-1]) || at[-1] == ':'))
			continue;
		while (v < tag.len && (is_space(tag.ptr[v]) || tag.ptr[v] == '='))
			v++;
		if (v >= tag.len || (tag.ptr[v] != '"' && tag.ptr[v] != '\''))
			continue;
		end = memchr(tag.ptr + v + 1, tag.ptr[v], tag.len - v - 1);
		if (end != NULL)
			return sl_slice(tag.ptr + v + 1, (size_t)(end - tag.ptr) - v - 1);
	}
	return sl_slice("", 0);
}

/* A character reference at the front of `s` ("&amp;"): its length, 0 if there is none. */
static size_t
reference(struct sl_slice s, uint32_t *c_out)
{
	static const struct {
		const char	*text;
		uint32_t	 c;
	} names[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' } };
	uint32_t c = 0;
	size_t i = 2;
	bool hex;

	for (size_t k = 0; k < SL_COUNT(names); k++)
		if (sl_slice_istarts(s, sl_slice_str(names[k].text))) {
			*c_out = names[k].c;
			return strlen(names[k].text);
		}
	if (s.len < 4 || s.ptr[1] != '#')
		return 0;
	hex = s.ptr[2] == 'x' || s.ptr[2] == 'X';
	for (i += hex; i < s.len && i < 12; i++) {
		unsigned d = s.ptr[i];

		if (d >= '0' && d <= '9')
			c = c * (hex ? 16 : 10) + d - '0';
		else if (hex && (d | 0x20) >= 'a' && (d | 0x20) <= 'f')
			c = c * 16 + (d | 0x20) - 'a' + 10;
		else
			break;
	}
	if (i >= s.len || s.ptr[i] != ';' || c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*c_out = c;
	return i + 1;
}

static void
add_decoded(struct sl_buf *out, struct sl_slice raw)
{
	while (raw.len > 0) {
		unsigned char utf8[4];
		uint32_t c;
		size_t n = raw.ptr[0] == '&' ? reference(raw, &c) : 0;

		if (n > 0)
			sl_buf_add(out, utf8, sl_utf8_encode(c, utf8));
		else
			sl_buf_add_byte(out, raw.ptr[0]);
		raw = sl_slice_from(raw, SL_MAX(n, (size_t)1));
	}
}

/* UTF-16 with its mark becomes UTF-8; all else stays. Returns what to free, or NULL. */
static unsigned char *
to_utf8(struct inspection *in, struct sl_slice *xml)
{
	bool little;
	unsigned char *out;
	size_t n = 0;

	if (xml->len < 2 || (memcmp(xml->ptr, "\xff\xfe", 2) != 0 && memcmp(xml->ptr, "\xfe\xff", 2) != 0))
		return NULL;
	little = xml->ptr[0] == 0xff;
	out = inspect_alloc(in, xml->len * 2);
	if (out == NULL)
		return NULL;
	for (size_t i = 2; i + 1 < xml->len; i += 2) {
		uint32_t c = little ? xml->ptr[i] | (uint32_t)xml->ptr[i + 1] << 8
		    : xml->ptr[i + 1] | (uint32_t)xml->ptr[i] << 8;

		n += sl_utf8_encode(c >= 0xd800 && c < 0xe000 ? 0xfffd : c, out + n);
	}
	*xml = sl_slice(out, n);
	return out;
}

/* ---- relations ---- */

static bool
ends(struct sl_slice s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && sl_slice_ieq(sl_slice_from(s, s.len - len), sl_slice_str(text));
}

static void
relation(struct inspection *in, struct sl_slice tag)
{
	struct sl_slice type = attribute(tag, "Type"), target;
	struct sl_buf decoded;

	sl_buf_init(&decoded, 4 * SL_DEEP_URL_MAX);
	add_decoded(&decoded, attribute(tag, "Target"));
	target = sl_buf_slice(&decoded);
	if (sl_slice_ieq(attribute(tag, "TargetMode"), SL_SLICE_LIT("External"))) {
		found_link(in, SL_DEEP_FROM_OFFICE_RELATION, target);
		if (ends(type, "/attachedTemplate") || ends(type, "/frame") || ends(type, "/subDocument"))
			found(in, SL_DEEP_OOXML_TEMPLATE, SL_SLICE_FMT, SL_SLICE_ARG(target));
		else if (ends(type, "/oleObject"))
			found(in, SL_DEEP_OLE_LINK, SL_SLICE_FMT, SL_SLICE_ARG(target));
		else if (!ends(type, "/hyperlink"))
			found(in, SL_DEEP_OOXML_EXTERNAL, SL_SLICE_FMT, SL_SLICE_ARG(target));
	} else if (ends(type, "/vbaProject") || ends(type, "/wordVbaData")) {
		found(in, SL_DEEP_MACRO, SL_SLICE_FMT, SL_SLICE_ARG(target));
	} else if (ends(type, "/oleObject") || ends(type, "/package")) {
		found(in, SL_DEEP_OLE_EMBEDDED, SL_SLICE_FMT, SL_SLICE_ARG(target));
	} else if (ends(type, "/control") || ends(type, "/activeXControlBinary")) {
		found(in, SL_DEEP_OOXML_ACTIVEX, SL_SLICE_FMT, SL_SLICE_ARG(target));
	} else if (ends(type, "/xlMacrosheet") || ends(type, "/xlIntlMacrosheet")) {
		found(in, SL_DEEP_MACRO_XLM, SL_SLICE_FMT, SL_SLICE_ARG(target));
	}
	sl_buf_fini(&decoded);
}

static void
relations(struct inspection *in, struct sl_slice xml)
{
	unsigned char *copy = to_utf8(in, &xml);
	struct sl_slice tag;
	size_t at = 0;

	while (next_tag(xml, &at, &tag) && !inspection_over(in))
		if (tag_is(tag, "Relationship"))
			relation(in, tag);
	free(copy);
}

/* ---- fields ---- */

/* The quoted or bare word after `from`. */
static struct sl_slice
argument(struct sl_slice text, size_t from)
{
	size_t to;
	bool quoted;

	while (from < text.len && is_space(text.ptr[from]))
		from++;
	quoted = from < text.len && text.ptr[from] == '"';
	from += quoted;
	for (to = from; to < text.len && to - from < SL_DEEP_URL_MAX; to++)
		if (quoted ? text.ptr[to] == '"' : is_space(text.ptr[to]))
			break;
	return sl_slice(text.ptr + SL_MIN(from, text.len), to - SL_MIN(from, text.len));
}

static bool
is_word_at(struct sl_slice text, size_t i, const char *word)
{
	size_t len = strlen(word);

	return sl_slice_istarts(sl_slice_from(text, i), sl_slice_str(word)) &&
	    (i + len == text.len || is_space(text.ptr[i + len]) || text.ptr[i + len] == '"');
}

/* All fields' instructions behind each other: those of one field may be spread over many runs. */
static void
fields(struct inspection *in, struct sl_slice text)
{
	static const char *const dde[] = { "DDEAUTO", "DDE" };
	static const char *const fetches[] = { "INCLUDEPICTURE", "INCLUDETEXT", "IMPORT", "INCLUDE" };

	for (size_t i = 0; i < text.len; i++) {
		if (i > 0 && !is_space(text.ptr[i - 1]) && text.ptr[i - 1] != '{' && text.ptr[i - 1] != '"')
			continue;
		for (size_t k = 0; k < SL_COUNT(dde); k++)
			if (is_word_at(text, i, dde[k]))
				found(in, SL_DEEP_OOXML_DDE, SL_SLICE_FMT,
				    SL_SLICE_ARG(sl_slice(text.ptr + i, SL_MIN(text.len - i, (size_t)200))));
		for (size_t k = 0; k < SL_COUNT(fetches); k++) {
			struct sl_slice what;

			if (!is_word_at(text, i, fetches[k]))
				continue;
			what = argument(text, i + strlen(fetches[k]));
			if (memmem(what.ptr, what.len, "//", 2) == NULL && memmem(what.ptr, what.len, "\\\\", 2) == NULL)
				continue;
			found_link(in, SL_DEEP_FROM_OFFICE_FIELD, what);
			found(in, SL_DEEP_OOXML_EXTERNAL, SL_SLICE_FMT, SL_SLICE_ARG(what));
		}
		if (is_word_at(text, i, "HYPERLINK"))
			found_link(in, SL_DEEP_FROM_OFFICE_FIELD, argument(text, i + 9));
	}
}

static void
body(struct inspection *in, struct sl_slice xml)
{
	unsigned char *copy = to_utf8(in, &xml);
	struct sl_buf text;
	struct sl_slice tag;
	size_t at = 0;

	sl_buf_init(&text, FIELDS_MAX);
	while (next_tag(xml, &at, &tag) && !inspection_over(in)) {
		if (tag_is(tag, "instrText") || tag_is(tag, "delInstrText")) {
			const unsigned char *end = at < xml.len ? memchr(xml.ptr + at, '<', xml.len - at) : NULL;

			if (end != NULL)
				add_decoded(&text, sl_slice(xml.ptr + at, (size_t)(end - xml.ptr) - at));
		} else if (tag_is(tag, "fldSimple")) {
			sl_buf_add_byte(&text, ' ');
			add_decoded(&text, attribute(tag, "instr"));
		} else if (tag_is(tag, "fldChar")) {
			if (sl_slice_eq(attribute(tag, "fldCharType"), SL_SLICE_LIT("begin")))
				sl_buf_add_byte(&text, ' ');
		} else if (tag_is(tag, "ddeLink")) {
			found(in, SL_DEEP_OOXML_DDE, SL_SLICE_FMT " " SL_SLICE_FMT,
			    SL_SLICE_ARG(attribute(tag, "ddeService")), SL_SLICE_ARG(attribute(tag, "ddeTopic")));
		}
	}
	fields(in, sl_buf_slice(&text));
	sl_buf_fini(&text);
	free(copy);
}

/* ---- names ---- */

static bool
starts(struct sl_slice s, const char *text)
{
	return sl_slice_istarts(s, sl_slice_str(text));
}

static struct sl_slice
without_root(struct sl_slice name)
{
	return name.len > 0 && (name.ptr[0] == '/' || name.ptr[0] == '\\') ? sl_slice_from(name, 1) : name;
}

void
(*ooxml_part(struct sl_slice name))(struct inspection *in, struct sl_slice bytes)
{
	name = without_root(name);
	if (ends(name, ".rels"))
		return relations;
	if (ends(name, ".xml") && (starts(name, "word/") || starts(name, "xl/externalLinks/") ||
	    starts(name, "xl\\externalLinks")))
		return body;
	return NULL;
}

void
ooxml_name(struct inspection *in, struct sl_slice name)
{
	name = without_root(name);
	if (starts(name, "xl/macrosheets/") && !starts(name, "xl/macrosheets/_rels"))
		found(in, SL_DEEP_MACRO_XLM, SL_SLICE_FMT, SL_SLICE_ARG(name));
	if ((starts(name, "Basic/") || starts(name, "Scripts/")) && !ends(name, "/") &&
	    !ends(name, "-lc.xml") && !ends(name, "-lb.xml"))
		found(in, SL_DEEP_MACRO, SL_SLICE_FMT, SL_SLICE_ARG(name));
	if (starts(name, "word/activeX/") || starts(name, "xl/activeX/") || starts(name, "ppt/activeX/"))
		found(in, SL_DEEP_OOXML_ACTIVEX, SL_SLICE_FMT, SL_SLICE_ARG(name));
}
