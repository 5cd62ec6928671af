/* agree.c - see attach/agree.h */

#include "attach/agree.h"

static const struct {
	const char	*name, *text;
} finding_rows[SL_AGREE_FINDING_COUNT] = {
#define FINDING_ROW(id, name, text) { name, text },
	SL_AGREE_FINDINGS(FINDING_ROW)
#undef FINDING_ROW
};

const char *
sl_agree_finding_name(enum sl_agree_finding finding)
{
	SL_ASSERT(finding < SL_AGREE_FINDING_COUNT);
	return finding_rows[finding].name;
}

const char *
sl_agree_finding_text(enum sl_agree_finding finding)
{
	SL_ASSERT(finding < SL_AGREE_FINDING_COUNT);
	return finding_rows[finding].text;
}

/* Families that honest programs confuse: they are one kind. A program's source is text, a page may
 * be saved as text, a message is text, a patch is mail, sound and film share containers; documents are
 * ZIP and OLE2 files, and e-mail programs pack them. */
enum kind { NONE, PROGRAM, TEXTUAL, PICTURE, SOUND, PACKED, OTHER };

static enum kind
family_kind(enum sl_family family)
{
	static const enum kind kinds[SL_FAMILY_COUNT] = {
		[SL_FAMILY_UNKNOWN] = NONE, [SL_FAMILY_EXECUTABLE] = PROGRAM, [SL_FAMILY_SCRIPT] = TEXTUAL,
		[SL_FAMILY_SHORTCUT] = NONE, [SL_FAMILY_DISK_IMAGE] = PROGRAM, [SL_FAMILY_ARCHIVE] = PACKED,
		[SL_FAMILY_DOCUMENT] = PACKED, [SL_FAMILY_IMAGE] = PICTURE, [SL_FAMILY_AUDIO] = SOUND,
		[SL_FAMILY_VIDEO] = SOUND, [SL_FAMILY_FONT] = OTHER, [SL_FAMILY_TEXT] = TEXTUAL,
		[SL_FAMILY_HTML] = TEXTUAL, [SL_FAMILY_MAIL] = TEXTUAL, [SL_FAMILY_CERTIFICATE] = NONE,
	};

	return kinds[family];
}

/* Does it run, or open as a drive whose files run? */
static bool
runs(enum sl_family family, unsigned flags)
{
	return (flags & SL_FLAG_RUNS) != 0 || family == SL_FAMILY_EXECUTABLE || family == SL_FAMILY_DISK_IMAGE;
}

/* Content that runs, for certain: words of a script alone may be of a text about it. */
static bool
content_runs(const struct sl_sniffed *content)
{
	return content->strong && content->family != SL_FAMILY_SCRIPT &&
	    runs(content->family, sl_type_flags(content->type));
}

/* A promise of something harmless: an unknown one is no promise. */
static bool
promises_harmless(enum sl_family family, unsigned flags)
{
	return family != SL_FAMILY_UNKNOWN && !runs(family, flags) && family != SL_FAMILY_SCRIPT;
}

/* Can the content be what a promise of `family` says? */
static bool
differs(const struct sl_sniffed *content, enum sl_type type, enum sl_family family)
{
	enum kind said = family_kind(family), is = family_kind(content->family);

	if (said == NONE || is == NONE || said == is || type == content->type)
		return false;
	/* a drawing is XML, a program's text may be sent as anything */
	if (content->type == SL_TYPE_SVG && said == TEXTUAL)
		return false;
	/* documents that are text: RTF, PostScript, TeX, spreadsheets in HTML, Word's XML */
	if (said == PACKED && is == TEXTUAL)
		return family == SL_FAMILY_ARCHIVE;
	return !(said == TEXTUAL && content->text != SL_SNIFF_BINARY);
}

unsigned
sl_agree_check(const struct sl_sniffed *content, const struct sl_name *name, struct sl_slice declared)
{
	enum sl_type declared_type = sl_type_of_mime(declared);
	enum sl_family declared_family = sl_family_of_mime(declared);
	unsigned declared_flags = sl_type_flags(declared_type), findings = 0;
	bool name_harmless = promises_harmless(name->shown_family,
	    name->shown_family == name->family ? name->flags : 0);
	bool declared_harmless = promises_harmless(declared_family, declared_flags);

	if (content_runs(content)) {
		if (name_harmless)
			findings |= SL_AGREE_BIT(NAME_HIDES);
		if (declared_harmless)
			findings |= SL_AGREE_BIT(TYPE_HIDES);
	}
	if (content->also != SL_TYPE_UNKNOWN)
		findings |= SL_AGREE_BIT(POLYGLOT);
	/* sources are sent as text, and a program packed in ZIP as one */
	if (declared_harmless && runs(name->family, name->flags) && family_kind(declared_family) != TEXTUAL &&
	    name->family != SL_FAMILY_SCRIPT && declared_type != SL_TYPE_ZIP)
		findings |= SL_AGREE_BIT(TYPE_HIDES_NAME);
	if ((findings & SL_AGREE_BIT(NAME_HIDES)) == 0 && differs(content, name->type, name->family))
		findings |= SL_AGREE_BIT(NAME_DIFFERS);
	if ((findings & SL_AGREE_BIT(TYPE_HIDES)) == 0 && differs(content, declared_type, declared_family))
		findings |= SL_AGREE_BIT(TYPE_DIFFERS);
	return findings;
}
