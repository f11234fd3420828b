#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that the files and directories that the pages for contributors and the comments of headers
# name exist.
. "$(dirname "$0")/lib.sh"

page=doc/HACKING.md
pages="$page CONTRIBUTING.md"
headers=$(files modules '*.h')

# Names of files in a text, each once: but for those of httpd's modules, headers of libraries and NAME.c.
file_names() {
    grep -oE '[A-Za-z0-9_./-]*[A-Za-z0-9_]\.(c|h|t|pm|pl|sh|am|ac|cnf|md)\b|man/[a-z_]+\.[15]' |
        grep -vE '^(mod_[a-z_]+\.[ch]|(pcre2|utf8proc)\.h|(.*/)?NAME\.[a-z]+)$' | sort -u
}

# Names of folders on a page, in backquotes.
# shellcheck disable=SC2016  # these are no expressions
folder_names() { grep -oE '`[a-z][a-z_/]*/`' | tr -d '`' | sort -u; }

# A name is relative to the top, modules, modules/httpd, or the directory of the file that has it.
exists() { # NAME FOLDER
    for base in . modules modules/httpd "$2"; do
        [ -e "$base/$1" ] && return
    done
    return 1
}

missing_on_page() {
    for missing_page in $pages; do
        for name in $(file_names <"$missing_page") $(folder_names <"$missing_page"); do
            exists "$name" "$(dirname "$missing_page")" || echo "$missing_page: $name"
        done
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

# Directories of modules that the page does not name.
unnamed() {
    for folder in $(find modules -mindepth 1 -type d | sed 's,.*/,,' | sort); do
        grep -qE "(^| |\`|/)$folder/" "$page" || echo "$folder/"
    done
}

# shellcheck disable=SC2046,SC2086  # lists of words
{
    look_at 'names of files on the pages' $(cat $pages | file_names)
    look_at 'names of directories on the pages' $(cat $pages | folder_names)
    claim 'the pages for contributors name files and directories that exist' missing_on_page
    claim 'doc/HACKING.md names every directory of modules' unnamed
    look_at 'names of files in headers' $(cat $headers | sed -E 's/^ *#.*//' | file_names)
    claim 'comments of headers name files that exist' missing_in_headers
}
done_claiming
