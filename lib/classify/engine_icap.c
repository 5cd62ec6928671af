/* engine_icap.c - ICAP (RFC 3507): the message as the body of a response, RESPMOD */

#include "classify/engine_i.h"

#define HTTP_HEAD	"HTTP/1.1 200 OK\r\nContent-Type: message/rfc822\r\n\r\n"

/* "Allow: 204" (4.6): what is not changed need not come back. */
static void
icap_begin(const struct sl_engine_facts *facts, struct sl_buf *out)
{
	sl_buf_addf(out, "RESPMOD icap://" SL_SLICE_FMT "/" SL_SLICE_FMT " ICAP/1.0\r\n",
	    SL_SLICE_ARG(facts->host), SL_SLICE_ARG(facts->service));
	engine_add_field(out, "Host", facts->host);
	engine_add_field(out, "X-Client-IP", facts->client_address);
	sl_buf_addf(out, "Allow: 204\r\nConnection: close\r\nEncapsulated: res-hdr=0, res-body=%zu\r\n\r\n"
	    HTTP_HEAD, sizeof(HTTP_HEAD) - 1);
}

/* What servers say they found, each in its own way: "X-Infection-Found: Type=0; Resolution=2; Threat=NAME;",
 * "X-Virus-ID: NAME", "X-Violations-Found: 1\n file\n NAME ...". */
static struct sl_slice
threat(const struct engine_reply *reply)
{
	struct sl_slice found = engine_reply_field(reply, SL_SLICE_LIT("X-Infection-Found"));
	const struct sl_slice key = SL_SLICE_LIT("Threat=");

	for (size_t i = 0; i + key.len <= found.len; i++) {
		if (sl_slice_istarts(sl_slice_from(found, i), key)) {
			struct sl_slice name = sl_slice_from(found, i + key.len);
			const unsigned char *end = name.len == 0 ? NULL : memchr(name.ptr, ';', name.len);

			if (end != NULL)
				name.len = (size_t)(end - name.ptr);
			if (name.len > 0)
				return name;
		}
	}
	found = engine_reply_field(reply, SL_SLICE_LIT("X-Virus-ID"));
	if (found.len > 0)
		return found;
	found = engine_reply_field(reply, SL_SLICE_LIT("X-Virus-Name"));
	return found.len > 0 ? found : sl_slice(NULL, 0);
}

static enum sl_engine_result
icap_reply(struct sl_slice in, bool closed, struct sl_engine_said *said)
{
	struct engine_reply reply;
	struct sl_slice name;

	*said = (struct sl_engine_said){ .value = 0 };
	if (!engine_reply_split(in, &reply))
		return closed || in.len > ENGINE_HEAD_MAX ? SL_ENGINE_FAILED : SL_ENGINE_MORE;
	if (sl_slice_istarts(reply.status_line, SL_SLICE_LIT("ICAP/1.0 204 "))) {
		said->log_odds[SL_MALWARE] = -2;
		engine_text(SL_SLICE_LIT("the ICAP server found nothing"), said->text);
		return SL_ENGINE_SAID;
	}
	if (!sl_slice_istarts(reply.status_line, SL_SLICE_LIT("ICAP/1.0 200 ")))
		return SL_ENGINE_FAILED;	/* 100, 404, 500 ...: nothing is known */
	/* It put something else in its place: that it does for what it will not let pass. */
	name = threat(&reply);
	engine_text(name.len > 0 ? name : SL_SLICE_LIT("unnamed"), said->text);
	said->found = true;
	said->value = 1;
	said->log_odds[SL_MALWARE] = name.len > 0 ? 16 : 6;
	return SL_ENGINE_SAID;
}

const struct sl_engine_codec engine_icap = {
	.name = "icap",
	.noun = "the ICAP server",
	.end = { (const unsigned char *)"0\r\n\r\n", 5 },
	.behind = { (const unsigned char *)"\r\n", 2 },
	.reply_max = 65536,
	.begin = icap_begin,
	.before = engine_chunk,
	.reply = icap_reply,
};
