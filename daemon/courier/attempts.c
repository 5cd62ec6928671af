/* attempts.c - what is due is sent, several beside each other; see process.h */

#include "process.h"

#include <stdio.h>

#include "sl/log.h"

#define WALK_MAX	1000u		/* due entries that are looked at in a turn */
#define BLOCKED_MS	250u		/* something is due, and has to wait for others */
#define WAKE_MAX_MS	60000u
#define TEXT_MAX	400u

/* ---- the front: our trace ---- */

/* What a sender said of itself, made safe for a header. */
static void
add_safe(struct sl_buf *out, struct sl_slice text)
{
	for (size_t i = 0; i < SL_MIN(text.len, (size_t)TEXT_MAX); i++) {
		unsigned char c = text.ptr[i];

		sl_buf_add_byte(out, c <= 0x20 || c >= 0x7f || memchr("()<>\"\\;,", c, 8) != NULL ? '?' : c);
	}
}

static void
add_date(struct sl_buf *out, int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;
	char text[64];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	sl_buf_add_str(out, text);
}

/* The same at each attempt, so that copies that a lost reply made are the same to the last byte. */
void
fetch_front(const struct process *p, const struct sl_queue_entry *e, const struct sl_queue_release *release, struct sl_buf *out)
{
	char id[SL_KEPT_ID_DIGITS + 1];
	bool v6 = release->client.len > 0 && memchr(release->client.ptr, ':', release->client.len) != NULL;

	sl_kept_id_write(e->ref, id);
	sl_buf_addf(out, "X-Sluice-Released: id=%s; kept=", id);
	add_safe(out, release->category.len > 0 ? release->category : release->verdict);
	sl_buf_add_str(out, ";\r\n\t");
	add_date(out, e->created_us);
	sl_buf_add_str(out, "\r\nReceived: from ");
	add_safe(out, release->helo.len > 0 ? release->helo : SL_SLICE_LIT("unknown"));
	sl_buf_addf(out, " ([%s", v6 ? "IPv6:" : "");
	add_safe(out, release->client);
	sl_buf_addf(out, "])\r\n\tby %s (Sluice) with SMTP id ", p->settings->hostname);
	add_safe(out, release->trace.len > 0 ? release->trace : sl_slice_str(id));
	sl_buf_add_str(out, ";\r\n\t");
	add_date(out, release->received_us);
	sl_buf_add_str(out, "\r\n");
}

/* ---- the message's bytes ---- */

static bool
fetch_say(struct process *p, const struct sl_courier_fetch *fetch)
{
	struct sl_buf payload;

	if (p->vault == NULL || p->vault->failed != 0)
		return false;
	sl_buf_init(&payload, 256);
	sl_courier_pack_fetch(fetch, &payload);
	client_say(p->vault, SL_IPC_FETCH, &payload);
	sl_buf_fini(&payload);
	return p->vault->failed == 0;
}

static void
fetch_begin(struct attempt *a)
{
	struct process *p = a->process;
	struct sl_courier_fetch fetch = { .number = ++p->fetches, .room = WINDOW_BYTES, .tenant = sl_slice_str(a->tenant),
		.ref = sl_slice(a->ref, sizeof(a->ref)) };

	a->fetch.number = fetch.number;
	a->fetch.result = fetch_say(p, &fetch) ? SL_MORE : SL_ERR_CLOSED;
}

/* Room is given again when a quarter of it has been used. */
static void
fetch_took(struct attempt *a, size_t len)
{
	struct fetch *f = &a->fetch;

	f->at += len;
	f->taken += len;
	if (f->at == f->bytes.len) {
		sl_buf_reset(&f->bytes);
		f->at = 0;
	}
	if (f->taken < WINDOW_BYTES / 4 || f->result != SL_MORE)
		return;
	if (!fetch_say(a->process, &(struct sl_courier_fetch){ .number = f->number, .room = (uint32_t)f->taken }))
		f->result = SL_ERR_CLOSED;
	f->taken = 0;
}

static int
source(void *ctx, struct sl_buf *out)
{
	struct attempt *a = ctx;
	struct fetch *f = &a->fetch;
	size_t len;

	if (f->number == 0) {
		fetch_begin(a);
		sl_buf_add_slice(out, sl_buf_slice(&f->front));
		return SL_MORE;
	}
	len = SL_MIN(f->bytes.len - f->at, (size_t)SL_SEND_PIECE);
	if (len > 0) {
		sl_buf_add(out, f->bytes.data + f->at, len);
		fetch_took(a, len);
		return SL_MORE;
	}
	if (f->result == SL_DONE && f->got != f->want)
		return SL_ERR_TRUNCATED;
	return f->result;
}

bool
attempts_fetched(struct process *p, struct sl_slice payload)
{
	struct sl_courier_fetched said;

	if (sl_courier_unpack_fetched(payload, &said) != 0)
		return false;
	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		struct attempt *a = &p->attempts[i];
		struct fetch *f = &a->fetch;

		if (a->send == NULL || f->number != said.number || f->number == 0 || f->result != SL_MORE)
			continue;
		if (f->at > 0) {
			sl_buf_consume(&f->bytes, f->at);
			f->at = 0;
		}
		sl_buf_add_slice(&f->bytes, said.bytes);
		f->got += said.bytes.len;
		f->result = f->bytes.overflow ? SL_ERR_FULL : said.result;	/* more than there was room for */
		sl_send_wake(a->send);
	}
	return true;
}

void
attempts_vault_gone(struct process *p)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		struct attempt *a = &p->attempts[i];

		if (a->send == NULL || a->fetch.number == 0 || a->fetch.result != SL_MORE)
			continue;
		a->fetch.result = SL_ERR_CLOSED;
		sl_send_wake(a->send);
	}
}

/* ---- the end of an attempt ---- */

static void
attempt_free(struct attempt *a)
{
	if (a->fetch.number != 0 && a->fetch.result == SL_MORE)
		(void)fetch_say(a->process, &(struct sl_courier_fetch){ .number = a->fetch.number });
	sl_send_free(&a->send);
	hops_end(a->process, &a->route);
	sl_buf_fini(&a->fetch.front);
	sl_buf_fini(&a->fetch.bytes);
}

static void
log_outcome(struct process *p, const struct sl_queue_entry *e, unsigned uncertain_before)
{
	const struct sl_queue_rcpt *rcpt = &e->rcpts[0];

	for (size_t i = 0; i < e->rcpts_len; i++)
		if (e->rcpts[i].state != SL_QUEUE_RCPT_TAKEN)
			rcpt = &e->rcpts[i];
	p->delivered += e->state == SL_QUEUE_DELIVERED;
	p->failures += e->state == SL_QUEUE_FAILED;
	p->lost += e->uncertain - SL_MIN(uncertain_before, e->uncertain);
	sl_log(e->state == SL_QUEUE_DELIVERED ? SL_LOG_NOTICE : SL_LOG_WARNING, "%s %lld of " SL_SLICE_FMT ": %s: " SL_SLICE_FMT,
	    sl_queue_purpose_word(e->purpose), (long long)e->id, SL_SLICE_ARG(e->tenant), sl_queue_state_word(e->state),
	    SL_SLICE_ARG(rcpt->reply));
}

const struct sl_queue_entry *
attempt_ended(struct process *p, int64_t id, unsigned uncertain)
{
	const struct sl_queue_entry *e;

	if (sl_queue_get(p->queue, id, &e) != 0) {
		queue_broken(p, "an attempt is not recorded");
		return NULL;
	}
	log_outcome(p, e, uncertain);
	clients_settle(p);
	state_changed(p);
	sl_timer_set(&p->due, 0);
	return sl_queue_get(p->queue, id, &e) == 0 ? e : NULL;
}

/* None of its next hops could be reached. That is no fault of this mail: it waits as all the rest does that goes there (try_one). */
static int
wait_for_hops(struct process *p, int64_t id, struct route *route)
{
	int64_t until;

	return hops_choose(p, route, &until) == HOPS_LEFT ? sl_queue_hurry(p->queue, id, now_us(p)) : 0;
}

static void
on_tried(void *ctx, size_t hop, bool reached, struct sl_slice why)
{
	struct attempt *a = ctx;

	hops_tried(a->process, &a->route.hops[hop], reached, why);
}

static void
on_sent(void *ctx, struct sl_send *send, int result)
{
	struct attempt *a = ctx;
	struct process *p = a->process;
	const struct sl_queue_entry *e;
	bool reached = sl_send_reached(send), gone = a->fetch.number != 0 && a->fetch.result == SL_ERR_NOT_FOUND;
	unsigned uncertain = a->uncertain;
	uint32_t number = a->lent ? a->number : 0;
	int64_t id = a->id;
	int r = 0;

	attempt_free(a);
	if (result != 0) {
		queue_broken(p, "an attempt is not recorded");
		return;
	}
	if (number != 0)
		lent_over(p, id, number);
	if ((e = attempt_ended(p, id, uncertain)) == NULL)
		return;
	if (gone && (e->state == SL_QUEUE_WAITING || e->state == SL_QUEUE_UNCERTAIN))
		r = sl_queue_cancel(p->queue, id, now_us(p));	/* the vault has it no more, or has it back */
	else if (!reached && e->state == SL_QUEUE_WAITING)
		r = wait_for_hops(p, id, &a->route);
	if (r != 0)
		queue_broken(p, "an entry stays as it is");
	else if (gone)
		clients_settle(p);
}

static void
on_lend(void *ctx, int fd, const struct sl_last_state *state)
{
	struct attempt *a = ctx;

	a->lent = true;
	lend(a->process, a->id, a->number, fd, state);
}

/* ---- the beginning ---- */

static unsigned
under_way(const struct process *p, const char *tenant, uint64_t first)
{
	unsigned n = 0;

	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		n += p->attempts[i].send != NULL &&
		    (tenant != NULL ? strcmp(p->attempts[i].tenant, tenant) == 0 : p->attempts[i].route.first == first);
	return n;
}

static struct attempt *
attempt_room(struct process *p)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (p->attempts[i].send == NULL)
			return &p->attempts[i];
	return NULL;
}

/* It waits for better times, and says why. */
static int
no_route(struct process *p, const struct sl_queue_entry *e, const char *why)
{
	struct sl_queue_said said[1] = { { 0, 0, sl_slice_str(why) } };
	int64_t id = e->id;
	int r;

	for (size_t i = 0; i < e->rcpts_len; i++)	/* the first that is open */
		if (e->rcpts[i].state == SL_QUEUE_RCPT_OPEN || e->rcpts[i].state == SL_QUEUE_RCPT_IN_DOUBT) {
			said[0].rcpt = i;
			break;
		}
	r = sl_queue_claim(p->queue, id, now_us(p));
	return r != 0 ? r : sl_queue_answer(p->queue, id, said, 1, now_us(p));
}

static bool
is_utf8(const struct sl_queue_entry *e)
{
	bool found = false;

	for (size_t i = 0; i < e->sender.len; i++)
		found |= e->sender.ptr[i] >= 0x80;
	for (size_t n = 0; n < e->rcpts_len; n++)
		for (size_t i = 0; i < e->rcpts[n].mailbox.len; i++)
			found |= e->rcpts[n].mailbox.ptr[i] >= 0x80;
	return found;
}

static void
fetch_prepare(struct attempt *a, const struct sl_queue_entry *e, struct sl_send_job *job)
{
	struct process *p = a->process;
	const struct sl_queue_release *release;

	sl_buf_init(&a->fetch.front, 8192);
	sl_buf_init(&a->fetch.bytes, WINDOW_BYTES + 65536);
	if (!e->has_ref || sl_queue_release_get(p->queue, e->id, &release) != 0)
		return;
	memcpy(a->ref, e->ref, sizeof(a->ref));
	fetch_front(p, e, release, &a->fetch.front);
	a->fetch.want = release->bytes;
	job->bytes = release->bytes + a->fetch.front.len;
	job->is_8bit = (release->flags & SL_COURIER_8BIT) != 0;
	job->smtputf8 |= (release->flags & SL_COURIER_SMTPUTF8) != 0;
	job->source = source;
}

static int
begin(struct process *p, struct attempt *a, const struct sl_queue_entry *e, const struct route *route)
{
	const struct sl_timers *timers = &p->settings->timers;
	struct sl_send_hop others[SL_SEND_HOPS_MAX];
	struct sl_send_job job = { .loop = p->loop, .pool = p->pool, .queue = p->queue, .id = e->id,
		.name = sl_slice_str(p->settings->hostname), .tls = route->tls, .tls_context = p->tls, .verify = route->verify,
		.is_8bit = true, .smtputf8 = is_utf8(e), .lend = on_lend,
		.tried = on_tried, .done = on_sent, .ctx = a, .connect_ms = timers->connect_ms,
		.final_ms = timers->hop_final_ms };

	memset(a, 0, sizeof(*a));
	a->process = p;
	a->id = e->id;
	a->number = e->attempts + 1;	/* claimed in a moment */
	a->uncertain = e->uncertain;
	a->route = *route;
	snprintf(a->tenant, sizeof(a->tenant), SL_SLICE_FMT, SL_SLICE_ARG(e->tenant));
	for (size_t i = 1; i < route->len; i++)
		others[i - 1] = (struct sl_send_hop){ (const struct sockaddr *)&a->route.hops[i].address,
			a->route.hops[i].address_len, a->route.hops[i].host };
	job.address = (const struct sockaddr *)&a->route.hops[0].address;
	job.address_len = a->route.hops[0].address_len;
	job.host = a->route.hops[0].host;
	job.others = others;
	job.others_len = route->len - 1;
	hops_begin(p, &a->route);
	fetch_prepare(a, e, &job);
	return sl_send_new(&job, &a->send);
}

/* One that is due. *blocked_out: it has to wait for others. */
static int
try_one(struct process *p, int64_t id, bool *blocked_out)
{
	const struct sl_queue_entry *e;
	struct attempt *a = attempt_room(p);
	struct route route;
	const char *why;
	int64_t until;
	int r = sl_queue_get(p->queue, id, &e);

	if (r != 0)
		return r;
	if (e->has_ref && p->vault == NULL) {
		*blocked_out = true;
		return 0;
	}
	if (!route_find(p, e, &route, &why))
		return no_route(p, e, why);
	switch (hops_choose(p, &route, &until)) {
	case HOPS_GO:
		break;
	case HOPS_PROBED:
		*blocked_out = true;
		return 0;
	case HOPS_LEFT:
		return sl_queue_postpone(p->queue, e->tenant, until);
	}
	if (under_way(p, NULL, route.first) >= ATTEMPTS_TENANT) {
		*blocked_out = true;
		return 0;
	}
	r = begin(p, a, e, &route);
	if (r != 0)
		attempt_free(a);
	return r;
}

static void
wake_again(struct process *p, bool blocked)
{
	int64_t wake = sl_queue_wake_us(p->queue), now = now_us(p);
	uint64_t ms = WAKE_MAX_MS;

	if (blocked)
		ms = BLOCKED_MS;
	else if (wake != INT64_MAX)
		ms = wake <= now ? BLOCKED_MS : SL_MIN((uint64_t)(wake - now) / 1000 + 1, (uint64_t)WAKE_MAX_MS);
	sl_timer_set(&p->due, ms);
}

void
attempts_due(void *process)
{
	struct process *p = process;
	struct sl_queue_walk walk = { 0 };
	bool blocked = false;
	int r = SL_DONE;

	if (p->queue == NULL || p->failed || p->stopping)
		return;
	if (p->vault != NULL && p->vault->failed != 0)
		client_end(p->vault);
	for (unsigned n = 0; n < WALK_MAX && attempt_room(p) != NULL; n++) {
		r = sl_queue_due_next(p->queue, now_us(p), &walk);
		if (r != SL_DONE)
			break;
		if (under_way(p, walk.tenant, 0) >= ATTEMPTS_TENANT) {
			blocked = true;
			continue;
		}
		r = try_one(p, walk.id, &blocked);
		if (r < 0)
			break;
		r = SL_DONE;
	}
	if (r == SL_ERR_FULL) {		/* nothing can be recorded, so nothing is tried */
		sl_log(SL_LOG_ERROR, "cannot try what is due: %s", sl_queue_error(p->queue));
		sl_timer_set(&p->due, WAKE_MAX_MS);
		return;
	}
	if (r < 0) {
		queue_broken(p, "cannot try what is due");
		return;
	}
	wake_again(p, blocked || attempt_room(p) == NULL);
}

void
attempts_end(struct process *p)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (p->attempts[i].send != NULL)
			attempt_free(&p->attempts[i]);
}

void
attempts_stop(struct process *p)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (p->attempts[i].send != NULL && !sl_send_is_last(p->attempts[i].send))
			attempt_free(&p->attempts[i]);
}

bool
attempts_any(const struct process *p)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (p->attempts[i].send != NULL)
			return true;
	for (size_t i = 0; i < SL_COUNT(p->adopted); i++)
		if (p->adopted[i].id != 0)
			return true;
	return false;
}
