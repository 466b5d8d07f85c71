output "key_arn" {
  description = "The KMS key that everything at rest is encrypted with."
  value       = aws_kms_key.this.arn
}

output "authority_arn" {
  description = "The private authority that signs the certificates of the mesh."
  value       = aws_acmpca_certificate_authority_certificate.mesh.certificate_authority_arn
}

output "secret_arns" {
  description = "What services read at their start: of each engine how to get to it, and the keys that three of them have."
  value       = { for name, secret in aws_secretsmanager_secret.shared : name => secret.arn }
}

output "certificate_secret_arns" {
  description = "Where each workload finds its certificate."
  value       = { for name, secret in aws_secretsmanager_secret.certificate : name => secret.arn }
}

output "trust_secret_arn" {
  description = "Where everyone finds whose certificates to accept."
  value       = aws_secretsmanager_secret.trust.arn
}

output "task_role_arns" {
  description = "The role that each workload has while it runs."
  value       = { for name, role in aws_iam_role.task : name => role.arn }
}

output "execution_role_arns" {
  description = "The role by which ECS starts each workload, and the certifier."
  value       = { for name, role in aws_iam_role.execution : name => role.arn }
}

output "certifier_role_arn" {
  description = "The role of the task that issues certificates."
  value       = aws_iam_role.certifier.arn
}

output "cassandra_instance_profile" {
  description = "The instance profile of Cassandra's nodes."
  value       = aws_iam_instance_profile.cassandra.name
}
