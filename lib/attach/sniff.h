/*
 * sniff.h - what a file is, by its content
 *
 * Fed a file in pieces, it keeps the first SL_SNIFF_HEAD bytes, the marks of CD and DVD images (six
 * bytes at the start of each of six sectors from 32 KiB on) and the start of an OLE2 file's
 * directory, wherever its header says it is. At the end a table of signatures (sniff_table.h) is
 * asked, then the words of text are. What programs would open wins over what the first bytes say: a
 * PDF whose header comes after junk, a ZIP that is a document (its first entries are looked at).
 *
 * Two strong signatures that fit are told: `also`. A file that is a picture to one program and a
 * script or an archive to another (a polyglot) has no innocent reason.
 *
 * Memory: struct sl_sniff, under 5.3 KiB. Time: linear in the head, under 2 us for most files (text: some
 * us); nothing for the rest.
 * Where the input is cut changes nothing.
 *
 * Limits: a script is known by its words, and only in the head; a script without any of them is text.
 * What stands only at a file's end is not seen: the trailer of a DMG or of a fixed VHD (its boot sector
 * is), a ZIP behind other content (zip.h finds that). DOS programs (.com) have no signature. An OLE2 file
 * whose directory lies behind itself in pieces may stay SL_TYPE_CFB.
 */
#ifndef SL_ATTACH_SNIFF_H
#define SL_ATTACH_SNIFF_H

#include "attach/type.h"

#define SL_SNIFF_HEAD		4096
#define SL_SNIFF_SECTORS	6	/* of 2 KiB, from 32 KiB on */
#define SL_SNIFF_MARK		6	/* bytes kept of each */
#define SL_SNIFF_FAR		1024	/* bytes kept of an OLE2 directory */

enum sl_sniff_text {		/* how text is encoded */
	SL_SNIFF_BINARY,	/* it is no text */
	SL_SNIFF_ASCII,
	SL_SNIFF_UTF8,		/* with or without its mark */
	SL_SNIFF_UTF16LE,
	SL_SNIFF_UTF16BE,
	SL_SNIFF_UTF32LE,
	SL_SNIFF_UTF32BE,
	SL_SNIFF_8BIT,		/* of some charset in which bytes above 0x7f are letters */
};

struct sl_sniffed {
	enum sl_type		type;	/* SL_TYPE_UNKNOWN: no signature fits, and it is no text */
	enum sl_type		also;	/* a second one that fits as well; else SL_TYPE_UNKNOWN */
	enum sl_family		family;	/* of `type` */
	unsigned		flags;	/* SL_FLAG_* of `type` and `also` */
	enum sl_sniff_text	text;
	bool			strong;	/* by a signature that other data has not by chance */
};

struct sl_sniff {		/* embedded in its owner; private */
	uint64_t	at;	/* bytes fed */
	size_t		len;	/* of head */
	unsigned char	head[SL_SNIFF_HEAD];
	unsigned char	marks[SL_SNIFF_SECTORS][SL_SNIFF_MARK];
	uint64_t	far_at;	/* where the directory starts; 0: there is none */
	size_t		far_len;
	unsigned char	far[SL_SNIFF_FAR];
};

void		  sl_sniff_init(struct sl_sniff *sniff);
void		  sl_sniff_feed(struct sl_sniff *sniff, struct sl_slice bytes);
/* What it is, by what was fed so far; may be asked at any time. */
struct sl_sniffed sl_sniff_finish(const struct sl_sniff *sniff);
/* The same for a file, or the start of one, that lies in memory. */
struct sl_sniffed sl_sniff_slice(struct sl_slice bytes);

const char	 *sl_sniff_text_name(enum sl_sniff_text text);	/* "utf-8"; "binary" */

#endif
