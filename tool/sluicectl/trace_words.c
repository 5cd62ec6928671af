/* trace_words.c - see trace_words.h */

#include "trace_words.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "record/record.h"

#define REASONS_MAX	5	/* of a verdict, the weightiest */
#define RECIPIENTS_SHOWN 10
#define EVIDENCE_MAX	512
#define TEXT_MAX	400

struct words {
	json_t			*line;
	const struct colours	*c;
	struct sl_buf		*out;
};

/* ---- pieces ---- */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* What a sender wrote goes to a terminal: no control bytes, and not without end. */
static void
add_safe(struct sl_buf *out, const char *text)
{
	for (size_t i = 0; text[i] != '\0' && i < TEXT_MAX; i++)
		sl_buf_add_byte(out, (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : (unsigned char)text[i]);
}

/* Begin a line: a step with its time, or a name. */
static void
begin(struct words *w, const char *step)
{
	const json_t *ms = step != NULL ? json_object_get(json_object_get(w->line, "ms"), step) : NULL;
	char when[32] = "";

	if (json_is_number(ms))
		snprintf(when, sizeof(when), "+%.1f ms", json_number_value(ms));
	sl_buf_addf(w->out, "  %12s  ", when);
}

static bool
has_step(const struct words *w, const char *step)
{
	return json_is_number(json_object_get(json_object_get(w->line, "ms"), step));
}

/* 1234567 as 1,234,567. */
static void
add_number(struct sl_buf *out, json_int_t n)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%lld", (long long)n);

	for (int i = 0; i < len; i++) {
		sl_buf_add_byte(out, (unsigned char)text[i]);
		if (text[i] != '-' && i + 1 < len && (len - 1 - i) % 3 == 0)
			sl_buf_add_byte(out, ',');
	}
}

/* ---- who ---- */

static void
say_head(struct words *w)
{
	const char *outcome = text_of(w->line, "outcome");
	bool good = strcmp(outcome, "delivered") == 0;

	sl_buf_addf(w->out, "%s", w->c->bold);
	add_safe(w->out, text_of(w->line, "id"));
	sl_buf_addf(w->out, "%s  ", w->c->plain);
	add_safe(w->out, text_of(w->line, "time"));
	sl_buf_addf(w->out, "  %s", good ? w->c->good : w->c->bad);
	add_safe(w->out, outcome);
	sl_buf_addf(w->out, "%s\n", w->c->plain);
}

static void
say_client(struct words *w)
{
	const char *tls = text_of(w->line, "tls");

	begin(w, NULL);
	add_safe(w->out, text_of(w->line, "client"));
	sl_buf_add_str(w->out, " called itself ");
	add_safe(w->out, *text_of(w->line, "helo") != '\0' ? text_of(w->line, "helo") : "nothing");
	sl_buf_add_str(w->out, *tls != '\0' ? ", over " : ", without TLS");
	add_safe(w->out, tls);
	sl_buf_add_str(w->out, "; session ");
	add_safe(w->out, text_of(w->line, "session"));
	sl_buf_add_str(w->out, "\n");
}

/* ---- what was not accepted ---- */

/* Why, in words; where the answer does not say it. */
static void
say_why(struct words *w, const json_t *of)
{
	enum sl_record_why why = sl_record_why_find(sl_slice_str(text_of(of, "why")));

	if (why == SL_RECORD_WHY_COUNT)
		return;
	begin(w, NULL);
	sl_buf_addf(w->out, "  %s", sl_record_why_text(why));
	if (*text_of(of, "list") != '\0') {
		sl_buf_add_str(w->out, ": the ");
		add_safe(w->out, text_of(of, "list"));
		sl_buf_add_str(w->out, "'s");
	}
	sl_buf_add_byte(w->out, '\n');
}

/* "refused, 550 5.1.1 no such user" */
static void
say_answer(struct words *w, const json_t *of)
{
	json_int_t code = json_integer_value(json_object_get(of, "code"));

	sl_buf_add_str(w->out, code >= 500 ? "refused, " : code > 0 ? "put off, " : "no answer was given");
	if (code > 0)
		sl_buf_addf(w->out, "%lld ", (long long)code);
	add_safe(w->out, text_of(of, "status"));
	sl_buf_add_str(w->out, *text_of(of, "status") != '\0' ? " " : "");
	add_safe(w->out, text_of(of, "text"));
	sl_buf_add_byte(w->out, '\n');
}

static void
say_refused(struct words *w)
{
	json_int_t more = json_integer_value(json_object_get(w->line, "refused_more"));
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(w->line, "refused"), i, one) {
		begin(w, NULL);
		sl_buf_add_str(w->out, *text_of(one, "rcpt") != '\0' ? "RCPT to <" : "RCPT");
		add_safe(w->out, text_of(one, "rcpt"));
		sl_buf_add_str(w->out, *text_of(one, "rcpt") != '\0' ? ">" : "");
		sl_buf_add_str(w->out, *text_of(one, "tenant") != '\0' ? ", of tenant " : "");
		add_safe(w->out, text_of(one, "tenant"));
		sl_buf_add_str(w->out, ": ");
		say_answer(w, one);
		say_why(w, one);
	}
	if (more > 0) {
		begin(w, NULL);
		sl_buf_addf(w->out, "and %lld more recipients were not accepted\n", (long long)more);
	}
	if (json_is_true(json_object_get(w->line, "refused_unnamed"))) {
		begin(w, NULL);
		sl_buf_add_str(w->out, "and others were not accepted whom the record does not name: there were too many\n");
	}
}

/* How a transaction ended that came to no answer. */
static void
say_ended(struct words *w)
{
	static const struct { const char *word, *text; } ways[] = { { "reset", "the sender began anew (RSET)" },
		{ "hello", "the sender began anew (EHLO)" }, { "starttls", "the sender began TLS" }, { "quit", "the sender said QUIT" },
		{ "lost", "the sender closed the connection, or it broke" }, { "timeout", "the sender was silent for too long" },
		{ "slow", "the sender was too slow" }, { "errors", "we ended the session: too many errors (limits.errors)" },
		{ "closed", "we ended the session" } };
	const char *ended = text_of(w->line, "ended");

	for (size_t i = 0; i < SL_COUNT(ways); i++) {
		if (strcmp(ways[i].word, ended) != 0)
			continue;
		begin(w, "reply");
		sl_buf_addf(w->out, "%s\n", ways[i].text);
	}
}

static void
say_envelope(struct words *w)
{
	const json_t *list = json_object_get(w->line, "rcpt_to"), *one;
	json_int_t tried = json_integer_value(json_object_get(w->line, "rcpt_tried"));
	size_t i;

	if (json_object_get(w->line, "mail_from") == NULL)
		return;
	begin(w, "mail");
	sl_buf_add_str(w->out, "MAIL from <");
	add_safe(w->out, text_of(w->line, "mail_from"));
	sl_buf_add_str(w->out, ">\n");
	json_array_foreach(list, i, one) {
		if (i == RECIPIENTS_SHOWN) {
			begin(w, NULL);
			sl_buf_addf(w->out, "and %zu more\n", json_array_size(list) - i);
			break;
		}
		begin(w, i == 0 ? "rcpt" : NULL);
		sl_buf_add_str(w->out, "RCPT to <");
		add_safe(w->out, json_string_value(one) != NULL ? json_string_value(one) : "?");
		sl_buf_addf(w->out, ">%s", i == 0 && *text_of(w->line, "tenant") != '\0' ? ", of tenant " : "");
		add_safe(w->out, i == 0 ? text_of(w->line, "tenant") : "");
		sl_buf_add_str(w->out, "\n");
	}
	if (json_object_get(w->line, "refused") != NULL) {
		say_refused(w);
	} else if (tried > (json_int_t)json_array_size(list)) {	/* as lines were once */
		begin(w, NULL);
		sl_buf_addf(w->out, "%lld of %lld recipients were not accepted\n",
		    (long long)(tried - (json_int_t)json_array_size(list)), (long long)tried);
	}
}

static void
say_message(struct words *w)
{
	json_int_t bytes = json_integer_value(json_object_get(w->line, "bytes"));

	if (!has_step(w, "data") && bytes == 0)
		return;
	begin(w, has_step(w, "dot") ? "dot" : "data");
	sl_buf_add_str(w->out, has_step(w, "dot") ? "the message was there, " : "the message began and did not end, ");
	add_number(w->out, bytes);
	sl_buf_add_str(w->out, " bytes\n");
}

/* ---- who it claimed to be ---- */

static void
say_method(struct words *w, const char *name, const json_t *object, const char *identity)
{
	const char *result = json_is_string(object) ? json_string_value(object) : text_of(object, "result");

	if (*result == '\0')
		return;
	begin(w, NULL);
	sl_buf_addf(w->out, "%s: ", name);
	add_safe(w->out, result);
	if (json_is_object(object) && *text_of(object, identity) != '\0') {
		sl_buf_add_str(w->out, " for ");
		add_safe(w->out, text_of(object, identity));
	}
	if (json_is_object(object) && *text_of(object, "reason") != '\0') {
		sl_buf_add_str(w->out, " (");
		add_safe(w->out, text_of(object, "reason"));
		sl_buf_add_str(w->out, ")");
	}
	sl_buf_add_str(w->out, "\n");
}

static void
say_authentication(struct words *w)
{
	const json_t *auth = json_object_get(w->line, "auth"), *one;
	size_t i;

	say_method(w, "SPF", json_object_get(auth, "spf"), "domain");
	json_array_foreach(json_object_get(auth, "dkim"), i, one)
		say_method(w, "DKIM", one, "domain");
	say_method(w, "DMARC", json_object_get(auth, "dmarc"), "from");
}

/* ---- why ---- */

struct reason {
	const char	*name, *category;
	double		 weight;
};

static int
by_weight(const void *a, const void *b)
{
	double x = fabs(((const struct reason *)a)->weight), y = fabs(((const struct reason *)b)->weight);

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The contributions to the category that the ruling was for; of a clean message: to all. */
static size_t
reasons_of(const struct words *w, struct reason reasons[EVIDENCE_MAX])
{
	const char *verdict = text_of(w->line, "verdict"), *category;
	json_t *one, *odds, *value;
	bool clean = json_object_get(json_object_get(w->line, "probability"), verdict) == NULL;
	size_t i, len = 0;

	json_array_foreach(json_object_get(w->line, "evidence"), i, one) {
		if (json_is_true(json_object_get(one, "shadow")))
			continue;	/* recorded, not counted */
		odds = json_object_get(one, "log_odds");
		json_object_foreach(odds, category, value)
			if (len < EVIDENCE_MAX && json_is_number(value) && (clean || strcmp(category, verdict) == 0))
				reasons[len++] = (struct reason){ text_of(one, "name"), category, json_number_value(value) };
	}
	if (len > 0)
		qsort(reasons, len, sizeof(*reasons), by_weight);
	return len;
}

static void
say_reasons(struct words *w)
{
	struct reason *reasons = sl_xzalloc(EVIDENCE_MAX * sizeof(*reasons));
	size_t len = reasons_of(w, reasons);

	for (size_t i = 0; i < len && i < REASONS_MAX; i++) {
		begin(w, NULL);
		sl_buf_addf(w->out, "  %+6.2f for ", reasons[i].weight);
		add_safe(w->out, reasons[i].category);
		sl_buf_add_str(w->out, ": ");
		add_safe(w->out, reasons[i].name);
		sl_buf_add_str(w->out, "\n");
	}
	if (len > REASONS_MAX) {
		begin(w, NULL);
		sl_buf_addf(w->out, "  and %zu smaller ones\n", len - REASONS_MAX);
	}
	sl_free(reasons);
}

static void
say_threshold(struct words *w, const json_t *class, const char *verdict, const char *action)
{
	const json_t *policy = json_object_get(class != NULL ? class : w->line, "policy");
	const json_t *at = json_object_get(json_object_get(policy, verdict), action);

	if (!json_is_number(at))
		return;
	begin(w, NULL);
	sl_buf_addf(w->out, "the policy says %s from %.4g %% on\n", action, 100 * json_number_value(at));
}

/* "tenant's allow list", "attachment asks for quarantine" */
static void
say_causes(struct words *w, const json_t *class)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(class, "lists"), i, one) {
		begin(w, NULL);
		add_safe(w->out, text_of(one, "by"));
		sl_buf_add_str(w->out, strcmp(text_of(one, "says"), "allow") == 0 ? "'s list allows the sender\n" :
		    "'s list denies the sender\n");
	}
	json_array_foreach(json_object_get(class, "demands"), i, one) {
		begin(w, NULL);
		add_safe(w->out, text_of(one, "word"));
		sl_buf_add_str(w->out, ": the policy asks for ");
		add_safe(w->out, text_of(one, "action"));
		sl_buf_add_str(w->out, "\n");
	}
	json_array_foreach(json_object_get(class, "rules"), i, one) {
		begin(w, NULL);
		sl_buf_add_str(w->out, "a file fits the attachment rule ");
		add_safe(w->out, json_string_value(one) != NULL ? json_string_value(one) : "?");
		sl_buf_add_str(w->out, "\n");
	}
	json_array_foreach(json_object_get(class, "groups"), i, one) {
		begin(w, NULL);
		sl_buf_add_str(w->out, "the text hits the content group ");
		add_safe(w->out, text_of(one, "name"));
		sl_buf_addf(w->out, ", %lld times\n", (long long)json_integer_value(json_object_get(one, "hits")));
	}
}

/* Whom a class is of, where there are several. */
static void
say_recipients(struct words *w, const json_t *class)
{
	const json_t *to = json_object_get(w->line, "rcpt_to");
	const char *between = "for ";
	json_t *place;
	size_t i;

	begin(w, NULL);
	json_array_foreach(json_object_get(class, "rcpt"), i, place) {
		const char *address = json_string_value(json_array_get(to, (size_t)json_integer_value(place)));

		sl_buf_add_str(w->out, between);
		add_safe(w->out, address != NULL ? address : "?");
		between = ", ";
	}
	sl_buf_addf(w->out, "%s: %s", i == 0 ? "for all" : "", w->c->bold);
	add_safe(w->out, text_of(class, "verdict"));
	sl_buf_addf(w->out, "%s, ", w->c->plain);
	add_safe(w->out, text_of(class, "action"));
	if (*text_of(class, "by") != '\0') {
		sl_buf_add_str(w->out, ", by ");
		add_safe(w->out, text_of(class, "by"));
	}
	if (*text_of(class, "outcome") != '\0') {
		sl_buf_add_str(w->out, ": ");
		add_safe(w->out, text_of(class, "outcome"));
	}
	sl_buf_add_str(w->out, "\n");
}

/* Recipients that fared alike, each with what decided on them. */
static void
say_classes(struct words *w)
{
	const json_t *classes = json_object_get(w->line, "classes");
	json_t *class;
	size_t i;

	json_array_foreach(classes, i, class) {
		if (json_array_size(classes) > 1 || *text_of(class, "by") != '\0')
			say_recipients(w, class);
		say_threshold(w, class, text_of(class, "verdict"), text_of(class, "action"));
		say_causes(w, class);
	}
	if (i == 0)		/* as lines were before there were classes */
		say_threshold(w, NULL, text_of(w->line, "verdict"), text_of(w->line, "action"));
}

static void
say_verdict(struct words *w)
{
	const char *verdict = text_of(w->line, "verdict"), *action = text_of(w->line, "action"), *category;
	json_t *probability = json_object_get(w->line, "probability"), *value;
	const char *comma = "";

	if (*verdict == '\0')
		return;
	begin(w, "verdict");
	sl_buf_addf(w->out, "judged %s", w->c->bold);
	add_safe(w->out, verdict);
	sl_buf_addf(w->out, "%s: ", w->c->plain);
	json_object_foreach(probability, category, value) {
		sl_buf_addf(w->out, "%s%s %.2f %%", comma, category, 100 * json_number_value(value));
		comma = ", ";
	}
	sl_buf_add_str(w->out, "\n");
	say_reasons(w);
	say_classes(w);
	begin(w, NULL);
	sl_buf_add_str(w->out, "to do: ");
	add_safe(w->out, action);
	sl_buf_add_str(w->out, json_is_false(json_object_get(w->line, "enforced")) ? " (only recorded: monitoring)" : "");
	sl_buf_add_str(w->out, json_is_true(json_object_get(w->line, "engine_failed")) ? "; an engine had failed" : "");
	sl_buf_add_str(w->out, json_is_true(json_object_get(w->line, "subject_tagged")) ? "; the subject was tagged" : "");
	sl_buf_add_str(w->out, "\n");
}

/* ---- what became of it ---- */

/* By which it is found there; the id alone says no more than that it was to be kept. */
static void
say_kept(struct words *w)
{
	bool kept = strcmp(text_of(w->line, "outcome"), "quarantined") == 0;
	json_t *class;
	size_t i;

	json_array_foreach(json_object_get(w->line, "classes"), i, class)
		kept |= strcmp(text_of(class, "outcome"), "quarantined") == 0;
	if (!kept || *text_of(w->line, "kept") == '\0')
		return;
	begin(w, NULL);
	sl_buf_add_str(w->out, "kept in quarantine as ");
	add_safe(w->out, text_of(w->line, "kept"));
	sl_buf_add_str(w->out, "\n");
}

static void
say_copies(struct words *w)
{
	const json_t *copies = json_object_get(w->line, "copies");
	long long asked = json_integer_value(json_object_get(copies, "asked")), refused = json_integer_value(json_object_get(copies, "refused"));

	if (!json_is_object(copies))
		return;
	begin(w, NULL);
	if (json_is_true(json_object_get(copies, "missed")))
		sl_buf_add_str(w->out, "no copy by policy: it outgrew the window, and the next hop had a part of it already\n");
	else if (refused == 0)
		sl_buf_addf(w->out, "the policy's copy was named to the next hop%s\n", asked > 1 ? ", to several addresses" : "");
	else
		sl_buf_addf(w->out, "the policy's copy was refused by the next hop (%lld of %lld)\n", refused, asked);
}

static void
say_hop(struct words *w)
{
	const json_t *hop = json_object_get(w->line, "next_hop");

	if (!json_is_object(hop))
		return;
	begin(w, has_step(w, "hop_dot") ? "hop_dot" : "hop_data");
	sl_buf_add_str(w->out, has_step(w, "hop_dot") ? "passed on to " : "the next hop was ");
	add_safe(w->out, *text_of(hop, "address") != '\0' ? text_of(hop, "address") : has_step(w, "hop_dot") ? "the next hop" : "asked");
	sl_buf_addf(w->out, ", %s connection, %s TLS", json_is_true(json_object_get(hop, "reused")) ? "a kept" : "a new",
	    json_is_true(json_object_get(hop, "tls")) ? "with" : "without");
	if (*text_of(hop, "queue_id") != '\0') {
		sl_buf_add_str(w->out, "; it called the message ");
		add_safe(w->out, text_of(hop, "queue_id"));
	}
	sl_buf_add_str(w->out, "\n");
}

static void
say_reply(struct words *w)
{
	const json_t *reply = json_object_get(w->line, "reply");

	begin(w, "reply");
	if (!json_is_object(reply)) {
		sl_buf_add_str(w->out, "no final answer was given\n");
		say_ended(w);
		return;
	}
	sl_buf_addf(w->out, "%s: %lld ", strcmp(text_of(reply, "from"), "next_hop") == 0 ? "the next hop answered" : "we answered",
	    (long long)json_integer_value(json_object_get(reply, "code")));
	add_safe(w->out, text_of(reply, "status"));
	sl_buf_add_str(w->out, *text_of(reply, "status") != '\0' ? " " : "");
	add_safe(w->out, text_of(reply, "text"));
	sl_buf_add_str(w->out, "\n");
}

/* A line of what ended before there was a message. */
static void
say_early(struct words *w)
{
	json_int_t left_out = json_integer_value(json_object_get(w->line, "left_out"));
	const json_t *reply = json_object_get(w->line, "reply");

	say_head(w);
	if (json_object_get(w->line, "left_out") != NULL) {
		begin(w, NULL);
		add_number(w->out, left_out);
		sl_buf_add_str(w->out, " sessions and transactions without a message have no record: too many (limits.early_records)\n");
		return;
	}
	say_client(w);
	say_envelope(w);
	if (*text_of(w->line, "why") != '\0') {	/* of MAIL, or the session */
		begin(w, NULL);
		sl_buf_add_str(w->out, json_object_get(w->line, "mail_from") != NULL || strcmp(text_of(w->line, "outcome"),
		    sl_record_early_word(SL_RECORD_MAIL_REFUSED)) == 0 ? "MAIL: " : "the session: ");
		say_answer(w, reply);
		say_why(w, w->line);
	}
	say_hop(w);
	say_ended(w);
}

bool
trace_words(struct sl_slice line, const struct colours *colours, struct sl_buf *out)
{
	struct words w = { .c = colours, .out = out };
	json_error_t error;

	w.line = json_loadb((const char *)line.ptr, line.len, 0, &error);
	if (!json_is_object(w.line)) {
		json_decref(w.line);
		return false;
	}
	if (sl_record_is_early(sl_slice_str(text_of(w.line, "outcome")))) {
		say_early(&w);
		json_decref(w.line);
		return true;
	}
	say_head(&w);
	say_client(&w);
	say_envelope(&w);
	say_message(&w);
	say_authentication(&w);
	say_verdict(&w);
	say_kept(&w);
	say_copies(&w);
	say_hop(&w);
	say_reply(&w);
	json_decref(w.line);
	return true;
}
