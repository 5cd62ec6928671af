/* lists.c - see lists.h */

#include "lists.h"

#include "io/resolver.h"

enum list_state {
	LIST_UNTESTED,		/* not used yet */
	LIST_USABLE,
	LIST_LEFT_ALONE,
};

/* The two test points of a list. */
enum { POINT_LISTED, POINT_UNLISTED, POINTS };

struct list_state_of {
	struct lists		*lists;
	enum list_state		 state;
	char			 names[POINTS][SL_DNS_NAME_MAX + 1];	/* "": no test */
	struct sl_lookup	 lookups[POINTS];
	enum sl_dnslist_result	 results[POINTS];
	unsigned		 waiting;
};

struct lists {
	struct edge			*edge;
	const struct sl_dns_list	*settings;
	size_t				 len;
	struct list_state_of		*states;
	struct sl_timer			 timer;
};

static void
leave_alone(struct lists *lists, size_t i, const char *why)
{
	if (lists->states[i].state != LIST_LEFT_ALONE)
		sl_log(SL_LOG_WARNING, "DNS list %s %s: it is left alone until it passes its test",
		    lists->settings[i].zone, why);
	lists->states[i].state = LIST_LEFT_ALONE;
}

static const char *
fault(enum sl_dnslist_result result)
{
	return result == SL_DNSLIST_REFUSED ? "does not answer our resolver (public, or over a limit?)"
	    : "answers outside 127.0.0.0/8";
}

void
lists_note(struct lists *lists, size_t i, enum sl_dnslist_result result)
{
	if (result == SL_DNSLIST_REFUSED || result == SL_DNSLIST_BROKEN)
		leave_alone(lists, i, fault(result));
}

bool
lists_usable(const struct lists *lists, size_t i)
{
	SL_ASSERT(i < lists->len);
	return lists->states[i].state == LIST_USABLE;
}

/* Both points have answered. */
static void
conclude(struct lists *lists, size_t i)
{
	struct list_state_of *of = &lists->states[i];
	const enum sl_dnslist_result *r = of->results;

	for (int p = 0; p < POINTS; p++)
		if (r[p] == SL_DNSLIST_REFUSED || r[p] == SL_DNSLIST_BROKEN) {
			leave_alone(lists, i, fault(r[p]));
			return;
		}
	if (r[POINT_UNLISTED] == SL_DNSLIST_LISTED) {
		leave_alone(lists, i, "lists what must not be listed");
	} else if (r[POINT_LISTED] == SL_DNSLIST_UNLISTED) {
		leave_alone(lists, i, "does not list its test entry");
	} else if (r[POINT_LISTED] == SL_DNSLIST_LISTED && r[POINT_UNLISTED] == SL_DNSLIST_UNLISTED) {
		if (of->state == LIST_LEFT_ALONE)
			sl_log(SL_LOG_NOTICE, "DNS list %s is used again", lists->settings[i].zone);
		of->state = LIST_USABLE;
	}
}

static void
point_answered(struct list_state_of *of, unsigned point, const struct sl_dns_answer *answer)
{
	size_t i = (size_t)(of - of->lists->states);
	double weight;

	of->results[point] = sl_dnslist_read(&of->lists->settings[i], answer, &weight);
	if (--of->waiting == 0)
		conclude(of->lists, i);
}

static void
on_lookup(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *answer)
{
	struct list_state_of *of = ctx;

	point_answered(of, (unsigned)(lookup - of->lookups), answer);
}

static void
test(struct lists *lists, size_t i)
{
	struct list_state_of *of = &lists->states[i];
	struct sl_dns_answer answer;

	if (of->waiting > 0)
		return;
	if (of->names[POINT_LISTED][0] == '\0' || of->names[POINT_UNLISTED][0] == '\0') {
		of->state = LIST_USABLE;	/* settings want no test; what is noted is forgotten here */
		return;
	}
	of->waiting = POINTS;
	for (unsigned p = 0; p < POINTS; p++) {
		const struct sl_dns_question question = { p, SL_DNS_A, of->names[p] };

		if (sl_resolver_ask(lists->edge->resolver, &question, &of->lookups[p], on_lookup, of,
		    &answer) == SL_DONE)
			point_answered(of, p, &answer);
	}
}

static void
on_timer(void *ctx)
{
	struct lists *lists = ctx;

	for (size_t i = 0; i < lists->len; i++)
		test(lists, i);
	sl_timer_set(&lists->timer, LISTS_TEST_MS);
}

struct lists *
lists_new(struct edge *edge, const struct sl_settings *settings)
{
	struct lists *lists;

	if (settings->dns_lists_len == 0)
		return NULL;
	lists = sl_xzalloc(sizeof(*lists));
	lists->edge = edge;
	lists->settings = settings->dns_lists;
	lists->len = settings->dns_lists_len;
	lists->states = sl_xzalloc(lists->len * sizeof(*lists->states));
	for (size_t i = 0; i < lists->len; i++) {
		struct list_state_of *of = &lists->states[i];

		of->lists = lists;
		sl_dnslist_test_names(&lists->settings[i], of->names[POINT_LISTED],
		    of->names[POINT_UNLISTED]);
	}
	sl_timer_init(&lists->timer, edge->loop, on_timer, lists);
	on_timer(lists);
	return lists;
}

void
lists_free(struct lists **lists)
{
	struct lists *l = *lists;

	*lists = NULL;
	if (l == NULL)
		return;
	sl_timer_clear(&l->timer);
	for (size_t i = 0; i < l->len; i++)
		for (int p = 0; p < POINTS; p++)
			sl_lookup_cancel(&l->states[i].lookups[p]);
	sl_free(l->states);
	sl_free(l);
}
