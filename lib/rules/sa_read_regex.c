/* sa_read_regex.c - what delimits a pattern, as SpamAssassin's compile_regexp takes it */

#include "sa_read_i.h"

static char
delimiter_end(char c)
{
	switch (c) {
	case '{': return '}';
	case '(': return ')';
	case '<': return '>';
	case '[': return ']';
	default: return c;
	}
}

static bool
is_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* After "/", "m" or "qr": the first byte of the pattern; NULL: it has no delimiter. */
static const char *
begin(const char *text, char *end_out)
{
	if (*text == '/') {
		*end_out = '/';
		return text + 1;
	}
	if (*text == 'm')
		text += 1;
	else if (text[0] == 'q' && text[1] == 'r')
		text += 2;
	else
		return NULL;
	if (*text == '\0' || is_word(*text))
		return NULL;
	*end_out = delimiter_end(*text);
	return text + 1;
}

/* Is there a delimiter within that no backslash stands before? */
static bool
has_bare(const char *text, size_t len, char c)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len && (text[i + 1] == '\\' || text[i + 1] == c))
			i++;
		else if (text[i] == c)
			return true;
	}
	return false;
}

char *
sa_regex_strip(struct sl_sa_reader *reader, const char *text, const char **why_out)
{
	char end;
	const char *start = begin(text, &end);
	size_t len, mods;

	*why_out = NULL;
	if (start == NULL || end == '\\') {
		*why_out = "not delimited like /.../ or m{...}";
		return NULL;
	}
	len = strlen(start);
	for (mods = len; mods > 0 && start[mods - 1] >= 'a' && start[mods - 1] <= 'z' && start[mods - 1] != 'e';)
		mods--;
	if (mods == 0 || start[mods - 1] != end) {
		*why_out = "no delimiter at its end, or modifiers that are not known";
		return NULL;
	}
	if (strchr("})]", end) == NULL && has_bare(start, mods - 1, end)) {
		*why_out = "a delimiter within it, without a backslash";
		return NULL;
	}
	if (mods == len)
		return sa_strndup(reader, start, mods - 1);
	return sa_printf(reader, "(?%s)%.*s", start + mods, (int)SL_MIN(mods - 1, (size_t)INT32_MAX), start);
}
