/* identity.c - see vault/identity.h */

#include "vault/identity.h"

#define BEGINNING	"sluice-vault 1 "

static const char hex[] = "0123456789abcdef";

void
sl_vault_identity_text(const unsigned char id[SL_VAULT_IDENTITY_BYTES], char out[SL_VAULT_IDENTITY_DIGITS + 1])
{
	for (size_t i = 0; i < SL_VAULT_IDENTITY_BYTES; i++) {
		out[2 * i] = hex[id[i] >> 4];
		out[2 * i + 1] = hex[id[i] & 15];
	}
	out[SL_VAULT_IDENTITY_DIGITS] = '\0';
}

bool
sl_vault_identity_is(const unsigned char id[SL_VAULT_IDENTITY_BYTES], struct sl_slice text)
{
	char digits[SL_VAULT_IDENTITY_DIGITS + 1];

	sl_vault_identity_text(id, digits);
	return sl_slice_eq(text, sl_slice_str(digits));
}

void
sl_vault_note_write(const unsigned char id[SL_VAULT_IDENTITY_BYTES], struct sl_slice word, struct sl_buf *out)
{
	char digits[SL_VAULT_IDENTITY_DIGITS + 1];

	sl_vault_identity_text(id, digits);
	sl_buf_addf(out, BEGINNING "%s ", digits);
	sl_buf_add_slice(out, word);
	sl_buf_add_str(out, "\n");
}

static bool
id_read(struct sl_slice digits, unsigned char id_out[SL_VAULT_IDENTITY_BYTES])
{
	for (size_t i = 0; i < SL_VAULT_IDENTITY_DIGITS; i++) {
		const char *digit = digits.ptr[i] == '\0' ? NULL : strchr(hex, digits.ptr[i]);

		if (digit == NULL)
			return false;
		id_out[i / 2] = (unsigned char)(id_out[i / 2] << 4 | (digit - hex));
	}
	return true;
}

struct sl_vault_note
sl_vault_note_read(struct sl_slice bytes, struct sl_slice word, bool is_mark)
{
	struct sl_vault_note note = { .state = SL_VAULT_NOTE_DAMAGED };
	const struct sl_slice beginning = SL_SLICE_LIT(BEGINNING);
	const size_t word_at = beginning.len + SL_VAULT_IDENTITY_DIGITS + 1;
	struct sl_slice said;

	if (bytes.len < word_at + 1 || memcmp(bytes.ptr, beginning.ptr, beginning.len) != 0 || bytes.ptr[word_at - 1] != ' ' ||
	    bytes.ptr[bytes.len - 1] != '\n' || !id_read(sl_slice(bytes.ptr + beginning.len, SL_VAULT_IDENTITY_DIGITS), note.id))
		return note;
	said = sl_slice(bytes.ptr + word_at, bytes.len - word_at - 1);
	if (sl_slice_eq(said, word))
		note.state = SL_VAULT_NOTE_SAYS;
	else if (is_mark && memchr(said.ptr, '\n', said.len) == NULL)
		note.state = SL_VAULT_NOTE_NONE;
	return note;
}

/* What the notes say, if they agree. A mark is believed more than a store: it is not on a disk that may be the wrong one. */
static bool
said_id(const struct sl_vault_note *notes, struct sl_vault_identity *out)
{
	static const enum sl_vault_place order[] = { SL_VAULT_PLACE_MARK, SL_VAULT_PLACE_NEAR, SL_VAULT_PLACE_MASTER,
		SL_VAULT_PLACE_KEYS, SL_VAULT_PLACE_HEADERS, SL_VAULT_PLACE_BODIES };
	bool said = false;

	_Static_assert(SL_COUNT(order) == SL_VAULT_PLACE_COUNT, "all of them");
	for (size_t i = 0; i < SL_COUNT(order); i++) {
		const struct sl_vault_note *note = &notes[order[i]];

		if (note->state == SL_VAULT_NOTE_NONE)
			continue;
		if (note->state == SL_VAULT_NOTE_DAMAGED || (said && memcmp(note->id, out->id, sizeof(out->id)) != 0)) {
			out->judgement = note->state == SL_VAULT_NOTE_DAMAGED ? SL_VAULT_IS_DAMAGED : SL_VAULT_IS_ANOTHER;
			out->place = order[i];
			return true;
		}
		if (!said) {
			memcpy(out->id, note->id, sizeof(out->id));
			out->other_place = order[i];
		}
		said = true;
	}
	return said;
}

/* They are written one after the other: was that cut short before any message could be kept? */
static bool
cut_short(const struct sl_vault_note *notes, bool unused)
{
	return unused && notes[SL_VAULT_PLACE_KEYS].state == SL_VAULT_NOTE_NONE &&
	    notes[SL_VAULT_PLACE_MASTER].state == SL_VAULT_NOTE_NONE && notes[SL_VAULT_PLACE_MARK].state == SL_VAULT_NOTE_NONE &&
	    notes[SL_VAULT_PLACE_NEAR].state == SL_VAULT_NOTE_NONE;
}

struct sl_vault_identity
sl_vault_identity_judge(const struct sl_vault_note notes[SL_VAULT_PLACE_COUNT], bool unused,
    const unsigned char fresh[SL_VAULT_IDENTITY_BYTES])
{
	struct sl_vault_identity is = { .judgement = SL_VAULT_IS_KNOWN };

	if (!said_id(notes, &is)) {
		is.judgement = unused ? SL_VAULT_IS_NEW : SL_VAULT_IS_OLD;
		memcpy(is.id, fresh, sizeof(is.id));
		return is;
	}
	if (is.judgement != SL_VAULT_IS_KNOWN)
		return is;
	for (size_t i = 0; i < SL_VAULT_STORES; i++)
		if (notes[i].state == SL_VAULT_NOTE_NONE) {
			is.judgement = cut_short(notes, unused) ? SL_VAULT_IS_NEW : SL_VAULT_IS_AWAY;
			is.place = (enum sl_vault_place)i;
			return is;
		}
	return is;
}
