/* SPDX-License-Identifier: Apache-2.0 */
/* Protects the verdicts in session tickets whose keys mod_ssl reads from a file. */
#include <apr_file_io.h>

#include <http_main.h>

#include "httpd/conf/module.h"
#include "httpd/conf/view.h"
#include "httpd/peer/ticket_mac.h"
#include "trust/trust.h"

/*
 * Such tickets are encrypted, but in effect not authenticated: with OpenSSL 3, httpd 2.4 keeps the
 * address of a local variable for their HMAC key (ssl_init_ticket_key). So the key is whatever is
 * on the stack, mostly zeros. A client that knows the content of its ticket could change the
 * certificate in it.
 */

#define LEN 48 /* of the file, as in mod_ssl */

static const char *path_of(server_rec *s, apr_pool_t *p)
{
    const cc_conf_view_t *view = cc_conf_view_of(ap_server_conf, s);
    const char *path = view ? cc_conf_view_value(view, "SSLSessionTicketKeyFile", p) : NULL;

    return path ? ap_server_root_relative(p, path) : NULL;
}

static apr_status_t read_whole(unsigned char octets[LEN], const char *path, apr_pool_t *p)
{
    apr_file_t *file = NULL;
    apr_status_t rv = apr_file_open(&file, path, APR_READ | APR_BINARY, APR_OS_DEFAULT, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, octets, LEN, NULL);
        apr_file_close(file);
    }
    return rv;
}

apr_status_t cc_ticket_mac_guard(cc_trust_t *trust, server_rec *s, apr_pool_t *p)
{
    const char *path = path_of(s, p);
    unsigned char octets[LEN];
    apr_status_t rv;

    if (!path) {
        return APR_SUCCESS;
    }
    rv = read_whole(octets, path, p);
    if (rv == APR_SUCCESS) {
        rv = cc_trust_guard(trust, octets, sizeof(octets));
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(
            APLOG_MARK, APLOG_EMERG, rv, s,
            "CC0140: verdicts in session tickets cannot be protected with SSLSessionTicketKeyFile "
            "%s",
            path);
    }
    return rv;
}
