/* inquiry.c - see inquiry.h */

#include "inquiry.h"

struct inquiry_lookup {
	struct sl_lookup	  lookup;
	struct inquiry		 *inquiry;
	struct inquiry_lookup	 *next, **link;
};

void
inquiry_init(struct inquiry *inquiry, const struct sl_dns_client *client, void *evaluator,
    struct sl_resolver *resolver, void (*on_answer)(void *ctx), void *ctx)
{
	SL_ASSERT(inquiry->lookups == NULL);
	*inquiry = (struct inquiry){ .client = client, .evaluator = evaluator, .resolver = resolver,
		.on_answer = on_answer, .ctx = ctx };
}

static struct inquiry_lookup *
lookup_new(struct inquiry *inquiry)
{
	struct inquiry_lookup *l = sl_xzalloc(sizeof(*l));

	l->inquiry = inquiry;
	l->next = inquiry->lookups;
	if (l->next != NULL)
		l->next->link = &l->next;
	l->link = &inquiry->lookups;
	inquiry->lookups = l;
	return l;
}

static void
lookup_free(struct inquiry_lookup *l)
{
	*l->link = l->next;
	if (l->next != NULL)
		l->next->link = l->link;
	sl_free(l);
}

static void
on_lookup(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *answer)
{
	struct inquiry_lookup *l = ctx;
	struct inquiry *inquiry = l->inquiry;
	unsigned id = lookup->id;

	lookup_free(l);
	inquiry->client->answer(inquiry->evaluator, id, answer);
	inquiry_ask(inquiry);
	inquiry->on_answer(inquiry->ctx);	/* last: it may have been freed */
}

void
inquiry_ask(struct inquiry *inquiry)
{
	struct sl_dns_question question;
	struct sl_dns_answer answer;

	while (inquiry->client->ask(inquiry->evaluator, &question)) {
		struct inquiry_lookup *l = lookup_new(inquiry);

		if (sl_resolver_ask(inquiry->resolver, &question, &l->lookup, on_lookup, l, &answer) ==
		    SL_MORE)
			continue;
		lookup_free(l);
		inquiry->client->answer(inquiry->evaluator, question.id, &answer);
	}
}

void
inquiry_cancel(struct inquiry *inquiry)
{
	while (inquiry->lookups != NULL) {
		sl_lookup_cancel(&inquiry->lookups->lookup);
		lookup_free(inquiry->lookups);
	}
}
