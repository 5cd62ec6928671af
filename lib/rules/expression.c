/* expression.c - "a && (b || !c)" becomes steps: Dijkstra's shunting yard, see yaml_i.h */

#include "rules/yaml_i.h"

#define OPEN_MAX	200	/* operators and brackets that wait */

static const struct op {
	const char	*text;
	enum sl_rule_op	 op;
	int		 binds;		/* how closely */
	bool		 before;	/* stands before one operand */
} ops[] = {	/* longer ones first */
	{ "||", SL_RULE_OP_OR, 1, false }, { "&&", SL_RULE_OP_AND, 2, false },
	{ "==", SL_RULE_OP_EQ, 3, false }, { "!=", SL_RULE_OP_NE, 3, false },
	{ "<=", SL_RULE_OP_LE, 4, false }, { ">=", SL_RULE_OP_GE, 4, false },
	{ "<", SL_RULE_OP_LT, 4, false }, { ">", SL_RULE_OP_GT, 4, false },
	{ "+", SL_RULE_OP_ADD, 5, false }, { "-", SL_RULE_OP_NEGATE, 7, true },
	{ "-", SL_RULE_OP_SUB, 5, false },
	{ "*", SL_RULE_OP_MUL, 6, false }, { "/", SL_RULE_OP_DIV, 6, false },
	{ "!", SL_RULE_OP_NOT, 7, true },
};

struct yard {
	struct steps		*steps;
	const struct op		*open[OPEN_MAX];	/* NULL: a bracket */
	size_t			 len;
	size_t			 brackets;
	bool			 wants_operand;
};

void
steps_add(struct steps *steps, enum sl_rule_op op, double number, size_t index)
{
	if (steps->len == SL_RULES_STEPS_MAX) {
		steps->full = true;
		return;
	}
	steps->list[steps->len++] = (struct sl_rule_step){ op, number, (uint32_t)index };
}

static bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Work out what binds at least as closely. */
static void
unwind(struct yard *yard, int binds)
{
	while (yard->len > 0 && yard->open[yard->len - 1] != NULL && yard->open[yard->len - 1]->binds >= binds)
		steps_add(yard->steps, yard->open[--yard->len]->op, 0, 0);
}

static const char *
operand(struct yard *yard, const struct sl_ruleset *set, struct sl_slice word, struct sl_buf *what)
{
	char name[128];
	double number;
	size_t index;

	if (!yard->wants_operand)
		return "write an operator (&&, ||, ...) in front of this";
	yard->wants_operand = false;
	if (value_fraction(word, &number) == 0) {
		steps_add(yard->steps, SL_RULE_OP_NUMBER, number, 0);
		return NULL;
	}
	if (word.len >= sizeof(name))
		return "name a rule: none has a name that long";
	memcpy(name, word.ptr, word.len);
	name[word.len] = '\0';
	index = sl_ruleset_find(set, name);
	if (index == SIZE_MAX) {
		sl_buf_addf(what, "name a rule that is there: '%s' is not", name);
		return sl_buf_cstr(what);
	}
	steps_add(yard->steps, SL_RULE_OP_RULE, 0, index);
	return NULL;
}

static const char *
operator(struct yard *yard, const struct op *op)
{
	if (op->before != yard->wants_operand)
		return yard->wants_operand ? "write a rule's name or a number in front of this operator"
		    : "write an operator (&&, ||, ...) in front of this";
	if (!op->before)
		unwind(yard, op->binds);
	if (yard->len == OPEN_MAX)
		return "simplify this: it is nested too deeply";
	yard->open[yard->len++] = op;
	yard->wants_operand = true;
	return NULL;
}

static const char *
bracket(struct yard *yard, bool opens)
{
	if (opens) {
		if (!yard->wants_operand)
			return "write an operator (&&, ||, ...) in front of this bracket";
		if (yard->len == OPEN_MAX)
			return "simplify this: it is nested too deeply";
		yard->open[yard->len++] = NULL;
		yard->brackets++;
		return NULL;
	}
	if (yard->brackets == 0)
		return "remove this bracket: none is open";
	if (yard->wants_operand)
		return "write a rule's name or a number in front of this bracket";
	unwind(yard, 0);
	yard->len--;
	yard->brackets--;
	return NULL;
}

static const struct op *
op_at(const struct yard *yard, struct sl_slice rest)
{
	for (size_t i = 0; i < SL_COUNT(ops); i++)
		if (rest.len >= strlen(ops[i].text) && memcmp(rest.ptr, ops[i].text, strlen(ops[i].text)) == 0 &&
		    (ops[i].op != SL_RULE_OP_NEGATE || yard->wants_operand))
			return &ops[i];
	return NULL;
}

const char *
steps_parse(const struct sl_ruleset *set, struct sl_slice text, struct steps *steps, struct sl_buf *what,
    size_t *at_out)
{
	struct yard yard = { .steps = steps, .wants_operand = true };
	const char *wrong = NULL;
	size_t i = 0, n;

	for (; i < text.len && wrong == NULL; i += wrong == NULL ? n : 0) {
		unsigned char c = text.ptr[i];
		const struct op *op = op_at(&yard, sl_slice_from(text, i));

		n = 1;
		if (c == ' ' || c == '\n' || c == '\t')
			continue;
		if (is_word(c)) {
			while (i + n < text.len && (is_word(text.ptr[i + n]) || text.ptr[i + n] == '.'))
				n++;
			wrong = operand(&yard, set, sl_slice(text.ptr + i, n), what);
		} else if (c == '(' || c == ')') {
			wrong = bracket(&yard, c == '(');
		} else if (op != NULL) {
			n = strlen(op->text);
			wrong = operator(&yard, op);
		} else {
			wrong = "write names of rules, numbers, and ! && || + - * / < <= > >= == != ( )";
		}
	}
	*at_out = i;
	if (wrong != NULL)
		return wrong;
	if (yard.wants_operand)
		return "write a rule's name or a number at the end";
	if (yard.brackets > 0)
		return "close the bracket";
	unwind(&yard, 0);
	return NULL;
}
