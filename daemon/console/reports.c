/* reports.c - see reports.h: when, and mailed; reports_make.c has the numbers */

#include "reports_i.h"

#include <sodium.h>
#include <stdio.h>

#include "courier/queue.h"
#include "nodes.h"
#include "policy/layer.h"
#include "policy/setting.h"
#include "sl/log.h"
#include "store/layers.h"

#define TICK_MS		1000u
#define RETRY_S		60
#define DAY_S		86400

static struct sl_store *
store_of(const struct reports *reports)
{
	return reports->options.console->store;
}

/* ---- who ---- */

static int64_t
key_of(struct sl_node node)
{
	return node.id << 3 | (int64_t)node.level;
}

static struct sl_node
node_of(int64_t key)
{
	return (struct sl_node){ (enum sl_level)(key & 7), key >> 3 };
}

/* As which mailbox it is noted that he was served. */
static void
served_name(struct sl_node node, const char *mailbox, struct sl_buf *out)
{
	sl_buf_addf(out, "report %d %lld %s", (int)node.level, (long long)node.id, mailbox);
}

/* May this address have the reports of a node? It must be at it or below. */
static bool
counts_at(struct reports *reports, struct sl_node node, struct sl_slice address, struct reports_to *out)
{
	struct sl_access_path of_node, of_tenant;
	struct sl_store_mailbox mailbox;

	if (!sl_digest_mailbox(address, out->mailbox) || sl_store_mailbox(store_of(reports), address, &mailbox) != 0 ||
	    sl_store_path(store_of(reports), node, &of_node) != 0)
		return false;
	if (of_node.level > SL_LEVEL_TENANT) {		/* of a part of a tenant's: anybody of the tenant's */
		out->tenant = mailbox.tenant;
		return of_node.id[SL_LEVEL_TENANT] == mailbox.tenant;
	}
	if (sl_store_path(store_of(reports), (struct sl_node){ SL_LEVEL_TENANT, mailbox.tenant }, &of_tenant) != 0)
		return false;
	out->tenant = mailbox.tenant;
	return sl_access_covers(&of_node, &of_tenant);
}

static int
served_of(struct reports *reports, struct sl_node node, struct reports_to *to)
{
	struct sl_buf name;
	int r;

	sl_buf_init(&name, 1024);
	served_name(node, to->mailbox, &name);
	r = sl_store_digest_served(store_of(reports), to->tenant, sl_buf_slice(&name), &to->served_s);
	sl_buf_fini(&name);
	return r;
}

static int
served_set(struct reports *reports, struct sl_node node, const struct reports_to *to, int64_t due_s)
{
	struct sl_buf name;
	int r;

	sl_buf_init(&name, 1024);
	served_name(node, to->mailbox, &name);
	r = sl_store_digest_serve(store_of(reports), to->tenant, sl_buf_slice(&name), due_s);
	sl_buf_fini(&name);
	return r;
}

/* ---- when ---- */

static void
take_policy(struct reports *reports, struct sl_node node, const struct sl_policy *p, struct reports_schedule *out)
{
	*out = (struct reports_schedule){ .schedule = { .days = p->reports.days, .hours = 1u << SL_MIN(p->reports.hour, 23u) },
		.kinds = p->reports.kinds, .next_s = INT64_MAX };
	snprintf(out->zone, sizeof(out->zone), SL_SLICE_FMT, SL_SLICE_ARG(p->digest.time_zone));
	snprintf(out->brand, sizeof(out->brand), SL_SLICE_FMT, SL_SLICE_ARG(p->digest.brand));
	snprintf(out->language, sizeof(out->language), SL_SLICE_FMT, SL_SLICE_ARG(p->digest.language));
	for (size_t i = 0; i < p->reports.addresses.len && out->to_len < REPORTS_TO_MAX; i++) {
		if (counts_at(reports, node, p->reports.addresses.items[i], &out->to[out->to_len]))
			out->to_len++;
		else
			out->refused++;
	}
}

/* What is below a tenant has a report where it names addresses itself: else all that are below would have those of the tenant's. */
static bool
names_addresses(struct sl_node node, const struct sl_policy_effective *effective, const struct sl_policy_source *sources)
{
	const struct sl_policy_setting *row = sl_policy_setting_find(SL_SLICE_LIT("reports.addresses"));
	int said;

	SL_ASSERT(row != NULL);
	said = effective->said[row - sl_policy_settings];
	return node.level <= SL_LEVEL_TENANT || (said != SL_POLICY_NOBODY && (int)sources[said].by == (int)node.level);
}

int
reports_schedule(struct reports *reports, struct sl_node node, struct reports_schedule *out)
{
	struct sl_policy_effective *effective = sl_xzalloc(sizeof(*effective));
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	const char *names[SL_POLICY_SOURCES_MAX];
	size_t len;
	int r = sl_compile_effective(agenda_compile(reports->options.agenda), node, effective, sources, names, &len);

	if (r == 0 && !names_addresses(node, effective, sources))
		effective->policy.reports.addresses.len = 0;
	if (r == 0)
		take_policy(reports, node, &effective->policy, out);
	for (size_t i = 0; r == 0 && i < out->to_len; i++) {
		int64_t next;

		r = served_of(reports, node, &out->to[i]);
		next = sl_schedule_next(&out->schedule, zones_get(digests_zones(reports->options.digests), out->zone),
		    out->to[i].served_s == 0 ? digests_now_s(reports->options.digests) : out->to[i].served_s);
		out->next_s = SL_MIN(out->next_s, next);
	}
	sl_free(effective);
	return r;
}

/* What was due before anybody was named is nobody's. */
static int
note_new(struct reports *reports, struct sl_node node, const struct reports_schedule *schedule)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < schedule->to_len; i++)
		if (schedule->to[i].served_s == 0)
			r = served_set(reports, node, &schedule->to[i], digests_now_s(reports->options.digests));
	return r;
}

static void
plan_node(struct reports *reports, struct sl_node node)
{
	struct reports_schedule *schedule = sl_xzalloc(sizeof(*schedule));
	int64_t now_s = digests_now_s(reports->options.digests), key = key_of(node);
	int r = reports_schedule(reports, node, schedule);

	if (r == 0 && schedule->next_s != INT64_MAX)
		r = note_new(reports, node, schedule);
	if (r == SL_ERR_NOT_FOUND || (r == 0 && schedule->next_s == INT64_MAX))
		plan_remove(&reports->plan, key);
	else if (r == 0)
		plan_set(&reports->plan, key, sl_schedule_send_at(schedule->next_s, reports->up_since_s, reports->options.spread_s,
		    (uint64_t)key * 0x9e3779b97f4a7c15u));
	else
		plan_set(&reports->plan, key, now_s + RETRY_S);
	if (r != 0 && r != SL_ERR_NOT_FOUND)
		sl_log(SL_LOG_ERROR, "reports of node %lld cannot be planned: %s", (long long)node.id, sl_store_error(store_of(reports)));
	sl_free(schedule);
}

/* ---- nodes below a tenant ---- */

static int
on_layer(void *ctx, const struct sl_layer_now *layer)
{
	bool *says = ctx;

	*says |= layer->name.len > 0 || memmem(layer->text.ptr, layer->text.len, "reports", 7) != NULL ||
	    memmem(layer->text.ptr, layer->text.len, "template", 8) != NULL;
	return 0;
}

/* To read a policy costs more than to see that it has nothing of ours in it. */
static void
plan_below(struct reports *reports, int64_t tenant)
{
	struct nodes nodes = { 0 };

	if (sl_store_layer_nodes(store_of(reports), tenant, REPORTS_NODES_MAX, nodes_add, &nodes) < 0)
		sl_log(SL_LOG_ERROR, "reports below tenant %lld cannot be planned: %s", (long long)tenant, sl_store_error(store_of(reports)));
	for (size_t i = 0; i < nodes.len; i++) {
		bool says = false;

		if (sl_store_layers_at(store_of(reports), nodes.items[i], on_layer, &says) == 0 && says)
			plan_node(reports, nodes.items[i]);
	}
	sl_free(nodes.items);
}

static void
on_plan(void *ctx, struct sl_node node)
{
	plan_node(ctx, node);
	if (node.level == SL_LEVEL_TENANT)
		plan_below(ctx, node.id);
}

/* ---- mailed ---- */

static void
mailing_free(struct mailing *mailing)
{
	struct mailing **at = &mailing->reports->mailings;

	while (*at != mailing)
		at = &(*at)->next;
	*at = mailing->next;
	reports_forget(mailing->reports, mailing);
	ways_forget(mailing->reports->options.ways, mailing);
	for (size_t i = 0; i < REPORTS_TO_MAX; i++) {
		sl_buf_fini(&mailing->mails[i]);
		sl_buf_fini(&mailing->ids[i]);
	}
	sl_free(mailing);
}

static void
mailing_over(struct mailing *mailing, int result)
{
	reports_sent *done = mailing->done;
	void *ctx = mailing->ctx;
	size_t sent = mailing->sent;

	if (ctx != NULL)
		done(ctx, result, sent);
	mailing_free(mailing);
}

/* Of node, mailbox and due time; of one that somebody asks for, of that. */
static void
unique_of(const struct mailing *mailing, const char *mailbox, unsigned char out[16])
{
	char *text = sl_xasprintf("%d %lld %lld %s", (int)mailing->node.level, (long long)mailing->node.id, (long long)mailing->due_s, mailbox);

	crypto_generichash(out, 16, (const unsigned char *)text, strlen(text), mailing->due_s == 0 ? mailing->unique : NULL,
	    mailing->due_s == 0 ? sizeof(mailing->unique) : 0);
	sl_free(text);
}

static void	mail_next(struct mailing *mailing);

static void
on_submitted(void *ctx, int result)
{
	struct mailing *mailing = ctx;

	if (result == 0 && mailing->due_s != 0)
		result = served_set(mailing->reports, mailing->node, &mailing->schedule.to[mailing->at], mailing->due_s);
	if (result != 0) {
		mailing_over(mailing, result);
		return;
	}
	mailing->sent++;
	mailing->at++;
	mail_next(mailing);
}

static bool
submit(struct mailing *mailing)
{
	const struct reports_to *to = &mailing->schedule.to[mailing->at];
	struct sl_courier_mail mail = { .purpose = SL_QUEUE_REPORT, .message_id = sl_buf_slice(&mailing->ids[mailing->at]) };
	struct sl_buf name, recipients;
	char token[64] = "report:";
	unsigned char unique[16];
	bool asked = false;

	unique_of(mailing, to->mailbox, unique);
	sl_kept_id_write(unique, token + strlen(token));
	sl_buf_init(&name, 1024);
	sl_buf_init(&recipients, 1024);
	if (sl_store_name(store_of(mailing->reports), (struct sl_node){ SL_LEVEL_TENANT, to->tenant }, &name) == 0) {
		sl_buf_consume(&name, strlen("tenant:"));
		sl_courier_text_add(&recipients, sl_slice_str(to->mailbox));
		mail.tenant = sl_buf_slice(&name);
		mail.token = sl_slice_str(token);
		mail.recipients = sl_buf_slice(&recipients);
		asked = ways_submit(mailing->reports->options.ways, &mail, sl_buf_slice(&mailing->mails[mailing->at]), on_submitted, mailing);
	}
	sl_buf_fini(&name);
	sl_buf_fini(&recipients);
	return asked;
}

/* The next whom it was written to. */
static void
mail_next(struct mailing *mailing)
{
	while (mailing->at < mailing->schedule.to_len && mailing->mails[mailing->at].len == 0)
		mailing->at++;
	if (mailing->at == mailing->schedule.to_len)
		mailing_over(mailing, 0);
	else if (!submit(mailing))
		mailing_over(mailing, SL_ERR_CLOSED);
}

/* A report is due to those whom it has not reached. */
static bool
is_due_to(const struct mailing *mailing, const struct reports_to *to)
{
	return mailing->due_s == 0 || (to->served_s != 0 && to->served_s < mailing->due_s);
}

static void
on_made(void *ctx, int result, const struct sl_report *made)
{
	struct mailing *mailing = ctx;
	struct sl_report report;
	struct sl_buf from;

	if (result != 0) {
		mailing_over(mailing, result);
		return;
	}
	report = *made;
	sl_buf_init(&from, 1024);
	digests_from(mailing->reports->options.digests, &from);
	report.from = sl_buf_slice(&from);
	for (size_t i = 0; result == 0 && i < mailing->schedule.to_len; i++) {
		if (!is_due_to(mailing, &mailing->schedule.to[i]))
			continue;
		report.to = sl_slice_str(mailing->schedule.to[i].mailbox);
		unique_of(mailing, mailing->schedule.to[i].mailbox, report.unique);
		result = sl_report_compose(&report, &mailing->mails[i], &mailing->ids[i]);
	}
	sl_buf_fini(&from);
	if (result != 0)
		mailing_over(mailing, result);
	else
		mail_next(mailing);
}

static int
mail_begin(struct reports *reports, struct sl_node node, const struct reports_schedule *schedule, int64_t since_s, int64_t due_s,
    reports_sent *done, void *ctx)
{
	struct mailing *mailing = sl_xzalloc(sizeof(*mailing));
	const struct making_order order = { .of = { node, NULL }, .schedule = schedule, .kinds = schedule->kinds, .since_s = since_s,
		.until_s = due_s != 0 ? due_s : digests_now_s(reports->options.digests), .today = due_s == 0, .done = on_made, .ctx = mailing };
	int r;

	mailing->reports = reports;
	mailing->node = node;
	mailing->schedule = *schedule;
	mailing->due_s = due_s;
	mailing->done = done;
	mailing->ctx = ctx;
	sl_random(mailing->unique, sizeof(mailing->unique));
	for (size_t i = 0; i < REPORTS_TO_MAX; i++) {
		sl_buf_init(&mailing->mails[i], SL_REPORT_BYTES_MAX);
		sl_buf_init(&mailing->ids[i], 1024);
	}
	mailing->next = reports->mailings;
	reports->mailings = mailing;
	r = making_begin(reports, &order);
	if (r != 0)
		mailing_free(mailing);
	return r;
}

/* ---- what is due, one at a time ---- */

struct run {
	struct reports	*reports;
	struct sl_node	 node;
};

static void
on_run_over(void *ctx, int result, size_t sent)
{
	struct run *run = ctx;
	struct reports *reports = run->reports;

	reports->runs = false;
	if (result == 0) {
		sl_log(SL_LOG_NOTICE, "reports of %s %lld: %zu", sl_level_word(run->node.level), (long long)run->node.id, sent);
		plan_node(reports, run->node);
		sl_timer_soon(&reports->tick);	/* the next that is due, at once */
	} else {
		sl_log(result == SL_ERR_CLOSED ? SL_LOG_DEBUG : SL_LOG_WARNING, "reports of %s %lld wait: %s", sl_level_word(run->node.level),
		    (long long)run->node.id, sl_strerror(result));
		plan_set(&reports->plan, key_of(run->node), digests_now_s(reports->options.digests) + RETRY_S);
	}
	sl_free(run);
}

static void
run_begin(struct reports *reports, struct sl_node node)
{
	struct reports_schedule *schedule = sl_xzalloc(sizeof(*schedule));
	const struct sl_zone *zone;
	int64_t now_s = digests_now_s(reports->options.digests), due_s = INT64_MIN, since_s;
	bool any = false;
	struct run *run;
	int r = reports_schedule(reports, node, schedule);

	zone = zones_get(digests_zones(reports->options.digests), schedule->zone);
	if (r == 0)
		due_s = sl_schedule_last(&schedule->schedule, zone, now_s);
	since_s = due_s == INT64_MIN ? 0 : sl_schedule_last(&schedule->schedule, zone, due_s - 1);
	for (size_t i = 0; r == 0 && due_s != INT64_MIN && i < schedule->to_len; i++) {
		int64_t served_s = schedule->to[i].served_s;

		if (served_s == 0 || served_s >= due_s)
			continue;
		any = true;
		since_s = SL_MIN(since_s, served_s);	/* what was missed, too */
	}
	if (!any) {		/* the policy has changed */
		plan_node(reports, node);
		sl_free(schedule);
		return;
	}
	since_s = SL_MAX(since_s, due_s - REPORTS_REACH_DAYS * DAY_S);
	run = sl_xzalloc(sizeof(*run));
	*run = (struct run){ reports, node };
	reports->runs = true;
	r = mail_begin(reports, node, schedule, since_s, due_s, on_run_over, run);
	if (r != 0)
		on_run_over(run, r, 0);
	sl_free(schedule);
}

static void
on_tick(void *ctx)
{
	struct reports *reports = ctx;
	int64_t key;

	sl_timer_set(&reports->tick, TICK_MS);
	if (!reports->runs && digests_hostname(reports->options.digests).len > 0 && ways_has_courier(reports->options.ways) &&
	    plan_due(&reports->plan, digests_now_s(reports->options.digests), &key))
		run_begin(reports, node_of(key));
}

/* ---- asked for ---- */

void
reports_make(struct reports *reports, const struct reports_of *of, unsigned days, unsigned kinds, reports_done *done, void *ctx)
{
	struct reports_schedule *schedule = sl_xzalloc(sizeof(*schedule));
	int64_t now_s = digests_now_s(reports->options.digests);
	int r = reports_schedule(reports, of->node, schedule);
	const struct making_order order = { .of = *of, .schedule = schedule, .kinds = kinds != 0 ? kinds : schedule->kinds,
		.since_s = now_s - (int64_t)days * DAY_S, .until_s = now_s, .today = true, .done = done, .ctx = ctx };

	if (r == 0)
		r = making_begin(reports, &order);
	sl_free(schedule);
	if (r != 0)
		done(ctx, r, NULL);
}

void
reports_send(struct reports *reports, struct sl_node node, unsigned days, reports_sent *done, void *ctx)
{
	struct reports_schedule *schedule = sl_xzalloc(sizeof(*schedule));
	int64_t now_s = digests_now_s(reports->options.digests);
	int r = reports_schedule(reports, node, schedule);

	if (r == 0 && schedule->to_len == 0)
		r = SL_ERR_NOT_FOUND;
	if (r == 0)
		r = mail_begin(reports, node, schedule, now_s - (int64_t)days * DAY_S, 0, done, ctx);
	sl_free(schedule);
	if (r != 0)
		done(ctx, r, 0);
}

void
reports_forget(struct reports *reports, const void *ctx)
{
	for (struct making *making = reports->makings; making != NULL; making = making->next)
		if (making->ctx == ctx)
			making->ctx = NULL;
	for (struct mailing *mailing = reports->mailings; mailing != NULL; mailing = mailing->next)
		if (mailing->ctx == ctx)
			mailing->ctx = NULL;
}

/* ---- life ---- */

struct reports *
reports_new(const struct reports_options *options)
{
	struct reports *reports = sl_xzalloc(sizeof(*reports));

	reports->options = *options;
	reports->up_since_s = digests_now_s(options->digests);
	sl_timer_init(&reports->tick, options->loop, on_tick, reports);
	sl_timer_set(&reports->tick, TICK_MS);
	agenda_add(options->agenda, on_plan, reports);
	return reports;
}

void
reports_free(struct reports **at)
{
	struct reports *reports = *at;

	*at = NULL;
	if (reports == NULL)
		return;
	while (reports->mailings != NULL) {
		struct mailing *mailing = reports->mailings;

		if (mailing->done == on_run_over)
			sl_free(mailing->ctx);
		mailing_free(mailing);
	}
	while (reports->makings != NULL)
		making_free(reports->makings);
	sl_timer_clear(&reports->tick);
	plan_fini(&reports->plan);
	sl_free(reports);
}
