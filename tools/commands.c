/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the commands, with their options and the texts of their help. */
#include <string.h>

#include "commands.h"

#define ASKS (CC_WITH_SERVER | CC_WITH_JSON) /* queries the server */

static const cc_command_t all[] = {
    {.name = "show",
     .arguments = "FILE",
     .least = 1,
     .most = 1,
     .with = CC_WITH_JSON | CC_WITH_ALL_FIELDS | CC_WITH_PASSIN,
     .run = cc_show_run,
     .summary = "suggest a rule for a certificate, and print the values that rules can use",
     .description =
         "Prints a rule that would map the certificate (PEM, DER or PKCS#12; - for standard "
         "input), "
         "and the usual values of the certificate, each as a condition that can be pasted into "
         "ClientCertMap. A value that rules cannot use is printed as a comment. The password of a "
         "PKCS#12 file is asked for, or taken from -passin.",
     .status = "0  success",
     .examples = "clientcert show alice.pem\nclientcert show --all --json alice.pem"},
    {.name = "explain",
     .arguments = "FILE ...",
     .least = 1,
     .most = -1,
     .with = ASKS | CC_WITH_VHOST | CC_WITH_PATH | CC_WITH_VIA | CC_WITH_ALL_RULES | CC_WITH_PASSIN,
     .run = cc_explain_run,
     .summary = "show to which user and groups the server maps certificates, and why",
     .description =
         "Shows to which user and groups the server would map the certificate, by which rules, "
         "whether it would verify the certificate, and with --path, whether it would grant access, "
         "with the answer of each Require; with --account, to a request that asks for this "
         "account. "
         "Of the rules that do not match, the ten closest are "
         "shown; --all shows every rule. With --via, the certificate comes from a trusted proxy. "
         "Several files, or the files of a directory, have one line each.",
     .status = "0  each certificate has a user or a group, and access to the path\n"
               "1  a certificate has no user and no group, or its access is not certain\n"
               "2  it is unknown, since a lookup failed",
     .examples = "clientcert explain --vhost www.example.com --path /admin/ bob.pem\n"
                 "clientcert explain people/"},
    {.name = "rules",
     .arguments = "",
     .with = ASKS | CC_WITH_VHOST,
     .run = cc_rules_run,
     .summary = "list all rules of the server, and where they are in effect",
     .description = "Lists all rules of the server, and the virtual hosts in which they are in "
                    "effect.",
     .status = "0  success",
     .examples = "clientcert rules -f /srv/web/httpd.conf -D TESTING --json"},
    {.name = "check",
     .arguments = "",
     .with = ASKS,
     .run = cc_check_run,
     .summary = "report likely mistakes, faulty files of CAs and CRLs, and failed tests",
     .description = "Reports likely mistakes in the configuration, faulty files of CAs and "
                    "CRLs, and failed ClientCertTests.",
     .status = "0  there are none\n"
               "1  there is a likely mistake, a faulty file or a failed test",
     .examples = "clientcert check -f \"$PWD/httpd.conf\" || exit 1"},
    {.name = "revoked",
     .arguments = "FILE ...",
     .least = 1,
     .most = -1,
     .with = ASKS | CC_WITH_VHOST | CC_WITH_PASSIN,
     .run = cc_revoked_run,
     .summary = "check whether certificates were revoked, by CRLs and OCSP",
     .description =
         "Checks the CRLs and asks the OCSP responder of the server whether the certificate was "
         "revoked, and shows how old their answers are.",
     .status = "0  each certificate is good\n"
               "1  a certificate was revoked, or its status is unknown",
     .examples = "clientcert revoked --vhost www.example.com bob.pem"},
    {.name = "table",
     .arguments = "NAME [KEY]",
     .least = 1,
     .most = 2,
     .with = ASKS | CC_WITH_VHOST | CC_WITH_TABLE,
     .run = cc_table_run,
     .summary = "check a ClientCertTable, or look a key up in it",
     .description =
         "Reads the table of this name as the server would when it starts, and reports its rows, "
         "or "
         "the lines at fault. With KEY, looks the key up, and prints the columns of its row. With "
         "--file, tries another file in place of the table's own, before it replaces that file. "
         "With --issuer, looks up the row of this CA, in a table with the option issuer=. "
         "Tables of type sql and ldap need a running server.",
     .status = "0  the table can be read, or has the key\n"
               "1  the table does not have the key\n"
               "2  the lookup failed",
     .examples = "clientcert table people\n"
                 "clientcert table people alice@example.com\n"
                 "clientcert table --file people.new people && mv people.new people.map"},
    {.name = "trust",
     .arguments = "",
     .with = ASKS | CC_WITH_VHOST,
     .run = cc_trust_run,
     .summary = "list the CAs whose clients are accepted",
     .description =
         "Lists the CAs whose clients virtual hosts accept, in the order in which they expire, "
         "each with its digest, file, dates, key and signature. Weak keys and signatures are "
         "marked. Reads the files that the configuration names now; the running server may still "
         "have earlier CAs in use.",
     .status = "0  no CA has expired\n"
               "1  a CA has expired, or a virtual host that requests certificates trusts no CA",
     .examples = "clientcert trust --vhost www.example.com"},
    {.name = "diff",
     .arguments = "FILE ...",
     .least = 1,
     .most = -1,
     .with = ASKS | CC_WITH_VHOST | CC_WITH_PATH | CC_WITH_PASSIN,
     .run = cc_diff_run,
     .summary = "show which certificates two configurations map differently",
     .description =
         "Reads two configurations, -f OLD -f NEW, and prints a line for each certificate that "
         "they map to different users or groups or, with --path, give different access. All other "
         "options apply to both.",
     .status = "0  no certificate differs\n"
               "1  at least one differs",
     .examples = "clientcert diff -f httpd.conf -f \"$PWD/httpd.new.conf\" people/"},
    {.name = "replay",
     .arguments = "LEDGER [FILE ...]",
     .least = 1,
     .most = -1,
     .with = ASKS | CC_WITH_VHOST | CC_WITH_PATH,
     .run = cc_replay_run,
     .summary = "show what the rules make of the certificates of a ledger",
     .description =
         "Reads the JSON of clientcert-ledger (- for standard input), and shows to which user and "
         "groups the server, or the configuration of -f, would map each certificate. A ledger "
         "without names has no certificates: name their files, which are found by their digest. "
         "The virtual host is that of the ledger, unless --vhost names another one.",
     .status = "0  each certificate has a user or a group and, with --path, access\n"
               "1  a certificate has no user and no group, or its access is not certain\n"
               "2  it is unknown, since there is no certificate or a lookup failed",
     .examples = "curl -s https://www.example.com/ledger?format=json | clientcert replay -\n"
                 "clientcert replay -f \"$PWD/httpd.new.conf\" ledger.json people/"},
    {.name = "convert",
     .arguments = "KIND [FILE]",
     .most = 2,
     .with = CC_WITH_KIND,
     .run = cc_convert_run,
     .summary = "convert the mapping of another product to rules or a table",
     .description =
         "Converts a mapping of another product, in FILE or standard input (-), and prints rules, "
         "conditions or a table with the same meaning. What has no exact counterpart is left out, "
         "and reported with its line and the reason. KIND is fakebasicauth (the password file of "
         "mod_ssl), sslrequire (SSLRequire and Require expr), nginx (a map), haproxy-str, "
         "haproxy-beg or haproxy-reg (a map file for map_str, map_beg or map_reg), or gridmap (a "
         "grid-mapfile).",
     .status = "0  all was converted\n"
               "1  something was left out",
     .examples = "clientcert convert fakebasicauth conf/dn-users > conf/people.map\n"
                 "clientcert convert haproxy-str --field subject.CN users.map > conf/people.map"},
    {.name = "message",
     .arguments = "[TAG]",
     .most = 1,
     .run = cc_message_run,
     .summary = "explain a message by its tag, such as CC0110",
     .description =
         "Prints what the message with this tag means, and what to do. TAG is CC0110, cc0110, 110, "
         "or a line of the log that contains one tag. Without TAG, lists all messages.",
     .status = "0  success",
     .examples = "clientcert message CC0110"},
    {.name = "fields",
     .arguments = "",
     .run = cc_reference_fields,
     .summary = "print the table of fields, in Markdown",
     .description = "Prints the table of all fields of the reference, in Markdown.",
     .status = "0  success"},
    {.name = "operators",
     .arguments = "",
     .run = cc_reference_operators,
     .summary = "print the table of operators, in Markdown",
     .description = "Prints the table of all operators of the reference, in Markdown.",
     .status = "0  success"},
    {.name = "modifiers",
     .arguments = "",
     .run = cc_reference_modifiers,
     .summary = "print the table of modifiers, in Markdown",
     .description = "Prints the table of all modifiers of the reference, in Markdown.",
     .status = "0  success"},
    {.name = "commands",
     .arguments = "",
     .run = cc_help_commands,
     .summary = "list all commands and options, for completion",
     .description =
         "Lists all commands and options, one on each line, in four columns that tabs separate: "
         "command, option, value and summary. In the line of a command itself, the option is -, "
         "and the value is its arguments. A value that does not exist is -, too. The last lines, "
         "for "
         "the command KIND, have the kinds of convert in place of options.",
     .status = "0  success"},
    {.name = "help",
     .arguments = "[COMMAND]",
     .most = 1,
     .run = cc_help_run,
     .summary = "describe a command",
     .description =
         "Prints the help of a command, as COMMAND --help does; without COMMAND, the list of "
         "all commands. --help and -h are other names of this command.",
     .status = "0  success",
     .examples = "clientcert help explain"},
    {.name = "version",
     .arguments = "",
     .run = cc_version_run,
     .summary = "print the version",
     .description = "Prints the version. --version is another name of this command.",
     .status = "0  success"},
};

#define COUNT ((int)(sizeof(all) / sizeof(all[0])))

const cc_command_t *cc_command_at(int i)
{
    return i < COUNT ? &all[i] : NULL;
}

const cc_command_t *cc_command_find(const char *name)
{
    for (int i = 0; i < COUNT; i++) {
        if (!strcmp(all[i].name, name)) {
            return &all[i];
        }
    }
    return NULL;
}
