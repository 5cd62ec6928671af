/* text.c - the shingles of a text: words, made alike where copies of one text differ */

#include "fingerprint/fingerprint_i.h"
#include "sl/utf8.h"

#define TURNS_MAX	2	/* from letters to digits or back; a word with more is a code */

/* What stands for words that differ from copy to copy. No word of letters is one of them. */
enum kind { KIND_LINK = 1, KIND_ADDRESS, KIND_CODE, KIND_LONG };

/* Classes of characters */
enum class { PUNCT, LETTER, DIGIT, BLANK, DROP, ALONE };

/* Where in a link */
enum { LINK_NONE, LINK_COLON, LINK_SLASH, LINK_HOST, LINK_TAIL };

/* ASCII: 0 is punctuation, a letter its lower case, '0' any digit, ' ' a blank. */
static const unsigned char ascii[128] = {
	['\t'] = ' ', ['\n'] = ' ', ['\v'] = ' ', ['\f'] = ' ', ['\r'] = ' ', [' '] = ' ',
	['0'] = '0', ['1'] = '0', ['2'] = '0', ['3'] = '0', ['4'] = '0', ['5'] = '0', ['6'] = '0', ['7'] = '0',
	['8'] = '0', ['9'] = '0',
#define PAIR(upper, lower) [upper] = lower, [lower] = lower
	PAIR('A', 'a'), PAIR('B', 'b'), PAIR('C', 'c'), PAIR('D', 'd'), PAIR('E', 'e'), PAIR('F', 'f'),
	PAIR('G', 'g'), PAIR('H', 'h'), PAIR('I', 'i'), PAIR('J', 'j'), PAIR('K', 'k'), PAIR('L', 'l'),
	PAIR('M', 'm'), PAIR('N', 'n'), PAIR('O', 'o'), PAIR('P', 'p'), PAIR('Q', 'q'), PAIR('R', 'r'),
	PAIR('S', 's'), PAIR('T', 't'), PAIR('U', 'u'), PAIR('V', 'v'), PAIR('W', 'w'), PAIR('X', 'x'),
	PAIR('Y', 'y'), PAIR('Z', 'z'),
#undef PAIR
};

/* Characters that are not what letters are, above U+007F; the rest are letters. In order. */
static const struct range {
	uint32_t	first, last;
	enum class	class;
} ranges[] = {
	{ 0x80, 0xa0, BLANK }, { 0xa1, 0xa9, PUNCT }, { 0xab, 0xac, PUNCT }, { 0xad, 0xad, DROP },
	{ 0xae, 0xb4, PUNCT }, { 0xb6, 0xb9, PUNCT }, { 0xbb, 0xbf, PUNCT }, { 0xd7, 0xd7, PUNCT },
	{ 0xf7, 0xf7, PUNCT }, { 0x300, 0x36f, DROP }, { 0x60c, 0x60d, PUNCT }, { 0x61b, 0x61f, PUNCT },
	{ 0x964, 0x965, PUNCT }, { 0xe00, 0xeff, ALONE }, { 0x1000, 0x109f, ALONE }, { 0x1680, 0x1680, BLANK },
	{ 0x1780, 0x17ff, ALONE }, { 0x2000, 0x200a, BLANK }, { 0x200b, 0x200f, DROP }, { 0x2010, 0x2027, PUNCT },
	{ 0x2028, 0x2029, BLANK }, { 0x202a, 0x202e, DROP }, { 0x202f, 0x202f, BLANK }, { 0x2030, 0x205e, PUNCT },
	{ 0x205f, 0x205f, BLANK }, { 0x2060, 0x206f, DROP }, { 0x2070, 0x2bff, PUNCT }, { 0x3000, 0x3000, BLANK },
	{ 0x3001, 0x303f, PUNCT }, { 0x3040, 0x30ff, ALONE }, { 0x3400, 0x4dbf, ALONE }, { 0x4e00, 0x9fff, ALONE },
	{ 0xf900, 0xfaff, ALONE }, { 0xfe00, 0xfe0f, DROP }, { 0xfe10, 0xfe6f, PUNCT }, { 0xfeff, 0xfeff, DROP },
	{ 0xff5f, 0xff65, PUNCT }, { 0xff66, 0xff9f, ALONE }, { 0xffe0, 0xffff, PUNCT },
	{ 0x1f000, 0x1faff, PUNCT }, { 0x20000, 0x3ffff, ALONE }, { 0xe0000, 0xe01ef, DROP },
};

static enum class
class_of(uint32_t c)
{
	size_t low = 0, high = SL_COUNT(ranges);

	if (c >= 0x370 && c < 0x60c)		/* Greek, Cyrillic, Armenian, Hebrew: the commonest at once */
		return LETTER;
	if (c >= 0x4e00 && c <= 0x9fff)
		return ALONE;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c < ranges[middle].first)
			high = middle;
		else if (c > ranges[middle].last)
			low = middle + 1;
		else
			return ranges[middle].class;
	}
	return LETTER;
}

/* Full-width, mathematical and circled letters: the plain one; 0: it is none of them. */
static unsigned char
plain_letter(uint32_t c)
{
	if (c < 0x24b6 || (c >= 0x2500 && c < 0xff00))
		return 0;
	if (c >= 0xff01 && c <= 0xff5e)
		return (unsigned char)(c - 0xff01 + '!');
	if (c >= 0x1d400 && c <= 0x1d6a3)	/* alphabets of 26 capitals and 26 small letters */
		return (unsigned char)('a' + (c - 0x1d400) % 26);
	if (c >= 0x1d7ce && c <= 0x1d7ff)
		return '0';
	if (c >= 0x24b6 && c <= 0x24e9)
		return (unsigned char)('a' + (c - 0x24b6) % 26);
	if ((c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) || (c >= 0x1f170 && c <= 0x1f189))
		return (unsigned char)('a' + (c - 0x1f130) % 32);
	return 0;
}

/* The small letter: Latin-1, Latin Extended-A, Greek, Cyrillic. */
static uint32_t
small(uint32_t c)
{
	if ((c >= 0xc0 && c <= 0xde) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
	    (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) || (c >= 0x1e00 && c <= 0x1eff))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return (c & 1) != 0 ? c + 1 : c;
	return c;
}

static uint64_t
kind_hash(const struct sl_fingerprint *f, enum kind kind)
{
	return fingerprint_mix(f->key->k[1] + kind, f->key->mix[1]);
}

/* A word's hash, under the key. */
static uint64_t
word_hash(struct sl_fingerprint *f)
{
	uint64_t hash = f->key->k[0] + f->word_len, eight;

	memset(f->word + f->word_len, 0, 8);
	for (unsigned i = 0; i < f->word_len; i += 8) {
		memcpy(&eight, f->word + i, 8);
		hash = fingerprint_mix(hash ^ eight, f->key->mix[i / 8 % 2]);
	}
	return hash ^ f->key->k[1];
}

/* The token's words count as they are. */
static void
token_flush(struct sl_fingerprint *f)
{
	for (unsigned i = 0; i < f->token_len; i++)
		fingerprint_word(f, f->token[i]);
	f->token_len = 0;
}

static void
token_add(struct sl_fingerprint *f, uint64_t hash)
{
	if (f->token_len == SL_COUNT(f->token))
		token_flush(f);
	f->token[f->token_len++] = hash;
}

static void
word_end(struct sl_fingerprint *f)
{
	uint64_t hash;

	if (f->word_len == 0)
		return;
	if (f->word_long)
		hash = kind_hash(f, KIND_LONG);
	else if (f->turns > TURNS_MAX)
		hash = kind_hash(f, KIND_CODE);
	else
		hash = word_hash(f);
	token_add(f, hash);
	f->word_len = f->turns = 0;
	f->word_long = false;
}

static void
token_end(struct sl_fingerprint *f)
{
	word_end(f);
	if (f->address && f->token_len > 0) {
		f->token_len = 0;
		fingerprint_word(f, kind_hash(f, KIND_ADDRESS));
	}
	token_flush(f);
	f->address = false;
	f->url = LINK_NONE;
}

/* Letters (as UTF-8, in lower case) or a digit go to the word. */
static void
word_add(struct sl_fingerprint *f, const unsigned char *bytes, unsigned len, enum class class)
{
	if (f->word_len > 0 && class != f->last_class)
		f->turns++;
	else if (f->word_len > 0 && class == DIGIT)
		return;		/* a run of digits is one */
	f->last_class = (unsigned char)class;
	if (f->word_len + len > SL_FINGERPRINT_WORD) {
		f->word_long = true;
		return;
	}
	memcpy(f->word + f->word_len, bytes, len);
	f->word_len += len;
}

/* In place of the scheme, or of "www". */
static void
link_begin(struct sl_fingerprint *f)
{
	if (f->token_len > 0)
		f->token_len--;
	token_add(f, kind_hash(f, KIND_LINK));
	f->url = LINK_HOST;
}

/* An ASCII character that is neither letter, digit nor blank. */
static void
punctuation(struct sl_fingerprint *f, unsigned char c)
{
	bool word = f->word_len > 0, www = word && f->word_len == 3 && memcmp(f->word, "www", 3) == 0;

	word_end(f);
	switch (f->url) {
	case LINK_NONE:
		if (www && c == '.' && f->token_len == 1)
			link_begin(f);
		else if (word && c == ':')
			f->url = LINK_COLON;
		else if (c == '@' && f->token_len > 0)
			f->address = true;
		else if (c == '<' || c == '>' || c == '"')
			token_end(f);
		break;
	case LINK_COLON:
		f->url = c == '/' && !word ? LINK_SLASH : LINK_NONE;
		break;
	case LINK_SLASH:
		if (c == '/' && !word)
			link_begin(f);
		else
			f->url = LINK_NONE;
		break;
	default:
		if (c == '<' || c == '>' || c == '"')
			token_end(f);
		else if (c == '/' || c == '?' || c == '#')
			f->url = LINK_TAIL;
	}
}

static void
ascii_character(struct sl_fingerprint *f, unsigned char c)
{
	unsigned char folded = ascii[c];

	if (folded == ' ')
		token_end(f);
	else if (folded == 0)
		punctuation(f, c);
	else if (f->url != LINK_TAIL)
		word_add(f, &folded, 1, folded == '0' ? DIGIT : LETTER);
}

static void
character(struct sl_fingerprint *f, uint32_t c)
{
	unsigned char bytes[4], plain = plain_letter(c);
	enum class class;

	if (plain != 0) {
		ascii_character(f, plain);
		return;
	}
	class = class_of(c);
	switch (class) {
	case DROP:
		break;
	case BLANK:
		token_end(f);
		break;
	case PUNCT:
		word_end(f);
		break;
	case ALONE:
		token_end(f);
		fingerprint_word(f, fingerprint_mix(f->key->k[0] + c, f->key->mix[0]) ^ f->key->k[1]);
		break;
	case LETTER:
	case DIGIT:
		if (f->url != LINK_TAIL)
			word_add(f, bytes, (unsigned)sl_utf8_encode(small(c), bytes), LETTER);
		break;
	}
}

/* Bytes that are not UTF-8 are letters of some charset. */
static void
cut_flush(struct sl_fingerprint *f)
{
	for (unsigned i = 0; i < f->cut_len; i++)
		if (f->url != LINK_TAIL)
			word_add(f, &f->cut[i], 1, LETTER);
	f->cut_len = 0;
}

static unsigned
utf8_length(unsigned char lead)
{
	return lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static void
high_byte(struct sl_fingerprint *f, unsigned char c)
{
	uint32_t decoded;

	if (f->cut_len > 0 && (c & 0xc0) != 0x80)
		cut_flush(f);
	f->cut[f->cut_len++] = c;
	if (f->cut_len < utf8_length(f->cut[0]))
		return;
	if (sl_utf8_decode(sl_slice(f->cut, f->cut_len), &decoded) == 0) {
		cut_flush(f);
		return;
	}
	f->cut_len = 0;
	character(f, decoded);
}

static inline bool
continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The commonest of other scripts, if all of the character is at hand: a Greek or Cyrillic letter of two bytes, a
 * Chinese character of three. Returns how many bytes were taken, 0 if it is something else. */
static size_t
common_character(struct sl_fingerprint *f, struct sl_slice in)
{
	const unsigned char *p = in.ptr;
	unsigned char bytes[4];
	uint32_t c;

	if (f->cut_len > 0 || in.len < 3)
		return 0;
	if (p[0] >= 0xce && p[0] <= 0xd4 && continues(p[1])) {
		f->at += 2;
		c = small((p[0] & 0x1fu) << 6 | (p[1] & 0x3fu));
		bytes[0] = (unsigned char)(0xc0 | c >> 6);
		bytes[1] = (unsigned char)(0x80 | (c & 0x3f));
		if (f->url != LINK_TAIL)
			word_add(f, bytes, 2, LETTER);
		return 2;
	}
	c = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	if (p[0] >= 0xe4 && p[0] <= 0xe9 && continues(p[1]) && continues(p[2]) && c >= 0x4e00) {
		f->at += 3;
		token_end(f);
		fingerprint_word(f, fingerprint_mix(f->key->k[0] + c, f->key->mix[0]) ^ f->key->k[1]);
		return 3;
	}
	return 0;
}

/* A run of ASCII letters within a word, the commonest. Returns how many were taken. */
static size_t
letters(struct sl_fingerprint *f, struct sl_slice in)
{
	unsigned len = f->word_len;
	size_t i = 0, most = SL_MIN(in.len, (size_t)(SL_FINGERPRINT_WORD - len));

	while (i < most && in.ptr[i] < 0x80) {
		unsigned char folded = ascii[in.ptr[i]];

		if (folded < 'a')
			break;
		f->word[len++] = folded;
		i++;
	}
	f->word_len = len;
	return i;
}

/* ---- most of a text: words of ASCII letters, eight bytes at a time ---- */

#define EVERY(byte)	(UINT64_C(0x0101010101010101) * (byte))
#define PLAIN_BYTES	24	/* that must be at hand: two steps, and what ends the word */

static inline uint64_t
eight_bytes(const unsigned char *p)
{
	uint64_t eight;

	memcpy(&eight, p, sizeof(eight));
	return eight;
}

/* How many of eight bytes, from the first on, are ASCII letters; those in lower case, the others 0. */
static inline unsigned
eight_letters(uint64_t eight, uint64_t *lower_out)
{
	uint64_t small_case = eight | EVERY(0x20), seven = small_case & EVERY(0x7f);
	uint64_t from_a = seven + EVERY(0x80 - 'a'), past_z = seven + EVERY(0x80 - 'z' - 1);
	uint64_t others = ~(from_a & ~past_z & ~eight) & EVERY(0x80);
	unsigned n = others == 0 ? 8 : (unsigned)__builtin_ctzll(others) / 8;

	*lower_out = n == 0 ? 0 : small_case & UINT64_MAX >> (64 - 8 * n);
	return n;
}

static inline bool
is_blank(unsigned char c)
{
	return c < 0x80 && ascii[c] == ' ';
}

/* What ends a token that is one word: a blank, or one character of punctuation and a blank. Returns its length, 0 if it
 * is something else. An '@' makes an address, "www." a link. */
static inline size_t
plain_end(const unsigned char *p, bool www)
{
	if (is_blank(p[0]))
		return 1;
	if (p[0] >= 0x80 || ascii[p[0]] != 0 || p[0] == '@' || (www && p[0] == '.'))
		return 0;
	return is_blank(p[1]) ? 2 : 0;
}

/* Tokens that are one word of at most 15 letters, while nothing is open. Does what character by character would be
 * done. Returns how many bytes were taken. */
static size_t
plain_words(struct sl_fingerprint *f, struct sl_slice in)
{
	const uint64_t k0 = f->key->k[0], k1 = f->key->k[1], mix0 = f->key->mix[0], mix1 = f->key->mix[1];
	const uint64_t at = f->at;
	size_t i = 0, end;

	while (in.len - i >= PLAIN_BYTES) {
		const unsigned char *p = in.ptr + i;
		uint64_t first, second = 0, hash;
		unsigned n = eight_letters(eight_bytes(p), &first), more = 0;

		if (n == 0 && !is_blank(p[0]))
			break;
		if (n == 0) {
			i++;
			continue;
		}
		if (n == 8)
			more = eight_letters(eight_bytes(p + 8), &second);
		n += more;
		end = n < 16 ? plain_end(p + n, n == 3 && memcmp(&first, "www", 3) == 0) : 0;
		if (end == 0)
			break;
		hash = fingerprint_mix((k0 + n) ^ first, mix0);
		if (more > 0)
			hash = fingerprint_mix(hash ^ second, mix1);
		i += n + end;
		f->at = at + i;
		fingerprint_word(f, hash ^ k1);
	}
	f->at = at + i;
	return i;
}

/* Is nothing open: no word, token, link, character? */
static bool
is_between_tokens(const struct sl_fingerprint *f)
{
	return (f->word_len | f->token_len | f->url | f->cut_len) == 0 && !f->address && !f->word_long;
}

void
text_feed(struct sl_fingerprint *f, struct sl_slice bytes)
{
	size_t i = 0, n;

	while (i < bytes.len) {
		unsigned char c;

		if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && bytes.len - i >= PLAIN_BYTES && is_between_tokens(f))
			i += plain_words(f, sl_slice_from(bytes, i));
		c = bytes.ptr[i];
		if (c >= 0xce && (n = common_character(f, sl_slice_from(bytes, i))) > 0) {
			i += n;
			continue;
		}
		f->at++;
		i++;
		if (c >= 0x80) {
			high_byte(f, c);
			continue;
		}
		if (f->cut_len > 0)
			cut_flush(f);
		ascii_character(f, c);
		if (f->word_len > 0 && f->last_class == LETTER && f->url != LINK_TAIL && !f->word_long) {
			n = letters(f, sl_slice_from(bytes, i));
			i += n;
			f->at += n;
		}
	}
}

void
text_finish(struct sl_fingerprint *f)
{
	cut_flush(f);
	token_end(f);
}
