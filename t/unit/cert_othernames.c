/* SPDX-License-Identifier: Apache-2.0 */
/* Tests alternative names that are structures, and that no encoding of them passes for another. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sanset.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static certs_octets_t joined(certs_octets_t a, certs_octets_t b)
{
    return sanset_join(a, b, pool);
}

static certs_octets_t element(int tag, certs_octets_t content)
{
    return sanset_element(tag, content, pool);
}

static certs_octets_t other(certs_octets_t oid, certs_octets_t value)
{
    return sanset_other(oid, value, pool);
}

static cc_cert_t *with(const certs_attribute_t *subject, certs_octets_t names)
{
    return sanset_cert(subject, names, pool);
}

#define OID(literal) element(0x06, OCTETS(literal))

static certs_octets_t text(const char *of)
{
    return element(UTF8, (certs_octets_t){of, (int)strlen(of)});
}

/* ---- hardware modules -------------------------------------------------------------------- */

#define HARDWARE_OID OID("\x2b\x06\x01\x05\x05\x07\x08\x04")
#define TYPE OID("\x2a\x03\x04") /* 1.2.3.4 */

static certs_octets_t hardware(certs_octets_t type, certs_octets_t serial)
{
    return other(HARDWARE_OID, element(SEQUENCE, joined(type, serial)));
}

TEST(a_hardware_module_is_its_type_and_its_serial_number)
{
    certs_octets_t serial = element(OCTET_STRING, OCTETS("\0AB:\xff"));

    certs_has(with(NULL, hardware(TYPE, serial)), "san.hardware", "1.2.3.4:0041423aff");
    certs_has(with(NULL, joined(hardware(TYPE, serial),
                                hardware(OID("\x2a\x03"), element(OCTET_STRING, OCTETS("\x04"))))),
              "san.hardware", "1.2.3.4:0041423aff | 1.2.3:04");
}

TEST(a_hardware_module_of_another_form_is_unusable)
{
    certs_octets_t serial = element(OCTET_STRING, OCTETS("a"));
    certs_octets_t wrong[] = {
        hardware(TYPE, NONE),
        hardware(NONE, serial),
        hardware(serial, TYPE),
        hardware(TYPE, text("a")),
        hardware(TYPE, joined(serial, serial)),
        hardware(OID("\x80\x01"), serial),
        other(HARDWARE_OID, text("1.2.3.4:61")),
        other(HARDWARE_OID, element(SET, joined(TYPE, serial))),
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        certs_unusable(with(NULL, wrong[i]), "san.hardware", "not a HardwareModuleName");
        certs_unusable(with(NULL, wrong[i]), "san.any", "not a HardwareModuleName");
    }
    certs_unusable(with(NULL, hardware(TYPE, element(OCTET_STRING, NONE))), "san.hardware",
                   "serial number is empty");
}

/* ---- permanent identifiers --------------------------------------------------------------- */

#define PERMANENT_OID OID("\x2b\x06\x01\x05\x05\x07\x08\x03")
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, {NULL, 0}, 0                                                                      \
    }

static certs_octets_t permanent(certs_octets_t value, certs_octets_t assigner)
{
    return other(PERMANENT_OID, element(SEQUENCE, joined(value, assigner)));
}

static const certs_attribute_t two_serials[] = {
    {"serialNumber", V_ASN1_PRINTABLESTRING, CERTS_OCTETS("of the family"), 0},
    {"CN", V_ASN1_UTF8STRING, CERTS_OCTETS("alice"), 0},
    {"serialNumber", V_ASN1_PRINTABLESTRING, CERTS_OCTETS("47 11"), 0},
    {"OU", V_ASN1_UTF8STRING, CERTS_OCTETS("x"), 0},
    END,
};

TEST(a_permanent_identifier_is_its_assigner_and_its_value)
{
    certs_has(with(two_serials, permanent(text("a:b"), TYPE)), "san.permanent", "1.2.3.4:a:b");
    certs_has(with(two_serials, permanent(text("1.2.3.4:a"), NONE)), "san.permanent", ":1.2.3.4:a");
    certs_has(with(two_serials, permanent(NONE, TYPE)), "san.permanent", "1.2.3.4:47 11");
    certs_has(with(two_serials, permanent(NONE, NONE)), "san.permanent", ":47 11");
    certs_has(with(NULL, joined(permanent(text("a"), NONE), permanent(text("b"), TYPE))),
              "san.permanent", ":a | 1.2.3.4:b");
}

TEST(a_permanent_identifier_without_any_value_is_unusable)
{
    static const certs_attribute_t bad[] = {
        {"serialNumber", V_ASN1_UTF8STRING, CERTS_OCTETS("good"), 0},
        {"serialNumber", V_ASN1_UTF8STRING, CERTS_OCTETS("a\0b"), 0},
        END,
    };
    static const certs_attribute_t empty[] = {
        {"serialNumber", V_ASN1_UTF8STRING, CERTS_OCTETS(""), 0}, END};

    certs_unusable(with(NULL, permanent(NONE, NONE)), "san.permanent", "neither it nor");
    certs_unusable(with(NULL, permanent(NONE, TYPE)), "san.permanent", "neither it nor");
    certs_unusable(with(bad, permanent(NONE, TYPE)), "san.permanent", "NUL");
    certs_unusable(with(empty, permanent(NONE, TYPE)), "san.permanent", "is empty");
    certs_unusable(with(two_serials, permanent(text(""), TYPE)), "san.permanent", "is empty");
}

#define LONGEST "1234567890123456789012345678901234567890123456789012345678901234"

TEST(a_serial_number_of_the_subject_that_is_too_long_is_no_permanent_identifier)
{
    const certs_attribute_t longest[] = {
        {"serialNumber", V_ASN1_PRINTABLESTRING, CERTS_OCTETS(LONGEST), 0}, END};
    const certs_attribute_t longer[] = {
        {"serialNumber", V_ASN1_PRINTABLESTRING, CERTS_OCTETS(LONGEST "9"), 0}, END};

    certs_has(with(longest, permanent(NONE, NONE)), "san.permanent", ":" LONGEST);
    certs_unusable(with(longer, permanent(NONE, NONE)), "san.permanent", "longer than 64");
    certs_has(with(longer, permanent(text(LONGEST "9"), NONE)), "san.permanent", ":" LONGEST "9");
}

TEST(a_permanent_identifier_of_another_form_is_unusable)
{
    certs_octets_t wrong[] = {
        permanent(TYPE, text("a")),
        permanent(text("a"), text("b")),
        permanent(element(0x16, OCTETS("a")), TYPE),
        permanent(text("a"), joined(TYPE, TYPE)),
        permanent(text("a"), OID("\x80\x01")),
        other(PERMANENT_OID, text("1.2.3.4:a")),
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        certs_unusable(with(two_serials, wrong[i]), "san.permanent", "not a PermanentIdentifier");
    }
    certs_unusable(with(NULL, permanent(element(UTF8, OCTETS("a\0b")), TYPE)), "san.permanent",
                   "NUL");
    certs_unusable(with(NULL, permanent(text("a\nb"), TYPE)), "san.permanent", "control");
    certs_unusable(with(NULL, permanent(element(UTF8, OCTETS("\xff")), TYPE)), "san.permanent",
                   "UTF-8");
}

/* ---- mailboxes --------------------------------------------------------------------------- */

static cc_cert_t *mailbox(const char *address)
{
    return with(NULL, other(OID("\x2b\x06\x01\x05\x05\x07\x08\x09"), text(address)));
}

static const struct {
    const char *address;
    const char *reason; /* NULL: it can be used */
} mailboxes[] = {
    {"j\xC3\xBC@example.com", NULL},
    {"j\xC3\xBC@xn--bcher-kva.example", NULL},
    {"\"j\xC3\xBC@x\"@a-1.b2", NULL},
    {"alice@example.com", "would be an rfc822Name"},
    {"\"j\xC3\xBC\"@example.com@x.test", NULL},
    {"alice@b\xC3\xBC"
     "cher.example",
     "A-labels"},
    {"j\xC3\xBC@b\xC3\xBC"
     "cher.example",
     "A-labels"},
    {"j\xC3\xBC@Example.com", "lower case"},
    {"j\xC3\xBC@.example.com", "A-labels"},
    {"j\xC3\xBC@example.com.", "A-labels"},
    {"j\xC3\xBC@example..com", "A-labels"},
    {"j\xC3\xBC@[192.0.2.1]", "A-labels"},
    {"j\xC3\xBC@", "A-labels"},
    {"j\xC3\xBC", "A-labels"},
    {"", "A-labels"},
    {"\xEF\xBB\xBFj@example.com", "byte order mark"},
};

TEST_LOOP(a_mailbox_is_one_that_rfc_9598_allows, 0, COUNT(mailboxes))
{
    cc_cert_t *cert = mailbox(mailboxes[_i].address);

    if (mailboxes[_i].reason) {
        certs_unusable(cert, "san.email", mailboxes[_i].reason);
        certs_unusable(cert, "altsec.email", mailboxes[_i].reason);
        certs_unusable(cert, "san.any", mailboxes[_i].reason);
    } else {
        certs_has(cert, "san.email", mailboxes[_i].address);
    }
}

/* ---- any name ---------------------------------------------------------------------------- */

TEST(a_name_of_one_type_is_never_a_name_of_another)
{
    certs_has(with(NULL, element(0x82, OCTETS("email:alice@example.com"))), "san.any",
              "dns:email:alice@example.com");
    certs_has(with(NULL, element(0x86, OCTETS("upn:alice"))), "san.any", "uri:upn:alice");
    certs_has(with(NULL, element(0x81, OCTETS(""))), "san.any", "email:");
    certs_has(with(NULL, other(PERMANENT_OID, element(SEQUENCE, text("ip:192.0.2.1")))), "san.any",
              "permanent::ip:192.0.2.1");
}

#define FASCN_OID OID("\x60\x86\x48\x01\x65\x03\x06\x06")

TEST(names_that_are_no_text_are_not_among_them)
{
    cc_cert_t *cert =
        with(NULL, joined(other(TYPE, text("x")),
                          joined(other(FASCN_OID, element(OCTET_STRING, OCTETS("x"))),
                                 element(0x85, element(0xa1, text("ediPartyName"))))));

    certs_has(cert, "san.any", NULL);
    certs_has(cert, "san.other.1.2.3.4", "x");
}

TEST(an_unusable_name_among_them_is_unusable)
{
    cc_values_t values =
        certs_values(with(NULL, joined(element(0x82, OCTETS("a\0b")), element(0x82, OCTETS("c")))),
                     "san.any", pool);

    ck_assert_int_eq(values.count, 2);
    ck_assert_ptr_nonnull(values.at[0].unusable);
    ck_assert_str_eq(values.at[1].text, "dns:c");
}

/* ---- other names as DER, directory names ------------------------------------------------- */

TEST(the_der_of_an_other_name_is_that_of_the_certificate)
{
    /* A length in two octets where DER has one, and a type that is not universal. */
    certs_has(with(NULL, other(TYPE, OCTETS("\x0c\x81\x01x"))), "san.der.1.2.3.4", "0c810178");
    certs_has(with(NULL, other(TYPE, OCTETS("\xa5\x02\x05\0"))), "san.der.1.2.3.4", "a5020500");
    certs_has(with(NULL, joined(other(TYPE, element(0x05, NONE)), other(TYPE, text("a")))),
              "san.der.1.2.3.4", "0500 | 0c0161");
    certs_unusable(with(NULL, other(TYPE, OCTETS("\x05\0\x05\0"))), "san.der.1.2.3.4",
                   "cannot be decoded");
    certs_unusable(with(NULL, other(TYPE, NONE)), "san.der.1.2.3.4", "cannot be decoded");
}

static certs_octets_t attribute(certs_octets_t type, certs_octets_t value)
{
    return element(SET, element(SEQUENCE, joined(type, value)));
}

TEST(the_attributes_of_directory_names_are_those_of_all_of_them)
{
    certs_octets_t ou = OID("\x55\x04\x0b");
    certs_octets_t first = joined(attribute(ou, text("a,CN=admin")), attribute(ou, text("b")));
    certs_octets_t second = joined(attribute(TYPE, text("id")), attribute(ou, text("c")));
    cc_cert_t *cert = with(NULL, joined(element(0xa4, element(SEQUENCE, first)),
                                        element(0xa4, element(SEQUENCE, second))));
    cc_cert_t *bad =
        with(NULL, element(0xa4, element(SEQUENCE, attribute(ou, element(UTF8, OCTETS("\0"))))));

    certs_has(cert, "san.dirname.OU", "a,CN=admin | b | c");
    certs_has(cert, "san.dirname.CN", NULL);
    certs_has(cert, "san.dirname.1.2.3.4", "id");
    certs_has(with(NULL, element(0xa4, element(SEQUENCE, NONE))), "san.dirname.OU", NULL);
    certs_unusable(bad, "san.dirname.OU", "NUL");
}

/* ---- operands ---------------------------------------------------------------------------- */

static const struct {
    const char *field, *written;
    const char *text; /* of the value; NULL: not an operand */
    const char *tag;
} operands[] = {
    {"san.fascn", "D0:43:94:58:21:0C:2C:19:A0:84:6D:83:68:5A:10:82:10:8C:E7:39:84:10:8C:A3:FC",
     "d0439458210c2c19a0846d83685a1082108ce73984108ca3fc", NULL},
    {"san.fascn", "0032-0001-092446", NULL, "CC0253"},
    {"san.fascn", "d043", NULL, "CC0253"},
    {"san.fascn.identifier", "0032-0001-092446", "0032-0001-092446", NULL},
    {"san.fascn.identifier", "00320001092446", NULL, "CC0253"},
    {"san.fascn.identifier", "0032-0001-0924466", NULL, "CC0253"},
    {"san.fascn.identifier", "0032-0001-09244a", NULL, "CC0253"},
    {"san.fascn.identifier", "", NULL, "CC0253"},
    {"san.hardware", "1.2.3:0A:1B", "1.2.3:0a1b", NULL},
    {"san.hardware", "1.2.3:", NULL, "CC0254"},
    {"san.hardware", "1.2.3:0a1", NULL, "CC0254"},
    {"san.hardware", "1.2.3.:0a", NULL, "CC0254"},
    {"san.hardware", ":0a", NULL, "CC0254"},
    {"san.hardware", "0a", NULL, "CC0254"},
    {"san.permanent", "1.2.3:x:y", "1.2.3:x:y", NULL},
    {"san.permanent", ":x", ":x", NULL},
    {"san.permanent", "x", NULL, "CC0255"},
    {"san.permanent", "x:y", NULL, "CC0255"},
    {"san.permanent", ":", NULL, "CC0255"},
    {"san.permanent", "1.2.3:", NULL, "CC0255"},
    {"san.permanent", ":a\nb", NULL, "CC0272"},
    {"san.any", "EMAIL:Alice@example.com", "email:Alice@example.com", NULL},
    {"san.any", "ip:2001:DB8::0:1", "ip:2001:db8::1", NULL},
    {"san.any", "rid:1.2.3", "rid:1.2.3", NULL},
    {"san.any", "hardware:1.2.3:0A", "hardware:1.2.3:0a", NULL},
    {"san.any", "permanent::x", "permanent::x", NULL},
    {"san.any", "alice@example.com", NULL, "CC0256"},
    {"san.any", "email", NULL, "CC0256"},
    {"san.any", "", NULL, "CC0256"},
    {"san.any", "ip:x", NULL, "CC0280"},
    {"san.any", "email:a\nb", NULL, "CC0272"},
};

TEST_LOOP(an_operand_is_a_value_that_a_certificate_can_have, 0, COUNT(operands))
{
    cc_fieldref_t ref;
    cc_value_t value;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_field_find(&ref, operands[_i].field, pool, NULL), APR_SUCCESS);
    ck_assert_int_eq(cc_field_operand(&value, &ref, operands[_i].written, pool, &err),
                     operands[_i].text ? APR_SUCCESS : APR_EINVAL);
    if (operands[_i].text) {
        ck_assert_str_eq(value.text, operands[_i].text);
        ck_assert_uint_eq(value.key_len, strlen(value.text));
        ck_assert_mem_eq(value.key, value.text, value.key_len);
    } else {
        ck_assert_str_eq(err.tag, operands[_i].tag);
    }
}

/* ---- many names -------------------------------------------------------------------------- */

#define NAMES 2000
#define MOST_OCTETS 20000000 /* in all; each name and each attribute for each other takes more */

/* The memory of this process in octets. */
static long resident(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    long pages = 0;

    ck_assert_int_eq(fscanf(in, "%*d %ld", &pages), 1);
    fclose(in);
    return pages * sysconf(_SC_PAGESIZE);
}

static certs_octets_t repeated(certs_octets_t name)
{
    char *data = apr_palloc(pool, NAMES * (apr_size_t)name.len);

    for (int i = 0; i < NAMES; i++)
        memcpy(data + i * name.len, name.data, (size_t)name.len);
    return (certs_octets_t){data, NAMES * name.len};
}

TEST(permanent_identifiers_do_not_multiply_the_serial_numbers_of_the_subject)
{
    certs_attribute_t serials[NAMES + 1] = {END};
    cc_cert_t *cert;
    long before;

    for (int i = 0; i < NAMES; i++)
        serials[i] = two_serials[0];
    cert = with(serials, repeated(permanent(NONE, NONE)));
    before = resident();
    ck_assert_int_eq(certs_values(cert, "san.any", pool).count, NAMES);
    ck_assert_int_lt(resident() - before, MOST_OCTETS);
}

TEST(names_of_another_type_take_no_memory)
{
    cc_cert_t *cert = with(NULL, repeated(other(TYPE, text("a"))));
    long before = resident();

    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(certs_values(cert, "san.upn", pool).count, 0);
    ck_assert_int_lt(resident() - before, MOST_OCTETS);
}

SUITE("othernames", .setup = setup, .teardown = teardown);
