/* read_lists.c - lists of maps in a layer: attachment rules, content groups, partners' domains */

#include "text_i.h"
#include "policy/words.h"
#include "rules/rules_i.h"

#include <stdlib.h>

const struct sl_policy_word policy_actions[] = {
	{ "deliver", SL_ACTION_DELIVER }, { "tag", SL_ACTION_TAG }, { "copy", SL_ACTION_COPY },
	{ "quarantine", SL_ACTION_QUARANTINE }, { "defer", SL_ACTION_DEFER }, { "refuse", SL_ACTION_REFUSE },
	{ NULL, 0 },
};
const struct sl_policy_word policy_families[] = {
#define FAMILY_WORD(id, name) { name, SL_FAMILY_##id },
	SL_FAMILIES(FAMILY_WORD)
#undef FAMILY_WORD
	{ NULL, 0 },
};
const struct sl_policy_word policy_numbers[] = {
	{ "payment-card", SL_NUMBER_PAYMENT_CARD }, { "iban", SL_NUMBER_IBAN }, { NULL, 0 },
};
const struct sl_policy_word policy_insides[] = {
	{ "anywhere", SL_INSIDE_ANYWHERE }, { "only", SL_INSIDE_ONLY }, { "never", SL_INSIDE_NEVER }, { NULL, 0 },
};
const struct sl_policy_word policy_no_yes[] = { { "no", false }, { "yes", true }, { NULL, 0 } };

/* A member of a map: its key, and how it is read into the item. */
struct member {
	const char	*key;
	void		(*read)(struct policy_reader *r, const struct conf_node *node, void *item);
	bool		 needed;
};

static void
read_members(struct policy_reader *r, const struct conf_node *map, const struct member *members, void *item)
{
	const char *what = r->what;
	unsigned seen = 0;

	for (const struct conf_node *n = map->first; n != NULL; n = n->next) {
		const struct member *m = members;

		while (m->key != NULL && !sl_slice_eq(n->key, sl_slice_str(m->key)))
			m++;
		if (m->key == NULL) {
			conf_errors_add(&r->errors, n->key_at, "%s: remove '" SL_SLICE_FMT "': there is no such key here",
			    what, SL_SLICE_ARG(n->key));
			continue;
		}
		r->what = m->key;
		m->read(r, n, item);
		r->what = what;
		seen |= 1u << (m - members);
	}
	for (const struct member *m = members; m->key != NULL; m++)
		if (m->needed && (seen >> (m - members) & 1) == 0)
			WRONG(r, map, "%s: add '%s'", what, m->key);
}

/* Read a list of maps. Returns the items, or NULL; `*len_out` says how many. */
static void *
read_maps(struct policy_reader *r, const struct conf_node *node, size_t max, const struct member *members,
    size_t size_bytes, void (*init)(void *item), size_t *len_out)
{
	unsigned char *list;
	size_t n = 0;

	*len_out = 0;
	if (!policy_is_list(r, node, max))
		return NULL;
	list = policy_alloc(r, node, node->len, size_bytes);
	for (const struct conf_node *i = node->first; i != NULL && list != NULL; i = i->next) {
		init(list + n * size_bytes);
		if (policy_is_map(r, i))
			read_members(r, i, members, list + n * size_bytes);
		n++;
	}
	*len_out = n;
	return list;
}

static struct sl_slice
read_name(struct policy_reader *r, const struct conf_node *node)
{
	if (!policy_is_scalar(r, node))
		return sl_slice("", 0);
	if (!sl_policy_name_ok(node->text)) {
		WRONG(r, node, "%s: write a name of letters, digits, '-' and '_', 64 at most", r->what);
		return sl_slice("", 0);
	}
	return policy_copy(r, node, node->text);
}

/* Names are how reasons and records call them: none twice. */
static void
check_names(struct policy_reader *r, const struct conf_node *node, const void *list, size_t len, size_t size_bytes)
{
	const unsigned char *bytes = list;
	const struct conf_node *n = node->first;

	for (size_t i = 0; i < len; i++, n = n->next)
		for (size_t j = 0; j < i; j++) {
			const struct sl_slice *a = (const void *)(bytes + i * size_bytes);
			const struct sl_slice *b = (const void *)(bytes + j * size_bytes);

			if (a->len > 0 && sl_slice_eq(*a, *b)) {
				WRONG(r, n, "%s: write another name than '" SL_SLICE_FMT "', which is taken", r->what,
				    SL_SLICE_ARG(*a));
				break;
			}
		}
}

static struct sl_slice
lower(struct policy_reader *r, const struct conf_node *node, size_t max)
{
	struct sl_slice text = policy_read_text(r, node, max);
	unsigned char *bytes = (unsigned char *)(uintptr_t)text.ptr;

	for (size_t i = 0; i < text.len; i++)
		if (bytes[i] >= 'A' && bytes[i] <= 'Z')
			bytes[i] = sl_ascii_lower(bytes[i]);
	return text;
}

/* ---- attachment rules */

#define FILE_RULE(item)	((struct sl_attachment_rule *)(item))

static struct sl_slice
read_type(struct policy_reader *r, const struct conf_node *node)
{
	struct sl_slice type = lower(r, node, 128);
	const unsigned char *slash = type.len == 0 ? NULL : memchr(type.ptr, '/', type.len);

	if (slash == NULL || slash == type.ptr || slash + 1 == type.ptr + type.len)
		WRONG(r, node, "%s: write a type, as in application/pdf or image/*", r->what);
	return type;
}

static struct sl_slice
read_mask(struct policy_reader *r, const struct conf_node *node)
{
	struct sl_slice mask = lower(r, node, 255);

	if (mask.len == 0)
		WRONG(r, node, "%s: write a name, as in *.exe", r->what);
	return mask;
}

static void
file_name(struct policy_reader *r, const struct conf_node *node, void *item)
{
	FILE_RULE(item)->name = read_name(r, node);
}

static void
file_action(struct policy_reader *r, const struct conf_node *node, void *item)
{
	FILE_RULE(item)->action = (enum sl_action)policy_read_word(r, node, policy_actions);
}

static void
file_families(struct policy_reader *r, const struct conf_node *node, void *item)
{
	FILE_RULE(item)->families = policy_read_set(r, node, policy_families);
}

static void
file_types(struct policy_reader *r, const struct conf_node *node, void *item)
{
	policy_read_list(r, node, SL_ATTACHMENT_MASKS_MAX, read_type, &FILE_RULE(item)->types);
}

static void
file_names(struct policy_reader *r, const struct conf_node *node, void *item)
{
	policy_read_list(r, node, SL_ATTACHMENT_MASKS_MAX, read_mask, &FILE_RULE(item)->names);
}

static void
file_larger(struct policy_reader *r, const struct conf_node *node, void *item)
{
	uint64_t bytes = 0;

	if (!policy_is_scalar(r, node))
		return;
	if (value_size(node->text, &bytes) != 0 || bytes == 0)
		WRONG(r, node, "%s: write a size, as in 10MiB", r->what);
	FILE_RULE(item)->larger_bytes = bytes;
}

static void
file_encrypted(struct policy_reader *r, const struct conf_node *node, void *item)
{
	FILE_RULE(item)->encrypted = policy_read_word(r, node, policy_no_yes);
}

static void
file_macros(struct policy_reader *r, const struct conf_node *node, void *item)
{
	FILE_RULE(item)->macros = policy_read_word(r, node, policy_no_yes);
}

static void
file_inside(struct policy_reader *r, const struct conf_node *node, void *item)
{
	FILE_RULE(item)->inside = (enum sl_attachment_inside)policy_read_word(r, node, policy_insides);
}

static const struct member file_members[] = {
	{ "name", file_name, true }, { "families", file_families, false }, { "types", file_types, false },
	{ "names", file_names, false }, { "larger_than", file_larger, false }, { "encrypted", file_encrypted, false },
	{ "macros", file_macros, false }, { "inside", file_inside, false }, { "action", file_action, true },
	{ NULL, NULL, false },
};

static void
file_init(void *item)
{
	*FILE_RULE(item) = (struct sl_attachment_rule){ .name = { (const unsigned char *)"", 0 } };
}

void
policy_read_files(struct policy_reader *r, const struct conf_node *node, struct sl_attachment_rules *out)
{
	out->items = read_maps(r, node, SL_ATTACHMENT_RULES_MAX, file_members, sizeof(*out->items), file_init, &out->len);
	if (out->items == NULL)
		out->len = 0;
	check_names(r, node, out->items, out->len, sizeof(*out->items));
}

/* ---- content groups */

#define GROUP(item)	((struct sl_content_group *)(item))

/* Blanks at the ends go, and several are one. */
static struct sl_slice
read_phrase(struct policy_reader *r, const struct conf_node *node)
{
	struct sl_slice text = policy_read_text(r, node, 200);
	unsigned char *bytes = (unsigned char *)(uintptr_t)text.ptr;
	size_t kept = 0;

	for (size_t i = 0; i < text.len; i++)
		if (bytes[i] != ' ' || (kept > 0 && bytes[kept - 1] != ' '))
			bytes[kept++] = bytes[i];
	while (kept > 0 && bytes[kept - 1] == ' ')
		kept--;
	if (!sl_words_phrase_ok(sl_slice(bytes, kept)))
		WRONG(r, node, "%s: write a word or a phrase, with a letter or digit in it", r->what);
	return sl_slice(bytes, kept);
}

static struct sl_slice
read_pattern(struct policy_reader *r, const struct conf_node *node)
{
	struct sl_slice text = policy_read_text(r, node, SL_POLICY_TEXT_MAX);
	PCRE2_UCHAR message[128] = "";
	size_t at = 0;
	int error = 0;
	char *pattern;
	pcre2_code *code;

	if (text.len == 0) {
		WRONG(r, node, "%s: write a pattern, as in 'invoice [0-9]+'", r->what);
		return text;
	}
	pattern = sl_xmemdup(text.ptr, text.len);
	code = rules_pattern(pattern, SL_RULE_CASELESS | SL_RULE_UTF, &error, &at);
	sl_free(pattern);
	if (code == NULL) {
		pcre2_get_error_message(error, message, sizeof(message));
		WRONG(r, node, "%s: correct the pattern at its character %zu: %s", r->what, at, message);
	}
	pcre2_code_free(code);
	return text;
}

static void
group_name(struct policy_reader *r, const struct conf_node *node, void *item)
{
	GROUP(item)->name = read_name(r, node);
}

static void
group_action(struct policy_reader *r, const struct conf_node *node, void *item)
{
	GROUP(item)->action = (enum sl_action)policy_read_word(r, node, policy_actions);
}

static void
group_at_least(struct policy_reader *r, const struct conf_node *node, void *item)
{
	uint64_t n = 1;

	if (policy_is_scalar(r, node) && (value_count(node->text, &n) != 0 || n < 1 || n > 1000))
		WRONG(r, node, "%s: write a number from 1 to 1000", r->what);
	GROUP(item)->at_least = (uint32_t)n;
}

static void
group_words(struct policy_reader *r, const struct conf_node *node, void *item)
{
	policy_read_list(r, node, SL_CONTENT_WORDS_MAX, read_phrase, &GROUP(item)->words);
}

static void
group_patterns(struct policy_reader *r, const struct conf_node *node, void *item)
{
	policy_read_list(r, node, SL_CONTENT_PATTERNS_MAX, read_pattern, &GROUP(item)->patterns);
}

static void
group_numbers(struct policy_reader *r, const struct conf_node *node, void *item)
{
	GROUP(item)->numbers = policy_read_set(r, node, policy_numbers);
}

static const struct member group_members[] = {
	{ "name", group_name, true }, { "words", group_words, false }, { "patterns", group_patterns, false },
	{ "numbers", group_numbers, false }, { "at_least", group_at_least, false }, { "action", group_action, true },
	{ NULL, NULL, false },
};

static void
group_init(void *item)
{
	*GROUP(item) = (struct sl_content_group){ .name = { (const unsigned char *)"", 0 }, .at_least = 1 };
}

void
policy_read_groups(struct policy_reader *r, const struct conf_node *node, struct sl_content_groups *out)
{
	const struct conf_node *n;

	out->items = read_maps(r, node, SL_CONTENT_GROUPS_MAX, group_members, sizeof(*out->items), group_init, &out->len);
	if (out->items == NULL)
		out->len = 0;
	check_names(r, node, out->items, out->len, sizeof(*out->items));
	n = node->kind == CONF_LIST ? node->first : NULL;
	for (size_t i = 0; i < out->len; i++, n = n->next)
		if (out->items[i].words.len + out->items[i].patterns.len == 0 && out->items[i].numbers == 0)
			WRONG(r, n, "%s: add 'words', 'patterns' or 'numbers': nothing is looked for", r->what);
}

/* ---- partners' domains */

#define PARTNER(item)	((struct sl_partner_domain *)(item))

static void
partner_domain(struct policy_reader *r, const struct conf_node *node, void *item)
{
	PARTNER(item)->domain = policy_read_domain(r, node);
}

static void
partner_tls(struct policy_reader *r, const struct conf_node *node, void *item)
{
	PARTNER(item)->tls = policy_read_word(r, node, policy_no_yes);
}

static void
partner_authentication(struct policy_reader *r, const struct conf_node *node, void *item)
{
	PARTNER(item)->authentication = policy_read_word(r, node, policy_no_yes);
}

static const struct member partner_members[] = {
	{ "domain", partner_domain, true }, { "tls", partner_tls, false },
	{ "authentication", partner_authentication, false }, { NULL, NULL, false },
};

static void
partner_init(void *item)
{
	*PARTNER(item) = (struct sl_partner_domain){ .domain = { (const unsigned char *)"", 0 } };
}

/* Many may stand here: found by sorting, not by comparing all with all. */
static int
by_domain(const void *a, const void *b)
{
	const struct sl_partner_domain *x = a, *y = b;
	int order = memcmp(x->domain.ptr, y->domain.ptr, SL_MIN(x->domain.len, y->domain.len));

	return order != 0 ? order : x->domain.len < y->domain.len ? -1 : x->domain.len > y->domain.len;
}

void
policy_read_partners(struct policy_reader *r, const struct conf_node *node, struct sl_partner_domains *out)
{
	struct sl_partner_domain *list = read_maps(r, node, SL_PARTNER_DOMAINS_MAX, partner_members, sizeof(*list),
	    partner_init, &out->len);

	out->items = list;
	if (list == NULL)
		out->len = 0;
	else
		qsort(list, out->len, sizeof(*list), by_domain);
	for (size_t i = 1; i < out->len; i++)
		if (list[i].domain.len > 0 && sl_slice_eq(list[i - 1].domain, list[i].domain))
			WRONG(r, node, "%s: write '" SL_SLICE_FMT "' once", r->what, SL_SLICE_ARG(list[i].domain));
	for (size_t i = 0; i < out->len; i++)
		if (!list[i].tls && !list[i].authentication)
			WRONG(r, node, "%s: '" SL_SLICE_FMT "': add 'tls: yes', 'authentication: yes', or both", r->what,
			    SL_SLICE_ARG(list[i].domain));
}
