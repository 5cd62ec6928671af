/* deep_fuzz.c - what a helper answers and is asked: what can be unpacked, packs to the same bytes */

#include "deep/deep.h"
#include "sl/utf8.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static void
check_text(struct sl_slice text, size_t max)
{
	SL_ASSERT(text.len <= max && sl_utf8_valid(text));
	for (size_t i = 0; i < text.len; i++)
		SL_ASSERT(text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f);
}

static void
again(void *ctx, const struct sl_deep_item *item)
{
	check_text(item->path, SL_DEEP_PATH_MAX);
	if (item->kind == SL_DEEP_FINDING) {
		check_text(item->finding.detail, SL_DEEP_DETAIL_MAX);
		SL_ASSERT(sl_deep_finding_name(item->finding.id) != NULL);
	}
	if (item->kind == SL_DEEP_LINK)
		check_text(item->link.url, SL_DEEP_URL_MAX);
	sl_deep_pack_item(item, ctx);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_slice in = sl_slice(data, len);
	struct sl_deep_job job;
	struct sl_deep_done done;
	struct sl_buf out, clean;

	sl_buf_init(&out, SIZE_MAX / 2);
	sl_buf_init(&clean, SIZE_MAX / 2);
	if (sl_deep_unpack_items(in, again, &out) == 0)
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), in));
	sl_buf_reset(&out);
	if (sl_deep_unpack_job(in, &job) == 0) {
		sl_deep_pack_job(&job, &out);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), in));
	}
	sl_buf_reset(&out);
	if (sl_deep_unpack_done(in, &done) == 0) {
		sl_deep_pack_done(&done, &out);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&out), in) && out.len <= SL_DEEP_DONE_MAX);
	}
	sl_deep_clean_text(in, SL_DEEP_DETAIL_MAX, &clean);
	check_text(sl_buf_slice(&clean), SL_DEEP_DETAIL_MAX);
	sl_buf_reset(&out);
	sl_deep_clean_text(sl_buf_slice(&clean), SL_DEEP_DETAIL_MAX, &out);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&clean), sl_buf_slice(&out)));
	sl_buf_fini(&out);
	sl_buf_fini(&clean);
	return 0;
}
