/*
 * zip_fuzz.c - ZIP archives: every cutting agrees; limits hold; a finding comes once
 *
 * Input: a byte of cutting, the file.
 */

#include "attach/zip.h"
#include "sl/buf.h"
#include "sl/utf8.h"

struct reading {
	struct sl_buf	said;
	unsigned	found, entries;
	size_t		len;
};

static void
on_entry(void *ctx, const struct sl_zip_entry *e)
{
	struct reading *r = ctx;

	SL_ASSERT(e->name.len <= SL_ZIP_NAME && sl_utf8_valid(e->name));
	SL_ASSERT(e->central_only || e->offset < r->len);
	SL_ASSERT(++r->entries <= 2 * SL_ZIP_ENTRIES);
	sl_buf_addf(&r->said, SL_SLICE_FMT "|%llu %llu %llu %u %u %d%d%d\n", SL_SLICE_ARG(e->name),
	    (unsigned long long)e->offset, (unsigned long long)e->packed_bytes, (unsigned long long)e->bytes,
	    e->crc, e->method, e->encrypted, e->directory, e->central_only);
}

static void
on_finding(void *ctx, enum sl_zip_finding finding, struct sl_slice detail)
{
	struct reading *r = ctx;

	SL_ASSERT((r->found & 1u << finding) == 0);
	r->found |= 1u << finding;
	SL_ASSERT(sl_zip_finding_text(finding)[0] != '\0');
	sl_buf_addf(&r->said, "#%s " SL_SLICE_FMT "\n", sl_zip_finding_name(finding), SL_SLICE_ARG(detail));
}

static const struct sl_zip_sink sink = { on_entry, on_finding };

static void
read_zip(struct sl_slice in, size_t step, struct reading *r)
{
	struct sl_zip *zip;
	struct sl_zip_summary sum;

	*r = (struct reading){ .len = in.len };
	sl_buf_init(&r->said, 1 << 24);
	zip = sl_zip_new(&sink, r);
	for (size_t at = 0; at < in.len; at += step)
		sl_zip_feed(zip, sl_slice(in.ptr + at, SL_MIN(step, in.len - at)));
	sl_zip_finish(zip, &sum);
	sl_zip_free(&zip);
	SL_ASSERT(sum.findings == r->found);
	SL_ASSERT(sum.is_zip || (r->entries == 0 && r->found == 0 && sum.type == SL_TYPE_UNKNOWN));
	SL_ASSERT(sum.first <= in.len && sum.encrypted <= sum.entries);
	SL_ASSERT((sum.entries + sum.central) * 30 <= in.len);
	sl_buf_addf(&r->said, "%s %x %x %x %llu %llu %llu %llu %llu %d", sl_type_mime(sum.type), sum.flags,
	    sum.name_flags, sum.name_findings, (unsigned long long)sum.entries, (unsigned long long)sum.central,
	    (unsigned long long)sum.bytes, (unsigned long long)sum.packed_bytes, (unsigned long long)sum.first,
	    sum.has_macros);
	SL_ASSERT(!r->said.overflow);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reading whole, cut;
	struct sl_slice in;

	if (len < 1)
		return 0;
	in = sl_slice(data + 1, len - 1);
	read_zip(in, in.len + 1, &whole);
	read_zip(in, 1u + data[0], &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.said), sl_buf_slice(&cut.said)));
	sl_buf_fini(&whole.said);
	sl_buf_fini(&cut.said);
	return 0;
}
