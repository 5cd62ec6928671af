/* sniff_check.c - a closer look at what signatures suggest */

#include "attach/byte_i.h"
#include "attach/sniff_i.h"
#include "attach/zip_kind.h"

#include <ctype.h>

#define ZIP_LOCAL	30	/* bytes of a local header before its name */

/* The byte at `at`; 0 past the end. */
static unsigned
byte(const struct sl_sniff *s, size_t at)
{
	return at < s->len ? s->head[at] : 0;
}

static bool
has_at(const struct sl_sniff *s, size_t at, const char *text, size_t len)
{
	return s->len >= at + len && memcmp(s->head + at, text, len) == 0;
}

#define HAS_AT(s, at, text)	has_at(s, at, text, sizeof(text) - 1)
#define HEAD_HAS(s, text)	sniff_has(sniff_head(s), text, sizeof(text) - 1)

/* Controls that text does not have, as bits of a 32-bit set: all but BS, HT, LF, VT, FF, CR, SUB, ESC. */
#define TEXTLESS	(0xffffffffu & ~(1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | \
			    1u << 26 | 1u << 27))

bool
sniff_is_text(const struct sl_sniff *s)
{
	size_t len = SL_MIN(s->len, (size_t)512);

	for (size_t i = 0; i < len; i++)
		if (s->head[i] < 32 ? (TEXTLESS >> s->head[i] & 1) != 0 : s->head[i] == 0x7f)
			return false;
	return true;
}

enum sl_type
check_binary(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return sniff_is_text(s) ? SL_TYPE_UNKNOWN : type;
}

enum sl_type
check_mz(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	uint32_t place;

	if (sniff_is_text(s))
		return SL_TYPE_UNKNOWN;
	*strength = STRONG;
	if (s->len < 64)
		return SL_TYPE_DOS;
	place = le32(s->head + 60);
	if (place < s->len)
		return HAS_AT(s, place, "PE\0\0") || HAS_AT(s, place, "NE") || HAS_AT(s, place, "LE")
		    ? SL_TYPE_PE : SL_TYPE_DOS;
	/* behind the head: the place is plausible, and the old header has what linkers write */
	return place < 0x1000000 && le16(s->head + 24) >= 0x40 ? SL_TYPE_PE : SL_TYPE_DOS;
}

/* A Java class, or programs of macOS for several processors: these are fewer than Java's versions. */
enum sl_type
check_cafebabe(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return s->len >= 8 && be32(s->head + 4) < 40 ? SL_TYPE_MACHO : SL_TYPE_CLASS;
}

enum sl_type
check_pyc(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	/* the magic numbers of Python 2.7 to 3.14 */
	return !sniff_is_text(s) && byte(s, 1) >= 0x0c && byte(s, 1) <= 0x0f ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_swf(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return byte(s, 3) > 0 && byte(s, 3) < 60 && s->len > 8 && le32(s->head + 4) > 8 &&
	    !sniff_is_text(s) ? type : SL_TYPE_UNKNOWN;
}

/* "#@~^" and a length in base64 (Windows Script Encoder). */
enum sl_type
check_jse(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return HAS_AT(s, 10, "==") ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_bplist(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return HEAD_HAS(s, "URL") && s->at < 2048 ? type : SL_TYPE_UNKNOWN;
}

/* A master boot record: four partitions that are empty or plausible; or a FAT or NTFS boot sector. */
enum sl_type
check_boot_sector(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	unsigned used = 0;

	if ((byte(s, 0) == 0xeb || byte(s, 0) == 0xe9) &&
	    (HAS_AT(s, 3, "NTFS    ") || HAS_AT(s, 54, "FAT") || HAS_AT(s, 82, "FAT32") || HAS_AT(s, 3, "EXFAT"))) {
		*strength = STRONG;
		return type;
	}
	for (size_t i = 446; i < 510; i += 16) {
		const unsigned char *partition = s->head + i;

		if ((partition[0] & 0x7f) != 0)
			return SL_TYPE_UNKNOWN;
		used += partition[4] != 0 && le32(partition + 12) != 0;
	}
	return used > 0 ? type : SL_TYPE_UNKNOWN;
}

/* The entries that lie in the head tell what it is. */
enum sl_type
check_zip(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	struct sl_zip_kind kind = { 0 };
	size_t at = 0;

	while (at + ZIP_LOCAL < s->len && HAS_AT(s, at, "PK\x03\x04")) {
		const unsigned char *h = s->head + at;
		size_t name_len = le16(h + 26), data = at + ZIP_LOCAL + name_len + le16(h + 28);
		struct sl_slice name;
		const unsigned char *next;

		if (at + ZIP_LOCAL + name_len > s->len)
			break;
		name = sl_slice(h + ZIP_LOCAL, name_len);
		sl_zip_kind_name(&kind, name);
		if (at == 0 && le16(h + 8) == 0 && sl_slice_eq(name, SL_SLICE_LIT("mimetype")) && data < s->len)
			sl_zip_kind_mimetype(&kind, sl_slice(s->head + data, s->len - data));
		at = data;
		if (le32(h + 18) < SL_SNIFF_HEAD && le32(h + 18) > 0)
			at += le32(h + 18);
		else if (le16(h + 6) & 8 && data < s->len &&	/* its size comes after it */
		    (next = memmem(s->head + data, s->len - data, "PK\x03\x04", 4)) != NULL)
			at = (size_t)(next - s->head);
		else if (le32(h + 18) > 0)
			break;
	}
	return sl_zip_kind_type(&kind);
}

enum sl_type
check_bzip2(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	if (byte(s, 3) < '1' || byte(s, 3) > '9' ||
	    !(HAS_AT(s, 4, "1AY&SY") || HAS_AT(s, 4, "\x17\x72\x45\x38\x50\x90")))
		return SL_TYPE_UNKNOWN;
	*strength = STRONG;
	return type;
}

/* 5D, a dictionary of a power of two, a size: unknown, or below 1 TiB. */
enum sl_type
check_lzma(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return s->len >= 14 && (s->head[3] & (s->head[3] - 1)) == 0 && s->head[4] <= 4 &&
	    (le64(s->head + 5) == UINT64_MAX || le64(s->head + 5) < UINT64_C(1) << 40) && s->head[13] == 0
	    ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_arj(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return s->len > 11 && le16(s->head + 2) <= 2600 && byte(s, 5) <= 11 && byte(s, 7) <= 11 &&
	    byte(s, 10) == 2 ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_lzh(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	if (byte(s, 6) != '-' || !isalnum((int)byte(s, 5)))
		return SL_TYPE_UNKNOWN;
	*strength = STRONG;
	return type;
}

enum sl_type
check_cpio(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	for (size_t i = 6; i < 70; i++)
		if (!isxdigit((int)byte(s, i)))
			return SL_TYPE_UNKNOWN;
	return type;
}

enum sl_type
check_ar(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return HAS_AT(s, 8, "debian-binary") ? SL_TYPE_DEB : type;
}

/* SEA's ARC: a method, a DOS name, a size. */
enum sl_type
check_arc(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	bool ended = false;

	if (byte(s, 1) == 0 || byte(s, 1) > 11 || s->len < 29)
		return SL_TYPE_UNKNOWN;
	for (size_t i = 2; i < 15; i++) {
		if (!ended && s->head[i] != 0 && (s->head[i] < 0x21 || s->head[i] > 0x7e))
			return SL_TYPE_UNKNOWN;
		ended = ended || s->head[i] == 0;
	}
	return ended && byte(s, 2) != 0 ? type : SL_TYPE_UNKNOWN;
}

/* Is `name` (ASCII) in `in`, as UTF-16LE, with its end? */
static bool
has_wide(struct sl_slice in, const char *name)
{
	char wide[64];
	size_t len = 0;

	for (; *name != '\0'; name++) {
		wide[len++] = *name;
		wide[len++] = '\0';
	}
	wide[len++] = '\0';
	wide[len++] = '\0';
	return sniff_has(in, wide, len);
}

/* A class of the root entry, or the names of streams ([MS-DOC], [MS-XLS], [MS-PPT], [MS-OXMSG]). */
static enum sl_type
directory_type(struct sl_slice in)
{
	static const struct {
		const char	*class_id;	/* without the end that most share */
		enum sl_type	 type;
	} classes[] = {
		{ "\x06\x09\x02\0", SL_TYPE_DOC }, { "\0\x09\x02\0", SL_TYPE_DOC },
		{ "\x10\x08\x02\0", SL_TYPE_XLS }, { "\x20\x08\x02\0", SL_TYPE_XLS },
		{ "\x84\x10\x0c\0", SL_TYPE_MSI }, { "\x86\x10\x0c\0", SL_TYPE_MSI },
		{ "\x0b\x0d\x02\0", SL_TYPE_OUTLOOK }, { "\x14\x1a\x02\0", SL_TYPE_VSD },
	};
	static const struct {
		const char	*name;
		enum sl_type	 type;
	} streams[] = {
		{ "WordDocument", SL_TYPE_DOC }, { "Workbook", SL_TYPE_XLS }, { "Book", SL_TYPE_XLS },
		{ "PowerPoint Document", SL_TYPE_PPT }, { "VisioDocument", SL_TYPE_VSD },
		{ "__properties_version1.0", SL_TYPE_OUTLOOK }, { "__nameid_version1.0", SL_TYPE_OUTLOOK },
		{ "EncryptedPackage", SL_TYPE_OOXML_ENCRYPTED }, { "EncryptionInfo", SL_TYPE_OOXML_ENCRYPTED },
		{ "HwpSummaryInformation", SL_TYPE_HWP }, { "Quill", SL_TYPE_PUB },
	};

	for (size_t i = 0; in.len >= 96 && i < SL_COUNT(classes); i++) {
		/* the old ids of OLE: {000xxxxx-0000-0000-C000-000000000046} */
		if (memcmp(in.ptr + 80, classes[i].class_id, 4) == 0 &&
		    memcmp(in.ptr + 84, "\0\0\0\0\xc0\0\0\0\0\0\0\x46", 12) == 0)
			return classes[i].type;
	}
	for (size_t i = 0; i < SL_COUNT(streams); i++)
		if (has_wide(in, streams[i].name))
			return streams[i].type;
	return SL_TYPE_UNKNOWN;
}

enum sl_type
check_cfb(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	enum sl_type found = directory_type(sl_slice(s->far, s->far_len));

	/* A directory in several pieces: one of them may lie in the head. */
	if (found == SL_TYPE_UNKNOWN && s->len > 512)
		found = directory_type(sl_slice(s->head + 512, s->len - 512));
	return found == SL_TYPE_UNKNOWN ? type : found;
}

/* A BOF record of a worksheet or macro sheet, and a plausible record behind it. */
enum sl_type
check_biff(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	size_t next = 4 + (size_t)le16(s->head + 2);
	unsigned kind = s->len > 8 ? le16(s->head + 6) : 0;

	return (kind == 0x10 || kind == 0x20 || kind == 0x40 || kind == 0x100) && byte(s, next + 1) <= 2
	    ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_bmp(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	static const uint32_t sizes[] = { 12, 40, 52, 56, 64, 108, 124 };

	for (size_t i = 0; s->len >= 26 && i < SL_COUNT(sizes); i++)
		if (le32(s->head + 14) == sizes[i]) {
			*strength = STRONG;
			return type;
		}
	return SL_TYPE_UNKNOWN;
}

enum sl_type
check_riff(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	static const struct {
		const char	*form;
		enum sl_type	 type;
	} forms[] = {
		{ "WEBP", SL_TYPE_WEBP }, { "WAVE", SL_TYPE_WAV }, { "AVI ", SL_TYPE_AVI },
		{ "ACON", SL_TYPE_CUR }, { "RMID", SL_TYPE_MIDI },
	};

	*strength = STRONG;
	for (size_t i = 0; i < SL_COUNT(forms); i++)
		if (has_at(s, 8, forms[i].form, 4))
			return forms[i].type;
	return SL_TYPE_UNKNOWN;
}

/* A directory of icons: their number, and a first one whose size and place fit. */
enum sl_type
check_ico(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	unsigned count;

	if (s->len < 22)
		return SL_TYPE_UNKNOWN;
	count = le16(s->head + 4);
	return count > 0 && count <= 256 && s->head[9] == 0 && le32(s->head + 14) > 0 &&
	    le32(s->head + 18) >= 6 + 16 * count && le32(s->head + 18) < 0x100000 ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_ftyp(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	static const struct {
		const char	*brand;
		size_t		 len;
		enum sl_type	 type;
	} brands[] = {
		{ "heic", 4, SL_TYPE_HEIC }, { "heix", 4, SL_TYPE_HEIC }, { "hevc", 4, SL_TYPE_HEIC },
		{ "mif1", 4, SL_TYPE_HEIC }, { "msf1", 4, SL_TYPE_HEIC }, { "avif", 4, SL_TYPE_AVIF },
		{ "avis", 4, SL_TYPE_AVIF }, { "qt  ", 4, SL_TYPE_QUICKTIME }, { "M4A", 3, SL_TYPE_M4A },
		{ "M4B", 3, SL_TYPE_M4A }, { "3g", 2, SL_TYPE_THREEGP },
	};

	if (sniff_is_text(s))
		return SL_TYPE_UNKNOWN;
	for (size_t i = 0; i < SL_COUNT(brands); i++)
		if (has_at(s, 8, brands[i].brand, brands[i].len))
			return brands[i].type;
	return type;
}

enum sl_type
check_emf(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	if (!HAS_AT(s, 0, "\x01\0\0\0"))
		return SL_TYPE_UNKNOWN;
	*strength = STRONG;
	return type;
}

/* "P6 640 480 255" */
enum sl_type
check_pnm(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	size_t at = 2;

	if (byte(s, 1) < '1' || byte(s, 1) > '6' || !isspace((int)byte(s, at)))
		return SL_TYPE_UNKNOWN;
	while (isspace((int)byte(s, at)))
		at++;
	return byte(s, at) == '#' || isdigit((int)byte(s, at)) ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_pcx(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return byte(s, 1) <= 5 && byte(s, 2) == 1 && (byte(s, 3) == 1 || byte(s, 3) == 8) && s->len >= 128 &&
	    s->head[64] == 0 && s->head[65] >= 1 && s->head[65] <= 4 ? type : SL_TYPE_UNKNOWN;
}

/* A frame's header whose fields are all allowed: MPEG sound of layer 2 or 3, or AAC. */
enum sl_type
check_mpeg_audio(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	unsigned b = byte(s, 1), c = byte(s, 2);

	if (s->len < 4 || sniff_is_text(s))
		return SL_TYPE_UNKNOWN;
	if ((b & 0xf6) == 0xf0)
		return (c >> 2 & 15) < 13 ? SL_TYPE_AAC : SL_TYPE_UNKNOWN;
	return (b & 0xe0) == 0xe0 && (b >> 3 & 3) != 1 && ((b >> 1 & 3) == 1 || (b >> 1 & 3) == 2) &&
	    c >> 4 != 0 && c >> 4 != 15 && (c >> 2 & 3) != 3 ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_ogg(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return HEAD_HAS(s, "\x80theora") || HEAD_HAS(s, "\x01video") ? SL_TYPE_OGV : type;
}

enum sl_type
check_form(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	*strength = STRONG;
	return HAS_AT(s, 8, "AIFF") || HAS_AT(s, 8, "AIFC") ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_ebml(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return sniff_has(sl_slice(s->head, SL_MIN(s->len, (size_t)64)), "webm", 4) ? SL_TYPE_WEBM : type;
}

/* A table directory: their number, and a first tag of letters. */
enum sl_type
check_sfnt(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	if (s->len < 16 || be16(s->head + 4) == 0 || be16(s->head + 4) > 64)
		return SL_TYPE_UNKNOWN;
	for (size_t i = 12; i < 16; i++)
		if (s->head[i] != ' ' && s->head[i] != '/' && !isalnum(s->head[i]))
			return SL_TYPE_UNKNOWN;
	return type;
}

enum sl_type
check_eot(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return (HAS_AT(s, 8, "\x01\0\x02\0") || HAS_AT(s, 8, "\x02\0\x02\0")) && le32(s->head) == s->at
	    ? type : SL_TYPE_UNKNOWN;
}

enum sl_type
check_pfb(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	return HAS_AT(s, 6, "%!") ? type : SL_TYPE_UNKNOWN;
}

/* The content of a DER sequence: where it starts; 0 if the length is not one of DER or BER. */
static size_t
der_content(const struct sl_sniff *s)
{
	unsigned length = byte(s, 1);

	if (length <= 0x80)
		return 2;
	return length <= 0x84 ? 2 + (length & 0x7f) : 0;
}

/* ContentInfo (RFC 5652, 3), PFX (RFC 7292, 4), Certificate (RFC 5280, 4.1) */
enum sl_type
check_der(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	static const char cms[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
	size_t at = der_content(s);

	*strength = STRONG;
	if (at == 0)
		return SL_TYPE_UNKNOWN;
	if (HAS_AT(s, at, cms))		/* 2 signed data, 3 enveloped data */
		return byte(s, at + 10) == 2 && s->at < 10000 ? SL_TYPE_PKCS7_SIG : type;
	if (HAS_AT(s, at, "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01"))	/* compressed, auth-enveloped */
		return type;
	if (HAS_AT(s, at, "\x02\x01\x03\x30"))
		return SL_TYPE_PKCS12;
	if (HAS_AT(s, at, "\x30\x82") && HAS_AT(s, at + 4, "\xa0\x03\x02\x01\x02\x02"))
		return SL_TYPE_CERT;
	return SL_TYPE_UNKNOWN;
}

/* An OpenPGP packet (RFC 9580, 4.2): the tag told the kind; length and version must fit. */
enum sl_type
check_pgp(const struct sl_sniff *s, enum sl_type type, enum strength *strength)
{
	unsigned tag = byte(s, 0), version;
	size_t at;

	if (tag & 0x40)		/* the new format */
		at = byte(s, 1) < 192 ? 2 : byte(s, 1) < 224 ? 3 : 0;
	else
		at = (tag & 3) == 0 ? 2 : (tag & 3) == 1 ? 3 : 0;
	if (at == 0 || s->len < 20 || sniff_is_text(s))
		return SL_TYPE_UNKNOWN;
	version = byte(s, at);
	if (type == SL_TYPE_PGP_MESSAGE)	/* version 3, a key's id, RSA or Elgamal or ECDH */
		return version == 3 && (byte(s, at + 9) <= 3 || byte(s, at + 9) == 16 || byte(s, at + 9) == 18)
		    ? type : SL_TYPE_UNKNOWN;
	if (type == SL_TYPE_PGP_KEYS)		/* version, time, algorithm */
		return (version == 3 || version == 4) && byte(s, at + 5) <= 22 && byte(s, at + 5) > 0
		    ? type : SL_TYPE_UNKNOWN;
	/* version, kind of signature, algorithm, hash */
	return version == 4 && byte(s, at + 1) <= 0x50 && byte(s, at + 2) <= 22 && byte(s, at + 3) <= 14 &&
	    byte(s, at + 2) > 0 && byte(s, at + 3) > 0 && s->at < 2000 ? type : SL_TYPE_UNKNOWN;
}

/* The checksum of a tar header (POSIX 1003.1, ustar): the sum of its bytes, itself taken as blanks. */
bool
sniff_is_old_tar(const struct sl_sniff *s)
{
	unsigned sum = 0, said = 0;
	size_t i = 148;

	if (s->len < 512 || s->head[0] < 0x20 || s->head[0] == 0x7f || s->head[99] != 0)
		return false;
	while (i < 156 && s->head[i] == ' ')
		i++;
	if (i == 156 || s->head[i] < '0' || s->head[i] > '7')
		return false;
	for (; i < 156 && s->head[i] >= '0' && s->head[i] <= '7'; i++)
		said = said << 3 | (s->head[i] & 7u);
	for (i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : s->head[i];
	return sum == said;
}

/* Behind a picture's magic a comment or an assignment opens, and is used later: it is JavaScript too. */
static bool
is_script_too(const struct sl_sniff *s, size_t magic)
{
	struct sl_slice rest;

	if (s->len <= magic + 2)
		return false;
	rest = sl_slice_from(sniff_head(s), magic);
	if (rest.ptr[0] == '=' && (rest.ptr[1] == '\'' || rest.ptr[1] == '"' || rest.ptr[1] == '1' ||
	    rest.ptr[1] == '0' || rest.ptr[1] == '{' || rest.ptr[1] == '['))
		return true;
	return rest.ptr[0] == '/' && rest.ptr[1] == '*' && (sniff_has(rest, "*/=", 3) || sniff_has(rest, "*/ =", 4));
}

/* A tag that runs, amid what should be a picture. */
static bool
has_markup(struct sl_slice in)
{
	const unsigned char *tag;

	while (in.len > 0 && (tag = memchr(in.ptr, '<', in.len)) != NULL) {
		in = sl_slice_from(in, (size_t)(tag - in.ptr));
		if (sl_slice_istarts(in, SL_SLICE_LIT("<script")) || sl_slice_istarts(in, SL_SLICE_LIT("<hta:app")))
			return true;
		in = sl_slice_from(in, 1);
	}
	return false;
}

/* A PDF stored as the first entry of an archive under another name. */
static bool
holds_false_pdf(const struct sl_sniff *s)
{
	size_t name_len, data;

	if (s->len < ZIP_LOCAL || !HAS_AT(s, 0, "PK\x03\x04") || le16(s->head + 8) != 0)
		return false;
	name_len = le16(s->head + 26);
	data = ZIP_LOCAL + name_len + le16(s->head + 28);
	if (!HAS_AT(s, data, "%PDF-") && !sniff_has(sl_slice(s->head, SL_MIN(s->len, data)), "%PDF-", 5))
		return false;
	return name_len < 4 || ZIP_LOCAL + name_len > s->len ||
	    !sl_slice_ieq(sl_slice(s->head + ZIP_LOCAL + name_len - 4, 4), SL_SLICE_LIT(".pdf"));
}

enum sl_type
sniff_second(const struct sl_sniff *s, enum sl_type type)
{
	enum sl_family family = sl_type_family(type);

	if (type == SL_TYPE_GIF && is_script_too(s, 6))
		return SL_TYPE_JS;
	if (type == SL_TYPE_BMP && is_script_too(s, 2))
		return SL_TYPE_JS;
	if (type == SL_TYPE_JPEG && is_script_too(s, 4))
		return SL_TYPE_JS;
	if ((family == SL_FAMILY_IMAGE && type != SL_TYPE_SVG) || family == SL_FAMILY_AUDIO ||
	    family == SL_FAMILY_VIDEO) {
		if (has_markup(sniff_head(s)))
			return SL_TYPE_HTML;
	}
	return holds_false_pdf(s) ? SL_TYPE_PDF : SL_TYPE_UNKNOWN;
}
