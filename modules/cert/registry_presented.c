/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the fields of the registry that say how a certificate was presented, and its status. */
#include "cert/registry.h"

#define ONE false
#define TEXT CC_TYPE_TEXT

static const cc_field_row_t rows[] = {
    /* ---- revocation ---- */
    {{"revocation", TEXT, ONE, false, NULL,
      "Revocation status by CRLs and OCSP: good, revoked, unknown (no source knows the status), "
      "or unchecked (no check is configured).",
      "revocation == good"},
     cc_fact_extract,
     cc_operand_fact,
     CC_FACT_REVOCATION,
     NULL,
     true},
    {{"revocation.reason", TEXT, ONE, false, NULL,
      "Reason for the revocation, by its name in RFC 5280 5.3.1: keyCompromise, superseded ...",
      "revocation.reason == keyCompromise"},
     cc_fact_extract,
     cc_operand_fact,
     CC_FACT_REASON,
     NULL,
     true},
    {{"revocation.date", CC_TYPE_TIME, ONE, false, NULL, "Date of the revocation.",
      "revocation.date > 2026-01-01"},
     cc_fact_extract,
     cc_operand_time,
     CC_FACT_REVOKED_AT,
     NULL,
     true},

    /* ---- the connection ---- */
    {{"tls.version", TEXT, ONE, false, NULL, "TLS version of the connection.",
      "tls.version == TLSv1.3"},
     cc_fact_extract,
     cc_operand_text,
     CC_FACT_VERSION,
     NULL,
     true},
    {{"tls.cipher", TEXT, ONE, false, NULL, "Cipher suite of the connection, by OpenSSL's name.",
      "tls.cipher == TLS_AES_256_GCM_SHA384"},
     cc_fact_extract,
     cc_operand_text,
     CC_FACT_CIPHER,
     NULL,
     true},
    {{"tls.sni", TEXT, ONE, false, NULL,
      "Server name that the client requested (server_name extension).",
      "tls.sni == www.example.com"},
     cc_fact_extract,
     cc_operand_text,
     CC_FACT_SNI,
     NULL,
     true},
    {{"tls.resumed", TEXT, ONE, false, NULL, "Whether the TLS session was resumed: true or false.",
      "tls.resumed == false"},
     cc_fact_extract,
     cc_operand_boolean,
     CC_FACT_RESUMED,
     NULL,
     true},

    /* ---- how the certificate reached this server ---- */
    {{"via", TEXT, ONE, false, NULL,
      "How the certificate reached this server: tls (the client's own connection), or by a trusted "
      "proxy: header or proxy-protocol.",
      "via == tls"},
     cc_fact_extract,
     cc_operand_fact,
     CC_FACT_VIA,
     NULL,
     true},
    {{"via.proxy", TEXT, ONE, false, NULL,
      "IP address of the trusted proxy that passed the certificate on, in the shortest form (RFC "
      "5952), or unix for a socket. No value with tls.",
      "via.proxy == 192.0.2.1"},
     cc_fact_extract,
     cc_operand_proxy,
     CC_FACT_VIA_PROXY,
     NULL,
     true},
    {{"pinned", TEXT, ONE, false, NULL,
      "Whether the certificate counts because its key is pinned (ClientCertPinned), and not for "
      "its "
      "issuer: true or false.",
      "pinned == true"},
     cc_fact_extract,
     cc_operand_boolean,
     CC_FACT_PINNED,
     NULL,
     true},
};

const cc_field_rows_t cc_presented_rows = {rows, (int)(sizeof(rows) / sizeof(rows[0]))};
