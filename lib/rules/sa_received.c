/* sa_received.c - through which hosts a message came: X-Spam-Relays-*, see sa_view.h */

#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/sa_i.h"
#include "rules/sa_received.h"

#include <pcre2.h>

enum form_flag {
	LOOKED_UP = 1,		/* the server looks names up: no name means there is none */
	HELO_TOO = 2,		/* what is in rdns is what was said, too */
	IGNORED = 4,		/* no hand-over between hosts */
	GO_ON = 8,		/* take what it gives and try further */
	IF_IP = 16,		/* done if there is an address, else further */
	SUB = 32,		/* helo= and ident= are in the part named sub */
	NO_ID = 64,
	UNKNOWN = 128,		/* a name "unknown" is none */
	QMAIL = 256,
	SOFT_ERROR = 512,
	IDENT_IN_RDNS = 1024,
	IP_FIRST = 2048,
	FETCHED = 4096,		/* by a program that fetches mail: what is above does not count */
	XMAIL = 8192,
	CLAIMING = 16384,
	NO_BY = 32768,
	SCANNER = 65536,
	HELO_IF_NONE = 131072,
};

enum form_kind { KIND_FORM, KIND_GATE, KIND_GATES_END, KIND_UNLESS };

static const struct {
	enum form_kind	 kind;
	unsigned	 flags;
	const char	*pattern;
} forms[] = {
#define SA_RE_ENUM(name, flags, pattern)
#include "rules/sa_re.h"
#undef SA_RE_ENUM
#define FORM(flags, pattern)	{ KIND_FORM, flags, pattern },
#define GATE(pattern)		{ KIND_GATE, 0, pattern },
#define GATES_END()		{ KIND_GATES_END, 0, "" },
#define UNLESS(pattern)		{ KIND_UNLESS, 0, pattern },
#include "rules/sa_received_table.h"
#undef FORM
#undef GATE
#undef GATES_END
#undef UNLESS
};

/* How a server says that the client had authenticated; what is said of it. */
static const struct {
	const char	*pattern;
	const char	*prefix;	/* "": the first group, NULL: as below */
	unsigned	 caseless;
} auths[] = {
	{ " by .* with ((?:ES|L|UTF8S|UTF8L)MTPS?A|ASMTP|HTTP[SU]?)(?: |;|$)", "", 1 },
	{ " by mx\\.google\\.com with ESMTPS id [a-z0-9]{1,4}sm[0-9]{2,9}[a-z]{3}\\.[0-9]{1,3}\\.[0-9]{4}\\."
	    "(?:[0-6][0-9]\\.){4}[0-6][0-9]", "GMail", 0 },
	{ "^from .*?(?:\\]\\)|\\)\\]) \\(AUTH: (LOGIN|PLAIN|DIGEST-MD5|CRAM-MD5) \\S+(?:, .*?)?\\) by ", "", 0 },
	{ "^from .*?(?:\\](?: \\([^)]*\\))?\\)|\\)\\]) .*?\\(.*?authenticated.*?\\).*? by", "Sendmail", 0 },
	{ "from \\S* \\((?:HELO|EHLO) (\\S*)\\) \\[" SA_IP "\\] by mail\\.gmx\\.(?:net|com) \\([^)]+\\) with "
	    "(?:ESMTP|SMTP)", "GMX", 0 },
	{ " \\(authenticated as .*\\) by .+ \\(\\d{1,2}\\.\\d\\.\\d{3}(?:\\.\\d{1,3})?\\) \\(authenticated as .+\\) id ",
	    "CriticalPath", 0 },
	{ "\\) \\(Authenticated sender: \\S+\\) by \\S+ \\(([^)]+)\\) with ", "Postfix", 0 },
	{ "^(?=.* \\(account ).*CommuniGate Pro (?:HTTP|SMTP|XIMSS|IMAP)", "Communigate", 0 },
	{ " with Microsoft Exchange Server HTTP-DAV\\b", "HTTP-DAV", 0 },
	{ " by .* \\(via (HTTP.?)\\)(?: |;|$)", "", 1 },
};

enum part { PART_HELO, PART_RDNS, PART_IP, PART_BY, PART_IDENT, PART_SUB, PART_COUNT };

struct sa_received {
	struct {
		struct sa_regex	*regex;
		int		 group[PART_COUNT];
	} form[SL_COUNT(forms)];
	struct sa_regex	*auth[SL_COUNT(auths)];
	struct sa_regex	*google_tls, *upper, *navgw, *local_user, *queue, *id, *helo_is, *helo_says, *by,
			*envelope, *xmail_id, *xmail_from, *sub_helo, *sub_ident, *bracket_ip, *first_ip;
};

static struct sa_regex *
compile(const char *pattern, uint32_t flags)
{
	struct sa_regex *regex = sa_regex_new(sl_slice_str(pattern), flags);

	SL_ASSERT(regex != NULL);
	return regex;
}

#define HELO_CHARS	"[-A-Za-z0-9\\.^+_&:=?!@%*$\\\\/]"
#define HELO_END	"(?:[^-A-Za-z0-9\\.^+_&:=?!@%*$\\\\/]|$)"

static const struct {
	size_t		 offset;
	const char	*pattern;
	uint32_t	 flags;
} plain[] = {
#define PLAIN(name, flags, pattern)	{ offsetof(struct sa_received, name), pattern, flags },
	PLAIN(google_tls, 0, "\\(version=([^ ]+) cipher=([^)]+)\\)")
	PLAIN(upper, 0, "^(\\S+) \\((\\S+) \\[(" SA_IP ")\\]\\) BY (\\S+) (?:\\([^)]+\\) WITH SMTP )?ID <?(\\S+?)>?"
	    "(?: FOR <[^>]+>)?$")
	PLAIN(navgw, 0, "^(\\S*) \\[(" SA_IP ")\\]\\) by (\\S+) \\(NAVGW .*?\\) with ")
	PLAIN(local_user, 0, "^\\S+@localhost\\) by \\S+ ")
	PLAIN(queue, 0, "^[^\\s@]+@[^)]+\\) by \\S+\\(jqueuemail\\) id [^\\s;]+")
	PLAIN(id, 0, " id <?([^\\s<>;]{3,})")
	PLAIN(helo_is, 0, "\\bhelo=(" HELO_CHARS "+)" HELO_END)
	PLAIN(helo_says, 0, "\\b(?:HELO|EHLO) (" HELO_CHARS "+)" HELO_END)
	PLAIN(by, 0, " by (\\S+)(?:[^-A-Za-z0-9;.]|$)")
	PLAIN(envelope, PCRE2_CASELESS, "(?:return-path:? |envelope-(?:sender|from)[ =])(\\S+)\\b")
	PLAIN(xmail_id, 0, " id <(\\S+)>")
	PLAIN(xmail_from, 0, " from <(\\S+)>")
	PLAIN(sub_helo, 0, "helo=(\\S+)")
	PLAIN(sub_ident, 0, "ident=(\\S*)")
	PLAIN(bracket_ip, 0, "\\[(" SA_IP ")\\]")
	PLAIN(first_ip, 0, "^(" SA_IP ") ")
#undef PLAIN
};

static struct sa_regex **
plain_at(struct sa_received *rv, size_t i)
{
	return (struct sa_regex **)(void *)((char *)rv + plain[i].offset);
}

struct sa_received *
sa_received_new(void)
{
	static const char *const names[PART_COUNT] = { "helo", "rdns", "ip", "by", "ident", "sub" };
	struct sa_received *rv = sl_xzalloc(sizeof(*rv));

	for (size_t i = 0; i < SL_COUNT(forms); i++) {
		rv->form[i].regex = compile(forms[i].pattern, 0);
		for (size_t k = 0; k < PART_COUNT; k++)
			rv->form[i].group[k] = sa_regex_group(rv->form[i].regex, names[k]);
	}
	for (size_t i = 0; i < SL_COUNT(auths); i++)
		rv->auth[i] = compile(auths[i].pattern, auths[i].caseless != 0 ? PCRE2_CASELESS : 0);
	for (size_t i = 0; i < SL_COUNT(plain); i++)
		*plain_at(rv, i) = compile(plain[i].pattern, plain[i].flags);
	return rv;
}

void
sa_received_free(struct sa_received **rv_pp)
{
	struct sa_received *rv = *rv_pp;

	if (rv == NULL)
		return;
	for (size_t i = 0; i < SL_COUNT(forms); i++)
		sa_regex_free(&rv->form[i].regex);
	for (size_t i = 0; i < SL_COUNT(auths); i++)
		sa_regex_free(&rv->auth[i]);
	for (size_t i = 0; i < SL_COUNT(plain); i++)
		sa_regex_free(plain_at(rv, i));
	sl_free(rv);
	*rv_pp = NULL;
}

/* ---- one field ---- */

enum outcome { NO_RELAY, RELAY, UNPARSEABLE, FETCHER };

struct line {
	struct sl_sa_view	*view;
	const struct sa_received *rv;
	struct sl_slice		 text;		/* white space squeezed */
	struct sa_relay		 relay;
	bool			 looked_up;
	struct sl_slice		 scanner_from;	/* SCANNER: for the next field */
	bool			 has_scanner_from;
};

/* White space to single blanks, none at the ends, no final semicolons. */
static struct sl_slice
squeeze(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out = sa_alloc(view, in.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		if (!sa_is_space(in.ptr[i]))
			out[n++] = in.ptr[i];
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (n > 0 && out[n - 1] == ' ')
		n--;
	while (n > 0 && out[n - 1] == ';') {
		n--;
		if (n > 0 && out[n - 1] == ' ')
			n--;
	}
	return sl_slice(out, n);
}

static void
line_take(struct sl_slice *field, const struct sa_regex *regex, struct sl_slice text)
{
	struct sa_match m;

	if (sa_regex_match(regex, text, 0, &m))
		*field = sa_group(&m, 1);
}

static void
line_auth(struct line *l)
{
	struct sa_match m, tls;

	for (size_t i = 0; i < SL_COUNT(auths); i++) {
		if (!sa_regex_match(l->rv->auth[i], l->text, 0, &m))
			continue;
		if (auths[i].prefix[0] == '\0') {
			l->relay.auth = sa_group(&m, 1);
		} else if (strcmp(auths[i].prefix, "GMail") == 0) {
			if (!sa_regex_match(l->rv->google_tls, l->text, 0, &tls))
				continue;
			l->relay.auth = SA_CAT(l->view, SL_SLICE_LIT("GMail - transport="), sa_group(&tls, 1),
			    SL_SLICE_LIT(" cipher="), sa_group(&tls, 2));
		} else if (strcmp(auths[i].prefix, "Postfix") == 0 &&
		    !sl_slice_eq(sa_group(&m, 1), SL_SLICE_LIT("Postfix"))) {
			l->relay.auth = SA_CAT(l->view, SL_SLICE_LIT("Postfix ("), sa_group(&m, 1),
			    SL_SLICE_LIT(")"));
		} else {
			l->relay.auth = sl_slice_str(auths[i].prefix);
		}
		return;
	}
}

static struct sl_slice *
line_part(struct line *l, enum part part)
{
	switch (part) {
	case PART_HELO:	return &l->relay.helo;
	case PART_RDNS:	return &l->relay.rdns;
	case PART_IP:	return &l->relay.ip;
	case PART_BY:	return &l->relay.by;
	case PART_IDENT: return &l->relay.ident;
	case PART_SUB: case PART_COUNT: break;
	}
	return NULL;
}

static void
line_sub(struct line *l, struct sl_slice sub)
{
	line_take(&l->relay.helo, l->rv->sub_helo, sub);
	line_take(&l->relay.ident, l->rv->sub_ident, sub);
}

/* "IDENT:user@host", "user@host" in place of a host. */
static void
line_ident(struct line *l)
{
	struct sl_slice *rdns = &l->relay.rdns;
	size_t at = sa_index(*rdns, '@', 0);

	if (at != SIZE_MAX && sa_starts(*rdns, SL_SLICE_LIT("IDENT:"))) {
		l->relay.ident = sa_sub(*rdns, 6, at);
		*rdns = sl_slice_from(*rdns, at + 1);
		at = sa_index(*rdns, '@', 0);
	}
	if (at != SIZE_MAX) {
		l->relay.ident = sa_sub(*rdns, 0, at);
		*rdns = sl_slice_from(*rdns, at + 1);
	}
}

static void
line_flags(struct line *l, unsigned flags, const struct sa_match *m)
{
	bool unknown = sl_slice_eq(l->relay.rdns, SL_SLICE_LIT("unknown"));

	if ((flags & LOOKED_UP) != 0)
		l->looked_up = true;
	if ((flags & HELO_TOO) != 0)
		l->relay.helo = l->relay.rdns;
	if ((flags & NO_ID) != 0)
		l->relay.id = sl_slice("", 0);
	if ((flags & NO_BY) != 0)
		l->relay.by = sl_slice("", 0);
	if ((flags & QMAIL) != 0 && !unknown)
		l->looked_up = true;
	if ((flags & (QMAIL | UNKNOWN)) != 0 && unknown)
		l->relay.rdns = sl_slice("", 0);
	if ((flags & SOFT_ERROR) != 0) {
		l->looked_up = !sl_slice_eq(l->relay.rdns, SL_SLICE_LIT("softdnserr"));
		if (!l->looked_up)
			l->relay.rdns = sl_slice("", 0);
	}
	if ((flags & CLAIMING) != 0 && !sl_slice_eq(l->relay.rdns, SL_SLICE_LIT("UNKNOWN")))
		l->looked_up = true;
	if ((flags & IDENT_IN_RDNS) != 0)
		line_ident(l);
	if ((flags & IP_FIRST) != 0)
		line_take(&l->relay.ip, l->rv->first_ip, l->text);
	if ((flags & XMAIL) != 0) {
		line_take(&l->relay.id, l->rv->xmail_id, l->text);
		if (sa_regex_match(l->rv->xmail_from, l->text, 0, &(struct sa_match){ 0 })) {
			line_take(&l->relay.envfrom, l->rv->xmail_from, l->text);
			l->relay.has_envfrom = true;
		}
	}
	(void)m;
}

static void
line_parts(struct line *l, size_t i, const struct sa_match *m)
{
	struct sl_slice helo = l->relay.helo;

	for (int part = 0; part < PART_SUB; part++) {
		unsigned group = (unsigned)l->rv->form[i].group[part];

		if (group != 0 && sa_has_group(m, group))
			*line_part(l, (enum part)part) = sa_group(m, group);
	}
	if ((forms[i].flags & HELO_IF_NONE) != 0 && helo.len > 0)
		l->relay.helo = helo;
	line_flags(l, forms[i].flags, m);
	if ((forms[i].flags & SUB) != 0)
		line_sub(l, sa_group(m, (unsigned)l->rv->form[i].group[PART_SUB]));
}

/* What follows "from ". */
static enum outcome
line_forms(struct line *l)
{
	bool passed = true, taken = false, skip_one = false;
	struct sa_match m;

	for (size_t i = 0; i < SL_COUNT(forms); i++) {
		const struct sa_regex *regex = l->rv->form[i].regex;

		switch (forms[i].kind) {
		case KIND_GATE:
			passed = !taken && sa_regex_match(regex, l->text, 0, &m);
			taken = taken || passed;
			continue;
		case KIND_GATES_END:
			passed = true;
			taken = false;
			continue;
		case KIND_UNLESS:
			skip_one = sa_regex_match(regex, l->text, 0, &m);
			continue;
		case KIND_FORM:
			break;
		}
		if (!passed || skip_one || !sa_regex_match(regex, l->text, 0, &m)) {
			skip_one = false;
			continue;
		}
		if ((forms[i].flags & FETCHED) != 0)
			return FETCHER;
		if ((forms[i].flags & SCANNER) != 0) {
			l->scanner_from = l->relay.envfrom;
			l->has_scanner_from = l->relay.has_envfrom;
		}
		if ((forms[i].flags & (IGNORED | SCANNER)) != 0)
			return NO_RELAY;
		line_parts(l, i, &m);
		if ((forms[i].flags & (GO_ON | HELO_IF_NONE)) != 0 ||
		    ((forms[i].flags & IF_IP) != 0 && l->relay.ip.len == 0))
			continue;
		return RELAY;
	}
	return UNPARSEABLE;
}

static enum outcome
line_upper(struct line *l)
{
	struct sa_match m;

	if (!sa_regex_match(l->rv->upper, l->text, 0, &m))
		return UNPARSEABLE;
	l->looked_up = true;
	l->relay.helo = sa_group(&m, 1);
	l->relay.rdns = sl_slice_eq(sa_group(&m, 2), SL_SLICE_LIT("unverified")) ? sl_slice("", 0) : sa_group(&m, 2);
	l->relay.ip = sa_group(&m, 3);
	l->relay.by = sa_group(&m, 4);
	l->relay.id = sa_group(&m, 5);
	return RELAY;
}

static enum outcome
line_bracket(struct line *l)
{
	struct sa_match m;

	if (sa_regex_match(l->rv->navgw, l->text, 0, &m)) {
		l->relay.helo = sa_group(&m, 1);
		l->relay.ip = sa_group(&m, 2);
		l->relay.by = sa_group(&m, 3);
		return RELAY;
	}
	if (sa_regex_match(l->rv->local_user, l->text, 0, &m) || sa_regex_match(l->rv->queue, l->text, 0, &m))
		return NO_RELAY;
	return UNPARSEABLE;
}

/* Characters that would break the format of X-Spam-Relays-* become '!'. */
static struct sl_slice
line_clean(struct sl_sa_view *view, struct sl_slice s)
{
	unsigned char *out = sa_alloc(view, s.len + 1);

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.ptr[i];

		out[i] = sa_is_space(c) || c == '\0' || strchr("#[]()<>|", c) != NULL ? '!' : c;
	}
	return sl_slice(out, s.len);
}

static struct sl_slice
line_envelope(struct sl_sa_view *view, struct sl_slice s)
{
	s = sa_trim(s);
	while (s.len > 0 && s.ptr[0] == '<')
		s = sl_slice_from(s, 1);
	while (s.len > 0 && s.ptr[s.len - 1] == '>')
		s.len--;
	return line_clean(view, s);
}

static void
relay_string(struct sl_sa_view *view, struct sa_relay *r)
{
	bool zero = sl_slice_eq(r->envfrom, SL_SLICE_LIT("0"));

	r->as_string = SA_CAT(view, SL_SLICE_LIT("[ ip="), r->ip, SL_SLICE_LIT(" rdns="), r->rdns,
	    SL_SLICE_LIT(" helo="), r->helo, SL_SLICE_LIT(" by="), r->by, SL_SLICE_LIT(" ident="), r->ident,
	    SL_SLICE_LIT(" envfrom="), zero ? sl_slice("", 0) : r->envfrom,
	    r->internal ? SL_SLICE_LIT(" intl=1 id=") : SL_SLICE_LIT(" intl=0 id="), r->id,
	    SL_SLICE_LIT(" auth="), r->auth, SL_SLICE_LIT(" msa=0 ]"));
}

static void
relay_tidy(struct line *l)
{
	const struct sl_sa_conf *conf = l->view->conf;
	struct sa_relay *r = &l->relay;
	struct sa_match m;

	while (r->rdns.len > 0 && r->rdns.ptr[r->rdns.len - 1] == '.')
		r->rdns.len--;
	if (sl_slice_ieq(r->rdns, SL_SLICE_LIT("unknown")) || (r->rdns.len > 0 && r->rdns.ptr[0] == '['))
		r->rdns.len = 0;
	if (sl_slice_istarts(r->ip, SL_SLICE_LIT("ipv6:")))
		r->ip = sl_slice_from(r->ip, 5);
	if (r->ip.len > 0 && r->ip.ptr[0] == '[')
		r->ip = sl_slice_from(r->ip, 1);
	if (r->ip.len > 0 && r->ip.ptr[r->ip.len - 1] == ']')
		r->ip.len--;
	if (sa_match(conf, SA_RE_ZONE_ID, r->ip, 0, &m))
		r->ip.len = m.groups[0];
	if (sa_match(conf, SA_RE_V4_MAPPED, r->ip, 0, &m))
		r->ip = sa_group(&m, 1);
	if (r->by.len > 0 && r->by.ptr[r->by.len - 1] == ';')
		r->by.len--;
	r->ip = line_clean(l->view, r->ip);
	r->rdns = line_clean(l->view, r->rdns);
	r->helo = line_clean(l->view, r->helo);
	r->by = line_clean(l->view, r->by);
	r->ident = line_clean(l->view, r->ident);
	if (r->has_envfrom)
		r->envfrom = line_envelope(l->view, r->envfrom);
	r->no_reverse_dns = r->rdns.len == 0 && l->looked_up;
	r->rdns_not_in_headers = r->rdns.len == 0 && !l->looked_up;
	r->is_private = sa_test(conf, SA_RE_IP_PRIVATE, r->ip);
}

/* "...)by x" -> "...) by x", the first. */
static struct sl_slice
line_space_by(struct sl_sa_view *view, struct sl_slice text)
{
	size_t at = sa_find(text, SL_SLICE_LIT(")by "), 0);

	return at == SIZE_MAX ? text
	    : SA_CAT(view, sa_sub(text, 0, at), SL_SLICE_LIT(") "), sl_slice_from(text, at + 1));
}

static void
line_scan(struct line *l)
{
	struct sa_match m;

	line_take(&l->relay.id, l->rv->id, l->text);
	if (sa_regex_match(l->rv->helo_is, l->text, 0, &m) || sa_regex_match(l->rv->helo_says, l->text, 0, &m))
		l->relay.helo = sa_group(&m, 1);
	line_take(&l->relay.by, l->rv->by, l->text);
	line_auth(l);
}

static bool
is_with_local_for(struct sl_slice s)
{
	size_t at = sa_find(s, SL_SLICE_LIT("with local for"), 0);

	return at != SIZE_MAX && (at == 0 || !sa_is_word(s.ptr[at - 1])) &&
	    (at + 14 == s.len || !sa_is_word(s.ptr[at + 14]));
}

static enum outcome
line_parse(struct line *l, struct sl_slice value)
{
	const struct sl_sa_conf *conf = l->view->conf;
	enum outcome outcome;
	struct sa_match m;

	l->text = squeeze(l->view, value);
	if (!sl_slice_istarts(l->text, SL_SLICE_LIT("from ")) && !sl_slice_istarts(l->text, SL_SLICE_LIT("(from ")))
		return NO_RELAY;
	if (is_with_local_for(l->text))
		return NO_RELAY;
	if (sa_match(conf, SA_RE_FETCHMAIL_BY, l->text, 0, &m) && !sa_test(conf, SA_RE_BRACKET_V4, sa_group(&m, 1)))
		return NO_RELAY;
	if (sa_match(conf, SA_RE_RECEIVED_DATE, l->text, 0, &m))
		l->text.len = m.groups[0];
	l->text = line_space_by(l->view, l->text);
	line_scan(l);
	if (sa_starts(l->text, SL_SLICE_LIT("from "))) {
		l->text = sl_slice_from(l->text, 5);
		if (sa_regex_match(l->rv->envelope, l->text, 0, &m)) {
			l->relay.envfrom = sa_group(&m, 1);
			l->relay.has_envfrom = true;
		}
		outcome = line_forms(l);
	} else if (sa_starts(l->text, SL_SLICE_LIT("FROM "))) {
		l->text = sl_slice_from(l->text, 5);
		outcome = line_upper(l);
	} else if (sa_starts(l->text, SL_SLICE_LIT("(from "))) {
		l->text = sl_slice_from(l->text, 6);
		outcome = line_bracket(l);
	} else {
		outcome = UNPARSEABLE;
	}
	if (outcome == UNPARSEABLE) {
		if (l->relay.ip.len == 0)
			line_take(&l->relay.ip, l->rv->bracket_ip, l->text);
		if (l->relay.ip.len > 0 && l->relay.by.len > 0)
			outcome = RELAY;
	}
	if (outcome == RELAY)
		relay_tidy(l);
	return outcome;
}

/* ---- all of them ---- */

static void
relays_add(struct sa_relays *relays, const struct sa_relay *relay)
{
	if (relays->len == relays->size) {
		relays->size = relays->size == 0 ? 8 : relays->size * 2;
		relays->at = sl_xrealloc(relays->at, relays->size * sizeof(*relays->at));
	}
	relays->at[relays->len++] = *relay;
}

static void
relays_one(struct sl_sa_view *view, struct sl_slice value, bool *trusted, struct line *last)
{
	struct line l = { .view = view, .rv = view->conf->received };
	enum outcome outcome = line_parse(&l, value);
	struct sl_slice scanner_from = last->scanner_from;
	bool has_scanner_from = last->has_scanner_from && scanner_from.len > 0;

	*last = l;
	if (outcome == UNPARSEABLE)
		view->relays_unparseable++;
	if (outcome == FETCHER && view->relays[SA_UNTRUSTED].len == 0) {
		view->relays[SA_TRUSTED].len = 0;
		view->relays[SA_INTERNAL].len = 0;
		view->relays[SA_EXTERNAL].len = 0;
	}
	if (outcome != RELAY) {
		view->last_trusted += *trusted;
		view->last_internal += *trusted;
		return;
	}
	if (has_scanner_from) {
		l.relay.envfrom = line_envelope(view, scanner_from);
		l.relay.has_envfrom = true;
	}
	if (*trusted && !l.relay.is_private && l.relay.auth.len == 0)
		*trusted = false;
	l.relay.internal = *trusted;
	relay_string(view, &l.relay);
	relays_add(&view->relays[*trusted ? SA_TRUSTED : SA_UNTRUSTED], &l.relay);
	relays_add(&view->relays[*trusted ? SA_INTERNAL : SA_EXTERNAL], &l.relay);
	view->last_trusted += *trusted;
	view->last_internal += *trusted;
}

static void
relays_originating(struct sl_sa_view *view, bool *trusted, struct line *last)
{
	const struct sa_list *names = &view->conf->originating_ip_headers;

	for (size_t i = 0; i < names->len; i++) {
		const struct sa_field *field = sa_field_last(view->root, names->at[i]);
		struct sa_match m;

		if (field == NULL || !sa_match(view->conf, SA_RE_IP_PLAIN, field->value, 0, &m))
			continue;
		relays_one(view, SA_CAT(view, SL_SLICE_LIT("from X-Originating-IP: "), sa_group(&m, 1)), trusted, last);
	}
}

static struct sl_slice
relays_join(struct sl_sa_view *view, const struct sa_relays *relays)
{
	struct sl_buf buf;

	sl_buf_init(&buf, SIZE_MAX / 2);
	for (size_t i = 0; i < relays->len; i++) {
		if (i > 0)
			sl_buf_add_byte(&buf, ' ');
		sl_buf_add_slice(&buf, relays->at[i].as_string);
	}
	return sa_keep_buf(view, &buf);
}

void
sa_relays(struct sl_sa_view *view)
{
	bool trusted = true;
	struct line last = { 0 };

	if (view->relays_done)
		return;
	view->relays_done = true;
	view->last_trusted = view->last_internal = -1;
	for (const struct sa_field *f = sa_field_first(view->root, SL_SLICE_LIT("received")); f != NULL;
	    f = f->next == SIZE_MAX ? NULL : &view->root->fields.at[f->next])
		relays_one(view, f->value, &trusted, &last);
	relays_originating(view, &trusted, &last);
	for (size_t i = 0; i < SL_COUNT(view->relays); i++)
		view->relays_text[i] = relays_join(view, &view->relays[i]);
}
