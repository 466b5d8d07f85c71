# What the tests of this module are given, for everyone that the catalogue knows.

module "catalogue" {
  source = "../../../catalogue"
}

locals {
  workloads = module.catalogue.workloads
  services  = module.catalogue.services
}

output "services" {
  description = "The services, as the catalogue has them."
  value       = local.services
}

output "edge_ports" {
  description = "The ports of the edge, as the catalogue has them."
  value       = module.catalogue.edge.ports
}

output "instances" {
  description = "Two of each at the least; of files at the most, too."
  value       = { for name in local.workloads : name => { least = 2, most = name == "files" ? 2 : 12 } }
}

output "too_many_instances" {
  description = "Nine of each at the least, of whom DNS tells eight."
  value       = { for name in local.workloads : name => { least = 9, most = 12 } }
}

output "security_group_ids" {
  description = "A group for each, and for the certifier."
  value       = { for name in concat(local.workloads, ["certifier"]) : name => "sg-${name}" }
}

output "environment" {
  description = "What each service is told."
  value       = { for name in keys(local.services) : name => { CHAT_HTTP_PORT = "1" } }
}

output "secrets" {
  description = "What each service is given of secrets."
  value       = { for name in keys(local.services) : name => { CHAT_REDIS_URL = "arn:redis" } }
}

output "task_role_arns" {
  description = "The role that each has while it runs."
  value       = { for name in local.workloads : name => "arn:role/${name}" }
}

output "execution_role_arns" {
  description = "The role by which each is started."
  value       = { for name in concat(local.workloads, ["certifier"]) : name => "arn:execution/${name}" }
}

output "certificate_secret_arns" {
  description = "Where each finds its certificate."
  value       = { for name in local.workloads : name => "arn:certificate/${name}" }
}
