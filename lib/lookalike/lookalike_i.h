/* lookalike_i.h - inside lib/lookalike: the list in memory, and its index */
#ifndef SL_LOOKALIKE_LOOKALIKE_I_H
#define SL_LOOKALIKE_LOOKALIKE_I_H

#include "lookalike/lookalike.h"

#define NAME_MIN	3	/* letters of a name that is looked for in hosts */
#define SLIP_MIN	6	/* letters from which one change is a slip */
#define SLIP2_MIN	12	/* letters from which two are */
#define SLIP2_MAX	24	/* letters up to which two are: spellings grow with the square */
#define CANDIDATES_MAX	16	/* that are compared in a look-up */

/* What a key of the index is of; part of its hash. */
enum key_kind {
	KEY_NAME,	/* a fold of a name */
	KEY_LESS,	/* the same, one or two letters left out */
	KEY_DOMAIN,	/* an own domain */
	KEY_LURE,	/* a word that lures */
};

struct name {
	struct sl_slice	text;		/* of the line's first name or as given, of the copy of the list */
	unsigned	brand;
	bool		word;
	uint8_t		len;
	char		fold[SL_FOLD_MAX + 1];
};

struct brand {
	struct sl_slice	name, domain;
};

struct own {
	struct sl_slice	domain;
	unsigned	brand;
};

struct slot {
	uint32_t	tag;		/* of the hash; 0: empty */
	uint32_t	entry;		/* in names or own, by kind */
};

struct sl_lookalike {
	unsigned		 magic;
	const struct sl_fold	*fold;	/* may be NULL */
	char			*text;	/* the copy that slices are of */
	struct name		*names;
	struct brand		*brands;
	struct own		*own;
	size_t			 names_len, brands_len, own_len, names_size, brands_size, own_size;
	struct slot		*slots;
	uint64_t		*marks;		/* that a key may have a slot */
	size_t			 slots_len, slots_used;	/* a power of two; at most half are used */
};

/* Hashes of a string and of what is left when letters go, each in a few steps. */
struct spelling {
	size_t		len;
	uint64_t	prefix[SL_FOLD_MAX + 1], power[SL_FOLD_MAX + 1];
};

void		spelling_of(struct spelling *s, const char *text, size_t len);
uint64_t	spelling_part(const struct spelling *s, size_t from, size_t to);
uint64_t	spelling_without(const struct spelling *s, size_t i);
uint64_t	spelling_without_two(const struct spelling *s, size_t i, size_t j);	/* i < j */

/* How many changes may there be in a name of so many letters? */
unsigned	slips_allowed(size_t len);
/* Changes from a to b (optimal string alignment), at most max + 1. */
unsigned	distance(const char *a, size_t a_len, const char *b, size_t b_len, unsigned max);

/* The fold of each word by itself, put together; what stands between words is as in a text. */
size_t		fold_words(const struct sl_fold *fold, struct sl_slice text, char out[SL_FOLD_MAX + 1]);
/* The next word of a text, and what stands in front of it; false: there is none. */
bool		word_next(struct sl_slice *rest, struct sl_slice *word_out, bool *joined_out);

/* Look up: the entries whose hash it is, one after the other; *at begins as 0. False: no more. */
bool		index_next(const struct sl_lookalike *l, enum key_kind kind, uint64_t hash, size_t *at,
		    uint32_t *entry_out);

#endif
