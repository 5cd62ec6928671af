/* client.c - see mailauth/client.h */

#include "mailauth/client.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "mailauth/author.h"

#define IPREV_MAGIC	0x51b4e71fu
#define HELO_MAGIC	0x51b4e120u

void
sl_client_address_set(struct sl_client_address *address, const unsigned char *octets, bool is_ipv6)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	*address = (struct sl_client_address){ .is_ipv6 = is_ipv6 };
	if (is_ipv6 && memcmp(octets, mapped, sizeof(mapped)) == 0) {
		address->is_ipv6 = false;
		octets += sizeof(mapped);
	}
	memcpy(address->octets, octets, address->is_ipv6 ? 16 : 4);
}

void
sl_client_address_reversed(const struct sl_client_address *address, char out[SL_REVERSED_MAX])
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *a = address->octets;
	size_t n = 0;

	if (!address->is_ipv6) {
		snprintf(out, SL_REVERSED_MAX, "%u.%u.%u.%u", a[3], a[2], a[1], a[0]);
		return;
	}
	for (size_t i = 16; i-- > 0; ) {
		out[n++] = digits[a[i] & 15];
		out[n++] = '.';
		out[n++] = digits[a[i] >> 4];
		out[n++] = '.';
	}
	out[n - 1] = '\0';
}

static enum sl_dns_type
forward_type(const struct sl_client_address *address)
{
	return address->is_ipv6 ? SL_DNS_AAAA : SL_DNS_A;
}

/* Is the client's address among those of an answer? */
static bool
leads_to(const struct sl_dns_answer *answer, const struct sl_client_address *address)
{
	size_t len = address->is_ipv6 ? 16 : 4;

	for (size_t i = 0; answer->status == SL_DNS_FOUND && i < answer->count; i++)
		if (answer->records[i].data.len == len &&
		    memcmp(answer->records[i].data.ptr, address->octets, len) == 0)
			return true;
	return false;
}

/* ---- iprev ---- */

enum {
	QUESTION_REVERSE,	/* id of the PTR question; 1 + i are those of the names */
};

struct sl_iprev {
	unsigned			 magic;
	struct sl_client_address	 address;
	char				 reverse[SL_REVERSED_MAX + 16];
	char				 names[SL_IPREV_NAMES_MAX][SL_DNS_NAME_MAX + 1];
	unsigned			 names_len;
	unsigned			 asked;		/* questions: the reverse one, then the names */
	unsigned			 open;		/* of these: not answered */
	bool				 temperror;
	bool				 done;
	enum sl_iprev_result		 result;
	const char			*name;		/* that leads back */
};

struct sl_iprev *
sl_iprev_new(const struct sl_client_address *address)
{
	struct sl_iprev *iprev = sl_xzalloc(sizeof(*iprev));
	char reversed[SL_REVERSED_MAX];

	iprev->magic = IPREV_MAGIC;
	iprev->address = *address;
	iprev->name = "";
	sl_client_address_reversed(address, reversed);
	snprintf(iprev->reverse, sizeof(iprev->reverse), "%s.%s", reversed,
	    address->is_ipv6 ? "ip6.arpa" : "in-addr.arpa");
	return iprev;
}

void
sl_iprev_free(struct sl_iprev **iprev)
{
	SL_OBJ_FREE(iprev, IPREV_MAGIC);
}

static void
iprev_end(struct sl_iprev *iprev, enum sl_iprev_result result, const char *name)
{
	iprev->done = true;
	iprev->result = result;
	iprev->name = name;
}

static bool
iprev_ask(void *evaluator, struct sl_dns_question *question_out)
{
	struct sl_iprev *iprev = evaluator;
	unsigned id = iprev->asked;

	SL_CHECK(iprev, IPREV_MAGIC);
	if (iprev->done || id > iprev->names_len)
		return false;
	iprev->asked++;
	iprev->open++;
	*question_out = id == QUESTION_REVERSE
	    ? (struct sl_dns_question){ id, SL_DNS_PTR, iprev->reverse }
	    : (struct sl_dns_question){ id, forward_type(&iprev->address), iprev->names[id - 1] };
	return true;
}

static void
take_names(struct sl_iprev *iprev, const struct sl_dns_answer *answer)
{
	for (size_t i = 0; i < answer->count && iprev->names_len < SL_IPREV_NAMES_MAX; i++)
		if (sl_dns_name_copy(iprev->names[iprev->names_len], answer->records[i].data))
			iprev->names_len++;
}

static void
iprev_answer(void *evaluator, unsigned id, const struct sl_dns_answer *answer)
{
	struct sl_iprev *iprev = evaluator;

	SL_CHECK(iprev, IPREV_MAGIC);
	SL_ASSERT(iprev->open > 0 && id < iprev->asked);
	iprev->open--;
	if (iprev->done)
		return;
	iprev->temperror |= answer->status == SL_DNS_TEMPERROR;
	if (id == QUESTION_REVERSE && answer->status == SL_DNS_FOUND)
		take_names(iprev, answer);
	else if (id != QUESTION_REVERSE && leads_to(answer, &iprev->address))
		iprev_end(iprev, SL_IPREV_PASS, iprev->names[id - 1]);
	if (iprev->done || iprev->open > 0 || iprev->asked <= iprev->names_len)
		return;
	if (iprev->temperror)
		iprev_end(iprev, SL_IPREV_TEMPERROR, iprev->names[0]);
	else if (iprev->names_len == 0)
		iprev_end(iprev, SL_IPREV_PERMERROR, "");
	else
		iprev_end(iprev, SL_IPREV_FAIL, iprev->names[0]);
}

const struct sl_dns_client sl_iprev_dns = { iprev_ask, iprev_answer };

bool
sl_iprev_done(const struct sl_iprev *iprev)
{
	return iprev->done;
}

void
sl_iprev_expire(struct sl_iprev *iprev)
{
	SL_CHECK(iprev, IPREV_MAGIC);
	if (!iprev->done)
		iprev_end(iprev, SL_IPREV_TEMPERROR, iprev->names[0]);
}

enum sl_iprev_result
sl_iprev_result(const struct sl_iprev *iprev)
{
	SL_ASSERT(iprev->done);
	return iprev->result;
}

const char *
sl_iprev_name(const struct sl_iprev *iprev)
{
	return iprev->name;
}

const char *
sl_iprev_result_name(enum sl_iprev_result result)
{
	static const char *const names[] = {
		[SL_IPREV_PASS] = "pass", [SL_IPREV_FAIL] = "fail",
		[SL_IPREV_TEMPERROR] = "temperror", [SL_IPREV_PERMERROR] = "permerror",
	};

	SL_ASSERT((size_t)result < SL_COUNT(names));
	return names[result];
}

/* ---- HELO ---- */

struct sl_helo {
	unsigned			 magic;
	struct sl_client_address	 address;
	char				 domain[SL_DNS_NAME_MAX + 1];
	bool				 asked, done;
	enum sl_helo_result		 result;
};

static void
helo_end(struct sl_helo *helo, enum sl_helo_result result)
{
	helo->done = true;
	helo->result = result;
}

/* An address as text; what does not fit is none. */
static bool
parse_address(struct sl_slice text, struct sl_client_address *address_out)
{
	unsigned char octets[16];
	char copy[64];
	bool is_ipv6;

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len) != NULL)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	is_ipv6 = strchr(copy, ':') != NULL;
	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, copy, octets) != 1)
		return false;
	sl_client_address_set(address_out, octets, is_ipv6);
	return true;
}

/* [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321, 4.1.3). */
static enum sl_helo_result
literal(struct sl_slice name, const struct sl_client_address *address)
{
	struct sl_client_address said;
	struct sl_slice ipv6 = SL_SLICE_LIT("IPv6:");

	name = sl_slice(name.ptr + 1, name.len - 2);
	if (sl_slice_istarts(name, ipv6))
		name = sl_slice_from(name, ipv6.len);
	if (parse_address(name, &said) && said.is_ipv6 == address->is_ipv6 &&
	    memcmp(said.octets, address->octets, sizeof(said.octets)) == 0)
		return SL_HELO_LITERAL;
	return SL_HELO_FOREIGN_LITERAL;
}

struct sl_helo *
sl_helo_new(struct sl_slice name, const struct sl_client_address *address, struct sl_slice ours)
{
	struct sl_helo *helo = sl_xzalloc(sizeof(*helo));
	char our_domain[SL_DNS_NAME_MAX + 1];
	struct sl_client_address bare;

	helo->magic = HELO_MAGIC;
	helo->address = *address;
	if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']') {
		helo_end(helo, literal(name, address));
	} else if (parse_address(name, &bare) || !sl_domain_ascii(name, helo->domain) ||
	    strchr(helo->domain, '.') == NULL) {
		helo->domain[0] = '\0';
		helo_end(helo, SL_HELO_BARE);
	} else if (sl_domain_ascii(ours, our_domain) && strcmp(our_domain, helo->domain) == 0) {
		helo_end(helo, SL_HELO_OURS);
	}
	return helo;
}

void
sl_helo_free(struct sl_helo **helo)
{
	SL_OBJ_FREE(helo, HELO_MAGIC);
}

static bool
helo_ask(void *evaluator, struct sl_dns_question *question_out)
{
	struct sl_helo *helo = evaluator;

	SL_CHECK(helo, HELO_MAGIC);
	if (helo->done || helo->asked)
		return false;
	helo->asked = true;
	*question_out = (struct sl_dns_question){ 0, forward_type(&helo->address), helo->domain };
	return true;
}

static void
helo_answer(void *evaluator, unsigned id, const struct sl_dns_answer *answer)
{
	struct sl_helo *helo = evaluator;

	SL_CHECK(helo, HELO_MAGIC);
	SL_ASSERT(helo->asked && id == 0);
	if (helo->done)
		return;
	if (answer->status == SL_DNS_TEMPERROR)
		helo_end(helo, SL_HELO_TEMPERROR);
	else if (answer->status == SL_DNS_FOUND)
		helo_end(helo, leads_to(answer, &helo->address) ? SL_HELO_PASS : SL_HELO_ELSEWHERE);
	else	/* it may have an address of the other family */
		helo_end(helo, answer->status == SL_DNS_NODATA ? SL_HELO_ELSEWHERE : SL_HELO_UNKNOWN);
}

const struct sl_dns_client sl_helo_dns = { helo_ask, helo_answer };

bool
sl_helo_done(const struct sl_helo *helo)
{
	return helo->done;
}

void
sl_helo_expire(struct sl_helo *helo)
{
	SL_CHECK(helo, HELO_MAGIC);
	if (!helo->done)
		helo_end(helo, SL_HELO_TEMPERROR);
}

enum sl_helo_result
sl_helo_result(const struct sl_helo *helo)
{
	SL_ASSERT(helo->done);
	return helo->result;
}

const char *
sl_helo_domain(const struct sl_helo *helo)
{
	return helo->domain;
}

const char *
sl_helo_result_name(enum sl_helo_result result)
{
	static const char *const names[] = {
		[SL_HELO_PASS] = "pass", [SL_HELO_ELSEWHERE] = "elsewhere",
		[SL_HELO_UNKNOWN] = "unknown", [SL_HELO_TEMPERROR] = "temperror",
		[SL_HELO_LITERAL] = "literal", [SL_HELO_FOREIGN_LITERAL] = "foreign-literal",
		[SL_HELO_BARE] = "bare", [SL_HELO_OURS] = "ours",
	};

	SL_ASSERT((size_t)result < SL_COUNT(names));
	return names[result];
}
