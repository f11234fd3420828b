/* SPDX-License-Identifier: Apache-2.0 */
/* Gives what helps a person: the administrator's text and address, and the issuers. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/status_text.h"
#include "httpd/peer/tls.h"
#include "httpd/status/help.h"
#include "httpd/status/verdict_json.h"

#define ISSUERS_MOST 20

/* ---- the administrator's text -------------------------------------------------------------- */

json_t *cc_help_text(const cc_status_t *status, apr_pool_t *p)
{
    const cc_status_text_t *own = cc_dir_of(status->asked)->status_text;

    if (!own) {
        own = cc_dir_of(status->page)->status_text;
    }
    if (!own || !own->text) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o}", "text", cc_json_string(own->text, p), "url",
                     cc_json_string(own->url, p), "link", cc_json_string(own->link, p));
}

/* ---- the administrator's address ----------------------------------------------------------- */

/* True if all of it can be in a mailto: URL as it is (RFC 6068 2). */
static bool is_address(const char *text)
{
    const char *at = strchr(text, '@');

    if (!at || at == text || !at[1] || strchr(at + 1, '@')) {
        return false;
    }
    for (; *text; text++) {
        if (!apr_isalnum(*text) && !strchr("@.-_+~", *text)) {
            return false;
        }
    }
    return true;
}

static bool is_url(const char *text)
{
    return !strncasecmp(text, "https://", 8) || !strncasecmp(text, "http://", 7);
}

static const char *url_of(const char *admin, apr_pool_t *p)
{
    if (is_address(admin)) {
        return apr_pstrcat(p, "mailto:", admin, NULL);
    }
    return is_url(admin) ? admin : NULL;
}

json_t *cc_help_contact(const cc_status_t *status, apr_pool_t *p)
{
    const char *admin = status->asked->server->server_admin;

    if (!admin || !*admin || !strcmp(admin, DEFAULT_ADMIN) || !strcmp(admin, "you@example.com")) {
        return json_null();
    }
    return json_pack("{s:o, s:o}", "text", cc_json_string(admin, p), "url",
                     cc_json_string(url_of(admin, p), p));
}

/* ---- the issuers --------------------------------------------------------------------------- */

json_t *cc_help_issuers(const cc_status_t *status, apr_pool_t *p)
{
    apr_array_header_t *names;
    int more = 0;

    if (status->proxied || (status->answer.client && !status->answer.problem)) {
        return json_null();
    }
    names = cc_tls_ca_names(status->asked, ISSUERS_MOST, &more);
    if (names->nelts == 0) {
        return json_null();
    }
    return json_pack("{s:o, s:o}", "names", cc_json_strings(names, p), "more",
                     more > 0 ? json_integer(more) : json_null());
}
