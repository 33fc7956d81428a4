#!/bin/sh
# make-base.sh SUITE ROOTFS OUTPUT: Debian with OpenJDK 17 and Tomcat 10 as OUTPUT (tar.gz). Run it in a mount namespace of its own.
set -eu
suite=$1 rootfs=$2 output=$3

# The machine's own Debian mirror and apt settings (proxies, certificates) are the ones that work here.
mirror=$(grep -hsE '^URIs:' /etc/apt/sources.list.d/debian.sources | awk 'NR == 1 { print $2 }')
[ -n "$mirror" ] || mirror=$(grep -hsE '^deb ' /etc/apt/sources.list | sed -E 's/\[[^]]*\]//' | awk 'NR == 1 { print $2 }')
debootstrap --variant=minbase --include=ca-certificates "$suite" "$rootfs" "${mirror:-http://deb.debian.org/debian}"
cp /etc/resolv.conf "$rootfs/etc/"
cp /etc/apt/apt.conf.d/* "$rootfs/etc/apt/apt.conf.d/"

mount -t proc proc "$rootfs/proc"
# Documentation and translations are never unpacked; fsync is for machines that must survive a power cut.
printf 'path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\nforce-unsafe-io\n' >"$rootfs/etc/dpkg/dpkg.cfg.d/lab"
DEBIAN_FRONTEND=noninteractive chroot "$rootfs" sh -c '
  apt-get update
  apt-get install -y --no-install-recommends openjdk-17-jre-headless tomcat10
  apt-get clean
  groupadd --gid 1000 app
  useradd --uid 1000 --gid 1000 --home-dir /app --no-create-home --shell /usr/sbin/nologin app'
umount "$rootfs/proc"
rm -rf "$rootfs"/var/lib/apt/lists/* "$rootfs"/var/cache/* "$rootfs"/var/log/* "$rootfs"/usr/share/doc "$rootfs"/usr/share/man "$rootfs"/usr/share/locale
tar -C "$rootfs" --sort=name --numeric-owner -I 'gzip -1' -cf "$output" .
