/*
 * mime_i.h - how a message is read (private to lib/mime)
 *
 * A *reader* reads one entity's bytes line by line and holds a stack of the parts that are open. What a
 * part's body becomes is decided by *lanes* that hang on its place in the stack: a lane decodes the body
 * and gives it to an *outlet* (body events of one part) or to another reader (an encoded message,
 * or the same bytes read in another way). Ambiguities add lanes; nothing is ever read again.
 *
 * By file: mime.c (the message), reader.c (bytes to lines, the stack), header.c (header lines), part.c
 * (what an entity is), body.c (body lines), boundary.c (which line delimits what), lane.c, outlet.c.
 */
#ifndef SL_MIME_MIME_I_H
#define SL_MIME_MIME_I_H

#include "mime/embedded.h"
#include "mime/mime.h"
#include "entity_i.h"

#include <openssl/evp.h>

#define MIME_MAGIC	0x5d313e0du
#define DEPTH_SLACK	2	/* nodes above depth_max: a flat one, and what is in it */
#define MARKERS_MAX	8	/* boundaries that a flat node remembers */
#define MARKER_MAX	120
#define LANES_MAX	64	/* of one reader */

/* What keeps the time for a byte even on hostile input. */
#define PARTS_FREE		500
#define BYTES_PER_PART		512
#define EXTRA_FREE_BYTES	(256u * 1024)
#define EXTRA_HALVES		4	/* of a byte, for each byte of the message; */
#define EXTRA_HALVES_INNER	1	/* for each byte of what a further reading reads */
#define LINE_COST		16	/* what a line costs a further reading, in bytes */
#define READING_COST		2048	/* what its begin costs */
#define READER_COST		4096	/* ... if it parts what it reads */
#define FIELDS_ORDINARY		1000	/* a header of more fields is a finding, and of those beyond */
#define FIELD_SHORT		8	/* the ones that are shorter are not given */

/* Where body events of one part go. */
struct outlet {
	struct sl_mime		*mime;
	struct sl_mime_part	 part;
	struct sl_arena		 text;		/* of the part's strings, unless another outlet lends them */
	char			*path;
	EVP_MD_CTX		*digest;	/* NULL: no hash is wanted */
	struct sl_buf		 prefix;	/* the first decoded bytes, for readings that start late */
	bool			 keeps_prefix;
	struct sl_embedded	*embedded;	/* looks for files in text; NULL: not text */
	struct outlet		*file;		/* the one that is open */
	unsigned		 files;
	findings		 found;
};

/* A line end that is held back: it belongs to the boundary that may follow. */
struct tail {
	unsigned char	eol[2];
	unsigned	len;
};

struct lane {
	unsigned			 depth;		/* the node it hangs on */
	struct sl_transfer_decoder	 decoder;
	bool				 forks;		/* oddities add lanes */
	struct outlet			*outlet;	/* either this, owned unless `shares` */
	bool				 shares;	/* the node's own outlet */
	bool				 extra;		/* a reading beside the first */
	struct reader			*reader;	/* or this, owned */
	struct tail			 tail;
};

enum node_kind {
	NODE_LEAF,
	NODE_MULTIPART,
	NODE_MESSAGE,		/* its body is read in the same reader */
	NODE_FLAT,		/* a multipart whose boundary is any line that looks like one */
};

struct marker {
	unsigned	len;
	char		text[MARKER_MAX];
};

struct node {
	enum node_kind	 kind;
	struct outlet	*outlet;
	struct sl_slice	 boundary;	/* NODE_MULTIPART; in the outlet's text */
	uint32_t	 hash;		/* of it */
	unsigned	 children;
	bool		 digest;	/* multipart/digest */
	bool		 ended;		/* by its last boundary */
	bool		 stray;		/* a lane reads undeclared parts in it */
	bool		 undeclared;	/* NODE_FLAT: a multipart that names no boundary */
	struct marker	*markers;	/* NODE_FLAT */
	unsigned	 markers_count;
	unsigned	 marker_next;
	struct tail	 tail;		/* of the text before and after its parts */
};

enum reader_state { READER_HEADER, READER_BODY };

struct reader {
	struct sl_mime		*mime;
	unsigned		 reading;
	enum reader_state	 state;
	struct node		*nodes;
	unsigned		 depth;		/* nodes in use */
	unsigned		 flat;		/* index + 1 of the flat node; 0: none */
	uint32_t		 boundary_starts[8];	/* bits: first bytes of boundaries that were declared */
	struct lane		*lanes[LANES_MAX];
	unsigned		 lanes_count;
	uint64_t		 bytes;		/* read so far, but for the line in hand */
	uint64_t		 extra_bytes;	/* what further readings have cost */
	uint64_t		 extra_free;	/* what they may: this, and so much for each byte */
	unsigned		 extra_halves;
	uint64_t		 parts;
	struct sl_buf		 line;		/* a line that is not complete, or the start of it */
	bool			 mid_line;	/* body: the rest of this line cannot be a boundary */
	bool			 rest_of_line;	/* header: a line longer than the limit goes on */
	bool			 held_cr;	/* body: a CR that may be half a line end */
	struct sl_buf		 stray;		/* the line before, if it looked like a boundary; with its end */
	/* of the header that is read */
	char			*path;		/* of its entity */
	char			*base;		/* of the parts in a flat node that has no path */
	bool			 message;	/* a message's header, not a part's */
	bool			 digest;
	bool			 skips_junk;	/* this reading goes on past lines that are no fields */
	bool			 after_junk;
	/* Why not all programs read what is read here, if not; told when it holds what matters. */
	bool			 doubtful;
	enum sl_mime_finding_kind doubt;
	struct header		 header;
	struct sl_buf		 field;		/* the field that is open, with its name */
	bool			 field_cut;
};

struct sl_mime {
	unsigned			 magic;
	struct sl_mime_settings		 settings;
	const struct sl_mime_sink	*sink;
	void				*ctx;
	struct reader			*root;
	unsigned			 readings;	/* numbers given */
	unsigned			 active;	/* lanes beyond the first reading, and readers */
	bool				 readings_found;
	bool				 parts_found;
	enum { ENDS_UNKNOWN, ENDS_LF, ENDS_CR } ends;
	bool				 last_cr;
};

/*
 * mime.c
 */
/* Tell a finding, once for each kind in *found (NULL: always). */
void	mime_finding(struct sl_mime *m, findings *found, enum sl_mime_finding_kind kind, const char *path,
	    struct sl_slice detail);
void	mime_readings_limit(struct sl_mime *m, const char *path);

/*
 * outlet.c
 */
struct outlet	*outlet_new(struct sl_mime *m, const char *path, unsigned reading);
/* Another reading of the same part. Its strings are lent: the original outlives it. */
struct outlet	*outlet_like(const struct outlet *original, unsigned reading, enum sl_transfer transfer);
void	outlet_digest_start(struct outlet *out);
void	outlet_begin(struct outlet *out);
void	outlet_give(struct outlet *out, struct sl_slice bytes);
void	outlet_body(void *ctx, struct sl_slice bytes);	/* a transfer decoder's sink */
bool	outlet_is_text(const struct outlet *out);
void	outlet_scan_text(struct outlet *out);		/* in text, also look for files */
void	outlet_close(struct outlet **outlet);		/* the end event, and free */

/*
 * lane.c
 */
struct lane	*lane_add(struct reader *r, unsigned depth, enum sl_transfer transfer);
/* A lane of a reading of its own, to an outlet like the node's. NULL at the limit. */
struct lane	*lane_add_reading(struct reader *r, unsigned depth, enum sl_transfer transfer);
/* A lane to a reader. NULL at the limit. */
struct reader	*lane_add_reader(struct reader *r, unsigned depth, enum sl_transfer transfer, bool same_reading);
/* Give bytes to all who read here, and hold back the line end after them. */
void	lanes_feed(struct reader *r, struct sl_slice in, struct sl_slice eol);
/* Close the lanes that hang on node `depth` or above; the newest first. */
void	lanes_close(struct reader *r, unsigned depth);

/*
 * reader.c
 */
/* `outer`: the reader that it is a lane of, whose budget for further readings it shares; NULL: none. */
struct reader	*reader_new(struct sl_mime *m, unsigned reading, const struct reader *outer);
void	reader_free(struct reader **reader);
void	reader_base(struct reader *r, const char *base);
void	reader_feed(struct reader *r, struct sl_slice in);
void	reader_finish(struct reader *r);	/* what is held is given, what is open is closed */
/* The text at the front of the outermost open node, for findings. */
const char	*reader_path(struct reader *r);
/* Have readings beside the first cost too much for this reader? */
bool	reader_readings_spent(const struct reader *r);
/* May one more lane run beside the first reading? Says so if not. */
bool	reader_reading_allowed(struct reader *r, const char *path);
/* May one more part begin? Their number is bounded by the bytes they come in. */
bool	reader_part_allowed(struct reader *r, const char *path);
struct node	*node_push(struct reader *r, enum node_kind kind, struct outlet *outlet);
void	node_pop(struct reader *r);

/*
 * part.c
 */
/* Not all programs read what `r` reads. */
void	reader_doubt(struct reader *r, enum sl_mime_finding_kind kind);
void	header_start(struct reader *r, char *path, bool message, bool digest);	/* path is taken */
void	part_start(struct reader *r);	/* the next part of the node on top begins */
void	entity_open(struct reader *r);	/* the header is over: open its entity */

/*
 * header.c
 */
void	header_field_done(struct reader *r);	/* the field that is open is complete */
/* One whole line of a header, or the first field_max_bytes of it (then `eol` is empty). */
void	header_line(struct reader *r, struct sl_slice line, struct sl_slice eol);
/* Bytes while in a header. Returns how many were taken. */
size_t	header_feed(struct reader *r, struct sl_slice in);

/*
 * boundary.c
 */
uint32_t	boundary_hash(struct sl_slice s);
/* Which open multipart does the line delimit? The innermost. Returns its index + 1, or 0. */
unsigned	boundary_match(struct reader *r, struct sl_slice line, bool *last_out);
/* A boundary of node `depth - 1`: what is open in it ends. */
void	boundary_enter(struct reader *r, unsigned depth, bool last, struct sl_slice line, struct sl_slice eol);
void	marker_add(struct node *flat, struct sl_slice line);
/* Is the line one that has delimited parts of the flat node before, or its end? */
bool	marker_match(const struct node *flat, struct sl_slice line, bool *last_out);

/*
 * body.c
 */
/* A whole line that could be a boundary, or follows one that looked like it. */
void	body_line(struct reader *r, struct sl_slice line, struct sl_slice eol);
/* The line before looked like a boundary and nothing declares it. Is it one? Returns whether `line` is
 * used up. */
bool	body_stray_settle(struct reader *r, struct sl_slice line, struct sl_slice eol);
/* Bytes while in a body. Returns how many were taken. */
size_t	body_feed(struct reader *r, struct sl_slice in);

/*
 * Lines.
 */
/* May one more part begin, `further` bytes from here? */
static inline bool
reader_parts_left(const struct reader *r, size_t further)
{
	return r->parts < PARTS_FREE + (r->bytes + further) / BYTES_PER_PART;
}

static inline struct sl_slice
trim_end(struct sl_slice s)
{
	while (s.len > 0 && s.ptr[s.len - 1] <= ' ')
		s.len--;
	return s;
}

static inline bool
looks_like_boundary(struct sl_slice line)
{
	return line.len >= 2 && line.ptr[0] == '-' && line.ptr[1] == '-';
}

static inline struct sl_slice
eol_of(struct sl_slice line)
{
	size_t n = line.len > 0 && line.ptr[line.len - 1] == '\n' ? 1 : 0;

	n += n == 1 && line.len > 1 && line.ptr[line.len - 2] == '\r';
	return sl_slice_from(line, line.len - n);
}

static inline struct node *
node_top(struct reader *r)
{
	return r->depth > 0 ? &r->nodes[r->depth - 1] : NULL;
}

#endif
