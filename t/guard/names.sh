# SPDX-License-Identifier: Apache-2.0
# Reads from the code the names that the pages must have, one on each line.
# shellcheck shell=sh disable=SC2086  # $glue is a list of files

glue=$(files modules/httpd '*.c')
tool=${CC_BUILD:-build}/clientcert

# The rows of the command table: macro, name, arguments, help string, with tabs.
command_table() {
    perl -0777 -ne '
        my ($table) = /^const command_rec cc_directives.*?\{$(.*?)^    \{\.name = NULL\}/ms;
        while ($table =~ /^    (\w+)\("(ClientCert\w+)",\s*([^"]*),\s*"((?:[^"\\]|\\.)*)"\)/mg) {
            my @row = ($1, $2, $3, $4);
            print join("\t", map { s/\s+/ /gr } @row), "\n";
        }
    ' modules/httpd/directives.c
}
directives() { command_table | cut -f2 | LC_ALL=C sort -u; }
providers() {
    grep -ohE '(ap_register_auth_provider\([^"]*|^    provide\(p, )"[a-z-]+"' $glue |
        sed 's/.*"\(.*\)"/Require \1/' | LC_ALL=C sort -u
}
handlers() {
    grep -ohE '(r->handler|cc_handler_is\(r), "[a-z-]+"' $glue |
        sed 's/.*"\(.*\)"/SetHandler \1/' | LC_ALL=C sort -u
}
auth_types() { sed -n 's/^const char cc_auth_type\[\] = "\(.*\)";/AuthType \1/p' $glue; }
table_options() {
    grep -oE '\{(OPTION|SECONDS|NUMBER)\([a-z_]+' modules/tables/spec.c | sed 's/.*(//'
}
registry() { "$tool" "$1" | awk -F'`' '/^\| `/ { print $2 }'; } # fields | operators | modifiers
# The table of commands of the tool: command, option, value and summary, with tabs.
commands() { "$tool" commands | awk -F'\t' '$2 == "-" { print $1 }'; }
tool_options() { "$tool" commands | awk -F'\t' '$1 != "KIND" && $2 != "-" { print $2 }' | LC_ALL=C sort -u; }
