/* edge_dns_i.c - see edge_dns_i.h */

#include "edge_dns_i.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dnsbuild.h"

#define QR_RD_RA	0x8180u
#define SERVFAIL	2u
#define NXDOMAIN	3u

void
dns_use_zone(struct dns *dns, const char *zone)
{
	char *error;

	sl_dnszone_free(&dns->zone);
	dns->zone = sl_dnszone_parse(sl_slice_str(zone), &error);
	if (dns->zone == NULL)
		fprintf(stderr, "%s\n", error);
	SL_ASSERT(dns->zone != NULL);
}

void
dns_open(struct dns *dns, const char *zone)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	*dns = (struct dns){ .fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) };
	SL_ASSERT(dns->fd >= 0 && bind(dns->fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	SL_ASSERT(getsockname(dns->fd, (struct sockaddr *)&at, &len) == 0);
	dns->port = ntohs(at.sin_port);
	dns_use_zone(dns, zone);
}

/* The name and type of a question; the name's end in *at. */
static void
question(const struct dns_held *q, char name[SL_DNS_NAME_MAX + 1], unsigned *type)
{
	size_t at = 12, len = 0;

	while (q->bytes[at] != 0) {
		if (len > 0)
			name[len++] = '.';
		memcpy(name + len, q->bytes + at + 1, q->bytes[at]);
		len += q->bytes[at];
		at += q->bytes[at] + 1u;
	}
	name[len] = '\0';
	*type = (unsigned)q->bytes[at + 1] << 8 | q->bytes[at + 2];
}

static enum dns_kind
kind_of(const char *name, unsigned type)
{
	if (strstr(name, "list.test") != NULL || strstr(name, "dbl.test") != NULL)
		return DNS_KIND_LIST;
	if (type == SL_DNS_PTR)
		return DNS_KIND_PTR;
	if (type != SL_DNS_TXT)
		return DNS_KIND_ADDRESS;
	return strstr(name, "_domainkey") != NULL ? DNS_KIND_DKIM
	    : strstr(name, "_dmarc.") != NULL ? DNS_KIND_DMARC : DNS_KIND_SPF;
}

static void
add_record(struct build *b, unsigned type, const struct sl_dns_record *record)
{
	char name[SL_DNS_NAME_MAX + 1];
	size_t at;

	switch (type) {
	case SL_DNS_A: case SL_DNS_AAAA:
		at = build_record(b, BUILD_ANSWER, "@12", type, 300);
		build_bytes(b, record->data.ptr, record->data.len);
		build_record_end(b, at);
		return;
	case SL_DNS_TXT:
		build_txt(b, "@12", 300, record->data, 255);
		return;
	default:
		SL_ASSERT(sl_dns_name_copy(name, record->data));
		build_name_record(b, "@12", type, 300, type == SL_DNS_MX ? (int)record->preference : -1, name);
	}
}

static void
answer(struct dns *dns, const struct dns_held *q)
{
	static struct build b;
	char name[SL_DNS_NAME_MAX + 1];
	struct sl_dns_answer found;
	struct sl_dns_question asked = { .name = name };
	unsigned type, rcode;

	question(q, name, &type);
	asked.type = (enum sl_dns_type)type;
	sl_dnszone_lookup(dns->zone, &asked, &found);
	rcode = found.status == SL_DNS_TEMPERROR ? SERVFAIL : found.status == SL_DNS_NXDOMAIN ? NXDOMAIN : 0;
	build_begin(&b, (unsigned)q->bytes[0] << 8 | q->bytes[1], QR_RD_RA | rcode, type, name);
	for (size_t i = 0; found.status == SL_DNS_FOUND && i < found.count; i++)
		add_record(&b, type, &found.records[i]);
	if (found.status != SL_DNS_FOUND && rcode != SERVFAIL)
		build_soa(&b, "@12", 60, 60);
	(void)sendto(dns->fd, b.data, b.len, 0, (const struct sockaddr *)&q->from, sizeof(q->from));
}

static void
on_question(void *ctx, unsigned events)
{
	struct dns *dns = ctx;
	struct dns_held q;
	ssize_t n;

	for (;;) {
		char name[SL_DNS_NAME_MAX + 1];
		socklen_t len = sizeof(q.from);
		enum dns_kind kind;
		unsigned type;

		n = recvfrom(dns->fd, q.bytes, sizeof(q.bytes), 0, (struct sockaddr *)&q.from, &len);
		if (n <= 0)
			return;
		q.len = (size_t)n;
		question(&q, name, &type);
		kind = kind_of(name, type);
		dns->asked++;
		dns->asked_of[kind]++;
		if ((dns->hold & kind) == 0) {
			answer(dns, &q);
		} else {
			if (dns->held_len < DNS_HELD_MAX)	/* the others are lost, as on a bad network */
				dns->held[dns->held_len++] = q;
		}
	}
}

void
dns_serve(struct dns *dns, struct sl_loop *loop)
{
	dns->loop = loop;
	sl_watch_init(&dns->watch, loop, dns->fd, on_question, dns);
	sl_watch_want(&dns->watch, SL_READ);
}

void
dns_release(struct dns *dns)
{
	dns->hold = 0;
	for (size_t i = 0; i < dns->held_len; i++)
		answer(dns, &dns->held[i]);
	dns->held_len = 0;
}

void
dns_close(struct dns *dns)
{
	if (dns->loop != NULL)
		sl_watch_fini(&dns->watch);
	sl_dnszone_free(&dns->zone);
	close(dns->fd);
}
