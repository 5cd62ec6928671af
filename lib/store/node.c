/* node.c - nodes by their names, names and paths of nodes; names made normal; see store.h, db_i.h */

#include "db_i.h"
#include "domain/idna.h"
#include "smtp/address.h"

#include <stdio.h>

_Static_assert(DOMAIN_MAX >= SL_DNS_NAME_MAX, "a domain fits");

/* ---- names ---- */

static bool
name_char(unsigned char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (!first && (c == '.' || c == '_' || c == '-'));
}

int
node_name_check(struct sl_store *store, struct sl_slice name, const char *what, char out[SL_NAME_MAX + 1])
{
	bool good = name.len > 0 && name.len <= SL_NAME_MAX;

	for (size_t i = 0; good && i < name.len; i++) {
		out[i] = (char)sl_ascii_lower(name.ptr[i]);
		good = name_char((unsigned char)out[i], i == 0);
	}
	if (!good)
		return db_fail(&store->db, SL_ERR_SYNTAX, "a %s's name is 1 to %d of a-z, 0-9, dot, hyphen and underscore, "
		    "beginning with a letter or digit", what, SL_NAME_MAX);
	out[name.len] = '\0';
	return 0;
}

/* In lower case and A-labels, without a final dot. */
bool
node_domain_normal(struct sl_slice name, char *out)
{
	char ascii[SL_DNS_NAME_MAX + 1];

	if (!sl_smtp_domain_ok(name, false) || !sl_domain_ascii(name, ascii) ||
	    !sl_smtp_domain_ok(sl_slice_str(ascii), false))
		return false;
	strcpy(out, ascii);
	return true;
}

int
node_domain_check(struct sl_store *store, struct sl_slice name, char out[DOMAIN_MAX + 1])
{
	bool below = name.len > 2 && name.ptr[0] == '*' && name.ptr[1] == '.';
	struct sl_slice bare = name.len > 0 && name.ptr[name.len - 1] == '.' ? sl_slice(name.ptr, name.len - 1) : name;
	char plain[DOMAIN_MAX + 1];

	if (!node_domain_normal(below ? sl_slice_from(bare, 2) : bare, plain) || strlen(plain) > DOMAIN_MAX - 2)
		return db_fail(&store->db, SL_ERR_SYNTAX, "\"%.*s\" is no domain", SL_SLICE_ARG(name));
	snprintf(out, DOMAIN_MAX + 1, "%s%.253s", below ? "*." : "", plain);
	return 0;
}

static bool
is_atext(unsigned char c)
{
	return c > 0x20 && c != 0x7f && strchr("()<>[]:;@\\,\"", c) == NULL;
}

static bool
is_dot_atom(const char *s)
{
	if (*s == '\0' || *s == '.')
		return false;
	for (; *s != '\0'; s++)
		if ((*s == '.' && (s[1] == '.' || s[1] == '\0')) || !is_atext((unsigned char)*s))
			return false;
	return true;
}

/* Lower case, and quotes only where they are needed: "Anna"@ and anna@ are one mailbox. */
static void
local_normal(struct sl_slice local, char out[LOCAL_MAX + 1])
{
	char bare[LOCAL_MAX + 1];
	size_t n = 0;
	bool quoted = local.len >= 2 && local.ptr[0] == '"';

	for (size_t i = quoted; i < local.len - quoted && n < LOCAL_MAX; i++) {
		if (quoted && local.ptr[i] == '\\' && i + 1 < local.len - 1)
			i++;
		bare[n++] = (char)sl_ascii_lower(local.ptr[i]);
	}
	bare[n] = '\0';
	if (!quoted || is_dot_atom(bare)) {
		strcpy(out, bare);
		return;
	}
	for (n = 0; n < local.len && n < LOCAL_MAX; n++)
		out[n] = (char)sl_ascii_lower(local.ptr[n]);
	out[n] = '\0';
}

int
node_address_check(struct sl_slice text, struct node_address *out)
{
	struct sl_smtp_address address;

	if (sl_smtp_mailbox_parse(text, &address) != SL_DONE || address.is_literal || address.local.len == 0 ||
	    address.local.len > LOCAL_MAX || memchr(text.ptr, '\0', text.len) != NULL ||
	    !node_domain_normal(address.domain, out->domain))
		return SL_ERR_SYNTAX;
	local_normal(address.local, out->local);
	return 0;
}

/* ---- finding ---- */

static int
find_id(struct sl_store *store, enum sl_level level, const char *sql, const char *types, struct sl_slice name,
    int64_t above, struct sl_node *out)
{
	int64_t id;
	int r;

	r = types[1] == '\0' ? db_number(&store->db, &id, sql, types, name) : db_number(&store->db, &id, sql, types, name, above);
	if (r == 0)
		*out = (struct sl_node){ level, id };
	return r;
}

static int
find_domain(struct sl_store *store, struct sl_slice name, struct sl_node *out)
{
	char domain[DOMAIN_MAX + 1];
	int r = node_domain_check(store, name, domain);

	return r != 0 ? r : find_id(store, SL_LEVEL_DOMAIN, "SELECT id FROM domain WHERE name = ?", "s",
	    sl_slice_str(domain), 0, out);
}

/* example.com/sales */
static int
find_group(struct sl_store *store, struct sl_slice name, struct sl_node *out)
{
	const unsigned char *slash = name.len > 0 ? memchr(name.ptr, '/', name.len) : NULL;
	char group[SL_NAME_MAX + 1];
	struct sl_node domain;
	size_t at;
	int r;

	if (slash == NULL)
		return db_fail(&store->db, SL_ERR_SYNTAX, "a group is named as example.com/NAME");
	at = (size_t)(slash - name.ptr);
	if ((r = find_domain(store, sl_slice(name.ptr, at), &domain)) != 0 ||
	    (r = node_name_check(store, sl_slice_from(name, at + 1), "group", group)) != 0)
		return r;
	return find_id(store, SL_LEVEL_GROUP, "SELECT id FROM node_group WHERE name = ? AND domain = ?", "si",
	    sl_slice_str(group), domain.id, out);
}

/* Also at an alias of the user's domain. */
static int
find_user(struct sl_store *store, struct sl_slice name, struct sl_node *out)
{
	struct node_address address;
	int64_t domain;
	int r;

	if (node_address_check(name, &address) != 0)
		return db_fail(&store->db, SL_ERR_SYNTAX, "\"%.*s\" is no address", SL_SLICE_ARG(name));
	r = db_number(&store->db, &domain, "SELECT ifnull(alias_of, id) FROM domain WHERE name = ?", "s",
	    sl_slice_str(address.domain));
	return r != 0 ? r : find_id(store, SL_LEVEL_USER, "SELECT id FROM user WHERE local = ? AND domain = ?", "si",
	    sl_slice_str(address.local), domain, out);
}

static int
find_named(struct sl_store *store, enum sl_level level, struct sl_slice name, struct sl_node *out)
{
	char lower[DOMAIN_MAX + 1];
	int r;

	switch (level) {
	case SL_LEVEL_OPERATOR:
		*out = SL_NODE_OPERATOR;
		return name.len == 0 ? 0 : SL_ERR_NOT_FOUND;
	case SL_LEVEL_PARTNER:
		r = node_name_check(store, name, "partner", lower);
		return r != 0 ? r : find_id(store, level, "SELECT id FROM partner WHERE name = ?", "s",
		    sl_slice_str(lower), 0, out);
	case SL_LEVEL_TENANT:
		r = find_id(store, level, "SELECT id FROM tenant WHERE name = ? AND file > 0", "s", name, 0, out);
		if (r != SL_ERR_NOT_FOUND)
			return r;	/* in the settings file it may be called anything */
		r = node_domain_check(store, name, lower);
		return r != 0 ? r : find_id(store, level, "SELECT id FROM tenant WHERE name = ?", "s",
		    sl_slice_str(lower), 0, out);
	case SL_LEVEL_DOMAIN:
		return find_domain(store, name, out);
	case SL_LEVEL_GROUP:
		return find_group(store, name, out);
	case SL_LEVEL_USER:
		return find_user(store, name, out);
	case SL_LEVELS_COUNT:
		break;
	}
	SL_UNREACHABLE("a level");
}

int
sl_store_find(struct sl_store *store, enum sl_level level, struct sl_slice name, struct sl_node *out)
{
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(level < SL_LEVELS_COUNT);
	r = find_named(store, level, name, out);
	if (r == SL_ERR_NOT_FOUND)
		db_fail(&store->db, r, "there is no %s %.*s", sl_level_word(level), SL_SLICE_ARG(name));
	return r;
}

int
sl_store_find_text(struct sl_store *store, struct sl_slice text, struct sl_node *out)
{
	const unsigned char *colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
	struct sl_slice word = colon != NULL ? sl_slice(text.ptr, (size_t)(colon - text.ptr)) : text;
	enum sl_level level;

	SL_CHECK(store, DB_MAGIC);
	if (!sl_level_find(word, &level) || (colon == NULL) != (level == SL_LEVEL_OPERATOR))
		return db_fail(&store->db, SL_ERR_SYNTAX, "\"%.*s\" names no node: operator, partner:NAME, tenant:NAME, "
		    "domain:NAME, group:DOMAIN/NAME or user:ADDRESS", SL_SLICE_ARG(text));
	return sl_store_find(store, level, colon != NULL ? sl_slice_from(text, word.len + 1) : sl_slice(NULL, 0), out);
}

/* ---- names and paths of nodes ---- */

static const char *const name_sql[SL_LEVELS_COUNT] = {
	[SL_LEVEL_PARTNER] = "SELECT name FROM partner WHERE id = ?",
	[SL_LEVEL_TENANT] = "SELECT name FROM tenant WHERE id = ?",
	[SL_LEVEL_DOMAIN] = "SELECT name FROM domain WHERE id = ?",
	[SL_LEVEL_GROUP] = "SELECT d.name || '/' || g.name FROM node_group g JOIN domain d ON d.id = g.domain WHERE g.id = ?",
	[SL_LEVEL_USER] = "SELECT u.local || '@' || d.name FROM user u JOIN domain d ON d.id = u.domain WHERE u.id = ?",
};

int
sl_store_name(struct sl_store *store, struct sl_node node, struct sl_buf *out)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(node.level < SL_LEVELS_COUNT);
	if (node.level == SL_LEVEL_OPERATOR) {
		sl_buf_add_str(out, "operator");
		return 0;
	}
	db_query(&store->db, &query, name_sql[node.level], "i", node.id);
	r = db_row(&query);
	if (r == SL_DONE)
		sl_buf_addf(out, "%s:%.*s", sl_level_word(node.level), SL_SLICE_ARG(db_text(&query, 0)));
	db_end(&query);
	if (r == 0)
		return db_fail(&store->db, SL_ERR_NOT_FOUND, "there is no such %s", sl_level_word(node.level));
	return r < 0 ? r : 0;
}

/* Columns: partner, tenant, domain, group, user; as many as its level has. */
static const char *const path_sql[SL_LEVELS_COUNT] = {
	[SL_LEVEL_PARTNER] = "SELECT id FROM partner WHERE id = ?",
	[SL_LEVEL_TENANT] = "SELECT partner, id FROM tenant WHERE id = ?",
	[SL_LEVEL_DOMAIN] = "SELECT t.partner, t.id, d.id FROM domain d JOIN tenant t ON t.id = d.tenant WHERE d.id = ?",
	[SL_LEVEL_GROUP] = "SELECT t.partner, t.id, d.id, g.id FROM node_group g JOIN domain d ON d.id = g.domain"
	    " JOIN tenant t ON t.id = d.tenant WHERE g.id = ?",
	[SL_LEVEL_USER] = "SELECT t.partner, t.id, d.id, u.in_group, u.id FROM user u JOIN domain d ON d.id = u.domain"
	    " JOIN tenant t ON t.id = d.tenant WHERE u.id = ?",
};

int
sl_store_path(struct sl_store *store, struct sl_node node, struct sl_access_path *path)
{
	struct db_query query;
	int r;

	SL_CHECK(store, DB_MAGIC);
	SL_ASSERT(node.level < SL_LEVELS_COUNT);
	*path = (struct sl_access_path){ .level = node.level };
	if (node.level == SL_LEVEL_OPERATOR)
		return 0;
	db_query(&store->db, &query, path_sql[node.level], "i", node.id);
	r = db_row(&query);
	for (int l = SL_LEVEL_PARTNER; r == SL_DONE && l <= (int)node.level; l++)
		path->id[l] = db_int(&query, l - 1);
	db_end(&query);
	if (r == 0)
		return db_fail(&store->db, SL_ERR_NOT_FOUND, "there is no such %s", sl_level_word(node.level));
	return r < 0 ? r : 0;
}

int
node_tenant(struct sl_store *store, struct sl_node node, int64_t *tenant_out)
{
	struct sl_access_path path;
	int r = sl_store_path(store, node, &path);

	*tenant_out = r == 0 ? path.id[SL_LEVEL_TENANT] : 0;
	return r;
}

int
node_no_alias(struct sl_store *store, struct sl_node node)
{
	int64_t alias_of;
	int r;

	if (node.level != SL_LEVEL_DOMAIN)
		return 0;
	r = db_number(&store->db, &alias_of, "SELECT ifnull(alias_of, 0) FROM domain WHERE id = ?", "i", node.id);
	return r != 0 || alias_of == 0 ? r : db_fail(&store->db, SL_ERR_SYNTAX, "it is an alias: name the domain it stands for");
}
