output "cluster_name" {
  description = "The cluster that the tasks are in."
  value       = aws_ecs_cluster.this.name
}

output "cluster_arn" {
  description = "The cluster that the tasks are in."
  value       = aws_ecs_cluster.this.arn
}

output "edge_service_name" {
  description = "The service of the edge, which CodeDeploy replaces."
  value       = aws_ecs_service.edge.name
}

output "edge_task_definition_arn" {
  description = "The newest definition of the edge's task: what CodeDeploy is given."
  value       = aws_ecs_task_definition.this["edge"].arn
}

output "log_group_names" {
  description = "Where the log of each workload is."
  value       = { for name, group in aws_cloudwatch_log_group.workload : name => group.name }
}

output "first_certificates" {
  description = "The command that issues certificates now: before the first tasks can start, and after the authority was replaced."
  value = join(" ", [
    "aws ecs run-task --cluster ${aws_ecs_cluster.this.name} --task-definition ${aws_ecs_task_definition.certifier.family} --launch-type FARGATE",
    "--network-configuration 'awsvpcConfiguration={subnets=[${join(",", var.subnet_ids)}],securityGroups=[${var.security_group_ids["certifier"]}]}'",
  ])
}
