/* print.c - layers and values as they are written: see policy_text.h */

#include "text_i.h"

#include <stdio.h>

/* ---- values */

void
policy_print_text(struct sl_slice text, struct sl_buf *out)
{
	sl_buf_add_json(out, text);	/* what YAML calls a double-quoted scalar, as the reader lets no control byte in */
}

/* As many decimals as it has; at most six were read. */
static void
print_probability(double p, struct sl_buf *out)
{
	char digits[32];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%.6f", p);

	while (len > 2 && digits[len - 1] == '0')
		len--;
	if (digits[len - 1] == '.')
		len--;
	sl_buf_add(out, digits, len);
}

static void
print_thresholds(const struct sl_policy_category *category, struct sl_buf *out)
{
	const char *between = "{";

	for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++) {
		if (category->at[a] > 1)
			continue;
		sl_buf_addf(out, "%s%s: ", between, sl_action_word((enum sl_action)a));
		print_probability(category->at[a], out);
		between = ", ";
	}
	sl_buf_add_str(out, between[0] == '{' ? "never" : "}");
}

static const char *
word_of(uint32_t value, const struct sl_policy_word *words)
{
	for (; words->word != NULL; words++)
		if (words->value == value)
			return words->word;
	SL_UNREACHABLE("a value without a word");
}

void
policy_print_set(uint32_t set, const struct sl_policy_word *words, struct sl_buf *out)
{
	const char *between = "";

	sl_buf_add_str(out, "[");
	for (; words->word != NULL; words++)
		if ((set >> words->value & 1) != 0) {
			sl_buf_addf(out, "%s%s", between, words->word);
			between = ", ";
		}
	sl_buf_add_str(out, "]");
}

static void
print_list(const struct sl_policy_list *list, struct sl_buf *out)
{
	sl_buf_add_str(out, "[");
	for (size_t i = 0; i < list->len; i++) {
		sl_buf_add_str(out, i > 0 ? ", " : "");
		policy_print_text(list->items[i], out);
	}
	sl_buf_add_str(out, "]");
}

static void
print_member_list(const char *key, const struct sl_policy_list *list, struct sl_buf *out)
{
	if (list->len == 0)
		return;
	sl_buf_addf(out, ", %s: ", key);
	print_list(list, out);
}

void
policy_print_file(const struct sl_attachment_rule *rule, struct sl_buf *out)
{
	sl_buf_add_str(out, "{name: ");
	policy_print_text(rule->name, out);
	if (rule->families != 0) {
		sl_buf_add_str(out, ", families: ");
		policy_print_set(rule->families, policy_families, out);
	}
	print_member_list("types", &rule->types, out);
	print_member_list("names", &rule->names, out);
	if (rule->larger_bytes != 0) {
		sl_buf_add_str(out, ", larger_than: ");
		value_print_size(rule->larger_bytes, out);
	}
	sl_buf_add_str(out, rule->encrypted ? ", encrypted: yes" : "");
	sl_buf_add_str(out, rule->macros ? ", macros: yes" : "");
	if (rule->inside != SL_INSIDE_ANYWHERE)
		sl_buf_addf(out, ", inside: %s", word_of(rule->inside, policy_insides));
	sl_buf_addf(out, ", action: %s}", sl_action_word(rule->action));
}

void
policy_print_group(const struct sl_content_group *group, struct sl_buf *out)
{
	sl_buf_add_str(out, "{name: ");
	policy_print_text(group->name, out);
	print_member_list("words", &group->words, out);
	print_member_list("patterns", &group->patterns, out);
	if (group->numbers != 0) {
		sl_buf_add_str(out, ", numbers: ");
		policy_print_set(group->numbers, policy_numbers, out);
	}
	if (group->at_least != 1)
		sl_buf_addf(out, ", at_least: %u", group->at_least);
	sl_buf_addf(out, ", action: %s}", sl_action_word(group->action));
}

void
policy_print_partner(const struct sl_partner_domain *partner, struct sl_buf *out)
{
	sl_buf_add_str(out, "{domain: ");
	policy_print_text(partner->domain, out);
	sl_buf_addf(out, "%s%s}", partner->tls ? ", tls: yes" : "", partner->authentication ? ", authentication: yes" : "");
}

/* How many items a list of maps has; 0 for all else. */
static size_t
maps_len(const struct sl_policy_setting *row, const void *at)
{
	if (row->type == SL_POLICY_FILES)
		return ((const struct sl_attachment_rules *)at)->len;
	if (row->type == SL_POLICY_GROUPS)
		return ((const struct sl_content_groups *)at)->len;
	if (row->type == SL_POLICY_PARTNERS)
		return ((const struct sl_partner_domains *)at)->len;
	return 0;
}

static void
print_map(const struct sl_policy_setting *row, const void *at, size_t i, struct sl_buf *out)
{
	if (row->type == SL_POLICY_FILES)
		policy_print_file(&((const struct sl_attachment_rules *)at)->items[i], out);
	else if (row->type == SL_POLICY_GROUPS)
		policy_print_group(&((const struct sl_content_groups *)at)->items[i], out);
	else
		policy_print_partner(&((const struct sl_partner_domains *)at)->items[i], out);
}

void
sl_policy_value_print(const struct sl_policy_setting *row, const struct sl_policy *policy, struct sl_buf *out)
{
	const void *at = sl_policy_value(policy, row);

	switch (row->type) {
	case SL_POLICY_NUMBER:
		sl_buf_addf(out, "%u", *(const uint32_t *)at);
		return;
	case SL_POLICY_SIZE:
		value_print_size(*(const uint32_t *)at, out);
		return;
	case SL_POLICY_WORD:
		sl_buf_add_str(out, word_of(*(const uint32_t *)at, row->words));
		return;
	case SL_POLICY_SET:
		policy_print_set(*(const uint32_t *)at, row->words, out);
		return;
	case SL_POLICY_THRESHOLDS:
		print_thresholds(at, out);
		return;
	case SL_POLICY_LINE: case SL_POLICY_TEXT: case SL_POLICY_ADDRESS: case SL_POLICY_ZONE: case SL_POLICY_LANGUAGE:
		policy_print_text(*(const struct sl_slice *)at, out);
		return;
	case SL_POLICY_DOMAINS: case SL_POLICY_ADDRESSES:
		print_list(at, out);
		return;
	case SL_POLICY_FILES: case SL_POLICY_GROUPS: case SL_POLICY_PARTNERS:
		sl_buf_add_str(out, "[");
		for (size_t i = 0; i < maps_len(row, at); i++) {
			sl_buf_add_str(out, i > 0 ? ", " : "");
			print_map(row, at, i, out);
		}
		sl_buf_add_str(out, "]");
		return;
	case SL_POLICY_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting of no type");
}

/* ---- a layer */

/* A list of maps takes a line for each, so that versions can be compared by eye. */
static void
print_row(const struct sl_policy_setting *row, const struct sl_policy *policy, struct sl_buf *out)
{
	const char *dot = strchr(row->path, '.'), *key = dot == NULL ? row->path : dot + 1;
	const char *indent = dot == NULL ? "" : "  ";
	const void *at = sl_policy_value(policy, row);

	sl_buf_addf(out, "%s%s:", indent, key);
	if (maps_len(row, at) == 0) {
		sl_buf_add_str(out, " ");
		sl_policy_value_print(row, policy, out);
	}
	for (size_t i = 0; i < maps_len(row, at); i++) {
		sl_buf_addf(out, "\n%s  - ", indent);
		print_map(row, at, i, out);
	}
	sl_buf_add_byte(out, '\n');
}

void
sl_policy_layer_print(const struct sl_policy_layer *layer, struct sl_buf *out)
{
	struct sl_slice scope = sl_slice("", 0);
	const char *between = "";

	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];
		const char *dot = strchr(row->path, '.');
		struct sl_slice own = sl_slice(row->path, dot == NULL ? 0 : (size_t)(dot - row->path));

		if ((layer->set >> i & 1) == 0)
			continue;
		if (own.len > 0 && !sl_slice_eq(own, scope))
			sl_buf_addf(out, SL_SLICE_FMT ":\n", SL_SLICE_ARG(own));
		scope = own;
		print_row(row, &layer->values, out);
	}
	if (layer->locks == 0)
		return;
	sl_buf_add_str(out, "locks: [");
	for (size_t i = 0; i < sl_policy_settings_len; i++)
		if ((layer->locks >> i & 1) != 0) {
			sl_buf_addf(out, "%s%s", between, sl_policy_settings[i].path);
			between = ", ";
		}
	sl_buf_add_str(out, "]\n");
}
