#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Unpacks Debian's cloud kernels, with the headers that modules are built with, below a directory: nothing is
# installed, so that a developer's machine boots what it did. usage: kernels.sh DIRECTORY SERIES...
#
#   DIRECTORY/SERIES/vmlinuz  build/     build/ is what KDIR is elsewhere
#
# What is there already stays; to take newer ones, remove the directory.
set -euo pipefail

directory=$(realpath -m "$1")
shift
declare -A suffix=([6.1]="" [6.12]="6.12-")  # of the packages' names, by series

die() {
    printf 'kernels.sh: %s\n' "$*" >&2
    exit 1
}

update() {
    if [[ $(id -u) == 0 ]]; then
        apt-get -q update
    else
        sudo -n apt-get -q update
    fi || die "apt-get update failed, and what apt knows of Debian's kernels is not enough; run it as root"
}

# The package that a metapackage stands for.
meant_by() {
    apt-cache depends --no-recommends --no-suggests "$1" | sed -n 's/^ *Depends: \(linux-[a-z]*-6.*\)/\1/p' | head -n 1
}

# The packages that modules are built with: headers of the flavour, those of all flavours, and kbuild.
headers_of() {
    local flavour
    flavour=$(meant_by "linux-headers-$1cloud-amd64")
    printf '%s\n' "$flavour"
    apt-cache depends "$flavour" | sed -n 's/^ *|\{0,1\}Depends: \(linux-\(headers\|kbuild\)-.*\)/\1/p'
}

# Debian's headers name each other below /usr; here, below where they were unpacked.
relocate() {
    local root=$1 link
    grep -rlI --include=Makefile --include=.kernelvariables '/usr/src/' "$root/usr/src" |
        xargs -r sed -i "s|/usr/src/|$root/usr/src/|g; s|/usr/lib/linux-kbuild|$root/usr/lib/linux-kbuild|g"
    find "$root/usr/src" -type l -print0 | while IFS= read -r -d '' link; do
        [[ -e $link ]] || ln -sfn "$root/usr/lib/${link##*/}" "$link"
        case $(readlink "$link") in
        /usr/* | */lib/linux-kbuild-*/*) ln -sfn "$root/usr/lib/$(readlink "$link" | sed 's|.*/lib/||')" "$link" ;;
        esac
    done
}

# What apt knows may be out of date.
download() {
    apt-get -q download "$@" || { update && apt-get -q download "$@"; } ||
        die "these packages can't be fetched: $*"
}

fetch() {
    local series=$1 work=$directory/$1.new image headers
    image=$(meant_by "linux-image-${suffix[$series]}cloud-amd64")
    [[ -n $image ]] ||
        die "apt knows no package linux-image-${suffix[$series]}cloud-amd64; Debian 12's main has it, or its updates"
    mapfile -t headers < <(headers_of "${suffix[$series]}")
    rm -rf "$work"
    mkdir -p "$work/debs"
    (cd "$work/debs" && download "$image" "${headers[@]}")
    for package in "$work"/debs/*.deb; do dpkg-deb --extract "$package" "$work"; done
    rm -r "$work/debs"
    mv "$work"/boot/vmlinuz-* "$work/vmlinuz"
    ln -s "$(cd "$work" && ls -d usr/src/linux-headers-*cloud-amd64)" "$work/build"
    mv "$work" "$directory/$series"
    relocate "$directory/$series"
}

[[ -n $(meant_by linux-image-cloud-amd64) ]] || update
for series in "$@"; do
    [[ -e $directory/$series/build ]] || fetch "$series"
done
