/* reports_make.c - see reports.h: a report's numbers, asked for one after the other */

#include "reports_i.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/setting.h"
#include "sl/log.h"

#define PAGE		500u
#define AGAIN_MS	WAYS_AGAIN_MS

/* ---- whose ---- */

static int
by_hash(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
is_ours(const struct making *m, struct sl_slice tenant)
{
	uint64_t hash = sl_hash_lower(tenant);

	if (m->whose.tenant != 0)
		return sl_slice_ieq(tenant, sl_slice_str(m->whose.tenant_name));
	return m->whose.node.level == SL_LEVEL_OPERATOR ||
	    (m->whose.names_len > 0 && bsearch(&hash, m->whose.names, m->whose.names_len, sizeof(*m->whose.names), by_hash) != NULL);
}

/* ---- the end ---- */

void
making_free(struct making *m)
{
	struct making **at = &m->reports->makings;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	if (m->reports->options.console->records != NULL)
		records_forget(m->reports->options.console->records, m);
	ways_forget(m->reports->options.ways, m);
	sl_timer_clear(&m->timer);
	sl_report_counts_fini(&m->counts);
	sl_report_releases_fini(&m->releases);
	whose_fini(&m->whose);
	later_free(&m->later);
	sl_free(m);
}

static bool
wants_domains(const struct making *m)
{
	return m->whose.node.level == SL_LEVEL_TENANT && (m->kinds & 1u << SL_REPORT_TRAFFIC) != 0;
}

/* Who is told what was released is told whose mail there was. */
static bool
wants_users(const struct making *m)
{
	const unsigned kinds = 1u << SL_REPORT_TRAFFIC | 1u << SL_REPORT_RELEASES;

	return m->whose.tenant != 0 && m->whose.node.level != SL_LEVEL_USER && m->whose.mailbox[0] == '\0' && (m->kinds & kinds) == kinds;
}

static void
making_over(struct making *m)
{
	struct reports *reports = m->reports;
	const bool is_summary = m->whose.tenant == 0;
	/* Of days before the first file there are sums by tenant and domain alone. */
	const bool cut = m->has_counts && m->counts.since_day[0] != '\0' && strcmp(m->counts.since_day, m->from_day) > 0;
	const struct sl_report report = { .name = sl_slice_str(m->name), .is_summary = is_summary, .kinds = m->kinds,
		.language = sl_slice_str(m->language), .zone = zones_get(digests_zones(reports->options.digests), m->zone),
		.zone_name = sl_slice_str(m->zone), .since_s = m->since_s, .until_s = m->until_s,
		.now_s = digests_now_s(reports->options.digests), .from_day = m->from_day, .to_day = m->to_day,
		.days = m->has_counts ? &m->counts.days : NULL, .causes = m->has_counts ? &m->counts.causes : NULL,
		.tenants = m->has_counts && is_summary ? &m->counts.tenants : NULL,
		.domains = m->has_counts && wants_domains(m) ? &m->counts.domains : NULL,
		.users = m->has_counts && wants_users(m) ? &m->counts.users : NULL, .more_domains = m->counts.more_domains,
		.more_users = m->counts.more_users, .cut = m->counts.cut, .since_day = cut ? m->counts.since_day : NULL,
		.releases = m->has_releases ? &m->releases : NULL, .unreadable = m->unreadable, .brand = sl_slice_str(m->brand),
		.domain = digests_hostname(reports->options.digests) };
	reports_done *done = m->done;
	void *ctx = m->ctx;

	if (m->has_counts) {
		sl_traffic_table_sort(&m->counts.tenants, SL_TRAFFIC_MESSAGES);
		sl_traffic_table_sort(&m->counts.causes, SL_TRAFFIC_BYTES_KEPT);
	}
	if (ctx != NULL)
		done(ctx, m->failed, m->failed == 0 ? &report : NULL);
	making_free(m);
}

/* ---- releases: the courier knows ---- */

/* As far as it was for those whom the report is of. */
static void
take_release(struct making *m, const struct sl_courier_entry *entry)
{
	struct sl_courier_entry theirs = *entry;
	struct sl_slice rest = entry->rcpts;
	struct sl_release_later later;
	struct sl_courier_rcpt one;
	struct sl_buf rcpts;

	if (m->later != NULL)
		later_of(m->later, entry, &later);
	sl_buf_init(&rcpts, SL_IPC_PAYLOAD_MAX);
	while (sl_courier_rcpt_next(&rest, &one))
		if (whose_has(&m->whose, m->reports->options.console->store, one.mailbox))
			sl_courier_rcpt_add(&rcpts, &one);
	theirs.rcpts = sl_buf_slice(&rcpts);
	if (rcpts.len > 0)
		sl_report_releases_add(&m->releases, &theirs, m->later != NULL ? &later : NULL);
	sl_buf_fini(&rcpts);
}

static void
on_release(void *ctx, const struct sl_courier_entry *entry)
{
	struct making *m = ctx;

	m->after = entry->id;
	if (entry->created_us < m->until_s * 1000000 && is_ours(m, entry->tenant))
		take_release(m, entry);
}

static void	ask_releases(void *ctx);

static void
on_page(void *ctx, const struct ways_end *end)
{
	struct making *m = ctx;

	if (end->result == SL_MORE) {
		sl_timer_set(&m->timer, 1);	/* others are answered in between */
		return;
	}
	m->has_releases = end->result == SL_DONE;
	if (end->result != SL_DONE)
		sl_log(SL_LOG_ERROR, "a report of %s is without releases: %s", m->name, sl_strerror(end->result));
	making_over(m);
}

/* Some of the audit trail, in each turn. */
static void
read_later(struct making *m)
{
	int r = later_read(m->later);

	m->later_known = r == SL_DONE;
	if (r < 0) {
		sl_log(SL_LOG_ERROR, "a report of %s does not tell what came after releases: %s", m->name,
		    sl_store_error(m->reports->options.console->store));
		later_free(&m->later);
	}
	sl_timer_set(&m->timer, 1);
}

static void
ask_releases(void *ctx)
{
	struct making *m = ctx;
	struct sl_courier_ask ask = { .verb = SL_COURIER_RELEASES, .from_us = m->since_s * 1000000, .id = m->after, .limit = PAGE };
	const unsigned kinds = 1u << SL_REPORT_RELEASES | 1u << SL_REPORT_QUARANTINE;

	if (m->whose.tenant != 0)
		ask.tenant = sl_slice_str(m->whose.tenant_name);
	if (m->later != NULL && !m->later_known && m->failed == 0) {
		read_later(m);
		return;
	}
	if (m->failed != 0 || (m->kinds & kinds) == 0 || !ways_queue(m->reports->options.ways, &ask, on_release, on_page, m))
		making_over(m);
}

/* ---- traffic: the reader of records knows ---- */

static void
on_counts(void *ctx, struct sl_report_counts *counts)
{
	struct making *m = ctx;

	m->has_counts = counts->result == 0;
	m->unreadable = counts->result != 0 && counts->result != SL_ERR_NOT_FOUND;
	if (m->has_counts) {
		m->counts = *counts;
		*counts = (struct sl_report_counts){ 0 };
	} else if (counts->result == SL_ERR_CLOSED || counts->result == SL_ERR_TIMEOUT) {
		m->failed = SL_ERR_BUSY;	/* what cannot be told now is told later; a damaged file would be in the way for ever */
	}
	sl_timer_soon(&m->timer);
}

static void
day_text(int64_t day, char out[SL_REPORT_DAY_BYTES + 1])
{
	struct sl_civil t;

	sl_civil_of(day * 86400, &t);
	snprintf(out, SL_REPORT_DAY_BYTES + 1, "%04u-%02u-%02u", (unsigned)(t.year % 10000), t.month % 100, t.day % 100);
}

static void
ask_counts(struct making *m)
{
	struct sl_report_ask ask = { .from_day = sl_slice_str(m->from_day), .to_day = sl_slice_str(m->to_day),
		.all = m->whose.node.level == SL_LEVEL_OPERATOR, .by_tenant = m->whose.tenant == 0, .of = m->whose.of, .by_domain = wants_domains(m), .by_user = wants_users(m),
		.members = sl_buf_slice(&m->whose.members), .aliases = sl_buf_slice(&m->whose.aliases), .tenants = sl_buf_slice(&m->whose.tenants) };
	int64_t first = m->since_s / 86400, last = m->until_s / 86400;
	struct records *records = m->reports->options.console->records;
	struct sl_report_counts counts;
	char day[SL_REPORT_DAY_BYTES + 1];

	if (records == NULL) {
		sl_timer_soon(&m->timer);
		return;
	}
	sl_report_counts_init(&counts);
	for (int64_t n = first; n <= last; n++) {	/* a day without mail is a row too */
		day_text(n, day);
		if (strcmp(day, m->from_day) >= 0 && strcmp(day, m->to_day) <= 0)
			(void)sl_traffic_table_row(&counts.days, sl_slice_str(day));
	}
	records_count(records, &ask, &counts, on_counts, m);
}

/* ---- begin ---- */

static int
find_name(struct making *m)
{
	const char *text, *slash;
	struct sl_buf name;
	int r;

	sl_buf_init(&name, 1024);
	r = sl_store_name(m->reports->options.console->store, m->whose.node, &name);
	text = sl_buf_cstr(&name);
	if (strchr(text, ':') != NULL)
		text = strchr(text, ':') + 1;
	slash = strrchr(text, '/');
	if (m->whose.node.level == SL_LEVEL_GROUP && slash != NULL)	/* "sales (example.com)": with the slash it would be shown as no link is */
		snprintf(m->name, sizeof(m->name), "%s (%.*s)", slash + 1, (int)(slash - text), text);
	else
		snprintf(m->name, sizeof(m->name), "%s", m->whose.node.level == SL_LEVEL_OPERATOR ? "Sluice" :
		    m->whose.mailbox[0] != '\0' ? m->whose.mailbox : text);
	sl_buf_fini(&name);
	return r;
}

int
making_begin(struct reports *reports, const struct making_order *order)
{
	struct making *m = sl_xzalloc(sizeof(*m));
	int64_t last = order->until_s / 86400 - (order->today ? 0 : 1);
	int r;

	m->reports = reports;
	m->whose.node = order->of.node;
	if (order->of.mailbox != NULL)
		snprintf(m->whose.mailbox, sizeof(m->whose.mailbox), "%s", order->of.mailbox);
	m->kinds = order->kinds;
	m->since_s = order->since_s;
	m->until_s = order->until_s;
	m->done = order->done;
	m->ctx = order->ctx;
	snprintf(m->zone, sizeof(m->zone), "%s", order->schedule->zone);
	snprintf(m->language, sizeof(m->language), "%s", order->schedule->language);
	snprintf(m->brand, sizeof(m->brand), "%s", order->schedule->brand);
	day_text(order->since_s / 86400, m->from_day);
	day_text(SL_MAX(last, order->since_s / 86400), m->to_day);
	sl_report_releases_init(&m->releases);
	sl_timer_init(&m->timer, reports->options.loop, ask_releases, m);
	m->next = reports->makings;
	reports->makings = m;
	r = find_name(m);
	if (r == 0)
		r = whose_find(&m->whose, reports->options.console->store);
	if (r == 0 && m->whose.tenant != 0 && (m->kinds & 1u << SL_REPORT_RELEASES) != 0)
		m->later = later_new(reports->options.console->store, m->whose.tenant, m->since_s * 1000000);
	if (r != 0)
		making_free(m);
	else if ((m->kinds & ~(1u << SL_REPORT_RELEASES)) != 0)
		ask_counts(m);
	else
		sl_timer_soon(&m->timer);
	return r;
}
