/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the back ends of tables that need another module of httpd. */
#ifndef CC_BACKGROUND_BACKENDS_H
#define CC_BACKGROUND_BACKENDS_H

#include <httpd.h>
#include <http_main.h>

#include "httpd/conf/module.h"
#include "tables/table.h"

/**
 * sql uses mod_dbd, ldap uses mod_ldap. Open them before mod_dbd's post_config, which collects the
 * statements to prepare. A lookup may outlive its request (see jobs.h).
 */
extern const cc_backend_t cc_backend_sql, cc_backend_ldap;

/** The virtual host of the directive; for a table of all virtual hosts, the main server. */
static inline server_rec *cc_backend_server(const cc_table_spec_t *spec)
{
    return spec->server ? spec->server : ap_server_conf;
}

#endif
