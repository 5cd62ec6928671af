/* seen.c - see seen.h */

#include "policy/seen.h"

#include <stdio.h>

void
sl_files_seen_init(struct sl_files_seen *seen)
{
	memset(seen, 0, sizeof(*seen));
}

/* The extension as masks see it, behind the last dot; "-" stands for one of other characters or too long: no mask that
 * facts answer fits it. */
static const char *
extension_of(struct sl_slice name, char out[SL_FILES_EXTENSION_MAX + 1])
{
	const unsigned char *dot = name.len == 0 ? NULL : memrchr(name.ptr, '.', name.len);
	struct sl_slice e = dot == NULL ? sl_slice(NULL, 0) : sl_slice_from(name, (size_t)(dot + 1 - name.ptr));

	if (dot == NULL)
		return NULL;
	if (e.len > SL_FILES_EXTENSION_MAX)
		return "-";
	for (size_t i = 0; i < e.len; i++) {
		unsigned char c = sl_ascii_lower(e.ptr[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			return "-";
		out[i] = (char)c;
	}
	out[e.len] = '\0';
	return out;
}

/* What a name's own extension and that of what Windows opens are; usually one. */
static void
skeleton(struct sl_slice path, char *out, size_t size)
{
	char by_name[SL_FILES_EXTENSION_MAX + 1], by_opening[SL_FILES_EXTENSION_MAX + 1];
	struct sl_slice name = sl_files_named(path), opened = sl_files_opened(name);
	const char *written, *real;

	written = extension_of(name, by_name);
	real = extension_of(opened, by_opening);
	if (name.len == 0)
		snprintf(out, size, "%s", "");
	else if (opened.len == name.len)
		snprintf(out, size, "*%s%s", real != NULL ? "." : "", real != NULL ? real : "");
	else if (memchr(name.ptr + 1, ':', name.len - 1) == NULL || written == NULL)
		snprintf(out, size, "*%s%s.", real != NULL ? "." : "", real != NULL ? real : "");
	else
		snprintf(out, size, "*%s%s:*.%s", real != NULL ? "." : "", real != NULL ? real : "", written);
}

/* A MIME type as it may be written in a rule; others are left out. */
static void
declared(const struct sl_file *file, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	if (file->type != SL_TYPE_UNKNOWN || file->declared.len >= size)
		return;		/* it does not matter, or is no type that anybody has heard of */
	for (; n < file->declared.len; n++) {
		unsigned char c = sl_ascii_lower(file->declared.ptr[n]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && strchr("/.+-_", c) == NULL) {
			out[0] = '\0';
			return;
		}
		out[n] = (char)c;
	}
	out[n] = '\0';
}

/* What the name says that its skeleton does not. */
static void
add_by_name(const struct sl_file *file, struct sl_file *out)
{
	struct sl_name whole, bare;

	sl_name_read(sl_files_named(file->name), &whole);
	sl_name_read(out->name, &bare);
	out->promise.type = whole.type;
	out->promise.family = whole.family;
	out->promise.runs = (whole.flags & SL_FLAG_RUNS) != 0;
	out->promise.told = whole.type != bare.type || whole.family != bare.family ||
	    out->promise.runs != ((bare.flags & SL_FLAG_RUNS) != 0);
	if (!out->promise.told)
		memset(&out->promise, 0, sizeof(out->promise));
}

static bool
same(const struct sl_file *a, const struct sl_file *b)
{
	return a->type == b->type && a->type_is_sure == b->type_is_sure && a->promise.told == b->promise.told &&
	    a->promise.type == b->promise.type && a->promise.family == b->promise.family && a->promise.runs == b->promise.runs &&
	    a->inside == b->inside && a->encrypted == b->encrypted && a->macros == b->macros && a->program == b->program &&
	    a->deceptive == b->deceptive && a->unreadable == b->unreadable && sl_slice_eq(a->name, b->name) &&
	    sl_slice_eq(a->declared, b->declared);
}

void
sl_files_seen_add(struct sl_files_seen *seen, const struct sl_file *file)
{
	char name[sizeof(seen->texts[0].name)], type[sizeof(seen->texts[0].declared)];
	struct sl_file facts = *file;

	skeleton(file->name, name, sizeof(name));
	declared(file, type, sizeof(type));
	facts.name = sl_slice_str(name);
	facts.declared = sl_slice_str(type);
	add_by_name(file, &facts);
	for (size_t i = 0; i < seen->len; i++)
		if (same(&seen->files[i], &facts)) {
			seen->files[i].bytes = SL_MAX(seen->files[i].bytes, facts.bytes);
			return;
		}
	if (seen->len == SL_FILES_SEEN_MAX) {
		seen->more = true;
		return;
	}
	memcpy(seen->texts[seen->len].name, name, sizeof(name));
	memcpy(seen->texts[seen->len].declared, type, sizeof(type));
	facts.name = sl_slice_str(seen->texts[seen->len].name);
	facts.declared = sl_slice_str(seen->texts[seen->len].declared);
	seen->files[seen->len++] = facts;
}

void
sl_files_seen_part(struct sl_files_seen *seen, const struct sl_content_part *part)
{
	struct sl_file file;

	sl_file_of_part(part, &file);
	sl_files_seen_add(seen, &file);
	for (size_t i = 0; i < part->mime->names_count; i++) {
		file.name = part->mime->names[i];
		if (!sl_slice_eq(file.name, part->mime->filename))
			sl_files_seen_add(seen, &file);
	}
}
