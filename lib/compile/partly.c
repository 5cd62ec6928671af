/* partly.c - a tenant of which not all users come; see compile.h
 *
 * Its own row, domains and groups are few, and always come. Of users those come who changed, and those whose own policy, or
 * their group's, stands upon something that is said otherwise now: the snapshot below has it as it was.
 */

#include "compile_i.h"

#include <stdlib.h>

#include "store/layers.h"

bool
sl_compile_change(const struct sl_change *change, struct sl_compile_part parts[SL_COMPILE_CHANGE_PARTS], size_t *len)
{
	static const unsigned known = SL_CHANGE_TENANT | SL_CHANGE_ROUTE | SL_CHANGE_KEY | SL_CHANGE_DOMAIN | SL_CHANGE_GROUP |
	    SL_CHANGE_USER | SL_CHANGE_LIST | SL_CHANGE_LAYER;
	const unsigned kinds = change->kinds;
	const enum sl_level level = change->node.level;

	*len = 0;
	if ((kinds & ~known) != 0 || ((kinds & SL_CHANGE_USER) != 0 && level != SL_LEVEL_USER))
		return false;
	if (level == SL_LEVEL_USER) {
		if ((kinds & (SL_CHANGE_USER | SL_CHANGE_LIST | SL_CHANGE_LAYER)) != 0 && change->was.len == 0)
			parts[(*len)++] = (struct sl_compile_part){ change->tenant, SL_COMPILE_USER, change->node.id };
		return true;
	}
	if ((kinds & SL_CHANGE_LAYER) != 0 && level == SL_LEVEL_GROUP)
		parts[(*len)++] = (struct sl_compile_part){ change->tenant, SL_COMPILE_GROUP, change->node.id };
	else if ((kinds & (SL_CHANGE_LAYER | SL_CHANGE_TENANT)) != 0)
		parts[(*len)++] = (struct sl_compile_part){ change->tenant, SL_COMPILE_SAID, 0 };
	if ((kinds & SL_CHANGE_LIST) != 0 && level == SL_LEVEL_TENANT)
		parts[(*len)++] = (struct sl_compile_part){ change->tenant, SL_COMPILE_LIST, 0 };
	return true;
}

static int
on_member(void *ctx, const struct sl_user_row *row)
{
	return compile_id_add(ctx, row->id);
}

static int
compare_ids(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
ids_sort(struct ids *ids)
{
	size_t n = 0;

	if (ids->len > 1)
		qsort(ids->ids, ids->len, sizeof(*ids->ids), compare_ids);
	for (size_t i = 0; i < ids->len; i++)
		if (n == 0 || ids->ids[n - 1] != ids->ids[i])
			ids->ids[n++] = ids->ids[i];
	ids->len = n;
}

/* Who of a tenant comes, and who is gone. */
struct chosen {
	struct ids		 ids;
	struct sl_compile_gone	*gone;
	size_t			 gone_len;
};

static void
chosen_fini(struct chosen *chosen)
{
	sl_free(chosen->ids.ids);
	sl_free(chosen->gone);
}

static int
choose_node(struct sl_compile *c, struct sl_node node, struct ids *ids)
{
	return node.level == SL_LEVEL_GROUP ? sl_store_group_users(c->options.store, node.id, on_member, ids) : compile_id_add(ids, node.id);
}

static int
compare_gone(const void *a, const void *b)
{
	const struct sl_compile_gone *x = a, *y = b;
	int r = memcmp(x->address.ptr, y->address.ptr, SL_MIN(x->address.len, y->address.len));

	return r != 0 ? r : x->address.len < y->address.len ? -1 : x->address.len > y->address.len;
}

/* Whoever has that address now, if he is this tenant's, comes. */
static int
choose_again(struct sl_compile *c, struct sl_slice address, struct ids *ids, bool *gone_out)
{
	struct sl_access_path path;
	struct sl_node user;
	int r = sl_store_find(c->options.store, SL_LEVEL_USER, address, &user);

	*gone_out = true;
	if (r == 0)
		r = sl_store_path(c->options.store, user, &path);
	if (r != 0)
		return r == SL_ERR_NOT_FOUND || r == SL_ERR_SYNTAX ? 0 : r;
	*gone_out = path.id[SL_LEVEL_TENANT] != c->tenant.id;
	return *gone_out ? 0 : compile_id_add(ids, user.id);
}

/* Of addresses that were users', each once those that are not again. */
static int
choose_gone(struct sl_compile *c, const struct sl_compile_gone *gone, size_t len, struct chosen *chosen)
{
	struct sl_compile_gone *sorted = sl_xmalloc((len + 1) * sizeof(*sorted));
	bool is_gone;
	int r = 0;

	chosen->gone = sorted;
	if (len > 0)
		memcpy(sorted, gone, len * sizeof(*gone));
	if (len > 1)
		qsort(sorted, len, sizeof(*sorted), compare_gone);
	for (size_t i = 0; i < len && r == 0; i++) {
		struct sl_compile_gone one = sorted[i];

		if (i + 1 < len && compare_gone(&one, &sorted[i + 1]) == 0)
			continue;
		r = choose_again(c, one.address, &chosen->ids, &is_gone);
		if (r == 0 && is_gone)
			sorted[chosen->gone_len++] = one;	/* which is no later place than i */
	}
	return r;
}

/* Who comes: who changed, members of groups that changed, and, if what is above all changed, who says something. */
static int
choose_users(struct sl_compile *c, const struct sl_compile_part *parts, size_t len, struct ids *ids)
{
	const struct tenant *t = &c->tenant;
	int r = 0;

	for (size_t i = 0; i < t->spoke_len && r == 0; i++)
		if (t->spoke[i].level >= SL_LEVEL_GROUP)
			r = choose_node(c, t->spoke[i], ids);
	for (size_t i = 0; i < len && r == 0; i++) {
		if (parts[i].what == SL_COMPILE_USER)
			r = compile_id_add(ids, parts[i].id);
		else if (parts[i].what == SL_COMPILE_GROUP)
			r = choose_node(c, (struct sl_node){ SL_LEVEL_GROUP, parts[i].id }, ids);
	}
	return r;
}

struct reading {
	struct sl_compile	*compile;
	struct sl_node		 node;
};

static int
on_own_layer(void *ctx, const struct sl_layer_now *layer)
{
	struct reading *reading = ctx;
	struct sl_slice instead;

	if (layer->name.len == 0 && layer->text.len > 0 && !compile_instead(reading->compile, reading->node, layer->name, &instead))
		compile_said_add(&reading->compile->tenant, reading->node, layer->text);
	return 0;
}

/* What those who come say themselves. */
static int
said_by(struct sl_compile *c, const struct ids *ids)
{
	int r = 0;

	for (size_t i = 0; i < ids->len && r == 0; i++) {
		struct reading reading = { c, { SL_LEVEL_USER, ids->ids[i] } };

		r = sl_store_layers_at(c->options.store, reading.node, on_own_layer, &reading);
		if (r == SL_ERR_NOT_FOUND)	/* he is gone */
			r = 0;
	}
	return r;
}

struct listed {
	struct sl_compile	*compile;
	struct sl_node		 node;
	struct sl_slice		 user;		/* "": the tenant's own */
};

static int
on_own_entry(void *ctx, const struct sl_store_entry *entry)
{
	struct listed *l = ctx;

	return compile_entry(l->compile, l->node, l->user.len > 0 ? SL_BY_USER : SL_BY_TENANT, l->compile->tenant.row.id, l->user, entry);
}

static int
write_own_list(struct sl_compile *c)
{
	struct listed listed = { c, { SL_LEVEL_TENANT, c->tenant.id }, { (const unsigned char *)"", 0 } };
	int r = sl_snapshot_writer_list(c->options.writer, SL_BY_TENANT, c->tenant.row.id);

	return r == 0 ? sl_store_list_walk(c->options.store, listed.node, sl_slice("", 0), on_own_entry, &listed) : r;
}

static int
on_chosen(void *ctx, const struct sl_user_row *row)
{
	struct listed *listed = ctx;
	struct tenant *t = &listed->compile->tenant;
	int r = row->tenant == t->id ? compile_user(listed->compile, row) : 0;

	if (r == 0 && row->tenant == t->id)
		listed->user = compile_text(t, t->users[t->users_len - 1].address, t->users[t->users_len - 1].address_len);
	return r;
}

static int
write_chosen(struct sl_compile *c, const struct chosen *chosen)
{
	const struct ids *ids = &chosen->ids;
	int r = 0;

	for (size_t i = 0; i < chosen->gone_len && r == 0; i++) {
		r = sl_snapshot_writer_user_gone(c->options.writer, c->tenant.row.id, chosen->gone[i].address);
		if (r == SL_ERR_SYNTAX)		/* then he was in no snapshot */
			r = 0;
	}
	for (size_t i = 0; i < ids->len && r == 0; i++) {
		struct listed listed = { c, { SL_LEVEL_USER, ids->ids[i] }, { (const unsigned char *)"", 0 } };

		r = sl_store_user_row(c->options.store, ids->ids[i], on_chosen, &listed);
		if (r == 0 && listed.user.len > 0)
			r = sl_store_list_walk(c->options.store, listed.node, sl_slice("", 0), on_own_entry, &listed);
		else if (r == SL_ERR_NOT_FOUND)
			r = 0;
	}
	return r;
}

static bool
has_part(const struct sl_compile_part *parts, size_t len, enum sl_compile_what what)
{
	for (size_t i = 0; i < len; i++)
		if (parts[i].what == what)
			return true;
	return false;
}

int
sl_compile_tenant_partly(struct sl_compile *c, int64_t tenant, const struct sl_compile_part *parts, size_t parts_len,
    const struct sl_compile_gone *gone, size_t gone_len)
{
	bool said = has_part(parts, parts_len, SL_COMPILE_SAID);
	struct chosen chosen = { 0 };
	int r;

	SL_CHECK(c, COMPILE_MAGIC);
	sl_buf_reset(&c->error);
	if (tenant > UINT32_MAX)
		return compile_fail(c, SL_ERR_FULL, "the numbers of tenants are used up");
	compile_begin(c, tenant);
	r = compile_said_read(c, tenant, said ? SL_LEVEL_USER : SL_LEVEL_GROUP);
	if (!said)
		c->tenant.spoke_len = 0;	/* who has said something says the same as below */
	if (r == 0)
		r = choose_users(c, parts, parts_len, &chosen.ids);
	if (r == 0)
		r = choose_gone(c, gone, gone_len, &chosen);
	ids_sort(&chosen.ids);
	if (r == 0 && !said)
		r = said_by(c, &chosen.ids);
	if (r == 0) {
		r = compile_write(c, tenant, &compile_without_users);
		if (r == 0) {
			chosen_fini(&chosen);
			return sl_snapshot_writer_gone(c->options.writer, (uint32_t)tenant);
		}
	}
	if (r == SL_DONE)
		r = has_part(parts, parts_len, SL_COMPILE_LIST) ? write_own_list(c) : 0;
	if (r == 0)
		r = write_chosen(c, &chosen);
	if (r == 0)
		r = sl_snapshot_writer_partly(c->options.writer, (uint32_t)tenant);
	chosen_fini(&chosen);
	return compile_store_failed(c, SL_MIN(r, 0));
}
