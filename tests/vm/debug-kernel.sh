#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Debian's Linux 6.1 with what finds mistakes of a module, debug.config beside this script, and the module for
# it, and runs suites of tests in it. It takes an hour or more, and is meant for the night.
#
# usage: debug-kernel.sh DIRECTORY BUILD [SUITE...]
#
# The kernel is built in DIRECTORY and stays there; BUILD is where the project was built with VEXFS_VM_TESTS. The suites
# are those of guest.py; without any, these. Ends with how many of them have failed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
directory=$(realpath -m "$1")
build=$(realpath "$2")
shift 2
suites=("$@")
[[ ${#suites[@]} != 0 ]] || suites=(loading fuzz module restarts behaviour)
source=$directory/linux-source-6.1

fetch() {
    mkdir -p "$directory"
    cd "$directory"
    apt-get -q download linux-source-6.1 || { apt-get -q update && apt-get -q download linux-source-6.1; }
    dpkg-deb --fsys-tarfile linux-source-6.1_*.deb | tar -xOf - ./usr/src/linux-source-6.1.tar.xz |
        tar -xJf - --exclude='*/Documentation/*/*' --exclude='*/tools/testing/*'
    rm linux-source-6.1_*.deb
}

# Fails where one of the options came to nothing.
configure() {
    make -s -C "$source" tinyconfig
    (cd "$source" && scripts/kconfig/merge_config.sh -m .config "$here/debug.config" >/dev/null)
    make -s -C "$source" olddefconfig
    local option missing=0
    while read -r option; do
        grep -qx "$option" "$source/.config" && continue
        printf 'this kernel does not have %s\n' "$option" >&2
        missing=1
    done < <(grep '^CONFIG_' "$here/debug.config")
    return "$missing"
}

build_module() {
    mkdir -p "$directory/module/uapi"
    cp "$here"/../../kmod/{*.c,*.h,Kbuild,Makefile} "$directory/module/"
    cp "$here"/../../kmod/uapi/vexfs.h "$directory/module/uapi/"
    make -s -C "$directory/module" KDIR="$source"
}

[[ -d $source ]] || (fetch)
configure
make -s -C "$source" -j "${JOBS:-$(nproc)}" bzImage modules
ln -sfn "$source/arch/x86/boot/bzImage" "$directory/vmlinuz"
build_module
failed=0
for suite in "${suites[@]}"; do
    begun=$SECONDS
    result=passed
    python3 -B "$here/run.py" --kernel "$directory" --module "$directory/module/vexfs_v2.ko" --build "$build" \
        "$suite" >"$directory/$suite.log" 2>&1 || result="failed, see $directory/$suite.log"
    [[ $result == passed ]] || failed=$((failed + 1))
    printf '%s: %s, %s s\n' "$suite" "$result" $((SECONDS - begun))
done
exit "$failed"
