/* SPDX-License-Identifier: Apache-2.0 */
/* Finds whether a virtual host trusts several CAs that may issue client certificates. */
#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "cert/cert.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/view.h"

/* OpenSSL looks only for such names in a directory: 9d66eef0.0 */
static bool is_hashed(const char *name)
{
    int digits = 0;

    while (apr_isxdigit(name[digits])) {
        digits++;
    }
    return digits == 8 && name[8] == '.' && apr_isdigit(name[9]);
}

static void add_folder(apr_array_header_t *paths, const char *folder, apr_pool_t *p)
{
    apr_dir_t *dir;
    apr_finfo_t info;

    if (apr_dir_open(&dir, folder, p) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (is_hashed(info.name)) {
            APR_ARRAY_PUSH(paths, const char *) = apr_pstrcat(p, folder, "/", info.name, NULL);
        }
    }
    apr_dir_close(dir);
}

static bool are_several(const char *file, const char *folder, apr_pool_t *p)
{
    apr_array_header_t *paths = apr_array_make(p, 1, sizeof(const char *));

    if (file) {
        APR_ARRAY_PUSH(paths, const char *) = ap_server_root_relative(p, file);
    }
    if (folder) {
        add_folder(paths, ap_server_root_relative(p, folder), p);
    }
    return cc_cert_count_issuers(paths) > 1;
}

/* Cached, since many virtual hosts use the same files. */
bool cc_lint_several_cas(cc_lint_t *lint, const cc_conf_view_t *view)
{
    static const char yes[] = "yes", no[] = "no";
    const char *file = cc_conf_view_value(view, "SSLCACertificateFile", lint->pool);
    const char *folder = cc_conf_view_value(view, "SSLCACertificatePath", lint->pool);
    const char *key = apr_pstrcat(lint->pool, file ? file : "", "\n", folder, NULL);
    const char *several = apr_hash_get(lint->several, key, APR_HASH_KEY_STRING);

    if (!several) {
        several = are_several(file, folder, lint->pool) ? yes : no;
        apr_hash_set(lint->several, key, APR_HASH_KEY_STRING, several);
    }
    return several == yes;
}
