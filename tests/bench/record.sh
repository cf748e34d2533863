#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Measures everything that README.md has a table for, and puts the tables there. Best on a machine that does
# nothing else: it warns where it does.
#
# usage: tests/bench/record.sh GLOVE [THREADS]
#   GLOVE    a directory with base.npy, queries.npy and truth.npy, for the metric cosine
#   THREADS  that build the indexes; 2 where not given
set -euo pipefail

[[ $# == 1 || $# == 2 ]] || {
    sed -n 's/^# //; /^usage:/,/^  THREADS/p' "${BASH_SOURCE[0]}" >&2
    exit 2
}
glove=$(realpath "$1")
threads=${2:-2}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

read -r load _ </proc/loadavg
[[ ${load%.*} == 0 ]] || echo "the machine is busy (load $load): figures will be lower than they could be" >&2

mkdir -p build
cmake --preset release >build/bench.log
cmake --build build/release --target vexfsd vexfsctl bench-peers >>build/bench.log
uniform=build/bench/uniform
[[ -e $uniform/truth.npy ]] || tests/bench/uniform.py "$uniform"

# presets NAME DIRECTORY
presets() {
    tests/bench/presets.py "$2/base.npy" "$2/queries.npy" "$2/truth.npy" --metric cosine --threads "$threads" \
        --record "presets $1"
}
tests/bench/ann.py "$glove/base.npy" "$glove/queries.npy" "$glove/truth.npy" --metric cosine --threads "$threads" \
    --out build/bench/results-glove --record glove
presets glove "$glove"
presets uniform "$uniform"
tests/bench/ingest.py --record "ingest 128"
tests/bench/ingest.py --rows 200000 --dimension 384 --record "ingest 384"
tests/bench/ingest.py --rows 200000 --dimension 384 --set layout=compact --record "ingest 384 compact"
tests/bench/growth.py --rows 10000,100000,1000000,5000000 --plot tests/bench/growth.svg --record growth
