/*
 * zip_kind.h - what a ZIP is, by the names in it: an archive, a document, a program
 *
 * Used by the sniffer, which sees the first entries, and by the reader, which sees all.
 */
#ifndef SL_ATTACH_ZIP_KIND_H
#define SL_ATTACH_ZIP_KIND_H

#include "attach/type.h"

struct sl_zip_kind {		/* zeroed at first */
	unsigned	seen;		/* bits of zip_kind.c */
	enum sl_type	mimetype;	/* what the entry "mimetype" says; SL_TYPE_UNKNOWN: there is none */
	bool		has_entries;
};

void		 sl_zip_kind_name(struct sl_zip_kind *kind, struct sl_slice name);
/* The content of an entry named "mimetype", not compressed. */
void		 sl_zip_kind_mimetype(struct sl_zip_kind *kind, struct sl_slice content);
enum sl_type	 sl_zip_kind_type(const struct sl_zip_kind *kind);
bool		 sl_zip_kind_macros(const struct sl_zip_kind *kind);	/* for certain */

#endif
