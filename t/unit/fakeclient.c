/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes connections and requests for unit tests, passes them through a server, and reads the
 * responses.
 */
#include <apr_encode.h>
#include <apr_strings.h>
#include <apr_uri.h>

#include <ap_expr.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>
#include <util_filter.h>

#include "fakehttpd.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "suite.h"

static apr_array_header_t *sent; /* of char */
static apr_socket_t *client_socket;

void fake_client_begin(void)
{
    sent = apr_array_make(fake.pool, 4096, sizeof(char));
}

/* ---- requests -------------------------------------------------------------------------------- */

ap_conf_vector_t *ap_create_conn_config(apr_pool_t *p)
{
    return fake_vector(p);
}

request_rec *ap_create_request(conn_rec *c)
{
    request_rec *r;
    apr_pool_t *p;

    apr_pool_create(&p, c->pool);
    r = apr_pcalloc(p, sizeof(*r));
    r->pool = p;
    r->connection = c;
    r->server = c->base_server;
    r->status = HTTP_OK;
    r->headers_in = apr_table_make(p, 8);
    r->headers_out = apr_table_make(p, 8);
    r->err_headers_out = apr_table_make(p, 8);
    r->trailers_in = apr_table_make(p, 8);
    r->subprocess_env = apr_table_make(p, 8);
    r->notes = apr_table_make(p, 8);
    r->request_config = fake_vector(p);
    r->per_dir_config = r->server->lookup_defaults;
    r->proto_output_filters = r->output_filters = c->output_filters;
    r->proto_input_filters = r->input_filters = c->input_filters;
    r->useragent_ip = c->client_ip;
    r->useragent_addr = c->client_addr;
    return r;
}

void ap_parse_uri(request_rec *r, const char *uri)
{
    while (uri[0] == '/' && uri[1] == '/') {
        uri++;
    }
    r->unparsed_uri = apr_pstrdup(r->pool, uri);
    apr_uri_parse(r->pool, uri, &r->parsed_uri);
    r->args = r->parsed_uri.query;
    r->uri = r->parsed_uri.path ? r->parsed_uri.path : "/";
}

conn_rec *fake_connection(server_rec *s)
{
    conn_rec *c;
    apr_pool_t *p;

    apr_pool_create(&p, fake.pconf);
    c = apr_pcalloc(p, sizeof(*c));
    c->pool = p;
    c->base_server = s;
    c->conn_config = ap_create_conn_config(p);
    c->notes = apr_table_make(p, 2);
    c->bucket_alloc = apr_bucket_alloc_create(p);
    c->client_ip = "192.0.2.1";
    c->local_ip = "192.0.2.80";
    apr_sockaddr_info_get(&c->client_addr, c->client_ip, APR_INET, 50000, 0, p);
    apr_sockaddr_info_get(&c->local_addr, c->local_ip, APR_INET,
                          s->addrs ? s->addrs->host_port : 80, 0, p);
    return c;
}

/* Not connected: only its timeout counts, which is that of all connections. */
apr_socket_t *ap_get_conn_socket(conn_rec *c)
{
    (void)c;
    if (!client_socket) {
        apr_socket_create(&client_socket, APR_INET, SOCK_STREAM, APR_PROTO_TCP, fake.pool);
    }
    return client_socket;
}

request_rec *fake_request_on(conn_rec *c, server_rec *s, const char *path)
{
    request_rec *r = ap_create_request(c);

    r->server = s;
    r->per_dir_config = s->lookup_defaults;
    r->method = "GET";
    r->method_number = M_GET;
    r->proto_num = HTTP_VERSION(1, 1);
    r->request_time = apr_time_now();
    ap_parse_uri(r, path);
    fake_sections_merge(r, "<Location", r->uri);
    return r;
}

request_rec *fake_request(server_rec *s, const char *path)
{
    return fake_request_on(fake_connection(s), s, path);
}

request_rec *fake_redirect(request_rec *r, const char *path)
{
    request_rec *next = fake_request_on(r->connection, r->server, path);

    r->next = next;
    next->prev = r;
    return next;
}

request_rec *fake_subrequest(request_rec *r, const char *path)
{
    request_rec *below = fake_request_on(r->connection, r->server, path);

    below->main = r;
    return below;
}

const char *ap_auth_type(request_rec *r)
{
    return apr_table_get(r->notes, "AuthType");
}

char *ap_getword(apr_pool_t *p, const char **line, char stop)
{
    const char *end = strchr(*line, stop);
    char *word = end ? apr_pstrmemdup(p, *line, (apr_size_t)(end - *line)) : apr_pstrdup(p, *line);

    *line = end ? end : *line + strlen(*line);
    while (stop && **line == stop) {
        (*line)++;
    }
    return word;
}

char *ap_getword_nulls(apr_pool_t *p, const char **line, char stop)
{
    const char *end = *line + strcspn(*line, (char[]){stop, '\0'});
    char *word = apr_pstrmemdup(p, *line, (apr_size_t)(end - *line));

    *line = *end ? end + 1 : end;
    return word;
}

char *ap_pbase64decode(apr_pool_t *p, const char *encoded)
{
    return (char *)apr_pdecode_base64(p, encoded, APR_ENCODE_STRING, APR_ENCODE_NONE, NULL);
}

/* No other module has a hook. */
int ap_run_access_checker_ex(request_rec *r)
{
    (void)r;
    return DECLINED;
}

/* ---- clients ----------------------------------------------------------------------------- */

static cc_client_t *source_again(cc_client_t *client, request_rec *r)
{
    (void)r;
    return client;
}

static void source_end(cc_client_t *client, request_rec *r)
{
    (void)client;
    r->connection->keepalive = AP_CONN_CLOSE;
}

static apr_pool_t *source_pool(const cc_client_t *client, conn_rec *c)
{
    (void)client;
    return c->pool;
}

static cc_client_map_t *source_map(const cc_client_t *client, conn_rec *c, bool make)
{
    (void)client;
    (void)c;
    (void)make;
    return NULL;
}

const cc_client_source_t fake_source = {
    .again = source_again, .end = source_end, .pool = source_pool, .map = source_map};

/* ---- the phases of a request ------------------------------------------------------------- */

int ap_location_walk(request_rec *r)
{
    fake_sections_merge(r, "<Location", r->uri);
    return OK;
}

int ap_if_walk(request_rec *r)
{
    (void)r;
    return OK;
}

static int pre_translate_name(request_rec *r)
{
    return strcmp(r->uri, "/untranslated") ? DECLINED : DONE;
}

/* Maps paths below /www; answers other paths as mod_rewrite and other modules do. */
static int translate_name(request_rec *r)
{
    if (!strncmp(r->uri, "/proxied", 8) || !strncmp(r->uri, "/forbidden", 10)) {
        r->filename =
            apr_pstrcat(r->pool, r->uri[1] == 'p' ? "proxy:http://b" : "/www", r->uri, NULL);
        return HTTP_FORBIDDEN;
    }
    r->filename = apr_pstrcat(r->pool, "/www", r->uri, NULL);
    return strcmp(r->uri, "/nobodys") ? OK : DECLINED;
}

static int map_to_storage(request_rec *r)
{
    fake_sections_merge(r, "<Directory", r->filename);
    return OK;
}

/* Each hook has one function. */
#define DEFINE_HOOK(hook)                                                                          \
    apr_array_header_t *ap_hook_get_##hook(void)                                                   \
    {                                                                                              \
        static ap_LINK_##hook##_t one = {.pFunc = hook, .szName = "fake.c"};                       \
        static apr_array_header_t all = {.nelts = 1, .elt_size = sizeof(one)};                     \
                                                                                                   \
        all.elts = (char *)&one;                                                                   \
        return &all;                                                                               \
    }

DEFINE_HOOK(pre_translate_name)
DEFINE_HOOK(translate_name)
DEFINE_HOOK(map_to_storage)

/* As httpd does with the flags that are used here. */
int ap_normalize_path(char *path, unsigned flags)
{
    char *to = path;

    if (*path != '/' || strstr(path, "/../")) {
        return 0;
    }
    for (const char *from = path; *from; from++) {
        if (!((flags & AP_NORMALIZE_MERGE_SLASHES) && from[0] == '/' && from[1] == '/')) {
            *to++ = *from;
        }
    }
    *to = '\0';
    return 1;
}

int ap_unescape_url_ex(char *url, unsigned flags)
{
    char *to = url;
    bool slash = false;

    for (const char *from = url; *from; to++) {
        unsigned octet = 0;

        if (*from != '%') {
            *to = *from++;
        } else if (sscanf(from + 1, "%2x", &octet) != 1) {
            return HTTP_BAD_REQUEST;
        } else if (octet == '/' && (flags & AP_UNESCAPE_URL_KEEP_SLASHES)) {
            *to = *from++;
        } else {
            slash = slash || octet == '/';
            *to = (char)octet;
            from += 3;
        }
    }
    *to = '\0';
    return slash && (flags & AP_UNESCAPE_URL_FORBID_SLASHES) ? HTTP_NOT_FOUND : OK;
}

/* ---- the response ------------------------------------------------------------------------ */

int ap_rwrite(const void *octets, int len, request_rec *r)
{
    (void)r;
    for (int i = 0; i < len; i++) {
        APR_ARRAY_PUSH(sent, char) = ((const char *)octets)[i];
    }
    return len;
}

int ap_rvputs(request_rec *r, ...)
{
    va_list texts;
    const char *text;

    va_start(texts, r);
    while ((text = va_arg(texts, const char *))) {
        ap_rwrite(text, (int)strlen(text), r);
    }
    va_end(texts);
    return 0;
}

int ap_rprintf(request_rec *r, const char *fmt, ...)
{
    va_list args;
    const char *text;

    va_start(args, fmt);
    text = apr_pvsprintf(r->pool, fmt, args);
    va_end(args);
    return ap_rwrite(text, (int)strlen(text), r);
}

void fake_note(const char *text)
{
    ap_rwrite(text, (int)strlen(text), NULL);
}

const char *fake_sent(void)
{
    const char *text = apr_pstrmemdup(fake.pool, sent->elts, (apr_size_t)sent->nelts);

    sent->nelts = 0;
    return text;
}

void ap_set_content_type(request_rec *r, const char *type)
{
    r->content_type = type;
}

void ap_allow_standard_methods(request_rec *r, int reset, ...)
{
    (void)reset;
    apr_table_setn(r->notes, "allowed", "yes");
}

int ap_discard_request_body(request_rec *r)
{
    return apr_table_get(r->headers_in, "Expect") ? HTTP_EXPECTATION_FAILED : OK;
}

/* ---- TLS --------------------------------------------------------------------------------- */

int ap_ssl_conn_is_ssl(conn_rec *c)
{
    (void)c;
    return fake.tls;
}

const char *ap_ssl_var_lookup(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r,
                              const char *name)
{
    (void)p;
    (void)s;
    (void)c;
    (void)r;
    return apr_table_get(fake.tls_variables, name);
}
