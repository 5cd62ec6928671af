/* zip_list.c - what a ZIP's two directories say, compared */

#include "attach/zip_i.h"

#define BOMB_LEAST	(1u << 20)	/* bytes that must come out before a ratio counts */

static const struct {
	const char	*name, *text;
} finding_rows[SL_ZIP_FINDING_COUNT] = {
#define FINDING_ROW(id, name, text) { name, text },
	SL_ZIP_FINDINGS(FINDING_ROW)
#undef FINDING_ROW
};

const char *
sl_zip_finding_name(enum sl_zip_finding finding)
{
	SL_ASSERT(finding < SL_ZIP_FINDING_COUNT);
	return finding_rows[finding].name;
}

const char *
sl_zip_finding_text(enum sl_zip_finding finding)
{
	SL_ASSERT(finding < SL_ZIP_FINDING_COUNT);
	return finding_rows[finding].text;
}

void
zip_finding(struct sl_zip *zip, enum sl_zip_finding finding, struct sl_slice detail)
{
	if (zip->sum.findings & 1u << finding)
		return;
	zip->sum.findings |= 1u << finding;
	if (zip->sink != NULL && zip->sink->finding != NULL)
		zip->sink->finding(zip->ctx, finding, detail);
}

/* What the name at hand says of the archive. */
static void
name_weigh(struct sl_zip *zip)
{
	struct sl_name name;
	unsigned findings;

	if (zip->text_len > 0 && zip->text[zip->text_len - 1] == '/')
		return;
	sl_name_read(zip_text(zip), &name);
	findings = name.findings & ~SL_NAME_BIT(PATH);	/* that is how archives name files */
	zip->sum.name_flags |= name.flags;
	zip->sum.name_findings |= findings;
	zip->sum.has_program |= (name.flags & SL_FLAG_RUNS) != 0;
	if (name.family == SL_FAMILY_ARCHIVE || name.family == SL_FAMILY_DISK_IMAGE)
		zip_finding(zip, SL_ZIP_NESTED, zip_text(zip));
}

static void
entry_tell(struct sl_zip *zip, bool central_only)
{
	const struct zip_header *e = &zip->entry;
	struct sl_zip_entry entry = { .name = zip_text(zip), .offset = e->offset, .packed_bytes = e->packed,
		.bytes = e->bytes, .crc = e->crc, .method = e->method,
		.encrypted = (e->bits & ZIP_BIT_ENCRYPTED) != 0,
		.directory = zip->text_len > 0 && zip->text[zip->text_len - 1] == '/',
		.central_only = central_only };

	if (zip->sink != NULL && zip->sink->entry != NULL)
		zip->sink->entry(zip->ctx, &entry);
}

/* Remember the entry at hand, for comparing. */
static void
local_add(struct sl_zip *zip)
{
	uint64_t hash = sl_hash(zip->text, zip->text_len);
	size_t slot = (size_t)hash % ZIP_SLOTS;

	zip->local_names += hash;
	if (zip->locals_len == SL_ZIP_ENTRIES) {
		zip_finding(zip, SL_ZIP_LIMIT, sl_slice(NULL, 0));
		return;
	}
	while (zip->slots[slot] != 0) {
		if (zip->locals[zip->slots[slot] - 1].name_hash == hash)
			zip_finding(zip, SL_ZIP_NAME_TWICE, zip_text(zip));
		slot = (slot + 1) % ZIP_SLOTS;
	}
	zip->locals[zip->locals_len++] = (struct zip_local){ .offset = zip->entry.offset, .end = UINT64_MAX,
		.name_hash = hash, .method = (uint16_t)zip->entry.method,
		.encrypted = zip->entry.bits & ZIP_BIT_ENCRYPTED };
	zip->slots[slot] = (uint16_t)zip->locals_len;
}

void
zip_local_begin(struct sl_zip *zip)
{
	struct zip_header *e = &zip->entry;

	if (zip->sum.entries++ == 0)
		zip->first = *e;
	if (e->bits & ZIP_BIT_ENCRYPTED) {
		zip->sum.encrypted++;
		zip_finding(zip, SL_ZIP_ENCRYPTED, zip_text(zip));
	}
	if (e->bits & ZIP_BIT_MASKED)
		zip_finding(zip, SL_ZIP_CENTRAL_ENCRYPTED, sl_slice(NULL, 0));
	local_add(zip);
	name_weigh(zip);
	sl_zip_kind_name(&zip->kind, zip_text(zip));
	zip->wants_mimetype = zip->sum.entries == 1 && e->method == 0 &&
	    sl_slice_eq(zip_text(zip), SL_SLICE_LIT("mimetype"));
	zip->open = true;
}

static void
sizes_check(struct sl_zip *zip)
{
	const struct zip_header *e = &zip->entry;

	if (e->method == 0 && (e->bits & ZIP_BIT_ENCRYPTED) == 0 && e->packed != e->bytes)
		zip_finding(zip, SL_ZIP_SIZE, zip_text(zip));
	if (e->bytes >= BOMB_LEAST && e->bytes / SL_ZIP_BOMB_RATIO >= e->packed)
		zip_finding(zip, SL_ZIP_RATIO, zip_text(zip));
}

/* a + b, or the largest number there is. */
static uint64_t
sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void
zip_local_end(struct sl_zip *zip)
{
	zip->open = false;
	zip->local_packed = sum(zip->local_packed, zip->entry.packed);
	zip->local_bytes = sum(zip->local_bytes, zip->entry.bytes);
	if ((zip->sum.findings & SL_ZIP_BIT(DESCRIPTOR_LOST)) == 0)
		sizes_check(zip);
	if (zip->sum.entries > SL_ZIP_ENTRIES)
		return;
	/* the header's end is not known here; its data's is enough for overlaps */
	zip->locals[zip->locals_len - 1].end = sum(zip->entry.offset, 30 + zip->entry.packed);
	zip->locals[zip->locals_len - 1].bytes = (uint32_t)zip->entry.bytes;
	entry_tell(zip, false);
}

/* A central directory starts, perhaps not the first: what was seen before counts no more. */
void
zip_central_begin(struct sl_zip *zip)
{
	zip->central_at = zip->record_at;
	zip->sum.central = 0;
	zip->central_names = zip->central_packed = zip->central_bytes = 0;
	for (size_t i = 0; i < zip->locals_len; i++)
		zip->locals[i].matched = false;
}

/* The last local at or before `offset`; NULL: there is none. They lie in the order of their offsets. */
static struct zip_local *
local_before(struct sl_zip *zip, uint64_t offset)
{
	size_t low = 0, high = zip->locals_len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (zip->locals[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : &zip->locals[low - 1];
}

/* The local that the central entry at hand points to. Programs take offsets from the file's start, or
 * from the archive's. NULL: none; *inside_out: it points into another's bytes. */
static struct zip_local *
local_of(struct sl_zip *zip, bool *inside_out)
{
	uint64_t places[] = { zip->entry.offset, sum(zip->entry.offset, zip->sum.first) };

	*inside_out = false;
	for (size_t i = 0; i < SL_COUNT(places); i++) {
		struct zip_local *local = local_before(zip, places[i]);

		if (local != NULL && local->offset == places[i])
			return local;
		if (local != NULL && places[i] < local->end)
			*inside_out = true;
	}
	return NULL;
}

static void
headers_compare(struct sl_zip *zip, struct zip_local *local, uint64_t name_hash)
{
	const struct zip_header *e = &zip->entry;

	if (local->matched)
		zip_finding(zip, SL_ZIP_OVERLAP, zip_text(zip));
	local->matched = true;
	if (local->name_hash != name_hash)
		zip_finding(zip, SL_ZIP_NAMES_DIFFER, zip_text(zip));
	if (local->method != e->method || local->encrypted != (e->bits & ZIP_BIT_ENCRYPTED) ||
	    ((uint32_t)e->bytes != local->bytes && (zip->sum.findings & SL_ZIP_BIT(DESCRIPTOR_LOST)) == 0))
		zip_finding(zip, SL_ZIP_HEADERS_DIFFER, zip_text(zip));
}

void
zip_central_entry(struct sl_zip *zip)
{
	uint64_t hash = sl_hash(zip->text, zip->text_len);
	struct zip_local *local;
	bool inside;

	zip->sum.central++;
	zip->central_names += hash;
	zip->central_packed = sum(zip->central_packed, zip->entry.packed);
	zip->central_bytes = sum(zip->central_bytes, zip->entry.bytes);
	sizes_check(zip);
	local = local_of(zip, &inside);
	if (local != NULL) {
		headers_compare(zip, local, hash);
		if (local->name_hash == hash)
			return;
	} else {
		if (zip->sum.entries > SL_ZIP_ENTRIES &&	/* it may be one that was not kept */
		    zip->entry.offset > zip->locals[zip->locals_len - 1].offset)
			return;
		if (inside)
			zip_finding(zip, SL_ZIP_OVERLAP, zip_text(zip));
		zip_finding(zip, SL_ZIP_CENTRAL_ONLY, zip_text(zip));
	}
	name_weigh(zip);
	sl_zip_kind_name(&zip->kind, zip_text(zip));
	if (zip->sum.central <= SL_ZIP_ENTRIES)
		entry_tell(zip, true);
	else
		zip_finding(zip, SL_ZIP_LIMIT, sl_slice(NULL, 0));
}

/* Locals that the central directory does not have. */
static void
locals_check(struct sl_zip *zip)
{
	if (zip->sum.entries > SL_ZIP_ENTRIES) {
		if (zip->sum.entries > zip->sum.central)
			zip_finding(zip, SL_ZIP_LOCAL_ONLY, sl_slice(NULL, 0));
		else if (zip->sum.entries < zip->sum.central)
			zip_finding(zip, SL_ZIP_CENTRAL_ONLY, sl_slice(NULL, 0));
		else if (zip->local_names != zip->central_names)
			zip_finding(zip, SL_ZIP_NAMES_DIFFER, sl_slice(NULL, 0));
		return;
	}
	for (size_t i = 0; i < zip->locals_len; i++)
		if (!zip->locals[i].matched) {
			zip_finding(zip, SL_ZIP_LOCAL_ONLY, sl_slice(NULL, 0));
			return;
		}
}

void
zip_end_check(struct sl_zip *zip, uint64_t count, uint64_t size, uint64_t offset)
{
	uint64_t at = zip->central_at, len = zip->central_end - zip->central_at;

	if ((zip->sum.findings & SL_ZIP_BIT(CENTRAL_ENCRYPTED)) != 0)
		return;
	if (zip->sum.central == 0) {
		if (zip->sum.entries > 0)
			zip_finding(zip, SL_ZIP_NO_CENTRAL, sl_slice(NULL, 0));
		if (count > 0)
			zip_finding(zip, SL_ZIP_COUNT, sl_slice(NULL, 0));
		return;
	}
	if (count != zip->sum.central && (count >= 0xffff || count != zip->sum.central % 0x10000))
		zip_finding(zip, SL_ZIP_COUNT, sl_slice(NULL, 0));
	if (size != len || (offset != at && sum(offset, zip->sum.first) != at))
		zip_finding(zip, SL_ZIP_CENTRAL_PLACE, sl_slice(NULL, 0));
	locals_check(zip);
}

void
zip_summarise(struct sl_zip *zip)
{
	struct sl_zip_summary *s = &zip->sum;
	struct sl_zip_kind *kind = &zip->kind;

	if (!s->is_zip)
		return;
	if (zip->ends == 0)
		zip_finding(zip, SL_ZIP_NO_END, sl_slice(NULL, 0));
	if (s->central == 0 && s->entries > 0 && (s->findings & SL_ZIP_BIT(CENTRAL_ENCRYPTED)) == 0)
		zip_finding(zip, SL_ZIP_NO_CENTRAL, sl_slice(NULL, 0));
	s->packed_bytes = SL_MAX(zip->local_packed, zip->central_packed);
	s->bytes = SL_MAX(zip->local_bytes, zip->central_bytes);
	if (s->bytes > SL_ZIP_BOMB_BYTES ||
	    (s->bytes >= BOMB_LEAST && s->bytes / SL_ZIP_BOMB_RATIO >= zip->pos))
		zip_finding(zip, SL_ZIP_RATIO, sl_slice(NULL, 0));
	s->has_macros = sl_zip_kind_macros(kind);
	s->type = sl_zip_kind_type(kind);
	s->flags = sl_type_flags(s->type);
	if (!s->has_macros)
		s->flags &= ~SL_FLAG_MACROS;
}
