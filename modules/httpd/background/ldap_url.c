/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the source and options of an ldap: table: an LDAP URL with the key in its filter. */
#include <string.h>

#include <apr_strings.h>

#include <httpd.h>
#include <http_config.h>
#include <util_ldap.h>

#include "base/error.h"
#include "httpd/background/backends.h"
#include "httpd/background/ldap_url.h"
#include "tables/table.h"

/* The mark of the key in a filter: for text, or for the octets that its hex or base64 encodes. */
#define AS_TEXT "%s"
#define AS_OCTETS "%o"

/* ---- the URL (RFC 4516), at start ------------------------------------------------------------ */

static apr_status_t url_free(void *url)
{
    ldap_free_urldesc(url);
    return APR_SUCCESS;
}

/*
 * Percent-encodes the marks of the key in the URL. They cannot be confused with percent-encodings,
 * because s and o are not hex digits.
 */
static const char *url_encode(const char *url, apr_pool_t *p)
{
    char *encoded = apr_palloc(p, 3 * strlen(url) + 1);
    char *to = encoded;

    for (; *url; url++) {
        *to++ = *url;
        if (url[0] == '%' && (url[1] == 's' || url[1] == 'o')) {
            *to++ = '2';
            *to++ = '5';
        }
    }
    *to = '\0';
    return encoded;
}

/* Splits the filter at its key; false if it does not have exactly one. */
static bool filter_read(cc_ldap_url_t *directory, apr_pool_t *p)
{
    const char *filter = directory->url->lud_filter ? directory->url->lud_filter : "";
    const char *text = strstr(filter, AS_TEXT);
    const char *octets = strstr(filter, AS_OCTETS);
    const char *key = text ? text : octets;

    if (!key || (text && octets) || strstr(key + 1, AS_TEXT) || strstr(key + 1, AS_OCTETS)) {
        return false;
    }
    directory->octets = key == octets;
    directory->before = apr_pstrmemdup(p, filter, (apr_size_t)(key - filter));
    directory->after = key + strlen(AS_TEXT);
    return true;
}

/* Parentheses that belong to a value are written \28 and \29. */
static bool parentheses_match(const char *filter)
{
    int depth = 0;

    for (; *filter && depth >= 0; filter++) {
        depth += (*filter == '(') - (*filter == ')');
    }
    return depth == 0;
}

/* The error in the parts of the URL, or NULL. */
static const char *url_error(const LDAPURLDesc *url)
{
    if (strcmp(url->lud_scheme, "ldap") != 0 && strcmp(url->lud_scheme, "ldaps") != 0) {
        return "the URL must begin with ldap:// or ldaps://";
    }
    if (!url->lud_host || !*url->lud_host) {
        return "the URL names no host";
    }
    if (url->lud_exts) {
        return "extensions of the URL are not supported";
    }
    if (!url->lud_attrs || !url->lud_attrs[0]) {
        return "the URL names no attributes; they are the columns of the table";
    }
    for (char **name = url->lud_attrs; *name; name++) {
        if (strcmp(*name, "*") == 0 || strcmp(*name, "+") == 0) {
            return "the attributes must be named one by one; they are the columns of the table";
        }
    }
    return NULL;
}

/* Adds the port to the host name, where mod_ldap expects it. */
static void host_read(cc_ldap_url_t *directory, apr_pool_t *p)
{
    const LDAPURLDesc *url = directory->url;
    bool tls = strcmp(url->lud_scheme, "ldaps") == 0;
    bool v6 = strchr(url->lud_host, ':') != NULL;

    directory->secure = tls ? APR_LDAP_SSL : -1;
    directory->port = url->lud_port;
    if (directory->port == 0) {
        directory->port = tls ? LDAPS_PORT : LDAP_PORT;
    }
    directory->host = apr_psprintf(p, v6 ? "[%s]:%d" : "%s:%d", url->lud_host, directory->port);
}

static apr_status_t url_read(cc_ldap_url_t *directory, const cc_table_spec_t *spec, apr_pool_t *p,
                             cc_error_t *err)
{
    const char *error = NULL;

    if (ldap_url_parse(url_encode(spec->source, p), &directory->url) != 0) {
        return cc_error_set(err, p, "CC0642", spec->shown,
                            "not an LDAP URL; write ldap://HOST/BASE?ATTRIBUTE,...?SCOPE?FILTER");
    }
    apr_pool_cleanup_register(p, directory->url, url_free, apr_pool_cleanup_null);
    error = url_error(directory->url);
    if (!error && !filter_read(directory, p)) {
        error = "the filter must have one %s or one %o, which stands for the key";
    }
    if (!error && !parentheses_match(directory->url->lud_filter)) {
        error = "the parentheses of the filter do not match";
    }
    if (error) {
        return cc_error_set(err, p, "CC0642", spec->shown, "%s", error);
    }
    host_read(directory, p);
    while (directory->url->lud_attrs[directory->attributes]) {
        directory->attributes++;
    }
    return APR_SUCCESS;
}

/* ---- the bind -------------------------------------------------------------------------------- */

/* A bind with a name and no password is anonymous, and succeeds (RFC 4513 5.1.2). */
static apr_status_t user_read(cc_ldap_url_t *directory, const cc_table_spec_t *spec, apr_pool_t *p,
                              cc_error_t *err)
{
    const char *password = spec->bindpassword;
    const char *reason = NULL;

    if (!spec->binddn && !password) {
        return APR_SUCCESS;
    }
    if (!spec->binddn || !password) {
        return cc_error_set(
            err, p, "CC0644", spec->name,
            "write both binddn= and bindpassword=, or neither for an anonymous bind");
    }
    reason = cc_secret_read(&password, spec, password, p);
    if (reason) {
        cc_error_set(err, p, "CC0644", spec->name, "bindpassword= gives no password: %s", reason);
        return CC_SOURCE_CLOSED;
    }
    directory->user = spec->binddn;
    directory->password = password;
    return APR_SUCCESS;
}

apr_status_t cc_ldap_url_read(cc_ldap_url_t *directory, const cc_table_spec_t *spec, apr_pool_t *p,
                              cc_error_t *err)
{
    apr_status_t status = url_read(directory, spec, p, err);

    directory->server = cc_backend_server(spec);
    directory->hex = spec->octets == CC_OCTETS_HEX;
    directory->timeout.tv_sec = apr_time_sec(spec->timeout);
    directory->timeout.tv_usec = apr_time_usec(spec->timeout);
    return status == APR_SUCCESS ? user_read(directory, spec, p, err) : status;
}
