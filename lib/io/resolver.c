/* resolver.c - see io/resolver.h */

#include "io/resolver.h"
#include "resolver_i.h"

#define RESOLVER_MAGIC	0x5d0d0a5eu
#define FOREIGN_MAX	20	/* messages that are no reply, on one socket */
#define DEAD_AFTER	3	/* silences in a row */
#define DEAD_MS		30000u	/* it then comes last for so long; then one question tries it */

/* ---- life ---- */

static bool
same_servers(const struct sl_resolver_settings *a, const struct sl_resolver_settings *b)
{
	return a->servers_len == b->servers_len &&
	    memcmp(a->servers, b->servers, a->servers_len * sizeof(a->servers[0])) == 0;
}

/* Questions under way are put to the new servers now. */
static void
queries_wake(struct sl_resolver *resolver)
{
	for (size_t i = 0; i < SLOTS; i++)
		for (struct query *query = resolver->slots[i]; query != NULL; query = query->next)
			sl_timer_set(&query->try_timer, 0);
}

void
sl_resolver_use(struct sl_resolver *resolver, const struct sl_resolver_settings *settings)
{
	bool same;

	SL_CHECK(resolver, RESOLVER_MAGIC);
	SL_ASSERT(settings->servers_len <= SL_RESOLVER_SERVERS_MAX);
	same = same_servers(&resolver->settings, settings);
	if (!same) {
		resolver->generation++;
		memset(resolver->servers, 0, sizeof(resolver->servers));
		for (size_t i = 0; i < settings->servers_len; i++)
			resolver->servers[i].address = settings->servers[i];
		queries_wake(resolver);
	}
	if (resolver->cache == NULL ||
	    settings->cache_bytes_max != resolver->settings.cache_bytes_max) {
		sl_dns_cache_free(&resolver->cache);
		resolver->cache = sl_dns_cache_new(settings->cache_bytes_max, resolver->key);
	} else if (!same) {
		sl_dns_cache_clear(resolver->cache);
	}
	resolver->settings = *settings;
}

struct sl_resolver *
sl_resolver_new(struct sl_loop *loop, const struct sl_resolver_settings *settings)
{
	struct sl_resolver *resolver = sl_xzalloc(sizeof(*resolver));

	resolver->magic = RESOLVER_MAGIC;
	resolver->loop = loop;
	sl_random(resolver->key, sizeof(resolver->key));
	sl_resolver_use(resolver, settings);
	return resolver;
}

static void
attempts_close(struct query *query)
{
	while (query->attempts != NULL)
		attempt_close(query->attempts);
}

static void
query_free(struct query *query)
{
	attempts_close(query);
	sl_timer_clear(&query->try_timer);
	sl_timer_clear(&query->deadline);
	while (query->lookups != NULL)
		sl_lookup_cancel(query->lookups);
	sl_free(query);
}

void
sl_resolver_free(struct sl_resolver **resolver)
{
	struct sl_resolver *r = *resolver;

	*resolver = NULL;
	if (r == NULL)
		return;
	SL_CHECK(r, RESOLVER_MAGIC);
	for (size_t i = 0; i < SLOTS; i++) {
		while (r->slots[i] != NULL) {
			struct query *query = r->slots[i];

			r->slots[i] = query->next;
			query_free(query);
		}
	}
	if (r->finishing != NULL) {	/* its caller frees the rest */
		r->freed = true;
		return;
	}
	sl_dns_cache_free(&r->cache);
	SL_OBJ_FREE(&r, RESOLVER_MAGIC);
}

void
sl_resolver_stats(const struct sl_resolver *resolver, struct sl_resolver_stats *stats_out)
{
	SL_CHECK(resolver, RESOLVER_MAGIC);
	*stats_out = resolver->stats;
	stats_out->cache_bytes = sl_dns_cache_stats(resolver->cache)->bytes;
	stats_out->cache_entries = sl_dns_cache_stats(resolver->cache)->entries;
}

/* ---- asking ---- */

void
sl_lookup_cancel(struct sl_lookup *lookup)
{
	if (lookup->query == NULL)
		return;
	*lookup->link = lookup->next;
	if (lookup->next != NULL)
		lookup->next->link = lookup->link;
	lookup->next = NULL;
	lookup->link = NULL;
	lookup->query = NULL;
}

bool
sl_lookup_is_under_way(const struct sl_lookup *lookup)
{
	return lookup->query != NULL;
}

static struct query **
slot_of(struct sl_resolver *resolver, enum sl_dns_type type, struct sl_slice name)
{
	uint64_t hash = sl_siphash(resolver->key, name.ptr, name.len) + type;

	return &resolver->slots[hash & (SLOTS - 1)];
}

static void
query_join(struct query *query, struct sl_lookup *lookup)
{
	lookup->query = query;
	lookup->next = query->lookups;
	lookup->link = &query->lookups;
	if (lookup->next != NULL)
		lookup->next->link = &lookup->next;
	query->lookups = lookup;
}

/* Which server is next? The one tried least; of those the first that is not thought dead. -1: all
 * have said that they cannot answer, or it was tried often enough. */
static int
server_pick(struct query *query)
{
	struct sl_resolver *r = query->resolver;
	uint64_t now_us = sl_loop_now_us(r->loop);
	unsigned best_score = UINT32_MAX;
	int best = -1;

	if (query->generation != r->generation) {
		query->generation = r->generation;
		memset(query->tried, 0, sizeof(query->tried));
		memset(query->failed, 0, sizeof(query->failed));
	}
	for (size_t i = 0; i < r->settings.servers_len; i++) {
		unsigned score = query->tried[i] * 2u + (r->servers[i].dead_until_us > now_us);

		if (!query->failed[i] && score < best_score) {
			best_score = score;
			best = (int)i;
		}
	}
	return query->tries < SL_RESOLVER_TRIES_MAX ? best : -1;
}

/* How long until another try: doubled for each round over the servers. */
static void
try_timer_set(struct query *query, unsigned server)
{
	unsigned rounds = query->tried[server] > 1 ? query->tried[server] - 1u : 0;
	uint64_t timeout_ms = query->resolver->settings.timeout_ms;

	sl_timer_set(&query->try_timer, timeout_ms << SL_MIN(rounds, 4u));
}

/* Ask a server in this way. False: that was not possible. */
static bool
try_server(struct query *query, unsigned server, bool tcp)
{
	struct sl_resolver *r = query->resolver;
	struct server *s = &r->servers[server];

	query->tries++;
	if (tcp && r->tcp_len == SL_RESOLVER_TCP_MAX)
		return false;
	if (s->silences >= DEAD_AFTER)		/* the others go on thinking it dead */
		s->dead_until_us = sl_loop_now_us(r->loop) + DEAD_MS * 1000u;
	if (!attempt_open(query, server, tcp))
		return false;
	if (tcp)
		r->stats.sent_tcp++;
	else
		r->stats.sent_udp++;
	try_timer_set(query, server);
	return true;
}

/* Ask the next server. False: there is none left to ask, nor one to wait for. */
static bool
try_next(struct query *query)
{
	int server;

	while ((server = server_pick(query)) >= 0) {
		query->tried[server]++;
		if (try_server(query, (unsigned)server, false))
			return true;
		query->failed[server] = true;
	}
	return query->attempts != NULL;
}

/* It is over: remember what came of it, and tell those who wait. */
static void
query_finish(struct query *query, const struct sl_dns_answer *answer, uint32_t ttl_s)
{
	struct sl_resolver *r = query->resolver;
	struct sl_slice name = sl_slice(query->name, query->name_len);
	struct query **place = slot_of(r, query->type, name);

	while (*place != query)
		place = &(*place)->next;
	*place = query->next;
	r->stats.under_way--;
	r->stats.temperrors += answer->status == SL_DNS_TEMPERROR;
	attempts_close(query);
	sl_dns_cache_put(r->cache, query->type, name, answer, ttl_s, sl_loop_now_us(r->loop));
	SL_ASSERT(r->finishing == NULL);
	r->finishing = query;
	while (query->lookups != NULL && !r->freed) {
		struct sl_lookup *lookup = query->lookups;

		sl_lookup_cancel(lookup);
		lookup->fn(lookup->ctx, lookup, answer);
	}
	r->finishing = NULL;
	query_free(query);
	if (r->freed)
		sl_resolver_free(&r);
}

static void
query_fail(struct query *query)
{
	static const struct sl_dns_answer nobody_knows = { .status = SL_DNS_TEMPERROR };

	query_finish(query, &nobody_knows, 0);
}

/* No answer so far: whoever was asked last is slow or dead. */
static void
on_try_timer(void *ctx)
{
	struct query *query = ctx;
	struct sl_resolver *r = query->resolver;
	const struct attempt *last = query->attempts;
	struct server *server;

	if (last != NULL && last->generation == r->generation) {
		server = &r->servers[last->server];
		if (++server->silences == DEAD_AFTER)
			server->dead_until_us = sl_loop_now_us(r->loop) + DEAD_MS * 1000u;
	}
	if (!try_next(query))
		query_fail(query);
}

static void
on_deadline(void *ctx)
{
	query_fail(ctx);
}

static struct query *
query_new(struct sl_resolver *resolver, enum sl_dns_type type, struct sl_slice name)
{
	struct query *query = sl_xzalloc(sizeof(*query)), **slot = slot_of(resolver, type, name);

	query->resolver = resolver;
	query->type = type;
	query->name_len = name.len;
	memcpy(query->name, name.ptr, name.len);
	query->generation = resolver->generation;
	query->edns = true;
	sl_timer_init(&query->try_timer, resolver->loop, on_try_timer, query);
	sl_timer_init(&query->deadline, resolver->loop, on_deadline, query);
	query->next = *slot;
	*slot = query;
	resolver->stats.under_way++;
	return query;
}

/* While every server is thought dead, there is one try at each, and no long waiting. */
static uint64_t
patience_ms(const struct sl_resolver *resolver)
{
	const struct sl_resolver_settings *settings = &resolver->settings;
	uint64_t least = (uint64_t)settings->timeout_ms * settings->servers_len;
	uint64_t now_us = sl_loop_now_us(resolver->loop);

	for (size_t i = 0; i < settings->servers_len; i++)
		if (resolver->servers[i].dead_until_us <= now_us)
			return settings->deadline_ms;
	return SL_MIN(least, (uint64_t)settings->deadline_ms);
}

int
sl_resolver_ask(struct sl_resolver *resolver, const struct sl_dns_question *question,
    struct sl_lookup *lookup, sl_lookup_fn *fn, void *ctx, struct sl_dns_answer *answer_out)
{
	char text[SL_DNS_NAME_MAX + 1];
	struct sl_slice name;
	struct query *query;
	uint64_t wait_ms;

	SL_CHECK(resolver, RESOLVER_MAGIC);
	SL_ASSERT(lookup->query == NULL && !resolver->freed);
	resolver->stats.asked++;
	*answer_out = (struct sl_dns_answer){ .status = SL_DNS_NXDOMAIN };
	if (!sl_dns_name_copy(text, sl_slice_str(question->name)))
		return SL_DONE;		/* there is no such name */
	name = sl_slice_str(text);
	if (sl_dns_cache_find(resolver->cache, question->type, name, sl_loop_now_us(resolver->loop),
	    answer_out)) {
		resolver->stats.remembered++;
		return SL_DONE;
	}
	*lookup = (struct sl_lookup){ .id = question->id, .fn = fn, .ctx = ctx };
	for (query = *slot_of(resolver, question->type, name); query != NULL; query = query->next) {
		if (query->type != question->type ||
		    !sl_slice_eq(name, sl_slice(query->name, query->name_len)))
			continue;
		resolver->stats.joined++;
		query_join(query, lookup);
		return SL_MORE;
	}
	*answer_out = (struct sl_dns_answer){ .status = SL_DNS_TEMPERROR };
	if (resolver->settings.servers_len == 0 ||
	    resolver->stats.under_way >= resolver->settings.lookups_max) {
		resolver->stats.temperrors++;
		return SL_DONE;
	}
	wait_ms = patience_ms(resolver);
	query = query_new(resolver, question->type, name);
	query_join(query, lookup);
	/* If nobody can be asked: the owner hears it from the loop, as he was promised. */
	sl_timer_set(&query->deadline, try_next(query) ? wait_ms : 0);
	return SL_MORE;
}

/* ---- what attempts tell ---- */

void
attempt_failed(struct attempt *attempt)
{
	struct query *query = attempt->query;

	if (attempt->generation == query->resolver->generation)
		query->failed[attempt->server] = true;
	attempt_close(attempt);
	if (query->attempts == NULL && !try_next(query))
		query_fail(query);
}

/* Ask the same server once more, in another way. */
static void
ask_again(struct attempt *attempt, bool tcp)
{
	struct query *query = attempt->query;
	unsigned server = attempt->server;

	if (attempt->generation != query->resolver->generation ||
	    query->tries >= SL_RESOLVER_TRIES_MAX) {
		attempt_failed(attempt);
		return;
	}
	attempt_close(attempt);
	if (try_server(query, server, tcp))
		return;
	query->failed[server] = true;
	if (query->attempts == NULL && !try_next(query))
		query_fail(query);
}

bool
attempt_message(struct attempt *attempt, const unsigned char *message, size_t len)
{
	struct query *query = attempt->query;
	struct sl_resolver *r = query->resolver;
	struct sl_slice name = sl_slice(query->name, query->name_len);
	enum sl_dns_reply_kind kind = sl_dns_reply_read(&r->reply, message, len, attempt->id,
	    query->type, name);

	if (kind == SL_DNS_REPLY_FOREIGN) {
		r->stats.foreign++;
		if (attempt->tcp)
			attempt_failed(attempt);
		else if (++attempt->foreign >= FOREIGN_MAX)
			ask_again(attempt, true);	/* somebody guesses: where he cannot */
		else
			return false;
		return true;
	}
	if (attempt->generation == r->generation) {
		r->servers[attempt->server].silences = 0;
		r->servers[attempt->server].dead_until_us = 0;
	}
	if (kind == SL_DNS_REPLY_GOOD) {
		query_finish(query, &r->reply.answer, r->reply.ttl_s);
	} else if (kind == SL_DNS_REPLY_CUT && !attempt->tcp) {
		ask_again(attempt, true);
	} else if (kind == SL_DNS_REPLY_NO_EDNS && attempt->edns) {
		query->edns = false;
		ask_again(attempt, attempt->tcp);
	} else {
		attempt_failed(attempt);
	}
	return true;
}
