/* count_run.c - see count_run.h */

#include "count_run.h"

#include <poll.h>
#include <stdlib.h>

#include "few.h"
#include "report/scope.h"
#include "sl/log.h"

#define COUNT_FEW	16u	/* addresses that are looked for by the index */
#define LOOK_MESSAGES	8192u	/* between two looks whether anybody waits */

struct counting {
	const struct sl_report_ask *ask;
	struct sl_slice		*names;		/* sorted; of tenants that count, unless all do */
	size_t			 len;
	struct sl_report_counts	 counts;
	struct sl_report_scope	*scope;
	int			 out_fd;
	unsigned		 messages;
};

static int
by_name(const void *a, const void *b)
{
	const struct sl_slice *x = a, *y = b;
	size_t len = SL_MIN(x->len, y->len);
	int order = len == 0 ? 0 : memcmp(x->ptr, y->ptr, len);

	return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

static int
on_sum(void *ctx, const struct sl_traffic_sum *sum)
{
	struct counting *c = ctx;

	if (c->ask->all || (c->len > 0 && bsearch(&sum->tenant, c->names, c->len, sizeof(*c->names), by_name) != NULL))
		sl_report_counts_add(&c->counts, sum, c->ask->by_tenant);
	return 0;
}

static void
read_names(struct counting *c)
{
	struct sl_unpack in = { .rest = c->ask->tenants };
	size_t size = 0;

	while (in.rest.len > 0) {
		if (c->len == size) {
			size = size * 2 + 64;
			c->names = sl_xrealloc(c->names, size * sizeof(*c->names));
		}
		c->names[c->len++] = sl_unpack_bytes(&in);
	}
	if (c->len > 0)
		qsort(c->names, c->len, sizeof(*c->names), by_name);
}

/* ---- of parts of a tenant's mail ---- */

static bool
is_gone(const struct counting *c)
{
	struct pollfd gone = { .fd = c->out_fd, .events = POLLRDHUP };

	return poll(&gone, 1, 0) > 0;
}

static int
on_message(void *ctx, const struct sl_traffic_message *message)
{
	struct counting *c = ctx;

	sl_report_scope_add(c->scope, message);
	return ++c->messages % LOOK_MESSAGES == 0 && is_gone(c) ? SL_ERR_CLOSED : 0;
}

static int
on_domain(void *ctx, const struct sl_traffic_sum *sum)
{
	struct counting *c = ctx;

	sl_report_scope_add_domain(c->scope, sum);
	return 0;
}

static int
count_messages(struct counting *c, struct sl_traffic *traffic, const char *from, const char *to)
{
	struct few few;
	struct sl_traffic_wanted wanted = { .from_day = from, .to_day = to, .tenant = c->names[0] };
	int r;

	few_find(c->ask, COUNT_FEW, &few);
	few.many |= c->ask->of != SL_REPORT_OF_ADDRESSES;
	if (!few.many) {
		wanted.recipients = few.items;
		wanted.recipients_len = few.len;
	}
	c->scope = sl_report_scope_new(c->ask, &c->counts);
	/* Of nobody there is nothing: an empty group. */
	r = few.many || few.len > 0 ? sl_traffic_messages(traffic, &wanted, on_message, c, c->counts.since_day) : 0;
	few_fini(&few);
	if (r == 0)
		r = sl_traffic_domain_sums(traffic, from, to, c->names[0], on_domain, c);
	sl_report_scope_finish(c->scope);
	sl_report_scope_free(&c->scope);
	return r;
}

/* ---- all of it ---- */

static int
count(struct counting *c, const char *directory)
{
	struct sl_traffic_options options = { .directory = directory, .read_only = true };
	char from[SL_REPORT_DAY_BYTES + 1] = "", to[SL_REPORT_DAY_BYTES + 1] = "";
	struct sl_traffic *traffic;
	int r = sl_traffic_open(&options, &traffic);

	memcpy(from, c->ask->from_day.ptr, SL_REPORT_DAY_BYTES);
	memcpy(to, c->ask->to_day.ptr, SL_REPORT_DAY_BYTES);
	if (r == 0 && c->ask->of == SL_REPORT_OF_ALL)	/* one tenant's rows are found without reading the others' */
		r = sl_traffic_sums(traffic, from, to, !c->ask->all && c->len == 1 ? c->names[0] : sl_slice("", 0), on_sum, c);
	if (r == 0 && c->len == 1 && sl_report_scope_wants(c->ask))
		r = count_messages(c, traffic, from, to);
	if (r != 0 && r != SL_ERR_CLOSED)
		sl_log(SL_LOG_ERROR, "traffic: %s", sl_traffic_error(traffic));
	sl_traffic_close(&traffic);
	return r;
}

void
count_run(const char *directory, const struct sl_report_ask *ask, struct sl_ipc *out)
{
	struct counting c = { .ask = ask, .out_fd = sl_ipc_fd(out) };
	struct sl_buf answer;

	sl_report_counts_init(&c.counts);
	read_names(&c);
	c.counts.number = ask->number;
	c.counts.result = count(&c, directory);
	sl_buf_init(&answer, SL_IPC_PAYLOAD_MAX);
	sl_report_pack_counts(&c.counts, &answer);
	if (answer.overflow || sl_ipc_send(out, SL_IPC_CONSOLE_REPLY, sl_buf_slice(&answer), NULL, 0) != 0)
		sl_log(SL_LOG_DEBUG, "nobody waits for numbers of traffic any more");
	sl_buf_fini(&answer);
	sl_report_counts_fini(&c.counts);
	sl_free(c.names);
}
