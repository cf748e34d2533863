#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes a Debian with systemd, a bus, polkit and a kernel, for virtual machines. As root. usage: rootfs.sh DIRECTORY
#
#   DIRECTORY/root  vmlinuz  initrd
#
# Packages come from where apt of this machine has them from. What is there already stays, until what makes it changes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
directory=$(realpath -m "$1")
release=bookworm
# What an administrator has before VexFS; kernel headers and a compiler are what DKMS wants.
packages=(adduser apt ca-certificates dbus dkms dh-dkms fuse3 initramfs-tools libpam-systemd linux-headers-cloud-amd64
    linux-image-cloud-amd64 openssh-client openssh-server polkitd procps python3 python3-numpy sudo systemd-sysv udev
    util-linux-extra
    # What the packages of VexFS depend on, for the virtual machine has no network.
    libfuse3-3 libkmod2 libmicrohttpd12 libncursesw6 libnl-3-200 libnl-genl-3-200 libroaring0 libspdlog1.10 libfmt9
    libsystemd0 libtomlplusplus3 liburing2 libxxhash0)

made_of=$(cat "${BASH_SOURCE[0]}" "$here/agent.py" | sha256sum)
[[ ! -e $directory/made-of || $(<"$directory/made-of") != "$made_of" ]] || exit 0

mirror() {
    # shellcheck disable=SC2016  # apt puts these in
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $release" 'Component: main' | head -n 1
}

# inside COMMAND...
inside() {
    env -i PATH=/usr/sbin:/usr/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$directory/root" "$@"
}

rm -rf "$directory"
mkdir -p "$directory"
from=$(mirror)
[[ -n $from ]] || {
    echo "rootfs.sh: apt of this machine knows no packages of $release" >&2
    exit 1
}
printf -v list '%s,' "${packages[@]}"
debootstrap --variant=minbase --include="${list%,}" "$release" "$directory/root" "$from"

# The disk is the root, the host plays the administrator through the agent, and nothing is done by the clock.
echo vexfs-test >"$directory/root/etc/hostname"
echo '127.0.0.1 localhost vexfs-test' >"$directory/root/etc/hosts"
echo '/dev/vda / ext4 rw 0 1' >"$directory/root/etc/fstab"
mkdir -p "$directory/root/var/log/journal"
inside useradd --create-home --shell /bin/bash alice
inside useradd --create-home --shell /bin/bash bob
install -m 0755 "$here/agent.py" "$directory/root/usr/local/sbin/test-agent"
cat >"$directory/root/etc/systemd/system/test-agent.service" <<'END'
[Unit]
Description=Does what the host says
After=multi-user.target
[Service]
ExecStart=/usr/local/sbin/test-agent
Restart=always
[Install]
WantedBy=multi-user.target
END
inside systemctl -q enable test-agent.service
inside systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer man-db.timer \
    dpkg-db-backup.timer getty@tty1.service ssh.service
inside apt-get clean
cp "$directory"/root/boot/vmlinuz-* "$directory/vmlinuz"
cp "$directory"/root/boot/initrd.img-* "$directory/initrd"
printf '%s\n' "$made_of" >"$directory/made-of"
