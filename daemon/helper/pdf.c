/*
 * pdf.c - what a PDF does and where it leads (ISO 32000), read by its tokens from front to end
 *
 * Readers repair much, so tables and lengths are not believed: every object in the file is looked
 * at, referenced or not, also those in object streams. Names are taken as decoded (#4aS is JS).
 * Strings that are addresses are links, wherever they stand.
 *
 * Memory: the last DICT_MAX names of the current object, one stream as unpacked (STREAM_MAX).
 * What is encrypted without a password is read (pdf_crypt.h).
 * Limits: LZW and run-length streams are not unpacked; behind a password strings and streams
 * cannot be read, which is a finding of its own.
 */

#include "pdf.h"
#include "pdf_crypt.h"
#include "wide.h"

#include <stdio.h>
#include <stdlib.h>

struct pdf {
	struct inspection	*in;
	bool			 encrypted;	/* and there is a password: strings say nothing */
	struct pdf_crypt	 crypt;
	unsigned		 files;
	unsigned		 damaged;
	unsigned		 hidden_names;
	unsigned		 images;
};

/* What is known of the object that is being read. */
struct object {
	char		last[PDF_NAME_MAX + 1];	/* the name before the current token */
	unsigned	filters[PDF_FILTERS_MAX];
	size_t		filters_len;
	bool		in_filter;		/* names are filters */
	bool		is_object_stream, is_file, is_image, is_table;
	bool		opens;			/* the last name was /OpenAction */
	bool		opens_escaped;
	bool		is_plain;		/* in an object stream: encrypted with that */
	uint32_t	number, generation;
	size_t		length;			/* as the dictionary says; 0: not direct */
	size_t		width, height, bits, colors;
	bool		predictor;
};

static void	scan(struct pdf *p, struct sl_slice s, bool with_streams);

/* ---- names and strings ---- */

static const struct {
	const char		*name;
	enum sl_deep_finding	 id;
} telling[] = {
	{ "JavaScript", SL_DEEP_PDF_JAVASCRIPT }, { "JS", SL_DEEP_PDF_JAVASCRIPT },
	{ "AA", SL_DEEP_PDF_OPEN_ACTION },
	{ "Launch", SL_DEEP_PDF_LAUNCH }, { "EmbeddedFile", SL_DEEP_PDF_EMBEDDED },
	{ "SubmitForm", SL_DEEP_PDF_SUBMIT }, { "GoToR", SL_DEEP_PDF_REMOTE },
	{ "GoToE", SL_DEEP_PDF_REMOTE }, { "RichMedia", SL_DEEP_PDF_MEDIA },
	{ "XFA", SL_DEEP_PDF_XFA },
};

static void
on_name(struct pdf *p, struct object *o, const struct pdf_token *t)
{
	const char *name = t->name;

	for (size_t i = 0; i < SL_COUNT(telling); i++) {
		if (strcmp(name, telling[i].name) != 0)
			continue;
		found(p->in, telling[i].id, "/%s", name);
		if (t->escaped)
			p->hidden_names++;
	}
	if (strcmp(name, "OpenAction") == 0) {
		o->opens = true;
		o->opens_escaped = t->escaped;
	}
	if (strcmp(o->last, "Type") == 0 || strcmp(o->last, "Subtype") == 0) {
		o->is_object_stream |= strcmp(name, "ObjStm") == 0;
		o->is_table |= strcmp(name, "XRef") == 0;
		o->is_file |= strcmp(name, "EmbeddedFile") == 0;
		o->is_image |= strcmp(name, "Image") == 0;
	} else if (strcmp(o->last, "ColorSpace") == 0) {
		o->colors = strcmp(name, "DeviceRGB") == 0 ? 3 : strcmp(name, "DeviceGray") == 0 ? 1 : 0;
	}
	if (o->in_filter) {
		unsigned filter = pdf_filter(name);

		if (filter != PDF_FILTER_NONE && o->filters_len < PDF_FILTERS_MAX) {
			o->filters[o->filters_len++] = filter;
			return;		/* `last` stays /Filter for the next of a list */
		}
	}
	o->in_filter = strcmp(name, "Filter") == 0 || strcmp(name, "F") == 0;
	o->predictor |= strcmp(name, "Predictor") == 0;
	snprintf(o->last, sizeof(o->last), "%s", name);
}

static void
on_number(struct object *o, size_t v)
{
	if (strcmp(o->last, "Length") == 0 && o->length == 0)
		o->length = v;
	else if (strcmp(o->last, "Length") == 0)
		o->length = SIZE_MAX;		/* "12 0 R": elsewhere */
	else if (strcmp(o->last, "Width") == 0)
		o->width = v;
	else if (strcmp(o->last, "Height") == 0)
		o->height = v;
	else if (strcmp(o->last, "BitsPerComponent") == 0)
		o->bits = v;
}

/* Is this an address that a viewer would open? */
static bool
is_address(struct sl_slice s)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://", "www.", "mailto:", "file://",
		"\\\\", "javascript:", "tel:" };

	for (size_t i = 0; i < SL_COUNT(schemes); i++)
		if (s.len > strlen(schemes[i]) && sl_slice_istarts(s, sl_slice_str(schemes[i])))
			return true;
	return false;
}

static void
on_string(struct pdf *p, struct object *o, struct sl_slice s)
{
	unsigned char plain[4 * SL_DEEP_URL_MAX];	/* as much as a string's buffer holds */
	struct sl_buf text;

	if (p->crypt.open && !o->is_plain && s.len > 0 && s.len <= sizeof(plain))
		s = sl_slice(plain, pdf_decrypt(&p->crypt, o->number, o->generation, s, plain));
	sl_buf_init(&text, SL_DEEP_URL_MAX);
	if (s.len >= 2 && s.ptr[0] == 0xfe && s.ptr[1] == 0xff) {	/* UTF-16, most significant first */
		for (size_t i = 2; i + 1 < s.len && text.len < SL_DEEP_URL_MAX; i += 2)
			sl_buf_add_byte(&text, s.ptr[i] == 0 ? s.ptr[i + 1] : '?');
		s = sl_buf_slice(&text);
	}
	s = sl_slice_trim(s);
	if (!p->encrypted && (is_address(s) || strcmp(o->last, "URI") == 0))
		found_link(p->in, strcmp(o->last, "F") == 0 ? SL_DEEP_FROM_PDF_FORM : SL_DEEP_FROM_PDF_ACTION, s);
	else if (strcmp(o->last, "JS") == 0)
		find_urls(p->in, SL_DEEP_FROM_PDF_ACTION, s);
	sl_buf_fini(&text);
}

/* ---- streams ---- */

static void
image_stream(struct pdf *p, const struct object *o, struct sl_slice plain)
{
	enum sniffed type = helper_sniff(plain);

	if (p->images++ >= PDF_IMAGES_MAX)
		return;
	if (type == SNIFFED_JPEG || type == SNIFFED_PNG)
		image_inspect(p->in, plain, type);
	else if (!o->predictor && o->width > 0 && o->height > 0)
		image_raw(p->in, plain, o->width, o->height, o->bits, o->colors);
}

/* JavaScript may stand in a stream that nothing on the spot says is one. Metadata and fonts, which
 * are full of addresses that nobody is led to, do not look like it. */
static bool
is_script(struct sl_slice s)
{
	static const char *const signs[] = { "app.", "this.", "function", "eval(", "launchURL", "getURL",
		"submitForm" };

	for (size_t i = 0; i < SL_COUNT(signs) && s.len > 0; i++)
		if (memmem(s.ptr, s.len, signs[i], strlen(signs[i])) != NULL && memchr(s.ptr, '(', s.len) != NULL &&
		    memchr(s.ptr, '\0', s.len) == NULL)
			return true;
	return false;
}

static void
on_stream(struct pdf *p, const struct object *o, struct sl_slice raw)
{
	struct sl_slice plain;
	unsigned char *memory = NULL, *decrypted = NULL;
	char name[32];
	bool whole;

	if (p->crypt.open && !o->is_table && raw.len > 0) {
		decrypted = inspect_alloc(p->in, raw.len);
		if (decrypted == NULL)
			return;
		raw = sl_slice(decrypted, pdf_decrypt(&p->crypt, o->number, o->generation, raw, decrypted));
	}
	whole = pdf_unpack(p->in, o->filters, o->filters_len, raw, &plain, &memory);
	if (!whole && !p->encrypted)
		p->damaged++;
	if (o->is_file && plain.len > 0) {
		snprintf(name, sizeof(name), "file-%u", ++p->files);
		inner_bytes(p->in, sl_slice_str(name), plain);
	} else if (o->is_image && plain.len > 0) {
		image_stream(p, o, plain);
	} else if (o->is_object_stream && plain.len > 0) {
		scan(p, plain, false);		/* no streams in it: this is the deepest */
	} else if (plain.len < PDF_SCRIPT_MAX && !p->encrypted && is_script(plain)) {
		find_urls(p->in, SL_DEEP_FROM_PDF_ACTION, plain);
	}
	free(memory);
	free(decrypted);
}

/* The bytes of the stream whose keyword ends at `at`; *at moves behind its end. The length is
 * believed if `endstream` stands there. */
static struct sl_slice
stream_bytes(struct sl_slice s, size_t length, size_t *at)
{
	size_t from = *at;
	const unsigned char *end = NULL;

	if (from < s.len && s.ptr[from] == '\r')
		from++;
	if (from < s.len && s.ptr[from] == '\n')
		from++;
	if (length < s.len - from)
		end = memmem(s.ptr + from + length, SL_MIN(s.len - from - length, (size_t)24), "endstream", 9);
	if (end != NULL) {
		*at = (size_t)(end - s.ptr) + 9;
		return sl_slice(s.ptr + from, length);
	}
	end = memmem(s.ptr + from, s.len - from, "endstream", 9);
	*at = end == NULL ? s.len : (size_t)(end - s.ptr) + 9;
	return sl_slice(s.ptr + from, (end == NULL ? s.len : (size_t)(end - s.ptr)) - from);
}

/* ---- tokens ---- */

/* What follows /OpenAction: a list is but the page to show first, anything else an action. */
static void
check_open_action(struct pdf *p, struct object *o, const struct pdf_token *t)
{
	if (!o->opens)
		return;
	o->opens = false;
	if (t->is_list)
		return;
	found(p->in, SL_DEEP_PDF_OPEN_ACTION, "/OpenAction");
	p->hidden_names += o->opens_escaped;
}

static void
scan(struct pdf *p, struct sl_slice s, bool with_streams)
{
	struct object o = { .is_plain = !with_streams };
	struct pdf_token t;
	size_t at = 0, numbers[2] = { 0 };
	struct sl_buf text;

	sl_buf_init(&text, SL_DEEP_URL_MAX * 4);
	while (pdf_next(s, &at, &t, &text) && !inspection_over(p->in)) {
		check_open_action(p, &o, &t);
		switch (t.kind) {
		case PDF_NAME:
			on_name(p, &o, &t);
			break;
		case PDF_NUMBER:
			on_number(&o, t.number);
			numbers[0] = numbers[1];
			numbers[1] = t.number;
			break;
		case PDF_STRING:
			on_string(p, &o, sl_buf_slice(&text));
			break;
		case PDF_STREAM:
			if (with_streams)
				on_stream(p, &o, stream_bytes(s, o.length, &at));
			o = (struct object){ .is_plain = !with_streams };
			break;
		case PDF_OBJECT:
			o = (struct object){ .is_plain = !with_streams, .number = (uint32_t)numbers[0],
				.generation = (uint32_t)numbers[1] };
			break;
		case PDF_OTHER:
			break;
		}
	}
	sl_buf_fini(&text);
}

/* ---- encryption ---- */

static void
take(struct sl_buf *text, unsigned char *out, size_t size, size_t *len)
{
	*len = SL_MIN(text->len, size);
	if (*len > 0)
		memcpy(out, text->data, *len);
}

static void
crypt_string(struct pdf_crypt *c, const char *last, struct sl_buf *text)
{
	if (strcmp(last, "O") == 0)
		take(text, c->owner, sizeof(c->owner), &c->owner_len);
	else if (strcmp(last, "U") == 0)
		take(text, c->user, sizeof(c->user), &c->user_len);
	else if (strcmp(last, "UE") == 0)
		take(text, c->user_key, sizeof(c->user_key), &c->user_key_len);
}

static void
crypt_number(struct pdf_crypt *c, const char *last, const struct pdf_token *t)
{
	if (strcmp(last, "V") == 0)
		c->version = t->number;
	else if (strcmp(last, "R") == 0)
		c->revision = t->number;
	else if (strcmp(last, "P") == 0)
		c->permissions = t->negative ? -(int64_t)t->number : (int64_t)t->number;
	else if (strcmp(last, "Length") == 0 && t->number >= 40)	/* those of crypt filters are in bytes */
		c->length_bits = t->number;
}

/* The encryption dictionary is the object with a standard handler and keys; the file's id stands in a
 * trailer. Both are found by a pass of their own, as what they open may come before them. */
static void
find_crypt(struct pdf *p, struct sl_slice s)
{
	struct pdf_crypt here = { 0 }, found_one = { 0 };
	char last[PDF_NAME_MAX + 1] = "";
	struct pdf_token t;
	struct sl_buf text;
	bool standard = false;
	size_t at = 0;

	sl_buf_init(&text, SL_DEEP_URL_MAX * 4);
	while (pdf_next(s, &at, &t, &text) && !inspection_over(p->in)) {
		if (t.kind == PDF_NAME) {
			standard |= strcmp(t.name, "Standard") == 0;
			if (strcmp(last, "CFM") == 0)
				here.cipher = strncmp(t.name, "AES", 3) == 0 ? PDF_AES : PDF_RC4;
			snprintf(last, sizeof(last), "%s", t.name);
		} else if (t.kind == PDF_NUMBER) {
			crypt_number(&here, last, &t);
		} else if (t.kind == PDF_STRING) {
			if (strcmp(last, "ID") == 0 && p->crypt.id_len == 0)
				take(&text, p->crypt.id, sizeof(p->crypt.id), &p->crypt.id_len);
			crypt_string(&here, last, &text);
		} else if (t.kind == PDF_OTHER) {
			here.metadata_is_plain |= strcmp(last, "EncryptMetadata") == 0 && t.is_false;
		} else {
			if (standard && here.user_len >= 32 && here.owner_len >= 32)
				found_one = here;
			here = (struct pdf_crypt){ .length_bits = 40 };
			standard = false;
			if (t.kind == PDF_STREAM)
				(void)stream_bytes(s, 0, &at);
			last[0] = '\0';
		}
	}
	memcpy(found_one.id, p->crypt.id, sizeof(found_one.id));
	found_one.id_len = p->crypt.id_len;
	p->crypt = found_one;
	p->encrypted = !pdf_crypt_open(&p->crypt);
	sl_buf_fini(&text);
}

void
pdf_inspect(struct inspection *in, struct sl_slice bytes)
{
	struct pdf p = { .in = in };

	/* Strings and streams of an encrypted file come before its trailer says that it is one. */
	if (memmem(bytes.ptr, bytes.len, "/Encrypt", 8) != NULL)
		find_crypt(&p, bytes);
	if (p.encrypted)
		found(in, SL_DEEP_DOCUMENT_ENCRYPTED, "%s", "PDF");
	scan(&p, bytes, true);
	if (p.hidden_names > 0)
		found(in, SL_DEEP_PDF_OBFUSCATED, "%u names", p.hidden_names);
	if (p.damaged > 0)
		found(in, SL_DEEP_PDF_DAMAGED, "%u streams", p.damaged);
}
