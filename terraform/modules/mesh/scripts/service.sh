# Starts a service under the name by which others find it, and lets it trust the authority of Cassandra's nodes beside those of the system.
set -eu
address=$(hostname -i | cut -d ' ' -f 1)
CHAT_NODE_ID="$SERVICE-$(printf '%s' "$address" | tr . -)"
SSL_CERT_FILE=/elastic-chat/run/trusted.pem
cat /etc/ssl/certs/ca-certificates.crt /elastic-chat/identity/authority.pem >"$SSL_CERT_FILE"
export CHAT_NODE_ID SSL_CERT_FILE
exec python -m "svc_$SERVICE"
