/* ruleset.c - see ruleset.h */

#include "rules/ruleset.h"

#define SET_BYTES_MAX	((size_t)1 << 30)	/* of strings: more than any set of files that is read */
#define INDEX_FIRST	256			/* a power of two */

void
sl_ruleset_init(struct sl_ruleset *set)
{
	*set = (struct sl_ruleset){ 0 };
	sl_arena_init(&set->arena, SET_BYTES_MAX);
}

void
sl_ruleset_fini(struct sl_ruleset *set)
{
	sl_arena_fini(&set->arena);
	sl_free(set->rules);
	sl_free(set->unsupported);
	sl_free(set->index);
	*set = (struct sl_ruleset){ 0 };
}

static void *
set_alloc(struct sl_ruleset *set, size_t size_bytes)
{
	void *p = sl_arena_alloc(&set->arena, size_bytes);

	SL_ASSERT(p != NULL);
	return p;
}

/* A copy in the set's memory; NULL stays NULL. */
static const char *
set_strdup(struct sl_ruleset *set, const char *s)
{
	return s == NULL ? NULL : memcpy(set_alloc(set, strlen(s) + 1), s, strlen(s) + 1);
}

/* Where a name is, or would be, in the index: an entry is a rule's index and one. */
static size_t
slot_find(const struct sl_ruleset *set, const char *name)
{
	size_t slot = (size_t)sl_hash(name, strlen(name)) & (set->index_size - 1);

	while (set->index[slot] != 0 && strcmp(set->rules[set->index[slot] - 1].name, name) != 0)
		slot = (slot + 1) & (set->index_size - 1);
	return slot;
}

/* Room for one more name, the index at most half full. */
static void
index_grow(struct sl_ruleset *set)
{
	if ((set->len + 1) * 2 <= set->index_size)
		return;
	set->index_size = SL_MAX(set->index_size * 2, (size_t)INDEX_FIRST);
	sl_free(set->index);
	set->index = sl_xzalloc(set->index_size * sizeof(set->index[0]));
	for (size_t i = 0; i < set->len; i++)
		set->index[slot_find(set, set->rules[i].name)] = (uint32_t)i + 1;
}

static bool
name_ok(const char *name)
{
	if (name == NULL || *name == '\0')
		return false;
	for (; *name != '\0'; name++)
		if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
		    (*name >= '0' && *name <= '9') || *name == '_'))
			return false;
	return true;
}

/* Rules of one file follow each other: they share its name. */
static const char *
file_strdup(struct sl_ruleset *set, const char *file)
{
	const char *last = set->len == 0 ? NULL : set->rules[set->len - 1].file;

	if (file == NULL)
		return "";
	return last != NULL && strcmp(last, file) == 0 ? last : set_strdup(set, file);
}

static struct sl_rule
rule_copy(struct sl_ruleset *set, const struct sl_rule *rule)
{
	struct sl_rule copy = *rule;

	copy.name = set_strdup(set, rule->name);
	copy.sentence = set_strdup(set, rule->sentence == NULL ? "" : rule->sentence);
	copy.field = set_strdup(set, rule->field);
	copy.absent = set_strdup(set, rule->absent);
	copy.pattern = set_strdup(set, rule->pattern);
	copy.function = set_strdup(set, rule->function);
	copy.file = file_strdup(set, rule->file);
	copy.steps = NULL;
	copy.arguments = NULL;
	if (rule->steps_len > 0)
		copy.steps = memcpy(set_alloc(set, rule->steps_len * sizeof(*rule->steps)), rule->steps,
		    rule->steps_len * sizeof(*rule->steps));
	if (rule->arguments_len > 0) {
		const char **arguments = set_alloc(set, rule->arguments_len * sizeof(*arguments));

		for (size_t i = 0; i < rule->arguments_len; i++)
			arguments[i] = set_strdup(set, rule->arguments[i]);
		copy.arguments = arguments;
	}
	return copy;
}

size_t
sl_ruleset_put(struct sl_ruleset *set, const struct sl_rule *rule)
{
	struct sl_rule copy;
	size_t slot;

	SL_ASSERT(name_ok(rule->name) && set->len < UINT32_MAX / 2);
	copy = rule_copy(set, rule);
	index_grow(set);
	slot = slot_find(set, copy.name);
	if (set->index[slot] != 0) {
		set->rules[set->index[slot] - 1] = copy;
		return set->index[slot] - 1;
	}
	if (set->len == set->size) {
		set->size = SL_MAX(set->size * 2, (size_t)64);
		set->rules = sl_xrealloc(set->rules, set->size * sizeof(set->rules[0]));
	}
	set->rules[set->len] = copy;
	set->index[slot] = (uint32_t)set->len + 1;
	return set->len++;
}

size_t
sl_ruleset_find(const struct sl_ruleset *set, const char *name)
{
	size_t slot;

	if (set->index_size == 0)
		return SIZE_MAX;
	slot = slot_find(set, name);
	return set->index[slot] == 0 ? SIZE_MAX : set->index[slot] - 1;
}

void
sl_ruleset_refuse(struct sl_ruleset *set, const struct sl_rule_unsupported *why)
{
	if (set->unsupported_len == set->unsupported_size) {
		set->unsupported_size = SL_MAX(set->unsupported_size * 2, (size_t)64);
		set->unsupported = sl_xrealloc(set->unsupported,
		    set->unsupported_size * sizeof(set->unsupported[0]));
	}
	set->unsupported[set->unsupported_len++] = (struct sl_rule_unsupported){
		.name = set_strdup(set, why->name == NULL ? "" : why->name),
		.reason = set_strdup(set, why->reason == NULL ? "" : why->reason),
		.file = set_strdup(set, why->file == NULL ? "" : why->file),
		.line = why->line,
	};
}
