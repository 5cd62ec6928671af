/* zip_kind.c - see attach/zip_kind.h */

#include "attach/zip_kind.h"

enum seen {
	CONTENT_TYPES = 1 << 0, RELS = 1 << 1, WORD = 1 << 2, EXCEL = 1 << 3, POWERPOINT = 1 << 4, VISIO = 1 << 5,
	WORKBOOK_BIN = 1 << 6, VBA = 1 << 7, MACRO_SHEET = 1 << 8, JAVA = 1 << 9, ANDROID = 1 << 10, APPX = 1 << 11,
	XPS = 1 << 12, ODF_BASIC = 1 << 13,
};

/* Names in lower case; a prefix ends in '/', a suffix starts with "*". */
static const struct {
	const char	*name;
	unsigned	 seen;
} names[] = {
	{ "[content_types].xml", CONTENT_TYPES },
	{ "_rels/.rels", RELS },
	{ "word/", WORD },
	{ "xl/", EXCEL },
	{ "ppt/", POWERPOINT },
	{ "visio/", VISIO },
	{ "xl/workbook.bin", WORKBOOK_BIN },
	{ "*vbaproject.bin", VBA },
	{ "xl/macrosheets/", MACRO_SHEET },
	{ "meta-inf/manifest.mf", JAVA },
	{ "androidmanifest.xml", ANDROID },
	{ "classes.dex", ANDROID },
	{ "appxmanifest.xml", APPX },
	{ "appxblockmap.xml", APPX },
	{ "fixeddocseq.fdseq", XPS },
	{ "fixeddocumentsequence.fdseq", XPS },
	{ "basic/", ODF_BASIC },
	{ "scripts/", ODF_BASIC },
};

static const struct {
	const char	*mime;
	enum sl_type	 type;
} mimetypes[] = {	/* the longer first */
	{ "application/vnd.oasis.opendocument.text", SL_TYPE_ODT },
	{ "application/vnd.oasis.opendocument.spreadsheet", SL_TYPE_ODS },
	{ "application/vnd.oasis.opendocument.presentation", SL_TYPE_ODP },
	{ "application/vnd.oasis.opendocument.base", SL_TYPE_ODB },
	{ "application/vnd.oasis.opendocument", SL_TYPE_ODF },
	{ "application/vnd.sun.xml.writer", SL_TYPE_ODT },
	{ "application/vnd.sun.xml.calc", SL_TYPE_ODS },
	{ "application/vnd.sun.xml.impress", SL_TYPE_ODP },
	{ "application/epub+zip", SL_TYPE_EPUB },
	{ "application/hwp+zip", SL_TYPE_HWP },
};

static bool
fits(struct sl_slice name, struct sl_slice pattern)
{
	if (pattern.ptr[0] == '*') {
		pattern = sl_slice_from(pattern, 1);
		return name.len >= pattern.len && sl_slice_ieq(sl_slice_from(name, name.len - pattern.len), pattern);
	}
	if (pattern.ptr[pattern.len - 1] == '/')
		return sl_slice_istarts(name, pattern);
	return sl_slice_ieq(name, pattern);
}

void
sl_zip_kind_name(struct sl_zip_kind *kind, struct sl_slice name)
{
	kind->has_entries = true;
	for (size_t i = 0; i < SL_COUNT(names); i++)
		if ((kind->seen & names[i].seen) == 0 && fits(name, sl_slice_str(names[i].name)))
			kind->seen |= names[i].seen;
}

void
sl_zip_kind_mimetype(struct sl_zip_kind *kind, struct sl_slice content)
{
	for (size_t i = 0; i < SL_COUNT(mimetypes) && kind->mimetype == SL_TYPE_UNKNOWN; i++)
		if (sl_slice_istarts(content, sl_slice_str(mimetypes[i].mime)))
			kind->mimetype = mimetypes[i].type;
}

bool
sl_zip_kind_macros(const struct sl_zip_kind *kind)
{
	if (kind->seen & (VBA | MACRO_SHEET))
		return true;
	return (kind->seen & ODF_BASIC) != 0 && kind->mimetype != SL_TYPE_UNKNOWN &&
	    kind->mimetype != SL_TYPE_EPUB;
}

static enum sl_type
office_type(unsigned seen)
{
	bool macros = (seen & (VBA | MACRO_SHEET)) != 0;

	if (seen & WORD)
		return macros ? SL_TYPE_DOCM : SL_TYPE_DOCX;
	if (seen & WORKBOOK_BIN)
		return SL_TYPE_XLSB;
	if (seen & EXCEL)
		return macros ? SL_TYPE_XLSM : SL_TYPE_XLSX;
	if (seen & POWERPOINT)
		return macros ? SL_TYPE_PPTM : SL_TYPE_PPTX;
	return seen & VISIO ? SL_TYPE_VSDX : SL_TYPE_OOXML;
}

enum sl_type
sl_zip_kind_type(const struct sl_zip_kind *kind)
{
	unsigned seen = kind->seen;

	if (kind->mimetype != SL_TYPE_UNKNOWN)
		return kind->mimetype;
	if (seen & ANDROID)
		return SL_TYPE_APK;
	if (seen & APPX)
		return SL_TYPE_MSIX;
	if (seen & XPS)
		return SL_TYPE_XPS;
	if (seen & (CONTENT_TYPES | RELS))
		return office_type(seen);
	if (seen & JAVA)
		return SL_TYPE_JAR;
	return SL_TYPE_ZIP;
}
