output "chat" {
  description = "What one goes on with: docs/aws.md says how."
  value       = module.chat
}
