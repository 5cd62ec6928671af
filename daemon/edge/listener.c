/* listener.c - see listener.h */

#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "session.h"

#define ACCEPT_AT_ONCE	32	/* then others have their turn */
#define PAUSE_MS	100

struct source {
	struct source	*next;
	unsigned char	 address[16];
	unsigned	 sessions;
};

static void
on_pause_over(void *ctx)
{
	struct listener *l = ctx;

	sl_watch_want(&l->watch, SL_READ);
}

static void
on_accept(void *ctx, unsigned events)
{
	struct listener *l = ctx;

	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		int fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			session_new(l->edge, fd, &peer, l->settings, l->snapshot);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK) {
			sl_log(SL_LOG_ERROR, "cannot accept on %s: %s", l->settings->at.text,
			    strerror(errno));
			sl_watch_want(&l->watch, 0);
			sl_timer_set(&l->pause, PAUSE_MS);
		}
		return;
	}
}

void
listeners_close(struct edge *edge)
{
	struct listener *next;

	for (struct listener *l = edge->listeners; l != NULL; l = next) {
		next = l->next;
		sl_watch_fini(&l->watch);
		sl_timer_clear(&l->pause);
		close(l->fd);
		snapshot_unref(&l->snapshot);
		sl_free(l);
	}
	edge->listeners = NULL;
}

void
edge_use_listeners(struct edge *edge, const int *fds, size_t fds_len)
{
	const struct sl_settings *settings = edge->snapshot->settings;

	SL_ASSERT(fds_len == settings->listeners_len);
	listeners_close(edge);
	for (size_t i = 0; i < fds_len; i++) {
		struct listener *l = sl_xzalloc(sizeof(*l));

		l->edge = edge;
		l->snapshot = snapshot_ref(edge->snapshot);
		l->settings = &settings->listeners[i];
		l->fd = fds[i];
		l->next = edge->listeners;
		edge->listeners = l;
		sl_timer_init(&l->pause, edge->loop, on_pause_over, l);
		sl_watch_init(&l->watch, edge->loop, l->fd, on_accept, l);
		sl_watch_want(&l->watch, SL_READ);
	}
}

/* ---- addresses ---- */

void
address_bytes(const struct sockaddr_storage *address, unsigned char out[16])
{
	memset(out, 0, 16);
	if (address->ss_family == AF_INET6) {
		memcpy(out, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	} else if (address->ss_family == AF_INET) {
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
	}
}

static bool
is_mapped(const unsigned char bytes[16])
{
	static const unsigned char prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return memcmp(bytes, prefix, sizeof(prefix)) == 0;
}

void
address_text(const struct sockaddr_storage *address, char out[64])
{
	unsigned char bytes[16];

	address_bytes(address, bytes);
	if (is_mapped(bytes))
		inet_ntop(AF_INET, bytes + 12, out, 64);
	else
		inet_ntop(AF_INET6, bytes, out, 64);
}

bool
address_is_loopback(const struct sockaddr_storage *address)
{
	static const unsigned char one[16] = { [15] = 1 };
	unsigned char bytes[16];

	address_bytes(address, bytes);
	return is_mapped(bytes) ? bytes[12] == 127 : memcmp(bytes, one, 16) == 0;
}

/* ---- sessions per source ---- */

static struct source **
source_find(struct edge *edge, const unsigned char bytes[16])
{
	struct source **at = &edge->sources[sl_hash(bytes, 16) % SL_COUNT(edge->sources)];

	while (*at != NULL && memcmp((*at)->address, bytes, 16) != 0)
		at = &(*at)->next;
	return at;
}

bool
source_enter(struct edge *edge, const struct sockaddr_storage *address)
{
	unsigned limit = edge->snapshot->settings->limits.sessions_per_source;
	unsigned char bytes[16];
	struct source **at;

	if (address_is_loopback(address))
		return true;
	address_bytes(address, bytes);
	at = source_find(edge, bytes);
	if (*at != NULL && limit > 0 && (*at)->sessions >= limit)
		return false;
	if (*at == NULL) {
		*at = sl_xzalloc(sizeof(**at));
		memcpy((*at)->address, bytes, 16);
	}
	(*at)->sessions++;
	return true;
}

void
source_leave(struct edge *edge, const struct sockaddr_storage *address)
{
	unsigned char bytes[16];
	struct source **at, *source;

	address_bytes(address, bytes);
	at = source_find(edge, bytes);
	SL_ASSERT(*at != NULL && (*at)->sessions > 0);
	source = *at;
	if (--source->sessions == 0) {
		*at = source->next;
		sl_free(source);
	}
}
