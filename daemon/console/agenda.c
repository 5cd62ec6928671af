/* agenda.c - see agenda.h */

#include "agenda.h"

#include "sl/log.h"
#include "store/digests.h"
#include "store/walk.h"

#define TURN_US		10000u		/* of planning */
#define AGAIN_MS	5u
#define RETRY_MS	1000u
#define USES_MAX	20000u		/* of what is known of policies: it grows with each that is another */

struct agenda {
	struct sl_loop		*loop;
	struct console		*console;
	struct sl_timer		 timer;
	struct { agenda_plan *plan; void *ctx; } planners[AGENDA_PLANNERS];
	size_t			 len;
	struct sl_compile	*compile;	/* NULL: none yet */
	int64_t			 compile_change;	/* of the store, when it was made */
	unsigned		 compile_uses;
	int64_t			 walking;	/* all are planned, this tenant was the last; -1: they have been */
	int64_t			 change;	/* of the store: those up to this one are planned for */
};

struct sl_compile *
agenda_compile(struct agenda *a)
{
	const struct sl_compile_options options = { .store = a->console->store };
	int64_t change = 0;
	bool known = sl_store_change(a->console->store, &change) == 0;

	if (a->compile != NULL && (!known || change != a->compile_change || a->compile_uses >= USES_MAX))
		sl_compile_free(&a->compile);
	if (a->compile == NULL) {
		a->compile = sl_compile_new(&options);
		a->compile_change = known ? change : -1;
		a->compile_uses = 0;
	}
	a->compile_uses++;
	return a->compile;
}

static void
plan(struct agenda *a, struct sl_node node)
{
	for (size_t i = 0; i < a->len; i++)
		a->planners[i].plan(a->planners[i].ctx, node);
}

static int
on_partner(void *ctx, const struct sl_partner_row *row)
{
	plan(ctx, (struct sl_node){ SL_LEVEL_PARTNER, row->id });
	return 0;
}

/* Those above tenants: they are few. */
static int
plan_above(struct agenda *a)
{
	static const struct sl_walk walk = { .partner = on_partner };

	plan(a, SL_NODE_OPERATOR);
	return sl_store_walk(a->console->store, &walk, a, SL_NODE_OPERATOR, NULL);
}

/* A tenant, and those above it, to whom its domains count. */
static void
plan_changed(struct agenda *a, const struct sl_change *change)
{
	struct sl_access_path path;

	plan(a, (struct sl_node){ SL_LEVEL_TENANT, change->tenant });
	if ((change->kinds & (SL_CHANGE_TENANT | SL_CHANGE_DOMAIN)) == 0)
		return;
	plan(a, SL_NODE_OPERATOR);
	if (sl_store_path(a->console->store, (struct sl_node){ SL_LEVEL_TENANT, change->tenant }, &path) == 0 &&
	    path.id[SL_LEVEL_PARTNER] != 0)
		plan(a, (struct sl_node){ SL_LEVEL_PARTNER, path.id[SL_LEVEL_PARTNER] });
}

static int
on_change(void *ctx, const struct sl_change *change)
{
	static const unsigned kinds = SL_CHANGE_LAYER | SL_CHANGE_TENANT | SL_CHANGE_DOMAIN | SL_CHANGE_GROUP;
	struct agenda *a = ctx;

	a->change = change->number;
	if (change->tenant == 0 && (change->kinds & (SL_CHANGE_LAYER | SL_CHANGE_PARTNER)) != 0)
		a->walking = 0;		/* all of them */
	else if (change->tenant != 0 && (change->kinds & kinds) != 0)
		plan_changed(a, change);
	return 0;
}

/* Some more of all tenants. Returns negative: the store's error. */
static int
walk_on(struct agenda *a)
{
	uint64_t until = sl_loop_now_us(a->loop) + TURN_US;
	int r = SL_DONE;

	if (a->walking == 0) {
		if (sl_store_change(a->console->store, &a->change) != 0)
			return SL_ERR_SYSTEM;
		r = plan_above(a);
	}
	while (r >= 0 && a->walking >= 0 && sl_loop_now_us(a->loop) < until) {
		r = sl_store_tenant_after(a->console->store, a->walking, &a->walking);
		if (r == SL_DONE)
			plan(a, (struct sl_node){ SL_LEVEL_TENANT, a->walking });
		else if (r >= 0)
			a->walking = -1;
	}
	return r;
}

static void
on_timer(void *ctx)
{
	struct agenda *a = ctx;
	int r = SL_DONE;

	if (sl_store_begin(a->console->store) != 0) {	/* one sync for all that is noted in a turn */
		sl_timer_set(&a->timer, RETRY_MS);
		return;
	}
	if (a->walking < 0) {
		r = sl_store_changes(a->console->store, a->change, on_change, a);
		if (r == SL_ERR_NOT_FOUND)
			a->walking = r = 0;
	}
	if (r >= 0 && a->walking >= 0)
		r = walk_on(a);
	if (sl_store_commit(a->console->store) != 0)
		sl_log(SL_LOG_ERROR, "when digests and reports are due is not noted: %s", sl_store_error(a->console->store));
	if (a->walking >= 0)
		sl_timer_set(&a->timer, r < 0 ? RETRY_MS : AGAIN_MS);
}

struct agenda *
agenda_new(struct sl_loop *loop, struct console *console)
{
	struct agenda *a = sl_xzalloc(sizeof(*a));

	a->loop = loop;
	a->console = console;
	sl_timer_init(&a->timer, loop, on_timer, a);
	sl_timer_set(&a->timer, 0);
	return a;
}

void
agenda_free(struct agenda **at)
{
	struct agenda *a = *at;

	*at = NULL;
	if (a == NULL)
		return;
	sl_timer_clear(&a->timer);
	sl_compile_free(&a->compile);
	sl_free(a);
}

void
agenda_add(struct agenda *a, agenda_plan *plan_fn, void *ctx)
{
	SL_ASSERT(a->len < AGENDA_PLANNERS);
	a->planners[a->len].plan = plan_fn;
	a->planners[a->len++].ctx = ctx;
}

void
agenda_poke(struct agenda *a)
{
	if (!sl_timer_is_set(&a->timer))
		sl_timer_set(&a->timer, 0);
}
