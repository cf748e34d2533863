# SPDX-License-Identifier: Apache-2.0
"""What a measurement depends on: processor, memory, kernel, versions, and whether the machine was quiet."""
import os
import platform
import subprocess
from pathlib import Path

import systems


def first_field(path, key):
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "unknown"


def package_version(name):
    query = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, check=False)
    return query.stdout if query.returncode == 0 else "not installed"


def git(*arguments):
    return subprocess.run(["git", "-C", systems.ROOT, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)


def commit():
    """The sources' commit, "-dirty" where they differ from it. README.md may: it gets the tables."""
    head = git("rev-parse", "--short", "HEAD")
    if head.returncode != 0:
        return "unknown"
    clean = git("diff", "--quiet", "HEAD", "--", ".", ":!tests/bench/README.md").returncode == 0
    return head.stdout.strip() + ("" if clean else "-dirty")


def describe():
    memory_gib = int(first_field("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    vexfs = subprocess.run([systems.VEXFSCTL, "--version"], stdout=subprocess.PIPE, text=True, check=True)
    return {"processor": first_field("/proc/cpuinfo", "model name"),
            "cpus": os.cpu_count(),
            "memory_gib": round(memory_gib, 1),
            "kernel": platform.release(),
            "vexfs": vexfs.stdout.strip(),
            "commit": commit(),
            "hnswlib": package_version("libhnswlib-dev"),
            "faiss": package_version("libfaiss-dev"),
            "load_before": round(os.getloadavg()[0], 2)}


def sentence(machine):
    return (f"{machine['processor']}, {machine['cpus']} CPUs, {machine['memory_gib']} GiB, "
            f"Linux {machine['kernel']}; VexFS {machine['vexfs']} ({machine['commit']}), "
            f"hnswlib {machine['hnswlib']}, Faiss {machine['faiss']}; "
            f"load before the run {machine['load_before']}")
