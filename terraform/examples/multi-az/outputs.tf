output "url" {
  description = "Where people find the web client."
  value       = module.chat.url
}

output "first_certificates" {
  description = "The command that issues certificates now: before the first tasks can start."
  value       = module.chat.first_certificates
}

output "secret_arns" {
  description = "The secrets, of which signing-key, link-key and push-key are yours to fill."
  value       = module.chat.secret_arns
}

output "image_repositories" {
  description = "Where images are pushed."
  value       = module.chat.image_repositories
}

output "web_bucket" {
  description = "Where the files of the web client are put."
  value       = module.chat.web_bucket
}

output "distribution_id" {
  description = "The distribution whose copies of pages a new version makes void."
  value       = module.chat.distribution_id
}

output "deploy_role_arn" {
  description = "The role of workflows that deploy."
  value       = module.chat.deploy_role_arn
}

output "plan_role_arn" {
  description = "The role of workflows that show what a pull request would change."
  value       = module.chat.plan_role_arn
}

output "codedeploy" {
  description = "What CodeDeploy is asked by to replace the edge, and with which task."
  value       = module.chat.codedeploy
}
