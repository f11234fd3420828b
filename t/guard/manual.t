#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that the manual pages agree with the code: complete, and nothing else.
. "$(dirname "$0")/lib.sh"
. t/guard/names.sh
# shellcheck disable=SC2086  # $glue is a list of files

build=${CC_BUILD:-build}
language=man/mod_clientcert.5
command=man/clientcert.1

# ---- the code, and the table of commands of clientcert

required() { providers && auth_types; }

# "COMMAND" and "COMMAND OPTION".
usage() { "$tool" commands | awk -F'\t' '$1 != "KIND" { print $1 ($2 == "-" ? "" : " " $2) }'; }
usage_own() { usage | grep -v -- '--color$\|--help$'; }

# The lines of doc/tool.md that begin a synopsis, and those that --help prints.
synopses_of_reference() { sed -n 's/^    \(clientcert [a-z]*\( .*\)\{0,1\}\)$/\1/p' doc/tool.md; }
synopses_of_help() {
    for synopses_command in $(commands); do
        "$tool" help "$synopses_command" | sed -n '/^Usage:/,/^$/p' | tr -s ' \n' ' ' |
            sed 's/^Usage: //; s/ $//'
        echo
    done
}

# ---- the manual pages

# A page's text without the escapes of mdoc.
unescaped() { sed 's/\\&//g; s/\\-/-/g; s/\\(ti/~/g; s/\\(ha/^/g; s/\\(aq/'\''/g; s/\\e/\\/g'; }

section() { # PAGE SECTION
    awk -v section="$2" '/^\.Sh / { on = $0 == ".Sh " section; next } on' "$1"
}
items() {
    section "$language" "$1" | awk '$1 == ".It" {
        for (i = 2; i <= NF; i++) if ($(i - 1) == "Cm") print $i }' | unescaped
}
headings() { section "$language" "$1" | sed -n 's/^\.Ss //p'; }

# The same as usage, of SYNOPSIS and the list of what SERVER is, which is written as SERVER.
synopsis_short() {
    {
        section "$command" SYNOPSIS
        sed -n '/^\.Ss The server/,/^\.S[hs] [A-Z]* *$/s/^\.It Fl/.Server Fl/p' "$command"
    } | unescaped | awk '
        $1 == ".Nm" { count = 0 }
        $1 == ".Cm" { for (i = 2; i <= NF; i += 2) print name[++count] = $i }
        $1 == ".Fl" { for (i = 2; i <= NF; i += 2) print "-" $i }
        $1 == ".Op" && $2 == "Fl" { for (n = 1; n <= count; n++) print name[n], "-" $3 }
        $0 == ".Op Ar server" { for (n = 1; n <= count; n++) print name[n], "SERVER" }
        $1 == ".Server" { print "SERVER", "-" $3 }'
}
synopsis() {
    synopsis_short | grep -v '^SERVER ' | while read -r name word; do
        case $word in
            SERVER) synopsis_short | sed -n "s/^SERVER /$name /p" ;;
            *) echo "$name${word:+ $word}" ;;
        esac
    done
}
described() { # Cm | Fl
    section "$command" DESCRIPTION | unescaped |
        awk -v macro="$1" '$1 == ".It" && $2 == macro {
            for (i = 3; i == 3 || $(i - 1) == "|"; i += 2) print (macro == "Fl" ? "-" : "") $i
        }'
}

# ---- claims

counted() { tr ' ' _; } # a name of two words is one

# "SECTION: ROW" of each synopsis, here and in the reference.
synopsis_rows() {
    awk '/^\.Ss / { name = substr($0, 5) }
        /^\.It (Syntax|Default|Context|Override)$/ { print name ": " $2 }' "$language"
}
reference_rows() {
    awk '/^##+ / { name = $0; sub(/^#+ /, "", name); if (name == "Expressions") name = "" }
        /^\| (Syntax|Default|Context|Override) \|/ && name { print name ": " $2 }' doc/directives.md
}
# Sections of directives whose Syntax, Default and Context are not taken from the reference.
without_syntax() {
    for without_section in DIRECTIVES 'ACCESS CONTROL' HANDLERS; do
        headings "$without_section" | while read -r name; do
            section "$language" "$without_section" |
                grep -qxF ".\\\" table doc/directives.md Syntax $name" || echo "$name"
        done
    done
}

# Productions, one on each line.
productions() {
    awk '/^[a-z]+ +=/ { if (line) print line; line = "" }
        /^[a-z]+ +=/ || (line && /^ /) { gsub(/ +/, " "); line = line $0; next }
        { if (line) print line; line = "" }
        END { if (line) print line }'
}
grammar() { section $language GRAMMAR | unescaped | productions; }
alternatives() { grammar | sed -n "s/^$1 = //p" | tr -d '" ' | tr / '\n'; }

# The words of a configuration, whatever its lines.
words() { sed 's/\\$//' | tr -s ' ' '\n' | grep .; }
example() {
    section $language EXAMPLES | sed '1,/^\.Bd/d; /^\.Ed/,$d' | unescaped | words
}
readme_example() { sed '1,/^```apache/d; /^```/,$d' README.md | words; }

if command -v mandoc >/dev/null; then
    lint() { mandoc -T lint -W warning "$@"; }
    rendered() { mandoc -T ascii "$1" | sed "s/.$(printf '\b')//g"; }
else
    lint() { for lint_page in "$@"; do groff -mdoc -ww -Wbreak -z -Tascii "$lint_page" 2>&1; done; }
    rendered() { groff -mdoc -Wbreak -Tascii -P-cbou "$1"; }
fi
too_wide() {
    for too_wide_page in "$@"; do
        rendered "$too_wide_page" | awk -v page="$too_wide_page" 'length > 80 { print page ": " $0 }'
    done
}

# shellcheck disable=SC2046  # lists of names
{
    look_at 'directives' $(directives)
    look_at 'providers of Require' $(required | counted)
    look_at 'handlers' $(handlers | counted)
    look_at 'fields' $(registry fields)
    look_at 'operators' $(registry operators)
    look_at 'modifiers' $(registry modifiers)
    look_at 'options of tables' $(table_options)
    look_at 'commands' $(commands)
    look_at 'options of the tool' $(tool_options)
    look_at 'commands and options of clientcert' $(usage | counted)
    look_at 'synopses' $(synopses_of_help | counted)
    look_at 'productions of the grammar' $(grammar | counted)
    look_at 'words of the example' $(example)
}
claim 'every directive has its section in DIRECTIVES' \
    same "$(directives)" 'the code' "$(headings DIRECTIVES)" "$language"
claim 'every provider has its section in ACCESS CONTROL' \
    same "$(required)" 'the code' "$(headings 'ACCESS CONTROL')" "$language"
claim 'every handler has its section in HANDLERS' \
    same "$(handlers)" 'the code' "$(headings HANDLERS)" "$language"
claim 'each of them has Syntax, Default and Context from the reference' without_syntax
claim 'each of them has Syntax, Default, Context and Override where the reference has them' \
    same "$(synopsis_rows)" "$language" "$(reference_rows)" doc/directives.md
for what in fields operators modifiers; do
    part=$(echo $what | tr '[:lower:]' '[:upper:]')
    claim "every one of the $what is in $part" \
        same "$(registry $what)" "clientcert $what" "$(items "$part")" "$language"
done
claim 'every option of a table is in DIRECTIVES' \
    lacking "$(table_options)" 'the code' "$(items DIRECTIVES | sed 's/=.*//')" "$language"
claim 'all tables are as the registries and the reference have them (else run man/refresh)' \
    man/refresh --diff "$build"
claim 'the grammar has all operators' \
    same "$(registry operators)" 'clientcert operators' "$(alternatives operator)" 'the grammar'
claim 'the grammar has all modifiers' \
    same "$(registry modifiers)" 'clientcert modifiers' "$(alternatives modifier)" 'the grammar'
claim 'the grammar is that of the reference' \
    lacking "$(productions <doc/language.md)" doc/language.md "$(grammar)" "$language"
claim 'the example is that of the first page' \
    same "$(example)" "$language" "$(readme_example)" README.md
claim 'doc/tool.md has the synopses of --help' \
    lacking "$(synopses_of_help)" 'clientcert --help' "$(synopses_of_reference)" doc/tool.md
claim 'SYNOPSIS has the commands and options of the tool' \
    same "$(usage_own)" 'clientcert commands' "$(synopsis)" $command
claim 'every command is described' \
    same "$(commands)" 'clientcert commands' "$(described Cm)" $command
claim 'every option is described' \
    same "$(tool_options)" 'clientcert commands' "$(described Fl)" $command
claim 'the pages are clean' lint $command $language
claim 'the pages fit on 80 columns' too_wide $command $language
done_claiming
