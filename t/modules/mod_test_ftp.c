/* SPDX-License-Identifier: Apache-2.0 */
/* Serves a directory by FTP over mod_ssl, to users that mod_clientcert names: for the tests. */
#include <string.h>

#include <apr_strings.h>

#include <httpd.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_ssl.h>

#include "mod_test_ftp.h"

APLOG_USE_MODULE(test_ftp);

APR_OPTIONAL_FN_TYPE(clientcert_conn_lookup) * test_ftp_lookup;
APR_OPTIONAL_FN_TYPE(clientcert_conn_list) * test_ftp_list;

/* ---- lines ---------------------------------------------------------------------------------- */

bool test_ftp_write(conn_rec *c, apr_pool_t *p, const char *fmt, ...)
{
    apr_bucket_brigade *bb = apr_brigade_create(p, c->bucket_alloc);
    va_list args;

    va_start(args, fmt);
    apr_brigade_vprintf(bb, ap_filter_flush, c->output_filters, fmt, args);
    va_end(args);
    return ap_fflush(c->output_filters, bb) == APR_SUCCESS;
}

static void reply(ftp_t *ftp, const char *line)
{
    ftp->ends = !test_ftp_write(ftp->c, ftp->p, "%s\r\n", line) || ftp->ends;
}

/* The next command without its end of line; NULL: the connection has ended. */
static char *line_read(ftp_t *ftp)
{
    apr_bucket_brigade *bb = apr_brigade_create(ftp->p, ftp->c->bucket_alloc);
    char *line = NULL;
    apr_size_t len = 0;

    if (ap_get_brigade(ftp->c->input_filters, bb, AP_MODE_GETLINE, APR_BLOCK_READ, 0) !=
            APR_SUCCESS ||
        apr_brigade_pflatten(bb, &line, &len, ftp->p) != APR_SUCCESS || len == 0 || len > 512) {
        return NULL;
    }
    line = apr_pstrmemdup(ftp->p, line, len);
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

bool test_ftp_handshake(conn_rec *c, apr_pool_t *p)
{
    apr_bucket_brigade *bb = apr_brigade_create(p, c->bucket_alloc);

    /* mod_ssl leaves a connection that begins with a line of HTTP: so ask twice. */
    return ap_ssl_conn_is_ssl(c) &&
           ap_get_brigade(c->input_filters, bb, AP_MODE_INIT, APR_BLOCK_READ, 0) == APR_SUCCESS &&
           !c->aborted && ap_ssl_conn_is_ssl(c);
}

/* ---- users ---------------------------------------------------------------------------------- */

bool test_ftp_is_user(ftp_t *ftp, conn_rec *c, const char *user)
{
    const char *mapped;

    return user && test_ftp_lookup &&
           test_ftp_lookup(c, ftp->s, "user", ftp->p, &mapped) == APR_SUCCESS &&
           strcmp(mapped, user) == 0;
}

static const char *refusal_of(apr_status_t status)
{
    switch (status) {
    case APR_SUCCESS:
        return "530 The certificate is that of another user.";
    case APR_NOTFOUND:
        return "530 A certificate is needed.";
    case APR_EACCES:
        return "534 The certificate gives no identity.";
    default:
        return "431 The identity is unknown now.";
    }
}

/* RFC 4217 4: the certificate alone may log a user in. No password is asked for. */
static void command_user(ftp_t *ftp, const char *arg)
{
    const char *mapped = NULL;
    apr_status_t status = APR_ENOTIMPL;

    ftp->user = NULL;
    if (test_ftp_lookup) {
        status = test_ftp_lookup(ftp->c, ftp->s, "user", ftp->p, &mapped);
    }
    if (status == APR_SUCCESS && strcmp(mapped, arg) == 0) {
        ftp->user = apr_pstrdup(ftp->c->pool, mapped);
        reply(ftp, "232 Logged in by certificate.");
    } else {
        reply(ftp, refusal_of(status));
    }
}

static void command_pass(ftp_t *ftp, const char *arg)
{
    (void)arg;
    reply(ftp, ftp->user ? "230 Logged in." : "530 Passwords are not accepted.");
}

/* SITE LOOKUP NAME: the status of a lookup as a number, and the values. */
static void command_site(ftp_t *ftp, const char *arg)
{
    apr_array_header_t *values = NULL;
    const char *text = NULL;
    apr_status_t status, same;

    if (strncasecmp(arg, "LOOKUP ", 7) != 0 || !test_ftp_list) {
        reply(ftp, "504 Only SITE LOOKUP NAME.");
        return;
    }
    status = test_ftp_list(ftp->c, ftp->s, arg + 7, ftp->p, &values);
    same = test_ftp_lookup(ftp->c, ftp->s, arg + 7, ftp->p, &text);
    reply(ftp, apr_psprintf(ftp->p, "200 %d %s%s%s", status,
                            values ? apr_array_pstrcat(ftp->p, values, '|') : "-", text ? " " : "",
                            status != same ? "DIFFERENT"
                            : text         ? text
                                           : ""));
}

/* ---- other commands ------------------------------------------------------------------------- */

/* True if the client has sent more than the command that runs. */
static bool line_follows(ftp_t *ftp)
{
    apr_bucket_brigade *bb = apr_brigade_create(ftp->p, ftp->c->bucket_alloc);

    return ap_get_brigade(ftp->c->input_filters, bb, AP_MODE_SPECULATIVE, APR_NONBLOCK_READ, 1) ==
               APR_SUCCESS &&
           !APR_BRIGADE_EMPTY(bb);
}

/*
 * A client waits for the reply before it starts TLS. What follows AUTH TLS at once is in the clear,
 * and an attacker may have added it. What arrives later is read by TLS, never as a command.
 */
static void command_auth(ftp_t *ftp, const char *arg)
{
    if (strcasecmp(arg, "TLS") != 0 || ap_ssl_conn_is_ssl(ftp->c)) {
        reply(ftp, "504 Only AUTH TLS, once.");
        return;
    }
    if (line_follows(ftp)) {
        reply(ftp, "421 Nothing may follow AUTH TLS.");
        ftp->ends = true;
        return;
    }
    reply(ftp, "234 TLS begins.");
    ftp->user = NULL;
    ftp->protects = false;
    ftp->ends = ftp->ends || !test_ftp_upgrade(ftp) || !test_ftp_handshake(ftp->c, ftp->p);
}

/* There is no PROT C: without TLS, a data connection does not show whose it is. */
static void command_prot(ftp_t *ftp, const char *arg)
{
    ftp->protects = !strcasecmp(arg, "P");
    reply(ftp, ftp->protects ? "200 Done." : "534 Only PROT P.");
}

static void command_quit(ftp_t *ftp, const char *arg)
{
    (void)arg;
    reply(ftp, "221 Goodbye.");
    ftp->ends = true;
}

typedef struct command_t {
    const char *name;
    void (*run)(ftp_t *ftp, const char *arg); /* NULL: only the reply */
    const char *reply;
    enum { OPEN, LOGIN, DATA } needs; /* nothing, a user, or also PROT P */
} command_t;

static const command_t commands[] = {
    {"AUTH", command_auth, NULL, OPEN},
    {"USER", command_user, NULL, OPEN},
    {"PASS", command_pass, NULL, OPEN},
    {"SITE", command_site, NULL, OPEN},
    {"PBSZ", NULL, "200 PBSZ=0", OPEN},
    {"PROT", command_prot, NULL, OPEN},
    {"FEAT", NULL, "211-Features:\r\n AUTH TLS\r\n EPSV\r\n PBSZ\r\n PROT\r\n211 End.", OPEN},
    {"SYST", NULL, "215 UNIX Type: L8", OPEN},
    {"QUIT", command_quit, NULL, OPEN},
    {"PWD", NULL, "257 \"/\"", LOGIN},
    {"CWD", NULL, "250 There is one directory.", LOGIN},
    {"TYPE", NULL, "200 Done.", LOGIN},
    {"PASV", test_ftp_pasv, NULL, DATA},
    {"EPSV", test_ftp_epsv, NULL, DATA},
    {"LIST", test_ftp_listing, NULL, DATA},
    {"NLST", test_ftp_names, NULL, DATA},
    {"RETR", test_ftp_retr, NULL, DATA},
};

static const command_t *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!strcasecmp(commands[i].name, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

/* Who has logged in is asked again before each command: the certificate may have expired since. */
static void command_run(ftp_t *ftp, char *line)
{
    char *arg = strchr(line, ' ');
    const command_t *command;

    if (arg) {
        *arg++ = '\0';
    }
    command = command_find(line);
    if (!command) {
        reply(ftp, "502 Not implemented.");
    } else if (command->needs != OPEN && !test_ftp_is_user(ftp, ftp->c, ftp->user)) {
        ftp->user = NULL;
        reply(ftp, "530 Not logged in.");
    } else if (command->needs == DATA && !ftp->protects) {
        reply(ftp, "521 PROT P is needed.");
    } else if (command->run) {
        command->run(ftp, arg ? arg : "");
    } else {
        reply(ftp, command->reply);
    }
}

/* ---- hooks ---------------------------------------------------------------------------------- */

static ftp_server_t *conf_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &test_ftp_module);
}

static int process_connection(conn_rec *c)
{
    ftp_t ftp = {.c = c, .s = c->base_server, .conf = conf_of(c->base_server)};
    char *line = NULL;

    if (ftp.conf->mode == FTP_OFF) {
        return DECLINED;
    }
    apr_pool_create(&ftp.p, c->pool);
    ftp.ends = ftp.conf->mode == FTP_IMPLICIT && !test_ftp_handshake(c, ftp.p);
    if (!ftp.ends) {
        reply(&ftp, "220 FTP of a test.");
    }
    while (!ftp.ends && (line = line_read(&ftp))) {
        command_run(&ftp, line);
        apr_pool_clear(ftp.p);
    }
    if (c->cs) {
        c->cs->state = CONN_STATE_LINGER;
    }
    return OK;
}

static void retrieve(void)
{
    APR_OPTIONAL_FN_TYPE(clientcert_api_version) *version =
        APR_RETRIEVE_OPTIONAL_FN(clientcert_api_version);
    bool is_known = version && version() >= CLIENTCERT_API_VERSION;

    test_ftp_lookup = is_known ? APR_RETRIEVE_OPTIONAL_FN(clientcert_conn_lookup) : NULL;
    test_ftp_list = is_known ? APR_RETRIEVE_OPTIONAL_FN(clientcert_conn_list) : NULL;
}

static int uses(server_rec *s)
{
    return conf_of(s)->mode != FTP_OFF ? OK : DECLINED;
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const ssl[] = {"mod_ssl.c", NULL};
    static const char *const others[] = {"http_core.c", "mod_http2.c", NULL};

    (void)p;
    ap_hook_optional_fn_retrieve(retrieve, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(test_ftp_before_ssl, NULL, ssl, APR_HOOK_FIRST);
    ap_hook_pre_connection(test_ftp_after_ssl, ssl, NULL, APR_HOOK_LAST);
    ap_hook_process_connection(process_connection, NULL, others, APR_HOOK_FIRST);
    APR_OPTIONAL_HOOK(ap, clientcert_use, uses, NULL, NULL, APR_HOOK_MIDDLE);
}

/* ---- TestFTP implicit|explicit DIRECTORY ----------------------------------------------------- */

static void *conf_create(apr_pool_t *p, server_rec *s)
{
    (void)s;
    return apr_pcalloc(p, sizeof(ftp_server_t));
}

static const char *directive(cmd_parms *cmd, void *dummy, const char *mode, const char *folder)
{
    ftp_server_t *conf = conf_of(cmd->server);

    (void)dummy;
    conf->mode = strcasecmp(mode, "implicit") ? FTP_EXPLICIT : FTP_IMPLICIT;
    conf->folder = folder;
    return NULL;
}

static const command_rec directives[] = {
    AP_INIT_TAKE2("TestFTP", directive, NULL, RSRC_CONF, "implicit|explicit DIRECTORY"), {NULL}};

module AP_MODULE_DECLARE_DATA test_ftp_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, conf_create, NULL, directives, register_hooks, 0};
