/*
 * session.c - one connection to sluice-sink: the receiving side of SMTP (RFC 5321)
 *
 * Strict on purpose: it stands where the customer's server would, and must show what a
 * lenient server would hide. Only CRLF ends a line and only CRLF.CRLF ends a text; a text
 * with a bare CR, a bare LF or a NUL is counted, reported and refused.
 */

#include "sink.h"
#include "smtp/command.h"
#include "smtp/data.h"
#include "smtp/line.h"
#include "smtp/reply.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define SESSION_MAGIC		0x51e55100u
#define LINE_MAX_BYTES		4096u
#define IN_MAX_BYTES		(SINK_BLOCK_BYTES + LINE_MAX_BYTES)
#define OUT_MAX_BYTES		(8u << 20)	/* the replies to a block full of short commands fit */
#define OUT_PAUSE_BYTES		65536u		/* with so much unsent no more is read */
#define RECIPIENTS_MAX		1000u
#define RECIPIENTS_MAX_BYTES	(RECIPIENTS_MAX * 1024u)
#define LINGER_US		2000000u	/* for the peer to close after us */
#define SLOW_TICK_US		50000u

enum state {
	GREETING,	/* the banner is due */
	START,		/* the client has to say EHLO or HELO */
	READY,		/* it may begin a transaction */
	MAIL,		/* it has to name a recipient */
	RCPT,		/* another recipient, or DATA */
	TEXT,		/* the message is arriving */
	HANDSHAKE,	/* TLS is being agreed on */
	CLOSING,	/* our last words are on their way; then FIN */
	LINGERING,	/* for the client's FIN */
	SILENT,		/* hung: for the client to go away */
};
#define IN(state)	(1u << (state))
#define IN_COMMANDS	(IN(START) | IN(READY) | IN(MAIL) | IN(RCPT))

enum then {		/* what follows the reply that is held back or being sent */
	THEN_GO_ON,
	THEN_CLOSE,
	THEN_LEAVE,	/* after QUIT: the client expects no more */
	THEN_RESET,
	THEN_HANG,
	THEN_HANDSHAKE,
};

struct session {
	unsigned		 magic;
	struct sink		*sink;		/* borrowed */
	struct session		*next, **link;	/* in sink->sessions */
	struct session		*timed_next, **timed_link;	/* in sink->timed, if timed_link */
	uint64_t		 wake_us;
	struct stream		 stream;
	uint32_t		 watched;	/* epoll events asked for */
	enum state		 state;
	bool			 paused;	/* a reply is held back: nothing is read or done */
	bool			 tls_started;
	unsigned		 slow_bytes_per_s;	/* 0: as fast as it comes */
	uint64_t		 number;	/* of the connection, from 1 */
	unsigned		 transactions;	/* messages accepted before, in this session */
	char			 peer[INET6_ADDRSTRLEN + 8];
	struct sl_buf		 in;		/* read, not used yet */
	struct sl_buf		 out;		/* replies not sent yet */
	struct sl_buf		 held;		/* the reply that waits for the delay to pass ... */
	enum then		 then;		/* ... and what follows it */
	char			*helo;
	/* the transaction */
	char			*mail_line;	/* the MAIL command as it came; NULL: none */
	char			*from;
	struct sl_buf		 recipients;	/* a JSON array without its end */
	unsigned		 recipients_len;
	struct sl_smtp_data	 data;
	bool			 data_bad;	/* a bare CR, LF or NUL: skipping to the end */
	bool			 answered;	/* the script replied before the end */
	uint64_t		 wire_bytes;	/* of the text, dots counted */
	uint64_t		 text_bytes;
	uint64_t		 next_body;	/* wire_bytes at which the script has something to do */
	struct keep_message	*kept;
};

/* -- life cycle -------------------------------------------------------------------------- */

static void session_answer(struct session *s, enum sink_point point, uint64_t body_bytes,
    struct sl_slice line, struct sl_smtp_status usual, bool *accepted_out);
static void session_go_on(struct session *s);

static void
set_timer(struct session *s, uint64_t delay_us)
{
	s->wake_us = s->sink->now_us + delay_us;
	if (s->timed_link != NULL)
		return;
	s->timed_next = s->sink->timed;
	s->timed_link = &s->sink->timed;
	if (s->timed_next != NULL)
		s->timed_next->timed_link = &s->timed_next;
	s->sink->timed = s;
}

static void
clear_timer(struct session *s)
{
	if (s->timed_link == NULL)
		return;
	*s->timed_link = s->timed_next;
	if (s->timed_next != NULL)
		s->timed_next->timed_link = s->timed_link;
	s->timed_next = NULL;
	s->timed_link = NULL;
}

static void
transaction_reset(struct session *s)
{
	sl_free(s->mail_line);
	sl_free(s->from);
	s->mail_line = s->from = NULL;
	sl_buf_fini(&s->recipients);
	s->recipients_len = 0;
	keep_abandon(&s->kept);
}

static void
session_end(struct session *s, bool reset)
{
	clear_timer(s);
	transaction_reset(s);
	stream_close(&s->stream, reset);
	sl_buf_fini(&s->in);
	sl_buf_fini(&s->out);
	sl_buf_fini(&s->held);
	sl_free(s->helo);
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	SL_OBJ_FREE(&s, SESSION_MAGIC);
}

void
session_end_all(struct sink *sink)
{
	while (sink->sessions != NULL)
		session_end(sink->sessions, false);
}

static void
peer_text(const struct sockaddr *peer, char *out, size_t size)
{
	char address[INET6_ADDRSTRLEN] = "";

	if (peer->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)peer;

		inet_ntop(AF_INET6, &in6->sin6_addr, address, sizeof(address));
		snprintf(out, size, "%s", address);
	} else {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)peer;

		inet_ntop(AF_INET, &in4->sin_addr, address, sizeof(address));
		snprintf(out, size, "%s", address);
	}
}

void
session_open(struct sink *sink, int fd, const struct sockaddr *peer)
{
	struct session *s = sl_xzalloc(sizeof(*s));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };
	bool accepted;

	*s = (struct session){ .magic = SESSION_MAGIC, .sink = sink, .stream = { .fd = fd },
	    .watched = EPOLLIN, .state = GREETING, .number = ++sink->connections };
	sl_buf_init(&s->in, IN_MAX_BYTES);
	sl_buf_init(&s->out, OUT_MAX_BYTES);
	sl_buf_init(&s->held, SL_SMTP_REPLY_MAX);
	sl_buf_init(&s->recipients, RECIPIENTS_MAX_BYTES);
	peer_text(peer, s->peer, sizeof(s->peer));
	s->link = &sink->sessions;
	s->next = sink->sessions;
	if (s->next != NULL)
		s->next->link = &s->next;
	sink->sessions = s;
	if (epoll_ctl(sink->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
		perror("sluice-sink: epoll_ctl");
		session_end(s, true);
		return;
	}
	session_answer(s, POINT_CONNECT, 0, sl_slice_str(s->peer), (struct sl_smtp_status){ 0 },
	    &accepted);
	if (accepted && s->state == GREETING)
		s->state = START;	/* the script's reply was the banner */
	session_go_on(s);
}

/* -- replies ------------------------------------------------------------------------------ */

/* A reply that no script touches. */
static void
reply(struct session *s, int code, const char *enhanced, const char *text)
{
	sl_smtp_reply_write(&s->out, code, enhanced, sl_slice_str(text));
}

static void
write_capabilities(struct session *s, struct sl_buf *out)
{
	struct sl_buf text;

	sl_buf_init(&text, SL_SMTP_REPLY_MAX);
	sl_buf_add_str(&text, s->sink->name);
	for (size_t i = 0; i < s->sink->capabilities_len; i++)
		sl_buf_addf(&text, "\n%s", s->sink->capabilities[i]);
	if (s->sink->tls != NULL && !s->tls_started)
		sl_buf_add_str(&text, "\nSTARTTLS");
	sl_smtp_reply_write(out, 250, NULL, sl_buf_slice(&text));
	sl_buf_fini(&text);
}

/* What is written at a point: the script's reply, the usual one, or nothing. `usual.text` NULL:
 * the list of capabilities; code 0: nothing is usual here. Returns the code written. */
static int
write_answer(struct session *s, struct sl_buf *out, const struct sink_rule *rule,
    struct sl_smtp_status usual)
{
	if (rule != NULL && rule->action == ACTION_REPLY) {
		sl_smtp_reply_write(out, (int)rule->number, NULL, sl_slice_str(rule->text));
		return (int)rule->number;
	}
	if (rule != NULL && rule->action != ACTION_DROP_AFTER)
		return 0;
	if (usual.code == 0)
		return 0;
	if (usual.text == NULL)
		write_capabilities(s, out);
	else
		sl_smtp_reply_write(out, usual.code, usual.enhanced, sl_slice_str(usual.text));
	return usual.code;
}

static enum then
what_follows(const struct sink_rule *rule, int code)
{
	if (rule == NULL)
		return THEN_GO_ON;
	switch (rule->action) {
	case ACTION_DROP: case ACTION_DROP_AFTER:
		return THEN_CLOSE;
	case ACTION_RESET:
		return THEN_RESET;
	case ACTION_HANG:
		return THEN_HANG;
	case ACTION_REPLY:
		return code == 421 ? THEN_CLOSE : THEN_GO_ON;
	case ACTION_DELAY: case ACTION_SLOW: case ACTION_COUNT:
		break;
	}
	SL_UNREACHABLE("this action does not decide");
}

static void
follow(struct session *s, enum then then)
{
	s->then = then;
	switch (then) {
	case THEN_GO_ON:
		break;
	case THEN_CLOSE: case THEN_LEAVE: case THEN_RESET:
		s->state = CLOSING;
		break;
	case THEN_HANG:
		s->state = SILENT;
		break;
	case THEN_HANDSHAKE:
		s->state = HANDSHAKE;
		break;
	}
}

/* Answer at a point as the script says, else as usual. *accepted_out: the code was 2yz or 3yz. */
static void
session_answer(struct session *s, enum sink_point point, uint64_t body_bytes, struct sl_slice line,
    struct sl_smtp_status usual, bool *accepted_out)
{
	struct sink_outcome o = script_at(&s->sink->script, point, body_bytes, line);
	struct sl_buf *out = o.delay_ms > 0 ? &s->held : &s->out;
	int code = write_answer(s, out, o.decided, usual);
	enum then then = what_follows(o.decided, code);

	*accepted_out = code >= 200 && code < 400;
	if (o.slow_bytes_per_s > 0) {
		/* Else the kernel would take megabytes for us. */
		int few = (int)SL_MAX(4096u, SL_MIN(SINK_BLOCK_BYTES, o.slow_bytes_per_s / 10));

		s->slow_bytes_per_s = o.slow_bytes_per_s;
		(void)setsockopt(s->stream.fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof(few));
	}
	if (then == THEN_GO_ON && point == POINT_STARTTLS && *accepted_out)
		then = THEN_HANDSHAKE;
	if (o.delay_ms > 0) {
		s->paused = true;
		s->then = then;
		set_timer(s, o.delay_ms * UINT64_C(1000));
	} else {
		follow(s, then);
	}
}

/* -- commands, in the order of a transaction ---------------------------------------------- */

struct command {
	enum sl_smtp_verb	 verb;
	unsigned		 states;	/* it may come in */
	void			(*run)(struct session *s, const struct sl_smtp_command *cmd,
				    struct sl_slice line);
};

static void
run_banner(struct session *s)
{
	char text[300];
	bool accepted;

	s->state = START;
	snprintf(text, sizeof(text), "%s ESMTP sluice-sink", s->sink->name);
	session_answer(s, POINT_BANNER, 0, sl_slice_str(s->peer),
	    (struct sl_smtp_status){ 220, NULL, text }, &accepted);
}

static void
run_ehlo(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	struct sl_smtp_status usual = { 250, NULL, cmd->verb == SL_SMTP_EHLO ? NULL : s->sink->name };
	bool accepted;

	if (!sl_smtp_helo_ok(cmd->argument)) {
		reply(s, 501, "5.5.4", "a domain or an address literal is needed");
		return;
	}
	session_answer(s, POINT_EHLO, 0, line, usual, &accepted);
	if (!accepted)
		return;
	transaction_reset(s);
	sl_free(s->helo);
	s->helo = sl_xmemdup(cmd->argument.ptr, cmd->argument.len);
	if (s->state <= RCPT)
		s->state = READY;
}

static void
run_starttls(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	bool accepted;

	if (s->sink->tls == NULL || s->tls_started)
		reply(s, 502, "5.5.1", "STARTTLS is not offered");
	else if (cmd->argument.len > 0)
		reply(s, 501, "5.5.4", "STARTTLS takes no argument");
	else
		session_answer(s, POINT_STARTTLS, 0, line,
		    (struct sl_smtp_status){ 220, "2.0.0", "go ahead" }, &accepted);
}

static void
run_mail(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	struct sl_smtp_mail mail;
	struct sl_smtp_status bad;
	bool accepted;

	if (sl_smtp_mail_parse(cmd->argument, &mail, &bad) != 0) {
		reply(s, bad.code, bad.enhanced, bad.text);
		return;
	}
	if (s->sink->size_max_bytes > 0 && mail.has_size && mail.size_bytes > s->sink->size_max_bytes) {
		reply(s, 552, "5.3.4", "too big");
		return;
	}
	session_answer(s, POINT_MAIL, 0, line, (struct sl_smtp_status){ 250, "2.1.0", "ok" }, &accepted);
	if (!accepted)
		return;
	s->mail_line = sl_xmemdup(line.ptr, line.len);
	s->from = sl_xmemdup(mail.from.mailbox.ptr, mail.from.mailbox.len);
	if (s->state == READY)
		s->state = MAIL;
}

static void
run_rcpt(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	struct sl_smtp_rcpt rcpt;
	struct sl_smtp_status bad;
	bool accepted;

	if (sl_smtp_rcpt_parse(cmd->argument, &rcpt, &bad) != 0) {
		reply(s, bad.code, bad.enhanced, bad.text);
		return;
	}
	if (s->recipients_len == RECIPIENTS_MAX) {
		reply(s, 452, "4.5.3", "too many recipients");
		return;
	}
	session_answer(s, POINT_RCPT, 0, line, (struct sl_smtp_status){ 250, "2.1.5", "ok" }, &accepted);
	if (!accepted)
		return;
	sl_buf_add_byte(&s->recipients, s->recipients_len == 0 ? '[' : ',');
	sl_buf_add_json(&s->recipients, rcpt.to.mailbox);
	s->recipients_len++;
	if (s->state == MAIL)
		s->state = RCPT;
}

/* The text with its dots removed. */
static void
take_text(void *ctx, const unsigned char *data, size_t len)
{
	struct session *s = ctx;

	s->text_bytes += len;
	if (s->kept != NULL)
		keep_add(s->kept, data, len);
}

static void
run_data(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	bool accepted;

	if (cmd->argument.len > 0) {
		reply(s, 501, "5.5.4", "DATA takes no argument");
		return;
	}
	(void)line;
	session_answer(s, POINT_DATA, 0, sl_slice_str(s->mail_line),
	    (struct sl_smtp_status){ 354, NULL, "go ahead" }, &accepted);
	if (!accepted || s->state != RCPT)
		return;
	s->state = TEXT;
	s->data_bad = s->answered = false;
	s->wire_bytes = s->text_bytes = 0;
	s->next_body = script_next_body(&s->sink->script, 0);
	sl_smtp_data_init(&s->data, false, 0, take_text, s);
	if (s->sink->keep != NULL)
		s->kept = keep_begin(s->sink->keep);
}

static void
run_rset(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	bool accepted;

	(void)cmd;
	session_answer(s, POINT_RSET, 0, line, (struct sl_smtp_status){ 250, "2.0.0", "ok" }, &accepted);
	if (!accepted)
		return;
	transaction_reset(s);
	if (s->state == MAIL || s->state == RCPT)
		s->state = READY;
}

static void
run_noop(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	(void)cmd;
	(void)line;
	reply(s, 250, "2.0.0", "ok");
}

static void
run_vrfy(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	(void)cmd;
	(void)line;
	reply(s, 252, "2.5.2", "send a message and see");
}

static void
run_quit(struct session *s, const struct sl_smtp_command *cmd, struct sl_slice line)
{
	bool accepted;

	(void)cmd;
	session_answer(s, POINT_QUIT, 0, line, (struct sl_smtp_status){ 221, "2.0.0", "bye" }, &accepted);
	if (s->paused)
		s->then = s->then == THEN_GO_ON ? THEN_LEAVE : s->then;
	else if (s->state <= RCPT)
		follow(s, THEN_LEAVE);
}

static const struct command commands[] = {	/* in the order of a transaction */
	/* verb			may come in			does it */
	{ SL_SMTP_EHLO,		IN_COMMANDS,			run_ehlo },
	{ SL_SMTP_HELO,		IN_COMMANDS,			run_ehlo },
	{ SL_SMTP_STARTTLS,	IN(READY),			run_starttls },
	{ SL_SMTP_MAIL,		IN(READY),			run_mail },
	{ SL_SMTP_RCPT,		IN(MAIL) | IN(RCPT),		run_rcpt },
	{ SL_SMTP_DATA,		IN(RCPT),			run_data },
	{ SL_SMTP_RSET,		IN_COMMANDS,			run_rset },
	{ SL_SMTP_NOOP,		IN_COMMANDS,			run_noop },
	{ SL_SMTP_VRFY,		IN_COMMANDS,			run_vrfy },
	{ SL_SMTP_QUIT,		IN_COMMANDS,			run_quit },
};

static void
run_command(struct session *s, struct sl_slice line)
{
	struct sl_smtp_command cmd;

	sl_smtp_command_parse(line, &cmd);
	for (size_t i = 0; i < SL_COUNT(commands); i++) {
		if (commands[i].verb != cmd.verb)
			continue;
		if ((commands[i].states & IN(s->state)) == 0)
			reply(s, 503, "5.5.1", "out of sequence");
		else
			commands[i].run(s, &cmd, line);
		return;
	}
	reply(s, 502, "5.5.2", "not known here");
}

/* -- what arrives ------------------------------------------------------------------------- */

static void
report_bare(struct session *s, int result, const char *where)
{
	s->sink->bare++;
	printf("bare session=%" PRIu64 " in=%s: %s\n", s->number, where, sl_strerror(result));
	fflush(stdout);
}

/* Take one command line from the front of `in`. Returns the bytes used; 0: it is not complete. */
static size_t
take_line(struct session *s, struct sl_slice in)
{
	struct sl_slice line;
	size_t used = 0;
	int r = sl_smtp_line(in, LINE_MAX_BYTES, &line, &used);

	if (r == SL_MORE)
		return 0;
	if (r == SL_DONE) {
		run_command(s, line);
	} else if (r == SL_ERR_TOO_LONG) {
		reply(s, 500, "5.5.2", "line too long");
		follow(s, THEN_CLOSE);	/* where the next one starts is anybody's guess */
	} else {
		report_bare(s, r, "command");
		reply(s, 500, "5.5.2", "only CRLF ends a line");
	}
	return used;
}

static void
add_member(struct sl_buf *out, const char *name, const char *value)
{
	sl_buf_addf(out, "\"%s\": ", name);
	sl_buf_add_json(out, sl_slice_str(value == NULL ? "" : value));
	sl_buf_add_str(out, ", ");
}

static void
write_envelope(struct session *s, struct sl_buf *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	sl_buf_add_str(out, "{");
	add_member(out, "peer", s->peer);
	add_member(out, "helo", s->helo);
	sl_buf_addf(out, "\"tls\": %s, ", s->tls_started ? "true" : "false");
	add_member(out, "from", s->from);
	sl_buf_add_str(out, "\"to\": ");
	sl_buf_add_slice(out, sl_buf_slice(&s->recipients));
	sl_buf_add_str(out, "], ");
	add_member(out, "mail", s->mail_line);
	sl_buf_addf(out, "\"bytes\": %" PRIu64 ", \"session\": %" PRIu64 ", \"transaction\": %u, "
	    "\"time\": %lld.%06ld}\n", s->text_bytes, s->number, s->transactions + 1,
	    (long long)now.tv_sec, now.tv_nsec / 1000);
}

/* The reply to the end of data was 250: the message is ours. Returns false if it cannot be kept. */
static bool
accept_message(struct session *s)
{
	uint64_t number = s->sink->messages + 1;
	struct sl_buf envelope;

	if (s->kept != NULL) {
		int r;

		sl_buf_init(&envelope, 2 * RECIPIENTS_MAX_BYTES);
		write_envelope(s, &envelope);
		r = keep_commit(&s->kept, sl_buf_slice(&envelope), &number);
		sl_buf_fini(&envelope);
		if (r != 0) {
			perror("sluice-sink: cannot keep a message");
			return false;
		}
	}
	s->sink->messages++;
	s->sink->bytes += s->text_bytes;
	s->transactions++;
	if (s->sink->log)
		printf("message %" PRIu64 " session=%" PRIu64 " from=<%s> to=%.*s] bytes=%" PRIu64 "\n",
		    number, s->number, s->from, (int)s->recipients.len,
		    (const char *)s->recipients.data, s->text_bytes);
	return true;
}

/* The end of data. The message is kept before its 250 is written, late or not. */
static void
run_dot(struct session *s)
{
	struct sl_smtp_status usual = { 250, "2.0.0", "ok" };
	bool accepted = false;

	s->state = READY;
	if (s->answered) {
		transaction_reset(s);
		return;
	}
	if (s->data_bad)
		usual = (struct sl_smtp_status){ 550, "5.5.2", "a bare CR, bare LF or NUL" };
	else if (s->sink->size_max_bytes > 0 && s->text_bytes > s->sink->size_max_bytes)
		usual = (struct sl_smtp_status){ 552, "5.3.4", "too big" };
	session_answer(s, POINT_DOT, 0, sl_slice_str(s->mail_line), usual, &accepted);
	if (accepted && usual.code == 250 && !accept_message(s)) {
		s->paused = false;	/* its 250 must not be said, now or later */
		sl_buf_reset(&s->held);
		sl_buf_reset(&s->out);
		follow(s, THEN_RESET);
	}
	transaction_reset(s);
}

/* The script has something to say in the midst of a text. */
static void
run_body_point(struct session *s)
{
	size_t before = s->out.len + s->held.len;
	bool accepted;

	session_answer(s, POINT_BODY, s->wire_bytes, sl_slice_str(s->mail_line),
	    (struct sl_smtp_status){ 0 }, &accepted);
	s->answered = s->answered || s->out.len + s->held.len > before;
	s->next_body = script_next_body(&s->sink->script, s->wire_bytes);
}

/* Take bytes of the text, no further than its end or the next point of the script. */
static size_t
take_body(struct session *s, struct sl_slice in)
{
	size_t len = (size_t)SL_MIN((uint64_t)in.len, s->next_body - s->wire_bytes);
	size_t used = 0, more = 0;
	int r = SL_MORE;

	if (!s->data_bad)
		r = sl_smtp_data_feed(&s->data, in.ptr, len, &used);
	if (r < 0) {
		report_bare(s, r, "text");
		s->data_bad = true;
		r = SL_MORE;
	}
	if (r == SL_MORE && s->data_bad) {
		r = sl_smtp_data_skip(&s->data, in.ptr + used, len - used, &more);
		used += more;
	}
	s->wire_bytes += used;
	if (r == SL_DONE)
		run_dot(s);
	else if (s->wire_bytes == s->next_body)
		run_body_point(s);
	return used;
}

/* Use what can be used of `in`. Returns how much that was. */
static size_t
take(struct session *s, struct sl_slice in)
{
	size_t used = 0;

	while (used < in.len && !s->paused && s->state <= TEXT) {
		struct sl_slice rest = sl_slice_from(in, used);
		size_t n = s->state == TEXT ? take_body(s, rest) : take_line(s, rest);

		if (n == 0)
			break;
		used += n;
	}
	return used;
}

/* Bytes have been read: use them after those put aside, and put the rest aside. */
static void
take_read(struct session *s, struct sl_slice bytes)
{
	size_t used;

	if (s->in.len > 0) {
		sl_buf_add_slice(&s->in, bytes);
		bytes = sl_slice(NULL, 0);
		used = take(s, sl_buf_slice(&s->in));
		sl_buf_consume(&s->in, used);
		if (s->in.len == 0)
			sl_buf_fini(&s->in);
		return;
	}
	used = take(s, bytes);
	sl_buf_add_slice(&s->in, sl_slice_from(bytes, used));
}

/* -- the loop's side ---------------------------------------------------------------------- */

static void
watch(struct session *s)
{
	struct epoll_event event = { .data.ptr = s };

	if (s->state == SILENT)
		event.events = EPOLLRDHUP;
	else if (s->state >= HANDSHAKE || (!s->paused && s->slow_bytes_per_s == 0 &&
	    s->out.len < OUT_PAUSE_BYTES))
		event.events = EPOLLIN;
	if (s->out.len > 0 || s->stream.wants_write)
		event.events |= EPOLLOUT;
	if (event.events == s->watched)
		return;
	s->watched = event.events;
	if (epoll_ctl(s->sink->epoll_fd, EPOLL_CTL_MOD, s->stream.fd, &event) != 0)
		perror("sluice-sink: epoll_ctl");
}

/* Send what is due. Returns false when the connection is gone. */
static bool
send_out(struct session *s)
{
	while (s->out.len > 0) {
		ssize_t n = stream_write(&s->stream, sl_buf_slice(&s->out));

		if (n < 0)
			return false;
		if (n == 0)
			return true;
		sl_buf_consume(&s->out, (size_t)n);
	}
	sl_buf_fini(&s->out);
	return true;
}

/* Everything is said: end as QUIT or the script wants it. Returns false if that ended the session. */
static bool
close_politely(struct session *s)
{
	if (s->then == THEN_RESET) {
		session_end(s, true);
		return false;
	}
	stream_finish_writing(&s->stream);
	if (s->then == THEN_LEAVE && s->in.len == 0) {
		session_end(s, false);
		return false;
	}
	s->state = LINGERING;	/* unread input would turn our FIN into a reset */
	sl_buf_fini(&s->in);
	set_timer(s, LINGER_US);
	return true;
}

/* Returns false when TLS failed. */
static bool
shake_hands(struct session *s)
{
	int r;

	if (s->stream.ssl == NULL) {
		/* What came in the clear behind STARTTLS must not count inside TLS (RFC 3207, 6). */
		sl_buf_fini(&s->in);
		transaction_reset(s);
		if (stream_start_tls(&s->stream, s->sink->tls) != 0)
			return false;
	}
	r = stream_handshake(&s->stream);
	if (r == SL_DONE) {
		s->tls_started = true;
		s->state = START;
	}
	return r >= 0;
}

/* After anything that happened: send, then end, or begin TLS, or say what to wait for. */
static void
session_go_on(struct session *s)
{
	if (s->state == GREETING && !s->paused)
		run_banner(s);
	if (s->out.overflow || !send_out(s)) {
		session_end(s, false);
		return;
	}
	if (s->out.len == 0 && s->state == HANDSHAKE && !shake_hands(s)) {
		session_end(s, false);
		return;
	}
	if (s->out.len == 0 && s->state == CLOSING && !close_politely(s))
		return;
	if (s->slow_bytes_per_s > 0 && s->timed_link == NULL && s->state <= TEXT)
		set_timer(s, SLOW_TICK_US);
	watch(s);
}

/* Read at most `max` bytes and use them. Returns false when the client is gone. */
static bool
read_some(struct session *s, size_t max)
{
	ssize_t n;

	do {	/* once; with TLS as long as OpenSSL may hold more, of which epoll knows nothing */
		n = stream_read(&s->stream, s->sink->block, max);
		if (n < 0)
			return false;
		if (n > 0 && s->state <= TEXT)
			take_read(s, sl_slice(s->sink->block, (size_t)n));
	} while (n > 0 && s->stream.ssl != NULL && s->slow_bytes_per_s == 0 && !s->paused &&
	    s->state <= TEXT && s->out.len < OUT_PAUSE_BYTES);
	return true;
}

void
session_ready(struct session *s, uint32_t events)
{
	bool alive = true;

	SL_CHECK(s, SESSION_MAGIC);
	if (s->state == SILENT || (s->watched & EPOLLIN) == 0)
		alive = (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) == 0;
	else if (s->state != HANDSHAKE && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		alive = read_some(s, SINK_BLOCK_BYTES);
	if (alive)
		session_go_on(s);
	else
		session_end(s, false);
}

/* The delay has passed: say what was held back, then use what had arrived meanwhile. */
static void
resume(struct session *s)
{
	s->paused = false;
	sl_buf_add_slice(&s->out, sl_buf_slice(&s->held));
	sl_buf_fini(&s->held);
	follow(s, s->then);
	sl_buf_consume(&s->in, take(s, sl_buf_slice(&s->in)));
	if (s->in.len == 0)
		sl_buf_fini(&s->in);
}

/* The time of a session has come. */
static void
wake(struct session *s)
{
	bool alive = true;

	clear_timer(s);
	if (s->state == LINGERING)
		alive = false;
	else if (s->paused)
		resume(s);
	else if (s->slow_bytes_per_s > 0 && s->state <= TEXT)
		alive = read_some(s, SL_MAX((size_t)1, SL_MIN((size_t)SINK_BLOCK_BYTES,
		    (size_t)((uint64_t)s->slow_bytes_per_s * SLOW_TICK_US / 1000000u))));
	if (alive && s->stream.ssl != NULL && s->slow_bytes_per_s == 0 && s->state <= TEXT &&
	    !s->paused)
		alive = read_some(s, SINK_BLOCK_BYTES);
	if (alive)
		session_go_on(s);
	else
		session_end(s, false);
}

int
session_wake_all(struct sink *sink)
{
	uint64_t next_us = UINT64_MAX;
	struct session *s = sink->timed;

	while (s != NULL) {
		struct session *next = s->timed_next;	/* waking one ends no other */

		if (s->wake_us <= sink->now_us)
			wake(s);
		s = next;
	}
	for (s = sink->timed; s != NULL; s = s->timed_next)
		next_us = SL_MIN(next_us, s->wake_us);
	if (next_us == UINT64_MAX)
		return -1;
	return next_us <= sink->now_us ? 0 : (int)((next_us - sink->now_us) / 1000 + 1);
}
