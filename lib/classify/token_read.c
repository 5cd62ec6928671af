/* token_read.c - see token_i.h: the readings of a message and their blocks */

#include "classify/token_i.h"

struct token_reading {
	struct token_reader	*reader;
	struct token_mail	 mail;
	bool			 header_over;
	unsigned		 blocks;	/* complete */
	uint32_t		 header_features;
	uint32_t		 features;	/* distinct ones of the block in work */
	uint64_t		 seen[(1u << TOKEN_SEEN_BITS) / 64];
	max_align_t		 user[];
};

/* True if it is the first time that it comes up in this block, or one that looks like it. */
static inline bool
seen_add(struct token_reading *reading, uint32_t feature)
{
	uint32_t slot = feature >> (32 - TOKEN_SEEN_BITS);
	uint64_t bit = UINT64_C(1) << (slot & 63), *word = &reading->seen[slot >> 6];
	bool fresh = (*word & bit) == 0;

	*word |= bit;
	return fresh;
}

static void
block_end(struct token_reading *reading)
{
	reading->reader->events->block(reading->reader->ctx, reading->user);
	reading->blocks++;
	reading->features = 0;
	memset(reading->seen, 0, sizeof(reading->seen));
}

static void
header_end(struct token_reading *reading)
{
	reading->header_over = true;
	reading->header_features = reading->features;
	reading->reader->events->header(reading->reader->ctx, reading->user);
	if (reading->features >= TOKEN_BLOCK_FEATURES)
		block_end(reading);
}

static void
on_features(void *ctx, enum token_place place, struct sl_slice word, const uint32_t *features,
    size_t len)
{
	struct token_reading *reading = ctx;
	uint32_t fresh[TOKEN_GROUP_MAX];
	size_t n = 0;

	if (reading->mail.header_over && !reading->header_over)
		header_end(reading);
	if (reading->features >= TOKEN_BLOCK_FEATURES)
		return;		/* only in a header: it has no second block */
	for (size_t i = 0; i < len; i++)
		if (seen_add(reading, features[i]))
			fresh[n++] = features[i];
	reading->features += (uint32_t)n;
	if (n > 0)
		reading->reader->events->features(reading->reader->ctx, reading->user,
		    !reading->header_over, place, word, fresh, n);
	if (reading->header_over && reading->features >= TOKEN_BLOCK_FEATURES)
		block_end(reading);
}

static struct token_reading *
reading_new(struct token_reader *reader, bool all_fields)
{
	struct token_reading *reading = sl_arena_alloc(reader->arena,
	    sizeof(*reading) + reader->events->user_bytes);

	if (reading == NULL)
		return NULL;
	reading->reader = reader;
	token_mail_init(&reading->mail, all_fields, on_features, reading);
	return reading;
}

bool
token_reader_init(struct token_reader *reader, bool all_fields, const struct token_events *events,
    void *ctx, struct sl_arena *arena)
{
	*reader = (struct token_reader){ .events = events, .ctx = ctx, .arena = arena };
	reader->readings[0] = reading_new(reader, all_fields);
	return reader->readings[0] != NULL;
}

/* The one that a part belongs to; NULL: it is not read. Another than the first begins with its header. */
static struct token_reading *
reading_of(struct token_reader *reader, const struct sl_content_part *part)
{
	struct token_reading *first = reader->readings[0], *reading;
	unsigned n = part->mime->reading;

	if (!token_mail_reads(part) || n >= TOKEN_READINGS)
		return NULL;
	if (reader->readings[n] != NULL)
		return reader->readings[n];
	reading = reading_new(reader, false);
	if (reading == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	reading->mail.header_over = reading->header_over = true;
	reader->events->copy(reader->ctx, reading->user, first->user);
	reader->readings[n] = reading;
	return reading;
}

void
token_reader_field(struct token_reader *reader, struct sl_slice name, struct sl_slice value)
{
	token_mail_field(&reader->readings[0]->mail, name, value);
}

void
token_reader_begin(struct token_reader *reader, const struct sl_content_part *part)
{
	if (part->mime->reading == 0)
		token_mail_begin(&reader->readings[0]->mail, part);
}

void
token_reader_text(struct token_reader *reader, const struct sl_content_part *part,
    struct sl_slice utf8, enum sl_view_kind kind)
{
	struct token_reading *reading = reading_of(reader, part);

	if (reading != NULL)
		token_mail_text(&reading->mail, part, utf8, kind);
}

void
token_reader_tag(struct token_reader *reader, const struct sl_content_part *part,
    const struct sl_html_tag *tag)
{
	struct token_reading *reading = reading_of(reader, part);

	if (reading != NULL)
		token_mail_tag(&reading->mail, part, tag);
}

void
token_reader_part_end(struct token_reader *reader, const struct sl_content_part *part)
{
	for (int i = 0; i < TOKEN_READINGS; i++)
		if (reader->readings[i] != NULL)
			token_mail_part_end(&reader->readings[i]->mail, part);
}

void
token_reader_end(struct token_reader *reader)
{
	struct token_reading *first = reader->readings[0];
	bool is_short = first->blocks == 0 && first->features < TOKEN_BLOCK_LEAST;

	for (int i = 0; i < TOKEN_READINGS; i++) {
		struct token_reading *reading = reader->readings[i];

		if (reading == NULL)
			continue;
		token_mail_end(&reading->mail);
		if (!reading->header_over)
			header_end(reading);
		/* Next to nothing is no block of its own, unless there is no more of the message. */
		if (reading->features >= TOKEN_BLOCK_LEAST ||
		    (reading->blocks == 0 && (i == 0 || is_short)))
			block_end(reading);
	}
}
