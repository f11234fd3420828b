/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a followed set decides as a store with the CAs of the same file, in the same order. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "caset.h"
#include "oddcas.h"
#include "suite.h"
#include "trust/trust.h"

enum { DAY = 24 * 60 * 60, MOST = 4 };

static caset_t set;

/* ---- clients ------------------------------------------------------------------------------ */

static pki_extensions_t client_of_key = {
    "extendedKeyUsage", "clientAuth", "authorityKeyIdentifier", "keyid", "subjectAltName",
    "DNS:a.test",       NULL};
static pki_extensions_t client_of_serial = {"extendedKeyUsage", "clientAuth",
                                            "authorityKeyIdentifier", "issuer:always", NULL};

/* A client, and the CAs that it may send. */
typedef struct {
    const char *name;
    pki_t pki;
    ca_t sends[MOST];
    int count;
} client_t;

enum { CLIENTS_MOST = 64 };
static client_t clients[CLIENTS_MOST];
static int client_count;

static client_t *client(const char *name, pki_t pki)
{
    client_t *made = &clients[client_count++];

    ck_assert_int_le(client_count, CLIENTS_MOST);
    *made = (client_t){.name = name, .pki = pki};
    return made;
}

static void sends(client_t *by, int count, const ca_t *list)
{
    memcpy(by->sends, list, (size_t)count * sizeof(*list));
    by->count = count;
}
#define SENDS(by, ...) sends(by, COUNT(((ca_t[]){__VA_ARGS__})), (ca_t[]){__VA_ARGS__})

static pki_t issued(ca_t by)
{
    return pki_make_with("client", &cas[by], client_of_key, NULL, NULL);
}

static pki_t ordinary(ca_t by)
{
    return pki_client("client", &cas[by]);
}

static void clients_make(void)
{
    client("of R", ordinary(R));
    client("of I", ordinary(I));
    SENDS(client("of I with I", ordinary(I)), I);
    SENDS(client("of I with I, R", ordinary(I)), I, R);
    client("of J", ordinary(J));
    SENDS(client("of J with J", ordinary(J)), J);
    SENDS(client("of J with J, I", ordinary(J)), J, I);
    SENDS(client("of J with I, J, R", ordinary(J)), I, J, R);
    client("of X", ordinary(X));
    client("of X by key", issued(X));
    client("of X by serial number",
           pki_make_with("client", &cas[X_BY_R], client_of_serial, NULL, NULL));
    SENDS(client("of X with X by R", ordinary(X)), X_BY_R);
    SENDS(client("of X with X by S", ordinary(X)), X_BY_S);
    SENDS(client("of X with X, X by S, S", ordinary(X)), X, X_BY_S, S);
    client("of N1", ordinary(N1));
    client("of N1 by key", issued(N1));
    client("of N2 by key", issued(N2));
    client("of O1", ordinary(O1));
    client("of O2", ordinary(O2));
    client("of E", ordinary(RENEWED));
    for (ca_t by = CONSTRAINED; by < R_REJECTED; by++) {
        client("of an odd one", by == V1 ? ordinary(by) : issued(by));
    }
    SENDS(client("with SHA-1", ordinary(SHA1_BY_R)), SHA1_BY_R);
    SENDS(client("with servers", ordinary(SERVERS)), SERVERS);
    client("self-signed", pki_make_with("client", NULL, pki_is_client, NULL, NULL));
    client("a CA", pki_ca("client", &cas[R]));
    client("for servers", pki_make_with("client", &cas[R], pki_is_server, NULL, NULL));
    client("expired", pki_make("client", &cas[R], pki_is_client, -DAY, -60));
    client("future", pki_make("client", &cas[R], pki_is_client, DAY, 2 * DAY));
    client("SHA-1", odd_signed(ordinary(R), &cas[R], EVP_sha1()));
    client("forged", odd_signed(ordinary(R), &cas[S], EVP_sha256()));
    client("weak", pki_make_with("client", &cas[R], pki_is_client, NULL, EVP_RSA_gen(1024)));
    SENDS(client("below a path length of 0", ordinary(BELOW_PATHLEN)), BELOW_PATHLEN);
}

/* ---- files --------------------------------------------------------------------------------- */

static const struct {
    ca_t list[MOST];
    int count;
} files[] = {
    {{R}, 1},
    {{I}, 1},
    {{J, I}, 2},
    {{R, I}, 2},
    {{R, I, J}, 3},
    {{R, J}, 2},
    {{X}, 1},
    {{X_BY_R}, 1},
    {{X, X_BY_R}, 2},
    {{X, X_BY_R, R}, 3},
    {{X_BY_R, X_BY_S, R}, 3},
    {{X_BY_R, X_BY_S, X, S}, 4},
    {{N1}, 1},
    {{N1, N2}, 2},
    {{O1}, 1},
    {{O1, O2}, 2},
    {{EXPIRED}, 1},
    {{FUTURE}, 1},
    {{EXPIRED, RENEWED, FUTURE}, 3},
    {{EXPIRED, FUTURE}, 2},
    {{CONSTRAINED, FORBIDDING}, 2},
    {{PATHLEN, R}, 2},
    {{V1}, 1},
    {{SERVERS, R}, 2},
    {{WEAK, R}, 2},
    {{PSS, ED}, 2},
    {{SHA1_BY_R, R}, 2},
    {{NO_BASIC, R}, 2},
    {{R_REJECTED, I}, 2},
    {{R_FOR_MAIL, I}, 2},
    {{R_TRUSTED}, 1},
    {{I_TRUSTED, J}, 2},
    {{I_TRUSTED, R_REJECTED}, 2},
    {{R, R_REJECTED}, 2},
};

static void file_write(int number, const int *order)
{
    const char *text = "";

    for (int i = 0; i < files[number].count; i++) {
        ca_t ca = files[number].list[order[i]];

        text = apr_pstrcat(
            set.pool, text,
            caset_pem(&set, &cas[ca], ca < R_REJECTED ? PEM_STRING_X509 : PEM_STRING_X509_TRUSTED),
            NULL);
    }
    caset_write(&set, "cas.pem", text);
}

/* ---- comparing ----------------------------------------------------------------------------- */

/* A verdict, and the same as text. */
typedef struct {
    cc_seal_t seal;
    const char *text;
} seen_t;

static seen_t seen(const cc_trust_t *trust, const client_t *by)
{
    STACK_OF(X509) *sent = sk_X509_new_null();
    char hex[65] = "";
    seen_t is;
    const cc_seal_t *seal = &is.seal;

    for (int i = 0; i < by->count; i++) {
        sk_X509_push(sent, cas[by->sends[i]].cert);
    }
    cc_trust_reverify(&is.seal, trust, by->pki.cert, sent, apr_time_now());
    sk_X509_free(sent);
    for (int i = 0; seal->ca_known && i < 32; i++) {
        apr_snprintf(hex + 2 * i, 3, "%02x", seal->ca_sha256[i]);
    }
    is.text = apr_psprintf(
        set.plan_pool, "state %d, cause %d at %d (%d), CA %s, until %" APR_TIME_T_FMT, seal->state,
        seal->fault.cause, seal->fault.depth, seal->fault.number, hex, seal->until);
    return is;
}

/*
 * The one difference: of CAs with the same name and other keys, OpenSSL takes the first, and a set
 * takes the one that signed the certificate.
 */
static bool is_same(const seen_t *of_store, const seen_t *of_set, int number)
{
    const cc_fault_t *fault = &of_store->seal.fault;
    bool other_key = files[number].list[0] == N1 || files[number].list[0] == O1;

    if (other_key && fault->cause == CC_CAUSE_OTHER &&
        fault->number == X509_V_ERR_CERT_SIGNATURE_FAILURE) {
        return of_set->seal.state == CC_TRUST_OK;
    }
    return strcmp(of_store->text, of_set->text) == 0;
}

static cc_trust_t *loaded(cc_trust_files_t *with)
{
    cc_trust_t *trust = NULL;

    ck_assert_int_eq(cc_trust_load(&trust, with, set.plan_pool, &set.err), APR_SUCCESS);
    return trust;
}

static void compare(int number, const char *order, int depth, const char *ciphers)
{
    cc_trust_files_t with = {.depth = depth, .ciphers = ciphers};
    cc_trust_t *store, *followed;

    caset_open(&set, "cas.pem");
    with.ca_file = caset_path(&set, "cas.pem");
    store = loaded(&with);
    with.ca_file = NULL;
    with.followed = set.cas;
    followed = loaded(&with);
    for (int i = 0; i < client_count; i++) {
        seen_t one = seen(store, &clients[i]), other = seen(followed, &clients[i]);

        ck_assert_msg(is_same(&one, &other, number),
                      "order %s, depth %d, client %d, %s:\n  %s\n  %s", order, depth, i,
                      clients[i].name, one.text, other.text);
    }
}

static void compare_order(int number, const int *order)
{
    const char *text = apr_psprintf(set.pool, "%d%d%d%d", order[0], order[1], order[2], order[3]);
    bool first = strcmp(text, "0123") == 0;

    file_write(number, order);
    for (int depth = 0; depth <= 3; depth++) {
        if (first || depth == 2) {
            compare(number, text, depth, "DEFAULT@SECLEVEL=0");
        }
    }
    if (first) {
        compare(number, text, 2, "DEFAULT@SECLEVEL=2");
    }
}

static void swap(int *a, int *b)
{
    int was = *a;

    *a = *b;
    *b = was;
}

static void each_order(int number, int *order, int from)
{
    if (from >= files[number].count - 1) {
        compare_order(number, order);
        return;
    }
    for (int i = from; i < files[number].count; i++) {
        swap(&order[from], &order[i]);
        each_order(number, order, from + 1);
        swap(&order[from], &order[i]);
    }
}

static void setup(void)
{
    caset_begin(&set);
    cas_make();
    clients_make();
    ERR_clear_error();
}

static void teardown(void)
{
    caset_end(&set);
}

TEST_LOOP(a_set_decides_as_a_store_of_the_same_file, 0, COUNT(files))
{
    int order[MOST] = {0, 1, 2, 3};

    each_order(_i, order, 0);
}

SUITE("trust_same", .own_process = true, .setup = setup, .teardown = teardown, .timeout = 120);
