/*
 * sniff_i.h - inside of the sniffer: shapes of its tables, and what its files give each other
 */
#ifndef SL_ATTACH_SNIFF_I_H
#define SL_ATTACH_SNIFF_I_H

#include "attach/sniff.h"

enum strength { WEAK, STRONG };	/* STRONG: other data does not have it by chance */

/* Looks closer at what a signature suggests; returns the type, SL_TYPE_UNKNOWN if it is none. May raise
 * *strength. */
typedef enum sl_type signature_check(const struct sl_sniff *sniff, enum sl_type type,
    enum strength *strength);

struct signature {
	uint16_t	 offset, len;
	const char	*bytes;
	enum sl_type	 type;
	enum strength	 strength;
	signature_check	*check;		/* NULL: the bytes are enough */
};

struct start {
	const char	*text;
	size_t		 len;
	enum sl_type	 type;
	enum { ANY, BREAK } follow;
};

struct word {
	const char	*text;
	size_t		 len;
	enum word_kind { JSCRIPT, VBSCRIPT, PSHELL, BATCHES, MARKUP, HTAPP, DRAWING, WORD_KINDS } kind;
	int		 weight;
};

/* sniff_check.c */
signature_check check_mz, check_cafebabe, check_pyc, check_swf, check_jse, check_bplist,
    check_boot_sector, check_zip, check_bzip2, check_lzma, check_binary, check_arj, check_lzh, check_cpio,
    check_ar, check_arc, check_cfb, check_biff, check_bmp, check_riff, check_ico, check_ftyp, check_emf,
    check_pnm, check_pcx, check_mpeg_audio, check_ogg, check_form, check_ebml, check_sfnt, check_eot,
    check_pfb, check_der, check_pgp;
bool		 sniff_is_text(const struct sl_sniff *sniff);	/* no byte of the first that text has not */
struct sl_slice	 sniff_head(const struct sl_sniff *sniff);
bool		 sniff_has(struct sl_slice in, const char *text, size_t len);
/* A second type of a picture, sound or archive; SL_TYPE_UNKNOWN: none. */
enum sl_type	 sniff_second(const struct sl_sniff *sniff, enum sl_type type);
/* Old tar, which has no signature but a checksum. */
bool		 sniff_is_old_tar(const struct sl_sniff *sniff);

/* sniff_text.c: the kind of text, SL_TYPE_TEXT for just text, SL_TYPE_UNKNOWN for none. */
enum sl_type	 sniff_text(const struct sl_sniff *sniff, enum sl_sniff_text *text_out);

#endif
