/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the FASC-N of a PIV card (NIST SP 800-73), and the digits of its identifier. */
#include <string.h>

#include <apr_strings.h>

#include "cert/internal.h"

#define FASCN_OCTETS 25
#define FASCN_CHARACTERS 40

/*
 * The characters of a FASC-N (PACS Technical Implementation Guidance 2.3, 6): four bits, the lowest
 * first, and a bit of odd parity. D is a digit.
 */
#define START 11
#define SEPARATOR 13
#define END 15
static const char layout[FASCN_CHARACTERS + 1] = "sDDDD-DDDD-DDDDDD-D-D-DDDDDDDDDDDDDDDDex";

static unsigned bit_at(const unsigned char *octets, int i)
{
    return octets[i / 8] >> (7 - i % 8) & 1U;
}

/* The four bits of a character, or -1 if its parity is wrong. */
static int character_at(const unsigned char *octets, int i)
{
    unsigned value = 0, ones = 0;

    for (int bit = 0; bit < 5; bit++) {
        unsigned set = bit_at(octets, 5 * i + bit);

        ones += set;
        value |= bit < 4 ? set << bit : 0;
    }
    return ones % 2 ? (int)value : -1;
}

static bool is_in_place(int character, char place)
{
    switch (place) {
    case 's':
        return character == START;
    case '-':
        return character == SEPARATOR;
    case 'e':
        return character == END;
    case 'D':
        return character >= 0 && character <= 9;
    default: /* the check character, which all others determine */
        return character >= 0;
    }
}

/* Puts the digits and separators into `text`. False if the FASC-N is not valid. */
static bool characters_read(char text[FASCN_CHARACTERS + 1], const unsigned char *octets)
{
    int check = 0;

    for (int i = 0; i < FASCN_CHARACTERS; i++) {
        int character = character_at(octets, i);

        if (!is_in_place(character, layout[i])) {
            return false;
        }
        check ^= character;
        text[i] = layout[i] == 'D' ? (char)('0' + character) : layout[i];
    }
    text[FASCN_CHARACTERS] = '\0';
    return check == 0;
}

/* The octets, or NULL with *value unusable. */
static const unsigned char *octets_of(const ASN1_TYPE *type, cc_value_t *value, apr_pool_t *p)
{
    const ASN1_STRING *string = type->type == V_ASN1_OCTET_STRING ? type->value.octet_string : NULL;

    if (string && ASN1_STRING_length(string) == FASCN_OCTETS) {
        return ASN1_STRING_get0_data(string);
    }
    *value = cc_value_unusable("it is not an OCTET STRING of 25 octets", NULL, 0, p);
    return NULL;
}

cc_value_t cc_othername_fascn(const ASN1_TYPE *type, apr_pool_t *p)
{
    cc_value_t value = {0};
    const unsigned char *octets = octets_of(type, &value, p);

    return octets ? cc_value_octets(octets, FASCN_OCTETS, p) : value;
}

/* Agency code, system code and credential number (NIST SP 800-116), with a "-" after the others. */
#define IDENTIFIER_FORM "DDDD-DDDD-DDDDDD"
#define IDENTIFIER_LEN (sizeof(IDENTIFIER_FORM) - 1)

cc_value_t cc_othername_fascn_identifier(const ASN1_TYPE *type, apr_pool_t *p)
{
    char text[FASCN_CHARACTERS + 1];
    cc_value_t value = {0};
    const unsigned char *octets = octets_of(type, &value, p);

    if (!octets) {
        return value;
    }
    if (!characters_read(text, octets)) {
        return cc_value_unusable("its parity, separators or check character are wrong", octets,
                                 FASCN_OCTETS, p);
    }
    return cc_value_text(text + 1, IDENTIFIER_LEN, p);
}

/* ---- operands ---------------------------------------------------------------------------- */

apr_status_t cc_operand_fascn(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                              cc_error_t *err)
{
    const char *hex = cc_hex_read(text, p);

    (void)variant;
    if (!hex || strlen(hex) != 2 * FASCN_OCTETS) {
        return cc_error_set(err, p, "CC0253", text,
                            "not a FASC-N; write all its 50 hex digits (colons and spaces are "
                            "ignored), or its agency code, system code and credential number as "
                            "san.fascn.identifier");
    }
    *value = cc_value_words(hex, p);
    return APR_SUCCESS;
}

static bool has_form(const char *text, const char *form)
{
    for (; *form; form++, text++) {
        if (*form == 'D' ? *text < '0' || *text > '9' : *text != *form) {
            return false;
        }
    }
    return !*text;
}

apr_status_t cc_operand_fascn_identifier(cc_value_t *value, const char *text, int variant,
                                         apr_pool_t *p, cc_error_t *err)
{
    (void)variant;
    if (!has_form(text, IDENTIFIER_FORM)) {
        return cc_error_set(err, p, "CC0253", text,
                            "not the identifier of a FASC-N; write agency code, system code and "
                            "credential number, such as 0032-0001-092446");
    }
    *value = cc_value_words(text, p);
    return APR_SUCCESS;
}
