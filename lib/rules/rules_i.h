/*
 * rules_i.h - what a snapshot of rules holds: shared by the compiler and the runtime
 *
 * Bytes as ipc/ipc.h packs them: RULES_MAGIC, u32 version, u32 signed, Vectorscan's version, then u32
 * counts and, that often, rules, the order of expressions, groups (see compile.c, open.c, in the same
 * order); at the end, if signed, an Ed25519 signature of all before it. Texts have a NUL of their own.
 */
#ifndef SL_RULES_I_H
#define SL_RULES_I_H

#include "rules/ruleset.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define RULES_MAGIC		"SLRULES\n"
#define RULES_MAGIC_LEN		8
#define RULES_VERSION		1
#define RULES_SIGNATURE_BYTES	64
#define RULES_MAX		100000	/* rules of a snapshot */
#define RULES_STACK_MAX		256	/* numbers that an expression may keep at once */

/* How a pattern is matched. */
enum rules_method {
	RULES_NONE,		/* there is no pattern */
	RULES_EXACT,		/* Vectorscan's word is the answer */
	RULES_CONFIRMED,	/* PCRE2 looks where Vectorscan sees that it could */
	RULES_ALWAYS,		/* PCRE2 looks at every unit */
	RULES_METHOD_COUNT,
};

/* The pattern of a rule as PCRE2 sees it; compiled the same way by both. NULL: *error_out, *at_out say why. */
static inline pcre2_code *
rules_pattern(const char *pattern, unsigned flags, int *error_out, size_t *at_out)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	uint32_t options = PCRE2_NEVER_BACKSLASH_C;
	pcre2_code *code;
	PCRE2_SIZE at = 0;

	SL_ASSERT(context != NULL);
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	options |= (flags & SL_RULE_CASELESS) != 0 ? PCRE2_CASELESS : 0;
	options |= (flags & SL_RULE_MULTILINE) != 0 ? PCRE2_MULTILINE : 0;
	options |= (flags & SL_RULE_DOTALL) != 0 ? PCRE2_DOTALL : 0;
	options |= (flags & SL_RULE_EXTENDED) != 0 ? PCRE2_EXTENDED : 0;
	options |= (flags & SL_RULE_UTF) != 0 ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0;
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, error_out, &at, context);
	pcre2_compile_context_free(context);
	*at_out = at;
	return code;
}

#endif
