/* SPDX-License-Identifier: Apache-2.0 */
/* Tests when distinguished names are equal, how they are written, and how they are read. */
#include <string.h>

#include <apr_strings.h>

#include "base/fold.h"
#include "certs.h"
#include "suite.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, 0, {NULL, 0}, 0                                                                      \
    }
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

static const char *legacy(cc_value_t name)
{
    cc_value_t line = cc_value_legacy(&name, pool);

    return line.unusable ? "(unusable)" : line.text;
}

/* ---- equality ---------------------------------------------------------------------------- */

TEST(case_blanks_and_string_types_do_not_count)
{
    cc_value_t plain = NAME({"O", UTF8("Example Org"), 0}, {"CN", UTF8("Web User"), 0});

    ck_assert(same(plain, NAME({"O", UTF8("EXAMPLE  org"), 0}, {"CN", UTF8(" web   user  "), 0})));
    ck_assert(
        same(plain, NAME({"O", V_ASN1_PRINTABLESTRING, CERTS_OCTETS("Example Org"), 0},
                         {"CN", V_ASN1_BMPSTRING, CERTS_OCTETS("\0W\0e\0b\0 \0U\0s\0e\0r"), 0})));
    ck_assert(!same(plain, NAME({"O", UTF8("Example Org"), 0}, {"CN", UTF8("Web Use"), 0})));
    ck_assert(!same(plain, NAME({"O", UTF8("ExampleOrg"), 0}, {"CN", UTF8("Web User"), 0})));
    ck_assert(!same(plain, NAME({"CN", UTF8("Web User"), 0}, {"O", UTF8("Example Org"), 0})));
    ck_assert(!same(plain, NAME({"O", UTF8("Example Org"), 0}, {"SN", UTF8("Web User"), 0})));
}

TEST(case_is_folded_beyond_ascii_in_certificates_and_operands)
{
    cc_value_t name = NAME({"CN",
                            UTF8("J\xC3\x9CRGEN STRA\xC3\x9F"
                                 "E"),
                            0});

    ck_assert(same(name, NAME({"CN", UTF8("j\xC3\xBCrgen strasse"), 0})));
    ck_assert(same(name, NAME({"CN", UTF8("Ju\xCC\x88rgen Strasse"), 0})));
    ck_assert(same(name, NAME({"CN", V_ASN1_BMPSTRING,
                               CERTS_OCTETS("\0j\0\xFC\0r\0g\0e\0n\0 \0s\0t\0r\0a\0\xDF\0e"), 0})));
    ck_assert(same(name, parsed("cn=j\xC3\xBCrgen\\20strasse")));
    ck_assert(!same(name, parsed("cn=jurgen strasse")));
    ck_assert_str_eq(name.text, "CN=J\xC3\x9CRGEN STRA\xC3\x9F"
                                "E");
}

TEST(the_slash_form_of_a_grid_mapfile_is_folded_too)
{
    static const char text[] = "/O=Ex/CN=J\xC3\x9CRGEN \\xC3\\x9C";
    cc_value_t name = {0};

    ck_assert_ptr_null(cc_name_slashes_read(&name, text, strlen(text), pool));
    ck_assert(same(name, parsed("CN=j\xC3\xBCrgen \xC3\xBC,O=ex")));
    ck_assert_str_eq(legacy(name), "/O=Ex/CN=J\\xC3\\x9CRGEN \\xC3\\x9C");
}

TEST(a_value_of_marks_without_end_is_unusable)
{
    const char *marks = "";

    for (int i = 0; i < CC_FOLD_MARKS_MAX; i++) {
        marks = apr_pstrcat(pool, marks, "\xCC\x81", NULL);
    }
    ck_assert_ptr_null(NAME({"CN", V_ASN1_UTF8STRING, {marks, (int)strlen(marks)}, 0}).unusable);
    marks = apr_pstrcat(pool, marks, "\xCC\x81", NULL);
    ck_assert_ptr_nonnull(NAME({"CN", V_ASN1_UTF8STRING, {marks, (int)strlen(marks)}, 0}).unusable);
    ck_assert_int_eq(parse(&(cc_value_t){0}, apr_pstrcat(pool, "CN=", marks, NULL), NULL),
                     APR_EINVAL);
}

/* A BIT STRING is not equal to a text that looks like its hex form. */
TEST(a_value_that_is_no_string_is_written_in_hex_and_read_back)
{
    cc_value_t bits = NAME({"O", UTF8("Ex"), 0}, {"x500UniqueIdentifier", V_ASN1_BIT_STRING,
                                                  CERTS_OCTETS("\x0F\xA0"), 0});
    cc_value_t text = NAME({"O", UTF8("Ex"), 0}, {"x500UniqueIdentifier", UTF8("#03020FA0"), 0});

    ck_assert_ptr_null(bits.unusable);
    ck_assert_str_eq(bits.text, "x500UniqueIdentifier=#0303050fa0,O=Ex");
    ck_assert(same(bits, parsed(bits.text)));
    ck_assert(same(bits, parsed("2.5.4.45 = #0303050FA0 , o=ex")));
    ck_assert(!same(bits, text));
    ck_assert(!same(bits, parsed("x500UniqueIdentifier=#0303050fe0,O=Ex")));
    ck_assert(!same(bits, parsed("x500UniqueIdentifier=#0303010FA0,O=Ex")));
    ck_assert_str_eq(parsed("1.3.6.1.4.1.1466.0=#04024869").text, "1.3.6.1.4.1.1466.0=#04024869");
    ck_assert(same(parsed("CN=#0C0548656C6C6F+O=#1301"
                          "78"),
                   parsed("CN=hello+O=X")));
    ck_assert_str_eq(parsed("CN=#0C0548656C6C6F").text, "CN=Hello");
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
    static const char *const others[] = {"O=Ex",
                                         "O=E,DC=com",
                                         "OU=S",
                                         "CN=a,OU=S,O=Ex,DC=com",
                                         "DC=com,O=Ex",
                                         "UID=b,CN=a,OU=S,O=Ex,DC=com",
                                         "CN=x,CN=a+UID=b,OU=S,O=Ex,DC=com",
                                         "DC=co"};

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
    cc_value_t name =
        NAME({"C", V_ASN1_PRINTABLESTRING, CERTS_OCTETS("DE"), 0}, {"ST", UTF8(" #x, y "), 0},
             {"O", UTF8("#1 \"<Q>\";=+\\"), 0},
             {"emailAddress", V_ASN1_IA5STRING, CERTS_OCTETS("a@b"), 0},
             {"organizationIdentifier", UTF8("N-1"), 0}, {"jurisdictionC", UTF8("DE"), 0},
             {"serialNumber", UTF8("7"), 0}, {"street", UTF8("R 1"), 0}, {"1.2.3.4", UTF8("x"), 0},
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
    ck_assert_str_eq(parsed("INN=1+SNILS=2,OGRN=3").text, "INN=1+SNILS=2,OGRN=3");
    ck_assert(same(parsed("roomNumber=1"), parsed("0.9.2342.19200300.100.1.6=1")));
    ck_assert(same(parsed("street=x"), parsed("streetAddress=x")));
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
    {"CN=#", "CC0273", "DER of one value"},
    {"CN=#0C01", "CC0273", "DER of one value"},
    {"CN=#0C016161", "CC0273", "DER of one value"},
    {"CN=#0C0161x", "CC0273", "DER of one value"},
    {"CN=#0C01610", "CC0273", "DER of one value"},
    {"CN=#0C0100", "CC0273", "DER of one value"},
    {"CN=#1,O=x", "CC0273", "at character 4;"},
    {"CN=\"a\"", "CC0273", "quote"},
    {"CN=a;O=b", "CC0273", "quote"},
    {"CN=a\\", "CC0273", "backslash"},
    {"CN=a\\q", "CC0273", "backslash"},
    {"CN=a\\4", "CC0273", "backslash"},
    {"CN=a\\00b", "CC0273", "control"},
    {"CN=a\\FFb", "CC0273", "UTF-8"},
    {"CM=a", "CC0202", "usual ones are CN, OU"},
    {"serverAuth=a", "CC0202", "no such attribute"},
    {"AES-128-CBC=a", "CC0202", "no such attribute"},
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

static const char *rfc2253(cc_value_t name)
{
    cc_value_t line = cc_value_rfc2253(&name, pool);

    return line.unusable ? "(unusable)" : line.text;
}

/* Expected texts are those that mod_ssl has in SSL_CLIENT_S_DN, in both of its forms. */
TEST(the_forms_of_mod_ssl_are_written)
{
    const certs_attribute_t subject[] = {
        {"DC", V_ASN1_IA5STRING, CERTS_OCTETS("com"), 0},
        {"ST", UTF8("x"), 0},
        {"emailAddress", V_ASN1_IA5STRING, CERTS_OCTETS("a@b"), 0},
        {"GN", UTF8("J\xC3\xBC"), 0},
        {"CN", UTF8("host/a.b + 1"), 0},
        {"UID", UTF8("u"), 1},
        {"1.2.3.4", UTF8("DOM\\user"), 0},
        END,
    };

    ck_assert_str_eq(legacy(value_of(subject)), "/DC=com/ST=x/emailAddress=a@b/GN=J\\xC3\\xBC/UID=u"
                                                "+CN=host\\/a.b \\+ 1/1.2.3.4=DOM\\user");
    ck_assert_str_eq(rfc2253(value_of(subject)),
                     "1.2.3.4=#0C08444F4D5C75736572,CN=host/a.b \\+ 1+UID=u,GN=J\\C3\\BC,"
                     "emailAddress=a@b,ST=x,DC=com");
    ck_assert_str_eq(oneline(value_of(subject)),
                     "/DC=com/ST=x/emailAddress=a@b/GN=J\\xC3\\xBC/UID=u"
                     "+CN=host/a.b + 1/1.2.3.4=DOM\\user");
}

TEST(a_name_without_a_certificate_has_only_the_legacy_form)
{
    ck_assert_str_eq(rfc2253(parsed("CN=a")), "(unusable)");
    ck_assert_str_eq(legacy(parsed("CN=a/b\\+J\xC3\xBC+UID=1,O=x")),
                     "/O=x/CN=a\\/b\\+J\\xC3\\xBC+UID=1");
}

/* In each pair, OpenSSL has one text for two names. */
TEST(a_legacy_form_that_another_name_has_is_unusable)
{
    ck_assert_str_eq(legacy(NAME({"O", UTF8("\xC3\xA4"), 0})), "/O=\\xC3\\xA4");
    ck_assert_str_eq(legacy(NAME({"O", UTF8("\\xC3\\xA4"), 0})), "(unusable)");
    ck_assert_str_eq(legacy(NAME({"O", V_ASN1_BMPSTRING, CERTS_OCTETS("\xC3\xA4"), 0})),
                     "(unusable)");
    ck_assert_str_eq(legacy(NAME({"O", UTF8("N-"), 0})), "/O=N-");
    ck_assert_str_eq(legacy(NAME({"O", V_ASN1_BMPSTRING, CERTS_OCTETS("N-"), 0})), "(unusable)");
    ck_assert_str_eq(legacy(NAME({"O", V_ASN1_BMPSTRING, CERTS_OCTETS("\0A\0\xE4"), 0})),
                     "/O=\\x00A\\x00\\xE4");
    ck_assert_str_eq(legacy(NAME({"O", V_ASN1_BMPSTRING, CERTS_OCTETS("\x5Cx41\x5Cx41\0A"), 0})),
                     "(unusable)");
    ck_assert_str_eq(legacy(NAME({"O", UTF8("a/CN=b"), 0})), "/O=a\\/CN=b");
    ck_assert_str_eq(legacy(NAME({"O", UTF8("a\\"), 0}, {"CN", UTF8("b"), 0})), "(unusable)");
    ck_assert_str_eq(
        legacy(NAME({"x500UniqueIdentifier", V_ASN1_BIT_STRING, CERTS_OCTETS("b"), 0})),
        "(unusable)");
}

#define LONG_TYPE                                                                                  \
    "1.2.3.2251799813685247.2251799813685247.2251799813685247.2251799813685247.2251799"

/* OpenSSL writes the first 79 characters of an object identifier. */
TEST(a_form_without_the_end_of_an_object_identifier_is_unusable)
{
    cc_value_t cut = NAME({LONG_TYPE ".5", UTF8("a"), 0});

    ck_assert_str_eq(legacy(cut), "(unusable)");
    ck_assert_str_eq(rfc2253(cut), "(unusable)");
    ck_assert_str_eq(oneline(cut), "/" LONG_TYPE ".5=a");
    ck_assert_uint_eq(strlen(LONG_TYPE), 81);
    cut = NAME({&(LONG_TYPE)[2], UTF8("a"), 0});
    ck_assert_str_eq(legacy(cut), apr_pstrcat(pool, "/", &(LONG_TYPE)[2], "=a", NULL));
}

/* "uid" is OpenSSL's name of uniqueIdentifier, and elsewhere that of userId. */
TEST(a_slash_form_whose_type_is_the_name_of_another_one_is_unusable)
{
    ck_assert_str_eq(oneline(NAME({"uid", UTF8("alice"), 0})), "(unusable)");
    ck_assert_str_eq(oneline(NAME({"UID", UTF8("alice"), 0})), "/UID=alice");
}

TEST(a_slash_form_that_another_name_could_have_is_unusable)
{
    static const char *const bad[] = {"x/CN=admin", "x+UID=admin", "x/1.2.3=a", "x\\",
                                      "x\\/y",      "x\\xC3",      "x\\\\y",    "x\\\"",
                                      "\\+",        "x/Email=a@b", "x/uid=a",   "x/serverAuth=a",
                                      "+OID.1.2=",  "x/1.2=a",     "x//O=y",    "x/USERID=a/b==c",
                                      "/CN=",       "a=b/OU=c"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const certs_attribute_t subject[] = {
            {"O", V_ASN1_UTF8STRING, {bad[i], (int)strlen(bad[i])}, 0},
            END,
        };
        ck_assert_str_eq(oneline(value_of(subject)), "(unusable)");
    }
    ck_assert_str_eq(
        oneline(NAME({"x500UniqueIdentifier", V_ASN1_BIT_STRING, CERTS_OCTETS("b"), 0})),
        "(unusable)");
    ck_assert_str_eq(oneline(NAME({"O", UTF8("a/b=c/d"), 0})), "/O=a/b=c/d");
    ck_assert_str_eq(oneline(NAME({"O", UTF8("a / =c"), 0})), "/O=a / =c");
    ck_assert_str_eq(oneline(NAME({"CN", UTF8("CF/6120072435.hash+/x=="), 0})),
                     "/CN=CF/6120072435.hash+/x==");
    ck_assert_str_eq(oneline(NAME({"O", UTF8("a\0b"), 0})), "(unusable)");
}

TEST(only_names_have_a_slash_form)
{
    cc_cert_t *cert = certs_make(&certs_rich, pool);

    ck_assert_str_eq(oneline(*certs_values(cert, "serial", pool).at), "(unusable)");
}

SUITE("names", .setup = setup, .teardown = teardown);
