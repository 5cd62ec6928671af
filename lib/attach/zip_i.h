/*
 * zip_i.h - inside of the ZIP reader: zip.c moves through the bytes, zip_list.c knows the entries and
 * compares the two directories, zip_name.c reads names
 */
#ifndef SL_ATTACH_ZIP_I_H
#define SL_ATTACH_ZIP_I_H

#include "attach/zip.h"
#include "attach/zip_kind.h"

#define ZIP_NAME_RAW	512	/* bytes of a name that are kept: the first ones, and ... */
#define ZIP_NAME_TAIL	64	/* ... the last ones: the extension counts */
#define ZIP_EXTRA	2048	/* bytes of extra fields that are kept */
#define ZIP_FIXED	56	/* of the longest record's fixed part */
#define ZIP_RECENT	24	/* bytes before the place: a descriptor without its signature */
#define ZIP_REPLAY	128
#define ZIP_SLOTS	2048	/* of the table of names */
#define ZIP_MIMETYPE	64

/* General purpose bits (APPNOTE 4.4.4) */
#define ZIP_BIT_ENCRYPTED	0x0001u
#define ZIP_BIT_DESCRIPTOR	0x0008u
#define ZIP_BIT_UTF8		0x0800u
#define ZIP_BIT_MASKED		0x2000u

struct zip_header {		/* of an entry, local or central */
	uint64_t	offset;		/* of its local header: where it is, or as the central one says */
	uint64_t	packed, bytes;
	uint32_t	crc, time;
	unsigned	method, bits, name_len, extra_len, comment_len;
	bool		size_unknown;	/* a descriptor tells it */
};

struct zip_local {		/* what is kept of an entry for comparing */
	uint64_t	offset, end;
	uint64_t	name_hash;
	uint32_t	bytes;		/* the low half */
	uint16_t	method;
	uint8_t		encrypted, matched;
};

struct sl_zip {
	unsigned		 magic;
	const struct sl_zip_sink *sink;
	void			*ctx;
	/* where it is */
	uint64_t		 pos;		/* of the next byte to read */
	enum zip_state {
		ZIP_SEEK,	/* a signature */
		ZIP_LOCAL,	/* the fixed part of a record ... */
		ZIP_CENTRAL,
		ZIP_END,
		ZIP_END64,
		ZIP_LOCATOR,
		ZIP_SIGNATURE,
		ZIP_DESCRIPTOR,
		ZIP_DESCRIPTOR_WIDE,	/* is it one of 64-bit sizes? */
		ZIP_NAME,	/* the parts that vary */
		ZIP_EXTRA_FIELD,
		ZIP_COMMENT,
		ZIP_DATA,
	}			 state;
	uint32_t		 window;	/* the last four bytes, while a signature is looked for */
	unsigned char		 fixed[ZIP_FIXED];
	size_t			 fixed_len, fixed_want;
	size_t			 again;		/* bytes at the end of `fixed` that are to be read again */
	unsigned char		 replay[ZIP_REPLAY];
	size_t			 replay_len;
	uint64_t		 expect;	/* where the next record is due */
	uint64_t		 slack;		/* bytes that may lie before it: an unsigned descriptor */
	uint64_t		 record_at;
	bool			 in_data;	/* the record may be only bytes of an entry */
	/* the entry at hand */
	struct zip_header	 entry;
	bool			 is_central;
	size_t			 part_at;	/* bytes read of the name, extra field or comment */
	unsigned char		 name[ZIP_NAME_RAW];
	unsigned char		 tail[ZIP_NAME_TAIL];	/* a ring */
	unsigned char		 extra[ZIP_EXTRA];
	char			 text[SL_ZIP_NAME + 1];	/* the name in UTF-8 */
	size_t			 text_len;
	uint64_t		 passed;	/* bytes of its data */
	unsigned char		 recent[ZIP_RECENT];
	unsigned char		 mimetype[ZIP_MIMETYPE];
	size_t			 mimetype_len;
	bool			 wants_mimetype;
	bool			 open;		/* a local entry has not been told */
	/* what was seen */
	struct sl_zip_summary	 sum;
	struct sl_zip_kind	 kind;
	struct zip_header	 first;		/* the first local header, with its name's length */
	struct zip_local	 locals[SL_ZIP_ENTRIES];
	uint16_t		 slots[ZIP_SLOTS];	/* index + 1 of a local by its name's hash */
	size_t			 locals_len;
	uint64_t		 local_names, central_names;	/* sums of hashes */
	uint64_t		 local_packed, local_bytes, central_packed, central_bytes;
	uint64_t		 central_at, central_end;	/* 0: none seen */
	uint64_t		 end64_count, end64_size, end64_offset;
	bool			 has_end64;
	unsigned		 ends;
};

/* zip_name.c */
void		 zip_name_take(struct sl_zip *zip, struct sl_slice bytes);	/* more of it */
void		 zip_name_finish(struct sl_zip *zip);	/* to zip->text; extra fields have been read */

/* zip_list.c */
void		 zip_finding(struct sl_zip *zip, enum sl_zip_finding finding, struct sl_slice detail);
void		 zip_local_begin(struct sl_zip *zip);
void		 zip_local_end(struct sl_zip *zip);	/* `end` is zip->pos */
void		 zip_central_entry(struct sl_zip *zip);
void		 zip_central_begin(struct sl_zip *zip);
/* The end record: how many entries, where and how long the central directory is, as it says. */
void		 zip_end_check(struct sl_zip *zip, uint64_t count, uint64_t size, uint64_t offset);
void		 zip_summarise(struct sl_zip *zip);
static inline struct sl_slice
zip_text(const struct sl_zip *zip)
{
	return sl_slice(zip->text, zip->text_len);
}

#endif
