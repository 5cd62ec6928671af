/* record.c - see record.h */

#include "record.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#define PENDING_MAX	(1u << 20)	/* bytes of lines within one turn */

struct record_writer {
	int		 fd;
	struct sl_stats	*stats;
	struct sl_buf	 pending;
	uint64_t	 pending_lines;
	bool		 complained;	/* said once that lines are lost */
};

struct record_writer *
record_writer_new(int fd, struct sl_stats *stats)
{
	struct record_writer *w = sl_xzalloc(sizeof(*w));

	w->fd = fd;
	w->stats = stats;
	sl_buf_init(&w->pending, PENDING_MAX);
	return w;
}

void
record_writer_free(struct record_writer **writer)
{
	if (*writer == NULL)
		return;
	record_flush(*writer);
	if ((*writer)->fd >= 0)
		close((*writer)->fd);
	sl_buf_fini(&(*writer)->pending);
	sl_free(*writer);
	*writer = NULL;
}

void
record_writer_reopen(struct record_writer *w, int fd)
{
	record_flush(w);
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	w->complained = false;
}

static void
lines_lost(struct record_writer *w, const char *why)
{
	w->stats->records_lost += w->pending_lines;
	if (!w->complained)
		sl_log(SL_LOG_ERROR, "records are being lost: %s (mail goes on)", why);
	w->complained = true;
}

void
record_flush(struct record_writer *w)
{
	struct pollfd out = { .fd = w->fd, .events = POLLOUT };
	ssize_t n;

	if (w->pending.len == 0)
		return;
	if (w->pending.overflow)
		lines_lost(w, "too many at once");
	if (poll(&out, 1, 0) != 1 || (out.revents & POLLOUT) == 0) {
		lines_lost(w, "nobody reads them");
	} else {
		n = write(w->fd, w->pending.data, w->pending.len);
		if (n != (ssize_t)w->pending.len)
			lines_lost(w, n < 0 ? strerror(errno) : "the disk is full");
		else
			w->complained = false;
	}
	sl_buf_reset(&w->pending);
	w->pending_lines = 0;
}

/* ---- one line ---- */

static void
add_text(struct sl_buf *out, const char *name, struct sl_slice value)
{
	sl_buf_addf(out, ",\"%s\":", name);
	sl_buf_add_json(out, value);
}

static void
add_str(struct sl_buf *out, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		add_text(out, name, sl_slice_str(value));
}

static void
add_time(struct sl_buf *out, int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;
	char text[40];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	sl_buf_addf(out, "{\"time\":\"%s.%03dZ\"", text, (int)(wall_us / 1000 % 1000));
}

static void
add_client(struct sl_buf *out, const struct session *s)
{
	add_str(out, "client", s->client_text);
	add_str(out, "helo", s->helo);
	add_str(out, "tls", sl_conn_tls_version(&s->conn));
}

static void
add_envelope(struct sl_buf *out, const struct transaction *tx)
{
	const char *comma = "";

	add_text(out, "mail_from", tx->mail.from.mailbox);
	sl_buf_add_str(out, ",\"rcpt_to\":[");
	for (const struct recipient *r = tx->recipients; r != NULL; r = r->next) {
		sl_buf_add_str(out, comma);
		sl_buf_add_json(out, r->mailbox);
		comma = ",";
	}
	sl_buf_addf(out, "],\"rcpt_tried\":%u", tx->recipients_tried);
	if (tx->tenant != NULL)
		add_str(out, "tenant", tx->tenant->name);
}

static void
add_verdict(struct sl_buf *out, const struct transaction *tx)
{
	static const char *const actions[] = { "deliver", "tag", "defer", "refuse" };
	static const char *const states[] = { "present", "absent", "failed" };
	const struct sl_verdict *verdict = tx->judge.verdict;

	if (!tx->ruled)
		return;
	add_str(out, "verdict", tx->ruling.word);
	add_str(out, "action", actions[tx->ruling.action]);
	sl_buf_addf(out, ",\"enforced\":%s", tx->ruling.enforced ? "true" : "false");
	if (verdict == NULL)
		return;
	sl_buf_add_str(out, ",\"probability\":{");
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		sl_buf_addf(out, "%s\"%s\":%.6f", c > 0 ? "," : "",
		    sl_category_word((enum sl_category)c), verdict->probability[c]);
	sl_buf_add_str(out, "},\"evidence\":[");
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		const struct sl_evidence *e = &verdict->evidence[i];

		sl_buf_addf(out, "%s{\"name\":\"%s\",\"state\":\"%s\",\"log_odds\":{", i > 0 ? "," : "",
		    e->name, states[e->state]);
		for (int c = 0; c < SL_CATEGORY_COUNT; c++)
			sl_buf_addf(out, "%s\"%s\":%.6f", c > 0 ? "," : "",
			    sl_category_word((enum sl_category)c), e->log_odds[c]);
		sl_buf_add_str(out, "}");
		/* A sentence may quote the message: only engines' names for things are kept here. */
		if (e->log_odds[SL_MALWARE] > 0)
			add_str(out, "found", e->sentence);
		sl_buf_add_str(out, "}");
	}
	sl_buf_add_str(out, "]");
}

static void
add_hop(struct sl_buf *out, const struct transaction *tx)
{
	const struct delivery *d = &tx->delivery;

	if (*d->hop_text == '\0')
		return;
	sl_buf_add_str(out, ",\"next_hop\":{\"address\":");
	sl_buf_add_json(out, sl_slice_str(d->hop_text));
	sl_buf_addf(out, ",\"reused\":%s,\"tls\":%s", d->hop_reused ? "true" : "false",
	    d->hop_tls ? "true" : "false");
	add_str(out, "queue_id", d->queue_id);
	sl_buf_add_str(out, "}");
}

/* A step as milliseconds after MAIL. */
static void
add_step(struct sl_buf *out, const char *name, uint64_t at_us, uint64_t begin_us)
{
	if (at_us >= begin_us && at_us != 0)
		sl_buf_addf(out, ",\"%s\":%.3f", name, (double)(at_us - begin_us) / 1000.0);
}

static void
add_steps(struct sl_buf *out, const struct transaction *tx)
{
	const struct delivery *d = &tx->delivery;

	sl_buf_add_str(out, ",\"ms\":{\"mail\":0");
	add_step(out, "rcpt", tx->rcpt_us, tx->mail_us);
	add_step(out, "data", tx->data_us, tx->mail_us);
	add_step(out, "dot", tx->dot_us, tx->mail_us);
	add_step(out, "verdict", tx->verdict_us, tx->mail_us);
	add_step(out, "hop_data", d->data_sent_us, tx->mail_us);
	add_step(out, "hop_dot", d->dot_sent_us, tx->mail_us);
	add_step(out, "reply", tx->done_us, tx->mail_us);
	sl_buf_add_str(out, "}");
}

void
record_transaction(const struct session *s, const char *outcome)
{
	struct record_writer *w = s->edge->records;
	const struct transaction *tx = s->tx;
	const struct sl_clock *clock = s->edge->clock;
	struct sl_buf *out = &w->pending;

	if (w->fd < 0)
		return;
	add_time(out, clock->wall_us(clock->ctx));
	add_str(out, "id", tx->id);
	add_str(out, "session", s->id);
	add_str(out, "outcome", outcome);
	add_client(out, s);
	add_envelope(out, tx);
	sl_buf_addf(out, ",\"bytes\":%llu", (unsigned long long)tx->message.wire_bytes);
	add_verdict(out, tx);
	if (tx->subject_tagged)
		sl_buf_add_str(out, ",\"subject_tagged\":true");
	if (tx->answer.code != 0) {
		sl_buf_addf(out, ",\"reply\":{\"code\":%d", tx->answer.code);
		add_str(out, "status", tx->answer.enhanced);
		add_str(out, "text", tx->answer.text);
		sl_buf_addf(out, ",\"from\":\"%s\"}", tx->answer.from_hop ? "next_hop" : "sluice");
	}
	add_hop(out, tx);
	add_steps(out, tx);
	sl_buf_add_str(out, "}\n");
	w->pending_lines++;
}
