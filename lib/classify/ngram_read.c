/* ngram_read.c - see ngram_train_i.h: a message into an example for each view */

#include "classify/ngram_train_i.h"

#include "classify/panel.h"

#define READER_MAGIC	0x5d6e7201u
#define ARENA_BYTES	65536
#define RULE_LEAST	40	/* underscores */
#define FOOTER_LINES	6	/* with the rule */
#define ROWS_MAX	((NGRAM_BLOCKS_MAX + 1) * (NGRAM_BLOCK_FEATURES + NGRAM_GROUP_MAX))

struct ngram_reader {
	unsigned		 magic;
	unsigned		 shift;
	unsigned		 bytes_shift;
	bool			 all_headers;
	bool			 learning;
	bool			 header_over;
	struct ngram_block	 block;
	struct ngram_listener	 listener;
	struct ngram_example	 example;	/* of the decoded view */
	struct bytegram_view	 bytes;
	uint32_t		 rows[ROWS_MAX];
	uint32_t		 rows_len;
	uint32_t		 byte_rows[BYTEGRAM_BYTES_ALL];
};

struct ngram_reader *
ngram_reader_new(unsigned dims, bool all_headers)
{
	struct ngram_reader *reader = sl_xzalloc(sizeof(*reader));

	reader->magic = READER_MAGIC;
	reader->shift = 32 - dims;
	reader->bytes_shift = 32 - ngram_bytes_dims(dims);
	reader->all_headers = all_headers;
	return reader;
}

void
ngram_reader_free(struct ngram_reader **reader)
{
	SL_OBJ_FREE(reader, READER_MAGIC);
}

/* ---- the decoded view */

static void
block_end(struct ngram_reader *reader)
{
	reader->example.ends[reader->example.blocks++] = reader->rows_len;
	memset(&reader->block, 0, sizeof(reader->block));
}

static void
header_end(struct ngram_reader *reader)
{
	reader->header_over = true;
	if (reader->listener.reading > 0)	/* the first one's stands for all */
		return;
	reader->example.header_len = reader->rows_len;
	if (reader->block.features >= NGRAM_BLOCK_FEATURES)
		block_end(reader);
}

static void
on_features(void *ctx, enum sl_seen_place place, struct sl_slice word, const uint32_t *features,
    size_t len)
{
	struct ngram_reader *reader = ctx;

	if (reader->listener.header_over && !reader->header_over)
		header_end(reader);
	if (reader->block.features >= NGRAM_BLOCK_FEATURES || reader->example.blocks == NGRAM_BLOCKS_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if (ngram_block_add(&reader->block, features[i] >> reader->shift) != 0)
			reader->rows[reader->rows_len++] = features[i] >> reader->shift;
	if (reader->header_over && reader->block.features >= NGRAM_BLOCK_FEATURES)
		block_end(reader);
}

/* Is it the rule that list managers put above their footer? */
static bool
is_rule(struct sl_slice line)
{
	size_t len = 0;

	while (len < line.len && line.ptr[len] == '_')
		len++;
	return len >= RULE_LEAST && sl_slice_trim(sl_slice_from(line, len)).len == 0;
}

/* Feed a body without the footers of mailing lists: which list it was must not be learned. A rule
 * and the lines below it, up to an empty line or a boundary. When a message is judged they are
 * read like all else, or there would be a place to hide. */
static void
body_feed(struct sl_panel *panel, struct sl_slice body)
{
	unsigned footer = 0;	/* lines of it that may still come */

	while (body.len > 0) {
		const unsigned char *lf = memchr(body.ptr, '\n', body.len);
		struct sl_slice line = sl_slice(body.ptr,
		    lf == NULL ? body.len : (size_t)(lf + 1 - body.ptr));

		if (is_rule(line))
			footer = FOOTER_LINES;
		else if (footer > 0 && (sl_slice_trim(line).len == 0 ||
		    sl_slice_istarts(line, SL_SLICE_LIT("--"))))
			footer = 0;
		if (footer == 0)
			sl_panel_feed(panel, line);
		else
			footer--;
		body = sl_slice_from(body, line.len);
	}
}

/* Read one reading of a message; with the first the bytes too. */
static void
reading_read(struct ngram_reader *reader, struct sl_slice message, unsigned reading)
{
	const unsigned char *end = memmem(message.ptr, message.len, "\r\n\r\n", 4);
	size_t header = end == NULL ? message.len : (size_t)(end + 4 - message.ptr);
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;

	memset(&reader->block, 0, sizeof(reader->block));
	reader->header_over = false;
	ngram_listener_init(&reader->listener, reading, on_features, reader);
	sl_arena_init(&arena, ARENA_BYTES);
	panel = sl_panel_new(NULL, &arena);
	sl_panel_add(panel, &ngram_listener, &reader->listener);
	if (reading == 0)
		sl_panel_add(panel, &bytegram_listener, &reader->bytes);
	sl_panel_feed(panel, sl_slice(message.ptr, header));
	if (reader->learning)
		body_feed(panel, sl_slice_from(message, header));
	else
		sl_panel_feed(panel, sl_slice_from(message, header));
	sl_panel_finish(panel, &verdict);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	if (!reader->header_over)
		header_end(reader);
}

/* As when it is judged: the most suspicious block of all readings will stand for the message. */
static void
decoded_read(struct ngram_reader *reader, struct sl_slice message)
{
	reader->example = (struct ngram_example){ .rows = reader->rows };
	reader->rows_len = 0;
	for (unsigned reading = 0; reading < NGRAM_READINGS; reading++) {
		reading_read(reader, message, reading);
		if (reader->example.blocks < NGRAM_BLOCKS_MAX && (reader->example.blocks == 0 ||
		    reader->block.features >= NGRAM_BLOCK_LEAST))
			block_end(reader);
	}
}

void
ngram_reader_read(struct ngram_reader *reader, struct sl_slice message, bool learning,
    struct ngram_example examples_out[SL_NGRAM_VIEWS])
{
	struct ngram_example *bytes = &examples_out[SL_NGRAM_BYTES];

	SL_CHECK(reader, READER_MAGIC);
	reader->learning = learning;
	bytegram_view_init(&reader->bytes, reader->all_headers);
	decoded_read(reader, message);
	examples_out[SL_NGRAM_DECODED] = reader->example;
	*bytes = (struct ngram_example){ .rows = reader->byte_rows, .blocks = 1 };
	bytes->ends[0] = bytegram_view_rows(&reader->bytes, reader->bytes_shift, reader->byte_rows, NULL);
}
