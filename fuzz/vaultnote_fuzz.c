/*
 * vaultnote_fuzz.c - which vault a place says it is: a note says what was written, or nothing; and what follows of notes of any kind
 *
 * The input is a file's bytes, and what stands in each of the six places: nothing, a note of one of two vaults, a note that was cut, the
 * bytes. No new vault is made where any place says that there was one, and none is opened whose places do not agree.
 */

#include "vault/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char ids[2][SL_VAULT_IDENTITY_BYTES] = { { 0xa1, 2, 3 }, { 0xa1, 2, 4 } }, fresh[SL_VAULT_IDENTITY_BYTES] = { 0xff };

#define PLACE_WORD(id, word) word,
static const char *const words[] = { SL_VAULT_PLACES(PLACE_WORD) };
#undef PLACE_WORD

static struct sl_slice
word_of(int place)
{
	return words[place] == NULL ? SL_SLICE_LIT("/var/lib/sluice/vault") : sl_slice_str(words[place]);
}

/* It says something only if it is, byte for byte, what is written for that; and it says nothing of this place only if it is a mark of
 * another directory. */
static void
check_read(struct sl_slice bytes, struct sl_slice word, bool is_mark)
{
	struct sl_vault_note note = sl_vault_note_read(bytes, word, is_mark);
	struct sl_buf again;

	sl_buf_init(&again, SL_VAULT_NOTE_MAX + 512);
	if (note.state == SL_VAULT_NOTE_SAYS) {
		sl_vault_note_write(note.id, word, &again);
		SL_ASSERT(sl_slice_eq(bytes, sl_buf_slice(&again)));
	} else if (note.state == SL_VAULT_NOTE_NONE) {
		size_t at = strlen("sluice-vault 1 ") + SL_VAULT_IDENTITY_DIGITS + 1;
		struct sl_slice other;

		SL_ASSERT(is_mark && bytes.len > at && bytes.ptr[bytes.len - 1] == '\n');
		other = sl_slice(bytes.ptr + at, bytes.len - at - 1);
		SL_ASSERT(!sl_slice_eq(other, word) && sl_vault_note_read(bytes, other, true).state == SL_VAULT_NOTE_SAYS);
	}
	sl_buf_fini(&again);
}

/* What was written is read; cut anywhere it says nothing, and is not taken for none. */
static void
check_written(const unsigned char *id, struct sl_slice word, bool is_mark, size_t cut)
{
	struct sl_vault_note note;
	struct sl_buf text;

	sl_buf_init(&text, SL_VAULT_NOTE_MAX + 512);
	sl_vault_note_write(id, word, &text);
	note = sl_vault_note_read(sl_buf_slice(&text), word, is_mark);
	SL_ASSERT(note.state == SL_VAULT_NOTE_SAYS && memcmp(note.id, id, sizeof(note.id)) == 0);
	cut %= text.len;
	SL_ASSERT(sl_vault_note_read(sl_slice(text.data, cut), word, is_mark).state == SL_VAULT_NOTE_DAMAGED);
	sl_buf_fini(&text);
}

/* What stands in a place. */
static struct sl_vault_note
place_note(int place, unsigned char kind, struct sl_slice bytes)
{
	bool is_mark = words[place] == NULL;
	struct sl_vault_note note = { .state = SL_VAULT_NOTE_NONE };
	struct sl_buf text;

	if (kind % 5 == 0)
		return note;
	sl_buf_init(&text, 512);
	sl_vault_note_write(ids[kind % 2], word_of(place), &text);
	if (kind % 5 == 3)
		bytes = sl_slice(text.data, kind % text.len);
	else if (kind % 5 != 4)
		bytes = sl_buf_slice(&text);
	note = sl_vault_note_read(bytes, word_of(place), is_mark);
	sl_buf_fini(&text);
	return note;
}

struct said {
	bool	any, damaged, differ;
	size_t	stores;		/* that say something */
	const unsigned char *id;
};

static struct said
what_is_said(const struct sl_vault_note *notes)
{
	struct said said = { .any = false };

	for (int i = 0; i < SL_VAULT_PLACE_COUNT; i++) {
		said.damaged |= notes[i].state == SL_VAULT_NOTE_DAMAGED;
		if (notes[i].state != SL_VAULT_NOTE_SAYS)
			continue;
		said.differ |= said.any && memcmp(notes[i].id, said.id, SL_VAULT_IDENTITY_BYTES) != 0;
		said.id = said.any ? said.id : notes[i].id;
		said.any = true;
		said.stores += i < (int)SL_VAULT_STORES;
	}
	return said;
}

static void
check_judge(const struct sl_vault_note *notes, bool unused)
{
	const struct sl_vault_identity is = sl_vault_identity_judge(notes, unused, fresh);
	const struct said said = what_is_said(notes);

	switch (is.judgement) {
	case SL_VAULT_IS_NEW:
		SL_ASSERT(unused && !said.damaged && !said.differ && said.stores < SL_VAULT_STORES);
		/* a start that was cut short: the notes are written in order, and nothing can have been kept before that of the keys */
		for (int i = SL_VAULT_PLACE_KEYS; i < SL_VAULT_PLACE_COUNT; i++)
			SL_ASSERT(notes[i].state == SL_VAULT_NOTE_NONE);
		SL_ASSERT(memcmp(is.id, said.any ? said.id : fresh, sizeof(is.id)) == 0);
		break;
	case SL_VAULT_IS_OLD:
		SL_ASSERT(!unused && !said.any && !said.damaged && memcmp(is.id, fresh, sizeof(is.id)) == 0);
		break;
	case SL_VAULT_IS_KNOWN:
		SL_ASSERT(said.stores == SL_VAULT_STORES && !said.damaged && !said.differ && memcmp(is.id, said.id, sizeof(is.id)) == 0);
		break;
	case SL_VAULT_IS_AWAY:
		SL_ASSERT(said.any && !said.damaged && !said.differ && memcmp(is.id, said.id, sizeof(is.id)) == 0);
		SL_ASSERT(is.place < (enum sl_vault_place)SL_VAULT_STORES && notes[is.place].state == SL_VAULT_NOTE_NONE);
		break;
	case SL_VAULT_IS_ANOTHER:
		SL_ASSERT(said.differ && notes[is.place].state == SL_VAULT_NOTE_SAYS && notes[is.other_place].state == SL_VAULT_NOTE_SAYS);
		SL_ASSERT(memcmp(notes[is.place].id, notes[is.other_place].id, SL_VAULT_IDENTITY_BYTES) != 0);
		break;
	case SL_VAULT_IS_DAMAGED:
		SL_ASSERT(notes[is.place].state == SL_VAULT_NOTE_DAMAGED);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_vault_note notes[SL_VAULT_PLACE_COUNT];
	unsigned char id[SL_VAULT_IDENTITY_BYTES] = { 0 };
	struct sl_slice bytes;

	if (size < 8)
		return 0;
	bytes = sl_slice(data + 8, SL_MIN(size - 8, (size_t)SL_VAULT_NOTE_MAX));
	memcpy(id, bytes.ptr, SL_MIN(bytes.len, sizeof(id)));
	for (int i = 0; i < SL_VAULT_PLACE_COUNT; i++) {
		check_read(bytes, word_of(i), words[i] == NULL);
		check_written(id, word_of(i), words[i] == NULL, data[7]);
		notes[i] = place_note(i, data[i], bytes);
	}
	check_judge(notes, data[6] % 2 == 1);
	return 0;
}
