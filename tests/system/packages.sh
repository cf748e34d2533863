#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian packages of the sources as they are here, and has lintian look at them. usage: packages.sh DIRECTORY
#
# They are in DIRECTORY/packages, which holds nothing else.
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
directory=$(realpath -m "$1")
copy=$directory/vexfs

rm -rf "$copy" "$directory/packages"
mkdir -p "$copy" "$directory/packages"
# In a copy, for the build leaves its files between the sources.
cd "$sources"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --preserve=mode,timestamps -t "$copy"
cd "$copy"
dpkg-buildpackage -b -us -uc -Pnocheck
mv "$directory"/*.deb "$directory/packages"
lintian --fail-on error,warning --tag-display-limit 0 "$directory"/vexfs_*.changes "$directory/packages"/*.deb
