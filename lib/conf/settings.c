/* settings.c - a snapshot's life, and what is asked of it: see settings.h */

#include "conf_i.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

struct sl_settings *
settings_new(void)
{
	struct sl_settings *s = sl_xzalloc(sizeof(*s));

	s->refs = 1;
	sl_arena_init(&s->arena, CONF_ARENA_BYTES);
	return s;
}

static int
digit_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

bool
sl_settings_rules_key(const struct sl_settings *settings, unsigned char out[SL_RULES_KEY_DIGITS / 2])
{
	const char *key = settings->rules_key;

	if (strlen(key) != SL_RULES_KEY_DIGITS)
		return false;
	for (size_t i = 0; i < SL_RULES_KEY_DIGITS / 2; i++)
		out[i] = (unsigned char)(digit_value(key[2 * i]) << 4 | digit_value(key[2 * i + 1]));
	return true;
}

struct sl_settings *
sl_settings_ref(struct sl_settings *settings)
{
	SL_ASSERT(settings->refs > 0);
	settings->refs++;
	return settings;
}

void
sl_settings_unref(struct sl_settings **settings)
{
	struct sl_settings *s = *settings;

	*settings = NULL;
	if (s == NULL)
		return;
	SL_ASSERT(s->refs > 0);
	if (--s->refs > 0)
		return;
	sl_arena_fini(&s->arena);	/* wipes the key */
	sl_free(s);
}

/* The index is an open hash table of pairs: tenant + 1 (0: free), then the number of its domain.
 * Not more than half full, so a look-up that fails ends soon too. */

static struct sl_slice
slot_domain(const struct sl_settings *s, const uint32_t *slot)
{
	return sl_slice_str(s->tenants[slot[0] - 1].domains[slot[1]]);
}

/* The slot that holds `domain` (lower case), or the free one where it would be. */
static uint32_t *
index_slot(const struct sl_settings *s, struct sl_slice domain)
{
	size_t slots = s->domain_table_len / 2;
	size_t i = sl_hash(domain.ptr, domain.len) & (slots - 1);

	for (;; i = (i + 1) & (slots - 1)) {
		uint32_t *slot = &s->domain_table[2 * i];

		if (slot[0] == 0 || sl_slice_eq(slot_domain(s, slot), domain))
			return slot;
	}
}

int
settings_index(struct sl_settings *s, uint64_t *first_out, uint64_t *second_out)
{
	size_t domains = 0, slots = 8;

	for (size_t t = 0; t < s->tenants_len; t++)
		domains += s->tenants[t].domains_len;
	while (slots < 2 * domains)
		slots *= 2;
	s->domain_table_len = 2 * slots;
	s->domain_table = conf_alloc(&s->arena, s->domain_table_len, sizeof(*s->domain_table));
	for (size_t t = 0; t < s->tenants_len; t++) {
		for (size_t d = 0; d < s->tenants[t].domains_len; d++) {
			const char *domain = s->tenants[t].domains[d];
			uint32_t *slot;

			if (domain == NULL)	/* could not be read: the file is refused anyway */
				continue;
			slot = index_slot(s, sl_slice_str(domain));
			if (slot[0] != 0) {
				*first_out = (uint64_t)(slot[0] - 1) << 32 | slot[1];
				*second_out = (uint64_t)t << 32 | d;
				return SL_ERR_SYNTAX;
			}
			slot[0] = (uint32_t)t + 1;
			slot[1] = (uint32_t)d;
		}
	}
	return 0;
}

static const struct sl_tenant *
index_find(const struct sl_settings *s, struct sl_slice domain)
{
	const uint32_t *slot = index_slot(s, domain);

	return slot[0] == 0 ? NULL : &s->tenants[slot[0] - 1];
}

const struct sl_tenant *
sl_settings_tenant(const struct sl_settings *settings, struct sl_slice domain)
{
	char name[VALUE_DOMAIN_MAX + 3];
	const struct sl_tenant *tenant;
	size_t len;

	if (settings->domain_table_len == 0 || value_domain(domain, false, name) != NULL)
		return NULL;
	len = strlen(name);
	tenant = index_find(settings, sl_slice(name, len));
	/* Then as wildcards, the longest first: "mail.example.com" becomes "ma*.example.com" from
	 * the star on, and then "*.com". A label and its dot leave room for "*.". */
	for (size_t i = 1; tenant == NULL && i + 1 < len; i++) {
		if (name[i] != '.')
			continue;
		name[i - 1] = '*';
		tenant = index_find(settings, sl_slice(name + i - 1, len - i + 1));
	}
	return tenant;
}

bool
sl_settings_has_domain(char *const *domains, size_t len, struct sl_slice domain)
{
	for (size_t i = 0; i < len; i++) {
		struct sl_slice wanted = sl_slice_str(domains[i]), tail;

		if (sl_slice_ieq(wanted, domain))
			return true;
		if (!sl_slice_istarts(wanted, SL_SLICE_LIT("*.")) || domain.len < wanted.len)
			continue;
		tail = sl_slice_from(domain, domain.len - (wanted.len - 1));
		if (sl_slice_ieq(tail, sl_slice_from(wanted, 1)))
			return true;
	}
	return false;
}

static bool
network_covers(const struct sl_network *network, const unsigned char address[16])
{
	unsigned bytes = network->bits / 8, rest = network->bits % 8;
	unsigned mask = 0xff00u >> rest & 0xffu;

	if (memcmp(network->address, address, bytes) != 0)
		return false;
	return rest == 0 || ((network->address[bytes] ^ address[bytes]) & mask) == 0;
}

bool
sl_network_has(const struct sl_network *networks, size_t len, const struct sockaddr *address)
{
	unsigned char bytes[16] = { [10] = 0xff, [11] = 0xff };

	if (address->sa_family == AF_INET)
		memcpy(bytes + 12, (const char *)address + offsetof(struct sockaddr_in, sin_addr), 4);
	else if (address->sa_family == AF_INET6)
		memcpy(bytes, (const char *)address + offsetof(struct sockaddr_in6, sin6_addr), 16);
	else
		return false;
	for (size_t i = 0; i < len; i++)
		if (network_covers(&networks[i], bytes))
			return true;
	return false;
}

/* Host names that were looked up: 35,000 tenants may share a few next hops. */
struct resolved {
	struct sl_endpoint	**slots;	/* the first endpoint of each name and port */
	const char		**failures;	/* why there is no address; NULL: there is */
	size_t			  slots_len;	/* a power of two, at least twice the endpoints */
};

static size_t
resolved_slot(const struct resolved *r, const struct sl_endpoint *e)
{
	size_t i = sl_hash(e->host, strlen(e->host)) & (r->slots_len - 1);

	while (r->slots[i] != NULL && (strcmp(r->slots[i]->host, e->host) != 0 ||
	    endpoint_port(r->slots[i]) != endpoint_port(e)))
		i = (i + 1) & (r->slots_len - 1);
	return i;
}

/* Returns NULL, or why not; static. */
static const char *
look_up(struct sl_endpoint *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	unsigned port = endpoint_port(e);
	int r = getaddrinfo(e->host, NULL, &hints, &list);

	if (r == EAI_ADDRFAMILY || r == EAI_NONAME) {	/* a machine with only a loopback */
		hints.ai_flags = 0;
		r = getaddrinfo(e->host, NULL, &hints, &list);
	}
	if (r != 0)
		return gai_strerror(r);
	SL_ASSERT(list->ai_addrlen <= sizeof(e->address));
	memcpy(&e->address, list->ai_addr, list->ai_addrlen);
	e->address_len = list->ai_addrlen;
	endpoint_set_port(e, port);
	freeaddrinfo(list);
	return NULL;
}

static int
resolve(struct resolved *r, struct sl_endpoint *e, const char *who, struct sl_buf *errors)
{
	size_t i;

	if (e->address_len != 0)
		return 0;
	i = resolved_slot(r, e);
	if (r->slots[i] == NULL) {
		r->failures[i] = look_up(e);
		r->slots[i] = e;
	}
	if (r->failures[i] != NULL) {
		sl_buf_addf(errors, "%s: the address of '%s' cannot be found: %s\n", who, e->host,
		    r->failures[i]);
		return SL_ERR_NOT_FOUND;
	}
	e->address = r->slots[i]->address;
	e->address_len = r->slots[i]->address_len;
	return 0;
}

/* It may be absent, and is small. */
static void
read_resolv_conf(struct sl_settings *settings)
{
	static const char path[] = "/etc/resolv.conf";
	char text[16384];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t len = 0;
	ssize_t n = 0;

	while (fd >= 0 && len < sizeof(text) && (n = read(fd, text + len, sizeof(text) - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		close(fd);
	resolv_conf_servers(sl_slice(text, len), &settings->arena, &settings->dns);
}

int
sl_settings_resolve(struct sl_settings *settings, struct sl_buf *errors)
{
	struct resolved r = { .slots_len = 8 };
	size_t endpoints = SL_ENGINE_COUNT;
	int result = 0;

	for (size_t t = 0; t < settings->tenants_len; t++)
		endpoints += settings->tenants[t].next_hops_len;
	while (r.slots_len < 2 * endpoints)
		r.slots_len *= 2;
	r.slots = sl_xzalloc(r.slots_len * sizeof(struct sl_endpoint *));
	r.failures = sl_xzalloc(r.slots_len * sizeof(char *));
	if (settings->dns.servers_len == 0)
		read_resolv_conf(settings);
	for (int e = 0; e < SL_ENGINE_COUNT; e++)
		if (settings->engines[e].on && resolve(&r, &settings->engines[e].at,
		    sl_engine_codec((enum sl_engine)e)->name, errors) != 0)
			result = SL_ERR_NOT_FOUND;
	for (size_t t = 0; t < settings->tenants_len; t++) {
		struct sl_tenant *tenant = &settings->tenants[t];

		for (size_t i = 0; i < tenant->next_hops_len; i++)
			if (resolve(&r, &tenant->next_hops[i], tenant->name, errors) != 0)
				result = SL_ERR_NOT_FOUND;
	}
	sl_free(r.slots);
	sl_free(r.failures);
	return result;
}

bool
sl_tenant_may(const struct sl_tenant *tenant, enum sl_action action)
{
	for (int c = 0; c < SL_CATEGORY_COUNT && tenant->mode == SL_MODE_FILTER; c++)
		if (tenant->policy[c].at[action] <= 1)
			return true;
	return false;
}
