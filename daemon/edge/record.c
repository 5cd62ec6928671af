/* record.c - see record.h */

#include "record.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"
#include "record/record.h"

#define TELL_US		((int64_t)60000000)	/* how often it is told how many were left out */
#define PENDING_MAX	(1u << 20)	/* bytes of lines within one turn */

struct record_writer {
	int		 fd;
	bool		 is_file;	/* else a pipe or a socket, whose reader may be slow */
	bool		 torn;		/* the last line that was written has no end */
	struct sl_stats	*stats;
	struct sl_buf	 pending;	/* whole lines */
	bool		 complained;	/* said once that lines are lost */
	struct flood	 flood;		/* of what ended before there was a message */
};

static void	tell_left_out(struct record_writer *w, int64_t wall_us);

static void
use_fd(struct record_writer *w, int fd)
{
	struct stat st;

	w->fd = fd;
	w->is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	w->torn = false;
	w->complained = false;
}

struct record_writer *
record_writer_new(int fd, struct sl_stats *stats)
{
	struct record_writer *w = sl_xzalloc(sizeof(*w));

	use_fd(w, fd);
	w->stats = stats;
	sl_buf_init(&w->pending, PENDING_MAX);
	return w;
}

void
record_writer_free(struct record_writer **writer)
{
	if (*writer == NULL)
		return;
	if ((*writer)->fd >= 0)
		tell_left_out(*writer, (*writer)->flood.since_us);
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
	use_fd(w, fd);
}

static void
lines_lost(struct record_writer *w, uint64_t lines, const char *why)
{
	w->stats->records_lost += lines;
	if (!w->complained)
		sl_log(SL_LOG_ERROR, "records are being lost: %s (mail goes on)", why);
	w->complained = true;
}

static uint64_t
count_lines(struct sl_slice s)
{
	uint64_t n = 0;

	for (size_t i = 1; i < s.len; i++)	/* an end alone in front is that of a torn line */
		n += s.ptr[i] == '\n';
	return n;
}

/* How much goes out in one write. Of several edges' lines in a file none may part another, so there
 * it is all; a pipe takes PIPE_BUF bytes undivided, and without waiting when it is writable at all. */
static size_t
write_len(const struct record_writer *w, struct sl_slice rest)
{
	size_t n = SL_MIN(rest.len, (size_t)PIPE_BUF);
	const unsigned char *end;

	if (w->is_file)
		return rest.len;
	end = n < rest.len ? memrchr(rest.ptr, '\n', n) : NULL;
	return end != NULL ? (size_t)(end - rest.ptr) + 1 : n;
}

/* One write, or the reason why not. */
static const char *
write_some(struct record_writer *w, struct sl_slice *rest)
{
	struct pollfd out = { .fd = w->fd, .events = POLLOUT };
	size_t len = write_len(w, *rest);
	ssize_t n;

	if (poll(&out, 1, 0) != 1 || (out.revents & POLLOUT) == 0)
		return "nobody reads them";
	n = write(w->fd, rest->ptr, len);
	if (n < 0)
		return strerror(errno);
	w->torn = n > 0 ? rest->ptr[n - 1] != '\n' : w->torn;
	*rest = sl_slice_from(*rest, (size_t)n);
	return (size_t)n == len ? NULL : "the disk is full";
}

void
record_flush(struct record_writer *w)
{
	struct sl_slice rest = sl_buf_slice(&w->pending);
	const char *why = NULL;

	if (rest.len == 0)
		return;
	while (rest.len > 0 && why == NULL)
		why = write_some(w, &rest);
	if (why == NULL)
		w->complained = false;
	else
		lines_lost(w, count_lines(rest), why);
	sl_buf_reset(&w->pending);
}

/* ---- one line ---- */

static void
add_name(struct sl_buf *out, const char *name)
{
	sl_buf_add_str(out, ",\"");
	sl_buf_add_str(out, name);
	sl_buf_add_str(out, "\":");
}

static void
add_text(struct sl_buf *out, const char *name, struct sl_slice value)
{
	add_name(out, name);
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
	const char *tenant = tx->tenant != NULL ? tx->tenant->name : refusals_tenant(tx->refusals), *comma = "";

	add_text(out, "mail_from", tx->mail.from.mailbox);
	sl_buf_add_str(out, ",\"rcpt_to\":[");
	for (const struct recipient *r = tx->recipients; r != NULL; r = r->next) {
		sl_buf_add_str(out, comma);
		sl_buf_add_json(out, r->mailbox);
		comma = ",";
	}
	sl_buf_addf(out, "],\"rcpt_tried\":%u", tx->recipients_len + refusals_count(tx->refusals));
	if (tx->mail.has_size && tx->mail.size_bytes > 0)
		sl_buf_addf(out, ",\"size_said\":%llu", (unsigned long long)tx->mail.size_bytes);
	refusals_record(tx->refusals, tenant != NULL ? tenant : "", out);
	add_str(out, "tenant", tenant);
}

/* What was learned, and judged this. Returns how many. */
static size_t
versions_of(const struct transaction *tx, struct sl_record_version versions[SL_RECORD_VERSIONS_MAX])
{
	const struct snapshot *snapshot = tx->snapshot;
	size_t n = 0;

	if (tx->classes.items[0]->to.place == DIRECTORY_CONSOLE)
		versions[n++] = (struct sl_record_version){ "snapshot", directory_id(tx->directory) };
	if (snapshot->own != NULL)
		versions[n++] = (struct sl_record_version){ "own", sl_own_id(snapshot->own) };
	if (snapshot->rules != NULL)
		versions[n++] = (struct sl_record_version){ "rules", sl_rules_id(snapshot->rules) };
	if (snapshot->stack == NULL)
		return n;
	versions[n++] = (struct sl_record_version){ "models", sl_stack_id(snapshot->stack) };
	if (sl_stack_combiner(snapshot->stack) != NULL)
		versions[n++] = (struct sl_record_version){ "combiner",
			sl_combiner_id(sl_stack_combiner(snapshot->stack)) };
	return n;
}

/* What became of the message for some of its recipients; "": the line's outcome. */
static const char *
outcome_of(const struct transaction *tx, const struct class *class)
{
	if (tx->plan != PLAN_PARTS)
		return "";
	switch (class->fate) {
	case FATE_KEEP:
		return tx->fates[FATE_KEEP].code == 250 ? "quarantined" : "deferred";
	case FATE_REFUSE:
		return "refused";
	case FATE_DEFER:
		return "deferred";
	case FATE_DELIVER:
	case FATE_COUNT:
		break;
	}
	return "";
}

/* Places of a class's recipients in "rcpt_to". */
static size_t
places_of(const struct transaction *tx, const struct class *class, unsigned *places)
{
	unsigned at = 0;
	size_t n = 0;

	for (const struct recipient *r = tx->recipients; r != NULL; r = r->next, at++)
		if (r->class == class)
			places[n++] = at;
	return n;
}

/* Groups of the class that have hits, into `groups` (SL_CONTENT_GROUPS_MAX). */
static size_t
groups_of(const struct class *class, struct sl_record_group *groups)
{
	const struct sl_content_groups *all = &class->policy->values.content.groups;
	size_t n = 0;

	for (size_t i = 0; class->content != NULL && i < all->len; i++) {
		unsigned hits = sl_groups_hits(class->content, i);

		if (hits > 0)
			groups[n++] = (struct sl_record_group){ all->items[i].name, hits };
	}
	return n;
}

/* Attachment rules of the class that fitted a file, into `rules` (SL_ATTACHMENT_RULES_MAX). */
static size_t
rules_of(const struct class *class, struct sl_slice *rules)
{
	const struct sl_attachment_rules *all = &class->policy->values.attachments.rules;
	size_t n = 0;

	for (size_t i = 0; class->files != NULL && i < all->len; i++)
		if (sl_files_hit(class->files, i))
			rules[n++] = all->items[i].name;
	return n;
}

struct class_notes {		/* what is written of the classes; on the heap, as it is some 60 KiB */
	struct sl_record_class	classes[CLASSES_MAX];
	struct sl_record_group	groups[CLASSES_MAX][SL_CONTENT_GROUPS_MAX];
	struct sl_slice		rules[CLASSES_MAX][SL_ATTACHMENT_RULES_MAX];
	size_t			len;
	unsigned		places[];
};

static struct class_notes *
note_classes(const struct transaction *tx)
{
	struct class_notes *notes = sl_xzalloc(sizeof(*notes) + (tx->recipients_len + 1) * sizeof(notes->places[0]));
	bool several = classes_in_use(&tx->classes) > 1;
	unsigned *places = notes->places;

	for (size_t i = 0; i < tx->classes.len; i++) {
		const struct class *class = tx->classes.items[i];
		struct sl_record_class *note = &notes->classes[notes->len];

		if (class->recipients == 0)
			continue;
		*note = (struct sl_record_class){ .tenant = "", .mode = (enum sl_mode)class->policy->values.mode,
			.demands = class->demands, .demands_len = class->demands_len, .groups = notes->groups[notes->len],
			.outcome = outcome_of(tx, class) };
		memcpy(note->policy, class->policy->values.category, sizeof(note->policy));
		note->groups_len = groups_of(class, notes->groups[notes->len]);
		note->rules = notes->rules[notes->len];
		note->rules_len = rules_of(class, notes->rules[notes->len]);
		sl_record_class_decided(note, &class->decision);
		if (several) {
			note->recipients = places;
			note->recipients_len = places_of(tx, class, places);
			places += note->recipients_len;
		}
		notes->len++;
	}
	return notes;
}

static void
add_verdict(struct sl_buf *out, const struct transaction *tx)
{
	struct sl_record_version versions[SL_RECORD_VERSIONS_MAX];
	struct sl_record_facts facts = { .identity = tx->identity, .from = tx->demands.from,
		.malware = judge_known_malware(&tx->judge) };
	struct sl_record_source source = { .verdict = tx->judge.verdict, .versions = versions, .facts = &facts };
	struct class_notes *notes;

	if (!tx->ruled)
		return;
	add_str(out, "verdict", tx->ruling.word);
	add_str(out, "action", sl_action_word(tx->ruling.action));
	sl_buf_addf(out, ",\"enforced\":%s", tx->ruling.enforced ? "true" : "false");
	if (source.verdict == NULL)
		return;
	if (tx->demands.seen != NULL) {
		facts.files = tx->demands.seen->files;
		facts.files_len = tx->demands.seen->len;
		facts.more_files = tx->demands.seen->more;
	}
	notes = note_classes(tx);
	source.classes = notes->classes;
	source.classes_len = notes->len;
	source.engine_failed = judge_failed(&tx->judge);
	source.versions_len = versions_of(tx, versions);
	sl_record_write(&source, out);
	sl_free(notes);
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
	if (at_us < begin_us || at_us == 0)
		return;
	add_name(out, name);
	sl_buf_add_fixed(out, (double)(at_us - begin_us) / 1000.0, 3, false);
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

/* How many copies were asked for, and what became of them. */
static void
add_copies(struct sl_buf *out, const struct transaction *tx)
{
	size_t refused = delivery_copies_refused(&tx->delivery);

	if (tx->copies.missed)
		sl_buf_add_str(out, ",\"copies\":{\"missed\":true}");
	else if (tx->copies.len > 0)
		sl_buf_addf(out, ",\"copies\":{\"asked\":%zu,\"refused\":%zu}", tx->copies.len, refused);
}

/* NULL, or without a code: there was none. */
static void
add_reply(struct sl_buf *out, const struct answer *answer)
{
	if (answer == NULL || answer->code == 0)
		return;
	sl_buf_addf(out, ",\"reply\":{\"code\":%d", answer->code);
	add_str(out, "status", answer->enhanced);
	add_str(out, "text", answer->text);
	sl_buf_addf(out, ",\"from\":\"%s\"}", answer->from_hop ? "next_hop" : "sluice");
}

static void
add_line(struct sl_buf *out, const struct session *s, const char *outcome)
{
	const struct transaction *tx = s->tx;
	const struct sl_clock *clock = s->edge->clock;

	add_time(out, clock->wall_us(clock->ctx));
	add_str(out, "id", tx->id);
	add_str(out, "session", s->id);
	add_str(out, "outcome", outcome);
	add_client(out, s);
	add_envelope(out, tx);
	sl_buf_addf(out, ",\"bytes\":%llu", (unsigned long long)tx->message.wire_bytes);
	add_str(out, "message_id", tx->demands.message_id);
	add_verdict(out, tx);
	authentication_record(&tx->authentication, out);
	if (tx->subject_tagged)
		sl_buf_add_str(out, ",\"subject_tagged\":true");
	add_reply(out, &tx->answer);
	if (strcmp(outcome, "aborted") == 0 || sl_record_is_early(sl_slice_str(outcome)))
		add_str(out, "ended", tx->ended != NULL ? tx->ended : "lost");
	if (keeping_is_sent(&tx->keeping)) {
		char id[SL_KEPT_ID_DIGITS + 1];

		sl_kept_id_write(tx->keeping.id, id);
		add_str(out, "kept", id);
	}
	add_copies(out, tx);
	add_hop(out, tx);
	add_steps(out, tx);
	sl_buf_add_str(out, "}\n");
}

/* ---- lines of what ended before there was a message ---- */

/* What became of a transaction without one. */
static const char *
early_outcome(const struct transaction *tx, const char *outcome)
{
	const struct refusals *refused = tx->refusals;

	if (tx->data_us != 0 || tx->recipients_len > 0)
		return outcome;
	if (refused == NULL || refused->answered == 0)
		return sl_record_early_word(SL_RECORD_ABANDONED);
	return sl_record_early_word(refused->for_good ? SL_RECORD_RCPT_REFUSED : SL_RECORD_RCPT_DEFERRED);
}

/* A session or a MAIL that was refused, and what is the same of both. */
struct early {
	const struct session	*session;
	const char		*id;
	enum sl_record_early	 outcome;
	const struct sl_slice	*sender;	/* NULL: none */
	enum sl_record_why	 why;
	const struct answer	*answer;	/* NULL: none */
};

static void
add_early(struct sl_buf *out, const void *ctx)
{
	const struct early *early = ctx;
	const struct session *s = early->session;
	const struct sl_clock *clock = s->edge->clock;

	add_time(out, clock->wall_us(clock->ctx));
	add_str(out, "id", early->id);
	add_str(out, "session", s->id);
	add_str(out, "outcome", sl_record_early_word(early->outcome));
	add_client(out, s);
	if (early->sender != NULL)
		add_text(out, "mail_from", *early->sender);
	add_str(out, "why", sl_record_why_word(early->why));
	add_reply(out, early->answer);
	sl_buf_add_str(out, "}\n");
}

struct left_out {
	int64_t		wall_us;
	uint64_t	count;
};

static void
add_left_out(struct sl_buf *out, const void *ctx)
{
	const struct left_out *left_out = ctx;
	char id[EDGE_ID_LEN + 1];

	edge_make_id(id);
	add_time(out, left_out->wall_us);
	add_str(out, "id", id);
	add_str(out, "outcome", sl_record_early_word(SL_RECORD_LEFT_OUT));
	sl_buf_addf(out, ",\"left_out\":%llu}\n", (unsigned long long)left_out->count);
}

struct whole {
	const struct session	*session;
	const char		*outcome;
};

static void
add_whole(struct sl_buf *out, const void *ctx)
{
	const struct whole *whole = ctx;

	add_line(out, whole->session, whole->outcome);
}

/* ---- a line among those that are pending ---- */

typedef void line_adder(struct sl_buf *out, const void *ctx);

/* Add the line, or leave what is pending as it was. */
static bool
try_line(struct record_writer *w, line_adder *adder, const void *ctx)
{
	size_t before = w->pending.len;

	if (before == 0 && w->torn)
		sl_buf_add_byte(&w->pending, '\n');
	adder(&w->pending, ctx);
	if (!w->pending.overflow)
		return true;
	w->pending.overflow = false;
	w->pending.len = before;
	return false;
}

static void
write_line(struct record_writer *w, line_adder *adder, const void *ctx)
{
	if (try_line(w, adder, ctx))
		return;
	record_flush(w);		/* many at once: those before go first */
	if (!try_line(w, adder, ctx))
		lines_lost(w, 1, "a line is too long");
}

static void
tell_left_out(struct record_writer *w, int64_t wall_us)
{
	const struct left_out left_out = { wall_us, w->flood.left_out };

	if (left_out.count == 0)
		return;
	w->flood.left_out = 0;
	write_line(w, add_left_out, &left_out);
}

/* Is there somebody to write for? Whoever writes tells what is overdue. */
static bool
is_open(const struct session *s)
{
	struct record_writer *w = s->edge->records;
	const struct sl_clock *clock = s->edge->clock;

	if (w->fd < 0)
		return false;
	if (w->flood.left_out > 0 && clock->wall_us(clock->ctx) - w->flood.since_us >= TELL_US)
		tell_left_out(w, clock->wall_us(clock->ctx));
	return true;
}

/* Has what ended early a line of its own? Else it is counted, if it is wanted at all. */
static bool
is_admitted(const struct session *s)
{
	struct flood *flood = &s->edge->records->flood;
	const struct sl_clock *clock = s->edge->clock;
	unsigned limit = session_settings(s)->limits.early_records;

	if (limit == 0 || flood_admits(flood, &s->client, limit, sl_loop_now_us(s->edge->loop)))
		return limit > 0;
	if (flood->left_out++ == 0)
		flood->since_us = clock->wall_us(clock->ctx);
	s->edge->stats->records_left_out++;
	return false;
}

void
record_transaction(const struct session *s, const char *outcome)
{
	struct whole whole = { s, early_outcome(s->tx, outcome) };

	if (is_open(s) && (s->tx->data_us != 0 || is_admitted(s)))
		write_line(s->edge->records, add_whole, &whole);
}

void
record_mail_refused(const struct session *s, const char *id, struct sl_slice sender, enum sl_record_why why, const struct answer *answer)
{
	const struct early early = { s, id, SL_RECORD_MAIL_REFUSED, sender.ptr != NULL ? &sender : NULL, why, answer };

	if (is_open(s) && is_admitted(s))
		write_line(s->edge->records, add_early, &early);
}

void
record_session_refused(const struct session *s, enum sl_record_why why, const struct answer *answer)
{
	const struct early early = { s, s->id, SL_RECORD_SESSION_REFUSED, NULL, why, answer };

	if (is_open(s) && is_admitted(s))
		write_line(s->edge->records, add_early, &early);
}
