/* zone_i.h - inside zone.h: the rule behind a file's last transition (a POSIX TZ string) */
#ifndef SL_DIGEST_ZONE_I_H
#define SL_DIGEST_ZONE_I_H

#include "digest/zone.h"

enum zone_day_form {
	ZONE_DAY_JULIAN,	/* Jn: 1 to 365, 29 February not counted */
	ZONE_DAY_ZERO,		/* n: 0 to 365 */
	ZONE_DAY_MONTH,		/* Mm.w.d */
};

struct zone_change {
	enum zone_day_form	form;
	unsigned		day;		/* of the first two; of the third 0: Sunday */
	unsigned		month, week;
	int32_t			time_s;		/* of the wall clock as it runs before; may be negative */
};

struct zone_rule {
	bool			has_summer;
	struct sl_zone_offset	winter, summer;
	struct zone_change	begins, ends;	/* of summer */
};

/* Read a TZ string. False: not well-formed. */
bool	zone_rule_read(struct sl_slice text, struct zone_rule *rule_out);
void	zone_rule_at(const struct zone_rule *rule, int64_t utc_s, struct sl_zone_offset *offset_out);

#endif
