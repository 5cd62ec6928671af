/* sa_header.c - looking header fields up, with modifiers and by names that are no fields' */

#include "rules/sa_i.h"

#include <stdlib.h>

struct request {
	struct sl_slice	name;
	bool		addr, phrase, raw, host, domain, ip, reversed, first, last;
};

static void
request_modifier(struct request *r, struct sl_slice word)
{
	const struct {
		const char	*word;
		bool		*flag, *also;
	} rows[] = {
		{ "raw", &r->raw, NULL }, { "addr", &r->addr, NULL }, { "name", &r->phrase, NULL },
		{ "host", &r->host, NULL }, { "domain", &r->domain, &r->host }, { "ip", &r->ip, NULL },
		{ "revip", &r->reversed, &r->ip }, { "first", &r->first, NULL }, { "last", &r->last, NULL },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		if (!sl_slice_eq(word, sl_slice_str(rows[i].word)))
			continue;
		*rows[i].flag = true;
		if (rows[i].also != NULL)
			*rows[i].also = true;
	}
}

static void
request_parse(struct sl_slice text, struct request *r)
{
	size_t colon = sa_index(text, ':', 0);

	*r = (struct request){ .name = text };
	if (colon == SIZE_MAX)
		return;
	r->name.len = colon;
	for (size_t at = colon + 1; at <= text.len;) {
		size_t end = SL_MIN(sa_index(text, ':', at), text.len);

		request_modifier(r, sa_sub(text, at, end));
		at = end + 1;
	}
}

/* ---- fields ---- */

static struct sl_slice
with_line_end(struct sl_sa_view *view, struct sl_slice s)
{
	return SA_CAT(view, s, SL_SLICE_LIT("\n"));
}

/* Line ends that are followed by white space, with it, to a blank. */
static struct sl_slice
unfold_raw(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out = sa_alloc(view, in.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len;) {
		size_t end = i + 1;

		if (in.ptr[i] == '\n' && end < in.len && sa_is_space(in.ptr[end])) {
			while (end < in.len && sa_is_space(in.ptr[end]))
				end++;
			if (n > 0 && out[n - 1] == '\r')
				n--;
			out[n++] = ' ';
		} else {
			out[n++] = in.ptr[i];
		}
		i = end;
	}
	return sl_slice(out, n);
}

enum form { FORM_DECODED, FORM_RAW, FORM_UNFOLDED };

static void
add_fields(struct sl_sa_view *view, const struct sa_node *node, struct sl_slice name, enum form form,
    struct sa_list *out)
{
	for (const struct sa_field *f = sa_field_first(node, name); f != NULL;
	    f = f->next == SIZE_MAX ? NULL : &node->fields.at[f->next]) {
		sa_list_add(out, form == FORM_DECODED ? with_line_end(view, f->value)
		    : form == FORM_RAW ? f->raw : unfold_raw(view, f->raw));
	}
}

/* All fields as "Name: value", in order; those of one name are counted together against the limit. */
static void
add_all(struct sl_sa_view *view, const struct sa_node *node, bool raw, struct sa_list *out)
{
	const struct sa_fields *fields = &node->fields;
	struct sl_slice *lines = sl_xzalloc((fields->len + 1) * sizeof(*lines));
	size_t size = 0;

	for (size_t i = 0; i < fields->len && size <= SA_HEADER_MAX; i++) {
		if (!fields->at[i].is_first)
			continue;
		for (size_t k = i; k != SIZE_MAX; k = fields->at[k].next) {
			const struct sa_field *f = &fields->at[k];
			struct sl_slice value = raw ? unfold_raw(view, f->raw) : with_line_end(view, f->value);

			size += f->name.len + value.len + 2;
			if (size > SA_HEADER_MAX) {
				view->flags |= node == view->root ? SA_TRUNCATED_HEADER : 0;
				break;
			}
			lines[k] = SA_CAT(view, f->name, SL_SLICE_LIT(": "), value);
		}
	}
	for (size_t i = 0; i < fields->len; i++) {
		if (lines[i].ptr != NULL)
			sa_list_add(out, lines[i]);
	}
	sl_free(lines);
}

/* As they came, each with its folds. */
static void
add_pristine(struct sl_sa_view *view, struct sa_list *out)
{
	struct sl_slice text = view->pristine_headers;
	size_t start = SIZE_MAX;

	for (size_t at = 0; at < text.len;) {
		size_t end = sa_index(text, '\n', at);
		bool fold = text.ptr[at] == ' ' || text.ptr[at] == '\t';

		end = end == SIZE_MAX ? text.len : end + 1;
		if (!fold) {
			if (start != SIZE_MAX)
				sa_list_add(out, sa_sub(text, start, at));
			start = at;
		}
		at = end;
	}
	/* The blank line that ends the header is no field. */
	if (start != SIZE_MAX && text.len - start > 1 && text.ptr[text.len - 1] == '\n')
		sa_list_add(out, sl_slice_from(text, start));
}

/* Those between two Received fields, counted from the top; -1: no bound. */
static void
add_range(struct sl_sa_view *view, bool raw, int start, int end, struct sa_list *out)
{
	struct sa_list all = { 0 };
	int seen = -1;

	if (end < -1)
		return;
	if (raw)
		add_pristine(view, &all);
	else
		add_all(view, view->root, false, &all);
	for (size_t i = 0; i < all.len; i++) {
		if (sl_slice_istarts(all.at[i], SL_SLICE_LIT("received:")))
			seen++;
		if (start >= 0 && start > seen)
			continue;
		if (end < 0 || seen < end) {
			sa_list_add(out, all.at[i]);
		} else if (seen == end) {
			sa_list_add(out, all.at[i]);
			break;
		}
	}
	sa_list_fini(&all);
}

static void
add_message_ids(struct sl_sa_view *view, bool raw, struct sa_list *out)
{
	static const char *const names[] = { "x-message-id", "resent-message-id", "x-original-message-id", "message-id" };

	for (size_t i = 0; i < SL_COUNT(names); i++)
		add_fields(view, view->root, sl_slice_str(names[i]), raw ? FORM_UNFOLDED : FORM_DECODED, out);
}

/* ---- names that are no fields' ---- */

static bool
is_name(const struct request *r, const char *name)
{
	return sl_slice_ieq(r->name, sl_slice_str(name));
}

/* The domains of From or of the envelope, as the program notes them for others. */
static void
add_metadata(struct sl_sa_view *view, const struct request *r, struct sa_list *out)
{
	const struct sa_list *hosts;
	struct sl_buf buf;

	if (!is_name(r, "x-senderdomain") && !is_name(r, "x-authordomain"))
		return;
	hosts = sa_get(view, is_name(r, "x-senderdomain") ? "EnvelopeFrom:first:addr:host" : "From:addr:host");
	if (hosts->len == 0)
		return;
	sl_buf_init(&buf, SIZE_MAX / 2);
	for (size_t i = 0; i < (is_name(r, "x-senderdomain") ? 1 : hosts->len); i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again = again || sl_slice_eq(hosts->at[k], hosts->at[i]);
		if (again)
			continue;
		if (i > 0)
			sl_buf_add_byte(&buf, ' ');
		sl_buf_add_slice(&buf, sa_lower(view, hosts->at[i]));
	}
	sa_list_add(out, sa_keep_buf(view, &buf));
}

static bool
add_special(struct sl_sa_view *view, const struct request *r, struct sa_list *out)
{
	static const char *const relays[] = { "X-Spam-Relays-Trusted", "X-Spam-Relays-Untrusted",
	    "X-Spam-Relays-Internal", "X-Spam-Relays-External" };

	if (sl_slice_eq(r->name, SL_SLICE_LIT("ALL"))) {
		if (r->raw)
			add_pristine(view, out);
		else
			add_all(view, view->root, false, out);
		return true;
	}
	if (sa_starts(r->name, SL_SLICE_LIT("ALL-"))) {
		struct sl_slice what = sl_slice_from(r->name, 4);
		bool trusted = sl_slice_eq(what, SL_SLICE_LIT("TRUSTED")) || sl_slice_eq(what, SL_SLICE_LIT("INTERNAL"));

		sa_relays(view);
		if (trusted)
			add_range(view, r->raw, -1, view->last_trusted + 1, out);
		else if (sl_slice_eq(what, SL_SLICE_LIT("UNTRUSTED")) || sl_slice_eq(what, SL_SLICE_LIT("EXTERNAL")))
			add_range(view, r->raw, view->last_trusted + 1, -1, out);
		return true;
	}
	if (is_name(r, "EnvelopeFrom")) {
		const struct sl_slice *from = sa_envelope_from(view);

		if (from != NULL)
			sa_list_add(out, *from);
		return true;
	}
	for (size_t i = 0; i < SL_COUNT(relays); i++) {
		if (is_name(r, relays[i])) {
			sa_relays(view);
			sa_list_add(out, view->relays_text[i]);
			return true;
		}
	}
	if (is_name(r, "ToCc")) {
		add_fields(view, view->root, SL_SLICE_LIT("to"), r->raw ? FORM_UNFOLDED : FORM_DECODED, out);
		add_fields(view, view->root, SL_SLICE_LIT("cc"), r->raw ? FORM_UNFOLDED : FORM_DECODED, out);
		return true;
	}
	if (sl_slice_eq(r->name, SL_SLICE_LIT("MESSAGEID"))) {
		add_message_ids(view, r->raw, out);
		return true;
	}
	return false;
}

/* ---- modifiers ---- */

static struct sl_slice
squeeze_name(struct sl_sa_view *view, struct sl_slice in)
{
	unsigned char *out = sa_alloc(view, in.len + 1);
	struct sl_slice s;
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		if (!sa_is_space(in.ptr[i]))
			out[n++] = in.ptr[i];
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	s = sa_trim(sl_slice(out, n));
	if (s.len >= 2 && s.ptr[0] == '\'' && s.ptr[s.len - 1] == '\'')
		s = sa_sub(s, 1, s.len - 1);
	return s;
}

static void
take_addresses(struct sl_sa_view *view, const struct request *r, struct sa_list *values)
{
	struct sa_list found = { 0 };
	struct sa_address *a = sl_xmalloc(SA_ADDRESSES_MAX * sizeof(*a));

	for (size_t i = 0; i < values->len; i++) {
		size_t n = sa_addresses(view, values->at[i], a, SA_ADDRESSES_MAX);

		for (size_t k = 0; k < n; k++) {
			struct sl_slice name;

			if (r->addr) {
				if (a[k].has_address)
					sa_list_add(&found, a[k].address);
				continue;
			}
			if (!a[k].has_phrase)
				continue;
			if (r->raw) {
				sa_list_add(&found, a[k].phrase);
				continue;
			}
			name = sa_decode_words(view, a[k].phrase, SL_SLICE_LIT("PMS"));
			sa_list_add(&found, sa_trim(name).len > 0 ? squeeze_name(view, name) : name);
		}
	}
	sl_free(a);
	sl_free(values->at);
	*values = found;
}

static bool
is_host_edge(unsigned char c)
{
	return c == '.' || c == '_' || c == '-';
}

/* Does a known top-level domain end at `end`? A name that may be a host's stands before it. */
static bool
ends_in_tld(const struct sl_sa_conf *conf, struct sl_slice s, size_t start, size_t end)
{
	size_t dot = end;

	while (dot > start && s.ptr[dot - 1] != '.' && end - dot < 64)
		dot--;
	return dot > start + 1 && s.ptr[dot - 1] == '.' && sa_domain_valid(conf, sa_sub(s, start, end));
}

/* The longest host that begins at `start`: non-blanks that end in a known domain. */
static size_t
host_end(const struct sl_sa_conf *conf, struct sl_slice s, size_t start)
{
	size_t end = start;

	if (start > 0 && is_host_edge(s.ptr[start - 1]))
		return 0;
	while (end < s.len && !sa_is_space(s.ptr[end]) && end - start < 320)
		end++;
	for (; end > start + 2; end--) {
		unsigned char next = end < s.len ? s.ptr[end] : ' ', after = end + 1 < s.len ? s.ptr[end + 1] : ' ';
		bool alnum = sa_is_alpha(next) || sa_is_digit(next) || next == '-';

		if (alnum || next == '_' || next == '.' || (next == '.' && (sa_is_alpha(after) || sa_is_digit(after))))
			continue;
		if (ends_in_tld(conf, s, start, end))
			return end;
	}
	return 0;
}

static bool
find_host(struct sl_sa_view *view, struct sl_slice s, bool is_address, struct sl_slice *host)
{
	struct sa_match m;

	if (is_address) {
		if (!sa_match(view->conf, SA_RE_AT_HOST, s, 0, &m))
			return false;
		*host = sa_group(&m, 1);
		return true;
	}
	for (size_t at = s.len; at > 0; at--) {		/* after the last '@' that has a host behind it */
		size_t end = s.ptr[at - 1] == '@' ? host_end(view->conf, s, at) : 0;

		if (end > 0) {
			*host = sa_sub(s, at, end);
			if (sa_fqdn_valid(*host))
				return true;
			break;
		}
	}
	for (size_t at = 0; at < s.len;) {
		size_t end = sa_is_space(s.ptr[at]) ? 0 : host_end(view->conf, s, at);

		if (end == 0) {
			at++;
			continue;
		}
		*host = sa_sub(s, at, end);
		if (sa_fqdn_valid(*host))
			return true;
		at = end;
	}
	return false;
}

static struct sl_slice
reverse_ip(struct sl_sa_view *view, struct sl_slice ip)
{
	struct sl_slice part[4];
	size_t n = 0, start = 0;

	for (size_t i = 0; i <= ip.len && n < 4; i++) {
		if (i == ip.len || ip.ptr[i] == '.') {
			part[n++] = sa_sub(ip, start, i);
			start = i + 1;
		}
	}
	if (n != 4)
		return ip;
	return SA_CAT(view, part[3], SL_SLICE_LIT("."), part[2], SL_SLICE_LIT("."), part[1], SL_SLICE_LIT("."), part[0]);
}

static void
take_hosts(struct sl_sa_view *view, const struct request *r, struct sa_list *values)
{
	size_t n = 0;

	for (size_t i = 0; i < values->len; i++) {
		struct sl_slice host;
		struct sa_match m;

		if (r->host) {
			if (!find_host(view, values->at[i], r->addr, &host) || host.len == 0)
				continue;
			if (r->domain)
				host = sa_trim_domain(view->conf, host, sa_alloc(view, host.len + 1));
		} else {
			if (!sa_match(view->conf, SA_RE_IP_ANY, values->at[i], 0, &m))
				continue;
			host = r->reversed ? reverse_ip(view, sa_group(&m, 1)) : sa_group(&m, 1);
		}
		values->at[n++] = host;
	}
	values->len = n;
}

static void
look_up(struct sl_sa_view *view, struct sl_slice name, struct sa_list *out)
{
	struct request r;

	request_parse(name, &r);
	if (!add_special(view, &r, out)) {
		add_fields(view, view->root, r.name, r.raw || r.addr || r.phrase ? FORM_RAW : FORM_DECODED, out);
		if (out->len == 0)
			add_metadata(view, &r, out);
	}
	if (sl_slice_eq(r.name, SL_SLICE_LIT("ALL")) || sa_starts(r.name, SL_SLICE_LIT("ALL-")) || out->len == 0)
		return;
	if (r.first) {
		out->len = 1;
	} else if (r.last) {
		out->at[0] = out->at[out->len - 1];
		out->len = 1;
	}
	if (r.addr || r.phrase)
		take_addresses(view, &r, out);
	if (r.host || r.ip)
		take_hosts(view, &r, out);
}

/* ---- the interface ---- */

static struct sa_cached *
cached(struct sl_sa_view *view, struct sl_slice name)
{
	struct sa_cached *entry;

	for (size_t i = 0; i < view->cache_len; i++) {
		if (sl_slice_eq(view->cache[i]->name, name))
			return view->cache[i];
	}
	entry = sa_alloc(view, sizeof(*entry));
	entry->name = sa_keep(view, name);
	look_up(view, entry->name, &entry->values);
	if (view->cache_len == view->cache_size) {
		view->cache_size = view->cache_size == 0 ? 64 : view->cache_size * 2;
		view->cache = sl_xrealloc(view->cache, view->cache_size * sizeof(struct sa_cached *));
	}
	view->cache[view->cache_len++] = entry;
	return entry;
}

const struct sa_list *
sa_get(struct sl_sa_view *view, const char *name)
{
	return &cached(view, sl_slice_str(name))->values;
}

struct sl_slice
sa_get_first(struct sl_sa_view *view, const char *name)
{
	const struct sa_list *values = sa_get(view, name);
	struct sl_slice s = values->len == 0 ? sl_slice("", 0) : values->at[0];

	if (s.len > 0 && s.ptr[s.len - 1] == '\n')
		s.len--;
	return s;
}

struct sl_slice
sa_get_joined(struct sl_sa_view *view, const char *name)
{
	const struct sa_list *values = sa_get(view, name);

	return sa_cat(view, values->at, values->len);
}

bool
sl_sa_header(struct sl_sa_view *view, const char *name, struct sl_slice *value_out)
{
	struct sa_cached *entry;
	struct sl_buf buf;

	SL_ASSERT(view->is_finished);
	entry = cached(view, sl_slice_str(name));
	if (entry->values.len == 0)
		return false;
	if (!entry->is_joined) {
		struct sl_slice first = entry->values.at[0];
		bool ended = first.len > 0 && first.ptr[first.len - 1] == '\n';

		sl_buf_init(&buf, SIZE_MAX / 2);
		for (size_t i = 0; i < entry->values.len; i++) {
			if (i > 0 && !ended)
				sl_buf_add_byte(&buf, '\n');
			sl_buf_add_slice(&buf, entry->values.at[i]);
		}
		entry->joined = entry->values.len == 1 ? first : sa_keep(view, sl_buf_slice(&buf));
		entry->is_joined = true;
		sl_buf_fini(&buf);
	}
	*value_out = entry->joined;
	return true;
}

size_t
sl_sa_header_list(struct sl_sa_view *view, const char *name, const struct sl_slice **values_out)
{
	const struct sa_list *values;

	SL_ASSERT(view->is_finished);
	values = sa_get(view, name);
	*values_out = values->at;
	return values->len;
}

size_t
sl_sa_part_count(struct sl_sa_view *view)
{
	size_t n = 0;

	SL_ASSERT(view->is_finished);
	for (size_t i = 0; i < view->parts_len; i++)
		n += view->parts[i]->type.len > 0;
	return n;
}

static const struct sa_node *
part_at(const struct sl_sa_view *view, size_t part)
{
	for (size_t i = 0; i < view->parts_len; i++) {
		if (view->parts[i]->type.len > 0 && part-- == 0)
			return view->parts[i];
	}
	SL_UNREACHABLE("no such part");
}

bool
sl_sa_part_header(struct sl_sa_view *view, size_t part, const char *name, struct sl_slice *value_out)
{
	const struct sa_node *node = part_at(view, part);
	struct sl_slice field = sl_slice_str(name);
	const struct sa_field *f;
	bool raw = sa_ends(field, SL_SLICE_LIT(":raw"));

	if (raw)
		field.len -= 4;
	if (sl_slice_eq(field, SL_SLICE_LIT("ALL"))) {
		struct sa_list all = { 0 };

		add_all(view, node, raw, &all);
		*value_out = sa_cat(view, all.at, all.len);
		sa_list_fini(&all);
		return true;
	}
	f = sa_field_last(node, field);
	if (f == NULL)
		return false;
	*value_out = raw ? f->raw : with_line_end(view, f->value);
	return true;
}

/* ---- the envelope's sender, if a header says it ---- */

static bool
is_sender(struct sl_slice s)
{
	size_t at = sa_index(s, '@', 0);

	return s.len == 0 || (at != SIZE_MAX && at > 0);
}

static bool
envelope_from_relay(struct sl_sa_view *view)
{
	const struct sa_relay *relay = NULL;

	sa_relays(view);
	if (view->relays[SA_UNTRUSTED].len > 0)
		relay = &view->relays[SA_UNTRUSTED].at[0];
	else if (view->relays[SA_TRUSTED].len > 0)
		relay = &view->relays[SA_TRUSTED].at[view->relays[SA_TRUSTED].len - 1];
	if (relay == NULL || !relay->has_envfrom || !is_sender(relay->envfrom))
		return false;
	view->envelope = relay->envfrom;
	return true;
}

static bool
is_fetched(struct sl_sa_view *view)
{
	const struct sa_list *received;

	if (memchr(sa_get_first(view, "X-Sender:first:addr").ptr, '@', sa_get_first(view, "X-Sender:first:addr").len) == NULL)
		return false;
	received = sa_get(view, "Received");
	for (size_t i = 0; i < received->len; i++) {
		if (sa_find(received->at[i], SL_SLICE_LIT("(fetchmail"), 0) != SIZE_MAX)
			return true;
	}
	return false;
}

static void
envelope_from_fields(struct sl_sa_view *view)
{
	static const struct {
		const char	*request;
		enum sa_re	 later;		/* it stands below a Received field: of an earlier transport */
		bool		 ends;		/* then nothing else is looked at */
	} rows[] = {
		{ "X-Envelope-From:first:addr", SA_RE_RECEIVED_BEFORE_ENVELOPE, true },
		{ "Envelope-Sender:first:addr", SA_RE_RECEIVED_BEFORE_SENDER, false },
		{ "Return-Path:first:addr", SA_RE_RECEIVED_BEFORE_RETURN, false },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct sa_list *values = sa_get(view, rows[i].request);
		struct sl_slice value;

		if (values->len == 0)
			continue;
		value = values->at[0];
		if (!sa_test(view->conf, rows[i].later, sa_get_joined(view, "ALL"))) {
			view->envelope = value;
			view->has_envelope = true;
			return;
		}
		if (rows[i].ends)
			return;
	}
}

const struct sl_slice *
sa_envelope_from(struct sl_sa_view *view)
{
	if (!view->envelope_done) {
		view->envelope_done = true;
		view->has_envelope = envelope_from_relay(view);
		if (!view->has_envelope && !is_fetched(view))
			envelope_from_fields(view);
	}
	return view->has_envelope ? &view->envelope : NULL;
}
