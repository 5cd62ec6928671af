/* trace.c - see trace.h */

#include "trace.h"

#include <stdio.h>
#include <time.h>

#include "mime/unstructured.h"

/* RFC 5322, 3.3, in UTC. */
static void
add_date(struct sl_buf *out, int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;
	char text[64];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	sl_buf_add_str(out, text);
}

/* What the sender says of itself, made safe for a header: it may hold anything but controls. */
static void
add_safe(struct sl_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		sl_buf_add_byte(out, c <= 0x20 || c >= 0x7f || strchr("()<>\"\\;,", c) != NULL ? '?' : c);
	}
}

/* The protocol's name in `with` (RFC 3848, RFC 6531). */
static const char *
protocol(const struct session *s)
{
	bool utf8 = s->tx->mail.smtputf8, tls = s->conn.ssl != NULL;

	if (utf8)
		return tls ? "UTF8SMTPS" : "UTF8SMTP";
	return !s->esmtp ? "SMTP" : tls ? "ESMTPS" : "ESMTP";
}

static void
add_received(const struct session *s, struct sl_buf *out)
{
	const struct transaction *tx = s->tx;
	const struct sl_settings *settings = session_settings(s);
	const struct sl_clock *clock = s->edge->clock;

	sl_buf_add_str(out, "Received: from ");
	add_safe(out, s->helo);
	sl_buf_addf(out, " ([%s%s])\r\n\tby %s (Sluice) with %s id %s",
	    strchr(s->client_text, ':') != NULL ? "IPv6:" : "", s->client_text, settings->hostname,
	    protocol(s), tx->id);
	if (s->conn.ssl != NULL)
		sl_buf_addf(out, "\r\n\t(%s %s)", sl_conn_tls_version(&s->conn),
		    sl_conn_tls_cipher(&s->conn));
	if (tx->recipients_len == 1)	/* more would tell blind copies of each other */
		sl_buf_addf(out, "\r\n\tfor <" SL_SLICE_FMT ">",
		    SL_SLICE_ARG(tx->recipients->mailbox));
	sl_buf_add_str(out, ";\r\n\t");
	add_date(out, clock->wall_us(clock->ctx));
	sl_buf_add_str(out, "\r\n");
}

/* ---- why ---- */

#define EVIDENCE_SHOWN	16	/* pieces; the record has all */
#define SENTENCES_SHOWN	8	/* of these, the strongest, in words */
#define SENTENCE_MAX	200	/* bytes; what goes on is cut */

/* How much it weighs, for the order: what failed comes first, since that is why others decide. */
static double
strength(const struct sl_evidence *e)
{
	double most = 0;

	if (e->state == SL_EVIDENCE_FAILED)
		return 1000;
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		most = SL_MAX(most, e->log_odds[c] < 0 ? -e->log_odds[c] : e->log_odds[c]);
	return most;
}

/* The strongest, in order; equals as they came. Returns how many. */
static size_t
choose(const struct sl_verdict *verdict, const struct sl_evidence *out[EVIDENCE_SHOWN])
{
	size_t len = 0;

	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];
		size_t at = len;

		if (e->shadow || (e->state == SL_EVIDENCE_ABSENT && strength(e) <= 0))
			continue;
		while (at > 0 && strength(out[at - 1]) < strength(e))
			at--;
		if (at == EVIDENCE_SHOWN)
			continue;
		len = SL_MIN(len + 1, (size_t)EVIDENCE_SHOWN);
		memmove(out + at + 1, out + at, (len - at - 1) * sizeof(*out));
		out[at] = e;
	}
	return len;
}

/* The sentence, as sluicectl explain prints it; no more of it than there is room for. */
static void
add_sentence(const char *sentence, size_t column, struct sl_buf *out)
{
	struct sl_slice text = sl_slice_str(sentence);
	char cut[SENTENCE_MAX + 4];
	size_t len = SENTENCE_MAX;

	if (text.len > SENTENCE_MAX) {
		while (len > SENTENCE_MAX - 4 && (text.ptr[len] & 0xc0) == 0x80)	/* not within a character */
			len--;
		snprintf(cut, sizeof(cut), "%.*s...", (int)len, sentence);
		text = sl_slice_str(cut);
	}
	sl_unstructured_add(text, column, out);
}

static void
add_category(struct sl_buf *out, const char *before, int category, double value, unsigned decimals, bool sign)
{
	sl_buf_add_str(out, before);
	sl_buf_add_str(out, sl_category_word((enum sl_category)category));
	sl_buf_add_byte(out, '=');
	sl_buf_add_fixed(out, value, decimals, sign);
}

static void
add_evidence(const struct sl_evidence *e, bool in_words, struct sl_buf *out)
{
	size_t from = out->len;

	sl_buf_add_str(out, "X-Sluice-Evidence: ");
	sl_buf_add_str(out, e->name);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		if (e->log_odds[c] > 0.005 || e->log_odds[c] < -0.005)
			add_category(out, " ", c, e->log_odds[c], 2, true);
	if (e->state != SL_EVIDENCE_PRESENT)
		sl_buf_add_str(out, e->state == SL_EVIDENCE_ABSENT ? " absent" : " failed");
	if (in_words && e->sentence != NULL && *e->sentence != '\0') {
		sl_buf_add_byte(out, ';');
		add_sentence(e->sentence, out->len - from, out);
	}
	sl_buf_add_str(out, "\r\n");
}

static void
add_verdict(const struct session *s, struct sl_buf *out)
{
	const struct transaction *tx = s->tx;
	const struct sl_verdict *verdict = tx->judge.verdict;
	const struct sl_evidence *shown[EVIDENCE_SHOWN];
	size_t len;

	if (!tx->ruled) {
		sl_buf_addf(out, "X-Sluice-Verdict: streaming; id=%s\r\n", tx->id);
		return;
	}
	sl_buf_addf(out, "X-Sluice-Verdict: %s; id=%s", tx->ruling.word, tx->id);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		add_category(out, "; ", c, verdict->probability[c], 4, false);
	sl_buf_add_str(out, "\r\n");
	len = choose(verdict, shown);
	for (size_t i = 0; i < len; i++)
		add_evidence(shown[i], i < SENTENCES_SHOWN, out);
}

/* Not where mail only passes, and not where it is only watched. Of several policies one that acts is enough. */
static bool
writes_headers(const struct transaction *tx)
{
	for (size_t i = 0; i < tx->classes.len; i++)
		if (tx->classes.items[i]->recipients > 0 && tx->classes.items[i]->policy->values.mode == SL_MODE_FILTER)
			return true;
	return false;
}

void
trace_headers(const struct session *s, struct sl_buf *out)
{
	if (writes_headers(s->tx)) {
		add_verdict(s, out);
		authentication_header(&s->tx->authentication, out);
	}
	add_received(s, out);
}
