/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the types of alternative names that san.any has, and reads its operands. */
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "cert/internal.h"

/*
 * A prefix is the name of the field of this type, and a colon. It ends at the first colon, so a
 * name cannot be taken for one of another type, whatever its text is.
 */
static const cc_san_type_t types[] = {
    {"email:", CC_SAN_EMAIL, cc_operand_text},
    {"dns:", CC_SAN_DNS, cc_operand_text},
    {"uri:", CC_SAN_URI, cc_operand_text},
    {"ip:", CC_SAN_IP, cc_operand_ip},
    {"rid:", CC_SAN_RID, cc_operand_oid},
    {"upn:", CC_SAN_UPN, cc_operand_text},
    {"krb5:", CC_SAN_KRB5, cc_operand_text},
    {"hardware:", CC_SAN_HARDWARE, cc_operand_hardware},
    {"permanent:", CC_SAN_PERMANENT, cc_operand_permanent},
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

const cc_san_type_t *cc_san_type_at(int i)
{
    return i >= 0 && i < TYPES ? &types[i] : NULL;
}

static const cc_san_type_t *type_of(const char *text)
{
    for (int i = 0; i < TYPES; i++) {
        if (apr_cstr_casecmpn(text, types[i].prefix, strlen(types[i].prefix)) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

static apr_status_t no_type(const char *text, apr_pool_t *p, cc_error_t *err)
{
    const char *all = "";

    for (int i = 0; i < TYPES; i++) {
        all = apr_pstrcat(p, all, i ? ", " : "", types[i].prefix, NULL);
    }
    return cc_error_set(err, p, "CC0256", text,
                        "no value of san.any; write the type of the name before it, one of %s",
                        all);
}

apr_status_t cc_operand_san_any(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                                cc_error_t *err)
{
    const cc_san_type_t *type = type_of(text);
    apr_status_t status;

    if (!type) {
        return no_type(text, p, err);
    }
    status = type->operand(value, text + strlen(type->prefix), variant, p, err);
    if (status == APR_SUCCESS) {
        *value = cc_value_words(apr_pstrcat(p, type->prefix, value->text, NULL), p);
    }
    return status;
}
