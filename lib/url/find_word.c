/* find_word.c - the links of one word: see find_i.h */

#include "find_i.h"
#include "sl/utf8.h"

#define OVERLAP		512	/* bytes of a piece of a long word that are looked at again */

/* A link in word->text: [start, end). */
struct span {
	size_t	start, end;
};

/* What stands before ":" and makes a link; the longer of two with one end first. */
static const struct {
	const char	*name, *means;
	bool		 defanged;
} schemes[] = {
	{ "https", "https", false },
	{ "http", "http", false },
	{ "hxxps", "https", true },
	{ "hxxp", "http", true },
	{ "htxps", "https", true },
	{ "htxp", "http", true },
	{ "hxtps", "https", true },
	{ "hxtp", "http", true },
	{ "ftp", "ftp", false },
	{ "fxp", "ftp", true },
};

static size_t
raw_at(const struct word *word, size_t i)
{
	if (i >= word->len)
		return word->end;
	return word->start + (word->map == NULL ? i : word->map[i]);
}

/* Was something in it put together again? Joining alone is not that: breaks come off. */
static bool
span_is_defanged(const struct sl_link_finder *f, const struct word *word, struct span span)
{
	size_t from = raw_at(word, span.start), to = raw_at(word, span.end);
	const char *means;

	if (word->map == NULL)
		return false;
	for (size_t i = from; i < to; i++)
		if (link_defanged(sl_slice(f->window + i, to - i), &means) > 0)
			return true;
	return false;
}

/* A browser takes such a host, but there is no such name in the DNS. */
static bool
has_empty_label(struct sl_slice host)
{
	return host.ptr[0] == '.' || memmem(host.ptr, host.len, "..", 2) != NULL;
}

/* Parse f->work->text[0..len) and give it. False: it is no URL. */
static bool
give(struct sl_link_finder *f, struct word *word, struct span span, size_t len, unsigned flags)
{
	struct sl_found_link link = { .text = sl_slice(f->work->text, len), .url = &f->work->url, .flags = flags };
	size_t from = raw_at(word, span.start), to = raw_at(word, span.end);

	if (sl_url_parse(link.text, NULL, &f->work->url) < 0)
		return false;
	link.host = (flags & SL_LINK_MAIL) != 0 ? sl_slice_str(f->host) : sl_url_host(&f->work->url);
	if (f->work->url.host_kind == SL_URL_HOST_DOMAIN) {
		if (has_empty_label(link.host))
			return false;
		link.host.len -= link.host.ptr[link.host.len - 1] == '.';
	}
	if (link.host.len <= SL_DNS_NAME_MAX) {
		if (f->but_host[0] != '\0' && sl_slice_eq(link.host, sl_slice_str(f->but_host)))
			return true;
		memcpy(f->last_host, link.host.ptr, link.host.len);
		f->last_host[link.host.len] = '\0';
	}
	while (to > from && is_delimiter(f->window[to - 1]))
		to--;
	if (word->joined)
		link.flags |= SL_LINK_JOINED;
	if (span_is_defanged(f, word, span))
		link.flags |= SL_LINK_DEFANGED;
	if ((word->more && span.end == word->len) || (f->work->url.flags & SL_URL_CUT) != 0)
		link.flags |= SL_LINK_CUT;
	link.raw = sl_slice(f->window + from, to - from);
	link.offset = f->offset + from;
	f->sink(f->ctx, &link);
	return true;
}

/* A link that a piece of a long word cuts is looked at again with a piece of its own. */
static bool
wants_own_piece(struct word *word, struct span span)
{
	if (!word->more || span.end < word->len || span.start == 0)
		return false;
	word->resume = raw_at(word, span.start);
	return true;
}

static size_t
put_text(struct sl_link_finder *f, size_t len, struct sl_slice s)
{
	size_t n = SL_MIN(s.len, sizeof(f->work->text) - len);

	memcpy(f->work->text + len, s.ptr, n);
	return len + n;
}

static bool
is_digit_at(const struct word *word, size_t i)
{
	return i < word->len && word->text[i] >= '0' && word->text[i] <= '9';
}

/* End of the run of characters of a host name from `i`. */
static size_t
host_run(const struct word *word, size_t i, size_t end, bool dots)
{
	size_t n;

	for (;;) {
		while (i < end && (link_class[word->text[i]] & TEXT_HOST) != 0)
			i++;
		if (i == end || word->text[i] < 0x80 ||
		    (n = link_host_char(sl_slice(word->text + i, end - i), dots)) == 0)
			return i;
		i += n;
	}
}

/* The first byte that is not ASCII in [i, end), or `end`. */
static size_t
ascii_run(const struct word *word, size_t i, size_t end)
{
	while (i < end && word->text[i] < 0x80)
		i++;
	return i;
}

/* Take trailing dots, hyphens and underscores off a host that ends a link. */
static size_t
trim_host(const struct word *word, size_t start, size_t end)
{
	while (end > start && (word->text[end - 1] == '.' || word->text[end - 1] == '-' ||
	    word->text[end - 1] == '_'))
		end--;
	return end;
}

/* Between brackets of the text, and before punctuation that goes with it, a path ends: from `from`,
 * of a link that starts at `start`. */
static size_t
path_end(const struct word *word, size_t start, size_t from)
{
	unsigned round = 0, square = 0, curly = 0;
	unsigned char quote = start > 0 ? word->text[start - 1] : 0;
	bool ended = false;
	size_t i = from, n;
	uint32_t wide;

	if (word->angle && (start == 0 || (start == 4 && sl_slice_istarts(sl_slice(word->text, word->len),
	    SL_SLICE_LIT("url:")))))
		return word->len;
	while (i < word->len && !ended) {
		unsigned char c = word->text[i];

		n = 1;
		if (c >= 0x80) {
			n = sl_utf8_decode(sl_slice(word->text + i, word->len - i), &wide);
			ended = n == 0 || link_ends(wide);
		} else if (c == '`' || (c == '\'' && quote == '\'')) {
			ended = true;
		} else if ((link_class[c] & TEXT_BRACKET) != 0) {
			*(c == '(' ? &round : c == '[' ? &square : &curly) += 1;
		} else if (c == ')' || c == ']' || c == '}') {
			unsigned *open = c == ')' ? &round : c == ']' ? &square : &curly;

			ended = *open == 0;
			*open -= *open > 0;
		}
		i += ended ? 0 : n;
	}
	while (i > from && (link_class[word->text[i - 1]] & TEXT_ALNUM) == 0 &&
	    strchr(".,;:!?'*", word->text[i - 1]) != NULL)
		i--;
	return i;
}

/* From the end of a host: its port, and path, query or fragment. False: a port that is none. */
static bool
take_rest(const struct word *word, size_t start, size_t *end_io)
{
	size_t i = *end_io;

	if (i < word->len && word->text[i] == ':') {
		size_t digits = i + 1;

		while (is_digit_at(word, digits))
			digits++;
		if (digits == i + 1 && digits < word->len && (word->text[digits] == '-' ||
		    is_alnum(word->text[digits])))
			return false;
		if (digits > i + 1 || (digits < word->len && word->text[digits] == '/'))
			i = digits;
	}
	if (i < word->len && (link_class[word->text[i]] & TEXT_SLASH) != 0)
		i = path_end(word, start, i);
	*end_io = i;
	return true;
}

/* The scheme that ends before the colon at `colon`: its row, or SL_COUNT(schemes). */
static size_t
scheme_before(const struct word *word, size_t from, size_t colon)
{
	size_t len = colon - from, row;
	unsigned char last = len > 0 ? sl_ascii_lower(word->text[colon - 1]) : 0;

	if (last != 'p' && last != 's')		/* all of them */
		return SL_COUNT(schemes);
	for (row = 0; row < SL_COUNT(schemes); row++) {
		size_t n = strlen(schemes[row].name);

		if (n <= len && sl_slice_ieq(sl_slice(word->text + colon - n, n),
		    sl_slice_str(schemes[row].name)))
			break;
	}
	/* "sftp:" and the like are schemes of their own; letters before "http" may be anything. */
	if (row < SL_COUNT(schemes) && strcmp(schemes[row].means, "ftp") == 0 && len > 3 &&
	    is_alnum(word->text[colon - 4]))
		return SL_COUNT(schemes);
	return row;
}

/* Where the host ends that begins at `host`, in an authority that ends at `end`; `host`: there is
 * none. */
static size_t
host_end(struct sl_link_finder *f, const struct word *word, size_t host, size_t end)
{
	size_t at, ascii;

	if (host < end && word->text[host] == '[') {
		const unsigned char *close = memchr(word->text + host, ']', end - host);

		return close == NULL ? host : (size_t)(close - word->text) + 1;
	}
	at = host_run(word, host, end, true);
	/* Percent-encoding: no program that makes links looks into it, but a browser does. */
	while (at + 2 < end && word->text[at] == '%')
		at = host_run(word, at + 1, end, true);
	ascii = ascii_run(word, host, at);
	if (ascii < at && ascii > host && !link_is_domain(f, sl_slice(word->text + host, at - host))) {
		size_t trimmed = trim_host(word, host, ascii);

		/* "http://example.com" in text whose letters follow at once */
		if (trimmed > host && link_is_domain(f, sl_slice(word->text + host, trimmed - host)))
			return trimmed;
	}
	return at;
}

/* Would a browser open what begins so? Asked before a path is looked for, so that what follows a
 * host that is none is not looked at again and again. */
static bool
opens(struct sl_link_finder *f, const char *scheme, struct sl_slice rest)
{
	size_t len = put_text(f, 0, sl_slice_str(scheme));

	return sl_url_parse(sl_slice(f->work->text, put_text(f, len, rest)), NULL, &f->work->url) == 0;
}

/* A host of plain labels, whose last is no number and no A-label: any browser opens that. */
static bool
is_plain_host(struct sl_slice host)
{
	bool label_start = true;
	unsigned char last = 0;

	for (size_t i = 0; i < host.len; i++) {
		unsigned char c = host.ptr[i];

		if (!is_alnum(c) && (label_start || (c != '.' && c != '-')))
			return false;
		if (label_start) {
			if (c == 'x' || c == 'X')
				return false;
			last = c;
		}
		label_start = c == '.';
	}
	return !label_start && last > '9';
}

/* A link with a scheme, row `row`, whose colon is at `colon`. */
static bool
take_schemed(struct sl_link_finder *f, struct word *word, size_t row, size_t colon, struct span *span)
{
	size_t i = colon + 1, authority, host, end, len;
	const unsigned char *at;
	unsigned flags = schemes[row].defanged ? SL_LINK_DEFANGED : 0;

	while (i < word->len && (word->text[i] == '/' || word->text[i] == '\\'))
		i++;
	host = i;
	if (i > colon + 1) {
		for (authority = i; authority < word->len &&
		    (link_class[word->text[authority]] & TEXT_SLASH) == 0; authority++)
			;
		at = authority == i ? NULL : memrchr(word->text + i, '@', authority - i);
		if (at != NULL)
			host = (size_t)(at - word->text) + 1;
		end = host_end(f, word, host, authority);
	} else {
		/* Without slashes only what is a domain is taken. */
		end = host_run(word, host, SL_MIN(word->len, host + SL_DNS_NAME_MAX + 1), false);
		if (!link_is_domain(f, sl_slice(word->text + host, trim_host(word, host, end) - host)))
			return false;
	}
	if (end == word->len || (link_class[word->text[end]] & (TEXT_SLASH | TEXT_COLON)) == 0)
		end = trim_host(word, host, end);
	if (end == host)
		return false;
	if (end < word->len && !is_plain_host(sl_slice(word->text + host, end - host)) &&
	    !opens(f, schemes[row].means, sl_slice(word->text + colon, end - colon)))
		return false;
	span->end = end;
	if (!take_rest(word, span->start, &span->end))
		return false;
	if (wants_own_piece(word, *span))
		return true;
	len = put_text(f, 0, sl_slice_str(schemes[row].means));
	len = put_text(f, len, sl_slice(word->text + colon, span->end - colon));
	return give(f, word, *span, len, flags);
}

/* Where the part of an address before its "@" begins, `at` if nowhere. */
static size_t
local_start(const struct word *word, size_t from, size_t at)
{
	size_t lowest = at - from > SL_LINK_LOCAL_MAX ? at - SL_LINK_LOCAL_MAX : from, i = at;

	while (i > lowest && word->text[i - 1] > 0x20 && word->text[i - 1] < 0x7f &&
	    (is_alnum(word->text[i - 1]) || strchr("!#$%&'*+/=?^_`{|}~-.", word->text[i - 1]) != NULL))
		i--;
	while (i < at && !is_alnum(word->text[i]) && word->text[i] != '_')
		i++;
	return i < at && word->text[at - 1] != '.' ? i : at;
}

/* Length of "mailto:" or "mailto://" right before `at`. */
static size_t
mailto_before(const struct word *word, size_t from, size_t at)
{
	static const char *const prefixes[] = { "mailto:", "mailto://", "mailto:/" };

	for (size_t i = 0; i < SL_COUNT(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (at - from >= n && sl_slice_ieq(sl_slice(word->text + at - n, n), sl_slice_str(prefixes[i])))
			return n;
	}
	return 0;
}

/* The address around the "@" at `at`, whose domain is [at + 1, end) and sound. */
static bool
take_mail(struct sl_link_finder *f, struct word *word, size_t from, size_t at, struct span *span)
{
	size_t local = local_start(word, from, at), prefix, len;
	unsigned flags = SL_LINK_MAIL;

	if (local == at)
		return false;
	prefix = mailto_before(word, from, local);
	/* "www.user@host:80" is how a link looks, not an address. */
	if (prefix == 0 && sl_slice_istarts(sl_slice(word->text + local, at - local), SL_SLICE_LIT("www.")) &&
	    span->end < word->len && word->text[span->end] == ':' && is_digit_at(word, span->end + 1)) {
		span->start = local;
		if (!take_rest(word, local, &span->end))
			return false;
		if (wants_own_piece(word, *span))
			return true;
		len = put_text(f, 0, SL_SLICE_LIT("http://"));
		len = put_text(f, len, sl_slice(word->text + local, span->end - local));
		return give(f, word, *span, len, SL_LINK_GUESSED);
	}
	if (prefix > 0 && span->end < word->len && word->text[span->end] == '?')
		span->end = path_end(word, local - prefix, span->end);
	span->start = local - prefix;
	if (prefix == 0)
		flags |= SL_LINK_GUESSED;
	if (wants_own_piece(word, *span))
		return true;
	len = put_text(f, 0, SL_SLICE_LIT("mailto:"));
	len = put_text(f, len, sl_slice(word->text + local, span->end - local));
	return give(f, word, *span, len, flags);
}

/* The domain at `span` by itself, and what follows it. */
static bool
take_bare(struct sl_link_finder *f, struct word *word, struct span *span)
{
	struct sl_slice name = sl_slice(word->text + span->start, span->end - span->start);
	bool www = sl_slice_istarts(name, SL_SLICE_LIT("www.")), ftp = sl_slice_istarts(name,
	    SL_SLICE_LIT("ftp."));
	unsigned char before = span->start > 0 ? word->text[span->start - 1] : ' ';
	size_t len;

	if (!www && (before == '/' || before == '\\'))
		return false;
	if (!link_is_domain(f, name))
		return false;
	if (strstr(f->host, "xn--") != NULL && !opens(f, "http://", name))
		return false;
	if (span->end < word->len && word->text[span->end] != '\\')
		(void)take_rest(word, span->start, &span->end);
	if (wants_own_piece(word, *span))
		return true;
	len = put_text(f, 0, ftp ? SL_SLICE_LIT("ftp://") : SL_SLICE_LIT("http://"));
	len = put_text(f, len, sl_slice(word->text + span->start, span->end - span->start));
	return give(f, word, *span, len, SL_LINK_GUESSED | (www || ftp ? 0 : SL_LINK_BARE));
}

/* Is a domain at [start, end), perhaps one of an address or before one? Where text goes on is set
 * behind what was taken. */
static bool
take_run(struct sl_link_finder *f, struct word *word, size_t from, struct span run, size_t *next_out)
{
	struct span span = run;
	size_t at;

	while (span.start < span.end && (word->text[span.start] == '.' || word->text[span.start] == '-'))
		span.start++;
	span.end = trim_host(word, span.start, span.end);
	if (span.end - span.start < 4)
		return false;
	if (run.start > from && word->text[run.start - 1] == '@' && span.start == run.start &&
	    link_is_domain(f, sl_slice(word->text + span.start, span.end - span.start)) &&
	    take_mail(f, word, from, run.start - 1, &span)) {
		*next_out = span.end;
		return true;
	}
	span.start = SL_MIN(span.start, run.end);
	at = run.end;
	if (at < word->len && word->text[at] == '@') {	/* is it what stands before one? */
		size_t end = host_run(word, at + 1, word->len, false);

		if (link_is_domain(f, sl_slice(word->text + at + 1, trim_host(word, at + 1, end) - at - 1)))
			return false;		/* the next run will know */
	}
	if (take_bare(f, word, &span)) {
		*next_out = span.end;
		return true;
	}
	return false;
}

/* Links without a scheme in [from, to). Returns the end of the last, or `from`. */
static size_t
take_guessed(struct sl_link_finder *f, struct word *word, size_t from, size_t to)
{
	size_t i = from, n;

	while (i < to && !f->stopped && word->resume == 0) {
		struct span run = { i, host_run(word, i, to, false) };

		if (run.end == i && word->text[i] < 0x80) {
			i++;
			continue;
		}
		if (run.end == i) {
			n = sl_utf8_decode(sl_slice(word->text + i, to - i), &(uint32_t){ 0 });
			i += n > 0 ? n : 1;
			continue;
		}
		i = run.end;
		if (memchr(word->text + run.start, '.', run.end - run.start) == NULL)
			continue;
		if (take_run(f, word, from, run, &n)) {
			i = SL_MAX(i, n);
			from = i;
			continue;
		}
		/* What of it is ASCII may be a domain in text without spaces. */
		if (ascii_run(word, run.start, run.end) == run.end)
			continue;
		for (size_t at = run.start; at < run.end && word->resume == 0;) {
			struct span part = { at, ascii_run(word, at, run.end) };

			if (part.end == at) {
				at++;
				continue;
			}
			at = part.end;
			if (take_run(f, word, from, part, &n)) {
				from = n;
				at = SL_MAX(at, n);
				i = SL_MAX(i, n);
			}
		}
	}
	return from;
}

void
link_word(struct sl_link_finder *f, struct word *word)
{
	size_t from = 0, at = 0, last = 0;

	word->resume = 0;
	while (!f->stopped && word->resume == 0) {
		const unsigned char *found = at >= word->len || (word->classes & TEXT_COLON) == 0 ? NULL :
		    memchr(word->text + at, ':', word->len - at);
		struct span span;
		size_t colon, row;

		if (found == NULL)
			break;
		colon = (size_t)(found - word->text);
		at = colon + 1;
		row = scheme_before(word, from, colon);
		if (row == SL_COUNT(schemes))
			continue;
		span = (struct span){ colon - strlen(schemes[row].name), 0 };
		from = last = take_guessed(f, word, from, span.start);
		if (word->resume != 0 || f->stopped)
			break;
		if (from <= span.start && take_schemed(f, word, row, colon, &span))
			last = at = span.end;
		from = at = SL_MAX(from, at);
	}
	if (!f->stopped && word->resume == 0) {
		from = take_guessed(f, word, from, word->len);
		last = SL_MAX(last, from);
	}
	if (word->resume != 0)		/* at a link that the piece cuts */
		return;
	word->resume = word->end;
	if (word->more && last < word->len)
		word->resume = SL_MAX(raw_at(word, last), word->end - OVERLAP);
}
