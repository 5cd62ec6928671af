/* gmime_oracle.c - what GMime says of messages, in the form of mime_events, for test/mime/run; and what it costs
 *
 * usage: gmime_oracle [--bench ROUNDS] FILE...
 */

#include "sl/buf.h"

#include <gmime/gmime.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Two hashes: of the bytes, and of those that are no white space. */
static void
add_hashes(struct sl_buf *out, const unsigned char *data, size_t len)
{
	struct sl_buf solid;
	unsigned char hash[32];

	sl_buf_init(&solid, len + 1);
	for (size_t i = 0; i < len; i++)
		if (data[i] > ' ')
			sl_buf_add_byte(&solid, data[i]);
	EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL);
	sl_buf_addf(out, ",\"size\":%zu,\"sha256\":\"", len);
	for (int i = 0; i < 32; i++)
		sl_buf_addf(out, "%02x", hash[i]);
	EVP_Digest(solid.data, solid.len, hash, NULL, EVP_sha256(), NULL);
	sl_buf_add_str(out, "\",\"solid\":\"");
	for (int i = 0; i < 32; i++)
		sl_buf_addf(out, "%02x", hash[i]);
	sl_buf_add_str(out, "\"");
	sl_buf_fini(&solid);
}

static void
add_text(struct sl_buf *out, const char *name, const char *text)
{
	sl_buf_addf(out, "\"%s\":", name);
	sl_buf_add_json(out, sl_slice_str(text == NULL ? "" : text));
	sl_buf_add_str(out, ",");
}

/* Decode a leaf; where nothing is wanted of it, into nothing. */
static void
part_decode(GMimePart *part, GMimeStream *into)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);

	if (content != NULL)
		g_mime_data_wrapper_write_to_stream(content, into);
}

static void
add_leaf(GMimePart *part, const char *path, struct sl_buf *out)
{
	GMimeStream *mem = g_mime_stream_mem_new();
	GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
	char *mime = type != NULL ? g_mime_content_type_get_mime_type(type) : NULL;
	char *lower = mime != NULL ? g_ascii_strdown(mime, -1) : NULL;
	GByteArray *bytes;

	part_decode(part, mem);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
	sl_buf_addf(out, "%s{\"path\":\"%s\",\"reading\":0,", out->len > 0 ? "," : "", path);
	add_text(out, "type", lower);
	add_text(out, "filename", g_mime_part_get_filename(part));
	sl_buf_add_str(out, "\"kind\":\"leaf\"");
	add_hashes(out, bytes->data, bytes->len);
	sl_buf_add_str(out, "}");
	g_free(lower);
	g_free(mime);
	g_object_unref(mem);
}

/* Samples are nested no deeper than the stack stands. */
static void
walk(GMimeObject *object, const char *path, struct sl_buf *out, GMimeStream *nowhere)
{
	char below[512];

	if (object == NULL)
		return;
	if (GMIME_IS_MULTIPART(object)) {
		for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); i++) {
			snprintf(below, sizeof(below), "%s%s%d", path, *path != '\0' ? "." : "", i + 1);
			walk(g_mime_multipart_get_part(GMIME_MULTIPART(object), i), below, out, nowhere);
		}
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

		if (message != NULL)
			walk(g_mime_message_get_mime_part(message), path, out, nowhere);
	} else if (GMIME_IS_PART(object) && out != NULL) {
		add_leaf(GMIME_PART(object), path, out);
	} else if (GMIME_IS_PART(object)) {
		part_decode(GMIME_PART(object), nowhere);
	}
}

static void
parse(const struct sl_buf *in, struct sl_buf *out, GMimeStream *nowhere)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)in->data, in->len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	if (message != NULL) {
		walk(g_mime_message_get_mime_part(message), "", out, nowhere);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Bytes and nanoseconds of the best round, as mime_events says them. */
static void
bench(const char *name, const struct sl_buf *in, int rounds)
{
	GMimeStream *nowhere = g_mime_stream_null_new();
	double best = 1e18;

	for (int i = 0; i < rounds; i++) {
		double start = now_ns();

		parse(in, NULL, nowhere);
		best = SL_MIN(best, now_ns() - start);
	}
	printf("%zu\t%.0f\t%.3f\t%s\n", in->len, best, best / (double)SL_MAX(in->len, (size_t)1), name);
	g_object_unref(nowhere);
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

int
main(int argc, char **argv)
{
	int rounds = 0;

	g_mime_init();
	for (int i = 1; i < argc; i++) {
		struct sl_buf in, out;

		if (strcmp(argv[i], "--bench") == 0 && i + 1 < argc) {
			rounds = atoi(argv[++i]);
			continue;
		}
		sl_buf_init(&in, SIZE_MAX / 2);
		sl_buf_init(&out, SIZE_MAX / 2);
		if (!read_file(argv[i], &in)) {
			fprintf(stderr, "gmime_oracle: cannot read %s\n", argv[i]);
			return 1;
		}
		if (rounds > 0) {
			bench(argv[i], &in, rounds);
		} else {
			parse(&in, &out, NULL);
			printf("{\"file\":\"%s\",\"parts\":[%s]}\n", argv[i], sl_buf_cstr(&out));
		}
		sl_buf_fini(&in);
		sl_buf_fini(&out);
	}
	return 0;
}
