/*
 * agree.h - do content, name and declared type of an attachment agree?
 *
 * Programs choose what to do by any of the three. A finding says that one promises something harmless
 * and another would be run, or that they are of families no honest program confuses. What mail
 * programs get wrong every day is none: application/octet-stream says nothing, image/jpg is
 * image/jpeg, a document is declared as the ZIP or OLE2 file it is, text as any kind of text, and
 * a name without an extension, or with one in no table, promises nothing.
 */
#ifndef SL_ATTACH_AGREE_H
#define SL_ATTACH_AGREE_H

#include "attach/name.h"
#include "attach/sniff.h"

/* X(id, name, sentence). The first three deceive; the others are odd. */
#define SL_AGREE_FINDINGS(X)										\
	X(NAME_HIDES, "name-hides-program", "the name promises something harmless, the content runs")	\
	X(TYPE_HIDES, "type-hides-program", "the declared type is harmless, the content runs")		\
	X(POLYGLOT, "polyglot", "the content is of two types at once")					\
	X(TYPE_HIDES_NAME, "type-hides-name", "the declared type is harmless, the name runs")		\
	X(NAME_DIFFERS, "name-differs", "name and content are of different kinds")			\
	X(TYPE_DIFFERS, "type-differs", "declared type and content are of different kinds")

enum sl_agree_finding {
#define SL_AGREE_FINDING_ENUM(id, name, text) SL_AGREE_##id,
	SL_AGREE_FINDINGS(SL_AGREE_FINDING_ENUM)
#undef SL_AGREE_FINDING_ENUM
	SL_AGREE_FINDING_COUNT,
};

#define SL_AGREE_BIT(id)	(1u << SL_AGREE_##id)

/* Compare. `declared` is the Content-Type without parameters (any case; empty: none is given).
 * Returns SL_AGREE_BIT()s, 0 if all agree. */
unsigned	 sl_agree_check(const struct sl_sniffed *content, const struct sl_name *name,
		    struct sl_slice declared);

const char	*sl_agree_finding_name(enum sl_agree_finding finding);
const char	*sl_agree_finding_text(enum sl_agree_finding finding);	/* a sentence */

#endif
