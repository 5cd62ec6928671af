/*
 * scan.h - the members at the top of a JSON object, each as the bytes it is
 *
 * For lines that our own edges wrote and of which few members are wanted: values are not taken apart, numbers not read,
 * nothing is allocated. What is within a nested value is looked at only as far as it takes to find its end, so a line
 * that is wrong in there is not refused here; who prints it reads it whole.
 *
 * Pure, linear, no recursion; nested at most SCAN_DEPTH_MAX deep.
 */
#ifndef SL_TRAFFIC_SCAN_H
#define SL_TRAFFIC_SCAN_H

#include "sl/base.h"

#define SCAN_DEPTH_MAX	16

struct scan {
	struct sl_slice	rest;
	bool		begun;
};

/* Members of an object: names without their quotes and with escapes as written, values whole. SL_DONE, 0 at the end of the
 * object, behind which nothing may follow, or SL_ERR_SYNTAX. Begin with { text, false }. */
SL_MUST_USE int	scan_member(struct scan *scan, struct sl_slice *name, struct sl_slice *value);
/* Elements of an array, the same way. */
SL_MUST_USE int	scan_element(struct scan *scan, struct sl_slice *value);

/* The text of a string value into `out`, which has room for as many bytes as the value. SL_ERR_SYNTAX: it is no string, or
 * escapes something that is no character. */
SL_MUST_USE int	scan_text(struct sl_slice value, unsigned char *out, size_t *len_out);

#endif
