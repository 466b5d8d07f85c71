output "image_repositories" {
  description = "Where images are pushed: the URL and the ARN of each repository."
  value       = { for name, repository in aws_ecr_repository.this : name => { url = repository.repository_url, arn = repository.arn } }
}

output "deploy_role_arn" {
  description = "The role of workflows that deploy."
  value       = aws_iam_role.deploy.arn
}

output "plan_role_arn" {
  description = "The role of workflows that show what a pull request would change."
  value       = aws_iam_role.plan.arn
}

output "codedeploy" {
  description = "What CodeDeploy is asked by to replace the edge."
  value       = { application = aws_codedeploy_app.edge.name, group = aws_codedeploy_deployment_group.edge.deployment_group_name }
}
