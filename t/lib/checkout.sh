# SPDX-License-Identifier: Apache-2.0
# Copies the files of the project, from a checkout or an unpacked release.
# shellcheck shell=sh
#
#   . t/lib/checkout.sh        in the top directory
#   checkout_copy DIR          makes DIR, with the files as they are now

# The files that git would commit; in a release, all files outside of builds. A release may be
# unpacked in the repository of another project.
checkout_files() {
    if [ -e .git ] && git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
        git -c safe.directory='*' ls-files -z --cached --others --exclude-standard
    else
        find . \( -path ./.git -o -path './build*' ! -path './build-aux*' \) -prune \
            -o ! -type d -print0
    fi
}

# Not a pipe, of which only the last command could fail.
checkout_copy() { # DIR
    rm -rf "$1"
    mkdir -p "$1"
    checkout_files >"$1.all" || return
    # git still lists files whose removal is not committed.
    perl -0 -ne 'chomp; print "$_\0" if -e' "$1.all" >"$1.list" || return
    tar -c --null -T "$1.list" -f "$1.tar" || return
    tar -x --no-same-owner -C "$1" -f "$1.tar" || return
    rm "$1.all" "$1.list" "$1.tar"
}
