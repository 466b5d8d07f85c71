output "url" {
  description = "Where people find the web client."
  value       = "https://${var.domain}"
}

output "first_certificates" {
  description = "The command that issues certificates now: before the first tasks can start."
  value       = module.mesh.first_certificates
}

output "secret_arns" {
  description = "The secrets, of which signing-key, link-key and push-key are yours to fill."
  value       = module.identity.secret_arns
}

output "image_repositories" {
  description = "Where images are pushed."
  value       = module.deploy.image_repositories
}

output "web_bucket" {
  description = "Where the files of the web client are put."
  value       = module.edge.web_bucket
}

output "distribution_id" {
  description = "The distribution whose copies of pages a new version makes void."
  value       = module.edge.distribution.id
}

output "deploy_role_arn" {
  description = "The role of workflows that deploy."
  value       = module.deploy.deploy_role_arn
}

output "plan_role_arn" {
  description = "The role of workflows that show what a pull request would change."
  value       = module.deploy.plan_role_arn
}

output "codedeploy" {
  description = "What CodeDeploy is asked by to replace the edge, and with which task."
  value       = merge(module.deploy.codedeploy, { task_definition = module.mesh.edge_task_definition_arn })
}
