output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "The subnet of each zone that the internet can reach, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "The subnet of each zone that the internet can't reach, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "private_subnet_cidrs" {
  description = "The addresses of each private subnet, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.private[zone].cidr_block]
}

output "task_security_group_ids" {
  description = "The security group of each workload's tasks."
  value       = { for name, group in aws_security_group.task : name => group.id }
}

output "engine_security_group_ids" {
  description = "The security group of each engine."
  value       = { for name, group in aws_security_group.engine : name => group.id }
}

output "load_balancer_security_group_id" {
  description = "The security group of the load balancer before the edge."
  value       = aws_security_group.load_balancer.id
}

output "certifier_security_group_id" {
  description = "The security group of the task that issues certificates."
  value       = aws_security_group.certifier.id
}
