/*
 * plan_bench.c - what planning and sending digests costs a provider, and how long a request waits meanwhile
 *
 * usage: plan_bench DIRECTORY [KEPT [SECONDS]]	of the database that store_bench left there; KEPT messages are held (100,000), spread over all tenants
 *
 * Planned is after a start, when nobody was served before; then it is seven o'clock for all, and each tenant's digests are gathered from a vault
 * and handed to a courier: both are processes that answer at once and keep nothing. While this goes on a timer measures how late it comes: so
 * long a request would have waited. Digests are switched on for all by the operator, unless they are. The database is changed.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "digests.h"
#include "reports.h"
#include "seal/record.h"
#include "sl/log.h"
#include "store/layers.h"
#include "vault/vault.h"

#define TENANTS		35000u	/* as store_bench makes them */
#define DOMAINS		60000u
#define BEAT_MS		1u

static const struct sl_actor actor = { .account = { (const unsigned char *)"bench", 5 } };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* ---- a vault ---- */

struct vault {
	struct sl_ipc	*ipc;
	unsigned	 kept;
	int64_t		 received_us;
};

static void
tell(struct sl_ipc *ipc, enum sl_ipc_type type, struct sl_buf *payload)
{
	if (sl_ipc_send(ipc, type, sl_buf_slice(payload), NULL, 0) != 0)
		_exit(0);
	sl_buf_fini(payload);
}

static void
say_entry(struct vault *v, unsigned tenant, unsigned n)
{
	struct sl_kept_entry entry = { .received_us = v->received_us - n * 1000000, .expiry_day = 30000, .state = SL_VAULT_HELD,
		.message_bytes = 20000, .opens = true };
	unsigned char id[SL_KEPT_ID_BYTES] = { 0 };
	struct sl_buf payload, items;
	char text[128];

	memcpy(id, &tenant, sizeof(tenant));
	memcpy(id + 4, &n, sizeof(n));
	entry.id = sl_slice(id, sizeof(id));
	sl_buf_init(&items, 4096);
	sl_buf_init(&payload, 8192);
	sl_kept_item_add(&items, SL_SEAL_SENDER, SL_SLICE_LIT("someone@sender.example"));
	sl_kept_item_add(&items, SL_SEAL_CATEGORY, SL_SLICE_LIT("spam"));
	sl_kept_item_add(&items, SL_SEAL_PROBABILITY, SL_SLICE_LIT("0.99"));
	sl_kept_item_add(&items, SL_SEAL_SUBJECT, SL_SLICE_LIT("You have won, and this is how to get it"));
	sl_kept_item_add(&items, SL_SEAL_REASON, SL_SLICE_LIT("it reads like what others did not want"));
	snprintf(text, sizeof(text), "user%u@tenant%u.example", tenant + n % 16 * DOMAINS, tenant);
	sl_kept_item_add(&items, SL_SEAL_RECIPIENT, sl_slice_str(text));
	entry.items = sl_buf_slice(&items);
	sl_kept_pack_entry(&entry, &payload);
	tell(v->ipc, SL_IPC_KEPT_ENTRY, &payload);
	sl_buf_fini(&items);
}

static void
on_vault(void *ctx, struct sl_ipc_message *message)
{
	struct vault *v = ctx;
	struct sl_kept_query query;
	struct sl_buf payload;
	unsigned tenant = 0, n;

	if (sl_kept_unpack_query(message->payload, &query) != 0)
		_exit(1);
	for (size_t i = strlen("tenant"); i < query.tenant.len && query.tenant.ptr[i] != '.'; i++)
		tenant = tenant * 10 + (unsigned)(query.tenant.ptr[i] - '0');
	n = v->kept / TENANTS + (tenant % TENANTS < v->kept % TENANTS);
	for (unsigned i = 0; i < n; i++)
		say_entry(v, tenant, i);
	sl_buf_init(&payload, 1024);
	sl_kept_pack_end(&(struct sl_kept_end){ .result = SL_DONE, .count = n }, &payload);
	tell(v->ipc, SL_IPC_KEPT_END, &payload);
}

/* ---- a courier ---- */

static void
on_courier(void *ctx, struct sl_ipc_message *message)
{
	struct sl_ipc *ipc = *(struct sl_ipc **)ctx;
	struct sl_courier_mail mail;
	struct sl_courier_token token = { .result = 0 };
	struct sl_buf payload;

	if (message->type != SL_IPC_SUBMIT || sl_courier_unpack_mail(message->payload, &mail) != 0)
		return;
	token.token = mail.token;
	sl_buf_init(&payload, 1024);
	sl_courier_pack_token(&token, &payload);
	tell(ipc, SL_IPC_SUBMITTED, &payload);
}

static int
fork_one(bool courier, unsigned kept, int64_t received_us)
{
	struct vault v = { .kept = kept, .received_us = received_us };
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		exit(1);
	if (fork() == 0) {
		close(fds[0]);
		v.ipc = sl_ipc_new(fds[1], SL_IPC_BIT(KEPT_LIST) | SL_IPC_BIT(SUBMIT) | SL_IPC_BIT(SETTLED_SEEN) | SL_IPC_BIT(QUEUE_ASK));
		while (sl_ipc_wait(v.ipc, -1, courier ? on_courier : on_vault, courier ? (void *)&v.ipc : &v) == SL_DONE)
			continue;
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

/* ---- the console ---- */

struct bench {
	struct console	 console;
	struct sl_loop	*loop;
	struct ways	*ways;
	struct sl_timer	 beat;
	double		 last, longest;		/* of the beat */
	double		 last_cpu, longest_cpu;	/* the same, by what the process itself used */
	int64_t		 now_s;
	int		 vault_fd, courier_fd;
	double		 until;
};

static int64_t
on_wall(void *ctx)
{
	return ((const struct bench *)ctx)->now_s * 1000000;
}

static void
on_request(void *ctx, bool courier)
{
	struct bench *b = ctx;
	int *fd = courier ? &b->courier_fd : &b->vault_fd;

	if (*fd >= 0)
		ways_joined(b->ways, courier, *fd);
	*fd = -1;
}

static bool
on_settled(void *ctx, const struct sl_courier_settled *settled)
{
	return true;
}

static void
on_beat(void *ctx)
{
	struct bench *b = ctx;
	double t = now();

	b->longest = SL_MAX(b->longest, t - b->last);
	b->longest_cpu = SL_MAX(b->longest_cpu, cpu() - b->last_cpu);
	b->last = t;
	b->last_cpu = cpu();
	if (b->until > 0 && t > b->until)
		sl_loop_stop(b->loop);
	else
		sl_timer_set(&b->beat, BEAT_MS);
}

static int
check_text(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	sl_buf_add_slice(canonical, text);
	return 0;
}

static void
must(struct sl_store *store, int r)
{
	if (r == 0)
		return;
	fprintf(stderr, "plan_bench: %s (%s)\n", sl_store_error(store), sl_strerror(r));
	exit(1);
}

/* Run while the counter at `what` goes on growing: until it has stood still for a while. */
static void
run_while(struct bench *b, const char *what, size_t (*count)(const struct bench *b), size_t wanted, double limit_s)
{
	double since = now(), used = cpu();
	size_t n = count(b);
	struct rusage r;

	b->longest = b->longest_cpu = 0;
	b->last = now();
	b->last_cpu = cpu();
	sl_timer_set(&b->beat, BEAT_MS);
	while (n < wanted && now() - since < limit_s) {
		b->until = now() + 0.05;
		sl_loop_run(b->loop);
		sl_timer_set(&b->beat, BEAT_MS);
		n = count(b);
	}
	getrusage(RUSAGE_SELF, &r);
	printf("%-32s %8zu  %7.2f s  %7.2f s CPU  longest wait %6.1f ms, CPU %6.1f ms  %5ld MiB\n", what, n, now() - since, cpu() - used,
	    b->longest * 1000, b->longest_cpu * 1000, r.ru_maxrss / 1024);
	fflush(stdout);
}

static size_t
planned(const struct bench *b)
{
	return digests_planned(b->console.digests);
}

static size_t
served(const struct bench *b)
{
	return digests_runs(b->console.digests);
}

/* Each run is of another day: what was sent in the one before is not sent again. */
static int64_t
days_before(const struct sl_store_options *options)
{
	struct sl_store *store;
	int64_t at_s = 0;
	int r = sl_store_open(options, &store);

	must(store, r);
	if (sl_store_digest_run(store, 1, &at_s) != 0)
		at_s = 0;
	sl_store_close(&store);
	return at_s == 0 ? 0 : (at_s - 1795651200) / 86400 + 1;
}

int
main(int argc, char **argv)
{
	struct sl_clock clock = { .wall_us = on_wall };
	struct bench b = { .now_s = 1795672800 };	/* six in the morning */
	struct sl_store_options options = { .clock = &clock };
	unsigned kept = argc > 2 ? (unsigned)atoi(argv[2]) : 100000;
	char path[1000];
	int64_t version;
	int r;

	if (argc < 2) {
		fputs("usage: plan_bench DIRECTORY [KEPT]\n", stderr);
		return 2;
	}
	sl_log_init("bench", getenv("DEBUG") != NULL ? SL_LOG_DEBUG : SL_LOG_ERROR);
	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof(path), "%s/settings.db", argv[1]);
	options.path = path;
	clock.ctx = &b;
	b.now_s += days_before(&options) * 86400;
	b.vault_fd = fork_one(false, kept, (b.now_s - 3600) * 1000000);
	b.courier_fd = fork_one(true, 0, 0);
	r = sl_store_open(&options, &b.console.store);
	must(b.console.store, r);
	must(b.console.store, sl_store_layer_set(b.console.store, &actor, SL_NODE_OPERATOR, sl_slice("", 0),
	    SL_SLICE_LIT("quarantine:\n  users_see: [spam]\n"), SL_LAYER_ANY, check_text, NULL, &version));
	b.console.clock = &clock;
	b.loop = sl_loop_new(&sl_clock_system);
	sl_timer_init(&b.beat, b.loop, on_beat, &b);
	b.ways = ways_new(&(struct ways_options){ .loop = b.loop, .request = on_request, .settled = on_settled, .ctx = &b });
	b.console.agenda = agenda_new(b.loop, &b.console);
	b.console.digests = digests_new(&(struct digests_options){ .loop = b.loop, .console = &b.console, .ways = b.ways,
		.agenda = b.console.agenda, .hostname = SL_SLICE_LIT("mx.example") });
	b.console.reports = reports_new(&(struct reports_options){ .loop = b.loop, .console = &b.console, .ways = b.ways,
		.agenda = b.console.agenda, .digests = b.console.digests });
	ways_begin(b.ways);
	run_while(&b, "tenants planned", planned, TENANTS, 300);
	b.now_s += 2 * 3600;
	run_while(&b, "tenants' digests sent", served, TENANTS, argc > 3 ? atof(argv[3]) : 900);
	reports_free(&b.console.reports);
	digests_free(&b.console.digests);
	agenda_free(&b.console.agenda);
	ways_free(&b.ways);
	sl_timer_clear(&b.beat);
	sl_loop_free(&b.loop);
	sl_store_close(&b.console.store);
	while (wait(NULL) > 0)
		continue;
	return 0;
}
