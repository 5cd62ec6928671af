/* sluicectl_test.c - the program as a user runs it; its path is the argument */

#include "check.h"
#include "ipc/ipc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program;
static char directory[] = "/tmp/sluicectl-XXXXXX";

/* Run `sluicectl COMMAND` in a shell; both outputs in out. Returns the exit status. */
static int
run(const char *command, char out[65536])
{
	char line[1024];
	size_t len;
	FILE *f;
	int status;

	snprintf(line, sizeof(line), "cd %s && '%s' %s 2>&1", directory, program, command);
	f = popen(line, "r");
	assert_non_null(f);
	len = fread(out, 1, 65535, f);
	out[len] = '\0';
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static void
commands_answer_and_say_how_it_went(void **state)
{
	static const struct { const char *command; int status; const char *out; } rows[] = {
		{ "check good.yaml", 0, "good.yaml: ok, 1 tenant, 2 domains\n" },
		{ "check good.yaml good.yaml", 0, "good.yaml: ok, 1 tenant, 2 domains\n"
		  "good.yaml: ok, 1 tenant, 2 domains\n" },
		{ "check - < good.yaml", 0, "standard input: ok, 1 tenant, 2 domains\n" },
		{ "check bad.yaml good.yaml", 1,
		  "bad.yaml:1:1: add 'listen', as in listen: [\"0.0.0.0:25\"]\n"
		  "bad.yaml:1:1: unknown setting 'lisen': did you mean 'listen'?\n"
		  "good.yaml: ok, 1 tenant, 2 domains\n" },
		{ "check --json good.yaml", 0, "{\"file\":\"good.yaml\",\"ok\":true,\"listeners\":1,"
		  "\"tenants\":1,\"domains\":2,\"problems\":[]}\n" },
		{ "check --json bad.yaml", 1, "{\"file\":\"bad.yaml\",\"ok\":false,\"problems\":["
		  "{\"line\":1,\"column\":1,\"text\":\"add 'listen', as in listen: "
		  "[\\\"0.0.0.0:25\\\"]\"},{\"line\":1,\"column\":1,\"text\":\"unknown setting "
		  "'lisen': did you mean 'listen'?\"}]}\n" },
		{ "check model.yaml", 1, "/bad.yaml' is no model, or damaged" },
		{ "check own.yaml", 1, "own: '/proc/self/exe' is not what tenants know, or damaged" },
		{ "check missing.yaml", 1, "missing.yaml: No such file or directory\n" },
		{ "check .", 1, ".: Is a directory\n" },
		{ "check", 2, "usage: sluicectl check" },
		{ "check --wrong", 2, "usage: sluicectl check" },
		{ "check --help", 0, "usage: sluicectl check" },
		{ "policy simulate --help", 0, "usage: sluicectl policy simulate" },
		{ "policy simulate tenant:x.example", 2, "a node and what is changed there, or two snapshots, are needed" },
		{ "policy simulate --snapshot good.yaml", 2, "are needed" },
		{ "policy simulate --days 0 tenant:x.example spam=never", 2, "\"0\" is not understood" },
		{ "policy simulate --snapshot good.yaml --changed good.yaml", 1, "good.yaml: " },
		{ "policy simulate --snapshot missing --changed missing", 1, "missing: No such file or directory\n" },
		{ "policy simulate --socket none tenant:x.example spam=never", 1, "none: No such file or directory (does the console run?)" },
		{ "settings extra", 2, "usage: sluicectl settings" },
		{ "settings --help", 0, "usage: sluicectl settings" },
		{ "settings", 0, "timers.command\n    duration, 10ms to 1h; default: 5m\n" },
		{ "settings --example | '%s' check -", 0, "standard input: ok, 1 tenant, 2 domains\n" },
		{ "rules compile --out r r.yaml", 0, "1 by Vectorscan alone" },
		{ "rules list --rules r", 0, "greets" },
		{ "rules list --rules r --json", 0, "{\"name\": \"greets\", \"category\": \"spam\", \"where\": \"text\"" },
		{ "rules test --rules r hello.eml", 0, "hello.eml: 1 rules hit\n  greets" },
		{ "rules key k", 0, "k.secret written\nk.public written\n" },
		{ "rules key k", 1, "k.secret: File exists" },
		{ "rules list --rules r --public k.public", 1, "r: it is not signed by that key" },
		{ "rules compile --out r --key k.secret r.yaml", 0, "1 by Vectorscan alone" },
		{ "rules list --rules r --public k.public", 0, "greets" },
		{ "rules list --rules bad.yaml", 1, "it is no snapshot of rules, or it is damaged" },
		{ "rules compile --out s bad.yaml", 1, "bad.yaml" },
		{ "rules", 2, "usage: sluicectl rules compile" },
		{ "rules list", 2, "usage: sluicectl rules" },
		{ "check rules.yaml", 1, "/bad.yaml' cannot be used: it is no snapshot of rules, or it is damaged" },
		{ "check signed.yaml", 0, "signed.yaml: ok, 1 tenant" },
		{ "score", 2, "sluicectl score: at least one file is needed\nusage: sluicectl score" },
		{ "score --help", 0, "usage: sluicectl score" },
		{ "score missing.eml", 1, "sluicectl score: missing.eml: No such file or directory" },
		{ "score --own f hello.eml", 2, "sluicectl score: --own and --tenant go together" },
		{ "explain hello.eml", 0, "hello.eml\nspam " },	/* by what comes with Sluice */
		{ "explain --rules r hello.eml", 0, "greets " },
		{ "score /dev/null", 0, "/dev/null" },	/* a message without a byte */
		{ "explain --json hello.eml", 0, "{\"file\": \"hello.eml\", \"probability\": {\"spam\": " },
		{ "status --help", 0, "usage: sluicectl status" },
		{ "status extra", 2, "usage: sluicectl status" },
		{ "status --control nowhere", 1,
		  "sluicectl: nowhere: No such file or directory (does Sluice run?)\n" },
		{ "status --control good.yaml", 1, "sluicectl: good.yaml: Connection refused" },
		{ "", 2, "usage: sluicectl COMMAND" },
		{ "--help", 0, "usage: sluicectl COMMAND" },
		{ "--version", 0, "sluicectl " SL_VERSION "\n" },
		{ "chekc", 2, "sluicectl: there is no command 'chekc'\n" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		char command[2048], out[65536];
		int status;

		snprintf(command, sizeof(command), "%s", rows[i].command);
		if (strstr(rows[i].command, "'%s'") != NULL)
			snprintf(command, sizeof(command), "settings --example | '%s' check -", program);
		status = run(command, out);
		if (status != rows[i].status)
			fail_msg("'%s' exits with %d: %s", command, status, out);
		if (strstr(out, rows[i].out) == NULL)
			fail_msg("'%s' says %s", command, out);
		assert_null(strchr(out, '\033'));	/* no terminal, no colours */
	}
}

static void
answer_status(void *ctx, struct sl_ipc_message *message)
{
	struct sl_ipc *ipc = *(struct sl_ipc **)ctx;
	const char *json = "{\"version\":\"1.2\",\"uptime_s\":7,\"sessions\":{\"now\":3,\"all\":12},"
	    "\"model\":null,\"listen\":[\"a:1\",\"b:2\"],\"none\":[],\"edges\":[{\"name\":\"edge-0\",\"pid\":123,\"sessions\":3},"
	    "{\"name\":\"e\\n1\",\"pid\":4,\"sessions\":0}],\"wide\":[{"
	    "\"name_one_is_so_long_that_it_takes_much\":1,"
	    "\"name_two_is_so_long_that_it_takes_much\":22,"
	    "\"name_three_is_so_long_that_it_takes_much\":\"x\"}]}";

	SL_ASSERT(message->type == SL_IPC_STATUS_REQUEST);
	SL_ASSERT(sl_ipc_send(ipc, SL_IPC_STATUS, sl_slice_str(json), NULL, 0) == 0);
}

/* A parent that answers `times` requests, and closes the next connection without a word. */
static void
serve(int listener, int times)
{
	for (int i = 0; i <= times; i++) {
		struct sl_ipc *ipc = sl_ipc_new(accept(listener, NULL, NULL),
		    SL_IPC_BIT(STATUS_REQUEST));

		if (i < times)
			SL_ASSERT(sl_ipc_wait(ipc, 5000, answer_status, &ipc) == SL_DONE);
		sl_ipc_free(&ipc);
	}
}

static void
status_prints_what_the_parent_says(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), status;
	char out[65536];
	pid_t pid;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", directory);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 5), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(30);
		serve(listener, 2);
		_exit(0);
	}
	assert_int_equal(run("status --control control", out), 0);
	assert_string_equal(out,
	    "version       1.2\n"
	    "uptime_s      7\n"
	    "sessions.now  3\n"
	    "sessions.all  12\n"
	    "model         -\n"
	    "listen        a:1, b:2\n"
	    "none          -\n"
	    "\n"
	    "edges\n"
	    "  name    pid  sessions\n"
	    "  edge-0  123         3\n"
	    "  e?1       4         0\n"
	    "\n"
	    "wide\n"
	    "  name_one_is_so_long_that_it_takes_much     1\n"
	    "  name_two_is_so_long_that_it_takes_much    22\n"
	    "  name_three_is_so_long_that_it_takes_much   x\n");
	assert_int_equal(run("status --json --control control", out), 0);
	assert_non_null(strstr(out, "{\"version\":\"1.2\",\"uptime_s\":7,"));
	assert_int_equal(run("status --control control", out), 1);
	assert_non_null(strstr(out, "no answer: the connection was closed"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(listener);
}

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	SL_ASSERT(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static int
prepare(void **state)
{
	if (mkdtemp(directory) == NULL)
		return -1;
	write_file("good.yaml", "listen: [\"127.0.0.1:25\"]\n"
	    "tenants: [{domains: [a.example, b.example], next_hops: [192.0.2.1]}]\n");
	write_file("model.yaml", "listen: [\"127.0.0.1:25\"]\nmodel: bad.yaml\n"
	    "tenants:\n  - domains: [example.com]\n    next_hops: [\"127.0.0.1:26\"]\n");
	write_file("own.yaml", "listen: [\"127.0.0.1:25\"]\nown: /proc/self/exe\n"
	    "tenants:\n  - domains: [example.com]\n    next_hops: [\"127.0.0.1:26\"]\n");
	write_file("r.yaml", "rules:\n- name: greets\n  sentence: it greets\n  category: spam\n  where: text\n"
	    "  pattern: hello\n");
	write_file("hello.eml", "Subject: a\n\nhello\n");
	write_file("rules.yaml", "listen: [\"127.0.0.1:25\"]\nrules: bad.yaml\n"
	    "tenants: [{domains: [a.example], next_hops: [192.0.2.1]}]\n");
	write_file("signed.yaml", "listen: [\"127.0.0.1:25\"]\nrules: r\nrules_key: k.public\n"
	    "tenants: [{domains: [a.example], next_hops: [192.0.2.1]}]\n");
	write_file("bad.yaml", "lisen: [\"127.0.0.1:25\"]\n"
	    "tenants: [{domains: [a.example], next_hops: [192.0.2.1]}]\n");
	return 0;
}

static int
clean_up(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_answer_and_say_how_it_went),
		cmocka_unit_test(status_prints_what_the_parent_says),
	};

	SL_ASSERT(argc == 2);
	program = argv[1];
	return cmocka_run_group_tests(tests, prepare, clean_up);
}
