/* order.c - expressions: are they sound, and in which order are they worked out: see compile_i.h */

#include "rules/compile_i.h"

static bool
is_ready(const struct sl_ruleset *set, const struct sl_rule *rule, const bool *done)
{
	for (size_t i = 0; i < rule->steps_len; i++)
		if (rule->steps[i].op == SL_RULE_OP_RULE &&
		    set->rules[rule->steps[i].index].where == SL_RULE_META && !done[rule->steps[i].index])
			return false;
	return true;
}

/* Round after round takes what is over nothing that is still open: as many rounds as they are nested. */
size_t
rules_order(const struct sl_ruleset *set, uint32_t *order_out, bool *done_out)
{
	size_t len = 0, before;

	memset(done_out, 0, set->len * sizeof(*done_out));
	do {
		before = len;
		for (size_t i = 0; i < set->len; i++)
			if (set->rules[i].where == SL_RULE_META && !done_out[i] &&
			    is_ready(set, &set->rules[i], done_out)) {
				done_out[i] = true;
				order_out[len++] = (uint32_t)i;
			}
	} while (len > before);
	return len;
}

bool
rules_steps_ok(const struct sl_rule_step *steps, size_t len, size_t rules_len)
{
	size_t depth = 0;

	for (size_t i = 0; i < len; i++) {
		switch (steps[i].op) {
		case SL_RULE_OP_RULE:
			if (steps[i].index >= rules_len)
				return false;
			depth++;
			break;
		case SL_RULE_OP_NUMBER:
			depth++;
			break;
		case SL_RULE_OP_NOT: case SL_RULE_OP_NEGATE:
			if (depth < 1)
				return false;
			break;
		case SL_RULE_OP_AND: case SL_RULE_OP_OR: case SL_RULE_OP_ADD: case SL_RULE_OP_SUB:
		case SL_RULE_OP_MUL: case SL_RULE_OP_DIV: case SL_RULE_OP_LT: case SL_RULE_OP_LE:
		case SL_RULE_OP_GT: case SL_RULE_OP_GE: case SL_RULE_OP_EQ: case SL_RULE_OP_NE:
			if (depth < 2)
				return false;
			depth--;
			break;
		default:	/* a number from a file */
			return false;
		}
		if (depth > RULES_STACK_MAX)
			return false;
	}
	return depth == 1;
}
