/* talk_fuzz.c - whatever a next hop says: cuts change nothing, the dot leaves only when it may, and each recipient gets its answer once */

#include "courier/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RCPTS	3

static const struct sl_queue_rcpt rcpts[RCPTS] = {
	{ { (const unsigned char *)"a@example.com", 13 }, SL_QUEUE_RCPT_OPEN, 0, { NULL, 0 } },
	{ { (const unsigned char *)"b@example.com", 13 }, SL_QUEUE_RCPT_TAKEN, 0, { NULL, 0 } },
	{ { (const unsigned char *)"c@example.com", 13 }, SL_QUEUE_RCPT_IN_DOUBT, 0, { NULL, 0 } },
};

/* A whole talk; what was written and said goes to `out`. `piece`: bytes at once. */
static void
play(const uint8_t *data, size_t size, size_t piece, enum sl_talk_tls tls, struct sl_buf *out)
{
	struct sl_talk_mail mail = { SL_SLICE_LIT("x.example"), SL_SLICE_LIT(""), rcpts, RCPTS, 50, true, false, tls };
	struct sl_talk *talk = sl_talk_new(&mail);
	const struct sl_queue_said *said;
	bool may = false, seen[RCPTS] = { false };
	size_t len;

	for (size_t at = 0; sl_talk_wants(talk) != SL_TALK_DONE;) {
		enum sl_talk_want want = sl_talk_wants(talk);

		if (want == SL_TALK_START_TLS) {
			/* What comes in one read with 220 is dropped, so the rest depends on cuts: it ends here. */
			sl_talk_tls_done(talk, false);
		} else if (at < size) {
			size_t n = SL_MIN(piece, size - at);

			sl_talk_feed(talk, sl_slice(data + at, n));
			at += n;
		} else if (want == SL_TALK_BODY) {
			sl_talk_body(talk, SL_SLICE_LIT("a: b\r\n\r\n.\r\nx"));
			sl_talk_body_end(talk);
		} else if (want == SL_TALK_FINAL) {
			SL_ASSERT(memmem(sl_talk_out(talk)->data, sl_talk_out(talk)->len, "\r\n.\r\n", 5) == NULL);
			may = true;
			sl_talk_dot(talk);
		} else {
			sl_talk_lost(talk, "gone");
		}
	}
	SL_ASSERT(!sl_talk_out(talk)->overflow && sl_talk_dot_left(talk) == may);
	said = sl_talk_said(talk, &len);
	SL_ASSERT(len <= 2 && (may || len == 2));
	for (size_t i = 0; i < len; i++) {
		SL_ASSERT(said[i].rcpt < RCPTS && said[i].rcpt != 1 && !seen[said[i].rcpt]);
		seen[said[i].rcpt] = true;
		/* Nobody is said to have it unless the dot left. */
		SL_ASSERT(may || said[i].code / 100 != 2);
		sl_buf_addf(out, "%zu %d ", said[i].rcpt, said[i].code);
		sl_buf_add_slice(out, said[i].reply);
	}
	sl_talk_free(&talk);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum sl_talk_tls tls = size > 0 ? (enum sl_talk_tls)(data[0] % 3) : SL_TALK_TLS_NEVER;
	struct sl_buf whole, cut;

	if (size == 0)
		return 0;
	sl_buf_init(&whole, 1 << 16);
	sl_buf_init(&cut, 1 << 16);
	play(data + 1, size - 1, size, tls, &whole);
	play(data + 1, size - 1, 1, tls, &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	sl_buf_reset(&cut);
	play(data + 1, size - 1, 5, tls, &cut);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&cut)));
	sl_buf_fini(&whole);
	sl_buf_fini(&cut);
	return 0;
}
