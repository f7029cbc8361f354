#!/bin/sh
# fetch-prometheus.sh DEST SUITE [PACKAGES]: unpacks Prometheus as Debian builds it into a folder, without installing it.
# SUITE: sid -> 3.5.x, trixie -> 2.53.x; `sid victoria-metrics` -> VictoriaMetrics. Needs apt and Debian's archive keyring, no root; leaves the machine's own apt
# state alone: lists, status and cache live in a temporary folder.
set -eu
dest=$1 suite=$2
packages=${3:-prometheus promtool}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$dest"

# The mirror that this machine uses anyway.
base=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v -E 'security|-updates' | sort -u | head -n 1)
[ -n "$base" ] || { echo "fetch-prometheus: apt knows no Debian mirror (apt-get update first?)" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${base%/} $suite main" > "$work/sources.list"
: > "$work/status"

apt() {
    apt-get -q \
        -oDir::Etc::sourcelist="$work/sources.list" -oDir::Etc::sourceparts=/dev/null -oDir::Etc::preferencesparts=/dev/null \
        -oDir::State::Lists="$work/lists" -oDir::State::status="$work/status" -oDir::Cache="$work/cache" \
        -oAPT::Sandbox::User=root -oAcquire::Languages=none -oAcquire::Retries=3 \
        -oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -oAcquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@"
}
apt update
for package in $packages; do (cd "$work" && apt download "$package"); done
for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$dest"; done
for binary in $packages; do [ ! -x "$dest/usr/bin/$binary" ] || "$dest/usr/bin/$binary" --version 2>&1 | head -n 1; done
