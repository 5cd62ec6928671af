/*
 * name.h - a file's name: what it promises to people, what Windows makes of it, and how it deceives
 *
 * The extension that counts is Windows': the name up to an alternate stream's colon and without
 * trailing dots and blanks, from its last dot on. Extensions are rows of name_table.h.
 *
 * Input is UTF-8 (as lib/mime gives names); bytes that are none are a finding. Pure, no memory but
 * the struct; linear in the name's length; of a name beyond SL_NAME_READ bytes, its first and last
 * SL_NAME_READ / 2 are read.
 *
 * Limits: whether fonts make two letters look alike is not known here, but for dots and for
 * scripts mixed within an extension.
 */
#ifndef SL_ATTACH_NAME_H
#define SL_ATTACH_NAME_H

#include "attach/type.h"

#define SL_NAME_READ		4096	/* bytes; more of a name are not looked at */
#define SL_NAME_BYTES		255	/* bytes; more is a finding */
#define SL_NAME_DISPLAY		512	/* bytes of the display name; longer ones are cut in the middle */
#define SL_NAME_EXTENSION	40	/* bytes of an extension: a CLSID in braces fits */

/* X(id, name, what is odd). Those above ODD deceive: ordinary mail does not have them. */
#define SL_NAME_FINDINGS(X)									\
	X(BIDI, "bidi-override", "characters that change the direction of reading")		\
	X(DOUBLE, "double-extension", "a harmless extension stands before one that runs")	\
	X(PADDED, "padded-extension", "a long gap before the extension")			\
	X(INVISIBLE, "invisible-character", "characters that take no room")			\
	X(DOT_ALIKE, "dot-look-alike", "a character that looks like a dot")			\
	X(CONTROL, "control-character", "control characters")					\
	X(NUL, "nul", "a NUL: programs read the name to there, or all of it")			\
	X(STREAM, "stream-colon", "a drive or an alternate stream")				\
	X(MIXED, "mixed-scripts", "an extension with letters of other scripts, or full-width ones")	\
	X(CLSID, "clsid-extension", "a class number as extension: Windows hides it")		\
	X(TRAVERSAL, "path-traversal", "a path that climbs, or starts at the root")		\
	X(RESERVED, "reserved-name", "a device's name")						\
	X(TRAILING, "trailing-dot", "dots or blanks at the end, which Windows drops")		\
	X(PATH, "path", "path separators")							\
	X(NOT_UTF8, "not-utf8", "bytes that are not UTF-8")					\
	X(LONG, "long-name", "longer than file systems allow")

enum sl_name_finding {
#define SL_NAME_FINDING_ENUM(id, name, text) SL_NAME_##id,
	SL_NAME_FINDINGS(SL_NAME_FINDING_ENUM)
#undef SL_NAME_FINDING_ENUM
	SL_NAME_FINDING_COUNT,
};

#define SL_NAME_BIT(id)	(1u << SL_NAME_##id)

struct sl_name {
	enum sl_type	type;		/* that the extension promises; SL_TYPE_UNKNOWN: none, or not known */
	enum sl_family	family;
	unsigned	flags;		/* SL_FLAG_*: what Windows (or another desktop) would do */
	enum sl_family	shown_family;	/* of the extension a person believes in: with DOUBLE, BIDI, PADDED, ...
					 * the harmless one; else `family` */
	unsigned	findings;	/* SL_NAME_BIT() */
	/* Lower case, no dot, UTF-8, ends in NUL. */
	char		extension[SL_NAME_EXTENSION + 1];
	char		shown[SL_NAME_EXTENSION + 1];	/* of shown_family; empty if the same */
	/* For people and logs: no controls, bidi or invisible characters (U+FFFD stands for each), no
	 * path, blanks in runs as one; ends in NUL. */
	char		display[SL_NAME_DISPLAY + 1];
};

/* Read a name; an empty one gives an empty result. */
void		 sl_name_read(struct sl_slice name, struct sl_name *out);
/* What an extension (no dot, any case) promises. Returns false if it is not in the table. */
bool		 sl_name_extension(struct sl_slice extension, enum sl_type *type_out,
		    enum sl_family *family_out, unsigned *flags_out);

const char	*sl_name_finding_name(enum sl_name_finding finding);
const char	*sl_name_finding_text(enum sl_name_finding finding);	/* a sentence */

#endif
