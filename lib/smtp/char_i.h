/* char_i.h - which ASCII bytes the grammar of SMTP allows where (RFC 5321, 4.1.2) */
#ifndef SL_SMTP_CHAR_I_H
#define SL_SMTP_CHAR_I_H

enum {
	SMTP_ATEXT	= 1 << 0,	/* in an Atom of a local part (RFC 5322, 3.2.3) */
	SMTP_LABEL	= 1 << 1,	/* in a label: letters, digits, hyphen, underscore */
	SMTP_KEYWORD	= 1 << 2,	/* in an esmtp-keyword: letters, digits, hyphen */
	SMTP_VALUE	= 1 << 3,	/* in an esmtp-value: printable, neither SP nor '=' */
};

extern const unsigned char sl_smtp_char[256];	/* SMTP_* of each byte; 0 above 0x7f */

#endif
