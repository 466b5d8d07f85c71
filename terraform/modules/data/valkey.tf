# Valkey, the live view, which is made again when it is lost. One shard: the services' own wire to it knows no cluster yet.

data "aws_secretsmanager_random_password" "redis" {
  password_length     = 64
  exclude_punctuation = true
}

locals {
  # The token that was made first, and no newer one.
  redis_token = jsondecode(aws_secretsmanager_secret_version.redis_token.secret_string).token
}

resource "aws_secretsmanager_secret" "redis_token" {
  # checkov:skip=CKV2_AWS_57: It is changed together with the URL that has it, by a person.
  name                    = "${var.name}/redis-token"
  description             = "The token of Valkey, from which the URL is made that services read"
  kms_key_id              = var.key_arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "redis_token" {
  secret_id     = aws_secretsmanager_secret.redis_token.id
  secret_string = jsonencode({ token = data.aws_secretsmanager_random_password.redis.random_password })

  lifecycle {
    ignore_changes = [secret_string]
  }
}

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_elasticache_parameter_group" "this" {
  name   = var.name
  family = "valkey${split(".", var.valkey.version)[0]}"

  # What is full refuses, and the services say so: nothing of the live view is thrown away behind their backs.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_replication_group" "this" {
  # checkov:skip=CKV2_AWS_50: With no replica there is nothing to fail over to; where there is one, it does.
  replication_group_id       = var.name
  description                = "The live view of ${var.name}"
  engine                     = "valkey"
  engine_version             = var.valkey.version
  node_type                  = var.valkey.node_type
  num_cache_clusters         = 1 + var.valkey.replicas
  automatic_failover_enabled = var.valkey.replicas > 0
  multi_az_enabled           = var.valkey.replicas > 0
  port                       = 6379

  subnet_group_name    = aws_elasticache_subnet_group.this.name
  security_group_ids   = [var.security_group_ids["redis"]]
  parameter_group_name = aws_elasticache_parameter_group.this.name

  at_rest_encryption_enabled = true
  kms_key_id                 = var.key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auth_token                 = local.redis_token
  auth_token_update_strategy = "ROTATE"

  # It is a view: a snapshot would bring back an older one, which is made again all the same.
  snapshot_retention_limit   = 0
  auto_minor_version_upgrade = true
  maintenance_window         = "sun:03:00-sun:04:00"

  log_delivery_configuration {
    destination      = aws_cloudwatch_log_group.engine["valkey"].name
    destination_type = "cloudwatch-logs"
    log_format       = "json"
    log_type         = "slow-log"
  }
}

resource "aws_secretsmanager_secret_version" "redis" {
  secret_id     = var.secret_arns["redis"]
  secret_string = "rediss://:${local.redis_token}@${aws_elasticache_replication_group.this.primary_endpoint_address}:6379/0"
}
