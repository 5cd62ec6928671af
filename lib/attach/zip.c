/* zip.c - see attach/zip.h */

#include "attach/byte_i.h"
#include "attach/zip_i.h"

#define ZIP_MAGIC	0x5a1b0a7eu
#define LINE_END	2	/* bytes behind an archive that mail programs add */

#define SIGNATURE(a, b)	(0x504b0000u | (a) << 8 | (b))
#define LOCAL		SIGNATURE(3u, 4u)
#define CENTRAL		SIGNATURE(1u, 2u)
#define END		SIGNATURE(5u, 6u)
#define END64		SIGNATURE(6u, 6u)
#define LOCATOR		SIGNATURE(6u, 7u)
#define SIGNED		SIGNATURE(5u, 5u)
#define EXTRA_DATA	SIGNATURE(6u, 8u)
#define DESCRIPTOR	SIGNATURE(7u, 8u)	/* also the mark of a spanned archive's first part */

static const struct record {	/* with the length of the fixed part */
	uint32_t	signature;
	enum zip_state	state;
	size_t		len;
} records[] = {
	{ LOCAL, ZIP_LOCAL, 30 }, { CENTRAL, ZIP_CENTRAL, 46 }, { END, ZIP_END, 22 }, { END64, ZIP_END64, 56 },
	{ LOCATOR, ZIP_LOCATOR, 20 }, { SIGNED, ZIP_SIGNATURE, 6 }, { EXTRA_DATA, ZIP_SIGNATURE, 8 },
	{ DESCRIPTOR, ZIP_DESCRIPTOR, 16 },
};

struct sl_zip *
sl_zip_new(const struct sl_zip_sink *sink, void *ctx)
{
	struct sl_zip *zip = sl_xzalloc(sizeof(*zip));

	zip->magic = ZIP_MAGIC;
	zip->sink = sink;
	zip->ctx = ctx;
	return zip;
}

void
sl_zip_free(struct sl_zip **zip)
{
	SL_OBJ_FREE(zip, ZIP_MAGIC);
}

static const struct record *
record_find(uint32_t signature)
{
	for (size_t i = 0; i < SL_COUNT(records); i++)
		if (records[i].signature == signature)
			return &records[i];
	return NULL;
}

/* Look for a signature. Returns how many bytes were read, to its end if it is found. */
static size_t
signature_seek(struct sl_zip *zip, struct sl_slice in, const struct record **out)
{
	size_t i = 0;

	*out = NULL;
	while (i < in.len) {
		if ((zip->window & 0xff) != 'P' && (zip->window & 0xffff) != 0x504b &&
		    (zip->window & 0xffff00) != 0x504b00) {
			/* nothing has begun: on to the next 'P' */
			const unsigned char *p = memchr(in.ptr + i, 'P', in.len - i);

			if (p == NULL) {
				zip->window = 0;
				return in.len;
			}
			i = (size_t)(p - in.ptr);
			zip->window = 0;
		}
		zip->window = zip->window << 8 | in.ptr[i++];
		if (zip->window >> 16 == 0x504b && (*out = record_find(zip->window)) != NULL)
			return i;
	}
	return i;
}

static void
enter_record(struct sl_zip *zip, const struct record *record, bool in_data)
{
	zip->state = record->state;
	zip->fixed_want = record->len;
	zip->fixed[0] = 'P';
	zip->fixed[1] = 'K';
	zip->fixed[2] = (unsigned char)(record->signature >> 8);
	zip->fixed[3] = (unsigned char)record->signature;
	zip->fixed_len = 4;
	zip->in_data = in_data;
	zip->window = 0;
}

static void
enter_seek(struct sl_zip *zip, uint64_t expect)
{
	zip->state = ZIP_SEEK;
	zip->expect = expect;
	zip->window = 0;
}

/* It was no record: its bytes behind the signature are read again, in `state`. */
static void
retreat(struct sl_zip *zip, enum zip_state state)
{
	zip->again = zip->fixed_len - 4;
	zip->state = state;
	zip->window = 0;
}

/* Bytes before a record that belong to none. */
static void
gap_check(struct sl_zip *zip)
{
	uint64_t at = zip->record_at;

	if (at > zip->expect && at - zip->expect > zip->slack) {
		if (!zip->sum.is_zip)
			zip_finding(zip, SL_ZIP_PREFIX, sl_slice(NULL, 0));
		else if (zip->ends > 0)
			zip_finding(zip, SL_ZIP_SUFFIX, sl_slice(NULL, 0));
		else
			zip_finding(zip, SL_ZIP_GAP, sl_slice(NULL, 0));
	}
	zip->slack = 0;
	if (!zip->sum.is_zip) {
		zip->sum.is_zip = true;
		zip->sum.first = at;
		if (zip->spanned)
			zip_finding(zip, SL_ZIP_SPANNED, sl_slice(NULL, 0));
	}
}

static size_t
step_seek(struct sl_zip *zip, struct sl_slice in)
{
	const struct record *record;
	size_t n = signature_seek(zip, in, &record);

	if (record == NULL)
		return n;
	zip->record_at = zip->pos + n - 4;
	/* A descriptor of an entry whose size was known, or the mark of a spanned archive. */
	if (record->state == ZIP_DESCRIPTOR && zip->record_at != zip->expect)
		return n;
	if (record->state == ZIP_DESCRIPTOR && !zip->sum.is_zip) {
		zip->spanned = true;
		enter_seek(zip, zip->record_at + 4);
		return n;
	}
	enter_record(zip, record, false);
	return n;
}

/* Could the 30 bytes be a local header? */
static bool
local_plausible(const unsigned char *h)
{
	unsigned method = le16(h + 8), name_len = le16(h + 26);

	return h[4] <= 63 && (method <= 20 || (method >= 93 && method <= 99)) && name_len > 0 &&
	    name_len <= 4096 && (le16(h + 6) & 0xd000) == 0;
}

static void
local_read(struct sl_zip *zip)
{
	const unsigned char *h = zip->fixed;
	struct zip_header *e = &zip->entry;

	*e = (struct zip_header){ .offset = zip->record_at, .bits = le16(h + 6), .method = le16(h + 8),
		.time = le32(h + 10), .crc = le32(h + 14), .packed = le32(h + 18), .bytes = le32(h + 22),
		.name_len = le16(h + 26), .extra_len = le16(h + 28) };
	e->size_unknown = (e->bits & ZIP_BIT_DESCRIPTOR) != 0 && e->packed == 0;
	zip->is_central = false;
}

static void
central_read(struct sl_zip *zip)
{
	const unsigned char *h = zip->fixed;

	zip->entry = (struct zip_header){ .offset = le32(h + 42), .bits = le16(h + 8), .method = le16(h + 10),
		.time = le32(h + 12), .crc = le32(h + 16), .packed = le32(h + 20), .bytes = le32(h + 24),
		.name_len = le16(h + 28), .extra_len = le16(h + 30), .comment_len = le16(h + 32) };
	zip->is_central = true;
}

/* 64-bit sizes and places (APPNOTE 4.5.3): only those that did not fit stand here. */
static void
extra_read(struct sl_zip *zip)
{
	struct zip_header *e = &zip->entry;
	size_t len = SL_MIN((size_t)e->extra_len, (size_t)ZIP_EXTRA);

	for (size_t at = 0; at + 4 <= len; at += 4 + (size_t)le16(zip->extra + at + 2)) {
		size_t field = at + 4, end = SL_MIN(len, field + le16(zip->extra + at + 2));

		if (le16(zip->extra + at) != 1)
			continue;
		if (e->bytes == 0xffffffff && field + 8 <= end) {
			e->bytes = le64(zip->extra + field);
			field += 8;
		}
		if (e->packed == 0xffffffff && field + 8 <= end) {
			e->packed = le64(zip->extra + field);
			field += 8;
		}
		if (zip->is_central && e->offset == 0xffffffff && field + 8 <= end)
			e->offset = le64(zip->extra + field);
		break;
	}
	if (!zip->is_central && (e->bits & ZIP_BIT_DESCRIPTOR) != 0 &&
	    (e->packed == 0 || e->packed == 0xffffffff))
		e->size_unknown = true;
}

/* A header's fixed part is complete, and is one. */
static void
header_begin(struct sl_zip *zip)
{
	zip->part_at = 0;
	zip->state = ZIP_NAME;
}

static void
data_begin(struct sl_zip *zip)
{
	zip_local_begin(zip);
	zip->passed = 0;
	zip->window = 0;
	zip->mimetype_len = 0;
	if (!zip->entry.size_unknown && zip->entry.packed == 0) {
		zip_local_end(zip);
		zip->slack = zip->entry.bits & ZIP_BIT_DESCRIPTOR ? ZIP_RECENT : 0;
		enter_seek(zip, zip->pos);
		return;
	}
	zip->state = ZIP_DATA;
}

/* The parts that vary have been read. */
static void
header_end(struct sl_zip *zip)
{
	extra_read(zip);
	zip_name_finish(zip);
	if (!zip->is_central) {
		data_begin(zip);
		return;
	}
	zip_central_entry(zip);
	zip->part_at = 0;
	zip->state = ZIP_COMMENT;
	if (zip->entry.comment_len == 0) {
		zip->central_end = zip->pos;
		enter_seek(zip, zip->pos);
	}
}

static size_t
step_name(struct sl_zip *zip, struct sl_slice in)
{
	size_t n = SL_MIN(in.len, zip->entry.name_len - zip->part_at);

	zip_name_take(zip, sl_slice(in.ptr, n));
	zip->part_at += n;
	if (zip->part_at == zip->entry.name_len) {
		zip->part_at = 0;
		zip->state = ZIP_EXTRA_FIELD;
	}
	return n;
}

static size_t
step_extra(struct sl_zip *zip, struct sl_slice in)
{
	size_t n = SL_MIN(in.len, zip->entry.extra_len - zip->part_at);

	if (zip->part_at < ZIP_EXTRA)
		memcpy(zip->extra + zip->part_at, in.ptr, SL_MIN(n, ZIP_EXTRA - zip->part_at));
	zip->part_at += n;
	return n;
}

static size_t
step_comment(struct sl_zip *zip, struct sl_slice in)
{
	size_t n = SL_MIN(in.len, zip->entry.comment_len - zip->part_at);

	zip->part_at += n;
	if (zip->part_at == zip->entry.comment_len) {
		zip->central_end = zip->pos + n;
		enter_seek(zip, zip->pos + n);
	}
	return n;
}

/* Bytes of the entry's data pass. */
static void
data_pass(struct sl_zip *zip, struct sl_slice in)
{
	size_t keep = SL_MIN(in.len, (size_t)ZIP_RECENT);

	if (zip->wants_mimetype && zip->mimetype_len < ZIP_MIMETYPE) {
		size_t n = SL_MIN(in.len, ZIP_MIMETYPE - zip->mimetype_len);

		memcpy(zip->mimetype + zip->mimetype_len, in.ptr, n);
		zip->mimetype_len += n;
	}
	zip->passed += in.len;
	if (!zip->entry.size_unknown || keep == 0)
		return;
	memmove(zip->recent, zip->recent + keep, ZIP_RECENT - keep);
	memcpy(zip->recent + ZIP_RECENT - keep, in.ptr + in.len - keep, keep);
}

/* The entry's data ended `behind` bytes ago, with sizes `packed` and `bytes`. */
static void
data_end(struct sl_zip *zip, uint64_t packed, uint64_t bytes)
{
	zip->entry.packed = packed;
	zip->entry.bytes = bytes;
	if (zip->wants_mimetype)
		sl_zip_kind_mimetype(&zip->kind, sl_slice(zip->mimetype,
		    SL_MIN(zip->mimetype_len, (size_t)SL_MIN(packed, (uint64_t)ZIP_MIMETYPE))));
	zip_local_end(zip);
}

/* A descriptor without signature in front of the signature that was just read? */
static bool
descriptor_before(struct sl_zip *zip)
{
	const unsigned char *end = zip->recent + ZIP_RECENT - 4;	/* where the signature starts */

	if (zip->passed >= 16 && le32(end - 8) == (uint32_t)(zip->passed - 16)) {
		data_end(zip, zip->passed - 16, le32(end - 4));
		return true;
	}
	if (zip->passed >= 24 && le64(end - 16) == zip->passed - 24) {
		data_end(zip, zip->passed - 24, le64(end - 8));
		return true;
	}
	return false;
}

static size_t
step_data(struct sl_zip *zip, struct sl_slice in)
{
	const struct record *record;
	bool unknown = zip->entry.size_unknown;
	size_t n;

	if (!unknown)
		in.len = (size_t)SL_MIN((uint64_t)in.len, zip->entry.packed - zip->passed);
	n = signature_seek(zip, in, &record);
	data_pass(zip, sl_slice(in.ptr, n));
	if (!unknown && zip->passed == zip->entry.packed) {
		data_end(zip, zip->passed, zip->entry.bytes);
		zip->slack = zip->entry.bits & ZIP_BIT_DESCRIPTOR ? ZIP_RECENT : 0;
		enter_seek(zip, zip->pos + n);
		return n;
	}
	/* The central directory is looked for within data too: a size that is too large hides nothing. */
	if (record == NULL || (record->state != ZIP_CENTRAL && (!unknown ||
	    (record->state != ZIP_LOCAL && record->state != ZIP_DESCRIPTOR))))
		return n;
	zip->record_at = zip->pos + n - 4;
	if (unknown && record->state != ZIP_DESCRIPTOR && descriptor_before(zip)) {
		zip->expect = zip->record_at;
		enter_record(zip, record, false);
		return n;
	}
	enter_record(zip, record, true);
	return n;
}

/* In an entry's data stood the signature of a local header. Is the entry at its end? */
static void
local_in_data(struct sl_zip *zip)
{
	/* stored data may hold an archive: only a descriptor can tell */
	if (zip->entry.method == 0 || !local_plausible(zip->fixed)) {
		retreat(zip, ZIP_DATA);
		return;
	}
	zip_finding(zip, SL_ZIP_DESCRIPTOR_LOST, zip_text(zip));
	data_end(zip, zip->passed - 4, 0);
	local_read(zip);
	header_begin(zip);
}

/* In an entry's data stood the signature of a central header. It is the archive's own if it is about
 * the first entry. */
static void
central_in_data(struct sl_zip *zip)
{
	const unsigned char *h = zip->fixed;
	const struct zip_header *first = &zip->first;
	uint64_t offset = le32(h + 42);

	if ((offset != first->offset && offset != 0) || le16(h + 28) != first->name_len ||
	    le16(h + 10) != first->method || le32(h + 12) != first->time ||
	    le32(h + 20) > zip->pos) {
		retreat(zip, ZIP_DATA);
		return;
	}
	if (zip->entry.size_unknown)
		zip_finding(zip, SL_ZIP_DESCRIPTOR_LOST, zip_text(zip));
	else
		zip_finding(zip, SL_ZIP_HEADERS_DIFFER, zip_text(zip));
	data_end(zip, zip->passed - 4, zip->entry.size_unknown ? 0 : zip->entry.bytes);
	zip->expect = zip->record_at;
	gap_check(zip);
	zip_central_begin(zip);
	central_read(zip);
	header_begin(zip);
}

static void
local_complete(struct sl_zip *zip)
{
	if (zip->in_data) {
		local_in_data(zip);
		return;
	}
	if (!local_plausible(zip->fixed) && !(zip->sum.is_zip && zip->record_at == zip->expect)) {
		retreat(zip, ZIP_SEEK);
		return;
	}
	gap_check(zip);
	local_read(zip);
	header_begin(zip);
}

static void
central_complete(struct sl_zip *zip)
{
	if (zip->in_data) {
		central_in_data(zip);
		return;
	}
	if (!zip->sum.is_zip && (le16(zip->fixed + 28) == 0 || zip->fixed[6] > 63)) {
		retreat(zip, ZIP_SEEK);
		return;
	}
	gap_check(zip);
	if (zip->central_at == 0 || zip->central_end != zip->record_at)
		zip_central_begin(zip);
	central_read(zip);
	header_begin(zip);
}

/* Behind a descriptor's sizes of 32 bits stands a signature; else they are of 64 bits. */
static void
descriptor_wide(struct sl_zip *zip)
{
	const unsigned char *d = zip->fixed;

	if (d[16] == 'P' && d[17] == 'K') {
		data_end(zip, zip->passed - 4, le32(d + 12));
		zip->again = 8;
		enter_seek(zip, zip->pos - 8);
		return;
	}
	data_end(zip, zip->passed - 4, le64(d + 16));
	enter_seek(zip, zip->pos);
}

static void
descriptor_complete(struct sl_zip *zip)
{
	const unsigned char *d = zip->fixed;

	if (!zip->in_data) {	/* the sizes were known before */
		if (le32(d + 8) != (uint32_t)zip->entry.packed || zip->open) {
			retreat(zip, ZIP_SEEK);
			return;
		}
		zip->slack = 8;	/* of 64-bit sizes */
		enter_seek(zip, zip->pos);
		return;
	}
	if (le32(d + 8) != (uint32_t)(zip->passed - 4)) {
		retreat(zip, ZIP_DATA);
		return;
	}
	if (le32(d + 12) == 0) {
		zip->state = ZIP_DESCRIPTOR_WIDE;
		zip->fixed_want = 24;
		return;
	}
	data_end(zip, zip->passed - 4, le32(d + 12));
	enter_seek(zip, zip->pos);
}

static void
end_complete(struct sl_zip *zip)
{
	const unsigned char *h = zip->fixed;
	uint64_t count = le16(h + 10), size = le32(h + 12), offset = le32(h + 16);

	/* in a file that had no header yet, an end record must at least be of an empty archive or a part */
	if (!zip->sum.is_zip && (le16(h + 8) > count || size > UINT64_C(0xffffffff))) {
		retreat(zip, ZIP_SEEK);
		return;
	}
	gap_check(zip);
	if (zip->ends++ > 0)
		zip_finding(zip, SL_ZIP_ENDS, sl_slice(NULL, 0));
	if (le16(h + 4) != 0 && le16(h + 4) != 0xffff)
		zip_finding(zip, SL_ZIP_SPANNED, sl_slice(NULL, 0));
	if (zip->has_end64) {
		count = count == 0xffff ? zip->end64_count : count;
		size = size == 0xffffffff ? zip->end64_size : size;
		offset = offset == 0xffffffff ? zip->end64_offset : offset;
	}
	zip_end_check(zip, count, size, offset);
	zip->has_end64 = false;
	enter_seek(zip, zip->pos + le16(h + 20));	/* its comment may hide another */
}

static void
end64_complete(struct sl_zip *zip)
{
	const unsigned char *h = zip->fixed;
	uint64_t more = le64(h + 4) < 44 || le64(h + 4) > 0xffffff ? 0 : le64(h + 4) - 44;

	gap_check(zip);
	zip->has_end64 = true;
	zip->end64_count = le64(h + 32);
	zip->end64_size = le64(h + 40);
	zip->end64_offset = le64(h + 48);
	enter_seek(zip, zip->pos + more);
}

/* A digital signature, or what precedes an encrypted central directory. */
static void
signature_complete(struct sl_zip *zip)
{
	if (!zip->sum.is_zip) {
		retreat(zip, ZIP_SEEK);
		return;
	}
	gap_check(zip);
	if (zip->fixed[2] == 6) {
		zip_finding(zip, SL_ZIP_CENTRAL_ENCRYPTED, sl_slice(NULL, 0));
		zip->slack = UINT64_MAX;	/* an unreadable directory follows */
		enter_seek(zip, zip->pos + le32(zip->fixed + 4));
	} else
		enter_seek(zip, zip->pos + le16(zip->fixed + 4));
}

static void
record_complete(struct sl_zip *zip)
{
	switch (zip->state) {
	case ZIP_LOCAL:
		local_complete(zip);
		break;
	case ZIP_CENTRAL:
		central_complete(zip);
		break;
	case ZIP_END:
		end_complete(zip);
		break;
	case ZIP_END64:
		end64_complete(zip);
		break;
	case ZIP_LOCATOR:
		if (zip->sum.is_zip)
			gap_check(zip);
		enter_seek(zip, zip->sum.is_zip ? zip->pos : 0);
		break;
	case ZIP_SIGNATURE:
		signature_complete(zip);
		break;
	case ZIP_DESCRIPTOR:
		descriptor_complete(zip);
		break;
	case ZIP_DESCRIPTOR_WIDE:
		descriptor_wide(zip);
		break;
	case ZIP_SEEK:
	case ZIP_NAME:
	case ZIP_EXTRA_FIELD:
	case ZIP_COMMENT:
	case ZIP_DATA:
		SL_UNREACHABLE("not a record's fixed part");
	}
}

static size_t
step_fixed(struct sl_zip *zip, struct sl_slice in)
{
	size_t n = SL_MIN(in.len, zip->fixed_want - zip->fixed_len);

	memcpy(zip->fixed + zip->fixed_len, in.ptr, n);
	zip->fixed_len += n;
	return n;
}

/* What needs no more bytes. */
static void
settle(struct sl_zip *zip)
{
	if (zip->state == ZIP_NAME && zip->entry.name_len == 0) {
		zip_name_take(zip, sl_slice(NULL, 0));
		zip->state = ZIP_EXTRA_FIELD;
	}
	if (zip->state == ZIP_EXTRA_FIELD && zip->part_at == zip->entry.extra_len)
		header_end(zip);
}

/* Read some of `in` in the state at hand. Returns how much. */
static size_t
step(struct sl_zip *zip, struct sl_slice in)
{
	switch (zip->state) {
	case ZIP_SEEK:
		return step_seek(zip, in);
	case ZIP_NAME:
		return step_name(zip, in);
	case ZIP_EXTRA_FIELD:
		return step_extra(zip, in);
	case ZIP_COMMENT:
		return step_comment(zip, in);
	case ZIP_DATA:
		return step_data(zip, in);
	case ZIP_LOCAL:
	case ZIP_CENTRAL:
	case ZIP_END:
	case ZIP_END64:
	case ZIP_LOCATOR:
	case ZIP_SIGNATURE:
	case ZIP_DESCRIPTOR:
	case ZIP_DESCRIPTOR_WIDE:
		return step_fixed(zip, in);
	}
	SL_UNREACHABLE("a state of no kind");
}

static bool
in_fixed(const struct sl_zip *zip)
{
	return zip->state >= ZIP_LOCAL && zip->state <= ZIP_DESCRIPTOR_WIDE;
}

/* Put the last `again` bytes of the record in front of what is read next. */
static void
replay(struct sl_zip *zip)
{
	SL_ASSERT(zip->replay_len + zip->again <= ZIP_REPLAY);
	memmove(zip->replay + zip->again, zip->replay, zip->replay_len);
	memcpy(zip->replay, zip->fixed + zip->fixed_len - zip->again, zip->again);
	zip->replay_len += zip->again;
	zip->pos -= zip->again;
	zip->again = 0;
}

size_t
sl_zip_passes(struct sl_slice bytes)
{
	size_t n = 0;

	while (n < bytes.len) {
		const unsigned char *p = memchr(bytes.ptr + n, 'P', bytes.len - n);

		if (p == NULL)
			return bytes.len;
		n = (size_t)(p - bytes.ptr);
		if (n + 1 == bytes.len || p[1] == 'K')
			return n;
		n++;
	}
	return n;
}

void
sl_zip_pass(struct sl_zip *zip, uint64_t passed)
{
	SL_CHECK(zip, ZIP_MAGIC);
	SL_ASSERT(zip->pos == 0);
	zip->pos = passed;
}

void
sl_zip_feed(struct sl_zip *zip, struct sl_slice bytes)
{
	SL_CHECK(zip, ZIP_MAGIC);
	while (bytes.len > 0 || zip->replay_len > 0) {
		bool replaying = zip->replay_len > 0;
		size_t n = step(zip, replaying ? sl_slice(zip->replay, zip->replay_len) : bytes);

		zip->pos += n;
		if (replaying) {
			zip->replay_len -= n;
			memmove(zip->replay, zip->replay + n, zip->replay_len);
		} else
			bytes = sl_slice_from(bytes, n);
		if (in_fixed(zip) && zip->fixed_len == zip->fixed_want)
			record_complete(zip);
		if (zip->again > 0)
			replay(zip);
		settle(zip);
	}
}

void
sl_zip_finish(struct sl_zip *zip, struct sl_zip_summary *out)
{
	SL_CHECK(zip, ZIP_MAGIC);
	if (zip->open) {	/* cut off within an entry */
		if (zip->entry.size_unknown)
			zip_finding(zip, SL_ZIP_DESCRIPTOR_LOST, zip_text(zip));
		zip->cut_off = true;
		data_end(zip, zip->passed, zip->entry.bytes);
	} else if (zip->ends > 0 && zip->state == ZIP_SEEK && zip->pos > zip->expect + LINE_END)
		zip_finding(zip, SL_ZIP_SUFFIX, sl_slice(NULL, 0));
	zip_summarise(zip);
	*out = zip->sum;
}
