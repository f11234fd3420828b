/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the files of CAs that mod_ssl's directives name. */
#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/conf/ssl_cas.h"

/* OpenSSL looks only for such names in a directory: 9d66eef0.0 */
static bool is_hashed(const char *name)
{
    int digits = 0;

    while (apr_isxdigit(name[digits])) {
        digits++;
    }
    return digits == 8 && name[8] == '.' && apr_isdigit(name[9]);
}

static void folder_add(apr_array_header_t *paths, const char *folder, apr_pool_t *p)
{
    apr_dir_t *dir;
    apr_finfo_t info;

    if (!folder || apr_dir_open(&dir, folder, p) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (is_hashed(info.name)) {
            APR_ARRAY_PUSH(paths, const char *) = apr_pstrcat(p, folder, "/", info.name, NULL);
        }
    }
    apr_dir_close(dir);
}

apr_array_header_t *cc_ssl_ca_paths(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *file = cc_conf_view_value(view, "SSLCACertificateFile", p);
    const char *folder = cc_conf_view_value(view, "SSLCACertificatePath", p);
    apr_array_header_t *paths = apr_array_make(p, 1, sizeof(const char *));

    if (file) {
        APR_ARRAY_PUSH(paths, const char *) = ap_server_root_relative(p, file);
    }
    if (folder) {
        folder_add(paths, ap_server_root_relative(p, folder), p);
    }
    return paths;
}
