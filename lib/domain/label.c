/* label.c - see label_i.h */

#include "label_i.h"

#include <unicode/uchar.h>

#define ZWNJ	0x200c
#define ZWJ	0x200d
#define VIRAMA	9		/* its canonical combining class */

#define DIR(d)	(1u << (d))
#define DIRS_RTL	(DIR(U_RIGHT_TO_LEFT) | DIR(U_RIGHT_TO_LEFT_ARABIC))
#define DIRS_BOTH	(DIR(U_EUROPEAN_NUMBER) | DIR(U_EUROPEAN_NUMBER_SEPARATOR) |	\
	    DIR(U_COMMON_NUMBER_SEPARATOR) | DIR(U_EUROPEAN_NUMBER_TERMINATOR) |	\
	    DIR(U_OTHER_NEUTRAL) | DIR(U_BOUNDARY_NEUTRAL) | DIR(U_DIR_NON_SPACING_MARK))

static unsigned
dir_of(uint32_t c)
{
	return DIR(u_charDirection((UChar32)c));
}

bool
label_is_rtl(const struct label *label)
{
	for (size_t i = 0; i < label->len; i++)
		if ((dir_of(label->cp[i]) & (DIRS_RTL | DIR(U_ARABIC_NUMBER))) != 0)
			return true;
	return false;
}

/* RFC 5893, 2 */
static bool
bidi_ok(const struct label *label)
{
	unsigned first = dir_of(label->cp[0]), seen = 0, last = 0;
	bool rtl = (first & DIRS_RTL) != 0;

	if (!rtl && first != DIR(U_LEFT_TO_RIGHT))
		return false;
	for (size_t i = 0; i < label->len; i++) {
		unsigned dir = dir_of(label->cp[i]);

		seen |= dir;
		if (dir != DIR(U_DIR_NON_SPACING_MARK))
			last = dir;
	}
	if (!rtl)
		return (seen & ~(DIRS_BOTH | DIR(U_LEFT_TO_RIGHT))) == 0 &&
		    (last & (DIR(U_LEFT_TO_RIGHT) | DIR(U_EUROPEAN_NUMBER))) != 0;
	return (seen & ~(DIRS_BOTH | DIRS_RTL | DIR(U_ARABIC_NUMBER))) == 0 &&
	    (last & (DIRS_RTL | DIR(U_EUROPEAN_NUMBER) | DIR(U_ARABIC_NUMBER))) != 0 &&
	    !((seen & DIR(U_EUROPEAN_NUMBER)) != 0 && (seen & DIR(U_ARABIC_NUMBER)) != 0);
}

static int
joining(uint32_t c)
{
	return u_getIntPropertyValue((UChar32)c, UCHAR_JOINING_TYPE);
}

/* Does the letter before (step -1) or behind `at` join on that side, marks aside? */
static bool
joins(const struct label *label, size_t at, int step)
{
	for (size_t i = at + (size_t)step; i < label->len; i += (size_t)step) {	/* wraps below 0 */
		int type = joining(label->cp[i]);

		if (type == U_JT_TRANSPARENT)
			continue;
		return type == U_JT_DUAL_JOINING ||
		    type == (step < 0 ? U_JT_LEFT_JOINING : U_JT_RIGHT_JOINING);
	}
	return false;
}

/* RFC 5892, A.1 and A.2 */
static bool
joiners_ok(const struct label *label)
{
	for (size_t i = 0; i < label->len; i++) {
		if (label->cp[i] != ZWNJ && label->cp[i] != ZWJ)
			continue;
		if (i > 0 && u_getCombiningClass((UChar32)label->cp[i - 1]) == VIRAMA)
			continue;
		/* Looking around is linear in all: it ends at the next joiner. */
		if (label->cp[i] == ZWJ || !joins(label, i, -1) || !joins(label, i, 1))
			return false;
	}
	return true;
}

static bool
is_ldh(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

unsigned
label_problems(const struct label *label, bool bidi)
{
	unsigned problems = 0;

	if (label->len == 0)
		return SL_IDNA_EMPTY;
	if (label->cp[0] == '-' || label->cp[label->len - 1] == '-' ||
	    (label->len >= 4 && label->cp[2] == '-' && label->cp[3] == '-'))
		problems |= SL_IDNA_HYPHENS;
	for (size_t i = 0; i < label->len; i++)
		if (label->cp[i] < 0x80 && !is_ldh(label->cp[i]))
			problems |= SL_IDNA_ASCII;
	if ((U_MASK(u_charType((UChar32)label->cp[0])) & U_GC_M_MASK) != 0)
		problems |= SL_IDNA_MARK;
	if (!joiners_ok(label))
		problems |= SL_IDNA_JOINER;
	if (bidi && !bidi_ok(label))
		problems |= SL_IDNA_BIDI;
	return problems;
}
