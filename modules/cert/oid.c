/* SPDX-License-Identifier: Apache-2.0 */
/* Converts object identifiers to and from text: the dotted form, or OpenSSL's names. */
#include <string.h>

#include <openssl/objects.h>

#include "cert/internal.h"

const char *cc_oid_dotted(const ASN1_OBJECT *object, apr_pool_t *p)
{
    char small[80];
    int len = OBJ_obj2txt(small, sizeof(small), object, 1);
    char *text = NULL;

    if (len <= 0) {
        return NULL;
    }
    text = apr_palloc(p, (apr_size_t)len + 1);
    OBJ_obj2txt(text, len + 1, object, 1);
    return text;
}

static apr_status_t object_free(void *object)
{
    ASN1_OBJECT_free(object);
    return APR_SUCCESS;
}

/* `dotted` true: only the dotted form; false: names as well. */
static const ASN1_OBJECT *object_read(const char *text, bool dotted, apr_pool_t *p)
{
    const cc_algorithm_t *algorithm = dotted ? NULL : cc_algorithm_named(text);
    ASN1_OBJECT *object = OBJ_txt2obj(algorithm ? algorithm->oid : text, dotted || algorithm);

    if (object) {
        apr_pool_cleanup_register(p, object, object_free, apr_pool_cleanup_null);
    }
    return object;
}

const ASN1_OBJECT *cc_oid_read(const char *text, apr_pool_t *p)
{
    const ASN1_OBJECT *object = object_read(text, true, p);
    const char *dotted = object ? cc_oid_dotted(object, p) : NULL;

    /*
     * OpenSSL also accepts spaces, a trailing dot and leading zeros; in a rule there is only one
     * form.
     */
    return dotted && strcmp(dotted, text) == 0 ? object : NULL;
}

const ASN1_OBJECT *cc_oid_find(const char *text, apr_pool_t *p, cc_error_t *err)
{
    const ASN1_OBJECT *object = cc_oid_read(text, p);

    if (!object) {
        cc_error_set(
            err, p, "CC0271", text,
            "not an object identifier; write it in dotted form, such as 1.3.6.1.5.5.7.1.1");
    }
    return object;
}

/* A name of this style, or the dotted form if there is no name. */
static const char *name_of(const ASN1_OBJECT *object, const char *dotted, cc_oid_style_t style)
{
    const cc_algorithm_t *algorithm = cc_algorithm_find(dotted);
    int nid = OBJ_obj2nid(object);

    switch (style) {
    case CC_OID_SHORT:
        return algorithm ? algorithm->other_name : nid != NID_undef ? OBJ_nid2sn(nid) : dotted;
    case CC_OID_LONG:
        return algorithm ? algorithm->name : nid != NID_undef ? OBJ_nid2ln(nid) : dotted;
    default:
        return dotted;
    }
}

cc_value_t cc_value_oid(const ASN1_OBJECT *object, cc_oid_style_t style, apr_pool_t *p)
{
    const char *dotted = cc_oid_dotted(object, p);
    cc_value_t value = {0};

    if (!dotted) {
        return cc_value_unusable("it is an object identifier that cannot be decoded",
                                 OBJ_get0_data(object), OBJ_length(object), p);
    }
    value = cc_value_words(name_of(object, dotted, style), p);
    value.key = dotted;
    value.key_len = strlen(dotted);
    return value;
}

apr_status_t cc_operand_oid(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                            cc_error_t *err)
{
    bool is_name = *text && strspn(text, "0123456789. ") != strlen(text);
    const ASN1_OBJECT *object = is_name ? object_read(text, false, p) : cc_oid_read(text, p);

    if (!object) {
        return cc_error_set(err, p, "CC0279", text,
                            "neither a dotted object identifier nor OpenSSL's name for one; write "
                            "the dotted form, or a name such as clientAuth");
    }
    *value = cc_value_oid(object, (cc_oid_style_t)variant, p);
    return APR_SUCCESS;
}
