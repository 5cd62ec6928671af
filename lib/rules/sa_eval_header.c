/* sa_eval_header.c - eval functions about header fields, see sa_eval.h */

#include "rules/sa_eval_i.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- all addresses ---- */

static void
add_new(struct sa_list *out, struct sl_slice s)
{
	for (size_t i = 0; i < out->len; i++) {
		if (sl_slice_eq(out->at[i], s))
			return;
	}
	sa_list_add(out, s);
}

static struct sl_slice
single_dots(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out = sa_alloc(view, in.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		if (in.ptr[i] != '.' || n == 0 || out[n - 1] != '.')
			out[n++] = in.ptr[i];
	}
	return sl_slice(out, n);
}

void
sa_from_addresses(struct sl_sa_view *view, struct sa_list *out)
{
	static const char *const names[] = { "From:addr", "Envelope-Sender:addr", "Resent-Sender:addr", "X-Envelope-From:addr",
	    "EnvelopeFrom:addr" };
	const struct sa_list *resent = sa_get(view, "Resent-From:first:addr");

	for (size_t i = 0; i < resent->len; i++)
		add_new(out, resent->at[i]);
	for (size_t i = 0; resent->len == 0 && i < SL_COUNT(names); i++) {
		const struct sa_list *values = sa_get(view, names[i]);

		for (size_t k = 0; k < values->len && out->len < SA_ADDRESSES_MAX; k++) {
			if (values->at[k].len > 0)
				add_new(out, single_dots(view, values->at[k]));
		}
	}
}

static void
add_values(struct sl_sa_view *view, const char *name, struct sa_list *out)
{
	const struct sa_list *values = sa_get(view, name);

	for (size_t i = 0; i < values->len && out->len < SA_ADDRESSES_MAX; i++)
		add_new(out, values->at[i]);
}

void
sa_to_addresses(struct sl_sa_view *view, struct sa_list *out)
{
	static const char *const names[] = { "To:addr", "Apparently-To:addr", "Delivered-To:addr", "Envelope-Recipients:addr",
	    "Apparently-Resent-To:addr", "X-Envelope-To:addr", "Envelope-To:addr", "X-Delivered-To:addr",
	    "X-Original-To:addr", "X-Rcpt-To:addr", "X-Real-To:addr", "Cc:addr" };
	const struct sa_list *received;
	struct sa_match m;

	add_values(view, "Resent-To:first:addr", out);
	add_values(view, "Resent-Cc:first:addr", out);
	if (out->len > 0)
		return;
	received = sa_get(view, "Received");
	for (size_t i = 0; i < received->len && i < 3; i++) {
		if (sa_match(view->conf, SA_RE_RECEIVED_FOR, received->at[i], 0, &m) && sa_fqdn_valid(sa_group(&m, 2)))
			add_new(out, sa_group(&m, 1));
	}
	for (size_t i = 0; i < SL_COUNT(names); i++)
		add_values(view, names[i], out);
}

/* ---- forged traces of large providers ---- */

static struct sl_slice
received_text(struct sl_sa_view *view)
{
	return sa_squeezed(view, sa_get_joined(view, "Received"));
}

static bool
has_ip(struct sl_sa_view *view, const char *header)
{
	return sa_get_matches(view, header, SA_RE_IP_PLAIN);
}

static bool
from_matches(struct sl_sa_view *view, enum sa_re re)
{
	return sa_test(view->conf, re, sa_get_first(view, "From:addr"));
}

SA_EVAL(check_for_fake_aol_relay_in_rcvd)
{
	struct sl_slice received = received_text(view);

	return sa_test(view->conf, SA_RE_AOL_RELAY, received) && !sa_test(view->conf, SA_RE_AOL_REAL, received);
}

SA_EVAL(gated_through_received_hdr_remover)
{
	if (sa_get_matches(view, "Mailing-List", SA_RE_EZMLM) && sa_get_matches(view, "Delivered-To", SA_RE_EZMLM_TO) &&
	    sa_get_matches(view, "Received", SA_RE_EZMLM_RECEIVED))
		return true;
	return sa_get(view, "Received")->len == 0 || sa_get_matches(view, "Received", SA_RE_MSN_GROUPS);
}

static bool
is_gated(struct sl_sa_view *view)
{
	return sa_eval_gated_through_received_hdr_remover(view, NULL, 0);
}

/* Of groups.msn.com: the list's name is in all of To, Message-ID and the envelope. */
static bool
is_msn_group(struct sl_sa_view *view)
{
	static const char pickup[] = "from mail pickup service by p";
	struct sl_slice received = sa_get_joined(view, "Received"), id = sa_get_joined(view, "Message-Id"), name;
	size_t at = sa_find(received, sl_slice_str(pickup), 0);
	struct sa_match m;

	if (!sa_match(view->conf, SA_RE_MSN_GROUPS_TO, sa_get_joined(view, "To"), 0, &m) || at == SIZE_MAX ||
	    !sa_starts(sl_slice_from(received, SL_MIN(at + sizeof(pickup) + 1, received.len)),
	    SL_SLICE_LIT(".groups.msn.com")))
		return false;
	name = sa_group(&m, 1);
	if (sl_slice_eq(name, SL_SLICE_LIT("notifications")))
		return sa_find(id, SL_SLICE_LIT(".groups.msn.com"), 0) != SIZE_MAX;
	return sa_starts(id, SA_CAT(view, SL_SLICE_LIT("<"), name, SL_SLICE_LIT("-"))) &&
	    sa_find(id, SL_SLICE_LIT("@groups.msn.com>"), 0) != SIZE_MAX &&
	    sa_find(sa_get_first(view, "EnvelopeFrom:addr"), SA_CAT(view, name, SL_SLICE_LIT("-bounce@groups.msn.com")), 0) !=
	    SIZE_MAX;
}

/* 0: nothing to say, 1: claims to come from Hotmail, 2: has an address there only. */
static int
hotmail(struct sl_sa_view *view)
{
	struct sl_slice received = received_text(view), organisation;
	bool by_organisation;

	if (sa_test(view->conf, SA_RE_HOTMAIL_PICKUP, received) || is_msn_group(view) || is_gated(view))
		return 0;
	organisation = sa_get_joined(view, "X-OriginatorOrg");
	by_organisation = sa_find(organisation, SL_SLICE_LIT("hotmail.com"), 0) != SIZE_MAX ||
	    sa_find(organisation, SL_SLICE_LIT("msonline-outlook"), 0) != SIZE_MAX;
	if (has_ip(view, "X-Originating-Ip") && sa_test(view->conf, SA_RE_HOTMAIL_BY_IP, received))
		return 0;
	if (by_organisation && sa_test(view->conf, SA_RE_HOTMAIL_BY_ORGANISATION, received))
		return 0;
	if (sa_test(view->conf, SA_RE_HOTMAIL_CLAIMED, received))
		return 1;
	return from_matches(view, SA_RE_FROM_HOTMAIL) ? 2 : 0;
}

SA_EVAL(check_for_forged_hotmail_received_headers)
{
	return hotmail(view) == 1;
}

SA_EVAL(check_for_no_hotmail_received_headers)
{
	return hotmail(view) == 2;
}

SA_EVAL(check_for_forged_eudoramail_received_headers)
{
	if (!from_matches(view, SA_RE_FROM_EUDORAMAIL) || is_gated(view))
		return false;
	return !has_ip(view, "X-Sender-Ip") || !sa_test(view->conf, SA_RE_WHOWHERE, received_text(view));
}

SA_EVAL(check_for_forged_yahoo_received_headers)
{
	struct sl_slice received = received_text(view);

	if (!from_matches(view, SA_RE_FROM_YAHOO))
		return false;
	if (sa_get(view, "Resent-From")->len > 0 && sa_get(view, "Resent-To")->len > 0 && sa_get(view, "X-Received")->len > 0)
		received = sa_squeezed(view, sa_get_joined(view, "X-Received"));
	if (is_gated(view))
		return false;
	sa_relays(view);
	if (sa_test(view->conf, SA_RE_YAHOO_TRUSTED, view->relays_text[SA_TRUSTED]) ||
	    sa_test(view->conf, SA_RE_YAHOO_FIRST, view->relays_text[SA_UNTRUSTED]) ||
	    sa_test(view->conf, SA_RE_YAHOO_RECEIVED, received))
		return false;
	return !sa_test(view->conf, SA_RE_YAHOO_BULK, received) || !from_matches(view, SA_RE_YAHOO_REPLY);
}

SA_EVAL(check_for_forged_juno_received_headers)
{
	struct sl_slice received = sa_get_joined(view, "Received");

	if (!from_matches(view, SA_RE_FROM_JUNO) || is_gated(view))
		return false;
	if (sa_get_joined(view, "X-Originating-IP").len == 0)
		return true;		/* one of the ways that would clear it needs the field, too */
	return !sa_test(view->conf, SA_RE_JUNO_RECEIVED, received) ||
	    sa_find(sa_get_joined(view, "X-Mailer"), SL_SLICE_LIT("Juno "), 0) == SIZE_MAX;
}

SA_EVAL(check_for_forged_gmail_received_headers)
{
	if (!from_matches(view, SA_RE_FROM_GMAIL))
		return false;
	if (sa_get_matches(view, "X-Received", SA_RE_GMAIL_X_RECEIVED) ||
	    sa_get_matches(view, "Received", SA_RE_GMAIL_RECEIVED))
		return false;
	return sa_get_joined(view, "X-Gm-Message-State").len < 60 || sa_get_joined(view, "X-Google-Smtp-Source").len < 60;
}

/* ---- senders ---- */

SA_EVAL(check_for_matching_env_and_hdr_from)
{
	return sl_slice_ieq(sa_get_first(view, "EnvelopeFrom:addr"), sa_get_first(view, "From:addr"));
}

/* The last two labels behind the last '@'. */
static struct sl_slice
two_labels(struct sl_slice address)
{
	size_t dots = 0;
	const unsigned char *at = address.len == 0 ? NULL : memrchr(address.ptr, '@', address.len);

	if (at == NULL)
		return sl_slice("", 0);
	address = sl_slice_from(address, (size_t)(at - address.ptr) + 1);
	for (size_t i = address.len; i > 1; i--) {
		if (address.ptr[i - 1] == '.' && ++dots == 2)
			return i < address.len ? sl_slice_from(address, i) : address;
		if (address.ptr[i - 1] == '.' && i == address.len)
			return address;
	}
	return address;
}

SA_EVAL(check_equal_from_domains)
{
	struct sl_slice from = two_labels(sa_get_first(view, "From:addr"));
	struct sl_slice envelope = two_labels(sa_get_first(view, "EnvelopeFrom:addr"));

	return from.len > 0 && envelope.len > 0 && !sl_slice_ieq(from, envelope);
}

SA_EVAL(check_ratware_name_id)
{
	struct sl_slice from = sa_get_joined(view, "From"), address;
	struct sa_match m, quoted;

	if (!sa_match(view->conf, SA_RE_RATWARE_ID, sa_get_joined(view, "MESSAGEID"), 0, &m))
		return false;
	address = SA_CAT(view, sa_group(&m, 1), SL_SLICE_LIT(">"));
	for (size_t at = 0; at < from.len && sa_match(view->conf, SA_RE_QUOTED_NAME, from, at, &quoted); at = quoted.groups[1]) {
		if (sa_starts(sl_slice_from(from, quoted.groups[1]), address))
			return true;
	}
	return false;
}

/* "domain.user@" or the like, of the recipient, in the envelope's sender. */
SA_EVAL(check_ratware_envelope_from)
{
	struct sl_slice to = sa_get_first(view, "To:addr"), from = sa_get_first(view, "EnvelopeFrom:addr"), user, domain;
	size_t at = sa_index(to, '@', 0);

	if (from.len == 0 || at == SIZE_MAX || at == 0 || at + 1 == to.len || sa_test(view->conf, SA_RE_SRS, from))
		return false;
	user = SA_CAT(view, sa_sub(to, 0, at), SL_SLICE_LIT("@"));
	domain = sl_slice_from(to, at + 1);
	domain = sa_trim_domain(view->conf, domain, sa_alloc(view, domain.len + 1));
	if (domain.len == 0 || !sa_domain_valid(view->conf, domain))
		return false;
	for (size_t i = sa_ifind(from, domain, 0); i != SIZE_MAX; i = sa_ifind(from, domain, i + 1)) {
		size_t end = i + domain.len;

		if ((i == 0 || !sa_is_word(from.ptr[i - 1])) && end < from.len && !sa_is_word(from.ptr[end]) &&
		    sl_slice_istarts(sl_slice_from(from, end + 1), user))
			return true;
	}
	return false;
}

/* ---- recipients ---- */

#define RECIPIENTS_MAX	256

static size_t
recipients(struct sl_sa_view *view, struct sl_slice out[RECIPIENTS_MAX])
{
	static const char *const names[] = { "ToCc:addr", "Bcc:addr" };
	size_t n = 0, seen = 0;

	for (size_t i = 0; i < SL_COUNT(names) && seen < 5; i++) {
		const struct sa_list *values = sa_get(view, names[i]);

		seen += values->len;
		for (size_t k = 0; k < values->len && n < RECIPIENTS_MAX; k++) {
			if (n == 0 || !sl_slice_ieq(out[n - 1], values->at[k]))
				out[n++] = values->at[k];
		}
	}
	return n;
}

static int
compare(struct sl_slice a, struct sl_slice b)
{
	int order = memcmp(a.ptr, b.ptr, SL_MIN(a.len, b.len));

	return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

SA_EVAL(sorted_recipients)
{
	struct sl_slice to[RECIPIENTS_MAX];
	size_t n = recipients(view, to);

	for (size_t i = 1; i < n; i++) {
		if (compare(to[i - 1], to[i]) > 0)
			return false;
	}
	return n >= 7;
}

static bool
same_start(struct sl_slice a, struct sl_slice b)
{
	a.len = SL_MIN(a.len, (size_t)2);
	b.len = SL_MIN(b.len, (size_t)2);
	return sl_slice_eq(a, b);
}

static struct sl_slice
host_of(struct sl_slice address)
{
	size_t at = sa_index(address, '@', 0);

	return at == SIZE_MAX ? sl_slice("", 0) : sl_slice_from(address, at + 1);
}

SA_EVAL(similar_recipients)
{
	struct sl_slice to[RECIPIENTS_MAX];
	size_t n = recipients(view, to), hits = 0, pairs = 0;
	double share = 0;

	for (size_t i = 0; n >= 5 && i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			struct sl_slice a = host_of(to[i]), b = host_of(to[k]);

			hits += same_start(to[i], to[k]);
			hits += same_start(a, b) && !sl_slice_eq(a, b);
			pairs++;
		}
	}
	if (pairs > 0)
		share = (double)hits / (double)pairs;
	return (sa_argument_open(arguments, arguments_len, 0) || share >= sa_argument_number(arguments, arguments_len, 0)) &&
	    (sa_argument_open(arguments, arguments_len, 1) || share < sa_argument_number(arguments, arguments_len, 1));
}

SA_EVAL(check_for_missing_to_header)
{
	return sa_get_joined(view, "To").len == 0 && sa_get_joined(view, "Apparently-To").len == 0;
}

/* ---- the subject, and any field ---- */

SA_EVAL(subject_is_all_caps)
{
	struct sl_slice s = sa_trim(sa_get_joined(view, "Subject"));
	size_t letters = 0;
	bool white = false;
	struct sa_match m;

	if (sa_match(view->conf, SA_RE_REPLY_PREFIX, s, 0, &m))
		s = sl_slice_from(s, m.groups[1]);
	for (size_t i = 0; i < s.len; i++) {
		white = white || sa_is_space(s.ptr[i]);
		letters += sa_is_alpha(s.ptr[i]);
		if (s.ptr[i] >= 'a' && s.ptr[i] <= 'z')
			return false;
	}
	return white && s.len >= 10 && letters > 0 && !sa_get_matches(view, "Subject:raw", SA_RE_CAPS_CHARSET);
}

/* Is what follows the name in the subject such as an address of a person would have it? */
static bool
ends_greeting(struct sl_slice rest)
{
	size_t i = 0;

	while (i < rest.len && sa_is_space(rest.ptr[i]))
		i++;
	return i < rest.len && strchr(",:;!?-", rest.ptr[i]) != NULL && rest.ptr[i] != 0 &&
	    (i + 1 == rest.len || sa_is_space(rest.ptr[i + 1]));
}

static bool
ends_line(struct sl_slice rest)
{
	return rest.len == 0 || sl_slice_eq(rest, SL_SLICE_LIT("\n"));
}

static bool
user_in_subject(struct sl_sa_view *view, struct sl_slice user, struct sl_slice subject)
{
	struct sa_match m;
	struct sl_slice rest;

	if (sa_match(view->conf, SA_RE_SUBJECT_TO_AFTER, subject, 0, &m)) {	/* with a word between, or without */
		rest = sl_slice_from(subject, m.groups[1]);
		if (sl_slice_istarts(rest, user) && ends_line(sl_slice_from(rest, user.len)))
			return true;
		rest = sl_slice_from(subject, 3);
		while (rest.len > 0 && sa_is_space(rest.ptr[0]))
			rest = sl_slice_from(rest, 1);
		if (sl_slice_istarts(rest, user) && ends_line(sl_slice_from(rest, user.len)))
			return true;
	}
	if (sa_starts(subject, user) && ends_greeting(sl_slice_from(subject, user.len)))
		return true;
	if (sl_slice_istarts(subject, user) && ends_line(sl_slice_from(subject, user.len)))
		return true;
	if (subject.len == 0 || subject.ptr[0] != ',')
		return false;
	rest = sl_slice_from(subject, 1);
	while (rest.len > 0 && sa_is_space(rest.ptr[0]))
		rest = sl_slice_from(rest, 1);
	if (!sl_slice_istarts(rest, user))
		return false;
	rest = sl_slice_from(rest, user.len);
	return rest.len > 0 && rest.ptr[0] != 0 && strchr(",:;!?-", rest.ptr[0]) != NULL && ends_line(sl_slice_from(rest, 1));
}

SA_EVAL(check_for_to_in_subject)
{
	struct sl_slice to = sa_get_first(view, "To:addr"), subject = sa_get_joined(view, "Subject");
	const char *what = sa_argument(arguments, arguments_len, 0);
	size_t at;

	if (to.len == 0)
		return false;
	if (strcmp(what, "address") == 0) {
		at = sa_ifind(subject, to, 0);
		return at != SIZE_MAX && (at == 0 || sa_is_word(subject.ptr[at - 1]) != sa_is_word(to.ptr[0]));
	}
	at = sa_index(to, '@', 0);
	if (at != SIZE_MAX)
		to.len = at;
	return strcmp(what, "user") == 0 && user_in_subject(view, to, subject);
}

static bool
is_control(unsigned char c)
{
	return c < ' ' && c != '\t' && c != '\n' && c != '\r';
}

SA_EVAL(check_illegal_chars)
{
	char name[256];
	struct sl_slice s;
	size_t illegal = 0, signs = 0, controls = 0;

	(void)snprintf(name, sizeof(name), "%s:raw", sa_argument(arguments, arguments_len, 0));
	s = sa_get_joined(view, name);
	if (sa_trim(s).len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		controls += is_control(s.ptr[i]);
		illegal += is_control(s.ptr[i]) || s.ptr[i] >= 0x7f;
		signs += s.ptr[i] == 0xa2 || s.ptr[i] == 0xa3 || s.ptr[i] == 0xae;
	}
	if (!sa_is_ascii(s) && sa_is_utf8(s) && controls == 0)
		return false;
	if (illegal > 0 && signs == 1 && strcasecmp(name, "subject:raw") == 0)
		illegal--;	/* a sign for money, or of a trade mark */
	return (double)illegal / (double)s.len >= sa_argument_number(arguments, arguments_len, 1) &&
	    (double)illegal >= sa_argument_number(arguments, arguments_len, 2);
}

SA_EVAL(check_header_count_range)
{
	struct sl_slice name = sl_slice_str(sa_argument(arguments, arguments_len, 0));
	struct sa_set seen = { 0 };
	double count;

	for (const struct sa_field *f = sa_field_first(view->root, name); f != NULL;
	    f = f->next == SIZE_MAX ? NULL : &view->root->fields.at[f->next])
		(void)sa_set_add(&seen, f->value, 0);
	count = (double)seen.len;
	sa_set_fini(&seen);
	return count >= sa_argument_number(arguments, arguments_len, 1) &&
	    count <= sa_argument_number(arguments, arguments_len, 2);
}

SA_EVAL(check_unresolved_template)
{
	struct sl_slice all = sa_get_joined(view, "ALL");

	for (size_t at = 0; at < all.len;) {
		size_t end = SL_MIN(sa_index(all, '\n', at), all.len);
		struct sl_slice line = sa_sub(all, at, end);

		if (sa_test(view->conf, SA_RE_TEMPLATE, line) && !sa_test(view->conf, SA_RE_TEMPLATE_EXEMPT, line))
			return true;
		at = end + 1;
	}
	return false;
}

SA_EVAL(check_msg_parse_flags)
{
	static const struct {
		const char	*name;
		unsigned	 flag;
	} rows[] = {
		{ "truncated_header", SA_TRUNCATED_HEADER },
		{ "missing_head_body_separator", SA_MISSING_HEAD_BODY_SEPARATOR },
		{ "missing_mime_headers", SA_MISSING_MIME_HEADERS },
		{ "missing_mime_head_body_separator", SA_MISSING_MIME_HEAD_BODY_SEPARATOR },
		{ "mime_epilogue_exists", SA_MIME_EPILOGUE },
		{ "mimepart_limit_exceeded", SA_PART_LIMIT },
	};

	(void)sa_get(view, "ALL");	/* notes whether that is too long */
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (strcmp(rows[i].name, sa_argument(arguments, arguments_len, 0)) == 0)
			return (view->flags & rows[i].flag) != 0;
	}
	return false;
}
