/* sniff_text.c - is it text, how encoded, and of what kind */

#include "attach/sniff_i.h"
#include "attach/sniff_words.h"
#include "sl/utf8.h"

#define SCORED		2048	/* bytes of text whose words are scored */
#define FIELDS_MIN	2	/* header fields that make a message */

/* Of each kind, the score that decides. */
static const struct {
	enum sl_type	type;
	int		least;
} kinds[WORD_KINDS] = {
	[JSCRIPT] = { SL_TYPE_JS, 4 }, [VBSCRIPT] = { SL_TYPE_VBS, 4 }, [PSHELL] = { SL_TYPE_POWERSHELL, 5 },
	[BATCHES] = { SL_TYPE_BATCH, 5 }, [MARKUP] = { SL_TYPE_HTML, 8 }, [HTAPP] = { SL_TYPE_HTA, 8 },
	[DRAWING] = { SL_TYPE_SVG, 8 }, [WEBLINK] = { SL_TYPE_URL, 8 },
};

struct view {			/* the head as lower-case ASCII; other characters as 0xff */
	unsigned char	text[SL_SNIFF_HEAD];
	size_t		len;
};

/* What single bytes tell about text: of those below 0x20 it has BS to CR, SUB and ESC. */
enum {
	HIGH = 1, ODD = 2,
};

static const unsigned char byte_class[256] = {
	[0 ... 7] = ODD, [14 ... 25] = ODD, [28 ... 31] = ODD, [0x7f] = ODD, [0x80 ... 0xff] = HIGH,
};

/* Bits of what the bytes have; eight at a time where they are plain. */
static unsigned
byte_classes(struct sl_slice in)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
	unsigned classes = 0;
	size_t i = 0;

	while (i < in.len) {
		if (in.len - i >= 8) {
			uint64_t eight;

			memcpy(&eight, in.ptr + i, 8);
			/* no byte above 0x7f, below 0x20 or equal to 0x7f: in none does a borrow or carry
			 * reach its highest bit */
			if (((eight | (eight - 0x20 * ones) | (eight + ones)) & highs) == 0) {
				i += 8;
				continue;
			}
		}
		for (size_t end = SL_MIN(in.len, i + 8); i < end; i++)
			classes |= byte_class[in.ptr[i]];
	}
	return classes;
}

/* UTF-16 without a mark: most of the even, or of the odd bytes are 0, and no others. */
static enum sl_sniff_text
wide_without_mark(struct sl_slice in)
{
	size_t zeros[2] = { 0, 0 }, pairs = SL_MIN(in.len, (size_t)512) / 2;

	for (size_t i = 0; i < 2 * pairs; i++)
		zeros[i & 1] += in.ptr[i] == 0;
	if (pairs < 4 || (zeros[0] > 0 && zeros[1] > 0))
		return SL_SNIFF_BINARY;
	if (zeros[1] * 10 >= pairs * 7)
		return SL_SNIFF_UTF16LE;
	return zeros[0] * 10 >= pairs * 7 ? SL_SNIFF_UTF16BE : SL_SNIFF_BINARY;
}

/* Is it UTF-8, but for a character that the head's end cuts? */
static bool
is_utf8(struct sl_slice in, bool cut)
{
	size_t i = 0, n;
	uint64_t eight;
	uint32_t c;

	while (i < in.len) {
		if (in.len - i >= 8) {
			memcpy(&eight, in.ptr + i, 8);
			if ((eight & 0x8080808080808080u) == 0) {
				i += 8;
				continue;
			}
		}
		if (in.ptr[i] < 0x80) {
			i++;
			continue;
		}
		n = sl_utf8_decode(sl_slice_from(in, i), &c);
		if (n == 0)
			return cut && in.len - i < 4 && in.ptr[i] >= 0xc2 && in.ptr[i] <= 0xf4;
		i += n;
	}
	return true;
}

/* Tell the encoding; *skip_out bytes are its mark. */
static enum sl_sniff_text
encoding(const struct sl_sniff *s, size_t *skip_out)
{
	static const struct {
		const char		*mark;
		size_t			 len;
		enum sl_sniff_text	 text;
	} marks[] = {
		{ "\xef\xbb\xbf", 3, SL_SNIFF_UTF8 }, { "\xff\xfe\0\0", 4, SL_SNIFF_UTF32LE },
		{ "\0\0\xfe\xff", 4, SL_SNIFF_UTF32BE }, { "\xff\xfe", 2, SL_SNIFF_UTF16LE },
		{ "\xfe\xff", 2, SL_SNIFF_UTF16BE },
	};
	struct sl_slice in = sniff_head(s);
	unsigned classes;

	*skip_out = 0;
	for (size_t i = 0; i < SL_COUNT(marks); i++)
		if (in.len >= marks[i].len && memcmp(in.ptr, marks[i].mark, marks[i].len) == 0) {
			*skip_out = marks[i].len;
			if (marks[i].text == SL_SNIFF_UTF8)
				break;
			return marks[i].text;
		}
	classes = byte_classes(sl_slice_from(in, *skip_out));
	if (classes & ODD)
		return *skip_out > 0 ? SL_SNIFF_BINARY : wide_without_mark(in);
	if ((classes & HIGH) == 0)
		return *skip_out > 0 ? SL_SNIFF_UTF8 : SL_SNIFF_ASCII;
	return is_utf8(in, s->at > s->len) ? SL_SNIFF_UTF8 : SL_SNIFF_8BIT;
}

/* The head as lower-case ASCII. */
static void
view_make(const struct sl_sniff *s, enum sl_sniff_text text, size_t skip, struct view *v)
{
	size_t step = text == SL_SNIFF_UTF16LE || text == SL_SNIFF_UTF16BE ? 2
	    : text == SL_SNIFF_UTF32LE || text == SL_SNIFF_UTF32BE ? 4 : 1;
	size_t low = text == SL_SNIFF_UTF16BE || text == SL_SNIFF_UTF32BE ? step - 1 : 0;

	v->len = 0;
	if (step == 1) {
		v->len = s->len - skip;
		for (size_t i = 0; i < v->len; i++)
			v->text[i] = sl_ascii_lower(s->head[skip + i]);
		return;
	}
	for (size_t i = skip; i + step <= s->len; i += step) {
		unsigned char c = s->head[i + low];

		for (size_t k = 0; k < step; k++)
			if (k != low && s->head[i + k] != 0)
				c = 0xff;
		v->text[v->len++] = sl_ascii_lower(c);
	}
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || (c >= 9 && c <= 13);
}

static const bool word_bytes[256] = { ['a' ... 'z'] = true, ['0' ... '9'] = true, ['_'] = true };

static bool
is_word(unsigned char c)
{
	return word_bytes[c];
}

/* The interpreter that "#!" names. */
static enum sl_type
interpreter(struct sl_slice rest)
{
	static const struct {
		const char	*name;
		enum sl_type	 type;
	} names[] = {
		{ "python", SL_TYPE_PYTHON }, { "perl", SL_TYPE_PERL }, { "ruby", SL_TYPE_RUBY },
		{ "node", SL_TYPE_JS }, { "php", SL_TYPE_PHP }, { "pwsh", SL_TYPE_POWERSHELL },
		{ "osascript", SL_TYPE_APPLESCRIPT }, { "sh", SL_TYPE_SHELL },
	};
	const unsigned char *eol = memchr(rest.ptr, '\n', rest.len);
	struct sl_slice line = sl_slice(rest.ptr, eol == NULL ? rest.len : (size_t)(eol - rest.ptr));

	line.len = SL_MIN(line.len, (size_t)128);
	if (!sniff_has(line, "/", 1))
		return SL_TYPE_UNKNOWN;
	for (size_t i = 0; i < SL_COUNT(names); i++)
		if (sniff_has(line, names[i].name, strlen(names[i].name)))
			return names[i].type;
	return SL_TYPE_SCRIPT;
}

/* XML that is more than that. */
static enum sl_type
xml_type(struct sl_slice rest)
{
	static const struct {
		const char	*element;
		enum sl_type	 type;
	} elements[] = {
		{ "<svg", SL_TYPE_SVG }, { "<html", SL_TYPE_HTML }, { "<job", SL_TYPE_WSF },
		{ "<package>", SL_TYPE_WSF }, { "<scriptlet", SL_TYPE_SCT }, { "<component", SL_TYPE_SCT },
		{ "<librarydescription", SL_TYPE_LIBRARY_MS },
		{ "<searchconnectordescription", SL_TYPE_SEARCH_MS }, { "<pcsettings", SL_TYPE_SETTINGS_MS },
		{ "<asmv1:assembly", SL_TYPE_VSTO }, { "progid=\"word.document\"", SL_TYPE_DOC },
		{ "progid=\"excel.sheet\"", SL_TYPE_XLS }, { "<key>url</key>", SL_TYPE_WEBLOC },
		{ "<office:document", SL_TYPE_ODF },
	};

	for (size_t i = 0; i < SL_COUNT(elements); i++) {
		size_t len = strlen(elements[i].element);
		const unsigned char *at = memmem(rest.ptr, rest.len, elements[i].element, len);
		unsigned char next = at != NULL && at + len < rest.ptr + rest.len ? at[len] : ' ';

		/* the scripts' elements have no attributes that other formats have */
		if (at == NULL || is_word(next))
			continue;
		if ((elements[i].type == SL_TYPE_WSF || elements[i].type == SL_TYPE_SCT) &&
		    !sniff_has(rest, "<script", 7))
			continue;
		return elements[i].type;
	}
	return SL_TYPE_XML;
}

/* What the text starts with; SL_TYPE_UNKNOWN: nothing that is known. */
static enum sl_type
start_type(struct sl_slice rest)
{
	for (size_t i = 0; i < SL_COUNT(starts); i++) {
		const struct start *s = &starts[i];

		if (rest.len < s->len || rest.ptr[0] != (unsigned char)s->text[0] ||
		    memcmp(rest.ptr, s->text, s->len) != 0)
			continue;
		if (s->follow == BREAK && s->len < rest.len && !is_space(rest.ptr[s->len]) &&
		    rest.ptr[s->len] != '>' && rest.ptr[s->len] != '/' && rest.ptr[s->len] != '?')
			continue;
		if (s->type == SL_TYPE_SCRIPT || s->type == SL_TYPE_SHELL)
			return interpreter(rest);
		if (s->type == SL_TYPE_XML)
			return xml_type(rest);
		if (s->type == SL_TYPE_HTML && sniff_has(rest, "<hta:application", 16))
			return SL_TYPE_HTA;
		if ((s->type == SL_TYPE_WSF || s->type == SL_TYPE_SCT) && !sniff_has(rest, "<script", 7))
			return SL_TYPE_XML;
		return s->type;
	}
	return SL_TYPE_UNKNOWN;
}

/* The name of a header field at the front; 0: none, else its length. */
static size_t
field_name(struct sl_slice in)
{
	size_t n = 0;

	while (n < in.len && n < 40 && (is_word(in.ptr[n]) || in.ptr[n] == '-'))
		n++;
	return n > 1 && n < in.len && in.ptr[n] == ':' ? n : 0;
}

static bool
is_mail_field(struct sl_slice name)
{
	for (size_t i = 0; i < SL_COUNT(mail_fields); i++)
		if (sl_slice_eq(name, sl_slice_str(mail_fields[i])))
			return true;
	return false;
}

/* A message: lines of header fields, of which some are those of mail. */
static enum sl_type
mail_type(struct sl_slice in)
{
	bool mbox = sl_slice_istarts(in, SL_SLICE_LIT("from "));
	unsigned known = 0, line = 0;
	struct sl_slice rest = in;

	for (; rest.len > 0 && line < 40; line++) {
		const unsigned char *eol = memchr(rest.ptr, '\n', rest.len);
		size_t n = field_name(rest), len = eol == NULL ? rest.len : (size_t)(eol - rest.ptr) + 1;

		if (n > 0)
			known += is_mail_field(sl_slice(rest.ptr, n));
		else if (rest.ptr[0] == '\r' || rest.ptr[0] == '\n')
			break;
		else if (!(line == 0 && mbox) && !(line > 0 && is_space(rest.ptr[0])))
			return SL_TYPE_UNKNOWN;
		rest = sl_slice_from(rest, len);
	}
	if (known < FIELDS_MIN)
		return SL_TYPE_UNKNOWN;
	if (mbox)
		return SL_TYPE_MBOX;
	in.len -= rest.len;
	return sniff_has(in, "multipart/related", 17) && sniff_has(in, "mime-version", 12) &&
	    !sniff_has(in, "received:", 9) ? SL_TYPE_MHTML : SL_TYPE_MAIL;
}

/* Words by their first byte, and what second ones there are. */
struct word_index {
	unsigned char	first[256], next[SL_COUNT(words)];	/* one more than the index; 0: no more */
	uint32_t	seconds[256];	/* a bit for the low five of each */
	bool		used[SL_COUNT(words)];
};

static void
index_make(struct word_index *x)
{
	_Static_assert(SL_COUNT(words) < 255, "indexes are bytes");
	memset(x, 0, sizeof(*x));
	for (size_t i = 0; i < SL_COUNT(words); i++) {
		unsigned char c = (unsigned char)words[i].text[0];

		x->next[i] = x->first[c];
		x->first[c] = (unsigned char)(i + 1);
		x->seconds[c] |= 1u << (words[i].text[1] & 31);
	}
}

static void
score_at(struct word_index *x, struct sl_slice in, int scores[WORD_KINDS])
{
	for (unsigned i = x->first[in.ptr[0]]; i != 0; i = x->next[i - 1]) {
		const struct word *w = &words[i - 1];

		if (in.len < w->len || in.ptr[1] != (unsigned char)w->text[1] || x->used[i - 1] ||
		    memcmp(in.ptr, w->text, w->len) != 0)
			continue;
		x->used[i - 1] = true;
		scores[w->kind] += w->weight;
	}
}

/* Score words, of two bytes or more, at the starts of words, each once. Where they may be is gathered
 * without branches: a processor cannot guess where words of text begin. */
static void
score(struct sl_slice in, int scores[WORD_KINDS])
{
	struct word_index x;
	uint16_t places[256];
	unsigned char before = ' ';

	index_make(&x);
	for (size_t at = 0; at + 1 < in.len;) {
		size_t end = SL_MIN(at + SL_COUNT(places), in.len - 1), len = 0;

		for (; at < end; before = in.ptr[at++]) {
			unsigned char c = in.ptr[at];

			places[len] = (uint16_t)at;
			len += (x.seconds[c] >> (in.ptr[at + 1] & 31) & 1) &
			    !(word_bytes[before] & word_bytes[c]);
		}
		for (size_t i = 0; i < len; i++)
			score_at(&x, sl_slice_from(in, places[i]), scores);
	}
}

/* An object whose first member has a name. */
static bool
is_json(struct sl_slice in)
{
	size_t i = 1;

	if (in.len == 0 || in.ptr[0] != '{')
		return false;
	while (i < in.len && is_space(in.ptr[i]))
		i++;
	return i < in.len && in.ptr[i] == '"';
}

/* What its words tell. Scripts for Windows Script Host can be of both its languages: the higher score. */
static enum sl_type
words_type(struct sl_slice in)
{
	int scores[WORD_KINDS] = { 0 };
	enum word_kind best = JSCRIPT;

	score(sl_slice(in.ptr, SL_MIN(in.len, (size_t)SCORED)), scores);
	for (enum word_kind k = JSCRIPT; k < WORD_KINDS; k++)
		if (scores[k] * kinds[best].least > scores[best] * kinds[k].least)
			best = k;
	return scores[best] >= kinds[best].least ? kinds[best].type : SL_TYPE_TEXT;
}

enum sl_type
sniff_text(const struct sl_sniff *s, enum sl_sniff_text *text_out)
{
	enum sl_type type = SL_TYPE_UNKNOWN;
	struct sl_slice in, rest;
	struct view v;
	size_t skip;

	*text_out = SL_SNIFF_BINARY;
	if (s->len == 0 || (*text_out = encoding(s, &skip)) == SL_SNIFF_BINARY)
		return SL_TYPE_UNKNOWN;
	view_make(s, *text_out, skip, &v);
	in = rest = sl_slice(v.text, v.len);
	while (rest.len > 0 && is_space(rest.ptr[0]))
		rest = sl_slice_from(rest, 1);
	if (rest.len == 0)
		return SL_TYPE_TEXT;
	type = start_type(rest);
	if (type == SL_TYPE_UNKNOWN)
		type = mail_type(in);
	if (type == SL_TYPE_UNKNOWN)
		type = is_json(rest) ? SL_TYPE_JSON : words_type(rest);
	return type;
}
