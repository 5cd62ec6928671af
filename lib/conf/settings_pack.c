/* settings_pack.c - a snapshot as bytes and back: see settings.h
 *
 * Walked by the table, like reading. A pack begins with a number for its form and one for the
 * table it was made with; other programs' packs are SL_ERR_VERSION. Unpacking believes nothing:
 * lengths, ranges, words and texts are checked as if they came from outside, so what an edge gets
 * is what a file could have said. Every number has one spelling: pack(unpack(x)) = x. */

#include "conf_i.h"
#include "ipc/ipc.h"
#include "settings_table.h"

#include <netinet/in.h>
#include <sys/un.h>

#define PACK_MAGIC	0x534c5331u	/* SLS1 */

struct unpacker {
	struct sl_unpack	 in;
	struct sl_settings	*settings;
	bool			 bad;		/* a value no file could have given */
};

static void	pack_scope(enum setting_scope scope, const void *base, struct sl_buf *out);
static void	unpack_scope(struct unpacker *u, enum setting_scope scope, void *base);

struct list_field {		/* pointer and count stand side by side in settings.h */
	void	*items;
	size_t	 len;
};

static struct list_field
list_get(const void *at)
{
	struct list_field list;

	memcpy(&list, at, sizeof(list));
	return list;
}

/* The count of a list, checked against what its row allows and what the rest can hold. */
static struct list_field
list_new(struct unpacker *u, const struct setting *row, size_t item_bytes, size_t least_packed,
    void *at)
{
	struct list_field list = { NULL, sl_unpack_u32(&u->in) };

	if (list.len < row->min || list.len > row->max ||
	    list.len > u->in.rest.len / least_packed) {
		u->bad = true;
		list.len = 0;
	}
	list.items = conf_alloc(&u->settings->arena, list.len, item_bytes);
	memcpy(at, &list, sizeof(list));
	return list;
}

static void
pack_text(const char *s, struct sl_buf *out)
{
	sl_pack_bytes(out, sl_slice_str(s));
}

/* A text without NUL bytes: what is packed again is the same. */
static char *
unpack_text(struct unpacker *u)
{
	struct sl_slice s = sl_unpack_bytes(&u->in);

	if (s.len > 0 && memchr(s.ptr, '\0', s.len) != NULL) {
		u->bad = true;
		s.len = 0;
	}
	return conf_strdup(&u->settings->arena, s);
}

static bool
text_ok(const struct setting *row, const char *text)
{
	size_t len = strlen(text);

	if (row->type == SETTING_HOSTNAME || row->type == SETTING_ZONE)
		return value_domain_is_normal(sl_slice(text, len), false) &&
		    (row->type != SETTING_ZONE || len <= SETTING_ZONE_MAX);
	if (row->type == SETTING_RULES_KEY)
		return len == 0 || value_is_rules_key(sl_slice(text, len));
	if (row->type != SETTING_TEXT && row->type != SETTING_NAME && row->type != SETTING_POLICY)
		return true;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	if (row->type == SETTING_POLICY)	/* who makes a policy of it reads it again */
		return len <= SETTING_POLICY_MAX;
	return len <= SL_MAX(row->max, (uint64_t)VALUE_DOMAIN_MAX + 2);	/* a name may be a domain */
}

static void
pack_endpoint(const struct sl_endpoint *e, struct sl_buf *out)
{
	pack_text(e->text == NULL ? "" : e->text, out);
	pack_text(e->host == NULL ? "" : e->host, out);
	sl_pack_u32(out, (uint32_t)e->address_len);
	if (e->address_len == 0)
		sl_pack_u32(out, endpoint_port(e));
	else
		sl_buf_add(out, &e->address, e->address_len);
}

/* The length that an address of this family has; 0: none we know. */
static size_t
family_len(sa_family_t family)
{
	switch (family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	case AF_UNIX:
		return sizeof(struct sockaddr_un);
	}
	return 0;
}

static void
unpack_endpoint(struct unpacker *u, struct sl_endpoint *e)
{
	size_t len;

	e->text = unpack_text(u);
	e->host = unpack_text(u);
	len = sl_unpack_u32(&u->in);
	if (len == 0) {
		uint32_t port = sl_unpack_u32(&u->in);

		u->bad |= port > 65535;
		endpoint_set_port(e, port & 0xffff);
		return;
	}
	if (len > sizeof(e->address) || len > u->in.rest.len) {
		u->bad = true;
		return;
	}
	memcpy(&e->address, u->in.rest.ptr, len);
	u->in.rest = sl_slice_from(u->in.rest, len);
	e->address_len = (socklen_t)len;
	u->bad |= family_len(e->address.ss_family) != len;
	if (e->address.ss_family == AF_UNIX) {	/* a path ends inside its field */
		const char *path = (const char *)&e->address + offsetof(struct sockaddr_un, sun_path);

		u->bad |= memchr(path, '\0', sizeof(((struct sockaddr_un *)0)->sun_path)) == NULL;
	}
}

static void
pack_networks(const void *at, struct sl_buf *out)
{
	struct list_field list = list_get(at);
	const struct sl_network *n = list.items;

	sl_pack_u32(out, (uint32_t)list.len);
	for (size_t i = 0; i < list.len; i++) {
		sl_buf_add(out, n[i].address, sizeof(n[i].address));
		sl_pack_u32(out, n[i].bits);
	}
}

static void
unpack_networks(struct unpacker *u, const struct setting *row, void *at)
{
	struct list_field list = list_new(u, row, sizeof(struct sl_network), 20, at);
	struct sl_network *n = list.items;

	for (size_t i = 0; i < list.len; i++) {
		for (size_t k = 0; k < sizeof(n[i].address); k += 4) {
			uint32_t part = sl_unpack_u32(&u->in);

			memcpy(n[i].address + k, &part, sizeof(part));
		}
		n[i].bits = sl_unpack_u32(&u->in);
		u->bad |= n[i].bits > 128;
	}
}

static void
pack_domains(const void *at, struct sl_buf *out)
{
	struct list_field list = list_get(at);
	char **domains = list.items;

	sl_pack_u32(out, (uint32_t)list.len);
	for (size_t i = 0; i < list.len; i++)
		pack_text(domains[i], out);
}

static void
unpack_domains(struct unpacker *u, const struct setting *row, void *at)
{
	struct list_field list = list_new(u, row, sizeof(char *), 5, at);
	char **domains = list.items;

	for (size_t i = 0; i < list.len; i++) {
		domains[i] = unpack_text(u);
		u->bad |= !value_domain_is_normal(sl_slice_str(domains[i]), true);
	}
}

static void
pack_answers(const void *at, struct sl_buf *out)
{
	struct list_field list = list_get(at);
	const struct sl_dns_list_answer *answers = list.items;

	sl_pack_u32(out, (uint32_t)list.len);
	for (size_t i = 0; i < list.len; i++) {
		sl_buf_add(out, answers[i].address, sizeof(answers[i].address));
		sl_pack_f64(out, answers[i].weight);
	}
}

static void
unpack_weight(struct unpacker *u, double *weight)
{
	*weight = sl_unpack_f64(&u->in);
	u->bad |= !(*weight >= -SETTING_WEIGHT_MAX && *weight <= SETTING_WEIGHT_MAX);
}

static void
unpack_answers(struct unpacker *u, const struct setting *row, void *at)
{
	struct list_field list = list_new(u, row, sizeof(struct sl_dns_list_answer), 12, at);
	struct sl_dns_list_answer *answers = list.items;

	for (size_t i = 0; i < list.len; i++) {
		uint32_t address = sl_unpack_u32(&u->in);

		memcpy(answers[i].address, &address, sizeof(address));
		u->bad |= answers[i].address[0] != 127;
		unpack_weight(u, &answers[i].weight);
	}
}

static void
pack_people(const void *at, struct sl_buf *out)
{
	struct list_field list = list_get(at);
	const struct sl_person *people = list.items;

	sl_pack_u32(out, (uint32_t)list.len);
	for (size_t i = 0; i < list.len; i++) {
		pack_text(people[i].name, out);
		sl_pack_u32(out, (uint32_t)people[i].addresses_len);
		for (size_t k = 0; k < people[i].addresses_len; k++)
			pack_text(people[i].addresses[k], out);
	}
}

static void
unpack_people(struct unpacker *u, const struct setting *row, void *at)
{
	struct list_field list = list_new(u, row, sizeof(struct sl_person), 8, at);
	struct sl_person *people = list.items;

	for (size_t i = 0; i < list.len; i++) {
		size_t len;

		people[i].name = unpack_text(u);
		u->bad |= !value_is_person(sl_slice_str(people[i].name));
		len = sl_unpack_u32(&u->in);
		if (len > SETTING_ADDRESSES_MAX || u->bad) {
			u->bad = true;
			return;
		}
		people[i].addresses = conf_alloc(&u->settings->arena, len, sizeof(char *));
		people[i].addresses_len = len;
		for (size_t k = 0; k < len; k++) {
			people[i].addresses[k] = unpack_text(u);
			u->bad |= !value_is_correspondent(sl_slice_str(people[i].addresses[k]));
		}
	}
}

static void
pack_next_hops(const void *at, struct sl_buf *out)
{
	struct list_field list = list_get(at);
	const struct sl_endpoint *hops = list.items;

	sl_pack_u32(out, (uint32_t)list.len);
	for (size_t i = 0; i < list.len; i++)
		pack_endpoint(&hops[i], out);
}

static void
unpack_next_hops(struct unpacker *u, const struct setting *row, void *at)
{
	struct list_field list = list_new(u, row, sizeof(struct sl_endpoint), 16, at);
	struct sl_endpoint *hops = list.items;

	for (size_t i = 0; i < list.len; i++)
		unpack_endpoint(u, &hops[i]);
}

static void
unpack_servers(struct unpacker *u, const struct setting *row, void *at)
{
	struct list_field list;
	const struct sl_endpoint *servers;

	unpack_next_hops(u, row, at);
	list = list_get(at);
	servers = list.items;
	for (size_t i = 0; i < list.len; i++)
		u->bad |= servers[i].address_len == 0 || servers[i].address.ss_family == AF_UNIX;
}

/* A list of structs that have a scope of their own. */
static void
pack_items(const struct setting *row, size_t item_bytes, const void *at, struct sl_buf *out)
{
	struct list_field list = list_get(at);

	sl_pack_u32(out, (uint32_t)list.len);
	for (size_t i = 0; i < list.len; i++)
		pack_scope(row->map, (const char *)list.items + i * item_bytes, out);
}

static void
unpack_items(struct unpacker *u, const struct setting *row, size_t item_bytes, void *at)
{
	struct list_field list = list_new(u, row, item_bytes, 24, at);

	for (size_t i = 0; i < list.len && !u->bad && !u->in.failed; i++)
		unpack_scope(u, row->map, (char *)list.items + i * item_bytes);
}

/* Where tenants stand in the file: no setting. */
static void
pack_lines(const void *at, struct sl_buf *out)
{
	struct list_field list = list_get(at);

	for (size_t i = 0; i < list.len; i++)
		sl_pack_u32(out, ((const struct sl_tenant *)list.items)[i].line);
}

static void
unpack_lines(struct unpacker *u, void *at)
{
	struct list_field list = list_get(at);

	for (size_t i = 0; i < list.len; i++)
		((struct sl_tenant *)list.items)[i].line = sl_unpack_u32(&u->in);
}

static void
unpack_number(struct unpacker *u, const struct setting *row, void *at)
{
	uint64_t n = sl_unpack_u64(&u->in);

	if (setting_number_ok(row, n))
		setting_set_number(row, at, n);
	else
		u->bad = true;
}

static void
unpack_probability(struct unpacker *u, const struct setting *row, void *at)
{
	double p = sl_unpack_f64(&u->in);

	u->bad |= !((p >= 0.01 && p <= 1) || p == (double)row->words[0].value);
	memcpy(at, &p, sizeof(p));
}

static void
pack_value(const struct setting *row, const void *at, struct sl_buf *out)
{
	char *text;
	double p;

	switch (row->type) {
	case SETTING_COUNT: case SETTING_DURATION: case SETTING_SIZE: case SETTING_RATE:
	case SETTING_WORD:
		sl_pack_u64(out, setting_number(row, at));
		return;
	case SETTING_PROBABILITY:
		memcpy(&p, at, sizeof(p));
		sl_pack_f64(out, p);
		return;
	case SETTING_WEIGHT:
		memcpy(&p, at, sizeof(p));
		sl_pack_f64(out, p);
		return;
	case SETTING_TEXT: case SETTING_NAME: case SETTING_HOSTNAME: case SETTING_ZONE: case SETTING_PATH:
	case SETTING_CONTROL: case SETTING_MODEL: case SETTING_RULES: case SETTING_RULES_KEY: case SETTING_CA:
	case SETTING_CERTIFICATE: case SETTING_KEY:
		memcpy(&text, at, sizeof(text));
		pack_text(text, out);
		return;
	case SETTING_POLICY:
		memcpy(&text, at, sizeof(text));
		pack_text(text == NULL ? "" : text, out);
		return;
	case SETTING_LISTEN_AT: case SETTING_CONNECT_TO:
		pack_endpoint(at, out);
		return;
	case SETTING_NETWORKS:
		pack_networks(at, out);
		return;
	case SETTING_DOMAINS:
		pack_domains(at, out);
		return;
	case SETTING_ANSWERS:
		pack_answers(at, out);
		return;
	case SETTING_PEOPLE:
		pack_people(at, out);
		return;
	case SETTING_NEXT_HOPS: case SETTING_SERVERS:
		pack_next_hops(at, out);
		return;
	case SETTING_LISTENERS:
		pack_items(row, sizeof(struct sl_listener), at, out);
		return;
	case SETTING_DNS_LISTS:
		pack_items(row, sizeof(struct sl_dns_list), at, out);
		return;
	case SETTING_TENANTS:
		pack_items(row, sizeof(struct sl_tenant), at, out);
		pack_lines(at, out);
		return;
	case SETTING_ENGINE:
		sl_pack_u32(out, ((const struct sl_engine_settings *)at)->on);
		pack_scope(row->map, at, out);
		return;
	case SETTING_MAP: case SETTING_CATEGORY:
		pack_scope(row->map, at, out);
		return;
	case SETTING_SOCKET:	/* packed with the row that shares its field */
	case SETTING_DEFAULTS:	/* in the tenants by now */
		return;
	case SETTING_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting of no type");
}

static void
unpack_engine(struct unpacker *u, const struct setting *row, struct sl_engine_settings *engine)
{
	uint32_t on = sl_unpack_u32(&u->in);

	u->bad |= on > 1;
	engine->on = on == 1;
	unpack_scope(u, row->map, engine);
}

static void
unpack_category(struct unpacker *u, const struct setting *row, struct sl_policy_category *category)
{
	sl_policy_category_clear(category);
	unpack_scope(u, row->map, category);
}

static void
unpack_value(struct unpacker *u, const struct setting *row, void *at)
{
	char *text;

	switch (row->type) {
	case SETTING_COUNT: case SETTING_DURATION: case SETTING_SIZE: case SETTING_RATE:
	case SETTING_WORD:
		unpack_number(u, row, at);
		return;
	case SETTING_PROBABILITY:
		unpack_probability(u, row, at);
		return;
	case SETTING_WEIGHT:
		unpack_weight(u, at);
		return;
	case SETTING_TEXT: case SETTING_NAME: case SETTING_HOSTNAME: case SETTING_ZONE: case SETTING_PATH:
	case SETTING_CONTROL: case SETTING_MODEL: case SETTING_RULES: case SETTING_RULES_KEY: case SETTING_CA:
	case SETTING_CERTIFICATE: case SETTING_KEY: case SETTING_POLICY:
		text = unpack_text(u);
		u->bad |= !text_ok(row, text);
		memcpy(at, &text, sizeof(text));
		return;
	case SETTING_LISTEN_AT: case SETTING_CONNECT_TO:
		unpack_endpoint(u, at);
		return;
	case SETTING_NETWORKS:
		unpack_networks(u, row, at);
		return;
	case SETTING_DOMAINS:
		unpack_domains(u, row, at);
		return;
	case SETTING_ANSWERS:
		unpack_answers(u, row, at);
		return;
	case SETTING_PEOPLE:
		unpack_people(u, row, at);
		return;
	case SETTING_NEXT_HOPS:
		unpack_next_hops(u, row, at);
		return;
	case SETTING_SERVERS:
		unpack_servers(u, row, at);
		return;
	case SETTING_LISTENERS:
		unpack_items(u, row, sizeof(struct sl_listener), at);
		return;
	case SETTING_DNS_LISTS:
		unpack_items(u, row, sizeof(struct sl_dns_list), at);
		return;
	case SETTING_TENANTS:
		unpack_items(u, row, sizeof(struct sl_tenant), at);
		unpack_lines(u, at);
		return;
	case SETTING_ENGINE:
		unpack_engine(u, row, at);
		return;
	case SETTING_CATEGORY:
		unpack_category(u, row, at);
		return;
	case SETTING_MAP:
		unpack_scope(u, row->map, at);
		return;
	case SETTING_SOCKET: case SETTING_DEFAULTS:
		return;
	case SETTING_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting of no type");
}

static void
pack_scope(enum setting_scope scope, const void *base, struct sl_buf *out)
{
	for (size_t i = 0; i < settings_table_len; i++)
		if (settings_table[i].scope == scope)
			pack_value(&settings_table[i], (const char *)base + settings_table[i].offset,
			    out);
}

static void
unpack_scope(struct unpacker *u, enum setting_scope scope, void *base)
{
	for (size_t i = 0; i < settings_table_len; i++)
		if (settings_table[i].scope == scope)
			unpack_value(u, &settings_table[i], (char *)base + settings_table[i].offset);
}

uint64_t
sl_settings_tenant_mark(const struct sl_settings *settings, const struct sl_tenant *tenant)
{
	struct sl_buf packed;
	uint64_t mark;

	sl_buf_init(&packed, SL_SETTINGS_PACKED_MAX);
	sl_pack_u32(&packed, settings_table_version());
	sl_pack_u64(&packed, settings->quarantine.keep_ms);
	for (size_t i = 0; i < settings_table_len; i++) {
		const struct setting *row = &settings_table[i];

		if (row->scope == SCOPE_TENANT && row->type != SETTING_NEXT_HOPS)
			pack_value(row, (const char *)tenant + row->offset, &packed);
	}
	for (size_t i = 0; i < tenant->next_hops_len; i++)
		pack_text(tenant->next_hops[i].text, &packed);
	mark = sl_hash(packed.data, packed.len);
	sl_buf_fini(&packed);
	return mark == 0 ? 1 : mark;
}

void
sl_settings_pack(const struct sl_settings *settings, struct sl_buf *out)
{
	sl_pack_u32(out, PACK_MAGIC);
	sl_pack_u32(out, settings_table_version());
	pack_scope(SCOPE_TOP, settings, out);
}

int
sl_settings_unpack(struct sl_slice bytes, struct sl_settings **settings_out)
{
	struct unpacker u = { .in = { .rest = bytes } };
	uint64_t first, second;
	uint32_t magic = sl_unpack_u32(&u.in), version = sl_unpack_u32(&u.in);
	int result = SL_ERR_SYNTAX;

	*settings_out = NULL;
	if (u.in.failed)
		return SL_ERR_TRUNCATED;
	if (magic != PACK_MAGIC || version != settings_table_version())
		return SL_ERR_VERSION;
	u.settings = settings_new();
	unpack_scope(&u, SCOPE_TOP, u.settings);
	if (u.in.failed)
		result = SL_ERR_TRUNCATED;
	else if (!u.bad && u.in.rest.len == 0)
		result = settings_index(u.settings, &first, &second);
	if (result == 0)
		*settings_out = u.settings;
	else
		sl_settings_unref(&u.settings);
	return result;
}
