/* files.c - see files.h */

#include "policy/files.h"

#include <stdio.h>

/* ---- what a file is */

static struct sl_slice
last_component(struct sl_slice path)
{
	const unsigned char *slash = path.len == 0 ? NULL : memrchr(path.ptr, '/', path.len);

	return slash == NULL ? path : sl_slice_from(path, (size_t)(slash + 1 - path.ptr));
}

void
sl_file_of_part(const struct sl_content_part *part, struct sl_file *file)
{
	*file = (struct sl_file){ .type = part->sniffed.type, .type_is_sure = part->sniffed.strong,
		.bytes = part->mime->size_bytes };
	file->name = part->mime->filename;
	file->declared = part->mime->type;
	file->deceptive = (part->agree & (SL_AGREE_BIT(NAME_HIDES) | SL_AGREE_BIT(TYPE_HIDES))) != 0;
	file->program = (part->sniffed.flags & SL_FLAG_RUNS) != 0 && part->sniffed.strong;
	if (part->zip != NULL && part->zip->is_zip) {
		file->type = part->zip->type != SL_TYPE_UNKNOWN ? part->zip->type : file->type;
		file->encrypted = part->zip->encrypted > 0 || (part->zip->findings & SL_ZIP_BIT(CENTRAL_ENCRYPTED)) != 0;
		file->macros = part->zip->has_macros;
	}
}

void
sl_file_of_zip_entry(const struct sl_zip_entry *entry, struct sl_file *file)
{
	*file = (struct sl_file){ .name = entry->name, .bytes = entry->bytes, .inside = true,
		.encrypted = entry->encrypted && !entry->directory };
}

/* What findings of a helper say of the file they are of. */
static void
of_finding(enum sl_deep_finding id, struct sl_file *file)
{
	static const enum sl_deep_finding encrypted[] = { SL_DEEP_ARCHIVE_ENCRYPTED, SL_DEEP_DOCUMENT_ENCRYPTED };
	static const enum sl_deep_finding macros[] = { SL_DEEP_MACRO, SL_DEEP_MACRO_AUTORUN, SL_DEEP_MACRO_SUSPICIOUS,
		SL_DEEP_MACRO_XLM, SL_DEEP_MACRO_UNREADABLE };
	static const enum sl_deep_finding programs[] = { SL_DEEP_EXECUTABLE, SL_DEEP_OLE_EXECUTABLE, SL_DEEP_INSTALLER,
		SL_DEEP_LNK_COMMAND };
	static const enum sl_deep_finding unreadable[] = { SL_DEEP_BUDGET, SL_DEEP_MEMORY, SL_DEEP_HELPER_DIED,
		SL_DEEP_HELPER_TIMEOUT, SL_DEEP_HELPER_MISSING, SL_DEEP_ARCHIVE_DAMAGED, SL_DEEP_ARCHIVE_UNSUPPORTED,
		SL_DEEP_MACRO_UNREADABLE, SL_DEEP_OLE_DAMAGED, SL_DEEP_PDF_DAMAGED, SL_DEEP_TNEF_DAMAGED };

	for (size_t i = 0; i < SL_COUNT(encrypted); i++)
		file->encrypted |= id == encrypted[i];
	for (size_t i = 0; i < SL_COUNT(macros); i++)
		file->macros |= id == macros[i];
	for (size_t i = 0; i < SL_COUNT(programs); i++)
		file->program |= id == programs[i];
	for (size_t i = 0; i < SL_COUNT(unreadable); i++)
		file->unreadable |= id == unreadable[i];
}

bool
sl_file_of_deep(const struct sl_deep_item *item, struct sl_slice name, struct sl_file *file)
{
	*file = (struct sl_file){ .name = item->path.len > 0 ? item->path : name, .inside = item->path.len > 0 };
	switch (item->kind) {
	case SL_DEEP_ENTRY:
		file->type = sl_type_of_mime(item->entry.type);
		file->type_is_sure = true;
		file->bytes = item->entry.size_bytes;
		file->encrypted = (item->entry.flags & SL_DEEP_ENCRYPTED) != 0;
		file->macros = (item->entry.flags & SL_DEEP_HAS_MACRO) != 0;
		file->program = (item->entry.flags & SL_DEEP_IS_PROGRAM) != 0;
		return (item->entry.flags & SL_DEEP_DIRECTORY) == 0;
	case SL_DEEP_FINDING:
		of_finding(item->finding.id, file);
		return file->encrypted || file->macros || file->program || file->unreadable;
	case SL_DEEP_LINK: case SL_DEEP_KIND_COUNT:
		break;
	}
	return false;
}

/* ---- masks */

static size_t
character_len(struct sl_slice s)
{
	size_t n = 1;

	while (n < s.len && n < 4 && (s.ptr[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* At a mismatch the last star takes one character more: no recursion, and no star before it matters. */
bool
sl_files_mask(struct sl_slice mask, struct sl_slice name)
{
	size_t m = 0, n = 0, star = SIZE_MAX, from = 0;

	while (n < name.len) {
		if (m < mask.len && mask.ptr[m] == '*') {
			star = m++;
			from = n;
		} else if (m < mask.len && mask.ptr[m] == '?') {
			m++;
			n += character_len(sl_slice_from(name, n));
		} else if (m < mask.len && mask.ptr[m] == sl_ascii_lower(name.ptr[n])) {
			m++;
			n++;
		} else if (star != SIZE_MAX) {
			m = star + 1;
			from += character_len(sl_slice_from(name, from));
			n = from;
		} else {
			return false;
		}
	}
	while (m < mask.len && mask.ptr[m] == '*')
		m++;
	return m == mask.len;
}

/* ---- rules */

/* A file with what its name says of it. */
struct named {
	const struct sl_file	*file;
	struct sl_slice		 name;		/* the last part of it */
	struct sl_slice		 opened;	/* as Windows opens it: no dots and blanks at the end, no stream */
	struct sl_name		 read;
};

struct sl_slice
sl_files_named(struct sl_slice path)
{
	struct sl_slice name = last_component(path);

	return name.len > SL_FILES_NAME_MAX ? sl_slice_from(name, name.len - SL_FILES_NAME_MAX) : name;
}

struct sl_slice
sl_files_opened(struct sl_slice name)
{
	const unsigned char *colon = name.len == 0 ? NULL : memchr(name.ptr, ':', name.len);

	if (colon != NULL && colon > name.ptr)
		name.len = (size_t)(colon - name.ptr);
	while (name.len > 0 && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == ' '))
		name.len--;
	return name;
}

static void
named_init(struct named *f, const struct sl_file *file)
{
	f->file = file;
	f->name = sl_files_named(file->name);
	sl_name_read(f->name, &f->read);
	if (file->promise.told) {
		f->read.type = file->promise.type;
		f->read.family = file->promise.family;
		f->read.flags = file->promise.runs ? SL_FLAG_RUNS : 0;
	}
	f->opened = sl_files_opened(f->name);
}

static bool
runs(const struct named *f)
{
	bool by_content = (sl_type_flags(f->file->type) & SL_FLAG_RUNS) != 0;
	bool by_name = (f->read.flags & SL_FLAG_RUNS) != 0;

	/* Text that looks like a script is one if its name says so too. */
	return f->file->program || by_name || (by_content && f->file->type_is_sure);
}

static bool
family_fits(const struct sl_attachment_rule *rule, const struct named *f)
{
	return rule->families == 0 || (rule->families >> sl_type_family(f->file->type) & 1) != 0 ||
	    (rule->families >> f->read.family & 1) != 0;
}

static bool
type_is(struct sl_slice wanted, struct sl_slice type)
{
	if (wanted.len >= 2 && wanted.ptr[wanted.len - 1] == '*' && wanted.ptr[wanted.len - 2] == '/')
		return sl_slice_istarts(type, sl_slice(wanted.ptr, wanted.len - 1));
	return sl_slice_ieq(wanted, type);
}

/* By its content; by its name; what the message says counts where the content says nothing. */
static bool
type_fits(const struct sl_attachment_rule *rule, const struct named *f)
{
	for (size_t i = 0; i < rule->types.len; i++) {
		struct sl_slice wanted = rule->types.items[i];

		if (f->file->type != SL_TYPE_UNKNOWN && type_is(wanted, sl_slice_str(sl_type_mime(f->file->type))))
			return true;
		if (f->read.type != SL_TYPE_UNKNOWN && type_is(wanted, sl_slice_str(sl_type_mime(f->read.type))))
			return true;
		if (f->file->type == SL_TYPE_UNKNOWN && type_is(wanted, f->file->declared))
			return true;
	}
	return rule->types.len == 0;
}

static bool
name_fits(const struct sl_attachment_rule *rule, const struct named *f)
{
	for (size_t i = 0; i < rule->names.len; i++)
		if (sl_files_mask(rule->names.items[i], f->name) || sl_files_mask(rule->names.items[i], f->opened))
			return true;
	return rule->names.len == 0;
}

static bool
fits(const struct sl_attachment_rule *rule, const struct named *f)
{
	if ((rule->inside == SL_INSIDE_ONLY && !f->file->inside) || (rule->inside == SL_INSIDE_NEVER && f->file->inside))
		return false;
	return (!rule->encrypted || f->file->encrypted) && (!rule->macros || f->file->macros) &&
	    (rule->larger_bytes == 0 || f->file->bytes > rule->larger_bytes) && family_fits(rule, f) &&
	    type_fits(rule, f) && name_fits(rule, f);
}

/* ---- what is asked for */

/* Printable ASCII: it goes to a sender, in a reply. */
static void
plain(struct sl_slice text, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len && n + 1 < size; i++) {
		unsigned char c = text.ptr[i];

		if ((c & 0xc0) == 0x80)
			continue;	/* the rest of a character */
		out[n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	out[n] = '\0';
}

static void
ask(struct sl_files *files, const struct named *f, enum sl_action action, struct sl_slice why)
{
	char name[64];

	if (action == SL_ACTION_COPY)
		files->copy = true;
	if (action == SL_ACTION_COPY || action <= files->action)
		return;
	files->action = action;
	plain(f->name, name, sizeof(name));
	snprintf(files->reason, sizeof(files->reason), "The recipient does not take such files: '%s' (" SL_SLICE_FMT ")",
	    name, SL_SLICE_ARG(why));
}

void
sl_files_init(struct sl_files *files, const struct sl_policy *policy)
{
	*files = (struct sl_files){ .policy = policy };
}

void
sl_files_see(struct sl_files *files, const struct sl_file *file)
{
	const struct sl_policy *p = files->policy;
	struct named f;

	named_init(&f, file);
	if (runs(&f))
		ask(files, &f, (enum sl_action)p->attachments.programs, SL_SLICE_LIT("a program"));
	if (file->macros)
		ask(files, &f, (enum sl_action)p->attachments.macros, SL_SLICE_LIT("macros"));
	if (file->encrypted)
		ask(files, &f, (enum sl_action)p->attachments.encrypted, SL_SLICE_LIT("under a password"));
	if (file->deceptive)
		ask(files, &f, (enum sl_action)p->attachments.deceptive, SL_SLICE_LIT("a program under another's name"));
	if (file->unreadable)
		ask(files, &f, (enum sl_action)p->attachments.unreadable, SL_SLICE_LIT("it cannot be looked into"));
	for (size_t i = 0; i < p->attachments.rules.len; i++)
		if (fits(&p->attachments.rules.items[i], &f)) {
			files->hits[i / 64] |= (uint64_t)1 << i % 64;
			ask(files, &f, p->attachments.rules.items[i].action, p->attachments.rules.items[i].name);
		}
}

void
sl_files_see_part(struct sl_files *files, const struct sl_content_part *part)
{
	struct sl_file file;

	sl_file_of_part(part, &file);
	sl_files_see(files, &file);
	for (size_t i = 0; i < part->mime->names_count; i++) {	/* programs differ in what they read as its name */
		file.name = part->mime->names[i];
		if (!sl_slice_eq(file.name, part->mime->filename))
			sl_files_see(files, &file);
	}
}

bool
sl_files_hit(const struct sl_files *files, size_t rule)
{
	SL_ASSERT(rule < SL_ATTACHMENT_RULES_MAX);
	return (files->hits[rule / 64] >> rule % 64 & 1) != 0;
}

/* "*", or "*." and an extension. */
static bool
mask_sees(struct sl_slice mask)
{
	if (sl_slice_eq(mask, SL_SLICE_LIT("*")))
		return true;
	if (!sl_slice_istarts(mask, SL_SLICE_LIT("*.")) || mask.len < 3 || mask.len > 2 + SL_FILES_EXTENSION_MAX)
		return false;
	for (size_t i = 2; i < mask.len; i++)
		if (!(mask.ptr[i] >= 'a' && mask.ptr[i] <= 'z') && !(mask.ptr[i] >= '0' && mask.ptr[i] <= '9'))
			return false;
	return true;
}

bool
sl_files_rule_sees(const struct sl_attachment_rule *rule)
{
	for (size_t i = 0; i < rule->names.len; i++)
		if (!mask_sees(rule->names.items[i]))
			return false;
	return true;
}

bool
sl_files_demand(const struct sl_files *files, struct sl_demand *demand)
{
	if (files->action == SL_ACTION_DELIVER)
		return false;
	*demand = (struct sl_demand){ files->action, "attachment", files->action == SL_ACTION_DEFER ? "4.7.1" : "5.7.1",
		files->reason };
	return true;
}
