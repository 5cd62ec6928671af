/* entity.c - see entity_i.h */

#include "entity_i.h"
#include "scan_i.h"
#include "mime/param.h"
#include "mime/word.h"

#define ENTITY_TEXT_MAX	(128u * 1024)	/* of one entity's strings */
#define STRING_MAX	1024		/* of one of them */

/* Oddities of parameters that make programs disagree. */
#define ODD_FOR_PROGRAMS (SL_PARAMS_ODD_QUOTE | SL_PARAMS_ODD_SEPARATOR | SL_PARAMS_ODD_ESCAPE |	\
	    SL_PARAMS_ODD_MANY | SL_PARAMS_ODD_CONTROL | SL_PARAMS_ODD_COMMENT | SL_PARAMS_ODD_JUNK)

static const char *const structural_names[STRUCTURAL_COUNT] = {
	[STRUCTURAL_TYPE] = "content-type",
	[STRUCTURAL_ENCODING] = "content-transfer-encoding",
	[STRUCTURAL_DISPOSITION] = "content-disposition",
};

void
header_init(struct header *header)
{
	*header = (struct header){ .fields = 0 };
	for (int f = 0; f < STRUCTURAL_COUNT; f++)
		for (int k = 0; k < KEPT_MAX; k++)
			sl_buf_init(&header->kept[f][k], SL_MIME_FIELD_KEPT);
}

void
header_fini(struct header *header)
{
	for (int f = 0; f < STRUCTURAL_COUNT; f++)
		for (int k = 0; k < KEPT_MAX; k++)
			sl_buf_fini(&header->kept[f][k]);
	header_init(header);
}

void
header_copy(struct header *to, const struct header *from)
{
	header_init(to);
	for (int f = 0; f < STRUCTURAL_COUNT; f++)
		for (int k = 0; k < KEPT_MAX; k++)
			sl_buf_add_slice(&to->kept[f][k], sl_buf_slice(&from->kept[f][k]));
	memcpy(to->counts, from->counts, sizeof(to->counts));
	to->fields = from->fields;
	to->found = from->found;
}

/* What comes before the value's text: some programs skip it. */
static struct sl_slice
skip_controls(struct sl_slice s)
{
	while (s.len > 0 && s.ptr[0] <= ' ')
		s = sl_slice_from(s, 1);
	return s;
}

bool
structural_starts(struct sl_slice line, enum structural *which_out, struct sl_slice *value_out)
{
	line = skip_controls(line);
	if (!sl_slice_istarts(line, SL_SLICE_LIT("content-")))
		return false;
	for (int f = 0; f < STRUCTURAL_COUNT; f++) {
		size_t n = strlen(structural_names[f]);

		if (!sl_slice_istarts(line, sl_slice_str(structural_names[f])))
			continue;
		while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
			n++;
		if (n == line.len || line.ptr[n] != ':')
			continue;
		*which_out = (enum structural)f;
		*value_out = sl_slice_from(line, n + 1);
		return true;
	}
	return false;
}

static void
header_keep(struct header *header, enum structural which, struct sl_slice value)
{
	unsigned n = header->counts[which];

	if (n < KEPT_MAX) {
		sl_buf_add(&header->kept[which][n], value.ptr, SL_MIN(value.len, (size_t)SL_MIME_FIELD_KEPT));
		header->counts[which]++;
	}
}

/* Could `value` be meant as that field's? (The list of names in a DKIM signature is folded, too.) */
static bool
value_plausible(enum structural which, struct sl_slice value)
{
	struct sl_slice token;
	size_t n = 0;

	value = skip_controls(value);
	while (n < value.len && value.ptr[n] > ' ' && value.ptr[n] != ';' && value.ptr[n] != ':')
		n++;
	token = sl_slice(value.ptr, n);
	if (n < value.len && value.ptr[n] == ':')
		return false;
	switch (which) {
	case STRUCTURAL_TYPE:
		return memchr(token.ptr, '/', token.len) != NULL || sl_slice_istarts(token, SL_SLICE_LIT("multi"));
	case STRUCTURAL_ENCODING:
		return sl_slice_istarts(token, SL_SLICE_LIT("base")) || sl_slice_istarts(token, SL_SLICE_LIT("quoted")) ||
		    sl_slice_istarts(token, SL_SLICE_LIT("x-")) || sl_slice_istarts(token, SL_SLICE_LIT("uu"));
	case STRUCTURAL_DISPOSITION:
		return sl_slice_istarts(token, SL_SLICE_LIT("attach")) || sl_slice_istarts(token, SL_SLICE_LIT("inline"));
	case STRUCTURAL_COUNT:
		break;
	}
	SL_UNREACHABLE("no such field");
}

/* A structural field that hides behind a fold or a bare CR of another. What follows a run of breaks and white space is looked at once:
 * a field may be 64 KiB of nothing else. */
static void
hidden_fields(struct header *header, struct sl_slice value)
{
	const unsigned char *end = value.ptr + value.len;

	for (const unsigned char *p = find_break(value.ptr, end); p < end; p = find_break(p, end)) {
		struct sl_slice line = skip_controls(sl_slice(p, (size_t)(end - p))), hidden;
		enum structural which;
		size_t len = 0;

		p = line.ptr;
		if (!structural_starts(line, &which, &hidden))
			continue;
		while (len < hidden.len && hidden.ptr[len] != '\r' && hidden.ptr[len] != '\n')
			len++;
		if (!value_plausible(which, sl_slice(hidden.ptr, len)))
			continue;
		header_keep(header, which, sl_slice(hidden.ptr, len));
		header->found |= FOUND(SL_MIME_FIELD_HIDDEN);
	}
}

/* The structural field of that name; STRUCTURAL_COUNT: none. */
static enum structural
structural_of(struct sl_slice name)
{
	enum structural f = STRUCTURAL_TYPE;

	name = skip_controls(name);
	if (name.len < 12 || sl_ascii_lower(name.ptr[0]) != 'c')	/* most are not */
		return STRUCTURAL_COUNT;
	while (f < STRUCTURAL_COUNT && !sl_slice_ieq(name, sl_slice_str(structural_names[f])))
		f++;
	return f;
}

bool
is_structural(struct sl_slice name)
{
	return structural_of(name) != STRUCTURAL_COUNT;
}

void
header_add(struct header *header, struct sl_slice name, struct sl_slice value)
{
	enum structural which = structural_of(name);

	header->fields += header->fields < 1000000;
	if (which != STRUCTURAL_COUNT)
		header_keep(header, which, value);
	hidden_fields(header, value);
}

static struct sl_slice
keep(struct entity *entity, struct sl_slice s)
{
	return sl_arena_copy(&entity->text, sl_slice(s.ptr, SL_MIN(s.len, (size_t)STRING_MAX)));
}

/*
 * The transfer encoding.
 */
struct transfer_name {
	const char		*name;
	enum sl_transfer	 transfer;
	bool			 exact;		/* else: not all programs know it */
};

static const struct transfer_name transfer_names[] = {
	{ "7bit", SL_TRANSFER_IDENTITY, true }, { "8bit", SL_TRANSFER_IDENTITY, true },
	{ "binary", SL_TRANSFER_IDENTITY, true }, { "7-bit", SL_TRANSFER_IDENTITY, true },
	{ "8-bit", SL_TRANSFER_IDENTITY, true }, { "none", SL_TRANSFER_IDENTITY, true },
	{ "base64", SL_TRANSFER_BASE64, true }, { "quoted-printable", SL_TRANSFER_QP, true },
	{ "x-base64", SL_TRANSFER_BASE64, false }, { "x-quoted-printable", SL_TRANSFER_QP, false },
	{ "uuencode", SL_TRANSFER_UU, true }, { "x-uuencode", SL_TRANSFER_UU, true },
	{ "x-uue", SL_TRANSFER_UU, true }, { "uue", SL_TRANSFER_UU, false },
	{ "x-uu", SL_TRANSFER_UU, false }, { "uu", SL_TRANSFER_UU, false },
	{ "x-yenc", SL_TRANSFER_YENC, true }, { "yenc", SL_TRANSFER_YENC, false },
	{ "binhex", SL_TRANSFER_BINHEX, false }, { "mac-binhex", SL_TRANSFER_BINHEX, false },
	{ "mac-binhex40", SL_TRANSFER_BINHEX, false }, { "x-binhex40", SL_TRANSFER_BINHEX, false },
};

/* What an unknown word may be meant to say: its part, and the encoding. */
static const struct transfer_name transfer_hints[] = {
	{ "64", SL_TRANSFER_BASE64, false }, { "quoted", SL_TRANSFER_QP, false },
	{ "printable", SL_TRANSFER_QP, false }, { "uue", SL_TRANSFER_UU, false },
	{ "binhex", SL_TRANSFER_BINHEX, false }, { "yenc", SL_TRANSFER_YENC, false },
};

static void
transfer_add(struct entity *entity, enum sl_transfer transfer)
{
	for (size_t i = 0; i < entity->transfers_count; i++)
		if (entity->transfers[i] == transfer)
			return;
	if (entity->transfers_count < TRANSFERS_MAX)
		entity->transfers[entity->transfers_count++] = transfer;
}

static void
transfer_word(struct entity *entity, struct sl_slice word)
{
	for (size_t i = 0; i < SL_COUNT(transfer_names); i++) {
		if (!sl_slice_ieq(word, sl_slice_str(transfer_names[i].name)))
			continue;
		if (!transfer_names[i].exact)
			entity->found |= FOUND(SL_MIME_ENCODING_ODD);
		transfer_add(entity, transfer_names[i].transfer);
		return;
	}
	for (size_t i = 0; i < SL_COUNT(transfer_hints); i++)
		if (memmem(word.ptr, word.len, transfer_hints[i].name, strlen(transfer_hints[i].name)) != NULL) {
			entity->found |= FOUND(SL_MIME_ENCODING_ODD);
			transfer_add(entity, transfer_hints[i].transfer);
			return;
		}
	entity->found |= FOUND(SL_MIME_ENCODING_UNKNOWN);
}

static bool
ends_word(unsigned char c)
{
	return c <= ' ' || c == ',' || c == ';' || c == '"' || c == '(' || c == ')' || c == '\'' || c == ':';
}

/* One field's value: all words that name an encoding. */
static void
transfer_value(struct entity *entity, struct sl_slice value)
{
	unsigned char word[64];
	struct sl_buf text;
	size_t n = 0, words = 0;
	struct sl_slice s;

	sl_buf_init(&text, 4 * SL_MIME_FIELD_KEPT);
	sl_word_decode(value, &text);
	s = sl_slice_trim(sl_buf_slice(&text));
	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && !ends_word(s.ptr[i])) {
			if (s.ptr[i] == '\\')
				entity->found |= FOUND(SL_MIME_ENCODING_ODD);
			else if (n < sizeof(word))
				word[n++] = sl_ascii_lower(s.ptr[i]);
			continue;
		}
		if (i < s.len)
			entity->found |= FOUND(SL_MIME_ENCODING_ODD);
		if (n > 0 && words++ < 8)
			transfer_word(entity, sl_slice(word, n));
		n = 0;
	}
	if (!sl_slice_eq(s, sl_slice_trim(value)))
		entity->found |= FOUND(SL_MIME_ENCODING_ODD);
	sl_buf_fini(&text);
}

static void
transfers_find(struct entity *entity, const struct header *header)
{
	for (unsigned i = 0; i < header->counts[STRUCTURAL_ENCODING]; i++)
		transfer_value(entity, sl_buf_slice(&header->kept[STRUCTURAL_ENCODING][i]));
	if (entity->transfers_count > 1)
		entity->found |= FOUND(SL_MIME_ENCODING_ODD);
	if (header->counts[STRUCTURAL_ENCODING] > 1 &&
	    !sl_slice_ieq(sl_slice_trim(sl_buf_slice(&header->kept[STRUCTURAL_ENCODING][0])),
	    sl_slice_trim(sl_buf_slice(&header->kept[STRUCTURAL_ENCODING][1]))))
		entity->found |= FOUND(SL_MIME_FIELD_TWICE);
	if (entity->transfers_count == 0)
		transfer_add(entity, SL_TRANSFER_IDENTITY);
	if (header->counts[STRUCTURAL_ENCODING] > 0)
		entity->part.encoding = keep(entity,
		    sl_slice_trim(sl_buf_slice(&header->kept[STRUCTURAL_ENCODING][0])));
	entity->part.transfer = entity->transfers[0];
}

/*
 * The type.
 */
static bool
type_is_multipart(struct sl_slice type)
{
	return sl_slice_istarts(type, SL_SLICE_LIT("multipart/")) || sl_slice_eq(type, SL_SLICE_LIT("multipart"));
}

static bool
type_is_message(struct sl_slice type)
{
	return sl_slice_eq(type, SL_SLICE_LIT("message/rfc822")) ||
	    sl_slice_eq(type, SL_SLICE_LIT("message/global")) || sl_slice_eq(type, SL_SLICE_LIT("message/news"));
}

static void
boundary_find(struct entity *entity, const struct sl_params *params)
{
	struct sl_slice plain = sl_params_plain(params, "boundary");
	struct sl_buf readings[SL_PARAMS_READINGS_MAX];
	size_t n;

	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_init(&readings[i], STRING_MAX);
	n = sl_params_readings(params, 1, "boundary", readings);
	if (plain.ptr == NULL && n > 0)
		plain = sl_buf_slice(&readings[0]);
	if (n > 1 || (n == 1 && !sl_slice_eq(plain, sl_buf_slice(&readings[0]))) ||
	    (sl_params_odd_of(params, "boundary") & ~(unsigned)SL_PARAMS_ODD_COMMENT) != 0)
		entity->found |= FOUND(SL_MIME_BOUNDARY_ODD);
	while (plain.len > 0 && plain.ptr[plain.len - 1] <= ' ')	/* RFC 2046, 5.1.1 */
		plain.len--;
	if (plain.len > 0 && plain.len <= SL_MIME_BOUNDARY_MAX)
		entity->boundary = keep(entity, plain);
	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_fini(&readings[i]);
}

static struct sl_slice
param_keep(struct entity *entity, const struct sl_params *params, const char *name)
{
	struct sl_slice kept = sl_slice(NULL, 0);
	struct sl_buf value;

	sl_buf_init(&value, 4 * STRING_MAX);
	if (sl_params_get(params, name, &value))
		kept = keep(entity, sl_buf_slice(&value));
	sl_buf_fini(&value);
	return kept;
}

static void
type_find(struct entity *entity, const struct sl_params *types, unsigned count, bool digest)
{
	struct sl_mime_part *part = &entity->part;
	unsigned chosen = 0;

	while (chosen + 1 < count && types[chosen].token.len == 0)
		chosen++;
	if (count > 0 && types[chosen].token.len > 0)
		part->type = keep(entity, types[chosen].token);
	else
		part->type = digest ? SL_SLICE_LIT("message/rfc822") : SL_SLICE_LIT("text/plain");
	part->is_multipart = type_is_multipart(part->type);
	part->is_message = type_is_message(part->type);
	for (unsigned i = 0; i < count; i++) {
		if (!sl_slice_eq(types[i].token, types[chosen].token)) {
			entity->found |= FOUND(SL_MIME_FIELD_TWICE);
			entity->also_leaf |= part->is_multipart && !type_is_multipart(types[i].token);
		}
		if ((types[i].odd & ODD_FOR_PROGRAMS) != 0 &&
		    memmem(types[i].token.ptr, types[i].token.len, "multi", 5) != NULL)
			entity->found |= FOUND(SL_MIME_TYPE_ODD);
	}
	if (count > 0)
		part->charset = param_keep(entity, &types[chosen], "charset");
	if (part->is_multipart && count > 0)
		boundary_find(entity, &types[chosen]);
	for (unsigned i = 0; i < count && part->is_multipart; i++)
		if (i != chosen && type_is_multipart(types[i].token) &&
		    !sl_slice_eq(sl_params_plain(&types[i], "boundary"), sl_params_plain(&types[chosen], "boundary")))
			entity->found |= FOUND(SL_MIME_BOUNDARY_ODD);
}

/*
 * Names.
 */
static void
name_add(struct entity *entity, struct sl_slice name)
{
	struct sl_mime_part *part = &entity->part;

	name = sl_slice_trim(sl_slice(name.ptr, SL_MIN(name.len, (size_t)STRING_MAX)));
	if (name.len == 0 || part->names_count == SL_MIME_NAMES_MAX)
		return;
	for (size_t i = 0; i < part->names_count; i++)
		if (sl_slice_eq(part->names[i], name))
			return;
	part->names[part->names_count++] = keep(entity, name);
}

/* All readings of one parameter, in one field or over several. */
static void
names_of(struct entity *entity, const struct sl_params *fields, unsigned count, const char *name)
{
	struct sl_buf readings[SL_PARAMS_READINGS_MAX];
	size_t n;

	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_init(&readings[i], 4 * STRING_MAX);
	n = sl_params_readings(fields, count, name, readings);
	if (n > 1)
		entity->found |= FOUND(SL_MIME_NAME_ODD);
	for (size_t i = 0; i < n; i++)
		name_add(entity, sl_buf_slice(&readings[i]));
	for (size_t i = 0; i < SL_PARAMS_READINGS_MAX; i++)
		sl_buf_fini(&readings[i]);
}

static void
names_find(struct entity *entity, const struct sl_params *fields, unsigned count)
{
	names_of(entity, fields, count, "filename");
	names_of(entity, fields, count, "name");
	if (entity->part.names_count > 0)
		entity->part.filename = entity->part.names[0];
}

void
entity_init(struct entity *entity, const struct header *header, bool digest)
{
	unsigned types = header->counts[STRUCTURAL_TYPE], count = header->counts[STRUCTURAL_DISPOSITION];
	/* dispositions first: their names go before those of types */
	struct sl_params *fields = sl_xmalloc((types + count + 1) * sizeof(*fields));

	*entity = (struct entity){ .found = header->found };
	sl_arena_init(&entity->text, ENTITY_TEXT_MAX);
	for (unsigned i = 0; i < count; i++)
		sl_params_init(&fields[i], sl_buf_slice(&header->kept[STRUCTURAL_DISPOSITION][i]));
	for (unsigned i = 0; i < types; i++)
		sl_params_init(&fields[count + i], sl_buf_slice(&header->kept[STRUCTURAL_TYPE][i]));
	transfers_find(entity, header);
	type_find(entity, fields + count, types, digest);
	if (count > 0)
		entity->part.disposition = keep(entity, fields[0].token);
	names_find(entity, fields, count + types);
	for (unsigned i = 0; i < count + types; i++)
		sl_params_fini(&fields[i]);
	sl_free(fields);
}

void
entity_fini(struct entity *entity)
{
	sl_arena_fini(&entity->text);
}
