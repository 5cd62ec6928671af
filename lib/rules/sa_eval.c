/* sa_eval.c - see sa_eval.h; those about HTML, and what all share */

#include "rules/sa_eval_i.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the table ---- */

#define NETWORK	"needs the network"
#define OTHER	"needs a program or database of its own"
#define OUTSIDE	"is another part of this program's work: sender authentication"

/* Those that are not supported, with the reason; and those that are. Sorted when it is looked into. */
#define UNSUPPORTED(X)											\
	X(check_access_database, "a database of Sendmail's") X(check_arc_signed, OUTSIDE) X(check_arc_valid, OUTSIDE) \
	X(check_bayes, "this program has models of its own") X(check_body_8bits, "is part of a language guesser") \
	X(check_dcc, OTHER) X(check_dcc_reputation_range, OTHER) X(check_dkim_adsp, OUTSIDE)		\
	X(check_dkim_dependable, OUTSIDE) X(check_dkim_signall, OUTSIDE) X(check_dkim_signed, OUTSIDE)	\
	X(check_dkim_signsome, OUTSIDE) X(check_dkim_testing, OUTSIDE) X(check_dkim_valid, OUTSIDE)	\
	X(check_dkim_valid_author_sig, OUTSIDE) X(check_dkim_valid_envelopefrom, OUTSIDE)		\
	X(check_dmarc_missing, OUTSIDE) X(check_dmarc_none, OUTSIDE) X(check_dmarc_pass, OUTSIDE)	\
	X(check_dmarc_quarantine, OUTSIDE) X(check_dmarc_reject, OUTSIDE) X(check_dns_sender, NETWORK)	\
	X(check_for_def_dkim_welcomelist_from, OUTSIDE) X(check_for_def_dkim_whitelist_from, OUTSIDE)	\
	X(check_for_def_spf_welcomelist_from, OUTSIDE) X(check_for_def_spf_whitelist_from, OUTSIDE)	\
	X(check_for_dkim_welcomelist_from, OUTSIDE) X(check_for_dkim_whitelist_from, OUTSIDE)		\
	X(check_for_spf_fail, OUTSIDE) X(check_for_spf_helo_fail, OUTSIDE) X(check_for_spf_helo_neutral, OUTSIDE) \
	X(check_for_spf_helo_none, OUTSIDE) X(check_for_spf_helo_pass, OUTSIDE)				\
	X(check_for_spf_helo_permerror, OUTSIDE) X(check_for_spf_helo_softfail, OUTSIDE)		\
	X(check_for_spf_helo_temperror, OUTSIDE) X(check_for_spf_neutral, OUTSIDE) X(check_for_spf_none, OUTSIDE) \
	X(check_for_spf_pass, OUTSIDE) X(check_for_spf_permerror, OUTSIDE) X(check_for_spf_softfail, OUTSIDE) \
	X(check_for_spf_temperror, OUTSIDE) X(check_for_spf_welcomelist_from, OUTSIDE)			\
	X(check_for_spf_whitelist_from, OUTSIDE)							\
	X(check_from_in_auto_welcomelist, OTHER) X(check_from_in_auto_whitelist, OTHER)			\
	X(check_from_in_default_welcomelist, "def_welcomelist_from_rcvd is not read")			\
	X(check_from_in_default_whitelist, "def_welcomelist_from_rcvd is not read")			\
	X(check_from_in_welcomelist, "welcomelist_from_rcvd is not read")				\
	X(check_from_in_whitelist, "welcomelist_from_rcvd is not read")					\
	X(check_fromname_equals_replyto, "of a plugin that is not loaded by default")			\
	X(check_fromname_equals_to, "of a plugin that is not loaded by default")			\
	X(check_fromname_spoof, "of a plugin that is not loaded by default")				\
	X(check_hashbl_bodyre, NETWORK) X(check_language, "is part of a language guesser")		\
	X(check_microsoft_executable, "of a plugin that is not loaded by default")			\
	X(check_pyzor, OTHER) X(check_razor2, OTHER) X(check_razor2_range, OTHER) X(check_rbl, NETWORK)	\
	X(check_rbl_sub, NETWORK) X(check_rbl_txt, NETWORK) X(check_senders_reputation, OTHER)		\
	X(check_shortcircuit, "rules are never skipped here")						\
	X(check_subject_in_blacklist, "blocklist_subject is not read")					\
	X(check_subject_in_blocklist, "blocklist_subject is not read")					\
	X(check_subject_in_welcomelist, "welcomelist_subject is not read")				\
	X(check_subject_in_whitelist, "welcomelist_subject is not read")				\
	X(check_suspect_name, "of a plugin that is not loaded by default")				\
	X(check_uridnsbl, NETWORK) X(check_welcomelist_bounce_relays, "welcomelist_bounce_relays is not read") \
	X(check_whitelist_bounce_relays, "welcomelist_bounce_relays is not read")			\
	X(have_any_bounce_relays, "welcomelist_bounce_relays is not read")				\
	X(pdf_image_size_range, "of a plugin that is not loaded by default")				\
	X(pdf_image_to_text_ratio, "of a plugin that is not loaded by default")				\
	X(pdf_is_empty_body, "of a plugin that is not loaded by default")				\
	X(pdf_is_encrypted, "of a plugin that is not loaded by default")				\
	X(pdf_match_details, "of a plugin that is not loaded by default")				\
	X(short_url, NETWORK) X(short_url_chained, NETWORK)

const struct sl_sa_eval sl_sa_eval_functions[] = {
#define SUPPORTED_ROW(name)		{ #name, sa_eval_##name, NULL },
#define UNSUPPORTED_ROW(name, reason)	{ #name, NULL, reason },
	SA_EVALS(SUPPORTED_ROW)
	UNSUPPORTED(UNSUPPORTED_ROW)
#undef SUPPORTED_ROW
#undef UNSUPPORTED_ROW
	{ NULL, NULL, NULL },
};

const struct sl_sa_eval *
sl_sa_eval_find(const char *name)
{
	for (const struct sl_sa_eval *e = sl_sa_eval_functions; e->name != NULL; e++) {
		if (strcmp(e->name, name) == 0)
			return e;
	}
	return NULL;
}

/* ---- arguments ---- */

const char *
sa_argument(const char *const *arguments, size_t arguments_len, size_t i)
{
	return i < arguments_len ? arguments[i] : "";
}

double
sa_argument_number(const char *const *arguments, size_t arguments_len, size_t i)
{
	return strtod(sa_argument(arguments, arguments_len, i), NULL);
}

bool
sa_argument_open(const char *const *arguments, size_t arguments_len, size_t i)
{
	const char *s = sa_argument(arguments, arguments_len, i);

	return s[0] == '\0' || strcmp(s, "undef") == 0 || strcmp(s, "inf") == 0;
}

bool
sa_argument_match(struct sl_sa_view *view, const char *pattern, struct sl_slice text)
{
	const struct sa_regex *known = sa_conf_pattern(view->conf, pattern);
	struct sa_regex *made = known == NULL ? sa_regex_new(sl_slice_str(pattern), 0) : NULL;
	struct sa_match m;
	bool hit = (known != NULL || made != NULL) && sa_regex_match(known != NULL ? known : made, text, 0, &m);

	sa_regex_free(&made);
	return hit;
}

bool
sa_compare(double value, const char *expression)
{
	char op[3] = "";
	double other;

	if (sscanf(expression, " %2[<>=!] %lf", op, &other) != 2)
		return false;
	if (strcmp(op, "<") == 0)
		return value < other;
	if (strcmp(op, ">") == 0)
		return value > other;
	if (strcmp(op, "<=") == 0)
		return value <= other;
	if (strcmp(op, ">=") == 0)
		return value >= other;
	return strcmp(op, "!=") == 0 ? fabs(value - other) > 0 : !(fabs(value - other) > 0);
}

struct sl_slice
sa_squeezed(struct sl_sa_view *view, struct sl_slice s)
{
	unsigned char *out = sa_alloc(view, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!sa_is_space(s.ptr[i]))
			out[n++] = s.ptr[i];
		else if (n == 0 || out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return sl_slice(out, n);
}

/* ---- HTML ---- */

const struct sa_html *
sa_next_html(struct sl_sa_view *view, size_t *at)
{
	sa_body(view);
	while (*at < view->parts_len) {
		const struct sa_html *html = view->parts[(*at)++]->html;

		if (html != NULL)
			return html;
	}
	return NULL;
}

#define EACH_HTML(html)	(size_t html_at = 0, html_more = 1; html_more != 0; html_more = 0)		\
	for (const struct sa_html *html = sa_next_html(view, &html_at); html != NULL;			\
	    html = sa_next_html(view, &html_at))

SA_EVAL(html_tag_balance)
{
	for EACH_HTML(html) {
		long count = sa_html_inside(html, sa_argument(arguments, arguments_len, 0));

		if (count >= 0 && sa_compare((double)count, sa_argument(arguments, arguments_len, 1)))
			return true;
	}
	return false;
}

SA_EVAL(html_image_only)
{
	for EACH_HTML(html) {
		double length = (double)html->length;

		if (sa_html_inside(html, "img") >= 0 && length > sa_argument_number(arguments, arguments_len, 0) &&
		    length <= sa_argument_number(arguments, arguments_len, 1))
			return true;
	}
	return false;
}

SA_EVAL(html_image_ratio)
{
	for EACH_HTML(html) {
		double ratio;

		if (html->image_area <= 0)
			continue;
		ratio = (double)html->non_space_len / html->image_area;
		if (ratio > sa_argument_number(arguments, arguments_len, 0) &&
		    ratio <= sa_argument_number(arguments, arguments_len, 1))
			return true;
	}
	return false;
}

/* ok_locales is "all", always. */
SA_EVAL(html_charset_faraway)
{
	return false;
}

SA_EVAL(check_for_faraway_charset)
{
	return false;
}

SA_EVAL(check_for_faraway_charset_in_headers)
{
	return false;
}

SA_EVAL(html_tag_exists)
{
	for EACH_HTML(html) {
		if (sa_html_inside(html, sa_argument(arguments, arguments_len, 0)) >= 0)
			return true;
	}
	return false;
}

/* A result by its name; false: it is not there. */
static bool
html_value(const struct sa_html *html, const char *name, double *value)
{
	const struct {
		const char	*name;
		double		 value;
		bool		 there;
	} rows[] = {
		{ "html", 1, true },
		{ "form_action_mailto", 1, html->form_action_mailto },
		{ "font_low_contrast", 1, html->font_low_contrast },
		{ "font_invalid_color", 1, html->font_invalid_color },
		{ "font_face_bad", 1, html->font_face_bad },
		{ "embeds", 1, html->embeds },
		{ "length", (double)html->length, true },
		{ "min_size", (double)html->min_size, true },
		{ "max_size", (double)html->max_size, true },
		{ "image_area", html->image_area, true },
		{ "html_length", (double)html->html_length, true },
		{ "non_space_len", (double)html->non_space_len, true },
		{ "ratio", html->ratio, true },
		{ "closed_extra_ratio", (double)html->closed_extra / (double)html->tags, html->tags > 0 },
		{ "bad_tag_ratio", ((double)html->tags - (double)html->elements) / (double)html->tags,
		    html->tags > 0 && html->elements > 0 },
		{ "non_element_ratio", ((double)html->tags_seen - (double)html->elements_seen) / (double)html->tags_seen,
		    html->tags_seen > 0 && html->elements_seen > 0 },
		{ "obfuscation_ratio", (double)html->obfuscation / (double)html->tags,
		    html->tags > 0 && html->obfuscation > 0 },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (strcmp(rows[i].name, name) == 0) {
			*value = rows[i].value;
			return rows[i].there;
		}
	}
	return false;
}

SA_EVAL(html_test)
{
	double value;

	for EACH_HTML(html) {
		if (html_value(html, sa_argument(arguments, arguments_len, 0), &value) && fabs(value) > 0)
			return true;
	}
	return false;
}

SA_EVAL(html_eval)
{
	double value;

	for EACH_HTML(html) {
		if (html_value(html, sa_argument(arguments, arguments_len, 0), &value) &&
		    sa_compare(value, sa_argument(arguments, arguments_len, 1)))
			return true;
	}
	return false;
}

SA_EVAL(html_range)
{
	double value;

	for EACH_HTML(html) {
		if (html_value(html, sa_argument(arguments, arguments_len, 0), &value) &&
		    value > sa_argument_number(arguments, arguments_len, 1) &&
		    (sa_argument_open(arguments, arguments_len, 2) ||
		    value <= sa_argument_number(arguments, arguments_len, 2)))
			return true;
	}
	return false;
}

SA_EVAL(html_text_match)
{
	const char *what = sa_argument(arguments, arguments_len, 0);

	for EACH_HTML(html) {
		const struct sa_list *list = strcmp(what, "title") == 0 ? &html->titles
		    : strcmp(what, "comment") == 0 ? &html->comments
		    : strcmp(what, "anchor") == 0 ? &html->anchors : NULL;

		for (size_t i = 0; list != NULL && i < list->len; i++) {
			if (sa_argument_match(view, sa_argument(arguments, arguments_len, 1), list->at[i]))
				return true;
		}
	}
	return false;
}

SA_EVAL(html_title_subject_ratio)
{
	struct sl_slice subject = sa_get_joined(view, "Subject");

	if (subject.len == 0)
		return false;
	for EACH_HTML(html) {
		double max = 0;

		for (size_t i = 0; i < html->titles.len; i++)
			max = fmax(max, (double)sa_count_chars(html->titles.at[i]) / (double)subject.len);
		if (max > sa_argument_number(arguments, arguments_len, 0))
			return true;
	}
	return false;
}

SA_EVAL(check_iframe_src)
{
	for EACH_HTML(html) {
		for (size_t i = 0; i < html->uris_len; i++) {
			if ((html->uris[i].types & 1u << SA_URI_IFRAME) != 0)
				return true;
		}
	}
	return false;
}

/* ---- links ---- */

SA_EVAL(check_uri_truncated)
{
	sa_uris(view);
	return view->uri_truncated;
}

SA_EVAL(check_https_ip_mismatch)
{
	for EACH_HTML(html) {
		for (size_t i = 0; i < html->uris_len; i++) {
			const struct sa_html_uri *u = &html->uris[i];

			if (u->anchors.len == 0 || !sa_test(view->conf, SA_RE_IP_LINK, u->uri))
				continue;
			for (size_t k = 0; k < u->anchors.len; k++) {
				if (!sa_test(view->conf, SA_RE_HTTPS_IP_LINK, u->anchors.at[k]) &&
				    sa_ifind(u->anchors.at[k], SL_SLICE_LIT("https:"), 0) != SIZE_MAX)
					return true;
			}
		}
	}
	return false;
}

/* The registrable domain of a host, if it has a known top-level one. */
static bool
host_domain(struct sl_sa_view *view, struct sl_slice host, struct sl_slice *out)
{
	*out = sa_trim_domain(view->conf, host, sa_alloc(view, host.len + 1));
	return sa_domain_valid(view->conf, *out);
}

/* Does an anchor's text name another host by https than the link's? */
static bool
anchors_differ(struct sl_sa_view *view, const struct sa_html_uri *u, struct sl_slice domain)
{
	struct sl_slice shown;
	struct sa_match m;

	for (size_t k = 0; k < u->anchors.len; k++) {
		if (!sa_match(view->conf, SA_RE_HTTPS_HOST, u->anchors.at[k], 0, &m))
			continue;
		shown = sa_group(&m, 1);
		if (!sa_is_ip(view->conf, shown) && !host_domain(view, shown, &shown))
			continue;
		if (!sl_slice_eq(domain, shown))
			return true;
	}
	return false;
}

SA_EVAL(check_https_http_mismatch)
{
	double min = SL_MAX(sa_argument_number(arguments, arguments_len, 0), 1.0);

	for EACH_HTML(html) {
		size_t anchors = 0;
		bool hit = false;

		for (size_t i = 0; i < html->uris_len; i++) {
			const struct sa_html_uri *u = &html->uris[i];
			struct sl_slice domain;
			struct sa_match m;

			if (u->anchors.len == 0 || !sa_match(view->conf, SA_RE_LINK_HOST, u->uri, 0, &m) ||
			    sa_is_ip(view->conf, sa_group(&m, 1)) || !host_domain(view, sa_group(&m, 1), &domain) ||
			    !sa_fqdn_valid(domain))
				continue;
			anchors++;
			hit = hit || anchors_differ(view, u, domain);
		}
		if (hit && (double)anchors >= min && (sa_argument_open(arguments, arguments_len, 1) ||
		    (double)anchors < sa_argument_number(arguments, arguments_len, 1)))
			return true;
	}
	return false;
}
