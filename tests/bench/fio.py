# SPDX-License-Identifier: Apache-2.0
"""What the disk takes: the same bytes in records of the same size, with as many fdatasyncs, by fio."""
import json
import shutil
import subprocess


def pattern(stats, records):
    """Of VexFS's log by its counters: bytes of a record, and records between two syncs."""
    return {"record_bytes": round(stats["log_bytes"] / records),
            "records": records,
            "records_per_sync": max(1, round(records / max(1, stats["log_syncs"])))}


def bytes_per_second(directory, wanted):
    if shutil.which("fio") is None:
        raise SystemExit("fio is missing; install it with: apt-get install fio")
    file = directory / "fio"
    try:
        done = subprocess.run(
            ["fio", "--name=log", f"--filename={file}", "--rw=write", "--ioengine=psync", "--fallocate=none",
             f"--bs={wanted['record_bytes']}", f"--size={wanted['record_bytes'] * wanted['records']}",
             f"--fdatasync={wanted['records_per_sync']}", "--end_fsync=1", "--output-format=json"],
            stdout=subprocess.PIPE, check=True)
    finally:
        file.unlink(missing_ok=True)
    written = json.loads(done.stdout)["jobs"][0]["write"]
    return written["io_bytes"] / (written["runtime"] / 1000)
