/* digests.c - see digests.h: when, and runs; digests_mail.c has what is sent */

#include "digests_i.h"

#include <stdlib.h>

#include "nodes.h"
#include "sl/log.h"
#include "store/audit.h"
#include "store/walk.h"

#define TICK_MS		1000u
#define RETRY_S		60		/* a run that failed */
#define FOREVER		PLAN_NEVER

/* ---- a tenant's schedules ---- */

static bool
same_schedule(const struct rights *a, const struct rights *b)
{
	return a->schedule.days == b->schedule.days && a->schedule.hours == b->schedule.hours && strcmp(a->zone, b->zone) == 0;
}

/* A tenant's distinct schedules, and the node of each; both lists are the caller's. */
static int
schedules_of(struct digests *d, int64_t tenant, struct rights **list_out, struct sl_node **nodes_out, size_t *len_out)
{
	struct sl_policy_effective *effective = sl_xzalloc(sizeof(*effective));
	struct nodes nodes = { 0 };
	struct rights *list = NULL, one;
	size_t len = 0;
	int r;

	(void)nodes_add(&nodes, (struct sl_node){ SL_LEVEL_TENANT, tenant });
	r = sl_store_layer_nodes(d->options.console->store, tenant, DIGESTS_NODES_MAX, nodes_add, &nodes);
	for (size_t i = 0; r == 0 && i < nodes.len; i++) {
		bool known = false;

		r = rights_at(agenda_compile(d->options.agenda), nodes.items[i], effective, &one);
		if (r == SL_ERR_NOT_FOUND && i > 0) {	/* a layer that outlived its node */
			r = 0;
			continue;
		}
		for (size_t n = 0; n < len && !known; n++)
			known = same_schedule(&list[n], &one);
		if (r != 0 || known || !rights_sends(&one))
			continue;
		list = sl_xrealloc(list, (len + 1) * sizeof(*list));
		nodes.items[len] = nodes.items[i];	/* in place: never ahead of i */
		list[len++] = one;
	}
	sl_free(effective);
	*list_out = list;
	*nodes_out = nodes.items;
	*len_out = len;
	return r;
}

static int64_t
run_of(struct digests *d, int64_t tenant, int64_t now_s)
{
	int64_t at_s = now_s;
	int r = sl_store_digest_run(d->options.console->store, tenant, &at_s);

	if (r == SL_ERR_NOT_FOUND)		/* what was due before anybody could know is nobody's */
		r = sl_store_digest_run_set(d->options.console->store, tenant, now_s);
	if (r != 0)
		sl_log(SL_LOG_ERROR, "digests of tenant %lld: %s", (long long)tenant, sl_store_error(d->options.console->store));
	return SL_MIN(at_s, now_s);
}

/* Those who are due next: the time to send at; and in *from_out since when mail is listed for them. */
static int64_t
next_of(struct digests *d, int64_t tenant, int64_t after_s, int64_t now_s, int64_t *from_out)
{
	struct sl_node *nodes;
	struct rights *list;
	int64_t first = FOREVER;
	size_t len;
	int r = schedules_of(d, tenant, &list, &nodes, &len);

	*from_out = FOREVER;
	for (size_t i = 0; r == 0 && i < len; i++) {
		const struct sl_zone *zone = zones_get(&d->zones, list[i].zone);
		int64_t next = sl_schedule_next(&list[i].schedule, zone, after_s);

		first = SL_MIN(first, next);
		if (next <= now_s)
			*from_out = SL_MIN(*from_out, sl_schedule_last(&list[i].schedule, zone, after_s));
	}
	sl_free(list);
	sl_free(nodes);
	if (r != 0 && r != SL_ERR_NOT_FOUND)
		sl_log(SL_LOG_ERROR, "digests of tenant %lld cannot be planned: %s", (long long)tenant, sl_strerror(r));
	return r == SL_ERR_NOT_FOUND ? -1 : r != 0 ? now_s + RETRY_S : first == FOREVER ? FOREVER :
	    sl_schedule_send_at(first, d->up_since_s, d->options.spread_s, (uint64_t)tenant * 0x9e3779b97f4a7c15u);
}

/* Of a tenant that is off nothing can be sent: edges and courier do not know it. */
static bool
is_off(struct digests *d, int64_t tenant)
{
	struct sl_tenant_settings settings;

	return sl_store_tenant_get(d->options.console->store, (struct sl_node){ SL_LEVEL_TENANT, tenant }, &settings) == 0 &&
	    settings.state == SL_TENANT_OFF;
}

static void
plan_tenant(struct digests *d, int64_t tenant)
{
	int64_t now_s = digests_now_s(d), from;
	int64_t next_s = is_off(d, tenant) ? -1 : next_of(d, tenant, run_of(d, tenant, now_s), now_s, &from);

	if (next_s < 0)
		plan_remove(&d->plan, tenant);
	else
		plan_set(&d->plan, tenant, next_s);
}

static void
on_plan(void *ctx, struct sl_node node)
{
	if (node.level == SL_LEVEL_TENANT)
		plan_tenant(ctx, node.id);
}

/* ---- runs: one tenant at a time ---- */

/* Who was served, and that all were, with one sync. Until then the courier knows each by his token, so nobody is served twice. */
static int
note_run(struct digests *d, int result)
{
	struct sl_store *store = d->options.console->store;
	int r = sl_store_begin(store);

	if (r != 0)
		return SL_ERR_SYSTEM;
	for (const struct reader *reader = gather_readers(d->run); r == 0 && reader != NULL; reader = reader->next)
		if (reader->is_sent)
			r = sl_store_digest_serve(store, d->run_tenant, sl_slice_str(reader->mailbox), reader->due_s);
	if (r == 0 && result == 0)
		r = sl_store_digest_run_set(store, d->run_tenant, d->run_s);
	if (r == 0)
		r = sl_store_commit(store);
	else
		sl_store_rollback(store);
	return r != 0 ? SL_ERR_SYSTEM : result;
}

static void
run_over(struct digests *d, int result)
{
	int64_t now_s = digests_now_s(d), tenant = d->run_tenant;

	result = note_run(d, result);
	gather_free(&d->run);
	d->run_tenant = 0;
	if (result == 0) {
		d->runs++;
		plan_tenant(d, tenant);
		sl_timer_soon(&d->tick);	/* the next that is due, at once: at seven all are */
		return;
	}
	/* A vault that is away comes back; one that is locked is opened by its tenant. */
	sl_log(result == SL_ERR_CLOSED || result == SL_ERR_LOCKED ? SL_LOG_DEBUG : SL_LOG_WARNING,
	    "digests of tenant %lld wait: %s", (long long)tenant, sl_strerror(result));
	plan_set(&d->plan, tenant, now_s + RETRY_S);
}

/* The next reader, or the end. */
static void	serve_next(struct digests *d);

static void
on_served(void *ctx, int result)
{
	struct digests *d = ctx;
	struct reader *reader = d->serving;

	if (result != 0) {
		run_over(d, result);
		return;
	}
	reader->is_sent = true;
	d->sent++;
	d->serving = reader->next;
	serve_next(d);
}

static void
serve_next(struct digests *d)
{
	struct reader *reader = d->serving;
	unsigned char unique[16];
	int r;

	while (reader != NULL && (!reader->is_due || reader->rows_len == 0))
		reader = reader->next;
	d->serving = reader;
	if (reader == NULL) {
		if (d->sent > 0)
			sl_log(SL_LOG_NOTICE, SL_SLICE_FMT ": %llu digests", SL_SLICE_ARG(gather_tenant(d->run)),
			    (unsigned long long)d->sent);
		run_over(d, 0);
		return;
	}
	digest_unique(d->run_tenant, reader->mailbox, reader->due_s, unique);
	r = digest_submit(d, d->run_tenant, gather_tenant(d->run), reader, unique, on_served, d);
	if (r == SL_ERR_SYNTAX) {	/* an address that no mail can be written to */
		sl_log(SL_LOG_ERROR, "no digest can be written to %s", reader->mailbox);
		d->serving = reader->next;
		sl_timer_soon(&d->serve_timer);
	} else if (r != 0) {
		run_over(d, r);
	}
}

static void
on_serve(void *ctx)
{
	serve_next(ctx);
}

static void
on_gathered(void *ctx, int result)
{
	struct digests *d = ctx;

	if (result != 0) {
		run_over(d, result);
		return;
	}
	d->serving = gather_readers(d->run);
	d->sent = 0;
	sl_timer_soon(&d->serve_timer);
}

static void
run_begin(struct digests *d, int64_t tenant)
{
	int64_t now_s = digests_now_s(d), after_s = run_of(d, tenant, now_s), from_s;
	struct sl_buf name;

	if (next_of(d, tenant, after_s, now_s, &from_s) < 0) {
		plan_remove(&d->plan, tenant);
		return;
	}
	if (from_s == FOREVER) {		/* the policy has changed */
		plan_tenant(d, tenant);
		return;
	}
	sl_buf_init(&name, 1024);
	if (sl_store_name(d->options.console->store, (struct sl_node){ SL_LEVEL_TENANT, tenant }, &name) == 0) {
		sl_buf_consume(&name, strlen("tenant:"));
		d->run_tenant = tenant;
		d->run_s = now_s;
		d->run = gather_new(&(struct gather_options){ .loop = d->options.loop, .console = d->options.console,
			.ways = d->options.ways, .agenda = d->options.agenda, .zones = &d->zones, .tenant = tenant, .name = sl_buf_slice(&name),
			.from_us = SL_MAX(from_s, (int64_t)0) * 1000000, .after_s = after_s, .now_s = now_s, .done = on_gathered, .ctx = d });
	}
	sl_buf_fini(&name);
}

static void
on_tick(void *ctx)
{
	struct digests *d = ctx;
	int64_t tenant;

	sl_timer_set(&d->tick, TICK_MS);
	if (d->run_tenant != 0 || d->hostname[0] == '\0' || !ways_has_courier(d->options.ways))
		return;
	if (plan_due(&d->plan, digests_now_s(d), &tenant))
		run_begin(d, tenant);
}

/* ---- keys ---- */

int
digests_keys(struct digests *d, struct sl_digest_keys *out)
{
	struct sl_store_digest_key keys[SL_STORE_DIGEST_KEYS];
	struct sl_store *store = d->options.console->store;
	unsigned char secret[SL_STORE_DIGEST_SECRET];
	int64_t now_s = digests_now_s(d);
	size_t len;
	int r = sl_store_digest_keys(store, keys, &len);

	_Static_assert(SL_STORE_DIGEST_KEYS == SL_DIGEST_KEYS_MAX && SL_STORE_DIGEST_SECRET == SL_DIGEST_KEY_BYTES, "the same keys");
	if (r == 0 && (len == 0 || keys[0].made_s + DIGESTS_KEY_DAYS * 86400 < now_s)) {
		sl_random(secret, sizeof(secret));
		r = sl_store_digest_key_add(store, secret, now_s);
		explicit_bzero(secret, sizeof(secret));
		if (r == 0)
			r = sl_store_digest_keys(store, keys, &len);
	}
	out->len = r == 0 ? len : 0;
	for (size_t i = 0; i < out->len; i++) {
		out->keys[i].number = (uint8_t)keys[i].number;
		memcpy(out->keys[i].secret, keys[i].secret, sizeof(out->keys[i].secret));
	}
	explicit_bzero(keys, sizeof(keys));
	return r;
}

/* ---- life ---- */

struct digests *
digests_new(const struct digests_options *options)
{
	struct digests *d = sl_xzalloc(sizeof(*d));

	d->options = *options;
	digests_use_hostname(d, options->hostname);
	d->up_since_s = digests_now_s(d);
	sl_timer_init(&d->tick, options->loop, on_tick, d);
	sl_timer_init(&d->serve_timer, options->loop, on_serve, d);
	agenda_add(options->agenda, on_plan, d);
	sl_timer_set(&d->tick, TICK_MS);
	return d;
}

void
digests_free(struct digests **at)
{
	struct digests *d = *at;

	*at = NULL;
	if (d == NULL)
		return;
	ways_forget(d->options.ways, d);
	gather_free(&d->run);
	while (d->single != NULL)
		single_free(d, d->single);
	sl_timer_clear(&d->tick);
	sl_timer_clear(&d->serve_timer);
	zones_fini(&d->zones);
	plan_fini(&d->plan);
	sl_free(d);
}

void
digests_use_hostname(struct digests *d, struct sl_slice hostname)
{
	char mailbox[SL_DIGEST_MAILBOX_MAX + 1];
	struct sl_buf text;

	d->hostname[0] = '\0';
	sl_buf_init(&text, 1000);
	sl_buf_addf(&text, "x@" SL_SLICE_FMT, SL_SLICE_ARG(hostname));
	if (sl_digest_mailbox(sl_buf_slice(&text), mailbox))
		strcpy(d->hostname, mailbox + 2);
	sl_buf_fini(&text);
}

struct sl_slice
digests_hostname(const struct digests *d)
{
	return sl_slice_str(d->hostname);
}

struct zones *
digests_zones(struct digests *d)
{
	return &d->zones;
}

size_t
digests_planned(const struct digests *d)
{
	return d->plan.len;
}

size_t
digests_runs(const struct digests *d)
{
	return d->runs;
}

int64_t
digests_now_s(const struct digests *d)
{
	const struct sl_clock *clock = console_clock(d->options.console);

	return clock->wall_us(clock->ctx) / 1000000;
}

/* ---- shown ---- */

int
digests_schedules(struct digests *d, int64_t tenant, digests_schedule_each *each, void *ctx)
{
	struct sl_node *nodes;
	struct rights *list;
	size_t len;
	int r = schedules_of(d, tenant, &list, &nodes, &len);

	for (size_t i = 0; r == 0 && i < len; i++)
		r = each(ctx, &(struct digests_schedule){ nodes[i], &list[i], sl_schedule_next(&list[i].schedule,
		    zones_get(&d->zones, list[i].zone), digests_now_s(d)) });
	sl_free(list);
	sl_free(nodes);
	return r;
}
