/* pack.c - a policy as bytes: see layer.h
 *
 * u32 table version, then each row's value as bytes with their length. The machine's own byte order. */

#include "ipc/ipc.h"
#include "policy/layer.h"

#define PACK_FORM	1u

uint32_t
sl_policy_table_version(void)
{
	uint64_t h = PACK_FORM;

	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];

		h = h * 31 + sl_hash(row->path, strlen(row->path));
		h = h * 31 + (uint64_t)row->type;
		for (const struct sl_policy_word *w = row->words; w != NULL && w->word != NULL; w++)
			h = h * 31 + sl_hash(w->word, strlen(w->word)) + w->value;
	}
	return (uint32_t)(h ^ (h >> 32));
}

bool
sl_policy_setting_is_long(const struct sl_policy_setting *row)
{
	return row->type == SL_POLICY_DOMAINS || row->type == SL_POLICY_ADDRESSES || row->type == SL_POLICY_FILES || row->type == SL_POLICY_GROUPS ||
	    row->type == SL_POLICY_PARTNERS;
}

/* ---- packing */

static void
pack_list(const struct sl_policy_list *list, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)list->len);
	for (size_t i = 0; i < list->len; i++)
		sl_pack_bytes(out, list->items[i]);
}

static void
pack_files(const struct sl_attachment_rules *rules, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)rules->len);
	for (size_t i = 0; i < rules->len; i++) {
		const struct sl_attachment_rule *rule = &rules->items[i];

		sl_pack_bytes(out, rule->name);
		sl_pack_u32(out, rule->action);
		sl_pack_u32(out, rule->families);
		pack_list(&rule->types, out);
		pack_list(&rule->names, out);
		sl_pack_u64(out, rule->larger_bytes);
		sl_pack_u32(out, rule->encrypted);
		sl_pack_u32(out, rule->macros);
		sl_pack_u32(out, rule->inside);
	}
}

static void
pack_groups(const struct sl_content_groups *groups, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)groups->len);
	for (size_t i = 0; i < groups->len; i++) {
		const struct sl_content_group *group = &groups->items[i];

		sl_pack_bytes(out, group->name);
		sl_pack_u32(out, group->action);
		sl_pack_u32(out, group->at_least);
		pack_list(&group->words, out);
		pack_list(&group->patterns, out);
		sl_pack_u32(out, group->numbers);
	}
}

static void
pack_partners(const struct sl_partner_domains *partners, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)partners->len);
	for (size_t i = 0; i < partners->len; i++) {
		sl_pack_bytes(out, partners->items[i].domain);
		sl_pack_u32(out, partners->items[i].tls);
		sl_pack_u32(out, partners->items[i].authentication);
	}
}

void
sl_policy_pack_value(const struct sl_policy_setting *row, const struct sl_policy *policy, struct sl_buf *out)
{
	const void *at = sl_policy_value(policy, row);
	const struct sl_policy_category *category = at;

	switch (row->type) {
	case SL_POLICY_NUMBER: case SL_POLICY_SIZE: case SL_POLICY_WORD: case SL_POLICY_SET:
		sl_pack_u32(out, *(const uint32_t *)at);
		return;
	case SL_POLICY_THRESHOLDS:
		for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++)
			sl_pack_f64(out, category->at[a]);
		return;
	case SL_POLICY_LINE: case SL_POLICY_TEXT: case SL_POLICY_ADDRESS: case SL_POLICY_ZONE: case SL_POLICY_LANGUAGE:
		sl_buf_add_slice(out, *(const struct sl_slice *)at);
		return;
	case SL_POLICY_DOMAINS: case SL_POLICY_ADDRESSES:
		pack_list(at, out);
		return;
	case SL_POLICY_FILES:
		pack_files(at, out);
		return;
	case SL_POLICY_GROUPS:
		pack_groups(at, out);
		return;
	case SL_POLICY_PARTNERS:
		pack_partners(at, out);
		return;
	case SL_POLICY_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting of no type");
}

void
sl_policy_pack(const struct sl_policy *policy, struct sl_buf *out)
{
	struct sl_buf value;

	sl_buf_init(&value, SL_POLICY_PACKED_MAX);
	sl_pack_u32(out, sl_policy_table_version());
	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		sl_buf_reset(&value);
		sl_policy_pack_value(&sl_policy_settings[i], policy, &value);
		sl_pack_bytes(out, sl_buf_slice(&value));
	}
	sl_buf_fini(&value);
}

/* ---- unpacking */

struct unpacker {
	struct sl_unpack	 in;
	struct sl_arena		*arena;
	int			 result;	/* the first thing that is wrong */
};

static void
bad(struct unpacker *u, int result)
{
	if (u->result == 0)
		u->result = result;
}

static uint32_t
below(struct unpacker *u, uint32_t bound)
{
	uint32_t n = sl_unpack_u32(&u->in);

	if (n >= bound) {
		bad(u, SL_ERR_SYNTAX);
		return 0;
	}
	return n;
}

static void *
items(struct unpacker *u, size_t count, size_t size_bytes)
{
	void *p;

	if (u->result != 0 || count == 0)
		return NULL;
	p = sl_arena_alloc(u->arena, count * size_bytes);
	if (p == NULL)
		bad(u, SL_ERR_FULL);
	return p;
}

/* How many follow: no more than there can be, each taking `least` bytes. */
static size_t
count_of(struct unpacker *u, uint32_t max, size_t least)
{
	uint32_t n = sl_unpack_u32(&u->in);

	if (n > max || (size_t)n * least > u->in.rest.len) {
		bad(u, u->in.failed ? SL_ERR_TRUNCATED : SL_ERR_SYNTAX);
		return 0;
	}
	return n;
}

/* A word or pattern: text that can be shown. */
static bool
text_ok(struct sl_slice text, const struct sl_policy_setting *row)
{
	if (row != NULL)
		return sl_policy_text_wrong(row, text) == NULL;
	return text.len > 0 && text.len <= SL_POLICY_TEXT_MAX && memchr(text.ptr, '\0', text.len) == NULL;
}

static void
unpack_list(struct unpacker *u, const struct sl_policy_setting *row, uint32_t max, struct sl_policy_list *out)
{
	size_t n = count_of(u, max, sizeof(uint32_t));
	struct sl_slice *list = items(u, n, sizeof(*list));

	for (size_t i = 0; i < n && list != NULL; i++) {
		list[i] = sl_unpack_bytes(&u->in);
		if (!text_ok(list[i], row))
			bad(u, SL_ERR_SYNTAX);
	}
	*out = (struct sl_policy_list){ list, list == NULL ? 0 : n };
}

static struct sl_slice
name_of(struct unpacker *u)
{
	struct sl_slice name = sl_unpack_bytes(&u->in);

	if (!sl_policy_name_ok(name))
		bad(u, SL_ERR_SYNTAX);
	return name;
}

static void
unpack_files(struct unpacker *u, struct sl_attachment_rules *out)
{
	size_t n = count_of(u, SL_ATTACHMENT_RULES_MAX, 40);
	struct sl_attachment_rule *rules = items(u, n, sizeof(*rules));

	for (size_t i = 0; i < n && rules != NULL && u->result == 0; i++) {
		rules[i].name = name_of(u);
		rules[i].action = (enum sl_action)below(u, SL_ACTION_COUNT);
		rules[i].families = below(u, 1u << SL_FAMILY_COUNT);
		unpack_list(u, NULL, SL_ATTACHMENT_MASKS_MAX, &rules[i].types);
		unpack_list(u, NULL, SL_ATTACHMENT_MASKS_MAX, &rules[i].names);
		rules[i].larger_bytes = sl_unpack_u64(&u->in);
		rules[i].encrypted = below(u, 2);
		rules[i].macros = below(u, 2);
		rules[i].inside = (enum sl_attachment_inside)below(u, SL_INSIDE_NEVER + 1);
	}
	*out = (struct sl_attachment_rules){ rules, rules == NULL ? 0 : n };
}

static void
unpack_groups(struct unpacker *u, struct sl_content_groups *out)
{
	size_t n = count_of(u, SL_CONTENT_GROUPS_MAX, 24);
	struct sl_content_group *groups = items(u, n, sizeof(*groups));

	for (size_t i = 0; i < n && groups != NULL && u->result == 0; i++) {
		groups[i].name = name_of(u);
		groups[i].action = (enum sl_action)below(u, SL_ACTION_COUNT);
		groups[i].at_least = sl_unpack_u32(&u->in);
		unpack_list(u, NULL, SL_CONTENT_WORDS_MAX, &groups[i].words);
		unpack_list(u, NULL, SL_CONTENT_PATTERNS_MAX, &groups[i].patterns);
		groups[i].numbers = below(u, 1u << SL_NUMBER_COUNT);
		if (groups[i].at_least == 0)
			bad(u, SL_ERR_SYNTAX);
	}
	*out = (struct sl_content_groups){ groups, groups == NULL ? 0 : n };
}

static void
unpack_partners(struct unpacker *u, struct sl_partner_domains *out)
{
	size_t n = count_of(u, SL_PARTNER_DOMAINS_MAX, 12);
	struct sl_partner_domain *list = items(u, n, sizeof(*list));

	for (size_t i = 0; i < n && list != NULL && u->result == 0; i++) {
		list[i].domain = sl_unpack_bytes(&u->in);
		list[i].tls = below(u, 2);
		list[i].authentication = below(u, 2);
		if (!sl_policy_domain_ok(list[i].domain, true))
			bad(u, SL_ERR_SYNTAX);
	}
	*out = (struct sl_partner_domains){ list, list == NULL ? 0 : n };
}

static void
unpack_number(struct unpacker *u, const struct sl_policy_setting *row, uint32_t *out)
{
	uint32_t n = sl_unpack_u32(&u->in), known = 0;
	bool is_word = row->words == NULL && n >= row->min && n <= row->max;

	for (const struct sl_policy_word *w = row->words; w != NULL && w->word != NULL; w++) {
		known |= row->type == SL_POLICY_SET ? 1u << w->value : 0;
		is_word |= row->type == SL_POLICY_WORD && n == w->value;
	}
	if (row->type == SL_POLICY_SET ? (n & ~known) != 0 : !is_word)
		bad(u, SL_ERR_SYNTAX);
	else
		*out = n;
}

static void
unpack_thresholds(struct unpacker *u, struct sl_policy_category *out)
{
	sl_policy_category_clear(out);
	for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++) {
		double at = sl_unpack_f64(&u->in);

		if (!(at > 0 && at <= 1) && !(at >= SL_THRESHOLD_NEVER && at <= SL_THRESHOLD_NEVER))
			bad(u, SL_ERR_SYNTAX);
		else
			out->at[a] = at;
	}
}

static void
unpack_value(struct unpacker *u, const struct sl_policy_setting *row, void *at)
{
	switch (row->type) {
	case SL_POLICY_NUMBER: case SL_POLICY_SIZE: case SL_POLICY_WORD: case SL_POLICY_SET:
		unpack_number(u, row, at);
		return;
	case SL_POLICY_THRESHOLDS:
		unpack_thresholds(u, at);
		return;
	case SL_POLICY_LINE: case SL_POLICY_TEXT: case SL_POLICY_ADDRESS: case SL_POLICY_ZONE: case SL_POLICY_LANGUAGE:
		if (sl_policy_text_wrong(row, u->in.rest) != NULL)
			bad(u, SL_ERR_SYNTAX);
		*(struct sl_slice *)at = u->in.rest;
		u->in.rest = sl_slice_from(u->in.rest, u->in.rest.len);
		return;
	case SL_POLICY_DOMAINS: case SL_POLICY_ADDRESSES:
		unpack_list(u, row, row->max, at);
		return;
	case SL_POLICY_FILES:
		unpack_files(u, at);
		return;
	case SL_POLICY_GROUPS:
		unpack_groups(u, at);
		return;
	case SL_POLICY_PARTNERS:
		unpack_partners(u, at);
		return;
	case SL_POLICY_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting of no type");
}

int
sl_policy_unpack_value(const struct sl_policy_setting *row, struct sl_slice bytes, struct sl_arena *arena,
    struct sl_policy *policy)
{
	struct unpacker u = { .in = { .rest = bytes }, .arena = arena };

	unpack_value(&u, row, sl_policy_value_at(policy, row));
	if (u.in.failed)
		bad(&u, SL_ERR_TRUNCATED);
	if (u.in.rest.len > 0)
		bad(&u, SL_ERR_SYNTAX);
	return u.result;
}

int
sl_policy_unpack(struct sl_slice bytes, struct sl_arena *arena, struct sl_policy *policy)
{
	struct sl_unpack in = { .rest = bytes };
	int r = 0;

	memset(policy, 0, sizeof(*policy));
	if (sl_unpack_u32(&in) != sl_policy_table_version())
		return in.failed ? SL_ERR_TRUNCATED : SL_ERR_VERSION;
	for (size_t i = 0; i < sl_policy_settings_len && r == 0; i++) {
		struct sl_slice value = sl_unpack_bytes(&in);

		r = in.failed ? SL_ERR_TRUNCATED : sl_policy_unpack_value(&sl_policy_settings[i], value, arena, policy);
	}
	if (r == 0 && in.rest.len > 0)
		r = SL_ERR_SYNTAX;
	return r;
}
