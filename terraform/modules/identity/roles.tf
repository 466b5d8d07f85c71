# Who may do what in AWS. A workload has two roles: one by which ECS starts it (its images, its log, its secrets), and one that it has while
# it runs. Neither names anything of another workload.

data "aws_iam_policy_document" "task_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

locals {
  logs = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/${var.name}"

  # A secret by its name: AWS puts six characters of its own behind it.
  secret = "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret"

  secrets_of = {
    for name in concat(var.workloads, ["certifier"]) : name => [
      for secret, readers in local.readers : "${local.secret}:${local.secret_names[secret]}-??????" if contains(readers, name)
    ]
  }
}

# --- by which ECS starts a workload ---
resource "aws_iam_role" "execution" {
  for_each = local.secrets_of

  name               = "${var.name}-${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.task_trust.json
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.secrets_of

  name   = "start"
  role   = aws_iam_role.execution[each.key].id
  policy = data.aws_iam_policy_document.execution[each.key].json
}

data "aws_iam_policy_document" "execution" {
  # checkov:skip=CKV_AWS_356: What gives a token for ECR can't be limited to a repository; what pulls is.
  for_each = local.secrets_of

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.logs}/${each.key}:*"]
  }

  dynamic "statement" {
    for_each = length(var.images) > 0 ? [1] : []
    content {
      sid       = "Registry"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.images) > 0 ? [1] : []
    content {
      sid       = "Images"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = var.images
    }
  }

  dynamic "statement" {
    for_each = length(each.value) > 0 ? [1] : []
    content {
      sid       = "Secrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = each.value
    }
  }

  dynamic "statement" {
    for_each = length(each.value) > 0 ? [1] : []
    content {
      sid       = "Decrypt"
      actions   = ["kms:Decrypt"]
      resources = [aws_kms_key.this.arn]
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${local.region}.amazonaws.com"]
      }
    }
  }
}

# --- that a workload has while it runs ---
resource "aws_iam_role" "task" {
  for_each = toset(var.workloads)

  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.task_trust.json
}

resource "aws_iam_role_policy" "task" {
  for_each = aws_iam_role.task

  name   = "run"
  role   = each.value.id
  policy = data.aws_iam_policy_document.task[each.key].json
}

data "aws_iam_policy_document" "task" {
  for_each = toset(var.workloads)

  statement {
    sid       = "OwnCertificate"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [for secret in [each.key, "trust"] : "${local.secret}:${var.name}/mesh/${secret}-??????"]
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${local.region}.amazonaws.com"]
    }
  }

  # The edge has no collector.
  dynamic "statement" {
    for_each = each.key == "edge" ? [] : [1]
    content {
      sid       = "Metrics"
      actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      resources = ["${local.logs}/metrics:*"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "files" ? [1] : []
    content {
      sid       = "Files"
      actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      resources = ["arn:${local.partition}:s3:::${var.files_bucket}/*"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "files" ? [1] : []
    content {
      sid       = "ListFiles"
      actions   = ["s3:ListBucket"]
      resources = ["arn:${local.partition}:s3:::${var.files_bucket}"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "files" ? [1] : []
    content {
      sid       = "EncryptFiles"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [aws_kms_key.this.arn]
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${local.region}.amazonaws.com"]
      }
    }
  }
}

# --- the certifier: the only one for whom the authority signs, and only certificates that sign nothing themselves ---
resource "aws_iam_role" "certifier" {
  name               = "${var.name}-certifier"
  assume_role_policy = data.aws_iam_policy_document.task_trust.json
}

resource "aws_iam_role_policy" "certifier" {
  name   = "issue"
  role   = aws_iam_role.certifier.id
  policy = data.aws_iam_policy_document.certifier.json
}

data "aws_iam_policy_document" "certifier" {
  statement {
    sid       = "Issue"
    actions   = ["acm-pca:IssueCertificate"]
    resources = [aws_acmpca_certificate_authority.mesh.arn]
    condition {
      test     = "StringEquals"
      variable = "acm-pca:TemplateArn"
      values   = ["arn:${local.partition}:acm-pca:::template/EndEntityCertificate/V1"]
    }
  }

  statement {
    sid       = "Collect"
    actions   = ["acm-pca:GetCertificate"]
    resources = [aws_acmpca_certificate_authority.mesh.arn]
  }

  statement {
    sid       = "Deliver"
    actions   = ["secretsmanager:PutSecretValue"]
    resources = [for secret in aws_secretsmanager_secret.certificate : secret.arn]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${local.region}.amazonaws.com"]
    }
  }
}

# --- nodes of Cassandra ---
resource "aws_iam_role" "cassandra" {
  name               = "${var.name}-cassandra"
  assume_role_policy = data.aws_iam_policy_document.machine_trust.json
}

data "aws_iam_policy_document" "machine_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_instance_profile" "cassandra" {
  name = aws_iam_role.cassandra.name
  role = aws_iam_role.cassandra.name
}

# Operators get to a node by Session Manager, which needs no open port and keeps a record.
resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.cassandra.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy" "cassandra" {
  name   = "run"
  role   = aws_iam_role.cassandra.id
  policy = data.aws_iam_policy_document.cassandra.json
}

data "aws_iam_policy_document" "cassandra" {
  # checkov:skip=CKV_AWS_356: What gives a token for ECR can't be limited to a repository; what pulls is.
  statement {
    sid       = "OwnCertificate"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.certificate["cassandra"].arn, aws_secretsmanager_secret.trust.arn]
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com", "secretsmanager.${local.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "Backups"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["arn:${local.partition}:s3:::${var.backups_bucket}/*"]
  }

  statement {
    sid       = "ListBackups"
    actions   = ["s3:ListBucket"]
    resources = ["arn:${local.partition}:s3:::${var.backups_bucket}"]
  }

  dynamic "statement" {
    for_each = length(var.images) > 0 ? [1] : []
    content {
      sid       = "Registry"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.images) > 0 ? [1] : []
    content {
      sid       = "Images"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = var.images
    }
  }
}
