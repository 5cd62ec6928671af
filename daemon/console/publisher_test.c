/*
 * publisher_test.c - changes above and below tenants cross each other, and whatever is being compiled
 *
 * The compiler is the test: it takes jobs, does them when it likes, as a job is done (job_run), and hands out what came of
 * them later still. Whatever is handed to edges is never of an older database than what was handed out before, what is
 * handed out while nothing has changed since is what everything compiles to anew, and in the end all that was said is heard.
 */

#include "publisher.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "store/layers.h"
#include "store/tree.h"
#include "store/walk.h"

#define S(text)		sl_slice_str(text)
#define SEEDS		12
#define STEPS		120
#define HELD_MAX	8
#define TURNS_MAX	4000

static const struct sl_actor anna = { .account = { (const unsigned char *)"anna", 4 } };
static const char *const recipients[] = { "u@one.example", "x@one.example", "x@two.example", "x@three.example", "x@new.example",
	"v@two.example", "w@two.example", "v@three.example", "w@three.example", "x@other.example", "v@other.example" };
static uint64_t test_now_us;

static uint64_t
test_monotonic(void *ctx)
{
	return test_now_us;
}

static int64_t
test_wall(void *ctx)
{
	return (int64_t)test_now_us + INT64_C(1700000000000000);
}

static const struct sl_clock test_clock = { test_monotonic, test_wall, NULL };

struct held {			/* a job, and later what came of it */
	struct job	 job;
	struct sl_buf	 payload;	/* the job's, then the answer's */
	int		 out, addresses, fd;
	bool		 there, done;
};

struct bench {
	char		  directory[64], database[96];
	struct sl_store	 *store;
	struct sl_loop	 *loop;
	struct publisher *publisher;
	struct sl_ipc	 *compiler;	/* our end */
	struct held	  held[HELD_MAX];
	struct sl_snapshot *whole, *over;	/* as edges have them */
	uint64_t	  change;
	uint64_t	  random;
	unsigned	  said, published, compared;
};

static unsigned
below(struct bench *b, unsigned bound)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (unsigned)(b->random >> 20) % bound;
}

/* ---- the compiler ---- */

static void
on_answer(void *ctx, struct sl_ipc_message *message)
{
	struct held *h = ctx;

	sl_buf_reset(&h->payload);
	sl_buf_add_slice(&h->payload, message->payload);
	h->fd = message->fds_len == 1 ? message->fds[0] : -1;
	if (message->fds_len == 1)
		message->fds[0] = -1;
	h->done = true;
}

/* As a process of the compiler would; what comes of it waits. */
static void
held_run(struct bench *b, struct held *h)
{
	struct sl_ipc *out, *in;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	out = sl_ipc_new(fds[0], 0);
	in = sl_ipc_new(fds[1], SL_IPC_BIT(COMPILED));
	job_run(b->directory, b->database, &h->job, h->addresses, out);
	assert_int_equal(sl_ipc_wait(in, 1000, on_answer, h), SL_DONE);
	sl_ipc_free(&in);
	sl_ipc_free(&out);
	job_fini(&h->job);
	close(h->addresses);
}

static void
held_deliver(struct held *h)
{
	struct sl_ipc *out = sl_ipc_new(h->out, 0);

	assert_int_equal(sl_ipc_send(out, SL_IPC_COMPILED, sl_buf_slice(&h->payload), &h->fd, h->fd >= 0 ? 1 : 0), 0);
	sl_ipc_free(&out);
	if (h->fd >= 0)
		close(h->fd);
	sl_buf_fini(&h->payload);
	*h = (struct held){ 0 };
}

static void
on_job(void *ctx, struct sl_ipc_message *message)
{
	struct bench *b = ctx;

	for (size_t i = 0; i < HELD_MAX; i++) {
		struct held *h = &b->held[i];

		if (h->there)
			continue;
		*h = (struct held){ .out = message->fds[0], .addresses = message->fds[1], .fd = -1, .there = true };
		message->fds[0] = message->fds[1] = -1;
		sl_buf_init(&h->payload, 1 << 20);
		sl_buf_add_slice(&h->payload, message->payload);	/* texts of the job point into it */
		assert_int_equal(job_unpack(sl_buf_slice(&h->payload), &h->job), 0);
		return;
	}
	fail_msg("more jobs at once than there may be");
}

/* One of those that wait goes a step on, if it is this one's turn. False: none waits. */
static bool
compiler_step(struct bench *b, bool all)
{
	bool waits = false;

	assert_int_equal(sl_ipc_read(b->compiler, on_job, b), SL_MORE);
	for (size_t i = 0; i < HELD_MAX; i++) {
		struct held *h = &b->held[i];

		waits |= h->there;
		if (!h->there || (!all && below(b, 3) != 0))
			continue;
		if (h->done)
			held_deliver(h);
		else
			held_run(b, h);
	}
	return waits;
}

/* ---- what edges have ---- */

static void
effective(const struct sl_snapshot *snapshot, const char *address, struct sl_buf *out)
{
	struct sl_snapshot_recipient r;
	struct sl_policy policy;
	struct sl_arena arena;

	sl_buf_reset(out);
	if (!sl_snapshot_recipient(snapshot, S(address), &r))
		return;
	sl_arena_init(&arena, SL_POLICY_PACKED_MAX);
	assert_int_equal(sl_snapshot_policy(snapshot, r.policy, &arena, &policy), 0);
	sl_policy_pack(&policy, out);
	sl_buf_addf(out, "%d", r.is_user);
	sl_arena_fini(&arena);
}

/* Everything anew, beside all that is under way. */
static struct sl_snapshot *
anew(struct bench *b)
{
	struct held h = { .job = { .kind = JOB_TRY_WHOLE, .name = S("other"), .text = S("") }, .addresses = -1, .fd = -1 };
	struct sl_snapshot *snapshot;

	sl_buf_init(&h.payload, 1 << 20);
	h.addresses = open(b->database, O_RDONLY | O_CLOEXEC);		/* no addresses in it */
	held_run(b, &h);
	assert_true(h.fd >= 0);
	assert_int_equal(sl_snapshot_open(h.fd, &snapshot), 0);
	close(h.fd);
	sl_buf_fini(&h.payload);
	return snapshot;
}

static void
compare(struct bench *b)
{
	const struct sl_snapshot *live = b->over != NULL ? b->over : b->whole;
	struct sl_snapshot *wanted = anew(b);
	struct sl_buf x, y;

	sl_buf_init(&x, SL_POLICY_PACKED_MAX);
	sl_buf_init(&y, SL_POLICY_PACKED_MAX);
	for (size_t i = 0; i < SL_COUNT(recipients); i++) {
		effective(live, recipients[i], &x);
		effective(wanted, recipients[i], &y);
		if (!sl_slice_eq(sl_buf_slice(&x), sl_buf_slice(&y)))
			fail_msg("after %u changes, picture %u: %s has another policy than he should", b->said, b->published,
			    recipients[i]);
	}
	sl_buf_fini(&x);
	sl_buf_fini(&y);
	sl_snapshot_close(&wanted);
	b->compared++;
}

static void
on_publish(void *ctx, int whole, int over, const struct sl_console_status *status)
{
	struct bench *b = ctx;
	int64_t last;

	if (whole < 0)
		return;
	sl_snapshot_close(&b->over);
	sl_snapshot_close(&b->whole);
	assert_int_equal(sl_snapshot_open(whole, &b->whole), 0);
	if (over >= 0)
		assert_int_equal(sl_snapshot_open_over(over, b->whole, &b->over), 0);
	assert_true(status->change >= b->change);
	b->change = status->change;
	b->published++;
	assert_int_equal(sl_store_change(b->store, &last), 0);
	if (b->change == (uint64_t)last)
		compare(b);
}

/* ---- changes ---- */

static int
as_it_is(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	sl_buf_add_slice(canonical, text);
	return 0;
}

static void
say(struct bench *b, const char *at, const char *name, const char *format)
{
	struct sl_node node;
	char text[128];
	int64_t version;

	if (sl_store_find_text(b->store, S(at), &node) != 0)
		return;			/* the tenant that comes and goes */
	snprintf(text, sizeof(text), format, b->said);
	assert_int_equal(sl_store_layer_set(b->store, &anna, node, S(name), S(text), SL_LAYER_ANY, as_it_is, NULL, &version), 0);
}

static void
add_tenant(struct bench *b, struct sl_node above, const char *name)
{
	struct sl_route route;
	struct sl_node tenant, domain;

	assert_int_equal(sl_route_parse(S("192.0.2.1"), &route), 0);
	assert_int_equal(sl_store_tenant_add(b->store, &anna, above, S(name), &tenant), 0);
	assert_int_equal(sl_store_routes_set(b->store, &anna, tenant, &route, 1), 0);
	assert_int_equal(sl_store_domain_add(b->store, &anna, tenant, S(name), (struct sl_node){ SL_LEVEL_DOMAIN, 0 }, &domain), 0);
}

static void
come_and_go(struct bench *b)
{
	struct sl_node node;

	if (sl_store_find_text(b->store, S("tenant:new.example"), &node) == 0)
		assert_int_equal(sl_store_remove(b->store, &anna, node), 0);
	else
		add_tenant(b, SL_NODE_OPERATOR, "new.example");
}

/* A user of the tenants that are left alone otherwise comes, or goes. */
static void
user_comes_or_goes(struct bench *b)
{
	static const char *const users[] = { "v@two.example", "w@two.example", "v@three.example", "w@three.example", "v@other.example" };
	const char *address = users[below(b, SL_COUNT(users))];
	struct sl_new_user user = { S(address), below(b, 2) == 0 ? S("sales") : S("") };
	struct sl_node node, tenant;
	char text[64];
	int r;

	snprintf(text, sizeof(text), "user:%s", address);
	if (sl_store_find_text(b->store, S(text), &node) == 0) {
		assert_int_equal(sl_store_remove(b->store, &anna, node), 0);
		return;
	}
	assert_int_equal(sl_store_find_text(b->store, strstr(address, "@three") != NULL ? S("tenant:three.example") :
	    S("tenant:two.example"), &tenant), 0);
	r = sl_store_users_add(b->store, &anna, tenant, SL_USER_EXPLICIT, &user, 1, NULL);
	assert_true(r == 0 || r == SL_ERR_NOT_FOUND);	/* its domain is not there */
}

/* A group, a second domain, with its users; or a tenant is turned off, and on. */
static void
part_comes_or_goes(struct bench *b)
{
	struct sl_tenant_settings settings = SL_TENANT_SETTINGS_DEFAULT;
	struct sl_node tenant, node, none = { SL_LEVEL_DOMAIN, 0 };

	assert_int_equal(sl_store_find_text(b->store, S("tenant:two.example"), &tenant), 0);
	switch (below(b, 3)) {
	case 0:
		if (sl_store_find_text(b->store, S("domain:other.example"), &node) == 0)
			assert_int_equal(sl_store_remove(b->store, &anna, node), 0);
		else
			assert_int_equal(sl_store_domain_add(b->store, &anna, tenant, S("other.example"), none, &node), 0);
		return;
	case 1:
		if (sl_store_find_text(b->store, S("group:two.example/sales"), &node) == 0)
			assert_int_equal(sl_store_remove(b->store, &anna, node), 0);
		return;
	default:
		settings.state = (enum sl_tenant_state)below(b, SL_TENANT_STATE_COUNT);
		assert_int_equal(sl_store_tenant_set(b->store, &anna, tenant, &settings), 0);
	}
}

static void
change_something(struct bench *b)
{
	static const struct { const char *at, *name, *text; } rows[] = {
		{ "operator", "", "subject_tag: \"[o%u]\"\n" }, { "operator", "", "template: gold\nsubject_tag: \"[o%u]\"\n" },
		{ "operator", "", "refusal_text: o%u\nlocks: [refusal_text]\n" }, { "operator", "gold", "refusal_text: g%u\n" },
		{ "operator", "silver", "subject_tag: \"[s%u]\"\nlevel: maximum\n" }, { "partner:acme", "", "refusal_text: p%u\n" },
		{ "partner:acme", "gold", "subject_tag: \"[pg%u]\"\n" }, { "tenant:one.example", "", "template: gold\n" },
		{ "tenant:one.example", "", "refusal_text: t%u\n" }, { "tenant:two.example", "", "template: silver\nrefusal_text: t%u\n" },
		{ "tenant:three.example", "", "template: gold\nspam: {tag: 0.6}\n" }, { "domain:two.example", "", "subject_tag: \"[d%u]\"\n" },
		{ "user:u@one.example", "", "subject_tag: \"[u%u]\"\n" }, { "user:u@one.example", "", "" },
		{ "tenant:new.example", "", "refusal_text: n%u\n" }, { "group:two.example/sales", "", "subject_tag: \"[g%u]\"\n" },
		{ "user:v@two.example", "", "subject_tag: \"[v%u]\"\n" }, { "domain:other.example", "", "refusal_text: d%u\n" },
	};
	size_t i = below(b, SL_COUNT(rows) + 9);

	b->said++;
	if (i > SL_COUNT(rows) + 2)
		user_comes_or_goes(b);
	else if (i > SL_COUNT(rows))
		part_comes_or_goes(b);
	else if (i == SL_COUNT(rows))
		come_and_go(b);
	else
		say(b, rows[i].at, rows[i].name, rows[i].text);
	publisher_poke(b->publisher);
}

/* ---- life cycle ---- */

static int
bench_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static void
bench_init(struct bench *b, int seed)
{
	struct sl_store_options options = { .fast = true };
	struct publisher_options how = { .directory = b->directory, .publish = on_publish, .ctx = b };
	struct sl_new_user user = { S("u@one.example"), S("") };
	struct sl_node acme;
	int fds[2];

	*b = (struct bench){ .random = (uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15) };
	test_now_us = 1000000;
	snprintf(b->directory, sizeof(b->directory), "/tmp/sluice-publisher-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	snprintf(b->database, sizeof(b->database), "%s/" DATABASE_FILE, b->directory);
	options.path = b->database;
	assert_int_equal(sl_store_open(&options, &b->store), 0);
	assert_int_equal(sl_store_partner_add(b->store, &anna, S("acme"), &acme), 0);
	add_tenant(b, acme, "one.example");
	add_tenant(b, SL_NODE_OPERATOR, "two.example");
	add_tenant(b, SL_NODE_OPERATOR, "three.example");
	assert_int_equal(sl_store_find_text(b->store, S("tenant:one.example"), &acme), 0);
	assert_int_equal(sl_store_users_add(b->store, &anna, acme, SL_USER_EXPLICIT, &user, 1, NULL), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	b->loop = sl_loop_new(&test_clock);
	b->compiler = sl_ipc_new(fds[0], SL_IPC_BIT(COMPILE));
	how.loop = b->loop;
	how.store = b->store;
	how.compiler_fd = fds[1];
	b->publisher = publisher_new(&how);
	publisher_use_hosts(b->publisher, NULL);
}

static void
bench_fini(struct bench *b)
{
	publisher_free(&b->publisher);
	sl_ipc_free(&b->compiler);
	sl_snapshot_close(&b->over);
	sl_snapshot_close(&b->whole);
	sl_loop_free(&b->loop);
	sl_store_close(&b->store);
	nftw(b->directory, bench_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void
pass(struct bench *b, uint64_t ms)
{
	test_now_us += ms * 1000;
	sl_loop_turn(b->loop);
}

/* Until nothing is under way, and everything was made anew once more. */
static void
settle(struct bench *b)
{
	for (int i = 0; i < TURNS_MAX; i++) {
		int64_t last;

		(void)compiler_step(b, true);
		pass(b, 20);
		assert_int_equal(sl_store_change(b->store, &last), 0);
		if (b->over == NULL && b->whole != NULL && b->change == (uint64_t)last && !compiler_step(b, false))
			return;
	}
	fail_msg("it does not come to an end");
}

static void
changes_cross_whatever_is_compiled(void **state)
{
	unsigned compared = 0, published = 0;

	for (int seed = 1; seed <= SEEDS; seed++) {
		struct bench b;

		bench_init(&b, seed);
		for (int step = 0; step < STEPS; step++) {
			if (below(&b, 3) == 0)
				change_something(&b);
			if (below(&b, 2) == 0)
				(void)compiler_step(&b, false);
			pass(&b, below(&b, 20) == 0 ? 2500 : below(&b, 30));	/* now and then long enough for everything anew */
		}
		settle(&b);
		compare(&b);
		compared += b.compared;
		published += b.published;
		bench_fini(&b);
	}
	if (compared < 3 * SEEDS || published < 6 * SEEDS)
		fail_msg("only %u pictures of %u were compared", compared, published);
}

/* However long everything takes: what all inherit is live without it. */
static void
what_all_inherit_does_not_wait_for_everything(void **state)
{
	static const struct { const char *at, *name, *text, *who; } rows[] = {
		{ "operator", "", "subject_tag: \"[o%u]\"\n", "x@two.example" }, { "operator", "gold", "refusal_text: g%u\n", "x@three.example" },
		{ "partner:acme", "", "subject_tag: \"[p%u]\"\n", "x@one.example" }, { "tenant:two.example", "", "refusal_text: t%u\n",
		    "x@two.example" },
	};
	struct sl_buf before, after;
	struct bench b;

	sl_buf_init(&before, SL_POLICY_PACKED_MAX);
	sl_buf_init(&after, SL_POLICY_PACKED_MAX);
	bench_init(&b, 1);
	say(&b, "operator", "gold", "refusal_text: first\n");
	say(&b, "tenant:three.example", "", "template: gold\n");
	settle(&b);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		effective(b.over != NULL ? b.over : b.whole, rows[i].who, &before);
		say(&b, rows[i].at, rows[i].name, rows[i].text);
		publisher_poke(b.publisher);
		pass(&b, 20);
		assert_int_equal(sl_ipc_read(b.compiler, on_job, &b), SL_MORE);
		assert_true(b.held[0].there && !b.held[1].there);
		assert_int_equal(b.held[0].job.kind, JOB_PART);
		assert_true(b.held[0].job.tenants_len <= 1);
		held_run(&b, &b.held[0]);
		held_deliver(&b.held[0]);
		pass(&b, 0);
		effective(b.over, rows[i].who, &after);
		assert_false(sl_slice_eq(sl_buf_slice(&before), sl_buf_slice(&after)));
	}
	bench_fini(&b);
	sl_buf_fini(&before);
	sl_buf_fini(&after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_cross_whatever_is_compiled),
		cmocka_unit_test(what_all_inherit_does_not_wait_for_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
