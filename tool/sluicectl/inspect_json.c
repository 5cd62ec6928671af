/* inspect_json.c - what was understood of a message, as one JSON document; see inspect.h */

#include "inspect.h"

#include <stdio.h>

static struct sl_slice
slice(const struct text *text)
{
	return sl_slice(text->ptr, text->len);
}

/* `"name": "text"`, with a comma behind it. */
static void
member(struct sl_buf *out, const char *name, struct sl_slice s)
{
	sl_buf_addf(out, "\"%s\":", name);
	sl_buf_add_json(out, s);
	sl_buf_add_byte(out, ',');
}

/* A list's next element follows. */
static void
comma(struct sl_buf *out, size_t i)
{
	sl_buf_add_str(out, i > 0 ? ",\n  " : "\n  ");
}

/* The object's last comma is in the way. */
static void
object_end(struct sl_buf *out)
{
	SL_ASSERT(out->len > 0 && out->data[out->len - 1] == ',');
	out->data[out->len - 1] = '}';
}

static void
add_header(struct sl_buf *out, const struct inspect *inspect)
{
	sl_buf_add_str(out, "{\"header\":[");
	for (size_t i = 0; i < inspect->fields_len; i++) {
		const struct inspect_field *field = &inspect->fields[i];

		comma(out, i);
		sl_buf_add_byte(out, '{');
		member(out, "name", slice(&field->name));
		member(out, "value", slice(&field->value));
		member(out, "decoded", slice(&field->decoded));
		object_end(out);
	}
	sl_buf_add_str(out, "],\n\"from\":[");
	for (size_t i = 0; i < inspect->from_len; i++) {
		comma(out, i);
		sl_buf_add_byte(out, '{');
		member(out, "name", slice(&inspect->from[i].name));
		member(out, "address", slice(&inspect->from[i].address));
		object_end(out);
	}
}

static void
add_hash(struct sl_buf *out, const unsigned char sha256[32])
{
	sl_buf_add_str(out, "\"sha256\":\"");
	for (int i = 0; i < 32; i++)
		sl_buf_addf(out, "%02x", sha256[i]);
	sl_buf_add_str(out, "\",");
}

static void
add_entries(struct sl_buf *out, const struct inspect_part *part)
{
	sl_buf_add_str(out, "\"entries\":[");
	for (size_t i = 0; i < part->entries_len; i++) {
		const struct inspect_entry *entry = &part->entries[i];

		comma(out, i);
		sl_buf_add_byte(out, '{');
		member(out, "path", slice(&entry->path));
		sl_buf_addf(out, "\"size\":%llu,\"encrypted\":%s,", (unsigned long long)entry->bytes,
		    entry->encrypted ? "true" : "false");
		if (entry->type.len > 0)
			member(out, "sniffed", slice(&entry->type));
		if (entry->has_hash)
			add_hash(out, entry->sha256);
		object_end(out);
	}
	sl_buf_add_str(out, "],");
}

/* Only where programs read the name in several ways. */
static void
add_names(struct sl_buf *out, const struct inspect_part *part)
{
	sl_buf_add_str(out, "\"names\":[");
	for (size_t i = 0; i < part->names_len; i++) {
		comma(out, i);
		sl_buf_add_json(out, slice(&part->names[i]));
	}
	sl_buf_add_str(out, "],");
}

static void
add_part(struct sl_buf *out, const struct inspect_part *part)
{
	static const char *const roles[] = { "multipart", "text", "html", "file" };

	sl_buf_add_byte(out, '{');
	member(out, "path", slice(&part->path));
	if (part->reading > 0)
		sl_buf_addf(out, "\"reading\":%u,", part->reading);
	member(out, "type", slice(&part->type));
	member(out, "charset", slice(&part->charset));
	member(out, "encoding", slice(&part->encoding));
	member(out, "disposition", slice(&part->disposition));
	member(out, "filename", slice(&part->filename));
	if (part->names_len > 1)
		add_names(out, part);
	member(out, "read_as", sl_slice_str(roles[part->role]));
	if (part->role == SL_CONTENT_MULTIPART) {
		sl_buf_add_str(out, "\"size\":null,\"sha256\":null,\"sniffed\":null,");
	} else {
		sl_buf_addf(out, "\"size\":%llu,", (unsigned long long)part->size_bytes);
		add_hash(out, part->sha256);
		member(out, "sniffed", sl_slice_str(sl_type_mime(part->sniffed)));
	}
	if (part->entries_len > 0)
		add_entries(out, part);
	object_end(out);
}

static void
add_links(struct sl_buf *out, const struct inspect *inspect)
{
	sl_buf_add_str(out, ",\n\"links\":[");
	for (size_t i = 0; i < inspect->links_len; i++) {
		const struct inspect_link *link = &inspect->links[i];

		comma(out, i);
		sl_buf_add_byte(out, '{');
		member(out, "raw", slice(&link->raw));
		member(out, "written", slice(&link->written));
		member(out, "url", slice(&link->url));
		member(out, "host", slice(&link->host));
		member(out, "domain", slice(&link->domain));
		member(out, "anchor", slice(&link->anchor));
		member(out, "element", sl_slice_str(link->element));
		sl_buf_addf(out, "\"hidden\":%s,", link->hidden ? "true" : "false");
		member(out, "path", slice(&inspect->parts[link->part].path));
		object_end(out);
	}
}

static void
add_findings(struct sl_buf *out, const struct inspect *inspect)
{
	sl_buf_add_str(out, "],\n\"findings\":[");
	for (size_t i = 0; i < inspect->findings_len; i++) {
		const struct inspect_finding *finding = &inspect->findings[i];

		comma(out, i);
		sl_buf_add_byte(out, '{');
		member(out, "name", sl_slice_str(finding->name));
		member(out, "detail", slice(&finding->detail));
		member(out, "path", slice(&finding->path));
		member(out, "weight", sl_slice_str(sl_content_weight_name(finding->weight)));
		member(out, "sentence", sl_slice_str(finding->sentence));
		object_end(out);
	}
}

static void
add_fingerprint(struct sl_buf *out, const struct inspect *inspect)
{
	const struct sl_fingerprint_result *print = &inspect->fingerprint;

	if (!inspect->has_fingerprint)
		return;
	sl_buf_addf(out, ",\n\"fingerprint\":{\"simhash\":\"%016llx\",\"shingles\":%u,\"minhash\":\"",
	    (unsigned long long)print->simhash, print->shingles);
	for (size_t i = 0; i < SL_MINHASH; i++)
		sl_buf_addf(out, "%08x", print->minhash[i]);
	sl_buf_add_str(out, "\"}");
}

void
inspect_print_json(const struct inspect *inspect)
{
	struct sl_buf out;

	sl_buf_init(&out, SIZE_MAX / 2);
	add_header(&out, inspect);
	sl_buf_add_str(&out, "],\n\"parts\":[");
	for (size_t i = 0; i < inspect->parts_len; i++) {
		comma(&out, i);
		add_part(&out, &inspect->parts[i]);
	}
	sl_buf_add_str(&out, "],\n\"text\":");
	sl_buf_add_json(&out, sl_buf_slice(&inspect->text));
	sl_buf_add_str(&out, ",\n\"hidden_text\":");
	sl_buf_add_json(&out, sl_buf_slice(&inspect->hidden));
	add_links(&out, inspect);
	add_findings(&out, inspect);
	sl_buf_add_byte(&out, ']');
	add_fingerprint(&out, inspect);
	sl_buf_addf(&out, ",\n\"size\":%llu}\n", (unsigned long long)inspect->bytes);
	fwrite(out.data, 1, out.len, stdout);
	sl_buf_fini(&out);
}
