/* words.c - words of which one stands in whatever a pattern matches: see compile_i.h
 *
 * For each piece of a pattern two things are known: all that it matches, if that is a short list; and a list
 * of words of which each match has at least one. Pieces that follow each other multiply their lists, as
 * long as they stay short; what is not understood matches anything. Everything errs on the side of matching
 * more: look-around and anchors match the empty string, quantifiers of any temper are greedy. */

#include "rules/compile_i.h"

#include <stdio.h>

#define WORDS_MAX	160
#define WORD_BYTES	16
#define DEPTH_MAX	40
#define WORK_MAX	200000	/* pieces: subroutines are read where they are called, the first time */
#define NAMES_MAX	128	/* subroutines that are remembered */

struct words {
	unsigned	len;
	unsigned char	length[WORDS_MAX];
	unsigned char	text[WORDS_MAX][WORD_BYTES];
};

struct piece {
	bool		whole;		/* `all` is all that it matches */
	bool		has;		/* each match contains one of `some` */
	double		rate;		/* of `some`: how often one stands at a byte of text, about */
	struct words	all, some;
};

struct reader {
	const char	*at;
	const char	*pattern;
	bool		 caseless, extended;
	bool		 failed;
	unsigned	 depth, work;
	struct piece	*named[NAMES_MAX];	/* by number: the names are ours, f0, f1 ... */
	bool		 busy[NAMES_MAX];
};

/* ---- lists */

static bool
words_add(struct words *words, const unsigned char *text, size_t len)
{
	for (unsigned i = 0; i < words->len; i++)
		if (words->length[i] == len && memcmp(words->text[i], text, len) == 0)
			return true;
	if (words->len == WORDS_MAX || len > WORD_BYTES)
		return false;
	memcpy(words->text[words->len], text, len);
	words->length[words->len++] = (unsigned char)len;
	return true;
}

static bool
words_join(struct words *words, const struct words *more)
{
	for (unsigned i = 0; i < more->len; i++)
		if (!words_add(words, more->text[i], more->length[i]))
			return false;
	return true;
}

/* Each of `words` with each of `more` behind it. False: too many or too long; `words` is as it was. */
static bool
words_times(struct words *words, const struct words *more)
{
	struct words out = { 0 };
	unsigned char both[2 * WORD_BYTES];

	if (words->len * more->len > WORDS_MAX)
		return false;
	for (unsigned i = 0; i < words->len; i++)
		for (unsigned k = 0; k < more->len; k++) {
			memcpy(both, words->text[i], words->length[i]);
			memcpy(both + words->length[i], more->text[k], more->length[k]);
			if (!words_add(&out, both, (size_t)words->length[i] + more->length[k]))
				return false;
		}
	*words = out;
	return true;
}

/* How often a byte stands in text, about. */
static double
byte_rate(unsigned char c, bool caseless)
{
	static const double letters[26] = { .065, .012, .022, .033, .1, .018, .016, .05, .057, .001, .006, .033, .02,
		.057, .062, .015, .001, .05, .053, .075, .023, .008, .019, .001, .016, .001 };

	if (c == ' ')
		return .16;
	if (c >= 'a' && c <= 'z')
		return letters[c - 'a'];
	if (c >= 'A' && c <= 'Z')
		return caseless ? letters[c - 'A'] : .004;
	return c == '.' || c == ',' || c == '\n' || c == '-' || c == '/' ? .015 : (c >= '0' && c <= '9') ? .008 : .004;
}

static double
words_rate(const struct words *words, bool caseless)
{
	double sum = 0;

	for (unsigned i = 0; i < words->len; i++) {
		double rate = 1;

		for (unsigned k = 0; k < words->length[i]; k++)
			rate *= byte_rate(words->text[i][k], caseless);
		sum += rate;
	}
	return words->len == 0 ? 1 : sum;
}

/* Take `words` for what stands in each match, if they are rarer than what is taken. */
static void
offer(const struct reader *r, struct piece *piece, const struct words *words)
{
	double rate = words_rate(words, r->caseless);

	if (rate >= 1 || (piece->has && piece->rate <= rate))
		return;
	piece->has = true;
	piece->rate = rate;
	piece->some = *words;
}

static void
piece_nothing(struct piece *piece)	/* the empty string */
{
	piece->whole = true;
	piece->has = false;
	piece->all.len = 1;
	piece->all.length[0] = 0;
}

static void
piece_anything(struct piece *piece)
{
	piece->whole = piece->has = false;
	piece->all.len = 0;
}

static void
piece_byte(const struct reader *r, struct piece *piece, unsigned char c)
{
	piece_nothing(piece);
	piece->all.length[0] = 1;
	piece->all.text[0][0] = r->caseless ? sl_ascii_lower(c) : c;
}

/* ---- classes and escapes */

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \xHH, \x{HH}, behind the x. -1: something else. */
static int
read_hex(struct reader *r)
{
	bool braces = *r->at == '{';
	int value = 0, n = 0;

	r->at += braces;
	for (; n < 2 && hex_value(*r->at) >= 0; n++)
		value = value * 16 + hex_value(*r->at++);
	if (!braces)
		return value;
	if (n == 0 || *r->at != '}')
		return -1;
	r->at++;
	return value;
}

static void
set_range(bool set[256], unsigned first, unsigned last)
{
	for (unsigned c = first; c <= last; c++)
		set[c] = true;
}

/* What stands behind a '\' as a set of bytes. False: it is none (the reader stands behind the letter). */
static bool
escape_set(struct reader *r, bool set[256])
{
	static const char from[] = "ntrfae", to[] = "\n\t\r\f\a\033";
	unsigned char c = (unsigned char)*r->at++;
	const char *known = c == '\0' ? NULL : strchr(from, c);
	int value;

	switch (c) {
	case 'd':
		set_range(set, '0', '9');
		return true;
	case 's':
		set_range(set, '\t', '\r');
		set[' '] = true;
		return true;
	case 'w':
		set_range(set, '0', '9');
		set_range(set, 'A', 'Z');
		set_range(set, 'a', 'z');
		set['_'] = true;
		return true;
	case 'x':
		value = read_hex(r);
		if (value >= 0)
			set[value] = true;
		else
			r->failed = true;
		return value >= 0;
	case '\0':
		r->failed = true;
		r->at--;
		return false;
	default:
		break;
	}
	if (known != NULL)
		set[(unsigned char)to[known - from]] = true;
	else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return false;
	else
		set[c] = true;
	return true;
}

static void
set_piece(const struct reader *r, const bool set[256], struct piece *piece)
{
	piece->whole = true;
	piece->has = false;
	piece->all.len = 0;
	for (unsigned c = 0; c < 256; c++) {
		unsigned char byte = r->caseless ? sl_ascii_lower((unsigned char)c) : (unsigned char)c;

		if (set[c] && !words_add(&piece->all, &byte, 1)) {
			piece_anything(piece);
			return;
		}
	}
	if (piece->all.len == 0)
		piece_anything(piece);
}

/* At the letter of \pL, \p{^Lu}. */
static void
skip_property(struct reader *r)
{
	r->at++;
	if (*r->at == '{')
		r->at += strcspn(r->at, "}");
	r->failed |= *r->at == '\0';
	r->at += *r->at != '\0';
}

/* Behind '[' in a class: of [:alpha:] and its like, behind it. False: an ordinary '['. */
static bool
skip_posix_class(struct reader *r)
{
	char mark = *r->at;

	if (mark != ':' && mark != '.' && mark != '=')
		return false;
	for (const char *p = r->at + 1; *p != '\0' && *p != ']'; p++) {
		if (*p == mark && p[1] == ']') {
			r->at = p + 2;
			return true;
		}
		if (*p == '[' && p[1] == mark)
			return false;
		if (*p == '\\' && (p[1] == ']' || p[1] == '\\'))
			p++;
	}
	return false;
}

/* Behind '['. */
static void
read_class(struct reader *r, struct piece *piece)
{
	bool set[256] = { false }, known = *r->at != '^', first = true;

	r->at += !known;
	for (; *r->at != '\0' && (*r->at != ']' || first); first = false) {
		unsigned char c = (unsigned char)*r->at++;

		if (c == '[' && skip_posix_class(r)) {
			known = false;
			continue;
		}
		if (c == '\\') {
			bool one[256] = { false };
			unsigned count = 0;

			if (*r->at == 'Q' || *r->at == 'E' || *r->at == 'c' || *r->at == 'o' || *r->at == 'N')
				r->failed = true;
			if (*r->at == 'p' || *r->at == 'P') {	/* what has a property is not known here */
				skip_property(r);
				known = false;
				continue;
			}
			if (!escape_set(r, one))
				known = false;
			for (unsigned i = 0; i < 256; i++) {
				set[i] |= one[i];
				count += one[i];
				c = one[i] ? (unsigned char)i : c;
			}
			if (count != 1)
				continue;
		}
		set[c] = true;
		if (*r->at == '-' && r->at[1] != ']' && r->at[1] != '\0') {
			bool last[256] = { false };
			unsigned end = (unsigned char)r->at[1];

			r->at += 2;
			if (end == '[')
				known = false;
			if (end == '\\') {
				unsigned count = 0;

				if (!escape_set(r, last))
					known = false;
				for (unsigned i = 0; i < 256; i++) {
					end = last[i] ? i : end;
					count += last[i];
				}
				known = known && count == 1;
			}
			set_range(set, c, end);
		}
	}
	r->failed |= *r->at != ']';
	r->at += *r->at == ']';
	if (known)
		set_piece(r, set, piece);
	else
		piece_anything(piece);
}

static void
read_escape(struct reader *r, struct piece *piece)
{
	bool set[256] = { false };
	char c = *r->at;

	if (c != '\0' && strchr("bBAzZGK", c) != NULL) {
		r->at++;
		piece_nothing(piece);
	} else if (c >= '0' && c <= '9') {	/* a reference, or an octal number */
		while (*r->at >= '0' && *r->at <= '9')
			r->at++;
		piece_anything(piece);
	} else if (c != '\0' && strchr("pP", c) != NULL) {
		skip_property(r);
		piece_anything(piece);
	} else if (c != '\0' && strchr("NRXDSWhHvV", c) != NULL) {
		r->failed |= c == 'N' && r->at[1] == '{';
		r->at++;
		piece_anything(piece);
	} else if (escape_set(r, set)) {
		set_piece(r, set, piece);
	} else {
		r->failed = true;
		piece_anything(piece);
	}
}

/* ---- groups */

static void	read_alternatives(struct reader *r, struct piece *piece);

/* (?&fN), behind the f: what (?<fN>...) has. */
static void
read_call(struct reader *r, struct piece *piece)
{
	char name[16];
	unsigned n = 0;
	const char *start, *back;

	while (*r->at >= '0' && *r->at <= '9' && n < NAMES_MAX)
		n = n * 10 + (unsigned)(*r->at++ - '0');
	snprintf(name, sizeof(name), "(?<f%u>", n);
	start = strstr(r->pattern, name);
	if (n >= NAMES_MAX || *r->at != ')' || start == NULL || r->busy[n]) {
		r->failed = true;
		return;
	}
	back = r->at + 1;
	if (r->named[n] == NULL) {
		struct piece *made = sl_xzalloc(sizeof(*made));

		r->busy[n] = true;
		r->at = start + strlen(name);
		read_alternatives(r, made);
		r->failed |= *r->at != ')';
		r->busy[n] = false;
		r->named[n] = made;
	}
	*piece = *r->named[n];
	r->at = back;
}

/* Where the group that `r` stands in ends; behind it. */
static void
skip_group(struct reader *r)
{
	struct piece *ignored = sl_xzalloc(sizeof(*ignored));

	read_alternatives(r, ignored);
	r->failed |= *r->at != ')';
	sl_free(ignored);
}

/* Behind "(?": letters that set options, up to ':' or ')'. */
static bool
read_options(struct reader *r)
{
	size_t n = strspn(r->at, "imsn-^");

	if (r->at[n] != ':' && r->at[n] != ')')
		return false;
	/* From here on or for a group only: for all that is more, unless it is taken away, which changes nothing. */
	if (memchr(r->at, 'i', n) != NULL && !r->caseless)
		return false;	/* the caller tries again without case */
	r->at += n;
	return true;
}

/* Does the text at the reader begin with one of these? Then the reader stands behind it. */
static bool
skip_one_of(struct reader *r, const char *const *texts)
{
	for (; *texts != NULL; texts++)
		if (strncmp(r->at, *texts, strlen(*texts)) == 0) {
			r->at += strlen(*texts);
			return true;
		}
	return false;
}

/* Behind '(': what stands in front of the alternatives. False: the reader has failed, or the group ends already. */
static bool
read_opening(struct reader *r)
{
	static const char *const plain[] = { "?>", "?|", NULL };

	if (*r->at != '?' || skip_one_of(r, plain))
		return true;
	if (r->at[1] == '<' || r->at[1] == 'P' || r->at[1] == '\'') {	/* a name */
		const char *end = r->at[2] == '\0' ? NULL : strpbrk(r->at + 3, ">')");

		r->failed |= end == NULL || *end == ')' || r->at[2] == '=' || r->at[2] == '>';
		if (!r->failed)
			r->at = end + 1;
		return !r->failed;
	}
	r->at++;
	r->failed |= !read_options(r);
	if (r->failed)
		return false;
	return *r->at++ == ':';
}

/* Behind '('. */
static void
read_group(struct reader *r, struct piece *piece)
{
	static const char *const call[] = { "?&f", NULL };
	static const char *const around[] = { "?=", "?!", "?<=", "?<!", "?(DEFINE)", NULL };

	r->failed |= *r->at == '*';
	if (skip_one_of(r, call)) {
		read_call(r, piece);
	} else if (skip_one_of(r, around)) {
		skip_group(r);
		r->at += *r->at == ')';
		piece_nothing(piece);
	} else if (!read_opening(r)) {
		piece_nothing(piece);
	} else {
		read_alternatives(r, piece);
		r->failed |= *r->at != ')';
		r->at += *r->at == ')';
	}
}

/* ---- sequences */

static unsigned
read_number(struct reader *r, unsigned otherwise)
{
	unsigned n = 0;

	if (*r->at < '0' || *r->at > '9')
		return otherwise;
	for (; *r->at >= '0' && *r->at <= '9'; r->at++)
		n = SL_MIN(n * 10 + (unsigned)(*r->at - '0'), 100000u);
	return n;
}

/* A quantifier, if one stands here. False: none. */
static bool
read_quantifier(struct reader *r, unsigned *min_out, unsigned *max_out)
{
	const char *start = r->at;

	*min_out = *r->at == '+';
	*max_out = *r->at == '?' ? 1 : UINT32_MAX;
	if (*r->at == '*' || *r->at == '+' || *r->at == '?') {
		r->at++;
	} else if (*r->at == '{' && r->at[1] >= '0' && r->at[1] <= '9') {
		r->at++;
		*min_out = *max_out = read_number(r, 0);
		if (*r->at == ',') {
			r->at++;
			*max_out = read_number(r, UINT32_MAX);
		}
		if (*r->at != '}') {	/* text */
			r->at = start;
			return false;
		}
		r->at++;
	} else {
		return false;
	}
	if (*r->at == '+' || *r->at == '?')
		r->at++;
	return true;
}

static void
repeat(const struct reader *r, struct piece *piece, unsigned min, unsigned max)
{
	struct words once = piece->all, sum = { 0 };
	bool whole = piece->whole && max <= 4;

	if (piece->whole && min > 0)
		offer(r, piece, &piece->all);
	if (min == 0)
		piece->has = false;
	if (whole) {
		struct words power = { .len = 1 };

		for (unsigned n = 0; n <= max && whole; n++) {
			if (n >= min)
				whole = words_join(&sum, &power);
			if (n < max && whole)
				whole = words_times(&power, &once);
		}
	}
	if (whole)
		piece->all = sum;
	piece->whole = whole;
}

static void
read_one(struct reader *r, struct piece *piece)
{
	unsigned char c = (unsigned char)*r->at++;

	if (c == '(') {
		read_group(r, piece);
	} else if (c == '[') {
		read_class(r, piece);
	} else if (c == '\\') {
		read_escape(r, piece);
	} else if (c == '.') {
		piece_anything(piece);
	} else if (c == '^' || c == '$') {
		piece_nothing(piece);
	} else {
		piece_byte(r, piece, c);
	}
}

static void
skip_extended(struct reader *r)
{
	while (r->extended && *r->at != '\0') {
		if (*r->at == '#')
			r->at += strcspn(r->at, "\n");
		else if (*r->at == ' ' || (*r->at >= '\t' && *r->at <= '\r') || *r->at == '\x85')	/* NEL counts, too */
			r->at++;
		else
			return;
	}
}

static void
read_sequence(struct reader *r, struct piece *piece)
{
	struct piece *one = sl_xzalloc(sizeof(*one));
	struct words run = { .len = 1 };	/* what the pieces just before match together */
	bool whole = true;
	unsigned min, max;

	piece->has = false;
	for (skip_extended(r); *r->at != '\0' && *r->at != '|' && *r->at != ')' && !r->failed; skip_extended(r)) {
		r->failed |= ++r->work > WORK_MAX || strncmp(r->at, "(?#", 3) == 0;
		read_one(r, one);
		skip_extended(r);
		while (!r->failed && read_quantifier(r, &min, &max)) {
			repeat(r, one, min, max);
			skip_extended(r);
		}
		if (one->has && (!piece->has || one->rate < piece->rate)) {
			piece->has = true;
			piece->rate = one->rate;
			piece->some = one->some;
		}
		if (one->whole && words_times(&run, &one->all))
			continue;
		whole = false;
		offer(r, piece, &run);
		if (one->whole)
			run = one->all;
		else
			run = (struct words){ .len = 1 };
	}
	offer(r, piece, &run);
	piece->whole = whole;
	piece->all = run;
	sl_free(one);
}

static void
read_alternatives(struct reader *r, struct piece *piece)
{
	struct piece *one = sl_xzalloc(sizeof(*one));

	r->failed |= ++r->depth > DEPTH_MAX;
	read_sequence(r, piece);
	while (*r->at == '|' && !r->failed) {
		r->at++;
		read_sequence(r, one);
		piece->whole = piece->whole && one->whole && words_join(&piece->all, &one->all);
		piece->has = piece->has && one->has && words_join(&piece->some, &one->some);
		piece->rate = piece->has ? words_rate(&piece->some, r->caseless) : 1;
	}
	r->depth--;
	sl_free(one);
}

static void
words_write(const struct words *words, struct sl_buf *out)
{
	for (unsigned i = 0; i < words->len; i++) {
		for (unsigned k = 0; k < words->length[i]; k++)
			sl_buf_addf(out, "\\x%02x", words->text[i][k]);
		sl_buf_add(out, "", 1);
	}
}

bool
rules_words(const char *pattern, unsigned flags, double rate_max, struct sl_buf *out, bool *caseless_out)
{
	struct piece *piece = sl_xzalloc(sizeof(*piece));
	bool found = false;

	*caseless_out = (flags & SL_RULE_CASELESS) != 0;
	for (int round = 0; round < 2 && (flags & SL_RULE_UTF) == 0; round++) {
		struct reader r = { .at = pattern, .pattern = pattern, .caseless = *caseless_out,
			.extended = (flags & SL_RULE_EXTENDED) != 0 };

		read_alternatives(&r, piece);
		for (size_t i = 0; i < NAMES_MAX; i++)
			sl_free(r.named[i]);
		found = !r.failed && *r.at == '\0' && piece->has && piece->rate <= rate_max;
		if (!r.failed || r.caseless)
			break;
		*caseless_out = true;	/* (?i) somewhere: all of it then */
	}
	if (found)
		words_write(&piece->some, out);
	sl_free(piece);
	return found;
}
