/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the CAs of the virtual host, which may change while it runs (ClientCertCA). */
/*
 * A version is made from the CAs of one time. When the CAs have changed, the next poll takes them
 * again and makes another version, whatever the files do: CRLs of CAs that are gone have no signer
 * in it, and are foreign. A file with foreign CRLs, or with a state that was not accepted, is read
 * again, since one of these may be of a CA that has come.
 *
 * Between the arrival of a CA and the end of the reading, a certificate of the CA may be unknown
 * only because its CRL is not loaded yet. So a version also has the CAs for which all files were
 * read. An unknown certificate with another CA in its chain is not accepted, even with
 * missing=allow. Clients of the other CAs are not affected.
 */
#include "crl/internal.h"

bool cc_crls_cas_changed(const cc_crls_t *crls)
{
    cc_cas_t *cas = cc_trust_cas(crls->trust);

    return cas && cc_cas_generation(cas) != crls->cas_generation;
}

/* The generation is read first: if the CAs change meanwhile, they are taken once more. */
void cc_crls_cas_take(cc_crls_t *crls)
{
    cc_cas_t *cas = cc_trust_cas(crls->trust);

    crls->cas_generation = cas ? cc_cas_generation(cas) : 0;
    cc_crl_authorities_release(crls->cas);
    crls->cas = cc_crl_authorities_of_trust(crls->trust);
}

void cc_crls_cas_read(cc_crls_t *crls)
{
    cc_crl_authorities_release(crls->read_for);
    crls->read_for = cc_crl_authorities_hold(crls->cas);
}

/* ---- a change of the CAs --------------------------------------------------------------------- */

static void content_follow(const cc_crls_t *crls, cc_crl_content_t *content)
{
    if (sk_X509_num(content->certs) > 0) {
        cc_crl_authorities_release(content->authorities);
        content->authorities = cc_crl_authorities_verify(crls->trust, content->certs);
    }
}

static void file_follow(const cc_crls_t *crls, cc_crl_file_t *file)
{
    bool foreign = file->content && file->content->foreign->nelts > 0;

    if (file->content) {
        content_follow(crls, file->content);
    }
    file->behind = file->behind || foreign;
    file->again =
        file->behind || (file->state != CC_CRL_FILE_TAKEN && file->state != CC_CRL_FILE_OTHER);
}

void cc_crls_cas_follow(cc_crls_t *crls)
{
    if (!cc_crls_cas_changed(crls)) {
        return;
    }
    cc_crls_cas_take(crls);
    crls->outdated = true;
    for (int i = 0; i < crls->files->nelts; i++) {
        file_follow(crls, APR_ARRAY_IDX(crls->files, i, cc_crl_file_t *));
    }
}

/* ---- the end of the reading ------------------------------------------------------------------ */

/* True if the file may contain a CRL that has not been read since the CAs changed. */
static bool is_unread(const cc_crl_file_t *file)
{
    return !file->present || file->behind || file->again || file->state == CC_CRL_FILE_NEW ||
           file->state == CC_CRL_FILE_UNFINISHED || !cc_file_stamp_same(&file->stamp, &file->seen);
}

static bool is_all_read(const cc_crls_t *crls)
{
    for (int i = 0; i < crls->sources->nelts; i++) {
        if (APR_ARRAY_IDX(crls->sources, i, const cc_crl_source_t).reported) {
            return false;
        }
    }
    for (int i = 0; i < crls->files->nelts; i++) {
        if (is_unread(APR_ARRAY_IDX(crls->files, i, const cc_crl_file_t *))) {
            return false;
        }
    }
    return true;
}

void cc_crls_cas_polled(cc_crls_t *crls)
{
    if (crls->read_for != crls->cas && is_all_read(crls)) {
        cc_crls_cas_read(crls);
        crls->outdated = true;
    }
}
