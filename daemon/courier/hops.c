/*
 * hops.c - next hops that cannot be reached are left alone for a while, whoever's mail is for them; see process.h
 *
 * One that refuses a connection, or says nothing in time, is not tried again for 30 s, then twice as long each time, up to 15 minutes. Then one
 * attempt tries it for all, and the others wait for what comes of that. When it speaks again what waited for it is due at once.
 * Mail goes to the others of its route meanwhile; where there is none it waits in the queue, and its attempts are not counted up.
 *
 * In memory only: the next courier asks each of them once. What waited then for one that speaks again waits for its time, 15 minutes at most.
 *
 * Memory: 1,024 next hops of 250 bytes; of more than these is nothing known.
 */

#include "process.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "sl/log.h"

#define FIRST_US	INT64_C(30000000)
#define LONGEST_US	INT64_C(900000000)
#define DOUBLED_MAX	5u		/* then it is over the longest */

static struct down_hop *
find(struct process *p, const struct route_hop *hop)
{
	for (size_t i = 0; i < p->down_len; i++)
		if (p->down[i].address_len == hop->address_len && memcmp(&p->down[i].address, &hop->address, hop->address_len) == 0)
			return &p->down[i];
	return NULL;
}

static void
name_of(const struct route_hop *hop, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";
	unsigned port = 0;

	if (hop->address.ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)&hop->address;

		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		port = ntohs(v4->sin_port);
	} else if (hop->address.ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&hop->address;

		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		port = ntohs(v6->sin6_port);
	}
	snprintf(out, size, hop->address.ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

enum hops_way
hops_choose(struct process *p, struct route *route, int64_t *until_out)
{
	struct route_hop *kept = route->hops;
	int64_t now = now_us(p);
	bool waits = false;
	size_t len = 0;

	*until_out = INT64_MAX;
	for (size_t i = 0; i < route->len; i++) {
		const struct down_hop *down = find(p, &route->hops[i]);

		if (down != NULL && down->until_us > now) {
			*until_out = SL_MIN(*until_out, down->until_us);
			continue;
		}
		if (down != NULL && down->probes > 0) {
			waits = true;
			continue;
		}
		if (len != i)
			kept[len] = route->hops[i];
		len++;
	}
	if (len == 0)
		return waits ? HOPS_PROBED : HOPS_LEFT;
	route->len = len;
	return HOPS_GO;
}

void
hops_begin(struct process *p, struct route *route)
{
	for (size_t i = 0; i < route->len; i++) {
		struct down_hop *down = find(p, &route->hops[i]);

		route->hops[i].probe = down != NULL;
		if (down != NULL)
			down->probes++;
	}
}

void
hops_end(struct process *p, struct route *route)
{
	for (size_t i = 0; i < route->len; i++) {
		struct down_hop *down = route->hops[i].probe ? find(p, &route->hops[i]) : NULL;

		if (down != NULL && down->probes > 0)
			down->probes--;
		route->hops[i].probe = false;
	}
}

static void
speaks_again(struct process *p, struct down_hop *down, const char *name)
{
	int64_t stamp = down->until_us;

	sl_log(SL_LOG_NOTICE, "the next hop %s can be reached again", name);
	*down = p->down[--p->down_len];
	if (sl_queue_resume(p->queue, stamp, now_us(p)) != 0)
		queue_broken(p, "what waits stays waiting");
	state_changed(p);
	sl_timer_set(&p->due, 0);
}

void
hops_tried(struct process *p, const struct route_hop *hop, bool reached, struct sl_slice why)
{
	struct down_hop *down = find(p, hop);
	char name[INET6_ADDRSTRLEN + 10];

	if (reached && down == NULL)
		return;
	name_of(hop, name, sizeof(name));
	if (reached) {
		speaks_again(p, down, name);
		return;
	}
	if (down == NULL) {
		if (p->down_len == SL_COUNT(p->down))
			return;
		down = &p->down[p->down_len++];
		*down = (struct down_hop){ .address = hop->address, .address_len = hop->address_len };
	}
	if (down->until_us > now_us(p))		/* one that had begun before that was known */
		return;
	down->until_us = now_us(p) + SL_MIN(FIRST_US << SL_MIN(down->failures, DOUBLED_MAX), LONGEST_US);
	down->failures++;
	snprintf(down->why, sizeof(down->why), SL_SLICE_FMT, SL_SLICE_ARG(why));
	if (down->failures == 1)
		sl_log(SL_LOG_WARNING, "the next hop %s cannot be reached: %s: it is left alone for a while", name, down->why);
	state_changed(p);
}

void
hops_forget(struct process *p)
{
	p->down_len = 0;
	state_changed(p);
}

void
hops_say(struct process *p, const struct route *route, struct sl_buf *out)
{
	int64_t now = now_us(p);
	char name[INET6_ADDRSTRLEN + 10];

	for (size_t i = 0; i < route->len; i++) {
		const struct down_hop *down = find(p, &route->hops[i]);

		if (down == NULL || (down->until_us <= now && down->probes == 0))
			continue;
		name_of(&route->hops[i], name, sizeof(name));
		sl_buf_addf(out, "%s%s cannot be reached: %s (%u time%s)", out->len > 0 ? "; " : "", name, down->why, down->failures,
		    down->failures == 1 ? "" : "s");
	}
}
