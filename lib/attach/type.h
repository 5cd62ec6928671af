/*
 * type.h - types of file: a family, what opening one may do, a MIME type
 *
 * What a file is by its content (sniff.h), by its name (name.h) and by what the message says of it
 * is told in these terms, so that the three can be compared (agree.h).
 */
#ifndef SL_ATTACH_TYPE_H
#define SL_ATTACH_TYPE_H

#include "attach/type_table.h"
#include "sl/base.h"

#define SL_FAMILIES(X)		\
	X(UNKNOWN, "unknown")		\
	X(EXECUTABLE, "executable")	\
	X(SCRIPT, "script")		\
	X(SHORTCUT, "shortcut")		\
	X(DISK_IMAGE, "disk-image")	\
	X(ARCHIVE, "archive")		\
	X(DOCUMENT, "document")		\
	X(IMAGE, "image")		\
	X(AUDIO, "audio")		\
	X(VIDEO, "video")		\
	X(FONT, "font")			\
	X(TEXT, "text")			\
	X(HTML, "html")			\
	X(MAIL, "mail")			\
	X(CERTIFICATE, "certificate")

enum sl_family {
#define SL_FAMILY_ENUM(id, name) SL_FAMILY_##id,
	SL_FAMILIES(SL_FAMILY_ENUM)
#undef SL_FAMILY_ENUM
	SL_FAMILY_COUNT,
};

enum sl_type {
#define SL_TYPE_ENUM(id, mime, family, flags, text) SL_TYPE_##id,
	SL_TYPES(SL_TYPE_ENUM)
#undef SL_TYPE_ENUM
	SL_TYPE_COUNT,
};

/* What a file of a type may do; of a name: what Windows, macOS or Linux may do with it. */
#define SL_FLAG_RUNS	0x1u	/* a double click runs it, or what it points to */
#define SL_FLAG_MACROS	0x2u	/* can carry macros */
#define SL_FLAG_HOLDS	0x4u	/* holds other files */
#define SL_FLAG_ACTIVE	0x8u	/* scripts or actions in it run in its viewer */

const char	*sl_family_name(enum sl_family family);	/* "disk-image" */

const char	*sl_type_mime(enum sl_type type);	/* lower case */
const char	*sl_type_text(enum sl_type type);	/* with its article: "a PDF document" */
enum sl_family	 sl_type_family(enum sl_type type);
unsigned	 sl_type_flags(enum sl_type type);	/* SL_FLAG_* */

/* The type for a declared MIME type: any case, parameters and blanks around it ignored, usual other
 * names known ("image/jpg", "application/x-zip-compressed"). SL_TYPE_UNKNOWN: it is not in the
 * table, or says nothing (application/octet-stream). */
enum sl_type	 sl_type_of_mime(struct sl_slice mime);
/* The family of a MIME type, also of one that is in no table (image/anything is an image). */
enum sl_family	 sl_family_of_mime(struct sl_slice mime);

#endif
