/* yaml_i.h - inside the reader of our own rule files */
#ifndef SL_RULES_YAML_I_H
#define SL_RULES_YAML_I_H

#include "rules/yaml.h"

/* The YAML tree and its problems are those of the settings: the same files for the same people. */
#include "conf/conf_i.h"

struct steps {
	struct sl_rule_step	 list[SL_RULES_STEPS_MAX];
	size_t			 len;
	bool			 full;
};

void	steps_add(struct steps *steps, enum sl_rule_op op, double number, size_t index);
/* An expression as it is written: names, numbers, ! && || + - * / < <= > >= == != ( ). Adds to `steps`.
 * Returns NULL, or what is wrong, as the end of a sentence; *at_out: where, in bytes. */
const char *steps_parse(const struct sl_ruleset *set, struct sl_slice text, struct steps *steps,
	    struct sl_buf *what, size_t *at_out);

#endif
