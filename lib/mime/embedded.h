/*
 * embedded.h - files encoded within running text: uuencode and yEnc
 *
 * A push scanner over decoded text. It looks at the starts of lines only: `begin 644 NAME` ...
 * `end`, `=ybegin ... name=NAME` ... `=yend`. Mail programs show these as attachments. Beyond 100 files
 * and one for each 512 bytes they are passed over: what lies in them is text all the same.
 *
 * Memory: fixed, one head of a line. Chunks: where the input is cut changes nothing.
 */
#ifndef SL_MIME_EMBEDDED_H
#define SL_MIME_EMBEDDED_H

#include "mime/transfer.h"

#define SL_EMBEDDED_HEAD_MAX	256	/* of a `begin` line; a longer name is cut */

struct sl_embedded_sink {
	void	(*begin)(void *ctx, enum sl_transfer transfer, struct sl_slice name);
	void	(*body)(void *ctx, struct sl_slice bytes);	/* decoded */
	void	(*end)(void *ctx);
	void	(*limit)(void *ctx);	/* a file is passed over: there are too many for so little text */
};

struct sl_embedded {			/* embedded in its owner; private */
	const struct sl_embedded_sink	*sink;
	void				*ctx;
	struct sl_transfer_decoder	 decoder;
	bool				 open;
	bool				 mid_line;	/* the head of this line is decided */
	unsigned char			 head[SL_EMBEDDED_HEAD_MAX];
	size_t				 head_len;
	uint64_t			 bytes;		/* before the line in hand */
	uint64_t			 files;
};

/* `sink` and `ctx` are kept. */
void	sl_embedded_init(struct sl_embedded *embedded, const struct sl_embedded_sink *sink, void *ctx);
void	sl_embedded_feed(struct sl_embedded *embedded, struct sl_slice text);
void	sl_embedded_finish(struct sl_embedded *embedded);

#endif
