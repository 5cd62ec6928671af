/* narrow.c - see narrow.h */

#include "traffic/narrow.h"

#include "record/record.h"
#include "scan.h"
#include "traffic_i.h"

#define CLASSES		SL_RECORD_CLASSES_MAX
#define NONE		((struct sl_slice){ (const unsigned char *)"", 0 })

/* What is done with a member. */
enum kind {
	ALWAYS,
	MESSAGE,	/* if a message for somebody of his was accepted */
	SHARED,		/* and one of them fared as the whole */
	SPECIAL,	/* written anew */
};

/* Those that are written anew have a place in what is read. */
enum member { OUTCOME, RCPT_TO, TENANT, REFUSED, REFUSED_MORE, TRIED, CLASSES_OF, VERDICT, ACTION, REPLY, NEXT_HOP, COPIES, MS, ENDED, KEPT, SPECIALS };

static const struct { const char *name; enum kind kind; enum member member; } members[] = {
	{ "time", ALWAYS, SPECIALS }, { "id", ALWAYS, SPECIALS }, { "session", ALWAYS, SPECIALS }, { "client", ALWAYS, SPECIALS },
	{ "helo", ALWAYS, SPECIALS }, { "tls", ALWAYS, SPECIALS }, { "mail_from", ALWAYS, SPECIALS },
	{ "outcome", SPECIAL, OUTCOME }, { "rcpt_to", SPECIAL, RCPT_TO }, { "tenant", SPECIAL, TENANT }, { "refused", SPECIAL, REFUSED },
	{ "refused_more", SPECIAL, REFUSED_MORE }, { "refused_unnamed", SPECIAL, REFUSED_MORE }, { "rcpt_tried", SPECIAL, TRIED }, { "classes", SPECIAL, CLASSES_OF },
	{ "verdict", SPECIAL, VERDICT }, { "action", SPECIAL, ACTION }, { "reply", SPECIAL, REPLY }, { "next_hop", SPECIAL, NEXT_HOP },
	{ "copies", SPECIAL, COPIES }, { "ms", SPECIAL, MS }, { "ended", SPECIAL, ENDED }, { "kept", SPECIAL, KEPT },
	{ "bytes", MESSAGE, SPECIALS }, { "message_id", MESSAGE, SPECIALS }, { "enforced", MESSAGE, SPECIALS }, { "record", MESSAGE, SPECIALS },
	{ "probability", MESSAGE, SPECIALS }, { "prior", MESSAGE, SPECIALS }, { "judged", MESSAGE, SPECIALS },
	{ "engine_failed", MESSAGE, SPECIALS }, { "versions", MESSAGE, SPECIALS }, { "facts", MESSAGE, SPECIALS },
	{ "policy", MESSAGE, SPECIALS }, { "demands", MESSAGE, SPECIALS },	/* as lines were once, of one class */
	{ "evidence", MESSAGE, SPECIALS }, { "auth", MESSAGE, SPECIALS }, { "subject_tagged", SHARED, SPECIALS },
};

struct class {
	struct sl_slice	raw, tenant, outcome, verdict, action;
	struct sl_slice	places;		/* "": all */
	bool		visible;	/* somebody of it is his */
};

struct recipient {
	struct sl_slice	raw, mailbox, tenant;
	uint32_t	now;		/* its place, if it is his */
	bool		visible, classed, fared_apart;
};

struct refused {
	struct sl_slice	raw, mailbox, tenant, why;
	unsigned	code;
	bool		names_tenant, visible;
};

struct narrowing {
	const struct sl_traffic_view *view;
	struct sl_slice		 line;
	struct sl_slice		 values[SPECIALS];	/* as written; ptr NULL: there is none */
	struct recipient	*recipients;
	size_t			 len, room, visible;
	struct refused		 refused[SL_RECORD_REFUSED_MAX];
	size_t			 refused_len, refused_visible;
	struct class		 classes[CLASSES];
	size_t			 classes_len;
	struct sl_slice		 tenant, outcome;	/* the line's */
	unsigned char		*decoded;		/* texts, as long as the line at most */
	size_t			 decoded_len;
	bool			 hidden;		/* somebody is left out, ... */
	bool			 parted;		/* ... who was accepted */
	bool			 shared;		/* one of his fared as the whole */
};

/* ---- reading ---- */

/* A string's text; "" where it is none. */
static int
text_of(struct narrowing *n, struct sl_slice value, struct sl_slice *out)
{
	size_t len;

	*out = NONE;
	if (value.ptr == NULL || value.ptr[0] != '"')
		return 0;
	if (scan_text(value, n->decoded + n->decoded_len, &len) != 0)
		return SL_ERR_SYNTAX;
	*out = sl_slice(n->decoded + n->decoded_len, len);
	n->decoded_len += len;
	return 0;
}

static size_t
find_member(struct sl_slice name)
{
	size_t i = 0;

	while (i < SL_COUNT(members) && !sl_slice_eq(name, sl_slice_str(members[i].name)))
		i++;
	return i;
}

static int
read_members(struct narrowing *n)
{
	struct scan scan = { n->line, false };
	struct sl_slice name, value;
	uint64_t seen = 0;
	int r;

	_Static_assert(SL_COUNT(members) <= 64, "a bit for each");
	while ((r = scan_member(&scan, &name, &value)) == SL_DONE) {
		size_t i = find_member(name);

		if (i == SL_COUNT(members))
			continue;
		if ((seen & UINT64_C(1) << i) != 0)
			return SL_ERR_SYNTAX;
		seen |= UINT64_C(1) << i;
		if (members[i].kind == SPECIAL)
			n->values[members[i].member] = value;
	}
	if (r == 0)
		r = text_of(n, n->values[TENANT], &n->tenant);
	return r == 0 ? text_of(n, n->values[OUTCOME], &n->outcome) : r;
}

static int
read_recipients(struct narrowing *n)
{
	struct scan scan = { n->values[RCPT_TO], false };
	struct sl_slice value;
	int r;

	if (scan.rest.ptr == NULL)
		return 0;
	while ((r = scan_element(&scan, &value)) == SL_DONE) {
		if (n->len == SL_TRAFFIC_NARROW_RECIPIENTS)
			return SL_ERR_TOO_LONG;
		if (n->len == n->room) {
			n->room = n->room * 2 + 8;
			n->recipients = sl_xrealloc(n->recipients, n->room * sizeof(*n->recipients));
		}
		n->recipients[n->len] = (struct recipient){ .raw = value, .tenant = n->tenant };
		if ((r = text_of(n, value, &n->recipients[n->len++].mailbox)) != 0)
			return r;
	}
	return r;
}

/* The value of a member as it is written; {NULL, 0}: none. SL_ERR_SYNTAX: it is there twice. */
static int
member_of(struct sl_slice object, const char *wanted, struct sl_slice *out)
{
	struct scan scan = { object, false };
	struct sl_slice name, value;
	int r;

	*out = (struct sl_slice){ NULL, 0 };
	while ((r = scan_member(&scan, &name, &value)) == SL_DONE) {
		if (!sl_slice_eq(name, sl_slice_str(wanted)))
			continue;
		if (out->ptr != NULL)
			return SL_ERR_SYNTAX;
		*out = value;
	}
	return r;
}

static int
text_member(struct narrowing *n, struct sl_slice object, const char *name, struct sl_slice *out)
{
	struct sl_slice value;
	int r = member_of(object, name, &value);

	*out = NONE;
	return r == 0 ? text_of(n, value, out) : r;
}

/* The next place of a class, as a number that is one of a recipient. SL_DONE, 0, or SL_ERR_SYNTAX. */
static int
next_place(const struct narrowing *n, struct scan *scan, size_t *place)
{
	struct sl_slice value;
	uint64_t number;
	int r = scan_element(scan, &value);

	if (r != SL_DONE)
		return r;
	if (sl_slice_to_u64(value, UINT32_MAX, &number) != 0 || number >= n->len)
		return SL_ERR_SYNTAX;
	*place = (size_t)number;
	return SL_DONE;
}

/* Nobody is in two classes. */
static int
note_place(struct narrowing *n, const struct class *class, size_t place)
{
	struct recipient *one = &n->recipients[place];

	if (one->classed)
		return SL_ERR_SYNTAX;
	one->classed = true;
	if (class->tenant.len > 0)
		one->tenant = class->tenant;
	one->fared_apart = class->outcome.len > 0 && !sl_slice_eq(class->outcome, n->outcome);
	return 0;
}

static int
read_class(struct narrowing *n, struct sl_slice raw, struct class *class)
{
	struct scan scan = { .begun = false };
	size_t place;
	int r;

	class->raw = raw;
	if ((r = text_member(n, raw, "tenant", &class->tenant)) != 0 || (r = text_member(n, raw, "outcome", &class->outcome)) != 0 ||
	    (r = text_member(n, raw, "verdict", &class->verdict)) != 0 || (r = text_member(n, raw, "action", &class->action)) != 0 ||
	    (r = member_of(raw, "rcpt", &scan.rest)) != 0)
		return r;
	class->places = scan.rest;
	if (scan.rest.ptr == NULL) {
		for (size_t i = 0; i < n->len && r == 0; i++)
			r = note_place(n, class, i);
		return r;
	}
	while ((r = next_place(n, &scan, &place)) == SL_DONE)
		if ((r = note_place(n, class, place)) != 0)
			return r;
	return r;
}

static int
read_classes(struct narrowing *n)
{
	struct scan scan = { n->values[CLASSES_OF], false };
	struct sl_slice value;
	int r;

	if (scan.rest.ptr == NULL)
		return 0;
	while ((r = scan_element(&scan, &value)) == SL_DONE) {
		if (n->classes_len == CLASSES)
			return SL_ERR_TOO_LONG;
		if ((r = read_class(n, value, &n->classes[n->classes_len++])) != 0)
			return r;
	}
	return r;
}

static int
read_refused_one(struct narrowing *n, struct sl_slice raw, struct refused *out)
{
	struct sl_slice code, tenant;
	uint64_t number = 0;
	int r;

	*out = (struct refused){ .raw = raw };
	if ((r = text_member(n, raw, "rcpt", &out->mailbox)) != 0 || (r = member_of(raw, "tenant", &tenant)) != 0 ||
	    (r = text_of(n, tenant, &out->tenant)) != 0 ||
	    (r = text_member(n, raw, "why", &out->why)) != 0 || (r = member_of(raw, "code", &code)) != 0)
		return r;
	if (code.ptr != NULL && sl_slice_to_u64(code, 999, &number) == 0)
		out->code = (unsigned)number;
	out->names_tenant = tenant.ptr != NULL;
	return 0;
}

static int
read_refused(struct narrowing *n)
{
	struct scan scan = { n->values[REFUSED], false };
	struct sl_slice value;
	int r;

	if (scan.rest.ptr == NULL)
		return 0;
	while ((r = scan_element(&scan, &value)) == SL_DONE) {
		if (n->refused_len == SL_RECORD_REFUSED_MAX)
			return SL_ERR_TOO_LONG;
		if ((r = read_refused_one(n, value, &n->refused[n->refused_len++])) != 0)
			return r;
	}
	return r;
}

/* ---- whose they are ---- */

static struct sl_slice
tenant_of(const struct narrowing *n, const struct refused *one)
{
	switch ((int)sl_record_why_find(one->why)) {
	case SL_RECORD_WHY_NOBODYS: case SL_RECORD_WHY_NOT_YET: case SL_RECORD_WHY_SYNTAX: case SL_RECORD_WHY_COUNT:
		return NONE;
	default:
		return one->names_tenant ? one->tenant : n->tenant;
	}
}

static bool
sees(const struct narrowing *n, struct sl_slice tenant, struct sl_slice mailbox)
{
	return tenant.len > 0 && n->view->sees(n->view->ctx, tenant, mailbox);
}

static void
look(struct narrowing *n)
{
	for (size_t i = 0; i < n->len; i++) {
		struct recipient *one = &n->recipients[i];

		one->visible = sees(n, one->tenant, one->mailbox);
		one->now = (uint32_t)n->visible;
		n->visible += one->visible;
		n->shared |= one->visible && !one->fared_apart;
	}
	for (size_t i = 0; i < n->refused_len; i++) {
		n->refused[i].visible = sees(n, tenant_of(n, &n->refused[i]), n->refused[i].mailbox);
		n->refused_visible += n->refused[i].visible;
	}
	n->parted = n->visible < n->len;
	n->shared |= !n->parted;
	n->hidden = n->parted || n->refused_visible < n->refused_len;
	for (size_t i = 0; i < n->classes_len; i++) {
		struct class *class = &n->classes[i];
		struct scan scan = { class->places, false };
		size_t place;

		class->visible = class->places.ptr == NULL && n->visible > 0;
		while (class->places.ptr != NULL && next_place(n, &scan, &place) == SL_DONE)
			class->visible |= n->recipients[place].visible;
	}
}

/* ---- writing ---- */

/* An object's or an array's first thing has no comma in front. */
struct writer {
	struct sl_buf	*out;
	bool		 begun;
};

static void
next(struct writer *w)
{
	if (w->begun)
		sl_buf_add_byte(w->out, ',');
	w->begun = true;
}

static void
add_name(struct writer *w, const char *name)
{
	next(w);
	sl_buf_addf(w->out, "\"%s\":", name);
}

static void
add_raw(struct writer *w, const char *name, struct sl_slice raw)
{
	add_name(w, name);
	sl_buf_add_slice(w->out, raw);
}

static bool
is_among(struct sl_slice name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (sl_slice_eq(name, sl_slice_str(*names)))
			return true;
	return false;
}

/* Those members of an object that are named. */
static void
add_some(struct sl_buf *out, struct sl_slice object, const char *const *names)
{
	struct scan scan = { object, false };
	struct writer w = { out, false };
	struct sl_slice name, value;

	sl_buf_add_byte(out, '{');
	while (scan_member(&scan, &name, &value) == SL_DONE) {
		if (!is_among(name, names))
			continue;
		next(&w);
		sl_buf_addf(out, "\"" SL_SLICE_FMT "\":", SL_SLICE_ARG(name));
		sl_buf_add_slice(out, value);
	}
	sl_buf_add_byte(out, '}');
}

static void
add_recipients(const struct narrowing *n, struct writer *w)
{
	struct writer list = { w->out, false };

	add_name(w, "rcpt_to");
	sl_buf_add_byte(w->out, '[');
	for (size_t i = 0; i < n->len; i++) {
		if (!n->recipients[i].visible)
			continue;
		next(&list);
		sl_buf_add_slice(w->out, n->recipients[i].raw);
	}
	sl_buf_add_byte(w->out, ']');
}

static void
add_refused(const struct narrowing *n, struct writer *w)
{
	static const char *const kept[] = { "why", "rcpt", "tenant", "code", "status", "text", "list", NULL };
	struct writer list = { w->out, false };

	if (n->refused_visible == 0)
		return;
	add_name(w, "refused");
	sl_buf_add_byte(w->out, '[');
	for (size_t i = 0; i < n->refused_len; i++) {
		if (!n->refused[i].visible)
			continue;
		next(&list);
		add_some(w->out, n->refused[i].raw, kept);
	}
	sl_buf_add_byte(w->out, ']');
}

static void
add_places(const struct narrowing *n, const struct class *class, struct sl_buf *out)
{
	struct scan scan = { class->places, false };
	struct writer list = { out, false };
	size_t place;

	sl_buf_add_byte(out, '[');
	while (next_place(n, &scan, &place) == SL_DONE) {
		if (!n->recipients[place].visible)
			continue;
		next(&list);
		sl_buf_addf(out, "%u", n->recipients[place].now);
	}
	sl_buf_add_byte(out, ']');
}

static void
add_class(const struct narrowing *n, const struct class *class, struct sl_buf *out)
{
	static const char *const kept[] = { "tenant", "mode", "policy", "lists", "excused", "demands", "rules", "groups", "verdict", "action", "by",
		"cause", "outcome", NULL };
	struct scan scan = { class->raw, false };
	struct writer w = { out, false };
	struct sl_slice name, value;

	sl_buf_add_byte(out, '{');
	while (scan_member(&scan, &name, &value) == SL_DONE) {
		bool is_rcpt = sl_slice_eq(name, SL_SLICE_LIT("rcpt"));

		if (!is_rcpt && !is_among(name, kept) && !(n->view->whole && sl_slice_eq(name, SL_SLICE_LIT("copy"))))
			continue;
		next(&w);
		sl_buf_addf(out, "\"" SL_SLICE_FMT "\":", SL_SLICE_ARG(name));
		if (is_rcpt)
			add_places(n, class, out);
		else
			sl_buf_add_slice(out, value);
	}
	sl_buf_add_byte(out, '}');
}

static void
add_classes(const struct narrowing *n, struct writer *w)
{
	struct writer list = { w->out, false };

	add_name(w, "classes");
	sl_buf_add_byte(w->out, '[');
	for (size_t i = 0; i < n->classes_len; i++) {
		if (!n->classes[i].visible)
			continue;
		next(&list);
		add_class(n, &n->classes[i], w->out);
	}
	sl_buf_add_byte(w->out, ']');
}

/* Was he refused for good, or only put off? */
static const char *
early_word(const struct narrowing *n)
{
	bool for_good = false;

	for (size_t i = 0; i < n->refused_len; i++)
		for_good |= n->refused[i].visible && n->refused[i].code >= 500;
	return sl_record_early_word(for_good ? SL_RECORD_RCPT_REFUSED : SL_RECORD_RCPT_DEFERRED);
}

static const struct class *
first_class(const struct narrowing *n)
{
	for (size_t i = 0; i < n->classes_len; i++)
		if (n->classes[i].visible)
			return &n->classes[i];
	return NULL;
}

/* Nobody but his own was named, and nobody is unnamed. */
static bool
is_alone(const struct narrowing *n)
{
	return !n->hidden && n->values[REFUSED_MORE].ptr == NULL;
}

/* What became of it, for his. */
static struct sl_slice
outcome_of(const struct narrowing *n)
{
	if (n->visible == 0)
		return is_alone(n) ? n->outcome : sl_slice_str(early_word(n));
	return n->shared ? n->outcome : first_class(n)->outcome;	/* who fared apart is of a class that says so */
}

static void
add_outcome(const struct narrowing *n, struct writer *w)
{
	struct sl_slice outcome = outcome_of(n);

	if (outcome.ptr == n->outcome.ptr) {
		add_raw(w, "outcome", n->values[OUTCOME]);
	} else {
		add_name(w, "outcome");
		sl_buf_add_json(w->out, outcome);
	}
}

static void
add_ruling(const struct narrowing *n, struct writer *w, enum member member)
{
	const struct class *first = first_class(n);
	bool is_verdict = member == VERDICT, same = !n->parted || first == NULL;
	struct sl_slice verdict = n->values[VERDICT], action = n->values[ACTION];

	for (size_t i = 0; i < n->classes_len && !same; i++)
		same = n->classes[i].visible && verdict.len > 2 && action.len > 2 &&
		    sl_slice_eq(n->classes[i].verdict, sl_slice(verdict.ptr + 1, verdict.len - 2)) &&
		    sl_slice_eq(n->classes[i].action, sl_slice(action.ptr + 1, action.len - 2));
	if (same) {
		add_raw(w, is_verdict ? "verdict" : "action", n->values[member]);
	} else {
		add_name(w, is_verdict ? "verdict" : "action");
		sl_buf_add_json(w->out, is_verdict ? first->verdict : first->action);
	}
}

/* The text may name others: those who were accepted with him. */
static void
add_reply(const struct narrowing *n, struct writer *w)
{
	static const char *const all[] = { "code", "status", "text", "from", NULL }, *const without[] = { "code", "status", "from", NULL };
	struct sl_slice reply = n->values[REPLY], text, from;
	bool known = member_of(reply, "text", &text) == 0 && member_of(reply, "from", &from) == 0, told;

	told = !n->parted || (known && (text.ptr == NULL || memchr(text.ptr, '@', text.len) == NULL) &&
	    (n->shared || sl_slice_eq(from, SL_SLICE_LIT("\"sluice\""))));
	add_name(w, "reply");
	add_some(w->out, reply, told ? all : without);
}

static void
add_hop(const struct narrowing *n, struct writer *w)
{
	static const char *const all[] = { "address", "reused", "tls", "queue_id", NULL };

	add_name(w, "next_hop");
	add_some(w->out, n->values[NEXT_HOP], n->view->routes ? all : all + 1);
}

static void
add_steps(const struct narrowing *n, struct writer *w)
{
	static const char *const all[] = { "hop_data", "hop_dot", "mail", "rcpt", "data", "dot", "verdict", "reply", NULL };

	add_name(w, "ms");
	add_some(w->out, n->values[MS], n->shared ? all : all + 2);
}

/* Is the tenant of the line one of his, so that he may be told its name? */
static bool
is_his_tenant(const struct narrowing *n)
{
	for (size_t i = 0; i < n->len; i++)
		if (n->recipients[i].visible && sl_slice_eq(n->recipients[i].tenant, n->tenant))
			return true;
	for (size_t i = 0; i < n->refused_len; i++)
		if (n->refused[i].visible && sl_slice_eq(tenant_of(n, &n->refused[i]), n->tenant))
			return true;
	return false;
}

static bool
was_kept(const struct narrowing *n)
{
	bool kept = sl_slice_eq(outcome_of(n), SL_SLICE_LIT("quarantined"));

	for (size_t i = 0; i < n->classes_len; i++)
		kept |= n->classes[i].visible && sl_slice_eq(n->classes[i].outcome, SL_SLICE_LIT("quarantined"));
	return kept || !n->parted;
}

static void
add_special(const struct narrowing *n, struct writer *w, enum member member)
{
	bool has_message = n->visible > 0;

	switch (member) {
	case OUTCOME:
		add_outcome(n, w);
		break;
	case RCPT_TO:
		add_recipients(n, w);
		break;
	case TENANT:
		if (is_his_tenant(n))
			add_raw(w, "tenant", n->values[TENANT]);
		break;
	case REFUSED:
		add_refused(n, w);
		break;
	case REFUSED_MORE:
		if (!n->hidden)
			add_raw(w, "refused_unnamed", SL_SLICE_LIT("true"));
		break;
	case TRIED:
		add_name(w, "rcpt_tried");
		sl_buf_addf(w->out, "%zu", n->visible + n->refused_visible);
		break;
	case CLASSES_OF:
		if (has_message)
			add_classes(n, w);
		break;
	case VERDICT:
	case ACTION:
		if (has_message)
			add_ruling(n, w, member);
		break;
	case REPLY:
		if (has_message || is_alone(n))
			add_reply(n, w);
		break;
	case NEXT_HOP:
		if (has_message && n->shared)
			add_hop(n, w);
		break;
	case COPIES:
		if (has_message && n->shared && n->view->whole)
			add_raw(w, "copies", n->values[COPIES]);
		break;
	case MS:
		if (has_message || is_alone(n))
			add_steps(n, w);
		break;
	case ENDED:
		if (has_message || is_alone(n))
			add_raw(w, "ended", n->values[ENDED]);
		break;
	case KEPT:
		if (has_message && was_kept(n))
			add_raw(w, "kept", n->values[KEPT]);
		break;
	case SPECIALS:
		SL_UNREACHABLE("none that is written anew");
	}
}

static void
write_line(const struct narrowing *n, struct sl_buf *out)
{
	struct scan scan = { n->line, false };
	struct writer w = { out, false };
	struct sl_slice name, value;

	sl_buf_add_byte(out, '{');
	while (scan_member(&scan, &name, &value) == SL_DONE) {
		size_t i = find_member(name);

		if (i == SL_COUNT(members))
			continue;
		if (members[i].kind == SPECIAL)
			add_special(n, &w, members[i].member);
		else if (members[i].kind == ALWAYS || (n->visible > 0 && (members[i].kind == MESSAGE || n->shared)))
			add_raw(&w, members[i].name, value);
	}
	sl_buf_add_byte(out, '}');
}

bool
sl_traffic_narrow(struct sl_slice line, const struct sl_traffic_view *view, struct sl_buf *out)
{
	struct narrowing *n = sl_xzalloc(sizeof(*n));
	size_t before = out->len;
	bool some = false;

	n->view = view;
	n->line = line;
	n->tenant = n->outcome = NONE;
	n->decoded = sl_xmalloc(2 * line.len + 1);
	if (read_members(n) == 0 && read_recipients(n) == 0 && read_classes(n) == 0 && read_refused(n) == 0) {
		look(n);
		some = n->visible + n->refused_visible > 0;
	}
	if (some)
		write_line(n, out);
	if (some && out->overflow)
		out->len = before;
	some &= !out->overflow;
	sl_free(n->recipients);
	sl_free(n->decoded);
	sl_free(n);
	return some;
}
