/* hop.c - see hop.h */

#include "hop.h"

#include <stdio.h>

#include "delivery.h"
#include "directory.h"
#include "io/tls.h"
#include "smtp/reply.h"

#define HOP_IDLE_MAX	100		/* kept connections per pool */
#define HOP_AGE_US	(300ull * 1000000u)	/* then a connection is not kept any more */
#define EXIM_MESSAGES	10		/* Exim queues what comes after (smtp_accept_queue_per_connection) */
#define HOP_RSET_MS	10000
#define HOP_QUIT_MS	2000
#define HOP_INPUT_MAX	(4 * SL_SMTP_REPLY_MAX)	/* replies of a whole group of commands */

/* The connections to one endpoint under one TLS policy. */
struct hop_pool {
	struct hop_pool		*next;
	struct hop		*first;		/* all of them: the kept ones first, the latest in front */
	struct hop		*last;
	unsigned		 hops_len;
	unsigned		 idle_len;
	uint64_t		 down_until_us;	/* it failed: tried last until then */
	bool			 down_said;	/* and the log says so */
	enum sl_hop_tls		 tls;
	struct sockaddr_storage	 address;
	socklen_t		 address_len;
	char			 host[256];	/* for SNI and verification */
};

static void	on_input(void *ctx);
static void	on_drained(void *ctx);
static void	on_ready(void *ctx, int result);
static void	on_broken(void *ctx);

static const struct sl_conn_events conn_events = { on_input, on_drained, on_ready, on_broken };

/* ---- pools ---- */

static bool
pool_matches(const struct hop_pool *pool, const struct sl_endpoint *e, enum sl_hop_tls tls)
{
	return pool->tls == tls && pool->address_len == e->address_len &&
	    memcmp(&pool->address, &e->address, e->address_len) == 0 &&
	    strncmp(pool->host, e->host, sizeof(pool->host) - 1) == 0;
}

static struct hop_pool *
pool_find(struct edge *edge, const struct sl_endpoint *e, enum sl_hop_tls tls, bool make)
{
	uint64_t hash = sl_hash(&e->address, e->address_len) + (uint64_t)tls;
	struct hop_pool **head = &edge->hop_pools[hash % SL_COUNT(edge->hop_pools)], *pool;

	for (pool = *head; pool != NULL; pool = pool->next)
		if (pool_matches(pool, e, tls))
			return pool;
	if (!make)
		return NULL;
	pool = sl_xzalloc(sizeof(*pool));
	pool->tls = tls;
	pool->address = e->address;
	pool->address_len = e->address_len;
	snprintf(pool->host, sizeof(pool->host), "%s", e->host);
	pool->next = *head;
	*head = pool;
	return pool;
}

bool
hop_is_down(struct edge *edge, const struct sl_tenant *tenant, const struct sl_endpoint *endpoint)
{
	struct hop_pool *pool = pool_find(edge, endpoint, tenant->next_hop_tls, false);

	return pool != NULL && pool->down_until_us > sl_loop_now_us(edge->loop);
}

static void
link_first(struct hop *hop)
{
	struct hop_pool *pool = hop->pool;

	hop->previous = NULL;
	hop->next = pool->first;
	if (pool->first != NULL)
		pool->first->previous = hop;
	else
		pool->last = hop;
	pool->first = hop;
}

static void
link_last(struct hop *hop)
{
	struct hop_pool *pool = hop->pool;

	hop->next = NULL;
	hop->previous = pool->last;
	if (pool->last != NULL)
		pool->last->next = hop;
	else
		pool->first = hop;
	pool->last = hop;
}

static void
unlink_hop(struct hop *hop)
{
	struct hop_pool *pool = hop->pool;

	if (hop->previous != NULL)
		hop->previous->next = hop->next;
	else
		pool->first = hop->next;
	if (hop->next != NULL)
		hop->next->previous = hop->previous;
	else
		pool->last = hop->previous;
}

/* Into the kept ones, and out of them. */
static void
enter_idle(struct hop *hop)
{
	hop->state = HOP_IDLE;
	unlink_hop(hop);
	link_first(hop);
	hop->pool->idle_len++;
	hop->edge->stats->hops_idle++;
}

static void
leave_idle(struct hop *hop, enum hop_state state)
{
	SL_ASSERT(hop->state == HOP_IDLE);
	hop->state = state;
	unlink_hop(hop);
	link_last(hop);
	hop->pool->idle_len--;
	hop->edge->stats->hops_idle--;
}

/* ---- life cycle ---- */

static void
hop_close(struct hop *hop)
{
	struct hop_pool *pool = hop->pool;
	struct edge *edge = hop->edge;

	if (hop->state == HOP_DEAD)
		return;
	if (hop->state == HOP_IDLE)
		leave_idle(hop, HOP_DEAD);
	hop->state = HOP_DEAD;
	hop->user = NULL;
	sl_timer_clear(&hop->timer);
	sl_conn_close(&hop->conn, false);
	sl_buf_fini(&hop->input);
	directory_unref(&hop->directory);
	unlink_hop(hop);
	pool->hops_len--;
	edge->stats->hops_open--;
	hop->next = edge->dead_hops;
	edge->dead_hops = hop;
}

void
hops_sweep(struct edge *edge)
{
	struct hop *next;

	for (struct hop *hop = edge->dead_hops; hop != NULL; hop = next) {
		next = hop->next;
		sl_free(hop);
	}
	edge->dead_hops = NULL;
}

/* It cannot be used: tell who waits for it. */
static void
hop_fail_with(struct hop *hop, const struct answer *answer, bool for_good)
{
	struct delivery *user = hop->user;

	if (!hop->greeted)
		hop->pool->down_until_us = sl_loop_now_us(hop->edge->loop) +
		    hop->snapshot->settings->timers.hop_down_ms * 1000ull;
	hop->edge->stats->hop_failures++;
	/* Once while it lasts, not for every message of an outage. */
	sl_log(hop->pool->down_said ? SL_LOG_DEBUG : SL_LOG_WARNING, "next hop %s: %s",
	    hop->endpoint->text, answer->text);
	hop->pool->down_said = true;
	hop_close(hop);
	if (user != NULL)
		delivery_on_hop_failed(user, answer, for_good);
}

static void
hop_fail(struct hop *hop, const char *enhanced, const char *why)
{
	struct answer answer;

	answer_set(&answer, 451, enhanced, "The next hop cannot be used now: %s", why);
	hop_fail_with(hop, &answer, false);
}

static void
on_timer(void *ctx)
{
	struct hop *hop = ctx;

	switch (hop->state) {
	case HOP_CONNECTING:
	case HOP_GREETING:
	case HOP_EHLO:
	case HOP_HELO:
	case HOP_STARTTLS:
	case HOP_TLS:
		hop_fail(hop, "4.4.1", "no answer in time");
		break;
	case HOP_IDLE:
		leave_idle(hop, HOP_QUIT);
		hop_send(hop, SL_SLICE_LIT("QUIT\r\n"));
		sl_timer_set(&hop->timer, HOP_QUIT_MS);
		break;
	case HOP_RSET:
	case HOP_QUIT:
		hop_close(hop);
		break;
	case HOP_LENT:
	case HOP_DEAD:
		SL_UNREACHABLE("no timer of ours runs in this state");
	}
}

/* What failed at once is said from the loop, as every other failure. */
static void
on_no_socket(void *ctx)
{
	hop_fail(ctx, "4.4.1", "no connection could be made");
}

static void
on_refused(void *ctx)
{
	hop_fail(ctx, "4.4.1", "connection refused");
}

static void
on_too_many(void *ctx)
{
	struct hop *hop = ctx;

	hop->greeted = true;	/* it is not down */
	hop_fail(hop, "4.3.2", "too many connections to it");
}

static struct hop *
hop_open(struct hop_pool *pool, struct edge *edge, struct directory *directory,
    const struct sl_tenant *tenant, const struct sl_endpoint *endpoint, struct delivery *user)
{
	struct hop *hop = sl_xzalloc(sizeof(*hop));
	struct snapshot *snapshot = directory_settings(directory);
	const struct sl_timers *timers = &snapshot->settings->timers;
	int r;

	hop->edge = edge;
	hop->pool = pool;
	hop->user = user;
	hop->endpoint = endpoint;
	hop->tenant = tenant;
	hop->directory = directory_ref(directory);
	hop->snapshot = snapshot;
	hop->messages_max = snapshot->settings->limits.hop_messages;
	hop->opened_us = sl_loop_now_us(edge->loop);
	hop->conn.fd = -1;
	sl_buf_init(&hop->input, HOP_INPUT_MAX);
	link_last(hop);
	pool->hops_len++;
	edge->stats->hops_open++;
	edge->stats->hop_connections++;
	r = endpoint->address_len == 0 ? SL_ERR_NOT_FOUND : sl_conn_connect(&hop->conn, edge->loop,
	    edge->chunks, (const struct sockaddr *)&endpoint->address, endpoint->address_len,
	    &conn_events, hop);
	sl_timer_init(&hop->timer, edge->loop,
	    r == 0 ? on_timer : r == SL_ERR_REFUSED ? on_refused : on_no_socket, hop);
	sl_timer_set(&hop->timer, r == 0 ? timers->connect_ms : 0);
	return hop;
}

struct hop *
hop_get(struct edge *edge, struct directory *directory, const struct sl_tenant *tenant,
    const struct sl_endpoint *endpoint, bool fresh, struct delivery *user)
{
	struct hop_pool *pool = pool_find(edge, endpoint, tenant->next_hop_tls, true);
	struct hop *hop, *opened;

	while ((hop = pool->first) != NULL && hop->state == HOP_IDLE) {
		if (fresh) {
			hop_close(hop);
			continue;
		}
		sl_timer_clear(&hop->timer);
		leave_idle(hop, HOP_LENT);
		edge->stats->hop_reuses++;
		hop->reused = true;
		hop->user = user;
		return hop;
	}
	opened = hop_open(pool, edge, directory, tenant, endpoint, user);
	if (pool->hops_len > opened->snapshot->settings->limits.hop_connections) {
		/* Not a queue (E9): the sender comes again. Said from the loop. */
		sl_conn_close(&opened->conn, false);
		sl_timer_clear(&opened->timer);
		sl_timer_init(&opened->timer, edge->loop, on_too_many, opened);
		sl_timer_set(&opened->timer, 0);
	}
	return opened;
}

static void
hop_keep(struct hop *hop)
{
	const struct sl_settings *settings = hop->snapshot->settings;
	uint64_t age_us = sl_loop_now_us(hop->edge->loop) - hop->opened_us;

	if (hop->messages >= hop->messages_max || age_us > HOP_AGE_US ||
	    hop->pool->idle_len >= HOP_IDLE_MAX || settings->timers.hop_idle_ms == 0 ||
	    hop->edge->stopping || hop->input.len > 0) {
		hop_send(hop, SL_SLICE_LIT("QUIT\r\n"));
		hop->state = HOP_QUIT;
		sl_timer_set(&hop->timer, HOP_QUIT_MS);
		return;
	}
	enter_idle(hop);
	sl_timer_set(&hop->timer, settings->timers.hop_idle_ms);
}

void
hop_release(struct hop *hop, enum hop_end end)
{
	hop->user = NULL;
	switch (end) {
	case HOP_CLEAN:
		hop->messages++;
		hop_keep(hop);
		break;
	case HOP_OPEN:
		hop->messages++;
		hop_send(hop, SL_SLICE_LIT("RSET\r\n"));
		hop->state = HOP_RSET;
		sl_timer_set(&hop->timer, HOP_RSET_MS);
		break;
	case HOP_BROKEN:
		hop_close(hop);
		break;
	}
}

void
hops_close_idle(struct edge *edge)
{
	for (size_t i = 0; i < SL_COUNT(edge->hop_pools); i++)
		for (struct hop_pool *pool = edge->hop_pools[i]; pool != NULL; pool = pool->next)
			while (pool->first != NULL && pool->first->state == HOP_IDLE)
				hop_close(pool->first);
}

void
hops_close(struct edge *edge)
{
	struct hop_pool *next;

	for (size_t i = 0; i < SL_COUNT(edge->hop_pools); i++) {
		for (struct hop_pool *pool = edge->hop_pools[i]; pool != NULL; pool = next) {
			next = pool->next;
			while (pool->first != NULL)
				hop_close(pool->first);
			sl_free(pool);
		}
		edge->hop_pools[i] = NULL;
	}
	hops_sweep(edge);
}

/* ---- opening ---- */

void
hop_send(struct hop *hop, struct sl_slice bytes)
{
	sl_conn_write(&hop->conn, bytes.ptr, bytes.len);
	sl_conn_flush(&hop->conn);
}

static void
send_line(struct hop *hop, const char *verb, const char *argument)
{
	struct sl_buf line;

	sl_buf_init(&line, 600);
	sl_buf_addf(&line, "%s %s\r\n", verb, argument);
	hop_send(hop, sl_buf_slice(&line));
	sl_buf_fini(&line);
}

/* TCP is there, or the TLS handshake ended. */
static void
on_ready(void *ctx, int result)
{
	struct hop *hop = ctx;

	if (result != 0) {
		if (hop->state == HOP_TLS)
			hop_fail(hop, "4.7.5", "TLS with it failed");
		else
			hop_fail(hop, "4.4.1", result == SL_ERR_REFUSED ? "connection refused"
			    : "no connection could be made");
		return;
	}
	sl_conn_want_input(&hop->conn, true);
	if (hop->state == HOP_CONNECTING) {
		hop->state = HOP_GREETING;
		return;
	}
	hop->tls_started = true;
	hop->state = HOP_EHLO;		/* again: what was said in the clear does not count */
	send_line(hop, "EHLO", hop->snapshot->settings->hostname);
}

static void
lend(struct hop *hop)
{
	sl_timer_clear(&hop->timer);
	if (hop->pool->down_said)
		sl_log(SL_LOG_NOTICE, "next hop %s: is back", hop->endpoint->text);
	hop->pool->down_said = false;
	hop->pool->down_until_us = 0;
	if (hop->user == NULL) {	/* who asked has gone: the next one will be glad of it */
		hop_keep(hop);
		return;
	}
	hop->state = HOP_LENT;
	delivery_on_hop_ready(hop->user, hop);
}

static void
refuse(struct hop *hop, const struct sl_smtp_reply *reply, const char *step)
{
	struct answer answer;
	struct answer refusal;
	bool for_good = reply->code >= 500;

	hop_answer(hop, hop->tenant, NULL, 0, reply, &answer);
	answer_set(&refusal, for_good ? 554 : 451, for_good ? "5.3.2" : "4.3.2",
	    "The next hop answered %s with %d %s", step, answer.code, answer.text);
	hop_fail_with(hop, &refusal, for_good);
}

static void
note_name(struct hop *hop, struct sl_slice name)
{
	snprintf(hop->name, sizeof(hop->name), SL_SLICE_FMT, SL_SLICE_ARG(name));
}

static void
greeting_reply(struct hop *hop, const struct sl_smtp_reply *reply)
{
	size_t position = 0;
	struct sl_slice text;
	const unsigned char *space;

	if (reply->code != 220) {
		refuse(hop, reply, "the connection");
		return;
	}
	hop->greeted = true;
	if (memmem(reply->raw.ptr, reply->raw.len, " Exim ", 6) != NULL)
		hop->messages_max = SL_MIN(hop->messages_max, (unsigned)EXIM_MESSAGES);
	if (sl_smtp_reply_line(reply, &position, &text)) {
		space = memchr(text.ptr, ' ', text.len);
		note_name(hop, sl_slice(text.ptr, space == NULL ? text.len : (size_t)(space - text.ptr)));
	}
	hop->state = HOP_EHLO;
	send_line(hop, "EHLO", hop->snapshot->settings->hostname);
}

static void
ehlo_reply(struct hop *hop, const struct sl_smtp_reply *reply)
{
	enum sl_hop_tls tls = hop->pool->tls;

	if (reply->code >= 500 && !hop->tls_started && tls < SL_HOP_TLS_REQUIRE) {
		hop->state = HOP_HELO;
		send_line(hop, "HELO", hop->snapshot->settings->hostname);
		return;
	}
	if (reply->code != 250) {
		refuse(hop, reply, "EHLO");
		return;
	}
	sl_smtp_caps_parse(reply, &hop->caps);
	if (hop->caps.name.len > 0)
		note_name(hop, hop->caps.name);
	hop->caps.name = sl_slice(NULL, 0);	/* was borrowed */
	if (hop->tls_started || tls == SL_HOP_TLS_OFF) {
		lend(hop);
	} else if (hop->caps.flags & SL_SMTP_CAP_STARTTLS) {
		hop->state = HOP_STARTTLS;
		hop_send(hop, SL_SLICE_LIT("STARTTLS\r\n"));
	} else if (tls >= SL_HOP_TLS_REQUIRE) {
		hop_fail(hop, "4.7.4", "it offers no TLS, which is required");
	} else {
		lend(hop);
	}
}

static void
helo_reply(struct hop *hop, const struct sl_smtp_reply *reply)
{
	if (reply->code != 250) {
		refuse(hop, reply, "HELO");
		return;
	}
	hop->caps = (struct sl_smtp_caps){ 0 };
	lend(hop);
}

/* Anything in the clear behind the 220 was put there by somebody else (NO STARTTLS, 2021). */
static void
starttls_reply(struct hop *hop, const struct sl_smtp_reply *reply)
{
	if (reply->code != 220) {
		hop_fail(hop, "4.7.5", "it offered TLS and then refused it");
		return;
	}
	if (hop->input.len > 0 || sl_conn_pending(&hop->conn) > 0) {	/* or it has answered what it was not asked yet */
		hop_fail(hop, "4.7.5", "bytes were injected before TLS began");
		return;
	}
	hop->state = HOP_TLS;
	sl_conn_start_tls(&hop->conn, sl_tls_client_session(hop->snapshot->client_tls,
	    hop->pool->host, hop->pool->tls == SL_HOP_TLS_VERIFY), false);
}

/* ---- replies ---- */

static void
reply_dispatch(struct hop *hop, const struct sl_smtp_reply *reply)
{
	switch (hop->state) {
	case HOP_GREETING:
		greeting_reply(hop, reply);
		break;
	case HOP_EHLO:
		ehlo_reply(hop, reply);
		break;
	case HOP_HELO:
		helo_reply(hop, reply);
		break;
	case HOP_STARTTLS:
		starttls_reply(hop, reply);
		break;
	case HOP_LENT:
		delivery_on_reply(hop->user, reply);
		break;
	case HOP_RSET:
		if (hop->skip_replies > 0)
			hop->skip_replies--;
		else if (reply->code == 250)
			hop_keep(hop);
		else
			hop_close(hop);
		break;
	case HOP_IDLE:		/* it speaks unasked: 421, most likely */
	case HOP_QUIT:
	case HOP_CONNECTING:
	case HOP_TLS:
	case HOP_DEAD:
		hop_close(hop);
		break;
	}
}

/* The connection is over, in whatever state. */
static void
lost(struct hop *hop, const char *why)
{
	struct delivery *user = hop->user;

	switch (hop->state) {
	case HOP_CONNECTING:
	case HOP_GREETING:
	case HOP_EHLO:
	case HOP_HELO:
	case HOP_STARTTLS:
	case HOP_TLS:
		hop_fail(hop, "4.4.2", why);
		break;
	case HOP_LENT:
		hop_close(hop);
		delivery_on_lost(user, why);
		break;
	case HOP_IDLE:
	case HOP_RSET:
	case HOP_QUIT:
	case HOP_DEAD:
		hop_close(hop);
		break;
	}
}

static void
on_input(void *ctx)
{
	struct hop *hop = ctx;
	unsigned char *scratch = hop->edge->scratch;
	struct iovec v = { scratch, SL_SMTP_REPLY_MAX };
	ssize_t n = sl_conn_read(&hop->conn, &v, 1);

	if (n == 0)
		return;
	if (n < 0) {
		lost(hop, "the connection was lost");
		return;
	}
	sl_buf_add(&hop->input, scratch, (size_t)n);
	if (hop->state == HOP_TLS)	/* cannot be: the handshake reads for itself */
		return;
	while (hop->state != HOP_DEAD && hop->input.len > 0) {
		struct sl_smtp_reply reply;
		size_t used;
		int r = sl_smtp_reply_parse(sl_buf_slice(&hop->input), &reply, &used);

		if (r == SL_MORE)
			return;
		if (r < 0) {
			lost(hop, "its reply is no SMTP reply");
			return;
		}
		/* The reply's bytes must outlive its handling, and be gone from `input` before. */
		memcpy(scratch, hop->input.data, used);
		sl_buf_consume(&hop->input, used);
		if (hop->input.len == 0)
			sl_buf_fini(&hop->input);
		r = sl_smtp_reply_parse(sl_slice(scratch, used), &reply, &used);
		SL_ASSERT(r == SL_DONE);
		reply_dispatch(hop, &reply);
	}
}

static void
on_drained(void *ctx)
{
	struct hop *hop = ctx;

	if (hop->state == HOP_LENT)
		delivery_on_drained(hop->user);
}

static void
on_broken(void *ctx)
{
	lost(ctx, "the connection was lost");
}

void
hop_answer(const struct hop *hop, const struct sl_tenant *tenant, const struct sl_slice *keep,
    size_t keep_len, const struct sl_smtp_reply *reply, struct answer *answer)
{
	struct sl_smtp_mask mask = {
		.our_name = sl_slice_str(hop->snapshot->settings->hostname),
		.names = { sl_slice_str(hop->name), sl_slice_str(hop->endpoint->host) },
		.names_len = 2,
		.address = sl_slice_str(hop->endpoint->host),
		.keep_domain = sl_slice_str(tenant->domains_len > 0 ? tenant->domains[0] : ""),
	};
	struct sl_buf text;

	for (size_t i = 0; i < keep_len && i < SL_COUNT(mask.keep); i++)
		mask.keep[mask.keep_len++] = keep[i];
	sl_buf_init(&text, sizeof(answer->text) - 1);
	sl_smtp_mask_text(&text, reply, &mask);
	*answer = (struct answer){ .code = reply->code, .from_hop = true };
	snprintf(answer->enhanced, sizeof(answer->enhanced), SL_SLICE_FMT, SL_SLICE_ARG(reply->enhanced));
	snprintf(answer->text, sizeof(answer->text), "%s", sl_buf_cstr(&text));
	sl_buf_fini(&text);
}
