/* SPDX-License-Identifier: Apache-2.0 */
/* Tests when distinguished names are equal, how they are written, and how they are read. */
#include <string.h>

#include <apr_strings.h>

#include "certs.h"
#include "suite.h"

#define END {NULL, 0, {NULL, 0}, 0}
#define UTF8(text) V_ASN1_UTF8STRING, CERTS_OCTETS(text)
#define NAME(...) value_of((const certs_attribute_t[]){__VA_ARGS__, END})

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static cc_value_t value_of(const certs_attribute_t *subject)
{
    cc_cert_t *cert = certs_make(&(certs_spec_t){.subject = subject}, pool);

    return *certs_values(cert, "subject", pool).at;
}

static apr_status_t parse(cc_value_t *value, const char *text, cc_error_t *err)
{
    cc_fieldref_t ref;

    ck_assert_int_eq(cc_field_find(&ref, "subject", pool, NULL), APR_SUCCESS);
    return cc_field_operand(value, &ref, text, pool, err);
}

static cc_value_t parsed(const char *text)
{
    cc_value_t value = {0};
    cc_error_t err = {0};

    ck_assert_msg(parse(&value, text, &err) == APR_SUCCESS, "%s: %s", text, err.message);
    return value;
}

static bool same(cc_value_t a, cc_value_t b)
{
    ck_assert_ptr_null(a.unusable);
    ck_assert_ptr_null(b.unusable);
    return a.key_len == b.key_len && memcmp(a.key, b.key, a.key_len) == 0;
}

/* ---- equality ---------------------------------------------------------------------------- */

TEST(case_blanks_and_string_types_do_not_count)
{
    cc_value_t plain = NAME({"O", UTF8("Example Org"), 0}, {"CN", UTF8("Web User"), 0});

    ck_assert(same(plain, NAME({"O", UTF8("EXAMPLE  org"), 0}, {"CN", UTF8(" web   user  "), 0})));
    ck_assert(same(plain, NAME({"O", V_ASN1_PRINTABLESTRING, CERTS_OCTETS("Example Org"), 0},
                               {"CN", V_ASN1_BMPSTRING,
                                CERTS_OCTETS("\0W\0e\0b\0 \0U\0s\0e\0r"), 0})));
    ck_assert(!same(plain, NAME({"O", UTF8("Example Org"), 0}, {"CN", UTF8("Web Use"), 0})));
    ck_assert(!same(plain, NAME({"O", UTF8("ExampleOrg"), 0}, {"CN", UTF8("Web User"), 0})));
    ck_assert(!same(plain, NAME({"CN", UTF8("Web User"), 0}, {"O", UTF8("Example Org"), 0})));
    ck_assert(!same(plain, NAME({"O", UTF8("Example Org"), 0}, {"SN", UTF8("Web User"), 0})));
}

TEST(letters_beyond_ascii_are_compared_as_they_are)
{
    ck_assert(!same(NAME({"CN", UTF8("\xC3\x9C"), 0}), NAME({"CN", UTF8("\xC3\xBC"), 0})));
}

TEST(an_rdn_is_a_set_and_not_two_rdns)
{
    cc_value_t both = NAME({"CN", UTF8("a"), 0}, {"UID", UTF8("b"), 1});

    ck_assert(same(both, parsed("UID=b+CN=a")));
    ck_assert(same(both, parsed("CN=a+UID=b")));
    ck_assert(!same(both, parsed("CN=a,UID=b")));
    ck_assert(!same(both, parsed("UID=b,CN=a")));
    ck_assert(!same(both, parsed("CN=a")));
    ck_assert(!same(both, parsed("CN=a+UID=b+UID=b")));
}

TEST(under_holds_for_the_name_and_whole_rdns_below_it)
{
    cc_value_t name = NAME({"DC", UTF8("com"), 0}, {"O", UTF8("Ex"), 0}, {"OU", UTF8("S"), 0},
                           {"CN", UTF8("a"), 0}, {"UID", UTF8("b"), 1});
    static const char *const above[] = {"DC=com", "o=EX,dc=COM", "OU=S,O=Ex,DC=com",
                                        "CN=a+UID=b,OU=S,O=Ex,DC=com"};
    static const char *const others[] = {"O=Ex", "O=E,DC=com", "OU=S", "CN=a,OU=S,O=Ex,DC=com",
                                         "DC=com,O=Ex", "UID=b,CN=a,OU=S,O=Ex,DC=com",
                                         "CN=x,CN=a+UID=b,OU=S,O=Ex,DC=com", "DC=co"};

    for (size_t i = 0; i < sizeof(above) / sizeof(above[0]); i++) {
        cc_value_t base = parsed(above[i]);
        ck_assert_msg(cc_value_under(&name, &base), "%s", above[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        cc_value_t base = parsed(others[i]);
        ck_assert_msg(!cc_value_under(&name, &base), "%s", others[i]);
    }
}

/* ---- text -------------------------------------------------------------------------------- */

TEST(names_are_written_as_rfc4514_and_read_back)
{
    cc_value_t name = NAME({"C", V_ASN1_PRINTABLESTRING, CERTS_OCTETS("DE"), 0},
                           {"ST", UTF8(" #x, y "), 0}, {"O", UTF8("#1 \"<Q>\";=+\\"), 0},
                           {"emailAddress", V_ASN1_IA5STRING, CERTS_OCTETS("a@b"), 0},
                           {"organizationIdentifier", UTF8("N-1"), 0},
                           {"jurisdictionC", UTF8("DE"), 0}, {"serialNumber", UTF8("7"), 0},
                           {"street", UTF8("R 1"), 0}, {"1.2.3.4", UTF8("x"), 0},
                           {"CN", UTF8(""), 0});

    ck_assert_str_eq(name.text, "CN=,1.2.3.4=x,STREET=R 1,serialNumber=7,jurisdictionC=DE,"
                                "organizationIdentifier=N-1,emailAddress=a@b,"
                                "O=\\#1 \\\"\\<Q\\>\\\"\\;=\\+\\\\,ST=\\ #x\\, y\\ ,C=DE");
    ck_assert(same(name, parsed(name.text)));
    ck_assert_str_eq(parsed(name.text).text, name.text);
}

TEST(what_rfc4514_allows_is_read)
{
    ck_assert(same(parsed("CN=Web User,O=Example"), parsed("  cn = Web User , o = Example  ")));
    ck_assert(same(parsed("CN=J\xC3\xBC"), parsed("CN=J\\C3\\bc")));
    ck_assert(same(parsed("CN=a\\,b"), parsed("CN=a\\2Cb")));
    ck_assert_str_eq(parsed("CN=a\\ ").text, "CN=a\\ ");
    ck_assert_str_eq(parsed("CN=\\#a\\=b=c").text, "CN=\\#a=b=c");
    ck_assert(same(parsed("E=a@b"), parsed("emailAddress=a@b")));
    ck_assert(same(parsed("email=a@b"), parsed("1.2.840.113549.1.9.1=a@b")));
    ck_assert(same(parsed("S=x"), parsed("ST=x")));
    ck_assert(same(parsed("userId=x"), parsed("uid=x")));
    ck_assert(same(parsed("domainComponent=x"), parsed("0.9.2342.19200300.100.1.25=x")));
    ck_assert(same(parsed("OID.2.5.4.97=x"), parsed("organizationidentifier=x")));
    ck_assert(same(parsed("GN=x"), parsed("givenName=x")));
}

/* Texts that are not valid names, and a part of each error. */
static const struct {
    const char *text;
    const char *tag;
    const char *message;
} wrong[] = {
    {"", "CC0275", "empty"},
    {"   ", "CC0275", "empty"},
    {"/C=DE/O=Ex, Inc./CN=a", "CC0274", "CN=a,O=Ex\\, Inc.,C=DE"},
    {"alice", "CC0273", "without \"=\" at character 1;"},
    {"CN=a,", "CC0273", "without \"=\" at character 6;"},
    {"CN=a,,O=b", "CC0273", "without \"=\""},
    {"CN=a+", "CC0273", "without \"=\""},
    {"CN=#0C0161", "CC0273", "hex"},
    {"CN=\"a\"", "CC0273", "quote"},
    {"CN=a;O=b", "CC0273", "quote"},
    {"CN=a\\", "CC0273", "backslash"},
    {"CN=a\\q", "CC0273", "backslash"},
    {"CN=a\\4", "CC0273", "backslash"},
    {"CN=a\\00b", "CC0273", "control"},
    {"CN=a\\FFb", "CC0273", "UTF-8"},
    {"CM=a", "CC0202", "usual ones are CN, OU"},
    {"organizationUnitName=a", "CC0202", "nearest is organizationalUnitName"},
    {"=a", "CC0202", "attribute"},
    {"1.=a", "CC0202", "attribute"},
};

TEST(what_is_no_name_is_an_error_that_helps)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cc_value_t value;
        cc_error_t err = {0};

        ck_assert_msg(parse(&value, wrong[i].text, &err) == APR_EINVAL, "%s", wrong[i].text);
        ck_assert_str_eq(err.tag, wrong[i].tag);
        ck_assert_msg(strstr(err.message, wrong[i].message) != NULL, "%s: %s", wrong[i].text,
                      err.message);
    }
}

/* ---- the slash form ---------------------------------------------------------------------- */

static const char *oneline(cc_value_t name)
{
    cc_value_t line = cc_value_oneline(&name, pool);

    return line.unusable ? "(unusable)" : line.text;
}

TEST(the_slash_form_is_that_of_openssl)
{
    const certs_attribute_t subject[] = {
        {"DC", V_ASN1_IA5STRING, CERTS_OCTETS("com"), 0}, {"ST", UTF8("x"), 0},
        {"emailAddress", V_ASN1_IA5STRING, CERTS_OCTETS("a@b"), 0}, {"GN", UTF8("J\xC3\xBC"), 0},
        {"CN", UTF8("host/a.b + 1"), 0}, {"UID", UTF8("u"), 1}, {"1.2.3.4", UTF8("DOM\\user"), 0},
        END,
    };
    X509 *x509 = certs_x509(&(certs_spec_t){.subject = subject});
    char *theirs = X509_NAME_oneline(X509_get_subject_name(x509), NULL, 0);

    ck_assert_str_eq(oneline(value_of(subject)), theirs);
    ck_assert_str_eq(theirs, "/DC=com/ST=x/emailAddress=a@b/GN=J\\xC3\\xBC/UID=u"
                             "+CN=host\\/a.b \\+ 1/1.2.3.4=DOM\\user");
    OPENSSL_free(theirs);
    X509_free(x509);
}

TEST(a_slash_form_that_another_name_could_have_is_unusable)
{
    static const char *const bad[] = {"x/CN=admin", "x+UID=admin", "x/1.2.3=a", "x\\", "x\\/y",
                                      "x\\xC3", "\\+"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const certs_attribute_t subject[] = {
            {"O", V_ASN1_UTF8STRING, {bad[i], (int)strlen(bad[i])}, 0}, END,
        };
        ck_assert_str_eq(oneline(value_of(subject)), "(unusable)");
    }
    ck_assert_str_eq(oneline(NAME({"O", UTF8("a/b=c/d"), 0})), "(unusable)");
    ck_assert_str_eq(oneline(NAME({"O", UTF8("a / =c"), 0})), "/O=a \\/ =c");
    ck_assert_str_eq(oneline(NAME({"O", UTF8("a\0b"), 0})), "(unusable)");
}

TEST(only_names_have_a_slash_form)
{
    cc_cert_t *cert = certs_make(&certs_rich, pool);

    ck_assert_str_eq(oneline(*certs_values(cert, "serial", pool).at), "(unusable)");
}

SUITE("names", .setup = setup, .teardown = teardown);
