/* people.c - see classify/people.h */

#include "classify/people.h"

#include <stdlib.h>

#include "sl/utf8.h"

#define PEOPLE_WORDS	24	/* of a displayed name, that are looked at */
#define WORD_MAX	SL_FOLD_IN_MAX

/* A name as one number: the sum over its words, or of all of it run together. */
struct entry {
	uint64_t	key;
	uint32_t	person;
	uint32_t	words;		/* 0: run together */
};

struct sl_people {
	const struct sl_person	*persons;	/* borrowed */
	const struct sl_fold	*fold;		/* borrowed */
	struct entry		*entries;	/* by words, then by key */
	size_t			 len;
	unsigned		 words_max;
};

/* ---- words ---- */

/* A name in pieces: hashes of its folded words, and of all of them run together. */
struct words {
	uint64_t	hashes[PEOPLE_WORDS];
	size_t		len;
	uint64_t	together;
};

/* Nothing to see: not a part of a word, nor its end. */
static bool
is_unseen(uint32_t c)
{
	return c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x2064) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c >= 0xfe00 && c <= 0xfe0f);
}

static bool
is_between(uint32_t c)
{
	return (c < 0x80 && strchr(" \t\r\n,.;:/|\\\"()[]{}<>_+*~&@!?#=-", (int)c) != NULL) ||
	    c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || (c >= 0x2010 && c <= 0x2015) || c == 0x3000 || c == 0x202f;
}

static void
word_end(const struct sl_fold *fold, struct sl_slice word, size_t letters, struct words *out)
{
	char folded[SL_FOLD_MAX + 1];
	size_t n;

	if (letters < 2 || out->len == PEOPLE_WORDS)
		return;
	n = sl_fold(fold, word, folded);
	if (n > 0)
		out->hashes[out->len++] = sl_hash(folded, n);
}

static void
split(const struct sl_fold *fold, struct sl_slice name, struct words *out)
{
	unsigned char all[SL_PEOPLE_NAME_MAX];
	size_t len = 0, from = 0, letters = 0, n;
	char folded[SL_FOLD_MAX + 1];

	out->len = 0;
	name.len = SL_MIN(name.len, (size_t)SL_PEOPLE_NAME_MAX);
	for (size_t i = 0; i < name.len; i += n) {
		uint32_t c;

		n = sl_utf8_decode(sl_slice_from(name, i), &c);
		if (n == 0) {		/* torn, or none: a letter like others */
			n = 1;
			c = 'x';
		}
		if (is_between(c)) {
			word_end(fold, sl_slice(all + from, len - from), letters, out);
			from = len;
			letters = 0;
		} else if (!is_unseen(c)) {
			memcpy(all + len, name.ptr + i, n);
			len += n;
			letters++;
		}
	}
	word_end(fold, sl_slice(all + from, len - from), letters, out);
	n = sl_fold(fold, sl_slice(all, len), folded);
	out->together = sl_hash(folded, n);
}

bool
sl_person_name_ok(struct sl_slice name)
{
	struct words words;

	split(NULL, name, &words);
	if (words.len >= 2)
		return words.len <= SL_PERSON_WORDS_MAX;
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] >= 0x80)
			return words.len == 1;
	return false;
}

/* ---- people ---- */

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->words != y->words)
		return x->words < y->words ? -1 : 1;
	return x->key == y->key ? 0 : x->key < y->key ? -1 : 1;
}

static void
add(struct sl_people *people, uint32_t person)
{
	struct entry *entry = people->entries + people->len;
	struct words words;

	split(people->fold, sl_slice_str(people->persons[person].name), &words);
	words.len = SL_MIN(words.len, (size_t)SL_PERSON_WORDS_MAX);
	if (words.len == 0)
		return;
	entry[0] = (struct entry){ words.together, person, 0 };
	entry[1] = (struct entry){ 0, person, (uint32_t)words.len };
	for (size_t i = 0; i < words.len; i++)
		entry[1].key += words.hashes[i];
	people->len += 2;
	people->words_max = SL_MAX(people->words_max, (unsigned)words.len);
}

struct sl_people *
sl_people_new(const struct sl_person *persons, size_t len, const struct sl_fold *fold)
{
	struct sl_people *people;

	if (len == 0)
		return NULL;
	SL_ASSERT(len < UINT32_MAX);
	people = sl_xzalloc(sizeof(*people));
	people->persons = persons;
	people->fold = fold;
	people->entries = sl_xzalloc(2 * len * sizeof(*people->entries));
	for (size_t i = 0; i < len; i++)
		add(people, (uint32_t)i);
	qsort(people->entries, people->len, sizeof(*people->entries), compare);
	return people;
}

void
sl_people_free(struct sl_people **people)
{
	if (*people == NULL)
		return;
	sl_free((*people)->entries);
	sl_free(*people);
	*people = NULL;
}

static const struct sl_person *
look_up(const struct sl_people *people, uint32_t words, uint64_t key)
{
	const struct entry wanted = { key, 0, words };
	const struct entry *found = bsearch(&wanted, people->entries, people->len, sizeof(wanted), compare);

	return found == NULL ? NULL : &people->persons[found->person];
}

/* So many words side by side, anywhere in the name. */
static const struct sl_person *
find_window(const struct sl_people *people, const struct words *words, size_t window)
{
	const struct sl_person *person = NULL;
	uint64_t sum = 0;

	for (size_t i = 0; i < words->len && person == NULL; i++) {
		sum += words->hashes[i];
		if (i >= window)
			sum -= words->hashes[i - window];
		if (i + 1 >= window)
			person = look_up(people, (uint32_t)window, sum);
	}
	return person;
}

const struct sl_person *
sl_people_find(const struct sl_people *people, struct sl_slice name)
{
	const struct sl_person *person;
	struct words words;

	if (people == NULL || people->len == 0 || name.len == 0)
		return NULL;
	split(people->fold, name, &words);
	person = look_up(people, 0, words.together);
	for (size_t i = 0; person == NULL && i < words.len; i++)
		person = look_up(people, 0, words.hashes[i]);
	for (size_t window = 1; person == NULL && window <= people->words_max; window++)
		person = find_window(people, &words, window);
	return person;
}

bool
sl_person_has(const struct sl_person *person, struct sl_slice address, struct sl_slice host)
{
	for (size_t i = 0; i < person->addresses_len; i++) {
		struct sl_slice own = sl_slice_str(person->addresses[i]);

		if (memchr(own.ptr, '@', own.len) != NULL) {
			if (sl_slice_ieq(own, address))
				return true;
		} else if (host.len >= own.len && sl_slice_ieq(own, sl_slice_from(host, host.len - own.len)) &&
		    (host.len == own.len || host.ptr[host.len - own.len - 1] == '.')) {
			return true;
		}
	}
	return false;
}
