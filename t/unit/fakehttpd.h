/* SPDX-License-Identifier: Apache-2.0 */
/* Imitates as much of httpd as modules/httpd needs: reads a configuration and makes requests. */
#ifndef FAKEHTTPD_H
#define FAKEHTTPD_H

#include <stdbool.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_request.h>
#include <mod_auth.h>
#include <util_filter.h>

/** A section that applies to requests. */
typedef struct fake_section_t {
    server_rec *server;
    const char *kind, *path; /* "<Location", "/admin" */
    ap_conf_vector_t *config;
} fake_section_t;

/** A Require of one of the module's providers. */
typedef struct fake_require_t {
    int line;
    const authz_provider *provider;
    const char *args;
    const void *parsed;
} fake_require_t;

/*
 * One server in one process, as tests see it. A test sets members as needed; fake_begin empties
 * it. The directives are those of the module's own table. The parts of httpd and mod_ssl that the
 * module can observe are imitated. Only the log may be used by several threads.
 */
typedef struct fake_t {
    apr_pool_t *pool;           /* of the process, across configurations */
    apr_pool_t *pconf;          /* of the configuration */
    server_rec *main;           /* the main server; virtual hosts follow it, the last one first */
    const char *folder;         /* ServerRoot */
    const char *modules;        /* other loaded modules: "mod_ssl.c mod_http2.c" */
    const char *defines;        /* -D, one word */
    int run_mode;               /* AP_SQ_RM_...: a server by default */
    int main_state;             /* AP_SQ_MS_...: the configuration counts by default */
    int generation;             /* of the configuration; the first is 1 */
    int threads;                /* of a process; 0: of the prefork MPM */
    bool tls;                   /* connections have TLS */
    apr_table_t *tls_variables; /* SSL_..., of every connection */
    bool asks_more;             /* a directive needs further hooks */
    apr_array_header_t *sections, *requires; /* of the configuration */
} fake_t;

extern fake_t fake;

/** For setup and teardown of a test. */
void fake_begin(void);
void fake_end(void);

/* ---- the configuration (fakeconf.c, fakesections.c) ---------------------------------------- */

/**
 * Ends the configuration and reads this one, as the file site.conf: NULL, or the first error of a
 * directive. "@NAME NUMBER" continues at that line of another file, as Include does.
 */
const char *fake_configure(const char *text);

/** The same for a configuration that must be correct. */
void fake_configured(const char *text);

/** A graceful restart to this configuration, which must be correct. */
void fake_restart(const char *text);

/** Ends the configuration. */
void fake_configuration_end(void);

/** Reads text as the .htaccess file of a request: NULL, or the first error. */
const char *fake_htaccess(request_rec *r, const char *text);

/** The virtual host of this name; the test fails if there is none. */
server_rec *fake_host(const char *name);

/** The first directive of this name, in the order of the configuration, or NULL. */
const ap_directive_t *fake_directive(const char *name);

/** The configuration vector of a server, in which the module has its place. */
ap_conf_vector_t *fake_vector(apr_pool_t *p);

/** Merges its server's sections of this kind ("<Location") for a path into a request. */
void fake_sections_merge(request_rec *r, const char *kind, const char *path);

/** The result of the Require in this line for a request: AUTHZ_GRANTED and so on. */
int fake_require(request_rec *r, int line);

/* ---- files of ServerRoot (fakefiles.c) ----------------------------------------------------- */

/** The path of a file. The other two functions write the file, and read it or fail the test. */
const char *fake_path(const char *name);
void fake_write(const char *name, const char *text);
const char *fake_read(const char *name);

/** Writes a file of certificates in PEM (a list that ends with NULL). */
void fake_write_certs(const char *name, ...);

/* ---- the log ------------------------------------------------------------------------------- */

/** The lines since the last call, "LEVEL TEXT", joined by newlines; "" for none. */
const char *fake_logged(void);

/** Fails the test unless exactly these lines were logged since the last call. */
void fake_expect_log(const char *lines);

/** Fails the test unless the text, which may be NULL, has this beginning. */
void fake_expect_begins(const char *text, const char *begin);

/** The source of a client without TLS, whose data lives as long as the connection. */
extern const struct cc_client_source_t fake_source;

/* ---- requests (fakeclient.c) ----------------------------------------------------------------- */

/** A connection with a client at 192.0.2.1, and its GET of a path of the host. */
request_rec *fake_request(server_rec *s, const char *path);

/** A connection and its requests separately: it may have many requests, to several hosts. */
conn_rec *fake_connection(server_rec *s);
request_rec *fake_request_on(conn_rec *c, server_rec *s, const char *path);

/** An internal redirect of this request; and a subrequest for an included document. */
request_rec *fake_redirect(request_rec *r, const char *path);
request_rec *fake_subrequest(request_rec *r, const char *path);

/** The text written to the client since the last call. */
const char *fake_sent(void);

/** The names of a list of filters, separated by spaces. */
const char *fake_filters(const ap_filter_t *first, apr_pool_t *p);

/** Adds to the text written to the client. */
void fake_note(const char *text);

/** Links the other files of this helper into a program: only for fakehttpd.c. */
void fake_client_begin(void);
void fake_conf_begin(void);
void fake_filters_begin(void);
void fake_words_begin(void);

#endif
