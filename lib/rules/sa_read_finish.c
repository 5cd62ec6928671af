/* sa_read_finish.c - from all that was said of each name to rules, or to the reason why it is none */

#include "sa_read_i.h"

#include <stdlib.h>

#define ARGUMENTS_MAX	64

struct finish {
	struct sl_sa_reader	*reader;
	struct sl_ruleset	*set;
	struct sa_steps		*steps;		/* of one expression at a time */
	uint32_t		*path;		/* expressions that are being decided, outermost first */
	size_t			 path_len;
	size_t			 work;		/* names looked up, for a bound */
};

bool
sa_flag(const char *flags, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = flags; p != NULL && (p = strstr(p, name)) != NULL; p += len) {
		char before = p == flags ? ' ' : p[-1];
		bool word = before == '_' || (before >= '0' && before <= '9') || (before >= 'a' && before <= 'z') ||
		    (before >= 'A' && before <= 'Z');
		char after = name[len - 1] == '=' ? ' ' : p[len];

		if (!word && after != '_' && !(after >= '0' && after <= '9') && !(after >= 'a' && after <= 'z') &&
		    !(after >= 'A' && after <= 'Z'))
			return true;
	}
	return false;
}

static double
score(const struct finish *f, const struct sa_test *test)
{
	double value;

	if (test->has_score)
		return test->score[f->reader->settings.score_set];
	value = strncmp(test->name, "T_", 2) == 0 ? 0.01 : 1;
	return sa_flag(test->flags, "nice") ? -value : value;
}

static enum sl_category
category(const char *name)
{
	return strstr(name, "PHISH") != NULL ? SL_PHISH : SL_SPAM;
}

static void
refuse(struct finish *f, struct sa_test *test, const char *reason)
{
	test->fate = SA_REFUSED;
	test->reason = reason;
}

static void
off(struct sa_test *test, const char *reason)
{
	test->fate = SA_OFF;
	test->reason = reason;
}

/* What all kinds of rules have. */
static void
rule_begin(struct finish *f, struct sa_test *test)
{
	double points = score(f, test);
	const char *max = sa_flag(test->flags, "maxhits=") ? strstr(test->flags, "maxhits=") + 8 : "0";
	unsigned long hits = SL_MIN(strtoul(max, NULL, 10), 1000000ul);

	test->rule = (struct sl_rule){
		.name = test->name, .sentence = test->sentence, .category = category(test->name),
		.where = test->where, .file = test->file, .line = test->line,
		.field = test->field, .function = test->function,
	};
	if (strncmp(test->name, "__", 2) == 0)
		test->rule.flags |= SL_RULE_INTERNAL;
	else
		test->rule.prior = points * SL_SA_LOG_ODDS_PER_POINT;
	if (points < 0)
		test->rule.flags |= SL_RULE_NICE;
	if (sa_flag(test->flags, "multiple") && test->where != SL_RULE_META && test->where != SL_RULE_EVAL) {
		test->rule.flags |= SL_RULE_MULTIPLE;
		test->rule.max_hits = (unsigned)hits;
	}
	if (test->where == SL_RULE_BODY && sa_flag(test->flags, "nosubject"))
		test->rule.flags |= SL_RULE_NO_SUBJECT;
}

static void
decide_pattern(struct finish *f, struct sa_test *test)
{
	const char *perl = test->perl;
	struct sa_pcre pcre;
	bool empty = false;

	rule_begin(f, test);
	test->fate = SA_KEPT;
	if (test->is_exists) {
		test->rule.flags |= SL_RULE_EXISTS;
		return;
	}
	sl_buf_init(&pcre.text, SL_SA_PATTERN_MAX);
	if (test->is_replaced && test->where != SL_RULE_MIME_HEADER) {
		const char *expanded = sa_tags_expand(f->reader, sa_printf(f->reader, "(?aa)%s", perl));

		/* If what comes of it is no pattern, SpamAssassin keeps the one with its tags. */
		if (expanded != NULL && strcmp(expanded + 5, perl) != 0 && sa_perl_translate(expanded, &pcre) &&
		    sa_pcre_check(&pcre, &empty))
			test->perl = perl = expanded;
		sl_buf_reset(&pcre.text);
	}
	if (!sa_perl_translate(perl, &pcre) || !sa_pcre_check(&pcre, &empty))
		refuse(f, test, sa_printf(f->reader, "its pattern: %s", pcre.why));
	else if (pcre.wants_capture)
		refuse(f, test, "uses what another rule captured");
	else
		test->rule.pattern = sa_strndup(f->reader, pcre.text.data, pcre.text.len);
	sl_buf_fini(&pcre.text);
	test->rule.flags |= pcre.flags;
	if (test->is_negated)
		test->rule.flags |= SL_RULE_NEGATED;
	if (test->absent != NULL)
		test->rule.absent = test->absent;
	else if (empty && (test->where == SL_RULE_HEADER || test->where == SL_RULE_MIME_HEADER))
		test->rule.absent = "";		/* what is not there is matched as an empty text */
	if (test->where == SL_RULE_MIME_HEADER && test->is_negated)
		refuse(f, test, "a negated mimeheader: SpamAssassin lets it hit always");
	if (test->where == SL_RULE_MIME_HEADER && (sa_flag(test->flags, "concat") || sa_flag(test->flags, "range=")))
		refuse(f, test, "a mimeheader with tflags concat or range");
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_argument_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == ':' ||
	    c == '-';
}

/* Arguments: quoted, or a number, address or domain as it is; a comma between them. False: they are none. */
static bool
arguments_read(struct finish *f, struct sa_test *test)
{
	const char **all = NULL;
	const char *p = test->arguments;
	size_t len = 0;

	all = sl_arena_alloc(&f->reader->arena, ARGUMENTS_MAX * sizeof(*all));
	SL_ASSERT(all != NULL);
	if (*p != '\0' && p[strspn(p, " \t")] == '\0')
		p = "";
	while (*p != '\0') {
		const char *from, *end;

		while (is_blank(*p))
			p++;
		if (*p == '\'' || *p == '"') {
			from = p + 1;
			end = strchr(from, *p);
			if (end == NULL)
				return false;
			p = end + 1;
		} else {
			for (from = p; is_argument_byte(*p);)
				p++;
			end = p;
			if (from == end)
				return false;
		}
		if (len == ARGUMENTS_MAX)
			return false;
		all[len++] = sa_strndup(f->reader, from, (size_t)(end - from));
		while (is_blank(*p))
			p++;
		if (*p != ',' && *p != '\0')
			return false;
		p += *p == ',' ? 1 : 0;
	}
	test->rule.arguments = all;
	test->rule.arguments_len = len;
	return true;
}

static void
decide_eval(struct finish *f, struct sa_test *test)
{
	const struct sl_sa_settings *settings = &f->reader->settings;
	bool asks = strncmp(test->function, "check_rbl", 9) == 0 || strncmp(test->function, "check_dns", 9) == 0;
	const char *why = NULL;

	rule_begin(f, test);
	test->rule.where = SL_RULE_EVAL;
	test->fate = SA_KEPT;
	if (asks || sa_flag(test->flags, "net")) {
		off(test, sa_printf(f->reader, "needs the network: %s", test->function));
	} else if (sa_flag(test->flags, "learn")) {
		off(test, sa_printf(f->reader, "needs what Bayes has learned: %s", test->function));
	} else if (!arguments_read(f, test)) {
		refuse(f, test, sa_printf(f->reader, "arguments that are none: %.100s", test->arguments));
	} else if (settings->function != NULL) {
		why = settings->function(settings->ctx, test->function);
		if (why != NULL)
			refuse(f, test, sa_printf(f->reader, "%s: %s", why, test->function));
	}
}

/* Everything but an expression is decided by itself. */
static void
decide_alone(struct finish *f, struct sa_test *test)
{
	bool disabled = score(f, test) == 0;

	switch (test->type) {
	case SA_UNDEFINED: case SA_EMPTY:
		test->fate = SA_OFF;
		return;
	case SA_OTHER:
		test->fate = strncmp(test->reason, "needs the network", 17) == 0 ? SA_OFF : SA_REFUSED;
		return;
	case SA_PATTERN:
		if (disabled)
			off(test, "score 0: it is switched off");
		else
			decide_pattern(f, test);
		return;
	case SA_EVAL:
		if (disabled && !sa_flag(test->flags, "net") && !sa_flag(test->flags, "learn"))
			off(test, "score 0: it is switched off");
		else
			decide_eval(f, test);
		return;
	case SA_META:
		if (disabled)
			off(test, "score 0: it is switched off");
		return;
	}
}

/* Expressions. */

struct dependencies {
	struct finish		*f;
	struct sa_test		*test;
	struct sa_test		*undecided;	/* the first expression that has to be decided before */
	const char		*refused;	/* the first one that takes this along */
	const char		*round;		/* that one this depends on in a circle */
	bool			 never;
	bool			 placed;	/* second time: all are in the set */
	const char		*text;		/* of the expression */
	struct sl_buf		*sum;		/* of rules_matching */
};

static void
depend(struct dependencies *d, struct sa_test *on)
{
	if (on->fate == SA_UNDECIDED && d->undecided == NULL)
		d->undecided = on;
	else if (on->fate == SA_DECIDING)
		d->round = on->name;
	else if (on->fate == SA_REFUSED && d->refused == NULL)
		d->refused = on->name;
	else if (on->fate == SA_NEVER || (on->fate == SA_OFF && on->type == SA_META))
		d->never = true;
}

static struct sl_rule_step
step_of(const struct dependencies *d, const struct sa_test *on)
{
	if (on == NULL || !d->placed || (on->fate != SA_KEPT && on->fate != SA_NEVER))
		return (struct sl_rule_step){ .op = SL_RULE_OP_NUMBER };
	return (struct sl_rule_step){ .op = SL_RULE_OP_RULE, .index = (uint32_t)on->index };
}

static const char *
meta_atom(void *ctx, const char *name, const char **rest, struct sl_rule_step *step)
{
	struct dependencies *d = ctx;
	struct sa_test *on = sa_test_find(d->f->reader, name);

	d->f->work++;
	if (strcmp(name, "local_tests_only") == 0) {
		*step = (struct sl_rule_step){ .op = SL_RULE_OP_NUMBER,
		    .number = (d->f->reader->settings.score_set & 1) == 0 };
		return NULL;
	}
	if (on != NULL && on->type != SA_UNDEFINED)
		depend(d, on);
	*step = step_of(d, on);
	return NULL;
}

/* rules_matching(GLOB) written out: "(A + B)", or "(0)". */
static bool
globs_expand(struct finish *f, const struct sa_test *test, struct sl_buf *out)
{
	const char *p = test->expression;

	while (*p != '\0') {
		struct sl_slice glob;
		size_t len = p > test->expression && p[-1] == '_' ? 0 : sa_rules_matching(p, &glob);
		size_t count = 0;

		if (len == 0) {
			sl_buf_add_byte(out, (unsigned char)*p++);
			continue;
		}
		sl_buf_add_str(out, "(");
		for (size_t i = 0; i < f->reader->len; i++) {
			const struct sa_test *one = &f->reader->tests[i];

			if (one != test && one->type != SA_UNDEFINED && sa_name_glob(glob, one->name))
				sl_buf_addf(out, "%s%s", count++ > 0 ? " + " : "", one->name);
		}
		sl_buf_add_str(out, count == 0 ? "0)" : ")");
		p += len;
	}
	return !out->overflow;
}

/* The expression's steps, in f->steps. Returns NULL, or why there are none. */
static const char *
meta_read(struct finish *f, struct sa_test *test, struct dependencies *d)
{
	struct sl_buf text;
	const char *why;

	sl_buf_init(&text, (size_t)SL_SA_STEPS_MAX * 128);
	if (!globs_expand(f, test, &text))
		why = "an expression that is too long";
	else
		why = sa_expression(sl_buf_cstr(&text), false, meta_atom, d, f->steps);
	sl_buf_fini(&text);
	return why;
}

/* Decide one expression, if all that it depends on is decided; else the one that has to be before. */
static struct sa_test *
decide_meta(struct finish *f, struct sa_test *test)
{
	struct dependencies d = { .f = f, .test = test };
	const char *why = meta_read(f, test, &d);

	if (d.undecided != NULL && why == NULL && d.round == NULL)
		return d.undecided;
	rule_begin(f, test);
	test->fate = d.never ? SA_NEVER : SA_KEPT;
	if (why != NULL)
		refuse(f, test, why);
	else if (d.round != NULL)
		refuse(f, test, sa_printf(f->reader, "depends on itself, by %s", d.round));
	else if (d.never)
		return NULL;
	else if (d.refused != NULL)
		refuse(f, test, sa_printf(f->reader, "depends on %s, which is not supported", d.refused));
	return NULL;
}

/* Depth first, with a path of our own: each is read again when one that it needs has been decided. */
static void
decide_metas(struct finish *f)
{
	struct sl_sa_reader *reader = f->reader;

	for (size_t i = 0; i < reader->len; i++) {
		if (reader->tests[i].fate != SA_UNDECIDED)
			continue;
		f->path[f->path_len++] = (uint32_t)i;
		while (f->path_len > 0) {
			struct sa_test *test = &reader->tests[f->path[f->path_len - 1]];
			struct sa_test *before;

			test->fate = SA_DECIDING;
			before = decide_meta(f, test);
			if (before == NULL)
				f->path_len--;
			else
				f->path[f->path_len++] = (uint32_t)(before - reader->tests);
		}
	}
}

/* Their steps name rules by their place in the set: once all have one. */
static void
metas_put(struct finish *f)
{
	for (size_t i = 0; i < f->reader->len; i++) {
		struct sa_test *test = &f->reader->tests[i];
		struct dependencies d = { .f = f, .test = test, .placed = true };
		static const struct sl_rule_step zero = { .op = SL_RULE_OP_NUMBER };

		if (test->type != SA_META || (test->fate != SA_KEPT && test->fate != SA_NEVER))
			continue;
		if (test->fate == SA_NEVER) {
			test->rule.steps = &zero;
			test->rule.steps_len = 1;
		} else {
			SL_ASSERT(meta_read(f, test, &d) == NULL);
			test->rule.steps = f->steps->steps;
			test->rule.steps_len = f->steps->len;
		}
		sl_ruleset_put(f->set, &test->rule);
	}
}

static void
tests_put(struct finish *f)
{
	for (size_t i = 0; i < f->reader->len; i++) {
		struct sa_test *test = &f->reader->tests[i];

		if (test->fate == SA_KEPT || test->fate == SA_NEVER)
			test->index = sl_ruleset_put(f->set, &test->rule);
		else if (test->type != SA_UNDEFINED && test->type != SA_EMPTY)
			sl_ruleset_refuse(f->set, &(struct sl_rule_unsupported){ .name = test->name,
			    .reason = test->reason, .file = test->file, .line = test->line });
	}
}

void
sl_sa_reader_finish(struct sl_sa_reader *reader, struct sl_ruleset *set)
{
	struct finish f = { .reader = reader, .set = set };

	f.steps = sl_xzalloc(sizeof(*f.steps));
	f.path = sl_xzalloc((reader->len + 1) * sizeof(*f.path));
	for (size_t i = 0; i < reader->len; i++)
		decide_alone(&f, &reader->tests[i]);
	decide_metas(&f);
	tests_put(&f);
	metas_put(&f);
	sl_free(f.path);
	sl_free(f.steps);
}
