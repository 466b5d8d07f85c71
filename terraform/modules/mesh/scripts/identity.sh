# The certificate of a task: fetched before its Envoy starts, and again and again, because it lives for days only.
# Runs as root, and gives the folders of the task to the user that everything else runs as (10001).
#
# Needs: ENVOY (its name), IDENTITY_SECRET, TRUST_SECRET (ARNs), OUTSIDE (whether it shows a certificate outside, too), LOOK_S.
set -euo pipefail
umask 077
trap 'exit 0' TERM INT

root=${ROOT:-/elastic-chat}
folder=$root/identity
owner=${OWNER:-10001:10001}
type=type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret

fetch() {
  aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text
}

# Replaces a file in one step, if its content is another: an Envoy takes up what is moved into its place.
replace() {
  if [ "$(cat "$folder/$1" 2>/dev/null)" != "$2" ]; then
    printf '%s\n' "$2" >"$folder/.$1"
    chown "$owner" "$folder/.$1"
    mv "$folder/.$1" "$folder/$1"
  fi
}

# What Envoy calls a secret: JSON with PEM in it.
secret() {
  printf '{"resources": [{"@type": "%s", "name": "%s", %s}]}' "$type" "$1" "$2"
}

lines() {
  printf '%s' "${1//$'\n'/\\n}"
}

# The secret has the certificate first, and its key behind it.
certificate() {
  local chain=${2%%-----BEGIN PRIVATE KEY-----*}
  local key=${2:${#chain}}
  secret "$1" "$(printf '"tls_certificate": {"certificate_chain": {"inline_string": "%s"}, "private_key": {"inline_string": "%s"}}' \
    "$(lines "$chain")" "$(lines "$key")")"
}

look() {
  local trust identity
  # Whatever could not be fetched ends this here: the shell itself goes on where somebody asks how it went.
  trust=$(fetch "$TRUST_SECRET") || return
  identity=$(fetch "$IDENTITY_SECRET") || return
  replace authority.pem "$trust"
  replace trust.json "$(secret trust "$(printf '"validation_context": {"trusted_ca": {"inline_string": "%s"}}' "$(lines "$trust")")")"
  replace "$ENVOY.json" "$(certificate identity "$identity")"
  if [ "$OUTSIDE" = true ]; then
    replace outside.json "$(certificate outside "$identity")"
  fi
}

mkdir -p "$root/run/envoy" "$root/data/search" "$folder"
chown -R "$owner" "$root/run" "$root/data" "$folder" "${SCRATCH:-/tmp}"
look
while :; do
  sleep "$LOOK_S" &
  wait $!
  # What can't be fetched now is fetched later: the certificate that is there is good for days.
  look || echo "The certificate could not be fetched; the next try is in $LOOK_S s" >&2
done
