/* bind.c - listening sockets, one per listener and edge; see parent.h */

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parent.h"
#include "sl/log.h"

#define BACKLOG	1024

static int
socket_for(const struct sl_endpoint *at, bool shared)
{
	int fd = socket(at->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->address.ss_family == AF_INET6)	/* [::] beside 0.0.0.0, not instead of it */
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if ((shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) ||
	    bind(fd, (const struct sockaddr *)&at->address, at->address_len) != 0 ||
	    (shared && listen(fd, BACKLOG) != 0)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
cannot_bind(const struct sl_endpoint *at, struct sl_buf *why)
{
	if (errno == EADDRINUSE)
		sl_buf_addf(why, "cannot listen on %s: the port is in use by another program", at->text);
	else if (errno == EACCES)
		sl_buf_addf(why, "cannot listen on %s: only root may use ports below 1024", at->text);
	else
		sl_buf_addf(why, "cannot listen on %s: %s", at->text, strerror(errno));
	return errno == EADDRINUSE ? SL_ERR_BUSY : SL_ERR_SYSTEM;
}

/* SO_REUSEPORT would let us share the port with another Sluice: ask for it alone first. */
static int
bind_one(const struct sl_endpoint *at, unsigned edges, struct bound *bound, struct sl_buf *why)
{
	int probe = socket_for(at, false);

	if (probe < 0)
		return cannot_bind(at, why);
	close(probe);
	bound->text = sl_xstrdup(at->text);
	for (unsigned i = 0; i < edges; i++) {
		bound->fds[i] = socket_for(at, true);
		if (bound->fds[i] < 0) {
			int r = cannot_bind(at, why);

			while (i-- > 0)
				close(bound->fds[i]);
			sl_free(bound->text);
			return r;
		}
	}
	return 0;
}

static struct bound *
find_bound(struct parent *parent, const char *text)
{
	for (size_t i = 0; i < parent->bound_len; i++)
		if (strcmp(parent->bound[i].text, text) == 0)
			return &parent->bound[i];
	return NULL;
}

static void
unbind(struct bound *bound, unsigned edges)
{
	for (unsigned i = 0; i < edges; i++)
		close(bound->fds[i]);
	sl_free(bound->text);
}

int
bind_listeners(struct parent *parent, const struct sl_settings *settings, struct sl_buf *why)
{
	size_t len = settings->listeners_len, fresh_len = 0;
	struct bound *now = sl_xzalloc(len * sizeof(*now)), **fresh = sl_xzalloc(len * sizeof(*fresh));
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++) {
		const struct sl_endpoint *at = &settings->listeners[i].at;
		struct bound *old = find_bound(parent, at->text);

		if (old != NULL) {
			now[i] = *old;
			continue;
		}
		r = bind_one(at, parent->edges_len, &now[i], why);
		if (r == 0)
			fresh[fresh_len++] = &now[i];
	}
	if (r != 0) {
		while (fresh_len-- > 0)
			unbind(fresh[fresh_len], parent->edges_len);
		sl_free(now);
	} else {
		for (size_t i = 0; i < parent->bound_len; i++) {
			bool kept = false;

			for (size_t j = 0; j < len; j++)
				kept = kept || now[j].text == parent->bound[i].text;
			if (!kept)
				unbind(&parent->bound[i], parent->edges_len);
		}
		sl_free(parent->bound);
		parent->bound = now;
		parent->bound_len = len;
	}
	sl_free(fresh);
	return r;
}
