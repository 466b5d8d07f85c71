# What the stores promise: encrypted on the way and at rest, public nowhere, as many copies as zones can be lost.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_secretsmanager_random_password" {
    defaults = { random_password = "secret" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_elasticache_replication_group" {
    defaults = { primary_endpoint_address = "valkey.example" }
  }
}

variables {
  name                       = "chat"
  subnet_ids                 = ["subnet-1", "subnet-2", "subnet-3"]
  subnet_cidrs               = ["10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20"]
  security_group_ids         = { kafka = "sg-1", redis = "sg-2", cassandra = "sg-3" }
  key_arn                    = "arn:aws:kms:eu-central-1:123456789012:key/1"
  secret_arns                = { kafka = "arn:kafka", redis = "arn:redis", cassandra = "arn:cassandra" }
  certificate_secret_arns    = { cassandra = "arn:certificate", trust = "arn:trust" }
  cassandra_instance_profile = "chat-cassandra"
  files_bucket               = "chat-files"
  backups_bucket             = "chat-backups"
  log_retention_days         = 90
  kafka                      = { instance_type = "kafka.m7g.large", disk_gib = 500 }
  valkey                     = { node_type = "cache.r7g.large", replicas = 2 }
  cassandra                  = { nodes = 3, instance_type = "r7g.xlarge", disk_gib = 500, image = "cassandra:5.0.4", heap_gib = 12 }
}

run "kafka_is_private_and_keeps_three_copies" {
  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS" && aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].in_cluster
    error_message = "Kafka speaks TLS alone, with clients and with itself."
  }

  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_at_rest_kms_key_arn == var.key_arn
    error_message = "What Kafka keeps is encrypted with the key of the stack."
  }

  assert {
    condition     = aws_msk_cluster.this.client_authentication[0].sasl[0].scram && !aws_msk_cluster.this.client_authentication[0].unauthenticated
    error_message = "Nobody gets to Kafka without a password."
  }

  assert {
    condition     = aws_msk_cluster.this.broker_node_group_info[0].connectivity_info[0].public_access[0].type == "DISABLED"
    error_message = "Kafka has no public address."
  }

  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "min.insync.replicas=2\n") && strcontains(aws_msk_configuration.this.server_properties, "unclean.leader.election.enable=false")
    error_message = "What is acknowledged is on two brokers, and no broker that lacks it becomes a leader."
  }

  assert {
    condition     = aws_msk_cluster.this.number_of_broker_nodes == 3 && output.kafka.copies == 3
    error_message = "There is a broker in each zone, and a copy on each."
  }
}

run "valkey_is_private_and_fails_over" {
  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required" && aws_elasticache_replication_group.this.at_rest_encryption_enabled
    error_message = "Valkey speaks TLS alone, and keeps nothing in the clear."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == "secret"
    error_message = "Nobody gets to Valkey without its token."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.num_cache_clusters == 3
    error_message = "A replica in another zone takes over."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_node_groups == null || aws_elasticache_replication_group.this.cluster_mode != "enabled"
    error_message = "The services' wire knows no cluster."
  }

  assert {
    condition     = aws_secretsmanager_secret_version.redis.secret_string == "rediss://:secret@valkey.example:6379/0"
    error_message = "Services come over TLS, with the token."
  }

  assert {
    condition     = one(aws_elasticache_parameter_group.this.parameter).value == "noeviction" && aws_elasticache_parameter_group.this.family == "valkey8"
    error_message = "Nothing is thrown away to make room."
  }
}

run "cassandra_survives_a_zone" {
  assert {
    condition     = length(distinct([for node in local.nodes : node.subnet_id])) == 3 && length(distinct(local.addresses)) == 3 && output.cassandra.copies == 3
    error_message = "There is a node in each zone, and a copy on each."
  }

  assert {
    condition     = toset(local.addresses) == toset(["10.0.16.10", "10.0.32.10", "10.0.48.10"])
    error_message = "Nodes keep their addresses, which are in their certificate."
  }

  assert {
    condition     = alltrue([for volume in aws_ebs_volume.cassandra : volume.encrypted && volume.kms_key_id == var.key_arn])
    error_message = "Disks are encrypted."
  }

  assert {
    condition     = alltrue([for node in aws_instance.cassandra : node.metadata_options[0].http_tokens == "required" && node.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "The role of a machine is given to who asks with a token, on the machine."
  }

  assert {
    condition     = alltrue([for node in aws_instance.cassandra : strcontains(node.user_data, "optional: false") && strcontains(node.user_data, "internode_encryption: all") && strcontains(node.user_data, "PasswordAuthenticator")])
    error_message = "Cassandra speaks TLS alone, with clients and with itself, and asks who one is."
  }

  assert {
    condition     = alltrue([for node in aws_instance.cassandra : node.disable_api_termination])
    error_message = "A node with data is not deleted by mistake."
  }
}

run "one_copy_is_on_the_disk_before_it_is_acknowledged" {
  variables {
    subnet_ids   = ["subnet-1", "subnet-2"]
    subnet_cidrs = ["10.0.16.0/20", "10.0.32.0/20"]
    valkey       = { node_type = "cache.t4g.small", replicas = 0 }
    cassandra    = { nodes = 1, instance_type = "r7g.large", disk_gib = 100, image = "cassandra:5.0.4", heap_gib = 6 }
  }

  assert {
    condition     = strcontains(aws_instance.cassandra["cassandra-1"].user_data, "commitlog_sync: batch") && output.cassandra.copies == 1
    error_message = "With one copy, an acknowledged write is on the disk."
  }

  assert {
    condition     = output.kafka.copies == 2 && strcontains(aws_msk_configuration.this.server_properties, "min.insync.replicas=1\n")
    error_message = "With two brokers, one can be away."
  }

  assert {
    condition     = !aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "With one node there is nothing to fail over to."
  }
}

run "buckets_are_closed" {
  assert {
    condition = alltrue([
      for block in aws_s3_bucket_public_access_block.this :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && length(aws_s3_bucket_public_access_block.this) == 2
    error_message = "Neither bucket can be made public."
  }

  assert {
    condition     = alltrue([for one in aws_s3_bucket_server_side_encryption_configuration.this : one(one(one.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.key_arn])
    error_message = "What is in them is encrypted with the key of the stack."
  }
}

run "two_nodes_are_refused" {
  command = plan

  variables {
    cassandra = { nodes = 2, instance_type = "r7g.xlarge", disk_gib = 500, image = "cassandra:5.0.4", heap_gib = 12 }
  }

  expect_failures = [var.cassandra]
}

run "an_image_without_a_version_is_refused" {
  command = plan

  variables {
    cassandra = { nodes = 3, instance_type = "r7g.xlarge", disk_gib = 500, image = "cassandra", heap_gib = 12 }
  }

  expect_failures = [var.cassandra]
}
