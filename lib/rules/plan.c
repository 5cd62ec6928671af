/* plan.c - how each pattern is matched, and the databases: see compile_i.h */

#include "rules/compile_i.h"

#include <hs/hs.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer patterns are long lists of alternatives, on which Vectorscan can take minutes: PCRE2's alone. */
#define EXPRESSION_MAX	3000
#define WORDS_RATE_MAX	2e-4	/* one in 5,000 bytes of text */
#define TRIAL_MIN	150	/* shorter ones are not tried first */
#define TRIAL_CPU_S	1

static const hs_platform_info_t generic = { .tune = HS_TUNE_FAMILY_GENERIC };

/* What PCRE2 says of a pattern, as "... at character 7". */
static const char *
pattern_error(int error, size_t at, struct sl_buf *out)
{
	PCRE2_UCHAR text[200];

	pcre2_get_error_message(error, text, sizeof(text));
	sl_buf_addf(out, "correct the pattern at character %zu: %s", at + 1, (const char *)text);
	return sl_buf_cstr(out);
}

static bool
code_matches(pcre2_code *code, const char *text)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	bool matches;

	SL_ASSERT(data != NULL);
	matches = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL) >= 0;
	pcre2_match_data_free(data);
	return matches;
}

/* Does Vectorscan take it, and is the shortest match long enough to be rare? */
static bool
expression_ok(const char *expression, unsigned flags, bool exact)
{
	hs_expr_info_t *info = NULL;
	hs_compile_error_t *error = NULL;
	bool ok;

	if (hs_expression_info(expression, flags, &info, &error) != HS_SUCCESS) {
		hs_free_compile_error(error);
		return false;
	}
	ok = exact || info->min_width > 0;
	free(info);
	return ok;
}

/* Can Vectorscan compile it in a reasonable time? Some patterns of bounded repeats take it minutes; a child
 * process tries, as it cannot be interrupted. */
static bool
compiles_soon(const char *expression, unsigned flags)
{
	int status = 1;
	pid_t child;

	if (strlen(expression) < TRIAL_MIN)
		return true;
	child = fork();
	if (child == 0) {
		struct rlimit limit = { TRIAL_CPU_S, TRIAL_CPU_S };
		hs_database_t *database = NULL;
		hs_compile_error_t *error = NULL;

		if (setrlimit(RLIMIT_CPU, &limit) != 0)
			_exit(2);
		_exit(hs_compile(expression, flags, HS_MODE_BLOCK, &generic, &database, &error) != HS_SUCCESS);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Words are rare by what common text is like. In links that is so of all but the beginning of one, which every link has. */
static bool
is_rare_in(enum sl_rule_where where, const struct sl_buf *words)
{
	static const char http[] = "\\x68\\x74\\x74\\x70";

	return where != SL_RULE_LINK || memmem(words->data, words->len, http, sizeof(http) - 1) == NULL;
}

/* PCRE2 confirms where a word of the pattern's stands: words cost Vectorscan next to nothing, patterns much. Not
 * for what may be streamed, of which PCRE2 sees the beginning only. */
static bool
plan_words(const struct sl_rule *rule, struct rules_plan *plan)
{
	struct sl_buf text;
	bool caseless, found;

	if (rule->where == SL_RULE_FULL || rule->where == SL_RULE_TEXT || rule->where == SL_RULE_HIDDEN)
		return false;
	sl_buf_init(&text, SIZE_MAX / 2);
	found = rules_words(rule->pattern, rule->flags, WORDS_RATE_MAX, &text, &caseless) &&
	    is_rare_in(rule->where, &text);
	if (found) {
		plan->method = RULES_CONFIRMED;
		plan->is_loose = true;
		plan->expression_flags = HS_FLAG_SINGLEMATCH | (caseless ? HS_FLAG_CASELESS : 0);
		plan->expression = sl_xmalloc(text.len);
		memcpy(plan->expression, text.data, text.len);
		plan->expressions = 0;
		for (size_t i = 0; i < text.len; i++)
			plan->expressions += text.data[i] == '\0';
	}
	sl_buf_fini(&text);
	return found;
}

static void
plan_expression(const struct sl_rule *rule, struct rules_plan *plan)
{
	unsigned flags = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;
	struct sl_buf text, loose;
	bool extended = (rule->flags & SL_RULE_EXTENDED) != 0;

	flags |= (rule->flags & SL_RULE_CASELESS) != 0 ? HS_FLAG_CASELESS : 0;
	flags |= (rule->flags & SL_RULE_MULTILINE) != 0 ? HS_FLAG_MULTILINE : 0;
	flags |= (rule->flags & SL_RULE_DOTALL) != 0 ? HS_FLAG_DOTALL : 0;
	flags |= (rule->flags & SL_RULE_UTF) != 0 ? HS_FLAG_UTF8 : 0;
	sl_buf_init(&text, SIZE_MAX / 2);
	sl_buf_init(&loose, SIZE_MAX / 2);
	/* Vectorscan has no such flag, and wants a line end behind a comment. */
	sl_buf_addf(&text, "%s%s%s", extended ? "(?x)" : "", rule->pattern, extended ? "\n" : "");
	plan->method = RULES_ALWAYS;
	if (expression_ok(sl_buf_cstr(&text), flags, true)) {
		plan->method = RULES_EXACT;
	} else if (expression_ok(sl_buf_cstr(&text), flags | HS_FLAG_PREFILTER, false)) {
		plan->method = RULES_CONFIRMED;
	} else if (rules_loosen(sl_buf_cstr(&text), &loose) &&
	    expression_ok(sl_buf_cstr(&loose), flags | HS_FLAG_PREFILTER, false)) {
		plan->method = RULES_CONFIRMED;
		sl_buf_reset(&text);
		sl_buf_add_slice(&text, sl_buf_slice(&loose));
	}
	if (plan->method != RULES_ALWAYS && !compiles_soon(sl_buf_cstr(&text),
	    flags | (plan->method == RULES_CONFIRMED ? HS_FLAG_PREFILTER : 0)))
		plan->method = RULES_ALWAYS;
	if (plan->method != RULES_ALWAYS) {
		plan->is_loose = plan->method == RULES_CONFIRMED;
		plan->expression_flags = flags | (plan->is_loose ? HS_FLAG_PREFILTER : 0);
		plan->expression = sl_xstrdup(sl_buf_cstr(&text));
		plan->expressions = 1;
	}
	/* Hits are counted as PCRE2 does; and text that is not UTF-8 is not for Vectorscan. */
	if (plan->method == RULES_EXACT && (rule->flags & (SL_RULE_MULTIPLE | SL_RULE_UTF)) != 0)
		plan->method = RULES_CONFIRMED;
	sl_buf_fini(&text);
	sl_buf_fini(&loose);
}

const char *
rules_plan_pattern(const struct sl_rule *rule, bool pcre_only, struct rules_plan *plan, struct sl_buf *out)
{
	int error;
	size_t at;
	pcre2_code *code = rules_pattern(rule->pattern, rule->flags, &error, &at);

	if (code == NULL)
		return pattern_error(error, at, out);
	if (rule->absent != NULL)
		plan->absent_hits = code_matches(code, rule->absent);
	pcre2_code_free(code);
	plan->method = RULES_ALWAYS;
	if (!pcre_only && !plan_words(rule, plan) && strlen(rule->pattern) <= EXPRESSION_MAX &&
	    strncmp(rule->pattern, "(*", 2) != 0)
		plan_expression(rule, plan);
	return NULL;
}

static size_t
expressions_count(const struct rules_plan *plans, const struct rules_group *group)
{
	size_t n = 1;

	for (size_t i = 0; i < group->len; i++)
		n += plans[group->rules[i]].expressions;
	return n;
}

/* Compile what the group has for Vectorscan. Returns whether it went; *refused_out: the pattern that did not,
 * as an index into the group, or SIZE_MAX. */
static bool
compile_group(struct rules_plan *plans, const struct rules_group *group, unsigned mode, struct sl_buf *out,
    size_t *refused_out)
{
	size_t room = expressions_count(plans, group);
	const char **expressions = sl_xmalloc(room * sizeof(*expressions));
	unsigned *flags = sl_xmalloc(room * sizeof(*flags));
	unsigned *ids = sl_xmalloc(room * sizeof(*ids));
	hs_database_t *database = NULL;
	hs_compile_error_t *error = NULL;
	unsigned n = 0;
	char *bytes = NULL;
	size_t len = 0;
	bool ok = true;

	for (size_t i = 0; i < group->len; i++) {
		const struct rules_plan *plan = &plans[group->rules[i]];
		const char *one;

		if (plan->method != RULES_EXACT && plan->method != RULES_CONFIRMED)
			continue;
		one = plan->expression;
		for (size_t k = 0; k < plan->expressions; k++, one += strlen(one) + 1) {
			expressions[n] = one;
			flags[n] = plan->expression_flags;
			ids[n++] = (unsigned)i;
		}
	}
	*refused_out = SIZE_MAX;
	if (n > 0 && hs_compile_multi(expressions, flags, ids, n, mode, &generic, &database, &error) != HS_SUCCESS) {
		if (error->expression >= 0 && (unsigned)error->expression < n)
			*refused_out = ids[error->expression];
		hs_free_compile_error(error);
		ok = false;
	} else if (n > 0) {
		SL_ASSERT(hs_serialize_database(database, &bytes, &len) == HS_SUCCESS);
		sl_buf_add(out, bytes, len);
		free(bytes);
		hs_free_database(database);
	}
	sl_free(expressions);
	sl_free(flags);
	sl_free(ids);
	return ok;
}

const char *
rules_databases(const struct sl_ruleset *set, struct rules_plan *plans, struct rules_group *group, bool stream)
{
	size_t refused = SIZE_MAX;

	for (size_t i = 0; i <= group->len; i++) {	/* each time round one pattern fewer */
		sl_buf_reset(&group->block);
		sl_buf_reset(&group->stream);
		if (compile_group(plans, group, HS_MODE_BLOCK, &group->block, &refused) &&
		    (!stream || compile_group(plans, group, HS_MODE_STREAM, &group->stream, &refused)))
			return NULL;
		if (refused == SIZE_MAX)
			break;
		plans[group->rules[refused]].method = RULES_ALWAYS;
	}
	return "split the rules: Vectorscan does not take these patterns together";
}
