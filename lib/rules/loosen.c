/* loosen.c - see compile_i.h */

#include "rules/compile_i.h"

/* Is the '}' at `at` the end of {n}, {n,} or {n,m}? */
static bool
closes_quantifier(const char *pattern, size_t at)
{
	size_t i = at;

	while (i > 0 && ((pattern[i - 1] >= '0' && pattern[i - 1] <= '9') || pattern[i - 1] == ','))
		i--;
	return i < at && i > 0 && pattern[i - 1] == '{' && pattern[i] != ',';
}

/* Where a class that opens at `at` ends: at its ']', or at the end of the pattern. */
static size_t
class_end(const char *pattern, size_t at)
{
	size_t i = at + 1;

	if (pattern[i] == '^')
		i++;
	if (pattern[i] == ']')
		i++;
	for (; pattern[i] != '\0' && pattern[i] != ']'; i++) {
		if (pattern[i] == '\\' && pattern[i + 1] != '\0') {
			i++;
		} else if (pattern[i] == '[' && pattern[i + 1] == ':') {
			const char *end = strstr(pattern + i + 2, ":]");

			if (end != NULL)
				i = (size_t)(end - pattern) + 1;
		}
	}
	return pattern[i] == '\0' ? i - 1 : i;
}

bool
rules_loosen(const char *pattern, struct sl_buf *out)
{
	bool changed = false, repeats = false;	/* repeats: what is before is a quantifier */

	if (strstr(pattern, "\\Q") != NULL || strstr(pattern, "(?#") != NULL)
		return false;	/* what stands there is text: rare, and not looked into */
	for (size_t i = 0; pattern[i] != '\0'; i++) {
		bool repeated = repeats;
		size_t n = 1;

		repeats = false;
		if (pattern[i] == '\\' && pattern[i + 1] != '\0') {
			n = 2;
		} else if (pattern[i] == '[') {
			n = class_end(pattern, i) - i + 1;
		} else if (strncmp(pattern + i, "(?>", 3) == 0) {
			sl_buf_add_str(out, "(?:");
			changed = true;
			i += 2;
			continue;
		} else if (pattern[i] == '(' && pattern[i + 1] == '?') {
			n = 2;
		} else if (pattern[i] == '+' && repeated) {
			changed = true;
			continue;
		} else if (strchr("+*?", pattern[i]) != NULL ||
		    (pattern[i] == '}' && closes_quantifier(pattern, i))) {
			repeats = !repeated || pattern[i] == '}';
		}
		sl_buf_add(out, pattern + i, n);
		i += n - 1;
	}
	return changed;
}
