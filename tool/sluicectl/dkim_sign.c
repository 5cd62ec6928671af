/* dkim_sign.c - sluicectl dkim-sign: the DKIM-Signature, or the ARC set, of a message in a file */

#include "commands.h"
#include "auth_i.h"

#include "mailauth/arc.h"
#include "mailauth/dkim_sign.h"
#include "mailauth/taglist.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] =
    "usage: sluicectl dkim-sign --key FILE --domain NAME --selector NAME [--canon relaxed/relaxed]\n"
    "                           [--names From:To:...] [--now SECONDS] FILE\n"
    "       sluicectl dkim-sign --arc RESULTS --dns ZONE.json ... FILE\n"
    "Prints the header fields to put in front. RESULTS is what an Authentication-Results field says.\n";

struct options {
	const char	*key, *domain, *selector, *canon, *names, *now, *arc, *dns, *file;
};

static bool
options_read(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "domain", required_argument, NULL, 'd' },
		{ "selector", required_argument, NULL, 's' },
		{ "canon", required_argument, NULL, 'c' },
		{ "names", required_argument, NULL, 'h' },
		{ "now", required_argument, NULL, 'n' },
		{ "arc", required_argument, NULL, 'a' },
		{ "dns", required_argument, NULL, 'z' },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ NULL, 0, NULL, 0 },
	};
	const char **text[] = { ['k'] = &o->key, ['d'] = &o->domain, ['s'] = &o->selector, ['c'] = &o->canon,
		['h'] = &o->names, ['n'] = &o->now, ['a'] = &o->arc, ['z'] = &o->dns };
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == OPTION_HELP) {
			fputs(usage, stdout);
			exit(EXIT_OK);
		}
		if (c == '?')
			return false;
		*text[c] = optarg;
	}
	o->file = argv[optind];
	return o->key != NULL && argc - optind == 1 && (o->arc == NULL) == (o->dns == NULL) &&
	    o->domain != NULL && o->selector != NULL;
}

/* Does what was asked make a signature that somebody will believe? */
static bool
options_sound(const struct options *o)
{
	static const char *const canons[] = { "simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed" };
	struct sl_slice names = sl_slice_str(o->names != NULL ? o->names : SL_DKIM_SIGN_NAMES), name;
	bool canon = false, from = o->arc != NULL, legible = true;

	for (size_t i = 0; i < SL_COUNT(canons); i++)
		canon |= strcmp(o->canon, canons[i]) == 0;
	while (sl_taglist_item(&names, &name)) {
		from |= sl_slice_ieq(name, SL_SLICE_LIT("From"));
		for (size_t i = 0; i < name.len; i++)
			legible &= name.ptr[i] > ' ' && name.ptr[i] < 0x7f && name.ptr[i] != ';';
	}
	if (!canon)
		fprintf(stderr, "sluicectl: --canon is simple or relaxed, a slash, simple or relaxed\n");
	else if (!from)
		fprintf(stderr, "sluicectl: --names has to hold From (RFC 6376, 5.4)\n");
	else if (!legible)
		fprintf(stderr, "sluicectl: --names are those of header fields, with colons between\n");
	return canon && from && legible && auth_key_place_ok(o->domain, o->selector);
}

static int
dkim_sign(const struct options *o, const struct sl_signkey *key, int64_t now_s,
    const struct sl_headers *headers, const struct sl_buf *body, struct sl_buf *out)
{
	const struct sl_dkim_sign_settings settings = {
		.domain = o->domain,
		.selector = o->selector,
		.key = key,
		.header_canon = strncmp(o->canon, "simple", 6) == 0 ? SL_CANON_SIMPLE : SL_CANON_RELAXED,
		.body_canon = strstr(o->canon, "/simple") != NULL ? SL_CANON_SIMPLE : SL_CANON_RELAXED,
		.names = o->names,
		.now_s = now_s,
	};
	struct sl_dkim_signer *signer = sl_dkim_signer_new(headers, &settings);
	int r;

	sl_dkim_signer_body(signer, body->data, body->len);
	r = sl_dkim_signer_finish(signer, out);
	sl_dkim_signer_free(&signer);
	return r;
}

static int
arc_seal(const struct options *o, const struct sl_signkey *key, int64_t now_s,
    const struct sl_headers *headers, const struct sl_buf *body, struct sl_buf *out)
{
	const struct sl_arc_seal_settings settings = { o->domain, o->selector, key,
		o->names != NULL ? o->names : SL_DKIM_SIGN_NAMES, now_s };
	struct sl_dnszone *zone = auth_read_zone(o->dns);
	struct sl_keys *keys = sl_keys_new(64);
	struct sl_arc *arc = sl_arc_new(headers, keys, true);
	int r = SL_ERR_NOT_FOUND;

	if (zone != NULL) {
		sl_dnszone_answer_all(zone, &sl_arc_dns, arc);
		sl_arc_body(arc, body->data, body->len);
		sl_arc_body_end(arc);
		r = sl_arc_seal(arc, &settings, sl_slice_str(o->arc), out);
	}
	sl_arc_free(&arc);
	sl_keys_free(&keys);
	sl_dnszone_free(&zone);
	return r;
}

int
dkim_sign_main(int argc, char **argv)
{
	struct options o = { .canon = "relaxed/relaxed" };
	struct sl_signkey *key;
	struct sl_headers headers;
	struct sl_buf message, body, out;
	int64_t now_s = time(NULL);
	int r;

	if (!options_read(&o, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	if (!options_sound(&o))
		return 2;
	if (o.now != NULL && !auth_parse_time(o.now, &now_s)) {
		fprintf(stderr, "sluicectl: '%s' is no number of seconds\n", o.now);
		return 2;
	}
	key = auth_read_key(o.key);
	if (key == NULL)
		return 1;
	if (!auth_read_file(o.file, &message)) {
		sl_buf_fini(&message);
		sl_signkey_free(&key);
		return 1;
	}
	auth_split(&message, &headers, &body);
	if (o.arc == NULL && sl_headers_count_of(&headers, SL_SLICE_LIT("From")) != 1)
		fprintf(stderr, "sluicectl: %s: no signature is believed on a message without one From\n", o.file);
	sl_buf_init(&out, 1u << 20);
	r = (o.arc != NULL ? arc_seal : dkim_sign)(&o, key, now_s, &headers, &body, &out);
	if (r < 0)
		fprintf(stderr, "sluicectl: %s\n", r == SL_ERR_FULL ? "the chain takes no more" : sl_strerror(r));
	else
		fputs(sl_buf_cstr(&out), stdout);
	sl_headers_fini(&headers);
	sl_buf_fini(&body);
	sl_buf_fini(&out);
	sl_signkey_free(&key);
	return r < 0 ? 1 : 0;
}
