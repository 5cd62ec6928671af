/*
 * identity.h - which vault this is: so that no other, and none that is new, is taken for it
 *
 * A vault lies in several places, which may be on several disks: the directories of headers, bodies and keys, and the master key. A disk
 * that is not mounted leaves an empty directory, in which a new vault could be made: under new keys, while the old mail is
 * out of sight. And a disk may be another vault's. So each vault has an identity, 16 random bytes, which is written down in each of its
 * places, and in marks outside of them: these say that there was a vault, also where nothing of it can be seen.
 *
 * A note of it is a file of one line:
 *	sluice-vault 1 6b66c269c4104ec37dbb4b0fa4dda651 headers
 * the last word says what the place is (so that disks that were exchanged are noticed); of a mark it is the vault's directory: a mark of
 * another directory says nothing of this one.
 *
 * Here is what a note looks like, and what follows from those that were found (sl_vault_identity_judge). Pure. What is to be written, when:
 * the notes of headers, bodies and keys, in this order, when all files are there and the head is on the disk; then that of the master key;
 * then the marks. So what was cut short is known from what is missing, and nothing that was kept can be under it.
 */
#ifndef SL_VAULT_IDENTITY_H
#define SL_VAULT_IDENTITY_H

#include "sl/buf.h"
#include "vault/disk.h"

#define SL_VAULT_IDENTITY_BYTES		16u
#define SL_VAULT_IDENTITY_DIGITS	32u
#define SL_VAULT_NOTE_MAX		4608u	/* bytes of a note */

#define SL_VAULT_PLACES(X)					\
	X(HEADERS, "headers")					\
	X(BODIES, "bodies")					\
	X(KEYS, "keys")						\
	X(MASTER, "master")	/* beside the master key */	\
	X(MARK, NULL)		/* beside the settings */	\
	X(NEAR, NULL)		/* beside the vault's directory */

enum sl_vault_place {
#define SL_VAULT_PLACE_ENUM(id, word) SL_VAULT_PLACE_##id,
	SL_VAULT_PLACES(SL_VAULT_PLACE_ENUM)
#undef SL_VAULT_PLACE_ENUM
	SL_VAULT_PLACE_COUNT,
};
#define SL_VAULT_STORES	3u	/* the first three */

enum sl_vault_note_state {
	SL_VAULT_NOTE_NONE,	/* there is none */
	SL_VAULT_NOTE_DAMAGED,	/* there is one, and it cannot be read, or is of another kind of place */
	SL_VAULT_NOTE_SAYS,
};

struct sl_vault_note {
	enum sl_vault_note_state state;
	unsigned char	id[SL_VAULT_IDENTITY_BYTES];	/* if it SAYS */
};

/* `word`: what is said of the place. */
void	sl_vault_note_write(const unsigned char id[SL_VAULT_IDENTITY_BYTES], struct sl_slice word, struct sl_buf *out);
/* What a file says: `word` must be in it; if it is another one the note is DAMAGED, a mark (`is_mark`) NONE. */
struct sl_vault_note sl_vault_note_read(struct sl_slice bytes, struct sl_slice word, bool is_mark);

/* Can nothing have been kept in files of these sizes? */
bool	sl_vault_sizes_unused(const uint64_t bytes[SL_DISK_FILE_COUNT]);

enum sl_vault_judgement {
	SL_VAULT_IS_NEW,	/* make one: `id` */
	SL_VAULT_IS_OLD,	/* an earlier version made it, and no note: open it, then write them, with `id` */
	SL_VAULT_IS_KNOWN,	/* open it; write the notes that are missing: of the master key, and marks */
	SL_VAULT_IS_AWAY,	/* there was one, `id`, and in `place` is nothing of it */
	SL_VAULT_IS_ANOTHER,	/* what `place` says is not `id`, which `other_place` says */
	SL_VAULT_IS_DAMAGED,	/* the note in `place` */
};

struct sl_vault_identity {
	enum sl_vault_judgement	judgement;
	unsigned char		id[SL_VAULT_IDENTITY_BYTES];
	enum sl_vault_place	place, other_place;
};

/* `unused`: nothing has been kept in the files there. `fresh`: random, for a new one. */
struct sl_vault_identity sl_vault_identity_judge(const struct sl_vault_note notes[SL_VAULT_PLACE_COUNT], bool unused,
    const unsigned char fresh[SL_VAULT_IDENTITY_BYTES]);

void	sl_vault_identity_text(const unsigned char id[SL_VAULT_IDENTITY_BYTES], char out[SL_VAULT_IDENTITY_DIGITS + 1]);
bool	sl_vault_identity_is(const unsigned char id[SL_VAULT_IDENTITY_BYTES], struct sl_slice text);

#endif
