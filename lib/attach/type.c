/* type.c - see attach/type.h */

#include "attach/type.h"

#define RUNS	SL_FLAG_RUNS
#define MACROS	SL_FLAG_MACROS
#define HOLDS	SL_FLAG_HOLDS
#define ACTIVE	SL_FLAG_ACTIVE

static const struct type {
	const char	*mime;
	size_t		 mime_len;
	const char	*text;
	enum sl_family	 family;
	unsigned	 flags;
} types[SL_TYPE_COUNT] = {
#define TYPE_ROW(id, mime, family, flags, text) { mime, sizeof(mime) - 1, text, SL_FAMILY_##family, flags },
	SL_TYPES(TYPE_ROW)
#undef TYPE_ROW
};

/* Other names of MIME types, as mail programs give them. */
static const struct alias {
	const char	*mime;
	size_t		 len;
	enum sl_type	 type;
} aliases[] = {
#define ALIAS(mime, id) { mime, sizeof(mime) - 1, SL_TYPE_##id }
	ALIAS("application/csv", CSV),
	ALIAS("application/download", UNKNOWN),
	ALIAS("application/ecmascript", JS),
	ALIAS("application/excel", XLS),
	ALIAS("application/exe", PE),
	ALIAS("application/force-download", UNKNOWN),
	ALIAS("application/ics", CALENDAR),
	ALIAS("application/java-vm", CLASS),
	ALIAS("application/javascript", JS),
	ALIAS("application/ms-tnef", TNEF),
	ALIAS("application/msexcel", XLS),
	ALIAS("application/mspowerpoint", PPT),
	ALIAS("application/onenote-file", ONENOTE),
	ALIAS("application/pgp", PGP_MESSAGE),
	ALIAS("application/powerpoint", PPT),
	ALIAS("application/rtf", RTF),
	ALIAS("application/vnd.ms-office", CFB),
	ALIAS("application/vnd.ms-word", DOC),
	ALIAS("application/x-7z", 7Z),
	ALIAS("application/x-bzip", BZIP2),
	ALIAS("application/x-chm", CHM),
	ALIAS("application/x-download", UNKNOWN),
	ALIAS("application/x-elf", ELF),
	ALIAS("application/x-exe", PE),
	ALIAS("application/x-gtar", TAR),
	ALIAS("application/x-gzip", GZIP),
	ALIAS("application/x-iso-image", ISO),
	ALIAS("application/x-javascript", JS),
	ALIAS("application/x-ms-dos-executable", PE),
	ALIAS("application/x-msdos-program", PE),
	ALIAS("application/x-msdownload", PE),
	ALIAS("application/x-object", ELF),
	ALIAS("application/x-patch", PATCH),
	ALIAS("application/x-pdf", PDF),
	ALIAS("application/x-perl", PERL),
	ALIAS("application/x-pkcs7-mime", PKCS7),
	ALIAS("application/x-pkcs7-signature", PKCS7_SIG),
	ALIAS("application/x-python", PYTHON),
	ALIAS("application/x-rar", RAR),
	ALIAS("application/x-rar-compressed", RAR),
	ALIAS("application/x-sh", SHELL),
	ALIAS("application/x-sharedlib", ELF),
	ALIAS("application/x-shellscript", SHELL),
	ALIAS("application/x-shockwave-flash", SWF),
	ALIAS("application/x-tgz", GZIP),
	ALIAS("application/x-windows-installer", MSI),
	ALIAS("application/x-x509-ca-cert", CERT),
	ALIAS("application/x-x509-user-cert", CERT),
	ALIAS("application/x-zip", ZIP),
	ALIAS("application/x-zip-compressed", ZIP),
	ALIAS("application/xhtml+xml", HTML),
	ALIAS("application/xml", XML),
	ALIAS("application/zip-compressed", ZIP),
	ALIAS("audio/mp3", MP3),
	ALIAS("audio/mpg", MP3),
	ALIAS("audio/vnd.wave", WAV),
	ALIAS("audio/wave", WAV),
	ALIAS("audio/x-aiff", AIFF),
	ALIAS("audio/x-m4a", M4A),
	ALIAS("audio/x-midi", MIDI),
	ALIAS("audio/x-ms-wma", ASF),
	ALIAS("audio/x-wav", WAV),
	ALIAS("image/heif", HEIC),
	ALIAS("image/icon", ICO),
	ALIAS("image/jpe", JPEG),
	ALIAS("image/jpg", JPEG),
	ALIAS("image/pjpeg", JPEG),
	ALIAS("image/svg", SVG),
	ALIAS("image/tif", TIFF),
	ALIAS("image/x-bmp", BMP),
	ALIAS("image/x-emf", EMF),
	ALIAS("image/x-icon", ICO),
	ALIAS("image/x-ms-bmp", BMP),
	ALIAS("image/x-png", PNG),
	ALIAS("image/x-wmf", WMF),
	ALIAS("message/global", MAIL),
	ALIAS("message/news", MAIL),
	ALIAS("text/directory", VCARD),
	ALIAS("text/ecmascript", JS),
	ALIAS("text/richtext", TEXT),
	ALIAS("text/x-csv", CSV),
	ALIAS("text/x-patch", PATCH),
	ALIAS("text/x-python", PYTHON),
	ALIAS("text/x-sh", SHELL),
	ALIAS("text/x-vcalendar", CALENDAR),
	ALIAS("text/x-vcard", VCARD),
	ALIAS("video/avi", AVI),
	ALIAS("video/msvideo", AVI),
	ALIAS("video/x-ms-wmv", ASF),
#undef ALIAS
};

static const char *const family_names[SL_FAMILY_COUNT] = {
#define FAMILY_NAME(id, name) name,
	SL_FAMILIES(FAMILY_NAME)
#undef FAMILY_NAME
};

const char *
sl_family_name(enum sl_family family)
{
	SL_ASSERT(family < SL_FAMILY_COUNT);
	return family_names[family];
}

static const struct type *
type_row(enum sl_type type)
{
	SL_ASSERT(type < SL_TYPE_COUNT);
	return &types[type];
}

const char *
sl_type_mime(enum sl_type type)
{
	return type_row(type)->mime;
}

const char *
sl_type_text(enum sl_type type)
{
	return type_row(type)->text;
}

enum sl_family
sl_type_family(enum sl_type type)
{
	return type_row(type)->family;
}

unsigned
sl_type_flags(enum sl_type type)
{
	return type_row(type)->flags;
}

/* Without parameters and the blanks around. */
static struct sl_slice
bare(struct sl_slice mime)
{
	const unsigned char *semicolon = mime.len == 0 ? NULL : memchr(mime.ptr, ';', mime.len);

	if (semicolon != NULL)
		mime.len = (size_t)(semicolon - mime.ptr);
	return sl_slice_trim(mime);
}

enum sl_type
sl_type_of_mime(struct sl_slice mime)
{
	mime = bare(mime);
	for (size_t i = 0; i < SL_COUNT(aliases); i++)
		if (aliases[i].len == mime.len &&
		    sl_slice_ieq(mime, sl_slice(aliases[i].mime, aliases[i].len)))
			return aliases[i].type;
	for (size_t i = SL_TYPE_PE; i < SL_TYPE_COUNT; i++)
		if (types[i].mime_len == mime.len &&
		    sl_slice_ieq(mime, sl_slice(types[i].mime, types[i].mime_len)))
			return (enum sl_type)i;
	return SL_TYPE_UNKNOWN;
}

enum sl_family
sl_family_of_mime(struct sl_slice mime)
{
	static const struct {
		const char	*prefix;
		enum sl_family	 family;
	} tops[] = {
		{ "image/", SL_FAMILY_IMAGE }, { "audio/", SL_FAMILY_AUDIO },
		{ "video/", SL_FAMILY_VIDEO }, { "font/", SL_FAMILY_FONT },
		{ "text/", SL_FAMILY_TEXT }, { "message/", SL_FAMILY_MAIL },
	};
	enum sl_type type = sl_type_of_mime(mime);

	if (type != SL_TYPE_UNKNOWN)
		return types[type].family;
	mime = bare(mime);
	for (size_t i = 0; i < SL_COUNT(tops); i++)
		if (sl_slice_istarts(mime, sl_slice_str(tops[i].prefix)))
			return tops[i].family;
	return SL_FAMILY_UNKNOWN;
}
