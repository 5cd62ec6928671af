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
	sl_free(p->difference);
	sl_free(p->lists);
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

static void
ask_for_replay(json_t *args, const struct replayed *replayed)
{
	char number[24];

	json_object_set_new(args, "replay", json_true());
	json_object_set_new(args, "doubted", json_boolean(replayed->doubted));
	snprintf(number, sizeof(number), "%llu", (unsigned long long)replayed->days);
	json_object_set_new(args, "days", json_string(number));
	snprintf(number, sizeof(number), "%llu", (unsigned long long)replayed->limit);
	json_object_set_new(args, "limit", json_string(number));
}

/* {"verb": "policy.simulate", "args": {"at": NODE, "set": ["path=value", ...], "file": TEXT}}. NULL: said why. `replayed` NULL:
 * the pictures are wanted. */
static char *
question(const struct change *change, const struct replayed *replayed)
{
	json_t *args = json_pack("{s:s}", "at", change->node), *request, *list = json_array(), *text;
	char *out = NULL;
	bool good = args != NULL;

	for (size_t i = 0; good && i < change->settings_len; i++)
		good = json_array_append_new(list, json_string(change->settings[i])) == 0;
	if (json_array_size(list) > 0)
		json_object_set(args, "set", list);
	json_decref(list);
	if (good && change->file != NULL) {
		text = file_text(change->file);
		good = text != NULL && json_object_set_new(args, "file", text) == 0;
	}
	if (change->entries != NULL)
		json_object_update(args, change->entries);
	if (good && replayed != NULL)
		ask_for_replay(args, replayed);
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

/* Descriptors: what holds as a whole; what is over it, if "current_over"; what is tried, over that whole one if "changed_over". */
static bool
take_pictures(struct pictures *out, const struct sl_ipc_message *message, bool has_over, bool changed_is_over)
{
	size_t last = 1u + has_over;

	if (message->fds_len != last + 1) {
		fprintf(stderr, "sluicectl policy simulate: the console's answer is not understood\n");
		return false;
	}
	if (!map(message->fds[0], "the settings' snapshot", NULL, &out->whole))
		return false;
	if (has_over && !map(message->fds[1], "the settings' snapshot", out->whole, &out->over))
		return false;
	if (!map(message->fds[last], "the changed snapshot", changed_is_over ? out->whole : NULL,
	    changed_is_over ? &out->changed_over : &out->changed_whole))
		return false;
	out->current = has_over ? out->over : out->whole;
	out->changed = changed_is_over ? out->changed_over : out->changed_whole;
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
		answer->good = take_pictures(answer->out, message, json_is_true(json_object_get(root, "current_over")),
		    json_is_true(json_object_get(root, "changed_over")));
		if (*text_of(root, "tenant") != '\0')
			answer->out->tenant = sl_xstrdup(text_of(root, "tenant"));
		if (*text_of(root, "lists") != '\0')
			answer->out->lists = sl_xstrdup(text_of(root, "lists"));
		if (*text_of(root, "text") != '\0')
			answer->out->difference = sl_xstrdup(text_of(root, "text"));
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
pictures_ask(const char *socket_path, const struct change *change, struct pictures *out)
{
	struct answer answer = { out, false };
	char *text = question(change, NULL);
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

/* ---- replayed by the console ---- */

struct hearing {
	const struct replayed	*replayed;
	bool			 good, over;
};

static void
on_part(void *ctx, struct sl_ipc_message *message)
{
	struct hearing *h = ctx;
	json_error_t error;
	json_t *root = json_loadb((const char *)message->payload.ptr, message->payload.len, 0, &error);
	json_t *progress = json_object_get(root, "progress");
	const char *said = text_of(root, "error");

	if (progress != NULL) {
		if (h->replayed->progress)
			fprintf(stderr, "\r%lld records ", (long long)json_integer_value(progress));
		json_decref(root);
		return;
	}
	if (h->replayed->progress)
		fprintf(stderr, "\r%*s\r", 30, "");
	h->over = true;
	h->good = json_is_true(json_object_get(root, "ok"));
	if (h->good)
		h->replayed->heard(h->replayed->ctx, root);
	else
		fprintf(stderr, "sluicectl policy simulate: %s\n", *said != '\0' ? said : "the answer is not understood");
	json_decref(root);
}

bool
replay_ask(const char *socket_path, const struct change *change, const struct replayed *replayed)
{
	struct hearing hearing = { .replayed = replayed };
	char *text = question(change, replayed);
	struct sl_ipc *ipc = text != NULL ? connect_to(socket_path) : NULL;
	int r;

	if (ipc != NULL) {
		r = sl_ipc_send(ipc, SL_IPC_CONSOLE_REQUEST, sl_slice_str(text), NULL, 0);
		while (r >= 0 && !hearing.over)
			if ((r = sl_ipc_wait(ipc, ANSWER_MS, on_part, &hearing)) != SL_DONE && r >= 0)
				r = SL_ERR_CLOSED;
		if (r < 0)
			fprintf(stderr, "sluicectl policy simulate: %s: no answer: %s\n", socket_path, sl_strerror(r));
	}
	sl_ipc_free(&ipc);
	free(text);
	return hearing.good;
}
