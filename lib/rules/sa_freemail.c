/* sa_freemail.c - free mail addresses, and what looking for them does to the text, see sa_i.h */

#include "rules/sa_i.h"

/* '*' stands for what has no dot in it, '?' for anything. */
static bool
freemail_glob(struct sl_slice pattern, struct sl_slice text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			star_text = t;
		} else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX && text.ptr[star_text] != '.') {
			p = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

/* In lower case. */
bool
sa_is_freemail(struct sl_sa_view *view, struct sl_slice address)
{
	const struct sl_sa_conf *conf = view->conf;
	const unsigned char *at = address.len == 0 ? NULL : memrchr(address.ptr, '@', address.len);
	struct sl_slice domain = at == NULL ? address : sl_slice_from(address, (size_t)(at - address.ptr) + 1);

	if (address.len == 0 || sa_set_has(&conf->freemail_skip, address, NULL) ||
	    sa_set_has(&conf->freemail_skip, domain, NULL) || sa_test(conf, SA_RE_NOT_FREEMAIL, address))
		return false;
	if (sa_set_has(&conf->freemail, domain, NULL))
		return true;
	for (size_t i = 0; at != NULL && i < conf->freemail_globs.len; i++) {
		if (freemail_glob(conf->freemail_globs.at[i], domain))
			return true;
	}
	return false;
}

bool
sa_any_freemail(struct sl_sa_view *view, const struct sa_list *list)
{
	for (size_t i = 0; i < list->len; i++) {
		if (sa_is_freemail(view, sa_lower(view, list->at[i])))
			return true;
	}
	return false;
}

#define BODY_ADDRESSES_MAX	40
#define LINK_ADDRESSES_MAX	20

/* The next address in text from `from` on, its last label a known top-level domain. */
static bool
next_address(struct sl_sa_view *view, struct sl_slice text, size_t from, struct sa_match *m)
{
	while (from < text.len && sa_match(view->conf, SA_RE_BODY_MAIL, text, from, m)) {
		if (sa_domain_valid(view->conf, SA_CAT(view, SL_SLICE_LIT("x."), sa_group(m, 2))))
			return true;
		from = m->groups[1];
	}
	return false;
}

static struct sl_slice
without_links(struct sl_sa_view *view, struct sl_slice line)
{
	struct sl_buf out;
	struct sa_match m;
	size_t from = 0;

	if (!sa_match(view->conf, SA_RE_BODY_LINK_AT, line, 0, &m))
		return line;
	sl_buf_init(&out, line.len + 1);
	do {
		sl_buf_add(&out, line.ptr + from, m.groups[0] - from);
		sl_buf_add_byte(&out, ' ');
		from = m.groups[1];
	} while (from < line.len && sa_match(view->conf, SA_RE_BODY_LINK_AT, line, from, &m));
	sl_buf_add(&out, line.ptr + from, line.len - from);
	return sa_keep_buf(view, &out);
}

static void
add_new(struct sa_list *out, struct sl_slice address)
{
	for (size_t i = 0; i < out->len; i++) {
		if (sl_slice_eq(out->at[i], address))
			return;
	}
	sa_list_add(out, address);
}

/* Quoted senders, "<a@b.example>" or "a@b.example wrote:", become a blank. */
static struct sl_slice
without_senders(struct sl_sa_view *view, struct sl_slice line)
{
	struct sl_buf out;
	struct sa_match m, after;
	size_t from = 0;

	sl_buf_init(&out, line.len + 1);
	for (size_t at = 0; next_address(view, line, at, &m);) {
		size_t start = m.groups[2];

		at = m.groups[3];
		if (sa_ends(sa_sub(line, 0, start), SL_SLICE_LIT("mailto:"))) {
			at = start + 1;		/* an address may begin behind a dot of this one */
			continue;
		}
		if (!sa_match(view->conf, SA_RE_BODY_MAIL_SKIP, line, m.groups[3], &after))
			continue;
		start -= start > from && line.ptr[start - 1] == '<';
		sl_buf_add(&out, line.ptr + from, start - from);
		sl_buf_add_byte(&out, ' ');
		at = from = after.groups[1];
	}
	if (from == 0) {
		sl_buf_fini(&out);
		return line;
	}
	sl_buf_add(&out, line.ptr + from, line.len - from);
	return sa_keep_buf(view, &out);
}

static struct sl_slice
line_seen(struct sl_sa_view *view, struct sl_slice line)
{
	struct sa_match m;

	if (sa_find(line, SL_SLICE_LIT("@"), 0) == SIZE_MAX && sa_find(line, SL_SLICE_LIT("%40"), 0) == SIZE_MAX)
		return line;
	line = without_senders(view, without_links(view, line));
	for (size_t at = 0; view->body_addresses.len < BODY_ADDRESSES_MAX && next_address(view, line, at, &m);
	    at = m.groups[1])
		add_new(&view->body_addresses, sa_lower(view, sa_group(&m, 1)));
	return line;
}

static void
link_addresses(struct sl_sa_view *view, struct sa_list *out)
{
	sa_uris(view);
	for (size_t i = 0; i < view->uri_rows_len && out->len < LINK_ADDRESSES_MAX; i++) {
		const struct sa_uri *row = &view->uri_rows[i];
		struct sa_match m;
		bool again = false;

		if ((row->types & 1u << SA_URI_A) == 0 || (row->types & 1u << SA_URI_PARSED) != 0 ||
		    !sl_slice_istarts(row->raw, SL_SLICE_LIT("mailto:")) || !next_address(view, row->raw, 7, &m) ||
		    m.groups[2] != 7)
			continue;
		for (size_t k = 0; k < out->len; k++)
			again = again || sl_slice_ieq(out->at[k], sa_group(&m, 1));
		if (!again)
			sa_list_add(out, sa_lower(view, sa_group(&m, 1)));
	}
}

/* Of the two stock rules, does one come so far as to look at the text? */
static bool
text_is_searched(struct sl_sa_view *view)
{
	const struct sa_list *from = sa_get(view, "From:addr"), *to = sa_get(view, "Reply-To:addr");
	const struct sa_list *envelope = sa_get(view, "EnvelopeFrom");
	bool from_free, to_free;

	if (view->conf->freemail.len == 0 ||
	    (envelope->len > 0 && sa_test(view->conf, SA_RE_BULK_SENDER, envelope->at[0])))
		return false;
	from_free = sa_any_freemail(view, from);
	to_free = sa_any_freemail(view, to);
	for (size_t i = 0; from_free && to_free; i++) {
		if (i == from->len)
			return false;		/* they differ: that is all it needs */
		for (size_t k = 0; k < to->len; k++) {
			if (sl_slice_ieq(from->at[i], to->at[k]))
				return true;
		}
	}
	return to_free || (from_free && to->len == 0);
}

const struct sa_list *
sa_body_seen(struct sl_sa_view *view)
{
	bool searched;

	sa_body(view);
	if (view->seen_done)
		return &view->seen_body;
	view->seen_done = true;
	searched = text_is_searched(view);
	if (searched)
		link_addresses(view, &view->body_addresses);
	for (size_t i = 0; i < view->body.len; i++) {
		searched = searched && view->body_addresses.len < BODY_ADDRESSES_MAX;
		sa_list_add(&view->seen_body, searched ? line_seen(view, view->body.at[i]) : view->body.at[i]);
	}
	return &view->seen_body;
}
