/*
 * talk.h - the words of one delivery to a next hop: SMTP's client side (RFC 5321), as bytes in and bytes out
 *
 * It knows no socket, clock or file: who drives it connects, writes what is in `out`, feeds what comes back, and does what is wanted
 * next. So an SMTP session is a test of a few lines, and nothing blocks. The order of things is queue.h's:
 *
 *	sl_talk_new > feed ... > TLS? > feed ... > BODY: sl_talk_body ... > sl_talk_body_end
 *	  > FINAL: sl_queue_final(sl_talk_said) > sl_talk_dot > feed > DONE: sl_queue_answer(sl_talk_said)
 *
 * The final dot is never in `out` before sl_talk_dot. What fails before it leaves no doubt; a connection that is lost after it leaves each
 * recipient in flight with code 0.
 *
 * What is final and what is not: 5yz to MAIL, RCPT, DATA or the dot is for good. 5yz to the greeting, EHLO or STARTTLS is
 * about the server, not the mail: code 0, tried again. A reply that is none ends the connection.
 *
 * Memory: what waits in `out` and one reply (8 KiB), 40 bytes and a reply (512) for each recipient.
 * Limits: no AUTH, no CHUNKING, no LMTP. 8-bit text is sent as it is also to a server that does not offer 8BITMIME, as
 * other MTAs do: to change it would break its signatures.
 */
#ifndef SL_COURIER_TALK_H
#define SL_COURIER_TALK_H

#include "courier/queue.h"

enum sl_talk_tls {
	SL_TALK_TLS_NEVER,
	SL_TALK_TLS_IF_OFFERED,
	SL_TALK_TLS_ALWAYS,
};

/* Kept: must outlive the talk. Mailboxes are as an envelope has them, without brackets. */
struct sl_talk_mail {
	struct sl_slice			 name;		/* of ours, for EHLO */
	struct sl_slice			 sender;	/* "": the null sender */
	const struct sl_queue_rcpt	*rcpts;		/* those that are answered for already are passed over */
	size_t				 rcpts_len;
	uint64_t			 bytes;		/* for SIZE; 0: not known */
	bool				 is_8bit;
	bool				 smtputf8;	/* an address or a header field is UTF-8 */
	enum sl_talk_tls		 tls;
};

/* What is wanted next. */
enum sl_talk_want {
	SL_TALK_READ,		/* replies: feed */
	SL_TALK_START_TLS,	/* drop what was read, begin TLS, then sl_talk_tls_done */
	SL_TALK_BODY,		/* the message's bytes */
	SL_TALK_FINAL,		/* to be told that the dot may leave */
	SL_TALK_DONE,		/* nothing: write what is in `out` (QUIT), and close */
};

struct sl_talk;

/* Connected: the greeting is awaited. Never NULL. */
struct sl_talk	*sl_talk_new(const struct sl_talk_mail *mail);
void		 sl_talk_free(struct sl_talk **talk);	/* NULL is fine */
enum sl_talk_want sl_talk_wants(const struct sl_talk *talk);
/* To be written, and consumed by who wrote it. */
struct sl_buf	*sl_talk_out(struct sl_talk *talk);

/* Bytes from the next hop, in any cuts. When it is not its turn to speak they are kept, within bounds. */
void	sl_talk_feed(struct sl_talk *talk, struct sl_slice bytes);
void	sl_talk_tls_done(struct sl_talk *talk, bool good);
/* Bytes of the message, its lines ended by CRLF; dots are added. In pieces of at most 64 KiB, written out before the next. */
void	sl_talk_body(struct sl_talk *talk, struct sl_slice bytes);
void	sl_talk_body_end(struct sl_talk *talk);
void	sl_talk_dot(struct sl_talk *talk);
/* What sl_talk_dot will say; for who says it himself (last.h) and gets the reply himself. False: the next hop has begun to say something. */
bool	sl_talk_dot_text(const struct sl_talk *talk, struct sl_buf *out);
/* The connection is gone, or a deadline has passed, or the message's bytes cannot be had: `why` in words. */
void	sl_talk_lost(struct sl_talk *talk, const char *why);

/* FINAL: the replies to RCPT. DONE: of those in flight the reply to the dot if it left; otherwise of each recipient
 * what was said. By its place in mail->rcpts. Valid until the talk is freed. */
const struct sl_queue_said *sl_talk_said(const struct sl_talk *talk, size_t *len_out);
bool	sl_talk_dot_left(const struct sl_talk *talk);
bool	sl_talk_is_tls(const struct sl_talk *talk);

#endif
