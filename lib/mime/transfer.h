/*
 * transfer.h - content transfer decodings as push decoders
 *
 * Lenient as mail programs are: nothing in the input ends the decoding with an error. Where
 * programs decode the same bytes differently the decoder stops once, just before the bytes in
 * question, and says so; the caller may copy it (it is a plain value), give the copies other
 * habits, and go on with all of them.
 *
 * base64 (RFC 2045, 6.8): bytes outside the alphabet are ignored, missing padding is no fault.
 * quoted-printable (RFC 2045, 6.7): lower-case digits are read, white space after a soft break is
 * dropped, white space at the end of other lines is kept (mail programs do; the RFC would drop it).
 * uuencode: `begin`, `end` and lines that cannot be data are ignored. yEnc (yenc.org, 1.3):
 * control lines are ignored. BinHex 4.0 (RFC 1741): gives the data fork.
 *
 * Memory: fixed, the struct. Chunks: where the input is cut changes nothing.
 */
#ifndef SL_MIME_TRANSFER_H
#define SL_MIME_TRANSFER_H

#include "sl/base.h"

enum sl_transfer {
	SL_TRANSFER_IDENTITY,		/* 7bit, 8bit, binary */
	SL_TRANSFER_BASE64,
	SL_TRANSFER_QP,
	SL_TRANSFER_UU,
	SL_TRANSFER_YENC,
	SL_TRANSFER_BINHEX,
};

/* What sl_transfer_feed stops at, each kind once for a decoder and its copies. */
enum sl_transfer_odd {
	SL_TRANSFER_FINE,
	SL_TRANSFER_ODD_PADDING,	/* base64: data after '=' */
	SL_TRANSFER_ODD_JUNK,		/* base64: a byte outside the alphabet */
	SL_TRANSFER_ODD_LINE,		/* base64: a quantum goes on in the next line */
	SL_TRANSFER_ODD_ESCAPE,		/* quoted-printable: '=' without two digits or a line end */
};

/* Ways to read what is odd. The default is the first of each group. */
enum sl_transfer_habit {
	SL_TRANSFER_PAD_ENDS,		/* '=' ends a quantum; what follows starts the next */
	SL_TRANSFER_PAD_IGNORED,	/* '=' is ignored as any byte outside the alphabet */
	SL_TRANSFER_PAD_COUNTS,		/* '=' takes one of the four places, and has no bits */
	SL_TRANSFER_PAD_ZERO,		/* '=' is read as 'A' */
	SL_TRANSFER_LINE_ENDS,		/* a line is decoded by itself; junk hides the rest of it */

	SL_TRANSFER_ESCAPE_KEPT,	/* a wrong escape stands for itself */
	SL_TRANSFER_ESCAPE_DROPPED3,	/* '=' and the two bytes after it are dropped */
	SL_TRANSFER_ESCAPE_DROPPED2,	/* '=' and the byte after it are dropped, and an escape
					 * they stood in goes on */
};

/* Takes decoded bytes, borrowed for the call. */
typedef void sl_transfer_sink(void *ctx, struct sl_slice bytes);

#define SL_TRANSFER_HELD_MAX	72

struct sl_transfer_decoder {
	enum sl_transfer	 transfer;
	enum sl_transfer_habit	 habit;
	unsigned		 odd_seen;	/* bits of enum sl_transfer_odd; settable, to go unasked */
	/* the rest is private */
	unsigned		 state;
	uint32_t		 acc;
	unsigned		 count;
	unsigned		 pad;
	unsigned		 expect;
	bool			 line_ended;
	bool			 skip_line;
	bool			 outer_escape;
	bool			 lower_seen;
	bool			 upper_seen;
	uint64_t		 fork_left;
	unsigned char		 held[SL_TRANSFER_HELD_MAX];
	unsigned		 held_len;
};

void	sl_transfer_init(struct sl_transfer_decoder *decoder, enum sl_transfer transfer);

/* Decode data[0..len), giving to `sink`. Sets *used_out. Returns SL_TRANSFER_FINE with all used;
 * or an oddity, with less used: feed the rest again (and to the copies). */
SL_MUST_USE enum sl_transfer_odd sl_transfer_feed(struct sl_transfer_decoder *decoder,
	    struct sl_slice in, size_t *used_out, sl_transfer_sink *sink, void *ctx);
/* The same, with no stops. */
void	sl_transfer_feed_all(struct sl_transfer_decoder *decoder, struct sl_slice in,
	    sl_transfer_sink *sink, void *ctx);
/* No more input: gives what is held. */
void	sl_transfer_finish(struct sl_transfer_decoder *decoder, sl_transfer_sink *sink, void *ctx);

/* Did escapes with lower-case and with upper-case digits both occur (quoted-printable)? */
bool	sl_transfer_mixed_case(const struct sl_transfer_decoder *decoder);

/* "base64", "quoted-printable", ...; a literal. */
const char *sl_transfer_name(enum sl_transfer transfer);

#endif
