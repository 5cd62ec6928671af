/* auth_i.h - what the authentication commands share */
#ifndef SLUICECTL_AUTH_I_H
#define SLUICECTL_AUTH_I_H

#include "mailauth/dmarc.h"
#include "mailauth/headers.h"
#include "mailauth/signkey.h"
#include "mailauth/zone.h"

#define AUTH_FILE_MAX	(64u << 20)

/* Read a whole file ("-": standard input) into out. False: said on standard error. */
bool	auth_read_file(const char *path, struct sl_buf *out);
/* Read and parse ZONE.json. NULL: said on standard error. */
struct sl_dnszone	*auth_read_zone(const char *path);
/* Read a private key (PEM). NULL: said on standard error. */
struct sl_signkey	*auth_read_key(const char *path);
/* May the key of a signature lie there: labels of letters, digits and inner hyphens, a domain of two or
 * more? If not, says so. */
bool	auth_key_place_ok(const char *domain, const char *selector);
/* Parse seconds since 1970. */
bool	auth_parse_time(const char *text, int64_t *now_s_out);
/* Parse "192.0.2.1" or "2001:db8::1". */
bool	auth_parse_ip(const char *text, unsigned char address_out[16], bool *is_ipv6_out);
/* Cut a message into header and body. Lines that end in a bare LF get a CRLF, as they would
 * have on the wire. The message is consumed. */
void	auth_split(struct sl_buf *message, struct sl_headers *headers, struct sl_buf *body);
/* Add `"name":"value"`, with a comma before it unless it opens an object. */
void	auth_json_member(struct sl_buf *out, const char *name, const char *value);
/* Add a DMARC verdict, as a JSON object or as words. */
void	auth_add_dmarc(struct sl_buf *out, const struct sl_dmarc_verdict *verdict, bool json);

#endif
