/* engine_i.h - private to the engines' codecs: replies in the manner of HTTP */
#ifndef SL_ENGINE_I_H
#define SL_ENGINE_I_H

#include "classify/engine.h"

extern const struct sl_engine_codec engine_clamd, engine_rspamd, engine_spamd, engine_icap;

/* A reply: status line, header, body. Slices point into what was given. */
struct engine_reply {
	struct sl_slice	status_line;
	struct sl_slice	header;		/* with its line ends */
	struct sl_slice	body;		/* all that is there, as it came */
};

/* False: the header is not complete. Lines may end in CRLF or LF. */
bool		engine_reply_split(struct sl_slice in, struct engine_reply *reply);
#define ENGINE_HEAD_MAX	16384	/* bytes of a reply in which its header has to end: more is none */
/* The value of a field, trimmed; empty if there is none. */
struct sl_slice	engine_reply_field(const struct engine_reply *reply, struct sl_slice name);
/* A number as people write it ("-1.25"), whole; false: it is none, or not within +-1e6. */
bool		engine_number(struct sl_slice text, double *out);
/* A line "Name: value" if the value fits one: printable ASCII, at most 256 bytes. */
void		engine_add_field(struct sl_buf *out, const char *name, struct sl_slice value);
void		engine_chunk(size_t len, struct sl_buf *out);	/* "1f\r\n" */
/* Copy what will stand in logs and headers; control and other bytes become '?'. */
void		engine_text(struct sl_slice from, char to[SL_ENGINE_TEXT_MAX + 1]);

#endif
