/* SPDX-License-Identifier: Apache-2.0 */
/* Parses URLs of responders, and chooses the responder for a certificate. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>

#include <openssl/x509v3.h>

#include "base/number.h"
#include "ocsp/internal.h"

#define URL_MAX 1024
#define NAME_MAX_LEN 253 /* RFC 1035 2.3.4 */

/* The characters of a URL (RFC 3986 2): none of them can break a header line or a log line. */
static bool is_url_text(const char *text)
{
    static const char others[] = "-._~:/?#[]@!$&'()*+,;=%";

    for (; *text; text++) {
        if (!apr_isascii(*text) || (!apr_isalnum(*text) && !strchr(others, *text))) {
            return false;
        }
    }
    return true;
}

const char *cc_host_name(const char *text, apr_pool_t *p)
{
    apr_size_t len = strlen(text);
    char *name = NULL;

    if (len > 0 && text[len - 1] == '.') {
        len--;
    }
    if (len == 0 || len > NAME_MAX_LEN || *text == '.' || text[len - 1] == '.') {
        return NULL;
    }
    name = apr_pstrmemdup(p, text, len);
    for (char *c = name; *c; c++) {
        if (!apr_isascii(*c) || (!apr_isalnum(*c) && *c != '-' && *c != '_' && *c != '.') ||
            (c[0] == '.' && c[1] == '.')) {
            return NULL;
        }
        *c = apr_tolower(*c);
    }
    return name;
}

/* A resolver treats a name as an IPv4 address only if its last part is a number. */
bool cc_host_is_address(const char *host)
{
    const char *dot = strrchr(host, '.');
    const char *last = dot ? dot + 1 : host;

    if (strchr(host, ':')) {
        return true;
    }
    if (last[0] == '0' && (last[1] == 'x' || last[1] == 'X')) {
        return last[2 + strspn(last + 2, "0123456789abcdefABCDEF")] == '\0';
    }
    return last[strspn(last, "0123456789")] == '\0';
}

const char *cc_url_read(cc_url_t *url, const char *text, apr_pool_t *p)
{
    apr_uri_t uri;
    apr_int64_t port = 0;

    if (strlen(text) > URL_MAX || !is_url_text(text) ||
        apr_uri_parse(p, text, &uri) != APR_SUCCESS || !uri.scheme) {
        return "it is not a valid URL";
    }
    if (strcasecmp(uri.scheme, "http") != 0) {
        return "its scheme is not http";
    }
    if (uri.user || uri.password || uri.fragment) {
        return "it has a user, a password or a fragment";
    }
    if (!uri.hostname || !*uri.hostname) {
        return "it has no host";
    }
    url->host = strchr(uri.hostname, ':') ? uri.hostname : cc_host_name(uri.hostname, p);
    if (!url->host) {
        return "its host is not a valid name";
    }
    port = uri.port_str ? cc_number_read(uri.port_str) : APR_URI_HTTP_DEFAULT_PORT;
    if (port < 1 || port > 65535) { /* apr_uri_parse truncates larger numbers */
        return "its port is not between 1 and 65535";
    }
    url->text = text;
    url->port = (apr_port_t)port;
    url->place = apr_psprintf(p, "%s:%d", url->host, url->port);
    url->authority = uri.hostinfo;
    url->path = apr_pstrcat(p, uri.path ? uri.path : "/", uri.query ? "?" : NULL, uri.query, NULL);
    return NULL;
}

/* ".example.com" allows all hosts below it. Both are in lower case. */
static bool host_allowed(const apr_array_header_t *allowed, const char *host)
{
    apr_size_t len = strlen(host);

    for (int i = 0; allowed && i < allowed->nelts; i++) {
        const char *each = APR_ARRAY_IDX(allowed, i, const char *);
        apr_size_t tail = strlen(each);

        if (*each == '.' ? len > tail && strcmp(host + len - tail, each) == 0
                         : strcmp(host, each) == 0) {
            return true;
        }
    }
    return false;
}

/* The objection to a URL that a certificate names, or NULL. */
static const char *url_refuse(cc_url_t *url, const apr_array_header_t *allowed,
                              const ASN1_STRING *from, apr_pool_t *p)
{
    const char *octets = (const char *)ASN1_STRING_get0_data(from);
    apr_size_t len = (apr_size_t)ASN1_STRING_length(from);
    const char *error = NULL;

    if (len > URL_MAX || memchr(octets, '\0', len)) {
        return "it is not a valid URL";
    }
    error = cc_url_read(url, apr_pstrmemdup(p, octets, len), p);
    if (error) {
        return error;
    }
    if (cc_host_is_address(url->host)) {
        return "its host is an address, not a name";
    }
    return host_allowed(allowed, url->host) ? NULL : "ClientCertOCSPAllow does not name its host";
}

/* The objection to a responder that a certificate names, or NULL. */
static const char *access_refuse(cc_url_t *url, const apr_array_header_t *allowed,
                                 const GENERAL_NAME *location, apr_pool_t *p)
{
    return location->type == GEN_URI
               ? url_refuse(url, allowed, location->d.uniformResourceIdentifier, p)
               : "it is not a valid URL";
}

/* The first responder of a certificate that may be asked (RFC 5280 4.2.2.1). */
static cc_url_choice_t url_of_certificate(const apr_array_header_t *allowed, const X509 *leaf,
                                          apr_pool_t *p)
{
    int found = -1; /* stays so only if the certificate does not have the extension */
    AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(leaf, NID_info_access, &found, NULL);
    cc_url_t *url = apr_palloc(p, sizeof(*url));
    cc_url_choice_t choice = {.error = "the certificate names no responder",
                              .missing = all || found == -1};

    for (int i = 0; !choice.url && i < sk_ACCESS_DESCRIPTION_num(all); i++) {
        const ACCESS_DESCRIPTION *each = sk_ACCESS_DESCRIPTION_value(all, i);
        const char *refusal = NULL;

        if (OBJ_obj2nid(each->method) != NID_ad_OCSP) {
            continue;
        }
        refusal = access_refuse(url, allowed, each->location, p);
        if (!refusal) {
            choice.url = url;
        } else if (choice.missing) { /* the first one */
            choice.error =
                apr_pstrcat(p, "the certificate's responder is not asked: ", refusal, NULL);
        }
        choice.missing = false;
    }
    AUTHORITY_INFO_ACCESS_free(all);
    return choice;
}

cc_url_choice_t cc_url_choose(const cc_ocsp_spec_t *spec, const apr_array_header_t *allowed,
                              const X509 *leaf, apr_pool_t *p)
{
    cc_url_choice_t choice = {.url = NULL};

    if (spec->mode == CC_OCSP_AIA) {
        choice = url_of_certificate(allowed, leaf, p);
    }
    return choice.url || !spec->responder ? choice : (cc_url_choice_t){.url = spec->responder};
}
