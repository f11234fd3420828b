#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that every file and folder that doc/HACKING.md or the comment of a header names exists.
. "$(dirname "$0")/lib.sh"

page=doc/HACKING.md
headers=$(files modules '*.h')

# Names of files in a text, each once: but for those of httpd's modules, PCRE2's header and NAME.c.
file_names() {
    grep -oE '[A-Za-z0-9_./-]*[A-Za-z0-9_]\.(c|h|t|pm|pl|sh|am|ac|cnf|md)\b|man/[a-z_]+\.[15]' |
        grep -vE '^(mod_[a-z_]+\.[ch]|pcre2\.h|(.*/)?NAME\.[a-z]+)$' | sort -u
}

# Names of folders on a page, in backquotes.
# shellcheck disable=SC2016  # these are no expressions
folder_names() { grep -oE '`[a-z][a-z_/]*/`' "$1" | tr -d '`' | sort -u; }

# Where a name may lead from: the top, the rooms, httpd's floors, and the folder of who says it.
exists() { # NAME FOLDER
    for base in . modules modules/httpd "$2"; do
        [ -e "$base/$1" ] && return
    done
    return 1
}

missing_on_page() {
    for name in $(file_names <"$page") $(folder_names "$page"); do
        exists "$name" doc || echo "$page: $name"
    done
}

# A bare name is that of a file beside the header.
missing_in_headers() {
    for header in $headers; do
        for name in $(sed -E 's/^ *#.*//' "$header" | file_names); do
            exists "$name" "${header%/*}" || echo "$header: $name"
        done
    done
}

# Every room of the engine, floor of httpd and door stands on the page.
unnamed() {
    for folder in $(find modules -mindepth 1 -type d | sed 's,.*/,,' | sort); do
        grep -qE "(^| |\`|/)$folder/" "$page" || echo "$folder/"
    done
}

# shellcheck disable=SC2046,SC2086  # lists of words
{
    look_at 'names of files on the page' $(file_names <"$page")
    look_at 'names of folders on the page' $(folder_names "$page")
    claim 'the page for those who change the code names what exists' missing_on_page
    claim 'that page names every folder of modules' unnamed
    look_at 'names of files in headers' $(cat $headers | sed -E 's/^ *#.*//' | file_names)
    claim 'comments of headers name files that exist' missing_in_headers
}
done_claiming
