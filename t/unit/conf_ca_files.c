/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which CAs a check of the configuration loads, and from which directive each one is. */
#include <sys/stat.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/ca_files.h"
#include "pki.h"
#include "suite.h"

static pki_t ca, other;
static cc_ca_files_t *files;

static void setup(void)
{
    fake_begin();
    ca = pki_ca("CA", NULL);
    other = pki_ca("Other", NULL);
    fake_write_certs("a.pem", ca.cert, NULL);
    fake_write_certs("b.pem", other.cert, NULL);
    mkdir(fake_path("cas"), 0700);
    fake_write_certs("cas/c.pem", other.cert, NULL);
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&other);
    fake_end();
}

#define HOST(name, lines) "<VirtualHost *:443>\nServerName " name "\n" lines "</VirtualHost>\n"

static cc_cas_t *loaded(const char *host)
{
    cc_cas_t *cas = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_ca_files_load(&cas, files, fake_host(host), &err), APR_SUCCESS);
    return cas;
}

TEST(servers_whose_directives_say_the_same_share_a_set)
{
    fake_configured("ClientCertCA a.pem\n" HOST("inherits", "")
                        HOST("repeats", "ClientCertCA a.pem\n")
                            HOST("reloads", "ClientCertCA a.pem reload=9\n")
                                HOST("deeper", "ClientCertCA a.pem depth=2\n")
                                    HOST("domain", "ClientCertCA a.pem domain=x.example\n")
                                        HOST("more", "ClientCertCA a.pem\nClientCertCA b.pem\n"));
    files = cc_ca_files_make(fake.pconf);
    ck_assert_ptr_nonnull(loaded("inherits"));
    ck_assert_ptr_eq(loaded("inherits"), loaded("repeats"));
    ck_assert_ptr_eq(loaded("inherits"), loaded("reloads"));
    ck_assert_ptr_ne(loaded("inherits"), loaded("deeper"));
    ck_assert_ptr_ne(loaded("inherits"), loaded("domain"));
    ck_assert_ptr_ne(loaded("inherits"), loaded("more"));
}

TEST(a_server_without_the_directive_has_no_set)
{
    fake_configured(HOST("none", "") HOST("one", "ClientCertCA a.pem\n"));
    files = cc_ca_files_make(fake.pconf);
    ck_assert_ptr_null(loaded("none"));
    ck_assert_ptr_nonnull(loaded("one"));
}

TEST(an_error_is_the_same_at_each_call)
{
    cc_error_t err = {0}, again = {0};
    cc_cas_t *cas;

    fake_configured(HOST("bad", "ClientCertCA a.pem\nClientCertCA none.pem\n"));
    files = cc_ca_files_make(fake.pconf);
    ck_assert_int_ne(cc_ca_files_load(&cas, files, fake_host("bad"), &err), APR_SUCCESS);
    ck_assert_ptr_null(cas);
    fake_write_certs("none.pem", ca.cert, NULL);
    ck_assert_int_ne(cc_ca_files_load(&cas, files, fake_host("bad"), &again), APR_SUCCESS);
    ck_assert_ptr_null(cas);
    ck_assert_str_eq(cc_error_text(&err, fake.pool), cc_error_text(&again, fake.pool));
    ck_assert_str_eq(err.where, "site.conf:4");
}

static const struct {
    const char *domain, *file, *where;
} places[] = {
    {NULL, "a.pem", "site.conf:3"},
    {NULL, "cas/c.pem", "site.conf:4"},
    {"x.example", "cas/c.pem", "site.conf:5"},
    {"x.example", "a.pem", "site.conf:6"},
    {"y.example", "a.pem", NULL},
    {NULL, "b.pem", NULL},
    {NULL, "a.pem.old", NULL},
    {NULL, "cas2/c.pem", NULL},
};

TEST_LOOP(a_file_is_of_the_directive_that_names_it_or_its_folder, 0, COUNT(places))
{
    const cc_ca_spec_t *spec;

    fake_configured(HOST("a", "ClientCertCA a.pem\nClientCertCA cas\n"
                              "ClientCertCA cas/ domain=x.example\n"
                              "ClientCertCA a.pem domain=x.example\n"));
    spec =
        cc_ca_files_spec(fake_host("a"), places[_i].domain, fake_path(places[_i].file), fake.pool);
    ck_assert_pstr_eq(spec ? spec->where : NULL, places[_i].where);
}

SUITE("ca_files", .setup = setup, .teardown = teardown);
