/* sniff.c - see sniff.h */

#include "sniff.h"

static const struct {
	const char	*name;
	enum sniff_way	 way;
} types[SNIFFED_COUNT] = {
#define ROW(id, name, way) [SNIFFED_##id] = { name, WAY_##way },
	SNIFFED(ROW)
#undef ROW
};

#define AT(offset, text, type) { offset, sizeof(text) - 1, text, SNIFFED_##type }
static const struct {
	size_t		 offset;
	size_t		 len;
	const char	*text;
	enum sniffed	 type;
} signatures[] = {		/* the first that matches */
	AT(0, "PK\003\004", ZIP),
	AT(0, "PK\005\006", ZIP),
	AT(0, "PK00PK\003\004", ZIP),
	AT(0, "Rar!\x1a\x07", RAR),
	AT(0, "7z\xbc\xaf\x27\x1c", SEVENZIP),
	AT(0, "\x1f\x8b\x08", GZIP),
	AT(0, "BZh", BZIP2),
	AT(0, "\xfd" "7zXZ\0", XZ),
	AT(0, "\x28\xb5\x2f\xfd", ZSTD),
	AT(0, "\x04\x22\x4d\x18", LZ4),
	AT(0, "LZIP", LZIP),
	AT(0, "\x1f\x9d", COMPRESS),
	AT(0, "\x5d\0\0", LZMA),
	AT(0, "MSCF\0\0\0\0", CAB),
	AT(2, "-lh", LHA),
	AT(2, "-lz", LHA),
	AT(0, "!<arch>\n", AR),
	AT(0, "070701", CPIO),
	AT(0, "070702", CPIO),
	AT(0, "070707", CPIO),
	AT(0, "\xc7\x71", CPIO),
	AT(0, "\x71\xc7", CPIO),
	AT(0, "SZDD\x88\xf0\x27\x33", SZDD),
	AT(257, "ustar", TAR),
	AT(0x8001, "CD001", ISO),
	AT(0x8001, "BEA01", ISO),
	AT(0, "xar!", XAR),
	AT(0, "\x60\xea", ARJ),
	AT(7, "**ACE**", ACE),
	AT(0, "vhdxfile", VHD),
	AT(0, "conectix", VHD),
	AT(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
	AT(0, "{\\rt", RTF),
	AT(0, "%PDF-", PDF),
	AT(0, "\x89PNG\r\n\x1a\n", PNG),
	AT(0, "\xff\xd8\xff", JPEG),
	AT(0, "GIF8", GIF),
	AT(0, "BM", BMP),
	AT(0, "II*\0", TIFF),
	AT(0, "MM\0*", TIFF),
	AT(8, "WEBP", WEBP),
	AT(0, "L\0\0\0\x01\x14\x02\0", LNK),
	AT(0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", ONENOTE),
	AT(0, "\x78\x9f\x3e\x22", TNEF),
	AT(0, "ITSF", CHM),
	AT(0, "FWS", SWF),
	AT(0, "CWS", SWF),
	AT(0, "ZWS", SWF),
	AT(0, "MZ", PE),
	AT(0, "\x7f" "ELF", ELF),
	AT(0, "\xfe\xed\xfa\xce", MACHO),
	AT(0, "\xfe\xed\xfa\xcf", MACHO),
	AT(0, "\xce\xfa\xed\xfe", MACHO),
	AT(0, "\xcf\xfa\xed\xfe", MACHO),
	AT(0, "\xca\xfe\xba\xbe", CLASS),
	AT(0, "#!", SCRIPT),
};

static const char *const program_endings[] = { "ade", "adp", "apk", "app", "appinstaller", "application",
	"appref-ms", "bat", "cmd", "com", "cpl", "diagcab", "dll", "exe", "gadget", "hta", "inf", "ins",
	"iqy", "jar", "jnlp", "js", "jse", "lnk", "mde", "msc", "msi", "msix", "msp", "mst", "pif", "ppkg",
	"ps1", "psm1", "rdp", "reg", "scf", "scr", "sct", "settingcontent-ms", "slk", "theme", "url", "vb",
	"vbe", "vbs", "wll", "ws", "wsc", "wsf", "wsh", "xbap", "xll", "xnk" };

const char *
sniffed_name(enum sniffed type)
{
	return types[type].name;
}

enum sniff_way
sniffed_way(enum sniffed type)
{
	return types[type].way;
}

static bool
contains(struct sl_slice s, const char *text)
{
	return s.len > 0 && memmem(s.ptr, s.len, text, strlen(text)) != NULL;
}

/* Which kind of document a ZIP holds, by the names in its first local headers. */
static enum sniffed
zip_kind(struct sl_slice head)
{
	if (contains(head, "[Content_Types].xml") || contains(head, "_rels/.rels"))
		return SNIFFED_OOXML;
	if (contains(head, "mimetypeapplication/vnd.oasis.opendocument"))
		return SNIFFED_ODF;
	return contains(head, "META-INF/MANIFEST.MF") ? SNIFFED_JAR : SNIFFED_ZIP;
}

/* Old tar without a magic: the checksum of its first block. */
static bool
is_old_tar(struct sl_slice b)
{
	unsigned sum = 8 * ' ', said = 0;

	if (b.len < 512 || b.ptr[0] == '\0')
		return false;
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? 0 : b.ptr[i];
	for (size_t i = 148; i < 156; i++)
		if (b.ptr[i] >= '0' && b.ptr[i] <= '7')
			said = said * 8 + (unsigned)(b.ptr[i] - '0');
	return said == sum;
}

static bool
istarts(struct sl_slice s, const char *text)
{
	return sl_slice_istarts(s, sl_slice_str(text));
}

/* Does it begin with a header field that mail has? */
static bool
is_mail(struct sl_slice s)
{
	static const char *const fields[] = { "Received:", "Return-Path:", "From:", "To:", "Subject:",
		"Date:", "Message-ID:", "MIME-Version:", "Delivered-To:", "X-Sender:", "DKIM-Signature:",
		"From ", "Content-Type:" };

	for (size_t i = 0; i < SL_COUNT(fields); i++)
		if (istarts(s, fields[i]))
			return true;
	return false;
}

static bool
is_text(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 && memchr("\t\r\n\f\x1b", s.ptr[i], 5) == NULL)
			return false;
	return true;
}

static enum sniffed
text_kind(struct sl_slice s)
{
	static const char *const html[] = { "<!doctype html", "<html", "<head", "<body", "<script",
		"<iframe", "<svg", "<a ", "<table", "<meta", "<title" };

	if (s.len >= 3 && memcmp(s.ptr, "\xef\xbb\xbf", 3) == 0)
		s = sl_slice_from(s, 3);
	s = sl_slice_trim(sl_slice(s.ptr, SL_MIN(s.len, (size_t)1024)));
	for (size_t i = 0; i < SL_COUNT(html); i++)
		if (istarts(s, html[i]))
			return SNIFFED_HTML;
	if (istarts(s, "<?xml"))
		return SNIFFED_XML;
	if (istarts(s, "[InternetShortcut]") || istarts(s, "[{000214A0"))
		return SNIFFED_URL_FILE;
	if (istarts(s, "BEGIN:VCALENDAR"))
		return SNIFFED_ICS;
	if (is_mail(s))
		return SNIFFED_EML;
	return is_text(s) ? SNIFFED_TEXT : SNIFFED_UNKNOWN;
}

enum sniffed
helper_sniff(struct sl_slice bytes)
{
	struct sl_slice head = sl_slice(bytes.ptr, SL_MIN(bytes.len, (size_t)4096));

	if (bytes.len == 0)
		return SNIFFED_EMPTY;
	for (size_t i = 0; i < SL_COUNT(signatures); i++) {
		size_t end = signatures[i].offset + signatures[i].len;

		if (end > bytes.len ||
		    memcmp(bytes.ptr + signatures[i].offset, signatures[i].text, signatures[i].len) != 0)
			continue;
		return signatures[i].type == SNIFFED_ZIP ? zip_kind(head) : signatures[i].type;
	}
	/* Readers of PDF look for its mark in the first 1024 bytes. */
	if (contains(sl_slice(head.ptr, SL_MIN(head.len, (size_t)1024)), "%PDF-"))
		return SNIFFED_PDF;
	if (is_old_tar(bytes))
		return SNIFFED_TAR;
	return text_kind(head);
}

bool
name_is_program(struct sl_slice name)
{
	size_t dot;

	while (name.len > 0 && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == ' '))
		name.len--;	/* as Windows does */
	for (dot = name.len; dot > 0 && name.ptr[dot - 1] != '.' && name.ptr[dot - 1] != '/'; dot--)
		;
	if (dot == 0 || name.ptr[dot - 1] != '.')
		return false;
	for (size_t i = 0; i < SL_COUNT(program_endings); i++)
		if (sl_slice_ieq(sl_slice_from(name, dot), sl_slice_str(program_endings[i])))
			return true;
	return false;
}
