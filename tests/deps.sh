#!/bin/sh
# usage: deps.sh PACKAGE...   installs those Debian packages that are missing.
set -eu

missing=
for package in "$@"; do
	state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || state=
	case $state in
	ii*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

root=
[ "$(id -u)" = 0 ] || root="sudo"
echo "installing:$missing"
$root apt-get update -qq
# shellcheck disable=SC2086  # one word a package
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
