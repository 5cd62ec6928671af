/* resolver_test.c - a resolver between servers that are good, dead, slow, lying and cut off; the
 * clock is the test's */

#include "check.h"
#include "dnsbuild.h"
#include "io/resolver.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SERVERS		2
#define TIMEOUT_MS	1000
#define DEADLINE_MS	5000
#define QR		0x8180
#define TC		0x0200

/* ---- servers ---- */

enum how {
	GOOD,			/* one A record */
	SILENT,
	WRONG_ID,		/* before each good reply, `lies` with another id */
	WRONG_QUESTION,
	CUT,			/* over UDP; the reply is there over TCP */
	CUT_ALWAYS,
	SERVFAIL,
	NO_EDNS,		/* FORMERR to EDNS */
	GARBAGE,
	TCP_SHORT,		/* cut over UDP; over TCP half of it and the end */
	TCP_SILENT,
	TCP_CLOSES,
	LOOP,			/* CNAMEs that go round */
};

struct fake {
	int			udp, listener, connection;
	struct sockaddr_in	at;
	enum how		how;
	unsigned		lies;
	size_t			text_len;	/* of TXT over TCP */
	unsigned		udp_count, tcp_count;
	bool			edns;		/* of the last question */
	unsigned		id;
	struct sockaddr_in	from;
	unsigned char		last[512];
	size_t			last_len;
};

static struct fake fakes[SERVERS];
static struct build b;

static void
fake_open(struct fake *f)
{
	socklen_t len = sizeof(f->at);

	*f = (struct fake){ .connection = -1, .text_len = 20 };
	for (;;) {
		f->at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		f->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		f->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		assert_int_equal(bind(f->udp, (struct sockaddr *)&f->at, sizeof(f->at)), 0);
		assert_int_equal(getsockname(f->udp, (struct sockaddr *)&f->at, &len), 0);
		if (bind(f->listener, (struct sockaddr *)&f->at, sizeof(f->at)) == 0)
			break;
		close(f->udp);
		close(f->listener);
	}
	assert_int_equal(listen(f->listener, 100), 0);
}

static void
fake_close(struct fake *f)
{
	close(f->udp);
	close(f->listener);
	if (f->connection >= 0)
		close(f->connection);
}

/* Write the reply to the question in f->last. */
static void
reply_build(const struct fake *f, unsigned flags, unsigned id, const char *name)
{
	unsigned type = f->last[f->last_len - (f->edns ? 15 : 4) + 1];
	static unsigned char text[60000];

	build_begin(&b, id, flags, type, name);
	if (f->how == LOOP) {
		build_name_record(&b, "@12", SL_DNS_CNAME, 60, -1, "loop.example");
		build_name_record(&b, "loop.example", SL_DNS_CNAME, 60, -1, "@12");
	} else if (type == SL_DNS_A) {
		build_a(&b, "@12", 60, (unsigned)(f - fakes) + 1);
	} else {
		memset(text, 't', sizeof(text));
		build_txt(&b, "@12", 60, sl_slice(text, f->text_len), 255);
	}
}

static void
name_of(const struct fake *f, char out[SL_DNS_NAME_MAX + 1])
{
	size_t at = 12, len = 0;

	while (f->last[at] != 0) {
		if (len > 0)
			out[len++] = '.';
		memcpy(out + len, f->last + at + 1, f->last[at]);
		len += f->last[at];
		at += f->last[at] + 1u;
	}
	out[len] = '\0';
}

static void
say(struct fake *f)
{
	assert_int_equal(sendto(f->udp, b.data, b.len, 0, (struct sockaddr *)&f->from, sizeof(f->from)), b.len);
}

static void
fake_answer_udp(struct fake *f)
{
	char name[SL_DNS_NAME_MAX + 1];
	unsigned flags = QR;

	name_of(f, name);
	if (f->how == SILENT)
		return;
	for (unsigned i = 0; i < f->lies && f->how == WRONG_ID; i++) {
		reply_build(f, QR, f->id + 1 + i, name);
		say(f);
	}
	if (f->how == WRONG_QUESTION) {
		reply_build(f, QR, f->id, "lie.example");
		say(f);
		return;
	}
	if (f->how == CUT || f->how == CUT_ALWAYS || f->how == TCP_SHORT || f->how == TCP_SILENT ||
	    f->how == TCP_CLOSES)
		flags |= TC;
	if (f->how == SERVFAIL)
		flags |= 2;
	if (f->how == NO_EDNS && f->edns)
		flags |= 1;
	if ((flags & TC) != 0)
		build_begin(&b, f->id, flags, f->last[f->last_len - (f->edns ? 15 : 4) + 1], name);
	else
		reply_build(f, flags, f->id, name);
	if (f->how == GARBAGE)
		memset(b.data + b.len - 12, 0xff, 12);	/* of its record, not of the question */
	say(f);
}

static void
fake_answer_tcp(struct fake *f)
{
	unsigned char head[2];
	char name[SL_DNS_NAME_MAX + 1];
	size_t len;

	name_of(f, name);
	if (f->how == TCP_SILENT)
		return;
	reply_build(f, f->how == CUT_ALWAYS ? QR | TC : QR, f->id, name);
	head[0] = (unsigned char)(b.len >> 8);
	head[1] = (unsigned char)b.len;
	len = f->how == TCP_CLOSES ? 0 : f->how == TCP_SHORT ? b.len / 2 : b.len;
	if (len > 0) {
		assert_int_equal(send(f->connection, head, 2, MSG_NOSIGNAL), 2);
		assert_int_equal(send(f->connection, b.data, len, MSG_NOSIGNAL), len);
	}
	close(f->connection);
	f->connection = -1;
}

static void
take_question(struct fake *f, size_t n)
{
	f->last_len = n;
	f->id = (unsigned)f->last[0] << 8 | f->last[1];
	f->edns = f->last[11] == 1;
}

static void
fake_turn(struct fake *f)
{
	unsigned char in[514];
	socklen_t len = sizeof(f->from);
	ssize_t n;

	while ((n = recvfrom(f->udp, f->last, sizeof(f->last), 0, (struct sockaddr *)&f->from, &len)) > 0) {
		f->udp_count++;
		take_question(f, (size_t)n);
		fake_answer_udp(f);
	}
	if (f->connection < 0) {
		f->connection = accept(f->listener, NULL, NULL);
		if (f->connection < 0)
			return;
	}
	n = recv(f->connection, in, sizeof(in), MSG_DONTWAIT);
	if (n > 2) {
		f->tcp_count++;
		memcpy(f->last, in + 2, (size_t)n - 2);
		take_question(f, (size_t)n - 2);
		fake_answer_tcp(f);
	} else if (n == 0) {
		close(f->connection);
		f->connection = -1;
	}
}

/* ---- the resolver and who asks ---- */

struct asker {
	struct sl_lookup	 lookup;
	unsigned		 calls;
	struct sl_dns_answer	 answer;	/* its records are copied below, those that matter */
	unsigned char		 first[16];
	size_t			 first_len;
	uint64_t		 at_ms;		/* when */
	void			(*then)(struct asker *asker);
};

static uint64_t now_us;
static struct sl_loop *loop;
static struct sl_resolver *resolver;
static struct sl_resolver_settings settings;

static uint64_t
fake_now(void *ctx)
{
	return now_us;
}

static int64_t
fake_wall(void *ctx)
{
	return (int64_t)now_us;
}

static const struct sl_clock test_clock = { fake_now, fake_wall, NULL };

static void
keep(struct asker *asker, const struct sl_dns_answer *answer)
{
	asker->answer = *answer;
	if (answer->count > 0) {
		asker->first_len = answer->records[0].data.len;
		memcpy(asker->first, answer->records[0].data.ptr, SL_MIN(asker->first_len, sizeof(asker->first)));
	}
	asker->at_ms = now_us / 1000;
	asker->calls++;
}

static void
on_answer(void *ctx, struct sl_lookup *lookup, const struct sl_dns_answer *answer)
{
	struct asker *asker = ctx;

	assert_ptr_equal(lookup, &asker->lookup);
	assert_false(sl_lookup_is_under_way(lookup));
	keep(asker, answer);
	if (asker->then != NULL)
		asker->then(asker);
}

static int
ask(struct asker *asker, enum sl_dns_type type, const char *name)
{
	struct sl_dns_question question = { .id = 77, .type = type, .name = name };
	struct sl_dns_answer answer;
	int r;

	asker->calls = 0;
	r = sl_resolver_ask(resolver, &question, &asker->lookup, on_answer, asker, &answer);
	assert_int_equal(asker->calls, 0);
	if (r == SL_DONE)
		keep(asker, &answer);
	else
		assert_int_equal(asker->lookup.id, 77);
	return r;
}

static void
turns(unsigned n)
{
	while (n-- > 0) {
		sl_loop_turn(loop);
		for (size_t i = 0; i < SERVERS; i++)
			fake_turn(&fakes[i]);
	}
	sl_loop_turn(loop);
}

static void
pass_ms(uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i += 8) {
		now_us += 8000;
		turns(2);
	}
}

/* Let time pass until there is an answer; returns how long that took. */
static uint64_t
wait_for(struct asker *asker)
{
	uint64_t start = now_us;

	for (int i = 0; i < 8 && asker->calls == 0; i++)
		turns(4);
	while (asker->calls == 0 && now_us - start < 60000000u)
		pass_ms(8);
	assert_int_equal(asker->calls, 1);
	return (now_us - start) / 1000;
}

static size_t
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static size_t descriptors_before;

static int
set_up(void **state)
{
	descriptors_before = descriptors();
	for (size_t i = 0; i < SERVERS; i++)
		fake_open(&fakes[i]);
	now_us = 1000000;
	loop = sl_loop_new(&test_clock);
	settings = (struct sl_resolver_settings){ .servers_len = 1, .timeout_ms = TIMEOUT_MS,
	    .deadline_ms = DEADLINE_MS, .cache_bytes_max = 1 << 20, .lookups_max = 100 };
	for (size_t i = 0; i < SERVERS; i++)
		memcpy(&settings.servers[i], &fakes[i].at, sizeof(fakes[i].at));
	resolver = sl_resolver_new(loop, &settings);
	return 0;
}

static int
tear_down(void **state)
{
	sl_resolver_free(&resolver);
	sl_loop_free(&loop);
	for (size_t i = 0; i < SERVERS; i++)
		fake_close(&fakes[i]);
	assert_int_equal(descriptors(), descriptors_before);
	return 0;
}

static void
use_both(void)
{
	settings.servers_len = 2;
	sl_resolver_use(resolver, &settings);
}

static struct sl_resolver_stats
stats(void)
{
	struct sl_resolver_stats s;

	sl_resolver_stats(resolver, &s);
	return s;
}

static void
is_from(const struct asker *asker, unsigned server)
{
	assert_int_equal(asker->answer.status, SL_DNS_FOUND);
	assert_int_equal(asker->answer.count, 1);
	assert_int_equal(asker->first_len, 4);
	assert_int_equal(asker->first[3], server + 1);
}

/* ---- tests ---- */

static void
an_answer_comes_and_is_remembered(void **state)
{
	struct asker a = { 0 };

	assert_int_equal(ask(&a, SL_DNS_A, "A.example."), SL_MORE);
	assert_int_equal(wait_for(&a), 0);
	is_from(&a, 0);
	assert_true(fakes[0].edns);
	assert_int_equal(ask(&a, SL_DNS_A, "a.EXAMPLE"), SL_DONE);
	is_from(&a, 0);
	assert_int_equal(fakes[0].udp_count, 1);
	pass_ms(59000);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_DONE);
	pass_ms(1500);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	(void)wait_for(&a);
	assert_int_equal(fakes[0].udp_count, 2);
	assert_int_equal(stats().remembered, 2);
	assert_int_equal(stats().under_way, 0);
}

static void
the_same_question_is_sent_once(void **state)
{
	struct asker a = { 0 }, c = { 0 }, d = { 0 }, other = { 0 };

	fakes[0].how = SILENT;
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	assert_int_equal(ask(&c, SL_DNS_A, "a.EXAMPLE"), SL_MORE);
	assert_int_equal(ask(&d, SL_DNS_A, "a.example"), SL_MORE);
	assert_int_equal(ask(&other, SL_DNS_TXT, "a.example"), SL_MORE);
	sl_lookup_cancel(&c.lookup);
	sl_lookup_cancel(&c.lookup);
	turns(4);
	assert_int_equal(fakes[0].udp_count, 2);
	fakes[0].how = GOOD;
	pass_ms(TIMEOUT_MS + 16);
	is_from(&a, 0);
	is_from(&d, 0);
	assert_int_equal(c.calls, 0);
	assert_int_equal(other.answer.status, SL_DNS_FOUND);
	assert_int_equal(stats().joined, 2);
}

static void
a_dead_server_costs_the_deadline_and_no_more(void **state)
{
	struct asker a = { 0 }, late = { 0 };
	uint64_t start = now_us;

	fakes[0].how = SILENT;
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	pass_ms(DEADLINE_MS / 2);
	assert_int_equal(ask(&late, SL_DNS_A, "a.example"), SL_MORE);
	(void)wait_for(&a);
	assert_in_range(now_us - start, DEADLINE_MS * 1000, (DEADLINE_MS + 24) * 1000);
	assert_int_equal(a.answer.status, SL_DNS_TEMPERROR);
	assert_int_equal(late.calls, 1);
	assert_in_range(fakes[0].udp_count, 2, SL_RESOLVER_TRIES_MAX);
	/* For a few seconds nobody waits for that again. */
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_DONE);
	assert_int_equal(a.answer.status, SL_DNS_TEMPERROR);
	fakes[0].how = GOOD;
	pass_ms(5100);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	assert_int_equal(wait_for(&a), 0);
	is_from(&a, 0);
}

static void
when_all_are_dead_nobody_waits_long(void **state)
{
	char name[32];
	struct asker a = { 0 };

	use_both();
	fakes[0].how = fakes[1].how = SILENT;
	for (unsigned i = 0; i < 6; i++) {
		uint64_t ms;

		snprintf(name, sizeof(name), "n%u.example", i);
		assert_int_equal(ask(&a, SL_DNS_A, name), SL_MORE);
		ms = wait_for(&a);
		assert_int_equal(a.answer.status, SL_DNS_TEMPERROR);
		if (i < 2)
			assert_in_range(ms, DEADLINE_MS - 8, DEADLINE_MS + 24);
		else if (i > 2)
			assert_in_range(ms, 2 * TIMEOUT_MS - 8, 2 * TIMEOUT_MS + 24);
	}
	fakes[1].how = GOOD;
	assert_int_equal(ask(&a, SL_DNS_A, "x.example"), SL_MORE);
	assert_in_range(wait_for(&a), 0, TIMEOUT_MS + 24);
	is_from(&a, 1);
	assert_int_equal(ask(&a, SL_DNS_A, "y.example"), SL_MORE);
	assert_int_equal(wait_for(&a), 0);
}

static void
a_dead_server_comes_last(void **state)
{
	char name[32];
	struct asker a = { 0 }, c = { 0 };

	use_both();
	fakes[0].how = SILENT;
	for (unsigned i = 0; i < 10; i++) {
		uint64_t ms;

		snprintf(name, sizeof(name), "n%u.example", i);
		assert_int_equal(ask(&a, SL_DNS_A, name), SL_MORE);
		ms = wait_for(&a);
		is_from(&a, 1);
		if (i < 3)
			assert_in_range(ms, TIMEOUT_MS, TIMEOUT_MS + 24);
		else
			assert_int_equal(ms, 0);
	}
	assert_int_equal(fakes[0].udp_count, 3);
	/* Later one question looks whether it is back, the others do not wait for that. */
	pass_ms(30000);
	assert_int_equal(ask(&a, SL_DNS_A, "x.example"), SL_MORE);
	assert_int_equal(ask(&c, SL_DNS_A, "y.example"), SL_MORE);
	assert_int_equal(wait_for(&c), 0);
	assert_true(wait_for(&a) >= TIMEOUT_MS - 8);
	assert_int_equal(fakes[0].udp_count, 4);
	fakes[0].how = GOOD;
	pass_ms(31000);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "z%u.example", i);
		assert_int_equal(ask(&a, SL_DNS_A, name), SL_MORE);
		assert_int_equal(wait_for(&a), 0);
		is_from(&a, 0);
	}
}

static void
who_answers_late_is_heard(void **state)
{
	struct asker a = { 0 };
	struct fake slow;

	fakes[0].how = SILENT;
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	turns(3);
	slow = fakes[0];		/* the first question, and where it came from */
	pass_ms(TIMEOUT_MS + 100);
	assert_int_equal(fakes[0].udp_count, 2);
	assert_true(slow.from.sin_port != fakes[0].from.sin_port);
	reply_build(&fakes[0], QR, slow.id, "a.example");
	say(&slow);
	turns(2);
	is_from(&a, 0);
}

static void
ports_and_ids_are_not_those_of_the_last_question(void **state)
{
	enum { N = 40 };
	unsigned ports[N], ids[N], same_ports = 0, same_ids = 0, steps = 0;
	char name[32];
	struct asker a = { 0 };

	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		(void)ask(&a, SL_DNS_A, name);
		(void)wait_for(&a);
		ports[i] = ntohs(fakes[0].from.sin_port);
		ids[i] = fakes[0].id;
		for (unsigned j = 0; j < i; j++) {
			same_ports += ports[i] == ports[j];
			same_ids += ids[i] == ids[j];
		}
		steps += i > 0 && ids[i] == ids[i - 1] + 1;
	}
	assert_true(same_ports < 4 && same_ids < 4 && steps < 3);
}

static void
lies_are_not_heard(void **state)
{
	struct asker a = { 0 };

	fakes[0].how = WRONG_ID;
	fakes[0].lies = 5;
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	assert_int_equal(wait_for(&a), 0);
	is_from(&a, 0);
	assert_int_equal(stats().foreign, 5);
	fakes[0].lies = 100;			/* somebody guesses: TCP */
	assert_int_equal(ask(&a, SL_DNS_A, "b.example"), SL_MORE);
	assert_int_equal(wait_for(&a), 0);
	is_from(&a, 0);
	assert_int_equal(fakes[0].tcp_count, 1);
	fakes[0].how = WRONG_QUESTION;
	assert_int_equal(ask(&a, SL_DNS_A, "c.example"), SL_MORE);
	assert_in_range(wait_for(&a), DEADLINE_MS - 8, DEADLINE_MS + 24);
	assert_int_equal(a.answer.status, SL_DNS_TEMPERROR);
}

static void
what_was_cut_comes_over_tcp(void **state)
{
	static const size_t lengths[] = { 1, 500, 5000, 60000 };
	struct asker a = { 0 };
	char name[32];

	fakes[0].how = CUT;
	for (size_t i = 0; i < SL_COUNT(lengths); i++) {
		snprintf(name, sizeof(name), "n%zu.example", i);
		fakes[0].text_len = lengths[i];
		assert_int_equal(ask(&a, SL_DNS_TXT, name), SL_MORE);
		assert_int_equal(wait_for(&a), 0);
		assert_int_equal(a.answer.status, SL_DNS_FOUND);
		assert_int_equal(a.first_len, lengths[i]);
	}
	assert_int_equal(fakes[0].tcp_count, SL_COUNT(lengths));
}

static void
what_a_server_cannot_do_the_next_is_asked(void **state)
{
	static const enum how bad[] = { SERVFAIL, GARBAGE, LOOP, CUT_ALWAYS, TCP_SHORT, TCP_CLOSES };
	char name[32];
	struct asker a = { 0 };

	for (size_t i = 0; i < SL_COUNT(bad); i++) {
		settings.servers_len = 2;
		sl_resolver_use(resolver, &settings);
		fakes[0].how = bad[i];
		snprintf(name, sizeof(name), "n%zu.example", i);
		assert_int_equal(ask(&a, SL_DNS_A, name), SL_MORE);
		assert_int_equal(wait_for(&a), 0);
		is_from(&a, 1);
		settings.servers_len = 1;
		sl_resolver_use(resolver, &settings);
		assert_int_equal(ask(&a, SL_DNS_A, name), SL_MORE);
		assert_in_range(wait_for(&a), 0, 24);	/* it was said: no need to wait */
		assert_int_equal(a.answer.status, SL_DNS_TEMPERROR);
	}
	fakes[0].how = TCP_SILENT;
	assert_int_equal(ask(&a, SL_DNS_A, "s.example"), SL_MORE);
	assert_in_range(wait_for(&a), DEADLINE_MS, DEADLINE_MS + 24);
	assert_int_equal(a.answer.status, SL_DNS_TEMPERROR);
}

static void
nobody_listens_there(void **state)
{
	struct asker a = { 0 };

	fake_close(&fakes[0]);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	assert_in_range(wait_for(&a), 0, 24);
	assert_int_equal(a.answer.status, SL_DNS_TEMPERROR);
	use_both();
	assert_int_equal(ask(&a, SL_DNS_A, "b.example"), SL_MORE);
	assert_int_equal(wait_for(&a), 0);
	is_from(&a, 1);
	fake_open(&fakes[0]);
}

static void
a_server_without_edns_is_asked_without(void **state)
{
	struct asker a = { 0 };

	fakes[0].how = NO_EDNS;
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	assert_int_equal(wait_for(&a), 0);
	is_from(&a, 0);
	assert_false(fakes[0].edns);
	assert_int_equal(fakes[0].udp_count, 2);
}

static void
bounds_hold(void **state)
{
	static struct asker askers[300];
	size_t before = descriptors(), waiting = 0;
	char name[32];

	fakes[0].how = SILENT;
	for (size_t i = 0; i < SL_COUNT(askers); i++) {
		snprintf(name, sizeof(name), "n%zu.example", i);
		if (ask(&askers[i], SL_DNS_A, name) == SL_MORE)
			waiting++;
		else
			assert_int_equal(askers[i].answer.status, SL_DNS_TEMPERROR);
	}
	assert_int_equal(waiting, settings.lookups_max);
	pass_ms(DEADLINE_MS + 24);
	for (size_t i = 0; i < waiting; i++) {
		assert_int_equal(askers[i].calls, 1);
		assert_int_equal(askers[i].answer.status, SL_DNS_TEMPERROR);
	}
	assert_int_equal(stats().under_way, 0);
	assert_int_equal(descriptors(), before);
	/* TCP: no more than its bound at once, and no more descriptors than tries. */
	fakes[0].how = TCP_SILENT;
	pass_ms(6000);
	for (size_t i = 0; i < SL_COUNT(askers); i++) {
		snprintf(name, sizeof(name), "n%zu.example", i);
		(void)ask(&askers[i], SL_DNS_A, name);
	}
	turns(10);
	assert_true(descriptors() <= before + SL_RESOLVER_TCP_MAX + settings.lookups_max + 1);
	assert_true(stats().sent_tcp <= SL_RESOLVER_TCP_MAX);
	pass_ms(DEADLINE_MS + 24);
	assert_int_equal(stats().under_way, 0);
}

static void
nothing_to_ask(void **state)
{
	struct asker a = { 0 };

	assert_int_equal(ask(&a, SL_DNS_A, "a..example"), SL_DONE);
	assert_int_equal(a.answer.status, SL_DNS_NXDOMAIN);
	settings.servers_len = 0;
	sl_resolver_use(resolver, &settings);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_DONE);
	assert_int_equal(a.answer.status, SL_DNS_TEMPERROR);
}

static struct asker second, third;

static void
ask_another(struct asker *asker)
{
	assert_int_equal(ask(&second, SL_DNS_A, "a.example"), SL_DONE);
	assert_int_equal(ask(&second, SL_DNS_A, "b.example"), SL_MORE);
	sl_lookup_cancel(&third.lookup);
}

static void
an_owner_may_ask_and_cancel_when_called(void **state)
{
	struct asker a = { .then = ask_another };

	second = third = (struct asker){ 0 };
	assert_int_equal(ask(&third, SL_DNS_A, "a.example"), SL_MORE);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	turns(4);
	assert_int_equal(third.calls, 0);
	assert_int_equal(a.calls, 1);
	(void)wait_for(&second);
	is_from(&second, 0);
}

static void
free_all(struct asker *asker)
{
	sl_resolver_free(&resolver);
	assert_false(sl_lookup_is_under_way(&second.lookup));
}

static void
an_owner_may_free_the_resolver_when_called(void **state)
{
	struct asker a = { .then = free_all };

	second = third = (struct asker){ 0 };
	fakes[0].how = SILENT;
	assert_int_equal(ask(&second, SL_DNS_A, "other.example"), SL_MORE);
	turns(2);
	fakes[0].how = GOOD;
	assert_int_equal(ask(&third, SL_DNS_A, "a.example"), SL_MORE);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	turns(4);
	assert_int_equal(a.calls + third.calls + second.calls, 1);
	assert_null(resolver);
	assert_false(sl_lookup_is_under_way(&third.lookup));
}

static void
servers_may_change_under_way(void **state)
{
	struct asker a = { 0 }, c = { 0 };

	fakes[0].how = SILENT;
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	assert_int_equal(ask(&c, SL_DNS_A, "c.example"), SL_MORE);
	turns(2);
	memcpy(&settings.servers[0], &fakes[1].at, sizeof(fakes[1].at));
	sl_resolver_use(resolver, &settings);
	assert_in_range(wait_for(&a), 0, 24);
	is_from(&a, 1);
	is_from(&c, 1);
	assert_int_equal(fakes[0].udp_count, 2);
	/* What the old ones said is forgotten. */
	settings.servers[0] = settings.servers[1];
	memcpy(&settings.servers[0], &fakes[0].at, sizeof(fakes[0].at));
	fakes[0].how = GOOD;
	sl_resolver_use(resolver, &settings);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_MORE);
	(void)wait_for(&a);
	is_from(&a, 0);
	/* The same servers with another deadline: it is kept. */
	settings.deadline_ms = 100;
	sl_resolver_use(resolver, &settings);
	assert_int_equal(ask(&a, SL_DNS_A, "a.example"), SL_DONE);
	fakes[0].how = SILENT;
	assert_int_equal(ask(&a, SL_DNS_A, "d.example"), SL_MORE);
	assert_in_range(wait_for(&a), 100, 124);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_comes_and_is_remembered),
		TEST(the_same_question_is_sent_once),
		TEST(a_dead_server_costs_the_deadline_and_no_more),
		TEST(when_all_are_dead_nobody_waits_long),
		TEST(a_dead_server_comes_last),
		TEST(who_answers_late_is_heard),
		TEST(ports_and_ids_are_not_those_of_the_last_question),
		TEST(lies_are_not_heard),
		TEST(what_was_cut_comes_over_tcp),
		TEST(what_a_server_cannot_do_the_next_is_asked),
		TEST(nobody_listens_there),
		TEST(a_server_without_edns_is_asked_without),
		TEST(bounds_hold),
		TEST(nothing_to_ask),
		TEST(an_owner_may_ask_and_cancel_when_called),
		TEST(an_owner_may_free_the_resolver_when_called),
		TEST(servers_may_change_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
