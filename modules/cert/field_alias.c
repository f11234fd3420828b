/* SPDX-License-Identifier: Apache-2.0 */
/* Lists names that RFCs and other programs use for fields, with the names of the fields here. */
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "cert/registry.h"

/*
 * mod_ssl: SSL_CLIENT_S_DN_CN; nginx: $ssl_client_s_dn; HAProxy: ssl_c_s_dn(cn); RFC 5280:
 * rfc822Name; Windows: Thumbprint. Names are in lower case, without all that is not a letter or
 * digit, and sorted.
 */
static const cc_field_alias_t aliases[] = {
    {"altname", "san.email san.dns san.uri san.upn"},
    {"altsecurityidentities", "altsec.issuer_serial altsec.ski altsec.spki"},
    {"authoritykeyid", "aki"},
    {"authoritykeyidentifier", "aki"},
    {"basicconstraints", "is_ca"},
    {"bits", "key.bits"},
    {"c", "subject.C"},
    {"ca", "is_ca"},
    {"cert", "pem der"},
    {"certfingerprint", "sha256 sha1"},
    {"certificate", "pem der"},
    {"certificatepolicies", "policy"},
    {"certificatepolicy", "policy"},
    {"certificateserialnumber", "serial"},
    {"certpolicies", "policy"},
    {"certserial", "serial"},
    {"cipher", "tls.cipher"},
    {"ciphersuite", "tls.cipher"},
    {"cn", "subject.CN"},
    {"commonname", "subject.CN"},
    {"country", "subject.C"},
    {"countryname", "subject.C"},
    {"curve", "key.curve"},
    {"dc", "subject.DC"},
    {"digest", "sha256 sha1"},
    {"directoryname", "san.dirname"},
    {"dirname", "san.dirname"},
    {"distinguishedname", "subject"},
    {"dn", "subject"},
    {"dns", "san.dns"},
    {"dnsname", "san.dns"},
    {"dnssrv", "san.other.1.3.6.1.5.5.7.8.7"},
    {"domaincomponent", "subject.DC"},
    {"dsobjectguid", "san.der.1.3.6.1.4.1.311.25.1"},
    {"email", "san.email subject.emailAddress"},
    {"emailaddress", "san.email subject.emailAddress"},
    {"enddate", "not_after"},
    {"enhancedkeyusage", "eku"},
    {"expirationdate", "not_after"},
    {"expires", "not_after"},
    {"expiry", "not_after"},
    {"extendedkeyusage", "eku"},
    {"extkeyusage", "eku"},
    {"fascn", "san.fascn.identifier san.fascn"},
    {"fascnidentifier", "san.fascn.identifier"},
    {"fingerprint", "sha256 sha1"},
    {"fqdn", "san.dns"},
    {"givenname", "subject.givenName"},
    {"hardwaremodulename", "san.hardware"},
    {"hash", "sha256 sha1"},
    {"hwserialnum", "san.hardware"},
    {"idn", "issuer"},
    {"idondnssrv", "san.other.1.3.6.1.5.5.7.8.7"},
    {"idonhardwaremodulename", "san.hardware"},
    {"idonpermanentidentifier", "san.permanent"},
    {"idonsmtputf8mailbox", "san.email"},
    {"idonxmppaddr", "san.other.1.3.6.1.5.5.7.8.5"},
    {"ip", "san.ip"},
    {"ipaddress", "san.ip"},
    {"issuercn", "issuer.CN"},
    {"issuercommonname", "issuer.CN"},
    {"issuerdn", "issuer"},
    {"issuername", "issuer"},
    {"issuero", "issuer.O"},
    {"issuerou", "issuer.OU"},
    {"kerberosprincipal", "san.krb5"},
    {"keyalgorithm", "key.type"},
    {"keylength", "key.bits"},
    {"keysize", "key.bits"},
    {"keyusage", "ku"},
    {"krb5principalname", "san.krb5"},
    {"l", "subject.L"},
    {"locality", "subject.L"},
    {"localityname", "subject.L"},
    {"mail", "san.email subject.emailAddress"},
    {"msguid", "san.der.1.3.6.1.4.1.311.25.1"},
    {"msupn", "san.upn"},
    {"namedcurve", "key.curve"},
    {"ntdsreplication", "san.der.1.3.6.1.4.1.311.25.1"},
    {"ntprincipalname", "san.upn"},
    {"o", "subject.O"},
    {"objectsid", "sid"},
    {"organization", "subject.O"},
    {"organizationalunit", "subject.OU"},
    {"organizationalunitname", "subject.OU"},
    {"organizationname", "subject.O"},
    {"ou", "subject.OU"},
    {"permanentidentifier", "san.permanent"},
    {"pinsha256", "spki.sha256"},
    {"pivfascn", "san.fascn.identifier san.fascn"},
    {"policyoid", "policy"},
    {"principalname", "san.upn"},
    {"protocol", "tls.version"},
    {"publickey", "spki.sha256"},
    {"publickeyalgorithm", "key.type"},
    {"registeredid", "san.rid"},
    {"revocationstatus", "revocation"},
    {"revoked", "revocation"},
    {"rfc822", "san.email"},
    {"rfc822name", "san.email"},
    {"rid", "san.rid"},
    {"san", "san.email san.dns san.uri san.upn"},
    {"sdn", "subject"},
    {"securityidentifier", "sid"},
    {"serialno", "serial"},
    {"serialnumber", "serial subject.serialNumber"},
    {"servername", "tls.sni"},
    {"sha1fingerprint", "sha1"},
    {"sha256fingerprint", "sha256"},
    {"sha384fingerprint", "sha384"},
    {"sha512fingerprint", "sha512"},
    {"smtputf8mailbox", "san.email"},
    {"sn", "serial subject.SN"},
    {"sni", "tls.sni"},
    {"spiffeid", "san.uri"},
    {"spki", "spki.sha256"},
    {"srvname", "san.other.1.3.6.1.5.5.7.8.7"},
    {"sslcchainder", "chain.der"},
    {"sslcder", "der"},
    {"sslcidn", "issuer"},
    {"sslcidnc", "issuer.C"},
    {"sslcidncn", "issuer.CN"},
    {"sslcidno", "issuer.O"},
    {"sslcidnou", "issuer.OU"},
    {"sslcipher", "tls.cipher"},
    {"sslckeyalg", "key.type"},
    {"sslclientakey", "key.type"},
    {"sslclientasig", "signature.algorithm"},
    {"sslclientcert", "pem"},
    {"sslclientcertchain", "chain.pem"},
    {"sslclientescapedcert", "pem"},
    {"sslclientfingerprint", "sha1"},
    {"sslclientidn", "issuer"},
    {"sslclientidnc", "issuer.C"},
    {"sslclientidncn", "issuer.CN"},
    {"sslclientidnd", "issuer.description"},
    {"sslclientidnemail", "issuer.emailAddress"},
    {"sslclientidng", "issuer.givenName"},
    {"sslclientidni", "issuer.initials"},
    {"sslclientidnl", "issuer.L"},
    {"sslclientidnlegacy", "issuer"},
    {"sslclientidno", "issuer.O"},
    {"sslclientidnou", "issuer.OU"},
    {"sslclientidns", "issuer.SN"},
    {"sslclientidnsp", "issuer.ST"},
    {"sslclientidnst", "issuer.ST"},
    {"sslclientidnt", "issuer.title"},
    {"sslclientidnuid", "issuer.UID"},
    {"sslclientmserial", "serial"},
    {"sslclientmversion", "version"},
    {"sslclientrawcert", "pem"},
    {"sslclientsandns", "san.dns"},
    {"sslclientsanemail", "san.email"},
    {"sslclientsanothermsupn", "san.upn"},
    {"sslclientsdn", "subject"},
    {"sslclientsdnc", "subject.C"},
    {"sslclientsdncn", "subject.CN"},
    {"sslclientsdnd", "subject.description"},
    {"sslclientsdnemail", "subject.emailAddress"},
    {"sslclientsdng", "subject.givenName"},
    {"sslclientsdni", "subject.initials"},
    {"sslclientsdnl", "subject.L"},
    {"sslclientsdnlegacy", "subject"},
    {"sslclientsdno", "subject.O"},
    {"sslclientsdnou", "subject.OU"},
    {"sslclientsdns", "subject.SN"},
    {"sslclientsdnsp", "subject.ST"},
    {"sslclientsdnst", "subject.ST"},
    {"sslclientsdnt", "subject.title"},
    {"sslclientsdnuid", "subject.UID"},
    {"sslclientserial", "serial"},
    {"sslclientvend", "not_after"},
    {"sslclientvremain", "days_left"},
    {"sslclientvstart", "not_before"},
    {"sslcnotafter", "not_after"},
    {"sslcnotbefore", "not_before"},
    {"sslcrdn", "root.subject"},
    {"sslcrdncn", "root.subject.CN"},
    {"sslcsdn", "subject"},
    {"sslcsdnc", "subject.C"},
    {"sslcsdncn", "subject.CN"},
    {"sslcsdno", "subject.O"},
    {"sslcsdnou", "subject.OU"},
    {"sslcserial", "serial"},
    {"sslcsha1", "sha1"},
    {"sslcsha256", "sha256"},
    {"sslcsigalg", "signature.algorithm"},
    {"sslcversion", "version"},
    {"sslfccipher", "tls.cipher"},
    {"sslfcisresumed", "tls.resumed"},
    {"sslfcprotocol", "tls.version"},
    {"sslfcsni", "tls.sni"},
    {"sslprotocol", "tls.version"},
    {"sslservername", "tls.sni"},
    {"sslsessionresumed", "tls.resumed"},
    {"sslsessionreused", "tls.resumed"},
    {"ssltlssni", "tls.sni"},
    {"st", "subject.ST"},
    {"startdate", "not_before"},
    {"stateorprovincename", "subject.ST"},
    {"subjectalternativename", "san.email san.dns san.uri san.upn"},
    {"subjectaltname", "san.email san.dns san.uri san.upn"},
    {"subjectcn", "subject.CN"},
    {"subjectcommonname", "subject.CN"},
    {"subjectdn", "subject"},
    {"subjectkeyid", "ski"},
    {"subjectkeyidentifier", "ski"},
    {"subjectname", "subject"},
    {"subjecto", "subject.O"},
    {"subjectou", "subject.OU"},
    {"subjectpublickeyinfo", "spki.sha256"},
    {"surname", "subject.SN"},
    {"thumbprint", "sha1"},
    {"uid", "subject.UID"},
    {"uniformresourceidentifier", "san.uri"},
    {"upn", "san.upn"},
    {"uri", "san.uri"},
    {"url", "san.uri"},
    {"userid", "subject.UID"},
    {"userprincipalname", "san.upn"},
    {"validfrom", "not_before"},
    {"validto", "not_after"},
    {"validuntil", "not_after"},
    {"xmppaddr", "san.other.1.3.6.1.5.5.7.8.5"},
};

#define ALIAS_COUNT ((int)(sizeof(aliases) / sizeof(aliases[0])))

const cc_field_alias_t *cc_field_alias_at(int i)
{
    return i >= 0 && i < ALIAS_COUNT ? &aliases[i] : NULL;
}

/* The letters and digits of a name, without the _0 of a variable that has several values. */
static const char *folded(const char *name, apr_pool_t *p)
{
    char *key = apr_palloc(p, strlen(name) + 1);
    char *to = key;
    apr_size_t len = strlen(name);

    while (len > 0 && apr_isdigit(name[len - 1])) {
        len--;
    }
    len = len > 0 && name[len] && name[len - 1] == '_' ? len - 1 : strlen(name);
    for (apr_size_t i = 0; i < len; i++) {
        if (apr_isalnum(name[i])) {
            *to++ = (char)apr_tolower(name[i]);
        }
    }
    *to = '\0';
    return key;
}

/* A field whose name differs only in characters that are neither letters nor digits: not-before. */
static const char *own(const char *key, apr_pool_t *p)
{
    for (int i = 0; cc_field_row_at(i); i++) {
        const cc_field_t *field = cc_field_at(i);

        if (!field->argument && strcmp(folded(field->name, p), key) == 0) {
            return field->name;
        }
    }
    return NULL;
}

static int alias_compare(const void *key, const void *alias)
{
    return strcmp(key, ((const cc_field_alias_t *)alias)->name);
}

static const char *listed(const char *key)
{
    const cc_field_alias_t *alias =
        bsearch(key, aliases, ALIAS_COUNT, sizeof(aliases[0]), alias_compare);

    return alias ? alias->fields : NULL;
}

/* The part of the key after a name of the extension of alternative names, or NULL. */
static const char *alternative(const char *key)
{
    static const char *const prefixes[] = {"subjectalternativename", "subjectaltname", "san"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        apr_size_t len = strlen(prefixes[i]);

        if (strncmp(key, prefixes[i], len) == 0 && key[len]) {
            return key + len;
        }
    }
    return NULL;
}

/* "sha256 sha1" as "sha256 or sha1". */
static const char *as_choice(const char *fields, apr_pool_t *p)
{
    const char *space = strchr(fields, ' ');

    return space ? apr_pstrcat(p, apr_pstrmemdup(p, fields, (apr_size_t)(space - fields)), " or ",
                               as_choice(space + 1, p), NULL)
                 : fields;
}

/* The field among the alternative names: subjectAltName.rfc822Name. */
static const char *alternative_field(const char *key, apr_pool_t *p)
{
    const char *rest = alternative(key);
    const char *field = rest ? own(apr_pstrcat(p, "san", rest, NULL), p) : NULL;

    if (rest && !field) {
        field = listed(rest);
        field = field ? apr_pstrmemdup(p, field, strcspn(field, " ")) : NULL;
    }
    return field && strncmp(field, "san.", 4) == 0 ? field : NULL;
}

const char *cc_field_alias(const char *name, apr_pool_t *p)
{
    const char *key = folded(name, p);
    const char *fields = own(key, p);

    for (const char *c = name; *c; c++) {
        if (!apr_isalnum(*c) && !strchr("_-.:$%{}()", *c)) {
            return NULL;
        }
    }
    fields = fields ? fields : listed(key);
    fields = fields ? fields : alternative_field(key, p);
    return fields ? as_choice(fields, p) : NULL;
}
