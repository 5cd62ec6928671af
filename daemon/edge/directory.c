/* directory.c - see directory.h */

#include "directory.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include "digest/forward.h"
#include "edge.h"
#include "sl/log.h"

#define TENANT_BUCKETS	4096u
#define POLICY_BYTES	SL_POLICY_PACKED_MAX	/* of one, unpacked: its lists */
#define OURS		(UINT64_C(1) << 63)	/* of class ids: of a tenant of the settings */

struct kept_tenant {		/* of the console's, once it was asked for */
	struct kept_tenant	*next;
	uint32_t		 id, policy;
	struct sl_tenant	 tenant;
	struct sl_arena		 arena;
};

struct agreed {			/* is one of the settings' tenants this one of the console's? */
	uint32_t	 tenant;	/* 0: nobody has looked yet */
	bool		 same;
	uint64_t	 size_bytes;	/* the largest message: the section's, or what others say if that is less */
};

struct directory {
	unsigned		 refs;
	struct snapshot		*settings;
	struct pictures		*pictures;	/* NULL: the console has none */
	struct sl_tenant	 actions;	/* as whom action addresses are served: it has no next hop */
	struct sl_tenant	 reports;	/* the same, of those that mail is reported to */
	struct policy		*actions_policy;
	struct policy		**ours;		/* of the settings' tenants, once they were asked for */
	struct agreed		*agreed;	/* of each of the settings' tenants, likewise */
	struct kept_tenant	*tenants[TENANT_BUCKETS];
	struct policy		*policies[DIRECTORY_POLICIES_KEPT];	/* by their ids' last bits */
};

/* ---- policies ---- */

struct policy *
policy_ref(struct policy *policy)
{
	policy->refs++;
	return policy;
}

void
policy_unref(struct policy **policy)
{
	struct policy *p = *policy;

	*policy = NULL;
	if (p == NULL || --p->refs > 0)
		return;
	sl_patterns_free(&p->patterns);
	sl_groups_free(&p->groups);
	sl_arena_fini(&p->arena);
	sl_free(p);
}

static struct policy *
policy_new(void)
{
	struct policy *p = sl_xzalloc(sizeof(*p));

	p->refs = 1;
	sl_arena_init(&p->arena, POLICY_BYTES);
	return p;
}

/* Its values are there: what follows from them. Where there is no vault nothing is kept, whatever it says. */
static struct policy *
policy_ready(const struct directory *d, struct policy *p)
{
	if (p->values.content.groups.len > 0)
		p->groups = sl_groups_new(&p->values.content.groups);
	if (p->groups != NULL)
		p->patterns = sl_patterns_new(&p->values.content.groups);
	p->judges = p->values.mode != SL_MODE_PASS_THROUGH;
	p->keeps = *d->settings->settings->quarantine.directory != '\0' && sl_policy_keeps(&p->values);
	p->copies = sl_policy_copies(&p->values);
	return p;
}

/* ---- the settings' tenants: what they say, as a policy ---- */

static struct policy *
policy_of_settings(const struct directory *d, const struct sl_tenant *tenant)
{
	struct policy *p = policy_new();

	sl_tenant_policy(tenant, &p->arena, &p->values);
	p->values.level = SL_LEVEL_DEFAULT;
	p->values.lists.denied = SL_ACTION_REFUSE;
	return policy_ready(d, p);
}

/* ---- action addresses ---- */

#define ACTION_BYTES_MAX	(128u << 10)	/* of such a mail: an answer to a digest quotes it */
#define REPORT_BYTES_MAX	SL_FORWARD_BYTES_MAX	/* of one that has others attached */

/* It is judged, to know who sent it, and nothing is done by the verdict. */
static struct policy *
policy_of_actions(const struct directory *d)
{
	struct policy *p = policy_new();

	p->values.mode = SL_MODE_FILTER;
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		sl_policy_category_clear(&p->values.category[c]);
	p->values.authentication.dmarc = SL_DMARC_USE_ENFORCE;	/* looked up, and no action comes of it */
	return policy_ready(d, p);
}

static void
found_action(const struct directory *d, struct sl_slice address, struct addressee *out)
{
	const unsigned char *at = memrchr(address.ptr, '@', address.len);	/* there is one: it has a domain */
	enum sl_forward forward;

	*out = (struct addressee){ .tenant = sl_forward_find(sl_slice(address.ptr, (size_t)(at - address.ptr)), &forward) ? &d->reports
	    : &d->actions, .place = DIRECTORY_ACTIONS, .class_id = OURS | DIRECTORY_ACTIONS,
		.is_user = true };
	out->size_bytes = out->tenant->message_max_bytes;
}

/* ---- the console's pictures ---- */

struct mapped {			/* a file of a snapshot */
	unsigned		 refs;
	struct sl_snapshot	*snapshot;
	dev_t			 device;
	ino_t			 inode;
};

struct pictures {
	unsigned		 refs;
	struct mapped		*whole;
	struct sl_snapshot	*over;		/* NULL: none */
};

static void
mapped_unref(struct mapped **mapped)
{
	struct mapped *m = *mapped;

	*mapped = NULL;
	if (m == NULL || --m->refs > 0)
		return;
	sl_snapshot_close(&m->snapshot);
	sl_free(m);
}

/* Checking all of a large file takes tens of milliseconds: not twice. It is mapped, so its number is nobody else's. */
static int
map_whole(int fd, const struct pictures *before, struct mapped **out)
{
	struct mapped *m;
	struct stat st;
	int r;

	if (fstat(fd, &st) != 0)
		return SL_ERR_SYSTEM;
	if (before != NULL && before->whole->device == st.st_dev && before->whole->inode == st.st_ino) {
		before->whole->refs++;
		*out = before->whole;
		return 0;
	}
	m = sl_xzalloc(sizeof(*m));
	*m = (struct mapped){ .refs = 1, .device = st.st_dev, .inode = st.st_ino };
	r = sl_snapshot_open(fd, &m->snapshot);
	if (r != 0)
		mapped_unref(&m);
	*out = m;
	return r;
}

int
pictures_open(int whole_fd, int over_fd, const struct pictures *before, struct pictures **out)
{
	struct pictures *p = sl_xzalloc(sizeof(*p));
	int r = map_whole(whole_fd, before, &p->whole);

	p->refs = 1;
	if (r == 0 && over_fd >= 0)
		r = sl_snapshot_open_over(over_fd, p->whole->snapshot, &p->over);
	if (r != 0)
		pictures_unref(&p);
	*out = p;
	return r;
}

struct pictures *
pictures_ref(struct pictures *pictures)
{
	pictures->refs++;
	return pictures;
}

void
pictures_unref(struct pictures **pictures)
{
	struct pictures *p = *pictures;

	*pictures = NULL;
	if (p == NULL || --p->refs > 0)
		return;
	sl_snapshot_close(&p->over);
	mapped_unref(&p->whole);
	sl_free(p);
}

const struct sl_snapshot *
pictures_snapshot(const struct pictures *pictures)
{
	return pictures->over != NULL ? pictures->over : pictures->whole->snapshot;
}

/* ---- the console's policies ---- */

/* Policies that share a place take turns in it. */
static struct policy *
console_policy(struct directory *d, uint32_t id)
{
	struct policy **at = &d->policies[id % DIRECTORY_POLICIES_KEPT], *p;
	int r;

	if (*at != NULL && (*at)->id == id)
		return policy_ref(*at);
	p = policy_new();
	p->id = id;
	r = sl_snapshot_policy(pictures_snapshot(d->pictures), id, &p->arena, &p->values);
	if (r != 0) {
		sl_log(SL_LOG_ERROR, "policy %u of the snapshot %s cannot be used: %s", id, directory_id(d), sl_strerror(r));
		policy_unref(&p);
		return NULL;
	}
	policy_unref(at);
	*at = policy_ready(d, p);
	return policy_ref(p);
}

/* ---- the console's tenants ---- */

static bool
is_known_address(const unsigned char address[16])
{
	for (size_t i = 0; i < 16; i++)
		if (address[i] != 0)
			return true;
	return false;
}

static bool
is_v4(const unsigned char address[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

/* A name that the console could not look up has no address: connecting fails, and is deferred. */
static void
set_address(const struct sl_snapshot_hop *hop, struct sl_endpoint *endpoint)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&endpoint->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&endpoint->address;

	if (!is_known_address(hop->address))
		return;
	if (is_v4(hop->address)) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(hop->port);
		memcpy(&in4->sin_addr, hop->address + 12, 4);
		endpoint->address_len = sizeof(*in4);
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(hop->port);
		memcpy(&in6->sin6_addr, hop->address, 16);
		endpoint->address_len = sizeof(*in6);
	}
}

static char *
text_of(struct sl_arena *arena, struct sl_slice text)
{
	struct sl_slice copy = sl_arena_copy(arena, text);

	SL_ASSERT(copy.ptr != NULL);
	return (char *)(uintptr_t)copy.ptr;
}

static void
set_hops(const struct sl_snapshot_tenant *from, struct kept_tenant *kept)
{
	struct sl_endpoint *hops = sl_arena_alloc(&kept->arena, SL_MAX(from->hops_len, (size_t)1) * sizeof(*hops));

	SL_ASSERT(hops != NULL);
	for (size_t i = 0; i < from->hops_len; i++) {
		hops[i].text = text_of(&kept->arena, from->hops[i].text);
		hops[i].host = text_of(&kept->arena, from->hops[i].host);
		set_address(&from->hops[i], &hops[i]);
	}
	kept->tenant.next_hops = hops;
	kept->tenant.next_hops_len = from->hops_len;
}

/* `domain`: one of his, which a next hop's replies may name. `policy`: the tenant's, of which this is as for all his domains. */
static struct kept_tenant *
tenant_make(const struct sl_snapshot_tenant *from, struct sl_slice domain, const struct sl_policy *policy)
{
	struct kept_tenant *kept = sl_xzalloc(sizeof(*kept));
	char **domains;

	sl_arena_init(&kept->arena, 1u << 20);
	kept->id = from->id;
	kept->policy = from->policy;
	domains = sl_arena_alloc(&kept->arena, sizeof(*domains));
	SL_ASSERT(domains != NULL);
	domains[0] = text_of(&kept->arena, domain);
	kept->tenant = (struct sl_tenant){ .name = text_of(&kept->arena, from->name), .domains = domains, .domains_len = 1,
		.next_hop_tls = (enum sl_hop_tls)from->hop_tls, .normalise = from->normalise,
		.window_bytes = policy->message.window, .message_max_bytes = policy->message.size };
	set_hops(from, kept);
	return kept;
}

static const struct sl_tenant *
console_tenant(struct directory *d, uint32_t id, struct sl_slice domain)
{
	struct kept_tenant **at = &d->tenants[id % TENANT_BUCKETS], *kept = *at;
	struct sl_snapshot_tenant from;
	struct policy *policy;

	while (kept != NULL && kept->id != id)
		kept = kept->next;
	if (kept != NULL)
		return &kept->tenant;
	if (!sl_snapshot_tenant(pictures_snapshot(d->pictures), id, &from))
		return NULL;
	policy = console_policy(d, from.policy);
	if (policy == NULL)
		return NULL;
	kept = tenant_make(&from, domain, &policy->values);
	policy_unref(&policy);
	kept->next = *at;
	*at = kept;
	return &kept->tenant;
}

/* ---- directories ---- */

struct directory *
directory_new(struct snapshot *settings, struct pictures *pictures)
{
	static char nobody[] = "";
	struct directory *d = sl_xzalloc(sizeof(*d));

	d->refs = 1;
	d->settings = snapshot_ref(settings);
	d->pictures = pictures != NULL ? pictures_ref(pictures) : NULL;
	d->actions = (struct sl_tenant){ .name = nobody, .window_bytes = 2 * ACTION_BYTES_MAX, .message_max_bytes = ACTION_BYTES_MAX };
	d->reports = (struct sl_tenant){ .name = nobody, .window_bytes = 2 * REPORT_BYTES_MAX, .message_max_bytes = REPORT_BYTES_MAX };
	d->ours = sl_xzalloc(SL_MAX(settings->settings->tenants_len, (size_t)1) * sizeof(*d->ours));
	d->agreed = sl_xzalloc(SL_MAX(settings->settings->tenants_len, (size_t)1) * sizeof(*d->agreed));
	return d;
}

struct directory *
directory_ref(struct directory *directory)
{
	directory->refs++;
	return directory;
}

static void
forget_tenants(struct directory *d)
{
	for (size_t i = 0; i < TENANT_BUCKETS; i++)
		while (d->tenants[i] != NULL) {
			struct kept_tenant *kept = d->tenants[i];

			d->tenants[i] = kept->next;
			sl_arena_fini(&kept->arena);
			sl_free(kept);
		}
}

void
directory_unref(struct directory **directory)
{
	struct directory *d = *directory;

	*directory = NULL;
	if (d == NULL || --d->refs > 0)
		return;
	for (size_t i = 0; i < d->settings->settings->tenants_len; i++)
		policy_unref(&d->ours[i]);
	policy_unref(&d->actions_policy);
	for (size_t i = 0; i < DIRECTORY_POLICIES_KEPT; i++)
		policy_unref(&d->policies[i]);
	forget_tenants(d);
	sl_free(d->ours);
	sl_free(d->agreed);
	pictures_unref(&d->pictures);
	snapshot_unref(&d->settings);
	sl_free(d);
}

struct snapshot *
directory_settings(const struct directory *d)
{
	return d->settings;
}

const char *
directory_id(const struct directory *d)
{
	return d->pictures == NULL ? "" : sl_snapshot_id(pictures_snapshot(d->pictures));
}

static void
found_ours(const struct directory *d, const struct sl_tenant *tenant, struct addressee *out)
{
	*out = (struct addressee){ .tenant = tenant, .is_user = true, .size_bytes = tenant->message_max_bytes };
	out->place = (size_t)(tenant - d->settings->settings->tenants);
	out->class_id = OURS | out->place;
}

/* The section may say what no policy can (no limit, or more than those go to), so it is not what comes of the policy that
 * holds, unless somebody above wants less than the policy that the section was taken over as. */
static uint64_t
size_of(struct directory *d, const struct sl_tenant *tenant, uint32_t id)
{
	struct policy *policy = console_policy(d, id);
	uint64_t most = tenant->message_max_bytes;
	struct sl_policy section;
	struct sl_arena arena;

	sl_arena_init(&arena, SL_POLICY_PACKED_MAX);
	sl_tenant_policy(tenant, &arena, &section);
	if (policy != NULL && policy->values.message.size < section.message.size)
		most = policy->values.message.size;
	policy_unref(&policy);
	sl_arena_fini(&arena);
	return most;
}

/* The console has taken the tenant over as its section is: then what is said and listed there holds too, and what comes of both is in
 * its snapshot. Where it has not yet, or never will (no console, a domain that is another's there), the section alone holds. */
static const struct agreed *
console_agrees(struct directory *d, const struct sl_tenant *tenant, uint32_t id)
{
	struct agreed *agreed = &d->agreed[tenant - d->settings->settings->tenants];
	struct sl_snapshot_tenant known;

	if (agreed->tenant != id) {
		*agreed = (struct agreed){ id, sl_snapshot_tenant(pictures_snapshot(d->pictures), id, &known) &&
		    known.file_mark != 0 && known.file_mark == sl_settings_tenant_mark(d->settings->settings, tenant), 0 };
		if (agreed->same)
			agreed->size_bytes = size_of(d, tenant, known.policy);
	}
	return agreed->same ? agreed : NULL;
}

static bool
found_in_both(struct directory *d, const struct sl_tenant *tenant, struct sl_slice address, struct addressee *out)
{
	struct sl_snapshot_recipient at;
	const struct agreed *agreed;

	if (d->pictures == NULL || !sl_snapshot_recipient(pictures_snapshot(d->pictures), address, &at))
		return false;
	agreed = console_agrees(d, tenant, at.tenant);
	if (agreed == NULL)
		return false;
	*out = (struct addressee){ .tenant = tenant, .place = DIRECTORY_CONSOLE, .class_id = at.class_id & ~OURS,
		.is_user = at.is_user, .size_bytes = agreed->size_bytes, .at = at };
	return true;
}

static struct sl_slice
domain_of(struct sl_slice address)
{
	const unsigned char *at = address.len > 0 ? memrchr(address.ptr, '@', address.len) : NULL;

	return at == NULL ? sl_slice(NULL, 0) : sl_slice_from(address, (size_t)(at + 1 - address.ptr));
}

bool
directory_find(struct directory *d, struct sl_slice address, struct addressee *out)
{
	struct sl_slice domain = domain_of(address);
	const struct sl_tenant *tenant = sl_settings_tenant(d->settings->settings, domain);

	if (tenant != NULL) {
		if (!found_in_both(d, tenant, address, out))
			found_ours(d, tenant, out);
		return true;
	}
	if (d->pictures != NULL && sl_slice_ieq(domain, sl_slice_str(d->settings->settings->hostname))) {
		found_action(d, address, out);
		return true;
	}
	*out = (struct addressee){ .place = DIRECTORY_CONSOLE };
	if (d->pictures == NULL || !sl_snapshot_recipient(pictures_snapshot(d->pictures), address, &out->at))
		return false;
	out->tenant = console_tenant(d, out->at.tenant, domain);
	out->class_id = out->at.class_id & ~OURS;
	out->is_user = out->at.is_user;
	out->size_bytes = out->tenant != NULL ? out->tenant->message_max_bytes : 0;
	return out->tenant != NULL;
}

bool
directory_first(struct directory *d, struct addressee *out)
{
	if (d->settings->settings->tenants_len == 0)
		return false;
	found_ours(d, &d->settings->settings->tenants[0], out);
	return true;
}

struct policy *
directory_policy(struct directory *d, const struct addressee *to)
{
	if (to->place == DIRECTORY_CONSOLE)
		return console_policy(d, to->at.policy);
	if (to->place == DIRECTORY_ACTIONS) {
		if (d->actions_policy == NULL)
			d->actions_policy = policy_of_actions(d);
		return policy_ref(d->actions_policy);
	}
	if (d->ours[to->place] == NULL)
		d->ours[to->place] = policy_of_settings(d, to->tenant);
	return policy_ref(d->ours[to->place]);
}

void
directory_lists(const struct directory *d, const struct addressee *to, const struct sl_list_question *question,
    int64_t now_s, struct sl_list_found found[SL_BY_COUNT])
{
	memset(found, 0, SL_BY_COUNT * sizeof(*found));
	if (to->place == DIRECTORY_CONSOLE)
		sl_snapshot_find(pictures_snapshot(d->pictures), &to->at, question, now_s, found);
}

bool
directory_has_tenant(const struct directory *d, struct sl_slice name)
{
	const struct sl_settings *settings = d->settings->settings;

	for (size_t i = 0; i < settings->tenants_len; i++)
		if (sl_slice_eq(sl_slice_str(settings->tenants[i].name), name))
			return true;
	return d->pictures != NULL;	/* snapshots are not searched by name: the console knows */
}
