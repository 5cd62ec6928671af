/* engine_spamd.c - SpamAssassin's daemon: CHECK SPAMC/1.5, the score comes back in a header line */

#include <math.h>
#include <stdio.h>

#include "classify/engine_i.h"

/* Without a Content-length the message goes to the end of what we send. */
static void
spamd_begin(const struct sl_engine_facts *facts, struct sl_buf *out)
{
	sl_buf_add_str(out, "CHECK SPAMC/1.5\r\n\r\n");
}

/* "Spam: True ; 15.3 / 5.0" */
static bool
read_spam(struct sl_slice value, double *score, double *limit)
{
	const unsigned char *semicolon = value.len == 0 ? NULL : memchr(value.ptr, ';', value.len);
	const unsigned char *slash = value.len == 0 ? NULL : memchr(value.ptr, '/', value.len);
	struct sl_slice first, second;

	if (semicolon == NULL || slash == NULL || slash < semicolon)
		return false;
	first = sl_slice(semicolon + 1, (size_t)(slash - semicolon - 1));
	second = sl_slice_from(value, (size_t)(slash + 1 - value.ptr));
	return engine_number(sl_slice_trim(first), score) && engine_number(sl_slice_trim(second), limit);
}

static enum sl_engine_result
spamd_reply(struct sl_slice in, bool closed, struct sl_engine_said *said)
{
	const struct sl_slice protocol = SL_SLICE_LIT("SPAMD/");
	struct engine_reply reply;
	const unsigned char *space;
	double score, limit;

	*said = (struct sl_engine_said){ .value = 0 };
	if (memcmp(in.len == 0 ? protocol.ptr : in.ptr, protocol.ptr, SL_MIN(in.len, protocol.len)) != 0)
		return SL_ENGINE_FAILED;
	if (!engine_reply_split(in, &reply))
		return closed ? SL_ENGINE_FAILED : SL_ENGINE_MORE;
	space = memchr(reply.status_line.ptr, ' ', reply.status_line.len);
	if (space == NULL || !sl_slice_istarts(sl_slice_from(reply.status_line,
	    (size_t)(space + 1 - reply.status_line.ptr)), SL_SLICE_LIT("0 ")))
		return SL_ENGINE_FAILED;	/* EX_TEMPFAIL and its like */
	if (!read_spam(engine_reply_field(&reply, SL_SLICE_LIT("Spam")), &score, &limit))
		return SL_ENGINE_FAILED;
	said->value = fmax(-10, fmin(10, score / 3));
	said->log_odds[SL_SPAM] = fmax(-2.5, fmin(6, 0.6 * (score - limit / 2)));
	snprintf(said->text, sizeof(said->text), "spamd gives it %.1f points of %.1f", score, limit);
	return SL_ENGINE_SAID;
}

const struct sl_engine_codec engine_spamd = {
	.name = "spamd",
	.noun = "spamd",
	.shut = true,
	.reply_max = 16384,
	.begin = spamd_begin,
	.reply = spamd_reply,
};
