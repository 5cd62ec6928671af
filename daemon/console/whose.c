/* whose.c - see whose.h */

#include "whose.h"

#include <stdio.h>
#include <stdlib.h>

#include "ipc/ipc.h"
#include "store/walk.h"

#define MEMBERS_BYTES	((size_t)SL_IPC_PAYLOAD_MAX / 2)

static int
on_tenant(void *ctx, const struct sl_tenant_row *row)
{
	struct whose *w = ctx;

	if (w->names_len == w->names_size) {
		w->names_size = w->names_size * 2 + 64;
		w->names = sl_xrealloc(w->names, w->names_size * sizeof(*w->names));
	}
	w->names[w->names_len++] = sl_hash_lower(row->name);
	sl_pack_bytes(&w->tenants, row->name);
	return 0;
}

/* ---- names of domains ---- */

struct domain {
	int64_t	id;
	char	name[256];
};
struct domains {
	struct whose	*whose;
	struct domain	*items;		/* by id, without aliases */
	size_t		 len, size;
};

static const struct domain *
find_domain(const struct domains *domains, int64_t id)
{
	size_t low = 0, high = domains->len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (domains->items[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < domains->len && domains->items[low].id == id ? &domains->items[low] : NULL;
}

/* Rows come by id, no alias before its domain. */
static int
on_domain(void *ctx, const struct sl_domain_row *row)
{
	struct domains *domains = ctx;
	const struct domain *of = row->alias_of == 0 ? NULL : find_domain(domains, row->alias_of);
	struct domain *one;

	if (of != NULL) {
		sl_pack_bytes(&domains->whose->aliases, row->name);
		sl_pack_bytes(&domains->whose->aliases, sl_slice_str(of->name));
	}
	if (row->alias_of != 0)
		return 0;
	if (domains->len == domains->size) {
		domains->size = domains->size * 2 + 16;
		domains->items = sl_xrealloc(domains->items, domains->size * sizeof(*domains->items));
	}
	one = &domains->items[domains->len++];
	one->id = row->id;
	snprintf(one->name, sizeof(one->name), SL_SLICE_FMT, SL_SLICE_ARG(row->name));
	return 0;
}

/* ---- what is of a part of a tenant ---- */

struct members {
	struct sl_buf	*out;
	const char	*domain;
};

static int
on_user(void *ctx, const struct sl_user_row *row)
{
	struct members *members = ctx;
	char *address = sl_xasprintf(SL_SLICE_FMT "@%s", SL_SLICE_ARG(row->local), members->domain);

	sl_pack_bytes(members->out, sl_slice_str(address));
	sl_free(address);
	return members->out->overflow ? SL_ERR_FULL : 0;
}

static int
find_members(struct whose *w, struct sl_store *store, const struct domains *domains, const struct sl_access_path *path)
{
	const struct domain *domain = find_domain(domains, path->id[SL_LEVEL_DOMAIN]);
	struct members members = { &w->members, domain != NULL ? domain->name : "" };

	if (domain == NULL)
		return SL_ERR_NOT_FOUND;
	w->of = SL_REPORT_OF_ADDRESSES;
	if (w->mailbox[0] != '\0') {
		sl_pack_bytes(&w->members, sl_slice_str(w->mailbox));
	} else if (w->node.level == SL_LEVEL_DOMAIN) {
		w->of = SL_REPORT_OF_DOMAINS;
		sl_pack_bytes(&w->members, sl_slice_str(domain->name));
	} else if (w->node.level == SL_LEVEL_GROUP) {
		return sl_store_group_users(store, w->node.id, on_user, &members);
	} else {
		return sl_store_user_row(store, w->node.id, on_user, &members);
	}
	return 0;
}

static int
find_tenant(struct whose *w, struct sl_store *store, const struct sl_access_path *path)
{
	static const struct sl_walk walk = { .domain = on_domain };
	const struct sl_node tenant = { SL_LEVEL_TENANT, path->id[SL_LEVEL_TENANT] };
	struct domains domains = { .whose = w };
	struct sl_buf name;
	int r;

	w->tenant = tenant.id;
	sl_buf_init(&name, 1024);
	r = sl_store_name(store, tenant, &name);
	sl_buf_consume(&name, SL_MIN(name.len, strlen("tenant:")));
	snprintf(w->tenant_name, sizeof(w->tenant_name), "%s", sl_buf_cstr(&name));
	sl_buf_fini(&name);
	sl_pack_bytes(&w->tenants, sl_slice_str(w->tenant_name));
	if (r == 0)
		r = sl_store_walk(store, &walk, &domains, tenant, NULL);
	if (r == 0 && w->node.level > SL_LEVEL_TENANT)
		r = find_members(w, store, &domains, path);
	sl_free(domains.items);
	return r;
}

static int
by_hash(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int
whose_find(struct whose *w, struct sl_store *store)
{
	static const struct sl_walk walk = { .tenant = on_tenant };
	struct sl_access_path path;
	int r = sl_store_path(store, w->node, &path);

	sl_buf_init(&w->tenants, SL_IPC_PAYLOAD_MAX / 4);
	sl_buf_init(&w->aliases, SL_IPC_PAYLOAD_MAX / 4);
	sl_buf_init(&w->members, MEMBERS_BYTES);
	if (r != 0)
		return r;
	if (w->node.level >= SL_LEVEL_TENANT)
		return find_tenant(w, store, &path);
	if (w->node.level == SL_LEVEL_PARTNER)		/* of the operator's all count */
		r = sl_store_walk(store, &walk, w, w->node, NULL);
	if (w->names_len > 0)
		qsort(w->names, w->names_len, sizeof(*w->names), by_hash);
	return r;
}

void
whose_fini(struct whose *w)
{
	sl_buf_fini(&w->tenants);
	sl_buf_fini(&w->members);
	sl_buf_fini(&w->aliases);
	sl_free(w->names);
}

bool
whose_has(const struct whose *w, struct sl_store *store, struct sl_slice address)
{
	struct sl_store_mailbox mailbox;

	if (w->node.level <= SL_LEVEL_TENANT)
		return true;
	if (sl_store_mailbox(store, address, &mailbox) != 0)
		return false;
	if (w->mailbox[0] != '\0')
		return strcmp(mailbox.text, w->mailbox) == 0;
	if (w->node.level == SL_LEVEL_DOMAIN)
		return mailbox.domain == w->node.id;
	if (w->node.level == SL_LEVEL_GROUP)
		return mailbox.group == w->node.id;
	return mailbox.node.level == SL_LEVEL_USER && mailbox.node.id == w->node.id;
}
