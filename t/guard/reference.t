#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that the reference agrees with the code: directives, providers, fields and operators.
. "$(dirname "$0")/lib.sh"
. t/guard/names.sh
# shellcheck disable=SC2086  # $glue is a list of files

page=doc/directives.md

# ---- the code: names, one on each line

# Every row of any macro, even one that command_table cannot read.
rows() {
    sed -n '/^const command_rec cc_directives/,/^    {\.name = NULL}/p' $glue |
        grep -oE '"ClientCert[A-Za-z]*",' | tr -d '",' | LC_ALL=C sort -u
}

# Where a row may be used, by its macro: context, then override. A function that asks for
# GLOBAL_ONLY refuses a virtual host.
contexts() {
    command_table | while IFS="$(printf '\t')" read -r macro name arguments _; do
        case "$macro $arguments" in
            SERVER_*)
                function=${arguments%%,*}
                if sed -n "/^[a-z].*[ *]$function(/,/^}/p" $glue | grep -q GLOBAL_ONLY; then
                    echo "$name: server config"
                else
                    echo "$name: server config, virtual host"
                fi
                ;;
            SECTION_*) echo "$name: server config, virtual host, directory" ;;
            *'RSRC_CONF | OR_AUTHCFG'*)
                echo "$name: server config, virtual host, directory, .htaccess; AuthConfig"
                ;;
            *'RSRC_CONF | OR_FILEINFO'*)
                echo "$name: server config, virtual host, directory, .htaccess; FileInfo"
                ;;
            *) echo "$name: the guard does not know $macro($arguments)" ;;
        esac
    done | LC_ALL=C sort
}
descriptions() { command_table | cut -f2,4 | sed 's/\t/: /' | LC_ALL=C sort; }

options() { # ca | crl | ocsp
    sed -n 's/^    {\.name = "\([a-z]*\)".*/\1/p' "modules/$1/spec.c"
}
metrics() { sed -n 's/.*"\(clientcert_[a-z_]*\)".*/\1/p' modules/httpd/metrics/families.c; }

# The words of an array, or those that a function returns.
words() { # NAME FILE
    perl -0777 -ne 'BEGIN { $name = shift }
        print map { "$_\n" } $+ =~ /"([a-z_-]+)"/g
            if /^[a-z][^\n]*[ *]$name(?:\[[^\n]*?\{(.*?)\};|\([^\n]*\)\n\{(.*?)^\})/ms' "$1" "$2"
}
results() { words cc_result_words modules/rules/verdict.c; }
page_results() { words result_words modules/httpd/status/advice.c; }
causes() { # rows of the array, and the words alone for CAs
    grep -oE '^ +"[a-z-]+", |\[CC_CAUSE_[A-Z_]+\] = (REFUSED\()?\{?"[a-z-]+|\.word = "[a-z-]+' \
        modules/httpd/status/causes.c | sed 's/", *$//; s/.*"//' | LC_ALL=C sort -u
}
metric_words() { words "$1_words" modules/httpd/metrics/families.c; } # rejection, note ...

# ---- the pages

# The tables of the sections, one line each: the section, then "ROW: CELL" with tabs.
synopses() {
    awk '
        function end() { if (rows != "") print name rows; rows = "" }
        /^##+ / { end(); name = $0; sub(/^#+ /, "", name) }
        /^\| \| \|$/ { on = 1; next }
        !/^\|/ { if (on) end(); on = 0 }
        on && !/^\|---/ {
            line = $0
            sub(/^\| */, "", line)
            sub(/ *\|$/, "", line)
            sub(/ *\| */, ": ", line)
            rows = rows "\t" line
        }
        END { end() }' $page
}
sections() { sed -n 's/^##*  *\(ClientCert[A-Za-z]*\) *$/\1/p' $page; }
cell() { # ROW: "SECTION: CELL" of the directives, where there is one
    synopses | awk -F'\t' -v row="$1: " '/^ClientCert/ {
        for (i = 2; i <= NF; i++) if (index($i, row) == 1) print $1 ": " substr($i, length(row) + 1)
    }' | LC_ALL=C sort
}
described_contexts() {
    synopses | awk -F'\t' '/^ClientCert/ {
        context = override = ""
        for (i = 2; i <= NF; i++) {
            if (sub(/^Context: /, "", $i)) context = $i
            if (sub(/^Override: /, "", $i)) override = "; " $i
        }
        print $1 ": " context override
    }' | LC_ALL=C sort
}
# The rows of a summary table: "NAME: DESCRIPTION".
summary() { # HEAD
    awk -F' *\\| *' -v head="$1" '
        !/^\|/ { on = 0 }
        on && !/^\|---/ {
            gsub(/^\[|\]\(.*/, "", $2)
            print $2 ": " $3
        }
        $2 == head && $3 == "Description" { on = 1 }' $page
}
# Names of a kind that has a section of its own in the index, in another section.
misplaced() {
    awk '
        /^## / { section = substr($0, 4) }
        /^- .*\[metric\]/ && section != "Metrics"
        /^- .*\[line of mod_status\]/ && section != "Lines of mod_status"' doc/index.md
}
# The entries of the index: "NAME: KIND", and the names alone.
indexed() {
    perl -ne 'if (/^- `(.*?)`: (.*)/) {
        my ($name, $links) = ($1, $2);
        print "$name\n";
        print "$name: $1\n" while $links =~ /\[([^]]*)\]\(/g;
    }' doc/index.md | LC_ALL=C sort -u
}

# ---- claims

# Directives whose table has other rows than those of httpd's manual, or in another order.
malformed() {
    synopses | awk -F'\t' '/^ClientCert/ {
        rows = ""
        for (i = 2; i <= NF; i++) rows = rows " " substr($i, 1, index($i, ":") - 1)
        sub(/ Override/, "", rows)
        if (rows != " Description Syntax Default Context Status Module Compatibility")
            print $1 ":" rows
        for (i = 2; i <= NF; i++)
            if ($i ~ /^Override/ && $(i - 1) !~ /^Context/) print $1 ": Override is not after Context"
    }'
}
# Providers, handlers ... whose table lacks a row, or has Override where .htaccess is not legal.
malformed_others() {
    synopses | awk -F'\t' '/^(Require|SetHandler|AuthType|Expressions)/ {
        rows = ""
        for (i = 2; i <= NF; i++) rows = rows " " substr($i, 1, index($i, ":") - 1)
        form = "^ Description Syntax( Default)? Context( Override)? Status Module Compatibility$"
        if (rows !~ form) print $1 ":" rows
        if ($0 ~ /\tDefault: / && $0 !~ /\tDefault: none\t/) print $1 ": Default is not none"
        if (($0 ~ /\tOverride: /) != ($0 ~ /\tContext: [^\t]*\.htaccess/)) print $1 ": Override"
    }'
}
# Syntax begins with the directive, and Default is "none" or a line with the directive.
other_syntax() {
    cell Syntax | grep -vE '^(ClientCert[A-Za-z]*): `\1 ' || true
    cell Default | grep -vE '^(ClientCert[A-Za-z]*): (none$|`\1 )' || true
    cell Status | grep -v ': External$' || true
    cell Module | grep -v ': mod_clientcert$' || true
    cell Compatibility | grep -vE ': Available in mod_clientcert [0-9]+(\.[0-9]+)+ and later$' || true
}
# Versions of the page that are later than this one.
of_the_future() {
    now=$(sed -n 's/^AC_INIT(\[mod_clientcert\], \[\(.*\)\])$/\1/p' configure.ac)
    grep -oE 'mod_clientcert [0-9][0-9.]*[0-9]' $page | sort -u | while read -r _ version; do
        printf '%s\n' "$version" "${now:-0}" | sort -V | tail -n 1 | grep -qxF "$now" ||
            echo "$version"
    done
}
not_alphabetical() { sections | LC_ALL=C sort -c 2>&1 || true; }
others() { synopses | cut -f1 | grep -E '^(Require|SetHandler|AuthType) '; }

generated() { "$tool" fields && "$tool" operators && "$tool" modifiers; }

# Lines that the tool prints from its registries and that are in no page.
not_in_pages() {
    generated | while IFS= read -r line; do
        [ -z "$line" ] || grep -rqxF -e "$line" doc || echo "$line"
    done
}

# What the code has, as entries of the index.
of_kind() { sed "s/\$/: $1/"; }
with_value() { sed '/^nocase$/!{/^octets$/!s/$/=/;}'; }
entries() {
    directives | of_kind directive
    { providers && providers | sed 's/^Require //'; } | of_kind 'authorization provider'
    { handlers && handlers | sed 's/^SetHandler //'; } | of_kind handler
    auth_types | of_kind 'authentication type'
    table_options | with_value | of_kind 'option of ClientCertTable'
    options ca | with_value | of_kind 'option of ClientCertCA'
    options crl | with_value | of_kind 'option of ClientCertCRL'
    options ocsp | with_value | of_kind 'option of ClientCertOCSP'
    registry fields | of_kind field
    registry operators | of_kind operator
    registry modifiers | of_kind modifier
    commands | of_kind 'command of clientcert'
    tool_options
    metrics | of_kind metric
    metric_words rejection | of_kind 'reason in metrics'
    metric_words note | of_kind 'note in metrics'
    { results && metric_words question; } | of_kind 'result in metrics'
    metric_words lookup | of_kind 'result of table lookups'
    results | of_kind 'result of clientcert explain'
    metric_words check | grep -v -e failed -e no_responder | of_kind 'result of clientcert revoked'
    page_results | of_kind 'result of clientcert-status'
    causes | of_kind 'cause in clientcert-status'
    words states modules/cert/facts.c | of_kind 'value of the field revocation'
}
not_indexed() { lacking "$(entries | LC_ALL=C sort -u)" 'the code' "$(indexed)" doc/index.md; }
dead_links() { t/lib/links.pl . | grep -E '^doc/(index|directives)\.md:' || true; }

# shellcheck disable=SC2046  # lists of names
{
    look_at 'directives' $(directives)
    look_at 'providers of Require' $(providers | tr ' ' _)
    look_at 'handlers' $(handlers | tr ' ' _)
    look_at 'types of authentication' $(auth_types | tr ' ' _)
    look_at "sections of $page" $(sections)
    look_at 'options of tables' $(table_options)
    look_at 'options of CAs' $(options ca)
    look_at 'options of CRLs' $(options crl)
    look_at 'options of OCSP' $(options ocsp)
    look_at 'commands' $(commands)
    look_at 'options of the tool' $(tool_options)
    look_at 'metrics' $(metrics)
    look_at 'results of rules' $(results)
    look_at 'results of clientcert-status' $(page_results)
    look_at 'causes of clientcert-status' $(causes)
    look_at 'values of the field revocation' $(words states modules/cert/facts.c)
    for words in rejection note question lookup check; do
        look_at "words of metrics: $words" $(metric_words $words)
    done
    look_at 'entries of the index' $(indexed | tr ' ' _)
    look_at "fields, operators and modifiers of $tool" $(generated | awk -F'`' '/^\| `/ { print $2 }')
}
claim 'every row of the command table can be read' \
    same "$(rows)" 'the code' "$(directives)" 'this guard'
claim 'every directive has a section in the reference, and no other' \
    same "$(directives)" 'the code' "$(synopses | cut -f1 | grep '^ClientCert')" $page
claim 'every provider, handler and type of authentication has a section, and no other' \
    same "$(providers && handlers && auth_types)" 'the code' "$(others)" $page
claim 'the sections of directives are in alphabetical order' not_alphabetical
claim 'every directive has the rows of httpd'\''s manual, in their order' malformed
claim 'so has every provider, handler and type of authentication' malformed_others
claim 'Syntax, Default, Status, Module and Compatibility have their form' other_syntax
claim 'no directive is of a later version than this one' of_the_future
claim 'Context and Override are those of the command table' \
    same "$(contexts)" 'the code' "$(described_contexts)" $page
claim 'Description is the help string of the command table' \
    same "$(descriptions)" 'the code' "$(cell Description)" $page
claim 'the summary has every directive with its description' \
    same "$(descriptions)" 'the code' "$(summary Directive)" 'the summary'
claim 'the summaries and the index are as doc/refresh makes them (else run it)' doc/refresh --diff
claim 'every field, operator and modifier is in the reference as it is' not_in_pages
claim 'the index has every name of the code, as what it is' not_indexed
claim 'metrics and lines of mod_status are apart from the other names' misplaced
claim 'no link of the index or the reference is dead' dead_links
done_claiming
