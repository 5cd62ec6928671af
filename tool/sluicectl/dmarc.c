/* dmarc.c - sluicectl dmarc: DMARC alone, for identities already proven */

#include "commands.h"
#include "auth_dns.h"
#include "auth_i.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: sluicectl dmarc [--json] (--dns ZONE.json | --resolver ADDRESS[:PORT]...) --from ADDRESS\n"
    "                       [--dkim DOMAIN]... [--spf DOMAIN]...\n";

struct identity {
	const char	*domain;
	bool		 is_spf;
};

struct options {
	bool		 json;
	struct auth_dns_options dns;
	const char	*from;
	struct identity	 identities[SL_DMARC_IDENTITIES_MAX];
	size_t		 count;
};

static bool
options_read(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "dns", required_argument, NULL, 'd' },
		{ "resolver", required_argument, NULL, 'r' },
		{ "from", required_argument, NULL, 'f' },
		{ "dkim", required_argument, NULL, 'k' },
		{ "spf", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == OPTION_HELP) {
			fputs(usage, stdout);
			exit(EXIT_OK);
		}
		switch (c) {
		case 'j':
			o->json = true;
			break;
		case 'd':
			o->dns.zone = optarg;
			break;
		case 'r':
			if (!auth_dns_add_resolver(&o->dns, optarg))
				return false;
			break;
		case 'f':
			o->from = optarg;
			break;
		case 'k':
		case 's':
			if (o->count == SL_COUNT(o->identities))
				return false;
			o->identities[o->count++] = (struct identity){ optarg, c == 's' };
			break;
		default:
			return false;
		}
	}
	return auth_dns_options_ok(&o->dns) && o->from != NULL && optind == argc;
}

static struct sl_dmarc *
evaluate(const struct options *o, struct auth_dns *dns)
{
	struct sl_author author;
	struct sl_dmarc *dmarc;

	sl_author_parse(sl_slice_str(o->from), &author);
	dmarc = sl_dmarc_new(&author, NULL);
	for (size_t i = 0; i < o->count; i++) {
		if (o->identities[i].is_spf)
			sl_dmarc_add_spf(dmarc, sl_slice_str(o->identities[i].domain));
		else
			sl_dmarc_add_dkim(dmarc, sl_slice_str(o->identities[i].domain));
	}
	sl_dmarc_end(dmarc);
	auth_dns_answer_all(dns, &sl_dmarc_dns, dmarc);
	return dmarc;
}

int
dmarc_main(int argc, char **argv)
{
	struct options o = { 0 };
	struct auth_dns *dns;
	struct sl_dmarc *dmarc;
	struct sl_buf out;

	if (!options_read(&o, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	dns = auth_dns_open(&o.dns);
	if (dns == NULL)
		return 1;
	dmarc = evaluate(&o, dns);
	sl_buf_init(&out, 1u << 20);
	auth_add_dmarc(&out, sl_dmarc_verdict(dmarc), o.json);
	printf("%s\n", sl_buf_cstr(&out));
	sl_buf_fini(&out);
	sl_dmarc_free(&dmarc);
	auth_dns_free(&dns);
	return 0;
}
