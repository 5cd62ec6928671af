/* sa_read_perl.c - Perl's regular expressions to PCRE2's, for patterns that meet bytes
 *
 * They are nearly the same. What differs, with patterns compiled as qr/.../aa and UTF off: letters of
 * Latin-1 fold (\xE9 matches \xC9 under /i), flags that PCRE2 lacks or that Perl refuses, counts like {,3},
 * code points beyond a byte (they match none), escapes that Perl warns of, which SpamAssassin takes
 * as an error, and code, which it refuses. */

#define PCRE2_CODE_UNIT_WIDTH 8
#include "sa_read_i.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define GROUPS_MAX	200

struct mode {
	bool	caseless, extended;
};

struct translate {
	const char	*s;		/* what is left */
	const char	*start;
	struct sl_buf	*out;
	struct mode	 mode;
	struct mode	 outer[GROUPS_MAX];
	size_t		 depth;
	bool		 quantifiable;	/* something stands before that a count may follow */
	bool		 wants_capture;
	const char	*why;
};

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
refuse(struct translate *t, const char *why)
{
	if (t->why == NULL)
		t->why = why;
	return false;
}

/* The other case of a letter of Latin-1 beyond ASCII; 0: it has none there. */
static unsigned
other_case(unsigned c)
{
	if (c >= 0xc0 && c <= 0xde && c != 0xd7)
		return c + 0x20;
	if (c >= 0xe0 && c <= 0xfe && c != 0xf7)
		return c - 0x20;
	return 0;
}

static void
put(struct translate *t, const char *text, size_t len)
{
	sl_buf_add(t->out, text, len);
}

/* Pass on what was read: from `from` to where we are. */
static bool
pass(struct translate *t, const char *from)
{
	put(t, from, (size_t)(t->s - from));
	t->quantifiable = true;
	return true;
}

/* Code point c as an item of its own. */
static bool
code_put(struct translate *t, unsigned long c)
{
	if (c > 0xff)
		sl_buf_add_str(t->out, "(?:(?!))");
	else if (t->mode.caseless && other_case((unsigned)c) != 0)
		sl_buf_addf(t->out, "[\\x%02X\\x%02X]", (unsigned)c, other_case((unsigned)c));
	else
		sl_buf_addf(t->out, "\\x%02X", (unsigned)c);
	t->quantifiable = true;
	return true;
}

/* After "\x", "\o" or "\N": reads the number; SIZE_MAX when it is none. */
static unsigned long
code_read(struct translate *t, char kind)
{
	char digits[16];
	size_t len;

	if (*t->s == '{') {
		const char *end = strchr(t->s, '}');
		const char *from = t->s + 1;
		char *stop;
		unsigned long c;

		if (end == NULL)
			return refuse(t, "an escape without its }"), SIZE_MAX;
		if (kind == 'N') {
			if (strncmp(from, "U+", 2) != 0)
				return refuse(t, "a character by its name"), SIZE_MAX;
			from += 2;
		}
		from += strspn(from, " ");
		len = strspn(from, kind == 'o' ? "01234567" : "0123456789abcdefABCDEF_");
		if (len >= sizeof(digits) || from[len + strspn(from + len, " ")] != '}')
			return refuse(t, "an escape that is none"), SIZE_MAX;
		memcpy(digits, from, len);
		digits[len] = '\0';
		c = strtoul(digits, &stop, kind == 'o' ? 8 : 16);
		if (*stop != '\0')
			return refuse(t, "an escape that is none"), SIZE_MAX;
		t->s = end + 1;
		return c;
	}
	if (kind != 'x')
		return refuse(t, "an escape that is none"), SIZE_MAX;
	len = SL_MIN(strspn(t->s, "0123456789abcdefABCDEF"), (size_t)2);
	memcpy(digits, t->s, len);
	digits[len] = '\0';
	t->s += len;
	return strtoul(digits, NULL, 16);
}

/* Escapes that stand for one byte and may be the end of a range. Moves past it. False: it is another. */
static bool
escaped_byte(struct translate *t, unsigned long *c_out)
{
	static const char letters[] = "aefnrt";
	static const unsigned char bytes[] = { 7, 27, 12, 10, 13, 9 };
	const char *from = t->s;
	char c = t->s[1];
	const char *letter = c == '\0' ? NULL : strchr(letters, c);

	if (c == 'x' || c == 'o' || (c == 'N' && t->s[2] == '{' && t->s[3] == 'U')) {
		t->s += 2;
		*c_out = code_read(t, c);
	} else if (letter != NULL) {
		t->s += 2;
		*c_out = bytes[letter - letters];
	} else if (c == 'c' && t->s[2] >= '@' && t->s[2] < 0x7f) {
		*c_out = (unsigned)sl_ascii_lower((unsigned char)t->s[2]);
		*c_out = (*c_out >= 'a' && *c_out <= 'z' ? *c_out - 0x20 : *c_out) ^ 0x40;
		t->s += 3;
	} else if (c != '\0' && !is_alpha(c) && !is_digit(c)) {
		*c_out = (unsigned char)c;
		t->s += 2;
	}
	return t->s != from;
}

/* A property: "\pL", "\p{Name}". */
static bool
property(struct translate *t, const char *from)
{
	t->s += 2;
	if (*t->s == '{') {
		const char *end = strchr(t->s, '}');

		if (end == NULL)
			return refuse(t, "an escape without its }");
		t->s = end + 1;
	} else if (*t->s != '\0') {
		t->s++;
	}
	return pass(t, from);
}

/* "\k<name>", "\g{-1}", "\g1". */
static bool
back_reference(struct translate *t, const char *from)
{
	static const char ends[] = "<>{}''";
	const char *end;

	t->s += 2;
	end = *t->s == '\0' ? NULL : strchr(ends, *t->s);
	if (end != NULL) {
		end = strchr(t->s + 1, end[1]);
		if (end == NULL)
			return refuse(t, "a reference without its end");
		t->s = end + 1;
	} else {
		t->s += strspn(t->s, "-0123456789");
	}
	return pass(t, from);
}

static bool
escape(struct translate *t)
{
	const char *from = t->s;
	char c = t->s[1];
	unsigned long code = 0;

	if (c == '\0')
		return refuse(t, "a backslash at its end");
	if (is_digit(c)) {	/* octal, or a reference: PCRE2 tells them apart as Perl does */
		t->s += 2;
		while (is_digit(*t->s) && t->s - from < 4)
			t->s++;
		return pass(t, from);
	}
	if (escaped_byte(t, &code)) {
		if (t->why != NULL)
			return false;
		if (is_alpha(c) || code >= 0x80)
			return code_put(t, code);
		return pass(t, from);
	}
	if (c == 'p' || c == 'P')
		return property(t, from);
	if (c == 'k' || c == 'g')
		return back_reference(t, from);
	if (strchr("dDwWsShHvVRXKNbBAZzG", c) == NULL)
		return refuse(t, "an escape that Perl does not know");
	t->s += 2;
	if (*t->s == '{' && (c == 'b' || c == 'B' || (c == 'N' && !is_digit(t->s[1]) && t->s[1] != ',')))
		return refuse(t, c == 'N' ? "a character by its name" : "a boundary of a kind that PCRE2 lacks");
	return pass(t, from);
}

/* One element of a class, or the end of a range; false: it is a set like \d. */
static bool
class_byte(struct translate *t, unsigned long *c_out)
{
	if (*t->s != '\\') {
		*c_out = (unsigned char)*t->s++;
		return true;
	}
	if (t->s[1] == 'b') {
		*c_out = 8;
		t->s += 2;
		return true;
	}
	if (t->s[1] >= '0' && t->s[1] <= '7') {
		*c_out = 0;
		t->s++;
		for (int i = 0; i < 3 && *t->s >= '0' && *t->s <= '7'; i++)
			*c_out = *c_out * 8 + (unsigned)(*t->s++ - '0');
		return true;
	}
	return escaped_byte(t, c_out);
}

static void
class_put(struct translate *t, unsigned long first, unsigned long last, bool *empty)
{
	if (first > 0xff)
		return;
	last = SL_MIN(last, 0xfful);
	*empty = false;
	sl_buf_addf(t->out, "\\x%02X", (unsigned)first);
	if (last > first)
		sl_buf_addf(t->out, "-\\x%02X", (unsigned)last);
	if (!t->mode.caseless)
		return;
	for (unsigned long c = SL_MAX(first, 0xc0ul); c <= last; c++) {
		unsigned other = other_case((unsigned)c);

		if (other != 0 && (other < first || other > last))
			sl_buf_addf(t->out, "\\x%02X", other);
	}
}

/* "\d", "[:alpha:]" and the like; false: it is none. */
static bool
class_set(struct translate *t, bool *empty)
{
	const char *from = t->s;

	if (*t->s == '[' && t->s[1] == ':') {
		const char *end = strstr(t->s + 2, ":]");

		if (end == NULL)
			return false;
		for (const char *p = t->s + 2; p < end; p++)
			if (!is_alpha(*p) && *p != '^')
				return false;
		t->s = end + 2;
	} else if (*t->s == '\\' && (t->s[1] == 'p' || t->s[1] == 'P')) {
		if (!property(t, from))
			return true;
		*empty = false;
		return true;
	} else if (*t->s == '\\' && t->s[1] != '\0' && strchr("dDwWsShHvV", t->s[1]) != NULL) {
		t->s += 2;
	} else {
		return false;
	}
	put(t, from, (size_t)(t->s - from));
	*empty = false;
	return true;
}

static bool
class_item(struct translate *t, bool *empty)
{
	unsigned long first = 0, last;

	if (class_set(t, empty)) {
		if (*t->s == '-' && t->s[1] != ']')
			return refuse(t, "a range that begins with a set");
		return t->why == NULL;
	}
	if (!class_byte(t, &first))
		return refuse(t, "an escape that Perl does not know");
	last = first;
	if (t->s[0] == '-' && t->s[1] != ']' && t->s[1] != '\0') {
		t->s++;
		if (t->s[0] == '[' && t->s[1] == ':')
			return refuse(t, "a range that ends with a set");
		if (!class_byte(t, &last))
			return refuse(t, "a range that ends with a set");
		if (last < first)
			return refuse(t, "a range that goes down");
	}
	class_put(t, first, last, empty);
	return t->why == NULL;
}

/* "[...]"; its bytes come out as \xHH, those beyond a byte not at all. */
static bool
class(struct translate *t)
{
	size_t start = t->out->len;
	bool negated = t->s[1] == '^';
	bool empty = true;

	t->s += negated ? 2 : 1;
	sl_buf_add_str(t->out, negated ? "[^" : "[");
	do {	/* a ] that comes first is one of the class */
		if (*t->s == '\0')
			return refuse(t, "a [ without its ]");
		if (!class_item(t, &empty))
			return false;
	} while (*t->s != ']');
	t->s++;
	if (empty) {
		t->out->len = SL_MIN(start, t->out->len);
		sl_buf_add_str(t->out, negated ? "(?s:.)" : "(?:(?!))");
	} else {
		sl_buf_add_str(t->out, "]");
	}
	t->quantifiable = true;
	return true;
}

/* Flags after "(?": reads them up to ) or :, writes those that PCRE2 has. */
static bool
flags(struct translate *t, const char *from)
{
	struct mode mode = t->mode;
	char kept[32];
	size_t len = 0;
	bool on = true;

	for (; *t->s != ')' && *t->s != ':'; t->s++) {
		if (len + 1 >= sizeof(kept))
			return refuse(t, "too many flags");
		switch (*t->s) {
		case '^':
			if (t->s != from)
				return refuse(t, "flags that Perl does not know");
			mode = (struct mode){ 0 };
			kept[len++] = '^';
			break;
		case '-':
			if (!on)
				return refuse(t, "flags that Perl does not know");
			on = false;
			kept[len++] = '-';
			break;
		case 'i': case 'm': case 's': case 'x': case 'n':
			if (*t->s == 'i')
				mode.caseless = on;
			if (*t->s == 'x')
				mode.extended = on;
			kept[len++] = *t->s;
			break;
		case 'a': case 'd': case 'p':	/* what holds anyway */
			break;
		case 'u': case 'l':
			return refuse(t, "other character sets than ASCII (flag u or l)");
		default:
			return refuse(t, "flags that Perl does not know");
		}
	}
	kept[len] = '\0';
	if (*t->s == ':') {
		if (t->depth == GROUPS_MAX)
			return refuse(t, "groups that are nested too deep");
		t->outer[t->depth++] = t->mode;
		sl_buf_addf(t->out, "(?%s:", kept);
	} else if (len > 0) {
		sl_buf_addf(t->out, "(?%s)", kept);
	}
	t->mode = mode;
	t->s++;
	t->quantifiable = false;
	return true;
}

static bool
group_open(struct translate *t, const char *from)
{
	if (t->depth == GROUPS_MAX)
		return refuse(t, "groups that are nested too deep");
	t->outer[t->depth++] = t->mode;
	put(t, from, (size_t)(t->s - from));
	t->quantifiable = false;
	return true;
}

/* A verb, or an assertion by its name. */
static bool
verb(struct translate *t, const char *from)
{
	static const char *const known[] = { "ACCEPT", "COMMIT", "F", "FAIL", "PRUNE", "SKIP", "THEN" };
	const char *end = strchr(t->s, ')');

	t->s += 2;
	for (size_t i = 0; end != NULL && i < SL_COUNT(known); i++)
		if ((size_t)(end - t->s) == strlen(known[i]) && strncmp(t->s, known[i], strlen(known[i])) == 0) {
			t->s = end + 1;
			return pass(t, from);
		}
	return refuse(t, "a verb (*...) that is not done");
}

static bool
group(struct translate *t)
{
	const char *from = t->s;
	const char *end;

	if (t->s[1] == '*')
		return verb(t, from);
	if (t->s[1] != '?') {
		t->s++;
		return group_open(t, from);
	}
	t->s += 2;
	switch (*t->s) {
	case '#':
		end = strchr(t->s, ')');
		if (end == NULL)
			return refuse(t, "a comment without its )");
		t->s = end + 1;
		return true;
	case '{': case '?':
		return refuse(t, "code within the pattern");
	case ':': case '=': case '!': case '>': case '|':
		t->s++;
		return group_open(t, from);
	case '<':
		if (t->s[1] == '=' || t->s[1] == '!') {
			t->s += 2;
			return group_open(t, from);
		}
		/* FALLTHROUGH */
	case '\'': case '(': case 'P': case '&': case 'R': case '+':
	case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		/* A name, a condition, a recursion: up to what closes it all is the same. */
		t->s += *t->s == '(' ? 0 : 1;
		return group_open(t, from);
	default:
		if (*t->s == '-' && is_digit(t->s[1])) {
			t->s++;
			return group_open(t, from);
		}
		return flags(t, t->s);
	}
}

/* "{n}", "{n,}", "{,m}", "{n,m}", with blanks: its length, or 0 if it is no count. */
static size_t
count_read(const char *s, char *out, size_t size)
{
	const char *p = s + 1 + strspn(s + 1, " \t");
	size_t n = strspn(p, "0123456789"), m = 0;
	const char *first = p, *second;
	bool comma;

	p += n;
	p += strspn(p, " \t");
	comma = *p == ',';
	if (comma)
		p += 1 + strspn(p + 1, " \t");
	second = p;
	if (comma) {
		m = strspn(p, "0123456789");
		p += m;
		p += strspn(p, " \t");
	}
	if (*p != '}' || (n == 0 && m == 0) || n > 5 || m > 5)
		return 0;
	snprintf(out, size, "{%.*s%s%.*s}", n == 0 ? 1 : (int)n, n == 0 ? "0" : first, comma ? "," : "",
	    (int)m, second);
	return (size_t)(p + 1 - s);
}

static bool
brace(struct translate *t)
{
	char count[32];
	size_t len = count_read(t->s, count, sizeof(count));

	if (len > 0 && t->quantifiable) {
		sl_buf_add_str(t->out, count);
		t->s += len;
		return true;
	}
	if (t->quantifiable)
		return refuse(t, "a { that is no count, without a backslash");
	sl_buf_add_str(t->out, "\\{");
	t->s++;
	t->quantifiable = true;
	return true;
}

static bool
item(struct translate *t)
{
	const char *from = t->s;
	char c = *t->s;

	switch (c) {
	case '\\':
		if (t->s > t->start && t->s[-1] == '%' && t->s[1] == '{' && t->s[2] >= 'A' && t->s[2] <= 'Z' &&
		    strchr(t->s, '}') != NULL)
			t->wants_capture = true;
		return escape(t);
	case '[':
		return class(t);
	case '(':
		return group(t);
	case ')':
		if (t->depth == 0)
			return refuse(t, "a ) without its (");
		t->mode = t->outer[--t->depth];
		t->s++;
		return pass(t, from);
	case '{':
		return brace(t);
	case '|':
		t->s++;
		pass(t, from);
		t->quantifiable = false;
		return true;
	default:
		break;
	}
	t->s++;
	if (t->mode.extended && (c == ' ' || c == '\t'))
		return true;
	if (t->mode.extended && c == '#') {
		t->s += strlen(t->s);	/* a pattern is one line */
		return true;
	}
	if ((unsigned char)c >= 0x80)
		return code_put(t, (unsigned char)c);
	pass(t, from);
	if (c == '^')
		t->quantifiable = false;
	return true;
}

/* "(?i)" and the like before everything are the rule's flags. */
static const char *
leading_flags(struct translate *t, const char *perl, unsigned *flags_out)
{
	*flags_out = 0;
	while (perl[0] == '(' && perl[1] == '?') {
		size_t len = strspn(perl + 2, "imsxa");
		unsigned found = 0;

		if (len == 0 || perl[2 + len] != ')' || memmem(perl + 2, len, "xx", 2) != NULL)
			break;
		for (size_t i = 0; i < len; i++)
			found |= perl[2 + i] == 'i' ? SL_RULE_CASELESS : perl[2 + i] == 'm' ? SL_RULE_MULTILINE
			    : perl[2 + i] == 's' ? SL_RULE_DOTALL : perl[2 + i] == 'x' ? SL_RULE_EXTENDED : 0u;
		*flags_out |= found;
		perl += 2 + len + 1;
	}
	t->mode.caseless = (*flags_out & SL_RULE_CASELESS) != 0;
	t->mode.extended = (*flags_out & SL_RULE_EXTENDED) != 0;
	return perl;
}

bool
sa_perl_translate(const char *perl, struct sa_pcre *out)
{
	struct translate t = { .out = &out->text };

	out->why[0] = '\0';
	t.s = leading_flags(&t, perl, &out->flags);
	t.start = t.s;
	while (*t.s != '\0' && t.why == NULL && !out->text.overflow)
		item(&t);
	if (t.why == NULL && t.depth > 0)
		t.why = "a ( without its )";
	if (t.why == NULL && out->text.overflow)
		t.why = "too long";
	out->wants_capture = t.wants_capture;
	if (t.why != NULL)
		snprintf(out->why, sizeof(out->why), "%s, at byte %zu", t.why, (size_t)(t.s - t.start));
	return t.why == NULL;
}

static pcre2_code *
compile(struct sa_pcre *pcre, int *error_out)
{
	uint32_t options = PCRE2_NEVER_UTF;
	pcre2_code *code;
	PCRE2_SIZE at;

	options |= (pcre->flags & SL_RULE_CASELESS) != 0 ? PCRE2_CASELESS : 0;
	options |= (pcre->flags & SL_RULE_MULTILINE) != 0 ? PCRE2_MULTILINE : 0;
	options |= (pcre->flags & SL_RULE_DOTALL) != 0 ? PCRE2_DOTALL : 0;
	options |= (pcre->flags & SL_RULE_EXTENDED) != 0 ? PCRE2_EXTENDED : 0;
	code = pcre2_compile((PCRE2_SPTR)sl_buf_cstr(&pcre->text), pcre->text.len, options, error_out, &at, NULL);
	if (code == NULL) {
		char text[120];

		pcre2_get_error_message(*error_out, (PCRE2_UCHAR *)text, sizeof(text));
		snprintf(pcre->why, sizeof(pcre->why), "%s, at byte %zu", text, (size_t)at);
	}
	return code;
}

bool
sa_pcre_check(struct sa_pcre *pcre, bool *matches_empty_out)
{
	pcre2_match_data *match;
	pcre2_match_context *limits;
	pcre2_code *code;
	int error;

	code = compile(pcre, &error);
	if (code == NULL && error == PCRE2_ERROR_PATTERN_TOO_LARGE) {
		struct sl_buf shorter;

		sl_buf_init(&shorter, SL_SA_PATTERN_MAX);
		if (sa_pattern_factor(&pcre->text, &shorter)) {
			sl_buf_reset(&pcre->text);
			sl_buf_add(&pcre->text, shorter.data, shorter.len);
			code = compile(pcre, &error);
		}
		sl_buf_fini(&shorter);
	}
	if (code == NULL)
		return false;
	limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(limits, 10000);
	match = pcre2_match_data_create_from_pattern(code, NULL);
	SL_ASSERT(match != NULL && limits != NULL);
	*matches_empty_out = pcre2_match(code, (PCRE2_SPTR)"", 0, 0, 0, match, limits) >= 0;
	pcre2_match_data_free(match);
	pcre2_match_context_free(limits);
	pcre2_code_free(code);
	return true;
}
