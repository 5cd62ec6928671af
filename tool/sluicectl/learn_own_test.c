/* learn_own_test.c - sluicectl learn --own as a user runs it; the program's path is the argument */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program;
static char directory[] = "/tmp/sluicectl-own-XXXXXX";

/* Run a line of shell with the program as $S. Returns the exit status. */
static int
run(const char *script, char out[4096])
{
	char line[4096];
	FILE *f;
	int status;

	snprintf(line, sizeof(line), "exec 2>&1; S='%s'; cd %s && %s", program, directory, script);
	f = popen(line, "r");
	assert_non_null(f);
	out[fread(out, 1, 4095, f)] = '\0';
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

#define LEARN	"$S learn --own f --tenant acme --size 1 "

/* One after the other, with the same file. */
static void
a_tenant_learns_from_wherever_its_mail_lies(void **state)
{
	static const struct { const char *name, *script; int status; const char *out; } rows[] = {
		{ "a message", "printf 'Subject: one\\n\\nbuy pills\\n' > m; " LEARN "--spam m", 0,
		    "learned 1 messages; acme knows 0 ham and 1 unwanted ones" },
		{ "standard input", LEARN "--spam - < m", 0, "0 ham and 2 unwanted ones" },
		{ "taken back", LEARN "--unlearn --spam m m", 0, "unlearned 2 messages; acme knows 0 ham and 0" },
		{ "taken back once too often", LEARN "--unlearn --spam m", 1, "m: was not learned as spam" },
		{ "a mailbox of both quotings",
		    "printf 'From a@b Mon Jan 1\\nSubject: x\\n\\nhi\\n>From me\\n\\nFrom c@d Mon Jan 1\\n"
		    "Subject: y\\n\\n>>From him\\nFrom here\\n' > mbox; " LEARN "--ham mbox", 0,
		    "learned 2 messages; acme knows 2 ham" },
		{ "what was quoted is as it was sent",
		    "printf 'Subject: x\\n\\nhi\\nFrom me\\n\\n' > x; printf 'Subject: y\\n\\n>From him\\nFrom here\\n' > y; "
		    LEARN "--unlearn --ham x y", 0, "unlearned 2 messages; acme knows 0 ham" },
		{ "a Maildir", "mkdir -p d/cur d/new d/tmp; cp m d/cur/1; cp x d/new/2; cp y d/tmp/3; cp y d/cur/.4; "
		    LEARN "--phish d", 0, "learned 2 messages; acme knows 0 ham and 2 unwanted" },
		{ "labels", "printf 'm\\tham\\nx\\tspam\\n' > l; " LEARN "--labels l --root .", 0,
		    "learned 2 messages; acme knows 1 ham and 3 unwanted" },
		{ "another tenant", "$S learn --own f --tenant b --ham m --json", 0,
		    "{\"tenant\": \"b\", \"learned\": 1, \"not_found\": 0, \"failed\": 0, \"ham\": 1, \"unwanted\": 0" },
		{ "a wrong line learns nothing", "cp f g; printf 'm\\tham\\nx\\tspma\\n' > l; "
		    LEARN "--labels l --root . 2>&1 | grep -F 'l:2: not a path' && cmp f g && echo same", 0, "same" },
		{ "what is missing is said, the rest learned", LEARN "--ham nowhere m", 1,
		    "nowhere: No such file or directory\nlearned 1 messages" },
		{ "two at once lose nothing", "for i in 1 2 3 4 5 6; do $S learn --own f --tenant c --ham m & done; wait; "
		    "$S learn --own f --tenant c --ham m", 0, "c knows 7 ham" },
		{ "the size stays", "wc -c < f", 0, "1048576" },
		{ "a damaged file is left alone", "head -c 70000 f > g; cp g h; $S learn --own g --tenant a --ham m; cmp g h "
		    "&& echo same", 0, "g: not such a file, or damaged\nsame" },
		{ "no label", LEARN "m", 2, "either one of --ham, --spam, --phish" },
		{ "two labels", LEARN "--ham --spam m", 2, "one of --ham" },
		{ "no tenant", "$S learn --own f --ham m", 2, "--own needs --tenant" },
		{ "no mail", LEARN "--ham", 2, "usage: sluicectl learn --own" },
		{ "a size out of range", "$S learn --own f --tenant a --size 0 --ham m", 2, "--size is a number" },
		{ "help", "$S learn --own f --help", 0, "usage: sluicectl learn --own" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[4096];
		int status = run(rows[i].script, out);

		if (status != rows[i].status || strstr(out, rows[i].out) == NULL)
			fail_msg("%s: status %d, %s", rows[i].name, status, out);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_tenant_learns_from_wherever_its_mail_lies) };
	char out[4096];
	int failed;

	if (argc < 2 || mkdtemp(directory) == NULL)
		return 1;
	program = argv[1];
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	run("rm -rf \"$PWD\"", out);
	return failed;
}
