/*
 * place.c - is it this vault that lies where it should? See vault/identity.h, and process.h
 *
 * What is looked at is opened and closed at each look: a disk can be mounted over it meanwhile.
 */

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sl/log.h"

#define NOTE_NAME	"vault.id"

static const char *const words[] = {
#define PLACE_WORD(id, word) [SL_VAULT_PLACE_##id] = word,
	SL_VAULT_PLACES(PLACE_WORD)
#undef PLACE_WORD
};

void
places_make(struct places *places, const struct sl_kept_settings *settings)
{
	struct sl_slice dir = settings->directory;
	char *d, *master;

	while (dir.len > 1 && dir.ptr[dir.len - 1] == '/')
		dir.len--;
	d = sl_xasprintf(SL_SLICE_FMT, SL_SLICE_ARG(dir));
	master = settings->master_key.len == 0 ? sl_xasprintf("%s/master.key", d)
	    : sl_xasprintf(SL_SLICE_FMT, SL_SLICE_ARG(settings->master_key));
	*places = (struct places){ .directory = d, .master = master, .stores = { sl_xasprintf("%s/headers", d),
	    sl_xasprintf("%s/bodies", d), sl_xasprintf("%s/keys", d) }, .notes = {
		[SL_VAULT_PLACE_HEADERS] = sl_xasprintf("%s/headers/" NOTE_NAME, d),
		[SL_VAULT_PLACE_BODIES] = sl_xasprintf("%s/bodies/" NOTE_NAME, d),
		[SL_VAULT_PLACE_KEYS] = sl_xasprintf("%s/keys/" NOTE_NAME, d),
		[SL_VAULT_PLACE_MASTER] = sl_xasprintf("%s.id", master),
		[SL_VAULT_PLACE_MARK] = settings->mark.len == 0 ? NULL
		    : sl_xasprintf(SL_SLICE_FMT, SL_SLICE_ARG(settings->mark)),
		[SL_VAULT_PLACE_NEAR] = sl_xasprintf("%s.id", d),
	    } };
}

void
places_free(struct places *places)
{
	sl_free(places->directory);
	sl_free(places->master);
	for (size_t i = 0; i < SL_COUNT(places->stores); i++)
		sl_free(places->stores[i]);
	for (size_t i = 0; i < SL_COUNT(places->notes); i++)
		sl_free(places->notes[i]);
	*places = (struct places){ 0 };
}

/* ---- files ---- */

static char *
file_path(const struct places *places, enum sl_disk_file file)
{
	static const char *const names[SL_DISK_FILE_COUNT] = {
#define FILE_NAME(id, name) [SL_DISK_##id] = name,
		SL_DISK_FILES(FILE_NAME)
#undef FILE_NAME
	};
	static const enum sl_vault_place dirs[SL_DISK_FILE_COUNT] = { [SL_DISK_HEADERS] = SL_VAULT_PLACE_HEADERS,
		[SL_DISK_BODIES] = SL_VAULT_PLACE_BODIES, [SL_DISK_KEYS] = SL_VAULT_PLACE_KEYS,
		[SL_DISK_TENANTS] = SL_VAULT_PLACE_KEYS };

	return sl_xasprintf("%s/%s", places->stores[dirs[file]], names[file]);
}

bool
places_unused(const struct places *places)
{
	uint64_t bytes[SL_DISK_FILE_COUNT];

	for (int i = 0; i < SL_DISK_FILE_COUNT; i++) {
		char *path = file_path(places, (enum sl_disk_file)i);
		struct stat st;

		bytes[i] = stat(path, &st) == 0 ? (uint64_t)st.st_size : errno == ENOENT || errno == ENOTDIR ? 0 : UINT64_MAX;
		sl_free(path);
	}
	return sl_vault_sizes_unused(bytes);
}

/* A vault that has its notes has all its files. */
static bool
files_are_there(struct process *p, const struct places *places)
{
	bool all = true;

	for (int i = 0; i < SL_DISK_FILE_COUNT && all; i++) {
		char *path = file_path(places, (enum sl_disk_file)i);

		all = access(path, F_OK) == 0;
		if (!all)
			process_why(p, "%s: %s, and there was one", path, strerror(errno));
		sl_free(path);
	}
	return all;
}

/* ---- notes ---- */

static struct sl_slice
word_of(const struct places *places, enum sl_vault_place place)
{
	return sl_slice_str(words[place] != NULL ? words[place] : places->directory);
}

static struct sl_vault_note
note_read(const struct places *places, enum sl_vault_place place)
{
	struct sl_vault_note note = { .state = SL_VAULT_NOTE_NONE };
	unsigned char bytes[SL_VAULT_NOTE_MAX];
	ssize_t n;
	int fd;

	if (places->notes[place] == NULL)
		return note;
	fd = open(places->notes[place], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			note.state = SL_VAULT_NOTE_DAMAGED;
		return note;
	}
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	return sl_vault_note_read(sl_slice(bytes, n < 0 ? 0 : (size_t)n), word_of(places, place), words[place] == NULL);
}

static bool
directory_sync(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? sl_xasprintf(".") : sl_xasprintf("%.*s/", (int)(slash - path), path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	sl_free(dir);
	return good;
}

/* Whole or not at all. False: errno. */
static bool
note_write(const struct places *places, enum sl_vault_place place, const unsigned char id[SL_VAULT_IDENTITY_BYTES])
{
	const char *path = places->notes[place];
	char *fresh = sl_xasprintf("%s.new", path);
	struct sl_buf text;
	bool good;
	int fd, error;

	sl_buf_init(&text, SL_VAULT_NOTE_MAX);
	sl_vault_note_write(id, word_of(places, place), &text);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	good = fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len && fsync(fd) == 0 && rename(fresh, path) == 0 &&
	    directory_sync(path);
	error = errno;
	if (fd >= 0)
		close(fd);
	if (!good)
		(void)unlink(fresh);
	sl_free(fresh);
	sl_buf_fini(&text);
	errno = error;
	return good;
}

/* Beside the master key, and the marks: what is missing of them. */
static void
marks_write(const struct places *places, const unsigned char id[SL_VAULT_IDENTITY_BYTES])
{
	bool marked = false;

	for (int i = SL_VAULT_PLACE_MASTER; i < SL_VAULT_PLACE_COUNT; i++) {
		enum sl_vault_place place = (enum sl_vault_place)i;
		struct sl_vault_note note = note_read(places, place);

		if (places->notes[place] == NULL)
			continue;
		if ((note.state == SL_VAULT_NOTE_SAYS && memcmp(note.id, id, sizeof(note.id)) == 0) || note_write(places, place, id))
			marked |= words[place] == NULL;
		else
			sl_log(SL_LOG_DEBUG, "%s: %s", places->notes[place], strerror(errno));
	}
	if (!marked)
		sl_log(SL_LOG_WARNING, "neither %s nor %s can be written: should the vault's disk not be mounted some day, "
		    "a new vault would be made in its place", places->notes[SL_VAULT_PLACE_NEAR],
		    places->notes[SL_VAULT_PLACE_MARK] != NULL ? places->notes[SL_VAULT_PLACE_MARK] : "a file beside the settings");
}

/* ---- what follows ---- */

static void
why_not(struct process *p, const struct places *places, const struct sl_vault_identity *is, const struct sl_vault_note *there)
{
	char id[SL_VAULT_IDENTITY_DIGITS + 1], other[SL_VAULT_IDENTITY_DIGITS + 1];

	sl_vault_identity_text(is->id, id);
	sl_vault_identity_text(there->id, other);
	if (is->judgement == SL_VAULT_IS_DAMAGED)
		process_why(p, "%s cannot be read, or is not a vault's note of this place: are disks exchanged?", places->notes[is->place]);
	else if (is->judgement == SL_VAULT_IS_ANOTHER)
		process_why(p, "%s says that this is vault %s, and %s says %s: is the right disk mounted?", places->notes[is->place],
		    other, places->notes[is->other_place], id);
	else
		process_why(p, "vault %s should be here, and nothing of it is in %s: is its disk mounted? (To give that vault up, "
		    "and begin a new one: sluicectl key new-vault %s)", id, places->stores[is->place], id);
}

bool
place_judge(struct process *p, const struct places *places, struct sl_vault_identity *is_out)
{
	unsigned char fresh[SL_VAULT_IDENTITY_BYTES];
	struct sl_vault_note notes[SL_VAULT_PLACE_COUNT] = { 0 };

	sl_random(fresh, sizeof(fresh));
	for (int i = 0; i < SL_VAULT_PLACE_COUNT && !p->given_up; i++)
		notes[i] = note_read(places, (enum sl_vault_place)i);
	*is_out = sl_vault_identity_judge(notes, places_unused(places), fresh);
	p->away = is_out->judgement == SL_VAULT_IS_AWAY || is_out->judgement == SL_VAULT_IS_ANOTHER;
	memcpy(p->away_id, is_out->id, sizeof(p->away_id));
	if (is_out->judgement == SL_VAULT_IS_KNOWN)
		return files_are_there(p, places);
	if (is_out->judgement <= SL_VAULT_IS_OLD)
		return true;
	why_not(p, places, is_out, &notes[is_out->place]);
	return false;
}

bool
place_note(struct process *p, const struct places *places, const struct sl_vault_identity *is)
{
	char id[SL_VAULT_IDENTITY_DIGITS + 1];

	sl_vault_identity_text(is->id, id);
	for (unsigned i = 0; i < SL_VAULT_STORES && is->judgement != SL_VAULT_IS_KNOWN; i++) {
		if (note_write(places, (enum sl_vault_place)i, is->id))
			continue;
		if (is->judgement == SL_VAULT_IS_NEW) {
			process_why(p, "%s: %s", places->notes[i], strerror(errno));
			return false;
		}
		sl_log(SL_LOG_WARNING, "%s: %s: it will not be noticed if this disk is not mounted", places->notes[i], strerror(errno));
		return true;
	}
	marks_write(places, is->id);
	if (is->judgement == SL_VAULT_IS_NEW)
		sl_log(SL_LOG_NOTICE, "a new vault was made in %s: %s", places->directory, id);
	p->given_up = false;
	return true;
}

int
place_give_up(struct process *p, struct sl_slice id)
{
	struct sl_kept_settings settings;
	struct places places;
	bool unused;

	if (p->vault != NULL || !p->away)
		return SL_ERR_EXISTS;
	if (!sl_vault_identity_is(p->away_id, id))
		return SL_ERR_NOT_FOUND;
	SL_ASSERT(sl_kept_unpack_settings(sl_buf_slice(&p->settings), &settings) == 0);
	places_make(&places, &settings);
	unused = places_unused(&places);
	places_free(&places);
	if (!unused)
		return SL_ERR_BUSY;
	p->given_up = true;
	sl_timer_soon(&p->again);
	return 0;
}
