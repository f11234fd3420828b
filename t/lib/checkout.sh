# SPDX-License-Identifier: Apache-2.0
# Copies the files of the project, from a checkout or an unpacked release.
# shellcheck shell=sh
#
#   . t/lib/checkout.sh        in the top directory
#   checkout_copy DIR          makes DIR, with the files as they are now

# The files that git would commit; in a release, all files outside of builds.
checkout_files() {
    if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
        git -c safe.directory='*' ls-files -z --cached --others --exclude-standard
    else
        find . -path './build*' ! -path './build-aux*' -prune -o ! -type d -print0
    fi
}

checkout_copy() { # DIR
    rm -rf "$1"
    mkdir -p "$1"
    # git still lists files whose removal is not committed.
    checkout_files | perl -0 -ne 'chomp; print "$_\0" if -e' |
        tar -c --null -T - -f - | tar -x --no-same-owner -C "$1" -f -
}
