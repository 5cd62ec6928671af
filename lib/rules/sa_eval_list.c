/* sa_eval_list.c - eval functions about lists of addresses and hosts, and free mail, see sa_eval.h */

#include "rules/sa_eval_i.h"

/* ---- lists ---- */

static const struct sa_named_list *
find_list(const struct sa_named_list *lists, size_t len, struct sl_slice name)
{
	for (size_t i = 0; i < len; i++) {
		if (sl_slice_eq(lists[i].name, name))
			return &lists[i];
	}
	return NULL;
}

static bool
list_has(struct sl_sa_view *view, const struct sa_named_list *list, struct sl_slice address)
{
	address = sa_lower(view, address);
	if (sa_set_has(&list->set, address, NULL))
		return true;
	for (size_t i = 0; i < list->globs.len; i++) {
		if (sa_glob(list->globs.at[i], address))
			return true;
	}
	return false;
}

typedef void addresses(struct sl_sa_view *view, struct sa_list *out);

static bool
any_in_list(struct sl_sa_view *view, const char *name, addresses *of)
{
	const struct sa_named_list *list = find_list(view->conf->address_lists, view->conf->address_lists_len,
	    sl_slice_str(name));
	struct sa_list found = { 0 };
	bool hit = false;

	if (list == NULL)
		return false;
	of(view, &found);
	for (size_t i = 0; i < found.len && !hit; i++)
		hit = list_has(view, list, found.at[i]);
	sa_list_fini(&found);
	return hit;
}

SA_EVAL(check_from_in_list)
{
	return any_in_list(view, sa_argument(arguments, arguments_len, 0), sa_from_addresses);
}

static void
reply_to(struct sl_sa_view *view, struct sa_list *out)
{
	struct sl_slice address = sa_get_first(view, "Reply-To:addr");

	if (address.len > 0)
		sa_list_add(out, address);
}

SA_EVAL(check_replyto_in_list)
{
	return any_in_list(view, sa_argument(arguments, arguments_len, 0), reply_to);
}

SA_EVAL(check_from_in_blocklist)
{
	return any_in_list(view, "blocklist_from", sa_from_addresses);
}

SA_EVAL(check_from_in_blacklist)
{
	return any_in_list(view, "blocklist_from", sa_from_addresses);
}

SA_EVAL(check_to_in_blocklist)
{
	return any_in_list(view, "blocklist_to", sa_to_addresses);
}

SA_EVAL(check_to_in_blacklist)
{
	return any_in_list(view, "blocklist_to", sa_to_addresses);
}

SA_EVAL(check_to_in_welcomelist)
{
	return any_in_list(view, "welcomelist_to", sa_to_addresses);
}

SA_EVAL(check_to_in_whitelist)
{
	return any_in_list(view, "welcomelist_to", sa_to_addresses);
}

SA_EVAL(check_to_in_more_spam)
{
	return any_in_list(view, "more_spam_to", sa_to_addresses);
}

SA_EVAL(check_to_in_all_spam)
{
	return any_in_list(view, "all_spam_to", sa_to_addresses);
}

/* ---- hosts of links ---- */

/* A host, or a domain it is in: the longest that is listed decides; "!host" is an exception. */
static bool
host_listed(struct sl_sa_view *view, const struct sa_named_list *list, struct sl_slice host)
{
	for (;;) {
		size_t dot = sa_index(host, '.', 0);

		if (sa_set_has(&list->set, SA_CAT(view, SL_SLICE_LIT("!"), host), NULL))
			return false;
		if (sa_set_has(&list->set, host, NULL))
			return true;
		if (dot == SIZE_MAX)
			return false;
		host = sl_slice_from(host, dot + 1);
	}
}

static bool
uri_host_listed(struct sl_sa_view *view, const char *name)
{
	const struct sa_named_list *list = find_list(view->conf->uri_lists, view->conf->uri_lists_len, sl_slice_str(name));

	if (list == NULL)
		return false;
	sa_uris(view);
	for (size_t i = 0; i < view->uri_rows_len; i++) {
		const struct sa_uri *row = &view->uri_rows[i];

		if (sl_slice_istarts(row->raw, SL_SLICE_LIT("mailto:")))
			continue;
		for (size_t k = 0; k < row->hosts.len; k++) {
			if (host_listed(view, list, row->hosts.at[k]))
				return true;
		}
	}
	return false;
}

SA_EVAL(check_uri_host_listed)
{
	return uri_host_listed(view, sa_argument(arguments, arguments_len, 0));
}

SA_EVAL(check_uri_host_in_blocklist)
{
	return uri_host_listed(view, "BLOCK");
}

SA_EVAL(check_uri_host_in_blacklist)
{
	return uri_host_listed(view, "BLOCK");
}

SA_EVAL(check_uri_host_in_welcomelist)
{
	return uri_host_listed(view, "WELCOME");
}

SA_EVAL(check_uri_host_in_whitelist)
{
	return uri_host_listed(view, "WELCOME");
}

/* ---- free mail ---- */

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
static bool
is_freemail(struct sl_sa_view *view, struct sl_slice address)
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

static bool
any_freemail(struct sl_sa_view *view, const struct sa_list *list, const char *pattern)
{
	for (size_t i = 0; i < list->len; i++) {
		struct sl_slice address = sa_lower(view, list->at[i]);

		if (is_freemail(view, address) && (pattern[0] == '\0' || sa_argument_match(view, pattern, address)))
			return true;
	}
	return false;
}

SA_EVAL(check_freemail_header)
{
	struct sl_slice name = SA_CAT(view, sl_slice_str(sa_argument(arguments, arguments_len, 0)), SL_SLICE_LIT(":addr"),
	    sl_slice("", 1));

	return any_freemail(view, sa_get(view, (const char *)name.ptr), sa_argument(arguments, arguments_len, 1));
}

SA_EVAL(check_freemail_from)
{
	struct sa_list from = { 0 };
	bool hit;

	sa_from_addresses(view, &from);
	hit = any_freemail(view, &from, sa_argument(arguments, arguments_len, 0));
	sa_list_fini(&from);
	return hit;
}

#define BODY_ADDRESSES_MAX	40
#define LINK_ADDRESSES_MAX	20
#define ADDRESSES_TOO_MANY	5	/* then none is looked at */
#define FREEMAILS_TOO_MANY	3

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

/* Addresses in a line, but those of quoted senders: "<a@b.example>", "a@b.example wrote:". */
static void
line_addresses(struct sl_sa_view *view, struct sl_slice line, struct sa_list *out)
{
	struct sa_match m, skip;

	line = without_links(view, line);
	for (size_t at = 0; out->len < BODY_ADDRESSES_MAX && next_address(view, line, at, &m); at = m.groups[1]) {
		size_t start = m.groups[2];
		struct sl_slice before = sa_sub(line, 0, start);

		if (sa_match(view->conf, SA_RE_BODY_MAIL_SKIP, line, m.groups[3], &skip) &&
		    !sa_ends(before, SL_SLICE_LIT("mailto:")))
			continue;
		{
			struct sl_slice address = sa_lower(view, sa_group(&m, 1));
			bool again = false;

			for (size_t i = 0; i < out->len; i++)
				again = again || sl_slice_eq(out->at[i], address);
			if (!again)
				sa_list_add(out, address);
		}
	}
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

/* Free mail addresses in the body. False: there are too many addresses to say anything. */
static bool
body_freemails(struct sl_sa_view *view, struct sa_list *out)
{
	struct sa_list all = { 0 };
	bool well = true;

	link_addresses(view, &all);
	sa_body(view);
	for (size_t i = 0; i < view->body.len; i++)
		line_addresses(view, view->body.at[i], &all);
	for (size_t i = 0; i < all.len && well; i++) {
		if (i + 1 == ADDRESSES_TOO_MANY) {
			well = false;
		} else if (is_freemail(view, all.at[i])) {
			well = out->len + 1 < FREEMAILS_TOO_MANY;
			sa_list_add(out, all.at[i]);
		}
	}
	sa_list_fini(&all);
	return well;
}

static bool
in_common(const struct sa_list *a, const struct sa_list *b)
{
	for (size_t i = 0; i < a->len; i++) {
		for (size_t k = 0; k < b->len; k++) {
			if (sl_slice_ieq(a->at[i], b->at[k]))
				return true;
		}
	}
	return false;
}

/* Does the body hold a free mail address that is not one of these? */
static bool
body_differs(struct sl_sa_view *view, const struct sa_list *reply)
{
	struct sa_list body = { 0 };
	bool hit = false;

	if (body_freemails(view, &body)) {
		for (size_t i = 0; i < body.len; i++) {
			for (size_t k = 0; k < reply->len; k++)
				hit = hit || !sl_slice_ieq(body.at[i], reply->at[k]);
		}
	}
	sa_list_fini(&body);
	return hit;
}

SA_EVAL(check_freemail_replyto)
{
	bool reply = strcmp(sa_argument(arguments, arguments_len, 0), "reply") == 0;
	const struct sa_list *from = sa_get(view, "From:addr"), *to = sa_get(view, "Reply-To:addr");
	const struct sa_list *envelope = sa_get(view, "EnvelopeFrom");
	bool from_free, to_free;

	if (envelope->len > 0 && sa_test(view->conf, SA_RE_BULK_SENDER, envelope->at[0]))
		return false;
	from_free = any_freemail(view, from, "");
	to_free = any_freemail(view, to, "");
	if (from_free && to_free && !in_common(from, to))
		return true;
	if (!reply && !to_free)
		return false;
	if (reply && ((to->len > 0 && !to_free) || !from_free))
		return false;
	return body_differs(view, !reply || to_free ? to : from);
}
