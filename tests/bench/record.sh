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

measure() {
    local name=$1 base=$2/base.npy queries=$2/queries.npy truth=$2/truth.npy
    shift 2
    tests/bench/ann.py "$base" "$queries" "$truth" --metric cosine --threads "$threads" \
        --out "build/bench/results-$name" --record "$name" "$@"
    tests/bench/presets.py "$base" "$queries" "$truth" --metric cosine --threads "$threads" \
        --record "presets $name"
}
measure glove "$glove"
tests/bench/ingest.py --record "ingest 128"
tests/bench/ingest.py --rows 200000 --dimension 384 --record "ingest 384"
tests/bench/ingest.py --rows 200000 --dimension 384 --set layout=compact --record "ingest 384 compact"
measure uniform "$uniform" --ef-sweep 80,320,1280,2560,5120,10240,20480
