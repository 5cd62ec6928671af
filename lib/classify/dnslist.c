/* dnslist.c - see classify/dnslist.h */

#include "classify/dnslist.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>

#include "mailauth/author.h"

#define CHECK_MAGIC	0x5dd517acu

struct query {
	size_t			 list;
	bool			 asked, answered;
	enum sl_dnslist_result	 result;
	double			 weight;
	char			*subject;	/* owned */
	char			*name;		/* owned: what DNS is asked */
};

struct sl_dnslist_check {
	unsigned			 magic;
	const struct sl_dns_list	*lists;
	size_t				 lists_len;
	bool				*skipped;
	struct query			*queries;
	size_t				 len, room;
	size_t				 waiting;	/* not answered */
	size_t				 links;		/* questions about links */
};

/* ---- answers ---- */

static bool
is_answer(const struct sl_dns_list *list, const unsigned char wanted[4], const unsigned char address[4])
{
	return memcmp(wanted, address, 3) == 0 && (wanted[3] == address[3] ||
	    (list->bits && wanted[3] != 0 && (wanted[3] & address[3]) == wanted[3]));
}

/* The weight that settings give this answer by name, of several the weightiest; NULL: none. */
static const double *
answer_weight(const struct sl_dns_list *list, const unsigned char address[4])
{
	const double *weight = NULL;

	for (size_t i = 0; i < list->answers_len; i++)
		if (is_answer(list, list->answers[i].address, address) &&
		    (weight == NULL || fabs(list->answers[i].weight) > fabs(*weight)))
			weight = &list->answers[i].weight;
	return weight;
}

static enum sl_dnslist_result
read_one(const struct sl_dns_list *list, const unsigned char a[4], double *weight_out)
{
	const double *weight = answer_weight(list, a);

	*weight_out = weight != NULL ? *weight : list->weight;
	if (a[0] != 127)
		return SL_DNSLIST_BROKEN;
	if (a[1] == 255 && a[2] == 255)
		return SL_DNSLIST_REFUSED;
	if (weight == NULL && a[1] == 0 && a[2] == 0 && (a[3] == 1 || a[3] == 255))
		return SL_DNSLIST_REFUSED;
	return SL_DNSLIST_LISTED;
}

enum sl_dnslist_result
sl_dnslist_read(const struct sl_dns_list *list, const struct sl_dns_answer *answer, double *weight_out)
{
	enum sl_dnslist_result worst = SL_DNSLIST_UNLISTED;
	double weight = 0, w;

	*weight_out = 0;
	if (answer->status == SL_DNS_TEMPERROR)
		return SL_DNSLIST_UNKNOWN;
	for (size_t i = 0; answer->status == SL_DNS_FOUND && i < answer->count; i++) {
		enum sl_dnslist_result r = SL_DNSLIST_BROKEN;

		if (answer->records[i].data.len == 4)
			r = read_one(list, answer->records[i].data.ptr, &w);
		if (r == SL_DNSLIST_LISTED && fabs(w) > fabs(weight))
			weight = w;
		worst = SL_MAX(worst, r);	/* one answer that is none spoils them all */
	}
	if (worst == SL_DNSLIST_LISTED)
		*weight_out = weight;
	return worst;
}

/* ---- names ---- */

static bool
join(char out[SL_DNS_NAME_MAX + 1], const char *front, const char *zone)
{
	int n = snprintf(out, SL_DNS_NAME_MAX + 1, "%s.%s", front, zone);

	if (n > 0 && n <= SL_DNS_NAME_MAX && sl_dns_name_ok(sl_slice_str(out)))
		return true;
	out[0] = '\0';
	return false;
}

void
sl_dnslist_test_names(const struct sl_dns_list *list, char listed[SL_DNS_NAME_MAX + 1],
    char unlisted[SL_DNS_NAME_MAX + 1])
{
	bool address = list->of == SL_DNS_LIST_ADDRESS || list->of == SL_DNS_LIST_LINK_ADDRESS;

	listed[0] = unlisted[0] = '\0';
	if (strcmp(list->test, "none") == 0)
		return;
	join(listed, strcmp(list->test, "auto") != 0 ? list->test : address ? "2.0.0.127" : "test",
	    list->zone);
	join(unlisted, address ? "1.0.0.127" : "invalid", list->zone);
}

/* ---- a check ---- */

struct sl_dnslist_check *
sl_dnslist_new(const struct sl_dns_list *lists, size_t lists_len)
{
	struct sl_dnslist_check *check = sl_xzalloc(sizeof(*check));

	check->magic = CHECK_MAGIC;
	check->lists = lists;
	check->lists_len = lists_len;
	check->skipped = sl_xzalloc(lists_len * sizeof(bool) + 1);
	return check;
}

void
sl_dnslist_free(struct sl_dnslist_check **check)
{
	if (*check == NULL)
		return;
	SL_CHECK(*check, CHECK_MAGIC);
	for (size_t i = 0; i < (*check)->len; i++) {
		sl_free((*check)->queries[i].subject);
		sl_free((*check)->queries[i].name);
	}
	sl_free((*check)->queries);
	sl_free((*check)->skipped);
	SL_OBJ_FREE(check, CHECK_MAGIC);
}

void
sl_dnslist_skip(struct sl_dnslist_check *check, size_t list)
{
	SL_ASSERT(list < check->lists_len);
	check->skipped[list] = true;
}

static void
add_query(struct sl_dnslist_check *check, size_t list, const char *front, const char *subject)
{
	char name[SL_DNS_NAME_MAX + 1];

	bool of_link = check->lists[list].of >= SL_DNS_LIST_LINK_DOMAIN;

	if (!join(name, front, check->lists[list].zone) || (of_link && check->links == SL_DNSLIST_LINK_QUESTIONS_MAX))
		return;
	for (size_t i = 0; i < check->len; i++)
		if (check->queries[i].list == list && strcmp(check->queries[i].name, name) == 0)
			return;
	if (check->len == check->room) {
		check->room = check->room * 2 + 8;
		check->queries = sl_xrealloc(check->queries, check->room * sizeof(*check->queries));
	}
	check->queries[check->len++] = (struct query){ .list = list, .subject = sl_xstrdup(subject),
		.name = sl_xstrdup(name) };
	check->waiting++;
	check->links += of_link;
}

static void
add_subject(struct sl_dnslist_check *check, enum sl_dns_list_of of, const char *front, const char *subject)
{
	SL_CHECK(check, CHECK_MAGIC);
	for (size_t i = 0; i < check->lists_len; i++)
		if (check->lists[i].of == of && !check->skipped[i])
			add_query(check, i, front, subject);
}

void
sl_dnslist_add_address(struct sl_dnslist_check *check, const struct sl_client_address *address,
    const char *text)
{
	char reversed[SL_REVERSED_MAX];

	sl_client_address_reversed(address, reversed);
	add_subject(check, SL_DNS_LIST_ADDRESS, reversed, text);
}

static void
add_domain(struct sl_dnslist_check *check, enum sl_dns_list_of of, struct sl_slice domain)
{
	char name[SL_DNS_NAME_MAX + 1];

	/* A literal is no domain, and no list has single labels. */
	if (sl_domain_ascii(domain, name) && strchr(name, '.') != NULL && strchr(name, '[') == NULL)
		add_subject(check, of, name, name);
}

void
sl_dnslist_add_domain(struct sl_dnslist_check *check, struct sl_slice domain)
{
	add_domain(check, SL_DNS_LIST_DOMAIN, domain);
}

void
sl_dnslist_add_link_domain(struct sl_dnslist_check *check, struct sl_slice domain)
{
	add_domain(check, SL_DNS_LIST_LINK_DOMAIN, domain);
}

void
sl_dnslist_add_link_address(struct sl_dnslist_check *check, struct sl_slice text)
{
	char copy[INET6_ADDRSTRLEN], reversed[SL_REVERSED_MAX];
	struct sl_client_address address;
	unsigned char octets[16];
	bool is_ipv6 = text.len > 0 && memchr(text.ptr, ':', text.len) != NULL;

	if (text.len == 0 || text.len >= sizeof(copy))
		return;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, copy, octets) != 1)
		return;
	sl_client_address_set(&address, octets, is_ipv6);
	sl_client_address_reversed(&address, reversed);
	add_subject(check, SL_DNS_LIST_LINK_ADDRESS, reversed, copy);
}

static bool
check_ask(void *evaluator, struct sl_dns_question *question_out)
{
	struct sl_dnslist_check *check = evaluator;

	SL_CHECK(check, CHECK_MAGIC);
	for (size_t i = 0; i < check->len; i++) {
		if (check->queries[i].asked)
			continue;
		check->queries[i].asked = true;
		*question_out = (struct sl_dns_question){ (unsigned)i, SL_DNS_A, check->queries[i].name };
		return true;
	}
	return false;
}

static void
check_answer(void *evaluator, unsigned id, const struct sl_dns_answer *answer)
{
	struct sl_dnslist_check *check = evaluator;
	struct query *query;

	SL_CHECK(check, CHECK_MAGIC);
	SL_ASSERT(id < check->len && check->queries[id].asked && !check->queries[id].answered);
	query = &check->queries[id];
	query->answered = true;
	query->result = sl_dnslist_read(&check->lists[query->list], answer, &query->weight);
	check->waiting--;
}

const struct sl_dns_client sl_dnslist_dns = { check_ask, check_answer };

bool
sl_dnslist_done(const struct sl_dnslist_check *check)
{
	return check->waiting == 0;
}

void
sl_dnslist_expire(struct sl_dnslist_check *check)
{
	SL_CHECK(check, CHECK_MAGIC);
	for (size_t i = 0; i < check->len; i++)
		if (!check->queries[i].answered) {
			check->queries[i].asked = check->queries[i].answered = true;
			check->queries[i].result = SL_DNSLIST_UNKNOWN;
		}
	check->waiting = 0;
}

size_t
sl_dnslist_count(const struct sl_dnslist_check *check)
{
	return check->len;
}

struct sl_dnslist_finding
sl_dnslist_get(const struct sl_dnslist_check *check, size_t i)
{
	const struct query *query;

	SL_ASSERT(i < check->len && check->waiting == 0);
	query = &check->queries[i];
	return (struct sl_dnslist_finding){ query->list, query->subject, query->result, query->weight };
}

void
sl_dnslist_evidence(const struct sl_dnslist_check *check, struct sl_arena *arena,
    struct sl_verdict *verdict)
{
	for (size_t i = 0; i < sl_dnslist_count(check); i++) {
		struct sl_dnslist_finding f = sl_dnslist_get(check, i);
		const struct sl_dns_list *list = &check->lists[f.list];
		bool of_link = list->of >= SL_DNS_LIST_LINK_DOMAIN;
		struct sl_evidence e = { .name = of_link ? "dnslist_link" : "dnslist" };

		if (f.result != SL_DNSLIST_LISTED)
			continue;
		e.sentence = of_link
		    ? sl_arena_printf(arena, "a link leads to %s, which is on the list %s", f.subject, list->zone)
		    : sl_arena_printf(arena, "%s is on the list %s", f.subject, list->zone);
		if (e.sentence == NULL)
			e.sentence = of_link ? "a link leads to what is on a DNS list" : "the sender is on a DNS list";
		e.log_odds[list->category] = f.weight;
		sl_verdict_add(verdict, &e);
	}
}
