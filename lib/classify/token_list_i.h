/*
 * token_list_i.h - private to the token model: a whole message as lists of features, for learning
 *
 * Memory: at most (TOKEN_LIST_BLOCKS + 1) * TOKEN_BLOCK_FEATURES numbers a list.
 */
#ifndef SL_TOKEN_LIST_I_H
#define SL_TOKEN_LIST_I_H

#include "classify/token_i.h"

#define TOKEN_LIST_BLOCKS	8	/* of a message that are learned from */

struct token_list {
	uint32_t	*features;	/* the header's, then those of each block; NULL: none */
	uint32_t	 header_len;
	uint32_t	 ends[TOKEN_LIST_BLOCKS];
	unsigned	 blocks;	/* at least one */
};

struct token_span {
	const uint32_t	*features;
	uint32_t	 len;
};

/* A whole message, line ends CRLF. `footers`: read those of mailing lists too; a model that others use must not
 * learn which list it was. */
void	token_list_read(struct token_list *list, struct sl_slice message, bool all_fields, bool footers);
void	token_list_fini(struct token_list *list);

static inline struct token_span
token_list_header(const struct token_list *list)
{
	return (struct token_span){ list->features, list->header_len };
}

static inline struct token_span
token_list_block(const struct token_list *list, unsigned i)
{
	uint32_t start = i == 0 ? list->header_len : list->ends[i - 1];

	return (struct token_span){ list->features + start, list->ends[i] - start };
}

/* The squared length of a block and the header as a vector. */
static inline double
token_list_squares(const struct token_list *list, unsigned i)
{
	return TOKEN_HEADER_VALUE * TOKEN_HEADER_VALUE * list->header_len +
	    (double)token_list_block(list, i).len;
}

#endif
