/* sa_hits.c - which of SpamAssassin's rules hit: for tests
 *
 * usage: sa_hits [--simple | --pieces BYTES | --snapshot FILE] RULE-FILE ... -- <paths of messages
 * First line: the names of all rules that are supported; then "path<TAB>NAME NAME ..." for each path. With
 * --simple not the compiled snapshot answers but PCRE2 alone, each pattern against each unit of the message.
 * --pieces: the snapshot's databases are streaming ones, and each unit is fed in pieces of BYTES.
 * --snapshot: it is opened if it is there, else made there (the caller sees to it that it is of these files). */

#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/compile.h"
#include "rules/sa_eval.h"
#include "rules/sa_mail.h"
#include "rules/sa_read.h"
#include "rules/scan.h"

#include "sl/buf.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

struct hits {
	struct sl_ruleset	 set;
	struct sl_sa_conf	*conf;
	pcre2_code		**codes;	/* of rules, or NULL */
	pcre2_match_data	*match;
	pcre2_match_context	*limits;
	size_t			*order;		/* of expressions: what they need stands before */
	size_t			 order_len;
	double			*values;	/* of one message */
	double			*stack;
	struct sl_rules		*rules;		/* the snapshot; NULL: the simple way */
	struct sl_buf		 snapshot;
	size_t			 piece;		/* bytes that are fed at once; 0: units are shown whole */
};

static void
file_read(const char *path, struct sl_buf *out)
{
	FILE *file = fopen(path, "rb");
	char piece[65536];
	size_t n;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(out, piece, n);
	fclose(file);
}

static const char *
function_reason(void *ctx, const char *name)
{
	const struct sl_sa_eval *eval = sl_sa_eval_find(name);

	if (eval == NULL)
		return "a function that is not known";
	return eval->function != NULL ? NULL : eval->reason;
}

static void
on_line(void *ctx, struct sl_slice keyword, struct sl_slice rest)
{
	struct hits *hits = ctx;

	sl_sa_conf_line(hits->conf, keyword, rest);
}

static void
rules_read(struct hits *hits, char **files, int len)
{
	struct sl_sa_settings settings = { .function = function_reason, .line = on_line, .ctx = hits };
	struct sl_sa_reader *reader = sl_sa_reader_new(&settings);

	for (int i = 0; i < len; i++) {
		struct sl_buf text;

		sl_buf_init(&text, (size_t)1 << 28);
		file_read(files[i], &text);
		sl_sa_read(reader, files[i], sl_buf_slice(&text));
		sl_buf_fini(&text);
	}
	sl_sa_reader_finish(reader, &hits->set);
	sl_sa_reader_free(&reader);
}

static pcre2_code *
pattern_compile(const struct sl_rule *rule)
{
	uint32_t options = (rule->flags & SL_RULE_CASELESS) != 0 ? PCRE2_CASELESS : 0;
	pcre2_code *code;
	PCRE2_SIZE at;
	int error;

	options |= (rule->flags & SL_RULE_MULTILINE) != 0 ? PCRE2_MULTILINE : 0;
	options |= (rule->flags & SL_RULE_DOTALL) != 0 ? PCRE2_DOTALL : 0;
	options |= (rule->flags & SL_RULE_EXTENDED) != 0 ? PCRE2_EXTENDED : 0;
	code = pcre2_compile((PCRE2_SPTR)rule->pattern, PCRE2_ZERO_TERMINATED, options, &error, &at, NULL);
	SL_ASSERT(code != NULL);
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return code;
}

/* Expressions, each after those that it is over; the reader lets no circle through. */
static void
order_make(struct hits *hits)
{
	bool *done = sl_xzalloc(hits->set.len + 1);
	bool again = true;

	hits->order = sl_xzalloc((hits->set.len + 1) * sizeof(hits->order[0]));
	for (size_t i = 0; i < hits->set.len; i++)
		done[i] = hits->set.rules[i].where != SL_RULE_META;
	while (again) {
		again = false;
		for (size_t i = 0; i < hits->set.len; i++) {
			const struct sl_rule *rule = &hits->set.rules[i];
			bool ready = !done[i];

			for (size_t j = 0; ready && j < rule->steps_len; j++)
				ready = rule->steps[j].op != SL_RULE_OP_RULE || done[rule->steps[j].index];
			if (ready) {
				done[i] = again = true;
				hits->order[hits->order_len++] = i;
			}
		}
	}
	for (size_t i = 0; i < hits->set.len; i++)
		SL_ASSERT(done[i]);
	sl_free(done);
}

/* How often it matches, up to `max` times. */
static unsigned
count(struct hits *hits, size_t rule, struct sl_slice unit, unsigned max)
{
	PCRE2_SIZE *found = pcre2_get_ovector_pointer(hits->match);
	uint32_t options = 0;
	PCRE2_SIZE at = 0;
	unsigned n = 0;

	while (n < max && at <= unit.len) {
		int r = pcre2_match(hits->codes[rule], unit.len == 0 ? (PCRE2_SPTR)"" : unit.ptr, unit.len, at,
		    options, hits->match, hits->limits);

		if (r == PCRE2_ERROR_NOMATCH && options != 0) {	/* after an empty match: one further */
			options = 0;
			at++;
			continue;
		}
		if (r < 0)
			break;
		n++;
		options = found[1] == found[0] ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0;
		at = found[1];
	}
	return n;
}

static void
unit_match(struct hits *hits, size_t i, struct sl_slice unit)
{
	const struct sl_rule *rule = &hits->set.rules[i];
	bool multiple = (rule->flags & SL_RULE_MULTIPLE) != 0;
	unsigned max = !multiple ? 1 : rule->max_hits != 0 ? rule->max_hits : UINT32_MAX;

	if (hits->values[i] < max)
		hits->values[i] += count(hits, i, unit, max - (unsigned)hits->values[i]);
}

static void
header_match(struct hits *hits, struct sl_sa_view *view, size_t i)
{
	const struct sl_rule *rule = &hits->set.rules[i];
	struct sl_slice value;
	bool is_there = sl_sa_header(view, rule->field, &value);

	if ((rule->flags & SL_RULE_EXISTS) != 0) {
		hits->values[i] = is_there;
		return;
	}
	if (is_there)
		unit_match(hits, i, value);
	else if (rule->absent != NULL)
		unit_match(hits, i, sl_slice_str(rule->absent));
	if ((rule->flags & SL_RULE_NEGATED) != 0)
		hits->values[i] = hits->values[i] == 0;
}

static void
mime_match(struct hits *hits, struct sl_sa_view *view, size_t i)
{
	const struct sl_rule *rule = &hits->set.rules[i];

	for (size_t part = 0; part < sl_sa_part_count(view); part++) {
		struct sl_slice value;

		if (sl_sa_part_header(view, part, rule->field, &value))
			unit_match(hits, i, value);
		else if (rule->absent != NULL)
			unit_match(hits, i, sl_slice_str(rule->absent));
	}
}

static void
units_match(struct hits *hits, struct sl_sa_view *view, size_t i)
{
	const struct sl_rule *rule = &hits->set.rules[i];
	size_t len = sl_sa_view_count(view, rule->where);

	for (size_t j = (rule->flags & SL_RULE_NO_SUBJECT) != 0 ? 1 : 0; j < len; j++)
		unit_match(hits, i, sl_sa_view_unit(view, rule->where, j));
}

static double
two(enum sl_rule_op op, double a, double b)
{
	switch (op) {
	case SL_RULE_OP_AND: return a != 0 ? b : a;
	case SL_RULE_OP_OR: return a != 0 ? a : b;
	case SL_RULE_OP_ADD: return a + b;
	case SL_RULE_OP_SUB: return a - b;
	case SL_RULE_OP_MUL: return a * b;
	case SL_RULE_OP_DIV: return b == 0 ? 0 : a / b;
	case SL_RULE_OP_LT: return a < b;
	case SL_RULE_OP_LE: return a <= b;
	case SL_RULE_OP_GT: return a > b;
	case SL_RULE_OP_GE: return a >= b;
	case SL_RULE_OP_EQ: return a == b;
	case SL_RULE_OP_NE: return a != b;
	case SL_RULE_OP_NUMBER: case SL_RULE_OP_RULE: case SL_RULE_OP_NOT: case SL_RULE_OP_NEGATE: break;
	}
	SL_UNREACHABLE("not an operator of two");
}

static void
expression_match(struct hits *hits, size_t i)
{
	const struct sl_rule *rule = &hits->set.rules[i];
	size_t len = 0;
	double value;

	for (size_t j = 0; j < rule->steps_len; j++) {
		const struct sl_rule_step *step = &rule->steps[j];

		if (step->op == SL_RULE_OP_NUMBER) {
			hits->stack[len++] = step->number;
		} else if (step->op == SL_RULE_OP_RULE) {
			hits->stack[len++] = hits->values[step->index];
		} else if (step->op == SL_RULE_OP_NOT) {
			hits->stack[len - 1] = hits->stack[len - 1] == 0;
		} else if (step->op == SL_RULE_OP_NEGATE) {
			hits->stack[len - 1] = -hits->stack[len - 1];
		} else {
			len--;
			hits->stack[len - 1] = two(step->op, hits->stack[len - 1], hits->stack[len]);
		}
	}
	value = hits->stack[0];
	hits->values[i] = value == 0 ? 0 : value > 0 ? value : 1;
}

static void
simple_match(struct hits *hits, struct sl_sa_view *view)
{
	memset(hits->values, 0, hits->set.len * sizeof(hits->values[0]));
	for (size_t i = 0; i < hits->set.len; i++) {
		const struct sl_rule *rule = &hits->set.rules[i];

		if (rule->where == SL_RULE_HEADER)
			header_match(hits, view, i);
		else if (rule->where == SL_RULE_MIME_HEADER)
			mime_match(hits, view, i);
		else if (rule->where == SL_RULE_EVAL)
			hits->values[i] = sl_sa_eval_find(rule->function)->function(view, rule->arguments,
			    rule->arguments_len);
		else if (rule->where != SL_RULE_META)
			units_match(hits, view, i);
	}
	for (size_t i = 0; i < hits->order_len; i++)
		expression_match(hits, hits->order[i]);
	for (size_t i = 0; i < hits->set.len; i++)
		if (hits->values[i] != 0)
			printf("%s ", hits->set.rules[i].name);
}

static void
snapshot_match(struct hits *hits, struct sl_sa_view *view)
{
	struct sl_arena arena;
	struct sl_rules_run *run;

	sl_arena_init(&arena, (size_t)1 << 24);
	run = sl_rules_run_new(hits->rules, &arena);
	SL_ASSERT(run != NULL);
	sl_sa_show_pieces(hits->rules, run, view, hits->piece);
	sl_rules_evaluate(run, view);
	for (size_t i = 0; i < sl_rules_count(hits->rules); i++) {
		struct sl_rules_info info;

		sl_rules_info(hits->rules, i, &info);
		if (sl_rules_hit(run, i))
			printf("%s ", info.name);
	}
	sl_arena_fini(&arena);
}

static void
message_match(struct hits *hits, const char *path)
{
	struct sl_sa_view *view = sl_sa_view_new(hits->conf, 0);
	struct sl_buf text;

	sl_buf_init(&text, (size_t)1 << 28);
	file_read(path, &text);
	sl_sa_view_feed(view, text.data, text.len);
	sl_buf_fini(&text);
	sl_sa_view_finish(view);
	printf("%s\t", path);
	if (hits->rules != NULL)
		snapshot_match(hits, view);
	else
		simple_match(hits, view);
	printf("\n");
	sl_sa_view_free(&view);
}

static void
compile_error(void *ctx, const struct sl_rule *rule, const char *what)
{
	fprintf(stderr, "%s: %s\n", rule == NULL ? "" : rule->name, what);
}

static void
snapshot_compile(struct hits *hits)
{
	struct sl_rules_compile settings = { .error = compile_error, .stream_all = hits->piece > 0 };
	struct sl_rules_compiled compiled;

	if (sl_rules_compile(&hits->set, &settings, &hits->snapshot, &compiled) != 0)
		exit(2);
	fprintf(stderr, "%zu patterns: %zu by Vectorscan, %zu confirmed, %zu by PCRE2 alone; %zu bytes\n",
	    compiled.patterns, compiled.exact, compiled.confirmed, compiled.always, compiled.database_bytes);
}

static void
snapshot_write(const struct hits *hits, const char *path)
{
	FILE *file = fopen(path, "wb");

	if (file == NULL || fwrite(hits->snapshot.data, 1, hits->snapshot.len, file) != hits->snapshot.len ||
	    fclose(file) != 0) {
		perror(path);
		exit(2);
	}
}

/* `path` NULL: it is not kept. */
static void
snapshot_make(struct hits *hits, const char *path)
{
	FILE *file = path == NULL ? NULL : fopen(path, "rb");

	sl_buf_init(&hits->snapshot, (size_t)1 << 28);
	if (file != NULL) {
		fclose(file);
		file_read(path, &hits->snapshot);
	} else {
		snapshot_compile(hits);
		if (path != NULL)
			snapshot_write(hits, path);
	}
	if (sl_rules_open(sl_buf_slice(&hits->snapshot), NULL, &sl_sa_functions, &hits->rules) != 0)
		exit(2);
}

static void
simple_make(struct hits *hits)
{
	hits->codes = sl_xzalloc((hits->set.len + 1) * sizeof(hits->codes[0]));
	hits->values = sl_xzalloc((hits->set.len + 1) * sizeof(hits->values[0]));
	hits->stack = sl_xzalloc(SL_SA_STEPS_MAX * sizeof(hits->stack[0]));
	hits->match = pcre2_match_data_create(128, NULL);
	hits->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(hits->limits, 10000000);
	for (size_t i = 0; i < hits->set.len; i++)
		if (hits->set.rules[i].pattern != NULL)
			hits->codes[i] = pattern_compile(&hits->set.rules[i]);
	order_make(hits);
}

int
main(int argc, char **argv)
{
	struct hits hits = { .conf = sl_sa_conf_new() };
	bool simple = argc > 1 && strcmp(argv[1], "--simple") == 0;
	bool kept = argc > 2 && strcmp(argv[1], "--snapshot") == 0;
	bool pieces = argc > 2 && strcmp(argv[1], "--pieces") == 0;
	int first = simple ? 2 : kept || pieces ? 3 : 1, files = first;
	char path[4096];

	hits.piece = pieces ? strtoul(argv[2], NULL, 10) : 0;
	while (files < argc && strcmp(argv[files], "--") != 0)
		files++;
	sl_ruleset_init(&hits.set);
	rules_read(&hits, argv + first, files - first);
	if (simple)
		simple_make(&hits);
	else
		snapshot_make(&hits, kept ? argv[2] : NULL);
	for (size_t i = 0; i < hits.set.len; i++)
		printf("%s ", hits.set.rules[i].name);
	printf("\n");
	while (fgets(path, sizeof(path), stdin) != NULL) {
		path[strcspn(path, "\n")] = '\0';
		message_match(&hits, path);
	}
	for (size_t i = 0; simple && i < hits.set.len; i++)
		pcre2_code_free(hits.codes[i]);
	sl_free(hits.codes);
	sl_free(hits.values);
	sl_free(hits.stack);
	sl_free(hits.order);
	pcre2_match_data_free(hits.match);
	pcre2_match_context_free(hits.limits);
	sl_rules_close(&hits.rules);
	sl_buf_fini(&hits.snapshot);
	sl_sa_conf_free(&hits.conf);
	sl_ruleset_fini(&hits.set);
	return 0;
}
