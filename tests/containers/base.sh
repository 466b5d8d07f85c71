#!/bin/bash
# Makes an image to build the others on where none can be pulled: Debian with its Python, by debootstrap. Prints nothing if it is there.
# It takes over which certificates this machine trusts, and where its pip and npm look.
#
#   base.sh IMAGE
set -euo pipefail
image=$1
docker image inspect "$image" >/dev/null 2>&1 && exit 0
root=$(mktemp -d)
trap 'rm -rf --one-file-system "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$root" >"$root.log"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
for file in /etc/pip.conf /etc/npmrc; do
  if [ -e "$file" ]; then cp "$file" "$root$file"; fi
done
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
tar -C "$root" -c . | docker import \
  --change 'ENV LANG=C.UTF-8' \
  --change 'ENV REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt' \
  --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
  --change 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' \
  - "$image" >/dev/null
