/* hosts.c - see hosts.h */

#include "hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/ipc.h"
#include "sl/log.h"
#include "store/walk.h"

#define FILE_MAX	((size_t)64 << 20)
#define SAVE_MS		2000	/* so long after a change */
#define SETTLE_MS	50	/* answers that come close together are one change */
#define SETTLE_MAX_MS	1000	/* while new names are still being looked up */

enum { FRESH, ROUND, RESOLVERS };

struct resolver {
	struct hosts	*hosts;
	struct sl_ipc	*ipc;		/* NULL: it has died */
	struct sl_watch	 watch;
	size_t		 at;		/* of `hosts`: what it is asked next; what it was asked is before that */
	bool		 asked;		/* an answer is awaited */
};

struct hosts {
	struct sl_loop	*loop;
	struct sl_store	*store;
	char		*path;
	void		(*changed)(void *ctx);
	void		*ctx;
	struct host	*hosts;		/* in the order in which they came */
	size_t		 len, size;
	uint32_t	*slots;		/* of hosts by name, + 1 */
	size_t		 slots_len;
	struct resolver	 resolvers[RESOLVERS];
	struct sl_timer	 round, save, settle;
	uint64_t	 unsettled_us;	/* since when there is something to tell; 0: nothing */
};

/* ---- the table ---- */

static uint32_t *
slot_of(const struct hosts *h, struct sl_slice name)
{
	for (size_t at = sl_hash(name.ptr, name.len) & (h->slots_len - 1);; at = (at + 1) & (h->slots_len - 1)) {
		uint32_t *slot = &h->slots[at];

		if (*slot == 0 || sl_slice_eq(sl_slice_str(h->hosts[*slot - 1].name), name))
			return slot;
	}
}

static void
slots_grow(struct hosts *h)
{
	sl_free(h->slots);
	h->slots_len = SL_MAX(h->slots_len * 2, (size_t)64);
	h->slots = sl_xzalloc(h->slots_len * sizeof(*h->slots));
	for (size_t i = 0; i < h->len; i++)
		*slot_of(h, sl_slice_str(h->hosts[i].name)) = (uint32_t)i + 1;
}

static struct host *
host_add(struct hosts *h, struct sl_slice name)
{
	uint32_t *slot;

	if (h->len * 2 >= h->slots_len)
		slots_grow(h);
	slot = slot_of(h, name);
	if (*slot != 0)
		return &h->hosts[*slot - 1];
	if (h->len == h->size) {
		h->size = SL_MAX(h->size * 2, (size_t)16);
		h->hosts = sl_xrealloc(h->hosts, h->size * sizeof(*h->hosts));
	}
	h->hosts[h->len] = (struct host){ .name = (char *)sl_xmemdup(name.ptr, name.len), .asked = true };
	*slot = (uint32_t)++h->len;
	return &h->hosts[h->len - 1];
}

const struct host *
hosts_find(const struct hosts *h, struct sl_slice name)
{
	uint32_t slot = h->len == 0 ? 0 : *slot_of(h, name);

	return slot == 0 ? NULL : &h->hosts[slot - 1];
}

bool
hosts_waiting(const struct hosts *h)
{
	for (size_t i = h->resolvers[FRESH].at; i < h->len; i++)
		if (h->hosts[i].asked)
			return true;
	return h->resolvers[FRESH].asked;
}

void
hosts_count(const struct hosts *h, uint64_t *unknown, uint64_t *failing)
{
	*unknown = *failing = 0;
	for (size_t i = 0; i < h->len; i++) {
		*unknown += h->hosts[i].used && !h->hosts[i].known;
		*failing += h->hosts[i].used && h->hosts[i].known && h->hosts[i].failing_s != 0;
	}
}

/* ---- the file: a line for each name, its address, and since when it fails ---- */

static void
load_line(struct hosts *h, char *line)
{
	char *rest = line, *name = strsep(&rest, " "), *address = strsep(&rest, " ");
	struct host *host;
	unsigned char bytes[16];
	uint64_t failing = 0;

	if (address == NULL || *name == '\0' || inet_pton(AF_INET6, address, bytes) != 1)
		return;
	host = host_add(h, sl_slice_str(name));
	host->asked = false;
	host->known = true;
	memcpy(host->address, bytes, sizeof(bytes));
	if (rest != NULL && sl_slice_to_u64(sl_slice_str(rest), INT64_MAX, &failing) == 0)
		host->failing_s = (int64_t)failing;
}

static void
load(struct hosts *h)
{
	FILE *file = fopen(h->path, "re");
	char line[512];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		load_line(h, line);
	}
	fclose(file);
}

static void
save(void *ctx)
{
	struct hosts *h = ctx;
	char *fresh = sl_xasprintf("%s.tmp", h->path), text[INET6_ADDRSTRLEN];
	FILE *file = fopen(fresh, "we");
	bool good = file != NULL;

	for (size_t i = 0; good && i < h->len; i++) {
		const struct host *host = &h->hosts[i];

		if (host->known && host->used && inet_ntop(AF_INET6, host->address, text, sizeof(text)) != NULL)
			fprintf(file, "%s %s %lld\n", host->name, text, (long long)host->failing_s);
	}
	if (file != NULL)
		good = fclose(file) == 0;
	if (!good || rename(fresh, h->path) != 0)
		sl_log(SL_LOG_WARNING, "%s: %s: addresses of next hops are not kept", h->path, strerror(errno));
	sl_free(fresh);
}

/* ---- telling ---- */

static void
tell(void *ctx)
{
	struct hosts *h = ctx;

	h->unsettled_us = 0;
	h->changed(h->ctx);
}

static void
settle(struct hosts *h)
{
	uint64_t now = sl_loop_now_us(h->loop);

	if (h->unsettled_us == 0)
		h->unsettled_us = now;
	if (!hosts_waiting(h) || now - h->unsettled_us >= SETTLE_MAX_MS * 1000u)
		sl_timer_set(&h->settle, 1);
	else
		sl_timer_set(&h->settle, hosts_waiting(h) ? SETTLE_MAX_MS : SETTLE_MS);
}

struct changed {
	struct hosts	*hosts;
	void		(*each)(void *ctx, int64_t tenant);
	void		*ctx;
	int64_t		 last;
};

static int
on_changed_route(void *ctx, const struct sl_route_row *row)
{
	struct changed *c = ctx;
	const struct host *host = hosts_find(c->hosts, row->route.host);

	if (host != NULL && host->changed && row->tenant != c->last) {
		c->last = row->tenant;
		c->each(c->ctx, row->tenant);
	}
	return 0;
}

void
hosts_changed(struct hosts *h, void (*each)(void *ctx, int64_t tenant), void *ctx)
{
	static const struct sl_walk walk = { .route = on_changed_route };
	struct changed changed = { h, each, ctx, 0 };
	bool any = false;

	for (size_t i = 0; i < h->len && !any; i++)
		any = h->hosts[i].changed;
	if (any && sl_store_walk(h->store, &walk, &changed, SL_NODE_OPERATOR, NULL) != 0)
		sl_log(SL_LOG_ERROR, "next hops: %s", sl_store_error(h->store));
	for (size_t i = 0; any && i < h->len; i++)
		h->hosts[i].changed = false;
}

/* ---- asking ---- */

static void
resolver_end(struct resolver *r)
{
	if (r->ipc == NULL)
		return;
	sl_watch_fini(&r->watch);
	sl_ipc_free(&r->ipc);
	r->asked = false;
}

/* The next name, if nothing is being asked. */
static void
ask_next(struct resolver *r)
{
	struct hosts *h = r->hosts;
	bool fresh = r == &h->resolvers[FRESH];

	while (r->ipc != NULL && !r->asked && r->at < h->len) {
		struct host *host = &h->hosts[r->at++];

		if (fresh ? !host->asked : (!host->used || host->asked))
			continue;
		if (sl_ipc_send(r->ipc, SL_IPC_RESOLVE, sl_slice_str(host->name), NULL, 0) != 0)
			resolver_end(r);
		else
			r->asked = true;
	}
}

static void
on_answer(struct hosts *h, struct host *host, struct sl_slice address)
{
	int64_t now_s = sl_loop_clock(h->loop)->wall_us(sl_loop_clock(h->loop)->ctx) / 1000000;
	bool first = host->asked, failed = host->failing_s != 0;

	host->asked = false;
	if (address.len == sizeof(host->address)) {
		if (host->failing_s != 0)
			sl_log(SL_LOG_NOTICE, "next hop %s can be looked up again", host->name);
		host->failing_s = 0;
		if (!host->known || memcmp(host->address, address.ptr, address.len) != 0) {
			memcpy(host->address, address.ptr, address.len);
			host->known = host->changed = true;
			sl_timer_set(&h->save, SAVE_MS);
		}
	} else if (host->failing_s == 0) {
		sl_log(SL_LOG_WARNING, "next hop %s cannot be looked up%s", host->name, host->known ?
		    ": the address that it had is used" : ": mail to it is deferred");
		host->failing_s = now_s;
		sl_timer_set(&h->save, SAVE_MS);
	}
	if (host->changed || first || failed != (host->failing_s != 0))
		settle(h);
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct resolver *r = ctx;
	struct sl_unpack in = { .rest = message->payload };
	struct sl_slice name = sl_unpack_bytes(&in);
	const struct host *host = in.failed ? NULL : hosts_find(r->hosts, name);

	if (!in.failed && name.len == 0 && r->asked)	/* it died of that, or meanwhile */
		host = &r->hosts->hosts[r->at - 1];
	r->asked = false;
	if (host != NULL)
		on_answer(r->hosts, &r->hosts->hosts[host - r->hosts->hosts], in.rest);
}

static void
on_resolver(void *ctx, unsigned events)
{
	struct resolver *r = ctx;

	if (sl_ipc_read(r->ipc, on_message, r) < 0) {
		sl_log(SL_LOG_ERROR, "a resolver has ended: next hops keep their addresses");
		resolver_end(r);
		return;
	}
	ask_next(r);
}

/* ---- what there is ---- */

static int
on_route(void *ctx, const struct sl_route_row *row)
{
	struct hosts *h = ctx;
	unsigned char address[16];
	char text[256];

	if (row->route.host.len == 0 || row->route.host.len >= sizeof(text))
		return 0;
	memcpy(text, row->route.host.ptr, row->route.host.len);
	text[row->route.host.len] = '\0';
	if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
		host_add(h, row->route.host)->used = true;
	return 0;
}

void
hosts_note(struct hosts *h, struct sl_node node)
{
	static const struct sl_walk walk = { .route = on_route };

	if (sl_store_walk(h->store, &walk, h, node, NULL) < 0)
		return;			/* a tenant that is gone */
	ask_next(&h->resolvers[FRESH]);
}

static void
on_round(void *ctx)
{
	struct hosts *h = ctx;

	for (size_t i = 0; i < h->len; i++)
		h->hosts[i].used = false;
	hosts_note(h, SL_NODE_OPERATOR);
	if (!h->resolvers[ROUND].asked)
		h->resolvers[ROUND].at = 0;
	ask_next(&h->resolvers[ROUND]);
	sl_timer_set(&h->round, HOSTS_ROUND_MS);
}

struct hosts *
hosts_new(struct sl_loop *loop, struct sl_store *store, const char *directory, const int fds[2], void (*changed)(void *ctx),
    void *ctx)
{
	struct hosts *h = sl_xzalloc(sizeof(*h));

	*h = (struct hosts){ .loop = loop, .store = store, .changed = changed, .ctx = ctx };
	h->path = sl_xasprintf("%s/" HOSTS_FILE, directory);
	load(h);
	for (int i = 0; i < RESOLVERS; i++) {
		struct resolver *r = &h->resolvers[i];

		r->hosts = h;
		r->ipc = sl_ipc_new(fds[i], SL_IPC_BIT(RESOLVED));
		sl_watch_init(&r->watch, loop, fds[i], on_resolver, r);
		sl_watch_want(&r->watch, SL_READ);
	}
	sl_timer_init(&h->round, loop, on_round, h);
	sl_timer_init(&h->save, loop, save, h);
	sl_timer_init(&h->settle, loop, tell, h);
	on_round(h);
	return h;
}

void
hosts_free(struct hosts **hosts)
{
	struct hosts *h = *hosts;

	*hosts = NULL;
	if (h == NULL)
		return;
	if (sl_timer_is_set(&h->save))
		save(h);
	sl_timer_clear(&h->round);
	sl_timer_clear(&h->save);
	sl_timer_clear(&h->settle);
	for (int i = 0; i < RESOLVERS; i++)
		resolver_end(&h->resolvers[i]);
	for (size_t i = 0; i < h->len; i++)
		sl_free(h->hosts[i].name);
	sl_free(h->hosts);
	sl_free(h->slots);
	sl_free(h->path);
	sl_free(h);
}

/* ---- for jobs ---- */

int
hosts_memory(const struct hosts *h)
{
	int fd = memfd_create("addresses", MFD_CLOEXEC);
	struct sl_buf out;
	size_t done = 0;

	sl_buf_init(&out, FILE_MAX);
	for (size_t i = 0; h != NULL && i < h->len; i++) {
		if (!h->hosts[i].known)
			continue;
		sl_pack_bytes(&out, sl_slice_str(h->hosts[i].name));
		sl_buf_add(&out, h->hosts[i].address, sizeof(h->hosts[i].address));
	}
	while (fd >= 0 && done < out.len) {
		ssize_t n = write(fd, out.data + done, out.len - done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			fd = -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	sl_buf_fini(&out);
	return fd;
}
