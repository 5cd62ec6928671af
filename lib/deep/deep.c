/* deep.c - see deep/deep.h */

#include "deep/deep.h"
#include "sl/utf8.h"

const struct sl_deep_budget sl_deep_budget_default = { SL_DEEP_BYTES_OUT, SL_DEEP_ITEMS,
	SL_DEEP_DEPTH, SL_DEEP_CPU_MS };

static const struct {
	const char	*name;
	const char	*sentence;
} findings[] = {
#define ROW(id, name, sentence) [SL_DEEP_##id] = { name, sentence },
	SL_DEEP_FINDINGS(ROW)
#undef ROW
};

static const char *const sources[] = {
#define ROW(id, name) [SL_DEEP_FROM_##id] = name,
	SL_DEEP_SOURCES(ROW)
#undef ROW
};

const char *
sl_deep_finding_name(enum sl_deep_finding finding)
{
	SL_ASSERT(finding < SL_DEEP_FINDING_COUNT);
	return findings[finding].name;
}

const char *
sl_deep_finding_sentence(enum sl_deep_finding finding)
{
	SL_ASSERT(finding < SL_DEEP_FINDING_COUNT);
	return findings[finding].sentence;
}

const char *
sl_deep_source_name(enum sl_deep_source source)
{
	SL_ASSERT(source < SL_DEEP_SOURCE_COUNT);
	return sources[source];
}

void
sl_deep_budget_take(struct sl_deep_budget *left, const struct sl_deep_budget *used)
{
	left->bytes_out -= SL_MIN(left->bytes_out, used->bytes_out);
	left->items -= SL_MIN(left->items, used->items);
	left->cpu_ms -= SL_MIN(left->cpu_ms, used->cpu_ms);
}

bool
sl_deep_budget_is_left(const struct sl_deep_budget *left)
{
	return left->bytes_out > 0 && left->items > 0 && left->cpu_ms > 0;
}

/* ---- texts ---- */

/* The length of the character at the front if it may travel, else 0. */
static size_t
clean_character(struct sl_slice text)
{
	uint32_t c;
	size_t n = sl_utf8_decode(text, &c);

	return n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) ? 0 : n;
}

static bool
is_clean(struct sl_slice text)
{
	while (text.len > 0) {
		size_t n = clean_character(text);

		if (n == 0)
			return false;
		text = sl_slice_from(text, n);
	}
	return true;
}

void
sl_deep_clean_text(struct sl_slice text, size_t max, struct sl_buf *out)
{
	size_t end = out->len + max;

	while (text.len > 0) {
		size_t n = clean_character(text);
		struct sl_slice c = n > 0 ? sl_slice(text.ptr, n) : SL_SLICE_LIT("\xef\xbf\xbd");

		if (out->len + c.len > end)
			return;
		sl_buf_add_slice(out, c);
		text = sl_slice_from(text, SL_MAX(n, (size_t)1));
	}
}

/* A text as the other side takes it: cleaned and cut if need be. */
static void
pack_text(struct sl_buf *out, struct sl_slice text, size_t max)
{
	struct sl_buf clean;

	if (text.len <= max && is_clean(text)) {
		sl_pack_bytes(out, text);
		return;
	}
	sl_buf_init(&clean, max);
	sl_deep_clean_text(text, max, &clean);
	sl_pack_bytes(out, sl_buf_slice(&clean));
	sl_buf_fini(&clean);
}

static struct sl_slice
unpack_text(struct sl_unpack *in, size_t max)
{
	struct sl_slice text = sl_unpack_bytes(in);

	if (text.len > max || !is_clean(text))
		in->failed = true;
	return text;
}

/* A number below `count`. */
static uint32_t
unpack_below(struct sl_unpack *in, uint32_t count)
{
	uint32_t v = sl_unpack_u32(in);

	if (v >= count) {
		in->failed = true;
		return 0;
	}
	return v;
}

/* ---- jobs, ends ---- */

static void
pack_budget(struct sl_buf *out, const struct sl_deep_budget *b)
{
	sl_pack_u64(out, b->bytes_out);
	sl_pack_u32(out, b->items);
	sl_pack_u32(out, b->depth);
	sl_pack_u32(out, b->cpu_ms);
}

static void
unpack_budget(struct sl_unpack *in, struct sl_deep_budget *b)
{
	b->bytes_out = sl_unpack_u64(in);
	b->items = sl_unpack_u32(in);
	b->depth = sl_unpack_u32(in);
	b->cpu_ms = sl_unpack_u32(in);
}

static int
unpacked(const struct sl_unpack *in)
{
	return in->failed || in->rest.len > 0 ? SL_ERR_SYNTAX : 0;
}

void
sl_deep_pack_job(const struct sl_deep_job *job, struct sl_buf *out)
{
	pack_budget(out, &job->budget);
	pack_text(out, job->name, SL_DEEP_NAME_MAX);
	pack_text(out, job->declared, SL_DEEP_TYPE_MAX);
	pack_text(out, job->sniffed, SL_DEEP_TYPE_MAX);
}

int
sl_deep_unpack_job(struct sl_slice payload, struct sl_deep_job *job_out)
{
	struct sl_unpack in = { .rest = payload };

	*job_out = (struct sl_deep_job){ 0 };
	unpack_budget(&in, &job_out->budget);
	job_out->name = unpack_text(&in, SL_DEEP_NAME_MAX);
	job_out->declared = unpack_text(&in, SL_DEEP_TYPE_MAX);
	job_out->sniffed = unpack_text(&in, SL_DEEP_TYPE_MAX);
	return unpacked(&in);
}

void
sl_deep_pack_done(const struct sl_deep_done *done, struct sl_buf *out)
{
	pack_budget(out, &done->used);
	sl_pack_u32(out, done->complete);
}

int
sl_deep_unpack_done(struct sl_slice payload, struct sl_deep_done *done_out)
{
	struct sl_unpack in = { .rest = payload };

	*done_out = (struct sl_deep_done){ 0 };
	unpack_budget(&in, &done_out->used);
	done_out->complete = unpack_below(&in, 2) == 1;
	return unpacked(&in);
}

/* ---- items ---- */

void
sl_deep_pack_item(const struct sl_deep_item *item, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)item->kind);
	pack_text(out, item->path, SL_DEEP_PATH_MAX);
	switch (item->kind) {
	case SL_DEEP_ENTRY:
		pack_text(out, item->entry.type, SL_DEEP_TYPE_MAX);
		sl_pack_u64(out, item->entry.size_bytes);
		sl_pack_u64(out, item->entry.packed_bytes);
		sl_pack_u32(out, item->entry.flags);
		sl_buf_add(out, item->entry.sha256, sizeof(item->entry.sha256));
		return;
	case SL_DEEP_FINDING:
		sl_pack_u32(out, (uint32_t)item->finding.id);
		pack_text(out, item->finding.detail, SL_DEEP_DETAIL_MAX);
		return;
	case SL_DEEP_LINK:
		sl_pack_u32(out, (uint32_t)item->link.from);
		pack_text(out, item->link.url, SL_DEEP_URL_MAX);
		return;
	case SL_DEEP_KIND_COUNT:
		break;
	}
	SL_UNREACHABLE("no such kind of item");
}

static void
unpack_hash(struct sl_unpack *in, unsigned char *out)
{
	if (in->failed || in->rest.len < SL_DEEP_SHA256_BYTES) {
		in->failed = true;
		return;
	}
	memcpy(out, in->rest.ptr, SL_DEEP_SHA256_BYTES);
	in->rest = sl_slice_from(in->rest, SL_DEEP_SHA256_BYTES);
}

static void
unpack_item(struct sl_unpack *in, struct sl_deep_item *item)
{
	*item = (struct sl_deep_item){ .kind = unpack_below(in, SL_DEEP_KIND_COUNT) };
	item->path = unpack_text(in, SL_DEEP_PATH_MAX);
	switch (item->kind) {
	case SL_DEEP_ENTRY:
		item->entry.type = unpack_text(in, SL_DEEP_TYPE_MAX);
		item->entry.size_bytes = sl_unpack_u64(in);
		item->entry.packed_bytes = sl_unpack_u64(in);
		item->entry.flags = unpack_below(in, SL_DEEP_FLAGS_ALL + 1);
		unpack_hash(in, item->entry.sha256);
		return;
	case SL_DEEP_FINDING:
		item->finding.id = unpack_below(in, SL_DEEP_FINDING_COUNT);
		item->finding.detail = unpack_text(in, SL_DEEP_DETAIL_MAX);
		return;
	case SL_DEEP_LINK:
		item->link.from = unpack_below(in, SL_DEEP_SOURCE_COUNT);
		item->link.url = unpack_text(in, SL_DEEP_URL_MAX);
		return;
	case SL_DEEP_KIND_COUNT:
		break;
	}
	SL_UNREACHABLE("checked above");
}

int
sl_deep_unpack_items(struct sl_slice payload, sl_deep_sink *sink, void *ctx)
{
	struct sl_unpack in = { .rest = payload };

	while (in.rest.len > 0) {
		struct sl_deep_item item;

		unpack_item(&in, &item);
		if (in.failed)
			return SL_ERR_SYNTAX;
		sink(ctx, &item);
	}
	return 0;
}
