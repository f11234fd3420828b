/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the FTP test module share. */
#ifndef MOD_TEST_FTP_H
#define MOD_TEST_FTP_H

#include <stdbool.h>

#include <apr_buckets.h>

#include <httpd.h>
#include <http_config.h>

#include "mod_clientcert.h"

/** How the control connections of a virtual host begin. */
typedef enum { FTP_OFF, FTP_IMPLICIT, FTP_EXPLICIT } ftp_mode_t;

/** TestFTP MODE DIRECTORY. */
typedef struct ftp_server_t {
    ftp_mode_t mode;
    const char *folder;
} ftp_server_t;

/** A control connection. */
typedef struct ftp_t {
    conn_rec *c;
    server_rec *s;
    const ftp_server_t *conf;
    apr_pool_t *p;         /* of one command */
    const char *user;      /* of the login; NULL: not logged in */
    bool protects;         /* PROT P was sent: there may be data connections, with TLS */
    bool ends;             /* after this command */
    apr_socket_t *passive; /* listens for a data connection; NULL: it does not */
} ftp_t;

/** The functions of mod_clientcert; NULL: it is not loaded. */
extern APR_OPTIONAL_FN_TYPE(clientcert_conn_lookup) * test_ftp_lookup;
extern APR_OPTIONAL_FN_TYPE(clientcert_conn_list) * test_ftp_list;

extern module AP_MODULE_DECLARE_DATA test_ftp_module;

/** Writes a line to a connection; false: it has ended. */
bool test_ftp_write(conn_rec *c, apr_pool_t *p, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** Runs the handshake of mod_ssl on a connection; false: it failed, or there is no TLS. */
bool test_ftp_handshake(conn_rec *c, apr_pool_t *p);

/** True if the certificate of a connection gives this user now. */
bool test_ftp_is_user(ftp_t *ftp, conn_rec *c, const char *user);

/** The commands PASV, EPSV, and those that send data: LIST, NLST, RETR. */
void test_ftp_pasv(ftp_t *ftp, const char *arg);
void test_ftp_epsv(ftp_t *ftp, const char *arg);
void test_ftp_listing(ftp_t *ftp, const char *arg);
void test_ftp_names(ftp_t *ftp, const char *arg);
void test_ftp_retr(ftp_t *ftp, const char *arg);

/**
 * pre_connection, before and after that of mod_ssl: keeps mod_ssl from a connection that begins
 * without TLS. test_ftp_upgrade: starts TLS there, as AUTH TLS demands; false: mod_ssl did not.
 */
int test_ftp_before_ssl(conn_rec *c, void *socket);
int test_ftp_after_ssl(conn_rec *c, void *socket);
bool test_ftp_upgrade(ftp_t *ftp);

#endif
