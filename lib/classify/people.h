/*
 * people.h - people whose names are protected: does an author call himself by one of them?
 *
 * A tenant's people, by name, each with the addresses and domains that he writes from besides the tenant's own. A
 * displayed name is one of theirs if all words of it stand there side by side, in any order ("Doe, Ann",
 * "Ann Doe (Finance)"), or run together or spaced out ("A n n  D o e"); as fold.h sees them, so that letters
 * which only look alike are the same. Words of one letter (initials) are passed by.
 *
 * Memory: 48 bytes a person. Time: a look-up folds at most PEOPLE_WORDS words, about 2 us, and does not
 * depend on how many people there are.
 *
 * Limits: slips ("Ann Deo"), nicknames, and names beyond the first SL_PEOPLE_NAME_MAX bytes are not found.
 */
#ifndef SL_CLASSIFY_PEOPLE_H
#define SL_CLASSIFY_PEOPLE_H

#include "lookalike/fold.h"

#define SL_PEOPLE_NAME_MAX	256
#define SL_PERSON_WORDS_MAX	6	/* of a person's name, that count */

struct sl_person {
	char	 *name;		/* UTF-8 */
	char	**addresses;	/* local@domain; or a domain, with all below it. Domains in lower case A-labels */
	size_t	  addresses_len;
};

/* Is it a name that can be told from ordinary words: two words, or letters beyond ASCII? */
bool	sl_person_name_ok(struct sl_slice name);

struct sl_people;

/* `persons` and `fold` (may be NULL) are kept. NULL: there is nobody. */
struct sl_people	*sl_people_new(const struct sl_person *persons, size_t len, const struct sl_fold *fold);
void			 sl_people_free(struct sl_people **people);	/* NULL is fine */
/* Whose name is it? NULL: nobody's. `people` may be NULL. */
const struct sl_person	*sl_people_find(const struct sl_people *people, struct sl_slice name);
/* Does he write from this address, whose domain is `host` (lower case A-labels)? */
bool			 sl_person_has(const struct sl_person *person, struct sl_slice address, struct sl_slice host);

#endif
