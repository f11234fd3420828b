/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the data connections of the FTP test module, and starts TLS on connections. */
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_support.h>

#include <httpd.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>

#include "mod_test_ftp.h"

/* ---- TLS ------------------------------------------------------------------------------------ */

/*
 * mod_ssl has no function that starts TLS on a connection in use. It does so in its pre_connection
 * hook if SSLEngine is on for the base server of the connection. So a connection that begins
 * without TLS has the main server as its base server while that hook runs, for which SSLEngine must
 * be off. AUTH TLS then calls this one hook of mod_ssl again.
 */

/* Of a connection: whose it is, and whether it begins without TLS. */
typedef struct ftp_conn_t {
    server_rec *s;
    bool clear;
} ftp_conn_t;

static ftp_conn_t *conn_note(conn_rec *c, server_rec *s, bool clear)
{
    ftp_conn_t *noted = apr_palloc(c->pool, sizeof(*noted));

    *noted = (ftp_conn_t){s, clear};
    ap_set_module_config(c->conn_config, &test_ftp_module, noted);
    return noted;
}

int test_ftp_before_ssl(conn_rec *c, void *socket)
{
    const ftp_server_t *conf =
        ap_get_module_config(c->base_server->module_config, &test_ftp_module);
    const ftp_conn_t *noted = ap_get_module_config(c->conn_config, &test_ftp_module);

    (void)socket;
    if (!noted) {
        noted = conn_note(c, c->base_server, conf->mode == FTP_EXPLICIT);
    }
    if (noted->clear) {
        c->base_server = ap_server_conf;
    }
    return OK;
}

int test_ftp_after_ssl(conn_rec *c, void *socket)
{
    const ftp_conn_t *noted = ap_get_module_config(c->conn_config, &test_ftp_module);

    (void)socket;
    c->base_server = noted->s;
    return OK;
}

bool test_ftp_upgrade(ftp_t *ftp)
{
    const apr_array_header_t *hooks = ap_hook_get_pre_connection();

    for (int i = 0; i < hooks->nelts; i++) {
        const ap_LINK_pre_connection_t *hook = &APR_ARRAY_IDX(hooks, i, ap_LINK_pre_connection_t);

        if (!strcmp(hook->szName, "mod_ssl.c")) {
            return hook->pFunc(ftp->c, ap_get_conn_socket(ftp->c)) == OK;
        }
    }
    return false;
}

/* ---- data connections ----------------------------------------------------------------------- */

static apr_status_t listen_at(ftp_t *ftp, apr_port_t *port)
{
    apr_sockaddr_t *address;
    apr_status_t status =
        apr_sockaddr_info_get(&address, ftp->c->local_ip, APR_UNSPEC, 0, 0, ftp->c->pool);

    if (ftp->passive) {
        apr_socket_close(ftp->passive);
        ftp->passive = NULL;
    }
    if (status == APR_SUCCESS) {
        status = apr_socket_create(&ftp->passive, address->family, SOCK_STREAM, APR_PROTO_TCP,
                                   ftp->c->pool);
    }
    if (status == APR_SUCCESS) {
        status = apr_socket_bind(ftp->passive, address);
    }
    if (status == APR_SUCCESS) {
        status = apr_socket_listen(ftp->passive, 1);
    }
    if (status == APR_SUCCESS) {
        apr_socket_timeout_set(ftp->passive, apr_time_from_sec(30));
        status = apr_socket_addr_get(&address, APR_LOCAL, ftp->passive);
        *port = address->port;
    }
    return status;
}

void test_ftp_pasv(ftp_t *ftp, const char *arg)
{
    char *host = apr_pstrdup(ftp->p, ftp->c->local_ip);
    apr_port_t port;

    (void)arg;
    if (listen_at(ftp, &port) != APR_SUCCESS) {
        test_ftp_write(ftp->c, ftp->p, "425 No port.\r\n");
        return;
    }
    for (char *dot = host; (dot = strchr(dot, '.'));) {
        *dot = ',';
    }
    test_ftp_write(ftp->c, ftp->p, "227 Listening (%s,%d,%d).\r\n", host, port / 256, port % 256);
}

void test_ftp_epsv(ftp_t *ftp, const char *arg)
{
    apr_port_t port;

    (void)arg;
    if (listen_at(ftp, &port) == APR_SUCCESS) {
        test_ftp_write(ftp->c, ftp->p, "229 Listening (|||%d|).\r\n", port);
    } else {
        test_ftp_write(ftp->c, ftp->p, "425 No port.\r\n");
    }
}

/*
 * The next data connection. Its certificate has to give the user of the control connection:
 * otherwise anyone who finds the port first would get the file.
 */
static conn_rec *data_accept(ftp_t *ftp)
{
    apr_socket_t *socket;
    conn_rec *c;
    int result;

    /* apr_socket_accept does not wait, whatever the timeout of the socket is. */
    if (!ftp->passive || apr_wait_for_io_or_timeout(NULL, ftp->passive, 1) != APR_SUCCESS ||
        apr_socket_accept(&socket, ftp->passive, ftp->p) != APR_SUCCESS) {
        return NULL;
    }
    apr_socket_timeout_set(socket, ftp->s->timeout);
    c = ap_run_create_connection(ftp->p, ftp->s, socket, ftp->c->id, ftp->c->sbh,
                                 apr_bucket_alloc_create(ftp->p));
    if (!c) {
        return NULL;
    }
    conn_note(c, ftp->s, false);
    result = ap_run_pre_connection(c, socket);
    c->aborted = (result != OK && result != DONE) || strcmp(c->client_ip, ftp->c->client_ip) != 0 ||
                 !test_ftp_handshake(c, ftp->p) || !test_ftp_is_user(ftp, c, ftp->user);
    return c;
}

/* Sends data, which is then gone from `bb`. */
static void data_send(ftp_t *ftp, apr_bucket_brigade *bb)
{
    conn_rec *c;
    bool sent;

    test_ftp_write(ftp->c, ftp->p, "150 Here it comes.\r\n");
    c = data_accept(ftp);
    sent = c && !c->aborted && ap_pass_brigade(c->output_filters, bb) == APR_SUCCESS;
    if (c) {
        ap_shutdown_conn(c, 1);
        apr_socket_close(ap_get_conn_socket(c));
    }
    if (ftp->passive) {
        apr_socket_close(ftp->passive);
        ftp->passive = NULL;
    }
    test_ftp_write(ftp->c, ftp->p, sent ? "226 Done.\r\n" : "425 No data connection.\r\n");
}

/* ---- files ---------------------------------------------------------------------------------- */

static void folder_print(ftp_t *ftp, apr_bucket_brigade *bb, bool sizes)
{
    const apr_int32_t wanted = APR_FINFO_NAME | APR_FINFO_TYPE | APR_FINFO_SIZE;
    apr_finfo_t info;
    apr_dir_t *folder;

    if (apr_dir_open(&folder, ftp->conf->folder, ftp->p) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&info, wanted, folder) == APR_SUCCESS) {
        if (info.filetype == APR_REG && info.name[0] != '.') {
            if (sizes) {
                apr_brigade_printf(bb, NULL, NULL,
                                   "-r--r--r-- 1 ftp ftp %" APR_OFF_T_FMT " Jan  1 2020 ",
                                   info.size);
            }
            apr_brigade_printf(bb, NULL, NULL, "%s\r\n", info.name);
        }
    }
    apr_dir_close(folder);
}

void test_ftp_names(ftp_t *ftp, const char *arg)
{
    apr_bucket_brigade *bb = apr_brigade_create(ftp->p, ftp->c->bucket_alloc);

    (void)arg;
    folder_print(ftp, bb, false);
    data_send(ftp, bb);
}

void test_ftp_listing(ftp_t *ftp, const char *arg)
{
    apr_bucket_brigade *bb = apr_brigade_create(ftp->p, ftp->c->bucket_alloc);

    (void)arg;
    folder_print(ftp, bb, true);
    data_send(ftp, bb);
}

void test_ftp_retr(ftp_t *ftp, const char *arg)
{
    apr_bucket_brigade *bb = apr_brigade_create(ftp->p, ftp->c->bucket_alloc);
    const char *name = *arg == '/' ? arg + 1 : arg;
    apr_file_t *file;
    apr_finfo_t info;

    if (!*name || *name == '.' || strchr(name, '/') ||
        apr_file_open(&file, apr_pstrcat(ftp->p, ftp->conf->folder, "/", name, NULL),
                      APR_READ | APR_BINARY, APR_OS_DEFAULT, ftp->p) != APR_SUCCESS ||
        apr_file_info_get(&info, APR_FINFO_SIZE, file) != APR_SUCCESS) {
        test_ftp_write(ftp->c, ftp->p, "550 There is no such file.\r\n");
        return;
    }
    apr_brigade_insert_file(bb, file, 0, info.size, ftp->p);
    data_send(ftp, bb);
}
