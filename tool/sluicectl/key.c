/*
 * key.c - sluicectl key: who can open what is kept
 *
 * Passphrases are turned into keys here, and pairs are made and wrapped here: the vault sees neither a passphrase nor
 * the secret of a pair that is locked.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "commands.h"
#include "control.h"
#include "kept/kept.h"
#include "seal/box.h"

static const char usage[] =
    "usage: sluicectl key show TENANT [--json]\n"
    "       sluicectl key hold TENANT [--passphrase-file FILE]\n"
    "       sluicectl key unlock TENANT [--passphrase-file FILE]\n"
    "       sluicectl key lock TENANT\n"
    "       sluicectl key serve TENANT\n"
    "       sluicectl key rotate-master FILE\n"
    "       sluicectl key new-vault VAULT\n"
    "\n"
    "  show     whose the tenant's key is, and whether it is unlocked\n"
    "  hold     make a new key that only a passphrase opens. What is kept from then on cannot be shown, listed or released unless\n"
    "           it is unlocked; if the passphrase is forgotten, never. What had been kept before stays as it was\n"
    "  unlock   let the vault use it, until it is locked or the vault is started anew\n"
    "  lock     take that back\n"
    "  serve    make a new key that the service holds, for what is kept from then on\n"
    "  rotate-master   put everything under a new master key, which takes the place of the one in FILE\n"
    "  new-vault  give up the vault that is missed, for good, and begin a new one in its place. VAULT is the number of the one that is given\n"
    "           up, as `sluicectl status` says it\n"
    "\n"
    "  --passphrase-file FILE   its first line, instead of asking; - is standard input\n"
    "  --by NAME        who asks, for the log (default: who runs this)\n"
    "  --control PATH   the control socket, as of `sluicectl status`\n"
    "\n"
    "Status: 0 fine, 1 it could not be done, 2 wrong use.\n";

#define ANSWER_MS	60000
#define PASSPHRASE_MAX	1024u
#define PASSPHRASE_MIN	12u
#define PAIRS_MAX	64u		/* that are tried to unlock */
#define MASTER_BYTES	32u

struct options {
	const char	*control, *passphrase_file;
	struct sl_slice	 by;
	bool		 json;
	struct sl_ipc	*ipc;
};

struct answer {
	struct sl_kept_tenant_key_is is;
	unsigned char	salt[SL_SEAL_SALT_BYTES];
};

/* ---- asking ---- */

static void
on_answer(void *ctx, struct sl_ipc_message *message)
{
	struct answer *answer = ctx;

	if (sl_kept_unpack_tenant_key_is(message->payload, &answer->is) != 0)
		answer->is = (struct sl_kept_tenant_key_is){ .result = SL_ERR_SYNTAX };
	if (answer->is.salt.len == sizeof(answer->salt))
		memcpy(answer->salt, answer->is.salt.ptr, sizeof(answer->salt));
}

static int
ask(struct options *o, uint32_t verb, struct sl_slice tenant, uint32_t nth, struct sl_slice secret, struct answer *answer)
{
	struct sl_kept_tenant_key question = { verb, tenant, nth, secret, o->by };
	struct sl_buf payload;
	int r;

	*answer = (struct answer){ .is = { .result = 0 } };
	sl_buf_init(&payload, 2048);
	sl_kept_pack_tenant_key(&question, &payload);
	r = sl_ipc_send(o->ipc, SL_IPC_TENANT_KEY, sl_buf_slice(&payload), NULL, 0);
	if (r == 0)
		r = sl_ipc_wait(o->ipc, ANSWER_MS, on_answer, answer);
	sl_zero(payload.data, payload.len);
	sl_buf_fini(&payload);
	return r < 0 ? r : answer->is.result;
}

static int
failed(struct sl_slice what, int r)
{
	fprintf(stderr, "sluicectl key: " SL_SLICE_FMT ": %s\n", SL_SLICE_ARG(what), r == SL_ERR_NOT_FOUND ?
	    "the vault has no such tenant" : r == SL_ERR_LOCKED ? "that is not its passphrase (or key)" : sl_strerror(r));
	return EXIT_PROBLEM;
}

/* ---- passphrases ---- */

/* A line, without its end. Returns its length, 0: none. */
static size_t
read_line(FILE *in, char out[PASSPHRASE_MAX])
{
	size_t len;

	if (fgets(out, PASSPHRASE_MAX, in) == NULL)
		return 0;
	len = strcspn(out, "\r\n");
	out[len] = '\0';
	return len;
}

static size_t
from_terminal(const char *prompt, char out[PASSPHRASE_MAX])
{
	FILE *terminal = fopen("/dev/tty", "r+");
	struct termios before, quiet;
	size_t len;

	if (terminal == NULL || tcgetattr(fileno(terminal), &before) != 0) {
		fputs("sluicectl key: there is no terminal to ask at: --passphrase-file\n", stderr);
		if (terminal != NULL)
			fclose(terminal);
		return 0;
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fputs(prompt, terminal);
	fflush(terminal);
	tcsetattr(fileno(terminal), TCSAFLUSH, &quiet);
	len = read_line(terminal, out);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fputc('\n', terminal);
	fclose(terminal);
	return len;
}

/* Returns its length; 0: there is none, and it is said why. */
static size_t
passphrase(const struct options *o, bool is_new, char out[PASSPHRASE_MAX])
{
	char again[PASSPHRASE_MAX];
	FILE *in = stdin;
	size_t len;

	if (o->passphrase_file != NULL) {
		if (strcmp(o->passphrase_file, "-") != 0)
			in = fopen(o->passphrase_file, "r");
		if (in == NULL)
			fprintf(stderr, "sluicectl key: %s: %s\n", o->passphrase_file, strerror(errno));
		len = in == NULL ? 0 : read_line(in, out);
		if (in != NULL && in != stdin)
			fclose(in);
	} else {
		len = from_terminal("Passphrase: ", out);
		if (len > 0 && is_new && (from_terminal("Again: ", again) != len || memcmp(out, again, len) != 0)) {
			fputs("sluicectl key: they differ\n", stderr);
			len = 0;
		}
		sl_zero(again, sizeof(again));
	}
	if (len > 0 && len < PASSPHRASE_MIN && is_new) {
		fprintf(stderr, "sluicectl key: a passphrase has at least %u characters\n", PASSPHRASE_MIN);
		len = 0;
	}
	return len;
}

/* ---- verbs ---- */

static int
show(struct options *o, struct sl_slice tenant)
{
	struct answer answer;
	int r = ask(o, SL_KEPT_KEY_SHOW, tenant, 0, sl_slice(NULL, 0), &answer);

	if (r != 0)
		return failed(tenant, r);
	if (o->json)
		printf("{\"held_by\": \"%s\", \"unlocked\": %s, \"keys\": %u}\n", answer.is.held ? "tenant" : "service",
		    answer.is.open ? "true" : "false", answer.is.count);
	else
		printf("held by the %s, %s; %u key%s in all\n", answer.is.held ? "tenant" : "service",
		    answer.is.open ? "it opens" : "locked", answer.is.count, answer.is.count == 1 ? "" : "s");
	return EXIT_OK;
}

static int
hold(struct options *o, struct sl_slice tenant)
{
	unsigned char key[SL_SEAL_KEY_BYTES], wrapped[SL_SEAL_WRAPPED_BYTES];
	char text[PASSPHRASE_MAX];
	size_t len = passphrase(o, true, text);
	struct sl_seal_stretch stretch;
	struct sl_seal_pair pair;
	struct answer answer;
	int r;

	if (len == 0)
		return EXIT_PROBLEM;
	sl_seal_stretch_new(&stretch);
	r = sl_seal_passphrase_key(&stretch, sl_slice((unsigned char *)text, len), key);
	sl_zero(text, sizeof(text));
	if (r == 0) {
		sl_seal_pair_new(&pair);
		sl_seal_wrap(&pair, tenant, &stretch, key, wrapped);
		sl_zero(&pair, sizeof(pair));
		sl_zero(key, sizeof(key));
		r = ask(o, SL_KEPT_KEY_PUT, tenant, 0, sl_slice(wrapped, sizeof(wrapped)), &answer);
	}
	if (r != 0)
		return failed(tenant, r);
	puts("the tenant holds its key: what is kept from now on opens with the passphrase alone");
	return EXIT_OK;
}

/* The passphrase is tried on each pair that the tenant holds: they may have been made by different ones. */
static int
unlock_all(struct options *o, struct sl_slice tenant, struct sl_slice text, unsigned *opened_out)
{
	struct answer answer;
	uint32_t count = 1;
	int r = 0;

	for (uint32_t n = 0; n < SL_MIN(count, PAIRS_MAX); n++) {
		unsigned char key[SL_SEAL_KEY_BYTES];
		struct sl_seal_stretch stretch;

		r = ask(o, SL_KEPT_KEY_SHOW, tenant, n, sl_slice(NULL, 0), &answer);
		if (r != 0)
			return r;
		count = answer.is.count;
		if (!answer.is.held)
			continue;
		stretch = (struct sl_seal_stretch){ .passes = answer.is.passes, .memory_kib = answer.is.memory_kib };
		memcpy(stretch.salt, answer.salt, sizeof(stretch.salt));
		r = sl_seal_passphrase_key(&stretch, text, key);
		if (r == 0)
			r = ask(o, SL_KEPT_KEY_UNLOCK, tenant, 0, sl_slice(key, sizeof(key)), &answer);
		sl_zero(key, sizeof(key));
		*opened_out += r == 0;
		if (r != 0 && r != SL_ERR_LOCKED)
			return r;
	}
	return 0;
}

static int
unlock(struct options *o, struct sl_slice tenant)
{
	char text[PASSPHRASE_MAX];
	size_t len = passphrase(o, false, text);
	unsigned opened = 0;
	int r;

	if (len == 0)
		return EXIT_PROBLEM;
	r = unlock_all(o, tenant, sl_slice((unsigned char *)text, len), &opened);
	sl_zero(text, sizeof(text));
	if (r != 0 || opened == 0)
		return failed(tenant, r != 0 ? r : SL_ERR_LOCKED);
	puts("unlocked");
	return EXIT_OK;
}

static int
plain(struct options *o, struct sl_slice tenant, uint32_t verb, const char *said)
{
	struct answer answer;
	int r = ask(o, verb, tenant, 0, sl_slice(NULL, 0), &answer);

	if (r != 0)
		return failed(tenant, r);
	puts(said);
	return EXIT_OK;
}

static int
lock(struct options *o, struct sl_slice tenant)
{
	return plain(o, tenant, SL_KEPT_KEY_LOCK, "locked");
}

static int
serve(struct options *o, struct sl_slice tenant)
{
	return plain(o, tenant, SL_KEPT_KEY_SERVE, "the service holds the key of what is kept from now on");
}

/* ---- the master key ---- */

static bool
read_key(const char *path, unsigned char out[MASTER_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0 && st.st_size == MASTER_BYTES && read(fd, out, MASTER_BYTES) == MASTER_BYTES;

	if (!good)
		fprintf(stderr, "sluicectl key: %s: %s\n", path, fd < 0 ? strerror(errno) : "it is no master key of 32 bytes");
	if (fd >= 0)
		close(fd);
	return good;
}

static bool
write_key(const char *path, const unsigned char key[MASTER_BYTES])
{
	int fd;
	bool good;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	good = fd >= 0 && write(fd, key, MASTER_BYTES) == MASTER_BYTES && fsync(fd) == 0;
	if (!good)
		fprintf(stderr, "sluicectl key: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* The new key is on the disk before anything is put under it: whatever dies in between, the vault finds the one that opens. */
static int
rotate(struct options *o, struct sl_slice path)
{
	char *file = sl_xasprintf(SL_SLICE_FMT, SL_SLICE_ARG(path)), *next = sl_xasprintf("%s.next", file);
	unsigned char keys[2 * MASTER_BYTES];
	struct answer answer;
	int status = EXIT_PROBLEM, r;

	sl_random(keys + MASTER_BYTES, MASTER_BYTES);
	if (read_key(file, keys) && write_key(next, keys + MASTER_BYTES)) {
		r = ask(o, SL_KEPT_KEY_ROTATE, sl_slice(NULL, 0), 0, sl_slice(keys, sizeof(keys)), &answer);
		if (r == SL_ERR_LOCKED || r == SL_ERR_SYNTAX) {		/* it has said no */
			(void)unlink(next);
			fprintf(stderr, "sluicectl key: %s: it is not the vault's master key\n", file);
		} else if (r != 0) {
			fprintf(stderr, "sluicectl key: no answer: %s; keep both %s and %s until the vault has been started anew\n",
			    sl_strerror(r), file, next);
		} else if (rename(next, file) != 0) {
			fprintf(stderr, "sluicectl key: the key in use is in %s, and cannot be renamed: %s\n", next, strerror(errno));
		} else {
			printf("everything is under the new master key in %s: keep a copy of it where the vault's disks are not, and destroy "
			    "copies of the old one\n", file);
			status = EXIT_OK;
		}
	}
	sl_zero(keys, sizeof(keys));
	sl_free(next);
	sl_free(file);
	return status;
}

/* ---- the vault ---- */

static int
new_vault(struct options *o, struct sl_slice vault)
{
	struct answer answer;
	int r = ask(o, SL_KEPT_KEY_NEW_VAULT, vault, 0, sl_slice(NULL, 0), &answer);

	if (r != 0) {
		fprintf(stderr, "sluicectl key: " SL_SLICE_FMT ": %s\n", SL_SLICE_ARG(vault), r == SL_ERR_EXISTS ?
		    "no vault is missed" : r == SL_ERR_NOT_FOUND ? "it is not the vault that is missed" : r == SL_ERR_BUSY ?
		    "there is something in its place: move it away first" : sl_strerror(r));
		return EXIT_PROBLEM;
	}
	puts("a new vault is begun");
	return EXIT_OK;
}

static const struct verb {
	const char	*name;
	int		(*run)(struct options *o, struct sl_slice what);
} verbs[] = {
	{ "show", show }, { "hold", hold }, { "unlock", unlock }, { "lock", lock }, { "serve", serve }, { "rotate-master", rotate },
	{ "new-vault", new_vault },
};

static bool
options_read(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "passphrase-file", required_argument, NULL, 'p' }, { "control", required_argument, NULL, 'c' },
		{ "by", required_argument, NULL, 'b' }, { "json", no_argument, NULL, 'j' }, { 0 },
	};
	const struct passwd *pw = getpwuid(getuid());
	int c;

	o->by = sl_slice_str(pw == NULL ? "?" : pw->pw_name);
	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'p')
			o->passphrase_file = optarg;
		else if (c == 'c')
			o->control = optarg;
		else if (c == 'b')
			o->by = sl_slice_str(optarg);
		else if (c == 'j')
			o->json = true;
		else
			return false;
	}
	return o->by.len <= SL_KEPT_TEXT_MAX && optind + 1 == argc && *argv[optind] != '\0';
}

int
key_main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct verb *verb = NULL;
	int status;

	for (size_t i = 0; argc > 1 && i < SL_COUNT(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			verb = &verbs[i];
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_OK;
		}
	if (verb == NULL || !options_read(&o, argc - 1, argv + 1) ||
	    (verb->run != rotate && strlen(argv[1 + optind]) > SL_KEPT_TENANT_MAX)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	o.ipc = control_vault(o.control, SL_IPC_BIT(TENANT_KEY_IS));
	if (o.ipc == NULL)
		return EXIT_PROBLEM;
	status = verb->run(&o, sl_slice_str(argv[1 + optind]));
	sl_ipc_free(&o.ipc);
	return status;
}
