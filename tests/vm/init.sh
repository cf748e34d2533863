#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The first process of a virtual machine: runs what the kernel's command line names and switches off.
export PATH=/usr/bin:/usr/sbin LC_ALL=C.UTF-8 HOME=/root VEXFSD=/usr/bin/vexfsd VEXFSCTL=/usr/bin/vexfsctl
export VEXFS_SOURCE_DIR=/vexfs VEXFS_BUILD_DIR=/nowhere PYTHONUNBUFFERED=1
/bin/busybox --install -s /usr/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir /dev/shm
mount -t tmpfs shm /dev/shm
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs state /var/lib
ln -s /proc/self/fd /dev/fd
ip link set lo up
ulimit -Hn 16384
suite=$(sed -n 's/.*vexfs.suite=\([^ ]*\).*/\1/p' /proc/cmdline)
setsid cttyhack python3 -B /vexfs/tests/vm/guest.py "$suite"
echo "vm: status $?"
poweroff -f
