/* dkim_key.c - sluicectl dkim-key: make a signing key, and print the DNS record to publish */

#include "commands.h"
#include "auth_i.h"

#include "mailauth/signkey.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TXT_STRING_MAX	255	/* octets of one string in a TXT record (RFC 1035, 3.3.14) */

static const char usage[] =
    "usage: sluicectl dkim-key [--json] --domain NAME --selector NAME --out FILE [--type rsa|ed25519] [--bits N]\n"
    "       sluicectl dkim-key [--json] --domain NAME --selector NAME --key FILE\n"
    "Makes a private key in FILE (which must not exist), or reads one, and prints the TXT record.\n";

struct options {
	bool		 json;
	const char	*domain, *selector;
	const char	*out, *key;
	const char	*type;
	unsigned	 bits;
};

static bool
options_read(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "domain", required_argument, NULL, 'd' },
		{ "selector", required_argument, NULL, 's' },
		{ "out", required_argument, NULL, 'o' },
		{ "key", required_argument, NULL, 'k' },
		{ "type", required_argument, NULL, 't' },
		{ "bits", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ NULL, 0, NULL, 0 },
	};
	const char **text[] = { ['d'] = &o->domain, ['s'] = &o->selector, ['o'] = &o->out, ['k'] = &o->key,
		['t'] = &o->type };
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == OPTION_HELP) {
			fputs(usage, stdout);
			exit(EXIT_OK);
		}
		if (c == '?')
			return false;
		if (c == 'j')
			o->json = true;
		else if (c == 'b')
			o->bits = (unsigned)strtoul(optarg, NULL, 10);
		else
			*text[c] = optarg;
	}
	return o->domain != NULL && o->selector != NULL && (o->out == NULL) != (o->key == NULL) &&
	    optind == argc && (strcmp(o->type, "rsa") == 0 || strcmp(o->type, "ed25519") == 0);
}

/* Write the key where only its owner can read it, never over another. */
static bool
key_write(const char *path, const struct sl_signkey *key)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct sl_buf pem;
	bool ok = false;

	sl_buf_init(&pem, 65536);
	sl_signkey_add_pem(key, &pem);
	if (fd >= 0) {
		ok = write(fd, pem.data, pem.len) == (ssize_t)pem.len && fsync(fd) == 0;
		ok = close(fd) == 0 && ok;
	}
	if (!ok)
		fprintf(stderr, "sluicectl: %s: %s\n", path, strerror(errno));
	sl_buf_fini(&pem);
	return ok;
}

static struct sl_signkey *
key_make(const struct options *o)
{
	struct sl_signkey *key = sl_signkey_generate(
	    strcmp(o->type, "rsa") == 0 ? SL_KEY_RSA : SL_KEY_ED25519, o->bits);

	if (key == NULL)
		fprintf(stderr, "sluicectl: RSA keys have %d to %d bits\n", SL_KEY_RSA_BITS_MIN,
		    SL_KEY_RSA_BITS_MAX);
	else if (!key_write(o->out, key))
		sl_signkey_free(&key);
	return key;
}

struct sl_signkey *
auth_read_key(const char *path)
{
	struct sl_signkey *key = NULL;
	struct sl_buf pem;

	if (auth_read_file(path, &pem)) {
		key = sl_signkey_parse(sl_buf_slice(&pem));
		if (key == NULL)
			fprintf(stderr, "sluicectl: %s: no private key that can sign mail\n", path);
	}
	sl_buf_fini(&pem);
	return key;
}

/* The line of a zone file, its text in strings of at most 255 octets. */
static void
record_print(const struct options *o, const char *text)
{
	printf("%s._domainkey.%s. IN TXT (", o->selector, o->domain);
	for (size_t i = 0; i < strlen(text); i += TXT_STRING_MAX)
		printf(" \"%.*s\"", TXT_STRING_MAX, text + i);
	printf(" )\n");
}

static void
json_print(const struct options *o, const char *text)
{
	char *name = sl_xasprintf("%s._domainkey.%s", o->selector, o->domain);
	struct sl_buf out;

	sl_buf_init(&out, 65536);
	sl_buf_add_byte(&out, '{');
	auth_json_member(&out, "name", name);
	auth_json_member(&out, "txt", text);
	auth_json_member(&out, "key", o->out != NULL ? o->out : o->key);
	sl_buf_add_byte(&out, '}');
	printf("%s\n", sl_buf_cstr(&out));
	sl_buf_fini(&out);
	sl_free(name);
}

int
dkim_key_main(int argc, char **argv)
{
	struct options o = { .type = "rsa", .bits = 2048 };
	struct sl_signkey *key;
	struct sl_buf text;

	if (!options_read(&o, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	if (!auth_key_place_ok(o.domain, o.selector))
		return 2;
	key = o.key != NULL ? auth_read_key(o.key) : key_make(&o);
	if (key == NULL)
		return 1;
	sl_buf_init(&text, 65536);
	sl_signkey_add_record(key, &text);
	if (o.json)
		json_print(&o, sl_buf_cstr(&text));
	else
		record_print(&o, sl_buf_cstr(&text));
	sl_buf_fini(&text);
	sl_signkey_free(&key);
	return 0;
}
