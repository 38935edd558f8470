#!/usr/bin/env bash
# Makes sure that the tests' programs are there, from the distribution's packages; says the exact
# command where it may not install them. Usage: prepare.sh node | browser
set -euo pipefail

missing=()
case "$1" in
  node) command -v npm >/dev/null || missing+=(nodejs npm) ;;
  browser)
    command -v chromium >/dev/null || missing+=(chromium)
    command -v redis-server >/dev/null || missing+=(redis-server)
    fc-list 2>/dev/null | grep -qi 'noto sans' || missing+=(fonts-noto-core)
    fc-list 2>/dev/null | grep -qi 'emoji' || missing+=(fonts-noto-color-emoji)
    ;;
  *) echo "usage: prepare.sh node | browser" >&2; exit 2 ;;
esac
[ ${#missing[@]} -eq 0 ] && exit 0

install="apt-get install --yes --no-install-recommends ${missing[*]}"
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  # Installing must not start a second Redis on this machine's default port.
  guard=/usr/sbin/policy-rc.d
  if [ ! -e "$guard" ]; then printf '#!/bin/sh\nexit 101\n' >"$guard"; chmod +x "$guard"; trap 'rm -f "$guard"' EXIT; fi
  apt-get update -qq && $install -qq >/dev/null
else
  echo "The tests need ${missing[*]}. Install them and run again:  sudo $install" >&2
  exit 1
fi
