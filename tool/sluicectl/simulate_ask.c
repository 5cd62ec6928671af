/* simulate_ask.c - the pictures of the settings that a simulation compares; see simulate.h */

#include "simulate.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/ipc.h"

#define ANSWER_MS	120000
#define FILE_MAX	((size_t)16 << 20)

/* ---- snapshots ---- */

/* Map a file, over another if `under` is not NULL. */
static bool
map(int fd, const char *name, const struct sl_snapshot *under, struct sl_snapshot **out)
{
	int r = under == NULL ? sl_snapshot_open(fd, out) : sl_snapshot_open_over(fd, under, out);

	if (r != 0)
		fprintf(stderr, "sluicectl policy simulate: %s: %s\n", name,
		    r == SL_ERR_SYSTEM ? strerror(errno) : r == SL_ERR_SYNTAX ? "no snapshot, or a damaged one" : sl_strerror(r));
	return r == 0;
}

static bool
map_file(struct sl_slice path, const struct sl_snapshot *under, struct sl_snapshot **out)
{
	char *name = sl_xasprintf(SL_SLICE_FMT, SL_SLICE_ARG(path));
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	bool good = false;

	if (fd < 0)
		fprintf(stderr, "sluicectl policy simulate: %s: %s\n", name, strerror(errno));
	else
		good = map(fd, name, under, out);
	if (fd >= 0)
		close(fd);
	sl_free(name);
	return good;
}

/* "WHOLE[,OVER]" */
static bool
map_pair(const char *text, struct sl_snapshot **whole, struct sl_snapshot **over)
{
	const char *comma = strchr(text, ',');

	if (!map_file(sl_slice(text, comma != NULL ? (size_t)(comma - text) : strlen(text)), NULL, whole))
		return false;
	return comma == NULL || map_file(sl_slice_str(comma + 1), *whole, over);
}

bool
pictures_from_files(const char *current, const char *changed, struct pictures *out)
{
	*out = (struct pictures){ 0 };
	if (!map_pair(current, &out->whole, &out->over) || !map_pair(changed, &out->changed_whole, &out->changed_over))
		return false;
	out->current = out->over != NULL ? out->over : out->whole;
	out->changed = out->changed_over != NULL ? out->changed_over : out->changed_whole;
	return true;
}

void
pictures_fini(struct pictures *p)
{
	sl_snapshot_close(&p->changed_over);
	sl_snapshot_close(&p->changed_whole);
	sl_snapshot_close(&p->over);
	sl_snapshot_close(&p->whole);
	sl_free(p->tenant);
}

/* ---- the question ---- */

/* A file whole, as a JSON text; NULL: said why. */
static json_t *
file_text(const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	json_t *text = NULL;
	struct sl_buf buf;
	char piece[65536];
	size_t n;

	if (file == NULL) {
		fprintf(stderr, "sluicectl policy simulate: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	sl_buf_init(&buf, FILE_MAX);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		sl_buf_add(&buf, piece, n);
	if (ferror(file) || buf.overflow)
		fprintf(stderr, "sluicectl policy simulate: %s: %s\n", path, buf.overflow ? "too long" : strerror(errno));
	else if ((text = json_stringn(sl_buf_cstr(&buf), buf.len)) == NULL)
		fprintf(stderr, "sluicectl policy simulate: %s: not UTF-8\n", path);
	sl_buf_fini(&buf);
	if (file != stdin)
		fclose(file);
	return text;
}

/* {"verb": "policy.simulate", "args": {"at": NODE, "set": ["path=value", ...]}}, or "file" with the text of settings in place
 * of "set". NULL: said why. */
static char *
question(const char *node, char *const *changes, size_t len)
{
	json_t *args = json_pack("{s:s}", "at", node), *request, *list = json_array(), *text;
	char *out = NULL;
	bool good = args != NULL;

	for (size_t i = 0; good && i < len; i++) {
		if (strchr(changes[i], '=') != NULL) {
			good = json_array_append_new(list, json_string(changes[i])) == 0;
		} else {
			text = file_text(changes[i]);
			good = text != NULL && json_object_set_new(args, "file", text) == 0;
		}
	}
	if (json_array_size(list) > 0)
		json_object_set(args, "set", list);
	json_decref(list);
	request = json_pack("{s:s, s:o}", "verb", "policy.simulate", "args", args);
	if (good && request != NULL)
		out = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	return out;
}

/* ---- the answer ---- */

struct answer {
	struct pictures	*out;
	bool		 good;
};

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* Descriptors: what holds as a whole; what is over it, if "current_over" is true; what is over it with the change. */
static bool
take_pictures(struct pictures *out, const struct sl_ipc_message *message, bool has_over)
{
	if (message->fds_len != 2u + has_over) {
		fprintf(stderr, "sluicectl policy simulate: the console's answer is not understood\n");
		return false;
	}
	if (!map(message->fds[0], "the settings' snapshot", NULL, &out->whole))
		return false;
	if (has_over && !map(message->fds[1], "the settings' snapshot", out->whole, &out->over))
		return false;
	if (!map(message->fds[1 + has_over], "the changed snapshot", out->whole, &out->changed_over))
		return false;
	out->current = has_over ? out->over : out->whole;
	out->changed = out->changed_over;
	return true;
}

static void
on_message(void *ctx, struct sl_ipc_message *message)
{
	struct answer *answer = ctx;
	json_error_t error;
	json_t *root = json_loadb((const char *)message->payload.ptr, message->payload.len, 0, &error);
	const char *said = text_of(root, "error");

	if (!json_is_true(json_object_get(root, "ok"))) {
		fprintf(stderr, "sluicectl policy simulate: %s\n", *said != '\0' ? said : "the answer is not understood");
	} else {
		answer->good = take_pictures(answer->out, message, json_is_true(json_object_get(root, "current_over")));
		if (*text_of(root, "tenant") != '\0')
			answer->out->tenant = sl_xstrdup(text_of(root, "tenant"));
		if (*text_of(root, "message") != '\0')
			fprintf(stderr, "sluicectl policy simulate: %s\n", text_of(root, "message"));
	}
	json_decref(root);
}

static struct sl_ipc *
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "sluicectl policy simulate: %s: longer than a Unix socket's path can be\n", path);
		return NULL;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return sl_ipc_new(fd, SL_IPC_BIT(CONSOLE_REPLY));
	fprintf(stderr, "sluicectl policy simulate: %s: %s%s\n", path, strerror(errno),
	    errno == ENOENT || errno == ECONNREFUSED ? " (does the console run?)" : "");
	if (fd >= 0)
		close(fd);
	return NULL;
}

bool
pictures_ask(const char *socket_path, const char *node, char *const *changes, size_t len, struct pictures *out)
{
	struct answer answer = { out, false };
	char *text = question(node, changes, len);
	struct sl_ipc *ipc = text != NULL ? connect_to(socket_path) : NULL;
	int r;

	*out = (struct pictures){ 0 };
	if (ipc != NULL) {
		r = sl_ipc_send(ipc, SL_IPC_CONSOLE_REQUEST, sl_slice_str(text), NULL, 0);
		if (r == 0)
			r = sl_ipc_wait(ipc, ANSWER_MS, on_message, &answer);
		if (r < 0)
			fprintf(stderr, "sluicectl policy simulate: %s: no answer: %s\n", socket_path, sl_strerror(r));
	}
	sl_ipc_free(&ipc);
	free(text);
	return answer.good;
}
