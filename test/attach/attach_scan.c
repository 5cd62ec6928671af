/* attach_scan.c - print what lib/attach says of the parts of messages, one JSON document a line, for
 * test/attach/run
 *
 * usage: attach_scan [--files] [--save FOLDER] FILE...
 *
 * With --files each FILE is an attachment, not a message. With --save each part's first 256 KiB are written to FOLDER/N, N counting from 0 in the order of
 * the lines, so that other programs can be asked.
 */

#include "attach/agree.h"
#include "attach/zip.h"
#include "mime/mime.h"
#include "sl/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define SAVED_MAX	(256u << 10)

struct open {			/* what is kept of a part while it is open */
	struct sl_sniff	 sniff;
	struct sl_zip	*zip;
	struct sl_buf	 body, entries;
};

struct scan {
	const char	*message, *folder;
	unsigned	 saved;
};

static void
on_entry(void *ctx, const struct sl_zip_entry *entry)
{
	struct open *o = ctx;

	sl_buf_add_str(&o->entries, o->entries.len > 0 ? "," : "");
	sl_buf_add_json(&o->entries, entry->name);
}

static const struct sl_zip_sink zip_sink = { .entry = on_entry };

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	struct scan *scan = ctx;
	struct open *o;

	if (part->is_multipart || part->is_message)
		return;
	o = part->user = sl_xzalloc(sizeof(*o));
	sl_sniff_init(&o->sniff);
	o->zip = sl_zip_new(&zip_sink, o);
	sl_buf_init(&o->body, scan->folder == NULL ? 0 : SAVED_MAX);
	sl_buf_init(&o->entries, 1 << 20);
}

static void
on_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	struct open *o = part->user;

	if (o == NULL)
		return;
	sl_sniff_feed(&o->sniff, bytes);
	sl_zip_feed(o->zip, bytes);
	sl_buf_add(&o->body, bytes.ptr, SL_MIN(bytes.len, o->body.max_bytes - o->body.len));
}

static void
add_member(struct sl_buf *out, const char *name, struct sl_slice value)
{
	sl_buf_addf(out, ",\"%s\":", name);
	sl_buf_add_json(out, value);
}

/* A set of bits as a list of names. */
static void
add_findings(struct sl_buf *out, const char *name, unsigned bits, unsigned count, const char *(*text)(unsigned))
{
	bool first = true;

	sl_buf_addf(out, ",\"%s\":[", name);
	for (unsigned i = 0; i < count; i++)
		if (bits >> i & 1) {
			sl_buf_addf(out, "%s\"%s\"", first ? "" : ",", text(i));
			first = false;
		}
	sl_buf_add_str(out, "]");
}

static const char *
name_text(unsigned i)
{
	return sl_name_finding_name((enum sl_name_finding)i);
}

static const char *
agree_text(unsigned i)
{
	return sl_agree_finding_name((enum sl_agree_finding)i);
}

static const char *
zip_text(unsigned i)
{
	return sl_zip_finding_name((enum sl_zip_finding)i);
}

static void
save(struct scan *scan, const struct open *o)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%u", scan->folder, scan->saved++);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(o->body.data, 1, o->body.len, file) != o->body.len || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

static void
on_end(void *ctx, struct sl_mime_part *part)
{
	struct scan *scan = ctx;
	struct open *o = part->user;
	struct sl_zip_summary zip;
	struct sl_sniffed content;
	struct sl_name name;
	struct sl_buf out;

	if (o == NULL)
		return;
	content = sl_sniff_finish(&o->sniff);
	sl_name_read(part->filename, &name);
	sl_zip_finish(o->zip, &zip);
	sl_buf_init(&out, 1 << 24);
	sl_buf_add_str(&out, "{\"message\":");
	sl_buf_add_json(&out, sl_slice_str(scan->message));
	add_member(&out, "path", sl_slice_str(part->path));
	sl_buf_addf(&out, ",\"reading\":%u,\"size\":%llu", part->reading, (unsigned long long)part->size_bytes);
	add_member(&out, "declared", part->type);
	add_member(&out, "disposition", part->disposition);
	add_member(&out, "filename", part->filename);
	add_member(&out, "sniffed", sl_slice_str(sl_type_mime(content.type)));
	add_member(&out, "family", sl_slice_str(sl_family_name(content.family)));
	add_member(&out, "also", sl_slice_str(content.also == SL_TYPE_UNKNOWN ? "" : sl_type_mime(content.also)));
	add_member(&out, "text", sl_slice_str(sl_sniff_text_name(content.text)));
	add_findings(&out, "agree", sl_agree_check(&content, &name, part->type), SL_AGREE_FINDING_COUNT, agree_text);
	add_findings(&out, "name", name.findings, SL_NAME_FINDING_COUNT, name_text);
	if (zip.is_zip) {
		add_member(&out, "zip", sl_slice_str(sl_type_mime(zip.type)));
		add_findings(&out, "zip_findings", zip.findings, SL_ZIP_FINDING_COUNT, zip_text);
		sl_buf_addf(&out, ",\"entries\":[%s]", sl_buf_cstr(&o->entries));
	}
	sl_buf_add_str(&out, "}\n");
	fwrite(out.data, 1, out.len, stdout);
	if (scan->folder != NULL)
		save(scan, o);
	sl_buf_fini(&out);
	sl_buf_fini(&o->body);
	sl_buf_fini(&o->entries);
	sl_zip_free(&o->zip);
	sl_free(o);
	part->user = NULL;
}

static const struct sl_mime_sink sink = { .begin = on_begin, .body = on_body, .end = on_end };

/* A file that is an attachment as it stands. */
static void
scan_file(struct scan *scan, FILE *file)
{
	const char *slash = strrchr(scan->message, '/');
	struct sl_mime_part part = { .path = "", .type = SL_SLICE_LIT("application/octet-stream"),
		.filename = sl_slice_str(slash == NULL ? scan->message : slash + 1) };
	unsigned char piece[16384];
	size_t n;

	on_begin(scan, &part);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
		on_body(scan, &part, sl_slice(piece, n));
		part.size_bytes += n;
	}
	on_end(scan, &part);
}

static void
scan_message(struct scan *scan, FILE *file)
{
	struct sl_mime *mime = sl_mime_new(&sl_mime_defaults, &sink, scan);
	unsigned char piece[16384];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_mime_feed(mime, piece, n);
	sl_mime_finish(mime);
	sl_mime_free(&mime);
}

int
main(int argc, char **argv)
{
	struct scan scan = { 0 };
	bool files = false;
	int i = 1;

	if (i < argc && strcmp(argv[i], "--files") == 0) {
		files = true;
		i++;
	}
	if (i + 1 < argc && strcmp(argv[i], "--save") == 0) {
		scan.folder = argv[i + 1];
		i += 2;
	}
	for (; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (file == NULL) {
			perror(argv[i]);
			return 1;
		}
		scan.message = argv[i];
		if (files)
			scan_file(&scan, file);
		else
			scan_message(&scan, file);
		fclose(file);
	}
	return 0;
}
