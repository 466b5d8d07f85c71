# What identities promise: each workload may read its own certificate and its own secrets, and the authority signs for one task alone.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/1" }
  }
}

variables {
  name           = "chat"
  workloads      = ["accounts", "files", "gateway", "presence", "router", "edge"]
  files_bucket   = "chat-files"
  backups_bucket = "chat-backups"
  services = {
    accounts = { engines = ["cassandra"] }
    files    = { engines = ["cassandra", "redis"] }
    gateway  = { engines = ["redis"] }
    presence = { engines = ["cassandra", "kafka", "redis"] }
    router   = { engines = ["kafka", "redis"] }
  }
}

run "each_has_its_own" {
  assert {
    condition = alltrue([
      for name, document in data.aws_iam_policy_document.task :
      toset([for statement in document.statement : statement if statement.sid == "OwnCertificate"][0].resources)
      == toset([for secret in [name, "trust"] : "arn:aws:secretsmanager:eu-central-1:123456789012:secret:chat/mesh/${secret}-??????"])
    ])
    error_message = "A task reads its own certificate, whose it accepts, and no other's."
  }

  assert {
    condition     = join(" ", local.secrets_of["gateway"]) == "arn:aws:secretsmanager:eu-central-1:123456789012:secret:chat/redis-??????"
    error_message = "A gateway gets to Valkey, and to nothing else."
  }

  assert {
    condition     = local.secrets_of["edge"] == [] && local.secrets_of["certifier"] == []
    error_message = "The edge and the certifier have no secret of a service."
  }

  assert {
    condition     = local.readers["signing-key"] == ["accounts"] && local.readers["link-key"] == ["files"] && local.readers["push-key"] == ["presence"]
    error_message = "Only accounts signs tokens, only files links, only presence pushes."
  }

  assert {
    condition = alltrue(flatten([
      for document in concat(values(data.aws_iam_policy_document.task), [data.aws_iam_policy_document.certifier]) :
      [for statement in document.statement : !contains(statement.resources, "*") && !anytrue([for action in statement.actions : strcontains(action, "*")])]
    ]))
    error_message = "What a running task may do is named, and so is to what."
  }

  assert {
    condition     = [for name, document in data.aws_iam_policy_document.task : name if length([for statement in document.statement : statement if statement.sid == "Files"]) > 0] == ["files"]
    error_message = "Only files gets to the bytes of files."
  }
}

run "the_authority_signs_for_one" {
  assert {
    condition = alltrue(flatten([
      for document in concat(values(data.aws_iam_policy_document.task), values(data.aws_iam_policy_document.execution), [data.aws_iam_policy_document.cassandra]) :
      [for statement in document.statement : !anytrue([for action in statement.actions : startswith(action, "acm-pca:")])]
    ]))
    error_message = "No workload gets the authority to sign."
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.certifier.statement : one(statement.condition).values if statement.sid == "Issue"
    ] == [tolist(["arn:aws:acm-pca:::template/EndEntityCertificate/V1"])]
    error_message = "What the certifier has signed can sign nothing itself."
  }

  assert {
    condition     = aws_acmpca_certificate_authority.mesh.usage_mode == "SHORT_LIVED_CERTIFICATE"
    error_message = "Certificates that live for years would need a list of those that were withdrawn."
  }
}

run "what_is_kept_is_encrypted" {
  assert {
    condition = alltrue([
      for secret in concat(values(aws_secretsmanager_secret.shared), values(aws_secretsmanager_secret.certificate), [aws_secretsmanager_secret.trust]) :
      secret.kms_key_id == aws_kms_key.this.arn
    ])
    error_message = "Secrets are encrypted with the key of the stack."
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key is rotated."
  }

  assert {
    condition     = startswith(aws_secretsmanager_secret.shared["kafka"].name, "AmazonMSK_")
    error_message = "Kafka takes only secrets whose names begin so."
  }
}

run "an_image_elsewhere_than_in_ecr_is_no_arn" {
  command = plan

  variables {
    images = ["docker.io/library/cassandra"]
  }

  expect_failures = [var.images]
}
