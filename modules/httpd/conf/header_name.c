/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the names of headers in directives, and notes which ones are removed from requests. */
#include <stdbool.h>
#include <string.h>

#include <apr_lib.h>

#include "base/error.h"
#include "forward/forward.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/header_name.h"
#include "httpd/conf/module.h"

/*
 * Headers that mean something to HTTP or httpd. A header that a directive names is removed from all
 * requests, so none of these may be one.
 */
static const char *const needed[] = {
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "Destination",
    "Depth",
    "Expect",
    "Forwarded",
    "From",
    "Host",
    "HTTP2-Settings",
    "If",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Lock-Token",
    "Max-Forwards",
    "Origin",
    "Overwrite",
    "Pragma",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "TE",
    "Timeout",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
};

/* RFC 9110 5.6.2: tchar. */
static bool is_token(const char *name)
{
    static const char signs[] = "!#$%&'*+-.^_`|~";

    for (const char *at = name; *at; at++) {
        if (!apr_isalnum(*at) && !strchr(signs, *at)) {
            return false;
        }
    }
    return *name != '\0';
}

static bool has_alphanumeric(const char *name)
{
    while (*name && !apr_isalnum(*name)) {
        name++;
    }
    return *name != '\0';
}

static bool is_needed(const char *name)
{
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (cc_header_same(name, needed[i])) {
            return true;
        }
    }
    return false;
}

apr_status_t cc_header_name_check(const char *name, apr_pool_t *p, cc_error_t *err)
{
    if (!is_token(name) || !has_alphanumeric(name)) {
        return cc_error_set(err, p, "CC0422", name,
                            "not the name of a header; write letters, digits and \"-\"");
    }
    return is_needed(name)
               ? cc_error_set(err, p, "CC0422", name,
                              "HTTP itself needs this header, and it would be removed from "
                              "requests; choose another name")
               : APR_SUCCESS;
}

void cc_header_name_remove(const cmd_parms *cmd, const char *name)
{
    cc_configuration_t *configuration = cc_configuration_find(cmd->server);

    if (!configuration->removed) {
        configuration->removed = apr_array_make(cmd->pool, 4, sizeof(const char *));
    }
    APR_ARRAY_PUSH(configuration->removed, const char *) = cc_header_folded(name, cmd->pool);
}
