/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the syntax of an ldap: table: its URL, with the key in the filter, and the bind
 * options.
 */
#include <apr_strings.h>

#include "base/error.h"
#include "fakehttpd.h"
#include "httpd/background/ldap_url.h"
#include "suite.h"

static cc_ldap_url_t url;
static cc_error_t err;

/* Reads the text after "ldap:", with this bind name and password: "" or the error. */
static const char *reads(const char *source, const char *name, const char *password)
{
    cc_table_spec_t spec = {.name = "t",
                            .source = source,
                            .shown = source,
                            .where = "site.conf:1",
                            .server = fake.main,
                            .timeout = apr_time_from_msec(2500),
                            .binddn = name,
                            .bindpassword = password};

    memset(&url, 0, sizeof(url));
    memset(&err, 0, sizeof(err));
    return cc_ldap_url_read(&url, &spec, fake.pool, &err) == APR_SUCCESS
               ? ""
               : cc_error_text(&err, fake.pool);
}

/* ---- the URL ----------------------------------------------------------------------------- */

static const struct {
    const char *source, *host;
    int port, attributes;
    bool tls, octets;
    const char *before, *after;
} urls[] = {
    {"ldap://h/dc=x?uid?sub?(mail=%s)", "h:389", 389, 1, false, false, "(mail=", ")"},
    {"ldap://h:1389/dc=x?uid,cn,ou?one?(&(a=b)(mail=%s))", "h:1389", 1389, 3, false, false,
     "(&(a=b)(mail=", "))"},
    {"ldaps://h/dc=x?uid?sub?(cert=%o)", "h:636", 636, 1, true, true, "(cert=", ")"},
    {"ldap://[2001:db8::1]/dc=x?uid?sub?(mail=%s)", "[2001:db8::1]:389", 389, 1, false, false,
     "(mail=", ")"},
    {"ldap://h/dc=x%20y?uid?sub?(mail=%s*)", "h:389", 389, 1, false, false, "(mail=", "*)"},
    {"ldap://h/dc=x?uid?sub?(m=a%28%s%29)", "h:389", 389, 1, false, false, "(m=a(", "))"},
};

TEST_LOOP(a_url_has_a_host_attributes_and_the_key_in_its_filter, 0, COUNT(urls))
{
    ck_assert_str_eq(reads(urls[_i].source, NULL, NULL), "");
    ck_assert_str_eq(url.host, urls[_i].host);
    ck_assert_int_eq(url.port, urls[_i].port);
    ck_assert_int_eq(url.secure, urls[_i].tls ? APR_LDAP_SSL : -1);
    ck_assert_int_eq(url.attributes, urls[_i].attributes);
    ck_assert_int_eq(url.octets, urls[_i].octets);
    ck_assert_str_eq(url.before, urls[_i].before);
    ck_assert_str_eq(url.after, urls[_i].after);
    ck_assert_ptr_eq(url.server, fake.main);
    ck_assert_int_eq(url.timeout.tv_sec, 2);
    ck_assert_int_eq(url.timeout.tv_usec, 500000);
    ck_assert_pstr_eq(url.user, NULL);
}

static const struct {
    const char *source, *error; /* after the source in quotes */
} errors[] = {
    {"http://h/x", "not an LDAP URL; write ldap://HOST/BASE?ATTRIBUTE,...?SCOPE?FILTER"},
    {"ldapi://%2Ftmp/x?uid?sub?(a=%s)", "the URL must begin with ldap:// or ldaps://"},
    {"ldap:///x?uid?sub?(a=%s)", "the URL names no host"},
    {"ldap://h/x?uid?sub?(a=%s)?bindname=cn", "extensions of the URL are not supported"},
    {"ldap://h/x??sub?(a=%s)", "the URL names no attributes; they are the columns of the table"},
    {"ldap://h/x?*?sub?(a=%s)",
     "the attributes must be named one by one; they are the columns of the table"},
    {"ldap://h/x?uid,+?sub?(a=%s)",
     "the attributes must be named one by one; they are the columns of the table"},
    {"ldap://h/x?uid?sub?(a=b)", "the filter must have one %s or one %o, which stands for the key"},
    {"ldap://h/x?uid", "the filter must have one %s or one %o, which stands for the key"},
    {"ldap://h/x?uid?sub?(|(a=%s)(b=%s))",
     "the filter must have one %s or one %o, which stands for the key"},
    {"ldap://h/x?uid?sub?(|(a=%s)(b=%o))",
     "the filter must have one %s or one %o, which stands for the key"},
    {"ldap://h/x?uid?sub?(a=%s", "the parentheses of the filter do not match"},
    {"ldap://h/x?uid?sub?a=%s)(", "the parentheses of the filter do not match"},
};

TEST_LOOP(a_url_says_what_is_wrong_with_it, 0, COUNT(errors))
{
    ck_assert_str_eq(
        reads(errors[_i].source, NULL, NULL),
        apr_pstrcat(fake.pool, "CC0642: \"", errors[_i].source, "\": ", errors[_i].error, NULL));
}

/* ---- binding ----------------------------------------------------------------------------- */

#define GOOD "ldap://h/dc=x?uid?sub?(mail=%s)"

static const struct {
    const char *name, *password; /* the options */
    const char *error;           /* "": none */
    const char *bound_by;
} binds[] = {
    {"cn=me", "secret", "", "secret"},
    {"cn=me", "exec:/bin/echo from a program", "", "from a program"},
    {"cn=me", "exec:/nowhere it",
     "bindpassword= gives no password: the program cannot be run: ", NULL},
    {"cn=me", "exec:", "bindpassword= gives no password: exec: names no program", NULL},
    {"cn=me", "", "bindpassword= gives no password: it is empty", NULL},
    {"cn=me", NULL, "write both binddn= and bindpassword=, or neither for an anonymous bind", NULL},
    {NULL, "secret", "write both binddn= and bindpassword=, or neither for an anonymous bind",
     NULL},
    {NULL, NULL, "", NULL},
};

TEST_LOOP(who_binds_has_a_name_and_a_password, 0, COUNT(binds))
{
    const char *error = reads(GOOD, binds[_i].name, binds[_i].password);

    if (*binds[_i].error) {
        const char *begin = apr_pstrcat(fake.pool, "CC0644: \"t\": ", binds[_i].error, NULL);

        ck_assert_int_eq(strncmp(error, begin, strlen(begin)), 0);
        return;
    }
    ck_assert_str_eq(error, "");
    ck_assert_pstr_eq(url.user, binds[_i].name);
    ck_assert_pstr_eq(url.password, binds[_i].bound_by);
}

SUITE("ldap_url", .setup = fake_begin, .teardown = fake_end);
