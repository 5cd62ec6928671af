/* routes.c - where mail goes: the next hops of a recipient's tenant, as edges have them; see process.h */

#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sl/log.h"

#define CA_MAX		(16u << 20)

/* ---- settings ---- */

static void *
map_file(int fd, size_t *len_out)
{
	struct stat st;
	void *map;

	*len_out = 0;
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > CA_MAX)
		return NULL;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	*len_out = (size_t)st.st_size;
	return map;
}

static SSL_CTX *
tls_new(int ca_fd)
{
	struct sl_buf why;
	SSL_CTX *tls;
	size_t len;
	void *ca = map_file(ca_fd, &len);

	sl_buf_init(&why, 1000);
	tls = sl_tls_client_new(sl_slice(ca, len), &why);
	if (tls == NULL)
		sl_log(SL_LOG_ERROR, "TLS: %s", sl_buf_cstr(&why));
	else
		sl_tls_follow_allow(tls);
	sl_buf_fini(&why);
	if (ca != NULL)
		munmap(ca, len);
	return tls;
}

int
routes_settings(struct process *p, struct sl_ipc_message *message)
{
	struct sl_unpack in = { .rest = message->payload };
	uint32_t flags = sl_unpack_u32(&in);
	struct sl_settings *settings = NULL;
	SSL_CTX *tls;

	(void)sl_unpack_bytes(&in);		/* a key for tickets, which only edges have use for */
	if (sl_settings_unpack(sl_unpack_bytes(&in), &settings) != 0 || in.failed) {
		sl_log(SL_LOG_ERROR, "the settings are not understood");
		return SL_ERR_SYNTAX;
	}
	tls = tls_new((flags & SL_IPC_HAS_CA) != 0 && message->fds_len > 0 ? message->fds[0] : -1);
	if (tls == NULL) {
		sl_settings_unref(&settings);
		return SL_ERR_TLS;
	}
	SSL_CTX_free(p->tls);		/* sessions under way hold theirs */
	p->tls = tls;
	if (p->settings != NULL)
		sl_settings_unref(&p->settings);
	p->settings = settings;
	return 0;
}

void
routes_snapshot(struct process *p, struct sl_ipc_message *message)
{
	struct sl_snapshot *whole = NULL, *over = NULL;
	int r = message->fds_len == 0 ? SL_ERR_NOT_FOUND : sl_snapshot_open(message->fds[0], &whole);

	if (r == 0 && message->fds_len > 1)
		r = sl_snapshot_open_over(message->fds[1], whole, &over);
	if (r != 0) {
		sl_log(SL_LOG_ERROR, "a snapshot is not used: %s", sl_strerror(r));
		sl_snapshot_close(&over);
		sl_snapshot_close(&whole);
		return;
	}
	sl_snapshot_close(&p->snapshot);
	sl_snapshot_close(&p->snapshot_under);
	p->snapshot = over != NULL ? over : whole;
	p->snapshot_under = over != NULL ? whole : NULL;
	sl_timer_set(&p->due, 0);
}

/* ---- one entry ---- */

static void
hop_add(struct route *route, const struct sockaddr_storage *address, socklen_t address_len, struct sl_slice host)
{
	struct route_hop *hop = &route->hops[route->len];

	if (address_len == 0 || route->len == SL_COUNT(route->hops))
		return;
	hop->address = *address;
	hop->address_len = address_len;
	snprintf(hop->host, sizeof(hop->host), SL_SLICE_FMT, SL_SLICE_ARG(host));
	if (route->len++ == 0)
		route->first = sl_hash(address, address_len);
}

static void
tls_policy(struct route *route, enum sl_hop_tls tls)
{
	switch (tls) {
	case SL_HOP_TLS_OFF:
		route->tls = SL_TALK_TLS_NEVER;
		break;
	case SL_HOP_TLS_OPPORTUNISTIC:
		route->tls = SL_TALK_TLS_IF_OFFERED;
		break;
	case SL_HOP_TLS_REQUIRE:
	case SL_HOP_TLS_VERIFY:
		route->tls = SL_TALK_TLS_ALWAYS;
		break;
	}
	route->verify = tls == SL_HOP_TLS_VERIFY;
}

static void
from_settings(const struct sl_tenant *tenant, struct route *out)
{
	for (size_t i = 0; i < tenant->next_hops_len; i++)
		hop_add(out, &tenant->next_hops[i].address, tenant->next_hops[i].address_len,
		    sl_slice_str(tenant->next_hops[i].host));
	tls_policy(out, tenant->next_hop_tls);
}

static void
from_snapshot(const struct sl_snapshot_tenant *tenant, struct route *out)
{
	static const unsigned char none[16], mapped[12] = { [10] = 0xff, [11] = 0xff };

	for (size_t i = 0; i < tenant->hops_len; i++) {
		const struct sl_snapshot_hop *hop = &tenant->hops[i];
		struct sockaddr_storage address = { 0 };
		struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

		if (memcmp(hop->address, none, sizeof(none)) == 0)
			continue;	/* a name, which is looked up where snapshots are made */
		if (memcmp(hop->address, mapped, sizeof(mapped)) == 0) {
			v4->sin_family = AF_INET;
			v4->sin_port = htons(hop->port);
			memcpy(&v4->sin_addr, hop->address + 12, 4);
			hop_add(out, &address, sizeof(*v4), hop->host);
		} else {
			v6->sin6_family = AF_INET6;
			v6->sin6_port = htons(hop->port);
			memcpy(&v6->sin6_addr, hop->address, 16);
			hop_add(out, &address, sizeof(*v6), hop->host);
		}
	}
	tls_policy(out, (enum sl_hop_tls)SL_MIN(tenant->hop_tls, (uint32_t)SL_HOP_TLS_VERIFY));
}

static struct sl_slice
domain_of(struct sl_slice mailbox)
{
	const unsigned char *at = mailbox.len == 0 ? NULL : memrchr(mailbox.ptr, '@', mailbox.len);

	return at == NULL ? sl_slice(NULL, 0) : sl_slice_from(mailbox, (size_t)(at + 1 - mailbox.ptr));
}

/* By a recipient's domain, if that is still the tenant's; what is one tenant's mail never goes another's way. */
static bool
by_domain(const struct process *p, const struct sl_queue_entry *e, struct sl_slice mailbox, struct route *out)
{
	const struct sl_tenant *tenant = sl_settings_tenant(p->settings, domain_of(mailbox));
	struct sl_snapshot_recipient recipient;
	struct sl_snapshot_tenant known;

	if (tenant != NULL) {
		if (!sl_slice_eq(sl_slice_str(tenant->name), e->tenant))
			return false;
		from_settings(tenant, out);
		return true;
	}
	if (p->snapshot == NULL || !sl_snapshot_recipient(p->snapshot, mailbox, &recipient) ||
	    !sl_snapshot_tenant(p->snapshot, recipient.tenant, &known) || !sl_slice_eq(known.name, e->tenant))
		return false;
	from_snapshot(&known, out);
	return true;
}

static bool
by_name(const struct process *p, struct sl_slice name, struct route *out)
{
	for (size_t i = 0; i < p->settings->tenants_len; i++)
		if (sl_slice_eq(sl_slice_str(p->settings->tenants[i].name), name)) {
			from_settings(&p->settings->tenants[i], out);
			return true;
		}
	return false;
}

bool
route_find(const struct process *p, const struct sl_queue_entry *e, struct route *out, const char **why_out)
{
	bool found = false;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < e->rcpts_len && !found; i++)
		found = by_domain(p, e, e->rcpts[i].mailbox, out);
	if (!found)
		found = by_name(p, e->tenant, out);
	*why_out = !found ? "the tenant is not known here any more" : "the tenant has no next hop whose address is known";
	return found && out->len > 0;
}
