# What others put into the network waits for its ways, and for the rules by which it may use them: an id is there before they are. Whoever is told
# where to be is told so when one gets out from there, which a machine needs in its first minute.

output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "The subnet of each zone that the internet can reach, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]

  depends_on = [aws_route.out, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "The subnet of each zone that the internet can't reach, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]

  depends_on = [
    aws_route.by_nat,
    aws_route_table_association.private,
    aws_vpc_endpoint.s3,
    aws_vpc_security_group_ingress_rule.endpoints,
  ]
}

output "private_subnet_cidrs" {
  description = "The addresses of each private subnet, in the order of the zones."
  value       = [for zone in var.zones : aws_subnet.private[zone].cidr_block]
}

output "task_security_group_ids" {
  description = "The security group of each workload's tasks."
  value       = { for name, group in aws_security_group.task : name => group.id }

  depends_on = [
    aws_vpc_security_group_egress_rule.call,
    aws_vpc_security_group_egress_rule.use,
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_ingress_rule.call,
    aws_vpc_security_group_ingress_rule.edge,
  ]
}

output "engine_security_group_ids" {
  description = "The security group of each engine."
  value       = { for name, group in aws_security_group.engine : name => group.id }

  depends_on = [
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_egress_rule.ring,
    aws_vpc_security_group_ingress_rule.ring,
    aws_vpc_security_group_ingress_rule.use,
  ]
}

output "load_balancer_security_group_id" {
  description = "The security group of the load balancer before the edge."
  value       = aws_security_group.load_balancer.id

  depends_on = [aws_vpc_security_group_egress_rule.load_balancer, aws_vpc_security_group_ingress_rule.cloudfront]
}

output "certifier_security_group_id" {
  description = "The security group of the task that issues certificates."
  value       = aws_security_group.certifier.id

  depends_on = [aws_vpc_security_group_egress_rule.https]
}
