#!/usr/bin/env bash
# ./dev test --fresh [trixie] [root|user]: both commands in a bare Debian 12 (or
# in the release named), where nothing is installed beforehand: as root under
# /root, and as a user with sudo. Both in a folder with a blank in its name. Needs root, debootstrap and
# the package mirror that this machine's apt uses; the base system and the
# packages are kept in var/fresh.
# shellcheck disable=SC2016 # $(NAME) is apt's here
set -euo pipefail

HERE=$(realpath "$(dirname "$0")")
ROOT=$(realpath "$HERE/../..")
CACHE=$ROOT/var/fresh

say() { printf 'fresh: %s\n' "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# Mounts and processes of the test live in namespaces that end with it.
if [ "${1-}" != --inside ]; then
	[ "$(id -u)" = 0 ] || die "only root can make a root file system: sudo ./dev test --fresh"
	command -v debootstrap >/dev/null || apt-get install -qy --no-install-recommends debootstrap >/dev/null ||
		die "debootstrap is missing: apt-get install debootstrap"
	exec unshare --mount --propagation private --pid --fork --kill-child -- bash "$0" --inside "$@"
fi
shift
# The first process of a namespace hears only the signals that it asks for.
trap 'exit 130' INT TERM

RELEASE=bookworm
if [[ ${1-} =~ ^(bookworm|trixie)$ ]]; then
	RELEASE=$1
	shift
fi

# The mirror is this machine's: what its apt knows of the release, else the
# address it has its own release from.
sources() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
		awk -v "release=^$RELEASE(-updates|-security)?\$" '$2 ~ release && $3 == "main" { print "deb", $1, $2, $3 }' | sort -u
}

mirror() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
		awk '$4 == "Debian" && $3 == "main" && $2 !~ /-/ { print $1; exit }'
}

make_base() {
	local base
	[ -s "$CACHE/$RELEASE.tar" ] && return
	say "making the base system (once)"
	base=$(mktemp -d /var/tmp/parley-base.XXXXXX)
	debootstrap --variant=minbase --include=ca-certificates "$RELEASE" "$base" "$(mirror)" \
		>"$CACHE/debootstrap.log" 2>&1 || die "debootstrap failed; see var/fresh/debootstrap.log"
	tar -C "$base" --exclude='./var/cache/apt/archives/*.deb' --exclude='./var/lib/apt/lists/*' -cf "$CACHE/$RELEASE.tar.new" .
	mv "$CACHE/$RELEASE.tar.new" "$CACHE/$RELEASE.tar"
	rm -rf "$base"
}

# What makes this machine's registries reachable is carried in: sources,
# options of apt, pip and npm, private certificate authorities, host names.
carry_in() {
	local root=$1 file
	{ sources | grep . || echo "deb $(mirror) $RELEASE main"; } >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https|ftp|Check|Retries)' >"$root/etc/apt/apt.conf.d/90machine" || true
	for file in /etc/hosts /etc/resolv.conf /etc/pip.conf /etc/npmrc; do
		[ ! -e "$file" ] || cp -L "$file" "$root$file"
	done
	cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
	chroot "$root" update-ca-certificates >/dev/null 2>&1
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
}

enter() {
	local root=$1
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	mkdir -p "$CACHE/$RELEASE-archives/partial"
	mount --bind "$CACHE/$RELEASE-archives" "$root/var/cache/apt/archives"
}

leave() {
	local root=$1
	umount "$root/var/cache/apt/archives" "$root/run" "$root/dev/shm" "$root/proc"
	umount -R "$root/dev"
}

copy_checkout() {
	mkdir -p "$1"
	(cd "$ROOT" && git ls-files -coz --exclude-standard | tar --null -T - --ignore-failed-read -cf - 2>/dev/null) |
		tar -C "$1" -xf -
}

# The environment that a shell of such a machine would have.
within() {
	local root=$1 name keep=()
	shift
	while IFS= read -r name; do
		keep+=("$name=${!name}")
	done < <(compgen -e | grep -iE '^((https?|ftp|all|no)_proxy|GOPROXY|PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL|DEFAULT_TIMEOUT)|NODE_EXTRA_CA_CERTS)$' || true)
	chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "${keep[@]}" "$@"
}

scenario() {
	local who=$1 root status=0
	root=$(mktemp -d /var/tmp/parley-fresh.XXXXXX)
	tar -C "$root" -xpf "$CACHE/$RELEASE.tar"
	chmod 755 "$root"
	carry_in "$root"
	enter "$root"
	say "$RELEASE, as $who"
	if [ "$who" = root ]; then
		copy_checkout "$root/root/a clone"
		within "$root" HOME=/root bash "/root/a clone/tests/fresh/inside.sh" || status=$?
	else
		# What a machine with such a user has had installed.
		within "$root" sh -c 'apt-get update -q && apt-get install -qy --no-install-recommends sudo' >"$CACHE/sudo.log" 2>&1
		within "$root" useradd -m -s /bin/bash ada
		echo 'ada ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ada"
		copy_checkout "$root/home/ada/my projects/video"
		within "$root" chown -R ada: /home/ada
		within "$root" setpriv --reuid=ada --regid=ada --init-groups env HOME=/home/ada USER=ada \
			bash "/home/ada/my projects/video/tests/fresh/inside.sh" || status=$?
	fi
	leave "$root"
	rm -rf --one-file-system "$root"
	return "$status"
}

mkdir -p "$CACHE"
make_base
failed=0 passed=0
for who in "${@:-root user}"; do
	for one in $who; do
		if (scenario "$one"); then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			say "failed: $RELEASE, as $one"
		fi
	done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
