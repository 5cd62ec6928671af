/* sa_address.c - addresses and names in a header field's raw value */

#include "rules/sa_i.h"

/* One escape character of two, and all that are doubled. */
static struct sl_slice
without_double_escapes(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out;
	size_t n = 0;

	if (in.len == 0 || memchr(in.ptr, '\\', in.len) == NULL)
		return in;
	out = sa_alloc(view, in.len);
	for (size_t i = 0; i < in.len; i++) {
		if (in.ptr[i] == '\\' && i + 1 < in.len && in.ptr[i + 1] == '\\')
			i++;
		else
			out[n++] = in.ptr[i];
	}
	return sl_slice(out, n);
}

/* "friends: a@b, c@d;": what is in the group; what follows the name is taken as the group's. */
static struct sl_slice
without_group(struct sl_sa_view *view, struct sl_slice in)
{
	struct sa_match m;

	if (!sa_match(view->conf, SA_RE_GROUP, in, 0, &m))
		return in;
	return SA_CAT(view, sa_group(&m, 1), sl_slice_from(in, m.groups[1]));
}

static struct sl_slice
without_comments(struct sl_sa_view *view, struct sl_slice in)
{
	struct sa_match m;
	struct sl_buf out;
	size_t from = 0;

	if (memchr(in.ptr, '(', in.len) == NULL)
		return in;
	sl_buf_init(&out, in.len + 1);
	while (from <= in.len && sa_match(view->conf, SA_RE_COMMENT, in, from, &m)) {
		sl_buf_add(&out, in.ptr + from, m.groups[0] - from);
		from = m.groups[1];
	}
	sl_buf_add(&out, in.ptr + from, in.len - from);
	return sa_keep_buf(view, &out);
}

static bool
address_valid(struct sl_slice s)
{
	size_t quotes = 0;

	for (size_t i = 0; i < s.len; i++)
		quotes += s.ptr[i] == '"';
	return quotes != 1 && !sa_starts(s, SL_SLICE_LIT("\"\"@"));
}

/* Quotes and escapes off, comments out. */
static struct sl_slice
phrase_text(struct sl_sa_view *view, struct sl_slice in)
{
	struct sl_buf out;
	struct sa_match m;
	size_t from = 0;

	sl_buf_init(&out, in.len + 1);
	while (from < in.len) {
		if (!sa_match(view->conf, SA_RE_PHRASE_PIECE, in, from, &m) || m.groups[1] == from) {
			from++;
			continue;
		}
		from = m.groups[1];
		if (!sa_has_group(&m, 1)) {
			sl_buf_add_slice(&out, without_comments(view, sa_group(&m, 2)));
			continue;
		}
		for (size_t i = m.groups[2]; i < m.groups[3]; i++) {
			if (in.ptr[i] != '\\')
				sl_buf_add_byte(&out, in.ptr[i]);
		}
	}
	return sa_keep_buf(view, &out);
}

/* user@host, nothing behind the host. */
static struct sl_slice
address_cut(struct sl_slice s)
{
	size_t at = sa_index(s, '@', 0), end;

	if (at == SIZE_MAX)
		return s;
	end = sa_index(s, '@', at + 1);
	if (end != SIZE_MAX)
		s.len = end;
	return s;
}

static bool
phrase_is_address(struct sl_sa_view *view, struct sl_slice phrase)
{
	size_t at = sa_index(phrase, '@', 0);
	size_t end = at == SIZE_MAX ? SIZE_MAX : SL_MIN(sa_index(phrase, '@', at + 1), phrase.len);

	return at != SIZE_MAX && sa_test(view->conf, SA_RE_MAILBOX_WHOLE, phrase) && address_valid(phrase) &&
	    sa_fqdn_valid(sa_sub(phrase, at + 1, end));
}

static void
address_one(struct sl_sa_view *view, const struct sa_match *m, struct sa_address *out)
{
	unsigned phrase = sa_has_group(m, 1) ? 1 : 4;

	*out = (struct sa_address){ 0 };
	out->has_phrase = sa_has_group(m, phrase);
	out->phrase = sa_group(m, phrase);
	out->has_address = sa_has_group(m, 2) || sa_has_group(m, 3);
	out->address = sa_group(m, sa_has_group(m, 2) ? 2 : 3);
	out->has_comment = sa_has_group(m, 5);
	out->comment = sa_group(m, 5);
	if (sa_has_group(m, 2)) {
		out->address = without_comments(view, out->address);
		out->has_address = sa_test(view->conf, SA_RE_MAILBOX_WHOLE, out->address);
	}
	out->has_address = out->has_address && address_valid(out->address);
	if (out->has_phrase) {
		out->phrase = phrase_text(view, out->phrase);
		if (!out->has_address && phrase_is_address(view, out->phrase)) {
			out->address = out->phrase;
			out->has_address = true;
			out->has_phrase = false;
		} else if (out->phrase.len == 0 || (out->has_address && sl_slice_eq(out->phrase, out->address))) {
			out->has_phrase = false;
		}
	}
	if (!out->has_phrase && out->has_comment) {
		out->phrase = out->comment;
		out->has_phrase = true;
	}
	if (out->has_address)
		out->address = address_cut(out->address);
}

size_t
sa_addresses(struct sl_sa_view *view, struct sl_slice raw, struct sa_address *out, size_t size)
{
	struct sl_slice s = without_group(view, without_double_escapes(view, sa_trim_end(raw)));
	struct sa_match m;
	size_t n = 0, from = 0;

	if (sa_trim(s).len == 0)
		return 0;
	while (n < size && from < s.len && sa_match(view->conf, SA_RE_ADDRESS, s, from, &m) && m.groups[1] > from) {
		address_one(view, &m, &out[n++]);
		from = m.groups[1];
	}
	s = sl_slice_from(s, from);
	if (memchr(s.ptr, '@', s.len) == NULL)
		return n;
	for (from = 0; n < size && sa_match(view->conf, SA_RE_MAILBOX_ANGLE, s, from, &m); from = m.groups[1]) {
		if (!address_valid(sa_group(&m, 1)))
			continue;
		out[n++] = (struct sa_address){ .has_address = true, .address = address_cut(sa_group(&m, 1)) };
	}
	return n;
}
