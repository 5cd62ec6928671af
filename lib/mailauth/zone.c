/* zone.c - see mailauth/zone.h */

#include "mailauth/zone.h"
#include "sl/buf.h"
#include "sl/utf8.h"

#include <arpa/inet.h>
#include <jansson.h>

#define ZONE_MAGIC	0x5d20e001u
#define ZONE_JSON_MAX	(16u << 20)
#define ZONE_CNAMES_MAX	10

struct sl_dnszone {
	unsigned		 magic;
	json_t			*names;		/* lower-case name -> list of records */
	struct sl_buf		 data;		/* what the last answer's records point at */
	struct sl_dns_record	*records;	/* of the last answer */
	size_t			 room;
};

/* The entry of `name`, or NULL. */
static json_t *
zone_find(const struct sl_dnszone *zone, const char *name)
{
	char key[SL_DNS_NAME_MAX + 1];

	if (!sl_dns_name_copy(key, sl_slice_str(name)))
		return NULL;
	return json_object_get(zone->names, key);
}

/* The value of the first record of `type` in an entry, or NULL. */
static json_t *
entry_first(json_t *entry, const char *type)
{
	json_t *record, *value;
	size_t i;

	json_array_foreach(entry, i, record) {
		value = json_object_get(record, type);
		if (value != NULL)
			return value;
	}
	return NULL;
}

static bool
entry_times_out(json_t *entry)
{
	json_t *record;
	size_t i;

	json_array_foreach(entry, i, record)
		if (json_is_string(record))
			return true;
	return false;
}

/* Add a JSON string's code points as bytes. */
static void
add_text(struct sl_buf *buf, json_t *string)
{
	struct sl_slice s = sl_slice(json_string_value(string), json_string_length(string));

	while (s.len > 0) {
		uint32_t c = 0;
		size_t n = sl_utf8_decode(s, &c);

		SL_ASSERT(n > 0);	/* jansson checked it */
		if (c < 0x100)
			sl_buf_add_byte(buf, (unsigned char)c);
		else
			sl_buf_add(buf, s.ptr, n);
		s = sl_slice_from(s, n);
	}
}

/* Append the wire data of one value to the zone's buffer. */
static void
add_value(struct sl_dnszone *zone, enum sl_dns_type type, json_t *value, struct sl_dns_record *record)
{
	unsigned char address[16];
	json_t *part;
	size_t i;

	switch (type) {
	case SL_DNS_A:
	case SL_DNS_AAAA:
		/* The syntax was checked when the zone was read. */
		SL_ASSERT(inet_pton(type == SL_DNS_A ? AF_INET : AF_INET6, json_string_value(value),
		    address) == 1);
		sl_buf_add(&zone->data, address, type == SL_DNS_A ? 4 : 16);
		break;
	case SL_DNS_MX:
		record->preference = (unsigned)json_integer_value(json_array_get(value, 0));
		add_text(&zone->data, json_array_get(value, 1));
		break;
	case SL_DNS_PTR:
	case SL_DNS_CNAME:
		add_text(&zone->data, value);
		break;
	case SL_DNS_TXT:
		if (json_is_string(value))
			add_text(&zone->data, value);
		else
			json_array_foreach(value, i, part)
				add_text(&zone->data, part);
		break;
	}
}

/* Collect the records of `key` ("TXT", "SPF", ...). Lengths first: the buffer may move. */
static size_t
collect(struct sl_dnszone *zone, json_t *entry, const char *key, enum sl_dns_type type)
{
	size_t i, n = 0, start;
	const unsigned char *at;
	json_t *record, *value;

	sl_buf_reset(&zone->data);
	json_array_foreach(entry, i, record) {
		value = json_object_get(record, key);
		if (value == NULL || (type == SL_DNS_TXT && json_is_string(value) &&
		    strcmp(json_string_value(value), "NONE") == 0))
			continue;
		if (n == zone->room) {
			zone->room = zone->room * 2 + 8;
			zone->records = sl_xrealloc(zone->records, zone->room * sizeof(*zone->records));
		}
		zone->records[n] = (struct sl_dns_record){ 0 };
		start = zone->data.len;
		add_value(zone, type, value, &zone->records[n]);
		zone->records[n++].data.len = zone->data.len - start;
	}
	at = zone->data.data;
	for (i = 0; i < n; i++) {
		zone->records[i].data.ptr = at;
		if (at != NULL)
			at += zone->records[i].data.len;
	}
	return n;
}

static size_t
collect_type(struct sl_dnszone *zone, json_t *entry, enum sl_dns_type type)
{
	if (type == SL_DNS_TXT && entry_first(entry, "TXT") == NULL)
		return collect(zone, entry, "SPF", type);
	return collect(zone, entry, sl_dns_type_name(type), type);
}

void
sl_dnszone_lookup(struct sl_dnszone *zone, const struct sl_dns_question *question,
    struct sl_dns_answer *answer_out)
{
	const char *name = question->name;

	SL_CHECK(zone, ZONE_MAGIC);
	*answer_out = (struct sl_dns_answer){ .status = SL_DNS_TEMPERROR };
	for (int hop = 0; hop <= ZONE_CNAMES_MAX; hop++) {
		json_t *entry = zone_find(zone, name), *alias;

		if (entry == NULL) {
			answer_out->status = SL_DNS_NXDOMAIN;
			return;
		}
		answer_out->count = collect_type(zone, entry, question->type);
		answer_out->records = zone->records;
		if (answer_out->count > 0) {
			answer_out->status = SL_DNS_FOUND;
			return;
		}
		alias = entry_first(entry, "CNAME");
		if (alias == NULL) {
			answer_out->status = entry_times_out(entry) ? SL_DNS_TEMPERROR : SL_DNS_NODATA;
			return;
		}
		name = json_string_value(alias);
	}
}

unsigned
sl_dnszone_answer_all(struct sl_dnszone *zone, const struct sl_dns_client *client, void *evaluator)
{
	struct sl_dns_question question;
	struct sl_dns_answer answer;
	unsigned n = 0;

	while (client->ask(evaluator, &question)) {
		sl_dnszone_lookup(zone, &question, &answer);
		client->answer(evaluator, question.id, &answer);
		n++;
	}
	return n;
}

/* What is wrong with one record, or NULL. */
static const char *
record_fault(json_t *record)
{
	unsigned char address[16];
	const char *type;
	json_t *value, *part;
	size_t i;

	if (json_is_string(record))
		return strcmp(json_string_value(record), "TIMEOUT") == 0 ? NULL :
		    "a record is {TYPE: value} or \"TIMEOUT\"";
	if (!json_is_object(record) || json_object_size(record) != 1)
		return "a record is {TYPE: value} or \"TIMEOUT\"";
	json_object_foreach(record, type, value) {
		if (strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0) {
			if (!json_is_string(value) || inet_pton(type[1] == '\0' ? AF_INET : AF_INET6,
			    json_string_value(value), address) != 1)
				return "A and AAAA want an address";
		} else if (strcmp(type, "MX") == 0) {
			if (!json_is_integer(json_array_get(value, 0)) || json_array_size(value) != 2 ||
			    !json_is_string(json_array_get(value, 1)))
				return "MX wants [preference, name]";
		} else if (strcmp(type, "PTR") == 0 || strcmp(type, "CNAME") == 0) {
			if (!json_is_string(value))
				return "PTR and CNAME want a name";
		} else if (strcmp(type, "TXT") == 0 || strcmp(type, "SPF") == 0) {
			json_array_foreach(value, i, part)
				if (!json_is_string(part))
					return "TXT wants strings";
			if (!json_is_string(value) && !json_is_array(value))
				return "TXT wants strings";
		} else {
			return "the type is none of A, AAAA, MX, PTR, TXT, SPF, CNAME";
		}
	}
	return NULL;
}

/* Take one name's list into the zone. Returns what is wrong, or NULL. */
static const char *
zone_add(struct sl_dnszone *zone, const char *name, json_t *entry)
{
	char key[SL_DNS_NAME_MAX + 1];
	const char *fault;
	json_t *record;
	size_t i;

	if (!json_is_array(entry))
		return "a name has a list of records";
	json_array_foreach(entry, i, record) {
		fault = record_fault(record);
		if (fault != NULL)
			return fault;
	}
	/* A name that cannot be asked for does no harm: published test zones hold some. */
	if (sl_dns_name_copy(key, sl_slice_str(name)))
		json_object_set(zone->names, key, entry);
	return NULL;
}

struct sl_dnszone *
sl_dnszone_parse(struct sl_slice json, char **error_out)
{
	struct sl_dnszone *zone = sl_xzalloc(sizeof(*zone));
	const char *name, *fault = NULL;
	json_t *root, *entry;
	json_error_t error;

	zone->magic = ZONE_MAGIC;
	zone->names = json_object();
	sl_buf_init(&zone->data, ZONE_JSON_MAX);
	*error_out = NULL;
	root = json.len > ZONE_JSON_MAX ? NULL :
	    json_loadb((const char *)json.ptr, json.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (json.len > ZONE_JSON_MAX)
		*error_out = sl_xstrdup("longer than 16 MiB");
	else if (root == NULL)
		*error_out = sl_xasprintf("%d:%d: %s", error.line, error.column, error.text);
	else if (!json_is_object(root))
		*error_out = sl_xstrdup("a zone is an object of names");
	else
		json_object_foreach(root, name, entry) {
			fault = zone_add(zone, name, entry);
			if (fault != NULL) {
				*error_out = sl_xasprintf("\"%s\": %s", name, fault);
				break;
			}
		}
	json_decref(root);
	if (*error_out != NULL)
		sl_dnszone_free(&zone);
	return zone;
}

void
sl_dnszone_free(struct sl_dnszone **zone)
{
	if (*zone == NULL)
		return;
	SL_CHECK(*zone, ZONE_MAGIC);
	json_decref((*zone)->names);
	sl_buf_fini(&(*zone)->data);
	sl_free((*zone)->records);
	SL_OBJ_FREE(zone, ZONE_MAGIC);
}
