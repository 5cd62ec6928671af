/*
 * inspect.h - one job: what was found, what it may still cost, and where in it we are
 *
 * inspect() looks at one object by its type and comes back when it is done or the budget is used
 * up. What contains others calls inner_*: they are spent from the same budget, hashed, listed, and
 * looked at in turn, down to the budget's depth (never more than SL_DEEP_DEPTH_MAX): the only
 * recursion there is.
 *
 * Memory: the objects that contain the current one (each at most INNER_MAX, all at most
 * the budget's bytes twice over while they grow) and what an analyser's header says. Linear in
 * the bytes unpacked. An analyser in a long loop asks inspection_over() now and then.
 *
 * No sockets or files here: results go to a sink, so that tests and fuzz targets run in-process.
 */
#ifndef HELPER_INSPECT_H
#define HELPER_INSPECT_H

#include "deep/deep.h"
#include "sl/buf.h"
#include "sniff.h"

#include <openssl/evp.h>

#define INNER_MAX		(48u << 20)	/* kept to be looked into; larger ones are hashed only */
#define INNER_HEAD		4096		/* what the type is seen by */
#define FINDINGS_OF_A_KIND	8		/* in one object; more say nothing new */
#define LINKS_OF_AN_OBJECT	256

struct inspection {
	struct sl_deep_budget	 limits;
	struct sl_deep_budget	 used;
	sl_deep_sink		*sink;
	void			*ctx;
	uint64_t		 began_us;	/* CPU time */
	struct sl_slice		 name;		/* of the attachment, borrowed */
	unsigned		 ticks;
	bool			 over;		/* a limit was reached, and said */
	bool			 incomplete;	/* something was left out: too deep, too large */
	unsigned		 depth;		/* 1: the attachment itself */
	struct sl_buf		 path;		/* of the object that is looked at */
	unsigned char		 said[SL_DEEP_FINDING_COUNT];	/* about this object */
	unsigned		 links;		/* of this object */
	uint64_t		 link_hashes[LINKS_OF_AN_OBJECT];
};

void	inspection_init(struct inspection *in, const struct sl_deep_budget *limits,
	    sl_deep_sink *sink, void *ctx);
void	inspection_fini(struct inspection *in);
/* The whole job: `name` as the message gives it. */
void	inspection_run(struct inspection *in, struct sl_slice bytes, struct sl_slice name);

/* Is it time to stop? Cheap; says the finding when a limit is reached. */
bool	inspection_over(struct inspection *in);
/* Spend unpacked bytes. False: there are no more, stop. */
bool	inspection_spend(struct inspection *in, size_t bytes);

/* The name of the object that is looked at, without folders. */
struct sl_slice	object_name(const struct inspection *in);

void	found(struct inspection *in, enum sl_deep_finding id, const char *format, ...) SL_PRINTF(3, 4);
/* Memory that may be missing: NULL, and the finding says so. Freed by free(). */
void	*inspect_alloc(struct inspection *in, size_t size);
/* A link of the current object; the same one is said once. */
void	found_link(struct inspection *in, enum sl_deep_source from, struct sl_slice url);

/* An object inside the current one, whose bytes arrive in pieces. */
struct inner {
	struct inspection	*in;
	EVP_MD_CTX		*hash;
	size_t			 path_len;	/* of the object around it */
	unsigned char		*data;
	size_t			 len;
	size_t			 size;
	uint64_t		 total;
	bool			 keep;		/* its bytes are wanted */
	bool			 decided;
	enum sniffed		 type;
	uint32_t		 flags;
	bool			 unlisted;	/* if it is XML: no entry of its own, a part of a document */
	void			(*part)(struct inspection *in, struct sl_slice bytes);	/* or NULL */
};
void	inner_begin(struct inner *inner, struct inspection *in, struct sl_slice name);
/* False: stop feeding (a limit). */
bool	inner_feed(struct inner *inner, const void *data, size_t len);
/* List it and look into it. `size_bytes`, `packed_bytes` as the container says, used where its
 * bytes could not be read. */
void	inner_end(struct inner *inner, uint64_t size_bytes, uint64_t packed_bytes);
/* All at once; the bytes are not counted as unpacked. */
void	inner_bytes(struct inspection *in, struct sl_slice name, struct sl_slice bytes);

/* Analysers: one file each. `type` where a file does several. */
void	archive_inspect(struct inspection *in, struct sl_slice bytes, enum sniffed type);
/* zipcheck.c: do all programs read the same entries? Looks into those that not all read. */
void	zip_check(struct inspection *in, struct sl_slice bytes);
/* ooxml.c: what is to be done with this part of a document; NULL: nothing more. */
void	(*ooxml_part(struct sl_slice name))(struct inspection *in, struct sl_slice bytes);
/* What a part's name alone says. */
void	ooxml_name(struct inspection *in, struct sl_slice name);
void	ole_inspect(struct inspection *in, struct sl_slice bytes);
/* The bytes of an Ole10Native stream or of a Package object: a file with its name. */
void	ole_package(struct inspection *in, struct sl_slice bytes);
void	rtf_inspect(struct inspection *in, struct sl_slice bytes);
void	pdf_inspect(struct inspection *in, struct sl_slice bytes);
void	image_inspect(struct inspection *in, struct sl_slice bytes, enum sniffed type);
void	lnk_inspect(struct inspection *in, struct sl_slice bytes);
void	onenote_inspect(struct inspection *in, struct sl_slice bytes);
void	tnef_inspect(struct inspection *in, struct sl_slice bytes);
void	url_file_inspect(struct inspection *in, struct sl_slice bytes);

#endif
