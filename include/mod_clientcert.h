/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the functions by which other modules of httpd get the identity of a client. */
#ifndef MOD_CLIENTCERT_H
#define MOD_CLIENTCERT_H

#include <apr_hooks.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_tables.h>

#include <httpd.h>

/*
 * mod_clientcert maps verified TLS client certificates to users and groups. Its functions are
 * optional functions of APR, so a module that calls them does not depend on mod_clientcert: it
 * retrieves them, usually in its optional_fn_retrieve hook, and gets NULL if mod_clientcert is not
 * loaded.
 *
 *   static APR_OPTIONAL_FN_TYPE(clientcert_lookup) *lookup;
 *
 *   static void retrieve(void)
 *   {
 *       APR_OPTIONAL_FN_TYPE(clientcert_api_version) *version =
 *           APR_RETRIEVE_OPTIONAL_FN(clientcert_api_version);
 *
 *       if (version && version() >= CLIENTCERT_API_VERSION) {
 *           lookup = APR_RETRIEVE_OPTIONAL_FN(clientcert_lookup);
 *       }
 *   }
 *
 * Retrieve them again after each restart, which loads mod_clientcert again.
 *
 * A name is what clientcert('NAME') takes in expressions: user, group, rule, or a field of the
 * certificate with modifiers, such as subject.CN or san.email|first. It is from the module or its
 * configuration, never from a client. A name is compiled once, and then found by its text.
 *
 * A value is what the certificate gives under the rules in effect (ClientCertMap). It is from a
 * certificate that verified, has not expired, was not revoked, and is accepted by the virtual host
 * in question; all of this is checked at each call. A field contains what the holder got certified:
 * escape it where it goes. No text contains a control character.
 *
 * The status says how much is known:
 *
 *   APR_SUCCESS     There is a value.
 *   APR_NOTFOUND    There is certainly no value: no certificate was presented, or it counts and
 *                   does not have this.
 *   APR_INCOMPLETE  There are values, and they are certain, but a rule was not decided, so there
 *                   may be more groups. It is enough to admit a client; never conclude anything
 *                   from a group that is missing.
 *   APR_EACCES      A certificate was presented, and nothing in it counts: it did not verify, has
 *                   expired, was revoked, belongs to another virtual host, or its handshake has not
 *                   finished. Of user, group and rule also: a rule denied, or was not decided. Such
 *                   a client is not anonymous: keep it out of what excludes some users.
 *   APR_EGENERAL    A lookup in a table failed, so nothing is known. A request is answered with
 *                   500, whatever the caller does. Treat it as an error.
 *   APR_EINVAL      The name is not valid, or was not checked (clientcert_check).
 *   APR_ENOTIMPL    The virtual host does not use mod_clientcert (clientcert_use).
 *
 * The value is set for APR_SUCCESS and APR_INCOMPLETE. Otherwise it is NULL.
 */

/**
 * The version of this header. It grows when something is added. What exists does not change: a
 * module that was compiled with a version works with all later ones.
 */
#define CLIENTCERT_API_VERSION 1

/** The version of the mod_clientcert that is loaded. */
APR_DECLARE_OPTIONAL_FN(int, clientcert_api_version, (void));

/**
 * Checks a name, for the functions of directives: NULL, or an error message in `p` (which begins
 * with a tag, CCnnnn). Call it while the configuration is read, with cmd->pool, for each name that
 * you will look up: a name that needs the CAs above the certificate (ca.X, root.X, chain.X) is
 * refused later if it was not checked then, since sessions do not record these CAs.
 */
APR_DECLARE_OPTIONAL_FN(const char *, clientcert_check, (apr_pool_t * p, const char *name));

/**
 * The value of a name for a request, by the rules in effect for it. *value has the parts of several
 * values separated by commas, with commas and backslashes in them escaped by a backslash; it lives
 * as long as r->pool. clientcert_list gives an array of const char *.
 *
 * The answer is final from the access phase on, after mod_ssl's access hook, which may still
 * request a certificate: write "mod_ssl.c" into the list of predecessors of an access hook. Before
 * that, it is that of the certificate which the connection has presented so far. It is available
 * until the request has been logged. A response that was made with it must not be stored for
 * others, so mod_cache does not store it. Call it in the thread of the request, for subrequests
 * too.
 */
APR_DECLARE_OPTIONAL_FN(apr_status_t, clientcert_lookup,
                        (request_rec * r, const char *name, const char **value));
APR_DECLARE_OPTIONAL_FN(apr_status_t, clientcert_list,
                        (request_rec * r, const char *name, apr_array_header_t **values));

/**
 * The same for a connection without requests, as protocol modules have them: by the rules of the
 * scope of the server `s`, which is the one whose data is to be served, usually c->base_server. The
 * certificate has to count for that server: one that another virtual host accepted does not do. The
 * result lives as long as `p`, so that a long connection can ask often.
 *
 * Call it in the thread that serves the connection, once the handshake has finished; before that,
 * the status is APR_EACCES, and on a connection without TLS it is APR_NOTFOUND. To start the
 * handshake, read from the connection, or call ap_get_brigade with AP_MODE_INIT. Ask again before
 * each command: a certificate expires, or is revoked, while the connection lasts. A connection for
 * data that has TLS of its own has its own certificate too.
 */
APR_DECLARE_OPTIONAL_FN(apr_status_t, clientcert_conn_lookup,
                        (conn_rec * c, server_rec *s, const char *name, apr_pool_t *p,
                         const char **value));
APR_DECLARE_OPTIONAL_FN(apr_status_t, clientcert_conn_list,
                        (conn_rec * c, server_rec *s, const char *name, apr_pool_t *p,
                         apr_array_header_t **values));

/**
 * An optional hook by which a module says that it looks up names on a virtual host: it returns OK,
 * or DECLINED. mod_clientcert calls it for each server when the configuration has been read
 * (check_config). A virtual host with a directive of mod_clientcert needs no hook. Without either,
 * mod_clientcert leaves the virtual host unchanged, and lookups there return APR_ENOTIMPL.
 *
 *   APR_OPTIONAL_HOOK(ap, clientcert_use, my_use, NULL, NULL, APR_HOOK_MIDDLE);
 */
APR_DECLARE_EXTERNAL_HOOK(ap, AP, int, clientcert_use, (server_rec * s))

#endif
