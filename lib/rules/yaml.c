/* yaml.c - see yaml.h */

#include "rules/yaml_i.h"
#include "rules/rules_i.h"

#include <stdio.h>
#include <stdlib.h>

#define WEIGHT_MAX	10.0

struct reader {
	struct sl_ruleset	*set;
	const char		*file;
	struct conf_errors	 errors;
	struct sl_arena		 arena;
};

#define WRONG(reader, node, ...) conf_errors_add(&(reader)->errors, (node)->at, __VA_ARGS__)

static const struct conf_node *
entry(const struct conf_node *map, const char *key)
{
	for (const struct conf_node *n = map->first; n != NULL; n = n->next)
		if (sl_slice_eq(n->key, sl_slice_str(key)))
			return n;
	return NULL;
}

/* A text, or "" with a problem told; a NUL is behind it. */
static const char *
text_of(struct reader *r, const struct conf_node *node)
{
	if (node->kind == CONF_SCALAR && !node->null && node->text.len > 0)
		return (const char *)node->text.ptr;
	WRONG(r, node, "write a text for '" SL_SLICE_FMT "'", SL_SLICE_ARG(node->key));
	return "";
}

static bool
flag_of(struct reader *r, const struct conf_node *node)
{
	if (node->kind == CONF_SCALAR && sl_slice_eq(node->text, SL_SLICE_LIT("true")))
		return true;
	if (node->kind != CONF_SCALAR || !sl_slice_eq(node->text, SL_SLICE_LIT("false")))
		WRONG(r, node, "write true or false");
	return false;
}

/* ---- one key of a rule each */

static void
read_name(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	const char *name = text_of(r, node);
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	size_t before;

	if (name[0] == '\0')
		return;
	if (name[n] != '\0' || n > 64 || strspn(name, "0123456789") == n) {
		WRONG(r, node, "write a name of letters, digits and '_', 64 at most, not of digits alone");
		return;
	}
	before = sl_ruleset_find(r->set, name);
	if (before != SIZE_MAX) {
		WRONG(r, node, "write another name: %s:%u has a rule '%s'", r->set->rules[before].file,
		    r->set->rules[before].line, name);
		return;
	}
	rule->name = name;
	if (strncmp(name, "__", 2) == 0)
		rule->flags |= SL_RULE_INTERNAL;
}

static void
read_sentence(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	rule->sentence = text_of(r, node);
	if (strlen(rule->sentence) > 200 || strchr(rule->sentence, '\n') != NULL)
		WRONG(r, node, "write one sentence of at most 200 characters");
}

static void
read_category(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	const char *word = text_of(r, node);

	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		if (strcmp(word, sl_category_word((enum sl_category)c)) == 0) {
			rule->category = (enum sl_category)c;
			return;
		}
	if (word[0] != '\0')
		WRONG(r, node, "write spam, phish, malware, bulk or malformed");
}

static void
read_field(struct reader *r, const struct conf_node *node, const char *field, struct sl_rule *rule)
{
	const char *colon = strchr(field, ':');
	size_t len = colon == NULL ? strlen(field) : (size_t)(colon - field);

	rule->where = SL_RULE_HEADER;
	rule->field = field;
	if (len == 0 || len > 70 || strcspn(field, " \t\n") != strlen(field))
		WRONG(r, node, "name one header field behind 'header', as in: header Subject");
	if (colon != NULL && strcmp(colon, ":raw") != 0 && strcmp(colon, ":addr") != 0 && strcmp(colon, ":name") != 0)
		WRONG(r, node, "write :raw, :addr or :name behind the field, or nothing");
}

static void
read_where(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	static const struct { const char *word; enum sl_rule_where where; } places[] = {
		{ "text", SL_RULE_TEXT }, { "hidden", SL_RULE_HIDDEN }, { "raw", SL_RULE_FULL },
		{ "link", SL_RULE_LINK }, { "attachment", SL_RULE_ATTACHMENT },
	};
	const char *word = text_of(r, node);

	if (strncmp(word, "header ", 7) == 0) {
		read_field(r, node, word + 7 + strspn(word + 7, " "), rule);
		return;
	}
	for (size_t i = 0; i < SL_COUNT(places); i++)
		if (strcmp(word, places[i].word) == 0) {
			rule->where = places[i].where;
			return;
		}
	if (word[0] != '\0')
		WRONG(r, node, "write text, hidden, link, attachment, raw, or header and a field's name");
}

static void
read_pattern(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	rule->pattern = text_of(r, node);
}

static void
read_case(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	if (flag_of(r, node))
		rule->flags &= ~(unsigned)SL_RULE_CASELESS;
}

static void
read_utf(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	if (flag_of(r, node))
		rule->flags |= SL_RULE_UTF;
}

static void
read_exists(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	rule->flags |= SL_RULE_EXISTS | (flag_of(r, node) ? 0 : (unsigned)SL_RULE_NEGATED);
}

static void
read_count(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	uint64_t n = 0;

	if (node->kind != CONF_SCALAR || sl_slice_to_u64(node->text, 1000, &n) != 0 || n == 0)
		WRONG(r, node, "write how many hits are counted at most: 1 to 1000");
	rule->flags |= SL_RULE_MULTIPLE;
	rule->max_hits = (unsigned)n;
}

static void
read_weight(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	struct sl_slice s = node->text;
	bool minus = node->kind == CONF_SCALAR && s.len > 0 && s.ptr[0] == '-';
	double value = 0;

	if (node->kind != CONF_SCALAR || value_fraction(sl_slice_from(s, minus), &value) != 0 || value > WEIGHT_MAX)
		WRONG(r, node, "write the weight as log-odds from -10 to 10, as in 1.5");
	rule->prior = minus ? -value : value;
	if (minus)
		rule->flags |= SL_RULE_NICE;
}

static void
read_shadow(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	if (flag_of(r, node))
		rule->flags |= SL_RULE_SHADOW;
}

static void
read_meta(struct reader *r, const struct conf_node *node, struct sl_rule *rule)
{
	rule->where = SL_RULE_META;	/* its steps come when all names are known */
}

static const struct key {
	const char	*name;
	void		(*read)(struct reader *r, const struct conf_node *node, struct sl_rule *rule);
	bool		 is_combination;
} keys[] = {
	{ "name", read_name, false },
	{ "sentence", read_sentence, false },
	{ "category", read_category, false },
	{ "where", read_where, false },
	{ "pattern", read_pattern, false },
	{ "case", read_case, false },
	{ "utf", read_utf, false },
	{ "exists", read_exists, false },
	{ "count", read_count, false },
	{ "weight", read_weight, false },
	{ "shadow", read_shadow, false },
	{ "all", read_meta, true },
	{ "any", read_meta, true },
	{ "not", read_meta, true },
	{ "expression", read_meta, true },
};

static const struct key *
key_find(struct sl_slice name)
{
	for (size_t i = 0; i < SL_COUNT(keys); i++)
		if (sl_slice_eq(name, sl_slice_str(keys[i].name)))
			return &keys[i];
	return NULL;
}

/* ---- a rule */

/* A pattern is tried here, where its place is known. */
static void
check_pattern(struct reader *r, const struct conf_node *node, const struct sl_rule *rule)
{
	struct conf_mark mark = node->at;
	PCRE2_UCHAR text[200];
	pcre2_code *code;
	int error;
	size_t at;

	code = rules_pattern(rule->pattern, rule->flags, &error, &at);
	if (code != NULL) {
		pcre2_code_free(code);
		return;
	}
	pcre2_get_error_message(error, text, sizeof(text));
	conf_errors_add(&r->errors, mark, "correct the pattern at character %zu: %s", at + 1, (const char *)text);
}

static void
check_rule(struct reader *r, const struct conf_node *map, const struct sl_rule *rule, size_t combinations)
{
	const struct conf_node *where = entry(map, "where"), *pattern = entry(map, "pattern"),
	    *exists = entry(map, "exists");

	if (entry(map, "name") == NULL)
		WRONG(r, map, "give the rule a name");
	if ((rule->flags & SL_RULE_INTERNAL) == 0 && rule->sentence == NULL)
		WRONG(r, map, "give the rule a sentence: it tells a person what was found");
	if ((rule->flags & SL_RULE_INTERNAL) == 0 && entry(map, "category") == NULL)
		WRONG(r, map, "give the rule a category");
	if (combinations > 1)
		WRONG(r, map, "keep one of all, any, not, expression");
	if (combinations > 0) {
		if (where != NULL || pattern != NULL || exists != NULL)
			WRONG(r, map, "remove 'where', 'pattern' and 'exists': this rule is over other rules");
		return;
	}
	if (where == NULL)
		WRONG(r, map, "say where to look: text, hidden, link, attachment, raw, or header and a field's name");
	if ((pattern == NULL) == (exists == NULL))
		WRONG(r, map, pattern == NULL ? "write a pattern" : "keep one of pattern and exists");
	if (exists != NULL && rule->where != SL_RULE_HEADER)
		WRONG(r, exists, "write a pattern: only header fields are there or not");
	if (pattern != NULL && rule->pattern != NULL && rule->pattern[0] != '\0')
		check_pattern(r, pattern, rule);
}

static void
read_rule(struct reader *r, const struct conf_node *map)
{
	struct sl_rule rule = { .file = r->file, .line = map->at.line, .flags = SL_RULE_CASELESS, .prior = 1 };
	size_t combinations = 0, before = r->errors.len + r->errors.dropped;

	if (map->kind != CONF_MAP) {
		WRONG(r, map, "write a rule here: name, sentence, category, where, pattern");
		return;
	}
	for (const struct conf_node *node = map->first; node != NULL; node = node->next) {
		const struct key *key = key_find(node->key);

		if (key == NULL) {
			conf_errors_add(&r->errors, node->key_at, "remove '" SL_SLICE_FMT "': no rule has that",
			    SL_SLICE_ARG(node->key));
			continue;
		}
		combinations += key->is_combination;
		key->read(r, node, &rule);
	}
	check_rule(r, map, &rule, combinations);
	if (r->errors.len + r->errors.dropped == before)
		sl_ruleset_put(r->set, &rule);
}

/* ---- rules over rules */

static void	combine(struct reader *r, const struct conf_node *node, struct steps *steps);

/* A name, or all, any, not of others. */
static void
combine_item(struct reader *r, const struct conf_node *node, struct steps *steps)
{
	size_t index;

	if (node->kind == CONF_MAP && node->len == 1) {
		combine(r, node->first, steps);
		return;
	}
	if (node->kind != CONF_SCALAR) {
		WRONG(r, node, "write the name of a rule, or all, any or not of some");
		return;
	}
	index = sl_ruleset_find(r->set, (const char *)node->text.ptr);
	if (index == SIZE_MAX)
		WRONG(r, node, "name a rule that is there: '" SL_SLICE_FMT "' is not", SL_SLICE_ARG(node->text));
	steps_add(steps, SL_RULE_OP_RULE, 0, index == SIZE_MAX ? 0 : index);
}

/* The list of `all` or `any`; as deep as YAML may be nested. */
static void
combine_list(struct reader *r, const struct conf_node *node, enum sl_rule_op op, struct steps *steps)
{
	if (node->kind != CONF_LIST || node->len == 0) {
		WRONG(r, node, "write a list of rules, as in [one, other]");
		return;
	}
	for (const struct conf_node *item = node->first; item != NULL; item = item->next) {
		combine_item(r, item, steps);
		if (item != node->first)
			steps_add(steps, op, 0, 0);
	}
}

static void
combine(struct reader *r, const struct conf_node *node, struct steps *steps)
{
	if (sl_slice_eq(node->key, SL_SLICE_LIT("all"))) {
		combine_list(r, node, SL_RULE_OP_AND, steps);
	} else if (sl_slice_eq(node->key, SL_SLICE_LIT("any"))) {
		combine_list(r, node, SL_RULE_OP_OR, steps);
	} else if (sl_slice_eq(node->key, SL_SLICE_LIT("not"))) {
		combine_item(r, node, steps);
		steps_add(steps, SL_RULE_OP_NOT, 0, 0);
	} else {
		conf_errors_add(&r->errors, node->key_at, "write all, any or not");
	}
}

static void
read_expression(struct reader *r, const struct conf_node *node, struct steps *steps)
{
	struct sl_buf what;
	const char *wrong;
	size_t at = 0;

	if (node->kind != CONF_SCALAR) {
		WRONG(r, node, "write an expression, as in 'one && (other || !third)'");
		return;
	}
	sl_buf_init(&what, 4096);
	wrong = steps_parse(r->set, node->text, steps, &what, &at);
	if (wrong != NULL)
		WRONG(r, node, "%s (character %zu of the expression)", wrong, at + 1);
	sl_buf_fini(&what);
}

static void
read_steps(struct reader *r, const struct conf_node *map, struct steps *steps)
{
	const struct conf_node *name = map->kind == CONF_MAP ? entry(map, "name") : NULL;
	size_t index = name == NULL ? SIZE_MAX : sl_ruleset_find(r->set, (const char *)name->text.ptr);
	struct sl_rule rule;

	if (index == SIZE_MAX || r->set->rules[index].where != SL_RULE_META)
		return;
	rule = r->set->rules[index];
	steps->len = 0;
	steps->full = false;
	for (const struct conf_node *node = map->first; node != NULL; node = node->next) {
		const struct key *key = key_find(node->key);

		if (key == NULL || !key->is_combination)
			continue;
		if (strcmp(key->name, "expression") == 0)
			read_expression(r, node, steps);
		else
			combine(r, node, steps);
	}
	if (steps->full)
		WRONG(r, map, "split this rule: it is over more than 500 others");
	rule.steps = steps->list;
	rule.steps_len = steps->len;
	sl_ruleset_put(r->set, &rule);
}

static void
read_rules(struct reader *r, const struct conf_node *root)
{
	const struct conf_node *rules = root->kind == CONF_MAP ? entry(root, "rules") : NULL;
	struct steps *steps = sl_xmalloc(sizeof(*steps));

	if (rules == NULL || rules->kind != CONF_LIST)
		WRONG(r, rules == NULL ? root : rules, "begin the file with 'rules:' and a list of rules");
	for (const struct conf_node *n = root->kind == CONF_MAP ? root->first : NULL; n != NULL; n = n->next)
		if (n != rules)
			conf_errors_add(&r->errors, n->key_at, "remove '" SL_SLICE_FMT "': a rule file has rules only",
			    SL_SLICE_ARG(n->key));
	if (rules != NULL && rules->kind == CONF_LIST) {
		for (const struct conf_node *n = rules->first; n != NULL; n = n->next)
			read_rule(r, n);
		for (const struct conf_node *n = rules->first; n != NULL && r->errors.len == 0; n = n->next)
			read_steps(r, n, steps);
	}
	sl_free(steps);
}

/* ---- what is wrong, with the line and a mark under it */

static struct sl_slice
line_of(struct sl_slice text, unsigned line)
{
	const unsigned char *end;

	for (; text.len > 0; text = sl_slice_from(text, (size_t)(end - text.ptr) + 1)) {
		end = memchr(text.ptr, '\n', text.len);
		if (line-- == 1 || end == NULL)
			return line == 0 ? sl_slice(text.ptr, end == NULL ? text.len : (size_t)(end - text.ptr))
			    : sl_slice("", 0);
	}
	return sl_slice("", 0);
}

static void
print_errors(struct reader *r, struct sl_slice text, struct sl_buf *out)
{
	struct sl_buf sorted;

	sl_buf_init(&sorted, SIZE_MAX / 2);
	conf_errors_print(&r->errors, r->file, &sorted);	/* puts them in order */
	sl_buf_fini(&sorted);
	for (size_t i = 0; i < r->errors.len; i++) {
		const struct conf_mark at = r->errors.list[i].at;
		struct sl_slice line = sl_slice_trim(line_of(text, at.line)), whole = line_of(text, at.line);
		size_t indent = (size_t)(line.ptr - whole.ptr);

		sl_buf_addf(out, "%s:%u:%u: %s\n", r->file, at.line, at.column, r->errors.list[i].text);
		if (line.len == 0 || line.len > 160 || at.column < indent + 1)
			continue;
		sl_buf_addf(out, "    " SL_SLICE_FMT "\n    %*s^\n", SL_SLICE_ARG(line),
		    (int)(at.column - 1 - indent), "");
	}
	if (r->errors.dropped > 0)
		sl_buf_addf(out, "%s: and %zu more problems\n", r->file, r->errors.dropped);
}

int
sl_rules_yaml(struct sl_ruleset *set, const char *file, struct sl_slice text, struct sl_buf *errors)
{
	struct reader *r = sl_xzalloc(sizeof(*r));
	const struct conf_node *root;
	int result;

	r->set = set;
	r->file = file;
	conf_errors_init(&r->errors);
	sl_arena_init(&r->arena, CONF_ARENA_BYTES);
	root = conf_yaml_parse(text, &r->arena, &r->errors);
	if (root != NULL)
		read_rules(r, root);
	result = r->errors.len == 0 ? 0 : SL_ERR_SYNTAX;
	print_errors(r, text, errors);
	conf_errors_fini(&r->errors);
	sl_arena_fini(&r->arena);
	sl_free(r);
	return result;
}
