# Who is who: the key that everything at rest is encrypted with, the authority of the mesh, and the secrets, each by who may read it.

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  account   = data.aws_caller_identity.here.account_id
  partition = data.aws_partition.here.partition
  region    = data.aws_region.here.region

  # Whoever uses an engine reads what gets to it; three services have a key of their own.
  engine_readers = {
    for engine in ["kafka", "redis", "cassandra"] : engine => [for name, service in var.services : name if contains(service.engines, engine)]
  }
  readers = merge(local.engine_readers, { signing-key = ["accounts"], link-key = ["files"], push-key = ["presence"] })

  # Kafka takes only secrets whose names begin so.
  secret_names = { for secret in keys(local.readers) : secret => secret == "kafka" ? "AmazonMSK_${var.name}" : "${var.name}/${secret}" }

  # Nodes of Cassandra show a certificate of the same authority, under a name that may call nobody in the mesh.
  certified = concat(var.workloads, ["cassandra"])
}

resource "aws_kms_key" "this" {
  description             = "What ${var.name} keeps"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

data "aws_iam_policy_document" "key" {
  # checkov:skip=CKV_AWS_109: A key's policy is about that key alone, and without its account a key can never be changed again.
  # checkov:skip=CKV_AWS_111: As above.
  # checkov:skip=CKV_AWS_356: In a key's policy, * is the key.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/${var.name}/*"]
    }
  }
}

# --- the authority of the mesh: its certificates live for days, so that there is no list of withdrawn ones to keep ---
resource "aws_acmpca_certificate_authority" "mesh" {
  type                            = "ROOT"
  usage_mode                      = "SHORT_LIVED_CERTIFICATE"
  permanent_deletion_time_in_days = var.deletion_window_days

  certificate_authority_configuration {
    key_algorithm     = "EC_prime256v1"
    signing_algorithm = "SHA256WITHECDSA"

    subject {
      common_name = "${var.name} mesh"
    }
  }
}

resource "aws_acmpca_certificate" "mesh" {
  certificate_authority_arn   = aws_acmpca_certificate_authority.mesh.arn
  certificate_signing_request = aws_acmpca_certificate_authority.mesh.certificate_signing_request
  signing_algorithm           = "SHA256WITHECDSA"
  template_arn                = "arn:${local.partition}:acm-pca:::template/RootCACertificate/V1"

  validity {
    type  = "YEARS"
    value = 10
  }
}

resource "aws_acmpca_certificate_authority_certificate" "mesh" {
  certificate_authority_arn = aws_acmpca_certificate_authority.mesh.arn
  certificate               = aws_acmpca_certificate.mesh.certificate
  certificate_chain         = aws_acmpca_certificate.mesh.certificate_chain
}

# --- secrets ---
resource "aws_secretsmanager_secret" "shared" {
  # checkov:skip=CKV2_AWS_57: What these hold is changed by a person, who restarts those that read it: docs/aws.md says how.
  for_each = local.readers

  name                    = local.secret_names[each.key]
  description             = "Read by ${join(", ", each.value)}"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = var.deletion_window_days
}

resource "aws_secretsmanager_secret" "certificate" {
  # checkov:skip=CKV2_AWS_57: The certifier writes a new certificate every day.
  for_each = toset(local.certified)

  name                    = "${var.name}/mesh/${each.key}"
  description             = "The certificate of ${each.key}, and its key: read by ${each.key} alone"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = var.deletion_window_days
}

# Whose certificates are accepted: nothing secret, and kept beside what is.
resource "aws_secretsmanager_secret" "trust" {
  # checkov:skip=CKV2_AWS_57: It changes when the authority does.
  name                    = "${var.name}/mesh/trust"
  description             = "The certificate of the authority of the mesh"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = var.deletion_window_days
}

resource "aws_secretsmanager_secret_version" "trust" {
  secret_id     = aws_secretsmanager_secret.trust.id
  secret_string = aws_acmpca_certificate.mesh.certificate
}
