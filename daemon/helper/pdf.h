/*
 * pdf.h - tokens and stream filters of PDF, for pdf.c
 */
#ifndef HELPER_PDF_H
#define HELPER_PDF_H

#include "inspect.h"

#define PDF_NAME_MAX	63
#define PDF_FILTERS_MAX	4
#define PDF_STREAM_MAX	(16u << 20)	/* unpacked, of one stream */
#define PDF_SCRIPT_MAX	(1u << 20)	/* streams up to this are searched for addresses */
#define PDF_IMAGES_MAX	16		/* looked at for QR codes */

enum pdf_kind {
	PDF_NAME,	/* `name`, decoded */
	PDF_NUMBER,	/* `number`, its whole part without sign, and `negative` */
	PDF_STRING,	/* in the buffer, decoded */
	PDF_STREAM,	/* the keyword: bytes follow */
	PDF_OBJECT,	/* the keyword obj or endobj */
	PDF_OTHER,	/* other keywords, brackets */
};

struct pdf_token {
	enum pdf_kind	kind;
	char		name[PDF_NAME_MAX + 1];
	bool		escaped;	/* a letter or digit was written as #xx: nobody needs that */
	size_t		number;
	bool		negative;
	bool		is_false;	/* the keyword */
	bool		is_list;	/* an opening bracket of one */
};

/* The token at or after *at, which moves behind it. Returns false at the end. */
bool	pdf_next(struct sl_slice s, size_t *at, struct pdf_token *token_out, struct sl_buf *string_out);

enum { PDF_FILTER_NONE, PDF_FILTER_FLATE, PDF_FILTER_HEX, PDF_FILTER_85, PDF_FILTER_IMAGE, PDF_FILTER_UNKNOWN };
unsigned pdf_filter(const char *name);	/* PDF_FILTER_NONE: it is no filter's name */
/* Undo the filters in order, up to the first that is an image's own or not known. `memory_out` is to be
 * freed; `out` points into it or is `raw`. Returns false if something could not be undone. */
SL_MUST_USE bool pdf_unpack(struct inspection *in, const unsigned *filters, size_t filters_len,
	    struct sl_slice raw, struct sl_slice *out, unsigned char **memory_out);

/* image.c: plain samples, `bits` of each of `colors` (1 or 3; 0: not known). */
void	image_raw(struct inspection *in, struct sl_slice samples, size_t width, size_t height,
	    size_t bits, size_t colors);

#endif
