/* digest_compose_fuzz.c - whatever strangers wrote: the digest is ASCII in short lines, its head has no field more, its HTML no
 * link but those that act, and nothing hidden */

#include "digest/command.h"
#include "digest/compose.h"
#include "html/view.h"
#include "mime/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sl_digest_keys keys = { { { 1, "0123456789abcdef0123456789abcde" } }, 1 };

struct seen {
	unsigned	links;
};

static void
on_link(void *ctx, const struct sl_view_link *link)
{
	struct seen *seen = ctx;

	SL_ASSERT(link->element == SL_VIEW_IN_A && link->flags == 0);
	SL_ASSERT(sl_slice_istarts(link->url, SL_SLICE_LIT("mailto:")));
	SL_ASSERT(memmem(link->url.ptr, link->url.len, "@q.test?subject=", 16) != NULL);
	seen->links++;
}

static void
on_image(void *ctx, const struct sl_view_image *image)
{
	SL_UNREACHABLE("an image");
}

static void
on_finding(void *ctx, enum sl_view_finding finding, struct sl_slice detail)
{
	SL_UNREACHABLE("a finding");
}

static void
on_text(void *ctx, struct sl_slice text, enum sl_view_kind kind)
{
	SL_ASSERT(kind == SL_VIEW_VISIBLE || kind == SL_VIEW_TITLE);
}

static void
add(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
}

static void
check_lines(const struct sl_buf *mail)
{
	size_t line = 0;

	for (size_t i = 0; i < mail->len; i++) {
		unsigned char c = mail->data[i];

		if (c == '\r') {
			SL_ASSERT(i + 1 < mail->len && mail->data[i + 1] == '\n' && line <= 76);
			line = 0;
			i++;
			continue;
		}
		SL_ASSERT(c >= ' ' && c <= '~');
		line++;
	}
	SL_ASSERT(line == 0);
}

static void
check_html(const struct sl_buf *mail, unsigned links)
{
	static const struct sl_view_sink sink = { .text = on_text, .link = on_link, .image = on_image, .finding = on_finding };
	const unsigned char *at = memmem(mail->data, mail->len, "Content-Type: text/html", 23), *end;
	struct sl_transfer_decoder decoder;
	struct seen seen = { 0 };
	struct sl_buf html;
	struct sl_view *view;

	SL_ASSERT(at != NULL);
	at = memmem(at, (size_t)(mail->data + mail->len - at), "\r\n\r\n", 4);
	SL_ASSERT(at != NULL);
	end = memmem(at + 4, (size_t)(mail->data + mail->len - at - 4), "\r\n--=_", 6);
	SL_ASSERT(end != NULL);
	sl_buf_init(&html, SL_DIGEST_BYTES_MAX);
	sl_transfer_init(&decoder, SL_TRANSFER_QP);
	sl_transfer_feed_all(&decoder, sl_slice(at + 4, (size_t)(end - at - 4)), add, &html);
	sl_transfer_finish(&decoder, add, &html);
	view = sl_view_new(NULL, &sink, &seen);
	sl_view_feed(view, html.data, html.len);
	sl_view_finish(view);
	SL_ASSERT(sl_view_totals(view)->invisible == 0 && sl_view_totals(view)->bidi_overrides == 0);
	sl_view_free(&view);
	sl_buf_fini(&html);
	SL_ASSERT(seen.links == links);
}

/* The next of the input's pieces, parted by '|'. */
static struct sl_slice
piece(struct sl_slice *rest)
{
	const unsigned char *bar = rest->len == 0 ? NULL : memchr(rest->ptr, '|', rest->len);
	struct sl_slice s = sl_slice(rest->ptr, bar == NULL ? rest->len : (size_t)(bar - rest->ptr));

	*rest = sl_slice_from(*rest, bar == NULL ? rest->len : s.len + 1);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_slice rest = sl_slice(data, size);
	struct sl_digest_row row = { .group = size > 0 ? (enum sl_digest_group)(data[0] % 12) : SL_DIGEST_GROUP_SPAM,
		.name = piece(&rest), .address = piece(&rest), .subject = piece(&rest), .reason = piece(&rest),
		.received_us = INT64_C(1795681800000000), .bytes = size, .probability = 0.5, .expiry_day = 20800, .verbs = 0x1f };
	struct sl_digest digest = { .keys = &keys, .tenant = 1, .customer = piece(&rest), .domain = SL_SLICE_LIT("q.test"),
		.from = SL_SLICE_LIT("a@q.test"), .to = SL_SLICE_LIT("b@example.com"), .language = SL_SLICE_LIT("de"),
		.now_s = 1795681800, .rows = &row, .rows_len = 1 };
	struct sl_digest_answer answer = { .verb = SL_DIGEST_RELEASE, .outcome = SL_DIGEST_OUTCOME_UNDELIVERABLE,
		.domain = digest.domain, .from = digest.from, .to = digest.to, .author = row.address, .subject = row.subject,
		.hop_said = row.reason, .customer = digest.customer, .in_reply_to = row.name, .now_s = digest.now_s };
	struct sl_buf mail, id;

	sl_buf_init(&mail, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&id, 512);
	SL_ASSERT(sl_digest_compose(&digest, &mail, &id) == 0);
	check_lines(&mail);
	check_html(&mail, 6);
	sl_buf_reset(&mail);
	/* A Message-ID that is named takes the line that it needs. */
	if (answer.in_reply_to.len > 70)
		answer.in_reply_to.len = 70;
	SL_ASSERT(sl_digest_answer_compose(&answer, &mail, &id) == 0);
	check_lines(&mail);
	sl_buf_fini(&mail);
	sl_buf_fini(&id);
	return 0;
}
