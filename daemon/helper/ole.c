/*
 * ole.c - documents, messages and installers in compound files: macros, embedded objects, passwords
 *
 * (MS-CFB, MS-OVBA, MS-OLEDS, MS-XLS, MS-DOC, MS-PPT, MS-OXMSG.) Streams are chosen by name; see
 * the table at the end. Memory: cfb.h, and one stream at a time (STREAM_MAX).
 */

#include "cfb.h"
#include "ovba.h"
#include "wide.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define STREAM_MAX	(16u << 20)

struct ole {
	struct inspection	*in;
	struct cfb		 cfb;
	size_t			 storage;	/* of the VBA project that is read */
	unsigned		 modules;	/* whose text was read */
	bool			 macros;
};

static void
release(struct sl_slice s)
{
	free((void *)(uintptr_t)s.ptr);
}

/* ---- macros ---- */

static void
scan_module(struct ole *o, struct sl_slice stream, size_t offset)
{
	struct sl_buf source;

	sl_buf_init(&source, OVBA_SOURCE_MAX);
	if (offset < stream.len && ovba_unpack(sl_slice_from(stream, offset), &source)) {
		o->modules++;
		if (inspection_spend(o->in, source.len))
			macro_scan(o->in, sl_buf_slice(&source));
	}
	sl_buf_fini(&source);
}

static void
on_module(void *ctx, struct sl_slice name, uint32_t offset)
{
	struct ole *o = ctx;
	char text[CFB_NAME_MAX + 1] = "";
	struct sl_slice stream;
	long i;

	memcpy(text, name.ptr, SL_MIN(name.len, (size_t)CFB_NAME_MAX));
	i = cfb_find(&o->cfb, o->storage, text);
	if (i < 0)
		return;		/* a name in another code page: found by its text below */
	stream = cfb_read(&o->cfb, (size_t)i, STREAM_MAX);
	scan_module(o, stream, offset);
	release(stream);
}

/* Modules by their text, where the directory does not lead to them. */
static void
modules_by_text(struct ole *o)
{
	for (size_t i = 1; i < o->cfb.len && !inspection_over(o->in); i++) {
		struct sl_slice stream;

		if (o->cfb.entries[i].type != 2 || o->cfb.entries[i].parent != o->storage || cfb_is(&o->cfb, i, "dir"))
			continue;
		stream = cfb_read(&o->cfb, i, STREAM_MAX);
		if (stream.len > 0 && ovba_find(stream) != SIZE_MAX)
			scan_module(o, stream, ovba_find(stream));
		release(stream);
	}
}

/* A storage with a `dir` stream beside modules: a VBA project, whatever its name. */
static void
project(struct ole *o, size_t dir)
{
	struct sl_slice packed = cfb_read(&o->cfb, dir, STREAM_MAX);
	struct sl_buf plain;
	unsigned named = 0;

	sl_buf_init(&plain, OVBA_SOURCE_MAX);
	o->storage = o->cfb.entries[dir].parent;
	o->modules = 0;
	if (ovba_unpack(packed, &plain)) {
		o->macros = true;
		found(o->in, SL_DEEP_MACRO, "%s", "VBA");
		named = ovba_directory(sl_buf_slice(&plain), on_module, o);
	} else if (cfb_is(&o->cfb, o->storage, "VBA")) {
		o->macros = true;
		found(o->in, SL_DEEP_MACRO, "%s", "VBA");
	}
	if (o->macros && (named == 0 || o->modules < named))
		modules_by_text(o);
	if (o->macros && o->modules == 0)
		found(o->in, SL_DEEP_MACRO_UNREADABLE, "%s", "");
	sl_buf_fini(&plain);
	release(packed);
}

/* ---- embedded objects ---- */

static size_t
text_len(struct sl_slice s, size_t at)
{
	return at >= s.len ? 0 : strnlen((const char *)s.ptr + at, s.len - at);
}

/* After the last slash of either kind. */
static struct sl_slice
last_part(struct sl_slice name)
{
	size_t from = name.len;

	while (from > 0 && name.ptr[from - 1] != '\\' && name.ptr[from - 1] != '/')
		from--;
	return sl_slice_from(name, from);
}

void
ole_package(struct inspection *in, struct sl_slice s)
{
	size_t at = 6, label, name_at, name_len, len;
	struct sl_slice name;

	if (s.len < 8 || le16(s.ptr + 4) != 2) {	/* any other native form: its bytes */
		if (s.len > 4)
			inner_bytes(in, SL_SLICE_LIT("object"), sl_slice_from(s, 4));
		return;
	}
	label = text_len(s, at);
	name_at = at + label + 1;
	name_len = text_len(s, name_at);
	name = sl_slice(s.ptr + SL_MIN(name_at, s.len), name_len);
	if (name_len == 0)
		name = sl_slice(s.ptr + at, label);
	at = name_at + name_len + 1 + 4;
	if (at + 4 > s.len)
		return;
	at += 4 + (size_t)le32(s.ptr + at);		/* the path it had */
	if (at + 4 > s.len)
		return;
	len = SL_MIN((size_t)le32(s.ptr + at), s.len - at - 4);
	name = last_part(name);
	found(in, name_is_program(name) || sniffed_way(helper_sniff(sl_slice(s.ptr + at + 4, len))) == WAY_PROGRAM
	    ? SL_DEEP_OLE_EXECUTABLE : SL_DEEP_OLE_EMBEDDED, SL_SLICE_FMT, SL_SLICE_ARG(name));
	inner_bytes(in, name, sl_slice(s.ptr + at + 4, len));
}

static void
native(struct ole *o, size_t i, struct sl_slice s)
{
	ole_package(o->in, s);
}

static void
equation(struct ole *o, size_t i, struct sl_slice s)
{
	found(o->in, SL_DEEP_OLE_EQUATION, "%s", o->cfb.entries[i].name);
}

/* What was embedded whole, such as a newer document in an old one. */
static void
package(struct ole *o, size_t i, struct sl_slice s)
{
	if (sniffed_way(helper_sniff(s)) == WAY_NONE)
		return;
	found(o->in, SL_DEEP_OLE_EMBEDDED, "%s", o->cfb.entries[i].name);
	inner_bytes(o->in, sl_slice_str(o->cfb.entries[i].name), s);
}

/* An object that is linked and not embedded: its address follows the moniker's class. */
static void
ole_stream(struct ole *o, size_t i, struct sl_slice s)
{
	if (s.len >= 8 && (le32(s.ptr + 4) & 1) != 0)
		found(o->in, SL_DEEP_OLE_LINK, "%s", "");
}

/* ---- documents ---- */

static void
word(struct ole *o, size_t i, struct sl_slice s)
{
	if (s.len >= 12 && le16(s.ptr) == 0xa5ec && (le16(s.ptr + 10) & 0x0100) != 0)
		found(o->in, SL_DEEP_DOCUMENT_ENCRYPTED, "%s", "Word");
}

static void
encrypted(struct ole *o, size_t i, struct sl_slice s)
{
	found(o->in, SL_DEEP_DOCUMENT_ENCRYPTED, "%s", o->cfb.entries[i].name);
}

/* BIFF records: type, length, bytes. */
static void
workbook(struct ole *o, size_t i, struct sl_slice s)
{
	size_t at = 0;

	while (at + 4 <= s.len && !inspection_over(o->in)) {
		unsigned type = le16(s.ptr + at);
		struct sl_slice r = sl_slice(s.ptr + at + 4, SL_MIN((size_t)le16(s.ptr + at + 2), s.len - at - 4));

		if (type == 0x002f) {			/* FILEPASS: the rest is unreadable */
			found(o->in, SL_DEEP_DOCUMENT_ENCRYPTED, "%s", "Excel");
			return;
		}
		if (type == 0x0085 && r.len >= 6 && r.ptr[5] == 1)	/* BOUNDSHEET8 of macros */
			found(o->in, SL_DEEP_MACRO_XLM, "%s", (r.ptr[4] & 3) != 0 ? "a hidden sheet" : "a sheet");
		if (type == 0x0018 && r.len >= 16 && (r.ptr[0] & 0x20) != 0 && r.ptr[3] == 1 &&
		    (r.ptr[15] == 1 || (r.ptr[14] == 1 && r.len == 15)))	/* NAME: built-in, Auto_Open */
			found(o->in, SL_DEEP_MACRO_AUTORUN, "%s", "Auto_Open");
		if (type == 0x01ae && r.len > 4 && memchr(r.ptr + 4, 3, r.len - 4) != NULL &&
		    le16(r.ptr + 2) != 0x0401 && le16(r.ptr) == 0)	/* SUPBOOK: application, 3, topic */
			found(o->in, SL_DEEP_OOXML_DDE, "%s", "Excel");
		at += 4 + r.len;
	}
}

/* Inflate into an object of its own. */
static void
inflated(struct inspection *in, const char *name, struct sl_slice packed)
{
	unsigned char block[16384];
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed.ptr, .avail_in = (unsigned)packed.len };
	struct inner inner;
	int r = Z_OK;

	if (inflateInit(&z) != Z_OK)
		return;
	inner_begin(&inner, in, sl_slice_str(name));
	while (r == Z_OK) {
		z.next_out = block;
		z.avail_out = sizeof(block);
		r = inflate(&z, Z_NO_FLUSH);
		if (!inner_feed(&inner, block, sizeof(block) - z.avail_out))
			break;
	}
	if (r != Z_STREAM_END)
		inner.flags |= SL_DEEP_CUT;
	(void)inflateEnd(&z);
	inner_end(&inner, 0, packed.len);
}

/* Records: version and instance, type, length. Macros and objects are compressed ExOleObjStg. */
static void
presentation(struct ole *o, size_t i, struct sl_slice s)
{
	size_t at = 0;
	unsigned number = 0;

	while (at + 8 <= s.len && !inspection_over(o->in)) {
		unsigned version = le16(s.ptr + at), type = le16(s.ptr + at + 2);
		size_t len = SL_MIN((size_t)le32(s.ptr + at + 4), s.len - at - 8);
		char name[32];

		if (type == 0x1011 && len > 4) {
			snprintf(name, sizeof(name), "object-%u", ++number);
			if (version >> 4 == 1)
				inflated(o->in, name, sl_slice(s.ptr + at + 12, len - 4));
			else
				inner_bytes(o->in, sl_slice_str(name), sl_slice(s.ptr + at + 8, len));
		}
		at += 8 + ((version & 15) == 15 ? 0 : len);	/* containers are walked into */
	}
}

/* An attachment of an Outlook message; its name is a stream beside it. */
static void
attachment(struct ole *o, size_t i, struct sl_slice s)
{
	static const char *const names[] = { "__substg1.0_3707001F", "__substg1.0_3704001F" };
	struct sl_buf name;

	if (!sl_slice_istarts(sl_slice_str(o->cfb.entries[o->cfb.entries[i].parent].name),
	    SL_SLICE_LIT("__attach_")))
		return;
	sl_buf_init(&name, SL_DEEP_NAME_MAX);
	for (size_t k = 0; k < SL_COUNT(names) && name.len == 0; k++) {
		long at = cfb_find(&o->cfb, o->cfb.entries[i].parent, names[k]);

		if (at >= 0) {
			struct sl_slice wide = cfb_read(&o->cfb, (size_t)at, 4096);

			wide_text(wide, SL_DEEP_NAME_MAX, &name);
			release(wide);
		}
	}
	inner_bytes(o->in, sl_buf_slice(&name), s);
	sl_buf_fini(&name);
}

/* ---- what may stand in any stream ---- */

/* URL monikers: class, length, UTF-16. */
static void
monikers(struct inspection *in, struct sl_slice s)
{
	static const unsigned char class[] = { 0xe0, 0xc9, 0xea, 0x79, 0xf9, 0xba, 0xce, 0x11, 0x8c, 0x82, 0x00,
		0xaa, 0x00, 0x4b, 0xa9, 0x0b };

	while (s.len > sizeof(class) + 4 && !inspection_over(in)) {
		const unsigned char *at = memmem(s.ptr, s.len - 4, class, sizeof(class));
		struct sl_buf url;

		if (at == NULL)
			return;
		s = sl_slice_from(s, (size_t)(at - s.ptr) + sizeof(class));
		if (s.len < 4)
			return;
		sl_buf_init(&url, SL_DEEP_URL_MAX);
		wide_text(sl_slice(s.ptr + 4, SL_MIN((size_t)le32(s.ptr), s.len - 4)), SL_DEEP_URL_MAX, &url);
		found_link(in, SL_DEEP_FROM_OLE_HYPERLINK, sl_buf_slice(&url));
		sl_buf_fini(&url);
	}
}

/* Fields of Word, in bytes or UTF-16: HYPERLINK "..." and DDEAUTO. */
static void
word_fields(struct inspection *in, struct sl_slice s, size_t step)
{
	static const char link[] = "HYPERLINK", dde[] = "DDEAUTO";

	for (size_t i = 0; i + (sizeof(link) + 2) * step < s.len && !in->over; i++) {
		const unsigned char *p = s.ptr + i;
		struct sl_buf text;
		size_t k = 0;

		if (*p != 'H' && *p != 'D')
			continue;
		while (k < 9 && p[k * step] == (*p == 'H' ? link : dde)[k] && (step == 1 || p[k * step + 1] == 0))
			k++;
		if (*p == 'D' && k == 7)
			found(in, SL_DEEP_OOXML_DDE, "%s", "Word");
		if (k != 9 || inspection_over(in))
			continue;
		sl_buf_init(&text, SL_DEEP_URL_MAX);
		for (size_t j = i + k * step; j + step <= s.len && text.len < SL_DEEP_URL_MAX; j += step) {
			if (s.ptr[j] == 0x14 || s.ptr[j] == 0x15 || s.ptr[j] == 0)
				break;
			sl_buf_add_byte(&text, s.ptr[j]);
		}
		find_urls(in, SL_DEEP_FROM_OLE_HYPERLINK, sl_buf_slice(&text));
		sl_buf_fini(&text);
	}
}

static const struct {
	const char	*name;
	void		(*does)(struct ole *o, size_t i, struct sl_slice bytes);
} streams[] = {
	{ "?Ole10Native", native },
	{ "Equation Native", equation },
	{ "Package", package },
	{ "CONTENTS", package },
	{ "?Ole", ole_stream },
	{ "WordDocument", word },
	{ "EncryptedPackage", encrypted },
	{ "EncryptedSummary", encrypted },
	{ "Workbook", workbook },
	{ "Book", workbook },
	{ "PowerPoint Document", presentation },
	{ "__substg1.0_37010102", attachment },
};

static void
classes(struct ole *o)
{
	static const unsigned char installer[] = { 0x84, 0x10, 0x0c, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46 };
	static const unsigned char equations[] = { 0x02, 0xce, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46 };

	for (size_t i = 0; i < o->cfb.len; i++) {
		const struct cfb_entry *e = &o->cfb.entries[i];

		if (memcmp(e->clsid, equations, 16) == 0)
			found(o->in, SL_DEEP_OLE_EQUATION, "%s", "by its class");
		if (i == 0 && e->clsid[0] >= 0x82 && e->clsid[0] <= 0x86 && e->clsid[0] != 0x83 && e->clsid[0] != 0x85 &&
		    memcmp(e->clsid + 1, installer + 1, 15) == 0)	/* MSI, MST, MSP */
			found(o->in, SL_DEEP_INSTALLER, "%s", "Windows Installer");
	}
}

static void
stream_inspect(struct ole *o, size_t i)
{
	struct sl_slice s = cfb_read(&o->cfb, i, STREAM_MAX);

	if (o->cfb.entries[i].size_bytes > STREAM_MAX)
		found(o->in, SL_DEEP_BUDGET, "a stream larger than %u MiB", STREAM_MAX >> 20);
	for (size_t k = 0; k < SL_COUNT(streams) && s.ptr != NULL; k++)
		if (cfb_is(&o->cfb, i, streams[k].name))
			streams[k].does(o, i, s);
	monikers(o->in, s);
	if (cfb_is(&o->cfb, i, "WordDocument")) {
		word_fields(o->in, s, 1);
		word_fields(o->in, s, 2);
	}
	release(s);
}

void
ole_inspect(struct inspection *in, struct sl_slice bytes)
{
	struct ole o = { .in = in };

	if (!cfb_init(&o.cfb, in, bytes)) {
		found(in, SL_DEEP_OLE_DAMAGED, "%s", "");
		cfb_fini(&o.cfb);
		return;
	}
	classes(&o);
	for (size_t i = 1; i < o.cfb.len && !inspection_over(in); i++) {
		if (o.cfb.entries[i].type != 2)
			continue;
		if (cfb_is(&o.cfb, i, "dir"))
			project(&o, i);
		else
			stream_inspect(&o, i);
	}
	if (o.cfb.damaged)
		found(in, SL_DEEP_OLE_DAMAGED, "%s", "a stream ends early");
	cfb_fini(&o.cfb);
}
