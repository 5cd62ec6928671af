/*
 * dns-cost.c - what a DNS answer costs: remembered, and asked for; and SPF over a warm cache
 *
 * usage: dns-cost
 *
 * A child serves a small zone over UDP on loopback. Medians of interleaved rounds; CPU is that of
 * this process, so the child's share is not in it.
 */

#include "../dnsbuild.h"
#include "dns/cache.h"
#include "io/resolver.h"
#include "mailauth/spf.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS		15
#define EVALUATIONS	2000
#define ENTRIES		20000
#define QUESTIONS	2000

#define BLOCKS(net) "v=spf1 ip4:" net ".16.0/20 ip4:" net ".32.0/19 ip4:" net ".64.0/20 ip4:" net ".96.0/19 " \
	"ip4:" net ".128.0/18 ip4:" net ".192.0/20 ip4:" net ".208.0/21 ip4:" net ".216.0/22 ip4:" net ".220.0/24 ~all"

static const struct {
	const char	*name;
	const char	*txt;
	const char	*mx;
	unsigned	 a;
} zone[] = {
	{ .name = "small.example", .txt = "v=spf1 ip4:192.0.2.0/24 -all" },
	{ .name = "usual.example", .txt = "v=spf1 a mx include:spf.mail.example -all", .mx = "mx.usual.example", .a = 7 },
	{ .name = "mx.usual.example", .a = 8 },
	{ .name = "spf.mail.example", .txt = "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all" },
	{ .name = "large.example", .txt = "v=spf1 include:_spf.big.example include:spf.mail.example -all" },
	{ .name = "_spf.big.example", .txt = "v=spf1 include:_n1.big.example include:_n2.big.example "
	  "include:_n3.big.example ~all" },
	{ .name = "_n1.big.example", .txt = BLOCKS("35.190") }, { .name = "_n2.big.example", .txt = BLOCKS("64.233") },
	{ .name = "_n3.big.example", .txt = BLOCKS("172.217") },
};

static const char *const senders[] = { "small.example", "usual.example", "large.example" };

/* ---- the server ---- */

static void
answer(struct build *b, const unsigned char *in, size_t len)
{
	char name[SL_DNS_NAME_MAX + 1] = "";
	size_t at = 12, n = 0;
	unsigned type;

	while (at < len && in[at] != 0 && n + in[at] + 1 < sizeof(name)) {
		if (n > 0)
			name[n++] = '.';
		memcpy(name + n, in + at + 1, in[at]);
		n += in[at];
		at += in[at] + 1u;
	}
	name[n] = '\0';
	type = in[at + 2];
	build_begin(b, (unsigned)in[0] << 8 | in[1], 0x8180, type, name);
	for (size_t i = 0; i < SL_COUNT(zone); i++) {
		if (strcmp(zone[i].name, name) != 0)
			continue;
		if (type == SL_DNS_TXT && zone[i].txt != NULL)
			build_txt(b, "@12", 3600, sl_slice_str(zone[i].txt), 255);
		if (type == SL_DNS_MX && zone[i].mx != NULL)
			build_name_record(b, "@12", SL_DNS_MX, 3600, 10, zone[i].mx);
		if (type == SL_DNS_A && zone[i].a != 0)
			build_a(b, "@12", 3600, zone[i].a);
	}
	if (b->data[BUILD_ANSWER + 1] == 0)
		build_soa(b, "example", 3600, 900);
}

static void
serve(int fd)
{
	static struct build b;
	unsigned char in[512];
	struct sockaddr_in from;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &from_len);

		if (n < 17)
			continue;
		answer(&b, in, (size_t)n);
		(void)!sendto(fd, b.data, b.len, 0, (struct sockaddr *)&from, from_len);
	}
}

/* ---- measuring ---- */

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_size);
	return values[ROUNDS / 2];
}

static struct sl_loop *loop;
static struct sl_resolver *resolver;
static struct sl_spf *spf;
static unsigned waiting;

static void	ask_on(void);

static void
on_answer(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *given)
{
	waiting--;
	sl_spf_dns.answer(spf, lookup->id, given);
	ask_on();
	if (waiting == 0)
		sl_loop_stop(loop);
}

static void
ask_on(void)
{
	static struct sl_lookup lookups[64];
	struct sl_dns_question question;
	struct sl_dns_answer given;

	while (sl_spf_dns.ask(spf, &question)) {
		struct sl_lookup *lookup = &lookups[0];

		while (sl_lookup_is_under_way(lookup))
			lookup++;
		if (sl_resolver_ask(resolver, &question, lookup, on_answer, NULL, &given) == SL_MORE)
			waiting++;
		else
			sl_spf_dns.answer(spf, question.id, &given);
	}
}

static enum sl_spf_result
evaluate(const char *domain)
{
	struct sl_spf_input input = {
		.address = { 203, 0, 113, 9 },
		.helo = sl_slice_str(domain),
		.sender = sl_slice_str(domain),
		.receiver = SL_SLICE_LIT("mx.example"),
		.now_s = 1700000000,
	};
	enum sl_spf_result result;

	spf = sl_spf_new(&input);
	ask_on();
	if (waiting > 0)
		sl_loop_run(loop);
	result = sl_spf_result(spf);
	sl_spf_free(&spf);
	return result;
}

static void
spf_warm(void)
{
	double rounds[SL_COUNT(senders)][ROUNDS];
	uint64_t questions[SL_COUNT(senders)];
	struct sl_resolver_stats before, after;

	for (size_t i = 0; i < SL_COUNT(senders); i++) {
		SL_ASSERT(evaluate(senders[i]) == SL_SPF_FAIL);	/* the cache is warm */
		sl_resolver_stats(resolver, &before);
		(void)evaluate(senders[i]);
		sl_resolver_stats(resolver, &after);
		SL_ASSERT(after.sent_udp == before.sent_udp);
		questions[i] = after.asked - before.asked;
	}
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < SL_COUNT(senders); i++) {
			double start = cpu_us();

			for (int n = 0; n < EVALUATIONS; n++)
				(void)evaluate(senders[i]);
			rounds[i][round] = (cpu_us() - start) / EVALUATIONS;
		}
	}
	for (size_t i = 0; i < SL_COUNT(senders); i++)
		printf("SPF, warm cache, %-16s %2llu questions %8.2f us\n", senders[i],
		    (unsigned long long)questions[i], median(rounds[i]));
}

/* One remembered answer, out of many, in any order. */
static void
cache_alone(void)
{
	static char names[ENTRIES][32];
	unsigned char key[SL_DNS_CACHE_KEY_BYTES];
	struct sl_dns_record record = { .data = SL_SLICE_LIT("v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all") };
	struct sl_dns_answer found = { SL_DNS_FOUND, &record, 1 };
	double finds[ROUNDS], puts[ROUNDS];
	struct sl_dns_cache *cache;
	size_t before, bytes = 0, heap = 0;

	sl_random(key, sizeof(key));
	for (size_t i = 0; i < ENTRIES; i++)
		snprintf(names[i], sizeof(names[i]), "mail%zu.example.com", i * 2654435761u % 1000000u);
	for (size_t round = 0; round < ROUNDS; round++) {
		double start;

		before = mallinfo2().uordblks;
		cache = sl_dns_cache_new(64u << 20, key);
		start = cpu_us();
		for (size_t i = 0; i < ENTRIES; i++)
			sl_dns_cache_put(cache, SL_DNS_TXT, sl_slice_str(names[i]), &found, 3600, 1);
		puts[round] = (cpu_us() - start) / ENTRIES * 1000;
		bytes = sl_dns_cache_stats(cache)->bytes;
		heap = mallinfo2().uordblks + mallinfo2().hblkhd - before;
		start = cpu_us();
		for (size_t i = 0; i < ENTRIES; i++) {
			struct sl_dns_answer got;

			SL_ASSERT(sl_dns_cache_find(cache, SL_DNS_TXT, sl_slice_str(names[i * 7919 % ENTRIES]), 2, &got));
		}
		finds[round] = (cpu_us() - start) / ENTRIES * 1000;
		sl_dns_cache_free(&cache);
	}
	printf("cache of %d: find %28.0f ns\n", ENTRIES, median(finds));
	printf("cache of %d: put %29.0f ns\n", ENTRIES, median(puts));
	printf("cache of %d: counted %25.1f MiB, of the heap %.1f MiB\n", ENTRIES, (double)bytes / 1048576,
	    (double)heap / 1048576);
}

static unsigned left;

static void
on_counted(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *given)
{
	if (--left == 0)
		sl_loop_stop(loop);
}

/* Questions that are not remembered, 50 at a time. */
static void
cold(void)
{
	static struct sl_lookup lookups[50];
	double rounds[ROUNDS];
	unsigned number = 0;

	for (size_t round = 0; round < ROUNDS; round++) {
		double start = cpu_us();

		for (int batch = 0; batch < QUESTIONS / 50; batch++) {
			left = 50;
			for (size_t i = 0; i < SL_COUNT(lookups); i++) {
				char name[32];
				struct sl_dns_question question = { .type = SL_DNS_A, .name = name };
				struct sl_dns_answer given;

				snprintf(name, sizeof(name), "n%u.example", number++);
				SL_ASSERT(sl_resolver_ask(resolver, &question, &lookups[i], on_counted, NULL,
				    &given) == SL_MORE);
			}
			sl_loop_run(loop);
		}
		rounds[round] = (cpu_us() - start) / QUESTIONS;
	}
	printf("a question that is asked, CPU %19.1f us\n", median(rounds));
}

int
main(void)
{
	struct sl_resolver_settings settings = { .servers_len = 1, .timeout_ms = 1000, .deadline_ms = 5000,
	    .cache_bytes_max = 16u << 20, .lookups_max = 1000 };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(at);
	size_t before;
	pid_t child;

	SL_ASSERT(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	child = fork();
	SL_ASSERT(child >= 0);
	if (child == 0)
		serve(fd);
	close(fd);
	memcpy(&settings.servers[0], &at, sizeof(at));
	loop = sl_loop_new(&sl_clock_system);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	resolver = sl_resolver_new(loop, &settings);
	printf("a resolver with nothing in its cache %12.0f KiB\n",
	    (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / 1024);
	spf_warm();
	cache_alone();
	cold();
	sl_resolver_free(&resolver);
	sl_loop_free(&loop);
	kill(child, SIGTERM);
	return 0;
}
