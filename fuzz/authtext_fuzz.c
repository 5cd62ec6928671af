/*
 * authtext_fuzz.c - the small texts of authentication: tag lists, base64, canonical forms, DMARC
 * records, authors, Authentication-Results
 *
 * The first byte chooses. Properties: values lie in the input and the tags of a list differ; what
 * is encoded decodes to the same; a canonical body is canonical, however it was cut; a results
 * field that names us, is found out whatever stands around the name; an author found is a domain.
 */

#include "mailauth/authres.h"
#include "mailauth/taglist.h"

static void
check_taglist(struct sl_slice in)
{
	struct sl_taglist list;

	if (sl_taglist_parse(in, &list) < 0)
		return;
	SL_ASSERT(list.count > 0 && list.count <= SL_TAGLIST_MAX);
	for (size_t i = 0; i < list.count; i++) {
		const struct sl_tag *tag = &list.tags[i];

		SL_ASSERT(tag->field.ptr >= in.ptr && tag->field.ptr + tag->field.len <= in.ptr + in.len);
		SL_ASSERT(tag->value.ptr >= tag->field.ptr && tag->value.len <= tag->field.len);
		for (size_t k = 0; k < i; k++)
			SL_ASSERT(!sl_slice_eq(tag->name, list.tags[k].name));
	}
}

static void
check_base64(struct sl_slice in)
{
	unsigned char decoded[4096], again[4096];
	struct sl_buf text;
	size_t len, len2;

	sl_buf_init(&text, 65536);
	if (sl_base64_decode(in, decoded, sizeof(decoded), &len)) {
		sl_base64_encode(sl_slice(decoded, len), &text);
		SL_ASSERT(sl_base64_decode(sl_buf_slice(&text), again, sizeof(again), &len2));
		SL_ASSERT(len2 == len && memcmp(decoded, again, len) == 0);
	}
	sl_buf_fini(&text);
}

static void
collect(void *ctx, const unsigned char *data, size_t len)
{
	sl_buf_add(ctx, data, len);
}

/* The canonical form of `in`, fed in pieces. */
static void
canonical(enum sl_canon canon, struct sl_slice in, size_t piece, struct sl_buf *out)
{
	struct sl_canon_body body;

	sl_buf_init(out, 1u << 20);
	sl_canon_body_init(&body, canon, collect, out);
	for (size_t i = 0; i < in.len; i += piece)
		sl_canon_body_feed(&body, in.ptr + i, SL_MIN(piece, in.len - i));
	sl_canon_body_finish(&body);
}

static void
check_canon(struct sl_slice in)
{
	for (int canon = 0; canon < 2; canon++) {
		struct sl_buf whole, bytes, twice;

		canonical((enum sl_canon)canon, in, SL_MAX(in.len, (size_t)1), &whole);
		canonical((enum sl_canon)canon, in, 1, &bytes);
		canonical((enum sl_canon)canon, sl_buf_slice(&whole), 7, &twice);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&bytes)));
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole), sl_buf_slice(&twice)));
		sl_buf_fini(&whole);
		sl_buf_fini(&bytes);
		sl_buf_fini(&twice);
	}
}

static void
check_author(struct sl_slice in)
{
	struct sl_author author;

	sl_author_parse(in, &author);
	SL_ASSERT((author.status == SL_AUTHOR_ONE) == (author.domain[0] != '\0'));
	if (author.status == SL_AUTHOR_ONE)
		SL_ASSERT(author.mailboxes > 0 && memchr(in.ptr, '@', in.len) != NULL);
}

static void
check_dmarc(struct sl_slice in)
{
	struct sl_dmarc_record record;

	if (!sl_dmarc_record_parse(in, &record))
		return;
	SL_ASSERT(in.len <= SL_DMARC_RECORD_MAX && memmem(in.ptr, in.len, "DMARC1", 6) != NULL);
	SL_ASSERT(record.broken || record.p != SL_DMARC_POLICY_UNSET);
	SL_ASSERT(record.psd == 'y' || record.psd == 'n' || record.psd == 'u');
}

static void
check_authres(struct sl_slice in)
{
	struct sl_authres authres;
	struct sl_authres_result result;
	size_t left = in.len + 1;
	int r = sl_authres_begin(in, &authres);

	SL_ASSERT(r < 0 || authres.id[0] != '\0' || in.ptr[0] == '"' || memchr(in.ptr, '"', in.len) != NULL);
	SL_ASSERT(sl_authres_is_forged(SL_SLICE_LIT("authentication-results"), in, authres.id) ||
	    authres.id[0] == '\0');
	while (r >= 0 && (r = sl_authres_next(&authres, &result)) == SL_MORE) {
		SL_ASSERT(authres.rest.len < left);	/* it gets on */
		left = authres.rest.len;
		SL_ASSERT(result.method.len > 0 && result.result.len > 0);
		SL_ASSERT(result.property_count <= SL_AUTHRES_PROPERTIES_MAX);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const checks[])(struct sl_slice) = { check_taglist, check_base64, check_canon,
		check_author, check_dmarc, check_authres };

	if (len > 0)
		checks[data[0] % SL_COUNT(checks)](sl_slice(data + 1, len - 1));
	return 0;
}
