/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the source and options of a Redis table: which server it is, and how to log in to it. */
#include <string.h>
#include <sys/un.h>

#include <apr_escape.h>
#include <apr_strings.h>
#include <apr_uri.h>

#include "base/number.h"
#include "base/text.h"
#include "tables/redis/redis.h"

#define USUAL_PORT 6379
#define SOCKET "unix:"

/* A table that is being read. No error shows the source of a URL: a part of it may be a password.
 */
typedef struct {
    cc_redis_server_t *server;
    const cc_table_spec_t *spec;
    bool secure;
    apr_pool_t *pool;
    cc_error_t *err;
} server_reader_t;

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static const char *address_shown(const char *host, int port, apr_pool_t *p)
{
    const char *format = strchr(host, ':') ? "[%s]:%d" : "%s:%d";

    return apr_psprintf(p, format, cc_text_escape(host, strlen(host), p), port);
}

/* The source for an error; the name of the table if it may have been meant as a URL. */
static const char *source_word(const server_reader_t *r)
{
    const char *source = r->spec->source;

    return strpbrk(source, "@?") ? r->spec->name : apr_pstrcat(r->pool, "redis:", source, NULL);
}

/* ---- HOST:PORT[/PREFIX] ---------------------------------------------------------------------- */

static apr_status_t address_read(server_reader_t *r)
{
    const char *source = r->spec->source;
    const char *slash = strchr(source, '/');
    apr_size_t len = slash ? (apr_size_t)(slash - source) : strlen(source);
    char *host = NULL;
    char *scope = NULL;
    apr_port_t port = 0;
    bool login = strchr(source, '@') != NULL;
    apr_status_t status =
        apr_parse_addr_port(&host, &scope, &port, apr_pstrmemdup(r->pool, source, len), r->pool);

    if (status != APR_SUCCESS || !host || scope || port == 0 || login) {
        return cc_error_set(
            r->err, r->pool, "CC0630", source_word(r),
            "write redis:HOST:PORT or redis:HOST:PORT/PREFIX, with an IPv6 address in []; "
            "redis:unix:PATH; or a URL, redis://[USER:PASSWORD@]HOST[:PORT][/DB]");
    }
    r->server->host = host;
    r->server->port = port;
    r->server->prefix = slash ? slash + 1 : "";
    r->server->shown = address_shown(host, port, r->pool);
    return APR_SUCCESS;
}

/* ---- unix:PATH ------------------------------------------------------------------------------- */

static apr_status_t socket_read(server_reader_t *r)
{
    const char *path = r->spec->source + strlen(SOCKET);
    size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (*path != '/' || strchr(path, '?') || strlen(path) > max) {
        return cc_error_set(r->err, r->pool, "CC0630", source_word(r),
                            "write redis:unix:PATH with an absolute path of at most %d octets, "
                            "and db=, user= and password= as options",
                            (int)max);
    }
    r->server->path = path;
    r->server->prefix = "";
    r->server->shown = cc_text_escape(path, strlen(path), r->pool);
    return APR_SUCCESS;
}

/* ---- URLs: //[[USER]:PASSWORD@]HOST[:PORT][/DB] ---------------------------------------------- */

static apr_status_t url_error(const server_reader_t *r, const char *message)
{
    return cc_error_set(r->err, r->pool, "CC0647", r->spec->name, "%s", message);
}

/* A part of the URL without its percent-encoding; empty: NULL. */
static bool part_decode(const char **part, const char *text, apr_pool_t *p)
{
    char *decoded = NULL;
    apr_size_t len = 0;
    apr_status_t status = APR_SUCCESS;

    *part = NULL;
    if (!text || !*text) {
        return true;
    }
    decoded = apr_palloc(p, strlen(text) + 1);
    status = apr_unescape_url(decoded, text, APR_ESCAPE_STRING, NULL, NULL, 0, &len);
    *part = status == APR_NOTFOUND ? text : decoded; /* nothing is encoded */
    return status == APR_SUCCESS || status == APR_NOTFOUND;
}

/* The host, its port and the database. */
static apr_status_t place_read(server_reader_t *r, const apr_uri_t *uri)
{
    apr_int64_t port = uri->port_str ? cc_number_read(uri->port_str) : USUAL_PORT;
    const char *path = uri->path ? uri->path : "";
    apr_int64_t database = strlen(path) > 1 ? cc_number_read(path + 1) : -1;

    if (!uri->hostname || !*uri->hostname || strchr(uri->hostname, '%')) {
        return url_error(r, "the URL has no host; write redis://HOST[:PORT][/DB]");
    }
    if (port < 1 || port > 65535) {
        return url_error(r, "the port of the URL must be a number from 1 to 65535");
    }
    if (strlen(path) > 1 && database < 0) {
        return url_error(r, "what follows the host of the URL must be the number of a database; "
                            "write prefix=PREFIX for what is put before each key");
    }
    if (uri->query || uri->fragment) {
        return url_error(r, "the URL has a part after ? or #; write db=, user= and password= as "
                            "options, and percent-encode these characters in a password");
    }
    if (database >= 0 && r->spec->db >= 0) {
        return url_error(r, "both the URL and db= name a database; write one of them");
    }
    r->server->host = uri->hostname;
    r->server->port = (apr_port_t)port;
    r->server->database = database >= 0 ? (int)database : 0;
    r->server->prefix = "";
    r->server->shown = address_shown(uri->hostname, (int)port, r->pool);
    return APR_SUCCESS;
}

static apr_status_t url_read(server_reader_t *r)
{
    apr_uri_t uri;
    apr_status_t status =
        apr_uri_parse(r->pool, apr_pstrcat(r->pool, "redis:", r->spec->source, NULL), &uri);

    if (status != APR_SUCCESS) {
        return url_error(r, "not a URL; write redis://[USER:PASSWORD@]HOST[:PORT][/DB], and "
                            "percent-encode @, :, / and ? in USER and PASSWORD");
    }
    status = place_read(r, &uri);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (!part_decode(&r->server->user, uri.user, r->pool) ||
        !part_decode(&r->server->password, uri.password, r->pool)) {
        return url_error(r, "the user or the password of the URL has a % that begins no "
                            "percent-encoding; write it as %25");
    }
    return APR_SUCCESS;
}

/* ---- options --------------------------------------------------------------------------------- */

static apr_status_t option_error(const server_reader_t *r, const char *message)
{
    return cc_error_set(r->err, r->pool, "CC0648", r->spec->name, "%s", message);
}

static apr_status_t login_read(server_reader_t *r)
{
    cc_redis_server_t *server = r->server;
    const cc_table_spec_t *spec = r->spec;
    const char *reason = NULL;

    if ((server->user && spec->user) || (server->password && spec->password)) {
        return option_error(r, "the URL has a user or password, and so have user= and password=; "
                               "write each of them once");
    }
    server->user = spec->user ? spec->user : server->user;
    if (spec->password) {
        reason = cc_secret_read(&server->password, spec, spec->password, r->pool);
    }
    if (reason) {
        cc_error_set(r->err, r->pool, "CC0649", spec->name, "password= gives no password: %s",
                     reason);
        return CC_SOURCE_CLOSED;
    }
    if (server->user && !server->password) {
        return option_error(r, "there is a user and no password; write password=, or in a URL "
                               "USER:PASSWORD@, or :PASSWORD@ without a user");
    }
    return APR_SUCCESS;
}

static apr_status_t prefix_read(server_reader_t *r)
{
    if (r->spec->prefix && *r->server->prefix) {
        return option_error(r, "both the source and prefix= have a prefix; write one of them");
    }
    r->server->prefix = r->spec->prefix ? r->spec->prefix : r->server->prefix;
    r->server->database = r->spec->db >= 0 ? r->spec->db : r->server->database;
    return APR_SUCCESS;
}

static const char *path_of(const server_reader_t *r, const char *file)
{
    return file ? cc_source_path(r->spec, file, r->pool) : NULL;
}

static apr_status_t tls_read(server_reader_t *r)
{
    const cc_table_spec_t *spec = r->spec;
    const char *keyfile = spec->keyfile ? spec->keyfile : spec->certfile;
    cc_redis_tls_files_t files = {path_of(r, spec->cafile), path_of(r, spec->certfile),
                                  path_of(r, keyfile)};
    cc_redis_tls_t *tls = NULL;
    const char *file = NULL;
    const char *reason = NULL;

    if (!r->secure && (spec->cafile || keyfile)) {
        return option_error(r, "cafile=, certfile= and keyfile= are for rediss:// only");
    }
    if (spec->keyfile && !spec->certfile) {
        return option_error(r, "keyfile= needs certfile=, the certificate of this key");
    }
    if (r->secure && cc_redis_tls_create(&tls, &files, r->server->host, &file, &reason, r->pool) !=
                         APR_SUCCESS) {
        cc_error_set(r->err, r->pool, "CC0650", file ? file : spec->name,
                     "it cannot be used for TLS: %s", reason);
        return CC_SOURCE_CLOSED;
    }
    r->server->tls = tls;
    return APR_SUCCESS;
}

apr_status_t cc_redis_server_read(cc_redis_server_t *server, const cc_table_spec_t *spec,
                                  bool secure, apr_pool_t *p, cc_error_t *err)
{
    server_reader_t r = {server, spec, secure, p, err};
    apr_status_t status = APR_SUCCESS;

    if (begins_with(spec->source, "//")) {
        status = url_read(&r);
    } else if (secure) {
        status = url_error(&r, "TLS needs a URL; write rediss://HOST[:PORT][/DB]");
    } else if (begins_with(spec->source, SOCKET)) {
        status = socket_read(&r);
    } else {
        status = address_read(&r);
    }
    if (status == APR_SUCCESS) {
        status = login_read(&r);
    }
    if (status == APR_SUCCESS) {
        status = prefix_read(&r);
    }
    return status == APR_SUCCESS ? tls_read(&r) : status;
}
