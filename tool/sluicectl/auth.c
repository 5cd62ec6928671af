/* auth.c - sluicectl auth: what SPF, DKIM, DMARC and ARC say of one message */

#include "commands.h"
#include "auth_dns.h"
#include "auth_i.h"

#include "mailauth/arc.h"
#include "mailauth/dkim.h"
#include "mailauth/spf.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct auth {
	struct auth_dns	*dns;
	unsigned char	 address[16];
	bool		 is_ipv6;
	bool		 has_address;
	const char	*helo;
	const char	*mail_from;
	const char	*receiver;
	const char	*file;		/* NULL: only SPF */
	int64_t		 now_s;
	bool		 json;
	struct sl_spf	*spf;		/* of MAIL FROM */
	struct sl_spf	*spf_helo;
	struct sl_headers headers;
	struct sl_buf	 body;
	struct sl_keys	*keys;
	struct sl_dkim	*dkim;
	struct sl_arc	*arc;
	struct sl_dmarc	*dmarc;
};

static const char usage[] =
    "usage: sluicectl auth [--json] (--dns ZONE.json | --resolver ADDRESS[:PORT]...) --ip ADDRESS\n"
    "                      --helo NAME --mail-from ADDRESS [--receiver NAME] [--now SECONDS] [FILE]\n";

static struct sl_spf *
spf_evaluate(const struct auth *auth, const char *sender)
{
	struct sl_spf_input input = {
		.is_ipv6 = auth->is_ipv6,
		.helo = sl_slice_str(auth->helo),
		.sender = sl_slice_str(sender),
		.receiver = sl_slice_str(auth->receiver),
		.now_s = auth->now_s,
	};
	struct sl_spf *spf;

	memcpy(input.address, auth->address, sizeof(input.address));
	spf = sl_spf_new(&input);
	auth_dns_answer_all(auth->dns, &sl_spf_dns, spf);
	return spf;
}

static void
print_spf(struct sl_buf *out, const char *name, const struct sl_spf *spf)
{
	sl_buf_addf(out, "\"%s\":{", name);
	auth_json_member(out, "result", sl_spf_result_name(sl_spf_result(spf)));
	auth_json_member(out, "explanation", sl_spf_explanation(spf));
	auth_json_member(out, "domain", sl_spf_domain(spf));
	auth_json_member(out, "reason", sl_spf_reason(spf));
	sl_buf_add_str(out, "}");
}

static void
print_dkim(struct sl_buf *out, const struct sl_dkim *dkim)
{
	sl_buf_add_str(out, "\"dkim\":[");
	for (size_t i = 0; i < sl_dkim_count(dkim); i++) {
		const struct sl_dkim_signature *signature = sl_dkim_get(dkim, i);

		sl_buf_add_str(out, i > 0 ? ",{" : "{");
		auth_json_member(out, "result", sl_dkim_result_name(signature->result));
		auth_json_member(out, "domain", signature->domain);
		auth_json_member(out, "selector", signature->selector);
		auth_json_member(out, "reason", signature->reason);
		sl_buf_add_byte(out, '}');
	}
	sl_buf_add_byte(out, ']');
}

static void
print_arc(struct sl_buf *out, const struct sl_arc *arc)
{
	sl_buf_add_str(out, "\"arc\":{");
	auth_json_member(out, "result", sl_arc_result_name(sl_arc_result(arc)));
	sl_buf_addf(out, ",\"instance\":%u", sl_arc_instance(arc));
	auth_json_member(out, "domain", sl_arc_sealer(arc));
	auth_json_member(out, "reason", sl_arc_reason(arc));
	sl_buf_add_byte(out, '}');
}

/* DMARC over what the others have proven. */
static void
dmarc_evaluate(struct auth *auth)
{
	struct sl_author author;

	sl_author_find(&auth->headers, &author);
	auth->dmarc = sl_dmarc_new(&author, NULL);
	if (sl_spf_result(auth->spf) == SL_SPF_PASS)
		sl_dmarc_add_spf(auth->dmarc, sl_slice_str(sl_spf_domain(auth->spf)));
	for (size_t i = 0; i < sl_dkim_count(auth->dkim); i++)
		if (sl_dkim_get(auth->dkim, i)->result == SL_DKIM_PASS)
			sl_dmarc_add_dkim(auth->dmarc, sl_slice_str(sl_dkim_get(auth->dkim, i)->domain));
	sl_dmarc_end(auth->dmarc);
	auth_dns_answer_all(auth->dns, &sl_dmarc_dns, auth->dmarc);
}

/* Read FILE and evaluate what hangs on the message. */
static bool
message_evaluate(struct auth *auth)
{
	struct sl_buf message;

	if (!auth_read_file(auth->file, &message)) {
		sl_buf_fini(&message);
		return false;
	}
	auth_split(&message, &auth->headers, &auth->body);
	auth->keys = sl_keys_new(64);
	auth->dkim = sl_dkim_new(&auth->headers, auth->keys, auth->now_s);
	auth->arc = sl_arc_new(&auth->headers, auth->keys, false);
	auth_dns_answer_all(auth->dns, &sl_dkim_dns, auth->dkim);
	auth_dns_answer_all(auth->dns, &sl_arc_dns, auth->arc);
	sl_dkim_body(auth->dkim, auth->body.data, auth->body.len);
	sl_arc_body(auth->arc, auth->body.data, auth->body.len);
	sl_dkim_body_end(auth->dkim);
	sl_arc_body_end(auth->arc);
	dmarc_evaluate(auth);
	return true;
}

static void
print_all(struct sl_buf *out, const struct auth *auth)
{
	sl_buf_add_byte(out, '{');
	print_spf(out, "spf", auth->spf);
	sl_buf_add_byte(out, ',');
	print_spf(out, "spf_helo", auth->spf_helo);
	if (auth->file != NULL) {
		sl_buf_add_byte(out, ',');
		print_dkim(out, auth->dkim);
		sl_buf_add_str(out, ",\"dmarc\":");
		auth_add_dmarc(out, sl_dmarc_verdict(auth->dmarc), true);
		sl_buf_add_byte(out, ',');
		print_arc(out, auth->arc);
	}
	sl_buf_add_str(out, "}\n");
}

/* For people: a line each. */
static void
print_words(struct sl_buf *out, const struct auth *auth)
{
	sl_buf_addf(out, "spf: %s (%s)\nspf of HELO: %s (%s)\n",
	    sl_spf_result_name(sl_spf_result(auth->spf)), sl_spf_reason(auth->spf),
	    sl_spf_result_name(sl_spf_result(auth->spf_helo)), sl_spf_reason(auth->spf_helo));
	if (auth->file == NULL)
		return;
	for (size_t i = 0; i < sl_dkim_count(auth->dkim); i++) {
		const struct sl_dkim_signature *s = sl_dkim_get(auth->dkim, i);

		sl_buf_addf(out, "dkim: %s, %s of %s%s%s\n", sl_dkim_result_name(s->result), s->selector,
		    s->domain, s->reason[0] != '\0' ? ": " : "", s->reason);
	}
	auth_add_dmarc(out, sl_dmarc_verdict(auth->dmarc), false);
	sl_buf_addf(out, "\narc: %s, %u sets%s%s\n", sl_arc_result_name(sl_arc_result(auth->arc)),
	    sl_arc_instance(auth->arc), sl_arc_reason(auth->arc)[0] != '\0' ? ": " : "",
	    sl_arc_reason(auth->arc));
}

static void
auth_fini(struct auth *auth)
{
	sl_spf_free(&auth->spf);
	sl_spf_free(&auth->spf_helo);
	sl_dkim_free(&auth->dkim);
	sl_arc_free(&auth->arc);
	sl_dmarc_free(&auth->dmarc);
	sl_keys_free(&auth->keys);
	sl_headers_fini(&auth->headers);
	sl_buf_fini(&auth->body);
	auth_dns_free(&auth->dns);
}

static int
auth_options(struct auth *auth, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "dns", required_argument, NULL, 'd' },
		{ "resolver", required_argument, NULL, 's' },
		{ "ip", required_argument, NULL, 'i' },
		{ "helo", required_argument, NULL, 'h' },
		{ "mail-from", required_argument, NULL, 'f' },
		{ "receiver", required_argument, NULL, 'r' },
		{ "now", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ NULL, 0, NULL, 0 },
	};
	struct auth_dns_options dns = { 0 };
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == OPTION_HELP) {
			fputs(usage, stdout);
			exit(EXIT_OK);
		}
		switch (c) {
		case 'j':
			auth->json = true;
			break;
		case 'd':
			dns.zone = optarg;
			break;
		case 's':
			if (!auth_dns_add_resolver(&dns, optarg)) {
				fputs(usage, stderr);
				return 2;
			}
			break;
		case 'i':
			if (!auth_parse_ip(optarg, auth->address, &auth->is_ipv6)) {
				fprintf(stderr, "sluicectl: '%s' is no IP address\n", optarg);
				return 2;
			}
			auth->has_address = true;
			break;
		case 'h':
			auth->helo = optarg;
			break;
		case 'f':
			auth->mail_from = optarg;
			break;
		case 'r':
			auth->receiver = optarg;
			break;
		case 'n':
			auth->now_s = strtoll(optarg, NULL, 10);
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (!auth_dns_options_ok(&dns) || !auth->has_address || argc - optind > 1) {
		fputs(usage, stderr);
		return 2;
	}
	auth->file = argv[optind];
	auth->dns = auth_dns_open(&dns);
	return auth->dns == NULL ? 1 : 0;
}

int
auth_main(int argc, char **argv)
{
	struct auth auth = { .helo = "", .mail_from = "", .receiver = "", .now_s = time(NULL) };
	struct sl_buf out;
	int status = auth_options(&auth, argc, argv);

	if (status != 0)
		return status;
	sl_buf_init(&out, 1u << 20);
	auth.spf = spf_evaluate(&auth, auth.mail_from);
	auth.spf_helo = spf_evaluate(&auth, "");
	if (auth.file == NULL || message_evaluate(&auth)) {
		if (auth.json)
			print_all(&out, &auth);
		else
			print_words(&out, &auth);
		fputs(sl_buf_cstr(&out), stdout);
	} else {
		status = 1;
	}
	sl_buf_fini(&out);
	auth_fini(&auth);
	return status;
}
