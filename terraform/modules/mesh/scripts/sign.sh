# Has the authority sign what is asked for in /work/*.csr, and puts each certificate and its key where its workload finds it.
#
# Needs: AUTHORITY, TEMPLATE (ARNs), LIFE_DAYS, SECRETS (a prefix: the secret of gateway is SECRETS/gateway).
set -euo pipefail
umask 077

work=${WORK:-/work}
for request in "$work"/*.csr; do
  workload=$(basename "$request" .csr)
  certificate=$(aws acm-pca issue-certificate --certificate-authority-arn "$AUTHORITY" --template-arn "$TEMPLATE" \
    --csr "fileb://$request" --signing-algorithm SHA256WITHECDSA --validity "Value=$LIFE_DAYS,Type=DAYS" \
    --query CertificateArn --output text)
  aws acm-pca wait certificate-issued --certificate-authority-arn "$AUTHORITY" --certificate-arn "$certificate"
  aws acm-pca get-certificate --certificate-authority-arn "$AUTHORITY" --certificate-arn "$certificate" \
    --query Certificate --output text >"$work/$workload.pem"
  cat "$work/$workload.key" >>"$work/$workload.pem"
  aws secretsmanager put-secret-value --secret-id "$SECRETS/$workload" --secret-string "file://$work/$workload.pem" \
    --query VersionId --output text
done
