/* token_read.c - see token_i.h: the readings of a message and their blocks */

#include "classify/token_i.h"

struct token_reading {
	struct token_reader	*reader;
	struct token_text	 text;
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
on_features(void *ctx, enum sl_seen_place place, struct sl_slice word, const uint32_t *features,
    size_t len)
{
	struct token_reading *reading = ctx;
	uint32_t fresh[TOKEN_GROUP_MAX];
	size_t n = 0;

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
reading_new(struct token_reader *reader)
{
	struct token_reading *reading = sl_arena_alloc(reader->arena,
	    sizeof(*reading) + reader->events->user_bytes);

	if (reading == NULL)
		return NULL;
	reading->reader = reader;
	token_text_init(&reading->text, on_features, reading);
	return reading;
}

bool
token_reader_init(struct token_reader *reader, bool all_fields, const struct token_events *events,
    void *ctx, struct sl_arena *arena)
{
	*reader = (struct token_reader){ .events = events, .ctx = ctx, .arena = arena, .all_fields = all_fields };
	reader->readings[0] = reading_new(reader);
	return reader->readings[0] != NULL;
}

/* Another reading than the first begins with its header. */
struct token_text *
token_reader_text(struct token_reader *reader, unsigned n)
{
	struct token_reading *reading = reader->readings[n];

	if (reading != NULL)
		return &reading->text;
	reading = reading_new(reader);
	if (reading == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	reading->header_over = true;
	reader->events->copy(reader->ctx, reading->user, reader->readings[0]->user);
	reader->readings[n] = reading;
	return &reading->text;
}

void
token_reader_header_over(struct token_reader *reader)
{
	header_end(reader->readings[0]);
}

void
token_reader_other_field(struct token_reader *reader, struct sl_slice name, struct sl_slice value)
{
	if (reader->all_fields)
		token_text_other_field(&reader->readings[0]->text, name, value);
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
		/* Next to nothing is no block of its own, unless there is no more of the message. */
		if (reading->features >= TOKEN_BLOCK_LEAST ||
		    (reading->blocks == 0 && (i == 0 || is_short)))
			block_end(reading);
	}
}
