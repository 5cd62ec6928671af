/* talk.c - see talk.h */

#include "courier/talk.h"

#include <stdio.h>

#include "smtp/data.h"
#include "smtp/ehlo.h"

#define TALK_MAGIC	0x7a1c7a1cu
#define OUT_MAX		(2u << 20)	/* the envelope of all recipients, or a piece of the message with its dots */
#define IN_MAX		(4u * SL_SMTP_REPLY_MAX)

enum talk_state {		/* what we wait for */
	TALK_GREETING,
	TALK_EHLO,
	TALK_HELO,		/* EHLO was refused */
	TALK_STARTTLS,
	TALK_TLS,		/* the handshake */
	TALK_MAIL,
	TALK_RCPT,
	TALK_DATA,		/* 354 */
	TALK_BODY,		/* our bytes */
	TALK_FINAL,		/* the word that the dot may leave */
	TALK_DOT,		/* the reply to it */
	TALK_DONE,
};

struct talk_rcpt {
	size_t	place;		/* in mail->rcpts */
	int	code;		/* 0: nothing was said yet */
	char	reply[SL_QUEUE_REPLY_MAX];
};

struct sl_talk {
	unsigned			 magic;
	enum talk_state			 state;
	const struct sl_talk_mail	*mail;
	struct sl_buf			 out, in;
	struct sl_smtp_stuff		 stuff;
	unsigned			 caps;
	uint64_t			 size_max;
	bool				 tls, dot_left, pipelined;
	struct talk_rcpt		*rcpts;
	size_t				 rcpts_len;
	size_t				 sent, answered;	/* RCPT commands */
	struct sl_queue_said		*said;
	size_t				 said_len;
};

static void	put_rcpts(struct sl_talk *talk);

/* ---- results ---- */

static void
note(struct talk_rcpt *rcpt, int code, struct sl_slice text)
{
	size_t n = 0;

	rcpt->code = code;
	for (size_t i = 0; i < text.len && n < sizeof(rcpt->reply) - 1; i++)
		if (text.ptr[i] == '\n')
			rcpt->reply[n++] = ' ';
		else if (text.ptr[i] != '\r')
			rcpt->reply[n++] = (char)text.ptr[i];
	while (n > 0 && rcpt->reply[n - 1] == ' ')
		n--;
	rcpt->reply[n] = '\0';
}

/* Give what is known: of all, or of those in flight only. */
static void
gather(struct sl_talk *talk, bool in_flight)
{
	talk->said_len = 0;
	for (size_t i = 0; i < talk->rcpts_len; i++) {
		const struct talk_rcpt *rcpt = &talk->rcpts[i];

		if (in_flight && rcpt->code != 250)
			continue;
		talk->said[talk->said_len++] = (struct sl_queue_said){ rcpt->place, rcpt->code, sl_slice_str(rcpt->reply) };
	}
}

/* Before the dot: of each recipient that was not refused for good, `code`. */
static void
end_before_dot(struct sl_talk *talk, int code, struct sl_slice text)
{
	for (size_t i = 0; i < talk->rcpts_len; i++)
		if (talk->rcpts[i].code == 0 || talk->rcpts[i].code / 100 == 2)
			note(&talk->rcpts[i], code, text);
	gather(talk, false);
	talk->state = TALK_DONE;
}

/* After it: of those in flight. */
static void
end_after_dot(struct sl_talk *talk, int code, struct sl_slice text)
{
	gather(talk, true);
	for (size_t i = 0; i < talk->said_len; i++) {
		struct talk_rcpt *rcpt = NULL;

		for (size_t n = 0; n < talk->rcpts_len && rcpt == NULL; n++)
			if (talk->rcpts[n].place == talk->said[i].rcpt)
				rcpt = &talk->rcpts[n];
		SL_ASSERT(rcpt != NULL);
		note(rcpt, code, text);
		talk->said[i].code = code;
		talk->said[i].reply = sl_slice_str(rcpt->reply);
	}
	talk->state = TALK_DONE;
}

static void
quit(struct sl_talk *talk)
{
	sl_buf_add_str(&talk->out, "QUIT\r\n");
}

/* ---- commands ---- */

static void
put_ehlo(struct sl_talk *talk, const char *verb)
{
	sl_buf_addf(&talk->out, "%s " SL_SLICE_FMT "\r\n", verb, SL_SLICE_ARG(talk->mail->name));
}

/* MAIL, or why not. */
static void
put_mail(struct sl_talk *talk)
{
	const struct sl_talk_mail *mail = talk->mail;

	if (mail->smtputf8 && (talk->caps & SL_SMTP_CAP_SMTPUTF8) == 0) {
		end_before_dot(talk, 553, SL_SLICE_LIT("553 5.6.7 The next hop does not take addresses in UTF-8"));
		quit(talk);
		return;
	}
	if (talk->size_max > 0 && mail->bytes > talk->size_max) {
		end_before_dot(talk, 552, SL_SLICE_LIT("552 5.3.4 The message is larger than the next hop takes"));
		quit(talk);
		return;
	}
	sl_buf_addf(&talk->out, "MAIL FROM:<" SL_SLICE_FMT ">", SL_SLICE_ARG(mail->sender));
	if ((talk->caps & SL_SMTP_CAP_SIZE) != 0 && mail->bytes > 0)
		sl_buf_addf(&talk->out, " SIZE=%llu", (unsigned long long)mail->bytes);
	if ((talk->caps & SL_SMTP_CAP_8BITMIME) != 0 && (mail->is_8bit || mail->smtputf8))
		sl_buf_add_str(&talk->out, " BODY=8BITMIME");
	if (mail->smtputf8)
		sl_buf_add_str(&talk->out, " SMTPUTF8");
	sl_buf_add_str(&talk->out, "\r\n");
	talk->state = TALK_MAIL;
	talk->pipelined = (talk->caps & SL_SMTP_CAP_PIPELINING) != 0;
	if (talk->pipelined)
		put_rcpts(talk);
}

/* All of them to who takes groups of commands, else the next. */
static void
put_rcpts(struct sl_talk *talk)
{
	while (talk->sent < talk->rcpts_len) {
		const struct sl_queue_rcpt *rcpt = &talk->mail->rcpts[talk->rcpts[talk->sent++].place];

		sl_buf_addf(&talk->out, "RCPT TO:<" SL_SLICE_FMT ">\r\n", SL_SLICE_ARG(rcpt->mailbox));
		if (!talk->pipelined)
			break;
	}
}

/* ---- replies ---- */

static void
on_ehlo(struct sl_talk *talk, const struct sl_smtp_reply *reply)
{
	struct sl_smtp_caps caps = { 0 };
	bool wants_tls;

	if (talk->state == TALK_EHLO && reply->code / 100 == 5) {
		put_ehlo(talk, "HELO");
		talk->state = TALK_HELO;
		return;
	}
	if (reply->code != 250) {
		end_before_dot(talk, 0, reply->raw);
		quit(talk);
		return;
	}
	if (talk->state == TALK_EHLO)
		sl_smtp_caps_parse(reply, &caps);
	talk->caps = caps.flags;
	talk->size_max = caps.size_bytes;
	wants_tls = !talk->tls && talk->mail->tls != SL_TALK_TLS_NEVER;
	if (wants_tls && (talk->caps & SL_SMTP_CAP_STARTTLS) != 0) {
		sl_buf_add_str(&talk->out, "STARTTLS\r\n");
		talk->state = TALK_STARTTLS;
	} else if (wants_tls && talk->mail->tls == SL_TALK_TLS_ALWAYS) {
		end_before_dot(talk, 0, SL_SLICE_LIT("the next hop does not offer TLS"));
		quit(talk);
	} else {
		put_mail(talk);
	}
}

/* All recipients were answered for. */
static void
after_rcpts(struct sl_talk *talk)
{
	bool any = false;

	for (size_t i = 0; i < talk->rcpts_len; i++)
		any |= talk->rcpts[i].code == 250;
	if (any) {
		sl_buf_add_str(&talk->out, "DATA\r\n");
		talk->state = TALK_DATA;
		return;
	}
	gather(talk, false);
	talk->state = TALK_DONE;
	quit(talk);
}

static void
on_rcpt(struct sl_talk *talk, const struct sl_smtp_reply *reply)
{
	/* 251 and 252 take it as well; what is kept is one word for it. */
	note(&talk->rcpts[talk->answered++], reply->code / 100 == 2 ? 250 : reply->code, reply->raw);
	if (talk->answered == talk->rcpts_len)
		after_rcpts(talk);
	else if (!talk->pipelined)
		put_rcpts(talk);
}

static void
on_reply(struct sl_talk *talk, const struct sl_smtp_reply *reply)
{
	switch (talk->state) {
	case TALK_GREETING:
		if (reply->code != 220) {
			end_before_dot(talk, 0, reply->raw);
			quit(talk);
			return;
		}
		put_ehlo(talk, "EHLO");
		talk->state = TALK_EHLO;
		return;
	case TALK_EHLO:
	case TALK_HELO:
		on_ehlo(talk, reply);
		return;
	case TALK_STARTTLS:
		if (reply->code == 220) {
			talk->state = TALK_TLS;
		} else if (talk->mail->tls == SL_TALK_TLS_ALWAYS) {
			end_before_dot(talk, 0, reply->raw);
			quit(talk);
		} else {
			put_mail(talk);
		}
		return;
	case TALK_MAIL:
		if (reply->code / 100 != 2) {
			end_before_dot(talk, reply->code / 100 >= 4 ? reply->code : 0, reply->raw);
			quit(talk);
			return;
		}
		talk->state = TALK_RCPT;
		if (!talk->pipelined)
			put_rcpts(talk);
		return;
	case TALK_RCPT:
		on_rcpt(talk, reply);
		return;
	case TALK_DATA:
		if (reply->code == 354) {
			talk->state = TALK_BODY;
		} else {
			end_before_dot(talk, reply->code / 100 >= 4 ? reply->code : 0, reply->raw);
			quit(talk);
		}
		return;
	case TALK_DOT:
		/* 2yz takes it; 3yz would mean nothing: as if nothing had been said. */
		end_after_dot(talk, reply->code / 100 == 2 ? 250 : reply->code / 100 >= 4 ? reply->code : 0, reply->raw);
		quit(talk);
		return;
	case TALK_BODY:
	case TALK_FINAL:	/* it speaks while we do: 421, or an error. The dot must not follow. */
		end_before_dot(talk, reply->code / 100 >= 4 ? reply->code : 0, reply->raw);
		return;
	case TALK_TLS:
	case TALK_DONE:
		break;
	}
	SL_UNREACHABLE("not its turn");
}

/* ---- life ---- */

struct sl_talk *
sl_talk_new(const struct sl_talk_mail *mail)
{
	struct sl_talk *talk = sl_xzalloc(sizeof(*talk));

	talk->magic = TALK_MAGIC;
	talk->mail = mail;
	sl_buf_init(&talk->out, OUT_MAX);
	sl_buf_init(&talk->in, IN_MAX);
	talk->rcpts = sl_xzalloc(SL_MAX(mail->rcpts_len, (size_t)1) * sizeof(*talk->rcpts));
	talk->said = sl_xzalloc(SL_MAX(mail->rcpts_len, (size_t)1) * sizeof(*talk->said));
	for (size_t i = 0; i < mail->rcpts_len; i++)
		if (mail->rcpts[i].state == SL_QUEUE_RCPT_OPEN || mail->rcpts[i].state == SL_QUEUE_RCPT_IN_DOUBT)
			talk->rcpts[talk->rcpts_len++].place = i;
	SL_ASSERT(talk->rcpts_len > 0);
	return talk;
}

void
sl_talk_free(struct sl_talk **talk)
{
	if (*talk != NULL) {
		SL_CHECK(*talk, TALK_MAGIC);
		sl_buf_fini(&(*talk)->out);
		sl_buf_fini(&(*talk)->in);
		sl_free((*talk)->rcpts);
		sl_free((*talk)->said);
	}
	SL_OBJ_FREE(talk, TALK_MAGIC);
}

enum sl_talk_want
sl_talk_wants(const struct sl_talk *talk)
{
	switch (talk->state) {
	case TALK_TLS:
		return SL_TALK_START_TLS;
	case TALK_BODY:
		return SL_TALK_BODY;
	case TALK_FINAL:
		return SL_TALK_FINAL;
	case TALK_DONE:
		return SL_TALK_DONE;
	case TALK_GREETING: case TALK_EHLO: case TALK_HELO: case TALK_STARTTLS: case TALK_MAIL: case TALK_RCPT:
	case TALK_DATA: case TALK_DOT:
		break;
	}
	return SL_TALK_READ;
}

struct sl_buf *
sl_talk_out(struct sl_talk *talk)
{
	return &talk->out;
}

/* All replies that are whole, and whose turn it is. What comes with 220 to STARTTLS was not said under TLS: it is dropped. */
static void
read_replies(struct sl_talk *talk)
{
	while (talk->in.len > 0 && talk->state != TALK_DONE && talk->state != TALK_TLS) {
		struct sl_smtp_reply reply;
		size_t used;
		int r = sl_smtp_reply_parse(sl_buf_slice(&talk->in), &reply, &used);

		if (r == SL_MORE)
			return;
		if (r != SL_DONE) {
			sl_talk_lost(talk, "what the next hop said is no reply");
			return;
		}
		on_reply(talk, &reply);
		sl_buf_consume(&talk->in, used);
	}
	if (talk->state == TALK_TLS)
		sl_buf_reset(&talk->in);
}

void
sl_talk_feed(struct sl_talk *talk, struct sl_slice bytes)
{
	SL_CHECK(talk, TALK_MAGIC);
	if (talk->state == TALK_TLS || talk->state == TALK_DONE)
		return;
	/* In pieces, so that many short replies in one read are not more than is kept. */
	while (bytes.len > 0 && talk->state != TALK_DONE && talk->state != TALK_TLS) {
		size_t len = SL_MIN(bytes.len, (size_t)SL_SMTP_REPLY_MAX);

		sl_buf_add(&talk->in, bytes.ptr, len);
		bytes = sl_slice_from(bytes, len);
		read_replies(talk);
		if (talk->in.overflow)
			sl_talk_lost(talk, "the next hop says too much");
	}
}

void
sl_talk_tls_done(struct sl_talk *talk, bool good)
{
	SL_CHECK(talk, TALK_MAGIC);
	SL_ASSERT(talk->state == TALK_TLS);
	if (!good) {
		sl_talk_lost(talk, "TLS with the next hop failed");
		return;
	}
	talk->tls = true;
	put_ehlo(talk, "EHLO");
	talk->state = TALK_EHLO;
}

static void
add_out(void *ctx, const unsigned char *data, size_t len)
{
	sl_buf_add(ctx, data, len);
}

void
sl_talk_body(struct sl_talk *talk, struct sl_slice bytes)
{
	SL_CHECK(talk, TALK_MAGIC);
	if (talk->state == TALK_DONE)
		return;		/* it was answered for meanwhile */
	SL_ASSERT(talk->state == TALK_BODY);
	sl_smtp_stuff_feed(&talk->stuff, bytes.ptr, bytes.len, add_out, &talk->out);
	if (talk->out.overflow)
		sl_talk_lost(talk, "the message was not written out");
}

void
sl_talk_body_end(struct sl_talk *talk)
{
	SL_CHECK(talk, TALK_MAGIC);
	if (talk->state == TALK_DONE)
		return;
	SL_ASSERT(talk->state == TALK_BODY);
	gather(talk, false);
	talk->state = TALK_FINAL;
}

void
sl_talk_dot(struct sl_talk *talk)
{
	SL_CHECK(talk, TALK_MAGIC);
	SL_ASSERT(talk->state == TALK_FINAL);
	sl_smtp_stuff_finish(&talk->stuff, add_out, &talk->out);
	talk->dot_left = true;
	talk->state = TALK_DOT;
}

bool
sl_talk_dot_text(const struct sl_talk *talk, struct sl_buf *out)
{
	struct sl_smtp_stuff stuff = talk->stuff;

	SL_CHECK(talk, TALK_MAGIC);
	SL_ASSERT(talk->state == TALK_FINAL);
	sl_smtp_stuff_finish(&stuff, add_out, out);
	return talk->in.len == 0;
}

void
sl_talk_lost(struct sl_talk *talk, const char *why)
{
	SL_CHECK(talk, TALK_MAGIC);
	if (talk->state == TALK_DONE)
		return;
	sl_buf_reset(&talk->out);
	if (talk->dot_left)
		end_after_dot(talk, 0, sl_slice_str(why));
	else
		end_before_dot(talk, 0, sl_slice_str(why));
}

const struct sl_queue_said *
sl_talk_said(const struct sl_talk *talk, size_t *len_out)
{
	*len_out = talk->said_len;
	return talk->said;
}

bool
sl_talk_dot_left(const struct sl_talk *talk)
{
	return talk->dot_left;
}

bool
sl_talk_is_tls(const struct sl_talk *talk)
{
	return talk->tls;
}
