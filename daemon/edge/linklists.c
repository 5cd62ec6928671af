/* linklists.c - see linklists.h */

#include "linklists.h"

#include "classify/links.h"
#include "judge.h"
#include "lists.h"

static void	on_answer(void *ctx);
static void	on_deadline(void *ctx);

void
link_lists_init(struct link_lists *l, struct judge *judge)
{
	*l = (struct link_lists){ .judge = judge };
	sl_timer_init(&l->timer, judge->edge->loop, on_deadline, l);
}

bool
link_lists_wanted(const struct sl_settings *settings)
{
	for (size_t i = 0; i < settings->dns_lists_len; i++)
		if (settings->dns_lists[i].of >= SL_DNS_LIST_LINK_DOMAIN)
			return true;
	return false;
}

static void
add_hosts(struct sl_dnslist_check *check, const void *links)
{
	struct sl_slice hosts[SL_LINKS_DOMAINS_MAX];
	size_t len = sl_links_addresses(links, hosts);

	for (size_t i = 0; i < len; i++)
		sl_dnslist_add_link_address(check, hosts[i]);
	len = sl_links_domains(links, hosts);
	for (size_t i = 0; i < len; i++)
		sl_dnslist_add_link_domain(check, hosts[i]);
}

void
link_lists_ask(struct link_lists *l, const void *links)
{
	const struct snapshot *snapshot = l->judge->snapshot;
	const struct sl_settings *settings = snapshot->settings;

	if (links == NULL || snapshot->lists == NULL || !link_lists_wanted(settings))
		return;
	l->check = sl_dnslist_new(settings->dns_lists, settings->dns_lists_len);
	for (size_t i = 0; i < settings->dns_lists_len; i++)
		if (!lists_usable(snapshot->lists, i))
			sl_dnslist_skip(l->check, i);
	add_hosts(l->check, links);
	inquiry_init(&l->inquiry, &sl_dnslist_dns, l->check, l->judge->edge->resolver, on_answer, l);
	inquiry_ask(&l->inquiry);
	if (link_lists_awaited(l))
		sl_timer_set(&l->timer, settings->authentication.deadline_ms);
}

bool
link_lists_awaited(const struct link_lists *l)
{
	return l->check != NULL && !sl_dnslist_done(l->check);
}

static void
on_answer(void *ctx)
{
	struct link_lists *l = ctx;

	if (!sl_dnslist_done(l->check))
		return;
	sl_timer_clear(&l->timer);
	judge_on_link_lists(l->judge);
}

void
link_lists_expire(struct link_lists *l)
{
	sl_timer_clear(&l->timer);
	inquiry_cancel(&l->inquiry);
	if (l->check != NULL)
		sl_dnslist_expire(l->check);
}

static void
on_deadline(void *ctx)
{
	struct link_lists *l = ctx;

	link_lists_expire(l);
	judge_on_link_lists(l->judge);
}

void
link_lists_evidence(struct link_lists *l, struct sl_arena *arena, struct sl_verdict *verdict)
{
	if (l->check == NULL)
		return;
	sl_dnslist_evidence(l->check, arena, verdict);
	for (size_t i = 0; i < sl_dnslist_count(l->check); i++) {
		struct sl_dnslist_finding f = sl_dnslist_get(l->check, i);

		lists_note(l->judge->snapshot->lists, f.list, f.result);
	}
	link_lists_abort(l);
}

void
link_lists_abort(struct link_lists *l)
{
	sl_timer_clear(&l->timer);
	inquiry_cancel(&l->inquiry);
	sl_dnslist_free(&l->check);
}
