/* numbers.c - see numbers.h */

#include "policy/numbers.h"

#include "sl/utf8.h"

/* ---- what a number must be */

/* Issuers' ranges, by the first six digits, and the lengths they give out. */
#define TO(from, to)	(((1u << ((to) - (from) + 1)) - 1) << (from))
static const struct {
	uint32_t	first, last, lengths;
} issuers[] = {
	{ 220000, 220499, TO(16, 19) },				/* Mir */
	{ 222100, 272099, TO(16, 16) },				/* Mastercard */
	{ 300000, 305999, TO(14, 19) }, { 309500, 309599, TO(14, 19) },	/* Diners Club */
	{ 340000, 349999, TO(15, 15) }, { 370000, 379999, TO(15, 15) },	/* American Express */
	{ 352800, 358999, TO(16, 19) },				/* JCB */
	{ 360000, 369999, TO(14, 19) }, { 380000, 399999, TO(14, 19) },	/* Diners Club */
	{ 400000, 499999, TO(13, 13) | TO(16, 16) | TO(19, 19) },	/* Visa */
	{ 500000, 509999, TO(12, 19) },				/* Maestro, Elo, RuPay */
	{ 510000, 559999, TO(16, 16) },				/* Mastercard */
	{ 560000, 589999, TO(12, 19) },				/* Maestro */
	{ 600000, 619999, TO(12, 19) },				/* Maestro, Discover, RuPay, Hipercard */
	{ 620000, 629999, TO(16, 19) },				/* UnionPay */
	{ 630000, 639999, TO(12, 19) },				/* Maestro */
	{ 640000, 659999, TO(16, 19) },				/* Discover */
	{ 670000, 679999, TO(12, 19) },				/* Maestro */
	{ 810000, 829999, TO(16, 19) },				/* UnionPay, RuPay */
	{ 979200, 979289, TO(16, 16) },				/* Troy */
};

bool
sl_number_is_card(struct sl_slice digits)
{
	unsigned sum = 0;
	uint32_t issuer = 0;
	bool known = false;

	if (digits.len < SL_CARD_MIN || digits.len > SL_CARD_MAX)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned)(digits.ptr[i] - '0');
		bool doubled = (digits.len - i) % 2 == 0;

		if (digit > 9)
			return false;
		if (i < 6)
			issuer = issuer * 10 + digit;
		sum += doubled ? 2 * digit - (digit > 4 ? 9 : 0) : digit;
	}
	for (size_t i = 0; i < SL_COUNT(issuers); i++)
		known |= issuer >= issuers[i].first && issuer <= issuers[i].last && (issuers[i].lengths >> digits.len & 1) != 0;
	return known && sum % 10 == 0;
}

/* The registry of ISO 13616 (SWIFT, release 99): countries and their lengths, in the order of their letters. */
static const struct {
	char		country[3];
	unsigned char	len;
} ibans[] = {
	{ "AD", 24 }, { "AE", 23 }, { "AL", 28 }, { "AT", 20 }, { "AZ", 28 }, { "BA", 20 }, { "BE", 16 }, { "BG", 22 },
	{ "BH", 22 }, { "BI", 27 }, { "BR", 29 }, { "BY", 28 }, { "CH", 21 }, { "CR", 22 }, { "CY", 28 }, { "CZ", 24 },
	{ "DE", 22 }, { "DJ", 27 }, { "DK", 18 }, { "DO", 28 }, { "EE", 20 }, { "EG", 29 }, { "ES", 24 }, { "FI", 18 },
	{ "FK", 18 }, { "FO", 18 }, { "FR", 27 }, { "GB", 22 }, { "GE", 22 }, { "GI", 23 }, { "GL", 18 }, { "GR", 27 },
	{ "GT", 28 }, { "HN", 28 }, { "HR", 21 }, { "HU", 28 }, { "IE", 22 }, { "IL", 23 }, { "IQ", 23 }, { "IS", 26 },
	{ "IT", 27 }, { "JO", 30 }, { "KW", 30 }, { "KZ", 20 }, { "LB", 28 }, { "LC", 32 }, { "LI", 21 }, { "LT", 20 },
	{ "LU", 20 }, { "LV", 21 }, { "LY", 25 }, { "MC", 27 }, { "MD", 24 }, { "ME", 22 }, { "MK", 19 }, { "MN", 20 },
	{ "MR", 27 }, { "MT", 31 }, { "MU", 30 }, { "NI", 28 }, { "NL", 18 }, { "NO", 15 }, { "OM", 23 }, { "PK", 24 },
	{ "PL", 28 }, { "PS", 29 }, { "PT", 25 }, { "QA", 29 }, { "RO", 24 }, { "RS", 22 }, { "RU", 33 }, { "SA", 24 },
	{ "SC", 31 }, { "SD", 18 }, { "SE", 24 }, { "SI", 19 }, { "SK", 24 }, { "SM", 27 }, { "SO", 23 }, { "ST", 25 },
	{ "SV", 28 }, { "TL", 23 }, { "TN", 24 }, { "TR", 26 }, { "UA", 29 }, { "VA", 22 }, { "VG", 24 }, { "XK", 20 },
	{ "YE", 30 },
};

/* 0: no such country. */
static size_t
iban_len(const unsigned char country[2])
{
	size_t low = 0, high = SL_COUNT(ibans);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = memcmp(country, ibans[middle].country, 2);

		if (order == 0)
			return ibans[middle].len;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

bool
sl_number_is_iban(struct sl_slice s)
{
	unsigned remainder = 0;

	if (s.len < SL_IBAN_MIN || iban_len(s.ptr) != s.len || s.ptr[2] < '0' || s.ptr[2] > '9' || s.ptr[3] < '0' ||
	    s.ptr[3] > '9')
		return false;
	for (size_t i = 0; i < s.len; i++) {	/* the first four stand at the end */
		unsigned char c = s.ptr[(i + 4) % s.len];

		if (c >= '0' && c <= '9')
			remainder = (remainder * 10 + (unsigned)(c - '0')) % 97;
		else if (c >= 'A' && c <= 'Z')
			remainder = (remainder * 100 + (unsigned)(c - 'A') + 10) % 97;
		else
			return false;
	}
	return remainder == 1;
}

/* ---- finding them */

enum { NOTHING = 0, SPACE = 1, HYPHEN = 2, DOT = 3, INVISIBLE, BREAK };	/* or a letter or digit itself, from '0' on */
#define FIRST	0x80		/* in `separator`: a group begins here, and nothing before it belongs to it */

/* Digits of some scripts, from 0 to 9. */
static const uint32_t zeros[] = { 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
	0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6 };

static unsigned char
wide_class(uint32_t c)
{
	for (size_t i = 0; i < SL_COUNT(zeros); i++)
		if (c >= zeros[i] && c <= zeros[i] + 9)
			return (unsigned char)('0' + (c - zeros[i]));
	if (c >= 0xff21 && c <= 0xff3a)
		return (unsigned char)('A' + (c - 0xff21));
	if (c >= 0xff41 && c <= 0xff5a)
		return (unsigned char)('A' + (c - 0xff41));
	if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000)
		return SPACE;
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe63 || c == 0xff0d)
		return HYPHEN;
	if (c == 0xff0e || c == 0x2024 || c == 0xb7)
		return DOT;
	if (c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2064) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c >= 0xfe00 && c <= 0xfe0f))
		return INVISIBLE;
	return BREAK;
}

static unsigned char
class_of(uint32_t c)
{
	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
		return (unsigned char)c;
	if (c >= 'a' && c <= 'z')
		return (unsigned char)(c - 'a' + 'A');
	if (c == ' ')
		return SPACE;
	if (c == '-')
		return HYPHEN;
	if (c == '.')
		return DOT;
	return c < 0x80 ? BREAK : wide_class(c);
}

void
sl_numbers_init(struct sl_numbers *n, uint32_t kinds, sl_numbers_sink *sink, void *ctx)
{
	*n = (struct sl_numbers){ .kinds = kinds, .sink = sink, .ctx = ctx };
}

static void
tell(struct sl_numbers *n, enum sl_content_number kind, struct sl_slice number)
{
	if ((n->kinds >> kind & 1) != 0 && number.len > 0)
		n->sink(n->ctx, kind, number);
}

/* A group ends: is a number complete, of it and those before it? */
static void
group_end(struct sl_numbers *n)
{
	unsigned char text[SL_IBAN_MAX];
	struct sl_slice card = { NULL, 0 }, iban = { NULL, 0 };
	size_t len = 0, most = (size_t)SL_MIN(n->count, (uint64_t)SL_IBAN_MAX);
	unsigned char between = 0;	/* what parts the groups so far */

	while (len < most) {
		size_t at = (size_t)(n->count - 1 - len) % SL_NUMBERS_RING;
		unsigned char separator = n->separator[at];
		struct sl_slice window;

		len++;
		text[SL_IBAN_MAX - len] = n->ring[at];
		if (separator == 0)
			continue;
		window = sl_slice(text + SL_IBAN_MAX - len, len);
		if (sl_number_is_card(window))
			card = window;
		if (sl_number_is_iban(window))
			iban = window;
		if (separator == FIRST || (between != 0 && between != separator))
			break;		/* what stands before is parted otherwise */
		between = separator;
	}
	tell(n, SL_NUMBER_PAYMENT_CARD, card);
	tell(n, SL_NUMBER_IBAN, iban);
}

/* Whether the last thing that came was a letter or digit: a group is open. */
#define IS_OPEN(n)	((n)->count > 0 && (n)->pending == NOTHING)

static void
on_class(struct sl_numbers *n, unsigned char class)
{
	size_t at = (size_t)n->count % SL_NUMBERS_RING;

	if (class == INVISIBLE)
		return;
	if (class >= '0') {
		n->ring[at] = class;
		n->separator[at] = n->count == 0 ? FIRST : n->pending;
		n->pending = NOTHING;
		n->count++;
		return;
	}
	if (IS_OPEN(n))
		group_end(n);
	else
		class = BREAK;		/* two separators in a row */
	if (class == BREAK)
		n->count = 0;
	n->pending = class == BREAK ? NOTHING : class;
}

/* How many bytes a character has that begins so; 0: none does. */
static size_t
utf8_len(unsigned char first)
{
	return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* What is not all there is held; bytes that are no character part groups, each by itself. */
static void
scan(struct sl_numbers *n, struct sl_slice utf8)
{
	size_t i = 0;

	while (i < utf8.len) {
		size_t len = utf8_len(utf8.ptr[i]);
		uint32_t c;

		if (len == 1) {
			on_class(n, class_of(utf8.ptr[i]));
			i++;
		} else if (len > utf8.len - i) {
			n->held_len = (unsigned)(utf8.len - i);
			memcpy(n->held, utf8.ptr + i, n->held_len);
			return;
		} else {
			len = sl_utf8_decode(sl_slice_from(utf8, i), &c);
			on_class(n, len == 0 ? BREAK : class_of(c));
			i += SL_MAX(len, (size_t)1);
		}
	}
}

void
sl_numbers_feed(struct sl_numbers *n, struct sl_slice utf8)
{
	while (n->held_len > 0 && utf8.len > 0) {
		unsigned char whole[4];
		unsigned len;

		n->held[n->held_len++] = utf8.ptr[0];
		utf8 = sl_slice_from(utf8, 1);
		len = n->held_len;
		if (len < utf8_len(n->held[0]))
			continue;
		memcpy(whole, n->held, len);
		n->held_len = 0;
		scan(n, sl_slice(whole, len));
	}
	if (n->held_len == 0)
		scan(n, utf8);
}

void
sl_numbers_end(struct sl_numbers *n)
{
	n->held_len = 0;
	on_class(n, BREAK);
}
