/* links.c - see classify/links.h */

#include "classify/links_i.h"

#include <math.h>
#include <stdio.h>

#define LINKS_MAGIC	0x5d71145cu
#define HOST_LABELS	5	/* labels of an ordinary host, at most */
#define HOST_HYPHENS	3	/* hyphens of one, at most */
#define MANY_HOSTS	8	/* registrable domains that are ordinary */

static const struct say_row rows[LINKS_COUNT] = {
#define LINKS_SAY(id, name, spam, phish, sentence) { name, spam, phish, 0, sentence },
	LINKS_ROWS(LINKS_SAY)
#undef LINKS_SAY
};

void
links_note(struct links *links, enum links_row row, struct sl_slice a, struct sl_slice b)
{
	struct links_fact *fact = &links->facts[row];

	if (fact->count++ > 0)
		return;
	fact->a = say_keep(links->arena, a);
	fact->b = say_keep(links->arena, b);
}

struct sl_slice
links_domain(const struct links *links, struct sl_slice host)
{
	struct sl_slice domain = { NULL, 0 };

	if (links->model->suffix != NULL && host.len > 0)
		domain = sl_suffix_registrable(links->model->suffix, host);
	return domain.len > 0 ? domain : host;
}

static void *
links_new_message(const void *model, struct sl_arena *arena)
{
	struct links *links = sl_arena_alloc(arena, sizeof(*links));

	SL_ASSERT(model != NULL);
	if (links == NULL)
		return NULL;
	links->magic = LINKS_MAGIC;
	links->model = model;
	links->arena = arena;
	return links;
}

static void
links_connection(void *state, const struct sl_connection_event *event)
{
	struct links *links = state;

	links->now_s = event->now_s;
}

static void
links_envelope(void *state, const struct sl_envelope_event *event)
{
	struct links *links = state;

	if (event->tenant.len > 0)
		links->tenant = sl_arena_copy(links->arena, event->tenant);
	links->people = event->people;
	links->correspondents = event->correspondents;
	for (size_t i = 0; i < event->own_domains_len && links->own_len < OWN_MAX; i++) {
		links->own[links->own_len] = sl_arena_copy(links->arena, event->own_domains[i]);
		links->own_len += links->own[links->own_len].ptr != NULL;
	}
}

static void
links_field(void *state, struct sl_slice name, struct sl_slice value)
{
	links_author_field(state, name, value);
}

/* ---- hosts */

static void
judge_imitation(struct links *links, const struct links_host *host)
{
	struct sl_lookalike_match match;

	if (links->model->brands == NULL ||
	    !sl_lookalike_host(links->model->brands, host->host, host->domain, &match))
		return;
	switch (match.kind) {
	case SL_LOOKALIKE_NONE: case SL_LOOKALIKE_SUFFIX:
		return;
	case SL_LOOKALIKE_BELOW: case SL_LOOKALIKE_ADDED:
		links_note(links, LINKS_BRAND_ADDED, host->host, match.name);
		return;
	case SL_LOOKALIKE_SLIP: case SL_LOOKALIKE_EMBEDDED: case SL_LOOKALIKE_SPLIT: case SL_LOOKALIKE_CONFUSABLE:
		links_note(links, LINKS_LOOKALIKE, host->host, match.name);
		return;
	}
}

/* More labels or hyphens than an ordinary host has, or a label that is a long number. */
static bool
is_odd(struct sl_slice host, struct sl_slice domain)
{
	unsigned labels = 1, hyphens = 0;

	for (size_t i = 0; i < host.len; i++) {
		labels += host.ptr[i] == '.';
		hyphens += host.ptr[i] == '-' && i + domain.len >= host.len;
	}
	return labels > HOST_LABELS || hyphens >= HOST_HYPHENS;
}

static bool
on(const struct sl_hostlist *list, struct sl_slice host)
{
	return list != NULL && sl_hostlist_has(list, host);
}

/* The tenant's own are not imitated by themselves. */
static void
judge_own_imitation(struct links *links, const struct links_host *host)
{
	const unsigned char *dot;

	for (size_t i = 0; i < links->own_len; i++) {
		struct sl_slice own = links->own[i];
		enum sl_lookalike_kind kind;

		if (sl_slice_eq(host->domain, links_domain(links, own)))
			return;
		dot = memchr(own.ptr, '.', own.len);
		kind = sl_lookalike_pair(links->model->fold, host->domain,
		    sl_slice(own.ptr, dot != NULL ? (size_t)(dot - own.ptr) : own.len));
		if (kind >= SL_LOOKALIKE_SLIP)
			links_note(links, LINKS_LOOKALIKE, host->host, own);
	}
}

static void
judge_host(struct links *links, const struct links_host *host)
{
	const struct sl_links_model *model = links->model;

	if (memmem(host->host.ptr, host->host.len, "xn--", 4) != NULL)
		links_note(links, LINKS_PUNYCODE, host->host, host->domain);
	if (on(model->shorteners, host->host))
		links_note(links, LINKS_SHORTENER, host->host, host->domain);
	if (on(model->hosting, host->host))
		links_note(links, LINKS_HOSTING, host->host, host->domain);
	if (host->owner >= 0 || host->domain.len == 0)
		return;
	judge_imitation(links, host);
	judge_own_imitation(links, host);
	if (is_odd(host->host, host->domain))
		links_note(links, LINKS_HOST_ODD, host->host, host->domain);
}

/* The host's entry, new or old; NULL: there is no more room. */
static struct links_host *
host_get(struct links *links, const struct sl_content_link *link)
{
	uint64_t hash = sl_hash(link->host.ptr, link->host.len);
	struct links_host *host;

	for (size_t i = 0; i < links->hosts_len; i++)
		if (links->hosts[i].hash == hash)
			return &links->hosts[i];
	if (links->hosts_len == SL_LINKS_HOSTS_MAX) {
		links->hosts_more++;
		return NULL;
	}
	host = &links->hosts[links->hosts_len];
	host->host = sl_arena_copy(links->arena, link->host);
	if (host->host.ptr == NULL)
		return NULL;
	links->hosts_len++;
	host->hash = hash;
	host->is_address = link->url->host_kind != SL_URL_HOST_DOMAIN;
	host->domain = sl_slice_from(host->host, host->host.len - SL_MIN(link->domain.len, host->host.len));
	host->owner = links->model->brands != NULL ? sl_lookalike_owner(links->model->brands, host->host) : -1;
	return host;
}

/* ---- links */

/* A URL inside: where does it lead? */
static bool
url_inside(struct sl_slice rest, struct sl_slice *host_out)
{
	static const struct sl_slice marks[] = { SL_SLICE_LIT("://"), SL_SLICE_LIT("%3A%2F%2F"), SL_SLICE_LIT("%3a%2f%2f") };

	for (size_t i = 0; i < SL_COUNT(marks); i++) {
		const unsigned char *at = rest.len == 0 ? NULL : memmem(rest.ptr, rest.len, marks[i].ptr, marks[i].len);
		size_t from, to;

		if (at == NULL)
			continue;
		from = (size_t)(at - rest.ptr) + marks[i].len;
		for (to = from; to < rest.len && (rest.ptr[to] == '.' || rest.ptr[to] == '-' ||
		    (rest.ptr[to] >= '0' && rest.ptr[to] <= '9') || (sl_ascii_lower(rest.ptr[to]) >= 'a' &&
		    sl_ascii_lower(rest.ptr[to]) <= 'z')); )
			to++;
		*host_out = sl_slice(rest.ptr + from, to - from);
		if (to - from > 3 && memchr(host_out->ptr, '.', host_out->len) != NULL)
			return true;
	}
	return false;
}

/* Something like a mail address behind the path, as targeted links have it. */
static bool
holds_address(struct sl_slice rest)
{
	const unsigned char *at = rest.len == 0 ? NULL : memchr(rest.ptr, '@', rest.len);

	if (at == NULL && (at = memmem(rest.ptr, rest.len, "%40", 3)) == NULL)
		return false;
	return at > rest.ptr && memchr(at, '.', rest.len - (size_t)(at - rest.ptr)) != NULL;
}

static void
judge_link(struct links *links, const struct sl_content_link *link, const struct links_host *host)
{
	struct sl_slice path = sl_url_path(link->url), inside;
	struct sl_slice rest = sl_slice_from(link->href, link->url->path_start);
	const struct sl_hostlist *listed = links->model->listed;

	if (listed != NULL && sl_hostlist_has_url(listed, link->host, path))
		links_note(links, LINKS_LISTED, link->host, path);
	if (url_inside(rest, &inside) && host->domain.len > 0 &&
	    !sl_slice_ieq(links_domain(links, inside), host->domain))
		links_note(links, LINKS_REDIRECTOR, host->host, inside);
	if (holds_address(sl_slice_from(link->href, link->url->path_end)))
		links_note(links, LINKS_RECIPIENT, link->href, host->host);
	if ((link->flags & SL_VIEW_EMPTY) != 0 && (link->flags & SL_VIEW_IN_CONDITIONAL) == 0)
		links_note(links, LINKS_UNSEEN, host->host, host->host);
}

/* What a person can open. */
static bool
is_click(const struct sl_content_link *link)
{
	return link->element == SL_VIEW_IN_A || link->element == SL_VIEW_IN_AREA ||
	    link->element == SL_VIEW_IN_FORM || link->element == SL_VIEW_IN_REFRESH;
}

static void
links_link(void *state, const struct sl_content_link *link)
{
	struct links *links = state;
	struct links_host *host;
	bool click = is_click(link);

	if (link->part->mime->reading != 0 || link->url == NULL || !link->url->special || link->host.len == 0 ||
	    link->url->host_kind < SL_URL_HOST_DOMAIN || (link->found_flags & (SL_LINK_MAIL | SL_LINK_BARE)) != 0)
		return;
	host = host_get(links, link);
	links->clicks += click;
	if (host == NULL)
		return;
	if (click && !host->clicked) {
		host->clicked = true;
		judge_host(links, host);
	}
	if (click)
		judge_link(links, link, host);
}

/* What content.h finds odd about links already. */
static void
links_finding(void *state, const struct sl_content_finding *finding)
{
	static const struct {
		const char	*name;
		enum links_row	 row;
	} known[] = {
		{ "link-elsewhere", LINKS_TEXT_ELSEWHERE },
		{ "link-user", LINKS_USERINFO },
		{ "link-address", LINKS_ADDRESS },
		{ "link-odd-address", LINKS_ODD_ADDRESS },
		{ "link-disguised", LINKS_DISGUISED },
		{ "link-port", LINKS_PORT },
	};

	if (strncmp(finding->name, "link-", 5) != 0)
		return;
	for (size_t i = 0; i < SL_COUNT(known); i++)
		if (strcmp(finding->name, known[i].name) == 0)
			links_note(state, known[i].row, finding->detail, finding->detail);
}

/* ---- the end */

static struct sl_slice
first_clicked(const struct links *links)
{
	for (size_t i = 0; i < links->hosts_len; i++)
		if (links->hosts[i].clicked && links->hosts[i].domain.len > 0)
			return links->hosts[i].host;
	return sl_slice(NULL, 0);
}

/* Does a link that can be clicked lead to what this brand owns? */
static bool
leads_to_brand(const struct links *links, unsigned brand)
{
	for (size_t i = 0; i < links->hosts_len; i++)
		if (links->hosts[i].clicked && links->hosts[i].owner == (int)brand)
			return true;
	return false;
}

static bool
leads_to_author(const struct links *links)
{
	for (size_t i = 0; i < links->hosts_len; i++)
		if (sl_slice_ieq(links->hosts[i].domain, links->from_domain))
			return true;
	return false;
}

/* How many different domains can be clicked. */
static unsigned
domains_count(const struct links *links)
{
	unsigned count = 0;

	for (size_t i = 0; i < links->hosts_len; i++) {
		bool is_new = links->hosts[i].clicked;

		for (size_t j = 0; j < i && is_new; j++)
			is_new = !links->hosts[j].clicked ||
			    !sl_slice_eq(links->hosts[j].domain, links->hosts[i].domain);
		count += is_new;
	}
	return count;
}

static void
judge_whole(struct links *links)
{
	struct sl_slice host = first_clicked(links);
	unsigned domains = domains_count(links);

	if (host.len == 0)
		return;
	for (size_t i = 0; i < links->brands_len; i++)
		if (!links->brands[i].word && !leads_to_brand(links, links->brands[i].brand) &&
		    (links->from_host.len == 0 || sl_lookalike_owner(links->model->brands, links->from_host) !=
		    (int)links->brands[i].brand))
			links_note(links, LINKS_BRAND_ELSEWHERE, links->brands[i].name, host);
	if (links->from_domain.len > 0 && !leads_to_author(links) && !on(links->model->freemail, links->from_host))
		links_note(links, LINKS_AUTHOR_ELSEWHERE, links->from_domain, host);
	if (domains + links->hosts_more > MANY_HOSTS)
		links_note(links, LINKS_MANY_HOSTS, host, host);
}

/* What is counted grows with its logarithm; all else is there or not. */
static double
value_of(const struct links *links, enum links_row row)
{
	if (row == LINKS_MANY_HOSTS)
		return fmin(log2((domains_count(links) + links->hosts_more) / (double)MANY_HOSTS), 4);
	return 1;
}

static void
links_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct links *links = state;

	SL_CHECK(links, LINKS_MAGIC);
	links_author_judge(links);
	judge_whole(links);
	for (size_t i = 0; i < LINKS_COUNT; i++)
		if (links->facts[i].count > 0)
			say(arena, verdict, &rows[i], value_of(links, (enum links_row)i), links->facts[i].a, links->facts[i].b);
}

/* Does out[0..count) have it? */
static bool
is_among(const struct sl_slice *out, size_t count, struct sl_slice domain)
{
	for (size_t i = 0; i < count; i++)
		if (sl_slice_eq(out[i], domain))
			return true;
	return false;
}

/* Is it of the tenant's own? What they say of themselves is nobody else's to hear. */
static bool
is_own(const struct links *links, struct sl_slice domain)
{
	for (size_t i = 0; i < links->own_len; i++)
		if (sl_slice_ieq(domain, links_domain(links, links->own[i])))
			return true;
	return false;
}

/* What DNS lists are asked for about a host; empty: nothing. */
static struct sl_slice
to_ask(const struct links *links, const struct links_host *host, bool addresses)
{
	struct sl_slice none = { NULL, 0 };

	if (host->is_address != addresses || host->owner >= 0)
		return none;
	if (!addresses)
		return is_own(links, host->domain) ? none : host->domain;
	return host->host.len > 2 && host->host.ptr[0] == '[' ? sl_slice(host->host.ptr + 1, host->host.len - 2) : host->host;
}

static size_t
gather(const struct links *links, bool addresses, struct sl_slice out[SL_LINKS_DOMAINS_MAX])
{
	size_t count = 0;

	SL_CHECK(links, LINKS_MAGIC);
	for (int clicked = 1; clicked >= 0; clicked--)
		for (size_t i = 0; i < links->hosts_len && count < SL_LINKS_DOMAINS_MAX; i++) {
			struct sl_slice subject = to_ask(links, &links->hosts[i], addresses);

			if (links->hosts[i].clicked == (clicked != 0) && subject.len > 0 && !is_among(out, count, subject))
				out[count++] = subject;
		}
	return count;
}

size_t
sl_links_domains(const void *state, struct sl_slice out[SL_LINKS_DOMAINS_MAX])
{
	return gather(state, false, out);
}

size_t
sl_links_addresses(const void *state, struct sl_slice out[SL_LINKS_DOMAINS_MAX])
{
	return gather(state, true, out);
}

const struct sl_classifier sl_links_classifier = {
	.name = "links",
	.new_message = links_new_message,
	.connection = links_connection,
	.envelope = links_envelope,
	.field = links_field,
	.link = links_link,
	.finding = links_finding,
	.finish = links_finish,
};
