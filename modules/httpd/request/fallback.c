/* SPDX-License-Identifier: Apache-2.0 */
/* Lets another login follow where the mapped user is not admitted (ClientCertAuth Fallback). */
#include <http_request.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/request/authn.h"
#include "httpd/request/denial.h"
#include "httpd/request/fallback.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"

/*
 * mod_authz_core evaluates all Require lines in its hook, and only its status says whether they
 * admit the user. So the whole hook runs for the mapped user first. These hooks exist only in a
 * server with ClientCertAuth Fallback, or where .htaccess may have it. They change nothing if no
 * AuthType asks for another login: then the first status counts.
 */
static bool is_mapped(const request_rec *r)
{
    return r->user && r->ap_auth_type == cc_auth_type;
}

bool cc_fallback_begin(request_rec *r)
{
    cc_request_t *kept;

    if (cc_dir_of(r)->auth != CC_AUTH_FALLBACK || !is_mapped(r) || !cc_authn_by_others(r)) {
        return false;
    }
    kept = cc_request_of(r);
    if (kept->trying) {
        return false;
    }
    kept->trying = true;
    return true;
}

/* DECLINED: a Require needs another user, as clientcert-same-user does. */
bool cc_fallback_end(request_rec *r, int status)
{
    cc_request_t *kept = cc_request_of(r);

    kept->trying = false;
    if ((status != HTTP_FORBIDDEN && status != DECLINED) || !is_mapped(r)) {
        return false;
    }
    cc_denial_watch(r);
    kept->fell_back = true;
    r->user = NULL;
    r->ap_auth_type = NULL;
    return true;
}

int cc_fallback_check(request_rec *r)
{
    int status;

    if (!cc_fallback_begin(r)) {
        return DECLINED;
    }
    status = ap_run_access_checker_ex(r);
    return cc_fallback_end(r, status) ? DECLINED : status;
}

int cc_fallback_force(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    return kept && kept->fell_back ? OK : DECLINED;
}
