/*
 * hostile_i.h - messages made to cost the receiver time, for the test that bounds what they cost
 * and the bench that shows it
 */
#ifndef SL_MAILAUTH_HOSTILE_I_H
#define SL_MAILAUTH_HOSTILE_I_H

#include "mailauth/headers.h"
#include "mailauth/spf.h"

#define HOSTILE_CPU_MS_MAX	20.0	/* of an optimised build, for all of one message's authentication */
#define HOSTILE_KEYS		64	/* kept by the verifier: as many as a worker's */

/* One message and the DNS that its sender controls: every TXT question gets `txt`. */
struct hostile {
	struct sl_headers	 headers;
	struct sl_buf		 body;
	struct sl_buf		 txt[2];	/* given in turn */
	size_t			 txt_count;
	size_t			 hosts;		/* names in an MX or PTR answer; 0: NXDOMAIN */
	struct sl_buf		 sender;
	size_t			 keys;		/* how many the verifier keeps */
};

struct hostile_case {
	const char	*name;
	void		(*make)(struct hostile *hostile);
	const char	*expected;	/* what hostile_run says in the end */
};

struct hostile_result {
	double	cpu_us;		/* from the header's first field to the verdict */
	char	text[200];	/* "spf=none dkim=fail*10 arc=none/0 dmarc=none" */
};

extern const struct hostile_case hostile_cases[];
extern const size_t hostile_count;

struct hostile		*hostile_make(const struct hostile_case *c);
void			 hostile_free(struct hostile **hostile);
struct hostile_result	 hostile_run(const struct hostile *hostile);

#endif
