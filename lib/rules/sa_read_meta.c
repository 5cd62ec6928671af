/* sa_read_meta.c - expressions of SpamAssassin's files, to postfix order
 *
 * SpamAssassin cuts them into tokens with one regular expression, which skips what it does not know, and lets
 * Perl evaluate the result. Precedence is Perl's. */

#include "sa_read_i.h"

#include <math.h>
#include <stdlib.h>

#define DEPTH_MAX	256	/* of open parentheses and waiting operators */

struct operator {
	const char	*text;
	enum sl_rule_op	 op;
	int		 precedence;	/* higher binds closer */
};

#define OPEN		0	/* precedence of what is not an operator: an open parenthesis */
#define UNARY		8
#define RELATION	5
#define EQUALITY	4

static const struct operator operators[] = {
	{ "||", SL_RULE_OP_OR, 1 }, { "&&", SL_RULE_OP_AND, 2 },
	{ "==", SL_RULE_OP_EQ, EQUALITY }, { "!=", SL_RULE_OP_NE, EQUALITY },
	{ "<=", SL_RULE_OP_LE, RELATION }, { ">=", SL_RULE_OP_GE, RELATION },
	{ "<", SL_RULE_OP_LT, RELATION }, { ">", SL_RULE_OP_GT, RELATION },
	{ "+", SL_RULE_OP_ADD, 6 }, { "-", SL_RULE_OP_SUB, 6 },
	{ "*", SL_RULE_OP_MUL, 7 }, { "/", SL_RULE_OP_DIV, 7 },
};
static const struct operator operator_not = { "!", SL_RULE_OP_NOT, UNARY };
static const struct operator operator_negate = { "-", SL_RULE_OP_NEGATE, UNARY };
static const struct operator operator_open = { "(", SL_RULE_OP_NUMBER, OPEN };

struct parse {
	struct sa_steps		*out;
	const struct operator	*waiting[DEPTH_MAX];
	size_t			 waiting_len;
	bool			 after_operand;
	bool			 signs;
	sa_atom			*atom;
	void			*ctx;
};

static const char *
step_put(struct parse *p, struct sl_rule_step step)
{
	if (p->out->len == SL_COUNT(p->out->steps))
		return "an expression that is too long";
	p->out->steps[p->out->len++] = step;
	return NULL;
}

static const char *
wait_put(struct parse *p, const struct operator *operator)
{
	if (p->waiting_len == DEPTH_MAX)
		return "an expression that is too deep";
	p->waiting[p->waiting_len++] = operator;
	return NULL;
}

static const char *
operand(struct parse *p, struct sl_rule_step step)
{
	if (p->after_operand)
		return "an operator is missing";
	p->after_operand = true;
	return step_put(p, step);
}

static const char *
binary(struct parse *p, const struct operator *operator)
{
	const char *why = NULL;

	if (!p->after_operand)
		return "an operand is missing";
	while (why == NULL && p->waiting_len > 0 &&
	    p->waiting[p->waiting_len - 1]->precedence >= operator->precedence) {
		const struct operator *top = p->waiting[--p->waiting_len];

		if (top->precedence == operator->precedence &&
		    (top->precedence == RELATION || top->precedence == EQUALITY))
			return "comparisons in a row";
		why = step_put(p, (struct sl_rule_step){ .op = top->op });
	}
	p->after_operand = false;
	return why != NULL ? why : wait_put(p, operator);
}

static const char *
close_put(struct parse *p)
{
	if (!p->after_operand)
		return "an operand is missing";
	while (p->waiting_len > 0) {
		const struct operator *top = p->waiting[--p->waiting_len];
		const char *why;

		if (top == &operator_open)
			return NULL;
		why = step_put(p, (struct sl_rule_step){ .op = top->op });
		if (why != NULL)
			return why;
	}
	return "a ) without its (";
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The run of [-+.0-9] that begins here: a number, or signs. */
static const char *
number_or_signs(struct parse *p, const char *token, size_t len)
{
	size_t sign = p->signs && len > 1 && (*token == '+' || *token == '-') ? 1 : 0;
	size_t digits = strspn(token + sign, "0123456789");
	size_t used = sign + digits;
	char number[64];

	if (digits == 0) {	/* Perl reads ++ and -- as operators of their own, which no number has */
		const char *why = NULL;

		if (len > 2 || token[0] == '.' || (len == 2 && (token[1] == '.' || token[1] == token[0])))
			return "a number that is none";
		for (size_t i = 0; i < len && why == NULL; i++) {
			if (p->after_operand)
				why = binary(p, token[i] == '+' ? &operators[8] : &operators[9]);
			else if (token[i] == '-')
				why = wait_put(p, &operator_negate);
		}
		return why;
	}
	if (used < len && token[used] == '.' && strspn(token + used + 1, "0123456789") > 0)
		used += 1 + strspn(token + used + 1, "0123456789");
	if (used != len || len >= sizeof(number))
		return "a number that is none";
	memcpy(number, token, len);
	number[len] = '\0';
	return operand(p, (struct sl_rule_step){ .op = SL_RULE_OP_NUMBER, .number = strtod(number, NULL) });
}

static const char *
word(struct parse *p, const char *token, size_t len, const char **rest)
{
	struct sl_rule_step step = { 0 };
	char name[192];
	const char *why;

	if (len >= sizeof(name))
		return "a name that is too long";
	memcpy(name, token, len);
	name[len] = '\0';
	why = p->atom(p->ctx, name, rest, &step);
	return why != NULL ? why : operand(p, step);
}

/* One token at *text; what no token begins with is skipped. */
static const char *
token(struct parse *p, const char **text)
{
	const char *s = *text;
	size_t len = strspn(s, "+-.0123456789");

	if (len > 0) {
		*text = s + len;
		return number_or_signs(p, s, len);
	}
	if (is_word(*s)) {
		while (is_word(s[len]) || s[len] == ':')
			len++;
		*text = s + len;
		return word(p, s, len, text);
	}
	*text = s + 1;
	switch (*s) {
	case '(':
		return p->after_operand ? "an operator is missing" : wait_put(p, &operator_open);
	case ')':
		return close_put(p);
	case '^': case '?': case ':':
		return "^ and ?: are not done";
	case '!':
		if (s[1] == '=')
			break;
		return p->after_operand ? "an operator is missing" : wait_put(p, &operator_not);
	default:
		break;
	}
	for (size_t i = 0; i < SL_COUNT(operators); i++)
		if (strncmp(s, operators[i].text, strlen(operators[i].text)) == 0) {
			*text = s + strlen(operators[i].text);
			return binary(p, &operators[i]);
		}
	return NULL;
}

/* "()" is a rule that only a program can make hit. */
static bool
is_empty(const char *text)
{
	text += strspn(text, " \t");
	if (*text != '(')
		return false;
	text += 1 + strspn(text + 1, " \t");
	return *text == ')' && text[1 + strspn(text + 1, " \t")] == '\0';
}

const char *
sa_expression(const char *text, bool signs, sa_atom *atom, void *ctx, struct sa_steps *out)
{
	struct parse p = { .out = out, .signs = signs, .atom = atom, .ctx = ctx };
	const char *why = NULL;

	out->len = 0;
	if (is_empty(text))
		return step_put(&p, (struct sl_rule_step){ .op = SL_RULE_OP_NUMBER });
	while (*text != '\0' && why == NULL)
		why = token(&p, &text);
	if (why == NULL && !p.after_operand)
		why = "an operand is missing";
	while (why == NULL && p.waiting_len > 0) {
		const struct operator *top = p.waiting[--p.waiting_len];

		why = top == &operator_open ? "a ( without its )"
		    : step_put(&p, (struct sl_rule_step){ .op = top->op });
	}
	return why;
}

static double
binary_value(enum sl_rule_op op, double a, double b, bool *by_zero)
{
	switch (op) {
	case SL_RULE_OP_AND: return a != 0 ? b : a;
	case SL_RULE_OP_OR: return a != 0 ? a : b;
	case SL_RULE_OP_ADD: return a + b;
	case SL_RULE_OP_SUB: return a - b;
	case SL_RULE_OP_MUL: return a * b;
	case SL_RULE_OP_DIV:
		*by_zero |= b == 0;
		return b == 0 ? 0 : a / b;
	case SL_RULE_OP_LT: return a < b;
	case SL_RULE_OP_LE: return a <= b;
	case SL_RULE_OP_GT: return a > b;
	case SL_RULE_OP_GE: return a >= b;
	case SL_RULE_OP_EQ: return a == b;
	case SL_RULE_OP_NE: return a != b;
	case SL_RULE_OP_NUMBER: case SL_RULE_OP_RULE: case SL_RULE_OP_NOT: case SL_RULE_OP_NEGATE:
		break;
	}
	SL_UNREACHABLE("not an operator of two");
}

double
sa_evaluate(const struct sa_steps *steps, bool *divided_by_zero_out)
{
	double *stack = sl_xzalloc((steps->len + 1) * sizeof(*stack));
	size_t len = 0;
	double value;

	for (size_t i = 0; i < steps->len; i++) {
		const struct sl_rule_step *step = &steps->steps[i];

		if (step->op == SL_RULE_OP_NUMBER || step->op == SL_RULE_OP_RULE) {
			stack[len++] = step->op == SL_RULE_OP_NUMBER ? step->number : 0;
		} else if (step->op == SL_RULE_OP_NOT) {
			SL_ASSERT(len >= 1);
			stack[len - 1] = stack[len - 1] == 0;
		} else if (step->op == SL_RULE_OP_NEGATE) {
			SL_ASSERT(len >= 1);
			stack[len - 1] = -stack[len - 1];
		} else {
			SL_ASSERT(len >= 2);
			len--;
			stack[len - 1] = binary_value(step->op, stack[len - 1], stack[len], divided_by_zero_out);
		}
	}
	SL_ASSERT(len == 1);
	value = stack[0];
	sl_free(stack);
	return value;
}

size_t
sa_rules_matching(const char *text, struct sl_slice *glob_out)
{
	static const char head[] = "rules_matching(";
	const char *s = text;
	size_t len = 0;

	if (strncmp(s, head, sizeof(head) - 1) != 0)
		return 0;
	s += sizeof(head) - 1;
	s += strspn(s, " \t");
	while (is_word(s[len]) || s[len] == '*' || s[len] == '?')
		len++;
	if (len == 0 || len > 128 || is_digit(*s))
		return 0;
	*glob_out = sl_slice(s, len);
	s += len;
	s += strspn(s, " \t");
	return *s == ')' ? (size_t)(s + 1 - text) : 0;
}

/* "?" is one byte, "*" any number: the last star takes more when what follows it does not match. */
bool
sa_name_glob(struct sl_slice glob, const char *name)
{
	size_t i = 0, j = 0, star = SIZE_MAX, from = 0;

	while (name[j] != '\0') {
		if (i < glob.len && glob.ptr[i] == '*') {
			star = ++i;
			from = j;
		} else if (i < glob.len && (glob.ptr[i] == '?' || (char)glob.ptr[i] == name[j])) {
			i++;
			j++;
		} else if (star != SIZE_MAX) {
			i = star;
			j = ++from;
		} else {
			return false;
		}
	}
	while (i < glob.len && glob.ptr[i] == '*')
		i++;
	return i == glob.len;
}
