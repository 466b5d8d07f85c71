# Who reaches whom. A task takes calls at its sidecar's ingress, from those who call it and from nobody else; an engine takes those who use it.

locals {
  workloads = merge({ for name, service in var.services : name => service.calls }, { edge = var.edge.calls })

  calls = merge([
    for caller, callees in local.workloads : {
      for callee in callees : "${caller}-${callee}" => { from = caller, to = callee, port = var.services[callee].ports.ingress }
    }
  ]...)

  uses = merge([
    for name, service in var.services : {
      for engine in service.engines : "${name}-${engine}" => { from = name, to = engine, port = var.engine_ports[engine] }
    }
  ]...)
}

resource "aws_security_group" "task" {
  # checkov:skip=CKV2_AWS_5: The mesh module gives each to its tasks.
  for_each = local.workloads

  name        = "${var.name}-${each.key}"
  description = "Tasks of ${each.key}"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "engine" {
  # checkov:skip=CKV2_AWS_5: The data module gives each to its nodes.
  for_each = var.engine_ports

  name        = "${var.name}-${each.key}"
  description = "Nodes of ${each.key}"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "load_balancer" {
  # checkov:skip=CKV2_AWS_5: The edge module gives it to the load balancer.
  name        = "${var.name}-load-balancer"
  description = "The load balancer before the edge"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-load-balancer" }
}

resource "aws_security_group" "certifier" {
  # checkov:skip=CKV2_AWS_5: The mesh module gives it to the task that issues certificates.
  name        = "${var.name}-certifier"
  description = "The task that issues certificates"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-certifier" }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "AWS's own services, by addresses in this network"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-endpoints" }
}

# --- calls between sidecars ---
resource "aws_vpc_security_group_ingress_rule" "call" {
  for_each = local.calls

  security_group_id            = aws_security_group.task[each.value.to].id
  referenced_security_group_id = aws_security_group.task[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = "Calls of ${each.value.from}"
}

resource "aws_vpc_security_group_egress_rule" "call" {
  for_each = local.calls

  security_group_id            = aws_security_group.task[each.value.from].id
  referenced_security_group_id = aws_security_group.task[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = "Calls to ${each.value.to}"
}

# --- services and their engines ---
resource "aws_vpc_security_group_ingress_rule" "use" {
  for_each = local.uses

  security_group_id            = aws_security_group.engine[each.value.to].id
  referenced_security_group_id = aws_security_group.task[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = "Clients: ${each.value.from}"
}

resource "aws_vpc_security_group_egress_rule" "use" {
  for_each = local.uses

  security_group_id            = aws_security_group.task[each.value.from].id
  referenced_security_group_id = aws_security_group.engine[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = "To ${each.value.to}"
}

# Nodes of Cassandra among themselves, over TLS. Kafka and Valkey are AWS's to connect.
resource "aws_vpc_security_group_ingress_rule" "ring" {
  security_group_id            = aws_security_group.engine["cassandra"].id
  referenced_security_group_id = aws_security_group.engine["cassandra"].id
  ip_protocol                  = "tcp"
  from_port                    = 7000
  to_port                      = 7000
  description                  = "Other nodes"
}

resource "aws_vpc_security_group_egress_rule" "ring" {
  security_group_id            = aws_security_group.engine["cassandra"].id
  referenced_security_group_id = aws_security_group.engine["cassandra"].id
  ip_protocol                  = "tcp"
  from_port                    = 7000
  to_port                      = 7000
  description                  = "Other nodes"
}

# --- from outside, through CloudFront alone ---
data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  security_group_id = aws_security_group.load_balancer.id
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  description       = "CloudFront"
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  security_group_id            = aws_security_group.load_balancer.id
  referenced_security_group_id = aws_security_group.task["edge"].id
  ip_protocol                  = "tcp"
  from_port                    = var.edge.ports.tls
  to_port                      = var.edge.ports.tls
  description                  = "The edge"
}

resource "aws_vpc_security_group_ingress_rule" "edge" {
  security_group_id            = aws_security_group.task["edge"].id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = var.edge.ports.tls
  to_port                      = var.edge.ports.tls
  description                  = "The load balancer"
}

# --- to AWS itself (images, secrets, logs, S3), and for push and link previews to the internet ---
resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = merge(
    { for name, group in aws_security_group.task : name => group.id },
    { certifier = aws_security_group.certifier.id, cassandra = aws_security_group.engine["cassandra"].id },
  )

  security_group_id = each.value
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  description       = "HTTPS"
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  security_group_id = aws_security_group.endpoints.id
  cidr_ipv4         = aws_vpc.this.cidr_block
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  description       = "HTTPS of this network"
}
