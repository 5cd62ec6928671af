/* sniff.c - see attach/sniff.h */

#include "attach/sniff_i.h"
#include "attach/sniff_table.h"
#include "attach/byte_i.h"

#define MARKS_AT	0x8000	/* of the first sector that counts (ECMA-119, 6.2.1; ECMA-167, 2/8.3.1) */
#define MARKS_STEP	2048
#define CFB_HEADER	52	/* bytes of an OLE2 header that tell where the directory is ([MS-CFB], 2.2) */
#define PDF_JUNK	1024	/* readers look for the header within so many bytes */

static const char *const text_names[] = { "binary", "us-ascii", "utf-8", "utf-16le", "utf-16be", "utf-32le",
	"utf-32be", "8bit" };

const char *
sl_sniff_text_name(enum sl_sniff_text text)
{
	SL_ASSERT(text < SL_COUNT(text_names));
	return text_names[text];
}

struct sl_slice
sniff_head(const struct sl_sniff *sniff)
{
	return sl_slice(sniff->head, sniff->len);
}

bool
sniff_has(struct sl_slice in, const char *text, size_t len)
{
	return in.len >= len && memmem(in.ptr, in.len, text, len) != NULL;
}

void
sl_sniff_init(struct sl_sniff *sniff)
{
	sniff->at = 0;
	sniff->len = 0;
	sniff->far_at = 0;
	sniff->far_len = 0;
	memset(sniff->marks, 0, sizeof(sniff->marks));
}

/* Copy what `bytes`, which lie at `at`, have of the file's bytes from..from+len. */
static size_t
overlap_copy(unsigned char *to, uint64_t from, size_t len, uint64_t at, struct sl_slice bytes)
{
	uint64_t begin = SL_MAX(from, at), end = SL_MIN(from + len, at + bytes.len);

	if (begin >= end)
		return 0;
	memcpy(to + (begin - from), bytes.ptr + (begin - at), (size_t)(end - begin));
	return (size_t)(end - begin);
}

/* Where an OLE2 file's header says its directory is; 0: it is no such file. */
static uint64_t
directory_place(const struct sl_sniff *sniff)
{
	unsigned shift;

	if (sniff->len < CFB_HEADER || memcmp(sniff->head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) != 0)
		return 0;
	shift = le16(sniff->head + 30);
	if (shift < 7 || shift > 16)
		return 0;
	return ((uint64_t)le32(sniff->head + 48) + 1) << shift;
}

void
sl_sniff_feed(struct sl_sniff *sniff, struct sl_slice bytes)
{
	uint64_t at = sniff->at;

	sniff->at += bytes.len;
	if (at < SL_SNIFF_HEAD) {
		sniff->len += overlap_copy(sniff->head, 0, SL_SNIFF_HEAD, at, bytes);
		if (at < CFB_HEADER)
			sniff->far_at = directory_place(sniff);
	}
	if (sniff->far_at != 0)
		sniff->far_len += overlap_copy(sniff->far, sniff->far_at, SL_SNIFF_FAR, at, bytes);
	if (sniff->at > MARKS_AT && at < MARKS_AT + SL_SNIFF_SECTORS * MARKS_STEP)
		for (size_t i = 0; i < SL_SNIFF_SECTORS; i++)
			overlap_copy(sniff->marks[i], MARKS_AT + i * MARKS_STEP, SL_SNIFF_MARK, at, bytes);
}

/* A CD or DVD image, by its volume descriptors. */
static enum sl_type
marks_type(const struct sl_sniff *sniff)
{
	enum sl_type type = SL_TYPE_UNKNOWN;

	for (size_t i = 0; i < SL_SNIFF_SECTORS; i++) {
		const unsigned char *id = sniff->marks[i] + 1;

		if (memcmp(id, "NSR02", 5) == 0 || memcmp(id, "NSR03", 5) == 0)
			return SL_TYPE_UDF;
		if (memcmp(id, "CD001", 5) == 0)
			type = SL_TYPE_ISO;
	}
	return type;
}

/* Take one more type that fits: the first, or, if both are strong, the second. */
static void
found(struct sl_sniffed *out, enum sl_type type, enum strength strength)
{
	if (type == SL_TYPE_UNKNOWN || type == out->type)
		return;
	if (out->type == SL_TYPE_UNKNOWN || (!out->strong && strength == STRONG)) {
		out->type = type;
		out->strong = strength == STRONG;
	} else if (out->strong && strength == STRONG && out->also == SL_TYPE_UNKNOWN)
		out->also = type;
}

static void
signatures_find(const struct sl_sniff *sniff, struct sl_sniffed *out)
{
	size_t fits = 0;	/* up to which byte signatures that fitted have spoken */

	for (size_t i = 0; i < SL_COUNT(signatures); i++) {
		const struct signature *s = &signatures[i];
		enum strength strength = s->strength;
		enum sl_type type = s->type;

		if (sniff->len < (size_t)s->offset + s->len ||
		    sniff->head[s->offset] != (unsigned char)s->bytes[0] ||
		    memcmp(sniff->head + s->offset, s->bytes, s->len) != 0)
			continue;
		if (out->type != SL_TYPE_UNKNOWN && s->offset < fits)
			continue;	/* another word on the same bytes, as of "%!PS" and "%!PS-AdobeFont" */
		if (s->check != NULL)
			type = s->check(sniff, type, &strength);
		if (type != SL_TYPE_UNKNOWN)
			fits = SL_MAX(fits, (size_t)s->offset + s->len);
		found(out, type, strength);
	}
}

/* "%PDF-" behind other bytes: readers accept that. Not in files that hold others as they are. */
static void
late_pdf_find(const struct sl_sniff *sniff, struct sl_sniffed *out)
{
	const unsigned char *mark;

	if (out->type == SL_TYPE_PDF || (out->strong && (sl_type_flags(out->type) & SL_FLAG_HOLDS) != 0))
		return;
	mark = memmem(sniff->head, SL_MIN(sniff->len, (size_t)PDF_JUNK), "%PDF-1.", 7);
	if (mark == NULL || mark == sniff->head)
		return;
	/* in text it must open a line, or it is only spoken of */
	if (sniff_is_text(sniff) && mark[-1] != '\n' && mark[-1] != '\r' && mark[-1] != 0xbf)
		return;
	found(out, SL_TYPE_PDF, STRONG);
}

struct sl_sniffed
sl_sniff_finish(const struct sl_sniff *sniff)
{
	struct sl_sniffed out = { .type = SL_TYPE_UNKNOWN, .also = SL_TYPE_UNKNOWN };
	enum sl_type text;

	if (sniff->at == 0)
		out.type = SL_TYPE_EMPTY;
	signatures_find(sniff, &out);
	if (sniff->at > MARKS_AT && (out.type != SL_TYPE_RAW_DISK || marks_type(sniff) == SL_TYPE_UNKNOWN))
		found(&out, marks_type(sniff), STRONG);
	else if (sniff->at > MARKS_AT)
		out.type = marks_type(sniff);	/* a CD that also starts from a USB stick */
	if (out.type == SL_TYPE_UNKNOWN && sniff_is_old_tar(sniff))
		found(&out, SL_TYPE_TAR, STRONG);
	late_pdf_find(sniff, &out);
	if (out.strong && out.also == SL_TYPE_UNKNOWN)
		out.also = sniff_second(sniff, out.type);
	if (out.type == SL_TYPE_UNKNOWN || !out.strong) {
		text = sniff_text(sniff, &out.text);
		if (out.type == SL_TYPE_UNKNOWN || (text != SL_TYPE_UNKNOWN && text != SL_TYPE_TEXT))
			out.type = text;
	} else if (sniff_is_text(sniff))
		out.text = SL_SNIFF_ASCII;
	out.family = sl_type_family(out.type);
	out.flags = sl_type_flags(out.type) | sl_type_flags(out.also);
	return out;
}

struct sl_sniffed
sl_sniff_slice(struct sl_slice bytes)
{
	struct sl_sniff sniff;

	sl_sniff_init(&sniff);
	sl_sniff_feed(&sniff, bytes);
	return sl_sniff_finish(&sniff);
}
