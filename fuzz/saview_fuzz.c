/* saview_fuzz.c - what SpamAssassin's rules are shown does not depend on where a message was cut; all that eval
 * functions are asked, they answer; the limit holds */

#include "rules/sa_eval.h"
#include "sl/buf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
tell(void *ctx, enum sl_rule_where where, struct sl_slice unit)
{
	sl_buf_addf(ctx, "%d %zu ", (int)where, unit.len);
	sl_buf_add_slice(ctx, unit);
}

static struct sl_buf
see(const struct sl_sa_conf *conf, struct sl_slice message, size_t first, size_t step)
{
	static const char *const headers[] = { "ALL", "ALL:raw", "From:addr", "From:name", "ToCc:addr:host", "EnvelopeFrom",
	    "X-Spam-Relays-Untrusted", "MESSAGEID:ip" };
	static const char *const arguments[] = { "html", "1", "2" };
	struct sl_sa_view *view = sl_sa_view_new(conf, 65536);
	struct sl_buf result;

	sl_buf_init(&result, SIZE_MAX / 2);
	for (size_t i = 0, n; i < message.len; i += n) {
		n = SL_MIN(i == 0 ? first : step, message.len - i);
		sl_sa_view_feed(view, message.ptr + i, n);
	}
	sl_sa_view_finish(view);
	SL_ASSERT(sl_sa_view_cut(view) == (message.len > 65536));
	sl_sa_view_tell(view, SL_RULE_BODY, tell, &result);
	sl_sa_view_tell(view, SL_RULE_RAW_BODY, tell, &result);
	sl_sa_view_tell(view, SL_RULE_LINK, tell, &result);
	sl_sa_view_tell(view, SL_RULE_FULL, tell, &result);
	for (size_t i = 0; i < SL_COUNT(headers); i++) {
		struct sl_slice value;

		if (sl_sa_header(view, headers[i], &value))
			tell(&result, SL_RULE_HEADER, value);
	}
	for (size_t i = 0; i < sl_sa_part_count(view); i++) {
		struct sl_slice value;

		if (sl_sa_part_header(view, i, "ALL", &value))
			tell(&result, SL_RULE_MIME_HEADER, value);
	}
	for (const struct sl_sa_eval *e = sl_sa_eval_functions; e->name != NULL; e++) {
		if (e->function != NULL)
			sl_buf_add_byte(&result, e->function(view, arguments, SL_COUNT(arguments)) ? '1' : '0');
	}
	sl_sa_view_free(&view);
	return result;
}

static struct sl_sa_conf *
make_conf(void)
{
	struct sl_sa_conf *conf = sl_sa_conf_new();

	SL_ASSERT(sl_sa_conf_line(conf, SL_SLICE_LIT("util_rb_tld"), SL_SLICE_LIT("com net org uk")));
	SL_ASSERT(sl_sa_conf_line(conf, SL_SLICE_LIT("freemail_domains"), SL_SLICE_LIT("a.com b.*")));
	SL_ASSERT(sl_sa_conf_line(conf, SL_SLICE_LIT("originating_ip_headers"), SL_SLICE_LIT("X-IP")));
	return conf;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sl_sa_conf *conf;
	struct sl_slice message;
	struct sl_buf whole, cut;

	if (conf == NULL)
		conf = make_conf();
	if (size < 3)
		return 0;
	message = sl_slice(data + 2, size - 2);
	whole = see(conf, message, message.len, message.len);
	cut = see(conf, message, 1 + (size_t)(data[0] << 8 | data[1]) % (size - 2), 7);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	sl_buf_fini(&cut);
	sl_buf_fini(&whole);
	return 0;
}
