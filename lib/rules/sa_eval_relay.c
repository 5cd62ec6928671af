/* sa_eval_relay.c - eval functions about the hosts a message came through, see sa_eval.h */

#include "rules/sa_eval_i.h"

SA_EVAL(check_all_trusted)
{
	sa_relays(view);
	return view->relays[SA_TRUSTED].len > 0 && view->relays[SA_UNTRUSTED].len == 0 && view->relays_unparseable == 0;
}

SA_EVAL(check_no_relays)
{
	sa_relays(view);
	return view->relays[SA_TRUSTED].len == 0 && view->relays[SA_UNTRUSTED].len == 0 && view->relays_unparseable == 0;
}

SA_EVAL(check_relays_unparseable)
{
	sa_relays(view);
	return view->relays_unparseable > 0;
}

static bool
is_public_v4(struct sl_sa_view *view, struct sl_slice s)
{
	return sa_test(view->conf, SA_RE_V4_WHOLE, s) && !sa_test(view->conf, SA_RE_IP_PRIVATE, s);
}

SA_EVAL(helo_ip_mismatch)
{
	sa_relays(view);
	for (size_t i = 0; i < view->relays[SA_UNTRUSTED].len; i++) {
		const struct sa_relay *r = &view->relays[SA_UNTRUSTED].at[i];
		const unsigned char *dot;

		if (!is_public_v4(view, r->helo) || !is_public_v4(view, r->ip))
			continue;
		dot = memrchr(r->helo.ptr, '.', r->helo.len);
		if (!sa_starts(r->ip, sl_slice(r->helo.ptr, (size_t)(dot - r->helo.ptr) + 1)))
			return true;
	}
	return false;
}

/* Of the last relay that is not private, whatever was found at others. */
SA_EVAL(check_for_no_rdns_dotcom_helo)
{
	bool found = false;

	sa_relays(view);
	for (size_t i = 0; i < view->relays[SA_UNTRUSTED].len; i++) {
		const struct sa_relay *r = &view->relays[SA_UNTRUSTED].at[i];

		if (!r->is_private)
			found = r->no_reverse_dns && sa_test(view->conf, SA_RE_DOTCOM_HELO, r->helo);
	}
	return found;
}

/* The last two labels, three if the last is short. */
static struct sl_slice
short_host(struct sl_sa_view *view, struct sl_slice host)
{
	size_t want = 2, dots = 0, labels = 1;
	const unsigned char *last;
	bool letters = false;

	host = sa_lower(view, host);
	last = memrchr(host.ptr, '.', host.len);
	for (size_t i = 0; i < host.len; i++) {
		letters = letters || sa_is_alpha(host.ptr[i]);
		labels += host.ptr[i] == '.';
	}
	if (!letters || last == NULL)
		return host;
	if (!sa_test(view->conf, SA_RE_LAST_LABEL, sl_slice(last + 1, host.len - (size_t)(last - host.ptr) - 1)))
		want = 3;
	for (size_t i = host.len; labels > want && i > 0; i--) {
		if (host.ptr[i - 1] == '.' && ++dots == want)
			return sl_slice_from(host, i);
	}
	return host;
}

SA_EVAL(check_for_forged_received_trail)
{
	const struct sa_relays *relays = &view->relays[SA_UNTRUSTED];
	struct sl_slice previous = sl_slice("", 0);
	bool has_previous = false;
	size_t mismatches = 0;

	sa_relays(view);
	for (size_t i = 0; i < relays->len; i++) {
		const struct sa_relay *r = &relays->at[i];
		struct sl_slice by = short_host(view, r->by), from = short_host(view, r->rdns);
		bool is_host = sa_test(view->conf, SA_RE_HOST_NAME, by);
		bool local = sl_slice_eq(from, SL_SLICE_LIT("localhost")) ||
		    sl_slice_eq(from, SL_SLICE_LIT("localhost.localdomain"));

		if (is_host && has_previous && i > 0 && sa_test(view->conf, SA_RE_HOST_NAME, previous) &&
		    !sl_slice_eq(by, previous) && !(sl_slice_eq(by, SL_SLICE_LIT("msn.com")) &&
		    sl_slice_eq(previous, SL_SLICE_LIT("hotmail.com"))))
			mismatches++;
		previous = from;
		has_previous = !(is_host && local && sl_slice_eq(r->ip, SL_SLICE_LIT("127.0.0.1")));
	}
	return mismatches > 1;
}

SA_EVAL(check_mailfrom_matches_rcvd)
{
	struct sl_slice from = sa_get_first(view, "EnvelopeFrom:addr"), domain, other;
	const unsigned char *at = from.len == 0 ? NULL : memrchr(from.ptr, '@', from.len);
	const struct sa_relays *relays;

	if (at == NULL)
		return false;
	domain = sl_slice_from(from, (size_t)(at - from.ptr) + 1);
	if (memchr(domain.ptr, '.', domain.len) == NULL || domain.ptr[0] == '.' || domain.ptr[domain.len - 1] == '.')
		return false;
	sa_relays(view);
	relays = &view->relays[view->relays[SA_UNTRUSTED].len > 0 ? SA_UNTRUSTED : SA_TRUSTED];
	domain = sa_trim_domain(view->conf, domain, sa_alloc(view, domain.len + 1));
	for (size_t i = 0; i < relays->len; i++) {
		struct sl_slice rdns = relays->at[i].rdns;

		other = sa_trim_domain(view->conf, rdns, sa_alloc(view, rdns.len + 1));
		if (rdns.len > 0 && sl_slice_eq(domain, other))
			return true;
		if (relays == &view->relays[SA_UNTRUSTED])
			break;		/* only the last that handed over */
	}
	return false;
}
