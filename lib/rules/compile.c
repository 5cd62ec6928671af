/* compile.c - see compile.h */

#include "rules/compile_i.h"
#include "ipc/ipc.h"

#include <hs/hs.h>
#include <sodium.h>

_Static_assert(SL_RULES_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519");
_Static_assert(SL_RULES_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(RULES_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519");

struct compile {
	const struct sl_ruleset		*set;
	const struct sl_rules_compile	*settings;
	struct sl_rules_compiled	*out;
	struct rules_plan		*plans;
	struct rules_group		*groups;
	size_t				 groups_len, groups_size;
	uint32_t			*order;
	size_t				 order_len;
};

static void
problem(struct compile *c, const struct sl_rule *rule, const char *what)
{
	c->out->errors++;
	if (c->settings->error != NULL)
		c->settings->error(c->settings->ctx, rule, what);
}

/* ---- groups */

static bool
has_field(const struct sl_rule *rule)
{
	return rule->where == SL_RULE_HEADER || rule->where == SL_RULE_MIME_HEADER;
}

static size_t
group_find(struct compile *c, const struct sl_rule *rule)
{
	const char *field = has_field(rule) && rule->field != NULL ? rule->field : "";
	bool utf = (rule->flags & SL_RULE_UTF) != 0;
	struct rules_group *group;

	for (size_t i = 0; i < c->groups_len; i++) {
		group = &c->groups[i];
		if (group->where == rule->where && group->utf == utf &&
		    strcmp(group->field, field) == 0)
			return i;
	}
	if (c->groups_len == c->groups_size) {
		c->groups_size = SL_MAX(c->groups_size * 2, (size_t)32);
		c->groups = sl_xrealloc(c->groups, c->groups_size * sizeof(*group));
	}
	group = &c->groups[c->groups_len];
	*group = (struct rules_group){ .where = rule->where, .field = field, .utf = utf };
	sl_buf_init(&group->block, SIZE_MAX / 2);
	sl_buf_init(&group->stream, SIZE_MAX / 2);
	return c->groups_len++;
}

static void
group_add(struct compile *c, size_t rule)
{
	size_t at = group_find(c, &c->set->rules[rule]);
	struct rules_group *group = &c->groups[at];

	if (group->len == group->size) {
		group->size = SL_MAX(group->size * 2, (size_t)8);
		group->rules = sl_xrealloc(group->rules, group->size * sizeof(*group->rules));
	}
	group->rules[group->len++] = (uint32_t)rule;
	c->plans[rule].group = at;
}

/* ---- the rules */

static void
plan_rule(struct compile *c, size_t i)
{
	const struct sl_rule *rule = &c->set->rules[i];
	struct sl_buf text;
	const char *wrong = NULL;

	c->plans[i] = (struct rules_plan){ .group = SIZE_MAX };
	if ((rule->flags & SL_RULE_NET) != 0)
		return;
	sl_buf_init(&text, 4096);
	if (rule->where == SL_RULE_META) {
		if (!rules_steps_ok(rule->steps, rule->steps_len, c->set->len))
			wrong = "simplify the expression: it is nested too deeply, or not complete";
	} else if (rule->where == SL_RULE_EVAL) {
		if (rule->function == NULL)
			wrong = "name a function";
	} else if (has_field(rule) && (rule->field == NULL || rule->field[0] == '\0')) {
		wrong = "name a header field";
	} else if (rule->pattern != NULL) {
		c->out->patterns++;
		wrong = rules_plan_pattern(rule, c->settings->pcre_only, &c->plans[i], &text);
		if (wrong == NULL)
			group_add(c, i);
	} else if ((rule->flags & SL_RULE_EXISTS) != 0 && has_field(rule)) {
		group_add(c, i);
	} else {
		wrong = "write a pattern";
	}
	if (wrong != NULL)
		problem(c, rule, wrong);
	sl_buf_fini(&text);
}

static void
plan_order(struct compile *c)
{
	bool *done = sl_xzalloc(SL_MAX(c->set->len, (size_t)1) * sizeof(*done));

	if (c->out->errors == 0) {
		c->order_len = rules_order(c->set, c->order, done);
		for (size_t i = 0; i < c->set->len; i++)
			if (c->set->rules[i].where == SL_RULE_META && !done[i])
				problem(c, &c->set->rules[i], "its expression leads in a circle back to itself");
	}
	sl_free(done);
}

static void
make_databases(struct compile *c)
{
	for (size_t i = 0; i < c->groups_len; i++) {
		struct rules_group *group = &c->groups[i];
		const char *wrong = rules_databases(c->set, c->plans, group,
		    c->settings->stream_all || group->where == SL_RULE_FULL);

		if (wrong != NULL)
			problem(c, &c->set->rules[group->rules[0]], wrong);
		c->out->database_bytes += group->block.len + group->stream.len;
	}
	for (size_t i = 0; i < c->set->len; i++) {
		c->out->exact += c->plans[i].method == RULES_EXACT;
		c->out->confirmed += c->plans[i].method == RULES_CONFIRMED;
		c->out->always += c->plans[i].method == RULES_ALWAYS;
	}
}

/* ---- the bytes */

/* With its NUL, so that the opener can point to it. */
static void
pack_text(struct sl_buf *out, const char *s)
{
	s = s == NULL ? "" : s;
	sl_pack_bytes(out, sl_slice(s, strlen(s) + 1));
}

static void
pack_rule(struct compile *c, size_t i, struct sl_buf *out)
{
	const struct sl_rule *rule = &c->set->rules[i];
	const struct rules_plan *plan = &c->plans[i];

	pack_text(out, rule->name);
	pack_text(out, rule->sentence);
	pack_text(out, has_field(rule) ? rule->field : "");
	pack_text(out, rule->pattern);
	pack_text(out, rule->file);
	pack_text(out, rule->where == SL_RULE_EVAL ? rule->function : "");
	sl_pack_u32(out, rule->line);
	sl_pack_u32(out, rule->category);
	sl_pack_u32(out, rule->where);
	sl_pack_u32(out, rule->flags);
	sl_pack_u32(out, rule->max_hits);
	sl_pack_u32(out, plan->method);
	sl_pack_u32(out, plan->absent_hits);
	sl_pack_f64(out, rule->prior);
	sl_pack_u32(out, (uint32_t)rule->arguments_len);
	for (size_t k = 0; k < rule->arguments_len; k++)
		pack_text(out, rule->arguments[k]);
	sl_pack_u32(out, (uint32_t)rule->steps_len);
	for (size_t k = 0; k < rule->steps_len; k++) {
		sl_pack_u32(out, rule->steps[k].op);
		sl_pack_u32(out, rule->steps[k].index);
		sl_pack_f64(out, rule->steps[k].number);
	}
}

static void
pack_group(const struct rules_group *group, struct sl_buf *out)
{
	sl_pack_u32(out, group->where);
	pack_text(out, group->field);
	sl_pack_u32(out, group->utf);
	sl_pack_u32(out, (uint32_t)group->len);
	for (size_t i = 0; i < group->len; i++)
		sl_pack_u32(out, group->rules[i]);
	sl_pack_bytes(out, sl_buf_slice(&group->block));
	sl_pack_bytes(out, sl_buf_slice(&group->stream));
}

static void
pack(struct compile *c, struct sl_buf *out)
{
	size_t start = out->len;
	unsigned char signature[crypto_sign_BYTES];

	sl_buf_add(out, RULES_MAGIC, RULES_MAGIC_LEN);
	sl_pack_u32(out, RULES_VERSION);
	sl_pack_u32(out, c->settings->secret != NULL);
	pack_text(out, hs_version());
	sl_pack_bytes(out, c->settings->lines);
	sl_pack_u32(out, (uint32_t)c->set->len);
	for (size_t i = 0; i < c->set->len; i++)
		pack_rule(c, i, out);
	sl_pack_u32(out, (uint32_t)c->order_len);
	for (size_t i = 0; i < c->order_len; i++)
		sl_pack_u32(out, c->order[i]);
	sl_pack_u32(out, (uint32_t)c->groups_len);
	for (size_t i = 0; i < c->groups_len; i++)
		pack_group(&c->groups[i], out);
	if (c->settings->secret == NULL)
		return;
	SL_ASSERT(sodium_init() >= 0);
	SL_ASSERT(crypto_sign_detached(signature, NULL, out->data + start, out->len - start,
	    c->settings->secret) == 0);
	sl_buf_add(out, signature, sizeof(signature));
}

static void
compile_fini(struct compile *c)
{
	for (size_t i = 0; i < c->set->len; i++)
		sl_free(c->plans[i].expression);
	for (size_t i = 0; i < c->groups_len; i++) {
		sl_free(c->groups[i].rules);
		sl_buf_fini(&c->groups[i].block);
		sl_buf_fini(&c->groups[i].stream);
	}
	sl_free(c->groups);
	sl_free(c->plans);
	sl_free(c->order);
}

int
sl_rules_compile(const struct sl_ruleset *set, const struct sl_rules_compile *settings, struct sl_buf *out,
    struct sl_rules_compiled *compiled_out)
{
	static const struct sl_rules_compile defaults;
	struct compile c = { .set = set, .settings = settings == NULL ? &defaults : settings,
		.out = compiled_out };
	size_t room = SL_MAX(set->len, (size_t)1);

	*compiled_out = (struct sl_rules_compiled){ .rules = set->len };
	c.plans = sl_xzalloc(room * sizeof(*c.plans));
	c.order = sl_xzalloc(room * sizeof(*c.order));
	if (set->len > RULES_MAX)
		problem(&c, &set->rules[RULES_MAX], "split the rules: a snapshot holds at most 100,000");
	for (size_t i = 0; i < set->len; i++)
		plan_rule(&c, i);
	plan_order(&c);
	if (compiled_out->errors == 0)
		make_databases(&c);
	compiled_out->groups = c.groups_len;
	if (compiled_out->errors == 0)
		pack(&c, out);
	compile_fini(&c);
	return compiled_out->errors == 0 && !out->overflow ? 0 : SL_ERR_SYNTAX;
}

void
sl_rules_key(unsigned char public_out[SL_RULES_PUBLIC_BYTES], unsigned char secret_out[SL_RULES_SECRET_BYTES])
{
	SL_ASSERT(sodium_init() >= 0);
	SL_ASSERT(crypto_sign_keypair(public_out, secret_out) == 0);
}
