/*
 * numbers.h - find payment card numbers and IBANs in running text, by their check digits
 *
 * A push finder over UTF-8. A number is one or more groups of letters and digits with one separator between each two
 * (space, hyphen or dot, of whatever width, the same throughout); it begins and ends where a group does, so that
 * nothing is found inside a longer number or word. Payment cards: 12 to 19 digits of an issuer's range (ISO/IEC 7812)
 * and of a length that it gives out, with a right Luhn digit. IBANs (ISO 13616): a country of the registry, its length,
 * and the remainder 1 modulo 97. Digits of other widths and scripts count as what they stand for, invisible
 * characters as nothing; line ends part numbers.
 *
 * Of what ends at one place the longest of each kind is told. Where the input is cut changes nothing.
 * Memory: the struct, under 200 bytes. Time: linear; at each end of a group the last 34 characters are looked at.
 *
 * Limits: of nine random numbers of a card's length and range one has a right Luhn digit.
 */
#ifndef SL_POLICY_NUMBERS_H
#define SL_POLICY_NUMBERS_H

#include "policy/setting.h"

#define SL_NUMBERS_RING	64	/* characters that are remembered: more than an IBAN has */
#define SL_CARD_MIN	12
#define SL_CARD_MAX	19
#define SL_IBAN_MIN	15
#define SL_IBAN_MAX	34

/* `number`: digits and capital letters, without separators; borrowed for the call. */
typedef void sl_numbers_sink(void *ctx, enum sl_content_number kind, struct sl_slice number);

struct sl_numbers {			/* members are numbers.c's own */
	uint32_t	 kinds;		/* bit 1 << enum sl_content_number: looked for */
	sl_numbers_sink	*sink;
	void		*ctx;		/* kept */
	unsigned char	 ring[SL_NUMBERS_RING];		/* letters and digits since the last break */
	unsigned char	 separator[SL_NUMBERS_RING];	/* of those that begin a group: before it; 0: none begins here */
	uint64_t	 count;		/* that went into the ring */
	unsigned char	 pending;	/* a separator after the last of them; PENDING_* */
	unsigned char	 held[4];	/* a character of which not all has come */
	unsigned	 held_len;
};

void	sl_numbers_init(struct sl_numbers *numbers, uint32_t kinds, sl_numbers_sink *sink, void *ctx);
void	sl_numbers_feed(struct sl_numbers *numbers, struct sl_slice utf8);
/* Here the text ends; another may follow. */
void	sl_numbers_end(struct sl_numbers *numbers);

/* Is it one, as it stands without separators? */
bool	sl_number_is_card(struct sl_slice digits);
bool	sl_number_is_iban(struct sl_slice letters_and_digits);	/* capital letters */

#endif
