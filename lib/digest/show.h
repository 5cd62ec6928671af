/*
 * show.h - text of strangers, made fit to be shown: in a table, in HTML, in a link
 *
 * Controls, line ends and white space become one space; what turns the direction of writing or does not show (marks of
 * direction, zero width, tags, soft hyphens) is left out; marks piled on one letter are cut to SL_SHOW_MARKS; what is
 * no UTF-8 is U+FFFD. What is too long ends in "…". So nothing in it can change how what is around it reads.
 *
 * Tricks are shown, not repaired: letters that pass for Latin ones in a Latin word are put in brackets, domains of
 * addresses are A-labels, a name that looks like an address and words of mixed alphabets are told of
 * (sl_show_tricks). What a mail program would make a link of has its dots in brackets: nobody should be led
 * there from a list of unwanted mail, nor filters take the list for what it lists.
 *
 * Memory: the output. Time: linear.
 */
#ifndef SL_DIGEST_SHOW_H
#define SL_DIGEST_SHOW_H

#include "sl/buf.h"

#define SL_SHOW_MARKS	2	/* combining marks on one letter */

/* Add at most `columns` columns of text (brackets not counted); 0: all. Returns how many were added, as a terminal counts them. */
size_t	sl_show_text(struct sl_slice text, size_t columns, struct sl_buf *out);
/* An address: the same, but the domain as A-labels if it is not ASCII. */
void	sl_show_address(struct sl_slice address, size_t columns, struct sl_buf *out);
size_t	sl_show_width(struct sl_slice text);	/* columns of text that is shown so */

enum sl_show_trick {
	SL_SHOW_NAME_ADDRESS = 1,	/* a name holds an address or a domain that is not its address's */
	SL_SHOW_MIXED = 2,		/* a word has letters of Latin and of an alphabet that looks like it */
};
/* Of a sender's name and address. A sum of enum sl_show_trick. */
unsigned sl_show_tricks(struct sl_slice name, struct sl_slice address);
bool	sl_show_is_mixed(struct sl_slice text);

void	sl_show_html(struct sl_slice text, struct sl_buf *out);		/* & < > " ' as references */
void	sl_show_percent(struct sl_slice text, struct sl_buf *out);	/* as a URL's query has it (RFC 6068, 2) */
/* Add text broken at spaces so that lines have at most `columns`, those after the first behind `indent` spaces. `at`: the column where
 * it begins. */
void	sl_show_wrapped(struct sl_slice text, size_t at, size_t indent, size_t columns, struct sl_buf *out);

#endif
