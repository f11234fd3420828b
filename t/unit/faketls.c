/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connects clients to the hosts of a fake httpd over TLS, and runs the phases of their
 * requests.
 */
#include "faketls.h"

#include <apr_strings.h>

#include <mod_auth.h>

#include "httpd/conf/use.h"
#include "httpd/metrics/counters.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/tls.h"
#include "httpd/peer/tls_hooks.h"
#include "httpd/request/authn.h"
#include "httpd/request/environment.h"
#include "httpd/request/fixups.h"
#include "httpd/request/inbound.h"
#include "suite.h"

void faketls_start(void)
{
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    ck_assert_int_eq(cc_counters_start(fake.pconf, fake.pconf, fake.pconf, fake.main), OK);
    apr_table_set(fake.tls_variables, "SSL_CLIENT_VERIFY", "SUCCESS");
}

host_t *faketls_host(server_rec *s, const pki_t *ca)
{
    host_t *host = host_make(TLS13_TICKET, ca, fake.pconf);

    SSL_CTX_set_app_data(host->ctx, s); /* as mod_ssl does */
    ck_assert_int_eq(cc_tls_init_server(s, fake.pconf, 0, host->ctx), OK);
    return host;
}

bool faketls_connect(faketls_t *client, host_t *host, server_rec *s, const pki_t *pki,
                     SSL_SESSION *resume)
{
    client->c = fake_connection(s);
    client->tls = tls_open(host, pki, resume);
    SSL_set_app_data(client->tls.server, client->c);
    cc_peer_pre_connection(client->c, NULL);
    cc_tls_pre_handshake(client->c, client->tls.server, 0);
    return tls_handshake(&client->tls);
}

void faketls_close(faketls_t *client)
{
    apr_pool_destroy(client->c->pool);
    tls_free(&client->tls);
}

/* ---- phases ---------------------------------------------------------------------------------- */

/* As httpd requests a user if none of its Requires grants access. */
static int access_ask(request_rec *r, int require)
{
    int status;

    if (require == 0 || fake_require(r, require) == AUTHZ_GRANTED) {
        return OK;
    }
    status = cc_authn_failure(r);
    if (status == DECLINED) {
        status = cc_authn_check(r);
    }
    return status == DECLINED ? HTTP_FORBIDDEN : status;
}

int faketls_serve(request_rec *r, int require)
{
    int status = cc_inbound_clean(r);

    if (status == DECLINED) {
        status = cc_authn_access(r);
    }
    if (status == DECLINED) {
        status = access_ask(r, require);
    }
    if (status == OK) {
        status = cc_fixups_begin(r);
    }
    if (status == DECLINED) {
        status = cc_fixups_end(r);
    }
    r->status = status == DECLINED ? HTTP_OK : status;
    return status == DECLINED ? OK : status;
}

int faketls_run(request_rec *r, int require)
{
    int status = faketls_serve(r, require);

    cc_environment_log(r);
    return status;
}

/* ---- one host and one client ----------------------------------------------------------------- */

faketls_set_t faketls_set;

void faketls_begin(void)
{
    faketls_set_t *set = &faketls_set;

    fake_begin();
    memset(set, 0, sizeof(*set));
    set->ca = pki_ca("CA", NULL);
    set->other_ca = pki_ca("Other", NULL);
    set->alice = pki_client("alice", &set->ca);
    set->files = (crlset_t){.pool = fake.pool, .folder = (char *)fake.folder};
}

void faketls_end(void)
{
    if (faketls_set.client.c) {
        faketls_close(&faketls_set.client);
    }
    pki_free(&faketls_set.alice);
    pki_free(&faketls_set.ca);
    pki_free(&faketls_set.other_ca);
    fake_end();
}

bool faketls_connect_with(const pki_t *pki, const char *lines)
{
    faketls_set_t *set = &faketls_set;

    fake_configured(apr_pstrcat(fake.pool,
                                "<VirtualHost *:443>\nServerName a\nSSLEngine on\nSSLVerifyClient "
                                "optional\n",
                                lines, "</VirtualHost>\n", NULL));
    faketls_start();
    set->host = faketls_host(fake_host("a"), &set->ca);
    return faketls_connect(&set->client, set->host, fake_host("a"), pki, NULL);
}

void faketls_connected(const pki_t *pki, const char *lines)
{
    ck_assert(faketls_connect_with(pki, lines));
    fake_expect_log("");
}

request_rec *faketls_request(const char *path)
{
    return fake_request_on(faketls_set.client.c, fake_host("a"), path);
}

const char *faketls_variable(const request_rec *r, const char *name)
{
    return apr_table_get(r->subprocess_env, name);
}

void faketls_expect_line(const char *begin, ...)
{
    const char *log = fake_logged(), *at = log, *part;
    va_list parts;

    fake_expect_begins(log, begin);
    va_start(parts, begin);
    while ((part = va_arg(parts, const char *))) {
        at = strstr(at, part);
        ck_assert_msg(at != NULL, "there is no %s in %s", part, log);
    }
    va_end(parts);
    ck_assert_msg(!strchr(log, '\n'), "more than a line: %s", log);
}
