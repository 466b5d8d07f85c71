output "kafka" {
  description = "Where Kafka is, and on how many brokers each record lies."
  value = {
    bootstrap = aws_msk_cluster.this.bootstrap_brokers_sasl_scram
    copies    = local.kafka_copies
    name      = aws_msk_cluster.this.cluster_name
  }
}

output "cassandra" {
  description = "Where Cassandra is, what its data centre is called, and on how many nodes each row lies."
  value       = { addresses = local.addresses, datacenter = local.datacenter, copies = local.copies }
}

output "valkey" {
  description = "What the live view is called."
  value       = { name = aws_elasticache_replication_group.this.replication_group_id }

  # Nobody gets the URL before there is something behind it.
  depends_on = [aws_secretsmanager_secret_version.redis]
}

output "files_bucket" {
  description = "The bucket that the bytes of files are in."
  value       = aws_s3_bucket.this["files"].bucket
}

output "backups_bucket" {
  description = "The bucket that Cassandra's snapshots go to."
  value       = aws_s3_bucket.this["backups"].bucket
}
