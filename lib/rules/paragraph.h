/*
 * paragraph.h - text as it streams, cut into paragraphs
 *
 * Blanks, tabs and single line ends become one space; an empty line ends a paragraph, and so does
 * SL_PARAGRAPH_MAX: it is cut at its last blank, if there is one near, else between two characters.
 * Paragraphs are neither empty nor have blanks at their ends. Cuts change nothing.
 *
 * Memory: one paragraph.
 */
#ifndef SL_RULES_PARAGRAPH_H
#define SL_RULES_PARAGRAPH_H

#include "sl/buf.h"

#define SL_PARAGRAPH_MAX	((size_t)16 * 1024)

typedef void sl_paragraph_sink(void *ctx, struct sl_slice paragraph);

struct sl_paragraph {
	struct sl_buf		 text;
	unsigned		 line_ends;	/* read behind the text, not yet written */
	bool			 blank;		/* the same of blanks */
	sl_paragraph_sink	*sink;
	void			*ctx;
};

void	sl_paragraph_init(struct sl_paragraph *paragraph, sl_paragraph_sink *sink, void *ctx);	/* ctx: kept */
void	sl_paragraph_fini(struct sl_paragraph *paragraph);
void	sl_paragraph_feed(struct sl_paragraph *paragraph, struct sl_slice utf8);
void	sl_paragraph_end(struct sl_paragraph *paragraph);	/* here one ends; another may follow */

#endif
