/* auth_dns.c - see auth_dns.h */

#include "auth_dns.h"
#include "auth_i.h"

#include "io/resolver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#define TIMEOUT_MS	1500
#define DEADLINE_MS	6000
#define CACHE_BYTES	(1u << 20)
#define LOOKUPS_MAX	1000

struct pending {		/* a question on its way */
	struct pending	*next, **link;
	struct sl_lookup lookup;
	struct auth_dns	*dns;
};

struct auth_dns {
	struct sl_dnszone			*zone;		/* or ... */
	struct sl_loop			*loop;		/* ... these two */
	struct sl_resolver		*resolver;
	struct sl_timer			 budget;
	bool				 spent;
	const struct sl_dns_client	*client;	/* who asks now */
	void				*evaluator;
	struct pending			*pending;
};

bool
auth_dns_add_resolver(struct auth_dns_options *options, const char *argument)
{
	if (options->resolvers_len == SL_COUNT(options->resolvers))
		return false;
	options->resolvers[options->resolvers_len++] = argument;
	return true;
}

bool
auth_dns_options_ok(const struct auth_dns_options *options)
{
	return (options->zone != NULL) != (options->resolvers_len > 0);
}

/* "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:53". */
static bool
parse_server(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const char *last = strrchr(text, ':'), *end = text + strlen(text);
	uint64_t port = 53;
	char host[64];

	if (text[0] == '[' || (last != NULL && strchr(text, ':') == last)) {
		end = text[0] == '[' ? strchr(text, ']') : last;
		if (end == NULL)
			return false;
		last = *end == ']' ? end + 1 : end;
		if (*last != '\0' && (*last != ':' ||
		    sl_slice_to_u64(sl_slice_str(last + 1), 65535, &port) != 0))
			return false;
		text += text[0] == '[';
	}
	if (port == 0 || (size_t)(end - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	*out = (struct sockaddr_storage){ 0 };
	in.sin_port = in6.sin6_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1)
		memcpy(out, &in, sizeof(in));
	else if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1)
		memcpy(out, &in6, sizeof(in6));
	else
		return false;
	return true;
}

static void
pending_free(struct pending *p)
{
	*p->link = p->next;
	if (p->next != NULL)
		p->next->link = p->link;
	sl_lookup_cancel(&p->lookup);
	sl_free(p);
}

static void	ask_on(struct auth_dns *dns);

static void
on_answer(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *answer)
{
	struct pending *p = ctx;
	struct auth_dns *dns = p->dns;
	unsigned id = lookup->id;

	pending_free(p);
	dns->client->answer(dns->evaluator, id, answer);
	ask_on(dns);
}

/* Put what it asks to the resolver, until it asks no more. */
static void
ask_on(struct auth_dns *dns)
{
	struct sl_dns_question question;

	while (dns->client->ask(dns->evaluator, &question)) {
		struct sl_dns_answer answer = { .status = SL_DNS_TEMPERROR };
		struct pending *p = sl_xzalloc(sizeof(*p));

		p->dns = dns;
		p->next = dns->pending;
		p->link = &dns->pending;
		if (p->next != NULL)
			p->next->link = &p->next;
		dns->pending = p;
		if (!dns->spent && sl_resolver_ask(dns->resolver, &question, &p->lookup, on_answer,
		    p, &answer) == SL_MORE)
			continue;
		pending_free(p);
		dns->client->answer(dns->evaluator, question.id, &answer);
	}
	if (dns->pending == NULL)
		sl_loop_stop(dns->loop);
}

static void
on_budget(void *ctx)
{
	static const struct sl_dns_answer nobody_knows = { .status = SL_DNS_TEMPERROR };
	struct auth_dns *dns = ctx;

	dns->spent = true;
	while (dns->pending != NULL) {
		unsigned id = dns->pending->lookup.id;

		pending_free(dns->pending);
		dns->client->answer(dns->evaluator, id, &nobody_knows);
	}
	if (dns->client != NULL)
		ask_on(dns);
}

void
auth_dns_answer_all(struct auth_dns *dns, const struct sl_dns_client *client, void *evaluator)
{
	if (dns->zone != NULL) {
		sl_dnszone_answer_all(dns->zone, client, evaluator);
		return;
	}
	dns->client = client;
	dns->evaluator = evaluator;
	ask_on(dns);
	if (dns->pending != NULL)
		sl_loop_run(dns->loop);
	dns->client = NULL;
}

struct auth_dns *
auth_dns_open(const struct auth_dns_options *options)
{
	struct sl_resolver_settings settings = { .servers_len = options->resolvers_len,
	    .timeout_ms = TIMEOUT_MS, .deadline_ms = DEADLINE_MS, .cache_bytes_max = CACHE_BYTES,
	    .lookups_max = LOOKUPS_MAX };
	struct auth_dns *dns = sl_xzalloc(sizeof(*dns));

	if (options->zone != NULL) {
		dns->zone = auth_read_zone(options->zone);
		if (dns->zone == NULL)
			auth_dns_free(&dns);
		return dns;
	}
	for (size_t i = 0; i < options->resolvers_len; i++) {
		if (parse_server(options->resolvers[i], &settings.servers[i]))
			continue;
		fprintf(stderr, "sluicectl: '%s' is no resolver: write ADDRESS or ADDRESS:PORT, "
		    "as in 192.0.2.53 or [2001:db8::53]:53\n", options->resolvers[i]);
		auth_dns_free(&dns);
		return NULL;
	}
	dns->loop = sl_loop_new(&sl_clock_system);
	dns->resolver = sl_resolver_new(dns->loop, &settings);
	sl_timer_init(&dns->budget, dns->loop, on_budget, dns);
	sl_timer_set(&dns->budget, AUTH_DNS_BUDGET_MS);
	return dns;
}

void
auth_dns_free(struct auth_dns **dns)
{
	struct auth_dns *d = *dns;

	*dns = NULL;
	if (d == NULL)
		return;
	while (d->pending != NULL)
		pending_free(d->pending);
	sl_dnszone_free(&d->zone);
	sl_resolver_free(&d->resolver);
	sl_timer_clear(&d->budget);
	sl_loop_free(&d->loop);
	sl_free(d);
}
