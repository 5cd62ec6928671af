/*
 * rtf.c - rich text as Word reads it: embedded objects, however their bytes are spread
 *
 * Word takes the hex digits of \objdata wherever they stand: between control words, in groups
 * within the group, before and after \bin. So does this. The object (MS-OLEDS, 2.2: OLE 1.0) is
 * read by its head, and by the mark of a compound file if the head makes no sense.
 *
 * One pass, no recursion. Memory: an object's bytes (half of the text at most), a field's text.
 * Limits: depth of groups is counted, not kept: DEPTH_MAX is where nothing is looked for any more.
 */

#include "wide.h"

#include <stdlib.h>

#define WORD_MAX	32
#define FIELD_MAX	8192
#define DEPTH_MAX	100000
#define JUNK_MAX	4		/* control words among an object's digits that are no trick */

struct rtf {
	struct inspection	*in;
	struct sl_slice		 s;
	size_t			 at;
	unsigned		 depth;
	unsigned		 data_depth;	/* of the group with \objdata; 0: none is read */
	unsigned char		*data;
	size_t			 data_len;
	size_t			 data_size;
	bool			 half;		/* a digit waits for its second */
	unsigned		 junk;
	unsigned		 field_depth;	/* of \fldinst; 0: none */
	unsigned		 template_depth;
	struct sl_buf		 text;		/* of the field or the template */
};

/* ---- objects ---- */

static void
data_add(struct rtf *r, unsigned char c)
{
	if (r->data_len == r->data_size) {
		size_t size = SL_MAX(r->data_size * 2, (size_t)4096);
		unsigned char *more = realloc(r->data, size);

		if (more == NULL || size > INNER_MAX * 2) {
			if (more != NULL)
				r->data = more;
			found(r->in, SL_DEEP_MEMORY, "%zu bytes", size);
			r->data_depth = 0;
			return;
		}
		r->data = more;
		r->data_size = size;
	}
	r->data[r->data_len++] = c;
}

static void
data_digit(struct rtf *r, unsigned char c)
{
	int v = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

	if (r->half)
		r->data[r->data_len - 1] |= (unsigned char)v;
	else
		data_add(r, (unsigned char)(v << 4));
	r->half = !r->half;
}

/* One counted text of an OLE 1.0 head. */
static struct sl_slice
counted(struct sl_slice s, size_t *at)
{
	size_t len, from;

	if (*at + 4 > s.len)
		return sl_slice(NULL, 0);
	len = le32(s.ptr + *at);
	from = *at + 4;
	if (len > s.len - from)
		return sl_slice(NULL, 0);
	*at = from + len;
	return sl_slice(s.ptr + from, strnlen((const char *)s.ptr + from, len));
}

static void
by_mark(struct rtf *r, struct sl_slice s)
{
	static const unsigned char mark[] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };
	const unsigned char *at = s.len == 0 ? NULL : memmem(s.ptr, s.len, mark, sizeof(mark));

	if (at != NULL) {
		inner_bytes(r->in, SL_SLICE_LIT("object"), sl_slice_from(s, (size_t)(at - s.ptr)));
		return;
	}
	at = s.len == 0 ? NULL : memmem(s.ptr, s.len, "MZ", 2);
	if (at != NULL && s.len - (size_t)(at - s.ptr) > 256 && memmem(at, 256, "This program", 12) != NULL)
		inner_bytes(r->in, SL_SLICE_LIT("object"), sl_slice_from(s, (size_t)(at - s.ptr)));
	find_urls(r->in, SL_DEEP_FROM_RTF_FIELD, s);
}

static void
object_class(struct rtf *r, struct sl_slice class)
{
	found(r->in, SL_DEEP_RTF_OBJECT, SL_SLICE_FMT, SL_SLICE_ARG(class));
	if (sl_slice_istarts(class, SL_SLICE_LIT("equation")))
		found(r->in, SL_DEEP_OLE_EQUATION, SL_SLICE_FMT, SL_SLICE_ARG(class));
}

static void
object(struct rtf *r, struct sl_slice s)
{
	size_t at = 8;
	uint32_t form = s.len >= 8 ? le32(s.ptr + 4) : 0;
	struct sl_slice class, topic, data;

	class = counted(s, &at);
	if ((form != 1 && form != 2) || class.ptr == NULL || class.len > 64) {
		found(r->in, SL_DEEP_RTF_OBJECT, "%s", "of no known form");
		by_mark(r, s);
		return;
	}
	object_class(r, class);
	topic = counted(s, &at);
	(void)counted(s, &at);
	if (form == 1) {
		found(r->in, SL_DEEP_OLE_LINK, SL_SLICE_FMT, SL_SLICE_ARG(topic));
		found_link(r->in, SL_DEEP_FROM_RTF_FIELD, topic);
		return;
	}
	if (at + 4 > s.len)
		return;
	data = sl_slice(s.ptr + at + 4, SL_MIN((size_t)le32(s.ptr + at), s.len - at - 4));
	if (helper_sniff(data) == SNIFFED_OLE) {
		inner_bytes(r->in, class, data);
	} else if (sl_slice_ieq(class, SL_SLICE_LIT("Package"))) {
		unsigned char *whole = inspect_alloc(r->in, data.len + 4);

		if (whole != NULL) {	/* as an Ole10Native stream has it: its length in front */
			memset(whole, 0, 4);
			memcpy(whole + 4, data.ptr, data.len);
			ole_package(r->in, sl_slice(whole, data.len + 4));
		}
		free(whole);
	} else {
		by_mark(r, sl_slice_from(s, at));
	}
}

static void
object_end(struct rtf *r)
{
	r->data_depth = 0;
	if (r->junk > JUNK_MAX)
		found(r->in, SL_DEEP_RTF_OBFUSCATED, "%u control words in an object's bytes", r->junk);
	if (r->data_len > 0 && inspection_spend(r->in, r->data_len))
		object(r, sl_slice(r->data, r->data_len));
	r->data_len = 0;
	r->half = false;
	r->junk = 0;
}

/* ---- fields ---- */

static void
text_end(struct rtf *r)
{
	struct sl_slice t = sl_slice_trim(sl_buf_slice(&r->text));

	if (r->template_depth != 0) {
		if (memmem(t.ptr != NULL ? (const void *)t.ptr : "", t.len, "//", 2) != NULL) {
			found(r->in, SL_DEEP_OOXML_TEMPLATE, SL_SLICE_FMT, SL_SLICE_ARG(t));
			found_link(r->in, SL_DEEP_FROM_RTF_FIELD, t);
		}
	} else {
		find_urls(r->in, SL_DEEP_FROM_RTF_FIELD, t);
		if (find_word(t, "ddeauto") != NULL || sl_slice_istarts(t, SL_SLICE_LIT("DDE ")))
			found(r->in, SL_DEEP_OOXML_DDE, SL_SLICE_FMT, SL_SLICE_ARG(t));
		if (sl_slice_istarts(t, SL_SLICE_LIT("INCLUDEPICTURE")) || sl_slice_istarts(t, SL_SLICE_LIT("INCLUDETEXT")))
			found(r->in, SL_DEEP_OOXML_EXTERNAL, SL_SLICE_FMT, SL_SLICE_ARG(t));
	}
	r->field_depth = r->template_depth = 0;
	sl_buf_reset(&r->text);
}

/* ---- the text ---- */

/* The number after a control word; *has says if there is one. */
static size_t
parameter(struct rtf *r, bool *has)
{
	size_t v = 0;

	if (r->at < r->s.len && r->s.ptr[r->at] == '-')
		r->at++;
	*has = r->at < r->s.len && r->s.ptr[r->at] >= '0' && r->s.ptr[r->at] <= '9';
	while (r->at < r->s.len && r->s.ptr[r->at] >= '0' && r->s.ptr[r->at] <= '9') {
		v = SL_MIN(v * 10 + (size_t)(r->s.ptr[r->at] - '0'), (size_t)1 << 40);
		r->at++;
	}
	if (r->at < r->s.len && r->s.ptr[r->at] == ' ')
		r->at++;
	return v;
}

static void
binary(struct rtf *r, size_t len)
{
	len = SL_MIN(len, r->s.len - r->at);
	for (size_t i = 0; i < len && r->data_depth != 0; i++)
		data_add(r, r->s.ptr[r->at + i]);
	r->at += len;
}

static void
word(struct rtf *r, struct sl_slice name)
{
	bool has;
	size_t v = parameter(r, &has);

#define IS(text) sl_slice_eq(name, SL_SLICE_LIT(text))
	if (IS("bin") && has) {
		binary(r, v);
	} else if (r->data_depth != 0) {
		r->junk++;
	} else if (IS("objdata") && r->depth > 0) {
		r->data_depth = r->depth;
	} else if (IS("objupdate")) {
		found(r->in, SL_DEEP_RTF_UPDATE, "%s", "");
	} else if (IS("objautlink") || IS("objlink")) {
		found(r->in, SL_DEEP_OLE_LINK, "%s", "");
	} else if (IS("objocx")) {
		found(r->in, SL_DEEP_OOXML_ACTIVEX, "%s", "");
	} else if (IS("fldinst") && r->depth > 0 && r->template_depth == 0) {
		r->field_depth = r->depth;
	} else if (IS("template") && r->depth > 0 && r->field_depth == 0) {
		r->template_depth = r->depth;
	}
#undef IS
}

/* Behind a backslash. */
static void
control(struct rtf *r)
{
	size_t from = r->at;
	unsigned char c;

	if (from >= r->s.len)
		return;
	while (r->at < r->s.len && r->at - from < WORD_MAX && (r->s.ptr[r->at] | 0x20) >= 'a' &&
	    (r->s.ptr[r->at] | 0x20) <= 'z')
		r->at++;
	if (r->at > from) {
		word(r, sl_slice(r->s.ptr + from, r->at - from));
		return;
	}
	c = r->s.ptr[r->at++];
	if (c == '\'' && r->at + 2 <= r->s.len) {
		if (r->field_depth != 0 || r->template_depth != 0) {
			char digits[3] = { (char)r->s.ptr[r->at], (char)r->s.ptr[r->at + 1], '\0' };

			sl_buf_add_byte(&r->text, (unsigned char)strtoul(digits, NULL, 16));
		}
		r->at += 2;
		r->junk += r->data_depth != 0;
	} else if (r->field_depth != 0 || r->template_depth != 0) {
		if (c == '\\' || c == '{' || c == '}')
			sl_buf_add_byte(&r->text, c);
	}
}

static void
group_end(struct rtf *r)
{
	if (r->data_depth != 0 && r->depth == r->data_depth)
		object_end(r);
	if (r->depth != 0 && (r->depth == r->field_depth || r->depth == r->template_depth))
		text_end(r);
	if (r->depth > 0)
		r->depth--;
}

static bool
is_digit(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static void
scan(struct rtf *r)
{
	while (r->at < r->s.len) {
		unsigned char c = r->s.ptr[r->at++];

		if ((r->at & 0xfff) == 0 && inspection_over(r->in))
			return;
		if (c == '{') {
			if (++r->depth > DEPTH_MAX) {
				found(r->in, SL_DEEP_RTF_OBFUSCATED, "more than %u groups", DEPTH_MAX);
				return;
			}
		} else if (c == '}') {
			group_end(r);
		} else if (c == '\\') {
			control(r);
		} else if (r->data_depth != 0) {
			if (is_digit(c))
				data_digit(r, c);
		} else if ((r->field_depth != 0 || r->template_depth != 0) && c >= 0x20) {
			sl_buf_add_byte(&r->text, c);
		}
	}
}

void
rtf_inspect(struct inspection *in, struct sl_slice bytes)
{
	struct rtf r = { .in = in, .s = bytes };

	sl_buf_init(&r.text, FIELD_MAX);
	if (!sl_slice_istarts(bytes, SL_SLICE_LIT("{\\rtf1")) && !sl_slice_istarts(bytes, SL_SLICE_LIT("{\\rtf ")))
		found(in, SL_DEEP_RTF_OBFUSCATED, "%s", "begins as no writer does");
	scan(&r);
	if (r.data_depth != 0)		/* no end: Word reads it all the same */
		object_end(&r);
	if (r.field_depth != 0 || r.template_depth != 0)
		text_end(&r);
	free(r.data);
	sl_buf_fini(&r.text);
}
