/* outlet.c - where body events of one part go (see mime_i.h) */

#include "mime_i.h"

struct outlet *
outlet_new(struct sl_mime *m, const char *path, unsigned reading)
{
	struct outlet *out = sl_xzalloc(sizeof(*out));

	out->mime = m;
	out->path = sl_xstrdup(path);
	out->part.path = out->path;
	out->part.reading = reading;
	out->part.type = SL_SLICE_LIT("application/octet-stream");
	sl_buf_init(&out->prefix, SL_MIME_PREFIX_MAX);
	return out;
}

/* Another reading of the same part. Its strings are lent: the original outlives it. */
struct outlet *
outlet_like(const struct outlet *original, unsigned reading, enum sl_transfer transfer)
{
	struct outlet *out = outlet_new(original->mime, original->path, reading);

	out->part = original->part;
	out->part.path = out->path;
	out->part.reading = reading;
	out->part.transfer = transfer;
	out->part.size_bytes = 0;
	out->part.user = NULL;
	out->part.skip = false;
	return out;
}

void
outlet_digest_start(struct outlet *out)
{
	if (!out->mime->settings.hash || out->part.is_multipart || (out->part.is_message && !out->mime->settings.whole_messages))
		return;
	out->digest = EVP_MD_CTX_new();
	SL_ASSERT(out->digest != NULL && EVP_DigestInit_ex(out->digest, EVP_sha256(), NULL) == 1);
}

void
outlet_begin(struct outlet *out)
{
	const struct sl_mime_sink *sink = out->mime->sink;

	if (out->digest == NULL)
		outlet_digest_start(out);
	if (sink->begin != NULL)
		sink->begin(out->mime->ctx, &out->part);
}

void
outlet_give(struct outlet *out, struct sl_slice bytes)
{
	const struct sl_mime_sink *sink = out->mime->sink;

	if (out->part.skip)
		return;
	out->part.size_bytes += bytes.len;
	if (out->digest != NULL)
		SL_ASSERT(EVP_DigestUpdate(out->digest, bytes.ptr, bytes.len) == 1);
	if (sink->body != NULL)
		sink->body(out->mime->ctx, &out->part, bytes);
}

/* A transfer decoder's sink. */
void
outlet_body(void *ctx, struct sl_slice bytes)
{
	struct outlet *out = ctx;

	if (bytes.len == 0 || out->part.skip)	/* nothing to replay; nobody wants it */
		return;
	if (out->keeps_prefix && out->prefix.len == out->part.size_bytes)
		sl_buf_add(&out->prefix, bytes.ptr, SL_MIN(bytes.len, SL_MIME_PREFIX_MAX - out->prefix.len));
	outlet_give(out, bytes);
	if (out->embedded != NULL && !out->part.skip)
		sl_embedded_feed(out->embedded, bytes);
}

static void
file_begin(void *ctx, enum sl_transfer transfer, struct sl_slice name)
{
	struct outlet *out = ctx;
	struct sl_mime *m = out->mime;
	char *path = sl_xasprintf("%s.%u", out->path, ++out->files);

	mime_finding(m, &out->found, SL_MIME_EMBEDDED, out->path, name);
	out->file = outlet_new(m, path, out->part.reading + 1);
	sl_arena_init(&out->file->text, 4 * SL_EMBEDDED_HEAD_MAX);
	out->file->part.transfer = transfer;
	out->file->part.encoding = sl_slice_str(sl_transfer_name(transfer));
	out->file->part.filename = out->file->part.names[0] = sl_arena_copy(&out->file->text, name);
	out->file->part.names_count = name.len > 0;
	outlet_begin(out->file);
	sl_free(path);
}

static void
file_body(void *ctx, struct sl_slice bytes)
{
	struct outlet *out = ctx;

	outlet_give(out->file, bytes);
}

static void
file_end(void *ctx)
{
	struct outlet *out = ctx;

	outlet_close(&out->file);
}

static void
file_limit(void *ctx)
{
	struct outlet *out = ctx;

	mime_finding(out->mime, &out->found, SL_MIME_PARTS, out->path, SL_SLICE_LIT("embedded files"));
}

static const struct sl_embedded_sink file_sink = { file_begin, file_body, file_end, file_limit };

bool
outlet_is_text(const struct outlet *out)
{
	return sl_slice_istarts(out->part.type, SL_SLICE_LIT("text/"));
}

/* In text, also look for files. */
void
outlet_scan_text(struct outlet *out)
{
	if (!sl_slice_istarts(out->part.type, SL_SLICE_LIT("text/")))
		return;
	out->embedded = sl_xmalloc(sizeof(*out->embedded));
	sl_embedded_init(out->embedded, &file_sink, out);
}

/* The end event, and free. */
void
outlet_close(struct outlet **outlet)
{
	struct outlet *out = *outlet;

	*outlet = NULL;
	if (out->embedded != NULL)
		sl_embedded_finish(out->embedded);
	if (out->digest != NULL && !out->part.skip)
		SL_ASSERT(EVP_DigestFinal_ex(out->digest, out->part.sha256, NULL) == 1);
	if (out->mime->sink->end != NULL)
		out->mime->sink->end(out->mime->ctx, &out->part);
	EVP_MD_CTX_free(out->digest);
	sl_free(out->embedded);
	sl_buf_fini(&out->prefix);
	sl_arena_fini(&out->text);
	sl_free(out->path);
	sl_free(out);
}
