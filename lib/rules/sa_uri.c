/* sa_uri.c - the links of a message as uri rules see them: found in text, in HTML, and made plain */

#include "rules/sa_html.h"

#include <stdio.h>

/* ---- domains ---- */

bool
sa_is_ip(const struct sl_sa_conf *conf, struct sl_slice s)
{
	return sa_test(conf, SA_RE_IP_WHOLE, s);
}

/* Percent escapes of what is visible become it, other things that should be escaped are. */
struct sl_slice
sa_url_encode(struct sl_sa_view *view, struct sl_slice url)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char *out = sa_alloc(view, url.len * 3 + 1);
	size_t n = 0;
	struct sa_match m;

	for (size_t i = 0; i < url.len; i++) {
		unsigned char c = url.ptr[i];
		unsigned value;

		if (c == '%' && url.len - i > 2 && sa_match(view->conf, SA_RE_PERCENT, sa_sub(url, i, i + 3), 0, &m) &&
		    sscanf((const char[]){ (char)url.ptr[i + 1], (char)url.ptr[i + 2], '\0' }, "%2x", &value) == 1) {
			if (value > 0x20 && value < 0x7f) {
				out[n++] = (unsigned char)value;
			} else {
				memcpy(out + n, url.ptr + i, 3);
				n += 3;
			}
			i += 2;
		} else if (c <= ' ' || c >= 0x7f || c == '"' || c == '%' || c == '<' || c == '>') {
			out[n++] = '%';
			out[n++] = (unsigned char)digits[c >> 4];
			out[n++] = (unsigned char)digits[c & 15];
		} else {
			out[n++] = c;
		}
	}
	return sl_slice(out, n);
}

static struct sl_slice
mail_host(struct sl_slice uri)
{
	size_t at;

	at = sa_index(uri, '?', 0);
	if (at != SIZE_MAX)
		uri.len = at;
	at = sa_index(uri, '@', 0);
	if (at == SIZE_MAX || sa_index(uri, '@', at + 1) != SIZE_MAX)
		return sl_slice("", 0);
	return sl_slice_from(uri, at + 1);
}

static struct sl_slice
uri_host(struct sl_slice uri)
{
	size_t i = 0, end;
	const unsigned char *at;

	while (i < uri.len && sa_is_alpha(uri.ptr[i]))
		i++;
	if (i > 0 && i < uri.len && uri.ptr[i] == ':') {
		i++;
		for (unsigned k = 0; k < 2 && i < uri.len && uri.ptr[i] == '/'; k++)
			i++;
		uri = sl_slice_from(uri, i);
	}
	for (end = 0; end < uri.len && strchr("/?#", uri.ptr[end] == 0 ? 'x' : uri.ptr[end]) == NULL; end++)
		continue;
	uri.len = end;
	at = end == 0 ? NULL : memrchr(uri.ptr, '@', end);
	if (at != NULL)
		uri = sl_slice_from(uri, (size_t)(at - uri.ptr) + 1);
	for (end = uri.len; end > 0 && sa_is_digit(uri.ptr[end - 1]); end--)
		continue;
	if (end > 0 && uri.ptr[end - 1] == ':')
		uri.len = end - 1;
	return uri;
}

bool
sa_uri_domain(struct sl_sa_view *view, struct sl_slice uri, struct sl_slice *domain_out, struct sl_slice *host_out)
{
	struct sl_slice host;

	uri = sa_lower(view, uri);
	if (sa_starts(uri, SL_SLICE_LIT("javascript:")) || sa_starts(uri, SL_SLICE_LIT("cid:")) ||
	    sa_starts(uri, SL_SLICE_LIT("file:")))
		return false;
	host = sa_starts(uri, SL_SLICE_LIT("mailto:")) ? mail_host(sl_slice_from(uri, 7)) : uri_host(uri);
	if (host.len == 0 || sa_test(view->conf, SA_RE_HIDDEN_ESCAPE, host))
		return false;
	*domain_out = host;
	if (!sa_is_ip(view->conf, host)) {
		if (!sa_fqdn_valid(host) || !sa_domain_valid(view->conf, host))
			return false;
		*domain_out = sa_trim_domain(view->conf, host, sa_alloc(view, host.len + 1));
	}
	if (host_out != NULL)
		*host_out = host;
	return true;
}

/* ---- all ways to read one link ---- */

struct ways {
	struct sl_sa_view	*view;
	struct sa_list		 uris;		/* it, and where it redirects to */
	struct sa_list		 made;
};

#define REDIRECTS_MAX	64
#define ANCHORS_MAX	200	/* texts of one link */

static void
ways_made(struct ways *w, struct sl_slice s)
{
	sa_list_add(&w->made, s);
}

static void
ways_mail(struct ways *w, struct sl_slice uri)
{
	const struct sl_sa_conf *conf = w->view->conf;
	struct sa_match m;

	if (sa_match(conf, SA_RE_MAIL_QUERY, uri, 0, &m))
		ways_made(w, sa_group(&m, 1));
	if (sa_match(conf, SA_RE_MAIL_AND, uri, 0, &m))
		ways_made(w, sa_group(&m, 1));
	if (sa_find(uri, SL_SLICE_LIT("%20"), 0) != SIZE_MAX && sa_match(conf, SA_RE_MAIL_BLANKS, uri, 0, &m))
		ways_made(w, SA_CAT(w->view, SL_SLICE_LIT("mailto:"), sa_group(&m, 1)));
	if (sa_match(conf, SA_RE_MAIL_ANGLE, uri, 0, &m))
		ways_made(w, SA_CAT(w->view, SL_SLICE_LIT("mailto:"), sa_group(&m, 1)));
}

/* Every match of a reference becomes the character it names; 0: a dot. */
static struct sl_slice
replace_references(struct sl_sa_view *view, struct sl_slice s, enum sa_re re, unsigned base)
{
	struct sa_match m;
	struct sl_buf out;
	size_t from = 0;

	if (!sa_match(view->conf, re, s, 0, &m))
		return s;
	sl_buf_init(&out, s.len + 1);
	do {
		unsigned value = 0;

		for (size_t i = m.groups[2]; base > 0 && i < m.groups[3]; i++) {
			unsigned char c = sl_ascii_lower(s.ptr[i]);

			value = value * base + (sa_is_digit(c) ? c - (unsigned)'0' : c - 'a' + 10u);
		}
		sl_buf_add(&out, s.ptr + from, m.groups[0] - from);
		sl_buf_add_byte(&out, base == 0 ? '.' : (unsigned char)value);
		from = m.groups[1];
	} while (from < s.len && sa_match(view->conf, re, s, from, &m));
	sl_buf_add(&out, s.ptr + from, s.len - from);
	return sa_keep_buf(view, &out);
}

static struct sl_slice
plain_uri(struct sl_sa_view *view, struct sl_slice uri)
{
	const struct sl_sa_conf *conf = view->conf;
	unsigned char *copy;
	struct sl_slice s = uri;
	struct sa_match m;

	if (memchr(s.ptr, '\\', s.len) != NULL) {
		copy = sa_alloc(view, s.len + 1);
		for (size_t i = 0; i < s.len; i++)
			copy[i] = s.ptr[i] == '\\' ? '/' : s.ptr[i];
		s = sl_slice(copy, s.len);
	}
	if (sa_match(conf, SA_RE_HTTP_SLASHES, s, 0, &m) && m.groups[1] != m.groups[3] + 2)
		s = SA_CAT(view, sa_group(&m, 1), SL_SLICE_LIT("//"), sl_slice_from(s, m.groups[1]));
	if (sa_test(conf, SA_RE_PERCENT, s))
		s = sa_url_encode(view, s);
	if (!sa_test(conf, SA_RE_HAS_SCHEME, s))
		s = SA_CAT(view, sa_starts(s, SL_SLICE_LIT("ftp.")) ? SL_SLICE_LIT("ftp://") : SL_SLICE_LIT("http://"), s);
	if (sa_match(conf, SA_RE_HOST_QUERY, s, 0, &m))
		s = SA_CAT(view, sa_group(&m, 1), SL_SLICE_LIT("/"), sl_slice_from(s, m.groups[4]));
	if (sa_find(s, SL_SLICE_LIT("&#"), 0) != SIZE_MAX) {
		s = replace_references(view, s, SA_RE_REFERENCE_DECIMAL, 10);
		s = replace_references(view, s, SA_RE_REFERENCE_HEX, 16);
		s = replace_references(view, s, SA_RE_REFERENCE_DOT, 0);
	}
	return s;
}

static void
ways_redirect(struct ways *w, struct sl_slice whole, struct sl_slice rest)
{
	const struct sl_sa_conf *conf = w->view->conf;
	struct sa_match m;

	if (w->uris.len >= REDIRECTS_MAX)
		return;
	for (size_t i = 0; i < conf->redirectors_len; i++) {
		if (sa_regex_match(conf->redirectors[i], whole, 0, &m) && sa_has_group(&m, 1) &&
		    sa_index(sa_group(&m, 1), '.', 0) != SIZE_MAX) {
			sa_list_add(&w->uris, sa_group(&m, 1));
			return;
		}
	}
	if (sa_match(conf, SA_RE_REDIRECT, rest, 0, &m) && sa_index(sa_group(&m, 1), '.', 0) != SIZE_MAX)
		sa_list_add(&w->uris, sa_group(&m, 1));
}

static struct sl_slice
number_slice(struct sl_sa_view *view, const char *format, uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), format, (unsigned long)value);
	return sa_keep(view, sl_slice_str(text));
}

static uint64_t
number_of(struct sl_slice s, unsigned base, size_t *end)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < s.len; i++) {
		unsigned char c = sl_ascii_lower(s.ptr[i]);
		unsigned digit = sa_is_digit(c) ? c - (unsigned)'0' : c >= 'a' && c <= 'f' ? c - 'a' + 10u : 99;

		if (digit >= base)
			break;
		value = value * base + digit;
	}
	*end = i;
	return value;
}

/* One number of an address, hexadecimal or octal perhaps, its dot behind it. */
static struct sl_slice
octet(struct sl_sa_view *view, struct sl_slice s)
{
	struct sa_match m;
	size_t end;

	if (sl_slice_istarts(s, SL_SLICE_LIT("0x"))) {
		struct sl_slice digits = sl_slice_from(s, 2);
		struct sl_slice value = number_slice(view, "%lu", number_of(digits, 16, &end));

		s = SA_CAT(view, value, sl_slice_from(digits, end));
	}
	if (sa_match(view->conf, SA_RE_OCTAL, s, 0, &m))
		s = SA_CAT(view, number_slice(view, "%lu", number_of(sa_group(&m, 1), 8, &end)),
		    sl_slice_from(s, m.groups[1]));
	while (s.len > 0 && s.ptr[0] == '0')
		s = sl_slice_from(s, 1);
	return s;
}

static struct sl_slice
number_host(struct sl_sa_view *view, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", (unsigned)(n >> 24 & 255), (unsigned)(n >> 16 & 255),
	    (unsigned)(n >> 8 & 255), (unsigned)(n & 255));
	return sa_keep(view, sl_slice_str(text));
}

static bool
all_digits(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!sa_is_digit(s.ptr[i]))
			return false;
	}
	return s.len > 0;
}

struct web {		/* http(s)://user@host:port/rest */
	struct sl_slice	scheme, host, rest;
	bool		has_user, http;
	struct sl_slice	port;
};

static void
ways_numbers(struct ways *w, const struct web *u, struct sl_slice original_host)
{
	struct sl_sa_view *view = w->view;
	struct sa_match m;
	size_t end;

	if (sa_match(view->conf, SA_RE_DOTTED_NUMBERS, u->host, 0, &m)) {
		ways_made(w, SA_CAT(view, u->scheme, octet(view, sa_group(&m, 1)), octet(view, sa_group(&m, 2)),
		    octet(view, sa_group(&m, 3)), octet(view, sa_group(&m, 4)), u->rest));
	} else if (sa_match(view->conf, SA_RE_HEX_HOST, u->host, 0, &m)) {
		ways_made(w, SA_CAT(view, u->scheme, number_host(view, number_of(sa_group(&m, 1), 16, &end)), u->rest));
	} else if (all_digits(u->host)) {
		ways_made(w, SA_CAT(view, u->scheme, number_host(view, number_of(u->host, 10, &end)), u->rest));
	} else if (u->http && !u->has_user && sl_slice_eq(u->port, SL_SLICE_LIT("80")) &&
	    !sl_slice_eq(original_host, SL_SLICE_LIT("localhost")) &&
	    sa_match(view->conf, SA_RE_BARE_HOST, original_host, 0, &m) &&
	    !sa_domain_valid(view->conf, original_host)) {
		ways_made(w, SA_CAT(view, u->scheme, SL_SLICE_LIT("www."), sa_group(&m, 1), SL_SLICE_LIT(".com"), u->rest));
	}
}

static struct sl_slice
without_controls(struct sl_sa_view *view, struct sl_slice s)
{
	unsigned char *out = sa_alloc(view, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] > ' ')
			out[n++] = s.ptr[i];
	}
	return sl_slice(out, n);
}

static void
ways_default_port(struct ways *w, const struct web *u)
{
	struct sa_match m;

	if (sa_match(w->view->conf, u->http ? SA_RE_PORT_80 : SA_RE_PORT_443, u->rest, 0, &m))
		ways_made(w, SA_CAT(w->view, u->scheme, u->host, sl_slice_from(u->rest, m.groups[1])));
}

static void
ways_web(struct ways *w, const struct sa_match *m)
{
	struct sl_sa_view *view = w->view;
	struct web u = { sa_group(m, 1), sa_group(m, 3), sa_group(m, 4), .has_user = sa_group(m, 2).len > 0,
	    .port = sa_group(m, 5) };
	struct sl_slice original = sa_lower(view, u.host), host;
	size_t at;

	/* Only what is written "http://" is HTTP; anything else, "HTTP://" too, has 443 as its port. */
	u.http = sl_slice_eq(u.scheme, SL_SLICE_LIT("http://"));
	if (u.port.len == 0)
		u.port = u.http ? SL_SLICE_LIT("80") : SL_SLICE_LIT("443");
	else
		ways_default_port(w, &u);
	host = without_controls(view, u.host);
	if (host.len != u.host.len) {
		u.host = host;
		ways_made(w, SA_CAT(view, u.scheme, u.host, u.rest));
	}
	ways_redirect(w, SA_CAT(view, u.scheme, u.host, u.rest), u.rest);
	at = sa_index(u.host, '@', 0);
	if (at != SIZE_MAX && at > 0) {
		u.host = sl_slice_from(u.host, at + 1);
		ways_made(w, SA_CAT(view, u.scheme, u.host, u.rest));
	}
	host = u.host;
	while (host.len > 0 && !sa_is_alpha(host.ptr[host.len - 1]) && !sa_is_digit(host.ptr[host.len - 1]))
		host.len--;
	if (host.len != u.host.len) {
		u.host = host;
		ways_made(w, SA_CAT(view, u.scheme, u.host, u.rest));
	}
	ways_numbers(w, &u, original);
}

static struct sl_slice
without_line_ends(struct sl_sa_view *view, struct sl_slice s)
{
	unsigned char *out;
	size_t n = 0;

	if (s.len == 0 || (memchr(s.ptr, '\n', s.len) == NULL && memchr(s.ptr, '\r', s.len) == NULL))
		return sa_trim(s);
	out = sa_alloc(view, s.len);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\n')
			out[n++] = s.ptr[i];
	}
	s = sa_trim(sl_slice(out, n));
	out = sa_alloc(view, s.len);
	n = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\r')
			out[n++] = s.ptr[i];
	}
	return sl_slice(out, n);
}

static bool
is_mail(struct sl_slice uri)
{
	size_t at = sa_index(uri, '@', 0);

	return sl_slice_istarts(uri, SL_SLICE_LIT("mailto:")) || (at != SIZE_MAX && sa_index(uri, ':', 0) > at);
}

static void
ways_one(struct ways *w, size_t i)
{
	struct sl_slice uri = without_line_ends(w->view, w->uris.at[i]), plain;
	struct sa_match m;

	w->uris.at[i] = uri;
	if (uri.len <= 1 || strchr("#?&", uri.ptr[0] == 0 ? 'x' : uri.ptr[0]) != NULL ||
	    (uri.ptr[0] == '/' && uri.ptr[1] != '/'))
		return;
	if (is_mail(uri)) {
		ways_mail(w, uri);
		return;
	}
	plain = plain_uri(w->view, uri);
	if (!sl_slice_eq(plain, uri))
		ways_made(w, plain);
	if (sa_match(w->view->conf, SA_RE_HTTP_PARTS, plain, 0, &m))
		ways_web(w, &m);
}

/* ---- the list ---- */

static struct sa_uri *
uri_row(struct sl_sa_view *view, struct sl_slice raw)
{
	size_t i;

	if (sa_set_has(&view->uri_index, raw, &i))
		return &view->uri_rows[i];
	if (view->uri_rows_len == SA_URIS_MAX)
		return NULL;
	if (view->uri_rows_len == view->uri_rows_size) {
		view->uri_rows_size = view->uri_rows_size == 0 ? 16 : view->uri_rows_size * 2;
		view->uri_rows = sl_xrealloc(view->uri_rows, view->uri_rows_size * sizeof(*view->uri_rows));
	}
	i = view->uri_rows_len++;
	view->uri_rows[i] = (struct sa_uri){ .raw = raw };
	(void)sa_set_add(&view->uri_index, raw, i);
	return &view->uri_rows[i];
}

static void
list_add_new(struct sa_list *list, struct sl_slice s)
{
	for (size_t i = 0; i < list->len; i++) {
		if (sl_slice_eq(list->at[i], s))
			return;
	}
	sa_list_add(list, s);
}

static void
row_hosts(struct sl_sa_view *view, struct sa_uri *row, const struct ways *w)
{
	const struct sa_list *lists[] = { &w->uris, &w->made };

	for (size_t k = 0; k < SL_COUNT(lists); k++) {
		for (size_t i = 0; i < lists[k]->len; i++) {
			struct sl_slice s = lists[k]->at[i], domain, host;

			view->uri_truncated = view->uri_truncated || s.len > SA_URI_MAX;
			s.len = SL_MIN(s.len, SA_URI_MAX);
			list_add_new(&row->cleaned, s);
			if (sa_uri_domain(view, s, &domain, &host)) {
				sa_list_add(&row->hosts, host);
				sa_list_add(&row->domains, domain);
			}
		}
	}
}

static struct sa_uri *
add_uri(struct sl_sa_view *view, struct sl_slice raw, unsigned types, bool needs_domain)
{
	struct ways w = { .view = view };
	struct sa_uri found = { .raw = raw }, *row = NULL;

	sa_list_add(&w.uris, raw);
	for (size_t i = 0; i < w.uris.len; i++)
		ways_one(&w, i);
	row_hosts(view, &found, &w);
	if (!needs_domain || found.domains.len > 0)
		row = uri_row(view, raw);
	if (row != NULL) {
		row->types |= types;
		for (size_t i = 0; i < found.cleaned.len; i++)
			list_add_new(&row->cleaned, found.cleaned.at[i]);
		for (size_t i = 0; i < found.hosts.len; i++) {
			sa_list_add(&row->hosts, found.hosts.at[i]);
			sa_list_add(&row->domains, found.domains.at[i]);
		}
	}
	sa_list_fini(&found.cleaned);
	sa_list_fini(&found.hosts);
	sa_list_fini(&found.domains);
	sa_list_fini(&w.uris);
	sa_list_fini(&w.made);
	return row;
}

/* ---- in text ---- */

#define SCHEME_RUN	2048
#define MAIL_RUN	251

static bool
in_set(unsigned char c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

static bool
is_start(unsigned char c)
{
	return sa_is_space(c) || c == 0x1b || c == 0xa0 || in_set(c, "><\"'`,{[(|");
}

static bool
is_end(unsigned char c)
{
	return sa_is_space(c) || c == 0x1b || c == 0xa0 || in_set(c, "><\"`}]{[|");
}

static bool
is_mail_end(unsigned char c)
{
	return c >= 0x80 || is_end(c) || c == ',' || c == '(' || c == '\'';
}

static bool
is_bare_start(unsigned char c)
{
	return sa_is_space(c) || c == 0x1b || c == 0xa0 || in_set(c, "!\"#$&'()*+,/:;<=>?@[\\]^`{|}~");
}

/* The end of a run of what is no delimiter, from `at` on; 0: it is empty or too long. */
static size_t
run_end(struct sl_slice s, size_t at, size_t max, bool mail)
{
	size_t end = at;

	while (end < s.len && end - at <= max && !(mail ? is_mail_end(s.ptr[end]) : is_end(s.ptr[end])))
		end++;
	return end == at || end - at > max ? 0 : end;
}

static size_t
text_scheme(struct sl_slice s, size_t at)
{
	static const char *const starts[] = { "http://", "https://", "ftp://", "ftp." };
	struct sl_slice rest = sl_slice_from(s, at);
	size_t i = 3;

	for (size_t k = 0; k < SL_COUNT(starts); k++) {
		if (sl_slice_istarts(rest, sl_slice_str(starts[k])))
			return run_end(s, at + strlen(starts[k]), SCHEME_RUN, false);
	}
	if (!sl_slice_istarts(rest, SL_SLICE_LIT("www")))
		return 0;
	while (i < rest.len && i < 5 && sa_is_digit(rest.ptr[i]))
		i++;
	return i < rest.len && rest.ptr[i] == '.' ? run_end(s, at + i + 1, SCHEME_RUN, false) : 0;
}

static size_t
text_mail(struct sl_slice s, size_t at)
{
	size_t i = at;

	if (sl_slice_istarts(sl_slice_from(s, at), SL_SLICE_LIT("mailto:"))) {
		size_t end = run_end(s, at + 7, SCHEME_RUN, true);

		if (end > 0)
			return end;
	}
	while (i < s.len && i - at <= MAIL_RUN && s.ptr[i] != '@' && !is_mail_end(s.ptr[i]))
		i++;
	if (i == at || i - at > MAIL_RUN || i >= s.len || s.ptr[i] != '@')
		return 0;
	return run_end(s, i + 1, MAIL_RUN, true);
}

static size_t
text_bare(const struct sl_sa_conf *conf, struct sl_slice s, size_t at, struct sl_slice *host)
{
	size_t i = at, end, digits;

	if ((at > 0 && !is_bare_start(s.ptr[at - 1])) || (!sa_is_alpha(s.ptr[at]) && !sa_is_digit(s.ptr[at])))
		return 0;
	while (i < s.len && (sa_is_word(s.ptr[i]) || s.ptr[i] == '.' || s.ptr[i] == '-') && i - at < 330)
		i++;
	end = i > at && s.ptr[i - 1] == '.' ? i - 1 : i;
	*host = sa_sub(s, at, end);
	if (host->len < 4 || host->len > 330 || !sa_domain_valid(conf, *host))
		return 0;
	for (digits = i + 1; i < s.len && s.ptr[i] == ':' && digits < s.len && digits - i < 6 && sa_is_digit(s.ptr[digits]);)
		digits++;
	if (i < s.len && s.ptr[i] == ':' && digits > i + 1)
		i = digits;
	if (i < s.len && s.ptr[i] == '/') {
		i = run_end(s, i + 1, SCHEME_RUN, false);
		if (i == 0)
			return 0;
	}
	return i == s.len || is_end(s.ptr[i]) ? i : 0;
}

static bool
may_start(struct sl_slice s, size_t at)
{
	bool before = at > 0 && sa_is_word(s.ptr[at - 1]);

	if (before != sa_is_word(s.ptr[at]))
		return true;
	if (at == 0)
		return false;
	return is_start(s.ptr[at - 1]) || (at > 2 && s.ptr[at - 3] == 0x1b && s.ptr[at - 2] == '(' && s.ptr[at - 1] != '\n');
}

/* What mail programs take off a link's end. */
static struct sl_slice
text_trim(struct sl_slice s)
{
	size_t open = SL_MIN(sa_index(s, '(', 0), s.len);
	const unsigned char *close = open == 0 ? NULL : memrchr(s.ptr, ')', open);

	if (close != NULL)
		s.len = (size_t)(close - s.ptr);
	while (s.len > 0 && in_set(s.ptr[s.len - 1], "-~!@#^&*()_+=:;'?,."))
		s.len--;
	return s;
}

enum found { FOUND_SCHEME, FOUND_MAIL, FOUND_BARE };

static bool
has_scheme(struct sl_slice s)
{
	static const char *const schemes[] = { "http:", "https:", "ftp:", "mailto:" };

	for (size_t i = 0; i < SL_COUNT(schemes); i++) {
		if (sl_slice_istarts(s, sl_slice_str(schemes[i])))
			return true;
	}
	return false;
}

static bool
is_www(struct sl_slice s)
{
	size_t i = 3;

	while (i < s.len && i < 5 && sa_is_digit(s.ptr[i]))
		i++;
	return sl_slice_istarts(s, SL_SLICE_LIT("www")) && i < s.len && s.ptr[i] == '.';
}

/* Only schemes and slashes. */
static bool
is_empty_uri(struct sl_slice s)
{
	size_t i = 0, slashes = 0;

	while (i < s.len && sa_is_word(s.ptr[i]))
		i++;
	if (i == 0 || i == s.len || s.ptr[i] != ':')
		return false;
	for (i++; i < s.len && s.ptr[i] == '/'; i++)
		slashes++;
	return i == s.len && slashes <= 2;
}

/* Its scheme put before it. False: it is none after all. */
static bool
text_complete(struct sl_sa_view *view, struct sl_slice *uri, unsigned *types)
{
	const struct sl_sa_conf *conf = view->conf;
	struct sl_slice scheme = SL_SLICE_LIT("http://");
	struct sa_match m;

	if (has_scheme(*uri))
		return true;
	if (sl_slice_istarts(*uri, SL_SLICE_LIT("ftp."))) {
		scheme = SL_SLICE_LIT("ftp://");
	} else if (is_www(*uri) || sa_test(conf, SA_RE_SLASH_AT, *uri)) {
		;
	} else if (memchr(uri->ptr, '@', uri->len) != NULL) {
		if (!sa_test(conf, SA_RE_AT_DOT, *uri) || sa_find(*uri, SL_SLICE_LIT("&nbsp;"), 0) != SIZE_MAX)
			return false;
		if (sa_match(conf, SA_RE_MAIL_MISPARSE, *uri, 0, &m))
			*uri = sl_slice_from(*uri, m.groups[1]);
		scheme = SL_SLICE_LIT("mailto:");
	} else {
		if (memchr(uri->ptr, '.', uri->len) == NULL)
			return false;
		*types |= 1u << SA_URI_UNLINKED;
	}
	*types |= 1u << SA_URI_SCHEMELESS;
	*uri = SA_CAT(view, scheme, *uri);
	return true;
}

static bool
text_mail_valid(struct sl_sa_view *view, struct sl_slice *uri)
{
	struct sl_slice host;
	struct sa_match m;

	if (!sl_slice_istarts(*uri, SL_SLICE_LIT("mailto:")))
		return true;
	if (sa_test(view->conf, SA_RE_PERCENT, *uri))
		*uri = sa_url_encode(view, *uri);
	if (!sa_match(view->conf, SA_RE_MAIL_HOST, *uri, 0, &m))
		return false;
	host = sa_group(&m, 1);
	while (sa_ends(host, SL_SLICE_LIT("%20")))
		host.len -= 3;
	return sa_domain_valid(view->conf, host);
}

static void
text_found(struct sl_sa_view *view, struct sa_set *seen, struct sl_slice uri, enum found how, struct sl_slice host)
{
	unsigned types = 1u << SA_URI_PARSED;

	uri = text_trim(uri);
	if (!sa_set_add(seen, uri, 0))
		return;
	if ((how == FOUND_MAIL && memchr(uri.ptr, '@', uri.len) == NULL) || (how == FOUND_BARE && !sa_fqdn_valid(host)) ||
	    sl_slice_istarts(uri, SL_SLICE_LIT("cid:")) || sl_slice_istarts(uri, SL_SLICE_LIT("mid:")) || is_empty_uri(uri))
		return;
	if (text_complete(view, &uri, &types) && text_mail_valid(view, &uri))
		(void)add_uri(view, uri, types, true);
}

static void
text_line(struct sl_sa_view *view, struct sa_set *seen, struct sl_slice s)
{
	for (size_t at = 0; at < s.len;) {
		struct sl_slice host = sl_slice("", 0);
		enum found how = FOUND_SCHEME;
		size_t end = 0;

		if (may_start(s, at)) {
			end = text_scheme(s, at);
			if (end == 0) {
				how = FOUND_MAIL;
				end = text_mail(s, at);
			}
			if (end == 0) {
				how = FOUND_BARE;
				end = text_bare(view->conf, s, at, &host);
			}
		}
		if (end == 0) {
			at++;
			continue;
		}
		text_found(view, seen, sa_sub(s, at, end), how, host);
		at = end;
	}
}

/* ---- all of them ---- */

static void
html_uris(struct sl_sa_view *view, const struct sa_html *html)
{
	view->uri_truncated = view->uri_truncated || html->uri_truncated;
	for (size_t i = 0; i < html->uris_len; i++) {
		const struct sa_html_uri *u = &html->uris[i];
		struct sa_uri *row = add_uri(view, u->uri, u->types == 0 ? 1u << SA_URI_PARSED : u->types, false);

		for (size_t k = 0; row != NULL && k < SL_MIN(u->anchors.len, (size_t)ANCHORS_MAX); k++)
			list_add_new(&row->anchors, u->anchors.at[k]);
	}
}

void
sa_uris(struct sl_sa_view *view)
{
	struct sa_set seen = { 0 }, all = { 0 };

	if (view->uris_done)
		return;
	view->uris_done = true;
	sa_body(view);
	for (size_t i = 0; i < view->body.len; i++)
		text_line(view, &seen, view->body.at[i]);
	for (size_t i = 0; i < view->parts_len; i++) {
		if (view->parts[i]->html != NULL)
			html_uris(view, view->parts[i]->html);
	}
	for (size_t i = 0; i < view->uri_rows_len; i++) {
		const struct sa_list *cleaned = &view->uri_rows[i].cleaned;

		for (size_t k = 0; k < cleaned->len; k++) {
			if (sa_set_add(&all, cleaned->at[k], 0))
				sa_list_add(&view->uris, cleaned->at[k]);
		}
	}
	sa_set_fini(&seen);
	sa_set_fini(&all);
}
