/* open.c - a snapshot is checked, whole, and made ready: see scan.h */

#include "rules/scan_i.h"
#include "ipc/ipc.h"

#include <math.h>
#include <sodium.h>

#define RULES_OPEN_MAGIC	0x5d2a1e5au
#define RULE_BYTES_MIN		80	/* a packed rule: no count can ask for more memory than bytes could fill */
#define GROUP_BYTES_MIN		24

/* Steps, levels and KiB that PCRE2 may use for one match; and once many have been given up. */
#define MATCH_LIMIT		1000000
#define MATCH_LIMIT_STRICT	2000
#define DEPTH_LIMIT		2000
#define HEAP_LIMIT_KIB		2048
#define JIT_STACK_BYTES		((size_t)256 * 1024)

/* Does the opener still believe the bytes? All readers below return what is harmless once it does not. */
static const char *
get_text(struct sl_unpack *u)
{
	struct sl_slice s = sl_unpack_bytes(u);

	if (s.len == 0 || memchr(s.ptr, '\0', s.len) != s.ptr + s.len - 1) {
		u->failed = true;
		return "";
	}
	return (const char *)s.ptr;
}

static unsigned
get_below(struct sl_unpack *u, unsigned bound)
{
	uint32_t v = sl_unpack_u32(u);

	if (v < bound)
		return v;
	u->failed = true;
	return 0;
}

static size_t
get_count(struct sl_unpack *u, size_t bytes_min)
{
	size_t n = sl_unpack_u32(u);

	if (!u->failed && n <= u->rest.len / bytes_min)
		return n;
	u->failed = true;
	return 0;
}

static bool
name_ok(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && name[n] == '\0';
}

static void
open_steps(struct sl_unpack *u, struct rule *rule)
{
	rule->arguments_len = get_count(u, 5);
	rule->arguments = sl_xzalloc(SL_MAX(rule->arguments_len, (size_t)1) * sizeof(*rule->arguments));
	for (size_t i = 0; i < rule->arguments_len; i++)
		rule->arguments[i] = get_text(u);
	rule->steps_len = get_count(u, 16);
	rule->steps = sl_xzalloc(SL_MAX(rule->steps_len, (size_t)1) * sizeof(*rule->steps));
	for (size_t i = 0; i < rule->steps_len; i++) {
		rule->steps[i].op = (enum sl_rule_op)get_below(u, SL_RULE_OP_NE + 1);
		rule->steps[i].index = sl_unpack_u32(u);
		rule->steps[i].number = sl_unpack_f64(u);
	}
}

static void
open_rule(struct sl_rules *rules, struct sl_unpack *u, struct rule *rule)
{
	rule->info.name = get_text(u);
	rule->info.sentence = get_text(u);
	rule->info.field = get_text(u);
	rule->info.pattern = get_text(u);
	rule->info.file = get_text(u);
	rule->function = get_text(u);
	rule->info.line = sl_unpack_u32(u);
	rule->info.category = (enum sl_category)get_below(u, SL_CATEGORY_COUNT);
	rule->info.where = (enum sl_rule_where)get_below(u, SL_RULE_EVAL + 1);
	rule->info.flags = sl_unpack_u32(u);
	rule->max_hits = sl_unpack_u32(u);
	rule->method = (enum rules_method)get_below(u, RULES_METHOD_COUNT);
	rule->absent_hits = get_below(u, 2) != 0;
	rule->info.prior = sl_unpack_f64(u);
	open_steps(u, rule);
	rule->group = rule->counter = RULES_NOT;
	if (!name_ok(rule->info.name) || !isfinite(rule->info.prior))
		u->failed = true;
	if ((rule->info.flags & SL_RULE_MULTIPLE) != 0)
		rule->counter = (uint32_t)rules->counters++;
	if (rule->info.where == SL_RULE_EVAL && rules->functions != NULL)
		rule->call = rules->functions->find(rule->function);
}

static void
open_rules(struct sl_rules *rules, struct sl_unpack *u)
{
	size_t len = get_count(u, RULE_BYTES_MIN);

	rules->rules = sl_xzalloc(SL_MAX(len, (size_t)1) * sizeof(*rules->rules));
	for (rules->len = 0; rules->len < len && !u->failed; rules->len++)
		open_rule(rules, u, &rules->rules[rules->len]);
}

/* Depth of the stack, as the compiler keeps it; and each rule that is meant stands before. */
static bool
steps_ok(const struct sl_rules *rules, const struct rule *rule, const bool *done)
{
	size_t depth = 0;

	for (size_t i = 0; i < rule->steps_len; i++) {
		const struct sl_rule_step *step = &rule->steps[i];
		size_t takes = step->op <= SL_RULE_OP_RULE ? 0 : step->op <= SL_RULE_OP_NEGATE ? 1 : 2;

		if (depth < takes || depth - takes >= RULES_STACK_MAX)
			return false;
		depth = depth - takes + 1;
		if (step->op == SL_RULE_OP_RULE && (step->index >= rules->len ||
		    (rules->rules[step->index].info.where == SL_RULE_META && !done[step->index])))
			return false;
		if (step->op == SL_RULE_OP_NUMBER && !isfinite(step->number))
			return false;
	}
	return depth == 1;
}

static void
open_order(struct sl_rules *rules, struct sl_unpack *u)
{
	bool *done = sl_xzalloc(SL_MAX(rules->len, (size_t)1));

	rules->order_len = get_count(u, 4);
	rules->order = sl_xzalloc(SL_MAX(rules->order_len, (size_t)1) * sizeof(*rules->order));
	for (size_t i = 0; i < rules->order_len && !u->failed; i++) {
		uint32_t at = get_below(u, (unsigned)rules->len);

		if (u->failed || rules->rules[at].info.where != SL_RULE_META || done[at] ||
		    !steps_ok(rules, &rules->rules[at], done)) {
			u->failed = true;
			break;
		}
		done[at] = true;
		rules->order[i] = at;
	}
	sl_free(done);
}

static hs_database_t *
open_database(struct sl_rules *rules, struct sl_unpack *u, bool stream, int *result)
{
	struct sl_slice bytes = sl_unpack_bytes(u);
	hs_database_t *database = NULL;
	size_t size;
	hs_error_t error;

	if (u->failed || bytes.len == 0)
		return NULL;
	error = hs_deserialize_database((const char *)bytes.ptr, bytes.len, &database);
	if (error == HS_DB_VERSION_ERROR || error == HS_DB_PLATFORM_ERROR)
		*result = SL_ERR_VERSION;
	if (error != HS_SUCCESS || (hs_stream_size(database, &size) == HS_SUCCESS) != stream ||
	    hs_alloc_scratch(database, &rules->scratch) != HS_SUCCESS) {
		u->failed = true;
		hs_free_database(database);
		return NULL;
	}
	return database;
}

static void
open_group(struct sl_rules *rules, struct sl_unpack *u, struct group *group, int *result)
{
	group->where = (enum sl_rule_where)get_below(u, SL_RULE_MIME_HEADER + 1);
	group->field = get_text(u);
	group->utf = get_below(u, 2) != 0;
	group->len = get_count(u, 4);
	group->rules = sl_xzalloc(SL_MAX(group->len, (size_t)1) * sizeof(*group->rules));
	for (size_t i = 0; i < group->len && !u->failed; i++) {
		uint32_t at = get_below(u, (unsigned)rules->len);
		struct rule *rule;

		if (u->failed)
			return;
		rule = &rules->rules[at];
		if (rule->group != RULES_NOT || rule->info.where != group->where ||
		    ((rule->info.flags & SL_RULE_UTF) != 0) != group->utf) {
			u->failed = true;
			return;
		}
		group->rules[i] = at;
		rule->group = (uint32_t)(group - rules->groups);
		group->bare += rule->method == RULES_NONE;
		group->looks += rule->method == RULES_CONFIRMED || rule->method == RULES_ALWAYS;
	}
	group->block = open_database(rules, u, false, result);
	group->stream = open_database(rules, u, true, result);
}

/* A field may have a second group, for patterns over UTF-8. */
static bool
is_first(const struct sl_rules *rules, size_t at)
{
	for (size_t g = 0; g < at; g++)
		if (rules->groups[g].where == rules->groups[at].where &&
		    strcmp(rules->groups[g].field, rules->groups[at].field) == 0)
			return false;
	return true;
}

/* FIELD or FIELD:addr: rules look at FIELD. */
static void
name_mark(struct sl_rules *rules, struct sl_slice name)
{
	const unsigned char *colon = name.len == 0 ? NULL : memchr(name.ptr, ':', name.len);
	size_t bit;

	if (colon != NULL)
		name.len = (size_t)(colon - name.ptr);
	bit = rules_name_bit(name);
	rules->names[bit / 64] |= (uint64_t)1 << (bit % 64);
}

static void
open_groups(struct sl_rules *rules, struct sl_unpack *u, int *result)
{
	size_t len = get_count(u, GROUP_BYTES_MIN), most = 1;

	rules->groups = sl_xzalloc(SL_MAX(len, (size_t)1) * sizeof(*rules->groups));
	for (rules->groups_len = 0; rules->groups_len < len && !u->failed; rules->groups_len++)
		open_group(rules, u, &rules->groups[rules->groups_len], result);
	for (size_t i = rules->groups_len; i-- > 0;) {
		struct group *group = &rules->groups[i];
		size_t bucket = rules_bucket(group->where, sl_slice_str(group->field));

		group->is_first = is_first(rules, i);
		group->next = rules->buckets[bucket];
		rules->buckets[bucket] = group;
		if (group->where == SL_RULE_HEADER)
			name_mark(rules, sl_slice_str(group->field));
		most = SL_MAX(most, group->len);
	}
	rules->pending = sl_xmalloc(most * sizeof(*rules->pending));
}

/* The patterns that PCRE2 looks for. In a text group all: what is not UTF-8 is not shown to Vectorscan. */
static void
open_patterns(struct sl_rules *rules, struct sl_unpack *u, bool jit)
{
	for (size_t i = 0; i < rules->len && !u->failed; i++) {
		struct rule *rule = &rules->rules[i];
		int error;
		size_t at;

		if (rule->method == RULES_NONE)
			continue;
		if (rule->group == RULES_NOT) {
			u->failed = true;
			return;
		}
		if (rule->method == RULES_EXACT && (rule->info.flags & (SL_RULE_UTF | SL_RULE_MULTIPLE)) == 0)
			continue;
		if (rule->method == RULES_EXACT) {
			u->failed = true;
			return;
		}
		rule->code = rules_pattern(rule->info.pattern, rule->info.flags, &error, &at);
		if (rule->code == NULL)
			u->failed = true;
		else if (jit)	/* where memory may not be made executable, it is interpreted */
			(void)pcre2_jit_compile(rule->code, PCRE2_JIT_COMPLETE);
	}
}

static pcre2_match_context *
match_context(struct sl_rules *rules, uint32_t limit)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);

	SL_ASSERT(context != NULL);
	pcre2_set_match_limit(context, limit);
	pcre2_set_depth_limit(context, DEPTH_LIMIT);
	pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
	if (rules->stack != NULL)
		pcre2_jit_stack_assign(context, NULL, rules->stack);
	return context;
}

static int
check_signature(struct sl_slice *bytes, bool is_signed, const unsigned char *public_key)
{
	size_t len;

	if (!is_signed)
		return public_key == NULL ? 0 : SL_ERR_REFUSED;
	if (bytes->len < RULES_MAGIC_LEN + 8 + RULES_SIGNATURE_BYTES)
		return SL_ERR_TRUNCATED;
	len = bytes->len - RULES_SIGNATURE_BYTES;
	if (public_key != NULL && (sodium_init() < 0 ||
	    crypto_sign_verify_detached(bytes->ptr + len, bytes->ptr, len, public_key) != 0))
		return SL_ERR_REFUSED;
	bytes->len = len;
	return 0;
}

/* The head: what comes before anything is believed. */
static int
open_head(struct sl_slice *bytes, const unsigned char *public_key, struct sl_unpack *u)
{
	bool is_signed;
	int r;

	if (bytes->len < RULES_MAGIC_LEN + 8)
		return SL_ERR_TRUNCATED;
	if (memcmp(bytes->ptr, RULES_MAGIC, RULES_MAGIC_LEN) != 0)
		return SL_ERR_SYNTAX;
	*u = (struct sl_unpack){ .rest = sl_slice_from(*bytes, RULES_MAGIC_LEN) };
	if (sl_unpack_u32(u) != RULES_VERSION)
		return SL_ERR_VERSION;
	is_signed = sl_unpack_u32(u) != 0;
	r = check_signature(bytes, is_signed, public_key);
	if (r != 0)
		return r;
	u->rest = sl_slice_from(*bytes, RULES_MAGIC_LEN + 8);
	if (strcmp(get_text(u), hs_version()) != 0)
		return u->failed ? SL_ERR_SYNTAX : SL_ERR_VERSION;
	return 0;
}

static int
rules_open(struct sl_slice bytes, const unsigned char *public_key, const struct sl_rules_functions *functions,
    bool jit, struct sl_rules **rules_out)
{
	uint64_t hash = sl_hash(bytes.ptr, bytes.len);
	struct sl_unpack u;
	struct sl_rules *rules;
	int r = open_head(&bytes, public_key, &u);

	*rules_out = NULL;
	if (r != 0)
		return r;
	rules = sl_xzalloc(sizeof(*rules));
	rules->magic = RULES_OPEN_MAGIC;
	rules->functions = functions;
	snprintf(rules->id, sizeof(rules->id), "%016llx", (unsigned long long)hash);
	r = SL_ERR_SYNTAX;
	rules->lines = sl_unpack_bytes(&u);
	open_rules(rules, &u);
	open_order(rules, &u);
	open_groups(rules, &u, &r);
	open_patterns(rules, &u, jit);
	if (u.failed || u.rest.len > 0) {
		sl_rules_close(&rules);
		return r;
	}
	rules->values = sl_xzalloc(SL_MAX(rules->len, (size_t)1) * sizeof(*rules->values));
	rules->match = pcre2_match_data_create(1, NULL);
	SL_ASSERT(rules->match != NULL);
	rules->stack = jit ? pcre2_jit_stack_create(32 * 1024, JIT_STACK_BYTES, NULL) : NULL;
	rules->limits = match_context(rules, MATCH_LIMIT);
	rules->strict = match_context(rules, MATCH_LIMIT_STRICT);
	*rules_out = rules;
	return 0;
}

int
sl_rules_open(struct sl_slice bytes, const unsigned char *public_key,
    const struct sl_rules_functions *functions, struct sl_rules **rules_out)
{
	return rules_open(bytes, public_key, functions, true, rules_out);
}

bool
sl_rules_are_sa(const struct sl_rules *rules)
{
	for (size_t i = 0; i < rules->len; i++) {
		const char *dot = strrchr(rules->rules[i].info.file, '.');

		if (dot != NULL && strcmp(dot, ".cf") == 0)
			return true;
	}
	return false;
}

int
sl_rules_open_own(struct sl_slice bytes, const unsigned char *public_key, struct sl_rules **rules_out)
{
	int r = rules_open(bytes, public_key, NULL, false, rules_out);

	if (r == 0 && sl_rules_are_sa(*rules_out)) {
		sl_rules_close(rules_out);
		r = SL_ERR_UNSUPPORTED;
	}
	return r;
}

const char *
sl_rules_open_error(int r)
{
	switch (r) {
	case SL_ERR_REFUSED:
		return "it is not signed by that key";
	case SL_ERR_VERSION:
		return "it was made by another version of Sluice or of Vectorscan: compile it again";
	case SL_ERR_UNSUPPORTED:
		return "it holds SpamAssassin's rules, which do not judge in stream";
	case SL_ERR_SYSTEM:
		return "it cannot be read";
	default:
		return "it is no snapshot of rules, or it is damaged";
	}
}

void
sl_rules_close(struct sl_rules **rules)
{
	struct sl_rules *r = *rules;

	if (r == NULL)
		return;
	SL_CHECK(r, RULES_OPEN_MAGIC);
	for (size_t i = 0; i < r->len; i++) {
		pcre2_code_free(r->rules[i].code);
		sl_free(r->rules[i].steps);
		sl_free(r->rules[i].arguments);
	}
	for (size_t i = 0; i < r->groups_len; i++) {
		sl_free(r->groups[i].rules);
		hs_free_database(r->groups[i].block);
		hs_free_database(r->groups[i].stream);
	}
	hs_free_scratch(r->scratch);
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->limits);
	pcre2_match_context_free(r->strict);
	pcre2_jit_stack_free(r->stack);
	sl_free(r->rules);
	sl_free(r->groups);
	sl_free(r->order);
	sl_free(r->pending);
	sl_free(r->values);
	SL_OBJ_FREE(rules, RULES_OPEN_MAGIC);
}

const char *
sl_rules_id(const struct sl_rules *rules)
{
	return rules->id;
}

bool
sl_rules_has(const struct sl_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->len; i++)
		if ((rules->rules[i].info.flags & SL_RULE_INTERNAL) == 0 &&
		    strcmp(rules->rules[i].info.name, name) == 0)
			return true;
	return false;
}

size_t
sl_rules_count(const struct sl_rules *rules)
{
	return rules->len;
}

void
sl_rules_info(const struct sl_rules *rules, size_t i, struct sl_rules_info *info_out)
{
	static const char *const methods[RULES_METHOD_COUNT] = {
		[RULES_NONE] = "", [RULES_EXACT] = "vectorscan", [RULES_CONFIRMED] = "confirmed",
		[RULES_ALWAYS] = "pcre2",
	};

	SL_ASSERT(i < rules->len);
	*info_out = rules->rules[i].info;
	info_out->method = methods[rules->rules[i].method];
}

struct sl_slice
sl_rules_lines(const struct sl_rules *rules)
{
	return rules->lines;
}

const char *
sl_rules_field(const struct sl_rules *rules, enum sl_rule_where where, size_t i)
{
	for (size_t g = 0; g < rules->groups_len; g++)
		if (rules->groups[g].where == where && rules->groups[g].is_first && i-- == 0)
			return rules->groups[g].field;
	return NULL;
}

bool
sl_rules_listens(const struct sl_rules *rules, enum sl_rule_where where)
{
	return sl_rules_field(rules, where, 0) != NULL;
}

const char *
sl_rules_where_word(enum sl_rule_where where)
{
	static const char *const words[] = { "header", "text", "hidden", "link", "attachment", "body",
		"rawbody", "full", "mimeheader", "expression", "function" };

	SL_ASSERT(where < SL_COUNT(words));
	return words[where];
}
