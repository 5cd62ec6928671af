/* mime_events.c - print what lib/mime says of messages, one JSON document a line, for test/mime/run
 *
 * usage: mime_events [--chunk N] [--bodies] [--bench ROUNDS] [--splits N] FILE...
 *
 * --splits: only say whether the events are the same whole, byte by byte, and split once at up to N places.
 */

#include "mime/mime.h"
#include "sl/buf.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct open {			/* what is kept of a part while it is open */
	struct sl_buf	 body;
	EVP_MD_CTX	*solid;		/* hashes what is no white space */
};

struct dump {
	struct sl_buf	 parts;		/* JSON so far */
	struct sl_buf	 findings;
	struct sl_buf	 header;
	bool		 bodies;
};

static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct dump *dump = ctx;

	if (path[0] != '\0' || reading != 0)
		return;
	sl_buf_addf(&dump->header, "%s[", dump->header.len > 0 ? "," : "");
	sl_buf_add_json(&dump->header, name);
	sl_buf_add_str(&dump->header, ",");
	sl_buf_add_json(&dump->header, value);
	sl_buf_add_str(&dump->header, "]");
}

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	struct open *o = sl_xzalloc(sizeof(*o));

	sl_buf_init(&o->body, 1 << 26);
	o->solid = EVP_MD_CTX_new();
	SL_ASSERT(o->solid != NULL && EVP_DigestInit_ex(o->solid, EVP_sha256(), NULL) == 1);
	part->user = o;
}

static void
on_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	struct open *o = part->user;
	struct dump *dump = ctx;

	if (dump->bodies)
		sl_buf_add(&o->body, bytes.ptr, bytes.len);
	for (size_t i = 0, from = 0; i <= bytes.len; i++)
		if (i == bytes.len || bytes.ptr[i] <= ' ') {
			SL_ASSERT(EVP_DigestUpdate(o->solid, bytes.ptr + from, i - from) == 1);
			from = i + 1;
		}
}

static void
add_member(struct sl_buf *out, const char *name, struct sl_slice value)
{
	sl_buf_addf(out, ",\"%s\":", name);
	sl_buf_add_json(out, value);
}

static void
on_end(void *ctx, struct sl_mime_part *part)
{
	struct open *o = part->user;
	struct dump *dump = ctx;
	struct sl_buf *out = &dump->parts;
	unsigned char solid[32];

	SL_ASSERT(EVP_DigestFinal_ex(o->solid, solid, NULL) == 1);
	EVP_MD_CTX_free(o->solid);
	sl_buf_addf(out, "%s{\"path\":\"%s\",\"reading\":%u", out->len > 0 ? "," : "", part->path, part->reading);
	add_member(out, "type", part->type);
	add_member(out, "charset", part->charset);
	add_member(out, "encoding", part->encoding);
	add_member(out, "transfer", sl_slice_str(sl_transfer_name(part->transfer)));
	add_member(out, "disposition", part->disposition);
	add_member(out, "filename", part->filename);
	sl_buf_add_str(out, ",\"names\":[");
	for (size_t i = 0; i < part->names_count; i++) {
		sl_buf_add_str(out, i > 0 ? "," : "");
		sl_buf_add_json(out, part->names[i]);
	}
	sl_buf_addf(out, "],\"size\":%llu,\"sha256\":\"", (unsigned long long)part->size_bytes);
	for (int i = 0; i < 32; i++)
		sl_buf_addf(out, "%02x", part->sha256[i]);
	sl_buf_add_str(out, "\",\"solid\":\"");
	for (int i = 0; i < 32; i++)
		sl_buf_addf(out, "%02x", solid[i]);
	sl_buf_addf(out, "\",\"kind\":\"%s\"", part->is_multipart ? "multipart" : part->is_message ? "message" : "leaf");
	if (dump->bodies) {
		sl_buf_add_str(out, ",\"body\":\"");
		for (size_t i = 0; i < o->body.len; i++)
			sl_buf_addf(out, "%02x", o->body.data[i]);
		sl_buf_add_str(out, "\"");
	}
	sl_buf_add_str(out, "}");
	sl_buf_fini(&o->body);
	sl_free(o);
}

static void
on_finding(void *ctx, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	static const char *const weights[] = { "odd", "ambiguous", "limit" };
	struct dump *dump = ctx;

	sl_buf_addf(&dump->findings, "%s{\"name\":\"%s\",\"weight\":\"%s\",\"path\":\"%s\",\"detail\":",
	    dump->findings.len > 0 ? "," : "", sl_mime_finding_name(kind),
	    weights[sl_mime_finding_weight(kind)], path);
	sl_buf_add_json(&dump->findings, detail);
	sl_buf_add_str(&dump->findings, "}");
}

/* The sequence of events, as a hash. Bytes are told by the hash at a part's end: how those of different readings
 * take turns is left to the cuts. */
static void
event_add(EVP_MD_CTX *events, const char *kind, const char *path, unsigned number, struct sl_slice text)
{
	SL_ASSERT(EVP_DigestUpdate(events, kind, strlen(kind) + 1) == 1 &&
	    EVP_DigestUpdate(events, path, strlen(path) + 1) == 1 &&
	    EVP_DigestUpdate(events, &number, sizeof(number)) == 1 &&
	    EVP_DigestUpdate(events, &text.len, sizeof(text.len)) == 1 && EVP_DigestUpdate(events, text.ptr, text.len) == 1);
}

static void
event_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value, bool cut)
{
	event_add(ctx, "name", path, reading, name);
	event_add(ctx, "value", path, cut, value);
}

static void
event_begin(void *ctx, struct sl_mime_part *part)
{
	event_add(ctx, "begin", part->path, part->reading, part->type);
	for (size_t i = 0; i < part->names_count; i++)
		event_add(ctx, "called", part->path, part->reading, part->names[i]);
	event_add(ctx, "transfer", part->path, part->transfer, part->charset);
}

static void
event_end(void *ctx, struct sl_mime_part *part)
{
	event_add(ctx, "end", part->path, part->reading, sl_slice(part->sha256, sizeof(part->sha256)));
	event_add(ctx, "size", part->path, part->reading, sl_slice((unsigned char *)&part->size_bytes, sizeof(part->size_bytes)));
}

static void
event_finding(void *ctx, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	event_add(ctx, "finding", path, kind, detail);
}

/* Pieces of `piece` bytes after a first one of `first`. */
static void
events_hash(struct sl_slice in, size_t first, size_t piece, unsigned char hash[32])
{
	static const struct sl_mime_sink sink = { event_field, event_begin, NULL, event_end, event_finding };
	EVP_MD_CTX *events = EVP_MD_CTX_new();
	struct sl_mime *m;

	SL_ASSERT(events != NULL && EVP_DigestInit_ex(events, EVP_sha256(), NULL) == 1);
	m = sl_mime_new(&sl_mime_defaults, &sink, events);
	for (size_t n = first; in.len > 0; n = piece) {
		n = SL_MIN(n, in.len);
		sl_mime_feed(m, in.ptr, n);
		in = sl_slice_from(in, n);
	}
	sl_mime_finish(m);
	sl_mime_free(&m);
	SL_ASSERT(EVP_DigestFinal_ex(events, hash, NULL) == 1);
	EVP_MD_CTX_free(events);
}

static void
splits_check(const char *name, struct sl_slice in, size_t splits)
{
	size_t step = 1 + in.len / SL_MAX(splits, (size_t)1), differs = SIZE_MAX;
	unsigned char whole[32], cut[32];

	events_hash(in, in.len, in.len, whole);
	events_hash(in, 1, 1, cut);
	if (memcmp(whole, cut, sizeof(cut)) != 0)
		differs = 0;
	/* an odd step and a start that depends on the length: over many files, splits everywhere */
	for (size_t at = 1 + in.len % step; at < in.len && differs == SIZE_MAX; at += step) {
		events_hash(in, at, in.len, cut);
		if (memcmp(whole, cut, sizeof(cut)) != 0)
			differs = at;
	}
	if (differs == SIZE_MAX)
		printf("same\t%s\n", name);
	else
		printf("differs at %zu\t%s\n", differs, name);
}

static bool
read_file(const char *name, struct sl_buf *out)
{
	FILE *f = fopen(name, "rb");
	char piece[65536];
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		sl_buf_add(out, piece, n);
	fclose(f);
	return true;
}

static void
parse(struct sl_slice in, size_t chunk, const struct sl_mime_sink *sink, void *ctx, bool hash)
{
	struct sl_mime_settings settings = sl_mime_defaults;
	struct sl_mime *m;

	settings.hash = hash;
	m = sl_mime_new(&settings, sink, ctx);
	while (in.len > 0) {
		size_t n = SL_MIN(chunk, in.len);

		sl_mime_feed(m, in.ptr, n);
		in = sl_slice_from(in, n);
	}
	sl_mime_finish(m);
	sl_mime_free(&m);
}

static void
count_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	*(uint64_t *)ctx += bytes.len;
}

/* Nanoseconds a byte, the best of `rounds`; with no hash. */
static void
bench(const char *name, struct sl_slice in, size_t chunk, int rounds)
{
	const struct sl_mime_sink sink = { .body = count_body };
	double best = 1e18;
	uint64_t bytes = 0;

	for (int i = 0; i < rounds; i++) {
		struct timespec a, b;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		parse(in, chunk, &sink, &bytes, false);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		best = SL_MIN(best, (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec));
	}
	printf("%zu\t%.0f\t%.3f\t%s\n", in.len, best, best / (double)SL_MAX(in.len, (size_t)1), name);
}

static void
dump_file(const char *name, struct sl_slice in, size_t chunk, bool bodies)
{
	const struct sl_mime_sink sink = { on_field, on_begin, on_body, on_end, on_finding };
	struct dump dump = { .bodies = bodies };

	sl_buf_init(&dump.parts, 1u << 30);
	sl_buf_init(&dump.findings, 1u << 30);
	sl_buf_init(&dump.header, 1u << 30);
	parse(in, chunk, &sink, &dump, true);
	printf("{\"file\":\"%s\",\"header\":[%s],\"parts\":[%s],\"findings\":[%s]}\n", name,
	    sl_buf_cstr(&dump.header), sl_buf_cstr(&dump.parts), sl_buf_cstr(&dump.findings));
	sl_buf_fini(&dump.parts);
	sl_buf_fini(&dump.findings);
	sl_buf_fini(&dump.header);
}

int
main(int argc, char **argv)
{
	size_t chunk = 16384;
	size_t splits = 0;
	int rounds = 0;
	bool bodies = false;

	for (int i = 1; i < argc; i++) {
		struct sl_buf in;

		if (strcmp(argv[i], "--bodies") == 0) {
			bodies = true;
			continue;
		}
		if (strcmp(argv[i], "--chunk") == 0 && i + 1 < argc) {
			chunk = strtoul(argv[++i], NULL, 10);
			continue;
		}
		if (strcmp(argv[i], "--splits") == 0 && i + 1 < argc) {
			splits = strtoul(argv[++i], NULL, 10);
			continue;
		}
		if (strcmp(argv[i], "--bench") == 0 && i + 1 < argc) {
			rounds = atoi(argv[++i]);
			continue;
		}
		sl_buf_init(&in, SIZE_MAX / 2);
		if (!read_file(argv[i], &in)) {
			fprintf(stderr, "mime_events: cannot read %s\n", argv[i]);
			return 1;
		}
		if (splits > 0)
			splits_check(argv[i], sl_buf_slice(&in), splits);
		else if (rounds > 0)
			bench(argv[i], sl_buf_slice(&in), chunk, rounds);
		else
			dump_file(argv[i], sl_buf_slice(&in), chunk, bodies);
		sl_buf_fini(&in);
	}
	return 0;
}
