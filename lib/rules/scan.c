/* scan.c - the run of a message: see scan.h */

#include "rules/scan_i.h"
#include "sl/utf8.h"

#include <math.h>

#define RUN_MAGIC	0x5d2a2a17u
#define STREAM_MAGIC	0x5d2a57e0u
#define COUNT_MAX	UINT16_MAX
/* Who steals or infects is unwanted too, but such a rule is surer of the kind: */
#define UNWANTED_SHARE	0.5	/* of its log-odds, for spam */
#define STRICT_AFTER	16	/* matches that were given up */

struct sl_rules_run {
	unsigned		 magic;
	const struct sl_rules	*rules;
	bool			 evaluated;
	bool			 exact;		/* case counts in names of fields */
	bool			 first;		/* the unit at hand is the first of its kind */
	size_t			 limited;
	sl_rules_trace		*trace;
	void			*trace_ctx;
	uint64_t		*hits;		/* a bit for each rule */
	uint64_t		*seen;		/* a bit for each group: there was a unit */
	uint16_t		*counts;
};

/* One group's share of a stream. */
struct branch {
	struct branch		*next;
	struct sl_rules_run	*run;
	const struct group	*group;
	hs_stream_t		*stream;	/* NULL: looked at when it ends, what was kept of it */
	uint32_t		*pending;
	size_t			 pending_len;
	unsigned char		*kept;
	size_t			 kept_len, kept_size;
	size_t			 at;		/* bytes before the piece at hand */
	struct sl_slice		 piece;
};

struct sl_rules_stream {
	unsigned	 magic;
	struct branch	*branches;
};

static bool
bit_get(const uint64_t *bits, size_t i)
{
	return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void
bit_set(uint64_t *bits, size_t i, bool value)
{
	uint64_t bit = (uint64_t)1 << (i % 64);

	bits[i / 64] = value ? bits[i / 64] | bit : bits[i / 64] & ~bit;
}

struct sl_rules_run *
sl_rules_run_new(const struct sl_rules *rules, struct sl_arena *arena)
{
	struct sl_rules_run *run = sl_arena_alloc(arena, sizeof(*run));

	if (run == NULL)
		return NULL;
	*run = (struct sl_rules_run){ .magic = RUN_MAGIC, .rules = rules };
	run->hits = sl_arena_alloc(arena, (rules->len + 63) / 64 * sizeof(*run->hits));
	run->seen = sl_arena_alloc(arena, (rules->groups_len + 63) / 64 * sizeof(*run->seen));
	run->counts = sl_arena_alloc(arena, rules->counters * sizeof(*run->counts));
	return run->hits == NULL || run->seen == NULL || run->counts == NULL ? NULL : run;
}

void
sl_rules_run_trace(struct sl_rules_run *run, sl_rules_trace *trace, void *ctx)
{
	run->trace = trace;
	run->trace_ctx = ctx;
}

void
sl_rules_run_exact(struct sl_rules_run *run)
{
	run->exact = true;
}

/* ---- hits */

static void
hit(struct sl_rules_run *run, const struct group *group, uint32_t rule, struct sl_slice unit, size_t end)
{
	bit_set(run->hits, rule, true);
	if (run->trace != NULL)
		run->trace(run->trace_ctx, rule, group->where, group->field, unit, SL_MIN(end, unit.len));
}

/* Is the unit at hand none of this rule's? */
static bool
passes_over(const struct sl_rules_run *run, const struct rule *rule)
{
	return run->first && (rule->info.flags & SL_RULE_NO_SUBJECT) != 0;
}

/* How often may a rule hit? */
static unsigned
hits_max(const struct rule *rule)
{
	if (rule->counter == RULES_NOT)
		return 1;
	return rule->max_hits == 0 ? COUNT_MAX : SL_MIN(rule->max_hits, COUNT_MAX);
}

static unsigned
hits_now(const struct sl_rules_run *run, uint32_t at)
{
	const struct rule *rule = &run->rules->rules[at];

	return rule->counter == RULES_NOT ? bit_get(run->hits, at) : run->counts[rule->counter];
}

static void
count(struct sl_rules_run *run, uint32_t at)
{
	uint32_t counter = run->rules->rules[at].counter;

	if (counter != RULES_NOT)
		run->counts[counter]++;
}

/* Look for a rule's pattern with PCRE2, as often as it counts; as Perl does behind an empty match. */
static void
look(struct sl_rules_run *run, const struct group *group, uint32_t at, struct sl_slice unit)
{
	const struct sl_rules *rules = run->rules;
	const struct rule *rule = &rules->rules[at];
	const unsigned char *text = unit.ptr == NULL ? (const unsigned char *)"" : unit.ptr;
	uint32_t options = 0;
	size_t from = 0, end;

	if (passes_over(run, rule))
		return;
	for (unsigned n = hits_now(run, at); n < hits_max(rule) && from <= unit.len; n++) {
		int r = pcre2_match(rule->code, text, unit.len, from, options, rules->match,
		    run->limited < STRICT_AFTER ? rules->limits : rules->strict);

		if (r < 0) {
			run->limited += r != PCRE2_ERROR_NOMATCH;
			return;
		}
		end = pcre2_get_ovector_pointer(rules->match)[1];
		options = end == pcre2_get_ovector_pointer(rules->match)[0] ? PCRE2_NOTEMPTY_ATSTART : 0;
		hit(run, group, at, unit, end);
		count(run, at);
		if (end < from)		/* \K in a look-around can lead back */
			return;
		from = end;
	}
}

/* ---- a whole unit */

struct scan {
	struct sl_rules_run	*run;
	const struct group	*group;
	struct sl_slice		 unit;
	size_t			 pending_len;
};

static int
on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	struct scan *scan = ctx;
	uint32_t at;

	if (id >= scan->group->len)
		return 0;
	at = scan->group->rules[id];
	if (scan->run->rules->rules[at].method == RULES_EXACT) {
		if (!bit_get(scan->run->hits, at) && !passes_over(scan->run, &scan->run->rules->rules[at]))
			hit(scan->run, scan->group, at, scan->unit, (size_t)to);
	} else if (scan->pending_len < scan->group->len) {
		scan->run->rules->pending[scan->pending_len++] = at;
	}
	return 0;
}

static void
look_at_all(struct sl_rules_run *run, const struct group *group, struct sl_slice unit, bool confirmed_too)
{
	if (group->looks == 0)
		return;
	for (size_t i = 0; i < group->len; i++) {
		enum rules_method method = run->rules->rules[group->rules[i]].method;

		if (method == RULES_ALWAYS || (confirmed_too && method == RULES_CONFIRMED))
			look(run, group, group->rules[i], unit);
	}
}

/* That there is a unit is enough for some rules. */
static void
unit_seen(struct sl_rules_run *run, const struct group *group, struct sl_slice unit)
{
	size_t at = (size_t)(group - run->rules->groups);

	run->first = !bit_get(run->seen, at);
	if (!run->first)
		return;
	bit_set(run->seen, at, true);
	for (size_t i = 0; i < group->len && group->bare > 0; i++)
		if (run->rules->rules[group->rules[i]].method == RULES_NONE)
			hit(run, group, group->rules[i], unit, 0);
}

static void
unit_scan(struct sl_rules_run *run, const struct group *group, struct sl_slice unit)
{
	struct scan scan = { .run = run, .group = group, .unit = unit };
	const char *text = unit.ptr == NULL ? "" : (const char *)unit.ptr;
	bool readable = !group->utf || sl_utf8_valid(unit);

	unit_seen(run, group, unit);
	if (group->block != NULL && readable && unit.len <= UINT32_MAX) {
		hs_error_t error = hs_scan(group->block, text, (unsigned)unit.len, 0, run->rules->scratch,
		    on_match, &scan);

		SL_ASSERT(error == HS_SUCCESS);
		for (size_t i = 0; i < scan.pending_len; i++)
			look(run, group, run->rules->pending[i], unit);
	}
	look_at_all(run, group, unit, !readable);
}

static bool
is_meant(const struct sl_rules_run *run, const struct group *group, enum sl_rule_where where,
    struct sl_slice field)
{
	if (run->exact)
		return group->where == where && sl_slice_eq(sl_slice_str(group->field), field);
	return group->where == where && sl_slice_ieq(sl_slice_str(group->field), field);
}

void
sl_rules_unit(struct sl_rules_run *run, enum sl_rule_where where, const char *field, struct sl_slice unit)
{
	struct sl_slice name = field == NULL ? SL_SLICE_LIT("") : sl_slice_str(field);

	SL_CHECK(run, RUN_MAGIC);
	SL_ASSERT(!run->evaluated);
	for (const struct group *group = run->rules->buckets[rules_bucket(where, name)]; group != NULL;
	     group = group->next)
		if (is_meant(run, group, where, name))
			unit_scan(run, group, unit);
}

void
sl_rules_absent(struct sl_rules_run *run, enum sl_rule_where where, const char *field)
{
	struct sl_slice name = sl_slice_str(field);

	for (const struct group *group = run->rules->buckets[rules_bucket(where, name)]; group != NULL;
	     group = group->next) {
		if (!is_meant(run, group, where, name))
			continue;
		for (size_t i = 0; i < group->len; i++) {
			const struct rule *rule = &run->rules->rules[group->rules[i]];

			if (rule->absent_hits && hits_now(run, group->rules[i]) < hits_max(rule)) {
				bit_set(run->hits, group->rules[i], true);
				count(run, group->rules[i]);
			}
		}
	}
}

bool
sl_rules_wants(const struct sl_rules_run *run, enum sl_rule_where where, const char *field)
{
	struct sl_slice name = field == NULL ? SL_SLICE_LIT("") : sl_slice_str(field);
	const struct group *group = run->rules->buckets[rules_bucket(where, name)];

	while (group != NULL && !is_meant(run, group, where, name))
		group = group->next;
	return group != NULL;
}

bool
sl_rules_wants_field(const struct sl_rules_run *run, struct sl_slice name)
{
	return bit_get(run->rules->names, rules_name_bit(name));
}

/* ---- a unit in pieces */

static int
on_stream_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	struct branch *branch = ctx;
	struct sl_rules_run *run = branch->run;
	uint32_t at;

	if (id >= branch->group->len)
		return 0;
	at = branch->group->rules[id];
	if (run->rules->rules[at].method == RULES_EXACT) {
		if (!bit_get(run->hits, at) && !passes_over(run, &run->rules->rules[at]))
			hit(run, branch->group, at, branch->piece,
			    (size_t)(to - SL_MIN(to, (unsigned long long)branch->at)));
	} else if (branch->pending_len < branch->group->len) {
		branch->pending[branch->pending_len++] = at;
	}
	return 0;
}

static struct branch *
branch_new(struct sl_rules_run *run, const struct group *group)
{
	struct branch *branch = sl_xzalloc(sizeof(*branch));

	branch->run = run;
	branch->group = group;
	if (group->stream != NULL && !group->utf) {
		SL_ASSERT(hs_open_stream(group->stream, 0, &branch->stream) == HS_SUCCESS);
		if (group->looks > 0)
			branch->pending = sl_xmalloc(group->len * sizeof(*branch->pending));
	}
	return branch;
}

struct sl_rules_stream *
sl_rules_begin(struct sl_rules_run *run, enum sl_rule_where where, const char *field)
{
	struct sl_slice name = field == NULL ? SL_SLICE_LIT("") : sl_slice_str(field);
	struct sl_rules_stream *stream = NULL;

	SL_CHECK(run, RUN_MAGIC);
	SL_ASSERT(!run->evaluated);
	for (const struct group *group = run->rules->buckets[rules_bucket(where, name)]; group != NULL;
	     group = group->next) {
		struct branch *branch;

		if (!is_meant(run, group, where, name))
			continue;
		if (stream == NULL) {
			stream = sl_xzalloc(sizeof(*stream));
			stream->magic = STREAM_MAGIC;
		}
		branch = branch_new(run, group);
		branch->next = stream->branches;
		stream->branches = branch;
	}
	return stream;
}

/* Keep what PCRE2 may have to look at. */
static void
branch_keep(struct branch *branch, struct sl_slice piece)
{
	size_t n = SL_MIN(piece.len, SL_RULES_KEEP - branch->kept_len);

	if ((branch->group->looks == 0 && branch->stream != NULL) || n == 0)
		return;
	if (branch->kept_len + n > branch->kept_size) {
		branch->kept_size = SL_MIN(SL_MAX(branch->kept_size * 2, branch->kept_len + n), SL_RULES_KEEP);
		branch->kept = sl_xrealloc(branch->kept, branch->kept_size);
	}
	memcpy(branch->kept + branch->kept_len, piece.ptr, n);
	branch->kept_len += n;
}

static void
branch_feed(struct branch *branch, struct sl_slice piece)
{
	hs_error_t error;

	branch_keep(branch, piece);
	if (branch->stream == NULL || piece.len == 0)
		return;
	branch->piece = piece;
	branch->run->first = !bit_get(branch->run->seen, (size_t)(branch->group - branch->run->rules->groups));
	error = hs_scan_stream(branch->stream, (const char *)piece.ptr, (unsigned)piece.len, 0,
	    branch->run->rules->scratch, on_stream_match, branch);
	SL_ASSERT(error == HS_SUCCESS);
	branch->at += piece.len;
}

void
sl_rules_feed(struct sl_rules_stream *stream, struct sl_slice piece)
{
	if (stream == NULL)
		return;
	SL_CHECK(stream, STREAM_MAGIC);
	SL_ASSERT(piece.len <= UINT32_MAX);
	for (struct branch *branch = stream->branches; branch != NULL; branch = branch->next)
		branch_feed(branch, piece);
}

static void
branch_end(struct branch *branch)
{
	struct sl_slice kept = sl_slice(branch->kept, branch->kept_len);

	if (branch->stream == NULL) {
		unit_scan(branch->run, branch->group, kept);
	} else {
		hs_error_t error;

		branch->piece = kept;
		branch->run->first = !bit_get(branch->run->seen, (size_t)(branch->group - branch->run->rules->groups));
		error = hs_close_stream(branch->stream, branch->run->rules->scratch, on_stream_match, branch);
		SL_ASSERT(error == HS_SUCCESS);
		unit_seen(branch->run, branch->group, kept);
		for (size_t i = 0; i < branch->pending_len; i++)
			look(branch->run, branch->group, branch->pending[i], kept);
		look_at_all(branch->run, branch->group, kept, false);
	}
	sl_free(branch->pending);
	if (branch->kept != NULL)
		sl_zero(branch->kept, branch->kept_len);
	sl_free(branch->kept);
	sl_free(branch);
}

void
sl_rules_end(struct sl_rules_stream **stream)
{
	struct branch *next;

	if (*stream == NULL)
		return;
	SL_CHECK(*stream, STREAM_MAGIC);
	for (struct branch *branch = (*stream)->branches; branch != NULL; branch = next) {
		next = branch->next;
		branch_end(branch);
	}
	SL_OBJ_FREE(stream, STREAM_MAGIC);
}

/* ---- the end */

static double
apply(enum sl_rule_op op, double a, double b)
{
	switch (op) {
	case SL_RULE_OP_NOT:
		return a == 0;
	case SL_RULE_OP_NEGATE:
		return -a;
	case SL_RULE_OP_AND:	/* as in Perl, what decides is the value */
		return a != 0 ? b : a;
	case SL_RULE_OP_OR:
		return a != 0 ? a : b;
	case SL_RULE_OP_ADD:
		return a + b;
	case SL_RULE_OP_SUB:
		return a - b;
	case SL_RULE_OP_MUL:
		return a * b;
	case SL_RULE_OP_DIV:
		return b == 0 ? 0 : a / b;
	case SL_RULE_OP_LT:
		return a < b;
	case SL_RULE_OP_LE:
		return a <= b;
	case SL_RULE_OP_GT:
		return a > b;
	case SL_RULE_OP_GE:
		return a >= b;
	case SL_RULE_OP_EQ:
		return a == b;
	case SL_RULE_OP_NE:
		return a != b;
	case SL_RULE_OP_NUMBER: case SL_RULE_OP_RULE:
		break;
	}
	SL_UNREACHABLE("no operator");
}

/* The opener has seen that the stack suffices. */
static double
expression(const struct rule *rule, const double *values)
{
	double stack[RULES_STACK_MAX];
	size_t depth = 0;

	for (size_t i = 0; i < rule->steps_len; i++) {
		const struct sl_rule_step *step = &rule->steps[i];
		double b = 0;

		if (step->op == SL_RULE_OP_NUMBER) {
			stack[depth++] = step->number;
			continue;
		}
		if (step->op == SL_RULE_OP_RULE) {
			stack[depth++] = values[step->index];
			continue;
		}
		if (step->op > SL_RULE_OP_NEGATE)
			b = stack[--depth];
		stack[depth - 1] = apply(step->op, stack[depth - 1], b);
	}
	if (!isfinite(stack[0]) || stack[0] == 0)
		return 0;
	return stack[0] > 0 ? stack[0] : 1;	/* a number of hits */
}

/* A rule with a pattern, or for a field's presence. */
static double
pattern_value(struct sl_rules_run *run, uint32_t at)
{
	const struct rule *rule = &run->rules->rules[at];
	unsigned n = hits_now(run, at);

	if (rule->info.where == SL_RULE_HEADER && !bit_get(run->seen, rule->group) && rule->absent_hits)
		n = 1;
	return (rule->info.flags & SL_RULE_NEGATED) != 0 ? n == 0 : n;
}

void
sl_rules_evaluate(struct sl_rules_run *run, void *ctx)
{
	const struct sl_rules *rules = run->rules;
	double *values = rules->values;

	SL_CHECK(run, RUN_MAGIC);
	SL_ASSERT(!run->evaluated);
	run->evaluated = true;
	for (uint32_t i = 0; i < rules->len; i++) {
		const struct rule *rule = &rules->rules[i];

		values[i] = 0;
		if ((rule->info.flags & SL_RULE_NET) != 0)
			continue;
		if (rule->group != RULES_NOT)
			values[i] = pattern_value(run, i);
		else if (rule->call != NULL)
			values[i] = rules->functions->call(ctx, rule->call, rule->arguments, rule->arguments_len);
	}
	for (size_t i = 0; i < rules->order_len; i++)
		if ((rules->rules[rules->order[i]].info.flags & SL_RULE_NET) == 0)
			values[rules->order[i]] = expression(&rules->rules[rules->order[i]], values);
	for (size_t i = 0; i < rules->len; i++)
		bit_set(run->hits, i, values[i] != 0);
}

bool
sl_rules_hit(const struct sl_rules_run *run, size_t rule)
{
	SL_ASSERT(run->evaluated && rule < run->rules->len);
	return bit_get(run->hits, rule);
}

unsigned
sl_rules_hits(const struct sl_rules_run *run, size_t rule)
{
	SL_ASSERT(run->evaluated && rule < run->rules->len);
	if (!bit_get(run->hits, rule))
		return 0;
	return SL_MAX(hits_now(run, (uint32_t)rule), 1u);
}

size_t
sl_rules_limited(const struct sl_rules_run *run)
{
	return run->limited;
}

static const char *
sentence_of(const struct rule *rule, struct sl_arena *arena)
{
	const char *made;

	if (rule->info.sentence[0] != '\0')
		return rule->info.sentence;
	made = sl_arena_printf(arena, "it matches the rule %s", rule->info.name);
	return made == NULL ? rule->info.name : made;
}

void
sl_rules_evidence(const struct sl_rules_run *run, struct sl_arena *arena, struct sl_verdict *verdict)
{
	SL_ASSERT(run->evaluated);
	for (size_t i = 0; i < run->rules->len; i++) {
		const struct rule *rule = &run->rules->rules[i];
		struct sl_evidence evidence = { .name = rule->info.name, .state = SL_EVIDENCE_PRESENT, .value = 1 };

		if (!bit_get(run->hits, i) || (rule->info.flags & SL_RULE_INTERNAL) != 0)
			continue;
		evidence.shadow = (rule->info.flags & SL_RULE_SHADOW) != 0;
		evidence.log_odds[rule->info.category] = rule->info.prior;
		if (rule->info.category == SL_PHISH || rule->info.category == SL_MALWARE)
			evidence.log_odds[SL_SPAM] = rule->info.prior * UNWANTED_SHARE;
		evidence.sentence = sentence_of(rule, arena);
		sl_verdict_add(verdict, &evidence);
	}
}
