/* trace.c - see trace.h */

#include "trace.h"

#include <time.h>

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

#define EVIDENCE_SHOWN	16	/* rows; the record has all */

static double
strength(const struct sl_evidence *e)
{
	double most = 0;

	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		most = SL_MAX(most, e->log_odds[c] < 0 ? -e->log_odds[c] : e->log_odds[c]);
	return most;
}

/* What failed, and what is among the strongest. */
static bool
is_shown(const struct sl_verdict *verdict, const struct sl_evidence *e)
{
	size_t stronger = 0;

	if (e->state == SL_EVIDENCE_FAILED)
		return true;
	if (e->shadow)
		return false;
	for (size_t i = 0; i < verdict->evidence_len; i++)
		stronger += strength(&verdict->evidence[i]) > strength(e);
	return stronger < EVIDENCE_SHOWN;
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
add_verdict(const struct session *s, struct sl_buf *out)
{
	const struct transaction *tx = s->tx;
	const struct sl_verdict *verdict = tx->judge.verdict;

	if (!tx->ruled) {
		sl_buf_addf(out, "X-Sluice-Verdict: streaming; id=%s\r\n", tx->id);
		return;
	}
	sl_buf_addf(out, "X-Sluice-Verdict: %s; id=%s", tx->ruling.word, tx->id);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		add_category(out, "; ", c, verdict->probability[c], 4, false);
	sl_buf_add_str(out, "\r\n");
	for (size_t i = 0, shown = 0; i < verdict->evidence_len && shown < EVIDENCE_SHOWN; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];

		if (!is_shown(verdict, e))
			continue;
		shown++;
		sl_buf_add_str(out, "X-Sluice-Evidence: ");
		sl_buf_add_str(out, e->name);
		for (int c = 0; c < SL_CATEGORY_COUNT && e->state == SL_EVIDENCE_PRESENT; c++)
			if (e->log_odds[c] > 0.005 || e->log_odds[c] < -0.005)
				add_category(out, " ", c, e->log_odds[c], 2, true);
		if (e->state != SL_EVIDENCE_PRESENT)
			sl_buf_add_str(out, e->state == SL_EVIDENCE_ABSENT ? " absent" : " failed");
		sl_buf_add_str(out, "\r\n");
	}
}

void
trace_headers(const struct session *s, struct sl_buf *out)
{
	if (s->tx->tenant->mode == SL_MODE_FILTER) {
		add_verdict(s, out);
		authentication_header(&s->tx->authentication, out);
	}
	add_received(s, out);
}
