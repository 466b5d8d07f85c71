# Kafka, which is the truth for a week. Brokers belong to AWS, who patches them one after the other; clients come over TLS, with a password.

locals {
  zones          = length(var.subnet_ids)
  brokers        = local.zones * var.kafka.brokers_in_each_zone
  kafka_copies   = min(3, local.brokers)
  kafka_username = "elastic-chat"
}

resource "aws_msk_configuration" "this" {
  name           = var.name
  kafka_versions = [var.kafka.version]

  # The writer makes the topics with their own settings. What is said here holds for all: nothing is acknowledged by fewer copies than survive
  # the loss of one, and nobody makes a topic by misspelling one.
  server_properties = <<-EOT
    auto.create.topics.enable=false
    default.replication.factor=${local.kafka_copies}
    min.insync.replicas=${max(1, local.kafka_copies - 1)}
    unclean.leader.election.enable=false
    offsets.topic.replication.factor=${local.kafka_copies}
    transaction.state.log.replication.factor=${local.kafka_copies}
    message.max.bytes=2097152
  EOT

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_msk_cluster" "this" {
  # checkov:skip=CKV_AWS_291: Whom the brokers belong to is AWS, and subnets are private: public access is off, as a test sees.
  cluster_name           = var.name
  kafka_version          = var.kafka.version
  number_of_broker_nodes = local.brokers

  broker_node_group_info {
    instance_type   = var.kafka.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [var.security_group_ids["kafka"]]

    storage_info {
      ebs_storage_info {
        volume_size = var.kafka.disk_gib
      }
    }

    connectivity_info {
      public_access {
        type = "DISABLED"
      }
    }
  }

  client_authentication {
    unauthenticated = false
    sasl {
      scram = true
      iam   = false
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.key_arn
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  open_monitoring {
    prometheus {
      jmx_exporter {
        enabled_in_broker = false
      }
      node_exporter {
        enabled_in_broker = false
      }
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.engine["kafka"].name
      }
    }
  }
}

data "aws_secretsmanager_random_password" "kafka" {
  password_length     = 40
  exclude_punctuation = true
}

# A new password comes with every look: the first one stays.
resource "aws_secretsmanager_secret_version" "kafka" {
  secret_id     = var.secret_arns["kafka"]
  secret_string = jsonencode({ username = local.kafka_username, password = data.aws_secretsmanager_random_password.kafka.random_password })

  lifecycle {
    ignore_changes = [secret_string]
  }
}

resource "aws_msk_scram_secret_association" "this" {
  cluster_arn     = aws_msk_cluster.this.arn
  secret_arn_list = [var.secret_arns["kafka"]]

  depends_on = [aws_secretsmanager_secret_version.kafka]
}

resource "aws_cloudwatch_log_group" "engine" {
  # checkov:skip=CKV_AWS_338: How long is up to the installation; small ones need no year.
  for_each = toset(["kafka", "valkey"])

  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}
